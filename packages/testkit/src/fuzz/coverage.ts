// What a run reached, as fuzzers see it (AFL, "Technical whitepaper"): pairs of branches taken one after the other, and about how
// often each. In parsers made of few general parts the branches alone would soon all be known; which follows on which, and how
// often, tells how far into a format an input got.
const PAIRS = 1 << 16;
/** More branches than the source has. */
const BRANCHES = 1 << 17;

const counts = new Uint8Array(PAIRS);
const taken = new Uint32Array(PAIRS);
const reached = new Uint8Array(BRANCHES);
let length = 0;
let before = 0;
Reflect.set(globalThis, '__branch', (branch: number): void => {
  reached[branch] = 1;
  const at = Math.imul(branch + 1, 0x9e3779b1) >>> 16;
  const pair = at ^ before;
  before = at >>> 1;
  const count = counts[pair] as number;
  if (count === 0) taken[length++] = pair;
  if (count < 255) counts[pair] = count + 1;
});

/** 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more: a bit each. */
const often = (count: number): number => {
  if (count < 4) return 1 << (count - 1);
  return count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
};

/** What one parser has reached in all its inputs. */
export class Known {
  readonly #known = new Uint8Array(PAIRS);
  #pairs = 0;
  get pairs(): number {
    return this.#pairs;
  }
  /** How much the input that was run since `beginInput` reached that none before it did. */
  take(): number {
    let fresh = 0;
    for (let i = 0; i < length; i++) {
      const pair = taken[i] as number;
      const bit = often(counts[pair] as number);
      const known = this.#known[pair] as number;
      if ((known & bit) !== 0) continue;
      if (known === 0) this.#pairs++;
      this.#known[pair] = known | bit;
      fresh++;
    }
    return fresh;
  }
}
export const beginInput = (): void => {
  for (let i = 0; i < length; i++) counts[taken[i] as number] = 0;
  length = 0;
  before = 0;
};
/** Of these branches, how many anything reached since the start. */
export const reachedOf = (first: number, count: number): number =>
  reached.subarray(first, first + count).reduce((sum, one) => sum + one, 0);
