import { describe, expect, test } from 'vitest';
import { equalBytes } from '@kith/core/bytes';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import {
  addFragment,
  bucketOf,
  BODY_BYTES,
  cellCount,
  cellSlots,
  cellTag,
  createInboxRecord,
  decodeInboxRecord,
  decodeUnfinished,
  drawBodyKey,
  emptyReassembly,
  encodeInboxRecord,
  encodeUnfinished,
  makeTag,
  MAX_PACKET_BYTES,
  MAX_UNFINISHED_BYTES,
  missingParts,
  openCell,
  openHelloCell,
  openInbox,
  readBody,
  recognises,
  requestedParts,
  ROOM_BYTES,
  sealCell,
  sealHelloCell,
  splitPacket,
  splitPart,
  withoutOld,
  type Fragment,
  type HelloPacket,
  type Unfinished,
} from '@kith/core/mailbox';

const crypto = createNullCrypto();
const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const inboxes = (seed: number, bits = 0) => {
  const randomness = seededRandomness(seed);
  const record = createInboxRecord(randomness, 1, ['https://relay.example'], bits, randomness.bytes(3));
  return { randomness, record, inbox: openInbox(crypto, record) };
};

describe('tags', () => {
  test('S3.11 two sends in one conversation carry different wire identifiers', () => {
    const { randomness, inbox } = inboxes(1);
    const body = new Uint8Array(BODY_BYTES);
    const cells = Array.from({ length: 200 }, () =>
      sealCell(crypto, randomness, makeTag(crypto, inbox, randomness), [], drawBodyKey(randomness), body),
    );
    expect(new Set(cells.map((cell) => cellTag(cell).join())).size).toBe(cells.length);
    // Nothing else repeats either: of the same body, no 16 bytes at the same place are equal in any two cells.
    for (let at = 0; at < 4096; at += 16) {
      expect(new Set(cells.map((cell) => cell.subarray(at, at + 16).join())).size).toBe(cells.length);
    }
    for (const cell of cells) expect(recognises(crypto, inbox, cell)).toBe(true);
  });

  test('a tag is recognised under its own inbox record only', () => {
    const a = inboxes(2);
    const b = inboxes(3);
    let strange = 0;
    for (let i = 0; i < 1000; i++) {
      const tag = makeTag(crypto, a.inbox, a.randomness);
      expect(recognises(crypto, a.inbox, tag)).toBe(true);
      if (recognises(crypto, b.inbox, tag)) strange++;
      tag[i % 16] = (tag[i % 16] as number) ^ (1 << (i % 8));
      if (recognises(crypto, a.inbox, tag)) strange++;
    }
    expect(strange).toBe(0);
    expect(recognises(crypto, a.inbox, new Uint8Array(15))).toBe(false);
  });

  test.each([0, 1, 7, 8, 9, 15, 16, 23, 24])(
    'with %i prefix bits every tag lies in the bucket of its inbox',
    (bits) => {
      const { randomness, inbox, record } = inboxes(10 + bits, bits);
      const heads = new Set<string>();
      for (let i = 0; i < 50; i++) {
        const tag = makeTag(crypto, inbox, randomness);
        expect(bucketOf(tag, 1, 42, bits)).toEqual({ kind: 1, period: 42, bits, prefix: record.prefix });
        heads.add(tag.subarray(0, 8).join());
      }
      expect(heads.size).toBe(50);
      expect(decodeInboxRecord(encodeInboxRecord(record))).toEqual(record);
    },
  );

  test('a record whose prefix has spare bits or another length is refused', () => {
    const { record } = inboxes(4, 9);
    expect(decodeInboxRecord(encodeInboxRecord({ ...record, prefix: Uint8Array.of(1, 0x40) }))).toBeUndefined();
    expect(decodeInboxRecord(encodeInboxRecord({ ...record, prefix: Uint8Array.of(1) }))).toBeUndefined();
  });
});

