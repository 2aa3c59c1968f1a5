// Two people with two devices each, over years of days; and what somebody who is given everything can tell.
import { toHex } from '../../src/bytes/index.ts';
import { decode } from '../../src/codec/index.ts';
import { Secret, type Crypto } from '../../src/crypto/index.ts';
import { createAddDevice, signConsent } from '../../src/identity/index.ts';
import { decodeHeader, PUBLISH_KIND, publishCodec, type LogObject, type SegmentSeed } from '../../src/log/index.ts';
import { DAY, give, openReplica, pair, ROOT, say, START, take, type Person } from './people.ts';

/** A further device of a person: the first one adds it, and knows of it what it needs. */
export const addDevice = (first: Person, seed: number): Person => {
  const device = first.log.device();
  if (device === undefined) throw new Error('not started');
  const replica = openReplica(first.crypto, seed);
  const { crypto } = first;
  const key = crypto.signingKey(new Secret(replica.random.bytes(32)));
  replica.store.transaction(() => replica.log.joinDevice(key, device.member, device.feed));
  const consent = signConsent(crypto, key, ROOT, device.member);
  first.store.transaction(() =>
    first.log.appendEntry(
      (signer, at) => createAddDevice(crypto, signer, at, { device: key.publicKey, member: device.member, consent }),
      START,
    ),
  );
  return { ...replica, inception: first.inception };
};

export interface Households {
  readonly all: readonly Person[];
  readonly alice: readonly [Person, Person];
  readonly bob: readonly [Person, Person];
}
export const households = (crypto: Crypto, seed: number): Households => {
  const [a1, b1] = pair(crypto, seed);
  const a2 = addDevice(a1, seed + 50);
  const b2 = addDevice(b1, seed + 60);
  for (const who of [a2, b2]) {
    for (const known of [a1, b1]) {
      const device = known.log.device();
      if (device === undefined) throw new Error('not started');
      who.store.transaction(() => who.log.admit(device.member));
    }
  }
  const all = [a1, a2, b1, b2];
  everyoneToEveryone(all);
  return { all, alice: [a1, a2], bob: [b1, b2] };
};
export const everyoneToEveryone = (all: readonly Person[]): void => {
  for (let round = 0; round < 2; round++) for (const from of all) for (const to of all) if (from !== to) give(from, to);
};

/** Publishes what is due for all devices of this person, from one of them; `seeds` as `self` would tell them. */
export const publishDue = (
  who: Person,
  others: readonly Person[],
  now: number,
  seeds: readonly SegmentSeed[] = [],
  graceMs = 7 * DAY,
): number => {
  const counterparts = others.map((other) => other.store.transaction(() => other.log.frontier()));
  return who.store.transaction(() => {
    const due = who.log.duePublications({ now, counterparts, graceMs, seeds, sharedTimeOk: () => true });
    for (const { content } of due) who.log.append({ contentKind: PUBLISH_KIND, content, time: now });
    return due.length;
  });
};

/** Days in which all four devices write. */
export const weeks = (crypto: Crypto, seed: number, days: number): Households => {
  const home = households(crypto, seed);
  for (let day = 0; day < days; day++) {
    const now = START + day * DAY;
    for (const [n, who] of home.all.entries()) {
      for (let i = 0; i < 3; i++) say(who, `day ${day} device ${n} text ${i}`, now + (n * 10 + i) * 60_000);
    }
    everyoneToEveryone(home.all);
    for (const who of home.alice) publishDue(who, home.bob, now + DAY / 2);
    for (const who of home.bob) publishDue(who, home.alice, now + DAY / 2);
  }
  everyoneToEveryone(home.all);
  return home;
};

export const publishedIn = (objects: readonly LogObject[]): ReadonlySet<string> =>
  new Set(
    objects.flatMap((object) => {
      if (object.type !== 'event' || object.content === null) return [];
      if (decodeHeader(object.header)?.contentKind !== PUBLISH_KIND) return [];
      const publish = decode(publishCodec, object.content.content);
      return publish === undefined ? [] : [toHex(publish.segment)];
    }),
  );

/** Somebody who knows both members, and nothing else. */
export const innocent = (home: Households, seed: number, objects: readonly LogObject[]) => {
  const replica = openReplica(home.alice[0].crypto, seed);
  for (const who of [home.alice[0], home.bob[0]]) {
    const device = who.log.device();
    if (device !== undefined) replica.store.transaction(() => replica.log.admit(device.member));
  }
  return { replica, taken: take(replica, objects, 'own') };
};
