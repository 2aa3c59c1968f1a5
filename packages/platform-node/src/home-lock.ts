import { StoreError } from '@kith/core/ports';
import Database from 'better-sqlite3-multiple-ciphers';

/**
 * Takes the home for this process, or throws a StoreError `busy` at once. The lock is one of the system on the file, held
 * through SQLite because Node has no call for it: it ends with the process, however that ends, and is never stale.
 */
export const takeLock = (path: string): (() => void) => {
  const database = new Database(path, { timeout: 0 });
  try {
    database.prepare('BEGIN EXCLUSIVE').run();
  } catch (error) {
    database.close();
    if (!(error instanceof Database.SqliteError)) throw error;
    throw new StoreError(error.code.startsWith('SQLITE_BUSY') ? 'busy' : 'io', error.code);
  }
  return () => void database.close();
};
