// What comes later than it should, or from somebody else: contents, publications, cuts, better word of who wrote.
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/bytes/index.ts';
import { createRemoval, type FeedId, type MemberId } from '../../src/identity/index.ts';
import { decodeHeader, PUBLISH_KIND, type LogObject } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { everyoneToEveryone, households, publishDue, weeks } from './devices.ts';
import {
  DAY,
  everything,
  feedOf,
  give,
  meet,
  openReplica,
  pair,
  say,
  START,
  take,
  texts,
  type Person,
  type Replica,
} from './people.ts';

const crypto = createNullCrypto();
const without = (objects: readonly LogObject[], kind: number): readonly LogObject[] =>
  objects.map((object) =>
    object.type === 'event' && decodeHeader(object.header)?.contentKind === kind
      ? { ...object, content: null }
      : object,
  );
const third = (people: readonly Person[], seed = 91): Replica => {
  const replica = openReplica(crypto, seed);
  for (const who of people) meet(replica, who);
  return replica;
};
const states = (who: Replica) => who.log.page({ limit: 999 }).map(({ contentState }) => contentState);

describe('contents', () => {
  test('that come after their events complete them, once, and a wrong one is refused and asked for again', () => {
    const [alice, bob] = pair(crypto, 81);
    say(alice, 'one');
    say(alice, 'two');
    const objects = everything(alice);
    const first = take(bob, without(objects, 16), feedOf(alice));
    expect([first.shown.length, first.completed.length, ...states(bob)]).toEqual([2, 0, 'missing', 'missing']);
    const wrong = objects.map((object): LogObject =>
      object.type === 'event' ? { ...object, content: { key: new Uint8Array(32), content: utf8('not it') } } : object,
    );
    const refused = take(bob, wrong, feedOf(alice));
    expect([[...refused.refused], refused.completed, ...states(bob)]).toEqual([
      [['content', 2]],
      [],
      'missing',
      'missing',
    ]);
    const then = take(bob, objects, feedOf(alice));
    expect([then.shown.length, then.completed.map(({ contentState }) => contentState)]).toEqual([0, ['held', 'held']]);
    expect(texts(bob)).toEqual(['one', 'two']);
    expect(take(bob, objects, feedOf(alice)).completed).toEqual([]);
    expect(then.feeds.length).toBeLessThanOrEqual(1);
  });
  test('of an event whose seal is still to come complete nothing that is shown', () => {
    const [alice, bob] = pair(crypto, 82);
    say(alice, 'one');
    const objects = everything(alice);
    const unsealed = objects.filter(({ type }) => type !== 'seal');
    take(bob, without(unsealed, 16), feedOf(alice));
    expect(take(bob, unsealed, feedOf(alice)).completed).toEqual([]);
    expect(take(bob, objects, feedOf(alice)).shown).toHaveLength(1);
    expect(texts(bob)).toEqual(['one']);
  });
  test('of a publication make the day public when they come, and not before', () => {
    const { all, alice, bob } = weeks(crypto, 83, 2);
    for (const who of alice) publishDue(who, bob, START + 20 * DAY);
    everyoneToEveryone(all);
    const objects = everything(alice[0]);
    const late = third([alice[0], bob[0]]);
    expect(take(late, without(objects, PUBLISH_KIND), 'own').published).toEqual([]);
    const then = take(late, objects, 'own');
    expect(then.published.length).toBeGreaterThan(1);
    for (const { feed, segment } of then.published) expect(late.log.isPublished(feed, segment)).toBe(true);
    expect(take(late, objects, 'own').published).toEqual([]);
    const [{ feed, segment }] = then.published as [(typeof then.published)[0]];
    expect(late.log.isPublished(feed, new Uint8Array(8).fill(1) as typeof segment)).toBe(false);
    expect(late.log.isPublished(new Uint8Array(8).fill(1) as FeedId, segment)).toBe(false);
    const running = late.log.page({ limit: 1 })[0]?.place;
    expect(running && late.log.isPublished(running.feed, running.segment)).toBe(false);
  });
});

