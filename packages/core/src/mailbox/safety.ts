// Safety words and check codes (spec 08): what two people compare to know that nobody stands between them. The acceptor
// commits to its nonce and inception before it sees the inviter's, so nobody can grind for a collision: one guess in
// 2^66.
import { concat, equalBytes, fromBase64url, toBase64url, uint32, utf8 } from '../bytes/index.ts';
import type { Crypto } from '../crypto/index.ts';
import type { Exchange } from './invitation-types.ts';
import { WORDS } from './words.ts';

export const NONCE_BYTES = 32;
const SAFETY_WORDS = 6;
const BITS_PER_WORD = 11;
const CODE_SCHEME = 'kith:c#';
const CODE_VERSION = 1;
const CODE_BYTES = 1 + 1 + 32;
type Side = 'inviter' | 'acceptor';

/** 32 bytes that the acceptor sends in its claim, before it knows anything of the inviter but the invitation key. */
export const commitment = (crypto: Crypto, acceptorNonce: Uint8Array, acceptorInception: Uint8Array): Uint8Array =>
  crypto.hash(32, concat(utf8('kith commitment\0'), acceptorNonce, acceptorInception));

/** Lengths go before the inceptions, so that two exchanges never run together into the same bytes. */
const transcript = (label: string, exchange: Exchange): Uint8Array =>
  concat(
    utf8(`kith ${label}\0`),
    exchange.inviterNonce,
    exchange.acceptorNonce,
    uint32(exchange.inviterInception.length),
    exchange.inviterInception,
    uint32(exchange.acceptorInception.length),
    exchange.acceptorInception,
  );

/** Six lower-case words, equal on both sides: the first 66 bits of a hash over the exchange. */
export const safetyWords = (crypto: Crypto, exchange: Exchange): readonly string[] =>
  wordsOf(crypto.hash(32, transcript('safety words', exchange)), SAFETY_WORDS);
/** As many words as the first bits of a hash name, 11 bits each. */
export const wordsOf = (hash: Uint8Array, count: number): readonly string[] =>
  Array.from({ length: count }, (_, word) => {
    let index = 0;
    for (let bit = word * BITS_PER_WORD; bit < (word + 1) * BITS_PER_WORD; bit++) {
      index = index * 2 + (((hash[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
    }
    return WORDS[index] as string;
  });

const codeBytes = (crypto: Crypto, exchange: Exchange, shownBy: Side): Uint8Array =>
  concat(
    Uint8Array.of(CODE_VERSION, shownBy === 'inviter' ? 0 : 1),
    crypto.hash(32, transcript(`check code ${shownBy}`, exchange)),
  );

/** What this side shows as a QR code. The two sides show different ones, so that a mirror proves nothing. */
export const checkCode = (crypto: Crypto, exchange: Exchange, shownBy: Side): string =>
  CODE_SCHEME + toBase64url(codeBytes(crypto, exchange, shownBy));

/**
 * Is `text`, scanned from the other side's screen, its code for this very exchange? `unreadable`: not a check code, or
 * one's own.
 */
export const compareCheckCode = (
  crypto: Crypto,
  exchange: Exchange,
  shownBy: Side,
  text: string,
): 'equal' | 'different' | 'unreadable' => {
  const trimmed = text.trim();
  const scanned = trimmed.startsWith(CODE_SCHEME) ? fromBase64url(trimmed.slice(CODE_SCHEME.length)) : undefined;
  const expected = codeBytes(crypto, exchange, shownBy);
  if (scanned?.length !== CODE_BYTES || !equalBytes(scanned.subarray(0, 2), expected.subarray(0, 2)))
    return 'unreadable';
  return equalBytes(scanned, expected) ? 'equal' : 'different';
};
