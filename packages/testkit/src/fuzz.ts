// Any bytes at a decoder: it answers with a value or undefined, never with an exception, and never slowly.
import { concat } from '@kith/core/bytes';
import type { SeededRandomness } from './seeded-randomness.ts';

/** An input that takes longer than this, three times running, is a fault: it could stop a device. */
export const SLOW_MS = 50;
const LONGEST_NOISE = 400;

export interface FuzzReport {
  readonly name: string;
  readonly inputs: number;
  /** How many inputs the decoder took. */
  readonly taken: number;
  readonly slowestMs: number;
  /** Empty when all is well. */
  readonly faults: readonly string[];
}

/** Noise, and near misses of `from`: cut, lengthened, with a piece replaced, with bytes changed. */
export const bend = (from: Uint8Array, randomness: SeededRandomness): Uint8Array => {
  switch (randomness.int(from.length === 0 ? 1 : 6)) {
    case 0:
      return randomness.bytes(randomness.int(LONGEST_NOISE));
    case 1:
      return from.slice(0, randomness.int(from.length));
    case 2:
      return concat(from, randomness.bytes(1 + randomness.int(10)));
    case 3: {
      const at = randomness.int(from.length);
      return concat(from.subarray(0, at), randomness.bytes(randomness.int(4)), from.subarray(at + randomness.int(4)));
    }
    case 4: {
      // A head of CBOR where none was: lengths that lie, nesting, tags, floats, indefinite forms.
      const out = from.slice();
      out[randomness.int(out.length)] = randomness.pick([
        0x5b, 0x7b, 0x9b, 0xbb, 0x9f, 0xbf, 0xff, 0xc2, 0xf9, 0xfb, 0xf7, 0x81, 0xd8,
      ]);
      return out;
    }
    default: {
      const out = from.slice();
      for (let i = 0; i <= randomness.int(3); i++) out[randomness.int(out.length)] = randomness.int(256);
      return out;
    }
  }
};

/**
 * Gives `count` inputs to `decode`: each of `seeds` as it is, then bent ones and noise. `decode` returns undefined for what it
 * does not take; `clock` gives milliseconds.
 */
export const fuzzDecoder = (
  name: string,
  decode: (data: Uint8Array) => unknown,
  seeds: readonly Uint8Array[],
  count: number,
  randomness: SeededRandomness,
  clock: () => number = () => performance.now(),
): FuzzReport => {
  const faults: string[] = [];
  let [taken, slowestMs] = [0, 0];
  const time = (input: Uint8Array): number => {
    const started = clock();
    try {
      if (decode(input) !== undefined) taken++;
    } catch (error) {
      faults.push(`${name} threw ${String(error)} on ${Array.from(input.subarray(0, 200)).join(' ')}`);
    }
    return clock() - started;
  };
  for (let i = 0; i < count && faults.length < 5; i++) {
    const input = seeds[i] ?? bend(seeds.length === 0 ? new Uint8Array(0) : randomness.pick(seeds), randomness);
    const took = time(input);
    slowestMs = Math.max(slowestMs, took);
    // Once may be the machine's fault, three times is ours.
    if (took > SLOW_MS && time(input) > SLOW_MS && time(input) > SLOW_MS)
      faults.push(`${name} took ${took} ms for ${input.length} bytes: ${Array.from(input).join(' ')}`);
  }
  return { name, inputs: count, taken, slowestMs, faults };
};
