// Numbers and names at the edge of what the formats let a member say: the log refuses them or keeps them, and goes on either way.
import { expect, test } from 'vitest';
import { utf8 } from '../../src/bytes/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import {
  CHARTER_SEGMENT,
  createCertificate,
  createRemoval,
  eventIdOf,
  MAX_SEQ,
  NO_HASH,
  type FeedId,
  type SegmentId,
} from '../../src/identity/index.ts';
import {
  createSeal,
  decodeHeader,
  encodeHeader,
  noContentHash,
  type Header,
  type LogObject,
} from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import {
  CONVERSATION,
  everything,
  feedOf,
  give,
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
const NOWHERE = new Uint8Array(8) as FeedId;

const meeting = () => {
  const [alice, bob] = pair(crypto, 3);
  say(alice, 'one');
  give(alice, bob);
  return { alice, bob };
};
const headerOf = (alice: Person, change: Partial<Header>): Header => {
  const [event] = everything(alice).filter((object) => object.type === 'event');
  const header = event && decodeHeader(event.header);
  if (header === undefined) throw new Error('nothing was said');
  return { ...header, ...change };
};
const asEvent = (header: Header): LogObject => ({ type: 'event', header: encodeHeader(header), content: null });
/** The same home, started anew: whatever was stored is read again. */
const again = (who: Replica) => openReplica(crypto, 9, { store: who.store.clone() });
/** Bob's log takes what comes after, and so does it after a start. */
const goesOn = (alice: Person, bob: Replica, before = ['one']): void => {
  say(alice, 'after');
  give(alice, bob);
  expect(texts(bob)).toEqual([...before, 'after']);
  const anew = again(bob);
  expect(texts(anew)).toEqual([...before, 'after']);
  anew.store.transaction(() => anew.log.frontier());
  expect(anew.log.verify()).toEqual([]);
};

test.each<[string, (alice: Person) => LogObject]>([
  ['an event', (alice) => asEvent(headerOf(alice, { segment: CHARTER_SEGMENT }))],
  [
    'a seal',
    (alice) => ({
      type: 'seal',
      ...createSeal(
        crypto,
        crypto.signingKey(new Secret(new Uint8Array(32))),
        CONVERSATION,
        headerOf(alice, { segment: CHARTER_SEGMENT }),
        NO_HASH,
      ),
    }),
  ],
  [
    'a stub',
    (alice) => ({
      type: 'stub',
      format: 1,
      kind: 1,
      feed: feedOf(alice) as FeedId,
      segment: CHARTER_SEGMENT,
      count: 1,
      head: NO_HASH,
      lamport: 1,
      seed: new Uint8Array(32),
      signature: new Uint8Array(64),
    }),
  ],
  [
    'an event of the last seq there is',
    (alice) => asEvent(headerOf(alice, { seq: MAX_SEQ, previous: new Uint8Array(32).fill(1) as never })),
  ],
])('class 28 %s where the charter stands, or beyond where one more fits, is malformed', (_, make) => {
  const { alice, bob } = meeting();
  const taken = take(bob, [make(alice)], feedOf(alice));
  expect([...taken.refused]).toEqual([['malformed', 1]]);
  goesOn(alice, bob);
});

test('class 28 a certificate of the last day there is, before one of the segment 0, is kept and read again', () => {
  const { alice, bob } = meeting();
  const device = alice.log.device();
  if (device === undefined) throw new Error('not started');
  const rest = { conversation: CONVERSATION, feed: device.feed, subkey: device.key.publicKey, extensions: [] };
  const last = createCertificate(crypto, device.key, { ...rest, number: 0, previous: null, day: 0xffffffff });
  const after = createCertificate(crypto, device.key, { ...rest, number: 1, previous: CHARTER_SEGMENT, day: 1 });
  take(
    bob,
    [last, after].map(({ bytes }) => ({ type: 'certificate', certificate: bytes })),
    feedOf(alice),
  );
  goesOn(alice, bob);
});

test('class 28 the end of a segment dated with the last minute there is is kept and read again', () => {
  const { alice, bob } = meeting();
  const device = alice.log.device();
  const first = headerOf(alice, {});
  if (device === undefined) throw new Error('not started');
  const subkey = crypto.signingKey(new Secret(new Uint8Array(32).fill(8)));
  const { bytes, certificate } = createCertificate(crypto, device.key, {
    conversation: CONVERSATION,
    feed: device.feed,
    number: 1,
    previous: first.segment,
    subkey: subkey.publicKey,
    day: 1,
    extensions: [],
  });
  const header = encodeHeader({
    ...first,
    segment: certificate.segment,
    heads: [{ feed: device.feed, segment: first.segment, seq: 0, lamport: first.lamport }],
    lamport: first.lamport + 1,
    time: 0xffffffff,
    end: { segment: first.segment, count: 1 },
    sizeClass: 0,
    contentHash: noContentHash(),
  });
  const seal = createSeal(
    crypto,
    subkey,
    CONVERSATION,
    { feed: device.feed, segment: certificate.segment, seq: 0 },
    eventIdOf(crypto, header),
  );
  const taken = take(
    bob,
    [
      { type: 'certificate', certificate: bytes },
      { type: 'event', header, content: null },
      { type: 'seal', ...seal },
    ],
    feedOf(alice),
  );
  expect(taken.shown).toHaveLength(1);
  const anew = again(bob);
  anew.store.transaction(() => anew.log.frontier());
  expect(anew.log.page({ limit: 9 })).toHaveLength(2);
});

test('class 28 a removal that names a place in segment 0 is judged as any other', () => {
  const { alice, bob } = meeting();
  const cut = { feed: feedOf(bob) as FeedId, segment: CHARTER_SEGMENT, count: 1, charterCount: 1, charterHead: null };
  alice.store.transaction(() =>
    alice.log.appendEntry(
      (key, at) => createRemoval(crypto, key, at, { feed: cut.feed, member: null, cuts: [cut] }),
      START,
    ),
  );
  say(bob, 'two');
  give(alice, bob);
  give(bob, alice);
  goesOn(alice, again(bob), ['one', 'two']);
});

test('class 28 a frontier that names what nobody has asks for it, and nothing else happens', () => {
  const { alice, bob } = meeting();
  for (const segment of [
    new Uint8Array(8),
    new Uint8Array(8).fill(253),
    new Uint8Array(8).fill(254),
    new Uint8Array(8).fill(255),
  ])
    for (const feed of [NOWHERE, feedOf(alice) as FeedId, utf8('stranger') as FeedId]) {
      const named = { segment: segment as SegmentId, count: 2, head: NO_HASH, past: new Uint8Array(8) };
      const told = {
        feed,
        charterCount: 9,
        charterDigest: new Uint8Array(8),
        ...named,
        ranges: [{ segment: named.segment, from: 0, to: 9 }],
        aside: [named],
      };
      const theirs = { digest: new Uint8Array(16), base: 0 as const, feeds: [told] };
      bob.store.transaction(() => {
        const { iLack, theyLack } = bob.log.compare(theirs);
        expect(iLack.length).toBeGreaterThan(0);
        bob.log.read(theyLack, 1e6);
        bob.log.read([{ feed, segment: named.segment, from: 0, to: 9 }], 1e6);
        bob.log.covers(theirs, { feed, segment: named.segment, seq: 0 });
      });
    }
  goesOn(alice, bob);
});

test('S2.10 a seal of an event with a wrong Lamport time counts for what stands below it, for the verifier as well', () => {
  const { alice, bob } = meeting();
  const device = alice.log.device();
  if (device === undefined) throw new Error('not started');
  const subkey = crypto.signingKey(new Secret(new Uint8Array(32).fill(8)));
  const rest = { conversation: CONVERSATION, feed: device.feed, number: 0, previous: null, day: 1, extensions: [] };
  const { bytes, certificate } = createCertificate(crypto, device.key, { ...rest, subkey: subkey.publicKey });
  const { feed, segment } = certificate;
  const plain = headerOf(alice, { segment, heads: [], lamport: 1, sizeClass: 0, contentHash: noContentHash() });
  const first = encodeHeader(plain);
  const wrong = encodeHeader({ ...plain, seq: 1, previous: eventIdOf(crypto, first), lamport: 1 });
  const seal = createSeal(crypto, subkey, CONVERSATION, { feed, segment, seq: 1 }, eventIdOf(crypto, wrong));
  const events = [first, wrong].map((header): LogObject => ({ type: 'event', header, content: null }));
  take(bob, [{ type: 'certificate', certificate: bytes }, ...events, { type: 'seal', ...seal }], feedOf(alice));
  expect(bob.log.find(eventIdOf(crypto, first))).toBeDefined();
  expect(bob.log.find(eventIdOf(crypto, wrong))).toBeUndefined();
  // Nor is it damage of the disk: it never counted.
  expect(bob.log.verify()).toEqual([]);
});
