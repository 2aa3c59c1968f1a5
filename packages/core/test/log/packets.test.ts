// What a packet holds: exactly what it was asked for, with what that needs to count, and nothing twice.
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/codec/index.ts';
import type { EventId, FeedId, SegmentId } from '../../src/identity/index.ts';
import { decodeHeader, logObjectCodec, type LogObject, type PlaceRange } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { everyoneToEveryone, publishDue, weeks } from './devices.ts';
import { Hand } from './hand.ts';
import { DAY, everything, feedOf, give, meet, openReplica, pair, say, START, take, type Replica } from './people.ts';
import { copyOf } from './world.ts';

const crypto = createNullCrypto();
const read = (who: Replica, ranges: readonly PlaceRange[], maxBytes = 1e9) =>
  who.store.transaction(() => who.log.read(ranges, maxBytes));
/** `e2` is an event at seq 2, `s2` a seal there, `c` a certificate, `#` a charter entry, `/` a stub. */
const kinds = (objects: readonly LogObject[]): string =>
  objects
    .map((object) => {
      if (object.type === 'event') return `e${decodeHeader(object.header)?.seq ?? '?'}`;
      if (object.type === 'seal') return `s${object.seq}`;
      return { entry: '#', certificate: 'c', stub: '/' }[object.type];
    })
    .join(' ');
const encoded = (objects: readonly LogObject[]): number =>
  objects.reduce((sum, object) => sum + encode(logObjectCodec, object).length, 0);
/** Alice wrote on two days; Bob has all of it. */
const twoDays = () => {
  const [alice, bob] = pair(crypto, 401);
  for (let i = 0; i < 5; i++) say(alice, `${i}`);
  give(alice, bob);
  for (let i = 0; i < 3; i++) say(alice, `later ${i}`, START + DAY);
  give(alice, bob);
  const feed = feedOf(alice) as FeedId;
  const places = alice.log.page({ limit: 99 }).map(({ place }) => place);
  const [one, two] = [places[0], places[5]].map((place) => place?.segment as SegmentId);
  const range = (segment: SegmentId | undefined, from: number, to: number): PlaceRange => ({
    feed,
    segment: segment as SegmentId,
    from,
    to,
  });
  return {
    alice,
    bob,
    feed,
    one: (from: number, to: number) => range(one, from, to),
    two: (from: number, to: number) => range(two, from, to),
  };
};

