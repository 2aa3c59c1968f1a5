// HPKE in base mode (RFC 9180) over a KEM and a KDF, with ChaCha20-Poly1305. Only what MLS asks for.
import sodium from 'libsodium-wrappers-sumo';
import { concat, utf8 } from '../bytes/index.ts';

/** HMAC and hash of one SHA-2 size, and HKDF (RFC 5869) from them. */
export interface Hashes {
  readonly size: number;
  /** Number of the KDF in HPKE. */
  readonly kdfId: number;
  digest(data: Uint8Array): Uint8Array;
  mac(key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array;
}
export interface KeyPairBytes {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}
/** A key encapsulation mechanism; wrong lengths give undefined, as they come from outside. */
export interface Kem {
  /** Number of the KEM in HPKE. */
  readonly id: number;
  /** Bytes of randomness a key pair is made from. */
  readonly seedBytes: number;
  /** Bytes of randomness that `encapsulate` takes. */
  readonly drawBytes: number;
  keyPair(seed: Uint8Array): KeyPairBytes;
  /** As DeriveKeyPair of the KEM: from key material of any length. */
  deriveKeyPair(material: Uint8Array): KeyPairBytes;
  encapsulate(
    publicKey: Uint8Array,
    drawn: Uint8Array,
  ): { readonly shared: Uint8Array; readonly sealed: Uint8Array } | undefined;
  decapsulate(sealed: Uint8Array, privateKey: Uint8Array): Uint8Array | undefined;
}

const EMPTY = new Uint8Array(0);
const VERSION = utf8('HPKE-v1');
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);

/** An empty salt stands for zeros: so HMAC fills up its key by itself. */
export const hkdfExtract = (hashes: Hashes, salt: Uint8Array, material: Uint8Array): Uint8Array =>
  hashes.mac(salt, material);

/** Undefined when longer than 255 blocks. */
export const hkdfExpand = (
  hashes: Hashes,
  key: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array | undefined => {
  if (length > 255 * hashes.size) return undefined;
  const out = new Uint8Array(length);
  let block: Uint8Array = EMPTY;
  for (let at = 0, i = 1; at < length; at += hashes.size, i++) {
    block = hashes.mac(key, block, info, Uint8Array.of(i));
    out.set(block.subarray(0, length - at), at);
  }
  return out;
};

/** ChaCha20-Poly1305 (RFC 8439). */
export const sealChaCha = (
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array => sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, associated, null, nonce, key);
/** Undefined when it does not authenticate or the lengths are wrong. */
export const openChaCha = (
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  box: Uint8Array,
): Uint8Array | undefined => {
  try {
    return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, box, associated, nonce, key);
  } catch {
    // The wrapper reports a bad MAC by throwing, and so it does wrong lengths.
    return undefined;
  }
};

/** What one encapsulation gives: a key and nonce for one message, and an exporter. */
export interface HpkeContext {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly exportSecret: (context: Uint8Array, length: number) => Uint8Array;
}
export const hpkeContext = (kem: Kem, hashes: Hashes, shared: Uint8Array, info: Uint8Array): HpkeContext => {
  const suite = concat(utf8('HPKE'), uint16(kem.id), uint16(hashes.kdfId), uint16(3));
  const extract = (salt: Uint8Array, label: string, material: Uint8Array): Uint8Array =>
    hkdfExtract(hashes, salt, concat(VERSION, suite, utf8(label), material));
  const expand = (key: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array => {
    const out = hkdfExpand(hashes, key, concat(uint16(length), VERSION, suite, utf8(label), context), length);
    if (out === undefined) throw new Error('an HPKE export longer than its KDF allows');
    return out;
  };
  const context = concat(Uint8Array.of(0), extract(EMPTY, 'psk_id_hash', EMPTY), extract(EMPTY, 'info_hash', info));
  const secret = extract(shared, 'secret', EMPTY);
  const exporter = expand(secret, 'exp', context, hashes.size);
  return {
    key: expand(secret, 'key', context, KEY_BYTES),
    nonce: expand(secret, 'base_nonce', context, NONCE_BYTES),
    exportSecret: (of, length) => expand(exporter, 'sec', of, length),
  };
};
