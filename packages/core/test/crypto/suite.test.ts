// The cipher suite of MLS by itself: what comes from outside is refused as a value or a CryptoError, and what only one side
// of an agreement uses is held against a second reading of the RFCs.
import { CryptoError, type CiphersuiteImpl } from 'ts-mls';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, toHex, uint32, utf8 } from '@kith/core/bytes';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { hkdfExpand, openChaCha, sealChaCha } from '../../src/crypto/hpke.ts';
import { createMlsSuite, sha512, XWING_SUITE_ID, xwing } from '../../src/crypto/mls-suite.ts';

const randomness = seededRandomness(1);
const none = new Uint8Array(0);
const flip = (from: Uint8Array, at = 0): Uint8Array => from.map((byte, i) => (i === at ? byte ^ 1 : byte));
let suite: CiphersuiteImpl;
beforeAll(async () => {
  suite = await createMlsSuite(XWING_SUITE_ID, xwing, sha512, (length) => randomness.bytes(length));
});

describe('HMAC and HKDF', () => {
  test('HMAC-SHA-512 of RFC 4231, test case 2; a MAC of another length or byte does not verify', async () => {
    const [key, data] = [utf8('Jefe'), utf8('what do ya want for nothing?')];
    const mac = await suite.hash.mac(key, data);
    expect(toHex(mac)).toBe(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    );
    expect(toHex((await suite.hash.digest(utf8('abc'))).subarray(0, 8))).toBe('ddaf35a193617aba');
    expect(await suite.hash.verifyMac(key, mac, data)).toBe(true);
    for (const wrong of [flip(mac), flip(mac, 63), mac.subarray(0, 63), concat(mac, Uint8Array.of(0)), none])
      expect(await suite.hash.verifyMac(key, wrong, data)).toBe(false);
  });
  test('an empty salt stands for zeros, and 255 blocks are the most (RFC 5869)', async () => {
    const material = randomness.bytes(40);
    const key = await suite.kdf.extract(none, material);
    expect(key).toEqual(sha512.mac(new Uint8Array(64), material));
    expect(await suite.kdf.extract(Uint8Array.of(1), material)).toEqual(sha512.mac(Uint8Array.of(1), material));
    const most = await suite.kdf.expand(key, none, 255 * 64);
    expect(most).toHaveLength(255 * 64);
    expect(most.subarray(0, 65)).toEqual(await suite.kdf.expand(key, none, 65));
    expect(most.subarray(64, 128)).toEqual(sha512.mac(key, most.subarray(0, 64), Uint8Array.of(2)));
    await expect(suite.kdf.expand(key, none, 255 * 64 + 1)).rejects.toThrow(new CryptoError('too long'));
  });
});

describe('signatures', () => {
  test('one of a wrong length is false, never an exception', async () => {
    const { publicKey, signKey } = await suite.signature.keygen();
    const message = randomness.bytes(20);
    const signature = await suite.signature.sign(signKey, message);
    expect(await suite.signature.verify(publicKey, message, signature)).toBe(true);
    expect(await suite.signature.verify(publicKey, message, flip(signature))).toBe(false);
    expect(await suite.signature.verify(publicKey, message, signature.subarray(1))).toBe(false);
    expect(await suite.signature.verify(publicKey.subarray(1), message, signature)).toBe(false);
  });
});

describe('X-Wing', () => {
  test('keys and encapsulations that cannot be are refused as values', async () => {
    const { publicKey, privateKey } = xwing.keyPair(randomness.bytes(32));
    const drawn = randomness.bytes(64);
    const { shared, sealed } = xwing.encapsulate(publicKey, drawn) ?? { shared: none, sealed: none };
    expect(xwing.decapsulate(sealed, privateKey)).toEqual(shared);
    expect(xwing.decapsulate(flip(sealed), privateKey)).not.toEqual(shared);
    expect(xwing.encapsulate(publicKey.subarray(1), drawn)).toBeUndefined();
    // Beyond the modulus of ML-KEM (FIPS 203, section 7.2).
    expect(
      xwing.encapsulate(
        publicKey.map((byte, i) => (i < 3 ? 255 : byte)),
        drawn,
      ),
    ).toBeUndefined();
    expect(xwing.decapsulate(sealed.subarray(1), privateKey)).toBeUndefined();
    expect(xwing.decapsulate(sealed, privateKey.subarray(1))).toBeUndefined();
    // A point of small order.
    expect(
      xwing.decapsulate(
        sealed.map((byte, i) => (i < 1088 ? byte : 0)),
        privateKey,
      ),
    ).toBeUndefined();
  });
});

