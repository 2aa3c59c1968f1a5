export interface Randomness {
  /** Unpredictable bytes; the caller owns them. */
  bytes(length: number): Uint8Array;
}
