// The key of the database, in a file that only its owner may read. `wrap` leaves the place for a passphrase: today it is
// always 'none', and whoever can read the file can read the home.
import { fromBase64url, toBase64url } from '@kith/core/bytes';
import { Secret } from '@kith/core/crypto';
import { StoreError } from '@kith/core/ports';
import { readText, writeText } from './file.ts';
import { systemRandomness } from './system.ts';

const KEY_BYTES = 32;
const KEY_FILE_VERSION = 1;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one more way of not being a key file; the caller says so.
    return undefined;
  }
};

/** Undefined when there is no key yet. Throws a StoreError `key` for a damaged file, `newer` for one of a newer build. */
export const readKey = (path: string): Secret | undefined => {
  const text = readText(path);
  if (text === undefined) return undefined;
  const file = parse(text);
  if (typeof file === 'object' && file !== null && 'version' in file && 'wrap' in file && 'key' in file) {
    const { version, wrap, key } = file;
    if (typeof version === 'number' && version > KEY_FILE_VERSION)
      throw new StoreError('newer', 'the key file is of a newer build');
    const bytes =
      version === KEY_FILE_VERSION && wrap === 'none' && typeof key === 'string' ? fromBase64url(key) : undefined;
    if (bytes?.length === KEY_BYTES) return new Secret(bytes);
  }
  throw new StoreError('key', 'the key file is damaged');
};

export const writeNewKey = (path: string): Secret => {
  const bytes = systemRandomness.bytes(KEY_BYTES);
  const key = toBase64url(bytes);
  writeText(path, () => `${JSON.stringify({ version: KEY_FILE_VERSION, wrap: 'none', key })}\n`);
  return new Secret(bytes);
};
