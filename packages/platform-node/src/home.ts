// A home: the folder that holds one device. `lock` says who may write, `key` opens the database, `kith.db` is all there is
// to know, `generation` counts the starts outside of it. Described in spec/12-home.md.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Parts } from '@kith/core/client';
import { openSqlStore, StoreError, type SqlStoreOptions, type Store } from '@kith/core/ports';
import { asDisk, readText, writeText } from './file.ts';
import { takeLock } from './home-lock.ts';
import { readKey, writeNewKey } from './home-key.ts';
import { openNodeSql } from './node-sql.ts';

export interface Home {
  readonly dir: string;
  readonly store: Store;
  readonly generation: Parts['generation'];
  /** Closes the store and lets the home go. */
  close(): void;
}

/**
 * The counter, with the inode of its own file: in a copied or unpacked folder the file is another one, and the counter
 * reads 0, so that a whole home put back from a backup shows too.
 */
const fileGeneration = (path: string): Parts['generation'] => ({
  read() {
    const [, count, inode] = /^(\d{1,15}) (\d{1,20})\n$/.exec(readText(path) ?? '') ?? [];
    return count !== undefined && inode === String(statSync(path).ino) ? Number(count) : 0;
  },
  write: (value) => writeText(path, (inode) => `${value} ${inode}\n`),
});

/**
 * Opens the home in `dir`, making it (0700) when there is none. Throws a StoreError: `busy` when another process has it,
 * `key` when the key is missing or does not fit, `newer`, `full`, `io`.
 */
export const openHome = (dir: string, options: SqlStoreOptions = {}): Home => {
  asDisk(() => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  });
  const unlock = takeLock(join(dir, 'lock'));
  try {
    const database = join(dir, 'kith.db');
    const keyFile = join(dir, 'key');
    const generationFile = join(dir, 'generation');
    const isEmpty = (statSync(database, { throwIfNoEntry: false })?.size ?? 0) === 0;
    // A home that was started before and has lost its database, or a database that has lost its key, is never taken for a
    // new one: that would make the loss final.
    if (isEmpty && existsSync(generationFile)) throw new StoreError('key', 'the database of this home is missing');
    const key = readKey(keyFile) ?? (isEmpty ? writeNewKey(keyFile) : undefined);
    if (key === undefined) throw new StoreError('key', 'the key of this home is missing');
    let store: Store;
    try {
      // SQLite gives the log the permissions of the database, and would make that one readable by all.
      if (isEmpty) asDisk(() => closeSync(openSync(database, 'a', 0o600)));
      store = openSqlStore(() => openNodeSql(database, key), options);
    } finally {
      key.wipe();
    }
    return {
      dir,
      store,
      generation: fileGeneration(generationFile),
      close: () => {
        store.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
};