describe('who vouches', () => {
  /** What Alice wrote, as only Bob hands it over; her first day is public. */
  const fromBob = () => {
    const { all, alice, bob } = weeks(crypto, 84, 2);
    for (const who of alice) publishDue(who, bob, START + 20 * DAY);
    everyoneToEveryone(all);
    const late = third([alice[0], bob[0]]);
    const objects = everything(bob[0]);
    take(late, objects, feedOf(bob[0]));
    const doubted = () => late.log.page({ limit: 999 }).filter(({ marks }) => marks.includes('counterpart'));
    return { alice, bob, late, objects, doubted };
  };
  test('what only the other side handed over of a public day is marked, until who wrote it says it too', () => {
    const { alice, bob, late, objects, doubted } = fromBob();
    const before = late.log.page({ limit: 999 }).length;
    expect(doubted().length).toBeGreaterThan(5);
    const members = new Set(doubted().map(({ member }) => toHex(member)));
    expect([...members]).toEqual([toHex(alice[0].log.device()?.member as MemberId)]);
    take(late, objects, feedOf(bob[1]));
    expect(doubted().length).toBeGreaterThan(5);
    const author = doubted()[0]?.place.feed as FeedId;
    take(late, objects, author);
    expect(doubted()).toEqual([]);
    expect(late.log.page({ limit: 999 })).toHaveLength(before);
  });
  test('any device of the person who wrote it will do, and one’s own', () => {
    for (const sender of ['other', 'own'] as const) {
      const { alice, late, objects, doubted } = fromBob();
      const author = doubted()[0]?.place.feed as FeedId;
      const other = alice.map((who) => feedOf(who) as FeedId).find((feed) => toHex(feed) !== toHex(author));
      take(late, objects, sender === 'own' ? 'own' : (other ?? 'own'));
      expect(doubted()).toEqual([]);
    }
  });
  test('a stranger vouches for nothing', () => {
    const { late, objects, doubted } = fromBob();
    const count = doubted().length;
    take(late, objects, utf8('stranger') as FeedId);
    expect(doubted()).toHaveLength(count);
  });
});

