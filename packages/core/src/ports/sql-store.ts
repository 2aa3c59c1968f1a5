// The one place with SQL in it. A table of keys and values per name in TABLES, and a full-text index beside them.
//
// Deleted means gone: secure_delete overwrites rows, FTS5's own `secure-delete` takes words out of the index at once
// (without it they stay until segments happen to merge), and `scrub` empties the write-ahead log, which still has pages as
// they were. Temporary tables stay in memory, because only database, journal and log are encrypted. Long because all SQL
// stands in one place.
import { concat, equalBytes, utf8ToText } from '../bytes/index.ts';
import { KeptTables } from './kept-tables.ts';
import { indexedWords, searchRuns } from './search-words.ts';
import { Journal } from './sql-journal.ts';
import { LateRows, SCATTERED } from './sql-late.ts';
import { lastTexts, leadOf, nameOf, over, Pending, within, wordsOf } from './sql-pending.ts';
import type { Written, WrittenText } from './sql-rows.ts';
import { linkedColumns, linkedJoins } from './sql-links.ts';
import { SqlError, type Sql, type SqlValue } from './sql.ts';
import {
  StoreError,
  TABLES,
  type Link,
  type LinkedRow,
  type Piece,
  type Range,
  type Row,
  type Store,
  type Table,
} from './store.ts';

/** Layout of the database below; kept in its own `user_version`. What the values mean has a version of the engine's. */
export const SQL_STORE_VERSION = 5;

export interface SqlStoreOptions {
  /**
   * `power` (default): synced before the transaction returns, at the cost of a sync each. `process`: commits survive kill -9;
   * for who writes hundreds a second, as a power cut may undo the newest of them.
   */
  readonly durability?: 'process' | 'power';
}

/** Each brings a database from version (its place in the list) to the next. Never changed once released. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    // The words are kept beside the index because taking them out of it needs them. AUTOINCREMENT: newest is highest.
    'CREATE TABLE searched (n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, words TEXT NOT NULL)',
    // `ascii` splits at spaces and keeps every character beyond ASCII: the words were made by searchRuns already.
    `CREATE VIRTUAL TABLE search USING fts5(words, content='searched', content_rowid='n', tokenize='ascii', prefix='1 2')`,
    `INSERT INTO search(search, rank) VALUES ('secure-delete', 1)`,
  ],
  [
    // Beginnings of 1 to 4 letters have indexes of their own. Without, all texts with any word that begins so are put in
    // order before the newest are known: in 100,000 texts 6 ms for common beginnings of 3 letters, 2 ms for 4, instead of
    // 0.1. What they cost: half a millisecond more for each deletion, and two thirds more room for the index.
    'DROP TABLE search',
    `CREATE VIRTUAL TABLE search USING fts5(words, content='searched', content_rowid='n', tokenize='ascii', prefix='1 2 3 4')`,
    `INSERT INTO search(search, rank) VALUES ('secure-delete', 1)`,
    `INSERT INTO search(search) VALUES ('rebuild')`,
    // Where the record of a text stands, which so far was looked up for each hit. Ids of texts are keys of \`event\`.
    `ALTER TABLE searched ADD COLUMN lead BLOB NOT NULL DEFAULT x''`,
    'UPDATE searched SET lead = v FROM event WHERE k = id',
  ],
  [
    // Texts are named by their place in the order, as keys of \`order\` are, and no more by the hash of their event alone.
    `UPDATE searched SET id = CAST(substr(id, 1, 16) || substr(h.v, 8, 6) || substr(id, 17) AS BLOB)
      FROM event e JOIN header h ON h.k = CAST(substr(e.k, 1, 16) || e.v || substr(e.k, 17) AS BLOB) WHERE e.k = searched.id`,
    // Rows of \`event\` that are carried over to it together.
    'CREATE TABLE late (n INTEGER PRIMARY KEY, k BLOB NOT NULL, v BLOB NOT NULL)',
  ],
  // What small transactions wrote, until it is carried over to the tables above.
  ['CREATE TABLE journal (n INTEGER PRIMARY KEY, v BLOB NOT NULL)'],
  [
    // Without rowids a row has room for 994 bytes where it stands and is given a page for the rest: most texts had one to
    // themselves, three quarters of it empty, to be encrypted three times.
    'ALTER TABLE content RENAME TO content_before',
    'CREATE TABLE content (k BLOB PRIMARY KEY, v BLOB NOT NULL)',
    'INSERT INTO content(k, v) SELECT k, v FROM content_before ORDER BY k',
    'DROP TABLE content_before',
    // FTS5 fills pages of 4,096 bytes; the cipher takes 32 of them, and each spilled the same way.
    `INSERT INTO search(search, rank) VALUES ('pgsz', 3968)`,
  ],
];

const SETTINGS: readonly string[] = [
  // Held from the first statement on: one writer a home, and no shared-memory file beside the database.
  'PRAGMA locking_mode = EXCLUSIVE',
  'PRAGMA temp_store = MEMORY',
  'PRAGMA foreign_keys = OFF',
  'PRAGMA journal_mode = WAL',
  'PRAGMA secure_delete = ON',
  // 16 MiB of pages; a negative value counts KiB.
  'PRAGMA cache_size = -16384',
  // In pages: 16 MiB of log. What changes again and again is written back once for many commits.
  'PRAGMA wal_autocheckpoint = 4096',
];

const toStoreError = (error: SqlError): StoreError | undefined => {
  switch (error.result) {
    case 'SQLITE_FULL':
      return new StoreError('full', error.message);
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new StoreError('busy', error.message);
    // A wrong key and a damaged file look alike once the pages are authenticated.
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return new StoreError('key', error.message);
    case 'SQLITE_IOERR':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
    case 'SQLITE_AUTH':
    case 'SQLITE_NOMEM':
    case 'SQLITE_PROTOCOL':
      return new StoreError('io', error.message);
    default:
      return undefined;
  }
};
/** The database's failures as StoreErrors; anything else as it is. */
const asStoreError = (error: unknown): unknown =>
  (error instanceof SqlError ? toStoreError(error) : undefined) ?? error;
