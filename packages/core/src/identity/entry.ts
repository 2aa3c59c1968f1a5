// Charter entries: segment 0 of a feed. Each is signed by the device key (or a recovery key), linked by hash to the one
// before it in its feed, and names nothing outside the charter, so that published segments stay deniable.
import { concat, equalBytes, utf8 } from '../bytes/index.ts';
import {
  bytes,
  decode,
  encode,
  extensions,
  hasUnknownCritical,
  list,
  literal,
  named,
  nullable,
  tuple,
  uint,
  type Codec,
  type Extension,
  type Infer,
} from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import {
  feedIdCodec,
  feedIdOf,
  memberIdOf,
  NO_HASH,
  segmentIdCodec,
  type FeedId,
  type MemberId,
  MAX_SEQ,
} from './ids.ts';

export const CHARTER_FORMAT = 1;
/** Numbers of the wire; a kind outside this list freezes authority (spec 03, "Unknown kinds"). */
export const ENTRY_KINDS = { inception: 1, addDevice: 2, remove: 3, witness: 4 } as const;
export const MEMBER_KINDS = { human: 0, system: 1 } as const;
export type MemberKind = keyof typeof MEMBER_KINDS;

/** Reaches the longest body below: a removal with 8 cuts. */
export const MAX_BODY_BYTES = 1024;
export const MAX_CUTS = 8;
const key = bytes(32);
const hash = bytes(32);

export const inceptionBody = named(
  'inception',
  tuple({
    memberKind: uint(1),
    /** Random when the person has no recovery words. */
    recoveryKey: key,
    /** Formats this member reads, rising. */
    versions: list(uint(65535), 8, 1),
  }),
);
/** `member`: whose device it becomes. The consent is to that, whichever of their devices signs the entry. */
export const addDeviceBody = named('add-device', tuple({ device: key, member: bytes(16), consent: bytes(64) }));
/** The last places of a feed that a removal still accepts: `count` events of `segment`, and the charter chain up to `charterHead`. */
export const cutCodec = named(
  'cut',
  tuple({
    feed: feedIdCodec,
    segment: nullable(segmentIdCodec),
    count: uint(MAX_SEQ),
    charterCount: uint(MAX_SEQ),
    charterHead: nullable(hash),
  }),
);
export type Cut = Infer<typeof cutCodec>;
export const removeBody = named(
  'remove',
  tuple({ feed: nullable(feedIdCodec), member: nullable(bytes(16)), cuts: list(cutCodec, MAX_CUTS, 1) }),
);
export const witnessBody = named('witness', tuple({ removal: hash }));

const entryShape = {
  format: literal(CHARTER_FORMAT),
  kind: uint(255),
  /** What conversation it is for: 16 to 32 bytes that its birth fixed (spec 03, "Roots"). */
  root: bytes(16, 32),
  /** The public key that signs. The feed is its hash, so an entry is checked with nothing else at hand. */
  device: key,
  seq: uint(MAX_SEQ),
  previous: hash,
  body: bytes(1, MAX_BODY_BYTES),
  extensions,
};
export const entryCodec = named('entry', tuple(entryShape));
export type Entry = Infer<typeof entryCodec>;
export const signedEntryCodec = named('signed-entry', tuple({ entry: bytes(1, 4000), signature: bytes(64) }));

/** A charter entry whose signature was checked. `hash` is BLAKE2b-32 of the signed bytes, `bytes` what travels. */
export interface OpenEntry {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
  readonly feed: FeedId;
  readonly entry: Entry;
  readonly act: Act;
}
/** What an entry does. `unknown`: of a newer Kith; authority in its feed ends there. */
export type Act =
  | ({ readonly type: 'inception'; readonly member: MemberId } & Infer<typeof inceptionBody>)
  | ({ readonly type: 'addDevice'; readonly feed: FeedId } & Infer<typeof addDeviceBody>)
  | ({ readonly type: 'remove' } & Infer<typeof removeBody>)
  | ({ readonly type: 'witness' } & Infer<typeof witnessBody>)
  | { readonly type: 'unknown' };

const SIGN_LABEL = utf8('kith charter entry\0');
const CONSENT_LABEL = utf8('kith device consent\0');

/** What a device signs to be added: to which member (16 bytes) and for what conversation. */
const consentMessage = (root: Uint8Array, member: Uint8Array, device: Uint8Array): Uint8Array =>
  concat(CONSENT_LABEL, Uint8Array.of(root.length), root, member, device);
/** Without it nobody could be kept from listing another person's device as their own. */
export const signConsent = (crypto: Crypto, key: SigningKey, root: Uint8Array, member: Uint8Array): Uint8Array =>
  crypto.sign(key, consentMessage(root, member, key.publicKey));