describe('of whole segments and parts', () => {
  test('what a segment rests on comes with its beginning, once; a part has a seal of its own from its author alone', () => {
    const { alice, bob, one, two } = twoDays();
    expect(kinds(read(alice, [one(0, 5)]).objects)).toBe('# c e0 e1 e2 e3 e4 s4');
    expect(kinds(read(alice, [one(0, 2)]).objects)).toBe('# c e0 e1 s1');
    expect(kinds(read(alice, [one(1, 3)]).objects)).toBe('e1 e2 s2');
    expect(kinds(read(alice, [one(0, 1), one(3, 4), one(0, 1)]).objects)).toBe('# c e0 s0 e3 s3 e0');
    expect(kinds(read(alice, [two(0, 2), one(0, 1)]).objects)).toBe('c e0 e1 s1 # c e0 s0');
    expect(kinds(read(alice, [two(2, 9)]).objects)).toBe('e2 s2');
    expect(kinds(read(alice, [two(3, 9), one(2, 2)]).objects)).toBe('');
    // Others have the seals that came, and the newest one above goes along.
    expect(kinds(read(bob, [one(1, 3)]).objects)).toBe('e1 e2 s4');
    expect(kinds(read(bob, [one(0, 5), two(0, 1)]).objects)).toBe('# c e0 e1 e2 e3 e4 s4 c e0 s2');
    expect(kinds(read(bob, [two(2, 3)]).objects)).toBe('e2 s2');
  });
  test('bytes are enough for all that is in it, and one less leaves the last event', () => {
    const { alice, bob, one, two } = twoDays();
    for (const who of [alice, bob])
      for (const ranges of [[one(0, 5)], [one(1, 5)], [one(0, 5), two(0, 3)], [two(0, 3)]]) {
        const whole = read(who, ranges);
        expect(whole.left).toEqual([]);
        expect(whole.bytes).toBeGreaterThanOrEqual(encoded(whole.objects));
        expect(whole.bytes).toBeLessThan(encoded(whole.objects) + 40 * whole.objects.length);
        expect(read(who, ranges, whole.bytes)).toEqual(whole);
        const less = read(who, ranges, whole.bytes - 1);
        const last = ranges.at(-1) as PlaceRange;
        expect(less.left).toEqual([{ ...last, from: last.to - 1 }]);
        expect(less.bytes).toBeLessThan(whole.bytes);
      }
  });
  test('once something does not fit, nothing that follows is read, and what was put in for it goes again', () => {
    const { alice, one, two } = twoDays();
    const first = read(alice, [one(0, 5)]);
    const ranges = [one(0, 5), two(0, 3), one(4, 5)];
    const batch = read(alice, ranges, first.bytes);
    expect(batch).toEqual({ ...first, left: ranges.slice(1) });
    // One event more, with its certificate and a seal.
    const { bytes } = read(alice, [one(0, 5), two(0, 1)]);
    expect(read(alice, ranges, bytes).left).toEqual([two(1, 3), one(4, 5)]);
    expect(read(alice, ranges, bytes - 1)).toEqual(batch);
    // The first event goes, however long it is, and no second one.
    expect(kinds(read(alice, ranges, 1).objects)).toBe('c e0 s0');
    expect(read(alice, ranges, 1).left).toEqual([one(1, 5), two(0, 3), one(4, 5)]);
  });
  test('more than are read at a time come as one', () => {
    const [alice, bob] = pair(crypto, 402);
    const hand = new Hand(crypto, alice);
    hand.certify();
    for (let i = 0; i < 520; i++) hand.next();
    take(bob, [...hand.objects.filter(({ type }) => type !== 'seal'), hand.objects.at(-1) as LogObject], feedOf(alice));
    const reader = openReplica(crypto, 403, { store: bob.store });
    const range = (from: number, to: number) => ({ feed: hand.feed, segment: hand.segment, from, to });
    for (const [from, to] of [
      [0, 256],
      [0, 257],
      [3, 515],
      [0, 520],
      [264, 520],
    ] as const) {
      const { objects } = read(reader, [range(from, to)]);
      const seqs = objects.flatMap((object) =>
        object.type === 'event' ? (decodeHeader(object.header)?.seq ?? []) : [],
      );
      expect(seqs).toEqual(Array.from({ length: to - from }, (_, i) => from + i));
    }
  });
  test('a seal that waits for its event, or is wrong, is handed on by nobody', () => {
    const { alice, bob, one } = twoDays();
    const seal = everything(alice).find((object) => object.type === 'seal' && object.seq === 4);
    if (seal?.type !== 'seal') throw new Error('no seal');
    take(
      bob,
      [
        { ...seal, seq: 7 },
        { ...seal, seq: 4, signature: new Uint8Array(64) },
      ],
      feedOf(alice),
    );
    expect(kinds(read(bob, [one(4, 5)]).objects)).toBe('e4 s4');
    expect(kinds(read(bob, [one(2, 3)]).objects)).toBe('e2 s4');
  });
});