describe('cells', () => {
  test('a cell is 4,096 bytes and carries 3,372 of a packet', () => {
    expect(ROOM_BYTES).toBe(3372);
    const { randomness, inbox } = inboxes(5);
    const data = randomness.bytes(ROOM_BYTES);
    const bodies = splitPacket(randomness.bytes(8), data) ?? [];
    expect(bodies).toHaveLength(1);
    const key = drawBodyKey(randomness);
    const tag = makeTag(crypto, inbox, randomness);
    const slot = randomness.bytes(80);
    const cell = sealCell(crypto, randomness, tag, [slot], key, bodies[0] as Uint8Array);
    expect(cell).toHaveLength(4096);
    expect(cellSlots(cell)).toContainEqual(slot);
    expect(readBody(openCell(crypto, cell, key) as Uint8Array)?.data).toEqual(data);
    expect(openCell(crypto, cell, drawBodyKey(randomness))).toBeUndefined();
  });

  test('class 12: tag, commitment and body are bound: any changed bit of them opens nothing; slots are no part of it', () => {
    const { randomness, inbox } = inboxes(6);
    const key = drawBodyKey(randomness);
    const body = splitPacket(randomness.bytes(8), new Uint8Array(100))?.[0] as Uint8Array;
    const cell = sealCell(crypto, randomness, makeTag(crypto, inbox, randomness), [], key, body);
    for (let at = 0; at < 4096; at += 5) {
      const changed = cell.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      const inSlots = at >= 16 && at < 656;
      expect(openCell(crypto, changed, key) === undefined).toBe(!inSlots);
    }
  });

  test('class 19: the place of a slot is drawn evenly', () => {
    const { randomness, inbox } = inboxes(7);
    const counts = Array.from({ length: 8 }, () => 0);
    const slot = new Uint8Array(80).fill(9);
    for (let i = 0; i < 4000; i++) {
      const cell = sealCell(
        crypto,
        randomness,
        makeTag(crypto, inbox, randomness),
        [slot],
        drawBodyKey(randomness),
        new Uint8Array(BODY_BYTES),
      );
      const place = cellSlots(cell).findIndex((found) => found.every((byte) => byte === 9));
      counts[place] = (counts[place] as number) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(110);
  });

  test('class 19: with one device behind it or with eight a cell has no slot that is empty or like another', () => {
    const { randomness, inbox } = inboxes(8);
    for (const devices of [1, 8]) {
      const tag = makeTag(crypto, inbox, randomness);
      const made = Array.from({ length: devices }, () => randomness.bytes(80));
      const cell = sealCell(crypto, randomness, tag, made, drawBodyKey(randomness), new Uint8Array(BODY_BYTES));
      const slots = cellSlots(cell);
      expect(new Set(slots.map((slot) => Buffer.from(slot).toString('hex'))).size).toBe(8);
      // 80 random bytes have about 69 different values; whatever is counted or filled in has few.
      for (const slot of slots) expect(new Set(slot).size).toBeGreaterThan(45);
    }
  });

  test('a hello cell opens under the inbox it was made for', () => {
    const a = inboxes(8);
    const b = inboxes(9);
    const packets: HelloPacket[] = [
      {
        type: 'hello',
        from: a.randomness.bytes(8),
        to: a.randomness.bytes(8),
        keyPackage: a.randomness.bytes(2700),
        entry: a.randomness.bytes(450),
      },
      {
        type: 'hello',
        from: a.randomness.bytes(8),
        to: a.randomness.bytes(8),
        keyPackage: a.randomness.bytes(1),
        entry: null,
      },
      {
        type: 'welcome',
        from: a.randomness.bytes(8),
        to: a.randomness.bytes(8),
        hello: a.randomness.bytes(16),
        welcome: a.randomness.bytes(1600),
        leaf: a.randomness.bytes(1400),
      },
    ];
    for (const packet of packets) {
      const cell = sealHelloCell(crypto, a.randomness, a.inbox, packet) as Uint8Array;
      expect(cell).toHaveLength(4096);
      expect(recognises(crypto, a.inbox, cell)).toBe(true);
      expect(openHelloCell(crypto, a.inbox, cell)).toEqual(packet);
      expect(openHelloCell(crypto, b.inbox, cell)).toBeUndefined();
    }
    const long: HelloPacket = {
      type: 'hello',
      from: a.randomness.bytes(8),
      to: a.randomness.bytes(8),
      keyPackage: a.randomness.bytes(3380),
      entry: null,
    };
    expect(sealHelloCell(crypto, a.randomness, a.inbox, long)).toBeUndefined();
  });
});

describe('split packets', () => {
  const fragments = (data: Uint8Array, seed: number): readonly Fragment[] =>
    (splitPacket(seededRandomness(seed).bytes(8), data) ?? []).map((body) => readBody(body) as Fragment);

  test('class 17: the classes are 1, 2, 4, 8, 16 and 32 cells', () => {
    const edges = [
      0,
      1,
      ROOM_BYTES,
      ROOM_BYTES + 1,
      2 * ROOM_BYTES,
      2 * ROOM_BYTES + 1,
      5 * ROOM_BYTES,
      9 * ROOM_BYTES,
      MAX_PACKET_BYTES,
    ];
    expect(edges.map(cellCount)).toEqual([1, 1, 1, 2, 2, 4, 8, 16, 32]);
    expect(cellCount(MAX_PACKET_BYTES + 1)).toBeUndefined();
    expect(splitPacket(new Uint8Array(8), new Uint8Array(MAX_PACKET_BYTES + 1))).toBeUndefined();
    // 64 KiB of text and what goes around it.
    expect(cellCount(65_536 + 1024)).toBe(32);
  });

  test('a packet of any length comes back from parts in any order, some twice, across restarts', () => {
    const randomness = seededRandomness(20);
    for (const length of [0, 1, 3372, 3373, 6744, 20_000, 65_536, MAX_PACKET_BYTES]) {
      const data = randomness.bytes(length);
      const parts = fragments(data, length)
        .flatMap((part) => [part, part])
        .toSorted(() => randomness.fraction() - 0.5);
      let state = emptyReassembly();
      const got: Uint8Array[] = [];
      for (const part of parts) {
        const step = addFragment(state, part, NOW);
        if (step.packet !== undefined) got.push(step.packet);
        const unfinished = new Map(step.state.unfinished);
        for (const [id, entry] of unfinished) {
          const stored = encodeUnfinished(entry);
          const loaded = decodeUnfinished(stored) as Unfinished;
          expect(equalBytes(encodeUnfinished(loaded), stored)).toBe(true);
          unfinished.set(id, loaded);
        }
        state = { ...step.state, unfinished };
      }
      // A packet of one cell is known by its slot, not here.
      expect(got).toHaveLength(length <= ROOM_BYTES ? parts.filter(({ index }) => index === 0).length : 1);
      for (const packet of got) expect(equalBytes(packet, data)).toBe(true);
    }
  });

  test('missing parts are asked for by index, and sent anew by index', () => {
    const data = seededRandomness(21).bytes(40_000);
    const parts = fragments(data, 21);
    expect(parts).toHaveLength(16);
    let state = emptyReassembly();
    for (const part of parts) if (![3, 11].includes(part.index)) state = addFragment(state, part, NOW).state;
    expect(missingParts(state, NOW + 999, 1000)).toEqual([]);
    const [request] = missingParts(state, NOW + 1000, 1000);
    if (request === undefined) throw new Error('nothing is missing');
    expect(requestedParts(request)).toEqual([3, 11]);
    let packet: Uint8Array | undefined;
    for (const index of requestedParts(request)) {
      const body = splitPart(request.packet, data, index) as Uint8Array;
      const step = addFragment(state, readBody(body) as Fragment, NOW);
      state = step.state;
      packet = step.packet;
    }
    expect(equalBytes(packet as Uint8Array, data)).toBe(true);
    expect(splitPart(request.packet, data, 12)).toBeUndefined();
    expect(requestedParts({ packet: request.packet, missing: 0xffffffff })).toHaveLength(32);
  });

  test('at most 4 MiB unfinished and nothing older than 48 hours', () => {
    let state = emptyReassembly();
    const data = new Uint8Array(MAX_PACKET_BYTES);
    for (let i = 0; i < 60; i++) {
      for (const part of fragments(data, 100 + i).slice(1)) state = addFragment(state, part, NOW + i).state;
      const held = Array.from(state.unfinished.values()).reduce(
        (sum, { parts }) => sum + parts.filter((part) => part !== null).length * ROOM_BYTES,
        0,
      );
      expect(held).toBeLessThanOrEqual(MAX_UNFINISHED_BYTES);
    }
    expect(state.unfinished.size).toBe(Math.floor(MAX_UNFINISHED_BYTES / (31 * ROOM_BYTES)));
    expect(missingParts(state, NOW + 49 * HOUR, 0)).toEqual([]);
    expect(withoutOld(state, NOW + 49 * HOUR)).toEqual(emptyReassembly());
  });

  test('parts that contradict each other do not break a packet', () => {
    const data = seededRandomness(22).bytes(5000);
    const [first, second] = fragments(data, 22) as [Fragment, Fragment];
    let state = addFragment(emptyReassembly(), first, NOW).state;
    state = addFragment(state, { ...second, length: 6000, count: 2, data: new Uint8Array(2628) }, NOW).state;
    expect(addFragment(state, second, NOW).packet).toEqual(data);
  });
});
