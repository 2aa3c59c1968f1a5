import type { Secret } from './secret.ts';

/** An Ed25519 key pair (RFC 8032). The private half is libsodium's 64 bytes. */
export interface SigningKey {
  readonly publicKey: Uint8Array;
  readonly privateKey: Secret;
}

/**
 * The primitives of Kith, all of libsodium, all synchronous. A null provider stands behind the same port in
 * simulations. Lengths in bytes. Wrong lengths are bugs of the caller and throw; bad input from outside does not.
 */
export interface Crypto {
  readonly name: string;
  /** BLAKE2b (RFC 7693), 8 to 64 bytes out, key of 0 to 64 bytes. */
  hash(length: number, data: Uint8Array, key?: Uint8Array): Uint8Array;
  /** SipHash-2-4: 8 bytes under a 16-byte key. Recognises tags; authenticates nothing. */
  shortHash(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** From a 32-byte seed. */
  signingKey(seed: Secret): SigningKey;
  sign(key: SigningKey, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** XChaCha20-Poly1305: key 32, nonce 24; the result is 16 bytes longer. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array;
  /** Undefined when it does not authenticate. */
  open(key: Uint8Array, nonce: Uint8Array, box: Uint8Array, associated: Uint8Array): Uint8Array | undefined;
  /**
   * A libsodium secretstream (XChaCha20-Poly1305) under a key of 32 bytes and a header of 24 random ones: each piece comes
   * out 17 bytes longer, the last one marked as the end. Pieces open only together, in their order, up to the end.
   */
  sealStream(key: Uint8Array, header: Uint8Array, pieces: readonly Uint8Array[]): readonly Uint8Array[];
  /** Undefined when a piece does not authenticate, or the end is not where the last one is. */
  openStream(key: Uint8Array, header: Uint8Array, boxes: readonly Uint8Array[]): readonly Uint8Array[] | undefined;
  /** Constant-time; false for different lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Argon2id, 32 bytes out, salt 16. */
  passphraseKey(passphrase: Uint8Array, salt: Uint8Array, operations: number, memoryBytes: number): Secret;
}
