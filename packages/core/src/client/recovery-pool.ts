// Which recovery key the next inception names (spec 03, "Recovery words"). Devices have ranges that do not meet, and what of
// its own a device has named is known to it alone: no two inceptions name one key. What another own device says of keys is believed
// when its person had the time to refuse it: whoever names a thief's keys gives that conversation away.
import { equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { bytes, decode, encode, tuple } from '../codec/index.ts';
import { recoveryPoolsOf, recoveryRangesOf, type RecoveryPool } from '../conversation/index.ts';
import { halveRange, poolKey, recoveryRangeCodec, takeFromRange, type RecoveryRange } from '../identity/index.ts';
import { DAY_MS } from '../ports/index.ts';
import type { Context } from './context.ts';
import type { Home } from './home.ts';

const LEFT = utf8('recovery range');
const KEY_BYTES = 32;
/** What was given, and what of it is unused. */
const leftCodec = tuple({ set: bytes(8), given: recoveryRangeCodec, left: recoveryRangeCodec });

type Of = Pick<Home, 'mine' | 'host'>;
export interface OwnRange {
  /** Names the set of keys: 8 bytes. */
  readonly set: Uint8Array;
  readonly given: RecoveryRange;
  readonly left: RecoveryRange;
}
const isEqual = (a: RecoveryRange, b: RecoveryRange): boolean => a.from === b.from && a.to === b.to;

/** Public halves, in hex. */
export const keysOf = ({ keys }: Pick<RecoveryPool, 'keys'>): ReadonlySet<string> => {
  const names = new Set<string>();
  for (let at = 0; at < keys.length; at += KEY_BYTES) names.add(toHex(keys.subarray(at, at + KEY_BYTES)));
  return names;
};
/**
 * The newest set of keys that may be named: made by this device, or given to it when it was let in, or in effect in `self`, where a key
 * of it waits for 7 days in which any own device refuses it.
 */
export const poolInUse = ({ store }: Context, home: Of): RecoveryPool | undefined => {
  const { log, me } = home.mine;
  const own = log.ownFeed();
  const member = log.charter().members.find(({ id }) => equalBytes(id, me));
  if (own === undefined || member === undefined) return undefined;
  const later = member.recoveries.flatMap(({ state, key }) => (state === 'in effect' ? [key] : []));
  const inEffect = [member.recoveryKey, ...later].map(toHex);
  const given = givenSet(store, home);
  return recoveryPoolsOf(store).findLast(
    (pool) =>
      (pool.author !== null && equalBytes(pool.author, own)) ||
      (given !== undefined && equalBytes(pool.set, given)) ||
      inEffect.some((key) => keysOf(pool).has(key)),
  );
};
/** What its host said first, about when it let this device in: whatever it says later it may be somebody else's by then. */
const givenSet = (store: Context['store'], home: Of): Uint8Array | undefined => {
  const { log } = home.mine;
  const own = log.ownFeed();
  const host = home.host();
  if (own === undefined || host === undefined) return undefined;
  const first = recoveryRangesOf(store, own).find(({ author }) => author !== null && equalBytes(author, host));
  const heardAt = first && log.find(first.event)?.receivedAt;
  return heardAt !== undefined && heardAt <= log.addedAt(own) + DAY_MS ? first?.set : undefined;
};

/** Undefined when this device was given nothing of the keys in use. */
export const ownRange = (context: Context, home: Of): OwnRange | undefined => {
  const { store } = context;
  const own = home.mine.log.ownFeed();
  const pool = poolInUse(context, home);
  if (own === undefined || pool === undefined) return undefined;
  const row = recoveryRangesOf(store, own).find(({ set }) => equalBytes(set, pool.set));
  if (row === undefined) return undefined;
  const kept = decode(leftCodec, store.get('meta', LEFT) ?? new Uint8Array(0));
  if (kept !== undefined && equalBytes(kept.set, row.set) && isEqual(kept.given, row.range)) return kept;
  return { set: row.set, given: row.range, left: row.range };
};
const keep = ({ store }: Context, range: OwnRange, left: RecoveryRange): void =>
  store.put('meta', LEFT, encode(leftCodec, { ...range, left }));

/** The next key, 32 bytes; random bytes when there is none, which look the same. */
export const takeRecoveryKey = (context: Context, home: Of): Uint8Array =>
  takePoolKey(context, home) ?? context.randomness.bytes(KEY_BYTES);
export const takePoolKey = (context: Context, home: Of): Uint8Array | undefined => {
  const range = ownRange(context, home);
  const pool = poolInUse(context, home);
  const taken = range && takeFromRange(range.left);
  if (range === undefined || pool === undefined || taken === undefined) return undefined;
  keep(context, range, taken.left);
  return poolKey(pool.keys, pool.pool, taken.index);
};
/** The upper half of what is left, for a device that this one lets in. */
export const giveRange = (
  context: Context,
  home: Of,
): { readonly set: Uint8Array; readonly range: RecoveryRange } | undefined => {
  const range = ownRange(context, home);
  if (range === undefined) return undefined;
  const { kept, given } = halveRange(range.left);
  keep(context, range, kept);
  return { set: range.set, range: given };
};
/** A copy of this home may have named keys of the range: none of it is used any more. */
export const spendRange = (context: Context, home: Of): void => {
  const range = ownRange(context, home);
  if (range !== undefined) keep(context, range, { from: range.left.to, to: range.left.to });
};
