// Contents stand apart from headers: deleting one with its key leaves nothing to guess from (spec 04, "Contents").
import type { Crypto } from '../crypto/index.ts';

/**
 * Bytes after padding. 64: reactions, marks. 256: most texts. 1,024 and 4,096: long texts and what just fits a cell.
 * 16,384 in between. The last holds a text of 65,536 bytes with 1,023 bytes of envelope. Class 0 is: no content.
 */
export const SIZE_CLASSES = [0, 64, 256, 1024, 4096, 16384, 66560] as const;
/** One byte of every padded content marks its end. */
export const MAX_CONTENT_BYTES = 66559;

/** Index of the smallest class that holds `length` bytes and the mark. Throws beyond MAX_CONTENT_BYTES. */
export const sizeClassOf = (length: number): number => {
  const found = SIZE_CLASSES.findIndex((size) => size > length);
  if (found < 0) throw new Error('a content is longer than the largest size class');
  return found;
};

const NO_CONTENT_HASH = new Uint8Array(32);

/** BLAKE2b-32 keyed by 32 random bytes over: content, 0x80, zeros up to the class (ISO/IEC 7816-4, so unambiguous). */
export const contentHash = (crypto: Crypto, key: Uint8Array, content: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(SIZE_CLASSES[sizeClassOf(content.length)] as number);
  padded.set(content);
  padded[content.length] = 0x80;
  return crypto.hash(32, padded, key);
};
export const noContentHash = (): Uint8Array => NO_CONTENT_HASH.slice();
