// What anybody hands over in a device's name, and nobody has sealed, is held. Nothing that a device does by itself may rest on it.
import { describe, expect, test } from 'vitest';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import { eventIdOf, NO_HASH, type EventId, type FeedId } from '../../src/identity/index.ts';
import {
  contentHash,
  createSeal,
  decodeHeader,
  encodeHeader,
  noContentHash,
  openConversationLog,
  openDays,
  sizeClassOf,
  TURN_KIND,
  type ConversationLog,
  type Header,
  type LogObject,
  type SegmentSeed,
} from '../../src/log/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import { households, publishDue, everyoneToEveryone } from './devices.ts';
import { Hand } from './hand.ts';
import {
  CONVERSATION,
  DAY,
  everything,
  feedOf,
  give,
  meet,
  openReplica,
  pair,
  person,
  ROOT,
  say,
  START,
  take,
  texts,
  type Person,
  type Replica,
} from './people.ts';

const crypto = await createLibsodium();
const LIE = new TextEncoder().encode('I never said that');

/** The headers of what a device wrote, as anybody has them who was handed it. */
const headersOf = (who: Replica, feed = feedOf(who)): readonly Header[] =>
  everything(who).flatMap((object) => {
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    return header !== undefined && header.feed.join() === (feed as FeedId).join() ? [header] : [];
  });

interface Made {
  readonly event: EventId;
  readonly header: Header;
  readonly object: LogObject;
}
/** An event like this one; its id begins with a byte of this kind. */
const madeUp = (like: Header, change: Partial<Header>, isWanted = (_: number): boolean => true, text = LIE): Made => {
  const key = new Uint8Array(32).fill(3);
  const header = {
    ...like,
    sizeClass: sizeClassOf(text.length),
    contentHash: contentHash(crypto, key, text),
    ...change,
  };
  for (let time = header.time; ; time++) {
    const tried = { ...header, time };
    const encoded = encodeHeader(tried);
    const event = eventIdOf(crypto, encoded);
    const content = tried.sizeClass === 0 ? null : { key, content: text };
    if (isWanted(event[0] as number))
      return { event, header: tried, object: { type: 'event', header: encoded, content } };
  }
};
/** Whoever writes after this has no Lamport time left. */
const FAR = 2 ** 48 - 2;
const nothing = { sizeClass: 0, contentHash: noContentHash() };

describe('a day in which a device said nothing', () => {
  const opened = (seed: number) => {
    const [alice, bob] = pair(crypto, seed);
    const ended: SegmentSeed[] = [];
    const { store, random: randomness } = alice;
    const log: ConversationLog = openConversationLog({
      store,
      crypto,
      randomness,
      conversation: CONVERSATION,
      kind: 'pair',
      roots: [ROOT],
      ended: (one) => ended.push(one),
    });
    store.transaction(() => log.append({ contentKind: TURN_KIND, content: null, time: START }));
    const person: Person = { ...alice, log };
    give(person, bob);
    const [first] = headersOf(bob, feedOf(alice));
    if (first === undefined) throw new Error('nothing was written');
    return { alice: person, bob, first, ended };
  };
  test.each([
    [
      'at the next place',
      (first: Header) => ({ seq: 1, previous: eventIdOf(crypto, encodeHeader(first)), lamport: 2 }),
    ],
    ['at the same place', () => ({})],
    ['at the last place that there is', () => ({ seq: 2 ** 32 - 3, previous: NO_HASH.slice().fill(1) as EventId })],
  ])('says nothing when somebody else makes something up in its name %s', (_, where) => {
    const { alice, bob, first, ended } = opened(81);
    const lie = madeUp(first, { ...where(first), contentKind: 16 });
    take(alice, [lie.object], feedOf(bob));
    const due = alice.store.transaction(() => alice.log.turn(START + 2 * DAY, false).due);
    expect(due).toBe(false);
    say(alice, 'the next day', START + 2 * DAY);
    expect(ended).toEqual([]);
  });
});

test.each([0, 255])(
  'what was made up before a day was published, and is sealed with its key afterwards, is not what its device said (%i)',
  (byte) => {
    const [alice, bob] = pair(crypto, 83);
    for (const line of ['one', 'two']) say(alice, line);
    give(alice, bob);
    const real = headersOf(bob, feedOf(alice));
    const [first, second] = real;
    if (first === undefined || second === undefined) throw new Error('nothing was said');
    const isWanted = (one: number): boolean => (byte === 0 ? one < 8 : one > 247);
    const one = madeUp(first, {}, isWanted);
    const two = madeUp(second, { previous: one.event }, isWanted);
    take(alice, [one.object, two.object], feedOf(bob));
    say(alice, 'the next day', START + DAY);
    give(alice, bob);
    expect(publishDue(alice, [bob], START + 9 * DAY)).toBe(1);
    give(alice, bob);
    const [day] = openDays(crypto, everything(bob));
    if (day === undefined) throw new Error('nothing was published');
    const key = crypto.signingKey(new Secret(day.seed.slice()));
    const { feed, segment } = first;
    const seal = createSeal(crypto, key, CONVERSATION, { feed, segment, seq: 1 }, two.event);
    take(alice, [one.object, two.object, { type: 'seal', ...seal }], feedOf(bob));
    expect(texts(alice).filter((text) => text.startsWith('I never'))).toEqual([]);
    expect(texts(alice).slice(0, 3)).toEqual(['one', 'two', 'the next day']);
  },
);

