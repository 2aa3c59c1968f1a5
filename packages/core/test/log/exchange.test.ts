// What frontiers tell is held against what replicas hold, row by row: nothing missing is kept back, nothing held is sent again.
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { decode, encode } from '../../src/codec/index.ts';
import { CHARTER_SEGMENT, type FeedId, type SegmentId } from '../../src/identity/index.ts';
import { decodeHeader, frontierCodec, logObjectCodec, type Frontier, type PlaceRange } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { households, publishDue, weeks } from './devices.ts';
import {
  DAY,
  dump,
  everything,
  feedOf,
  give,
  openReplica,
  pair,
  say,
  START,
  take,
  texts,
  type Replica,
} from './people.ts';
import { copyOf, makeWorld, observe } from './world.ts';

const crypto = createNullCrypto();
const frontierOf = (who: Replica): Frontier => who.store.transaction(() => who.log.frontier());
const compared = (who: Replica, theirs: Frontier) => who.store.transaction(() => who.log.compare(theirs));
const read = (who: Replica, ranges: readonly PlaceRange[], maxBytes = 1e9) =>
  who.store.transaction(() => who.log.read(ranges, maxBytes));
/** What the order has, by id. */
const shown = (who: Replica): ReadonlySet<string> =>
  new Set(who.store.scan('order').map(({ key }) => toHex(key.subarray(22))));
const held = (who: Replica): ReadonlySet<string> =>
  new Set(who.store.scan('header').map(({ key }) => toHex(key.subarray(36))));
const eventsOf = (who: Replica, objects: ReturnType<typeof read>['objects']): readonly string[] =>
  objects.flatMap((object) => (object.type === 'event' ? [toHex(who.crypto.hash(32, object.header))] : []));

/** One way, and what of it was needed. */
const hand = (from: Replica, to: Replica) => {
  const theirs = frontierOf(to);
  const { theyLack } = compared(from, theirs);
  const { objects, left, bytes } = read(from, theyLack);
  expect(left).toEqual([]);
  expect(objects.reduce((sum, object) => sum + encode(logObjectCodec, object).length, 0)).toBeLessThanOrEqual(bytes);
  const [before, sent] = [held(to), eventsOf(from, objects)];
  expect(new Set(sent).size).toBe(sent.length);
  const asked = compared(to, frontierOf(from)).iLack;
  take(to, objects, feedOf(from));
  // Of a segment of its own that the other does not know yet, a device is sent what stands before it.
  const own = new Set(
    objects.flatMap((object) =>
      object.type === 'event' &&
      toHex(decodeHeader(object.header)?.feed ?? CHARTER_SEGMENT) === toHex(feedOf(to) as FeedId)
        ? eventsOf(from, [object])
        : [],
    ),
  );
  const foreign = sent.filter((event) => !own.has(event));
  return { again: foreign.filter((event) => before.has(event)), sent: foreign, objects, theyLack, asked };
};

