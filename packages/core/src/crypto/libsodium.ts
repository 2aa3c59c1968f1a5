// The one primitive library, in browser and Node alike. Nothing here draws randomness: that comes in through the port.
// Separate from index.ts because importing it compiles a megabyte of WebAssembly.
import sodium from 'libsodium-wrappers-sumo';
import type { Crypto, SigningKey } from './crypto.ts';
import { Secret } from './secret.ts';

export const createLibsodium = async (): Promise<Crypto> => {
  await sodium.ready;
  return libsodium;
};

/** Tags of a secretstream, and what a piece grows by; fixed by libsodium's format. */
const MESSAGE = 0;
const FINAL = 3;
const STREAM_EXTRA = 17;

const libsodium: Crypto = {
  name: 'libsodium',
  hash: (length, data, key) => sodium.crypto_generichash(length, data, key ?? null),
  shortHash: (key, data) => sodium.crypto_shorthash(data, key),
  signingKey: (seed): SigningKey => {
    const pair = sodium.crypto_sign_seed_keypair(seed.expose());
    return { publicKey: pair.publicKey, privateKey: new Secret(pair.privateKey) };
  },
  sign: (key, message) => sodium.crypto_sign_detached(message, key.privateKey.expose()),
  verify: (publicKey, message, signature) =>
    publicKey.length === sodium.crypto_sign_PUBLICKEYBYTES &&
    signature.length === sodium.crypto_sign_BYTES &&
    sodium.crypto_sign_verify_detached(signature, message, publicKey),
  seal: (key, nonce, plaintext, associated) =>
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associated, null, nonce, key),
  open: (key, nonce, box, associated) => {
    if (box.length < sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES) return undefined;
    // The wrapper reports a bad MAC by throwing; wrong lengths of key and nonce are bugs and are told apart beforehand.
    if (key.length !== 32 || nonce.length !== 24) throw new Error('key or nonce of a wrong length');
    try {
      return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, box, associated, nonce, key);
    } catch {
      return undefined;
    }
  },
  sealStream: (key, header, pieces) => {
    // The state for reading is that for writing under the same header; libsodium's own way draws the header itself.
    const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
    return pieces.map((piece, i) =>
      sodium.crypto_secretstream_xchacha20poly1305_push(state, piece, null, i === pieces.length - 1 ? FINAL : MESSAGE),
    );
  },
  openStream: (key, header, boxes) => {
    const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
    const pieces: Uint8Array[] = [];
    for (const [i, box] of boxes.entries()) {
      if (box.length < STREAM_EXTRA) return undefined;
      const opened = sodium.crypto_secretstream_xchacha20poly1305_pull(state, box, null);
      const wanted = i === boxes.length - 1 ? FINAL : MESSAGE;
      if (opened === false || opened.tag !== wanted) return undefined;
      pieces.push(opened.message);
    }
    return pieces;
  },
  equal: (a, b) => a.length === b.length && sodium.memcmp(a, b),
  passphraseKey: (passphrase, salt, operations, memoryBytes) =>
    new Secret(
      sodium.crypto_pwhash(32, passphrase, salt, operations, memoryBytes, sodium.crypto_pwhash_ALG_ARGON2ID13),
    ),
};
