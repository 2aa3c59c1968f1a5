// Private keys that a log makes for a moment are wiped when it has passed, and what it is lent stays whole.
import { expect, test } from 'vitest';
import { utf8 } from '../../src/bytes/index.ts';
import { encode } from '../../src/codec/index.ts';
import { Secret, type Crypto } from '../../src/crypto/index.ts';
import { createInception, createWitness } from '../../src/identity/index.ts';
import { openDays, PUBLISH_KIND, publishCodec, retell, forge, decodeHeader, judge } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { addDevice } from './devices.ts';
import { Hand } from './hand.ts';
import { DAY, everything, give, meet, openReplica, pair, person, ROOT, say, START, take } from './people.ts';

/** Counts the private keys and seeds that are still readable. */
const watched = () => {
  const base = createNullCrypto();
  const made: Secret[] = [];
  const crypto: Crypto = {
    ...base,
    signingKey: (seed) => {
      const key = base.signingKey(seed);
      made.push(seed, key.privateKey);
      return key;
    },
  };
  return { crypto, open: () => made.filter(({ length }) => length > 0).length, base };
};

test('what is written, sealed and certified leaves one key: that of the running segment, until the log forgets', () => {
  const { crypto, open } = watched();
  const who = person(crypto, 801);
  // The device's own, which its maker holds, and the seed of it.
  const before = open();
  for (const [i, time] of [START, START, START + DAY, START + 2 * DAY].entries()) {
    say(who, `${i}`, time);
    who.store.transaction(() => who.log.sealHead());
    expect(open()).toBe(before + 1);
  }
  who.store.transaction(() =>
    who.log.appendEntry((key, at) => createWitness(crypto, key, at, { removal: new Uint8Array(32) }), START),
  );
  expect(open()).toBe(before + 1);
  everything(who);
  expect(open()).toBe(before + 1);
  who.log.forget();
  expect(open()).toBe(before);
});

test('a key that a device was started with may be wiped: the log has its own', () => {
  const { crypto } = watched();
  for (const isJoined of [false, true]) {
    const replica = openReplica(crypto, 802);
    const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(1)));
    const inception = createInception(crypto, {
      key,
      root: ROOT,
      memberKind: 'human',
      recoveryKey: new Uint8Array(32),
      versions: [1],
    });
    const other = person(crypto, 803);
    const { feed, member } = other.log.device() as NonNullable<ReturnType<typeof other.log.device>>;
    const device = replica.store.transaction(() =>
      isJoined ? replica.log.joinDevice(key, member, feed) : replica.log.startDevice(key, inception),
    );
    expect(device.key).toBe(key);
    const privateKey = key.privateKey.expose().slice();
    key.privateKey.wipe();
    expect(replica.log.device()?.key.privateKey.expose()).toEqual(privateKey);
    expect(replica.log.device()).toMatchObject({ feed: device.feed, member: device.member });
    // Each answer is its caller's.
    replica.log.device()?.key.privateKey.wipe();
    expect(replica.log.device()?.key.privateKey.expose()).toEqual(privateKey);
    const first = say(replica, 'one');
    say(replica, 'two');
    expect(replica.log.find(first) !== undefined).toBe(!isJoined);
    const again = openReplica(crypto, 804, { store: replica.store });
    expect(again.log.device()?.key.privateKey.expose()).toEqual(privateKey);
  }
  const liar = openReplica(crypto, 805);
  const someone = person(crypto, 806);
  const mine = crypto.signingKey(new Secret(new Uint8Array(32).fill(2)));
  const start = (inception: Uint8Array) => liar.store.transaction(() => liar.log.startDevice(mine, inception));
  expect(() => start(someone.inception)).toThrow('its own inception');
  expect(() => start(new Uint8Array(4))).toThrow('its own inception');
});

