import {
  createMemoryCellLog,
  createMemoryPlaceStore,
  createRelayRules,
  DEFAULT_RELAY_LIMITS,
  DEFAULT_RELAY_SETTINGS,
  isRelayInfoSigned,
  RateLimiter,
  type RelayPeer,
  type RelayRules,
  type RelaySettings,
} from '@kith/core/mailbox';
import { Secret } from '@kith/core/crypto';
import {
  BUCKETS,
  CELL_BYTES,
  DAY_MS,
  HOUR_MS,
  PUT_RESULTS,
  relayErrorName,
  type CellLog,
  type RelayRequest,
  type RelayResponse,
} from '@kith/core/ports';
import { cellLogContract } from '@kith/testkit/cell-log-contract';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { describe, expect, test } from 'vitest';

cellLogContract('memory', { open: () => createMemoryCellLog(), close: async () => undefined });

/** An hour begins here, and a day. */
const START = 20_000 * DAY_MS;
const crypto = createNullCrypto();
const alice: RelayPeer = { connection: 1, address: 'a', factor: 1 };
const bob: RelayPeer = { connection: 2, address: 'b', factor: 1 };

interface World {
  readonly rules: RelayRules;
  readonly pushed: { readonly to: readonly number[]; readonly cell: Uint8Array }[];
  ask(request: RelayRequest, now?: number, peer?: RelayPeer): RelayResponse;
}
const world = (
  settings: Partial<RelaySettings> = {},
  log: CellLog = createMemoryCellLog(),
  places = createMemoryPlaceStore(),
): World => {
  const pushed: { to: readonly number[]; cell: Uint8Array }[] = [];
  const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(1)));
  const rules = createRelayRules(
    { crypto, key, log, places, push: (to, cell) => pushed.push({ to, cell }) },
    {
      ...DEFAULT_RELAY_SETTINGS,
      limits: { ...DEFAULT_RELAY_LIMITS, cells: { perMinute: 1e6, burst: 1e6 } },
      ...settings,
    },
  );
  return {
    rules,
    pushed,
    ask: (request, now = START, peer = alice) => {
      const answers: RelayResponse[] = [];
      rules.handle(peer, request, now, (answer) => answers.push(answer));
      expect(answers.length).toBe(1);
      return answers[0] as RelayResponse;
    },
  };
};

let numbers = 0;
const cell = (firstByte = 0): Uint8Array => {
  const made = new Uint8Array(CELL_BYTES).fill(3);
  new DataView(made.buffer).setUint32(4, ++numbers);
  made[0] = firstByte;
  return made;
};
const put = (cells: readonly Uint8Array[], bucket: number = BUCKETS.hour, live = false): RelayRequest => ({
  type: 'put',
  cells: cells.map((one) => ({ cell: one, bucket, live })),
});
const fetch = (kind: number, period: number, block = 0, bits = 0, prefix: readonly number[] = []): RelayRequest => ({
  type: 'fetch',
  bucket: { kind, period, bits, prefix: Uint8Array.from(prefix) },
  block,
});
const codeOf = (response: RelayResponse): string =>
  response.type === 'error' ? relayErrorName(response.code) : response.type;
const resultsOf = (response: RelayResponse): readonly number[] => (response.type === 'put' ? response.results : []);
const totalOf = (response: RelayResponse): number | string =>
  response.type === 'cells' ? response.total : codeOf(response);
const { taken, tagHeld, refused } = PUT_RESULTS;