test.each([1, 2, 3, 4, 5, 6])(
  'two people and no copies (world %i): exactly what is missing is sent, and asked for',
  (seed) => {
    const { people } = makeWorld(crypto, seed, 40, 0);
    const [alice, bob] = people;
    if (alice === undefined || bob === undefined) throw new Error('nobody');
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const missing = [...shown(from)].filter((event) => !held(to).has(event));
      const { again, sent, asked, theyLack } = hand(from, to);
      expect(again).toEqual([]);
      expect(sent.toSorted()).toEqual(missing.toSorted());
      // Who asks names the same places, but for segments that it does not know yet.
      const names = (ranges: readonly PlaceRange[]) =>
        ranges.map(({ feed, segment, from: first, to: last }) => `${toHex(feed)} ${toHex(segment)} ${first} ${last}`);
      for (const range of names(asked)) if (names(theyLack).length === 1) expect(names(theyLack)).toContain(range);
      expect([...shown(to)].length).toBeGreaterThanOrEqual([...shown(from)].length);
    }
    const [one, two] = [frontierOf(alice), frontierOf(bob)];
    expect(one).toEqual(two);
    expect(compared(alice, two)).toEqual({ theyLack: [], iLack: [] });
    expect(dump(alice, ['order'])).toBe(dump(bob, ['order']));
  },
);

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'with copies that wrote beside (world %i): two rounds are enough, and then nobody asks',
  (seed) => {
    const { people } = makeWorld(crypto, 100 + seed, 45, 2);
    for (let round = 0; round < 3; round++)
      for (const from of people) for (const to of people) if (from !== to) give(from, to);
    const frontiers = people.map(frontierOf);
    for (const [i, who] of people.entries()) {
      for (const theirs of frontiers) expect(compared(who, theirs)).toEqual({ theyLack: [], iLack: [] });
      expect(frontiers[i]).toEqual(frontiers[0]);
      expect(dump(who, ['order', 'event', 'content'])).toBe(dump(people[0] as Replica, ['order', 'event', 'content']));
      expect(who.log.page({ limit: 999 }).map(({ place, marks }) => [place, marks])).toEqual(
        people[0]?.log.page({ limit: 999 }).map(({ place, marks }) => [place, marks]),
      );
      expect(decode(frontierCodec, encode(frontierCodec, frontierOf(who)))).toEqual(frontiers[0]);
      who.store.transaction(() => who.log.sealHead());
      expect(who.log.verify()).toEqual([]);
    }
    // Every shown event is found at the place it is shown with, and covered by equal frontiers.
    const [who, theirs] = [people[0] as Replica, frontiers[0] as Frontier];
    const everyone = who.log.page({ limit: 999 });
    expect(everyone.length).toBeGreaterThan(10);
    for (const event of everyone) {
      expect(who.log.at(event.place)?.event).toEqual(event.event);
      expect(who.log.covers(theirs, event.place)).toBe(true);
      expect(who.log.covers({ ...theirs, feeds: [] }, event.place)).toBe(false);
    }
  },
);

test.each([1, 2, 3, 4])(
  'in small pieces, in the worst order and twice over (world %i) it comes to the same',
  (seed) => {
    const world = makeWorld(crypto, 200 + seed, 35, 2);
    const random = seededRandomness(seed);
    const straight = observe(crypto, world, world.objects, random);
    const one = openReplica(crypto, 999);
    for (const who of world.people.slice(0, 2)) {
      const device = who.log.device();
      if (device !== undefined) one.store.transaction(() => one.log.admit(device.member));
    }
    for (const object of [...world.objects].toReversed()) {
      take(one, [object], 'own');
      take(one, [object], 'own');
    }
    expect(dump(one, ['order', 'header', 'event', 'content'])).toBe(
      dump(straight, ['order', 'header', 'event', 'content']),
    );
    expect(frontierOf(one)).toEqual(frontierOf(straight));
    const notes = one.store.scan('waiting').filter(({ key }) => key[16] === 0);
    expect(notes).toEqual([]);
    expect(one.log.page({ limit: 999 }).map(({ marks, place }) => [marks, place])).toEqual(
      straight.log.page({ limit: 999 }).map(({ marks, place }) => [marks, place]),
    );
  },
);