test('seeds that are told, in a publication, a stub or by self, are checked without leaving a key, and stay as they were', () => {
  const { crypto, open, base } = watched();
  const [alice, bob] = pair(base, 807);
  const hand = new Hand(base, alice);
  const first = hand.certify();
  for (const text of ['one', 'two']) hand.next({}, text);
  hand.certify();
  hand.write({ end: { segment: first, count: 2 } });
  const seed = new Uint8Array(32).fill(40);
  hand.next(
    { contentKind: PUBLISH_KIND },
    encode(publishCodec, { feed: hand.feed, segment: first, seed, extensions: [] }),
  );
  const third = openReplica(crypto, 808);
  for (const who of [alice, bob]) meet(third, who);
  const before = open();
  const objects = hand.objects.slice();
  expect(take(third, objects, 'own').published).toHaveLength(1);
  expect(open()).toBe(before);
  const last = hand.piece(1, 2, first)[1];
  if (last?.type !== 'seal') throw new Error('no seal');
  const { feed, head, signature } = last;
  const other = openReplica(crypto, 809);
  for (const who of [alice, bob]) meet(other, who);
  take(other, hand.certificates(), 'own');
  const stub = {
    type: 'stub',
    format: 1,
    kind: 1,
    feed,
    segment: first,
    count: 2,
    head,
    lamport: 2,
    seed,
    signature,
  } as const;
  expect([...take(other, [stub], 'own').refused]).toEqual([]);
  expect(open()).toBe(before);
  expect(seed).toEqual(new Uint8Array(32).fill(40));

  // Whoever tells the day otherwise leaves none, and neither does who judges.
  const days = openDays(crypto, [...objects, { type: 'entry', entry: alice.inception }]);
  expect(days.map(({ day }) => day)).toEqual([START]);
  const [day] = days;
  const header = objects.flatMap((object) => (object.type === 'event' ? (decodeHeader(object.header) ?? []) : []))[0];
  if (day === undefined || header === undefined) throw new Error('nothing is public');
  const tools = { crypto, randomness: seededRandomness(4) };
  expect(retell(tools, objects, day, () => utf8('other'))).toHaveLength(objects.length);
  expect(
    forge(tools, { ...day, first: header, events: [{ contentKind: 16, content: utf8('x'), time: START }] }),
  ).toHaveLength(2);
  expect(judge(crypto, [...objects, { type: 'entry', entry: alice.inception }]).size).toBeGreaterThan(0);
  expect(open()).toBe(before);
  expect(day.seed).toEqual(new Uint8Array(32).fill(40));
  // A stub tells the seed as well.
  expect(openDays(crypto, [...hand.certificates(), stub]).map(({ seed: told }) => told)).toEqual([seed]);
});

test('a device asks about the seeds of its person’s other devices without keeping them', () => {
  const { crypto, open } = watched();
  const [alice, bob] = pair(crypto, 810);
  const second = addDevice(alice, 811);
  for (const known of [alice, bob]) {
    const device = known.log.device();
    if (device !== undefined) second.store.transaction(() => second.log.admit(device.member));
  }
  give(alice, second);
  for (const day of [0, 1]) say(second, `${day}`, START + day * DAY);
  give(alice, bob);
  for (const who of [bob, alice]) give(second, who);
  alice.log.forget();
  const before = open();
  const place = alice.log.page({ limit: 9 })[0]?.place;
  if (place === undefined) throw new Error('nothing was said');
  const seed = new Uint8Array(32).fill(9);
  const counterparts = [bob.store.transaction(() => bob.log.frontier())];
  const question = { now: START + 30 * DAY, counterparts, sharedTimeOk: () => true };
  const due = (seeds: readonly { feed: typeof place.feed; segment: typeof place.segment; seed: Uint8Array }[]) =>
    alice.store.transaction(() => alice.log.duePublications({ ...question, seeds })).length;
  expect(due([{ ...place, seed }])).toBe(0);
  expect(seed).toEqual(new Uint8Array(32).fill(9));
  expect(open()).toBe(before);
});
