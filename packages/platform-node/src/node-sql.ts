import { statSync } from 'node:fs';
import type { Secret } from '@kith/core/crypto';
import { SqlError, type Sql, type SqlValue } from '@kith/core/ports';
import Database, { type Statement } from 'better-sqlite3-multiple-ciphers';
import { cipherForNew, cipherOf, cipherSettings, type Cipher } from './cipher.ts';

/** Of SQLITE_IOERR_WRITE and its like, the first word is the primary result. */
const primary = (code: string): string => /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? 'SQLITE_ERROR';
const asSql = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw error instanceof Database.SqliteError ? new SqlError(primary(error.code), error.message) : error;
  }
};

/** Bytes come as Buffers of their own; the rest of Kith knows only Uint8Array. */
const plain = (value: unknown): SqlValue =>
  value instanceof Uint8Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : (value as SqlValue);

/** Everything else is run once a life. */
const REPEATED = /^(?:SELECT|INSERT|UPDATE|DELETE|BEGIN|COMMIT|ROLLBACK)/;

/** An open database as the port has it. */
export const nodeSql = (database: Database): Sql => {
  const kept = new Map<string, Statement>();
  const prepare = (text: string): Statement => {
    const found = kept.get(text);
    if (found !== undefined) return found;
    const statement = database.prepare(text);
    if (statement.reader) statement.raw(true);
    if (REPEATED.test(text)) kept.set(text, statement);
    return statement;
  };
  const all = (text: string, values: readonly SqlValue[] = []): readonly (readonly SqlValue[])[] =>
    asSql(() => {
      const statement = prepare(text);
      if (statement.reader) return (statement.all(...values) as unknown[][]).map((row) => row.map(plain));
      statement.run(...values);
      return [];
    });
  return {
    run: (text, values) => void all(text, values),
    all,
    inTransaction: () => database.inTransaction,
    close: () => void database.close(),
  };
};

const PAGE_BYTES = 4096;
const HEX = '0123456789abcdef';
/** SQLite3MultipleCiphers takes 32 bytes as they are, without deriving, when they are written so. */
const rawKey = (key: Secret): Buffer => {
  const text = Buffer.alloc(4 + 2 * key.length, 'raw:', 'latin1');
  let at = 4;
  for (const byte of key.expose()) {
    text[at++] = HEX.charCodeAt(byte >> 4);
    text[at++] = HEX.charCodeAt(byte & 15);
  }
  return text;
};

/**
 * Opens or makes an encrypted database (key of 32 bytes), one that is there under the cipher that it has. The key stays the
 * caller's. `cipher`: of a new one.
 */
export const openNodeSql = (path: string, key: Secret, cipher?: Cipher): Sql => {
  if (key.length !== 32) throw new Error('a database key has 32 bytes');
  // SQLite would take a file shorter than a page for an empty database and write over what is left of it.
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0 && size < PAGE_BYTES) throw new SqlError('SQLITE_NOTADB', 'the file is shorter than a page');
  const settings = cipherSettings[cipherOf(path) ?? cipher ?? cipherForNew()];
  const database = asSql(() => new Database(path, { timeout: 0 }));
  const secret = rawKey(key);
  try {
    asSql(() => {
      for (const setting of settings) database.exec(setting);
      database.key(secret);
    });
  } catch (error) {
    database.close();
    throw error;
  } finally {
    secret.fill(0);
  }
  return nodeSql(database);
};
