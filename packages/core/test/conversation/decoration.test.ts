// What may stand beside words: small pictures, and emoji.
import { isPicture, looksLikeEmoji, MAX_PICTURE_SIDE } from '@kith/core/conversation';
import { concat, uint32, utf8 } from '@kith/core/bytes';
import { expect, test } from 'vitest';

const chunk = (type: string, data: Uint8Array): Uint8Array =>
  concat(uint32(data.length), utf8(type), data, new Uint8Array(4));
const png = (width: number, height: number, ...more: readonly Uint8Array[]): Uint8Array =>
  concat(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', concat(uint32(width), uint32(height), Uint8Array.of(8, 2, 0, 0, 0))),
    ...more,
    chunk('IDAT', new Uint8Array(10)),
  );
const jpeg = (width: number, height: number, frame = 0xc0): Uint8Array =>
  concat(
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xdb, 0, 3, 9, 0xff, 0xc4, 0, 3, 9),
    Uint8Array.of(0xff, frame, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 0, 0, 0),
  );
const webp = (form: 'VP8 ' | 'VP8L' | 'VP8X', ...body: readonly number[]): Uint8Array =>
  concat(utf8('RIFF'), new Uint8Array(4), utf8('WEBP'), utf8(form), new Uint8Array(4), Uint8Array.from(body));
const lossless = (side: number): Uint8Array => {
  const bits = (side - 1) | ((side - 1) << 14);
  return webp('VP8L', 0x2f, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, (bits >>> 24) & 255);
};
const lossy = (side: number): Uint8Array =>
  webp('VP8 ', 0, 0, 0, 0x9d, 0x01, 0x2a, side & 255, side >> 8, side & 255, side >> 8);
const extended = (side: number, flags = 0): Uint8Array => {
  const least = [side - 1, (side - 1) >> 8, (side - 1) >> 16].map((byte) => byte & 255);
  return webp('VP8X', flags, 0, 0, 0, ...least, ...least);
};

test.each([
  ['PNG', (side: number) => png(side, side)],
  ['a PNG that is high', (side: number) => png(1, side)],
  ['JPEG', (side: number) => jpeg(side, side)],
  ['a progressive JPEG that is wide', (side: number) => jpeg(side, 1, 0xc2)],
  ['WebP', lossy],
  ['WebP without loss', lossless],
  ['WebP in its long form', extended],
])('a picture is small: %s', (_, make) => {
  for (const side of [1, 256, MAX_PICTURE_SIDE]) expect(isPicture(make(side))).toBe(true);
  for (const side of [MAX_PICTURE_SIDE + 1, 8_000, 16_383]) expect(isPicture(make(side))).toBe(false);
});

test('what moves, is something else, or does not say how large it is, is no picture', () => {
  expect(isPicture(png(8, 8, chunk('acTL', new Uint8Array(8))))).toBe(false);
  expect(isPicture(extended(8, 2))).toBe(false);
  for (const text of ['GIF89a........', '<svg xmlns="http://www.w3.org/2000/svg"/>', '', 'RIFF....WEBPALPH'])
    expect(isPicture(utf8(text))).toBe(false);
  expect(isPicture(png(0, 8))).toBe(false);
  expect(isPicture(concat(png(8, 8), new Uint8Array(48 * 1024)))).toBe(false);
  for (let length = 0; length < 40; length++)
    for (const whole of [png(2000, 2000), jpeg(2000, 2000), lossless(2000), extended(2000)])
      expect(isPicture(whole.subarray(0, length))).toBe(false);
});

test('nothing that can be read stands where an emoji does', () => {
  for (const emoji of ['👍', '❤️', '👩‍🔬', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🇨🇭', '1️⃣', '👋🏽', '🫩']) expect(looksLikeEmoji(emoji)).toBe(true);
  for (const text of [
    '',
    'ok',
    'Checked by Kith',
    '👍 yes',
    '100',
    '\u200d',
    '\ufe0f',
    'a\u0301',
    '✓ok',
    '\u202e👍',
    '#',
  ])
    expect(looksLikeEmoji(text)).toBe(false);
});
