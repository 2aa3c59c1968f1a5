// Days whose private half is public: who vouches, what can be forged, what stays when their contents go. And seals that wait.
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/codec/index.ts';
import type { EventId, SegmentId } from '../../src/identity/index.ts';
import { PUBLISH_KIND, publishCodec, type ConversationKind, type LogObject, type Sender } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { Hand } from './hand.ts';
import { meet, openReplica, pair, take, texts, type Replica } from './people.ts';

const crypto = createNullCrypto();
/** Of the segment with the number 0, as a hand makes it. */
const SEED = new Uint8Array(32).fill(40);

/** Alice wrote three texts on her first day and published it on the second. */
const scene = (kind: ConversationKind = 'pair') => {
  const [alice, bob] = pair(crypto, 501);
  const [a, b] = [new Hand(crypto, alice), new Hand(crypto, bob)];
  const first = a.certify();
  const events = ['one', 'two', 'three'].map((text) => a.next({}, text));
  const publish = (segment: SegmentId, seed = SEED) =>
    encode(publishCodec, { feed: a.feed, segment, seed, extensions: [] });
  const second = a.certify();
  a.write({ end: { segment: first, count: 3 } });
  a.next({ contentKind: PUBLISH_KIND }, publish(first));
  const fresh = (): Replica => {
    const replica = openReplica(crypto, 502, { kind });
    for (const who of [alice, bob]) meet(replica, who);
    take(replica, a.certificates(), 'own');
    return replica;
  };
  const third = fresh();
  const gives = (from: Sender, objects: readonly LogObject[]) => take(third, objects, from);
  const day = a.piece(0, 3, first);
  const next = a.piece(0, 2, second);
  const marks = (): string =>
    third.log
      .page({ limit: 99 })
      .filter(({ place }) => place.segment.join() === first.join())
      .map((shown) => shown.marks.join('+') || '-')
      .join(' ');
  return { alice, bob, a, b, first, second, events, publish, fresh, third, gives, day, next, marks };
};
/** Another event of the public day, by whoever has the seed. */
const forged = ({ alice, first, events }: ReturnType<typeof scene>, seq: number) => {
  const hand = new Hand(crypto, alice);
  expect(hand.certify()).toEqual(first);
  const before = events[seq - 1];
  const event = hand.write(before === undefined ? {} : { seq, previous: before, lamport: seq + 1 }, 'forged');
  return { event, objects: hand.piece(0, 9) };
};

describe('who vouches for a public day', () => {
  test.each<[string, (s: ReturnType<typeof scene>) => readonly [Sender, Sender], string]>([
    ['its author brought all of it', ({ a }) => [a.feed, a.feed], '- - -'],
    ['the other person brought it before its author published it', ({ a, b }) => [b.feed, a.feed], '- - -'],
    ['the other person brought all of it', ({ b }) => [b.feed, b.feed], 'counterpart counterpart counterpart'],
    ['the other person brought only that it is public', ({ a, b }) => [a.feed, b.feed], '- - -'],
    ['an own device brought all of it', () => ['own', 'own'], '- - -'],
  ])('%s', (_, from, expected) => {
    const world = scene();
    const [one, two] = from(world);
    world.gives(one, world.day);
    expect(world.marks()).toBe('- - -');
    const { published } = world.gives(two, world.next);
    expect(published).toEqual([{ feed: world.a.feed, segment: world.first }]);
    expect(world.third.log.isPublished(world.a.feed, world.first)).toBe(true);
    expect(world.marks()).toBe(expected);
    // Once more, from its author: from now on it is beyond doubt.
    world.gives(world.a.feed, world.day);
    expect(world.marks()).toBe('- - -');
  });
  test('each event by itself, and in a group what only others brought is not shown at all', () => {
    const world = scene();
    world.gives(world.b.feed, [...world.day, ...world.next]);
    world.gives('own', world.a.piece(1, 2, world.first));
    expect(world.marks()).toBe('counterpart - counterpart');
    const group = scene('group');
    group.gives(group.b.feed, [...group.day, ...group.next]);
    expect(group.marks()).toBe('');
    group.gives(group.a.feed, group.a.piece(0, 1, group.first));
    expect(group.marks()).toBe('-');
  });
  test('a seed of another segment, garbage, or a second word of it publishes nothing', () => {
    const world = scene();
    world.gives('own', [...world.day, ...world.next]);
    const { b, a } = world;
    b.certify();
    for (const content of [
      world.publish(world.second, SEED),
      world.publish(world.first),
      world.publish(new Uint8Array(8).fill(7) as SegmentId),
      new Uint8Array(3),
    ])
      b.next({ contentKind: PUBLISH_KIND }, content);
    b.next({}, world.publish(world.second, new Uint8Array(32).fill(41)));
    expect(world.gives('own', b.objects).published).toEqual([]);
    expect(world.third.log.isPublished(a.feed, world.second)).toBe(false);
    b.next({ contentKind: PUBLISH_KIND }, world.publish(world.second, new Uint8Array(32).fill(41)));
    expect(world.gives('own', b.objects).published).toEqual([{ feed: a.feed, segment: world.second }]);
  });
});

