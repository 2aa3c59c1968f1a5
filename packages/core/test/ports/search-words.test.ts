import { utf8ToText } from '@kith/core/bytes';
import { indexedWords, searchRuns } from '@kith/core/ports';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const words = (text: string): string => searchRuns(text).flat().join(' ');

test('what the index takes of a text are the words that a search for it looks for', () => {
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300 });
  fc.assert(
    fc.property(fc.oneof(ascii, fc.string({ unit: 'grapheme', maxLength: 100 })), (text) => {
      expect(utf8ToText(indexedWords(text))).toBe(words(text));
    }),
  );
  for (const text of [
    '',
    ' ',
    'Half past 7',
    '-a--B-',
    'x'.repeat(200),
    `${'y'.repeat(64)} z`,
    'Grüße aus 東京',
    'k'.repeat(9000),
  ])
    expect(utf8ToText(indexedWords(text))).toBe(words(text));
});

test('words of a text before it are not among those of the next', () => {
  indexedWords('a long text with many words');
  expect(utf8ToText(indexedWords('short'))).toBe('short');
});
