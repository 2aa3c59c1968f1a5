import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, type Crypto } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const randomness = seededRandomness(1);

describe.each([
  ['null', async () => createNullCrypto()],
  ['libsodium', createLibsodium],
] as const)('the %s provider keeps the meaning of the port', (_, create) => {
  let crypto: Crypto;
  beforeAll(async () => {
    crypto = await create();
  });

  test('hashes of lengths asked for; no two of 50,000 small inputs collide, and every part counts', () => {
    for (const length of [8, 16, 20, 32, 64]) expect(crypto.hash(length, randomness.bytes(5))).toHaveLength(length);
    const seen = new Set<string>();
    for (let i = 0; i < 50_000; i++) {
      const input = Uint8Array.of(i & 255, (i >> 8) & 255, i >> 16);
      seen.add(crypto.hash(8, input).join());
    }
    expect(seen.size).toBe(50_000);
    const key = randomness.bytes(32);
    expect(crypto.hash(32, key)).not.toEqual(crypto.hash(32, new Uint8Array(0), key));
    expect(crypto.hash(32, new Uint8Array(3))).not.toEqual(crypto.hash(32, new Uint8Array(4)));
    expect(crypto.hash(32, key)).toEqual(crypto.hash(32, key));
    const [none, other] = [new Uint8Array(0), randomness.bytes(32)];
    const hashes = [crypto.hash(32, none), crypto.hash(32, none, key), crypto.hash(32, none, other)];
    expect(new Set(hashes.map((hash) => hash.join())).size).toBe(3);
    expect(crypto.shortHash(key.subarray(16), key)).toHaveLength(8);
    expect(crypto.shortHash(key.subarray(16), key)).not.toEqual(crypto.shortHash(key.subarray(0, 16), key));
  });

  test('a box opens only under its key, nonce and associated data, unchanged', () => {
    const [key, nonce, text, associated] = [
      randomness.bytes(32),
      randomness.bytes(24),
      randomness.bytes(50),
      randomness.bytes(16),
    ];
    const box = crypto.seal(key, nonce, text, associated);
    expect(box).toHaveLength(66);
    expect(crypto.open(key, nonce, box, associated)).toEqual(text);
    const flip = (from: Uint8Array, at: number): Uint8Array => from.map((byte, i) => (i === at ? byte ^ 1 : byte));
    for (let at = 0; at < 66; at++) expect(crypto.open(key, nonce, flip(box, at), associated)).toBeUndefined();
    for (let at = 0; at < 32; at++) expect(crypto.open(flip(key, at), nonce, box, associated)).toBeUndefined();
    for (let at = 0; at < 24; at++) expect(crypto.open(key, flip(nonce, at), box, associated)).toBeUndefined();
    for (let at = 0; at < 16; at++) expect(crypto.open(key, nonce, box, flip(associated, at))).toBeUndefined();
    expect(crypto.open(key, nonce, box.subarray(0, 15), associated)).toBeUndefined();
    expect(() => crypto.seal(key.subarray(1), nonce, text, associated)).toThrow();
    expect(() => crypto.open(key, nonce.subarray(1), box, associated)).toThrow();
    expect(() => crypto.open(key.subarray(1), nonce, box, associated)).toThrow();
  });

  test('a stream opens only whole, in its order, under its key and header, unchanged', () => {
    const [key, header] = [randomness.bytes(32), randomness.bytes(24)];
    const pieces = [randomness.bytes(40), new Uint8Array(0), randomness.bytes(40)];
    const boxes = crypto.sealStream(key, header, pieces);
    expect(boxes.map((box) => box.length)).toEqual([57, 17, 57]);
    expect(crypto.openStream(key, header, boxes)).toEqual(pieces);
    const [a, b, c] = boxes as [Uint8Array, Uint8Array, Uint8Array];
    const flip = (from: Uint8Array, at: number): Uint8Array => from.map((byte, i) => (i === at ? byte ^ 1 : byte));
    for (const wrong of [[a, b], [b, a, c], [a, c], [a, a, c], [a, b, c, c], [a, b, c.subarray(1)], [Uint8Array.of(1)]])
      expect(crypto.openStream(key, header, wrong)).toBeUndefined();
    for (let at = 0; at < 57; at++) expect(crypto.openStream(key, header, [a, b, flip(c, at)])).toBeUndefined();
    for (let at = 0; at < 24; at++) expect(crypto.openStream(key, flip(header, at), boxes)).toBeUndefined();
    expect(crypto.openStream(flip(key, 9), header, boxes)).toBeUndefined();
    expect(() => crypto.sealStream(key.subarray(1), header, pieces)).toThrow();
  });

  test('a signature fits one key and one message', () => {
    const [a, b] = [
      crypto.signingKey(new Secret(randomness.bytes(32))),
      crypto.signingKey(new Secret(randomness.bytes(32))),
    ];
    const message = randomness.bytes(40);
    const signature = crypto.sign(a, message);
    expect(crypto.verify(a.publicKey, message, signature)).toBe(true);
    expect(crypto.verify(b.publicKey, message, signature)).toBe(false);
    expect(crypto.verify(a.publicKey, message.subarray(1), signature)).toBe(false);
    expect(crypto.verify(a.publicKey, message, signature.subarray(1))).toBe(false);
    expect(crypto.verify(a.publicKey.subarray(1), message, signature)).toBe(false);
    const seed = randomness.bytes(32);
    const [one, two] = [crypto.signingKey(new Secret(seed.slice())), crypto.signingKey(new Secret(seed.slice()))];
    expect(one.publicKey).toEqual(two.publicKey);
    expect(crypto.verify(two.publicKey, message, crypto.sign(one, message))).toBe(true);
  });

  test('equal compares bytes, whatever their lengths; a passphrase gives one key for one salt', () => {
    expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(crypto.equal(new Uint8Array(0), new Uint8Array(0))).toBe(true);
    const passphrase = randomness.bytes(12);
    const keys = [0, 0, 1].map((salt) =>
      crypto.passphraseKey(passphrase, new Uint8Array(16).fill(salt), 1, 8192).expose(),
    );
    expect(keys[0]).toHaveLength(32);
    expect(keys[0]).toEqual(keys[1]);
    expect(keys[0]).not.toEqual(keys[2]);
  });
});