describe('mailbox', () => {
  const hour = START / HOUR_MS;
  const day = START / DAY_MS;

  test('a tag that is held is refused, in any bucket and also live only, until its cell is wiped', () => {
    const { ask, rules } = world();
    const one = cell();
    expect(resultsOf(ask(put([one, one])))).toEqual([taken, tagHeld]);
    expect(resultsOf(ask(put([one], BUCKETS.day)))).toEqual([tagHeld]);
    expect(resultsOf(ask(put([one], BUCKETS.none, true)))).toEqual([tagHeld]);
    rules.wipe(START + 2 * HOUR_MS);
    expect(resultsOf(ask(put([one]), START + 2 * HOUR_MS))).toEqual([taken]);
  });

  test('class 32 S1.16 an hour bucket is there until an hour after its end and then gone; a day bucket a day after', () => {
    for (const [kind, period, end] of [
      [BUCKETS.hour, hour, 2 * HOUR_MS],
      [BUCKETS.day, day, 2 * DAY_MS],
    ] as const) {
      const { ask, rules } = world();
      ask(put([cell()], kind));
      expect(totalOf(ask(fetch(kind, period), START + end - 1))).toBe(1);
      expect(rules.held().cells).toBe(1);
      expect(totalOf(ask(fetch(kind, period), START + end))).toBe('period');
      expect(rules.held()).toMatchObject({ cells: 0, cellBytes: 0 });
    }
  });

  test('a period that has not begun is empty within the tolerance of clocks, refused beyond it', () => {
    const { ask } = world();
    const next = START + HOUR_MS;
    expect(totalOf(ask(fetch(BUCKETS.hour, hour + 1), next - 10 * 60_000))).toBe(0);
    expect(totalOf(ask(fetch(BUCKETS.hour, hour + 1), next - 10 * 60_000 - 1))).toBe('period');
  });

  test('blocks are aligned at 64 and keep their cells as more arrive', () => {
    const { ask } = world();
    const cells = Array.from({ length: 130 }, () => cell());
    for (let i = 0; i < cells.length; i += 64) ask(put(cells.slice(i, i + 64)));
    const blocks = [0, 1, 2, 3].map((block) => ask(fetch(BUCKETS.hour, hour, block)));
    expect(blocks.map((block) => (block.type === 'cells' ? block.cells.length : -1))).toEqual([64, 64, 2, 0]);
    expect(blocks.flatMap((block) => (block.type === 'cells' ? block.cells : []))).toEqual(cells);
  });

  test('a bucket holds the cells whose tags have its prefix; other lengths of prefix do not exist', () => {
    const { ask } = world({ bits: 4 });
    ask(put([cell(0x1f), cell(0x10), cell(0x20)]));
    expect(totalOf(ask(fetch(BUCKETS.hour, hour, 0, 4, [0x10])))).toBe(2);
    expect(totalOf(ask(fetch(BUCKETS.hour, hour, 0, 4, [0x20])))).toBe(1);
    expect(codeOf(ask(fetch(BUCKETS.hour, hour, 0, 0)))).toBe('not-found');
    expect(codeOf(ask(fetch(BUCKETS.hour, hour, 0, 4, [0x11])))).toBe('malformed');
    expect(codeOf(ask(fetch(BUCKETS.hour, hour, 0, 4, [])))).toBe('malformed');
  });

  test('after a restart the tags are known and the limits of other machines start empty, not full', () => {
    const log = createMemoryCellLog();
    const one = cell();
    world({}, log).ask(put([one]));
    expect(resultsOf(world({}, log).ask(put([one])))).toEqual([tagHeld]);
    const limits = { ...DEFAULT_RELAY_LIMITS, cells: { perMinute: 60, burst: 100 } };
    const restarted = world({ limits, restartedAt: START }, log);
    expect(codeOf(restarted.ask(put([cell()])))).toBe('limited');
    expect(resultsOf(restarted.ask(put([cell(), cell()]), START + 1000))).toEqual([taken, refused]);
    expect(resultsOf(restarted.ask(put([cell()]), START + 1000, { ...bob, factor: 100 }))).toEqual([taken]);
  });

  test('a store that is full or fails is told as such, and the tag is free again', () => {
    for (const [kept, code] of [
      ['full', 'full'],
      ['failed', 'internal'],
    ] as const) {
      let broken = true;
      const inner = createMemoryCellLog();
      const { ask } = world(
        {},
        { ...inner, append: (bucket, one, done) => (broken ? done(kept) : inner.append(bucket, one, done)) },
      );
      const one = cell();
      const answer = ask(put([one]));
      expect(codeOf(answer)).toBe(code);
      expect(answer.type === 'error' && answer.retryAfter > 0).toBe(true);
      broken = false;
      expect(resultsOf(ask(put([one])))).toEqual([taken]);
    }
  });

  test('the cap of bytes is kept, and what is wiped makes room', () => {
    const { ask, rules } = world({ limits: { ...DEFAULT_RELAY_LIMITS, cellBytes: 3 * CELL_BYTES } });
    expect(resultsOf(ask(put([cell(), cell(), cell(), cell()])))).toEqual([taken, taken, taken, refused]);
    const full = ask(put([cell()]));
    expect(codeOf(full)).toBe('full');
    expect(full.type === 'error' ? full.retryAfter : 0).toBeLessThanOrEqual(2 * HOUR_MS);
    rules.wipe(START + 2 * HOUR_MS);
    expect(resultsOf(ask(put([cell()]), START + 2 * HOUR_MS))).toEqual([taken]);
  });

  test('roles that are off are refused', () => {
    const off = world({ roles: [] });
    expect(codeOf(off.ask(put([cell()])))).toBe('role-off');
    expect(codeOf(off.ask(put([cell()], BUCKETS.none, true)))).toBe('role-off');
    expect(codeOf(off.ask(fetch(BUCKETS.hour, hour)))).toBe('role-off');
    expect(codeOf(off.ask({ type: 'listen', channels: [] }))).toBe('role-off');
    expect(codeOf(off.ask({ type: 'offerGet', place: new Uint8Array(32) }))).toBe('role-off');
  });
});

