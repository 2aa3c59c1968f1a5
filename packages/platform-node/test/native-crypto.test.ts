import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, toHex } from '@kith/core/bytes';
import { Secret, type Crypto } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { CHECKS, judge, type VectorSet } from '../../core/test/crypto/vector-sets.ts';
import { withNativeCrypto } from '../src/native-crypto.ts';

let wasm: Crypto;
let native: Crypto;
beforeAll(async () => {
  wasm = await createLibsodium();
  native = await withNativeCrypto(wasm);
});

test('it is there on this machine', () => {
  expect(native.name).toBe('sodium-native');
});

const folder = fileURLToPath(new URL('../../../../shared/vectors/wycheproof/', import.meta.url));
const sets = existsSync(folder) ? readdirSync(folder).filter((name) => name.slice(0, -5) in CHECKS) : [];
if (sets.length === 0) console.log('No published vectors at ../shared/vectors: these tests are skipped.');
test.each(sets)('the same verdict on every vector of %s', (file) => {
  const set = JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as VectorSet;
  const name = file.slice(0, -5);
  expect(judge(native, name, set)).toEqual(judge(wasm, name, set));
});

/** Points of small order, and their encodings that are not the shortest (https://eprint.iacr.org/2020/1244, table 6). */
const POINTS = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const littleEndian = (value: bigint): Uint8Array => {
  const out = new Uint8Array(32);
  for (let i = 0, left = value; i < 32; i++, left >>= 8n) out[i] = Number(left & 255n);
  return out;
};
const numberOf = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

test('the same verdict on crafted signatures: points of small order, encodings that are not the shortest, large scalars', () => {
  const key = wasm.signingKey(new Secret(new Uint8Array(32).fill(3)));
  const points = POINTS.map((hex) => fromHex(hex) as Uint8Array);
  let seen = 0;
  let taken = 0;
  for (let i = 0; i < 16; i++) {
    const message = Uint8Array.of(i);
    const good = wasm.sign(key, message);
    const [nonce, scalar] = [good.subarray(0, 32), numberOf(good.subarray(32))];
    const scalars = [
      0n,
      1n,
      scalar,
      scalar + ORDER,
      scalar + 2n * ORDER,
      ORDER - 1n,
      ORDER,
      ORDER + 1n,
      2n ** 253n - 1n,
    ];
    for (const from of [key.publicKey, ...points])
      for (const point of [nonce, ...points])
        for (const one of scalars) {
          const signature = Uint8Array.from([...point, ...littleEndian(one)]);
          const verdict = wasm.verify(from, message, signature);
          seen++;
          if (verdict) taken++;
          if (native.verify(from, message, signature) !== verdict)
            expect.fail(`${toHex(from)} ${toHex(signature)} of ${i}: they disagree`);
        }
  }
  expect([seen, taken]).toEqual([16 * 15 * 15 * 9, 16]);
});

test('the same bytes out for any bytes in', () => {
  const randomness = seededRandomness(4);
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(40), fc.nat(99), (length, more, at) => {
      const [text, associated] = [randomness.bytes(length), randomness.bytes(more)];
      const [key, nonce] = [randomness.bytes(32), randomness.bytes(24)];
      const pair = wasm.signingKey(new Secret(randomness.bytes(32)));
      for (const size of [8, 16, 32, 64])
        for (const keyed of [undefined, new Uint8Array(0), key, randomness.bytes(64)])
          expect(native.hash(size, text, keyed)).toEqual(wasm.hash(size, text, keyed));
      expect(native.shortHash(key.subarray(16), text)).toEqual(wasm.shortHash(key.subarray(16), text));
      const signature = native.sign(pair, text);
      expect(signature).toEqual(wasm.sign(pair, text));
      const box = native.seal(key, nonce, text, associated);
      expect(box).toEqual(wasm.seal(key, nonce, text, associated));
      const flipped = box.map((byte, i) => (i === at % box.length ? byte ^ 1 : byte));
      for (const crypto of [native, wasm]) {
        expect(crypto.verify(pair.publicKey, text, signature)).toBe(true);
        expect(crypto.open(key, nonce, box, associated)).toEqual(text);
        expect(crypto.open(key, nonce, flipped, associated)).toBeUndefined();
        expect(crypto.open(key, nonce, box.subarray(0, at % 16), associated)).toBeUndefined();
        expect(
          crypto.verify(
            pair.publicKey,
            text,
            signature.map((byte, i) => (i === at % 64 ? byte ^ 1 : byte)),
          ),
        ).toBe(false);
      }
      for (const crypto of [native, wasm]) {
        expect(() => crypto.seal(key.subarray(1), nonce, text, associated)).toThrow();
        expect(() => crypto.open(key, nonce.subarray(1), box, associated)).toThrow();
        expect(() => crypto.shortHash(key, text)).toThrow();
      }
    }),
    { numRuns: 50 },
  );
});