describe('HPKE (RFC 9180)', () => {
  const info = utf8('info');
  test('a box opens with its key, its info and its associated data alone', async () => {
    const { publicKey, privateKey } = await suite.hpke.generateKeyPair();
    const other = await suite.hpke.deriveKeyPair(randomness.bytes(50));
    const text = randomness.bytes(30);
    const { enc, ct } = await suite.hpke.seal(publicKey, text, info, utf8('beside'));
    expect(await suite.hpke.open(privateKey, enc, ct, info, utf8('beside'))).toEqual(text);
    const fails = new CryptoError('does not open');
    await expect(suite.hpke.open(privateKey, enc, flip(ct), info, utf8('beside'))).rejects.toThrow(fails);
    await expect(suite.hpke.open(privateKey, enc, ct, info)).rejects.toThrow(fails);
    await expect(suite.hpke.open(privateKey, enc, ct, none, utf8('beside'))).rejects.toThrow(fails);
    await expect(suite.hpke.open(other.privateKey, enc, ct, info, utf8('beside'))).rejects.toThrow(fails);
    await expect(suite.hpke.open(privateKey, enc.subarray(1), ct, info)).rejects.toThrow(
      new CryptoError('a bad encapsulation'),
    );
    const short = await suite.hpke.importPublicKey((await suite.hpke.exportPublicKey(publicKey)).subarray(1));
    await expect(suite.hpke.seal(short, text, info)).rejects.toThrow(new CryptoError('a bad public key'));
  });
  test('keys go in and out as their bytes; equal material gives an equal pair', async () => {
    const material = randomness.bytes(50);
    const [one, two] = [await suite.hpke.deriveKeyPair(material), await suite.hpke.deriveKeyPair(material)];
    expect(two).toEqual(one);
    const bytes = await suite.hpke.exportPrivateKey(one.privateKey);
    expect(bytes).toHaveLength(32);
    expect(await suite.hpke.importPrivateKey(bytes)).toEqual(one.privateKey);
    expect(await suite.hpke.exportPublicKey(one.publicKey)).toHaveLength(1216);
  });
  test('both sides export one secret, the one of a key schedule written anew', async () => {
    const { publicKey, privateKey } = await suite.hpke.generateKeyPair();
    const { enc, secret } = await suite.hpke.exportSecret(publicKey, utf8('for'), 40, info);
    expect(await suite.hpke.importSecret(privateKey, utf8('for'), enc, 40, info)).toEqual(secret);
    const id = concat(utf8('HPKE'), Uint8Array.of(0x64, 0x7a, 0, 3, 0, 3));
    const extract = (salt: Uint8Array, label: string, material: Uint8Array): Uint8Array =>
      sha512.mac(salt, utf8('HPKE-v1'), id, utf8(label), material);
    const expand = (key: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array =>
      hkdfExpand(
        sha512,
        key,
        concat(uint32(length).subarray(2), utf8('HPKE-v1'), id, utf8(label), context),
        length,
      ) as Uint8Array;
    const shared = xwing.decapsulate(enc, await suite.hpke.exportPrivateKey(privateKey)) as Uint8Array;
    const zeros = new Uint8Array(64);
    const context = concat(Uint8Array.of(0), extract(zeros, 'psk_id_hash', none), extract(zeros, 'info_hash', info));
    const exporter = expand(extract(shared, 'secret', none), 'exp', context, 64);
    expect(secret).toEqual(expand(exporter, 'sec', utf8('for'), 40));
    await expect(suite.hpke.exportSecret(publicKey, none, 255 * 64 + 1, info)).rejects.toThrow(
      'an HPKE export longer than its KDF allows',
    );
  });
  test('ChaCha20-Poly1305 by itself: wrong lengths and wrong bytes do not open', async () => {
    const [key, nonce, text] = [randomness.bytes(32), randomness.bytes(12), randomness.bytes(9)];
    const box = await suite.hpke.encryptAead(key, nonce, utf8('a'), text);
    expect(box).toEqual(sealChaCha(key, nonce, utf8('a'), text));
    expect(await suite.hpke.decryptAead(key, nonce, utf8('a'), box)).toEqual(text);
    await expect(suite.hpke.decryptAead(key, nonce, undefined, box)).rejects.toThrow(new CryptoError('does not open'));
    const plain = await suite.hpke.encryptAead(key, nonce, undefined, text);
    expect(await suite.hpke.decryptAead(key, nonce, undefined, plain)).toEqual(text);
    expect(openChaCha(key, nonce, none, plain)).toEqual(text);
    expect(openChaCha(key.subarray(1), nonce, none, plain)).toBeUndefined();
    expect(openChaCha(key, nonce.subarray(1), none, plain)).toBeUndefined();
    expect(openChaCha(key, nonce, none, plain.subarray(0, 15))).toBeUndefined();
    expect(openChaCha(key, nonce, none, none)).toBeUndefined();
  });
  test('what is drawn comes from outside', () => {
    expect(suite.rng.randomBytes(5)).toHaveLength(5);
  });
});
