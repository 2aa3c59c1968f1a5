// What a log answers about its charter, its devices and single events.
import { describe, expect, test } from 'vitest';
import { compareBytes, readUint32, toHex, utf8 } from '../../src/bytes/index.ts';
import { Secret, type SigningKey } from '../../src/crypto/index.ts';
import {
  conversationIdFrom,
  createAddDevice,
  createRecovery,
  createRemoval,
  createWitness,
  feedIdOf,
  FINAL_AFTER_MS,
  openEntry,
  signConsent,
  type EventId,
  type FeedId,
  type MemberId,
  type SegmentId,
} from '../../src/identity/index.ts';
import { FROM_ORDER, openConversationLog, type ConversationLog } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { addDevice } from './devices.ts';
import { Hand } from './hand.ts';
import {
  CONVERSATION,
  DAY,
  everything,
  feedOf,
  give,
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

const crypto = createNullCrypto();
const deviceOf = (who: Replica) => {
  const device = who.log.device();
  if (device === undefined) throw new Error('not started');
  return device;
};
const write = (who: Replica, make: Parameters<Replica['log']['appendEntry']>[0], time = START, by?: SigningKey) =>
  who.store.transaction(() => who.log.appendEntry(make, time, by));
const remove = (who: Replica, feed: FeedId, time = START) =>
  write(
    who,
    (key, at) =>
      createRemoval(crypto, key, at, {
        feed,
        member: null,
        cuts: [{ feed, segment: null, count: 0, charterCount: 0, charterHead: null }],
      }),
    time,
  );
const hashOf = (entry: Uint8Array): Uint8Array => crypto.hash(32, entry);
const standing = (who: Replica, feed: FeedId, now?: number) =>
  who.log
    .charter(now)
    .members.flatMap(({ devices }) => devices)
    .find((one) => toHex(one.feed) === toHex(feed))?.state;

/** Alice with two devices, and Bob; all know all entries. */
const three = (seed: number) => {
  const [alice, bob] = pair(crypto, seed);
  const second = addDevice(alice, seed + 50);
  for (const who of [alice, bob]) second.store.transaction(() => second.log.admit(deviceOf(who).member));
  for (const [from, to] of [
    [alice, bob],
    [alice, second],
    [bob, second],
  ] as const)
    give(from, to);
  return { alice, bob, second };
};

const isWitnessed = (log: ConversationLog, removal: Uint8Array, by: MemberId): boolean =>
  log.witnessedBy(by).some((one) => compareBytes(one.removal, removal) === 0);

describe('charter', () => {
  test('whose a device is, by which entry, and since when', () => {
    const { alice, bob, second } = three(11);
    const { feed, member } = deviceOf(second);
    expect(bob.log.memberOf(feed)).toEqual(member);
    expect(bob.log.memberOf(deviceOf(bob).feed)).toEqual(deviceOf(bob).member);
    expect(bob.log.memberOf(utf8('stranger') as FeedId)).toBeUndefined();
    expect(bob.log.inceptionOf(member)).toEqual(alice.inception);
    expect(bob.log.inceptionOf(deviceOf(bob).member)).toEqual(bob.inception);
    expect(bob.log.inceptionOf(new Uint8Array(16) as MemberId)).toBeUndefined();
    const adding = bob.log.addingEntry(feed);
    expect(adding && openEntry(crypto, adding)?.act).toMatchObject({ type: 'addDevice', feed });
    expect(bob.log.addingEntry(feedOf(alice) as FeedId)).toBeUndefined();
    expect([bob.log.addedAt(feed), bob.log.addedAt(feedOf(alice) as FeedId)]).toEqual([START, 0]);
  });

  test('who has witnessed a removal', () => {
    const { alice, bob, second } = three(12);
    const third = addDevice(alice, 99);
    third.store.transaction(() => third.log.admit(deviceOf(alice).member));
    const removal = hashOf(remove(alice, deviceOf(second).feed).entry);
    const other = new Uint8Array(32).fill(7);
    const [a, b] = [deviceOf(alice).member, deviceOf(bob).member];
    give(alice, bob);
    expect(isWitnessed(bob.log, removal, b)).toBe(false);
    write(bob, (key, at) => createWitness(crypto, key, at, { removal }));
    expect([isWitnessed(bob.log, removal, b), isWitnessed(bob.log, removal, a)]).toEqual([true, false]);
    expect(isWitnessed(bob.log, other, b)).toBe(false);
    give(bob, alice);
    expect(isWitnessed(alice.log, removal, b)).toBe(true);
    // Of somebody who is no member here it says nothing.
    const stranger = person(crypto, 900);
    take(bob, [{ type: 'entry', entry: stranger.inception }], feedOf(stranger));
    const [entry] = [write(stranger, (key, at) => createWitness(crypto, key, at, { removal: other })).entry];
    take(bob, [{ type: 'entry', entry }], feedOf(stranger));
    expect(isWitnessed(bob.log, other, deviceOf(stranger).member)).toBe(false);
  });

  test('when entries were first seen is told only where time decides something, and the earlier of two times counts', () => {
    const { alice, bob, second } = three(13);
    expect(bob.log.firstSeen()).toEqual([]);
    const { feed } = deviceOf(second);
    const { entry } = remove(alice, feed, START + 5);
    take(bob, [{ type: 'entry', entry }], feedOf(alice), START + DAY);
    const seen = bob.log.firstSeen();
    expect(seen).toHaveLength(4);
    expect(seen.find((one) => toHex(one.entry) === toHex(hashOf(entry)))?.at).toBe(START + DAY);
    const tell = (at: number) => bob.store.transaction(() => bob.log.seenEarlier([{ entry: hashOf(entry), at }]));
    const atOf = () => bob.log.firstSeen().find((one) => toHex(one.entry) === toHex(hashOf(entry)))?.at;
    tell(START + 2 * DAY);
    expect(atOf()).toBe(START + DAY);
    tell(START + DAY);
    expect(atOf()).toBe(START + DAY);
    expect(tell(START + 7).charterChanged).toBe(false);
    expect(atOf()).toBe(START + 7);
    bob.store.transaction(() => bob.log.seenEarlier([{ entry: new Uint8Array(32), at: 1 }]));
    expect(bob.log.firstSeen()).toHaveLength(4);
    expect(openReplica(crypto, 5, { store: bob.store }).log.firstSeen()).toEqual(bob.log.firstSeen());
  });

  /** Each device of Alice takes the other out; Bob has witnessed the first removal, and heard of both in that order. */
  const disputed = () => {
    const { alice, bob, second } = three(14);
    const [one, two] = [deviceOf(alice).feed, deviceOf(second).feed];
    const [removal, counter] = [remove(alice, two), remove(second, one)];
    take(bob, [{ type: 'entry', entry: removal.entry }], feedOf(alice), START);
    write(bob, (key, at) => createWitness(crypto, key, at, { removal: hashOf(removal.entry) }));
    take(bob, [{ type: 'entry', entry: counter.entry }], feedOf(second), START + FINAL_AFTER_MS);
    return { alice, bob, one, two };
  };
  test('a removal that is final by shared time counts from the judgement on, until the next one', () => {
    const { bob, one, two } = disputed();
    expect([standing(bob, one), standing(bob, two)]).toEqual(['contested', 'contested']);
    const judge = (now: number) => bob.store.transaction(() => bob.log.judge(now));
    expect(judge(START + FINAL_AFTER_MS - 1).charterChanged).toBe(false);
    expect(standing(bob, two)).toBe('contested');
    expect(judge(START + FINAL_AFTER_MS).charterChanged).toBe(true);
    expect([standing(bob, one), standing(bob, two)]).toEqual(['active', 'removed']);
    expect(judge(START + FINAL_AFTER_MS).charterChanged).toBe(false);
    expect(openReplica(crypto, 5, { store: bob.store }).log.charter()).toEqual(bob.log.charter());
    expect(judge(START).charterChanged).toBe(true);
    expect(standing(bob, two)).toBe('contested');
    // Where nothing is timely nothing is judged.
    const [, other] = pair(crypto, 15);
    expect(other.store.transaction(() => other.log.judge(START)).charterChanged).toBe(false);
  });
  test('what others saw earlier makes a removal final earlier', () => {
    const { bob, two } = disputed();
    const removal = bob.log.firstSeen().find(({ at }) => at === START);
    bob.store.transaction(() => bob.log.judge(START + FINAL_AFTER_MS - 5));
    expect(standing(bob, two)).toBe('contested');
    const all = bob.log.firstSeen().map(({ entry }) => ({ entry, at: START - 10 }));
    expect(removal).toBeDefined();
    expect(bob.store.transaction(() => bob.log.seenEarlier(all)).charterChanged).toBeTypeOf('boolean');
    expect(bob.log.firstSeen().every(({ at }) => at <= START - 10)).toBe(true);
  });
  /** Alice answers what nobody has of the second device. */
  const answers = ({ alice, bob, two }: ReturnType<typeof disputed>): EventId => {
    const hand = new Hand(crypto, alice);
    hand.certify();
    const nowhere = { feed: two, segment: new Uint8Array(8).fill(5) as SegmentId, seq: 0, lamport: 1 };
    const event = hand.next({ heads: [nowhere], lamport: 2 }, 'to a removed device');
    expect(take(bob, hand.objects, hand.feed).shown).toEqual([]);
    return event;
  };
  test('what answered a device whose removal becomes final is shown then', () => {
    const scene = disputed();
    const event = answers(scene);
    const { shown } = scene.bob.store.transaction(() => scene.bob.log.judge(START + FINAL_AFTER_MS));
    expect(shown.map((one) => one.event)).toEqual([event]);
  });
  test('and so it is when others tell that they saw the removal earlier', () => {
    const scene = disputed();
    const { bob } = scene;
    const event = answers(scene);
    const judge = () => bob.store.transaction(() => bob.log.judge(START + FINAL_AFTER_MS - 5));
    expect(judge().shown).toEqual([]);
    const all = bob.log.firstSeen().map((one) => ({ ...one, at: one.at - 10 }));
    const told = bob.store.transaction(() => bob.log.seenEarlier(all));
    expect([told.charterChanged, told.shown.map((one) => one.event)]).toEqual([true, [event]]);
  });
  test('a later recovery key is in effect a week after others saw it, and nothing else makes it so', () => {
    const { alice, bob } = three(28);
    const { member } = deviceOf(alice);
    const recoveryKey = new Uint8Array(32).fill(6);
    const { entry } = write(alice, (key, at) => createRecovery(crypto, key, at, { member, recoveryKey }));
    give(alice, bob);
    write(bob, (key, at) => createWitness(crypto, key, at, { removal: hashOf(entry) }));
    const states = (now?: number) =>
      bob.log.charter(now).members.flatMap(({ recoveries }) => recoveries.map((one) => one.state));
    expect([states(), states(START + FINAL_AFTER_MS - 1), states(START + FINAL_AFTER_MS)]).toEqual([
      ['waiting'],
      ['waiting'],
      ['in effect'],
    ]);
    const judge = (now: number) => bob.store.transaction(() => bob.log.judge(now)).charterChanged;
    expect([judge(START + FINAL_AFTER_MS - 1), judge(START + FINAL_AFTER_MS)]).toEqual([false, true]);
    expect(states()).toEqual(['in effect']);
  });
  test('what a device wrote before words vouched for it is shown when they are entered; of words the last 16 are kept', () => {
    const { alice, bob } = three(29);
    const { member, feed } = deviceOf(alice);
    const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(6)));
    write(alice, (signer, at) => createRecovery(crypto, signer, at, { member, recoveryKey: key.publicKey }));
    give(alice, bob);
    const joining = openReplica(crypto, 30);
    const fresh = crypto.signingKey(new Secret(new Uint8Array(32).fill(5)));
    joining.store.transaction(() => joining.log.joinDevice(fresh, member, feed));
    const consent = signConsent(crypto, fresh, ROOT, member);
    write(
      bob,
      (signer, at) => createAddDevice(crypto, signer, at, { device: fresh.publicKey, member, consent }),
      START,
      key,
    );
    const hand = new Hand(crypto, { ...joining, inception: alice.inception }, alice);
    hand.certify();
    const event = hand.next({}, 'back with my words');
    expect(take(bob, hand.objects, hand.feed)).toMatchObject({ shown: [], waiting: 3 });
    const prove = (words: Uint8Array) => bob.store.transaction(() => bob.log.proveWords(member, words));
    expect(prove(key.publicKey).shown.map((one) => one.event)).toEqual([event]);
    const heard = (log = bob.log) => log.memberOf(hand.feed) !== undefined;
    for (let i = 0; i < 15; i++) prove(new Uint8Array(32).fill(100 + i));
    expect([heard(), heard(openReplica(crypto, 31, { store: bob.store }).log)]).toEqual([true, true]);
    prove(new Uint8Array(32).fill(99));
    expect([heard(), heard(openReplica(crypto, 31, { store: bob.store }).log)]).toEqual([false, false]);
  });
  test('the entry by which a member began, also where another of theirs stands before it', () => {
    const scenes = Array.from({ length: 8 }, (_, i) => three(200 + i));
    const isBefore = ({ alice, second }: (typeof scenes)[0]): boolean =>
      compareBytes(deviceOf(second).feed, deviceOf(alice).feed) < 0;
    const { alice, bob, second } = scenes.find(isBefore) ?? expect.unreachable();
    addDevice(second, 300);
    give(second, bob);
    expect(bob.log.inceptionOf(deviceOf(alice).member)).toEqual(alice.inception);
  });
  test('what waits for a device takes its sender’s room until it is let in', () => {
    const { alice, bob } = three(210);
    const stranger = person(crypto, 211);
    say(stranger, 'hello');
    take(
      bob,
      everything(stranger).filter(({ type }) => type !== 'entry'),
      feedOf(alice),
    );
    const counts = () =>
      bob.store
        .scan('waiting')
        .filter(({ key }) => key[16] === 2)
        .map(({ value }) => readUint32(value, 0));
    expect(counts()).toEqual([3]);
    take(bob, [{ type: 'entry', entry: stranger.inception }], feedOf(alice));
    bob.store.transaction(() => bob.log.admit(deviceOf(stranger).member));
    expect([counts(), texts(bob)]).toEqual([[0], ['hello']]);
  });
  test('conversations beside each other in one store, also the last there can be', () => {
    const ids = [254, 255].map((byte) => conversationIdFrom(new Uint8Array(16).fill(byte)));
    const [one, other] = ids.map((conversation, i) => person(crypto, 220 + i, { conversation })) as [Person, Person];
    const both = openReplica(crypto, 222, { conversation: ids[1] as (typeof ids)[0], store: one.store });
    for (const { key, value } of other.store.scan('entry')) both.store.put('entry', key, value);
    expect(both.log.inceptionOf(deviceOf(other).member)).toEqual(other.inception);
    expect(both.log.inceptionOf(deviceOf(one).member)).toBeUndefined();
    expect(one.log.inceptionOf(deviceOf(other).member)).toBeUndefined();
  });
  test('words that were entered here put a later recovery key in effect here', () => {
    const { alice, bob } = three(16);
    const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(6)));
    const { member } = deviceOf(alice);
    write(alice, (signer, at) => createRecovery(crypto, signer, at, { member, recoveryKey: key.publicKey }));
    give(alice, bob);
    const fresh = crypto.signingKey(new Secret(new Uint8Array(32).fill(5)));
    const consent = signConsent(crypto, fresh, ROOT, member);
    const add: Parameters<typeof write>[1] = (signer, at) =>
      createAddDevice(crypto, signer, at, { device: fresh.publicKey, member, consent });
    const { entry, place } = write(bob, add, START, key);
    expect([place.seq, toHex(place.feed)]).toEqual([0, toHex(feedIdOf(crypto, key.publicKey))]);
    expect(openEntry(crypto, entry)?.entry.device).toEqual(key.publicKey);
    // The key is the caller's: it still signs.
    expect(write(bob, add, START, key).place.seq).toBe(1);
    const feed = feedIdOf(crypto, fresh.publicKey);
    const heard = () => bob.log.memberOf(feed) !== undefined && standing(bob, feed) === 'active';
    expect(heard()).toBe(false);
    const { charterChanged } = bob.store.transaction(() => bob.log.proveWords(member, key.publicKey));
    expect([charterChanged, heard()]).toEqual([true, true]);
    expect(openReplica(crypto, 5, { store: bob.store }).log.charter()).toEqual(bob.log.charter());
  });
  test('an entry of one’s own that does not count, and a device without its inception, are bugs of the caller', () => {
    const { alice, bob } = three(17);
    const { member } = deviceOf(alice);
    expect(() => write(alice, () => new Uint8Array(9))).toThrow('refused');
    const bare = openReplica(crypto, 3);
    expect(() => write(bare, () => new Uint8Array(9))).toThrow('no device');
    expect(() => say(bare, 'x')).toThrow('no device');
    expect(() => bare.log.startDevice(deviceOf(alice).key, bob.inception)).toThrow('its own inception');
    expect(() => bare.log.startDevice(deviceOf(alice).key, new Uint8Array(9))).toThrow('its own inception');
    const consent = new Uint8Array(64);
    const other = createAddDevice(
      crypto,
      deviceOf(alice).key,
      { root: ROOT, seq: 0, previous: new Uint8Array(32) },
      {
        device: deviceOf(bob).key.publicKey,
        member,
        consent,
      },
    );
    expect(() => bare.log.startDevice(deviceOf(alice).key, other)).toThrow('its own inception');
    const elsewhere = person(crypto, 40, { root: new Uint8Array(32).fill(1) });
    expect(() =>
      bare.store.transaction(() => bare.log.startDevice(deviceOf(elsewhere).key, elsewhere.inception)),
    ).toThrow('another conversation');
    const rootless = openConversationLog({
      ...bare,
      randomness: bare.random,
      conversation: CONVERSATION,
      kind: 'pair',
      roots: [],
    });
    rootless.joinDevice(deviceOf(bob).key, member, deviceOf(alice).feed);
    expect(() =>
      rootless.appendEntry((signer, at) => createWitness(crypto, signer, at, { removal: new Uint8Array(32) }), 1),
    ).toThrow('without a root');
  });
  test('a started device and a joined one know their key, feed and member, and go on knowing them', () => {
    const one = person(crypto, 41);
    const { feed, member, key } = deviceOf(one);
    expect(one.log.memberOf(feed)).toEqual(member);
    const again = openReplica(crypto, 2, { store: one.store });
    expect([deviceOf(again).feed, deviceOf(again).member, deviceOf(again).key.publicKey]).toEqual([
      feed,
      member,
      key.publicKey,
    ]);
    key.privateKey.wipe();
    expect(say(again, 'still')).toHaveLength(32);
    const joining = openReplica(crypto, 42);
    const own = crypto.signingKey(new Secret(new Uint8Array(32).fill(2)));
    const made = joining.store.transaction(() => joining.log.joinDevice(own, member, feed));
    expect(made.member).toEqual(member);
    own.privateKey.wipe();
    expect(say(joining, 'not yet heard')).toHaveLength(32);
    expect(deviceOf(openReplica(crypto, 2, { store: joining.store })).feed).toEqual(made.feed);
    // Nothing vouches for it: what it says is shown to nobody.
    expect(texts(joining)).toEqual([]);
  });
});

