// What joining one's own devices has beyond an invitation (spec 08, "Device links"): what the offer says of `self`, how a
// claim is named, the words that both screens show, and the short code for where nothing can be scanned or pasted.
import { concat, utf8 } from '../bytes/index.ts';
import { bytes, decode, encode, named, tuple, type Extension } from '../codec/index.ts';
import { Secret, type Crypto } from '../crypto/index.ts';
import type { Randomness } from '../ports/index.ts';
import type { SelfOffer } from './invitation-types.ts';
import { wordsOf } from './safety.ts';

/** Extension of an offer: critical, so that no older Kith takes a device link for an invitation. */
const SELF_OFFER = 1;
export const selfOfferCodec = named(
  'self-offer',
  tuple({ self: bytes(16), member: bytes(16), inception: bytes(8), device: bytes(32) }),
);
export const selfOfferExtension = (offer: SelfOffer): Extension => ({
  id: SELF_OFFER,
  critical: true,
  value: encode(selfOfferCodec, offer),
});
export const SELF_OFFER_EXTENSIONS: readonly number[] = [SELF_OFFER];
export const readSelfOffer = (extensions: readonly Extension[]): SelfOffer | undefined => {
  const found = extensions.find(({ id }) => id === SELF_OFFER);
  return found && decode(selfOfferCodec, found.value);
};

/** 16 bytes of the joining device's key: putting the same claim again changes nothing. */
export const joinId = (crypto: Crypto, device: Uint8Array): Uint8Array =>
  crypto.hash(16, concat(utf8('kith join\0'), device));
/** The joining device binds itself to its nonce before it sees the other's. */
export const joinCommitment = (crypto: Crypto, nonce: Uint8Array, device: Uint8Array): Uint8Array =>
  crypto.hash(32, concat(utf8('kith join commitment\0'), nonce, device));

const LINK_WORDS = 4;
/** Four words, equal on both screens: one guess in 2^44, and only one (the commitment comes first). */
export const linkWords = (
  crypto: Crypto,
  of: { readonly offering: Uint8Array; readonly joining: Uint8Array },
  nonces: { readonly offering: Uint8Array; readonly joining: Uint8Array },
): readonly string[] =>
  wordsOf(
    crypto.hash(32, concat(utf8('kith link words\0'), nonces.offering, nonces.joining, of.offering, of.joining)),
    LINK_WORDS,
  );

/** 12 characters without those that look alike (60 bits), in groups of four. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const CODE_CHARACTERS = 12;
export const drawLinkCode = (randomness: Randomness): string => {
  const drawn = Array.from(randomness.bytes(CODE_CHARACTERS), (byte) => ALPHABET[byte & 31] as string).join('');
  return `${drawn.slice(0, 4)}-${drawn.slice(4, 8)}-${drawn.slice(8)}`;
};
/** As it was drawn, whatever a person made of it; undefined when it is no code. */
export const readLinkCode = (text: string): string | undefined => {
  const plain = text.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  const isCode = plain.length === CODE_CHARACTERS && Array.from(plain).every((one) => ALPHABET.includes(one));
  return isCode ? plain : undefined;
};
/** The secret of the place that the code names, 16 bytes. The code says nothing of the offering key: the words do. */
export const linkCodeSecret = (crypto: Crypto, code: string): Secret =>
  new Secret(crypto.hash(16, utf8(`kith link code\0${readLinkCode(code) ?? ''}`)));
export const NO_KEY_HASH = new Uint8Array(32);
