// libsodium compiled for this machine, where it is installed: signing and checking take less than half of their time in
// WebAssembly. The same library and the same port; what is left out stays with the WebAssembly (streams, passphrases).
import type { Crypto } from '@kith/core/crypto';
import type { Randomness } from '@kith/core/ports';

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const MAC_BYTES = 16;
const SIGNATURE_BYTES = 64;
const SHORT_KEY_BYTES = 16;
const SHORT_HASH_BYTES = 8;
/** It makes none below. */
const SHORTEST_HASH_BYTES = 16;
const NO_BYTES = new Uint8Array(0);

const load = () =>
  import('sodium-native').then(
    (loaded) => loaded.default,
    () => undefined,
  );
/** A small array is moved out of the heap when native code is given it, and costs more than the call from then on. */
const LARGEST_ROOM = 64;

/** From the same source of the system as its own way, which makes a job of each call. Nothing is drawn ahead: it would be keys. */
export const withNativeRandomness = async (base: Randomness): Promise<Randomness> => {
  const sodium = await load();
  if (sodium === undefined) return base;
  const room = new ArrayBuffer(LARGEST_ROOM);
  const rooms = Array.from({ length: LARGEST_ROOM + 1 }, (_, length) => new Uint8Array(room, 0, length));
  return {
    bytes(length) {
      const out = rooms[length] ?? new Uint8Array(length);
      sodium.randombytes_buf(out);
      if (length > LARGEST_ROOM) return out;
      const drawn = out.slice();
      out.fill(0);
      return drawn;
    },
  };
};

/** `base` itself on a machine that sodium-native brings no build for: it is slower there, and nothing else differs. */
export const withNativeCrypto = async (base: Crypto): Promise<Crypto> => {
  const sodium = await load();
  if (sodium === undefined) return base;
  const room = new ArrayBuffer(LARGEST_ROOM);
  const rooms = new Map([16, 32, 64].map((length) => [length, new Uint8Array(room, 0, length)]));
  return {
    ...base,
    name: 'sodium-native',
    hash: (length, data, key) => {
      if (length < SHORTEST_HASH_BYTES) return base.hash(length, data, key);
      const out = rooms.get(length) ?? new Uint8Array(length);
      if (key === undefined || key.length === 0) sodium.crypto_generichash(out, data);
      else sodium.crypto_generichash(out, data, key);
      const hash = out.slice();
      // Some are keys.
      out.fill(0);
      return hash;
    },
    shortHash: (key, data) => {
      if (key.length !== SHORT_KEY_BYTES) throw new Error('a key of a wrong length');
      const out = new Uint8Array(SHORT_HASH_BYTES);
      sodium.crypto_shorthash(out, data, key);
      return out;
    },
    sign: (key, message) => {
      const signature = new Uint8Array(SIGNATURE_BYTES);
      sodium.crypto_sign_detached(signature, message, key.privateKey.expose());
      return signature;
    },
    verify: (publicKey, message, signature) =>
      publicKey.length === KEY_BYTES &&
      signature.length === SIGNATURE_BYTES &&
      sodium.crypto_sign_verify_detached(signature, message, publicKey),
    seal: (key, nonce, plaintext, associated) => {
      const box = new Uint8Array(plaintext.length + MAC_BYTES);
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(box, plaintext, associated, null, nonce, key);
      return box;
    },
    open: (key, nonce, box, associated) => {
      if (box.length < MAC_BYTES) return undefined;
      // A bad MAC is told by throwing; wrong lengths of key and nonce are bugs and are told apart beforehand.
      if (key.length !== KEY_BYTES || nonce.length !== NONCE_BYTES) throw new Error('key or nonce of a wrong length');
      const text = box.length === MAC_BYTES ? NO_BYTES : new Uint8Array(box.length - MAC_BYTES);
      try {
        sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(text, null, box, associated, nonce, key);
      } catch {
        return undefined;
      }
      return text;
    },
  };
};
