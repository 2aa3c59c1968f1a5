import { closeSync, existsSync, openSync } from 'node:fs';
import { StoreError } from '@kith/core/ports';
import Database from 'better-sqlite3-multiple-ciphers';
import { asDisk } from './file.ts';

/**
 * Takes the home for this process, or throws a StoreError `busy` at once. The lock is one of the system on the file, held
 * through SQLite because Node has no call for it: it ends with the process, however that ends, and is never stale.
 */
export const takeLock = (path: string): (() => void) => {
  // Made here, because SQLite cannot tell a full disk from a forbidden folder. Never opened here when it exists: closing
  // any handle of a file ends the locks that this process holds on it.
  if (!existsSync(path)) asDisk(() => closeSync(openSync(path, 'a', 0o600)));
  const database = new Database(path, { timeout: 0 });
  try {
    // Nothing is ever written through it, so it needs no journal on the disk.
    database.prepare('PRAGMA journal_mode = MEMORY').all();
    database.prepare('BEGIN EXCLUSIVE').run();
  } catch (error) {
    database.close();
    if (!(error instanceof Database.SqliteError)) throw error;
    throw new StoreError(error.code.startsWith('SQLITE_BUSY') ? 'busy' : 'io', error.code);
  }
  return () => void database.close();
};