describe('packets', () => {
  const long = () => {
    const [alice, bob] = pair(crypto, 31);
    for (let i = 0; i < 300; i++) say(alice, `text ${i}`, START + i * 60_000);
    return { alice, bob, ranges: compared(alice, frontierOf(bob)).theyLack };
  };
  test('hold no more bytes than they may, go on where they ended, and hold one event at least', () => {
    const { alice, bob, ranges } = long();
    const whole = read(alice, ranges);
    expect(eventsOf(alice, whole.objects)).toHaveLength(300);
    expect(whole.objects.map(({ type }) => type).filter((type) => type !== 'event')).toEqual([
      'entry',
      'certificate',
      'seal',
    ]);
    let left: readonly PlaceRange[] = ranges;
    let count = 0;
    for (let rounds = 0; left.length > 0; rounds++) {
      const batch = read(alice, left, 3_000);
      expect(batch.bytes).toBeLessThanOrEqual(3_000);
      expect(rounds).toBeLessThan(60);
      expect(batch.objects.filter(({ type }) => type === 'seal')).toHaveLength(1);
      count += eventsOf(alice, batch.objects).length;
      left = batch.left;
      // Each is of use by itself.
      take(bob, batch.objects, feedOf(alice));
      expect(texts(bob)).toHaveLength(count);
    }
    expect(texts(bob)).toEqual(texts(alice));
    const one = read(alice, ranges, 1);
    expect([eventsOf(alice, one.objects).length, one.left[0]?.from]).toEqual([1, 1]);
    expect(read(alice, [], 1)).toEqual({ objects: [], bytes: 0, left: [] });
  });
  test('of what is not known there is nothing to read', () => {
    const { alice } = long();
    const nowhere = { feed: feedOf(alice) as FeedId, segment: new Uint8Array(8).fill(1) as SegmentId, from: 0, to: 4 };
    expect(read(alice, [nowhere])).toEqual({ objects: [], bytes: 0, left: [] });
  });
  test('charter entries come by their numbers, once, and within the limit', () => {
    const { all } = households(crypto, 33);
    const [a1, , b1] = all;
    if (a1 === undefined || b1 === undefined) throw new Error('nobody');
    const feed = feedOf(a1) as FeedId;
    const charter = (from: number, to: number, maxBytes = 1e9) =>
      read(b1, [{ feed, segment: CHARTER_SEGMENT, from, to }], maxBytes);
    expect(charter(0, 2).objects).toHaveLength(2);
    expect(charter(1, 2).objects).toEqual(charter(0, 2).objects.slice(1));
    expect(charter(0, 1).objects).toEqual(charter(0, 2).objects.slice(0, 1));
    expect(charter(2, 9).objects).toEqual([]);
    const first = charter(0, 1).bytes;
    expect(charter(0, 2, first)).toMatchObject({ bytes: first, left: [{ from: 1, to: 2 }] });
    expect(charter(0, 2, first - 1)).toMatchObject({ objects: [], left: [{ from: 0, to: 2 }] });
    const twice = [0, 0].map((from) => ({ feed, segment: CHARTER_SEGMENT, from, to: 2 }));
    expect(read(b1, twice).objects).toHaveLength(2);
    const later = read(b1, twice, 1);
    expect(later.left).toEqual(twice);
  });
  test('oldest days first, and certificates by themselves of what is wholly lacking', () => {
    const { alice } = weeks(crypto, 34, 3);
    const [a1, a2] = alice;
    const nothing = { digest: new Uint8Array(16), base: 0 as const, feeds: [] };
    const { theyLack } = compared(a1, nothing);
    const sorted = a1.log.oldestFirst(theyLack.toReversed());
    expect(sorted).toHaveLength(theyLack.length);
    const isCharter = ({ segment }: PlaceRange) => toHex(segment) === toHex(CHARTER_SEGMENT);
    const charters = theyLack.filter(isCharter).length;
    expect(sorted.slice(0, charters).every(isCharter)).toBe(true);
    const days = sorted.slice(charters).map((range) => {
      const [event] = read(a1, [range]).objects.flatMap((object) => (object.type === 'event' ? [object] : []));
      return Math.floor(((event && decodeHeader(event.header)?.time) ?? 0) / 1440);
    });
    expect(days).toEqual(days.toSorted((a, b) => a - b));
    expect(new Set(days).size).toBe(3);
    const certificates = a1.log.certificates(theyLack);
    expect(certificates.map(({ type }) => type)).toEqual(Array.from({ length: 12 }, () => 'certificate'));
    expect(a1.log.certificates(theyLack.map((range) => ({ ...range, from: range.from + 1 })))).toEqual([]);
    expect(a2.log.certificates([...theyLack, ...theyLack])).toHaveLength(12);
  });
});