const asStore = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error);
  }
};

/** Rows that one statement puts. */
const ROWS = 32;
const times = (count: number, what: string): string => Array.from({ length: count }, () => what).join(', ');

interface Statements {
  readonly get: string;
  readonly put: string;
  readonly putMany: string;
  readonly delete: string;
  /** By (from given, to given, reverse). */
  readonly scan: readonly string[];
}
const scanIndex = (from: boolean, to: boolean, reverse: boolean): number =>
  (from ? 1 : 0) + (to ? 2 : 0) + (reverse ? 4 : 0);
const putting = (table: Table, rows: number): string =>
  `INSERT INTO "${table}"(k, v) VALUES ${times(rows, '(?, ?)')} ON CONFLICT(k) DO UPDATE SET v = excluded.v`;
const statementsOf = (table: Table): Statements => ({
  get: `SELECT v FROM "${table}" WHERE k = ?`,
  put: putting(table, 1),
  putMany: putting(table, ROWS),
  delete: `DELETE FROM "${table}" WHERE k = ?`,
  scan: Array.from({ length: 8 }, (_, i) => {
    const where = [...((i & 1) === 0 ? [] : ['k >= ?']), ...((i & 2) === 0 ? [] : ['k < ?'])].join(' AND ');
    return `SELECT k, v FROM "${table}"${where === '' ? '' : ` WHERE ${where}`} ORDER BY k${(i & 4) === 0 ? '' : ' DESC'} LIMIT ?`;
  }),
});

/** Leaves out texts that are indexed already. Words are bytes so far. Without RETURNING, which costs more than the rest of it. */
const indexing = (rows: number): string =>
  `INSERT INTO searched(id, words, lead) VALUES ${times(rows, '(?, CAST(? AS TEXT), ?)')} ON CONFLICT(id) DO NOTHING`;
/** From the newest down, and no further than the limit needs: CROSS JOIN keeps the index outermost. */
const HITS = `SELECT n, id AS k, lead AS v FROM search CROSS JOIN searched ON n = search.rowid
  WHERE search MATCH ? AND substr(id, 1, ?) = ? ORDER BY search.rowid DESC LIMIT ?`;
const INDEX_ONE = indexing(1);
const INDEX_MANY = indexing(ROWS);
/** Texts that wait for the index at most: what the first search after them has to do. */
const INDEX_BATCH = 64;
const NO_BYTES = new Uint8Array(0);
/** Rows that are not deleted, as copies. */
const live = (rows: readonly Written[]): readonly Row[] =>
  rows.flatMap(({ key, value }) => (value === undefined ? [] : [{ key: key.slice(), value: value.slice() }]));
/** With a zero byte behind it a key is the next one that there could be. */
const upTo = (key: Uint8Array, reverse: boolean): Range =>
  reverse ? { from: key } : { to: concat(key, new Uint8Array(1)) };
