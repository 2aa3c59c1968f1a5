// Texts of all kinds, the published list of naughty strings among them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
const published = join(root, '../shared/vectors/blns.json');

export const naughtyStrings = (): readonly string[] => {
  if (!existsSync(published)) {
    console.warn('the published list of naughty strings is absent; the texts are those of this file alone');
    return [];
  }
  return JSON.parse(readFileSync(published, 'utf8')) as readonly string[];
};

export const MAX_TEXT_BYTES = 65_536;
const ODD = [
  '',
  ' ',
  '\u0000',
  '\u0000\u001b[31m\r\n\t',
  '\ufeff',
  'שלום עולם',
  'مرحبا بالعالم',
  '\u202eright to left\u202c and back',
  'ab\u2067גד\u2069ef',
  '😀👨‍👩‍👧‍👦🏳️‍🌈🇺🇳',
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢',
  'é e\u0301',
  '\u{10ffff}\uffff\u{1f600}',
  '-',
  '--json',
  '{"error":1}',
  "'; DROP TABLE lines; --",
] as const;

/** `count` texts: each kind above, the naughty ones, large ones, and plain ones that carry their number. */
export const manyTexts = (count: number, large: number, who: string): readonly string[] => {
  const odd = [...ODD, ...naughtyStrings()];
  const gap = Math.floor(count / large);
  return Array.from({ length: count }, (_, i) => {
    if (i % gap === gap - 1 && i / gap < large) return largeText(`${who}${i} `);
    return i % 2 === 0 && i / 2 < odd.length ? (odd[i / 2] ?? '') : `${who} ${i}`;
  });
};
const largeText = (start: string): string => {
  const wide = '€';
  const left = MAX_TEXT_BYTES - start.length;
  return start + wide.repeat(Math.floor(left / 3)) + '.'.repeat(left % 3);
};