describe('holes', () => {
  /** Bob holds some of ten events, from wherever. */
  const holding = (...seqs: readonly number[]) => {
    const [alice, bob] = pair(crypto, 35);
    for (let i = 0; i < 10; i++) say(alice, `${i}`);
    const objects = everything(alice).filter((object) => {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      return header === undefined || seqs.includes(header.seq);
    });
    take(bob, objects, feedOf(alice));
    return { alice, bob };
  };
  const rangesOf = (ranges: readonly { readonly from: number; readonly to: number }[]) =>
    ranges.map(({ from, to }) => [from, to]);
  test.each([
    [
      [0, 1, 2, 5, 6, 9],
      0,
      [
        [0, 3],
        [5, 7],
        [9, 10],
      ],
      [
        [3, 5],
        [7, 9],
      ],
    ],
    [
      [3, 4],
      0,
      [[3, 5]],
      [
        [0, 3],
        [5, 10],
      ],
    ],
    [[0, 1, 2, 3, 4, 5, 6, 7, 8], 0, [], [[0, 10]]],
    [
      [1, 3, 5, 7, 9],
      0,
      [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
        [8, 10],
      ],
    ],
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 10, [], []],
  ] as const)('who holds %j says so, and lacks the rest', (seqs, count, listed, lacked) => {
    const { alice, bob } = holding(...seqs);
    const own = frontierOf(bob).feeds.find((one) => toHex(one.feed) === toHex(feedOf(alice) as FeedId));
    const sealed = seqs.length === 10 || seqs.includes(9 as never);
    if (sealed) {
      expect([own?.count, rangesOf(own?.ranges ?? [])]).toEqual([count, listed]);
      expect(rangesOf(compared(alice, frontierOf(bob)).theyLack)).toEqual(lacked);
    }
    const { again } = hand(alice, bob);
    expect(again.length).toBeLessThanOrEqual(sealed && count + listed.length > 4 ? 1 : 9);
    expect(texts(bob)).toHaveLength(10);
    expect(compared(alice, frontierOf(bob)).theyLack).toEqual([]);
  });
  test('a seal that was lost comes again with the last event', () => {
    const [alice, bob] = pair(crypto, 36);
    for (let i = 0; i < 3; i++) say(alice, `${i}`);
    take(
      bob,
      everything(alice).filter(({ type }) => type !== 'seal'),
      feedOf(alice),
    );
    expect(texts(bob)).toEqual([]);
    const { theyLack } = compared(alice, frontierOf(bob));
    expect(rangesOf(theyLack)).toEqual([[2, 3]]);
    give(alice, bob);
    expect(texts(bob)).toHaveLength(3);
  });
  test('what is asked for is what the other says it has and is not here', () => {
    const [alice, bob] = pair(crypto, 37);
    for (let i = 0; i < 4; i++) say(alice, `${i}`);
    give(alice, bob);
    for (let i = 4; i < 9; i++) say(alice, `${i}`);
    say(alice, 'a day later', START + DAY);
    const theirs = frontierOf(alice);
    const { iLack, theyLack } = compared(bob, theirs);
    // Its newest segment is not known here, so nothing says what of the one before it has.
    expect(rangesOf(theyLack)).toEqual([[0, 4]]);
    const named = theirs.feeds.find((one) => toHex(one.feed) === toHex(feedOf(alice) as FeedId));
    expect(iLack).toEqual([{ feed: feedOf(alice), segment: named?.segment, from: 0, to: 1 }]);
    const { objects } = read(alice, iLack);
    take(bob, objects, feedOf(alice));
    expect(texts(bob)).toHaveLength(4);
    give(alice, bob);
    expect(texts(bob)).toHaveLength(10);
  });
  test('places are covered up to the count, in the segments before it, and nowhere else', () => {
    const [alice, bob] = pair(crypto, 38);
    say(alice, 'one');
    say(alice, 'two');
    say(alice, 'a day later', START + DAY);
    give(alice, bob);
    const theirs = frontierOf(bob);
    say(alice, 'and more', START + DAY);
    const places = alice.log.page({ limit: 9 }).map(({ place }) => place);
    expect(places.map((place) => alice.log.covers(theirs, place))).toEqual([true, true, true, false]);
    const feed = feedOf(alice) as FeedId;
    const charter = (seq: number) => alice.log.covers(theirs, { feed, segment: CHARTER_SEGMENT, seq });
    expect([charter(0), charter(1)]).toEqual([true, false]);
    const [first] = places;
    if (first === undefined) throw new Error('nothing was said');
    expect(alice.log.covers(theirs, { ...first, seq: 2 })).toBe(false);
    expect(alice.log.covers(theirs, { ...first, segment: new Uint8Array(8).fill(4) as SegmentId })).toBe(false);
    expect(alice.log.covers(theirs, { ...first, feed: new Uint8Array(8).fill(4) as FeedId })).toBe(false);
    // With another past it covers what it names itself and nothing before.
    const [mine] = theirs.feeds.filter((one) => toHex(one.feed) === toHex(feed));
    const other = (change: object): Frontier => ({
      ...theirs,
      feeds: [{ ...(mine as Frontier['feeds'][number]), ...change }],
    });
    const covered = (frontier: Frontier) => places.map((place) => alice.log.covers(frontier, place));
    expect(covered(other({ past: new Uint8Array(8).fill(1) }))).toEqual([false, false, true, false]);
    expect(covered(other({ head: new Uint8Array(32).fill(1) }))).toEqual([true, true, false, false]);
    expect(covered(other({ segment: null, count: 0, head: null }))).toEqual([false, false, false, false]);
    expect(covered(other({ count: 9 }))).toEqual([true, true, true, true]);
    const before = { segment: first.segment, count: 1, head: null, past: new Uint8Array(8) };
    expect(covered(other(before))).toEqual([true, false, false, false]);
    // What they say of a place they follow differently is sent again from its beginning.
    const lacking = (frontier: Frontier) =>
      rangesOf(compared(alice, frontier).theyLack.filter((range) => toHex(range.feed) === toHex(feed)));
    expect(lacking(theirs)).toEqual([[1, 2]]);
    expect(lacking(other({ head: new Uint8Array(32).fill(1) }))).toEqual([[0, 2]]);
    expect(lacking(other({ past: new Uint8Array(8).fill(1) }))).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(lacking(other(before))).toEqual([
      [1, 2],
      [0, 2],
    ]);
    expect(lacking(other({ segment: null, count: 0, head: null }))).toEqual([
      [0, 2],
      [0, 2],
    ]);
    expect(lacking(other({ count: 9 }))).toEqual([]);
    const held2 = { segment: mine?.segment as SegmentId, from: 0, to: 1 };
    expect(lacking(other({ segment: null, count: 0, head: null, ranges: [held2] }))).toEqual([
      [0, 2],
      [1, 2],
    ]);
    const middle = { ...held2, from: 1, to: 2 };
    expect(lacking(other({ segment: null, count: 0, head: null, ranges: [middle, held2] }))).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(lacking(other({ charterCount: 0 }))).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(lacking(other({ charterDigest: new Uint8Array(8).fill(1) }))).toEqual([
      [0, 1],
      [1, 2],
    ]);
    const asked = (frontier: Frontier) =>
      compared(alice, frontier).iLack.map(({ segment, from, to }) => [
        toHex(segment) === toHex(CHARTER_SEGMENT),
        from,
        to,
      ]);
    expect(asked(theirs)).toEqual([]);
    expect(asked(other({ count: 9 }))).toEqual([[false, 2, 9]]);
    expect(asked(other({ charterCount: 3 }))).toEqual([[true, 1, 3]]);
    expect(asked(other({ charterDigest: new Uint8Array(8).fill(1) }))).toEqual([[true, 0, 1]]);
    const stranger = new Uint8Array(8).fill(4) as FeedId;
    expect(asked(other({ feed: stranger }))).toEqual([
      [true, 0, 1],
      [false, 0, 1],
    ]);
    expect(asked(other({ feed: stranger, charterCount: 0 }))).toEqual([]);
  });
});

