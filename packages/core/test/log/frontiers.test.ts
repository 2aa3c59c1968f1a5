// What a frontier says and what is made of one, against the spec told again over plain lists (spec 04, "Frontiers").
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/bytes/index.ts';
import type { EventId, FeedId, SegmentId } from '../../src/identity/index.ts';
import type { Frontier, LogObject, PlaceRange } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { Hand } from './hand.ts';
import { feedOf, meet, openReplica, pair, take, texts, type Replica } from './people.ts';

const crypto = createNullCrypto();
const NOTHING = new Uint8Array(8);

interface Day {
  readonly segment: SegmentId;
  readonly events: readonly EventId[];
}
/** Alice wrote so many events on each day, one segment a day. */
const written = (lengths: readonly number[]) => {
  const [alice, bob] = pair(crypto, 301);
  const hand = new Hand(crypto, alice);
  const days: Day[] = [];
  for (const length of lengths) {
    const before = days.at(-1);
    const segment = hand.certify();
    const end = before === undefined ? null : { segment: before.segment, count: before.events.length };
    const events = Array.from({ length }, (_, i) => (i === 0 ? hand.write({ end }) : hand.next()));
    days.push({ segment, events });
  }
  return { alice, bob, hand, days };
};
type World = ReturnType<typeof written>;
/** For each day the events that are held. */
type Held = readonly (readonly boolean[])[];
const holding = ({ alice, bob, hand, days }: World, held: Held): Replica => {
  const replica = openReplica(crypto, 302);
  for (const who of [alice, bob]) meet(replica, who);
  take(replica, hand.certificates(), 'own');
  const objects = days.flatMap(({ segment, events }, day) =>
    events.flatMap((_, seq): readonly LogObject[] =>
      held[day]?.[seq] === true ? hand.piece(seq, seq + 1, segment) : [],
    ),
  );
  take(replica, objects, 'own');
  return replica;
};

/** How many events of each day count: from the first on without a hole, when the day before is here whole. */
const soundOf = ({ days }: World, held: Held): readonly number[] => {
  const sound: number[] = [];
  for (const [day, { events }] of days.entries()) {
    const before = days[day - 1];
    const first = events.findIndex((_, seq) => held[day]?.[seq] !== true);
    sound.push(before !== undefined && sound[day - 1] !== before.events.length ? 0 : first < 0 ? events.length : first);
  }
  return sound;
};
const runsOf = (held: readonly boolean[], from: number): readonly (readonly [number, number])[] => {
  const runs: [number, number][] = [];
  for (const [seq, isHeld] of held.entries()) {
    const last = runs.at(-1);
    if (!isHeld || seq < from) continue;
    if (last?.[1] === seq) last[1] = seq + 1;
    else runs.push([seq, seq + 1]);
  }
  return runs;
};
const positionOf = (sound: readonly number[]): number => {
  const after = sound.findIndex((count, day) => day > 0 && count === 0);
  return after < 0 ? sound.length - 1 : after - 1;
};
const expected = (world: World, held: Held) => {
  const { days } = world;
  const sound = soundOf(world, held);
  const position = positionOf(sound);
  const at = days[position] as Day;
  const count = sound[position] as number;
  let past: Uint8Array = NOTHING;
  for (const { segment, events } of days.slice(0, position))
    past = crypto.hash(8, concat(past, segment, events.at(-1) as EventId));
  const ranges = runsOf(held[position] ?? [], count).map(([from, to]) => ({ segment: at.segment, from, to }));
  let empty = 0;
  for (const [i, { segment }] of days.slice(position + 1).entries()) {
    if (ranges.length >= 4 || empty === 16) break;
    const runs = runsOf(held[position + 1 + i] ?? [], 0);
    if (runs.length === 0) empty++;
    ranges.push(...runs.map(([from, to]) => ({ segment, from, to })));
  }
  return {
    segment: at.segment,
    count,
    head: count === 0 ? null : (at.events[count - 1] as EventId),
    past,
    ranges: ranges.slice(0, 4),
    aside: [],
  };
};
const frontier = (who: Replica): Frontier => who.store.transaction(() => who.log.frontier());
const ofAlice = (world: World, { feeds }: Frontier) =>
  feeds.find(({ feed }) => feed.join() === (feedOf(world.alice) as FeedId).join());

/** What `mine` has to hand to whoever told the frontier of `theirs`. */
const lacked = (world: World, mine: Held, theirs: Held): readonly (readonly [number, number, number])[] => {
  const told = expected(world, theirs);
  const there = world.days.findIndex(({ segment }) => segment === told.segment);
  const sound = soundOf(world, mine);
  return sound.slice(0, positionOf(sound) + 1).flatMap((to, day) => {
    const from = day < there ? (world.days[day]?.events.length ?? 0) : day === there ? told.count : 0;
    if (from >= to) return [];
    const listed = told.ranges.filter(({ segment }) => segment === world.days[day]?.segment);
    const isMissing = Array.from(
      { length: to },
      (_, seq) => seq >= from && !listed.some((one) => seq >= one.from && seq < one.to),
    );
    const runs = runsOf(isMissing, 0);
    return (runs.length > 0 ? runs : [[to - 1, to] as const]).map(([begin, end]) => [day, begin, end] as const);
  });
};
const daysOf = ({ days, hand }: World, ranges: readonly PlaceRange[]) =>
  ranges.map(({ feed, segment, from, to }) => {
    expect(feed).toEqual(hand.feed);
    return [days.findIndex((day) => day.segment.join() === segment.join()), from, to];
  });

const some = (seed: number, world: World, most: number): Held => {
  const dice = seededRandomness(seed);
  const share = 20 + dice.int(most);
  return world.days.map(({ events }) => events.map(() => dice.int(100) < share));
};
const seeds = Array.from({ length: 16 }, (_, i) => i + 1);

