import { expect, test } from 'vitest';
import { bytes, decode, encode, list, text, tuple } from '../../src/codec/index.ts';

const format = tuple({ words: list(text(70_000), 8), data: bytes(0, 70_000) });

test.each([
  ['\ufeff'],
  ['\ufeffmark'],
  ['\ufeff\ufeff'],
  ['a\ufeff'],
  [`\ufeff${'ü'.repeat(30_000)}`],
  [`\ufeff${'x'.repeat(40)}`],
  [''],
])('a text keeps its byte order mark, wherever it stands (%#)', (word) => {
  const value = { words: [word, 'plain', word], data: Uint8Array.of(0xef, 0xbb, 0xbf) };
  expect(decode(format, encode(format, value))).toEqual(value);
});
test('a mark hides no text that is not UTF-8', () => {
  const good = encode(format, { words: ['\ufeffabc'], data: new Uint8Array() });
  for (let at = 0; at < good.length; at++) {
    const bad = good.slice();
    bad[at] = 0xff;
    expect(decode(format, bad)).toBeUndefined();
  }
});
