// What MLS (RFC 9420) needs beside the Crypto port, over the same libsodium: a cipher suite for ts-mls. Its own
// provider goes through WebCrypto, ten times slower and with promises that make a simulated run depend on the machine.
// Randomness comes from outside only, so that seeded worlds repeat.
import sodium from 'libsodium-wrappers-sumo';
import { CryptoError, type CiphersuiteImpl, type PrivateKey, type PublicKey } from 'ts-mls';
import { hkdfExpand, hkdfExtract, hpkeContext, openChaCha, sealChaCha, type Hashes, type Kem } from './hpke.ts';

/** X-Wing, ChaCha20-Poly1305, SHA-512, Ed25519: a number of the private range, as ts-mls has it. */
export const XWING_SUITE_ID = 0xf00e;

const needed = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new CryptoError(what);
  return value;
};

/** draft-connolly-cfrg-xwing-kem, through libsodium. The private key is its seed. */
export const xwing: Kem = {
  id: 0x647a,
  seedBytes: 32,
  drawBytes: 64,
  keyPair: (seed) => sodium.crypto_kem_xwing_seed_keypair(seed),
  deriveKeyPair: (material) => sodium.crypto_kem_xwing_seed_keypair(sodium.crypto_xof_shake256(32, material)),
  encapsulate: (publicKey, drawn) => {
    try {
      const { ciphertext, sharedSecret } = sodium.crypto_kem_xwing_enc_deterministic(publicKey, drawn);
      return { shared: sharedSecret, sealed: ciphertext };
    } catch {
      // Thrown for a public key of another length, or that ML-KEM's check of its modulus refuses (FIPS 203, section 7.2).
      return undefined;
    }
  },
  decapsulate: (sealed, privateKey) => {
    try {
      return sodium.crypto_kem_xwing_dec(sealed, privateKey);
    } catch {
      // Thrown for wrong lengths, and when the X25519 half is a point of small order.
      return undefined;
    }
  },
};

export const sha512: Hashes = {
  size: 64,
  kdfId: 3,
  digest: (data) => sodium.crypto_hash_sha512(data),
  mac: (key, ...data) => {
    const state = sodium.crypto_auth_hmacsha512_init(key);
    for (const part of data) sodium.crypto_auth_hmacsha512_update(state, part);
    return sodium.crypto_auth_hmacsha512_final(state);
  },
};

/** Resolves when libsodium is ready; everything in the suite settles at once. */
export const createMlsSuite = async (
  id: number,
  kem: Kem,
  hashes: Hashes,
  randomBytes: (length: number) => Uint8Array,
): Promise<CiphersuiteImpl> => {
  await sodium.ready;
  const none = new Uint8Array(0);
  // ts-mls hands keys through as opaque values: here they are the plain bytes.
  const toPublic = (bytes: Uint8Array): PublicKey => bytes as unknown as PublicKey;
  const toPrivate = (bytes: Uint8Array): PrivateKey => bytes as unknown as PrivateKey;
  const toBytes = (key: unknown): Uint8Array => key as Uint8Array;
  const toPair = ({ publicKey, privateKey }: { publicKey: Uint8Array; privateKey: Uint8Array }) => ({
    publicKey: toPublic(publicKey),
    privateKey: toPrivate(privateKey),
  });
  const encapsulate = (key: PublicKey, info: Uint8Array) => {
    const { shared, sealed } = needed(kem.encapsulate(toBytes(key), randomBytes(kem.drawBytes)), 'a bad public key');
    return { context: hpkeContext(kem, hashes, shared, info), sealed };
  };
  const decapsulate = (key: PrivateKey, sealed: Uint8Array, info: Uint8Array) =>
    hpkeContext(kem, hashes, needed(kem.decapsulate(sealed, toBytes(key)), 'a bad encapsulation'), info);
  const opened = (...box: Parameters<typeof openChaCha>): Uint8Array => needed(openChaCha(...box), 'does not open');

  return {
    id,
    rng: { randomBytes },
    hash: {
      digest: async (data) => hashes.digest(data),
      mac: async (key, data) => hashes.mac(key, data),
      verifyMac: async (key, mac, data) => mac.length === hashes.size && sodium.memcmp(hashes.mac(key, data), mac),
    },
    kdf: {
      size: hashes.size,
      extract: async (salt, material) => hkdfExtract(hashes, salt, material),
      expand: async (key, info, length) => needed(hkdfExpand(hashes, key, info, length), 'too long'),
    },
    signature: {
      sign: async (key, message) => sodium.crypto_sign_detached(message, key),
      verify: async (key, message, signature) =>
        key.length === sodium.crypto_sign_PUBLICKEYBYTES &&
        signature.length === sodium.crypto_sign_BYTES &&
        sodium.crypto_sign_verify_detached(signature, message, key),
      keygen: async () => {
        const pair = sodium.crypto_sign_seed_keypair(randomBytes(sodium.crypto_sign_SEEDBYTES));
        return { publicKey: pair.publicKey, signKey: pair.privateKey };
      },
    },
    hpke: {
      keyLength: 32,
      nonceLength: 12,
      seal: async (key, plaintext, info, associated = none) => {
        const { context, sealed } = encapsulate(key, info);
        return { enc: sealed, ct: sealChaCha(context.key, context.nonce, associated, plaintext) };
      },
      open: async (key, sealed, box, info, associated = none) => {
        const context = decapsulate(key, sealed, info);
        return opened(context.key, context.nonce, associated, box);
      },
      exportSecret: async (key, exporterContext, length, info) => {
        const { context, sealed } = encapsulate(key, info);
        return { enc: sealed, secret: context.exportSecret(exporterContext, length) };
      },
      importSecret: async (key, exporterContext, sealed, length, info) =>
        decapsulate(key, sealed, info).exportSecret(exporterContext, length),
      encryptAead: async (key, nonce, associated, plaintext) => sealChaCha(key, nonce, associated ?? none, plaintext),
      decryptAead: async (key, nonce, associated, box) => opened(key, nonce, associated ?? none, box),
      importPrivateKey: async (bytes) => toPrivate(bytes),
      importPublicKey: async (bytes) => toPublic(bytes),
      exportPublicKey: async (key) => toBytes(key),
      exportPrivateKey: async (key) => toBytes(key),
      deriveKeyPair: async (material) => toPair(kem.deriveKeyPair(material)),
      generateKeyPair: async () => toPair(kem.keyPair(randomBytes(kem.seedBytes))),
    },
  };
};