describe('cuts of what is held', () => {
  test('of a device that wrote, of one that only wrote entries, and of none', () => {
    const { alice, bob, second } = three(18);
    say(alice, 'one');
    say(alice, 'two');
    give(alice, bob);
    const feed = feedOf(alice) as FeedId;
    const [place] = bob.log.page({ limit: 9 }).map((event) => event.place);
    const adding = alice.log.addingEntry(deviceOf(second).feed);
    const charterHead = adding && hashOf(adding);
    expect(bob.log.cutsHere(feed)).toEqual([{ feed, segment: place?.segment, count: 2, charterCount: 2, charterHead }]);
    expect(bob.log.cutsHere(feed, 1)).toEqual([
      { feed, segment: place?.segment, count: 2, charterCount: 1, charterHead: hashOf(alice.inception) },
    ]);
    const stranger = utf8('stranger') as FeedId;
    const nothing = { feed: stranger, segment: null, count: 0, charterCount: 0, charterHead: null };
    expect(bob.log.cutsHere(stranger)).toEqual([nothing]);
  });
  test('by a time: only what had come by then, over ends of segments', () => {
    const { alice, bob } = three(20);
    const feed = feedOf(alice) as FeedId;
    const told = (text: string, at: number): void => {
      say(alice, text);
      take(bob, everything(alice), feed, START + at);
    };
    told('one', 10);
    told('two', 20);
    alice.store.transaction(() => alice.log.startSegment());
    told('three', 30);
    const [one, , three_] = bob.log.page({ limit: 9 }).map((event) => event.place);
    const at = (heldBy?: number) =>
      bob.log.cutsHere(feed, undefined, heldBy).map(({ segment, count }) => [segment, count]);
    expect(at()).toEqual([[three_?.segment, 1]]);
    expect(at(START + 30)).toEqual([[three_?.segment, 1]]);
    expect(at(START + 29)).toEqual([[one?.segment, 2]]);
    expect(at(START + 20)).toEqual([[one?.segment, 2]]);
    expect(at(START + 19)).toEqual([[one?.segment, 1]]);
    expect(at(START + 10)).toEqual([[one?.segment, 1]]);
    expect(at(START + 9)).toEqual([[null, 0]]);
    const nothing = { feed, segment: null, count: 0, charterCount: 0, charterHead: null };
    expect(bob.log.cutsHere(feed, undefined, 0)).toEqual([nothing]);
  });
  test('when a removal was first seen: of what counts alone', () => {
    const { alice, bob, second } = three(22);
    const { feed } = deviceOf(second);
    expect(alice.log.removedAt(feed)).toBe(Infinity);
    const { entry } = remove(alice, feed, START + 5);
    take(bob, [{ type: 'entry', entry }], feedOf(alice), START + 9);
    expect([alice.log.removedAt(feed), bob.log.removedAt(feed)]).toEqual([START + 5, START + 9]);
    expect(bob.log.removedAt(feedOf(alice) as FeedId)).toBe(Infinity);
  });
  test('branches of a copied charter: the longest, then the others by when they were seen', () => {
    const { alice, bob } = three(19);
    const feed = feedOf(alice) as FeedId;
    const copies = Array.from({ length: 9 }, (_, i) => openReplica(crypto, 700 + i, { store: alice.store.clone() }));
    const entries = copies.map((copy, i) => {
      const made = [
        write(copy, (key, at) => createWitness(crypto, key, at, { removal: new Uint8Array(32).fill(i) })).entry,
      ];
      if (i === 4)
        made.push(
          write(copy, (key, at) => createWitness(crypto, key, at, { removal: new Uint8Array(32).fill(99) })).entry,
        );
      return made;
    });
    const order = [3, 4, 8, 0, 1, 7, 2, 6, 5];
    for (const [at, i] of order.entries())
      take(
        bob,
        (entries[i] ?? []).map((entry) => ({ type: 'entry', entry })),
        feedOf(alice),
        START + at,
      );
    const heads = bob.log
      .cutsHere(feed)
      .map(({ charterHead, charterCount }) => [charterHead && toHex(charterHead), charterCount]);
    const hash = (i: number, n: number) => toHex(hashOf(entries[i]?.[n] ?? new Uint8Array(0)));
    expect(heads).toEqual([[hash(4, 1), 4], ...[3, 8, 0, 1, 7, 2, 6].map((i) => [hash(i, 0), 3])]);
    const disputed = bob.log.cutsHere(feed, 3);
    expect(disputed).toHaveLength(1);
    const smallest = entries.map((_, i) => hash(i, 0)).toSorted()[0];
    expect(disputed[0]?.charterHead && toHex(disputed[0].charterHead)).toBe(smallest);
  });
});

