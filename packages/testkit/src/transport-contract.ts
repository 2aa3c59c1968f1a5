// What every transport has to keep, whatever is under it: the simulated one, Node's and a browser's.
import {
  BLOCK_CELLS,
  BUCKETS,
  CELL_BYTES,
  HOUR_MS,
  PUT_RESULTS,
  relayErrorName,
  TransportError,
  type RelayResponse,
  type Transport,
  type TransportEvent,
} from '@kith/core/ports';
import { afterEach, describe, expect, test } from 'vitest';

export interface TransportHarness {
  /** A fresh relay with its default settings, and its origin. */
  relay(): Promise<ContractRelay>;
  /** A transport that may contact nobody yet. */
  transport(): Transport;
  /** Waits until the condition holds. */
  until(condition: () => boolean): Promise<void>;
  /** Lets a request go through: simulated time has to be moved for it. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** The time as relays have it. */
  now(): number;
  /** False where nothing can be pushed: plain HTTP. */
  readonly isLive: boolean;
}
export interface ContractRelay {
  readonly origin: string;
  /** Ends it without goodbye to its data, and brings it back at the same origin. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

let cellNumber = 0;
/** A cell like no other; the first byte of its tag is chosen. */
export const contractCell = (firstByte = 0): Uint8Array => {
  const cell = new Uint8Array(CELL_BYTES).fill(7);
  new DataView(cell.buffer).setUint32(4, ++cellNumber);
  cell[0] = firstByte;
  return cell;
};
const expectType = <T extends RelayResponse['type']>(
  response: RelayResponse,
  type: T,
): Extract<RelayResponse, { type: T }> => {
  expect(response.type).toBe(type);
  return response as Extract<RelayResponse, { type: T }>;
};

export const transportContract = (name: string, harness: TransportHarness): void => {
  describe(`transport contract: ${name}`, () => {
    const transports: Transport[] = [];
    const relays: ContractRelay[] = [];
    const open = (...allowed: readonly string[]): Transport => {
      const transport = harness.transport();
      transport.allow(allowed);
      transports.push(transport);
      return transport;
    };
    const start = async (): Promise<ContractRelay> => {
      const relay = await harness.relay();
      relays.push(relay);
      return relay;
    };
    const { settle } = harness;
    const fetchHour = (transport: Transport, relay: string, block = 0): Promise<RelayResponse> =>
      settle(
        transport.request(relay, {
          type: 'fetch',
          bucket: {
            kind: BUCKETS.hour,
            period: Math.floor(harness.now() / HOUR_MS),
            bits: 0,
            prefix: new Uint8Array(),
          },
          block,
        }),
      );
    afterEach(async () => {
      for (const transport of transports.splice(0)) transport.close();
      for (const relay of relays.splice(0)) await relay.close();
    });

    test('info, put, fetch: a cell comes back byte for byte, and its tag is not taken twice', async () => {
      const { origin } = await start();
      const transport = open(origin);
      const { info } = expectType(await settle(transport.request(origin, { type: 'info' })), 'info');
      expect(Math.abs(info.date - harness.now())).toBeLessThan(60_000);
      const cells = [contractCell(), contractCell()];
      const put = { type: 'put', cells: cells.map((cell) => ({ cell, bucket: BUCKETS.hour, live: false })) } as const;
      expect(expectType(await settle(transport.request(origin, put)), 'put').results).toEqual([
        PUT_RESULTS.taken,
        PUT_RESULTS.taken,
      ]);
      const fetched = expectType(await fetchHour(transport, origin), 'cells');
      expect(fetched.total).toBe(2);
      expect(fetched.cells.map((cell) => [...cell])).toEqual(cells.map((cell) => [...cell]));
      expect(expectType(await settle(transport.request(origin, put)), 'put').results).toEqual([
        PUT_RESULTS.tagHeld,
        PUT_RESULTS.tagHeld,
      ]);
    });

    test('a whole block and the one after it', async () => {
      const { origin } = await start();
      const transport = open(origin);
      const cells = Array.from({ length: BLOCK_CELLS }, () => contractCell());
      const last = contractCell();
      for (const part of [cells, [last]]) {
        await settle(
          transport.request(origin, {
            type: 'put',
            cells: part.map((cell) => ({ cell, bucket: BUCKETS.hour, live: false })),
          }),
        );
      }
      const first = expectType(await fetchHour(transport, origin, 0), 'cells');
      expect([first.cells.length, first.total]).toEqual([BLOCK_CELLS, BLOCK_CELLS + 1]);
      const second = expectType(await fetchHour(transport, origin, 1), 'cells');
      expect(second.cells.map((cell) => [...cell])).toEqual([[...last]]);
    });

    test('offers and claims, and the refusals of the relay as answers', async () => {
      const { origin } = await start();
      const transport = open(origin);
      const place = new Uint8Array(32).fill(++cellNumber);
      const sealed = new Uint8Array(CELL_BYTES).fill(1);
      const ask = (request: Parameters<Transport['request']>[1]): Promise<RelayResponse> =>
        settle(transport.request(origin, request));
      const codeOf = (response: RelayResponse): string => relayErrorName(expectType(response, 'error').code);
      expect(codeOf(await ask({ type: 'offerGet', place }))).toBe('not-found');
      const expires = harness.now() + HOUR_MS;
      const owner = new Uint8Array(32).fill(9);
      await ask({ type: 'offerPut', place, owner, token: null, single: true, offered: expires, expires, sealed });
      expect(expectType(await ask({ type: 'offerGet', place }), 'offer')).toMatchObject({ expires });
      expectType(await ask({ type: 'claimPut', place, id: new Uint8Array(16).fill(1), sealed }), 'done');
      expect(codeOf(await ask({ type: 'claimPut', place, id: new Uint8Array(16).fill(2), sealed }))).toBe('taken');
      expect(codeOf(await ask({ type: 'claimsGet', place, token: new Uint8Array(32) }))).toBe('not-owner');
    });

    test('only relays it was told of are contacted', async () => {
      const { origin } = await start();
      const transport = open();
      await expect(settle(transport.request(origin, { type: 'info' }))).rejects.toMatchObject({
        name: 'TransportError',
        kind: 'not-allowed',
      });
      transport.allow([origin]);
      expectType(await settle(transport.request(origin, { type: 'info' })), 'info');
    });

    test('a relay that is down is unreachable, and reachable again when it is back', async () => {
      const relay = await start();
      const transport = open(relay.origin);
      expectType(await settle(transport.request(relay.origin, { type: 'info' })), 'info');
      await relay.stop();
      await expect(settle(transport.request(relay.origin, { type: 'info' }))).rejects.toBeInstanceOf(TransportError);
      await expect(settle(transport.request(relay.origin, { type: 'info' }))).rejects.toMatchObject({
        kind: 'unreachable',
      });
      await relay.start();
      expectType(await settle(transport.request(relay.origin, { type: 'info' })), 'info');
    });

    if (!harness.isLive) return;
    test('cells of listened-to channels are pushed, of other channels not, and again after the relay was away', async () => {
      const relay = await start();
      const [alice, bob] = [open(relay.origin), open(relay.origin)];
      const events: TransportEvent[] = [];
      bob.onEvent((event) => void events.push(event));
      const count = (type: TransportEvent['type']): number => events.filter((event) => event.type === type).length;
      const put = async (...cells: readonly Uint8Array[]): Promise<void> => {
        await settle(
          alice.request(relay.origin, {
            type: 'put',
            cells: cells.map((cell) => ({ cell, bucket: BUCKETS.none, live: true })),
          }),
        );
      };
      bob.listen([relay.origin], [{ bits: 10, prefix: Uint8Array.of(0xab, 0) }]);
      await harness.until(() => count('online') === 1);
      const [theirs, mine] = [contractCell(0xac), contractCell(0xab)];
      await put(theirs, mine);
      await harness.until(() => count('cell') === 1);
      expect(events.flatMap((event) => (event.type === 'cell' ? [[...event.cell]] : []))).toEqual([[...mine]]);
      await relay.stop();
      await harness.until(() => count('offline') === 1);
      await relay.start();
      await harness.until(() => count('online') === 2);
      await put(contractCell(0xab));
      await harness.until(() => count('cell') === 2);
    });

    test('a relay that refuses the channels is not online until it takes some', async () => {
      const relay = await start();
      const transport = open(relay.origin);
      const events: string[] = [];
      transport.onEvent(({ type }) => void events.push(type));
      const listen = (bits: number, prefix: readonly number[]): void =>
        transport.listen([relay.origin], [{ bits, prefix: Uint8Array.from(prefix) }]);
      listen(0, []);
      expectType(await settle(transport.request(relay.origin, { type: 'info' })), 'info');
      expect(events).toEqual([]);
      listen(10, [0xab, 0]);
      await harness.until(() => events.length === 1);
      listen(0, []);
      await harness.until(() => events.length === 2);
      expect(events).toEqual(['online', 'offline']);
    });
  });
};
