// What opens the database of a home, in a file that only its owner may read: the key as it is (whoever can read the file
// can read the home), or the record that a passphrase opens. Beside it the guard, which counts wrong passphrases.
import { fromBase64url, toBase64url } from '@kith/core/bytes';
import type { KeptKey } from '@kith/core/client';
import { Secret } from '@kith/core/crypto';
import { StoreError } from '@kith/core/ports';
import { readText, writeText } from './file.ts';
import { systemRandomness } from './system.ts';

const KEY_BYTES = 32;
/** Version 2 came with passphrases; a key without one is still written as version 1, which every build reads. */
const VERSIONS = { none: 1, passphrase: 2 } as const;
const NEWEST = 2;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one more way of not being a key file; the caller says so.
    return undefined;
  }
};

/** Undefined when there is no key yet. Throws a StoreError `key` for a damaged file, `newer` for one of a newer build. */
export const readKey = (path: string): KeptKey | undefined => {
  const text = readText(path);
  if (text === undefined) return undefined;
  const file = parse(text);
  if (typeof file === 'object' && file !== null && 'version' in file && 'wrap' in file) {
    const { version, wrap } = file;
    if (typeof version === 'number' && version > NEWEST)
      throw new StoreError('newer', 'the key file is of a newer build');
    const held = (name: string): Uint8Array | undefined => {
      const value = new Map<string, unknown>(Object.entries(file)).get(name);
      return typeof value === 'string' ? fromBase64url(value) : undefined;
    };
    const key = version === VERSIONS.none && wrap === 'none' ? held('key') : undefined;
    if (key?.length === KEY_BYTES) return { wrap: 'none', key: new Secret(key) };
    const record = version === VERSIONS.passphrase && wrap === 'passphrase' ? held('record') : undefined;
    if (record !== undefined) return { wrap: 'passphrase', record };
  }
  throw new StoreError('key', 'the key file is damaged');
};

export const writeKey = (path: string, kept: KeptKey): void => {
  const version = VERSIONS[kept.wrap];
  const file =
    kept.wrap === 'none'
      ? { version, wrap: kept.wrap, key: toBase64url(kept.key.expose()) }
      : { version, wrap: kept.wrap, record: toBase64url(kept.record) };
  writeText(path, () => `${JSON.stringify(file)}\n`, 'overwrite');
};

export const writeNewKey = (path: string): KeptKey => {
  const kept = { wrap: 'none', key: new Secret(systemRandomness.bytes(KEY_BYTES)) } as const;
  writeKey(path, kept);
  return kept;
};

export const readGuard = (path: string): Uint8Array | undefined => fromBase64url((readText(path) ?? '').trim());
export const writeGuard = (path: string, guard: Uint8Array): void => writeText(path, () => `${toBase64url(guard)}\n`);
