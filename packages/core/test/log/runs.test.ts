// What is shown ahead of what is below it: its bounds, what it may name, and how it is taken back.
import { describe, expect, test } from 'vitest';
import { createRemoval, NO_HASH, type EventId, type FeedId, type SegmentId } from '../../src/identity/index.ts';
import type { Head, LogObject } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { households } from './devices.ts';
import { Hand } from './hand.ts';
import { give, meet, openReplica, pair, START, take, type Replica } from './people.ts';

const crypto = createNullCrypto();
const STEP = 2 ** 24;
const UNKNOWN: Head = {
  feed: new Uint8Array(8).fill(5) as FeedId,
  segment: new Uint8Array(8).fill(6) as SegmentId,
  seq: 0,
  lamport: 1,
};

/** Alice and Bob each by hand, and a device of somebody who knows both. */
const scene = (seed = 201) => {
  const [alice, bob] = pair(crypto, seed);
  const device = openReplica(crypto, seed + 1);
  for (const who of [alice, bob]) meet(device, who);
  return { alice, bob, device, a: new Hand(crypto, alice), b: new Hand(crypto, bob) };
};
const newest = (to: Replica, objects: readonly LogObject[]) =>
  to.store.transaction(() => to.log.ingest(objects, 'own', START, true));
const shownIn = (who: Replica): readonly EventId[] => who.log.page({ limit: 2000 }).map(({ event }) => event);
const seen = (who: Replica, { feed, segment }: Hand, seq: number) => who.log.seenAt({ feed, segment, seq })?.event;
const runsOf = (who: Replica): readonly (readonly [number, number])[] =>
  who.store
    .transaction(() => who.log.frontier())
    .feeds.flatMap(({ ranges }) => ranges.map(({ from, to }) => [from, to] as const));
const written = (hand: Hand, count: number): readonly EventId[] => Array.from({ length: count }, () => hand.next());

