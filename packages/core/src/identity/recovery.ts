// From the seed of the recovery words: signing keys by index, of which the devices keep the public halves only and each new
// inception names an unused one, so that no recovery key links two conversations (spec 03, "Recovery").
import { concat, equalBytes, toHex, uint32 } from '../bytes/index.ts';
import { tuple, named, uint, type Infer } from '../codec/index.ts';
import { derive, type Crypto, type Secret, type SigningKey } from '../crypto/index.ts';

/** 32 KB of public halves; enough for a life of contacts, and words entered again give as many more. */
export const POOL_KEYS = 1024;
/** Pools of the same words: which one a key is of is found by trying, and nobody may say how long that takes. */
export const MAX_POOLS = 32;
const KEY_BYTES = 32;
const MAX_INDEX = 0xffffffff;

/** Indexes of keys that one device may name, `from` included and `to` not. `from` is the next unused. */
export const recoveryRangeCodec = named('recovery-range', tuple({ from: uint(MAX_INDEX), to: uint(MAX_INDEX) }));
export type RecoveryRange = Infer<typeof recoveryRangeCodec>;

/** The caller wipes its private half. */
export const recoveryKey = (crypto: Crypto, seed: Secret, index: number): SigningKey => {
  const own = derive(crypto, seed, 'recovery key', uint32(index));
  const key = crypto.signingKey(own);
  own.wipe();
  return key;
};
const publicHalf = (crypto: Crypto, seed: Secret, index: number): Uint8Array => {
  const { publicKey, privateKey } = recoveryKey(crypto, seed, index);
  privateKey.wipe();
  return publicKey;
};

/** The public halves of the keys `pool * 1,024` and on, 32 bytes each. A key pair each: some tenths of a second in all. */
export const recoveryPool = (crypto: Crypto, seed: Secret, pool = 0): Uint8Array =>
  concat(...Array.from({ length: POOL_KEYS }, (_, i) => publicHalf(crypto, seed, pool * POOL_KEYS + i)));
/** The public half with this index, of the pool it is in. Undefined when it is of another one. */
export const poolKey = (keys: Uint8Array, pool: number, index: number): Uint8Array | undefined => {
  const at = (index - pool * POOL_KEYS) * KEY_BYTES;
  return at >= 0 && at + KEY_BYTES <= keys.length ? keys.slice(at, at + KEY_BYTES) : undefined;
};

export const poolRange = (pool = 0): RecoveryRange => ({ from: pool * POOL_KEYS, to: (pool + 1) * POOL_KEYS });
/** For the devices there are when the words are made: ranges that do not meet. The first is never the smallest. */
export const spreadRange = ({ from, to }: RecoveryRange, devices: number): readonly RecoveryRange[] => {
  const at = (part: number): number => from + Math.ceil(((to - from) * part) / devices);
  return Array.from({ length: devices }, (_, part) => ({ from: at(part), to: at(part + 1) }));
};
/** What a device gives to one that it adds. Nobody else is asked, and no two devices ever name one key. */
export const halveRange = (range: RecoveryRange): { readonly kept: RecoveryRange; readonly given: RecoveryRange } => {
  const middle = range.from + Math.ceil((range.to - range.from) / 2);
  return { kept: { from: range.from, to: middle }, given: { from: middle, to: range.to } };
};
/**
 * The next unused index. `left` has to be stored before the key is named. Undefined when none is left: an inception then names
 * random bytes, which look the same.
 */
export const takeFromRange = ({
  from,
  to,
}: RecoveryRange): { readonly index: number; readonly left: RecoveryRange } | undefined =>
  from < to ? { index: from, left: { from: from + 1, to } } : undefined;

/**
 * The keys whose public halves are among these: what inceptions, or later entries, name. By public half in hex; empty when these
 * words do not belong there. `pools`: how many were made at most. The caller wipes their private halves.
 */
export const findRecoveryKeys = (
  crypto: Crypto,
  seed: Secret,
  publicKeys: readonly Uint8Array[],
  pools = 1,
): ReadonlyMap<string, SigningKey> => {
  const wanted = new Set(publicKeys.map(toHex));
  const found = new Map<string, SigningKey>();
  for (let index = 0; index < pools * POOL_KEYS && found.size < wanted.size; index++) {
    const key = recoveryKey(crypto, seed, index);
    const name = toHex(key.publicKey);
    if (wanted.has(name)) found.set(name, key);
    else key.privateKey.wipe();
  }
  return found;
};
/** Of the pools of these words the first one after those that any of these public halves is of. */
export const nextPool = (crypto: Crypto, seed: Secret, publicKeys: readonly Uint8Array[]): number => {
  const named = new Set(publicKeys.map(toHex));
  let next = 0;
  for (let pool = 0; pool < MAX_POOLS && pool <= next + 1; pool++)
    for (let index = pool * POOL_KEYS; index < (pool + 1) * POOL_KEYS && next <= pool; index++)
      if (named.has(toHex(publicHalf(crypto, seed, index)))) next = pool + 1;
  return next;
};
/**
 * The key whose public half one of these is: what an inception, or a later entry, names. Undefined when these words do not
 * belong there. `pools`: how many were made at most.
 */
export const findRecoveryKey = (
  crypto: Crypto,
  seed: Secret,
  publicKeys: readonly Uint8Array[],
  pools = 1,
): SigningKey | undefined => {
  for (let index = 0; index < pools * POOL_KEYS; index++) {
    const key = recoveryKey(crypto, seed, index);
    if (publicKeys.some((one) => equalBytes(one, key.publicKey))) return key;
    key.privateKey.wipe();
  }
  return undefined;
};
