import { setTimeout as wait } from 'node:timers/promises';
import { Yard } from '../yard.ts';
import type { Peer, Work } from './peer.ts';
import { runWork, type Result, type Sizes } from './works.ts';

/** Longer than any takes whose figure is worth waiting for. */
const LONGEST_MS = 6 * 60_000;

/** Whatever happens to one of them, the others race. Why it failed, or null. */
export const runAlone = async (
  shared: Yard,
  peer: Peer,
  work: Work,
  sizes: Sizes,
  done: (result: Result) => void,
  longest = LONGEST_MS,
): Promise<string | null> => {
  const yard = new Yard();
  const over = new AbortController();
  const late = wait(longest, undefined, { signal: over.signal }).then(() =>
    Promise.reject(new Error(`not done after ${longest / 60_000} minutes`)),
  );
  try {
    await Promise.race([runWork(yard, shared, peer, work, sizes, done), late]);
    return null;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
  } finally {
    over.abort();
    await yard.close();
  }
};
