// The vectors of spec pages 03 and 04, made from a fixed seed.
import { toHex } from '../../src/bytes/index.ts';
import { decode, encode } from '../../src/codec/index.ts';
import { selfContents } from '../../src/conversation/index.ts';
import { Secret, type Crypto } from '../../src/crypto/index.ts';
import {
  conversationName,
  createAbsorb,
  createAddDevice,
  createInception,
  createRecovery,
  createRecoveryWords,
  createRefusal,
  createRemoval,
  createWitness,
  entryPointAfter,
  feedIdOf,
  memberIdOf,
  openEntry,
  readCertificate,
  recoveryKey,
  signAbsorbConsent,
  signConsent,
  type OpenEntry,
} from '../../src/identity/index.ts';
import {
  contentHash,
  decodeHeader,
  frontierCodec,
  logObjectCodec,
  PUBLISH_KIND,
  publishCodec,
  sizeClassOf,
} from '../../src/log/index.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { DAY, everything, give, pair, ROOT, say, START } from './people.ts';

const flipLast = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
const opened = (crypto: Crypto, bytes: Uint8Array): OpenEntry => {
  const open = openEntry(crypto, bytes);
  if (open === undefined) throw new Error('an entry of ours does not open');
  return open;
};

export const identityVectors = (crypto: Crypto) => {
  const random = seededRandomness(303);
  const key = () => crypto.signingKey(new Secret(random.bytes(32)));
  const [first, second] = [key(), key()];
  const inception = createInception(crypto, {
    key: first,
    root: ROOT,
    memberKind: 'human',
    recoveryKey: random.bytes(32),
    versions: [1],
  });
  const least = createInception(crypto, {
    key: second,
    root: ROOT.subarray(0, 16),
    memberKind: 'system',
    recoveryKey: random.bytes(32),
    versions: [1],
  });
  const start = opened(crypto, inception);
  const member = memberIdOf(crypto, inception);
  const added = opened(
    crypto,
    createAddDevice(crypto, first, entryPointAfter(start), {
      device: second.publicKey,
      member,
      consent: signConsent(crypto, second, ROOT, member),
    }),
  );
  const feed = feedIdOf(crypto, second.publicKey);
  const cut = { feed, segment: null, count: 0, charterCount: 0, charterHead: null };
  const removal = opened(
    crypto,
    createRemoval(crypto, first, entryPointAfter(added), {
      feed,
      member: null,
      cuts: Array.from({ length: 8 }, () => cut),
    }),
  );
  const witness = opened(crypto, createWitness(crypto, first, entryPointAfter(removal), { removal: removal.hash }));
  const words = createRecoveryWords(crypto, new Secret(Uint8Array.from({ length: 16 }, (_, i) => i * 17)));
  const later = recoveryKey(crypto, words.seed, 1023).publicKey;
  const recovery = opened(
    crypto,
    createRecovery(crypto, first, entryPointAfter(witness), { member, recoveryKey: later }),
  );
  const refusal = opened(crypto, createRefusal(crypto, first, entryPointAfter(recovery), { recovery: recovery.hash }));
  const [by, other] = [
    { root: ROOT, member },
    { root: ROOT.subarray(0, 16), member: memberIdOf(crypto, least) },
  ];
  const absorb = {
    member,
    otherRoot: other.root,
    other: other.member,
    device: second.publicKey,
    consent: signAbsorbConsent(crypto, second, by, other),
  };
  const absorbed = opened(crypto, createAbsorb(crypto, first, entryPointAfter(refusal), absorb));
  const unconsented = signAbsorbConsent(crypto, second, other, by);
  const all = [start, opened(crypto, least), added, removal, witness, recovery, refusal, absorbed];
  const entries = all.map((open) => ({
    kind: open.act.type,
    entry: toHex(open.bytes),
    hash: toHex(open.hash),
    feed: toHex(open.feed),
    member: open.act.type === 'inception' ? toHex(memberIdOf(crypto, open.bytes)) : null,
  }));
  const unsigned = added.bytes.slice(0, -64);
  const invalid = [
    { why: 'the signature is not of this key', entry: toHex(flipLast(inception)) },
    { why: 'one byte follows', entry: `${toHex(inception)}00` },
    { why: 'cut off', entry: toHex(unsigned) },
    { why: 'a certificate is no entry', entry: toHex(certificateOf(crypto)) },
    {
      why: 'an absorb entry whose consent is of the other direction',
      entry: toHex(createAbsorb(crypto, first, entryPointAfter(refusal), { ...absorb, consent: unconsented })),
    },
    {
      why: 'an absorb entry of the member itself',
      entry: toHex(
        createAbsorb(crypto, first, entryPointAfter(refusal), {
          ...absorb,
          otherRoot: ROOT,
          other: member,
          consent: signAbsorbConsent(crypto, second, by, by),
        }),
      ),
    },
    { why: 'empty', entry: '' },
  ];
  const recoveryWords = {
    entropy: toHex(Uint8Array.from({ length: 16 }, (_, i) => i * 17)),
    words: words.words.join(' '),
    seed: toHex(words.seed.expose()),
    keys: [0, 1, 1023, 1024].map((index) => ({
      index,
      publicKey: toHex(recoveryKey(crypto, words.seed, index).publicKey),
    })),
    invalid: [
      { why: 'the check is wrong', words: words.words.with(11, 'zoo').join(' ') },
      { why: 'a word is not of the list', words: words.words.with(3, 'kith').join(' ') },
      { why: 'one is missing', words: words.words.slice(1).join(' ') },
    ],
  };
  return { about: 'spec/03-identity-and-charter.md. All bytes in hexadecimal.', entries, invalid, recoveryWords };
};