const first = (rows: readonly (readonly SqlValue[])[]): SqlValue | undefined => rows[0]?.[0];
const asBytes = (value: SqlValue | undefined): Uint8Array => {
  if (!(value instanceof Uint8Array)) throw new Error('a column that holds bytes held something else');
  return value;
};

const inTransaction = <T>(sql: Sql, work: () => T): T => {
  sql.run('BEGIN IMMEDIATE');
  try {
    const result = work();
    sql.run('COMMIT');
    return result;
  } catch (error) {
    if (sql.inTransaction()) sql.run('ROLLBACK');
    throw error;
  }
};

const migrate = (sql: Sql): void => {
  const version = first(sql.all('PRAGMA user_version'));
  if (typeof version !== 'number') throw new Error('user_version is a number');
  if (version > SQL_STORE_VERSION) {
    throw new StoreError('newer', `the database has layout ${version}, this build knows ${SQL_STORE_VERSION}`);
  }
  const made = new Set(sql.all(`SELECT name FROM sqlite_schema WHERE type = 'table'`).map(([name]) => name));
  const missing = TABLES.filter((table) => !made.has(table));
  if (version === SQL_STORE_VERSION && missing.length === 0) return;
  inTransaction(sql, () => {
    // A table more is no new layout: a build that does not know it leaves it alone.
    for (const table of missing) sql.run(`CREATE TABLE "${table}" (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID`);
    for (const statement of MIGRATIONS.slice(version).flat()) sql.run(statement);
    sql.run(`PRAGMA user_version = ${SQL_STORE_VERSION}`);
  });
};

/** More words than this only narrow what is narrow already, and FTS5 bounds the depth of an expression. */
const MAX_QUERY_RUNS = 32;
const MAX_RUN_WORDS = 64;
const queryRuns = (query: string): readonly string[] =>
  searchRuns(query)
    .slice(0, MAX_QUERY_RUNS)
    .map((words) => words.slice(0, MAX_RUN_WORDS).join(' '));
/** One quoted phrase a run, its last word a beginning, all of them required. */
const matchOf = (runs: readonly string[]): string => runs.map((run) => `"${run}" *`).join(' ');
/** The same of a text that the index does not have yet. */
const holdsAll = (written: WrittenText, runs: readonly string[]): boolean => {
  const text = ` ${utf8ToText(wordsOf(written)) ?? ''}`;
  return runs.every((run) => text.includes(` ${run}`));
};

/**
 * Opens the store in a database, making or migrating it. Throws a StoreError: `key` when the key does not fit or the file
 * is damaged, `newer` when a newer build wrote it, `busy` when another process holds it, and what `open` reports; the database is closed then.
 */
export const openSqlStore = (open: () => Sql, options: SqlStoreOptions = {}): Store => {
  const sql = asStore(open);
  try {
    const journal = asStore(() => {
      for (const statement of SETTINGS) sql.all(statement);
      sql.all(`PRAGMA synchronous = ${options.durability === 'process' ? 'NORMAL' : 'FULL'}`);
      migrate(sql);
      return new Journal(sql);
    });
    return storeOver(sql, journal);
  } catch (error) {
    sql.close();
    throw error;
  }
};