describe('what anybody can write once it is public', () => {
  test.each([
    [3, 'beyond its end'],
    [1, 'beside one of its events'],
    [0, 'beside its first'],
  ])(
    'at %i, %s: not shown from the other person; from an own device it is, as by a copy when it stands beside',
    (seq) => {
      const world = scene();
      world.gives('own', [...world.day, ...world.next]);
      const { event, objects } = forged(world, seq);
      const before = texts(world.third);
      expect(world.gives(world.b.feed, objects).shown).toEqual([]);
      expect(texts(world.third)).toEqual(before);
      expect(world.third.log.find(event)).toBeUndefined();
      const { shown } = world.gives('own', objects);
      expect(shown.map((one) => one.event)).toEqual([event]);
      expect(texts(world.third)).toHaveLength(before.length + 1);
      expect(world.third.log.find(event)?.contentState).toBe('held');
      const copied = world.third.log.page({ limit: 99 }).filter(({ marks }) => marks.includes('copy'));
      expect(copied.length > 0).toBe(seq < 3);
    },
  );
  test('beyond an end that is not known yet: shown, marked, until its author says where the day ended', () => {
    const world = scene();
    const { b, third, first } = world;
    world.gives('own', world.day);
    b.certify();
    b.next({ contentKind: PUBLISH_KIND }, world.publish(first));
    expect(world.gives('own', b.objects).published).toHaveLength(1);
    const { event, objects } = forged(world, 3);
    world.gives(b.feed, objects);
    expect(third.log.find(event)?.marks).toEqual(['counterpart']);
    world.gives('own', world.next);
    expect(third.log.find(event)).toBeUndefined();
    expect(texts(third)).not.toContain('forged');
  });
  test('where nothing is sure both stand, marked', () => {
    const world = scene();
    world.gives(world.b.feed, [...world.day, ...world.next]);
    const { objects } = forged(world, 1);
    expect(world.gives(world.b.feed, objects).shown).toHaveLength(1);
    expect(
      world
        .marks()
        .split(' ')
        .every((one) => one.includes('counterpart')),
    ).toBe(true);
    // Its author's word of the real ones takes the other one away.
    world.gives(world.a.feed, world.day);
    expect(texts(world.third)).not.toContain('forged');
    for (const text of ['one', 'two', 'three']) expect(texts(world.third)).toContain(text);
  });
});

