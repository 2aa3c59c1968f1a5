// Seals as they are kept: the newest checked one of each chain, and those whose events have not come yet.
import { concat, readUint32, uint32 } from '../bytes/index.ts';
import type { EventId, FeedId, SegmentId } from '../identity/index.ts';
import { verifySeal, type Seal } from './objects.ts';
import type { LogState } from './state.ts';

/** Seals of one segment that may wait for their events, and all of one segment: each chain needs one. */
export const MAX_PENDING_SEALS = 64;
const MAX_SEALS = 256;

export interface KeptSeal {
  readonly key: Uint8Array;
  readonly seal: Seal;
  readonly checked: boolean;
}
const CHECKED = Uint8Array.of(1);
const UNCHECKED = Uint8Array.of(0);
const baseKey = (state: LogState, feed: FeedId, segment: SegmentId): Uint8Array =>
  concat(state.conversation, feed, segment);

export const putSeal = (state: LogState, seal: Seal, checked: boolean): void => {
  const value = sealRow(seal, checked);
  const key = concat(
    baseKey(state, seal.feed, seal.segment),
    uint32(seal.seq),
    state.crypto.hash(8, value.subarray(1)),
  );
  state.putSealRow(key, value);
};
const sealRow = ({ head, signature }: Seal, checked: boolean): Uint8Array =>
  concat(checked ? CHECKED : UNCHECKED, head, signature);

/** Rising by seq, from this one on. */
export const keptSeals = (state: LogState, feed: FeedId, segment: SegmentId, from: number): readonly KeptSeal[] => {
  const kept: KeptSeal[] = [];
  for (const { key, value } of state.sealRows(feed, segment)) {
    const seq = readUint32(key, 32);
    if (seq < from) continue;
    const head = value.subarray(1, 33) as EventId;
    const signature = value.subarray(33, 97);
    kept.push({ key, checked: value[0] === 1, seal: { format: 1, kind: 1, feed, segment, seq, head, signature } });
  }
  return kept;
};

/**
 * May one more wait? When too many do, those with a wrong signature go, then the one at the lowest seq: a higher one counts
 * for all below it. False when it is itself wrong, or the lowest.
 */
export const makeRoom = (state: LogState, subkey: Uint8Array, seal: Seal): boolean => {
  const isWaiting = ({ seal: kept }: KeptSeal): boolean => state.headerRow(kept, kept.head) === undefined;
  if (state.sealRows(seal.feed, seal.segment).length < MAX_PENDING_SEALS) return true;
  // Also those of events that are here: anybody can make up both, and the seal of what does not lead down to the rest is not looked at.
  const good = keptSeals(state, seal.feed, seal.segment, 0).filter((one) => isGoodSeal(state, subkey, one));
  if (good.length >= MAX_SEALS) return false;
  const waiting = good.filter(isWaiting);
  if (waiting.length < MAX_PENDING_SEALS) return true;
  const [lowest] = waiting;
  if (lowest === undefined || seal.seq <= lowest.seal.seq) return false;
  if (!verifySeal(state.crypto, subkey, state.conversation, seal)) return false;
  state.deleteSealRow(lowest.key);
  return true;
};

/** Checks a seal once; a bad one is dropped and changes nothing else. */
export const isGoodSeal = (state: LogState, subkey: Uint8Array, kept: KeptSeal): boolean => {
  if (kept.checked) return true;
  const good = verifySeal(state.crypto, subkey, state.conversation, kept.seal);
  if (good) state.putSealRow(kept.key, sealRow(kept.seal, true));
  else state.deleteSealRow(kept.key);
  return good;
};
