// The texts that peers hold for a race, and what a race for them finds.
import { numbers, textOf } from './words.ts';
import { timeOf } from './writing.ts';

/** What one of the two writes before the other answers, as in Kith's homes. */
const TURN = 25;

export interface Message {
  readonly at: number;
  readonly text: string;
}
export interface Got {
  /** Milliseconds. */
  readonly all: number;
  readonly first: number;
  readonly received: number;
  readonly count: number;
}

/** The texts of `numbers(seed)`, by turns of two authors. */
export function* turns(
  count: number,
  seed: number,
): Generator<{ readonly author: number; readonly messages: readonly Message[] }> {
  const next = numbers(seed);
  for (let i = 0; i < count; i += TURN) {
    const at = timeOf(i, count);
    yield { author: (i / TURN) % 2, messages: Array.from({ length: TURN }, () => ({ at, text: textOf(next) })) };
  }
}
