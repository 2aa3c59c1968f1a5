export interface Clock {
  /** Milliseconds since 1970, as this machine believes. */
  now(): number;
  /** Calls back once after at least `ms`; returns the way to call it off. */
  after(ms: number, callback: () => void): () => void;
}