describe('what stays when its contents go', () => {
  const purge = (who: Replica, event: EventId, why?: 'expired') =>
    who.store.transaction(() => who.log.purge(event, why));
  const states = ({ third, events }: ReturnType<typeof scene>) =>
    events.map((event) => third.log.find(event)?.contentState ?? 'gone').join(' ');
  test('nothing of its events, once the last content is gone', () => {
    const world = scene();
    const { third, events, first, a } = world;
    world.gives('own', [...world.day, ...world.next]);
    const whole = third.store.transaction(() => third.log.frontier());
    const [one, two, three] = events as [EventId, EventId, EventId];
    purge(third, one);
    purge(third, one);
    expect(states(world)).toBe('purged held held');
    purge(third, two, 'expired');
    expect(states(world)).toBe('purged expired held');
    purge(third, two);
    expect(states(world)).toBe('purged expired held');
    purge(third, three);
    expect(states(world)).toBe('gone gone gone');
    expect(third.log.page({ limit: 99 })).toHaveLength(2);
    expect(third.store.scan('header')).toHaveLength(2);
    expect(third.log.at({ feed: a.feed, segment: first, seq: 0 })).toBeUndefined();
    expect(third.log.verify().filter(({ damage }) => damage !== 'unsealed')).toEqual([]);
    // It says that it has all of it, and nobody brings it back.
    const told = third.store.transaction(() => third.log.frontier());
    expect(told.feeds.map(({ count, segment, past }) => [count, segment, past])).toEqual(
      whole.feeds.map(({ count, segment, past }) => [count, segment, past]),
    );
    expect(world.gives('own', world.day).shown).toEqual([]);
    expect(states(world)).toBe('gone gone gone');
    expect(third.store.scan('header')).toHaveLength(2);
    purge(third, one);
  });
  test('all of them, until it is public', () => {
    const world = scene();
    world.gives('own', world.day);
    for (const event of world.events) purge(world.third, event);
    expect(states(world)).toBe('purged purged purged');
    world.gives('own', world.next);
    expect(states(world)).toBe('gone gone gone');
    expect(world.third.log.page({ limit: 9 })).toHaveLength(2);
  });
  test('all of them, while a content has never come, or its end is not known', () => {
    const world = scene();
    const bare = world.day.map((object): LogObject =>
      object.type === 'event' ? { ...object, content: null } : object,
    );
    world.gives('own', [...bare, ...world.next]);
    expect(states(world)).toBe('missing missing missing');
    for (const event of world.events.slice(0, 2)) purge(world.third, event);
    expect(states(world)).toBe('purged purged missing');
    // It comes, and goes: with it the rest. What was purged is not completed.
    expect(world.gives('own', world.day).completed.map(({ event }) => event)).toEqual(world.events.slice(2));
    purge(world.third, world.events[2] as EventId);
    expect(states(world)).toBe('gone gone gone');
    const running = scene();
    running.b.certify();
    running.b.next({ contentKind: PUBLISH_KIND }, running.publish(running.first));
    expect(running.gives('own', [...running.day, ...running.b.objects]).published).toHaveLength(1);
    for (const event of running.events) purge(running.third, event);
    expect(states(running)).toBe('purged purged purged');
  });
  test('events without a content hold nothing back', () => {
    const [alice, bob] = pair(crypto, 511);
    const hand = new Hand(crypto, alice);
    const first = hand.certify();
    const events = [hand.next({}, 'one'), hand.next({ contentKind: 20 }), hand.next({}, 'three')];
    hand.certify();
    hand.write({ end: { segment: first, count: 3 } });
    hand.next(
      { contentKind: PUBLISH_KIND },
      encode(publishCodec, { feed: hand.feed, segment: first, seed: SEED, extensions: [] }),
    );
    take(bob, hand.objects, hand.feed);
    expect(bob.log.find(events[1] as EventId)?.contentState).toBe('none');
    for (const event of [events[0], events[2]]) purge(bob, event as EventId);
    expect(events.map((event) => bob.log.find(event))).toEqual([undefined, undefined, undefined]);
  });

  /** What is handed on of Alice's first day when it is gone. */
  const stubbed = () => {
    const world = scene();
    const seal = world.day.at(-1);
    if (seal?.type !== 'seal') throw new Error('no seal');
    const { feed, segment, head, signature } = seal;
    const stub: Extract<LogObject, { type: 'stub' }> = {
      type: 'stub',
      format: 1,
      kind: 1,
      feed,
      segment,
      count: 3,
      head,
      lamport: 3,
      seed: SEED,
      signature,
    };
    return { ...world, stub };
  };
  test('a stub stands for them: the next day counts, and a frontier says the same as with them', () => {
    const { third, gives, stub, next, a, day, fresh, events } = stubbed();
    const whole = fresh();
    take(whole, [...day, ...next], 'own');
    expect(gives('own', next).shown).toEqual([]);
    const { refused, shown } = gives('own', [stub]);
    expect([[...refused], shown.length]).toEqual([[], 2]);
    expect(third.log.isPublished(a.feed, stub.segment)).toBe(true);
    const frontiers = [third, whole].map((who) => who.store.transaction(() => who.log.frontier()));
    expect(frontiers[0]).toEqual(frontiers[1]);
    for (const seq of [0, 2, 3])
      expect(
        whole.log.covers(frontiers[0] as (typeof frontiers)[0], {
          ...a.head(),
          segment: stub.segment,
          seq,
        }),
      ).toBe(seq < 3);
    expect(whole.store.transaction(() => whole.log.compare(frontiers[0] as (typeof frontiers)[0]))).toEqual({
      theyLack: [],
      iLack: [],
    });
    // Who never had them may have them still.
    expect(gives('own', day).shown.map(({ event }) => event)).toEqual(events);
  });
  test.each([
    [0, 1, true],
    [2, 3, true],
    [2, 2, true],
    [2, 4, false],
    [3, 3, false],
    [3, 4, false],
  ])('whoever names it at %i with the time %i is heard: %s', (seq, lamport, heard) => {
    const { gives, stub, b, a } = stubbed();
    gives('own', [stub]);
    b.certify();
    const segment = stub.segment;
    b.write({ heads: [{ feed: a.feed, segment, seq, lamport }], lamport: lamport + 1 });
    expect(gives('own', b.objects).shown.length).toBe(heard ? 1 : 0);
  });
  test.each([
    [2, true],
    [3, true],
    [4, false],
  ])('a next day that says it ended at %i counts: %s', (count, counts) => {
    const { gives, stub, alice } = stubbed();
    const hand = new Hand(crypto, alice);
    const segment = hand.certify();
    hand.certify();
    hand.write({ end: { segment, count } });
    gives('own', [stub]);
    expect(gives('own', hand.objects).shown.length).toBe(counts ? 1 : 0);
  });
});

