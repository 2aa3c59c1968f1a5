// What somebody does who was given a disk with its key, or everything that passed a relay.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TABLES, TransportError, type Row, type Table, type Transport, type TransportEvent } from '@kith/core/ports';
import { cipherOf, cipherSettings, openHome } from '@kith/platform-node';
import Database from 'better-sqlite3-multiple-ciphers';
import { freshFolder } from './engines.ts';

/** A copy of a home that does not run. */
export const copyOf = (home: string): string => {
  const copy = join(freshFolder(), 'copy');
  cpSync(home, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  return copy;
};

/** The database of a home without its encryption: all pages, free ones too, and the log beside them. */
export const plainDisk = (home: string): Buffer => {
  const copy = copyOf(home);
  const path = join(copy, 'kith.db');
  const { key } = JSON.parse(readFileSync(join(copy, 'key'), 'utf8')) as { readonly key: string };
  const database = new Database(path);
  for (const setting of cipherSettings[cipherOf(path) ?? 'chacha20']) database.exec(setting);
  database.key(Buffer.from(`raw:${Buffer.from(key, 'base64url').toString('hex')}`, 'latin1'));
  database.prepare('PRAGMA journal_mode = DELETE').all();
  database.rekey(Buffer.alloc(0));
  database.close();
  const plain = readFileSync(path);
  if (plain.subarray(0, 15).toString('latin1') !== 'SQLite format 3') throw new Error('the database did not open');
  return plain;
};

export const rowsOf = (home: string): ReadonlyMap<Table, readonly Row[]> => {
  const opened = openHome(copyOf(home));
  const rows = new Map(TABLES.map((table) => [table, opened.store.scan(table)]));
  opened.close();
  return rows;
};

/** No relay behind it; the cells are what a relay would push. */
export class Replay implements Transport {
  readonly #listeners: ((event: TransportEvent) => void)[] = [];
  allow(): void {}
  listen(): void {}
  close(): void {}
  request(): Promise<never> {
    return Promise.reject(new TransportError('unreachable', 'a replay answers nothing'));
  }
  onEvent(listener: (event: TransportEvent) => void): void {
    this.#listeners.push(listener);
  }
  push(relay: string, cells: readonly Uint8Array[]): void {
    for (const cell of cells) for (const listener of this.#listeners) listener({ type: 'cell', relay, cell });
  }
}
