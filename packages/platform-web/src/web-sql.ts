// SQLite3MultipleCiphers in WebAssembly, on the origin's private file system. Only in a dedicated worker: file access there
// is synchronous. One worker a folder: its files are open exclusively as long as it lives.
import initSqlite, { type Database, type PreparedStatement, type Sqlite3Static } from '@evolu/sqlite-wasm';
import type { Secret } from '@kith/core/crypto';
import { toHex } from '@kith/core/bytes';
import { SqlError, StoreError, type Sql, type SqlValue } from '@kith/core/ports';
import { MissingFeature } from './features.ts';
import { withKeptFolders, type KeptFolders } from './web-folder.ts';

/** As the database is named inside the pool of files. */
const DATABASE = '/kith.db';
const POOL = 'opfs-sahpool';
/** Files of a tab that was just closed stay locked for a moment. */
const LOCKED_MS = 8_000;
const RETRY_MS = 50;

export interface WebDatabase {
  /** False when there is no database file yet. */
  readonly exists: boolean;
  open(key: Secret): Sql;
  /** Deletes the database, to start anew. */
  wipe(): Promise<void>;
}

type Pool = Awaited<ReturnType<Sqlite3Static['installOpfsSAHPoolVfs']>>;
/** The ciphers are not in the package's types. */
interface Ciphers {
  sqlite3mc_vfs_create(vfs: string, makeDefault: number): number;
}

const isLocked = (error: unknown): boolean =>
  error instanceof Error && ['NoModificationAllowedError', 'InvalidStateError'].includes(error.name);
/** WebKitGTK has the call and refuses it. */
const isRefused = (error: unknown): boolean => error instanceof Error && error.name === 'NotSupportedError';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The database, its log, and what SQLite may want beside them. */
const FILES = 6;

const openPool = async (sqlite: Sqlite3Static, directory: string): Promise<KeptFolders<Pool>> => {
  const deadline = performance.now() + LOCKED_MS;
  for (;;) {
    try {
      const options = { name: POOL, directory, initialCapacity: FILES, forceReinitIfPreviouslyFailed: true };
      return await withKeptFolders(async () => {
        const pool = await sqlite.installOpfsSAHPoolVfs(options);
        // When the first start was cut off there are fewer.
        await pool.reserveMinimumCapacity(FILES);
        return pool;
      });
    } catch (error) {
      if (isRefused(error)) throw new MissingFeature('opfs');
      if (!isLocked(error)) throw new StoreError('io', String(error));
      if (performance.now() > deadline) throw new StoreError('busy', 'another worker holds the files');
      await pause(RETRY_MS);
    }
  }
};

/**
 * Loads SQLite and takes the folder. Rejects with a StoreError (`busy` when another worker keeps it, `io`), or with a
 * MissingFeature where files cannot be read and written at once.
 */
export const openWebDatabase = async (directory: string): Promise<WebDatabase> => {
  if (globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle === undefined) throw new MissingFeature('opfs');
  const sqlite = await initSqlite();
  const { result: pool, ranOut } = await openPool(sqlite, directory);
  if ((sqlite.capi as unknown as Ciphers).sqlite3mc_vfs_create(POOL, 0) !== 0) {
    throw new StoreError('io', 'the encrypting file layer could not be made');
  }
  return {
    exists: pool.getFileNames().includes(DATABASE),
    open: (key) => openSql(sqlite, key, ranOut),
    wipe: () => pool.wipeFiles(),
  };
};

const openSql = (sqlite: Sqlite3Static, key: Secret, ranOut: () => boolean): Sql => {
  if (key.length !== 32) throw new Error('a database key has 32 bytes');
  const errors = errorsOf(sqlite, ranOut);
  const database = errors(
    () => new sqlite.oo1.DB({ filename: `file:${DATABASE}?vfs=multipleciphers-${POOL}`, flags: 'c' }),
  );
  try {
    errors(() => {
      database.exec(`PRAGMA cipher = 'chacha20'`);
      // `raw:`: the 32 bytes are the key as they are. The text stays in memory until it is collected.
      database.exec(`PRAGMA key = 'raw:${toHex(key.expose())}'`);
    });
  } catch (error) {
    database.close();
    throw error;
  }
  return webSql(sqlite, database, errors);
};

type Errors = <T>(work: () => T) => T;
/** Runs work with SQLite's exceptions told as SqlErrors. */
const errorsOf =
  (sqlite: Sqlite3Static, ranOut: () => boolean): Errors =>
  <T>(work: () => T): T => {
    // What ran out before, and was got over, says nothing of this work.
    ranOut();
    try {
      return work();
    } catch (error) {
      if (!(error instanceof sqlite.SQLite3Error)) throw error;
      // The low byte of an extended result is the primary one.
      const result = String(sqlite.capi.sqlite3_js_rc_str(error.resultCode & 255));
      throw new SqlError(result === 'SQLITE_IOERR' && ranOut() ? 'SQLITE_FULL' : result, error.message);
    }
  };

/** Everything else is run once a life. */
const REPEATED = /^(?:SELECT|INSERT|UPDATE|DELETE|BEGIN|COMMIT|ROLLBACK)/;

const webSql = (sqlite: Sqlite3Static, database: Database, errors: Errors): Sql => {
  const kept = new Map<string, PreparedStatement>();
  let closed = false;
  const withStatement = <T>(text: string, work: (statement: PreparedStatement) => T): T => {
    const found = kept.get(text);
    const statement = found ?? database.prepare(text);
    if (found === undefined && REPEATED.test(text)) kept.set(text, statement);
    try {
      return work(statement);
    } finally {
      if (kept.has(text)) statement.reset(true);
      else statement.finalize();
    }
  };
  const all = (text: string, values: readonly SqlValue[] = []): readonly (readonly SqlValue[])[] => {
    if (closed) throw new Error('a closed database was used');
    return errors(() =>
      withStatement(text, (statement) => {
        if (values.length > 0) statement.bind(values);
        const rows: (readonly SqlValue[])[] = [];
        while (statement.step()) rows.push(statement.get([]) as SqlValue[]);
        return rows;
      }),
    );
  };
  return {
    run: (text, values) => void all(text, values),
    all,
    inTransaction: () => sqlite.capi.sqlite3_txn_state(database, 'main') !== sqlite.capi.SQLITE_TXN_NONE,
    close: () => {
      if (closed) return;
      closed = true;
      for (const statement of kept.values()) statement.finalize();
      kept.clear();
      database.close();
    },
  };
};