describe('bounds', () => {
  test('64 segments are shown ahead, no further one, and that one once another is settled', () => {
    const { a, device } = scene();
    const segments: { readonly segment: SegmentId; readonly head: EventId }[] = [];
    for (let day = 0; day < 66; day++) {
      const before = segments.at(-1)?.segment;
      const segment = a.certify();
      a.write({ end: before === undefined ? null : { segment: before, count: 2 } });
      segments.push({ segment, head: a.next() });
    }
    take(device, a.certificates(), 'own');
    const shown = segments.map(({ segment }) => newest(device, a.piece(1, 2, segment)).shown.length);
    expect(shown).toEqual([...Array.from({ length: 64 }, () => 1), 0, 0]);
    // A frontier names four of them.
    expect(runsOf(device)).toEqual(Array.from({ length: 4 }, () => [1, 2]));
    const first = segments[0] as (typeof segments)[0];
    expect(device.log.aheadFrom()?.event).toEqual(shownIn(device)[0]);
    expect(newest(device, a.piece(0, 1, first.segment)).settled.map(({ event }) => event)).toEqual([first.head]);
    expect(newest(device, a.piece(1, 2, segments[64]?.segment)).shown).toHaveLength(1);
    expect(newest(device, a.piece(1, 2, segments[65]?.segment)).shown).toHaveLength(0);
  });
  test('a frontier names a run that no look over empty days would come to', () => {
    const { a, device } = scene();
    for (let day = 0; day < 20; day++) a.certify();
    a.write();
    a.next();
    take(device, a.certificates(), 'own');
    expect(newest(device, a.piece(1, 2)).shown).toHaveLength(1);
    expect(runsOf(device)).toEqual([[1, 2]]);
    const first = new Hand(crypto, scene().alice);
    first.certify();
    first.next();
    take(device, first.piece(0, 1), 'own');
    expect(runsOf(device)).toEqual([[1, 2]]);
  });
  test('1,024 events of a segment are, the newest ones', () => {
    const { a, device } = scene();
    a.certify();
    const events = written(a, 1027);
    take(device, a.certificates(), 'own');
    const seal = a.objects.at(-1) as LogObject;
    const objects = a.piece(2, 1027).filter(({ type }) => type === 'event');
    expect(newest(device, [...objects, seal]).shown).toHaveLength(1024);
    expect(device.log.aheadFrom()?.event).toEqual(events[3]);
  });
  test('a Lamport time that no device reaches is not shown, counted by the segments before', () => {
    for (const number of [0, 1])
      for (const off of [-1, 0]) {
        const { a, device } = scene();
        for (let i = 0; i <= number; i++) a.certify();
        a.write();
        a.next({ lamport: (number + 1) * STEP + off });
        take(device, a.certificates(), 'own');
        expect([number, off, newest(device, a.piece(1, 2)).shown.length]).toEqual([number, off, off < 0 ? 1 : 0]);
      }
  });
  test('nor one that went by a charter entry that is not here, nor a wrong time on what is here', () => {
    const shows = (write: (a: Hand) => void, given: (a: Hand) => readonly LogObject[]) => {
      const { a, device } = scene();
      a.certify();
      write(a);
      take(device, a.certificates(), 'own');
      const { refused, shown } = newest(device, given(a));
      return [shown.length, ...refused.keys()];
    };
    const charter = (seq: number) =>
      shows(
        (a) => {
          a.write();
          a.next({ charter: { feed: a.feed, seq } });
        },
        (a) => a.piece(1, 2),
      );
    expect([charter(0), charter(1)]).toEqual([[1], [0]]);
    // Within the run.
    const within = (lamport: number) =>
      shows(
        (a) => {
          written(a, 2);
          a.next({ lamport });
        },
        (a) => a.piece(1, 3),
      );
    expect([2, 3, 4].map(within)).toEqual([[1], [2], [1]]);
    // On what counts already, while something it names is still to come.
    const above = (lamport: number) =>
      shows(
        (a) => {
          written(a, 2);
          a.next({ lamport, heads: [{ ...UNKNOWN, lamport: 7 }] });
        },
        (a) => a.piece(0, 3),
      );
    expect([3, 7, 8, 9].map(above)).toEqual([[2, 'lamport'], [2, 'lamport'], [3], [2, 'lamport']]);
  });
  test('nor what only the other person handed over, until an own device says it as well', () => {
    const { a, b, device } = scene();
    a.certify();
    written(a, 4);
    take(device, a.certificates(), 'own');
    take(device, a.piece(2, 3), b.feed);
    expect(newest(device, a.piece(3, 4)).shown).toEqual([]);
    expect(newest(device, a.piece(2, 3)).shown).toHaveLength(2);
  });
  test('above a gap in a segment nothing more is shown of it until the gap is filled', () => {
    const { a, device } = scene();
    a.certify();
    const events = written(a, 10);
    take(device, a.certificates(), 'own');
    expect(newest(device, a.piece(4, 6)).shown).toHaveLength(2);
    expect(newest(device, a.piece(8, 9)).shown).toEqual([]);
    expect(newest(device, a.piece(1, 2)).shown).toEqual([]);
    expect([0, 1, 3, 4, 5, 6, 8].map((seq) => seen(device, a, seq) !== undefined)).toEqual([
      false,
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(device.log.headsSeen()).toEqual([{ feed: a.feed, segment: a.segment, seq: 5, lamport: 6 }]);
    expect(newest(device, a.piece(6, 8)).shown.map(({ event }) => event)).toEqual(events.slice(6, 9));
    expect(device.log.headsSeen().map(({ seq }) => seq)).toEqual([8]);
    expect(newest(device, a.piece(2, 4)).shown.map(({ event }) => event)).toEqual(events.slice(1, 4));
    expect(newest(device, a.piece(9, 10)).shown.map(({ event }) => event)).toEqual([events[9]]);
    expect(runsOf(device)).toEqual([[1, 10]]);
    expect(newest(device, a.piece(0, 1)).settled).toHaveLength(9);
    expect(shownIn(device)).toEqual(events);
  });
});

describe('what stands above it', () => {
  /** Alice's three newest are ahead; what Bob writes upon them comes from himself. */
  const above = (heads: (a: Head) => readonly Head[], change: { seq?: number; lamport?: number } = {}) => {
    const { a, b, device, bob } = scene();
    a.certify();
    written(a, 6);
    take(device, a.certificates(), 'own');
    expect(newest(device, a.piece(3, 6)).shown).toHaveLength(3);
    b.certify();
    if (change.seq !== undefined) b.write();
    const named = heads(a.head());
    const lamport = 1 + Math.max(0, ...named.map((head) => head.lamport));
    b.next({ heads: named, lamport, ...change });
    take(device, b.certificates(), b.feed);
    return { a, b, bob, device, shown: take(device, b.piece(change.seq ?? 0, 9), b.feed).shown.length };
  };
  test('what names the newest as it is, and what is here, is shown', () => {
    expect(above((top) => [top]).shown).toBe(1);
    expect(above((top) => [{ ...top, lamport: 7 }]).shown).toBe(0);
    expect(above((top) => [{ ...top, seq: 6, lamport: 7 }]).shown).toBe(0);
    expect(above((top) => [{ ...top, seq: 2, lamport: 3 }]).shown).toBe(0);
    expect(above((top) => [top, UNKNOWN]).shown).toBe(0);
    expect(above((top) => [UNKNOWN, top]).shown).toBe(0);
    expect(above((top) => [{ ...UNKNOWN, lamport: top.lamport }]).shown).toBe(0);
  });
  test('what answers one below the newest waits, as does what does not follow what counts', () => {
    expect(above((top) => [{ ...top, seq: 4, lamport: 5 }]).shown).toBe(0);
    expect(above((top) => [top], { seq: 1 }).shown).toBe(0);
    const { a, b, device } = above((top) => [top], { seq: 1 });
    // The one before it comes: it follows now, also where it names something of another feed that counts.
    expect(take(device, b.piece(0, 1), b.feed).shown.length).toBeGreaterThan(0);
    b.next({ heads: [a.head()] });
    take(device, b.piece(2, 3), b.feed);
    expect(seen(device, b, 2)).toBeDefined();
  });
  test('a new segment is, where the end that it names is ahead or counts, and not beyond it', () => {
    const after = (count: number, ahead: readonly [number, number]) => {
      const { a, device } = scene();
      const before = a.certify();
      written(a, 6);
      const top = a.head();
      take(device, a.piece(0, 0), 'own');
      a.certify();
      a.write({ end: { segment: before, count }, heads: [top], lamport: top.lamport + 1 });
      take(device, a.certificates(), 'own');
      newest(device, a.piece(...ahead, before));
      return take(device, a.piece(0, 1), a.feed).shown.length;
    };
    expect(after(6, [3, 6])).toBe(1);
    expect(after(5, [3, 6])).toBe(1);
    expect(after(7, [3, 6])).toBe(0);
    // Bob's segment before counts here; what he opens the next one with names Alice's newest.
    const { a, b, device } = scene();
    a.certify();
    written(a, 4);
    const mine = b.certify();
    written(b, 2);
    take(device, [...a.certificates(), ...b.certificates(), ...b.piece(0, 2)], b.feed);
    newest(device, a.piece(2, 4));
    b.certify();
    b.write({ end: { segment: mine, count: 2 }, heads: [a.head()], lamport: 5 });
    take(device, b.certificates(), b.feed);
    expect(take(device, b.piece(0, 1), b.feed).shown).toHaveLength(1);
    // One that claims more of it than there is waits.
    const other = scene();
    other.a.certify();
    written(other.a, 4);
    const his = other.b.certify();
    written(other.b, 2);
    take(other.device, [...other.a.certificates(), ...other.b.certificates(), ...other.b.piece(0, 2)], other.b.feed);
    newest(other.device, other.a.piece(2, 4));
    other.b.certify();
    other.b.write({ end: { segment: his, count: 3 }, heads: [other.a.head()], lamport: 5 });
    take(other.device, other.b.certificates(), other.b.feed);
    expect(take(other.device, other.b.piece(0, 1), other.b.feed).shown).toEqual([]);
  });
});

describe('taken back', () => {
  test('a second event at one place takes the run of its segment back, as far as it does not count, and no other', () => {
    const { a, device } = scene();
    const first = a.certify();
    const events = written(a, 4);
    const at4 = { seq: 4, previous: events[3] as EventId };
    const four = a.write({ ...at4, lamport: 5, heads: [UNKNOWN] });
    const five = a.next();
    a.write({ seq: 5, previous: four, lamport: 6, contentKind: 17 });
    const fork = a.objects.slice(-2);
    a.certify();
    a.write({ end: { segment: first, count: 6 } });
    const other = a.next();
    take(device, a.certificates(), 'own');
    newest(device, a.piece(1, 2));
    expect(newest(device, a.piece(3, 6, first).slice(0, 6)).shown).toHaveLength(3);
    const [low] = device.log.page({ limit: 1, after: other });
    expect(low).toBeDefined();
    // What is below comes: the first of them counts, the next one waits for what it names.
    const then = take(device, a.piece(0, 3, first), 'own');
    expect(then.settled.map(({ event }) => event)).toEqual([events[3]]);
    // The other run is the first that is ahead in the order.
    expect(device.log.aheadFrom()?.event).toEqual(other);
    const { withdrawn } = take(device, fork, 'own');
    expect(withdrawn.map(({ event }) => event)).toEqual([four, five]);
    expect(shownIn(device)).toEqual(
      [events[0], events[1], other, events[2], events[3]].filter(Boolean).toSorted(byOrder(device)),
    );
    expect(device.log.aheadFrom()?.event).toEqual(other);
    expect(device.log.seenAt({ feed: a.feed, segment: first, seq: 4 })).toBeUndefined();
    // Again nothing is taken back.
    expect(take(device, fork, 'own').withdrawn).toEqual([]);
  });
  test('a Lamport time that turns out wrong takes the run back, once', () => {
    const { a, device } = scene();
    a.certify();
    const events = written(a, 2);
    a.write({ seq: 2, previous: events[1] as EventId, lamport: 9 });
    a.next();
    take(device, a.certificates(), 'own');
    expect(newest(device, a.piece(2, 4)).shown).toHaveLength(2);
    const { withdrawn, refused, shown } = take(device, a.piece(0, 2), 'own');
    expect([withdrawn.length, shown.length, refused.get('lamport')]).toEqual([2, 2, 1]);
    expect(shownIn(device)).toEqual(events);
    expect(device.log.aheadFrom()).toBeUndefined();
    expect(newest(device, a.piece(2, 4)).shown).toEqual([]);
  });
  test.each([
    [3, false],
    [4, true],
  ])('a removal that accepts %i ends a run from the fourth event on: it stays, %s', (count, stays) => {
    const { alice, bob } = households(crypto, 231);
    const [a1, a2] = alice;
    const hand = new Hand(crypto, a2, a1);
    const segment = hand.certify();
    written(hand, 6);
    const device = openReplica(crypto, 7);
    for (const who of [a1, bob[0]]) meet(device, who);
    give(a1, device);
    take(device, hand.certificates(), 'own');
    expect(newest(device, hand.piece(3, 6)).shown).toHaveLength(3);
    const cut = { feed: hand.feed, segment, count, charterCount: 0, charterHead: null };
    const { entry } = a1.store.transaction(() =>
      a1.log.appendEntry(
        (key, at) => createRemoval(crypto, key, at, { feed: hand.feed, member: null, cuts: [cut] }),
        START,
      ),
    );
    take(device, [{ type: 'entry', entry }], 'own');
    expect(device.log.aheadFrom() !== undefined).toBe(stays);
    expect(device.log.page({ limit: 9 }).map(({ marks }) => marks.includes('removed'))).toEqual([!stays, true, true]);
  });
});

describe('which go first', () => {
  const world = () => {
    const { a, device } = scene();
    a.certify();
    written(a, 10);
    take(device, a.objects, 'own');
    const range = (from: number, to: number) => ({ feed: a.feed, segment: a.segment, from, to });
    const first = (lacking: readonly ReturnType<typeof range>[], most: number) => {
      const { newest: go, rest } = device.log.newestFirst(lacking, most);
      return [go, rest].map((ranges) => ranges.map(({ from, to }) => [from, to]));
    };
    return { a, device, range, first };
  };
  test('of two ranges of a segment each is cut where the newest begin, and nothing beside them', () => {
    const { range, first } = world();
    const lacking = [range(6, 9), range(1, 4)];
    expect(first(lacking, 1)).toEqual([
      [],
      [
        [6, 9],
        [1, 4],
      ],
    ]);
    expect(first(lacking, 2)).toEqual([
      [[8, 9]],
      [
        [6, 8],
        [1, 4],
      ],
    ]);
    expect(first(lacking, 5)).toEqual([[[6, 9]], [[1, 4]]]);
    expect(first([range(1, 4), range(6, 9)], 3)).toEqual([
      [[7, 9]],
      [
        [1, 4],
        [6, 7],
      ],
    ]);
    expect(first([range(5, 8)], 3)).toEqual([[], [[5, 8]]]);
    expect(first([range(5, 8), range(1, 2)], 3)).toEqual([
      [[7, 8]],
      [
        [5, 7],
        [1, 2],
      ],
    ]);
  });
  test('who waits for what stands below the newest names none as the newest', () => {
    const { a, device, first, range } = world();
    a.next({ heads: [UNKNOWN] });
    expect(newest(device, a.piece(10, 11)).shown).toHaveLength(1);
    expect(first([range(0, 10)], 2)).toEqual([[], [[0, 10]]]);
  });
});

/** As the log has it. */
const byOrder = (who: Replica) => {
  const order = who.log.page({ limit: 2000 }).map(({ event }) => event.join());
  return (one: EventId | undefined, other: EventId | undefined): number =>
    order.indexOf((one ?? NO_HASH).join()) - order.indexOf((other ?? NO_HASH).join());
};
