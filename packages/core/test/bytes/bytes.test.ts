import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  abovePrefix,
  compareBytes,
  concat,
  equalBytes,
  fromBase64url,
  fromHex,
  readUint32,
  toBase64url,
  toHex,
  uint32,
  utf8,
  utf8Length,
  utf8ToText,
  writeUtf8,
} from '../../src/bytes/index.ts';

const anyBytes = fc.uint8Array({ maxLength: 300 });

describe('texts of bytes', () => {
  test('a text is counted and written where it stands as UTF-8 has it, lone halves of characters too', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units)),
      fc.string({ unit: 'binary-ascii', maxLength: 80 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const there = utf8(text);
        expect(there).toEqual(new Uint8Array(Buffer.from(text)));
        expect(utf8Length(text)).toBe(there.length);
        const out = new Uint8Array(there.length + 2).fill(7);
        writeUtf8(out.subarray(0, -1), 1, text);
        expect(out).toEqual(Uint8Array.of(7, ...there, 7));
      }),
    );
  });

  test('hexadecimal and base64url come back, and nothing else is read', () => {
    fc.assert(
      fc.property(anyBytes, (data) => {
        expect(fromHex(toHex(data))).toEqual(data);
        expect(fromBase64url(toBase64url(data))).toEqual(data);
        expect(toBase64url(data)).toBe(Buffer.from(data).toString('base64url'));
      }),
    );
    for (const bad of ['0', 'AB', 'zz', '0x', ' 00']) expect(fromHex(bad)).toBeUndefined();
    // Padding, spare bits, other letters, a length that cannot be.
    for (const bad of ['QQ==', 'QR', 'Q+8', 'Q/8', 'A', 'AAAAA', 'é']) expect(fromBase64url(bad)).toBeUndefined();
  });
  test('UTF-8: well formed or nothing; a byte order mark stays', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8ToText(utf8(text))).toBe(text);
      }),
    );
    expect(utf8ToText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
    for (const bad of [[0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xff]])
      expect(utf8ToText(Uint8Array.from(bad))).toBeUndefined();
  });
});

describe('comparing', () => {
  test('equal is equal byte by byte, at every length and offset', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(7), fc.nat(), (data, offset, at) => {
        const other = concat(new Uint8Array(offset), data).subarray(offset);
        expect(equalBytes(data, other)).toBe(true);
        expect(equalBytes(data, concat(other, Uint8Array.of(0)))).toBe(false);
        if (data.length === 0) return;
        const changed = other.slice();
        changed[at % data.length] = (changed[at % data.length] as number) ^ 1;
        expect(equalBytes(data, changed)).toBe(false);
      }),
    );
  });
  test('order is that of memcmp', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
  });
});

test('numbers of four bytes come back, and sort like the numbers', () => {
  const uint = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(uint, uint, (a, b) => {
      expect(readUint32(uint32(a), 0)).toBe(a);
      expect(Math.sign(compareBytes(uint32(a), uint32(b)))).toBe(Math.sign(a - b));
    }),
  );
});

describe('what is above a prefix', () => {
  test('is above all that begins with it, and not above the next', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), anyBytes, anyBytes, (prefix, rest, other) => {
        const above = abovePrefix(prefix);
        if (above === undefined) return prefix.every((byte) => byte === 255);
        const isUnder = other.length >= prefix.length && equalBytes(other.subarray(0, prefix.length), prefix);
        const isBetween = compareBytes(prefix, other) <= 0 && compareBytes(other, above) < 0;
        return compareBytes(concat(prefix, rest), above) < 0 && isUnder === isBetween;
      }),
    );
  });
  test('carries, and leaves the prefix alone', () => {
    const prefix = Uint8Array.of(1, 254, 255);
    expect(abovePrefix(prefix)).toEqual(Uint8Array.of(1, 255));
    expect(prefix).toEqual(Uint8Array.of(1, 254, 255));
    // As a platform may hand them out: its `slice` does not copy.
    const lent = new (class extends Uint8Array {
      override slice(from?: number, to?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(from, to) as Uint8Array<ArrayBuffer>;
      }
    })([7]);
    expect(abovePrefix(lent)).toEqual(Uint8Array.of(8));
    expect(lent[0]).toBe(7);
    expect(abovePrefix(Uint8Array.of(255, 255))).toBeUndefined();
  });
});
