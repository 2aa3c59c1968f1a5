// A made-up language: the same words, longer and accented, so that a test sees both what was forgotten in the
// catalogue and what does not fit when a language needs more room. `mirror` also runs it from right to left.
import type { Words } from './en.ts';

const accents: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'ë',
  i: 'ï',
  o: 'ø',
  u: 'ü',
  c: 'ç',
  n: 'ñ',
  s: 'š',
  y: 'ý',
  A: 'Å',
  E: 'É',
  I: 'Î',
  O: 'Ö',
  U: 'Û',
  C: 'Ç',
  N: 'Ñ',
  S: 'Š',
};

/** Marks a text with brackets, accents its letters and makes it about a third longer. */
export const toPseudo = (text: string): string =>
  `[${[...text].map((letter) => accents[letter] ?? letter).join('')}${'·'.repeat(Math.ceil(text.length / 3))}]`;

const through = (value: unknown): unknown => {
  if (typeof value === 'string') return toPseudo(value);
  if (typeof value === 'function') return (...values: unknown[]) => toPseudo(String(value(...values)));
  if (Array.isArray(value)) return value.map(through);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, through(inner)]));
};

export const pseudo = (words: Words, mirror: boolean): Words => ({
  ...(through(words) as Words),
  dir: mirror ? 'rtl' : 'ltr',
  locale: mirror ? 'ar' : words.locale,
});
