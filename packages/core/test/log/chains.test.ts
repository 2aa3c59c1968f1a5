// A device whose segments branch, are cut off, or stand beside each other: which events count, for whom, and what is said of them.
import { describe, expect, test } from 'vitest';
import { compareBytes, toHex } from '../../src/bytes/index.ts';
import { createRemoval, type EventId, type FeedId, type SegmentId } from '../../src/identity/index.ts';
import type { Frontier, Head, LogObject, Sender } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { households } from './devices.ts';
import { Hand } from './hand.ts';
import { give, meet, openReplica, pair, START, take, type Replica } from './people.ts';

const crypto = createNullCrypto();
const STEP = 2 ** 24;
const frontier = (who: Replica): Frontier => who.store.transaction(() => who.log.frontier());

/**
 * Alice's second device wrote two events on a first day; on a second one two, and then it went on twice: in its line with two more, in
 * a branch with three; and a third day follows the line.
 */
const scene = () => {
  const { alice, bob } = households(crypto, 601);
  const [a1, a2] = alice;
  const hand = new Hand(crypto, a2, a1);
  const first = hand.certify();
  const names = new Map<string, string>();
  const note = (event: EventId, name: string): EventId => {
    names.set(toHex(event), name);
    return event;
  };
  note(hand.next(), 'r0');
  note(hand.next(), 'r1');
  const second = hand.certify();
  note(hand.write({ end: { segment: first, count: 2 } }), 's0');
  const shared = note(hand.next(), 's1');
  const chain = (contentKind: number, length: number) => {
    const events = [hand.write({ seq: 2, previous: shared, lamport: 3, contentKind })];
    while (events.length < length) events.push(hand.next({ contentKind }));
    return events;
  };
  // The smaller id at the fork is the line.
  const [one, other] = [chain(20, 3), chain(21, 3)];
  const isOne = compareBytes(one[0] as EventId, other[0] as EventId) < 0;
  const [line, branch] = isOne ? [one, other] : [other, one];
  for (const [i, event] of line.entries()) note(event, `s${2 + i}`);
  for (const [i, event] of branch.entries()) note(event, `b${2 + i}`);
  const third = hand.certify();
  note(hand.write({ end: { segment: second, count: 5 } }), 't0');
  const fresh = (seed = 602): Replica => {
    const replica = openReplica(crypto, seed);
    for (const who of [a1, bob[0]]) meet(replica, who);
    give(a1, replica);
    return replica;
  };
  const shown = (who: Replica) =>
    who.log
      .page({ limit: 99 })
      .map(({ event, marks }) => `${names.get(toHex(event)) ?? '?'}${marks.includes('removed') ? '!' : ''}`)
      .toSorted()
      .join(' ');
  const placeOf = (who: Replica, event: EventId | undefined) => event && who.log.find(event)?.place;
  const full = fresh();
  take(full, hand.objects, 'own');
  const branchId = placeOf(full, branch[0])?.segment as SegmentId;
  const remove = (segment: SegmentId | null, count: number): LogObject => {
    const cut = { feed: hand.feed, segment, count, charterCount: 0, charterHead: null };
    const { entry } = a1.store.transaction(() =>
      a1.log.appendEntry(
        (key, at) => createRemoval(crypto, key, at, { feed: hand.feed, member: null, cuts: [cut] }),
        START,
      ),
    );
    return { type: 'entry', entry };
  };
  return {
    a1,
    alice2: a2,
    bob,
    hand,
    first,
    second,
    third,
    line,
    branch,
    branchId,
    fresh,
    full,
    shown,
    remove,
    placeOf,
  };
};
const ALL = 'b2 b3 b4 r0 r1 s0 s1 s2 s3 s4 t0';