describe('cuts', () => {
  test('that come after what they cut off: it stays for who had it, and what comes later is not shown', () => {
    const { all, alice, bob } = households(crypto, 85);
    const [a1, a2] = alice;
    for (let day = 0; day < 3; day++) say(a2, `day ${day}`, START + day * DAY);
    for (const who of all) if (who !== a2) give(a2, who);
    const feed = feedOf(a2) as FeedId;
    const cuts = a1.store.transaction(() => a1.log.cutsHere(feed));
    say(a2, 'after it', START + 2 * DAY);
    give(a2, bob[0]);
    a1.store.transaction(() =>
      a1.log.appendEntry((key, at) => createRemoval(crypto, key, at, { feed, member: null, cuts }), START),
    );
    expect(texts(a1)).toEqual(['day 0', 'day 1', 'day 2']);
    const told = give(a1, bob[0]);
    expect(told.charterChanged).toBe(true);
    expect(bob[0].log.page({ limit: 9 }).map(({ marks }) => marks.join())).toEqual(['', '', '', 'removed']);
    give(a1, bob[1]);
    give(a2, bob[1]);
    give(bob[0], bob[1]);
    expect(texts(bob[1])).toEqual(['day 0', 'day 1', 'day 2']);
    // Nobody asks for it, and nobody hands it on.
    for (const [from, to] of [
      [bob[0], bob[1]],
      [bob[1], bob[0]],
      [a1, bob[1]],
    ] as const) {
      const theirs = to.store.transaction(() => to.log.frontier());
      const mine = from.store.transaction(() => from.log.compare(theirs));
      expect(mine.iLack).toEqual([]);
      expect(mine.theyLack).toEqual([]);
    }
    const named = bob[1].store
      .transaction(() => bob[1].log.frontier())
      .feeds.find((one) => toHex(one.feed) === toHex(feed));
    expect(named?.count).toBe(1);
    expect(bob[1].log.verify().filter(({ damage }) => damage !== 'unsealed')).toEqual([]);
  });
  test('below the seal of what they accept: whoever has none of it takes it all the same', () => {
    const { alice, bob } = households(crypto, 87);
    const [a1, a2] = alice;
    const feed = feedOf(a2) as FeedId;
    // One packet, and so one seal, above the cut.
    for (const text of ['one', 'two', 'three', 'four']) say(a2, text);
    give(a2, a1);
    const cuts = a1.store.transaction(() => a1.log.cutsHere(feed)).map((cut) => ({ ...cut, count: 2 }));
    a1.store.transaction(() =>
      a1.log.appendEntry((key, at) => createRemoval(crypto, key, at, { feed, member: null, cuts }), START),
    );
    say(a1, 'an answer');
    const told = give(a1, bob[0]);
    expect(texts(bob[0])).toEqual(['one', 'two', 'an answer']);
    expect(told.waiting).toBe(0);
    give(bob[0], bob[1]);
    expect(texts(bob[1])).toEqual(['one', 'two', 'an answer']);
    // Of what is above the cut nobody is given more than that it was there.
    const contents = everything(bob[0]).flatMap((object) =>
      object.type === 'event' && object.content !== null ? [new TextDecoder().decode(object.content.content)] : [],
    );
    expect(contents.filter((text) => ['three', 'four'].includes(text))).toEqual([]);
    for (const who of [a1, bob[0]]) {
      const theirs = who.store.transaction(() => who.log.frontier());
      expect(bob[1].store.transaction(() => bob[1].log.compare(theirs))).toEqual({ iLack: [], theyLack: [] });
    }
  });
  /** A1 takes A2 out at a segment that B does not have yet. */
  const cutAhead = () => {
    const { alice, bob } = households(crypto, 88);
    const [a1, a2] = alice;
    const [b] = bob;
    const feed = feedOf(a2) as FeedId;
    say(a2, 'day 0', START);
    give(a2, b);
    say(a2, 'day 1', START + DAY);
    give(a2, a1);
    const cuts = a1.store.transaction(() => a1.log.cutsHere(feed));
    const { entry } = a1.store.transaction(() =>
      a1.log.appendEntry((key, at) => createRemoval(crypto, key, at, { feed, member: null, cuts }), START),
    );
    return { a1, b, entry };
  };
  test('that name what comes later: what they accept is told to reach further then', () => {
    const { a1, b, entry } = cutAhead();
    const marks = (): readonly string[] => b.log.page({ limit: 9 }).map((one) => one.marks.join());
    expect(take(b, [{ type: 'entry', entry }], feedOf(a1))).toMatchObject({ cutsChanged: true, cutsCame: false });
    // Nothing says yet that the segment of the cut goes on from this one.
    expect(marks()).toEqual(['removed']);
    expect(give(a1, b)).toMatchObject({ cutsChanged: false, cutsCame: true });
    expect(marks()).toEqual(['', '']);
    expect(give(a1, b)).toMatchObject({ cutsChanged: false, cutsCame: false });
  });
  test('that name what comes later: what was read meanwhile stays read once they reach further', () => {
    const { a1, b, entry } = cutAhead();
    const isRead = (): readonly boolean[] => b.log.page({ limit: 9 }).map(({ place }) => b.log.covers(read, place));
    take(b, [{ type: 'entry', entry }], feedOf(a1));
    const read = b.store.transaction(() => b.log.readFrontier());
    expect(isRead()).toEqual([true]);
    give(a1, b);
    expect(isRead()).toEqual([true, false]);
    // It says no more than other frontiers do where cuts are here.
    b.store.transaction(() => expect(b.log.readFrontier()).toBe(b.log.frontier()));
  });
  test('of nothing: all that comes later is void, and an answer to it is heard all the same', () => {
    const { alice, bob } = households(crypto, 86);
    const [a1, a2] = alice;
    const feed = feedOf(a2) as FeedId;
    const cuts = a1.store.transaction(() => a1.log.cutsHere(feed));
    a1.store.transaction(() =>
      a1.log.appendEntry((key, at) => createRemoval(crypto, key, at, { feed, member: null, cuts }), START),
    );
    say(a2, 'never heard');
    give(a2, bob[0]);
    say(bob[0], 'an answer');
    give(bob[0], bob[1]);
    give(a1, bob[1]);
    give(bob[0], a1);
    expect(texts(a1)).toEqual(['an answer']);
    give(a1, bob[0]);
    give(bob[1], bob[0]);
    expect(texts(bob[0])).toContain('an answer');
  });
});