describe('of segments that branch', () => {
  /** Two texts, then one more by Alice and three by a copy of her, all in one segment. */
  const forked = () => {
    const [alice, bob] = pair(crypto, 404);
    for (let i = 0; i < 2; i++) say(alice, `before ${i}`);
    const copy = copyOf(alice, 77);
    say(alice, 'mine');
    for (let i = 0; i < 3; i++) say(copy, `theirs ${i}`);
    for (const who of [alice, copy]) take(bob, everything(who), feedOf(alice));
    const page = bob.log.page({ limit: 9 });
    const main = page.filter(({ marks }) => marks.length === 0).at(-1)?.place;
    const branch = page.find(({ marks }) => marks.includes('copy'))?.place;
    if (main === undefined || branch === undefined) throw new Error('it has not branched');
    const idsOf = (range: Partial<PlaceRange>, place = branch): readonly EventId[] =>
      read(bob, [{ ...place, from: 0, to: 99, ...range }]).objects.flatMap((object) =>
        object.type === 'event' ? [crypto.hash(32, object.header) as EventId] : [],
      );
    return { alice, bob, copy, page, main, branch, idsOf };
  };
  test('a range names a chain: its events from one place to another, each once', () => {
    const { page, main, branch, idsOf } = forked();
    const chain = (isBranch: boolean) =>
      page
        .filter(({ place, marks }) => place.seq < 2 || marks.includes('copy') === isBranch)
        .toSorted((a, b) => a.place.seq - b.place.seq)
        .map(({ place }) => place.seq);
    for (const [place, isBranch] of [
      [main, false],
      [branch, true],
    ] as const) {
      const length = chain(isBranch).length;
      const all = idsOf({}, place);
      expect(all).toHaveLength(length);
      for (let from = 0; from <= length; from++)
        for (let to = from; to <= length; to++) expect(idsOf({ from, to }, place)).toEqual(all.slice(from, to));
    }
    expect(idsOf({}, main).slice(0, 2)).toEqual(idsOf({}, branch).slice(0, 2));
    expect(idsOf({}, main)[2]).not.toEqual(idsOf({}, branch)[2]);
    expect(idsOf({ segment: new Uint8Array(8).fill(9) as SegmentId })).toEqual([]);
  });
  test('with any part goes what it rests on, and the seals of every chain above it', () => {
    const { bob, main, branch } = forked();
    const of = (place: typeof main, from: number, to: number) => kinds(read(bob, [{ ...place, from, to }]).objects);
    const ends = [main, branch].map(({ segment }) =>
      read(bob, [{ feed: main.feed, segment, from: 0, to: 99 }]).objects.at(-1),
    );
    expect(ends.map((object) => object?.type)).toEqual(['seal', 'seal']);
    expect(of(main, 1, 2)).toMatch(/^# c e1 s2 s4$/);
    expect(of(branch, 2, 3)).toMatch(/^# c e2 s/);
  });
});

describe('of what is gone', () => {
  test('a stub goes with what it stands for, and not with what is behind it', () => {
    const { all, alice, bob } = weeks(crypto, 405, 3);
    const [a1] = alice;
    for (const who of alice) publishDue(who, bob, START + 30 * DAY);
    everyoneToEveryone(all);
    const { feed } = a1.log.device() as { feed: FeedId };
    const first = a1.log
      .page({ limit: 99 })
      .filter(({ place }) => place.feed.join() === feed.join() && a1.log.isPublished(feed, place.segment));
    const segment = first[0]?.place.segment as SegmentId;
    const day = first.filter(({ place }) => place.segment.join() === segment.join());
    expect(day.length).toBeGreaterThan(2);
    for (const { event } of day) a1.store.transaction(() => a1.log.purge(event));
    const of = (from: number, to: number) => kinds(read(a1, [{ feed, segment, from, to }]).objects);
    const count = day.length;
    expect(of(0, count)).toMatch(/^(# )+c \/$/);
    expect(of(1, count)).toBe('/');
    expect(of(count - 1, count)).toBe('/');
    expect(of(count, count + 1)).toBe('');
    // Who takes it over hands it on.
    const third = openReplica(crypto, 406);
    for (const who of [a1, bob[0]]) meet(third, who);
    take(third, everything(a1), 'own');
    expect(kinds(read(third, [{ feed, segment, from: 0, to: count }]).objects)).toMatch(/^(# )+c \/$/);
    const fourth = openReplica(crypto, 407);
    for (const who of [a1, bob[0]]) meet(fourth, who);
    take(fourth, everything(third), 'own');
    expect(fourth.log.page({ limit: 999 })).toHaveLength(a1.log.page({ limit: 999 }).length);
    // Of the same stub again, a shorter one and a longer one without its seal nothing is taken.
    const stub = everything(a1).find((object) => object.type === 'stub' && object.segment.join() === segment.join());
    if (stub?.type !== 'stub') throw new Error('no stub');
    expect([...take(fourth, [stub, { ...stub, count: 1 }], 'own').refused]).toEqual([]);
    expect([...take(fourth, [{ ...stub, count: stub.count + 1 }], 'own').refused]).toEqual([['stub', 1]]);
  });
});
