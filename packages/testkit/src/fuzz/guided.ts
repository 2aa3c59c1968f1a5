// Fuzzing that learns: an input that takes a parser where none did before is kept, and near misses are made of it. And of many
// parsers, those where that still happens get most of the inputs.
import { SLOW_MS } from '../fuzz.ts';
import type { SeededRandomness } from '../seeded-randomness.ts';
import { bendMore } from './bend.ts';
import { beginInput, Known } from './coverage.ts';

export interface Target {
  readonly name: string;
  /** What it takes. */
  readonly seeds: readonly Uint8Array[];
  /** Undefined for what it does not take. An exception is a fault. */
  run(data: Uint8Array): unknown;
  readonly words?: readonly Uint8Array[];
  /** Milliseconds of processor time that an input may cost. */
  readonly slowMs?: number;
  /** How many times the time of others it is worth. */
  readonly worth?: number;
}
/** What a `fuzz-targets.ts` of a package exports. */
export type Targets = (
  randomness: SeededRandomness,
  atEnd: (ending: () => unknown) => void,
) => Promise<readonly Target[]>;
export interface Result {
  readonly inputs: number;
  readonly taken: number;
  readonly pairs: number;
  readonly corpus: number;
  readonly ms: number;
  readonly slowestMs: number;
  readonly faults: readonly string[];
}

const NOTHING = [new Uint8Array(0)];
/** Of one parser. Larger ones would only copy bytes. */
const MOST_KEPT = 2_000;
const LARGEST_KEPT = 16_384;
const MOST_FAULTS = 5;
/** Held after a slice by everything together: one parser's share is a small part of it. */
const MOST_BYTES = 1.5 * 2 ** 30;

/** Of this thread alone: in minutes of work the machine's other work stops it for longer than any bound. */
export const busyMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const hex = (data: Uint8Array): string => Buffer.from(data.subarray(0, 4096)).toString('hex');

export class Guided {
  readonly target: Target;
  readonly #randomness: SeededRandomness;
  readonly #now: () => number;
  readonly #known = new Known();
  readonly #corpus: Uint8Array[] = [];
  readonly #faults: string[] = [];
  readonly #words: readonly Uint8Array[];
  #inputs = 0;
  #taken = 0;
  #ms = 0;
  #foundAtMs = 0;
  #slowestMs = 0;

  /** `now`: in milliseconds. */
  constructor(target: Target, randomness: SeededRandomness, now: () => number = () => performance.now()) {
    this.target = target;
    this.#randomness = randomness;
    this.#now = now;
    this.#words = target.words ?? [];
  }
  get result(): Result {
    return {
      inputs: this.#inputs,
      taken: this.#taken,
      pairs: this.#known.pairs,
      corpus: this.#corpus.length,
      ms: this.#ms,
      slowestMs: this.#slowestMs,
      faults: this.#faults,
    };
  }
  get isBroken(): boolean {
    return this.#faults.length >= MOST_FAULTS;
  }
  /** Of its worth: how long ago it found anything. */
  get idleMs(): number {
    return (this.#ms - this.#foundAtMs) / (this.target.worth ?? 1);
  }

  /** At most so many inputs, and about so many milliseconds. Gives how many there were. */
  async slice(most: number, ms: number): Promise<number> {
    const began = this.#now();
    let count = 0;
    for (; count < most && !this.isBroken && this.#now() - began < ms; count++) {
      // Where nothing is known to be taken the empty input comes first.
      const seed = this.target.seeds[this.#inputs] ?? (this.#inputs === 0 ? new Uint8Array(0) : undefined);
      this.#inputs++;
      const input = seed ?? bendMore(this.#parent(), this.#lenders(), this.#words, this.#randomness);
      await this.#try(input, began);
    }
    this.#ms += this.#now() - began;
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external > MOST_BYTES)
      this.#faults.push(`${this.target.name}: ${Math.round((heapUsed + external) / 2 ** 20)} MiB are held`);
    return count;
  }
  /** What was found last is tried most, and what is short: less of it says nothing. */
  #parent(): Uint8Array {
    if (this.#corpus.length === 0) return this.#randomness.pick(this.#lenders());
    const from = this.#randomness.int(2) === 0 ? Math.max(0, this.#corpus.length - 20) : 0;
    const draw = (): Uint8Array => this.#corpus[from + this.#randomness.int(this.#corpus.length - from)] as Uint8Array;
    const [one, other] = [draw(), draw()];
    return one.length <= other.length || this.#randomness.int(4) === 0 ? one : other;
  }
  /** Without branches told nothing is kept. */
  #lenders(): readonly Uint8Array[] {
    if (this.#corpus.length > 0) return this.#corpus;
    return this.target.seeds.length > 0 ? this.target.seeds : NOTHING;
  }
  async #try(input: Uint8Array, began: number): Promise<void> {
    beginInput();
    const took = await this.#time(input);
    if (this.#known.take() > 0) {
      this.#foundAtMs = this.#ms + this.#now() - began;
      if (input.length <= LARGEST_KEPT && this.#corpus.length < MOST_KEPT) this.#corpus.push(input);
    }
    this.#slowestMs = Math.max(this.#slowestMs, took);
    const slow = this.target.slowMs ?? SLOW_MS;
    // Once may be the machine's fault, three times is ours.
    if (took > slow && (await this.#time(input)) > slow && (await this.#time(input)) > slow)
      this.#faults.push(`${this.target.name} took ${Math.round(took)} ms for ${input.length} bytes: ${hex(input)}`);
  }
  async #time(input: Uint8Array): Promise<number> {
    const started = busyMs();
    try {
      const answer = this.target.run(input);
      if ((answer instanceof Promise ? await answer : answer) !== undefined) this.#taken++;
    } catch (error) {
      const where = error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join(' ') : String(error);
      this.#faults.push(`${this.target.name} threw ${where} on ${input.length} bytes: ${hex(input)}`);
    }
    return busyMs() - started;
  }
}

const SLICE = 2_000;
const SLICE_MS = 400;
/** The next slice goes to the parser that found something the shortest time ago; so in the end all are idle for equally long. */
export const fuzzAll = async (
  all: readonly Guided[],
  inputs: number,
  tell: (done: number) => void,
): Promise<number> => {
  let done = 0;
  for (const one of all) done += await one.slice(Math.min(SLICE, inputs - done), SLICE_MS);
  while (done < inputs) {
    const next = all.filter(({ isBroken }) => !isBroken).toSorted((a, b) => a.idleMs - b.idleMs)[0];
    if (next === undefined) break;
    done += await next.slice(Math.min(SLICE, inputs - done), SLICE_MS);
    tell(done);
  }
  return done;
};
