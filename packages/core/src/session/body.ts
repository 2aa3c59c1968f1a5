// A body is sealed once under a key used for nothing else; the slots carry that key. The commitment in front ties the
// body to one key: two receivers of one cell cannot be made to read two different bodies.
import { concat, utf8 } from '../bytes/index.ts';
import type { Crypto } from '../crypto/index.ts';
import type { Randomness } from '../ports/index.ts';
import { openSlots } from './open-slots.ts';
import { sealSlot } from './seal-slot.ts';
import { BODY_KEY_BYTES, SLOT_BYTES, type SealedSlot, type Session, type SessionStep } from './types.ts';

const COMMITMENT_BYTES = 32;
export const BODY_OVERHEAD = COMMITMENT_BYTES + 16;
/** The key is new for each body, so one fixed nonce is used once under it. */
const NONCE = new Uint8Array(24);
const COMMIT = utf8('kith commit\0');

const commitmentOf = (crypto: Crypto, key: Uint8Array, tag: Uint8Array): Uint8Array =>
  crypto.hash(COMMITMENT_BYTES, concat(COMMIT, tag), key);

export const sealBody = (crypto: Crypto, key: Uint8Array, tag: Uint8Array, body: Uint8Array): Uint8Array =>
  concat(commitmentOf(crypto, key, tag), crypto.seal(key, NONCE, body, tag));

/** Undefined when the key is not the committed one or the body does not authenticate. */
export const openBody = (
  crypto: Crypto,
  key: Uint8Array,
  tag: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined =>
  sealed.length >= BODY_OVERHEAD && crypto.equal(commitmentOf(crypto, key, tag), sealed.subarray(0, COMMITMENT_BYTES))
    ? crypto.open(key, NONCE, sealed.subarray(COMMITMENT_BYTES), tag)
    : undefined;

/** A packet for one device, outside of cells: in a claim. `tag`: 16 bytes that name the place, e.g. the claim's id. */
export const sealBox = (
  session: Session,
  crypto: Crypto,
  randomness: Randomness,
  packet: Uint8Array,
  tag: Uint8Array,
): (Omit<SealedSlot, 'slot'> & { readonly box: Uint8Array }) | undefined => {
  const key = randomness.bytes(BODY_KEY_BYTES);
  const sealed = sealSlot(session, crypto, randomness, key, tag);
  if (sealed === undefined) return undefined;
  const box = concat(sealed.slot, sealBody(crypto, key, tag, packet));
  key.fill(0);
  return { session: sealed.session, writes: sealed.writes, box };
};

export type OpenedBox =
  /** `packet` is undefined when the slot opened and the rest is broken; the session has moved on all the same. */
  (SessionStep & { readonly type: 'opened'; readonly packet: Uint8Array | undefined }) | { readonly type: 'none' };

export const openBox = (session: Session, crypto: Crypto, box: Uint8Array, tag: Uint8Array, now: number): OpenedBox => {
  if (box.length < SLOT_BYTES + BODY_OVERHEAD) return { type: 'none' };
  const opened = openSlots(session, crypto, [box.subarray(0, SLOT_BYTES)], tag, now);
  if (opened.type !== 'opened') return { type: 'none' };
  const packet = openBody(crypto, opened.bodyKey.expose(), tag, box.subarray(SLOT_BYTES));
  opened.bodyKey.wipe();
  return { type: 'opened', session: opened.session, writes: opened.writes, packet };
};