describe('limits', () => {
  const limits = { ...DEFAULT_RELAY_LIMITS, cells: { perMinute: 120, burst: 600 } };

  test('class 30: the burst is exact: cell 600 is taken, cell 601 is not, and another connection of the address does not help', () => {
    const { ask } = world({ limits });
    let count = 0;
    for (let i = 0; i < 10; i++)
      count += resultsOf(ask(put(Array.from({ length: 64 }, () => cell())))).filter(
        (result) => result === taken,
      ).length;
    expect(count).toBe(600);
    const answer = ask(put([cell()]), START, { ...alice, connection: 77 });
    expect(codeOf(answer)).toBe('limited');
    expect(answer.type === 'error' ? answer.retryAfter : 0).toBe(500);
    expect(resultsOf(ask(put([cell()]), START, bob))).toEqual([taken]);
  });

  test('the rate is exact over a long time, whatever the steps', () => {
    const { ask } = world({ limits });
    let count = 0;
    // Ten minutes in steps that do not divide a minute: 600 at first, then 120 a minute.
    for (let now = START; now <= START + 10 * 60_000; now += 137) {
      count += resultsOf(ask(put(Array.from({ length: 64 }, () => cell())), now)).filter(
        (result) => result === taken,
      ).length;
    }
    expect(count).toBe(600 + Math.floor((Math.floor((10 * 60_000) / 137) * 137 * 120) / 60_000));
  });

  test('an account with more than the ordinary rate is not forgotten before it is full again', () => {
    const limiter = new RateLimiter({ perMinute: 60, burst: 100 });
    expect(limiter.take('own', 1400, 16, START)).toBe(1400);
    for (let i = 0; i <= 10_000; i++) limiter.take(`other ${i}`, 100, 1, START);
    expect(limiter.take('own', 1600, 16, START)).toBe(200);
  });

  test('half a second refills one cell, a millisecond less none', () => {
    const { ask } = world({ limits: { ...limits, cells: { perMinute: 120, burst: 1 } } });
    ask(put([cell()]));
    expect(codeOf(ask(put([cell()]), START + 499))).toBe('limited');
    expect(resultsOf(ask(put([cell(), cell()]), START + 500))).toEqual([taken, refused]);
  });

  test('the machine itself may do a hundredfold, and is told so', () => {
    const { ask, rules } = world({ limits: { ...limits, cells: { perMinute: 1, burst: 2 } } });
    const local = { ...alice, factor: 100 };
    let count = 0;
    for (let i = 0; i < 5; i++)
      count += resultsOf(ask(put(Array.from({ length: 64 }, () => cell())), START, local)).filter(
        (result) => result === taken,
      ).length;
    expect(count).toBe(200);
    expect(rules.info(local, START)).toMatchObject({ cellsPerMinute: 100, cellBurst: 200 });
    expect(rules.info(alice, START)).toMatchObject({ cellsPerMinute: 1, cellBurst: 2 });
  });

  test('units of the rendezvous count as cells', () => {
    const { ask } = world({ limits: { ...limits, cells: { perMinute: 1, burst: 3 } } });
    const offer = (fill: number, units: number): RelayRequest => ({
      type: 'offerPut',
      place: new Uint8Array(32).fill(fill),
      owner: new Uint8Array(32),
      token: null,
      single: true,
      offered: START + HOUR_MS,
      expires: START + HOUR_MS,
      sealed: new Uint8Array(units * CELL_BYTES),
    });
    expect(codeOf(ask(offer(1, 3)))).toBe('done');
    expect(codeOf(ask(offer(2, 1)))).toBe('limited');
  });
});

