// Key-type confusion: a key signs many kinds of objects, and none passes for another; no format is read as another where both
// could stand.
import { expect, test } from 'vitest';
import { equalBytes, toHex, utf8ToText } from '../../src/bytes/index.ts';
import { decode, encode, type Codec } from '../../src/codec/index.ts';
import { Secret, type Crypto } from '../../src/crypto/index.ts';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import {
  absorbBody,
  addDeviceBody,
  CHARTER_SEGMENT,
  conversationIdFrom,
  createAbsorb,
  createAddDevice,
  createRecovery,
  createRefusal,
  createCertificate,
  createInception,
  createRemoval,
  createWitness,
  ENTRY_KINDS,
  feedIdOf,
  firstEntryPoint,
  inceptionBody,
  openCertificate,
  openEntry,
  recoveryBody,
  recoveryRangeCodec,
  refuseBody,
  removeBody,
  reopenEntry,
  signAbsorbConsent,
  signConsent,
  signedCertificateCodec,
  signedEntryCodec,
  signEntry,
  witnessBody,
  type EventId,
} from '../../src/identity/index.ts';
import { createSeal, sealCodec, stubCodec, verifySeal } from '../../src/log/objects.ts';
import { frontierCodec } from '../../src/log/index.ts';
import {
  claimCodec,
  decodeInboxRecord,
  deriveInvitationKeys,
  encodeInboxRecord,
  offerCodec,
  openOffer,
  sealOffer,
} from '../../src/mailbox/index.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';

const sodium = await createLibsodium();
const random = seededRandomness(77);
const ROOT = new Uint8Array(16).fill(9);
const MEMBER = new Uint8Array(16).fill(1);
const OTHER = { root: new Uint8Array(32).fill(2), member: new Uint8Array(16).fill(3) };
const key = sodium.signingKey(new Secret(random.bytes(32)));
const feed = feedIdOf(sodium, key.publicKey);
const conversation = conversationIdFrom(new Uint8Array(16).fill(4));
const at = { feed, segment: CHARTER_SEGMENT, seq: 5 };
const head = new Uint8Array(32).fill(6) as EventId;
const keys = deriveInvitationKeys(sodium, { secret: new Secret(new Uint8Array(16)), keyHash: head });
const cut = { feed, segment: null, count: 0, charterCount: 0, charterHead: null };
const next = { root: ROOT, seq: 1, previous: head };

/** Everything that a device, subkey or invitation key signs, all under one key. */
const made = (crypto: Crypto) => {
  const entry = createInception(crypto, {
    key,
    root: ROOT,
    memberKind: 'human',
    recoveryKey: head,
    versions: [1],
  });
  const { bytes: certificate } = createCertificate(crypto, key, {
    conversation,
    feed,
    number: 0,
    previous: null,
    subkey: key.publicKey,
    day: 1,
    extensions: [],
  });
  const seal = createSeal(crypto, key, conversation, at, head);
  const offer = {
    invitationKey: key.publicKey,
    keyPackage: new Uint8Array(1),
    relays: [],
    reusable: false,
    expires: 1,
    name: '',
    extensions: [],
  };
  const sealed = sealOffer(crypto, seededRandomness(1), keys, offer, key);
  if (sealed === undefined) throw new Error('no offer');
  return {
    entry,
    certificate,
    seal,
    sealed,
    consent: signConsent(crypto, key, ROOT, MEMBER),
    absorb: signAbsorbConsent(crypto, key, { root: ROOT, member: MEMBER }, OTHER),
  };
};
/** What each of them signed, as text up to the zero byte that ends a label. */
const labels = (): readonly string[] => {
  const found: string[] = [];
  made({
    ...sodium,
    sign: (by, message) => {
      found.push(utf8ToText(message.subarray(0, message.indexOf(0))) ?? 'no label');
      return sodium.sign(by, message);
    },
  });
  return found;
};

test('class 3 S4.20 each kind of signature has a label of its own', () => {
  const own = labels();
  expect(own).toHaveLength(6);
  expect(new Set(own).size).toBe(own.length);
  for (const label of own) expect(label).toMatch(/^kith [a-z ]+$/);
});

test('class 4 S4.20 a signature made for one slot verifies in no other, though key and content are the same', () => {
  const { entry, certificate, seal, consent, absorb } = made(sodium);
  const signatures = {
    entry: entry.slice(-64),
    certificate: certificate.slice(-64),
    seal: seal.signature,
    consent,
    absorb,
  };
  const withSignature = (object: Uint8Array, signature: Uint8Array): Uint8Array => {
    const copy = object.slice();
    copy.set(signature, copy.length - 64);
    return copy;
  };
  const add = (agreed: Uint8Array) =>
    createAddDevice(sodium, key, next, { device: key.publicKey, member: MEMBER, consent: agreed });
  const take = (agreed: Uint8Array) =>
    createAbsorb(sodium, key, next, {
      member: MEMBER,
      otherRoot: OTHER.root,
      other: OTHER.member,
      device: key.publicKey,
      consent: agreed,
    });
  const slots: Record<keyof typeof signatures, (signature: Uint8Array) => boolean> = {
    entry: (signature) => openEntry(sodium, withSignature(entry, signature)) !== undefined,
    certificate: (signature) =>
      openCertificate(sodium, withSignature(certificate, signature), key.publicKey) !== undefined,
    seal: (signature) => verifySeal(sodium, key.publicKey, conversation, { ...seal, signature }),
    consent: (signature) => openEntry(sodium, add(signature)) !== undefined,
    absorb: (signature) => openEntry(sodium, take(signature)) !== undefined,
  };
  const passed = Object.entries(signatures).flatMap(([from, signature]) =>
    Object.entries(slots).flatMap(([slot, verify]) => (verify(signature) ? [`${from} as ${slot}`] : [])),
  );
  expect(passed).toEqual(Object.keys(slots).map((name) => `${name} as ${name}`));
});

