// Randomness that a seed repeats, for simulations and tests. xoshiro128** (Blackman and Vigna, 2018) seeded by SplitMix32:
// fast and well spread, and predictable, so that nothing but tests may use it.
import type { Randomness } from '@kith/core/ports';

export interface SeededRandomness extends Randomness {
  /** 0 (inclusive) to 1 (exclusive). */
  fraction(): number;
  /** 0 (inclusive) to `below` (exclusive). */
  int(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** An independent stream that depends on the seed and the label only, not on what was drawn here before. */
  fork(label: string): SeededRandomness;
}

const splitMix32 = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
};

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
/** FNV-1a, to give each label a seed of its own. */
const labelHash = (seed: number, label: string): number => {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
};

export const seededRandomness = (seed: number): SeededRandomness => {
  const start = splitMix32(seed);
  let [a, b, c, d] = [start(), start(), start(), start()];
  const word = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  const fraction = (): number => word() / 2 ** 32;
  const int = (below: number): number => Math.floor(fraction() * below);
  return {
    bytes(length) {
      const out = new Uint8Array(length);
      for (let at = 0; at < length;) {
        for (let left = word(), i = 0; i < 4 && at < length; i++, at++, left >>>= 8) out[at] = left & 255;
      }
      return out;
    },
    fraction,
    int,
    pick: (from) => {
      if (from.length === 0) throw new Error('nothing to pick from');
      return from[int(from.length)] as (typeof from)[number];
    },
    fork: (label) => seededRandomness(labelHash(seed, label)),
  };
};