test('seals of what nobody said leave room for those that count', () => {
  const [alice, bob] = pair(crypto, 85);
  say(alice, 'line 0');
  give(alice, bob);
  const [first] = headersOf(bob, feedOf(alice));
  if (first === undefined) throw new Error('nothing was said');
  const { feed, segment } = first;
  const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(9)));
  const junk = Array.from({ length: 300 }, (_, i): LogObject[] => {
    const seq = 1000 + 2 * i;
    const lie = madeUp(first, { seq, previous: NO_HASH.slice().fill(1) as EventId, lamport: seq });
    return [lie.object, { type: 'seal', ...createSeal(crypto, key, CONVERSATION, { feed, segment, seq }, lie.event) }];
  });
  for (const objects of junk) take(bob, objects, feedOf(bob));
  for (const line of ['line 1', 'line 2']) {
    say(alice, line);
    give(alice, bob);
  }
  expect(texts(bob)).toEqual(['line 0', 'line 1', 'line 2']);
});

test('a purged day keeps the time of what was said in it, and no other', () => {
  const [alice, bob] = pair(crypto, 87);
  const said = say(alice, 'one');
  give(alice, bob);
  const [first] = headersOf(bob, feedOf(alice));
  if (first === undefined) throw new Error('nothing was said');
  const high = madeUp(first, { seq: 5, previous: NO_HASH.slice().fill(1) as EventId, lamport: FAR, ...nothing });
  const long = madeUp(first, { seq: 6, previous: NO_HASH.slice().fill(1) as EventId, lamport: 7 });
  take(alice, [high.object, long.object], feedOf(bob));
  say(alice, 'the next day', START + DAY);
  give(alice, bob);
  expect(publishDue(alice, [bob], START + 9 * DAY)).toBe(1);
  alice.store.transaction(() => alice.log.purge(said));
  const late = openReplica(crypto, 88);
  for (const who of [alice, bob]) meet(late, who);
  const taken = take(late, everything(alice), feedOf(alice));
  expect([...taken.refused]).toEqual([]);
  const stubs = everything(alice).flatMap((object) => (object.type === 'stub' ? [object] : []));
  expect(stubs.map(({ count, lamport }) => [count, lamport])).toEqual([[1, 1]]);
  expect(alice.store.scan('content').length).toBe(2);
  const hand = new Hand(crypto, bob);
  hand.certify();
  const { feed, segment, seq } = first;
  hand.write({ heads: [{ feed, segment, seq, lamport: FAR }], lamport: FAR + 1 }, 'far ahead');
  take(alice, hand.objects, feedOf(bob));
  say(alice, 'still here', START + 10 * DAY);
  expect(texts(alice)).not.toContain('far ahead');
});

test('what nobody sealed takes no room from the branches of a device', () => {
  const home = households(crypto, 89);
  const [a1, a2] = home.alice;
  for (let day = 0; day < 66; day++) say(a1, `day ${day}`, START + day * DAY);
  everyoneToEveryone(home.all);
  const feed = feedOf(a1);
  const firsts = headersOf(a2, feed).filter(({ seq }) => seq === 0);
  take(
    a2,
    firsts.map((first) => madeUp(first, {}).object),
    feedOf(home.bob[0]),
  );
  const raw = a2.store.get('segment', new Uint8Array([...CONVERSATION, ...(feed as FeedId), ...new Uint8Array(8)]));
  expect(raw?.length).toBeLessThan(200);
});

test('a healthy disk is not called damaged for what somebody else made up', () => {
  const [alice, bob] = pair(crypto, 91);
  say(alice, 'one');
  give(alice, bob);
  const [first] = headersOf(bob, feedOf(alice));
  if (first === undefined) throw new Error('nothing was said');
  const next = { seq: 1, previous: eventIdOf(crypto, encodeHeader(first)), lamport: 2 };
  const lies = [madeUp(first, {}), madeUp(first, next), madeUp(first, { ...next, seq: 7, lamport: 3 })];
  take(
    alice,
    lies.map(({ object }) => object),
    feedOf(bob),
  );
  expect(alice.log.verify()).toEqual([]);
});

test('what is made up in the name of a device does not say when its segment began', () => {
  const [alice, bob] = pair(crypto, 95);
  say(alice, 'one');
  give(alice, bob);
  const [first] = headersOf(bob, feedOf(alice));
  if (first === undefined) throw new Error('nothing was said');
  const real = eventIdOf(crypto, encodeHeader(first))[0] as number;
  // It comes first of the two, and says that the next day is that of the segment.
  const lie = madeUp(first, { time: first.time + DAY / 60_000 }, (byte) => byte < real);
  take(alice, [lie.object], feedOf(bob));
  alice.log.forget();
  expect(alice.store.transaction(() => alice.log.turn(START + DAY + 3_600_000, false).due)).toBe(true);
});

