// How the pages of a home are encrypted. Both ciphers authenticate each page; which one a database has stands in its file.
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { asDisk } from './file.ts';

export type Cipher = 'aegis-256' | 'chacha20';

/** What SQLite3MultipleCiphers is told before it is given the key. The algorithm is named, so that no default of a later version counts. */
export const cipherSettings: Readonly<Record<Cipher, readonly string[]>> = {
  'aegis-256': [`PRAGMA cipher = 'aegis'`, `PRAGMA aegis_algorithm = 'aegis-256'`],
  chacha20: [`PRAGMA cipher = 'chacha20'`],
};

/** Bytes that a cipher takes at the end of each page, for nonce and tag. */
const TAKEN: ReadonlyMap<number, Cipher> = new Map([
  [64, 'aegis-256'],
  [32, 'chacha20'],
]);
/** Where the header of SQLite says how many they are, which is not encrypted. */
const TAKEN_AT = 20;

/**
 * As the file says, which nobody signed: under the wrong one it does not open. Undefined: it says neither, or there is none or
 * nothing in it. Throws a StoreError.
 */
export const cipherOf = (path: string): Cipher | undefined =>
  asDisk(() => {
    if (!existsSync(path)) return undefined;
    const byte = new Uint8Array(1);
    const file = openSync(path, 'r');
    try {
      return readSync(file, byte, 0, 1, TAKEN_AT) === 1 ? TAKEN.get(byte[0] as number) : undefined;
    } finally {
      closeSync(file);
    }
  });

/** Instructions for AES, as Linux tells of them for x86 and ARM. */
const HAS_AES = /^(?:flags|Features)\s*:.*\saes(?:\s|$)/m;
/** AEGIS-256 where the processor has rounds of AES: elsewhere it is slower, and looks things up in tables. */
export const cipherForNew = (cpuInfo: () => string = () => readFileSync('/proc/cpuinfo', 'latin1')): Cipher => {
  try {
    return HAS_AES.test(cpuInfo()) ? 'aegis-256' : 'chacha20';
  } catch {
    return 'chacha20';
  }
};