describe('days', () => {
  const DAYS = 4;
  /** Alice wrote on four days; Bob has some of them, and perhaps all certificates. */
  const having = (days: number, certified: boolean) => {
    const [alice, bob] = pair(crypto, 39);
    for (let day = 0; day < DAYS; day++) for (let i = 0; i < 3; i++) say(alice, `${day}.${i}`, START + day * DAY);
    const objects = everything(alice);
    const numbers = new Map<string, number>();
    for (const object of objects) {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      if (header !== undefined && !numbers.has(toHex(header.segment)))
        numbers.set(toHex(header.segment), Math.round((header.time * 60_000 - START) / DAY));
    }
    const isOf = (segment: Uint8Array): boolean => (days & (1 << (numbers.get(toHex(segment)) ?? 0))) !== 0;
    take(
      bob,
      objects.filter((object) => {
        const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
        if (header !== undefined) return isOf(header.segment);
        if (object.type === 'seal') return isOf(object.segment);
        return object.type !== 'certificate' || certified || days === 15;
      }),
      feedOf(alice),
    );
    return { alice, bob };
  };
  const all = Array.from({ length: 16 }, (_, days) => days);
  test.each(all)('of which some are held (%i), all certified: the others alone are sent, and all is shown', (days) => {
    const { alice, bob } = having(days, true);
    const first = [0, 1, 2, 3].findIndex((day) => (days & (1 << day)) === 0);
    expect(texts(bob)).toHaveLength(3 * (first === -1 ? DAYS : first));
    const { sent, again } = hand(alice, bob);
    const missing = 3 * all.slice(0, DAYS).filter((day) => (days & (1 << day)) === 0).length;
    // Of a day that is held whole and does not count yet, the last event may come again, with its seal.
    expect(sent.length).toBeGreaterThanOrEqual(missing);
    expect(again.length).toBeLessThanOrEqual(DAYS);
    expect(texts(bob)).toEqual(texts(alice));
    expect(frontierOf(bob)).toEqual(frontierOf(alice));
    expect(compared(alice, frontierOf(bob))).toEqual({ theyLack: [], iLack: [] });
  });
  test.each(all)('of which some are held (%i), without their certificates: they wait, and then count', (days) => {
    const { alice, bob } = having(days, false);
    expect(texts(bob)).toHaveLength(days === 15 ? 12 : 0);
    hand(alice, bob);
    expect(texts(bob)).toEqual(texts(alice));
    expect(frontierOf(bob)).toEqual(frontierOf(alice));
  });
  test('a day of which only the first event is here says where the one before ended', () => {
    const { alice, bob } = having(0b0001, true);
    const second = everything(alice).filter((object) => {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      return header !== undefined && header.seq === 0 && header.end !== null;
    });
    for (const object of second) take(bob, [object], feedOf(alice));
    expect(texts(bob)).toHaveLength(3);
    const before = frontierOf(bob);
    expect(before.feeds.flatMap(({ ranges }) => ranges.map(({ from, to }) => [from, to]))).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    const { again } = hand(alice, bob);
    expect(again.length).toBeLessThanOrEqual(3);
    expect(frontierOf(bob)).toEqual(frontierOf(alice));
  });
});

