import { utf8ToText } from '@kith/core/bytes';
import { indexedWords, searchRuns } from '@kith/core/ports';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const allWords = (text: string): readonly string[] => searchRuns(text).flat();
const words = (text: string): string => [...new Set(allWords(text))].join(' ');
const holds = (all: string, query: string): boolean =>
  searchRuns(query).every((run) => ` ${all}`.includes(` ${run.join(' ')}`));

test('a search finds in what the index takes of a text what it finds in all its words', () => {
  const word = fc.constantFrom('a', 'ab', 'abc', 'AB', 'é', 'ß', '日', '日本', '本', '👍', '7');
  const said = fc.array(fc.tuple(word, fc.constantFrom(' ', '', '-', ', ')), { maxLength: 12 });
  const text = fc.oneof(
    said.map((parts) => parts.flat().join('')),
    fc.string({ unit: 'binary-ascii', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
  );
  fc.assert(
    fc.property(text, said, (written, parts) => {
      const query = parts.flat().slice(0, 6).join('');
      expect(holds(utf8ToText(indexedWords(written)) ?? '', query)).toBe(holds(allWords(written).join(' '), query));
    }),
    { numRuns: 2000 },
  );
});

test('a word stands once in the index, however often a text says it, but where characters are to follow each other', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 300 }), (text) => {
      expect(utf8ToText(indexedWords(text))).toBe(words(text));
    }),
  );
  expect(utf8ToText(indexedWords('see you, see YOU'))).toBe('see you');
  expect(utf8ToText(indexedWords('où? Où, où'))).toBe('ou');
  expect(utf8ToText(indexedWords('日本 a 日本'))).toBe('日 本 a 日 本');
  const many = Array.from({ length: 1200 }, (_, i) => `w${i}`).join(' ');
  expect(utf8ToText(indexedWords(`${many} w0 w1199 w0`))).toBe(`${many} w1199`);
  for (const text of ['', ' ', 'Half past 7', '-a--B-', 'x'.repeat(200), `${'y'.repeat(64)} z`, 'k'.repeat(9000)])
    expect(utf8ToText(indexedWords(text))).toBe(words(text));
});

test('words of a text before it are not among those of the next', () => {
  indexedWords('a long text with many words');
  expect(utf8ToText(indexedWords('short'))).toBe('short');
});