describe('live', () => {
  const listen = (...prefixes: readonly number[]): RelayRequest => ({
    type: 'listen',
    channels: prefixes.map((prefix) => ({ bits: 8, prefix: Uint8Array.of(prefix) })),
  });

  const sender = { ...alice, connection: 99 };
  const pushLive = (kind: number, prefix: number): RelayRequest => put([cell(prefix)], kind, true);

  test('a cell goes to those who listen to its prefix, once each, and is kept only where a bucket is named', () => {
    const { ask, pushed, rules } = world({ liveBits: 8 });
    expect(codeOf(ask(listen(1, 1, 2)))).toBe('done');
    ask(listen(2), START, bob);
    ask(pushLive(BUCKETS.none, 1), START, sender);
    ask(pushLive(BUCKETS.hour, 2), START, sender);
    ask(pushLive(BUCKETS.none, 3), START, sender);
    ask(put([cell(1)], BUCKETS.hour, false), START, sender);
    expect(pushed.map(({ to, cell: got }) => [[...to].sort(), got[0]])).toEqual([
      [[1], 1],
      [[1, 2], 2],
    ]);
    expect(rules.held().cells).toBe(2);
  });

  test('a cell does not go back to the connection that it came on, and over HTTP to all', () => {
    const { ask, pushed } = world({ liveBits: 8 });
    ask(listen(1));
    ask(listen(1), START, bob);
    ask(pushLive(BUCKETS.hour, 1));
    ask(pushLive(BUCKETS.hour, 1), START, { ...alice, connection: null });
    expect(pushed.map(({ to }) => [...to].sort())).toEqual([[2], [1, 2]]);
  });

  test('new channels replace the old ones, and who has closed hears nothing', () => {
    const { ask, pushed, rules } = world({ liveBits: 8 });
    ask(listen(1));
    ask(listen(2));
    ask(pushLive(BUCKETS.none, 1), START, sender);
    expect(pushed).toEqual([]);
    rules.closed(1);
    ask(pushLive(BUCKETS.none, 2), START, sender);
    expect(pushed).toEqual([]);
  });

  test('a channel has at most 32 connections; the 33rd is told, and gets the others it asked for', () => {
    const { ask, pushed, rules } = world({ liveBits: 8 });
    for (let connection = 1; connection <= 32; connection++)
      expect(codeOf(ask(listen(1), START, { ...alice, connection }))).toBe('done');
    expect(codeOf(ask(listen(1, 2), START, { ...alice, connection: 33 }))).toBe('limited');
    ask(pushLive(BUCKETS.none, 1), START, sender);
    expect(pushed.at(-1)?.to.length).toBe(32);
    ask(pushLive(BUCKETS.none, 2), START, sender);
    expect(pushed.at(-1)?.to).toEqual([33]);
    rules.closed(5);
    expect(codeOf(ask(listen(1), START, { ...alice, connection: 34 }))).toBe('done');
  });

  test('class 30: one address shuts nobody out of a channel, and pushes out nobody who has one connection in it', () => {
    const { ask, pushed } = world({ liveBits: 8 });
    const heardBy = (): readonly number[] => {
      ask(pushLive(BUCKETS.none, 1), START, sender);
      return pushed.at(-1)?.to ?? [];
    };
    ask(listen(1), START, { ...alice, address: 'b', connection: 40 });
    for (let connection = 1; connection <= 32; connection++)
      ask(listen(1), START, { ...alice, address: 'evil', connection });
    expect(heardBy()).toContain(40);
    for (const [i, address] of ['c', 'd', 'e'].entries())
      expect(codeOf(ask(listen(1), START, { ...alice, address, connection: 41 + i }))).toBe('done');
    expect(
      heardBy()
        .toSorted((a, b) => a - b)
        .slice(-4),
    ).toEqual([40, 41, 42, 43]);
    // A network counts as one.
    const within = [{ key: 'evil net', times: 16 }];
    for (let i = 0; i < 64; i++)
      ask(listen(1), START, { connection: 100 + i, address: `evil ${i}`, factor: 1, within });
    expect(heardBy()).toEqual(expect.arrayContaining([40, 41, 42, 43]));
    expect(heardBy().length).toBe(32);
    expect(codeOf(ask(listen(1), START, { ...alice, address: 'f', connection: 50 }))).toBe('done');
    expect(heardBy()).toEqual(expect.arrayContaining([40, 41, 42, 43, 50]));
  });

  test('class 30: channels shorter than announced, with spare bits, or without a connection are refused', () => {
    const { ask } = world({ liveBits: 10 });
    const one = (bits: number, ...prefix: readonly number[]): RelayRequest => ({
      type: 'listen',
      channels: [{ bits, prefix: Uint8Array.from(prefix) }],
    });
    expect(codeOf(ask(one(8, 1)))).toBe('malformed');
    expect(codeOf(ask(one(10, 1, 0x3f)))).toBe('malformed');
    expect(codeOf(ask(one(10, 1)))).toBe('malformed');
    expect(codeOf(ask(one(10, 1, 0x40), START, { ...alice, connection: null }))).toBe('malformed');
    expect(codeOf(ask(one(10, 1, 0x40)))).toBe('done');
    expect(codeOf(ask(one(16, 1, 0x40)))).toBe('done');
  });
});