describe('a branch', () => {
  test('stands beside its line, each event in its own chain, marked as by a copy', () => {
    const { full, shown, line, branch, branchId, second, hand, placeOf } = scene();
    expect(shown(full)).toBe(ALL);
    for (const [i, event] of line.entries())
      expect(placeOf(full, event)).toEqual({ feed: hand.feed, segment: second, seq: 2 + i });
    for (const [i, event] of branch.entries()) {
      expect(placeOf(full, event)).toEqual({ feed: hand.feed, segment: branchId, seq: 2 + i });
      expect(full.log.at({ feed: hand.feed, segment: branchId, seq: 2 + i })?.event).toEqual(event);
      expect(full.log.at({ feed: hand.feed, segment: second, seq: 2 + i })?.event).toEqual(line[i]);
      expect(full.log.find(event)?.marks).toEqual(['copy']);
    }
    for (const event of line) expect(full.log.find(event)?.marks).toEqual([]);
    for (const seq of [1, 5]) expect(full.log.at({ feed: hand.feed, segment: branchId, seq })).toBeUndefined();
    expect(full.log.at({ feed: hand.feed, segment: second, seq: 5 })).toBeUndefined();
    expect(full.log.verify()).toEqual([]);
  });
  test('each chain keeps its highest seal, and none below it', () => {
    const { full, second, line, branch } = scene();
    const kept = full.store
      .scan('seal')
      .filter(({ key }) => toHex(key.subarray(24, 32)) === toHex(second))
      .map(({ value }) => toHex(value.subarray(1, 33)));
    expect(kept.toSorted()).toEqual([line[2], branch[2]].map((event) => toHex(event as EventId)).toSorted());
  });
  test('is told by its own end, and whoever has one chain is handed the other', () => {
    const { full, fresh, hand, branchId, branch, line, shown } = scene();
    const own = (who: Replica) => frontier(who).feeds.find(({ feed }) => toHex(feed) === toHex(hand.feed));
    const [aside] = own(full)?.aside ?? [];
    expect(aside).toEqual({ segment: branchId, count: 5, head: branch[2], past: aside?.past });
    expect(aside?.past.some((byte) => byte !== 0)).toBe(true);
    for (const chain of [line, branch]) {
      const who = fresh(603);
      const names = new Set(chain.map(toHex));
      const others = [...line, ...branch].filter((event) => !names.has(toHex(event))).map(toHex);
      const isOther = (object: LogObject): boolean =>
        (object.type === 'event' && others.includes(toHex(crypto.hash(32, object.header)))) ||
        (object.type === 'seal' && others.includes(toHex(object.head)));
      take(
        who,
        hand.objects.filter((object) => !isOther(object)),
        'own',
      );
      expect(shown(who).split(' ')).toHaveLength(8);
      expect(own(who)?.aside).toEqual([]);
      const theirs = frontier(who);
      const { theyLack } = full.store.transaction(() => full.log.compare(theirs));
      take(who, full.store.transaction(() => full.log.read(theyLack, 1e9)).objects, 'own');
      expect(shown(who)).toBe(ALL);
      expect(frontier(who)).toEqual(frontier(full));
      for (const [one, other] of [
        [who, full],
        [full, who],
      ] as const)
        expect(one.store.transaction(() => one.log.compare(frontier(other)))).toEqual({ theyLack: [], iLack: [] });
    }
  });
  test('a frontier that says less of it covers less, and is handed the rest', () => {
    const { full, hand, branchId, second, branch } = scene();
    const whole = frontier(full);
    const saying = (count: number, head: EventId): Frontier => ({
      ...whole,
      feeds: whole.feeds.map((one) =>
        toHex(one.feed) === toHex(hand.feed)
          ? { ...one, aside: one.aside.map((aside) => ({ ...aside, count, head })) }
          : one,
      ),
    });
    const lacked = (theirs: Frontier) =>
      full.store
        .transaction(() => full.log.compare(theirs))
        .theyLack.map(({ segment, from, to }) => [toHex(segment), from, to]);
    const covered = (theirs: Frontier) =>
      [2, 3, 4].map((seq) => full.log.covers(theirs, { feed: hand.feed, segment: branchId, seq }));
    const name = toHex(branchId);
    const [b2, b3, b4] = branch as [EventId, EventId, EventId];
    expect([lacked(saying(5, b4)), covered(saying(5, b4))]).toEqual([[], [true, true, true]]);
    expect([lacked(saying(4, b3)), covered(saying(4, b3))]).toEqual([[[name, 4, 5]], [true, true, false]]);
    expect([lacked(saying(3, b2)), covered(saying(3, b2))]).toEqual([[[name, 3, 5]], [true, false, false]]);
    // Another event there: the branch branched in turn.
    expect(lacked(saying(4, b4))).toEqual([[name, 2, 5]]);
    // More than is here is asked for.
    const { iLack } = full.store.transaction(() => full.log.compare(saying(7, b4)));
    expect(iLack).toEqual([{ feed: hand.feed, segment: branchId, from: 5, to: 7 }]);
    expect(full.log.covers(whole, { feed: hand.feed, segment: second, seq: 4 })).toBe(true);
    expect(full.log.covers(whole, { feed: hand.feed, segment: second, seq: 5 })).toBe(false);
  });
});

