// Charter entries: segment 0 of a feed. Each is signed by the device key (or a recovery key), linked by hash to the one
// before it in its feed, and names nothing outside the charter, so that published segments stay deniable.
import { concat, equalBytes, utf8 } from '../bytes/index.ts';
import {
  bytes,
  decode,
  encode,
  extensions,
  hasUnknownCritical,
  literal,
  named,
  tuple,
  uint,
  type Extension,
  type Infer,
} from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import {
  absorbBody,
  addDeviceBody,
  ENTRY_KINDS,
  inceptionBody,
  recoveryBody,
  refuseBody,
  removeBody,
  rootCodec,
  witnessBody,
} from './bodies.ts';
import { verifyAbsorbConsent, verifyConsent } from './consents.ts';
import { feedIdOf, MAX_SEQ, memberIdOf, NO_HASH, type FeedId, type MemberId } from './ids.ts';

export const CHARTER_FORMAT = 1;
/** Reaches the longest body: a removal with 8 cuts. */
export const MAX_BODY_BYTES = 1024;
const entryShape = {
  format: literal(CHARTER_FORMAT),
  kind: uint(255),
  /** What conversation it is for (spec 03, "Roots"). */
  root: rootCodec,
  /** The public key that signs. The feed is its hash, so an entry is checked with nothing else at hand. */
  device: bytes(32),
  seq: uint(MAX_SEQ),
  previous: bytes(32),
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
  | ({ readonly type: 'recovery' } & Infer<typeof recoveryBody>)
  | ({ readonly type: 'refuse' } & Infer<typeof refuseBody>)
  | ({ readonly type: 'absorb' } & Infer<typeof absorbBody>)
  | { readonly type: 'unknown' };

const SIGN_LABEL = utf8('kith charter entry\0');
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
      return verifyConsent(crypto, entry.root, body)
        ? { type: 'addDevice', feed: feedIdOf(crypto, body.device), ...body }
        : undefined;
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
    case ENTRY_KINDS.recovery: {
      const body = decode(recoveryBody, entry.body);
      return body && { type: 'recovery', ...body };
    }
    case ENTRY_KINDS.refuse: {
      const body = decode(refuseBody, entry.body);
      return body && { type: 'refuse', ...body };
    }
    case ENTRY_KINDS.absorb: {
      const body = decode(absorbBody, entry.body);
      if (body === undefined || equalBytes(body.member, body.other)) return undefined;
      const [by, other] = [
        { root: entry.root, member: body.member },
        { root: body.otherRoot, member: body.other },
      ];
      return verifyAbsorbConsent(crypto, by, other, body) ? { type: 'absorb', ...body } : undefined;
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
  return withAct(crypto, data, entry);
};
/**
 * For bytes that `openEntry` took before and that nobody could change since, of the encrypted database: no signature is checked
 * again, which is nearly all of the work.
 */
export const reopenEntry = (crypto: Crypto, data: Uint8Array): OpenEntry | undefined => {
  const signed = decode(signedEntryCodec, data);
  const entry = signed && decode(entryCodec, signed.entry);
  return entry && withAct({ ...crypto, verify: () => true }, data, entry);
};
const withAct = (crypto: Crypto, data: Uint8Array, entry: Entry): OpenEntry | undefined => {
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

/** Signs any kind and body; the product uses those of create.ts. */
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
