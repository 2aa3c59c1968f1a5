// The charter entries of one feed: how far they are held without a hole, and what tells two sets of them apart. Copies of a
// device may have gone on side by side, so that two replicas hold different branches of one chain.
import { compareBytes, concat, toHex } from '../bytes/index.ts';
import type { FeedId, OpenEntry } from '../identity/index.ts';
import type { LogState } from './state.ts';

/** Those held from the feed's first one on, in the order of their seq. `before`: with a smaller one only. */
export const linked = (state: LogState, feed: FeedId, before = Infinity): readonly OpenEntry[] => {
  const names = new Set<string>();
  return state.entries(feed).filter(({ entry, hash }) => {
    const follows = entry.seq < before && (entry.seq === 0 || names.has(toHex(entry.previous)));
    if (follows) names.add(toHex(hash));
    return follows;
  });
};
/** How many places are held without a hole. */
export const charterCount = (state: LogState, feed: FeedId): number => {
  const last = linked(state, feed).at(-1);
  return last === undefined ? 0 : last.entry.seq + 1;
};
/** Something stands on an entry that is not here: on a branch of which the beginning is missing. */
export const hasHole = (state: LogState, feed: FeedId): boolean =>
  linked(state, feed).length < state.entries(feed).length;
/** BLAKE2b-8 over the hashes of all that are held, in the order of the hashes. `before`: of those with a smaller seq. */
export const charterDigest = (state: LogState, feed: FeedId, before = Infinity): Uint8Array => {
  const hashes = state.entries(feed).flatMap(({ entry, hash }) => (entry.seq < before ? [hash] : []));
  return state.crypto.hash(8, concat(...hashes.toSorted(compareBytes)));
};
