// A home: the folder that holds one device. `lock` says who may write, `key` opens the database, `kith.db` is all there is
// to know, `generation` counts the starts outside of it, `guard` the wrong passphrases. Described in spec/12-home.md.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KeptKey, KeyPlace, Parts } from '@kith/core/client';
import type { Secret } from '@kith/core/crypto';
import { openSqlStore, StoreError, type SqlStoreOptions, type Store } from '@kith/core/ports';
import { asDisk, readText, writeText } from './file.ts';
import { takeLock } from './home-lock.ts';
import { readGuard, readKey, writeGuard, writeKey, writeNewKey } from './home-key.ts';
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

/** A home that this process holds and has not opened. */
export interface HeldHome {
  readonly dir: string;
  readonly place: KeyPlace;
  readonly generation: Parts['generation'];
  /** As `place.read`, at once. Throws a StoreError. */
  readKey(): KeptKey;
  /** Throws a StoreError: `key` when the key does not fit, `newer`, `full`, `io`. The key stays the caller's. */
  openStore(key: Secret, options?: SqlStoreOptions): Store;
  /** Lets the home go; its store is closed by then. */
  release(): void;
}

/** Takes the home in `dir`, making the folder (0700) when there is none. Throws a StoreError: `busy`, `full`, `io`. */
export const holdHome = (dir: string): HeldHome => {
  asDisk(() => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  });
  const release = takeLock(join(dir, 'lock'));
  const database = join(dir, 'kith.db');
  const [keyFile, guardFile, generationFile] = [join(dir, 'key'), join(dir, 'guard'), join(dir, 'generation')];
  const isEmpty = (): boolean => (statSync(database, { throwIfNoEntry: false })?.size ?? 0) === 0;
  const readKept = (): KeptKey => {
    // A home that was started before and has lost its database, or a database that has lost its key, is never taken for a
    // new one: that would make the loss final.
    if (isEmpty() && existsSync(generationFile)) throw new StoreError('key', 'the database of this home is missing');
    const kept = readKey(keyFile) ?? (isEmpty() ? writeNewKey(keyFile) : undefined);
    if (kept === undefined) throw new StoreError('key', 'the key of this home is missing');
    return kept;
  };
  return {
    dir,
    generation: fileGeneration(generationFile),
    readKey: readKept,
    place: {
      read: async () => readKept(),
      write: async (kept) => writeKey(keyFile, kept),
      readGuard: async () => readGuard(guardFile),
      writeGuard: async (guard) => writeGuard(guardFile, guard),
      wipe: async () =>
        asDisk(() => {
          // The counter first: without it a home that has lost its database may begin anew.
          for (const file of ['generation', 'kith.db', 'kith.db-wal', 'kith.db-shm', 'kith.db-journal'])
            rmSync(join(dir, file), { force: true });
        }),
    },
    openStore: (key, options = {}) => {
      // SQLite gives the log the permissions of the database, and would make that one readable by all.
      if (isEmpty()) asDisk(() => closeSync(openSync(database, 'a', 0o600)));
      return openSqlStore(() => openNodeSql(database, key), options);
    },
    release,
  };
};

/**
 * Opens the home in `dir`, making it when there is none. Throws a StoreError: `busy` when another process has it, `key`
 * when the key is missing or does not fit, `locked` when it has a passphrase, `newer`, `full`, `io`.
 */
export const openHome = (dir: string, options: SqlStoreOptions = {}): Home => {
  const held = holdHome(dir);
  try {
    const kept = held.readKey();
    if (kept.wrap !== 'none') throw new StoreError('locked', 'this home has a passphrase');
    let store: Store;
    try {
      store = held.openStore(kept.key, options);
    } finally {
      kept.key.wipe();
    }
    return {
      dir,
      store,
      generation: held.generation,
      close: () => {
        store.close();
        held.release();
      },
    };
  } catch (error) {
    held.release();
    throw error;
  }
};
