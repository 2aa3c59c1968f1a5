import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes/index.ts';
import { contents, decodeContent, decodeSelf, selfContents, timerOf } from '../../src/conversation/index.ts';
import { toJson } from './spec-vectors.ts';

interface Vector {
  readonly name: string;
  readonly kind: number;
  readonly content: string;
  readonly timer?: unknown;
}
const file = readFileSync(new URL('../../../../spec/vectors/conversations.json', import.meta.url), 'utf8');
const vectors = JSON.parse(file) as Record<'valid' | 'invalid' | 'self' | 'selfInvalid', readonly Vector[]>;
const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error('not hexadecimal');
  return bytes;
};

test('the vectors of page 10 are those that the code makes', () => expect(file).toBe(toJson()));

test.each(vectors.valid.map((vector) => [vector.name, vector] as const))('%s', (_, { kind, content, timer }) => {
  const value = decodeContent(kind, hex(content));
  if (value === undefined) throw new Error('refused');
  expect(timerOf(value)).toEqual(timer);
  expect(toHex(contents.encode(value).bytes)).toBe(content);
});
test.each(vectors.invalid.map((vector) => [vector.name, vector] as const))('shown as nothing: %s', (_, vector) => {
  expect(decodeContent(vector.kind, hex(vector.content))).toBeUndefined();
});
test.each(vectors.selfInvalid.map((vector) => [vector.name, vector] as const))('taken for nothing: %s', (_, vector) => {
  expect(decodeSelf(vector.kind, hex(vector.content))).toBeUndefined();
});
test.each(vectors.self.map((vector) => [vector.name, vector] as const))('of self: %s', (name, { kind, content }) => {
  const value = decodeSelf(kind, hex(content));
  if (value === undefined) throw new Error('refused');
  expect(value.type).toBe(name);
  expect(toHex(selfContents.encode(value).bytes)).toBe(content);
});
