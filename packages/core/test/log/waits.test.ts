// An event counts when all that it names is here as it says: heads with their times, the charter, the end of the segment before.
import { describe, expect, test } from 'vitest';
import { compareBytes } from '../../src/bytes/index.ts';
import { createWitness, type EventId, type FeedId, type SegmentId } from '../../src/identity/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { examine, type LogObject } from '../../src/log/index.ts';
import { Hand } from './hand.ts';
import { everything, meet, openReplica, pair, say, START, take, texts, type Replica } from './people.ts';

const crypto = createNullCrypto();

/** What Bob can hand over after his first text, his second, his third. */
const world = () => {
  const [alice, bob] = pair(crypto, 61);
  const packets = ['one', 'two', 'three'].map((text) => {
    say(bob, text);
    return everything(bob);
  });
  const device = bob.log.device();
  const segment = bob.log.page({ limit: 1 })[0]?.place.segment;
  if (device === undefined || segment === undefined) throw new Error('nothing was said');
  const watcher = (): Replica => {
    const replica = openReplica(crypto, 62);
    for (const who of [alice, bob]) meet(replica, who);
    return replica;
  };
  return { alice, bob, packets, head: { feed: device.feed, segment }, watcher };
};
const has = (who: Replica, event: EventId): boolean => who.log.find(event) !== undefined;

test('what stands below an event that waits is handed on with the seal that stands above it', () => {
  const { alice, packets, head, watcher } = world();
  const hand = new Hand(crypto, alice);
  hand.certify();
  hand.write({}, 'below');
  hand.next({ heads: [{ ...head, seq: 0, lamport: 1 }] }, 'names one that is not there');
  hand.next({}, 'goes on');
  // They came in one packet, under one seal.
  const isUnder = (object: LogObject): boolean => object.type !== 'seal' || object.seq === 2;
  const one = watcher();
  take(one, hand.objects.filter(isUnder), 'own');
  expect(texts(one)).toEqual(['below']);
  const other = watcher();
  take(other, everything(one), 'own');
  expect(texts(other)).toEqual(['below']);
  const verdicts = examine(crypto, everything(one)).map(({ sealed }) => sealed);
  expect(verdicts).toEqual([true, true, true]);
  // And when that comes nothing is lacking of the rest.
  for (const who of [one, other]) {
    take(who, packets[0] ?? [], 'own');
    expect(texts(who).toSorted()).toEqual(['below', 'goes on', 'names one that is not there', 'one']);
  }
});

test('what a copy wrote in a segment is covered where the line waits for something', () => {
  const { alice, head, watcher } = world();
  // The line goes on with the smaller id, and that is to be the one that waits.
  const branched = Array.from({ length: 64 }, (_, i) => {
    const hand = new Hand(crypto, alice);
    hand.certify();
    const first = hand.write({}, 'both');
    const waits = hand.next({ heads: [{ ...head, seq: 0, lamport: 1 }] }, 'of the first');
    const copy = hand.write({ seq: 1, previous: first, lamport: 2 }, `of the copy ${i}`);
    return { hand, waits, copy };
  }).find(({ waits, copy }) => compareBytes(waits, copy) < 0);
  if (branched === undefined) throw new Error('no such ids');
  const { hand } = branched;
  const [one, without] = [watcher(), watcher()];
  take(one, hand.objects, 'own');
  take(without, [...hand.certificates(), ...hand.piece(0, 1)], 'own');
  expect(texts(one).length).toBe(2);
  const covered = (by: Replica, seq: number): boolean => {
    const theirs = by.store.transaction(() => by.log.frontier());
    return one.store.transaction(() => one.log.covers(theirs, { feed: hand.feed, segment: hand.segment, seq }));
  };
  expect([0, 1, 2].map((seq) => covered(one, seq))).toEqual([true, true, false]);
  expect([0, 1, 2].map((seq) => covered(without, seq))).toEqual([true, false, false]);
});