describe('forks', () => {
  /** Alice and a copy of her go on from the same place; both know all of it in the end. */
  const forked = (mine: number, theirs: number, before = 2) => {
    const [alice, bob] = pair(crypto, 41);
    for (let i = 0; i < before; i++) say(alice, `before ${i}`);
    give(alice, bob);
    const copy = copyOf(alice, 77);
    for (let i = 0; i < mine; i++) say(alice, `mine ${i}`);
    for (let i = 0; i < theirs; i++) say(copy, `theirs ${i}`);
    return { alice, bob, copy };
  };
  test.each([
    [1, 1],
    [3, 1],
    [1, 4],
    [5, 5],
  ])(
    'of %i and %i events in one segment: both are shown, one as by a copy, whoever brings which first',
    (mine, theirs) => {
      const orders = [true, false].map((first) => {
        const { alice, bob, copy } = forked(mine, theirs);
        for (const from of first ? [alice, copy] : [copy, alice]) {
          give(from, bob);
          // Who has a shorter chain may have all of the longer one: that it does not it learns with its end.
          const knows = copyOf(from, 5);
          give(bob, knows);
          give(knows, bob);
        }
        expect(texts(bob)).toHaveLength(2 + mine + theirs);
        const copied = bob.log.page({ limit: 99 }).filter(({ marks }) => marks.includes('copy'));
        expect([mine, theirs]).toContain(copied.length);
        const { feeds } = frontierOf(bob);
        const own = feeds.find((one) => toHex(one.feed) === toHex(feedOf(alice) as FeedId));
        expect(own?.aside).toHaveLength(1);
        expect([own?.count, own?.aside[0]?.count].toSorted()).toEqual([2 + mine, 2 + theirs].toSorted());
        for (const { place, event } of bob.log.page({ limit: 99 })) {
          expect(bob.log.at(place)?.event).toEqual(event);
          expect(bob.log.covers(frontierOf(bob), place)).toBe(true);
        }
        // Who has one side lacks the other, in its branch alone.
        for (const [who, count] of [
          [alice, theirs],
          [copy, mine],
        ] as const) {
          const { theyLack } = compared(bob, frontierOf(who));
          expect(theyLack.reduce((sum, { from, to }) => sum + to - from, 0)).toBeLessThanOrEqual(2 + mine + theirs);
          give(bob, who);
          expect(texts(who)).toHaveLength(2 + mine + theirs);
          expect(compared(bob, frontierOf(who))).toEqual({ theyLack: [], iLack: [] });
          expect(count).toBeGreaterThan(0);
        }
        // From now on each writes in a segment of its own, and both are heard.
        say(alice, 'alice goes on');
        say(copy, 'so does the copy');
        for (const from of [alice, copy]) give(from, bob);
        expect(texts(bob)).toHaveLength(4 + mine + theirs);
        expect(bob.log.verify()).toEqual([]);
        return [dump(bob, ['order']), frontierOf(bob)];
      });
      expect(orders[0]).toEqual(orders[1]);
    },
  );
  test('of a branch further forked, and of more than are kept', () => {
    const { alice, bob } = forked(0, 0);
    const copies = Array.from({ length: 11 }, (_, i) => copyOf(alice, 300 + i));
    for (const [i, copy] of copies.entries()) say(copy, `copy ${i}`);
    // The line and eight branches, when all come at once; what was shown before stays.
    take(
      bob,
      copies.flatMap((copy) => everything(copy)),
      feedOf(alice),
    );
    expect(texts(bob)).toHaveLength(2 + 9);
    const mixed = openReplica(crypto, 9);
    for (const who of [alice, bob]) {
      const device = who.log.device();
      if (device !== undefined) mixed.store.transaction(() => mixed.log.admit(device.member));
    }
    for (const copy of copies.toReversed()) take(mixed, everything(copy), 'own');
    expect(texts(mixed)).toEqual(expect.arrayContaining([...texts(bob)]));
    expect(frontierOf(mixed)).toEqual(frontierOf(bob));
  });
  test('of segments that go on from one: the smaller is the line, and what follows the other stands beside', () => {
    const { alice, bob } = forked(0, 0);
    const copy = copyOf(alice, 55);
    for (const who of [alice, copy]) who.store.transaction(() => who.log.startSegment());
    for (let day = 0; day < 3; day++)
      for (const [i, who] of [alice, copy].entries()) say(who, `${i} on day ${day}`, START + day * DAY);
    for (const from of [alice, copy]) give(from, bob);
    expect(texts(bob)).toHaveLength(8);
    const marked = bob.log.page({ limit: 99 }).filter(({ marks }) => marks.includes('copy'));
    expect(marked).toHaveLength(3);
    expect(
      new Set(
        marked.map(({ event }) => texts(bob)[bob.log.page({ limit: 99 }).findIndex((one) => one.event === event)]?.[0]),
      ).size,
    ).toBeLessThanOrEqual(2);
    const own = frontierOf(bob).feeds.find((one) => toHex(one.feed) === toHex(feedOf(alice) as FeedId));
    expect(own?.aside).toHaveLength(1);
    for (const who of [alice, copy]) {
      give(bob, who);
      expect(frontierOf(who)).toEqual(frontierOf(bob));
      expect(compared(who, frontierOf(bob))).toEqual({ theyLack: [], iLack: [] });
    }
  });
});