describe('seals before their events', () => {
  const long = (count: number) => {
    const [alice, bob] = pair(crypto, 521);
    const hand = new Hand(crypto, alice);
    hand.certify();
    const events = Array.from({ length: count }, () => hand.next());
    take(bob, hand.certificates(), hand.feed);
    const seals = hand.objects.filter(({ type }) => type === 'seal');
    const gives = (...objects: readonly LogObject[]) => take(bob, objects, hand.feed).refused.get('full') ?? 0;
    const bad = (seq: number): LogObject => ({
      ...(seals[0] as LogObject & { type: 'seal' }),
      seq,
      signature: new Uint8Array(64).fill(seq),
    });
    return { alice, bob, hand, events, seals, gives, bad };
  };
  test('64 wait: a higher one takes the place of the lowest, a lower or equal one and a wrong one do not', () => {
    const { alice, bob, hand, seals, gives, bad } = long(80);
    expect(gives(...seals.slice(5, 69))).toBe(0);
    expect(gives(seals[69] as LogObject)).toBe(0);
    expect(gives(seals[5] as LogObject)).toBe(1);
    expect(gives(seals[4] as LogObject)).toBe(1);
    expect(gives(bad(99))).toBe(1);
    const other = new Hand(crypto, alice);
    other.certify();
    for (let i = 0; i < 6; i++) other.next();
    other.next({ contentKind: 30 });
    expect(gives(other.objects.at(-1) as LogObject)).toBe(1);
    expect(bob.store.scan('seal')).toHaveLength(64);
    take(
      bob,
      hand.objects.filter(({ type }) => type === 'event'),
      hand.feed,
    );
    expect(bob.log.page({ limit: 99 })).toHaveLength(70);
  });
  test('wrong ones make room for any good one', () => {
    const { bob, seals, gives, bad } = long(70);
    expect(gives(...Array.from({ length: 4 }, (_, i) => bad(100 + i)), ...seals.slice(10, 70))).toBe(0);
    expect(bob.store.scan('seal')).toHaveLength(64);
    expect(gives(seals[3] as LogObject)).toBe(0);
    expect(bob.store.scan('seal')).toHaveLength(61);
  });
  test('what does not wait takes no room, up to 256 at once', () => {
    const { bob, hand, gives } = long(300);
    expect(gives(...hand.objects)).toBe(300 - 256);
    expect(bob.log.page({ limit: 999 })).toHaveLength(256);
    expect(bob.store.scan('seal')).toHaveLength(1);
    expect(gives(...hand.objects)).toBe(0);
    expect(bob.log.page({ limit: 999 })).toHaveLength(300);
  });
});
