// What the other side of an entry signs before it: nobody can be listed as another's device, or be absorbed, against its will.
// Each is a plain signature that can wait anywhere until a device that signs the entry comes by.
import { concat, utf8 } from '../bytes/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';

const CONSENT_LABEL = utf8('kith device consent\0');
const ABSORB_LABEL = utf8('kith absorb consent\0');

/** Roots differ in length: it goes before them, so that no two statements run into the same bytes. */
const withLength = (root: Uint8Array): Uint8Array => concat(Uint8Array.of(root.length), root);

/** What a device signs to be added: to which member (16 bytes) and for what conversation. */
const consentMessage = (root: Uint8Array, member: Uint8Array, device: Uint8Array): Uint8Array =>
  concat(CONSENT_LABEL, withLength(root), member, device);
/** Without it nobody could be kept from listing another person's device as their own. */
export const signConsent = (crypto: Crypto, key: SigningKey, root: Uint8Array, member: Uint8Array): Uint8Array =>
  crypto.sign(key, consentMessage(root, member, key.publicKey));
export const verifyConsent = (
  crypto: Crypto,
  root: Uint8Array,
  {
    device,
    member,
    consent,
  }: { readonly device: Uint8Array; readonly member: Uint8Array; readonly consent: Uint8Array },
): boolean => crypto.verify(device, consentMessage(root, member, device), consent);

/** A member of a conversation, as the two sides of a merge name each other. */
export interface Party {
  /** 16 to 32 bytes. */
  readonly root: Uint8Array;
  /** 16 bytes. */
  readonly member: Uint8Array;
}
const absorbMessage = (by: Party, other: Party, device: Uint8Array): Uint8Array =>
  concat(ABSORB_LABEL, withLength(by.root), by.member, withLength(other.root), other.member, device);
/** By a device of `other`: `by` may take it in. Names both, so that it serves for this pair and this direction only. */
export const signAbsorbConsent = (crypto: Crypto, key: SigningKey, by: Party, other: Party): Uint8Array =>
  crypto.sign(key, absorbMessage(by, other, key.publicKey));
export const verifyAbsorbConsent = (
  crypto: Crypto,
  by: Party,
  other: Party,
  { device, consent }: { readonly device: Uint8Array; readonly consent: Uint8Array },
): boolean => crypto.verify(device, absorbMessage(by, other, device), consent);