describe('what a damaged disk is said to hold', () => {
  /** Bob has three texts of Alice, all sealed. */
  const held = () => {
    const [alice, bob] = pair(crypto, 23);
    const ids = ['one', 'two', 'three'].map((text) => toHex(say(alice, text)));
    give(alice, bob);
    expect(bob.log.verify()).toEqual([]);
    const rows = bob.store.scan('header');
    const named = (): readonly string[] => {
      bob.log.forget();
      return bob.log.verify().map(({ event, damage }) => `${ids.indexOf(toHex(event))} ${damage}`);
    };
    return { bob, rows, named, log: bob.log, store: bob.store };
  };
  test('an event whose row is gone, what stands above it, and what no seal reaches any more', () => {
    const { rows, named, store } = held();
    store.delete('header', rows[1]?.key ?? new Uint8Array());
    expect(named()).toEqual(['2 chain', '0 unsealed', '1 missing']);
  });
  test('an event at another place or with another time than it says', () => {
    const { rows, named, store } = held();
    const [, , last] = rows;
    if (last === undefined) throw new Error('not held');
    store.put('header', last.key, last.value.with(12, 9));
    expect(named()).toContain('2 header');
    store.delete('header', last.key);
    store.put('header', last.key.with(35, 7), last.value);
    expect(named()).toContain('2 header');
  });
  test.each([
    ['a seal that does not read', 'seal', 40],
    ['a certificate that does not read', 'certificate', 60],
  ] as const)('%s: all that it stood for is unsealed', (_, table, byte) => {
    const { named, store, log } = held();
    const [row] = store.scan(table);
    if (row === undefined) throw new Error('not held');
    store.put(table, row.key, row.value.with(byte, (row.value[byte] ?? 0) ^ 1));
    expect(named().toSorted()).toEqual(['0 unsealed', '1 unsealed', '2 unsealed']);
    store.delete(table, row.key);
    expect(named().toSorted()).toEqual(['0 unsealed', '1 unsealed', '2 unsealed']);
    store.put(table, row.key, row.value);
    expect(named()).toEqual([]);
    expect(log.page({ limit: 9 })).toHaveLength(3);
  });
});

