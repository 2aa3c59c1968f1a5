// Small tables, whole in memory: most questions of an input are about a handful of rows, or about tables that are empty, and a
// statement costs more than everything that is done with its answer. One writer a home, so what is kept here is what is there.
// Writes are gathered until the transaction is committed: a row that changes five times in it is written once.
import { compareBytes } from '../bytes/index.ts';
import { lowest } from './sql-pending.ts';
import type { Range, Row, Table } from './store.ts';

/**
 * Looked at with every input, and small as a rule. None of keys of sessions or days: these are not to stay in memory between
 * uses.
 */
const KEPT: ReadonlySet<Table> = new Set<Table>([
  'conversation',
  'entry',
  'certificate',
  'waiting',
  'outbox',
  'peer',
  'inbox',
  'fetched',
  'aside',
  'invite',
  'request',
  'contact',
  'draft',
  'setting',
  'tombstone',
  'began',
  'star',
  'reaction',
  'unread',
  'timer',
  'due',
]);
/** A table with more than this is asked for by statements, until its store is opened again. */
const MAX_ROWS = 1024;
const MAX_BYTES = 1 << 20;

/** How the database is asked. */
export interface Behind {
  /** At most `limit` rows, in order. */
  first(table: Table, limit: number): readonly Row[];
  put(table: Table, key: Uint8Array, value: Uint8Array): void;
  delete(table: Table, key: Uint8Array): void;
}

interface KeptTable {
  /** In order. */
  readonly rows: { readonly key: Uint8Array; value: Uint8Array }[];
  bytes: number;
  /** Keys written since the last flush. */
  changed: Uint8Array[];
}

export class KeptTables {
  readonly #behind: Behind;
  readonly #tables = new Map<Table, KeptTable | 'large'>();
  readonly #changed = new Set<KeptTable>();

  constructor(behind: Behind) {
    this.#behind = behind;
  }

  #table(table: Table): KeptTable | undefined {
    if (!KEPT.has(table)) return undefined;
    let known = this.#tables.get(table);
    if (known === undefined) {
      const rows = this.#behind.first(table, MAX_ROWS + 1);
      const bytes = rows.reduce((sum, row) => sum + sizeOf(row), 0);
      known = isLarge(rows.length, bytes) ? 'large' : { rows: rows.map((row) => ({ ...row })), bytes, changed: [] };
      this.#tables.set(table, known);
    }
    return known === 'large' ? undefined : known;
  }

  /** Undefined: it is not kept here. Null: there is no such row. */
  get(name: Table, key: Uint8Array): Uint8Array | null | undefined {
    const table = this.#table(name);
    if (table === undefined) return undefined;
    const at = lowest(table.rows, key);
    const row = table.rows[at];
    return row !== undefined && compareBytes(row.key, key) === 0 ? row.value.slice() : null;
  }
  scan(name: Table, { from, to, reverse = false, limit = -1 }: Range): readonly Row[] | undefined {
    const table = this.#table(name);
    if (table === undefined) return undefined;
    const start = from === undefined ? 0 : lowest(table.rows, from);
    const end = Math.max(start, to === undefined ? table.rows.length : lowest(table.rows, to));
    const most = limit < 0 ? end - start : Math.min(limit, end - start);
    const rows = reverse ? table.rows.slice(end - most, end).reverse() : table.rows.slice(start, start + most);
    return rows.map(({ key, value }) => ({ key: key.slice(), value: value.slice() }));
  }
  /** False: it is not kept here. */
  put(name: Table, key: Uint8Array, value: Uint8Array): boolean {
    const table = this.#table(name);
    if (table === undefined) return false;
    const at = lowest(table.rows, key);
    const row = table.rows[at];
    const kept = { key: key.slice(), value: value.slice() };
    if (row !== undefined && compareBytes(row.key, key) === 0) {
      table.bytes += value.length - row.value.length;
      row.value = kept.value;
    } else {
      table.rows.splice(at, 0, kept);
      table.bytes += sizeOf(kept);
    }
    this.#note(table, kept.key);
    if (isLarge(table.rows.length, table.bytes)) this.#giveUp(name, table);
    return true;
  }
  delete(name: Table, key: Uint8Array): boolean {
    const table = this.#table(name);
    if (table === undefined) return false;
    const at = lowest(table.rows, key);
    const row = table.rows[at];
    if (row === undefined || compareBytes(row.key, key) !== 0) return true;
    table.rows.splice(at, 1);
    table.bytes -= sizeOf(row);
    this.#note(table, row.key);
    return true;
  }
  #note(table: KeptTable, key: Uint8Array): void {
    table.changed.push(key);
    this.#changed.add(table);
  }
  #giveUp(name: Table, table: KeptTable): void {
    this.#write(name, table);
    this.#tables.set(name, 'large');
  }

  /** Before a commit, and before a statement that reads several tables. */
  flush(): void {
    if (this.#changed.size === 0) return;
    for (const [name, table] of this.#tables) if (table !== 'large') this.#write(name, table);
    this.#changed.clear();
  }
  #write(name: Table, table: KeptTable): void {
    if (table.changed.length === 0) return;
    const keys = table.changed.length === 1 ? table.changed : table.changed.toSorted(compareBytes);
    table.changed = [];
    let before: Uint8Array | undefined;
    for (const key of keys) {
      if (before !== undefined && compareBytes(before, key) === 0) continue;
      before = key;
      const row = table.rows[lowest(table.rows, key)];
      if (row !== undefined && compareBytes(row.key, key) === 0) this.#behind.put(name, key, row.value);
      else this.#behind.delete(name, key);
    }
    this.#changed.delete(table);
  }
  /** The transaction was undone: everything is read anew. */
  forget(): void {
    this.#tables.clear();
    this.#changed.clear();
  }
}

const sizeOf = ({ key, value }: Row): number => key.length + value.length;
const isLarge = (rows: number, bytes: number): boolean => rows > MAX_ROWS || bytes > MAX_BYTES;