const storeOver = (sql: Sql, journal: Journal): Store => {
  const statements = new Map<Table, Statements>(TABLES.map((table) => [table, statementsOf(table)]));
  const of = (table: Table): Statements => {
    const found = statements.get(table);
    if (found === undefined) throw new Error(`there is no table ${table}`);
    return found;
  };
  let closed = false;
  let open = false;
  /** Of the open transaction: a failed statement may have undone what came before it, so nothing of it may be kept. */
  let failed: StoreError | undefined;

  const scanDatabase = (table: Table, range: Range): readonly Row[] => {
    const { from, to, reverse = false, limit = -1 } = range;
    const statement = of(table).scan[scanIndex(from !== undefined, to !== undefined, reverse)] as string;
    const bounds = [...(from === undefined ? [] : [from]), ...(to === undefined ? [] : [to])];
    const rows = sql.all(statement, [...bounds, limit]).map(([k, v]): Row => ({ key: asBytes(k), value: asBytes(v) }));
    return table === SCATTERED ? late.among(rows, range) : rows;
  };
  /** What stands in the tables, and what changes it: first what is in the journal, then what the open transaction wrote. */
  const scanStatement = (table: Table, range: Range): readonly Row[] => {
    const changes = over(journal.among(table, range), pending.among(table, range));
    if (changes.length === 0) return scanDatabase(table, range);
    const { reverse = false, limit = -1 } = range;
    // Where the database has more rows than it was asked for, only changes up to the last of them are in the answer.
    for (let most = limit; ; most *= 2) {
      const found = scanDatabase(table, { ...range, limit: most });
      const last = most < 0 || found.length < most ? undefined : found.at(-1)?.key;
      const rising = reverse ? found.toReversed() : found;
      const rows = live(over(rising, last === undefined ? changes : within(changes, upTo(last, reverse))));
      if (last !== undefined && rows.length < limit) continue;
      const ordered = reverse ? rows.toReversed() : rows;
      return limit < 0 ? ordered : ordered.slice(0, limit);
    }
  };
  const getRow = (table: Table, key: Uint8Array): Uint8Array | undefined => {
    const known = kept.get(table, key);
    if (known !== undefined) return known ?? undefined;
    let written = open ? pending.find(table, key) : undefined;
    if (written === undefined) written = journal.find(table, key);
    if (written !== undefined) return written ?? undefined;
    const value = (table === SCATTERED ? late.get(key) : undefined) ?? first(sql.all(of(table).get, [key]));
    return value === undefined ? undefined : asBytes(value);
  };
  const scanRows = (table: Table, range: Range): readonly Row[] =>
    kept.scan(table, range) ?? scanStatement(table, range);
  const kept = new KeptTables({
    first: (table, limit) => scanStatement(table, { limit }),
    put: (table, key, value) => hold(table, key, value),
    delete: (table, key) => hold(table, key, undefined),
  });
  const pending = new Pending();
  const late = new LateRows(sql);

  const begin = (): void => {
    if (closed) throw new Error('a closed store was used');
    if (failed !== undefined) throw failed;
  };
  /** What is to be thrown for what a statement threw. */
  const told = (cause: unknown): unknown => {
    const error = asStoreError(cause);
    if (open && error instanceof StoreError) failed = error;
    return error;
  };
  const run = <T>(work: () => T): T => {
    begin();
    try {
      return work();
    } catch (cause) {
      throw told(cause);
    }
  };
  const write = (table: Table, key: Uint8Array, value: Uint8Array | undefined): void => {
    const isKept = value === undefined ? kept.delete(table, key) : kept.put(table, key, value);
    if (!isKept) hold(table, key, value);
  };
  /** A message does this a hundred times, nearly always without a statement. */
  const change = (table: Table, key: Uint8Array, value: Uint8Array | undefined): void => {
    begin();
    try {
      if (open) write(table, key, value);
      else transaction(() => write(table, key, value));
    } catch (cause) {
      throw told(cause);
    }
  };
  const transaction = <T>(work: () => T): T => {
    if (open) throw new Error('transactions do not nest');
    open = true;
    try {
      const result = asStore(() =>
        inTransaction(sql, () => {
          const result = work();
          if (failed !== undefined) throw failed;
          kept.flush();
          if (!pending.isEmpty && !journal.write(pending)) writeAll();
          return result;
        }),
      );
      journal.committed();
      return result;
    } catch (error) {
      journal.undone();
      kept.forget();
      late.forget();
      indexed = undefined;
      throw error;
    } finally {
      open = false;
      failed = undefined;
      pending.clear();
    }
  };
  /** Several statements that belong together, in the open transaction or in one of their own. */
  const together = (work: () => void): void => run(() => (open ? work() : transaction(work)));

  const chunks = function* <T>(rows: readonly T[]): Generator<readonly T[]> {
    const whole = rows.length - (rows.length % ROWS);
    for (let at = 0; at < whole; at += ROWS) yield rows.slice(at, at + ROWS);
    for (let at = whole; at < rows.length; at++) yield rows.slice(at, at + 1);
  };
  const writeRows = (table: Table, written: readonly Written[]): void => {
    if (table === SCATTERED) return late.write(written);
    const { put, putMany, delete: remove } = of(table);
    for (const { key, value } of written) if (value === undefined) sql.run(remove, [key]);
    const rows = written.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]]));
    for (const chunk of chunks(rows)) sql.run(chunk.length === ROWS ? putMany : put, chunk.flat());
  };
  const writeTexts = (written: readonly WrittenText[]): void => {
    if (written.length === 0) return;
    const texts = [...lastTexts(written).values()];
    const before = first(sql.all('SELECT coalesce(max(n), 0) FROM searched')) ?? 0;
    for (const chunk of chunks(texts)) {
      const insert = (some: readonly WrittenText[]): boolean => {
        const values = some.flatMap((text) => [text.key, wordsOf(text), leadOf(text)]);
        sql.run(some.length === ROWS ? INDEX_MANY : INDEX_ONE, values);
        return first(sql.all('SELECT changes()')) === some.length;
      };
      if (insert(chunk)) continue;
      // Those of them that were not there are in now, and the later text of the others replaces the earlier one.
      for (const text of chunk) {
        const known = first(sql.all('SELECT n FROM searched WHERE id = ?', [text.key])) ?? 0;
        if (known > before) continue;
        unindex(text.key);
        insert([text]);
      }
    }
    const last = first(sql.all('SELECT max(n) FROM searched'));
    if (typeof last === 'number' && last - lastIndexed() >= INDEX_BATCH) indexAll();
  };
  /** In the open transaction: all that is written so far goes where it belongs, what stands in the journal first. */
  const writeAll = (): void => {
    for (const table of journal.tables()) writeRows(table, journal.among(table));
    writeTexts(journal.texts());
    journal.carried();
    for (const table of pending.tables()) writeRows(table, pending.among(table));
    writeTexts(pending.texts());
    pending.clear();
  };
  const unindex = (id: Uint8Array): void => {
    const [row] = sql.all('SELECT n, words FROM searched WHERE id = ?', [id]);
    if (row === undefined) return;
    if ((row[0] as number) <= lastIndexed())
      sql.run(`INSERT INTO search(search, rowid, words) VALUES ('delete', ?, ?)`, row);
    sql.run('DELETE FROM searched WHERE n = ?', row.slice(0, 1));
  };
  /**
   * The index takes texts in batches: one that is written alone costs it a segment, and its part of the pages of a commit. Up
   * to which number it has them; those after it stand in `searched` alone until something is searched for.
   */
  let indexed: number | undefined;
  const lastIndexed = (): number => {
    if (indexed === undefined) {
      // FTS5's own record of its rows: nothing else has to be kept in step with it.
      const n = first(sql.all('SELECT max(id) FROM search_docsize'));
      indexed = typeof n === 'number' ? n : 0;
    }
    return indexed;
  };
  const indexAll = (): void =>
    together(() => {
      const n = first(sql.all('SELECT max(n) FROM searched'));
      if (typeof n !== 'number' || n <= lastIndexed()) return;
      sql.run('INSERT INTO search(rowid, words) SELECT n, words FROM searched WHERE n > ? ORDER BY n', [lastIndexed()]);
      indexed = n;
    });

  const hold = (table: Table, key: Uint8Array, value: Uint8Array | undefined): void => {
    pending.write(table, key, value);
    if (pending.isFull) writeAll();
  };

  /** Newest first: texts that are carried over later came later. */
  const hits = (query: string, limit: number, prefix: Uint8Array): readonly Row[] => {
    const runs = queryRuns(query);
    if (runs.length === 0) return [];
    const texts = lastTexts([...journal.texts(), ...pending.texts()]);
    const newest = [...texts.values()].toReversed().flatMap((text): readonly Row[] => {
      const isWanted = equalBytes(text.key.subarray(0, prefix.length), prefix) && holdsAll(text, runs);
      return isWanted ? [{ key: text.key.slice(), value: leadOf(text).slice() }] : [];
    });
    if (newest.length < limit) {
      indexAll();
      // Those that are written anew stand in the index as they were.
      const rows = sql.all(HITS, [matchOf(runs), prefix.length, prefix, limit + texts.size]);
      for (const [, id, lead] of rows)
        if (!texts.has(nameOf(asBytes(id)))) newest.push({ key: asBytes(id), value: asBytes(lead) });
    }
    return newest.slice(0, limit);
  };
  const isAllCarried = (): boolean => journal.isEmpty && pending.isEmpty;
  /** As a statement with joins would find it. */
  const link = (row: Row, links: readonly Link[]): LinkedRow => {
    const linked: (Uint8Array | undefined)[] = [];
    const bytesOf = ({ of: where, from, to }: Piece): Uint8Array | undefined =>
      (where === 'key' ? row.key : where === 'value' ? row.value : linked[where])?.subarray(from, to);
    for (const { table, key: pieces, begins = false } of links) {
      const parts = pieces.map(bytesOf);
      const key = parts.every((part) => part !== undefined) ? concat(...parts) : undefined;
      if (key === undefined) linked.push(undefined);
      else if (!begins) linked.push(getRow(table, key));
      else {
        const [next] = scanRows(table, { from: key, limit: 1 });
        const isThere = next !== undefined && equalBytes(next.key.subarray(0, key.length), key);
        linked.push(isThere ? NO_BYTES : undefined);
      }
    }
    return { ...row, linked };
  };

  /** By their links, which are the same arrays every time. */
  const linked = new Map<readonly Link[], Map<string, string>>();
  const linkedStatement = (links: readonly Link[], name: string, make: () => string): string => {
    const known = linked.get(links) ?? new Map<string, string>();
    linked.set(links, known);
    const statement = known.get(name) ?? make();
    known.set(name, statement);
    return statement;
  };
  const toLinked = ([k, v, ...values]: readonly SqlValue[]): LinkedRow => ({
    key: asBytes(k),
    value: asBytes(v),
    linked: values.map((value) => (value === null ? undefined : asBytes(value))),
  });

  return {
    get(table, key) {
      begin();
      try {
        return getRow(table, key);
      } catch (cause) {
        throw told(cause);
      }
    },
    put: (table, key, value) => change(table, key, value),
    delete: (table, key) => change(table, key, undefined),
    scan(table, range: Range = {}) {
      begin();
      try {
        return scanRows(table, range);
      } catch (cause) {
        throw told(cause);
      }
    },
    scanLinked: (table, range, links) =>
      run(() => {
        kept.flush();
        if (!isAllCarried()) return scanRows(table, range).map((row) => link(row, links));
        const { from, to, reverse = false, limit = -1 } = range;
        if (table === SCATTERED || links.some((link) => link.table === SCATTERED)) together(() => late.carryOver());
        const index = scanIndex(from !== undefined, to !== undefined, reverse);
        const statement = linkedStatement(links, `${table} ${index}`, () => {
          const rows = of(table).scan[index] as string;
          const order = `ORDER BY r.k${reverse ? ' DESC' : ''}`;
          return `SELECT ${linkedColumns(links)} FROM (${rows}) r${linkedJoins(links)} ${order}`;
        });
        const bounds = [...(from === undefined ? [] : [from]), ...(to === undefined ? [] : [to])];
        return sql.all(statement, [...bounds, limit]).map(toLinked);
      }),
    transaction: (work) => {
      if (closed) throw new Error('a closed store was used');
      return transaction(work);
    },
    indexText: (id, text, lead = NO_BYTES) =>
      together(() => {
        pending.writeText(id, indexedWords(text), lead);
        if (pending.isFull) writeAll();
      }),
    unindexText: (id) =>
      together(() => {
        writeAll();
        unindex(id);
      }),
    clearTexts: () =>
      together(() => {
        writeAll();
        sql.run('DELETE FROM searched');
        sql.run(`INSERT INTO search(search) VALUES ('delete-all')`);
        indexed = undefined;
      }),
    search: (query, limit) => run(() => hits(query, limit, NO_BYTES).map(({ key }) => ({ id: key }))),
    searchLinked: (query, limit, prefix, links) =>
      run(() => {
        kept.flush();
        if (!isAllCarried()) return hits(query, limit, prefix).map((row) => link(row, links));
        const runs = queryRuns(query);
        if (runs.length === 0) return [];
        indexAll();
        if (links.some((link) => link.table === SCATTERED)) together(() => late.carryOver());
        const statement = linkedStatement(links, 'search', () => {
          return `SELECT ${linkedColumns(links)} FROM (${HITS}) r${linkedJoins(links)} ORDER BY r.n DESC`;
        });
        return sql.all(statement, [matchOf(runs), prefix.length, prefix, limit]).map(toLinked);
      }),
    scrub: () =>
      run(() => {
        if (open) throw new Error('scrub inside a transaction');
        transaction(() => {
          writeAll();
          journal.wipe();
        });
        const [busy] = sql.all('PRAGMA wal_checkpoint(TRUNCATE)')[0] ?? [];
        if (busy !== 0) throw new StoreError('busy', 'the write-ahead log could not be emptied');
      }),
    close: () => {
      if (closed) return;
      try {
        if (!isAllCarried()) transaction(writeAll);
      } catch (error) {
        // A full disk: what is in the journal is read from there at the next start.
        if (!(error instanceof StoreError)) throw error;
      } finally {
        closed = true;
        sql.close();
      }
    },
  };
};