describe('refused in a branch', () => {
  test('a seal with a wrong signature, and an event with another time than it has to have', () => {
    const { hand, branch, full, branchId, shown } = scene();
    const seal = hand.objects.find(
      (object) => object.type === 'seal' && toHex(object.head) === toHex(branch[1] ?? branchId),
    );
    if (seal?.type !== 'seal') throw new Error('no seal');
    const wrong = take(full, [{ ...seal, signature: new Uint8Array(64).fill(1) }], 'own');
    expect([...wrong.refused]).toEqual([['signature', 1]]);
    const [, , last] = branch;
    const other = new Hand(crypto, scene().alice2, scene().a1);
    other.certify();
    other.certify();
    other.write({ seq: 5, previous: last as EventId, lamport: 9 });
    expect([...take(full, other.objects.slice(-2), 'own').refused]).toEqual([['lamport', 1]]);
    expect(shown(full)).toBe(ALL);
  });
});

describe('a removal', () => {
  test.each<[string, (s: ReturnType<typeof scene>) => readonly [SegmentId | null, number], string]>([
    ['nothing', () => [null, 0], ''],
    ['a part of the first day', (s) => [s.first, 1], 'r0'],
    ['the first day', (s) => [s.first, 2], 'r0 r1'],
    ['a part that both chains share', (s) => [s.second, 1], 'r0 r1 s0'],
    ['what both chains share', (s) => [s.second, 2], 'r0 r1 s0 s1'],
    ['a part of the line', (s) => [s.second, 4], 'r0 r1 s0 s1 s2 s3'],
    ['the line', (s) => [s.second, 5], 'r0 r1 s0 s1 s2 s3 s4'],
    ['a part of the branch', (s) => [s.branchId, 4], 'b2 b3 r0 r1 s0 s1'],
    ['the branch', (s) => [s.branchId, 5], 'b2 b3 b4 r0 r1 s0 s1'],
    ['all of the line and the day after', (s) => [s.third, 1], 'r0 r1 s0 s1 s2 s3 s4 t0'],
    ['a day that is not here', () => [new Uint8Array(8).fill(3) as SegmentId, 9], ''],
  ])('that accepts %s: the rest is marked where it is, and is shown nowhere else', (_, cut, accepted) => {
    const s = scene();
    const [late, after] = [s.fresh(604), s.fresh(605)];
    const entry = s.remove(...cut(s));
    take(late, [entry], 'own');
    take(late, s.hand.objects, 'own');
    for (const packet of [s.hand.objects.toReversed(), [entry]]) take(after, packet, 'own');
    take(s.full, [entry], 'own');
    const kept = accepted === '' ? [] : accepted.split(' ');
    expect(s.shown(s.full)).toBe(
      ALL.split(' ')
        .map((name) => (kept.includes(name) ? name : `${name}!`))
        .toSorted()
        .join(' '),
    );
    expect(s.shown(after)).toBe(s.shown(s.full));
    expect(s.shown(late).replaceAll(/\?\S* ?/g, '')).toBe(accepted);
    // Who had it before says no more of it than who had not.
    for (const who of [late, after]) expect(frontier(who).feeds).toEqual(frontier(s.full).feeds);
    for (const [one, other] of [
      [late, s.full],
      [s.full, late],
    ] as const)
      expect(one.store.transaction(() => one.log.compare(frontier(other)))).toEqual({ theyLack: [], iLack: [] });
    expect(s.full.log.verify()).toEqual([]);
  });
  test('a frontier names a branch as far as it is accepted', () => {
    const s = scene();
    take(s.full, [s.remove(s.branchId, 4)], 'own');
    const own = frontier(s.full).feeds.find(({ feed }) => toHex(feed) === toHex(s.hand.feed));
    expect(own?.aside.map(({ segment, count, head }) => [segment, count, head])).toEqual([
      [s.branchId, 4, s.branch[1]],
    ]);
  });
  test('a cut that names what comes later counts when it comes', () => {
    const s = scene();
    const late = s.fresh(606);
    const entry = s.remove(s.third, 1);
    const until = s.hand.objects.findIndex(
      (object) => object.type === 'seal' && toHex(object.segment) === toHex(s.third),
    );
    const thirdCertificate = s.hand.certificates().at(-1);
    const before = s.hand.objects.slice(0, until - 1).filter((object) => object !== thirdCertificate);
    take(late, [entry, ...before], 'own');
    expect(s.shown(late)).toBe('');
    take(late, s.hand.objects, 'own');
    expect(s.shown(late)).toBe('r0 r1 s0 s1 s2 s3 s4 t0');
  });

  /** Bob names what lies at this place of the removed device. */
  const naming = (
    head: (s: ReturnType<typeof scene>) => Partial<Head>,
    cut: (s: ReturnType<typeof scene>) => readonly [SegmentId, number],
    day = 0,
  ) => {
    const s = scene();
    const b = new Hand(crypto, s.bob[0]);
    for (let i = 0; i <= day; i++) {
      const before = i === 0 ? null : b.head();
      b.certify();
      const isLast = i === day;
      const named: Head = { feed: s.hand.feed, segment: s.first, seq: 0, lamport: 1, ...head(s) };
      b.write({
        end: before === null ? null : { segment: before.segment, count: 1 },
        heads: isLast ? [named] : [],
        lamport: isLast ? named.lamport + 1 : 1,
      });
    }
    const [one, other] = [s.fresh(607), s.fresh(608)];
    const entry = s.remove(...cut(s));
    const results = (
      [
        [one, [[entry], b.objects]],
        [other, [b.objects, [entry]]],
      ] as const
    ).map(([who, packets]) => {
      take(who, s.hand.certificates(), 'own');
      for (const packet of packets) take(who, packet, 'own');
      return who.log.page({ limit: 9 }).length > day;
    });
    expect(results[0]).toBe(results[1]);
    return results[0];
  };
  test('what answered who was taken out is heard, whenever the removal comes: nothing tells that what lies within the cut still comes', () => {
    const upTo = (seq: number) =>
      naming(
        () => ({ seq }),
        (s) => [s.first, 1],
      );
    expect([upTo(0), upTo(1), upTo(7)]).toEqual([true, true, true]);
    for (const day of ['second', 'third'] as const)
      expect(
        naming(
          (s) => ({ segment: s[day] }),
          (s) => [s.first, 1],
        ),
      ).toBe(true);
    expect(
      naming(
        (s) => ({ segment: s.second }),
        (s) => [s.third, 1],
      ),
    ).toBe(true);
    expect(
      naming(
        () => ({ feed: new Uint8Array(8).fill(9) as FeedId }),
        (s) => [s.first, 0],
      ),
    ).toBe(false);
  });
  test('with a time that a device can have reached by its own segments', () => {
    const at = (lamport: number, day = 0) =>
      naming(
        () => ({ seq: 3, lamport }),
        (s) => [s.first, 1],
        day,
      );
    expect([at(STEP - 1), at(STEP)]).toEqual([true, false]);
    expect([at(2 * STEP - 1, 1), at(2 * STEP, 1)]).toEqual([true, false]);
  });
});