describe('heads', () => {
  test.each([
    // seq, Lamport time, how many of Bob's three have to be here; 9: it never counts.
    [0, 1, 1],
    [1, 2, 2],
    [2, 3, 3],
    [0, 2, 9],
    [1, 1, 9],
    [1, 3, 9],
    [2, 2, 9],
    [2, 4, 9],
    [3, 3, 9],
    [3, 4, 9],
  ])('at %i with the time %i: when %i are here', (seq, lamport, needed) => {
    const { alice, packets, head, watcher } = world();
    const hand = new Hand(crypto, alice);
    hand.certify();
    const event = hand.write({ heads: [{ ...head, seq, lamport }], lamport: lamport + 1 });
    // Before what it names, and after it.
    const one = watcher();
    take(one, hand.objects, 'own');
    expect(has(one, event)).toBe(false);
    for (const [i, packet] of packets.entries()) {
      take(one, packet, 'own');
      expect([i, has(one, event)]).toEqual([i, i + 1 >= needed]);
      const other = watcher();
      take(other, packet, 'own');
      take(other, hand.objects, 'own');
      expect([i, has(other, event)]).toEqual([i, i + 1 >= needed]);
    }
    // Nothing waits any more once it counts.
    const notes = one.store.scan('waiting').filter(({ key }) => key[16] === 1);
    expect(notes.length).toBe(needed === 9 ? 1 : 0);
  });
  test('of a segment or device that is not known, and of two of which one is missing', () => {
    const { alice, packets, head, watcher } = world();
    const unknown = new Uint8Array(8).fill(5);
    for (const other of [{ segment: unknown as SegmentId }, { feed: unknown as FeedId }]) {
      const hand = new Hand(crypto, alice);
      hand.certify();
      const missing = { ...head, seq: 0, lamport: 1, ...other };
      const event = hand.write({ heads: [{ ...head, seq: 0, lamport: 1 }, missing], lamport: 2 });
      const one = watcher();
      take(one, packets[2] ?? [], 'own');
      take(one, hand.objects, 'own');
      expect(has(one, event)).toBe(false);
    }
  });
  test('another Lamport time than one more than the largest that it names is void', () => {
    const { alice, packets, head, watcher } = world();
    for (const [lamport, counts] of [
      [3, false],
      [4, true],
      [5, false],
    ] as const) {
      const hand = new Hand(crypto, alice);
      hand.certify();
      const event = hand.write({ heads: [{ ...head, seq: 2, lamport: 3 }], lamport });
      const one = watcher();
      take(one, packets[2] ?? [], 'own');
      take(one, hand.objects, 'own');
      expect(has(one, event)).toBe(counts);
    }
  });
});

test('a charter entry that its author went by is waited for', () => {
  const { alice, watcher } = world();
  const feed = alice.log.device()?.feed as FeedId;
  const hand = new Hand(crypto, alice);
  hand.certify();
  const early = hand.write({ charter: { feed, seq: 0 } });
  const late = hand.write({ charter: { feed, seq: 1 }, seq: 1, previous: early, lamport: 2 });
  const later = hand.write({ charter: { feed, seq: 2 }, seq: 2, previous: late, lamport: 3 });
  const one = watcher();
  take(one, hand.objects, 'own');
  expect([early, late, later].map((event) => has(one, event))).toEqual([true, false, false]);
  const witness = () =>
    alice.store.transaction(() =>
      alice.log.appendEntry((key, at) => createWitness(crypto, key, at, { removal: new Uint8Array(32) }), START),
    ).entry;
  take(one, [{ type: 'entry', entry: witness() }], 'own');
  expect([early, late, later].map((event) => has(one, event))).toEqual([true, true, false]);
  take(one, [{ type: 'entry', entry: witness() }], 'own');
  expect([early, late, later].map((event) => has(one, event))).toEqual([true, true, true]);
});

test.each([
  [0, true],
  [1, true],
  [2, true],
  [3, false],
])('the end of the segment before, at %i of two: it counts, %s, once that is here', (count, counts) => {
  const { alice, watcher } = world();
  const hand = new Hand(crypto, alice);
  const segment = hand.certify();
  const one = hand.write({});
  const two = hand.write({ seq: 1, previous: one, lamport: 2 });
  const before = [...hand.objects];
  hand.certify();
  const event = hand.write({ end: { segment, count } });
  const first = watcher();
  take(first, hand.objects, 'own');
  expect([one, two, event].map((id) => has(first, id))).toEqual([true, true, counts]);
  const second = watcher();
  const certificates = hand.objects.filter(({ type }) => type === 'certificate');
  take(second, [...certificates, ...hand.objects.slice(before.length)], 'own');
  expect(has(second, event)).toBe(count === 0);
  take(second, before, 'own');
  expect([one, two, event].map((id) => has(second, id))).toEqual([true, true, counts]);
  expect(second.store.transaction(() => second.log.frontier())).toEqual(
    first.store.transaction(() => first.log.frontier()),
  );
});
