// Texts with the shape of talk: few words often, most words rarely, about ten to a message; the same for the same number.

const VOCABULARY = 20_000;
const SYLLABLES = [
  'ka',
  'lo',
  'mi',
  'ren',
  'ta',
  'su',
  'ne',
  'vor',
  'pel',
  'dar',
  'ish',
  'on',
  'bru',
  'gel',
  'fa',
  'zi',
];

/** The word of this rank; rank 0 is the most frequent one. */
export const wordOf = (rank: number): string => {
  let word = '';
  let left = rank + SYLLABLES.length;
  do {
    word += SYLLABLES[left % SYLLABLES.length] as string;
    left = Math.floor(left / SYLLABLES.length);
  } while (left > 0);
  return word;
};

/** A generator of 32-bit numbers (xorshift), so that every run talks alike. */
export const numbers = (seed: number): (() => number) => {
  let state = seed === 0 ? 1 : seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

/** Ranks are drawn as VOCABULARY^u: each order of magnitude of rarity is as frequent as the next. */
export const drawRank = (next: () => number): number => Math.floor(VOCABULARY ** next()) - 1;
export const textOf = (next: () => number): string =>
  Array.from({ length: 3 + Math.floor(next() * 15) }, () => wordOf(drawRank(next))).join(' ');