describe('of days of which some events are here', () => {
  test.each(seeds)('a frontier says exactly which (%i)', (seed) => {
    const world = written([3, 1, 4, 2]);
    const held = some(seed, world, 80);
    const replica = holding(world, held);
    expect(ofAlice(world, frontier(replica))).toMatchObject(expected(world, held));
    // What is read again from the store says the same.
    const again = openReplica(crypto, 303, { store: replica.store });
    expect(frontier(again)).toEqual(frontier(replica));
  });
  test.each(seeds)(
    'what another replica lacks is exactly that, each asks for it, and with it both are equal (%i)',
    (seed) => {
      const world = written([2, 3, 1, 3]);
      const [mine, theirs] = [some(seed, world, 150), some(seed + 100, world, 80)];
      const [one, other] = [holding(world, mine), holding(world, theirs)];
      const told = frontier(other);
      const { theyLack, iLack } = one.store.transaction(() => one.log.compare(told));
      expect(daysOf(world, theyLack)).toEqual(lacked(world, mine, theirs));
      const sound = soundOf(world, mine);
      const end = expected(world, theirs);
      const there = world.days.findIndex(({ segment }) => segment === end.segment);
      const here = sound[there] as number;
      expect(daysOf(world, iLack)).toEqual(here < end.count ? [[there, here, end.count]] : []);
      for (const [day, { segment, events }] of world.days.entries())
        for (const seq of events.keys())
          expect([day, seq, one.log.covers(told, { feed: world.hand.feed, segment, seq })]).toEqual([
            day,
            seq,
            seq < (soundOf(world, theirs)[day] as number),
          ]);
      const { objects } = one.store.transaction(() => one.log.read(theyLack, 1e9));
      take(other, objects, 'own');
      const union = mine.map((day, i) =>
        day.map((isHeld, seq) => (isHeld && seq < (sound[i] as number)) || theirs[i]?.[seq] === true),
      );
      expect(texts(other)).toHaveLength(soundOf(world, union).reduce((sum, count) => sum + count, 0));
      expect(ofAlice(world, frontier(other))).toMatchObject(expected(world, union));
    },
  );
  test('of more pieces than a frontier has room for the first four are named', () => {
    const world = written([12, 2]);
    for (const pattern of ['.x.x.x.x.x.x', 'x.x.x.x.x...', 'xx.xx.xx....']) {
      const held = [Array.from(pattern, (one) => one === 'x'), [true, true]];
      expect(ofAlice(world, frontier(holding(world, held)))).toMatchObject(expected(world, held));
    }
  });
  test('those of a day after the position fill what room is left', () => {
    const world = written([8, 8]);
    for (const pattern of ['.x.x....', '.x.x.x..', '.x.x.x.x', 'x.x.....']) {
      const held = [Array.from(pattern, (one) => one === 'x'), Array.from('.x.x.x.x', (one) => one === 'x')];
      const told = ofAlice(world, frontier(holding(world, held)));
      expect(told).toMatchObject(expected(world, held));
      expect(told?.ranges).toHaveLength(4);
    }
  });
  test.each([15, 16, 17])('%i days without an event are looked over for what is held behind them', (empty) => {
    const world = written([2, ...Array.from({ length: empty }, () => 1), 2]);
    const held = world.days.map(({ events }, day) => events.map(() => day === 0 || day > empty));
    const told = ofAlice(world, frontier(holding(world, held)));
    expect(told).toMatchObject(expected(world, held));
    expect(told?.ranges).toHaveLength(empty < 16 ? 1 : 0);
  });
});

describe('the end of a day that only an event says which does not count yet', () => {
  /** Of a first day so many events are here, and the first event of the second, which names what nobody has. */
  const waiting = (events: number) => {
    const [alice, bob] = pair(crypto, 331);
    const hand = new Hand(crypto, alice);
    const first = hand.certify();
    const ids = [hand.next(), hand.next()];
    const second = hand.certify();
    const nowhere = {
      feed: feedOf(bob) as FeedId,
      segment: new Uint8Array(8).fill(5) as SegmentId,
      seq: 0,
      lamport: 1,
    };
    const head = hand.write({ end: { segment: first, count: 2 }, heads: [nowhere], lamport: 2 });
    const replica = openReplica(crypto, 332);
    for (const who of [alice, bob]) meet(replica, who);
    take(replica, [...hand.certificates(), ...hand.piece(0, events, first), ...hand.piece(0, 1)], 'own');
    expect(replica.log.page({ limit: 9 })).toHaveLength(events);
    const lacking = (past: Uint8Array): readonly PlaceRange[] => {
      const theirs = replica.store.transaction(() => replica.log.frontier());
      const told = (one: Frontier['feeds'][number]) => ({ ...one, segment: second, count: 1, head, past, ranges: [] });
      const feeds = theirs.feeds.map((one) => (concat(one.feed).join() === hand.feed.join() ? told(one) : one));
      return replica.store.transaction(() => replica.log.compare({ ...theirs, feeds })).theyLack;
    };
    const past = crypto.hash(8, concat(NOTHING, first, ids[1] as EventId));
    return { feed: hand.feed, first, lacking, past };
  };
  test('is held against what a frontier says of the past: whoever has another day before is handed it', () => {
    const { feed, first, lacking, past } = waiting(2);
    expect(lacking(past)).toEqual([]);
    expect(lacking(NOTHING)).toEqual([{ feed, segment: first, from: 0, to: 2 }]);
  });
  test('and is not while less of that day is here', () => {
    const { lacking, past } = waiting(1);
    for (const said of [past, NOTHING]) expect(lacking(said)).toEqual([]);
  });
});
