// The floor of `search`: one SQLite table of plain rows with an FTS5 index beside it, and nothing around it. It encrypts
// nothing, verifies nothing, folds no accents, and knows no edits, reactions, replies or delivery states.
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

export interface FloorSql {
  search(query: string): number;
  newest(limit: number): number;
  before(number: number, limit: number): number;
  close(): void;
}

const COLUMNS = 'n, author, at, text';

/** All texts as rows 1, 2, 3… of one conversation. */
export const makeFloorSql = (path: string, texts: Iterable<string>): void => {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA cache_size = -16384;
    CREATE TABLE message (n INTEGER PRIMARY KEY, author INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL);
    CREATE VIRTUAL TABLE search USING fts5(text, content='message', content_rowid='n', tokenize='ascii', prefix='1 2');
    BEGIN`);
  const row = database.prepare('INSERT INTO message(author, at, text) VALUES (?, ?, ?)');
  const words = database.prepare('INSERT INTO search(rowid, text) VALUES (?, ?)');
  let at = 0;
  for (const text of texts) {
    at++;
    row.run(at % 2, at, text);
    words.run(at, text);
  }
  database.exec('COMMIT');
  database.close();
};

export const openFloorSql = (path: string, found: number): FloorSql => {
  const database = new DatabaseSync(path, { readOnly: true });
  database.exec('PRAGMA cache_size = -16384');
  const rows = (statement: StatementSync, ...values: readonly (string | number)[]): number =>
    statement.all(...values).length;
  const hits = 'SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?';
  const searching = database.prepare(`SELECT ${COLUMNS} FROM message WHERE n IN (${hits}) ORDER BY n DESC`);
  const newest = database.prepare(`SELECT ${COLUMNS} FROM message ORDER BY n DESC LIMIT ?`);
  const before = database.prepare(`SELECT ${COLUMNS} FROM message WHERE n < ? ORDER BY n DESC LIMIT ?`);
  return {
    search: (query) =>
      rows(
        searching,
        query
          .split(' ')
          .map((word) => `"${word}"*`)
          .join(' '),
        found,
      ),
    newest: (limit) => rows(newest, limit),
    before: (number, limit) => rows(before, number, limit),
    close: () => database.close(),
  };
};
