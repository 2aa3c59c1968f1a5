// Offers and claims lie at a relay in whole units of 4,096 bytes: 24 bytes nonce, then the box. Their true length is
// inside.
import { concat, equalBytes, readUint32, uint32, utf8 } from '../bytes/index.ts';
import {
  decode,
  encode,
  extensions,
  hasUnknownCritical,
  bool,
  bytes,
  literal,
  named,
  text,
  tuple,
  uint,
} from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import { CELL_BYTES, type Randomness } from '../ports/index.ts';
import { relaysCodec } from './inbox.ts';
import { isOrigin } from './invitation-link.ts';
import { invitationKeyHash } from './invitation-keys.ts';
import type { Claim, InvitationKeys, Offer } from './invitation-types.ts';

const VERSION = 1 as const;
const MAX_UNITS = 4;
const NONCE_BYTES = 24;
const OVERHEAD = NONCE_BYTES + 16 + 4;
const MAX_NAME_CHARACTERS = 64;
const MAX_AGREEMENT_BYTES = 4096;
const agreement = bytes(1, MAX_AGREEMENT_BYTES);

const offerBody = named(
  'offer-body',
  tuple({
    version: literal(VERSION),
    invitationKey: bytes(32),
    keyPackage: agreement,
    relays: relaysCodec,
    reusable: bool,
    expires: uint(2 ** 48 - 1),
    /** 64 characters of at most 4 bytes. */
    name: text(4 * MAX_NAME_CHARACTERS),
    extensions,
  }),
);
export const offerCodec = named('offer', tuple({ offer: offerBody, signature: bytes(64) }));
export const claimCodec = named(
  'claim',
  tuple({ version: literal(VERSION), welcome: agreement, leaf: agreement, box: bytes(128, 3 * CELL_BYTES) }),
);

const seal = (
  crypto: Crypto,
  randomness: Randomness,
  keys: InvitationKeys,
  label: Uint8Array,
  data: Uint8Array,
): Uint8Array | undefined => {
  const units = Math.ceil((data.length + OVERHEAD) / CELL_BYTES);
  if (units > MAX_UNITS) return undefined;
  const padded = new Uint8Array(units * CELL_BYTES - NONCE_BYTES - 16);
  padded.set(uint32(data.length));
  padded.set(data, 4);
  const nonce = randomness.bytes(NONCE_BYTES);
  return concat(nonce, crypto.seal(keys.sealKey.expose(), nonce, padded, concat(label, keys.place)));
};
const open = (crypto: Crypto, keys: InvitationKeys, label: Uint8Array, sealed: Uint8Array): Uint8Array | undefined => {
  if (sealed.length < CELL_BYTES || sealed.length > MAX_UNITS * CELL_BYTES || sealed.length % CELL_BYTES !== 0)
    return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const padded = crypto.open(keys.sealKey.expose(), nonce, sealed.subarray(NONCE_BYTES), concat(label, keys.place));
  if (padded === undefined) return undefined;
  const length = readUint32(padded, 0);
  return length <= padded.length - 4 ? padded.subarray(4, 4 + length) : undefined;
};

const OFFER = utf8('kith offer\0');
const CLAIM = utf8('kith claim unit\0');
const isName = (name: string): boolean => Array.from(name).length <= MAX_NAME_CHARACTERS;

/** `key`: the invitation key. Undefined when it does not fit 4 units. */
export const sealOffer = (
  crypto: Crypto,
  randomness: Randomness,
  keys: InvitationKeys,
  offer: Offer,
  key: SigningKey,
): Uint8Array | undefined => {
  if (!isName(offer.name) || !equalBytes(key.publicKey, offer.invitationKey)) throw new Error('not an offer');
  const body = { version: VERSION, ...offer };
  const signature = crypto.sign(key, concat(OFFER, encode(offerBody, body)));
  return seal(crypto, randomness, keys, OFFER, encode(offerCodec, { offer: body, signature }));
};

/**
 * Undefined when it does not open, or was not made by the key whose hash the link carries (null: nothing says which).
 * `known`: critical extensions that the caller reads.
 */
export const openOffer = (
  crypto: Crypto,
  keys: InvitationKeys,
  keyHash: Uint8Array | null,
  sealed: Uint8Array,
  known: readonly number[] = [],
): Offer | undefined => {
  const data = open(crypto, keys, OFFER, sealed);
  const read = data === undefined ? undefined : decode(offerCodec, data);
  if (read === undefined || !isName(read.offer.name) || hasUnknownCritical(read.offer.extensions, known))
    return undefined;
  // Whoever follows it may take them for its own, and says in each inbox record that it is reached there.
  if (!read.offer.relays.every(isOrigin)) return undefined;
  const { version: _, ...offer } = read.offer;
  if (keyHash !== null && !equalBytes(invitationKeyHash(crypto, offer.invitationKey), keyHash)) return undefined;
  return crypto.verify(offer.invitationKey, concat(OFFER, encode(offerBody, read.offer)), read.signature)
    ? offer
    : undefined;
};

/** `id`: the claim's id, 16 bytes; a claim opens only at its own. Undefined when it does not fit 4 units. */
export const sealClaim = (
  crypto: Crypto,
  randomness: Randomness,
  keys: InvitationKeys,
  id: Uint8Array,
  claim: Claim,
): Uint8Array | undefined =>
  seal(crypto, randomness, keys, concat(CLAIM, id), encode(claimCodec, { version: VERSION, ...claim }));

export const openClaim = (
  crypto: Crypto,
  keys: InvitationKeys,
  id: Uint8Array,
  sealed: Uint8Array,
): Claim | undefined => {
  const data = open(crypto, keys, concat(CLAIM, id), sealed);
  const read = data === undefined ? undefined : decode(claimCodec, data);
  if (read === undefined) return undefined;
  const { version: _, ...claim } = read;
  return claim;
};