describe('rendezvous', () => {
  const place = new Uint8Array(32).fill(4);
  const token = new Uint8Array(32).fill(5);
  const owner = crypto.hash(32, token);
  const sealed = (fill: number, units = 1): Uint8Array => new Uint8Array(units * CELL_BYTES).fill(fill);
  const id = (fill: number): Uint8Array => new Uint8Array(16).fill(fill);
  const expires = START + 7 * DAY_MS;
  type Offer = Extract<RelayRequest, { type: 'offerPut' }>;
  const offer = (over: Partial<Offer> = {}): Offer => ({
    type: 'offerPut',
    place,
    owner,
    token: null,
    single: true,
    offered: over.expires ?? expires,
    expires,
    sealed: sealed(1),
    ...over,
  });
  const claim = (fill: number): RelayRequest => ({ type: 'claimPut', place, id: id(fill), sealed: sealed(fill) });
  const idsOf = (response: RelayResponse): readonly number[] =>
    response.type === 'claims' ? response.claims.map((one) => one.id[0] as number) : [-1];

  test('an offer of minutes is gone after them or at its first claim, and its claims stay for their owner', () => {
    const { ask } = world();
    const brief = { offered: START + 5 * 60_000 };
    ask(offer(brief));
    expect(ask({ type: 'offerGet', place }).type).toBe('offer');
    expect(ask(claim(1)).type).toBe('done');
    expect(codeOf(ask({ type: 'offerGet', place }))).toBe('gone');
    expect(codeOf(ask(claim(2)))).toBe('taken');
    expect(ask(claim(1)).type).toBe('done');
    expect(idsOf(ask({ type: 'claimsGet', place, token }, START + DAY_MS))).toEqual([1, 2]);
    const other = new Uint8Array(32).fill(9);
    ask({ ...offer(brief), place: other });
    const late = START + 5 * 60_000;
    expect(codeOf(ask({ type: 'offerGet', place: other }, late))).toBe('gone');
    expect(codeOf(ask({ type: 'claimPut', place: other, id: id(1), sealed: sealed(1) }, late))).toBe('gone');
  });

  test('a one-time offer: the first claim is done, the same again changes nothing, another is kept but told `taken`, up to 8', () => {
    const { ask } = world();
    ask(offer());
    expect([claim(1), claim(1), claim(2), claim(1)].map((request) => codeOf(ask(request)))).toEqual([
      'done',
      'done',
      'taken',
      'done',
    ]);
    for (let fill = 3; fill <= 12; fill++) expect(codeOf(ask(claim(fill)))).toBe('taken');
    expect(idsOf(ask({ type: 'claimsGet', place, token }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('a read claim does not make a one-time offer free again', () => {
    const { ask } = world();
    ask(offer());
    ask(claim(1));
    expect(codeOf(ask({ type: 'claimsDelete', place, token, ids: [id(1)] }))).toBe('done');
    expect(codeOf(ask(claim(2)))).toBe('taken');
    expect(codeOf(ask(claim(1)))).toBe('done');
    expect(idsOf(ask({ type: 'claimsGet', place, token }))).toEqual([2]);
  });

  test('a reusable offer takes 64 claims, then is full until they are read', () => {
    const { ask } = world();
    ask(offer({ single: false }));
    for (let fill = 1; fill <= 64; fill++) expect(codeOf(ask(claim(fill)))).toBe('done');
    expect(codeOf(ask(claim(65)))).toBe('full');
    ask({ type: 'claimsDelete', place, token, ids: [id(3)] });
    expect(codeOf(ask(claim(65)))).toBe('done');
  });

  test('only the owner replaces, reads claims and deletes; the same put again is no replacing', () => {
    const { ask } = world();
    ask(offer());
    const wrong = new Uint8Array(32).fill(6);
    expect(codeOf(ask(offer()))).toBe('done');
    expect(codeOf(ask(offer({ sealed: sealed(2) })))).toBe('not-owner');
    expect(codeOf(ask(offer({ sealed: sealed(2), token: wrong })))).toBe('not-owner');
    expect(codeOf(ask({ type: 'claimsGet', place, token: wrong }))).toBe('not-owner');
    expect(codeOf(ask({ type: 'claimsDelete', place, token: wrong, ids: [] }))).toBe('not-owner');
    expect(codeOf(ask({ type: 'offerDelete', place, token: wrong }))).toBe('not-owner');
    expect(codeOf(ask(offer({ sealed: sealed(2), token })))).toBe('done');
    expect(ask({ type: 'offerGet', place })).toEqual({ type: 'offer', sealed: sealed(2), expires });
  });

  test('a revoked offer is gone with its claims, an expired one not found; nothing of either is kept', () => {
    const store = createMemoryPlaceStore();
    const { ask, rules } = world({}, undefined, store);
    ask(offer());
    ask(claim(1));
    expect(codeOf(ask({ type: 'offerDelete', place, token }))).toBe('done');
    expect(codeOf(ask({ type: 'offerGet', place }))).toBe('gone');
    expect(codeOf(ask(claim(2)))).toBe('gone');
    let bytes = 0;
    store.visit((_, record) => (bytes += record.length));
    expect(bytes).toBeLessThan(100);
    expect(codeOf(ask({ type: 'offerGet', place }, expires - 1))).toBe('gone');
    rules.wipe(expires);
    store.visit(() => expect.unreachable());
    expect(codeOf(ask({ type: 'offerGet', place }, expires))).toBe('not-found');
  });

  test('units are whole; an expiry lies ahead, at most 366 days', () => {
    const { ask } = world();
    expect(codeOf(ask(offer({ sealed: new Uint8Array(CELL_BYTES + 1) })))).toBe('malformed');
    expect(codeOf(ask(offer({ expires: START })))).toBe('period');
    expect(codeOf(ask(offer({ expires: START + 366 * DAY_MS + 1 })))).toBe('period');
    ask(offer());
    expect(codeOf(ask({ type: 'claimPut', place, id: id(1), sealed: new Uint8Array(2 * CELL_BYTES - 1) }))).toBe(
      'malformed',
    );
  });

  test('offers and claims are there after a restart; a torn record is not an offer and goes', () => {
    const store = createMemoryPlaceStore();
    const first = world({}, undefined, store);
    first.ask(offer());
    first.ask(claim(1));
    store.put(new Uint8Array(32).fill(99), Uint8Array.of(1, 2, 3));
    const next = world({}, undefined, store);
    expect(idsOf(next.ask({ type: 'claimsGet', place, token }))).toEqual([1]);
    expect(next.rules.held().places).toBe(1);
    let count = 0;
    store.visit(() => count++);
    expect(count).toBe(1);
  });

  test('class 30: nobody fills the rendezvous for long', () => {
    const generous = { perMinute: 1e6, burst: 1e6 };
    const { ask } = world({
      limits: { ...DEFAULT_RELAY_LIMITS, cells: generous, units: generous, placeBytes: 100 * CELL_BYTES },
    });
    let places = 0;
    const fill = (days: number): number => {
      for (let taken = 0; ; taken++) {
        const at = new Uint8Array(32).fill(7);
        new DataView(at.buffer).setUint32(0, ++places);
        const answer = ask(offer({ place: at, offered: START + days * DAY_MS, expires: START + days * DAY_MS }));
        if (codeOf(answer) !== 'done') return taken;
      }
    };
    const counts = [fill(366), fill(32), fill(7), fill(1), fill(1 / 24)];
    expect(counts).toEqual([49, 0, 24, 25, 0]);
  });

  test('class 30: units have a limit of their own, for what is put alone', () => {
    const { ask } = world({ limits: { ...DEFAULT_RELAY_LIMITS, units: { perMinute: 1, burst: 3 } } });
    ask(offer());
    expect([1, 2, 3].map((fill) => codeOf(ask(claim(fill))))).toEqual(['done', 'taken', 'limited']);
    expect(ask({ type: 'offerGet', place }).type).toBe('offer');
    expect(idsOf(ask({ type: 'claimsGet', place, token }))).toEqual([1, 2]);
    expect(codeOf(ask(claim(3), START, { ...alice, address: 'c' }))).toBe('taken');
  });

  test('an offer of several units is taken once there is one', () => {
    const { ask } = world({ limits: { ...DEFAULT_RELAY_LIMITS, cells: { perMinute: 60, burst: 4 } } });
    expect(codeOf(ask(offer({ sealed: sealed(1, 4) })))).toBe('done');
    const other = offer({ place: new Uint8Array(32).fill(9), sealed: sealed(1, 4) });
    let at = START;
    const tries: string[] = [];
    while (tries.at(-1) !== 'done' && tries.length < 20) {
      const answer = ask(other, at);
      tries.push(codeOf(answer));
      if (answer.type === 'error') at += answer.retryAfter;
    }
    expect(tries.at(-1)).toBe('done');
  });

  test('who is refused for want of cells has paid no units', () => {
    const { ask } = world({
      limits: { ...DEFAULT_RELAY_LIMITS, cells: { perMinute: 60, burst: 1 }, units: { perMinute: 1, burst: 3 } },
    });
    expect(codeOf(ask(offer()))).toBe('done');
    const other = offer({ place: new Uint8Array(32).fill(9), sealed: sealed(1, 3) });
    expect([1, 2].map(() => codeOf(ask(other)))).toEqual(['limited', 'limited']);
    expect(codeOf(ask(other, START + 1_000))).toBe('done');
  });

  test('the cap of bytes is kept', () => {
    const { ask } = world({ limits: { ...DEFAULT_RELAY_LIMITS, placeBytes: 2 * CELL_BYTES } });
    expect(codeOf(ask(offer()))).toBe('done');
    expect(codeOf(ask(offer({ place: new Uint8Array(32).fill(8) })))).toBe('full');
  });
});

test('info carries a signed date and prefix lengths; a change of any of them shows', () => {
  const { rules } = world();
  const info = rules.info(alice, START);
  expect(info).toMatchObject({ date: START, hourKept: HOUR_MS, dayKept: DAY_MS });
  expect(isRelayInfoSigned(crypto, info)).toBe(true);
  expect(isRelayInfoSigned(crypto, { ...info, date: START + 1 })).toBe(false);
  expect(isRelayInfoSigned(crypto, { ...info, bits: 1 })).toBe(false);
  expect(isRelayInfoSigned(crypto, { ...info, key: new Uint8Array(32) })).toBe(false);
});
