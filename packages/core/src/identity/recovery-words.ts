// Recovery words (spec 03, "Recovery words"): 128 random bits and 4 bits of check as 12 words that a person writes down.
import { concat, utf8 } from '../bytes/index.ts';
import { derive, Secret, type Crypto } from '../crypto/index.ts';
import { WORDS } from './words.ts';

export const RECOVERY_WORDS = 12;
/** Drawn at random by whoever makes the words. */
export const RECOVERY_ENTROPY_BYTES = 16;
const BITS_PER_WORD = 11;
const CHECK_BITS = 4;
/** No two words of the list are alike in their first four letters. */
const TELLING_LETTERS = 4;

const check = (crypto: Crypto, entropy: Uint8Array): number =>
  (crypto.hash(8, concat(utf8('kith recovery check\0'), entropy))[0] as number) >> (8 - CHECK_BITS);
const seedOf = (crypto: Crypto, entropy: Secret): Secret => derive(crypto, entropy, 'recovery seed');
const bitAt = (bytes: Uint8Array, bit: number): number => ((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1;

/** Twelve lower-case words and the 32-byte seed they stand for. Throws on entropy of another length. */
export const createRecoveryWords = (
  crypto: Crypto,
  entropy: Secret,
): { readonly words: readonly string[]; readonly seed: Secret } => {
  const raw = entropy.expose();
  if (raw.length !== RECOVERY_ENTROPY_BYTES) throw new Error('recovery words are made of 16 bytes');
  const bits = concat(raw, Uint8Array.of(check(crypto, raw) << (8 - CHECK_BITS)));
  const words = Array.from({ length: RECOVERY_WORDS }, (_, word) => {
    let place = 0;
    for (let bit = word * BITS_PER_WORD; bit < (word + 1) * BITS_PER_WORD; bit++) place = place * 2 + bitAt(bits, bit);
    return WORDS[place] as string;
  });
  bits.fill(0);
  return { words, seed: seedOf(crypto, entropy) };
};

export type RecoveryReading =
  | { readonly type: 'seed'; readonly seed: Secret }
  /** `at`: which word, from 0, is not of the list. */
  | { readonly type: 'unknown-word'; readonly at: number }
  | { readonly type: 'wrong-count'; readonly count: number }
  /** Of the list, all of them, but one is another than was written down, or two are swapped. */
  | { readonly type: 'wrong-check' };

/** What a person typed: any case, any whitespace, and at least the first four letters of a word. */
export const readRecoveryWords = (crypto: Crypto, text: string): RecoveryReading => {
  const typed = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const places = typed.map(placeOfWord);
  const unknown = places.indexOf(-1);
  if (unknown >= 0) return { type: 'unknown-word', at: unknown };
  if (typed.length !== RECOVERY_WORDS) return { type: 'wrong-count', count: typed.length };
  const bits = new Uint8Array(RECOVERY_ENTROPY_BYTES + 1);
  for (const [word, place] of places.entries())
    for (let i = 0; i < BITS_PER_WORD; i++) {
      const bit = word * BITS_PER_WORD + i;
      if (((place >> (BITS_PER_WORD - 1 - i)) & 1) === 1)
        bits[bit >> 3] = (bits[bit >> 3] as number) | (128 >> (bit & 7));
    }
  const entropy = new Secret(bits.slice(0, RECOVERY_ENTROPY_BYTES));
  const right = (bits[RECOVERY_ENTROPY_BYTES] as number) >> (8 - CHECK_BITS) === check(crypto, entropy.expose());
  const seed = right ? seedOf(crypto, entropy) : undefined;
  bits.fill(0);
  entropy.wipe();
  return seed === undefined ? { type: 'wrong-check' } : { type: 'seed', seed };
};

/** -1 when it names no word. Words of three letters are whole; `add` is not `addict`. */
const placeOfWord = (typed: string): number => {
  const whole = WORDS.indexOf(typed);
  if (whole >= 0 || typed.length < TELLING_LETTERS) return whole;
  return WORDS.findIndex((word) => word.startsWith(typed));
};