describe('segments beside each other', () => {
  /** Two second days after the same first one; `low` has the smaller id. */
  const besides = () => {
    const [alice, bob] = pair(crypto, 611);
    const hands = [50, 51].map((seed) => {
      const hand = new Hand(crypto, alice);
      const first = hand.certify();
      hand.next();
      const segment = hand.certify({ seed });
      return { hand, first, segment };
    });
    const [low, high] = hands.toSorted((x, y) => compareBytes(x.segment, y.segment)) as [
      (typeof hands)[0],
      (typeof hands)[0],
    ];
    for (const { hand, first } of [low, high]) {
      hand.write({ end: { segment: first, count: 1 } });
      hand.next();
      const before = hand.segment;
      hand.certify({ seed: hand === low.hand ? 60 : 61 });
      hand.write({ end: { segment: before, count: 2 } });
    }
    const watcher = openReplica(crypto, 612);
    for (const who of [alice, bob]) meet(watcher, who);
    take(watcher, [...low.hand.certificates(), ...high.hand.certificates(), ...low.hand.piece(0, 1, low.first)], 'own');
    const copied = () =>
      watcher.log
        .page({ limit: 99 })
        .filter(({ marks }) => marks.includes('copy'))
        .map(({ place }) => place.segment.join());
    const thirdOf = ({ hand }: typeof low): SegmentId => hand.segment;
    const gives = (side: typeof low, from: Sender = 'own') =>
      take(watcher, [...side.hand.piece(0, 2, side.segment), ...side.hand.piece(0, 1, thirdOf(side))], from);
    return { low, high, watcher, copied, gives, thirdOf };
  };
  test('the smaller one that says something is the line; the other, and what follows it, is by a copy', () => {
    const { low, high, watcher, copied, gives, thirdOf } = besides();
    expect(copied()).toEqual([]);
    gives(high);
    // The smaller one is certified and says nothing yet.
    expect(watcher.log.page({ limit: 9 })).toHaveLength(4);
    expect(copied()).toEqual([]);
    gives(low);
    expect(watcher.log.page({ limit: 9 })).toHaveLength(7);
    expect(copied().toSorted()).toEqual(
      [high.segment, high.segment, thirdOf(high)].map((one) => one.join()).toSorted(),
    );
  });
  test('a frontier names the line, and the other by its end', () => {
    const { low, high, watcher, gives, thirdOf } = besides();
    const own = () => frontier(watcher).feeds.find(({ feed }) => toHex(feed) === toHex(low.hand.feed));
    gives(high);
    gives(low);
    expect([own()?.segment, own()?.count]).toEqual([thirdOf(low), 1]);
    expect(own()?.aside.map(({ segment, count }) => [segment, count])).toEqual([[thirdOf(high), 1]]);
    const pasts = [own()?.past, own()?.aside[0]?.past].map((past) => past && toHex(past));
    expect(pasts[0]).not.toBe(pasts[1]);
    expect(frontier(openReplica(crypto, 613, { store: watcher.store }))).toEqual(frontier(watcher));
    // Both are covered, whole.
    for (const side of [low, high])
      for (const [segment, count] of [
        [side.segment, 2],
        [thirdOf(side), 1],
      ] as const)
        for (const seq of [0, 1, 2])
          expect(watcher.log.covers(frontier(watcher), { feed: side.hand.feed, segment, seq })).toBe(seq < count);
  });
  test('whoever is at the end of one covers that one and what both go on from, whichever was asked for before', () => {
    const { low, high, watcher, gives, thirdOf } = besides();
    gives(high);
    gives(low);
    const whole = frontier(watcher);
    const { feed } = low.hand;
    /** Only at the end of this side. */
    const at = (side: typeof low): Frontier => ({
      ...whole,
      feeds: whole.feeds.map((one) => {
        if (toHex(one.feed) !== toHex(feed)) return one;
        const ends = [{ segment: one.segment, count: one.count, head: one.head, past: one.past }, ...one.aside];
        const end = ends.find(({ segment }) => segment !== null && toHex(segment) === toHex(thirdOf(side)));
        return { ...one, ...end, aside: [] };
      }),
    });
    const covered = (side: typeof low) =>
      [low.first, low.segment, high.segment, thirdOf(low), thirdOf(high)].map((segment) =>
        watcher.log.covers(at(side), { feed, segment, seq: 0 }),
      );
    for (const again of [1, 2]) {
      expect([again, ...covered(low)]).toEqual([again, true, true, false, true, false]);
      expect([again, ...covered(high)]).toEqual([again, true, false, true, false, true]);
    }
  });
  test('65 of them are taken: a feed has a word for 64', () => {
    const [alice, bob] = pair(crypto, 616);
    const hand = new Hand(crypto, alice);
    for (let i = 0; i < 65; i++) {
      hand.certify({ previous: null, number: 0, seed: 100 + i });
      hand.next();
    }
    expect([...take(bob, hand.objects, hand.feed).refused]).toEqual([]);
    expect(bob.log.page({ limit: 99 })).toHaveLength(65);
    expect(openReplica(crypto, 617, { store: bob.store }).log.page({ limit: 99 })).toHaveLength(65);
  });
  test('of first segments as well', () => {
    const [alice, bob] = pair(crypto, 614);
    const watcher = openReplica(crypto, 615);
    for (const who of [alice, bob]) meet(watcher, who);
    const segments = [70, 71].map((seed) => {
      const hand = new Hand(crypto, alice);
      const segment = hand.certify({ seed });
      hand.next();
      take(watcher, hand.objects, 'own');
      return segment;
    });
    const marked = watcher.log.page({ limit: 9 }).filter(({ marks }) => marks.includes('copy'));
    expect(marked.map(({ place }) => place.segment)).toEqual(segments.toSorted(compareBytes).slice(1));
  });
});