test('what is made up at the end of a day by a clock that was behind does not publish it early', () => {
  const [alice, bob] = pair(crypto, 97);
  const late = START + 20 * DAY;
  say(bob, 'today', late);
  give(bob, alice);
  say(alice, 'one');
  give(alice, bob);
  const [first] = headersOf(bob, feedOf(alice));
  if (first === undefined) throw new Error('nothing was said');
  const real = eventIdOf(crypto, encodeHeader(first))[0] as number;
  const lie = madeUp(first, { lamport: 1, heads: [] }, (byte) => byte < real);
  take(alice, [lie.object], feedOf(bob));
  say(alice, 'the next day', START + DAY);
  give(alice, bob);
  expect(publishDue(alice, [bob], late + DAY)).toBe(0);
  expect(publishDue(alice, [bob], late + 8 * DAY)).toBe(1);
});

test('a removal accepts what had come by a time, whatever is made up beside it later', () => {
  const [alice, bob] = pair(crypto, 99);
  say(alice, 'one');
  take(bob, everything(alice), feedOf(alice), START + 10);
  const feed = feedOf(alice) as FeedId;
  const [first] = headersOf(bob, feed);
  if (first === undefined) throw new Error('nothing was said');
  take(bob, [madeUp(first, {}).object], feed, START + 30);
  expect(bob.log.cutsHere(feed, undefined, START + 20).map(({ count }) => count)).toEqual([1]);
});

test('what came after the date of a publication from the other side is not what its author said, though nobody here knew', () => {
  const home = households(crypto, 101);
  const [a1, a2] = home.alice;
  const [b1] = home.bob;
  for (const line of ['one', 'two']) say(a1, line);
  const isAway = (who: Person): boolean => who === a2;
  const present = home.all.filter((who) => !isAway(who));
  everyoneToEveryone(present);
  say(a1, 'the next day', START + DAY);
  everyoneToEveryone(present);
  expect(publishDue(a1, home.bob.slice(0, 1), START + 9 * DAY)).toBe(1);
  everyoneToEveryone(present);
  const [day] = openDays(crypto, everything(b1));
  const [first] = headersOf(b1, feedOf(a1));
  if (day === undefined || first === undefined) throw new Error('nothing was published');
  const key = crypto.signingKey(new Secret(day.seed.slice()));
  const { feed, segment } = first;
  const lie = madeUp(first, {});
  const seal = createSeal(crypto, key, CONVERSATION, { feed, segment, seq: 0 }, lie.event);
  const certificates = everything(b1).filter(({ type }) => type === 'entry' || type === 'certificate');
  take(a2, [...certificates, lie.object, { type: 'seal', ...seal }], feedOf(b1), START + 10 * DAY);
  take(a2, everything(a1), 'own', START + 11 * DAY);
  expect(texts(a2)).toEqual(texts(a1));
});

describe('a stub that anybody can make of a published day', () => {
  test('keeps nothing of that day from whoever asks for it', () => {
    const [alice, bob] = pair(crypto, 103);
    for (const line of ['one', 'two']) say(alice, line);
    say(alice, 'the next day', START + DAY);
    give(alice, bob);
    expect(publishDue(alice, [bob], START + 9 * DAY)).toBe(1);
    give(alice, bob);
    const [day] = openDays(crypto, everything(bob));
    if (day === undefined) throw new Error('nothing was published');
    const { feed, segment } = day.certificate;
    for (const count of [2, 1000]) {
      const head = NO_HASH.slice().fill(1) as EventId;
      const key = crypto.signingKey(new Secret(day.seed.slice()));
      const { signature } = createSeal(crypto, key, CONVERSATION, { feed, segment, seq: count - 1 }, head);
      const stub: LogObject = {
        type: 'stub',
        format: 1,
        kind: 1,
        feed,
        segment,
        count,
        head,
        lamport: count,
        seed: day.seed,
        signature,
      };
      take(alice, [stub], feedOf(bob));
      const late = openReplica(crypto, 104);
      for (const who of [alice, bob]) meet(late, who);
      take(late, everything(alice), 'own');
      expect(texts(late)).toEqual(texts(alice));
    }
  });

  test('counts nowhere in a self, of which no day is published', () => {
    const alice = person(crypto, 105, { kind: 'self' });
    const hand = new Hand(crypto, alice);
    const segment = hand.certify({ seed: 7 });
    const head = hand.write({}, 'one');
    take(alice, hand.objects, 'own');
    const seed = new Uint8Array(32).fill(7);
    const count = 2 ** 24 - 1;
    const at = { feed: hand.feed, segment, seq: count - 1 };
    const { signature } = createSeal(crypto, crypto.signingKey(new Secret(seed.slice())), CONVERSATION, at, head);
    const stub = { feed: hand.feed, segment, count, head, lamport: count, seed, signature };
    const taken = take(alice, [{ type: 'stub', format: 1, kind: 1, ...stub }], 'own');
    expect([...taken.refused]).toEqual([['stub', 1]]);
  });
});