describe('the null agreement', () => {
  const crypto = createNullCrypto();
  test('both sides of an agreement get the same exporter; a wrong init secret, Welcome or leaf is refused', () => {
    const agreement = createNullAgreement(crypto, randomness);
    const [a, b] = [
      crypto.signingKey(new Secret(randomness.bytes(32))),
      crypto.signingKey(new Secret(randomness.bytes(32))),
    ];
    const prepared = agreement.run({ type: 'prepare', signer: a, identity: Uint8Array.of(1) });
    if (prepared.type !== 'prepared') throw new Error(prepared.type);
    const { keyPackage, initSecret } = prepared;
    const answered = agreement.run({ type: 'answer', signer: b, identity: Uint8Array.of(2), keyPackage });
    if (answered.type !== 'answered') throw new Error(answered.type);
    const { welcome, leaf } = answered;
    const join = { type: 'join', signer: a, keyPackage, initSecret, welcome, leaf } as const;
    const joined = agreement.run(join);
    if (joined.type !== 'joined') throw new Error(joined.type);
    expect(joined.exporter.expose()).toEqual(answered.exporter.expose());
    expect([joined.peerKey, joined.peerIdentity]).toEqual([b.publicKey, Uint8Array.of(2)]);
    expect([answered.peerKey, answered.peerIdentity]).toEqual([a.publicKey, Uint8Array.of(1)]);
    const flip = (from: Uint8Array): Uint8Array => from.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
    expect(agreement.run({ ...join, initSecret: new Secret(randomness.bytes(32)) }).type).toBe('refused');
    expect(agreement.run({ ...join, welcome: flip(welcome) }).type).toBe('refused');
    expect(agreement.run({ ...join, leaf: flip(leaf) }).type).toBe('refused');
    expect(
      agreement.run({ type: 'answer', signer: b, identity: leaf.subarray(0, 2), keyPackage: flip(keyPackage) }).type,
    ).toBe('refused');
  });
});