describe('a day that is longer than the next one says', () => {
  const world = () => {
    const [alice, bob] = pair(crypto, 621);
    const hand = new Hand(crypto, alice);
    const first = hand.certify();
    const events = Array.from({ length: 5 }, () => hand.next());
    hand.certify();
    hand.write({ end: { segment: first, count: 3 } });
    const fresh = (seed: number): Replica => {
      const replica = openReplica(crypto, seed);
      for (const who of [alice, bob]) meet(replica, who);
      take(replica, hand.certificates(), 'own');
      return replica;
    };
    return { hand, first, events, fresh };
  };
  test('has a word of its own in a frontier, and is handed on whole', () => {
    const { hand, first, events, fresh } = world();
    const [whole, short] = [fresh(622), fresh(623)];
    take(whole, hand.objects, 'own');
    take(short, [...hand.piece(0, 3, first), ...hand.piece(0, 1)], 'own');
    expect([whole, short].map((who) => who.log.page({ limit: 9 }).length)).toEqual([6, 4]);
    const aside = (who: Replica) =>
      frontier(who)
        .feeds.find(({ feed }) => toHex(feed) === toHex(hand.feed))
        ?.aside.map(({ segment, count, head }) => [segment, count, head]);
    expect(aside(whole)).toEqual([[first, 5, events[4]]]);
    expect(aside(short)).toEqual([]);
    const theirs = frontier(short);
    const { theyLack } = whole.store.transaction(() => whole.log.compare(theirs));
    expect(theyLack).toEqual([{ feed: hand.feed, segment: first, from: 3, to: 5 }]);
    for (const seq of [2, 3, 4, 5])
      expect([seq, whole.log.covers(frontier(whole), { feed: hand.feed, segment: first, seq })]).toEqual([
        seq,
        seq < 5,
      ]);
    for (const seq of [2, 3]) expect(whole.log.covers(theirs, { feed: hand.feed, segment: first, seq })).toBe(seq < 3);
    take(short, whole.store.transaction(() => whole.log.read(theyLack, 1e9)).objects, 'own');
    expect(frontier(short)).toEqual(frontier(whole));
    // In the other order: what goes beyond its end comes first.
    const other = fresh(624);
    take(other, hand.piece(0, 5, first), 'own');
    take(other, hand.piece(0, 1), 'own');
    expect(frontier(other)).toEqual(frontier(whole));
  });
  test('of two days that follow it the one that says more of it counts, whichever comes first', () => {
    const { hand, first, fresh } = world();
    const counts = [2, 4, 5].map((count) => {
      hand.certify({ previous: first, number: 1, seed: 80 + count });
      hand.write({ end: { segment: first, count } });
      return hand.objects.slice(-3);
    });
    const frontiers = [counts, counts.toReversed()].map((order, i) => {
      const who = fresh(630 + i);
      take(who, hand.piece(0, 5, first), 'own');
      for (const packet of order) take(who, packet, 'own');
      return frontier(who);
    });
    expect(frontiers[0]).toEqual(frontiers[1]);
    expect(frontiers[0]?.feeds.flatMap(({ aside }) => aside.map(({ segment }) => toHex(segment)))).not.toContain(
      toHex(first),
    );
  });
});
