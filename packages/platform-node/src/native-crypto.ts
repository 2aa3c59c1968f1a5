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

const load = () =>
  import('sodium-native').then(
    (loaded) => loaded.default,
    () => undefined,
  );
/** Engines keep so many bytes within the object. Handed to native code they are moved into memory of their own, which costs more than most calls. */
const FEW_BYTES = 64;
/** As many as a call takes. */
const PLACES = 5;

/** Few bytes are handed over as copies on a desk, which is wiped after each call: most are keys, or what they lock. */
class Desk {
  readonly #all = new Uint8Array(PLACES * FEW_BYTES);
  readonly #places = Array.from({ length: PLACES }, (_, place) =>
    Array.from({ length: FEW_BYTES + 1 }, (_unused, length) =>
      this.#all.subarray(place * FEW_BYTES, place * FEW_BYTES + length),
    ),
  );
  #taken = 0;

  room(length: number): Uint8Array {
    return this.#places[length > FEW_BYTES ? PLACES : this.#taken++]?.[length] ?? new Uint8Array(length);
  }
  lend(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > FEW_BYTES) return bytes;
    const copy = this.room(length);
    for (let i = 0; i < length; i++) copy[i] = bytes[i] as number;
    return copy;
  }
  /** What was written into a room, for the caller to keep. */
  take(out: Uint8Array): Uint8Array {
    return out.length > FEW_BYTES ? out : out.slice();
  }
  wipe(): void {
    this.#all.fill(0);
    this.#taken = 0;
  }
}

/** From the same source of the system as its own way, which makes a job of each call. Nothing is drawn ahead: it would be keys. */
export const withNativeRandomness = async (base: Randomness): Promise<Randomness> => {
  const sodium = await load();
  if (sodium === undefined) return base;
  const desk = new Desk();
  return {
    bytes(length) {
      const out = desk.room(length);
      sodium.randombytes_buf(out);
      const drawn = desk.take(out);
      desk.wipe();
      return drawn;
    },
  };
};

/** `base` itself on a machine that sodium-native brings no build for: it is slower there, and nothing else differs. */
export const withNativeCrypto = async (base: Crypto): Promise<Crypto> => {
  const sodium = await load();
  if (sodium === undefined) return base;
  const desk = new Desk();
  const atDesk = <T>(work: () => T): T => {
    try {
      return work();
    } finally {
      desk.wipe();
    }
  };
  return {
    ...base,
    name: 'sodium-native',
    hash: (length, data, key) => {
      if (length < SHORTEST_HASH_BYTES) return base.hash(length, data, key);
      try {
        const out = desk.room(length);
        if (key === undefined || key.length === 0) sodium.crypto_generichash(out, desk.lend(data));
        else sodium.crypto_generichash(out, desk.lend(data), desk.lend(key));
        return desk.take(out);
      } finally {
        desk.wipe();
      }
    },
    shortHash: (key, data) => {
      if (key.length !== SHORT_KEY_BYTES) throw new Error('a key of a wrong length');
      return atDesk(() => {
        const out = desk.room(SHORT_HASH_BYTES);
        sodium.crypto_shorthash(out, desk.lend(data), desk.lend(key));
        return desk.take(out);
      });
    },
    sign: (key, message) =>
      atDesk(() => {
        const signature = desk.room(SIGNATURE_BYTES);
        sodium.crypto_sign_detached(signature, desk.lend(message), desk.lend(key.privateKey.expose()));
        return desk.take(signature);
      }),
    verify: (publicKey, message, signature) =>
      publicKey.length === KEY_BYTES &&
      signature.length === SIGNATURE_BYTES &&
      atDesk(() => sodium.crypto_sign_verify_detached(desk.lend(signature), desk.lend(message), desk.lend(publicKey))),
    seal: (key, nonce, plaintext, associated) =>
      atDesk(() => {
        const box = desk.room(plaintext.length + MAC_BYTES);
        sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
          box,
          desk.lend(plaintext),
          desk.lend(associated),
          null,
          desk.lend(nonce),
          desk.lend(key),
        );
        return desk.take(box);
      }),
    open: (key, nonce, box, associated) => {
      if (box.length < MAC_BYTES) return undefined;
      // A bad MAC is told by throwing; wrong lengths of key and nonce are bugs and are told apart beforehand.
      if (key.length !== KEY_BYTES || nonce.length !== NONCE_BYTES) throw new Error('key or nonce of a wrong length');
      return atDesk(() => {
        const text = desk.room(box.length - MAC_BYTES);
        try {
          sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            text,
            null,
            desk.lend(box),
            desk.lend(associated),
            desk.lend(nonce),
            desk.lend(key),
          );
        } catch {
          return undefined;
        }
        return desk.take(text);
      });
    },
  };
};
