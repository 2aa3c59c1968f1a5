// What is used of sodium-native, which brings no types. Results are written into the first argument.
declare module 'sodium-native' {
  interface SodiumNative {
    crypto_generichash(out: Uint8Array, data: Uint8Array, key?: Uint8Array): void;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, privateKey: Uint8Array): void;
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    crypto_aead_xchacha20poly1305_ietf_encrypt(
      box: Uint8Array,
      text: Uint8Array,
      associated: Uint8Array,
      secretNonce: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number;
    /** Throws when it does not authenticate. */
    crypto_aead_xchacha20poly1305_ietf_decrypt(
      text: Uint8Array,
      secretNonce: null,
      box: Uint8Array,
      associated: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number;
    /** Asks the system each time. */
    randombytes_buf(out: Uint8Array): void;
    crypto_shorthash(out: Uint8Array, data: Uint8Array, key: Uint8Array): void;
  }
  const sodium: SodiumNative;
  export default sodium;
}