const actOf = (crypto: Crypto, entry: Entry, memberBytes: Uint8Array): Act | undefined => {
  if (hasUnknownCritical(entry.extensions)) return { type: 'unknown' };
  switch (entry.kind) {
    case ENTRY_KINDS.inception: {
      const body = decode(inceptionBody, entry.body);
      if (body === undefined || entry.seq !== 0) return undefined;
      return { type: 'inception', member: memberIdOf(crypto, memberBytes), ...body };
    }
    case ENTRY_KINDS.addDevice: {
      const body = decode(addDeviceBody, entry.body);
      if (body === undefined) return undefined;
      const agreed = crypto.verify(body.device, consentMessage(entry.root, body.member, body.device), body.consent);
      return agreed ? { type: 'addDevice', feed: feedIdOf(crypto, body.device), ...body } : undefined;
    }
    case ENTRY_KINDS.remove: {
      const body = decode(removeBody, entry.body);
      if (body === undefined || (body.feed === null) === (body.member === null)) return undefined;
      return { type: 'remove', ...body };
    }
    case ENTRY_KINDS.witness: {
      const body = decode(witnessBody, entry.body);
      return body && { type: 'witness', ...body };
    }
    default:
      return { type: 'unknown' };
  }
};

/** Undefined for anything malformed or not signed by the key it names. */
export const openEntry = (crypto: Crypto, data: Uint8Array): OpenEntry | undefined => {
  const signed = decode(signedEntryCodec, data);
  const entry = signed && decode(entryCodec, signed.entry);
  if (signed === undefined || entry === undefined) return undefined;
  if ((entry.seq === 0) !== equalBytes(entry.previous, NO_HASH)) return undefined;
  if (!crypto.verify(entry.device, concat(SIGN_LABEL, signed.entry), signed.signature)) return undefined;
  const act = actOf(crypto, entry, data);
  if (act === undefined) return undefined;
  return { bytes: data, hash: crypto.hash(32, data), feed: feedIdOf(crypto, entry.device), entry, act };
};

/** Where a new entry goes: the head of the signer's own charter chain, null when it has none yet. */
export interface EntryPoint {
  readonly root: Uint8Array;
  readonly seq: number;
  readonly previous: Uint8Array;
}
export const entryPointAfter = (last: OpenEntry): EntryPoint => ({
  root: last.entry.root,
  seq: last.entry.seq + 1,
  previous: last.hash,
});
export const firstEntryPoint = (root: Uint8Array): EntryPoint => ({ root, seq: 0, previous: NO_HASH });

/** Signs any kind and body; the functions below are what the product uses. */
export const signEntry = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  kind: number,
  body: Uint8Array,
  more: readonly Extension[] = [],
): Uint8Array => {
  const { root, seq, previous } = at;
  const value: Entry = {
    format: CHARTER_FORMAT,
    kind,
    root,
    device: key.publicKey,
    seq,
    previous,
    body,
    extensions: more,
  };
  const entry = encode(entryCodec, value);
  return encode(signedEntryCodec, { entry, signature: crypto.sign(key, concat(SIGN_LABEL, entry)) });
};

const encodeBody = <T>(codec: Codec<T>, value: T): Uint8Array => encode(codec, value);

export interface Inception {
  readonly key: SigningKey;
  readonly root: Uint8Array;
  readonly memberKind: MemberKind;
  /** 32 bytes; random when the person has no recovery words. */
  readonly recoveryKey: Uint8Array;
  readonly versions: readonly number[];
}
export const createInception = (
  crypto: Crypto,
  { key, root, memberKind, recoveryKey, versions }: Inception,
): Uint8Array =>
  signEntry(
    crypto,
    key,
    firstEntryPoint(root),
    ENTRY_KINDS.inception,
    encodeBody(inceptionBody, { memberKind: MEMBER_KINDS[memberKind], recoveryKey, versions }),
  );
export const createAddDevice = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  body: Infer<typeof addDeviceBody>,
): Uint8Array => signEntry(crypto, key, at, ENTRY_KINDS.addDevice, encodeBody(addDeviceBody, body));
export const createRemoval = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  body: Infer<typeof removeBody>,
): Uint8Array => signEntry(crypto, key, at, ENTRY_KINDS.remove, encodeBody(removeBody, body));
export const createWitness = (crypto: Crypto, key: SigningKey, at: EntryPoint, removal: Uint8Array): Uint8Array =>
  signEntry(crypto, key, at, ENTRY_KINDS.witness, encodeBody(witnessBody, { removal }));
