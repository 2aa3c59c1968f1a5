import { expect, test } from 'vitest';
import { bytes, decode, encode, tuple } from '@kith/core/codec';

test('what is encoded and decoded are plain bytes of their own, whatever the platform hands in', () => {
  const codec = tuple({ key: bytes(32) });
  const written = encode(codec, { key: new Uint8Array(32).fill(7) });
  expect(Object.getPrototypeOf(written)).toBe(Uint8Array.prototype);
  for (const given of [written, Buffer.from(written)]) {
    const read = decode(codec, given);
    read?.key.fill(0);
    expect(given.includes(7)).toBe(true);
    expect(Object.getPrototypeOf(read?.key)).toBe(Uint8Array.prototype);
  }
});