const certificateOf = (crypto: Crypto): Uint8Array => {
  const [alice] = pair(crypto, 21);
  say(alice, 'x');
  const found = everything(alice).find(({ type }) => type === 'certificate');
  if (found?.type !== 'certificate') throw new Error('no certificate');
  return found.certificate;
};

/** The publication of a day: what makes a segment forgeable, and what does not. */
const publicationVectors = (crypto: Crypto) => {
  const [alice, bob] = pair(crypto, 23);
  say(alice, 'a day');
  say(alice, 'the next', START + DAY);
  give(alice, bob);
  const [due] = alice.store.transaction(() =>
    alice.log.duePublications({
      now: START + 20 * DAY,
      counterparts: [bob.store.transaction(() => bob.log.frontier())],
      sharedTimeOk: () => true,
    }),
  );
  const publish = due === undefined ? undefined : decode(publishCodec, due.content);
  if (due === undefined || publish === undefined) throw new Error('nothing is due');
  const certificate = everything(alice)
    .flatMap((object) => (object.type === 'certificate' ? (readCertificate(object.certificate) ?? []) : []))
    .find(({ segment }) => toHex(segment) === toHex(due.segment));
  if (certificate === undefined) throw new Error('no certificate of it');
  const told = selfContents.encode({
    type: 'segmentSeed',
    conversation: alice.conversation,
    feed: publish.feed,
    segment: publish.segment,
    seed: publish.seed,
    extensions: [],
  });
  return {
    subkey: toHex(certificate.subkey),
    seed: toHex(publish.seed),
    kind: PUBLISH_KIND,
    publish: toHex(due.content),
    selfKind: told.kind,
    segmentSeed: toHex(told.bytes),
    invalid: [
      { why: 'one byte follows', publish: `${toHex(due.content)}00` },
      { why: 'the seed is a byte short', publish: toHex(due.content).replace('5820', '581f').replace(/..80$/, '80') },
      { why: 'empty', publish: '' },
    ],
  };
};

export const logVectors = (crypto: Crypto) => {
  const [alice, bob] = pair(crypto, 22);
  say(alice, '');
  give(alice, bob);
  say(bob, 'x'.repeat(300));
  give(bob, alice);
  say(alice, 'next day', START + DAY);
  give(alice, bob);
  const objects = everything(alice).map((object) => {
    const bytes = encode(logObjectCodec, object);
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    const certificate = object.type === 'certificate' ? readCertificate(object.certificate) : undefined;
    return {
      type: object.type,
      object: toHex(bytes),
      id: object.type === 'event' ? toHex(crypto.hash(32, object.header)) : null,
      seq: header?.seq ?? null,
      lamport: header?.lamport ?? null,
      segment:
        header === undefined ? (certificate === undefined ? null : toHex(certificate.segment)) : toHex(header.segment),
    };
  });
  const order = alice.log.page({ limit: 99 }).map(({ event }) => toHex(event));
  const frontier = alice.store.transaction(() => alice.log.frontier());
  const key = new Uint8Array(32).fill(5);
  const contents = [0, 1, 63, 64, 255, 256, 4095, 4096, 66559].map((length) => {
    const content = new Uint8Array(length).fill(65);
    return {
      byte: '41',
      length,
      key: toHex(key),
      sizeClass: sizeClassOf(length),
      hash: toHex(contentHash(crypto, key, content)),
    };
  });
  const event = objects.find(({ type }) => type === 'event')?.object ?? '';
  const invalid = [
    { why: 'one byte follows', object: `${event}00` },
    { why: 'unknown type', object: '820900' },
    { why: 'indefinite length', object: '9f03ff' },
    { why: 'not the shortest form of a number', object: `821803${event.slice(4)}` },
    { why: 'empty', object: '' },
  ];
  const roundTrip = decode(frontierCodec, encode(frontierCodec, frontier));
  if (roundTrip === undefined) throw new Error('a frontier of ours does not read');
  return {
    about: 'spec/04-log.md. All bytes in hexadecimal.',
    conversation: conversationName(alice.conversation),
    root: toHex(ROOT),
    objects,
    order,
    frontier: toHex(encode(frontierCodec, frontier)),
    contents,
    publication: publicationVectors(crypto),
    invalid,
  };
};

export const VECTORS = { identity: identityVectors, log: logVectors } as const;
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