test('class 4 S4.20 every object fed to every other parser is refused', () => {
  const { entry, certificate, seal, sealed, consent } = made(sodium);
  const stub = { format: 1, kind: 1, feed, segment: at.segment, count: 1, head, lamport: 1, seed: head } as const;
  const offered = {
    version: 1,
    invitationKey: head,
    keyPackage: head,
    relays: [],
    reusable: false,
    expires: 1,
  } as const;
  const samples: Record<string, Uint8Array> = {
    entry,
    certificate,
    seal: encode(sealCodec, seal),
    stub: encode(stubCodec, { ...stub, signature: seal.signature }),
    frontier: encode(frontierCodec, { digest: MEMBER, base: 0, feeds: [] }),
    'inbox record': encodeInboxRecord({ number: 1, relays: [], bits: 0, prefix: new Uint8Array(0), secret: head }),
    offer: encode(offerCodec, { offer: { ...offered, name: '', extensions: [] }, signature: consent }),
    claim: encode(claimCodec, { version: 1, welcome: head, leaf: head, box: new Uint8Array(128) }),
    'sealed offer': sealed,
    consent,
  };
  const by =
    <T>(codec: Codec<T>) =>
    (bytes: Uint8Array) =>
      decode(codec, bytes);
  const parsers: Record<string, (bytes: Uint8Array) => unknown> = {
    entry: (bytes) => openEntry(sodium, bytes),
    certificate: (bytes) => openCertificate(sodium, bytes, key.publicKey),
    seal: by(sealCodec),
    stub: by(stubCodec),
    frontier: by(frontierCodec),
    'inbox record': decodeInboxRecord,
    offer: by(offerCodec),
    claim: by(claimCodec),
    'sealed offer': (bytes) => openOffer(sodium, keys, null, bytes),
  };
  const passed = Object.entries(samples).flatMap(([from, bytes]) =>
    Object.entries(parsers).flatMap(([slot, parse]) => (parse(bytes) === undefined ? [] : [`${from} as ${slot}`])),
  );
  expect(passed).toEqual(Object.keys(parsers).map((name) => `${name} as ${name}`));
});

test('S4.20 the body of one kind of entry is none of another, but where the kind alone tells them apart', () => {
  const bodies: Record<string, Uint8Array> = {
    inception: encode(inceptionBody, { memberKind: 0, recoveryKey: head, versions: [1] }),
    addDevice: encode(addDeviceBody, {
      device: key.publicKey,
      member: MEMBER,
      consent: signConsent(sodium, key, ROOT, MEMBER),
    }),
    remove: encode(removeBody, { feed, member: null, cuts: [cut] }),
    witness: encode(witnessBody, { removal: head }),
    recovery: encode(recoveryBody, { member: MEMBER, recoveryKey: head }),
    refuse: encode(refuseBody, { recovery: head }),
    absorb: encode(absorbBody, {
      member: MEMBER,
      otherRoot: OTHER.root,
      other: OTHER.member,
      device: key.publicKey,
      consent: signAbsorbConsent(sodium, key, { root: ROOT, member: MEMBER }, OTHER),
    }),
    range: encode(recoveryRangeCodec, { from: 0, to: 1 }),
  };
  const passed = Object.entries(bodies).flatMap(([from, body]) =>
    Object.entries(ENTRY_KINDS).flatMap(([kind, number]) => {
      const place = kind === 'inception' ? firstEntryPoint(ROOT) : next;
      const open = openEntry(sodium, signEntry(sodium, key, place, number, body));
      return open === undefined ? [] : [`${from} as ${open.act.type}`];
    }),
  );
  const same = ['witness as refuse', 'refuse as witness'];
  expect(passed.toSorted()).toEqual(
    [...Object.keys(ENTRY_KINDS).map((kind) => `${kind} as ${kind}`), ...same].toSorted(),
  );
});

test('an entry read again from the own database is the one that was opened', () => {
  const entries = [
    made(sodium).entry,
    createAddDevice(sodium, key, next, {
      device: key.publicKey,
      member: MEMBER,
      consent: signConsent(sodium, key, ROOT, MEMBER),
    }),
    createRemoval(sodium, key, next, { feed, member: null, cuts: [cut] }),
    createWitness(sodium, key, next, { removal: head }),
    createRecovery(sodium, key, next, { member: MEMBER, recoveryKey: head }),
    createRefusal(sodium, key, next, { recovery: head }),
    signEntry(sodium, key, next, 99, head),
  ];
  for (const bytes of entries) {
    expect(openEntry(sodium, bytes)).toBeDefined();
    expect(reopenEntry(sodium, bytes)).toEqual(openEntry(sodium, bytes));
  }
  expect(reopenEntry(sodium, new Uint8Array(3))).toBeUndefined();
  const once = openEntry(sodium, entries[0] as Uint8Array);
  expect(once && equalBytes(once.hash, sodium.hash(32, entries[0] as Uint8Array))).toBe(true);
  expect(toHex(decode(signedEntryCodec, entries[0] as Uint8Array)?.signature ?? head)).not.toBe(
    toHex(decode(signedCertificateCodec, made(sodium).certificate)?.signature ?? head),
  );
});
