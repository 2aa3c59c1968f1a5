// Which recovery key the next inception names (spec 03, "Recovery words"). Devices have ranges that do not meet, and what of
// its own a device has named is known to it alone: no two inceptions name one key.
import { equalBytes, utf8 } from '../bytes/index.ts';
import { bytes, decode, encode, tuple } from '../codec/index.ts';
import { recoveryPoolOf, recoveryRangeOf } from '../conversation/index.ts';
import {
  halveRange,
  poolKey,
  recoveryRangeCodec,
  takeFromRange,
  type FeedId,
  type RecoveryRange,
} from '../identity/index.ts';
import type { Context } from './context.ts';

const LEFT = utf8('recovery range');
/** What was given, and what of it is unused. */
const leftCodec = tuple({ set: bytes(8), given: recoveryRangeCodec, left: recoveryRangeCodec });

export interface OwnRange {
  /** Names the set of keys: 8 bytes. */
  readonly set: Uint8Array;
  readonly given: RecoveryRange;
  readonly left: RecoveryRange;
}
const isEqual = (a: RecoveryRange, b: RecoveryRange): boolean => a.from === b.from && a.to === b.to;

/** `own`: this device in `self`. Undefined when it was given nothing of the keys in use. */
export const ownRange = ({ store }: Context, own: FeedId): OwnRange | undefined => {
  const pool = recoveryPoolOf(store);
  const row = recoveryRangeOf(store, own);
  if (pool === undefined || row === undefined || !equalBytes(row.set, pool.set)) return undefined;
  const kept = decode(leftCodec, store.get('meta', LEFT) ?? new Uint8Array(0));
  if (kept !== undefined && equalBytes(kept.set, row.set) && isEqual(kept.given, row.range)) return kept;
  return { set: row.set, given: row.range, left: row.range };
};
const keep = ({ store }: Context, range: OwnRange, left: RecoveryRange): void =>
  store.put('meta', LEFT, encode(leftCodec, { ...range, left }));

/** The next key, 32 bytes; random bytes when there is none, which look the same. */
export const takeRecoveryKey = (context: Context, own: FeedId): Uint8Array =>
  takePoolKey(context, own) ?? context.randomness.bytes(32);
export const takePoolKey = (context: Context, own: FeedId): Uint8Array | undefined => {
  const range = ownRange(context, own);
  const pool = recoveryPoolOf(context.store);
  const taken = range && takeFromRange(range.left);
  if (range === undefined || pool === undefined || taken === undefined) return undefined;
  keep(context, range, taken.left);
  return poolKey(pool.keys, pool.pool, taken.index);
};
/** The upper half of what is left, for a device that this one lets in. */
export const giveRange = (
  context: Context,
  own: FeedId,
): { readonly set: Uint8Array; readonly range: RecoveryRange } | undefined => {
  const range = ownRange(context, own);
  if (range === undefined) return undefined;
  const { kept, given } = halveRange(range.left);
  keep(context, range, kept);
  return { set: range.set, range: given };
};
/** A copy of this home may have named keys of the range: none of it is used any more. */
export const spendRange = (context: Context, own: FeedId): void => {
  const range = ownRange(context, own);
  if (range !== undefined) keep(context, range, { from: range.left.to, to: range.left.to });
};
