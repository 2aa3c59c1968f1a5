import { uint32 } from '@kith/core/bytes';
import {
  BLOCK_CELLS,
  BUCKETS,
  CELL_BYTES,
  HOUR_MS,
  RELAY_WIRE_VERSION,
  silent,
  type RelayInfo,
  type RelayRequest,
  type RelayResponse,
} from '@kith/core/ports';
import { openMemoryStore } from '@kith/testkit/memory-store';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock, type SimClock } from '@kith/testkit/sim-clock';
import { expect, test } from 'vitest';
import { Context } from '../../src/client/context.ts';
import { Courier } from '../../src/client/courier.ts';

const RELAY = 'https://relay.test';
const nothing = (): void => undefined;
const here = (): { readonly clock: SimClock; readonly context: Context } => {
  const clock = simClock();
  const context = new Context({
    store: openMemoryStore(),
    crypto: createNullCrypto(),
    randomness: seededRandomness(1),
    clock: clock.machine(),
    logger: silent,
  });
  return { clock, context };
};

test('puts that fail together are one failure: a relay is tried again after 1 s, and after 2 s when that fails as well', () => {
  const { clock, context } = here();
  const courier = new Courier(context, {
    channels: () => [],
    hearsAll: () => true,
    cells: nothing,
    wiped: nothing,
    fetched: nothing,
    connection: nothing,
    info: nothing,
  });
  const put = (): void => courier.put(RELAY, [new Uint8Array(CELL_BYTES)], 'hour', true, nothing);
  const failAll = (): number => {
    const asked = context.take().flatMap((effect) => (effect.type === 'request' ? [effect.id] : []));
    for (const id of asked) context.answered(id, 'unreachable');
    return asked.length;
  };
  for (let i = 0; i < 4; i++) put();
  expect(failAll()).toBe(4);
  expect(courier.retryAt(RELAY)).toBe(clock.now() + 1000);
  clock.advance(1000);
  expect(courier.isOpen(RELAY)).toBe(true);
  put();
  put();
  expect(failAll()).toBe(2);
  expect(courier.retryAt(RELAY)).toBe(clock.now() + 2000);
});

/** Reads what a relay holds in its bucket of this hour: cells of these numbers. */
const reader = (): {
  /** `behind`: by so much the clock of the relay is. */
  readonly read: (held: readonly number[], behind?: number) => readonly number[];
  readonly context: Context;
  readonly wiped: () => number;
} => {
  const { clock, context } = here();
  let got: number[] = [];
  let wiped = 0;
  const courier = new Courier(context, {
    channels: () => [{ bits: 0, prefix: new Uint8Array(0) }],
    hearsAll: () => true,
    cells: (_, cells) => void got.push(...cells.map(([number = 0]) => number)),
    wiped: () => wiped++,
    fetched: nothing,
    connection: nothing,
    info: nothing,
  });
  let date = clock.now();
  const answer = (request: RelayRequest, held: readonly number[]): RelayResponse => {
    if (request.type !== 'fetch') return { type: 'info', info: { ...INFO, date } };
    const { bucket, block } = request;
    const all = bucket.kind === BUCKETS.hour && bucket.period === Math.floor(date / HOUR_MS) ? held : [];
    const cells = all
      .slice(block * BLOCK_CELLS, (block + 1) * BLOCK_CELLS)
      .map((number) => new Uint8Array(CELL_BYTES).fill(number));
    return { type: 'cells', cells, total: all.length };
  };
  return {
    context,
    wiped: () => wiped,
    read: (held, behind = 0) => {
      got = [];
      date = clock.now() - behind;
      courier.fetch(RELAY);
      for (let asked = context.take(); asked.length > 0; asked = context.take())
        for (const effect of asked)
          if (effect.type === 'request') context.answered(effect.id, answer(effect.request, held));
      return got;
    },
  };
};
const INFO: Omit<RelayInfo, 'date'> = {
  version: RELAY_WIRE_VERSION,
  name: '',
  publicUrl: '',
  roles: [],
  bits: 0,
  liveBits: 10,
  hourKept: HOUR_MS,
  dayKept: 24 * HOUR_MS,
  liveKept: 0,
  offerKept: 0,
  cellsPerMinute: 120,
  cellBurst: 600,
  key: new Uint8Array(32),
  signature: new Uint8Array(64),
};
const numbers = (count: number, first: number): readonly number[] => Array.from({ length: count }, (_, i) => first + i);

test('a bucket that a relay has begun anew is read from its beginning, also when it holds as much as before, or more', () => {
  for (const [before, after] of [
    [4, 2],
    [4, 4],
    [4, 6],
    [70, 100],
  ] as const) {
    const { read, wiped } = reader();
    expect(read(numbers(before, 1))).toEqual(numbers(before, 1));
    expect(read(numbers(before + 1, 1))).toEqual(numbers(1, 1 + before));
    expect(wiped()).toBe(0);
    expect(read(numbers(after, 101))).toEqual(numbers(after, 101));
    expect(wiped()).toBe(1);
    expect(read(numbers(after, 101))).toEqual([]);
    expect(wiped()).toBe(1);
  }
});

test('what an earlier build has noted of a bucket is how far it was read, and nothing else', () => {
  const { context, read, wiped } = reader();
  read(numbers(4, 1));
  for (const { key } of context.store.scan('fetched')) context.store.put('fetched', key, uint32(4));
  expect(read(numbers(6, 101))).toEqual(numbers(2, 105));
  expect(read(numbers(7, 101))).toEqual(numbers(1, 107));
  expect(wiped()).toBe(0);
});

test('class 30: a relay whose clock goes back at each look does not have more and more noted of its buckets', () => {
  const { context, read } = reader();
  for (let i = 0; i < 400; i++) expect(read(numbers(1, i), i * 3 * HOUR_MS)).toHaveLength(1);
  expect(context.store.scan('fetched').length).toBeLessThan(100);
});