describe('single events', () => {
  const talk = () => {
    const [alice, bob] = pair(crypto, 21);
    const ids = ['one', 'two', 'three'].map((text) => say(alice, text));
    give(alice, bob);
    return { alice, bob, ids: ids as [EventId, EventId, EventId] };
  };
  const nobody = new Uint8Array(32).fill(9) as EventId;

  test('by id, by its beginning, by place, by Lamport time, and as the store has it', () => {
    const { bob, ids } = talk();
    const shown = bob.log.page({ limit: 9 });
    const [, two] = shown;
    if (two === undefined) throw new Error('not shown');
    expect(bob.log.find(ids[1])).toEqual(two);
    expect(bob.log.findPrefix(ids[1].subarray(0, 16))).toEqual(two);
    expect(bob.log.at(two.place)).toEqual(two);
    expect(bob.log.seenAt(two.place)).toEqual(two);
    const opened = { shown: two, content: utf8('two') };
    expect(bob.log.open(ids[1])).toEqual(opened);
    expect(bob.log.open(ids[1], two.lamport)).toEqual(opened);
    expect(bob.log.open(ids[1], two.lamport + 1)).toBeUndefined();
    const linked = bob.store.scanLinked('order', {}, FROM_ORDER)[1]?.linked ?? [];
    expect(bob.log.openLinked(ids[1], linked)).toEqual(opened);
    const [standing, value] = linked;
    expect(bob.log.openLinked(ids[1], [standing, value, undefined])).toEqual({
      shown: { ...two, contentState: 'missing' },
      content: undefined,
    });
    expect(bob.log.openLinked(ids[1], [undefined, value, undefined])).toBeUndefined();
    expect(bob.log.openLinked(ids[1], [standing, undefined, undefined])).toBeUndefined();
    expect([bob.log.find(nobody), bob.log.open(nobody), bob.log.open(nobody, 2), bob.log.content(nobody)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(bob.log.findPrefix(nobody.subarray(0, 16))).toBeUndefined();
    for (const place of [
      { ...two.place, seq: 3 },
      { ...two.place, feed: utf8('stranger') as FeedId },
    ])
      expect([bob.log.at(place), bob.log.seenAt(place)]).toEqual([undefined, undefined]);
  });

  test('pages go on where they ended, either way, and end at what is not held', () => {
    const { bob, ids } = talk();
    const of = (page: Parameters<typeof bob.log.page>[0]) => bob.log.page(page).map(({ event }) => toHex(event));
    const [one, two, three] = ids.map(toHex);
    expect(of({ limit: 2 })).toEqual([two, three]);
    expect(of({ limit: 2, before: ids[2] })).toEqual([one, two]);
    expect(of({ limit: 2, before: ids[0] })).toEqual([]);
    expect(of({ limit: 1, after: ids[0] })).toEqual([two]);
    expect(of({ limit: 9, after: ids[0] })).toEqual([two, three]);
    expect(of({ limit: 9, after: ids[2] })).toEqual([]);
    expect([of({ limit: 9, after: nobody }), of({ limit: 9, before: nobody })]).toEqual([[], []]);
  });

  test('times, states of contents, and what a content that is not what its header says is', () => {
    const { alice, bob, ids } = talk();
    alice.store.transaction(() => alice.log.append({ contentKind: 2, content: null, time: START + 90_000 }));
    give(alice, bob);
    const states = () => bob.log.page({ limit: 9 }).map(({ contentState }) => contentState);
    expect(states()).toEqual(['held', 'held', 'held', 'none']);
    expect(bob.log.page({ limit: 9 }).map(({ time }) => time - START)).toEqual([0, 0, 0, 60_000]);
    bob.store.transaction(() => bob.log.purge(ids[0]));
    bob.store.transaction(() => bob.log.purge(ids[1], 'expired'));
    expect(states()).toEqual(['purged', 'expired', 'held', 'none']);
    expect([bob.log.content(ids[0]), bob.log.open(ids[0])?.content]).toEqual([undefined, undefined]);
    // What was purged may expire, and what expired stays so; a second time changes nothing.
    bob.store.transaction(() => bob.log.purge(ids[0], 'expired'));
    bob.store.transaction(() => bob.log.purge(ids[1]));
    bob.store.transaction(() => bob.log.purge(ids[1]));
    bob.store.transaction(() => bob.log.purge(nobody));
    expect(states()).toEqual(['expired', 'expired', 'held', 'none']);
    // Nobody brings it back.
    take(bob, everything(alice), feedOf(alice));
    expect(states()).toEqual(['expired', 'expired', 'held', 'none']);
    const row = bob.store.scan('content')[0];
    if (row === undefined) throw new Error('no content');
    bob.store.put(
      'content',
      row.key,
      row.value.map((byte, i) => (i === 40 ? byte : byte ^ (i === 33 ? 1 : 0))),
    );
    bob.log.forget();
    expect([bob.log.content(ids[2]), bob.log.open(ids[2])?.content]).toEqual([undefined, undefined]);
    expect(bob.log.verify().map(({ damage }) => damage)).toEqual(['content']);
    bob.store.delete('content', row.key);
    bob.log.forget();
    expect(states()).toEqual(['expired', 'expired', 'missing', 'none']);
  });

  test('what is purged as soon as it was written is gone, and what was written is read back at once', () => {
    const [alice] = pair(crypto, 22);
    alice.store.transaction(() => {
      const { event } = alice.log.append({ contentKind: 16, content: utf8('fresh'), time: START });
      expect(alice.log.content(event)).toEqual(utf8('fresh'));
      expect(alice.log.open(event)?.content).toEqual(utf8('fresh'));
      alice.log.purge(event);
      expect(alice.log.content(event)).toBeUndefined();
      expect(alice.log.open(event)?.content).toBeUndefined();
    });
    expect(alice.store.scan('content')).toEqual([]);
  });

  test('what goes on another person’s disk is sealed, and nothing is signed twice', () => {
    const { alice, bob } = talk();
    const seals = (who: Person) => who.store.scan('seal').length;
    expect(seals(alice)).toBe(1);
    say(alice, 'four');
    alice.log.sealHead();
    alice.log.sealHead();
    expect(seals(alice)).toBe(1);
    expect(alice.log.verify()).toEqual([]);
    say(alice, 'five');
    expect(alice.log.verify().map(({ damage }) => damage)).toEqual(['unsealed']);
    take(alice, [], feedOf(bob));
    expect(alice.log.verify()).toEqual([]);
  });
});