test('what was published and purged on both sides is a stub, which a third replica takes for its events', () => {
  const { all, alice, bob } = weeks(crypto, 51, 10);
  const [a1] = alice;
  const later = START + 30 * DAY;
  for (const who of alice) publishDue(who, bob, later);
  for (const who of bob) publishDue(who, alice, later);
  for (const from of all) for (const to of all) if (from !== to) give(from, to);
  const old = a1.log
    .page({ limit: 999 })
    .filter(({ time, place }) => time < START + 2 * DAY && a1.log.isPublished(place.feed, place.segment));
  expect(old.length).toBeGreaterThan(10);
  for (const who of all) for (const { event } of old) who.store.transaction(() => who.log.purge(event));
  const shorter = a1.log.page({ limit: 999 });
  expect(shorter.length).toBeLessThan(120 + 999);
  expect(old.every(({ event }) => a1.log.find(event) === undefined)).toBe(true);
  const third = openReplica(crypto, 88);
  for (const who of [a1, bob[0]]) {
    const device = who.log.device();
    if (device !== undefined) third.store.transaction(() => third.log.admit(device.member));
  }
  const objects = everything(a1);
  expect(objects.filter(({ type }) => type === 'stub').length).toBeGreaterThan(3);
  take(third, objects, 'own');
  expect(texts(third)).toEqual(texts(a1));
  // Else each would send the other all of it, again and again.
  expect(frontierOf(third)).toEqual(frontierOf(a1));
  expect(compared(a1, frontierOf(third))).toEqual({ theyLack: [], iLack: [] });
  expect([third, a1].map((who) => who.log.verify().filter(({ damage }) => damage !== 'unsealed'))).toEqual([[], []]);
  // Nobody brings them back.
  take(a1, everything(alice[1]), 'own');
  expect(texts(third)).toEqual(texts(a1));
  for (const { place } of old.slice(0, 5)) expect(a1.log.covers(frontierOf(third), place)).toBe(true);
});
