// What others may put beside their words: a picture, an emoji. Both come as bytes that anybody can choose, and each is shown
// where something else stands as well, so what is neither is not shown at all.
import { toHex, utf8 } from '../bytes/index.ts';
import { MAX_EMOJI_BYTES, MAX_PICTURE_BYTES } from './content.ts';

/** Pixels a side. Whoever draws a picture needs four bytes for each: 44 KB can say that they are 19,000 times 19,000. */
export const MAX_PICTURE_SIDE = 1024;

interface Size {
  readonly width: number;
  readonly height: number;
}
const big = (bytes: Uint8Array, at: number, length: number): number =>
  bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
const little = (bytes: Uint8Array, at: number, length: number): number =>
  bytes.subarray(at, at + length).reduceRight((sum, byte) => sum * 256 + byte, 0);
const word = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Undefined for a film (APNG). */
const sizeOfPng = (bytes: Uint8Array): Size | undefined => {
  for (let at = 8; at + 8 <= bytes.length && word(bytes, at + 4) !== 'IDAT'; at += 12 + big(bytes, at, 4))
    if (word(bytes, at + 4) === 'acTL') return undefined;
  return word(bytes, 12) === 'IHDR' && bytes.length > 24
    ? { width: big(bytes, 16, 4), height: big(bytes, 20, 4) }
    : undefined;
};
/** Of the frame, which is behind tables and remarks. */
const sizeOfJpeg = (bytes: Uint8Array): Size | undefined => {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] as number;
    // C4, C8 and CC are no frames, though they stand between them.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: big(bytes, at + 5, 2), width: big(bytes, at + 7, 2) };
    // Bytes that fill up to a marker.
    at += marker === 0xff ? 1 : 2 + big(bytes, at + 2, 2);
  }
  return undefined;
};
/** Undefined for a film. */
const sizeOfWebp = (bytes: Uint8Array): Size | undefined => {
  const form = word(bytes, 12);
  if (bytes.length < (form === 'VP8L' ? 25 : 30)) return undefined;
  switch (form) {
    case 'VP8 ':
      return { width: little(bytes, 26, 2) & 0x3fff, height: little(bytes, 28, 2) & 0x3fff };
    case 'VP8L':
      return { width: (little(bytes, 21, 4) & 0x3fff) + 1, height: ((little(bytes, 21, 4) >>> 14) & 0x3fff) + 1 };
    case 'VP8X':
      return ((bytes[20] ?? 0) & 2) !== 0
        ? undefined
        : { width: little(bytes, 24, 3) + 1, height: little(bytes, 27, 3) + 1 };
    default:
      return undefined;
  }
};
const sizeOf = (bytes: Uint8Array): Size | undefined => {
  const start = toHex(bytes.subarray(0, 12));
  if (start.startsWith('ffd8ff')) return sizeOfJpeg(bytes);
  if (start.startsWith('89504e470d0a1a0a')) return sizeOfPng(bytes);
  return start.startsWith('52494646') && start.endsWith('57454250') ? sizeOfWebp(bytes) : undefined;
};

/** A JPEG, PNG or WebP that does not move, and costs no more to draw than a small picture does. */
export const isPicture = (bytes: Uint8Array): boolean => {
  const size = bytes.length <= MAX_PICTURE_BYTES ? sizeOf(bytes) : undefined;
  return size !== undefined && [size.width, size.height].every((side) => side >= 1 && side <= MAX_PICTURE_SIDE);
};

/** One grapheme that is an emoji, a keycap or a flag. What a newer build knows as one may be none here. */
export const isEmoji = (text: string): boolean =>
  utf8(text).length <= MAX_EMOJI_BYTES && /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic}\uFE0F?)$/v.test(text);
/** Nothing in it can be read as words, whatever emoji there are by now. */
export const looksLikeEmoji = (text: string): boolean =>
  /^[0-9#*]\uFE0F?\u20E3$/u.test(text) ||
  (/[\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(text) &&
    /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]|\u200D|\uFE0F|[\u{E0020}-\u{E007F}])+$/u.test(
      text,
    ));
