// How texts become words to search for: done here and not by the database, so that every store finds the same.
//
// Case, accents, vowel points and compatibility forms do not matter. Scripts written without spaces are cut into
// single characters, and so are emoji; a run of them in a query has to occur in that order, without gaps.
import { utf8 } from '../bytes/index.ts';

/** Written without spaces between words. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー';
const EMOJI = '\\p{Extended_Pictographic}\\p{Regional_Indicator}';
/** A run to be cut into characters, or a word. Marks stay with their letter: in Indic scripts they are vowels. */
const RUNS = new RegExp(
  `[${UNSPACED}${EMOJI}][${UNSPACED}${EMOJI}\\p{M}]*|(?:(?![${UNSPACED}${EMOJI}])[\\p{L}\\p{N}\\p{M}\\p{Co}])+`,
  'gu',
);
const STARTS_SINGLE = new RegExp(`^[${UNSPACED}${EMOJI}]`, 'u');
/** Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowel signs; emoji modifiers and variation selectors. */
const IGNORED = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\ufe0e\ufe0f\u200d\u{1f3fb}-\u{1f3ff}]/gu;
// oxlint-disable-next-line no-control-regex -- ASCII is what is tested for.
const ASCII = /^[\x00-\x7f]*$/;
/** What RUNS finds in ASCII, where no run is cut. */
const ASCII_WORDS = /[a-z0-9]+/g;
/** A longer word is cut: it can still be found by its beginning, and one text cannot fill the index. */
const MAX_WORD = 64;

/** Lower case of the letters and digits of ASCII, by their code; 0: no part of a word. */
const FOLDED = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).toLowerCase();
  return /[a-z0-9]/.test(character) ? character.charCodeAt(0) : 0;
});
const SPACE = 0x20;
/** Of most texts. */
const room = new Uint8Array(4096);

/** Through upper case, because ß and ss, σ and ς are the same there. */
const fold = (text: string): string =>
  text.toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKD').replace(IGNORED, '').normalize('NFC');

/** The text as runs of words; in a query the words of a run have to follow each other. Words hold no spaces and no quotes. */
export const searchRuns = (text: string): readonly (readonly string[])[] => {
  if (ASCII.test(text)) return (text.toLowerCase().match(ASCII_WORDS) ?? []).map((word) => [word.slice(0, MAX_WORD)]);
  const runs: string[][] = [];
  for (const [run] of fold(text.toWellFormed()).matchAll(RUNS)) {
    runs.push(STARTS_SINGLE.test(run) ? Array.from(run) : [run.slice(0, MAX_WORD).toWellFormed()]);
  }
  return runs;
};

/** Where the words stand that a text has said so far, found by their hashes; 0: nowhere. */
const places = new Uint32Array(1024);
const HASHES = places.length - 1;
/** Of a text with more different words than this the later ones stand in it as often as it says them. */
const MAX_PLACED = places.length / 2;

/** Whether the word that begins at `start`, up to a space, stands before it; if not, it is noted. */
const isSaid = (words: Uint8Array, start: number, hash: number, said: number): boolean => {
  let slot = hash & HASHES;
  for (let place = places[slot] as number; place !== 0; place = places[slot] as number) {
    let same = 0;
    while (words[place - 1 + same] === words[start + same] && words[start + same] !== SPACE) same++;
    if (words[place - 1 + same] === words[start + same]) return true;
    slot = (slot + 1) & HASHES;
  }
  if (said < MAX_PLACED) places[slot] = start + 1;
  return false;
};

/**
 * The words of a text with spaces between them, in UTF-8, as the index keeps them: each once, unless they stand in runs of which the
 * order counts. The next call may write over them: most texts are ASCII, and of these no string is made for any word, which was a
 * third of all memory that sending one asked for.
 */
export const indexedWords = (text: string): Uint8Array => {
  const { length } = text;
  const out = length < room.length ? room : new Uint8Array(length + 1);
  places.fill(0);
  let at = 0;
  let start = 0;
  let hash = 0;
  let said = 0;
  for (let i = 0; i <= length; i++) {
    const code = i < length ? text.charCodeAt(i) : SPACE;
    if (code > 0x7f) return otherWords(text);
    const letter = FOLDED[code] as number;
    if (letter !== 0) {
      if (at - start >= MAX_WORD) continue;
      out[at++] = letter;
      hash = Math.imul(hash ^ letter, 0x01000193);
    } else if (at > start) {
      out[at] = SPACE;
      if (isSaid(out, start, hash ^ (hash >>> 15), said)) at = start;
      else {
        start = ++at;
        said++;
      }
      hash = 0;
    }
  }
  return out.subarray(0, Math.max(0, at - 1));
};
const otherWords = (text: string): Uint8Array => {
  const words = searchRuns(text).flat();
  // Which characters follow each other is to be kept, also over what stands between them.
  const isCut = words.some((word) => STARTS_SINGLE.test(word));
  return utf8((isCut ? words : [...new Set(words)]).join(' '));
};
