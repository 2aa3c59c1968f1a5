// Rows whose keys are hashes wait in a table of their own, in the order in which they came, until there are enough of them. Put
// where they belong at once, every message of a history would have a page of its own encrypted again with each commit; thousands
// together share the pages that they touch.
import { compareBytes } from '../bytes/index.ts';
import { nameOf, type Written } from './sql-pending.ts';
import type { Sql, SqlValue } from './sql.ts';
import type { Range, Row, Table } from './store.ts';

/** The table that this is done for. */
export const SCATTERED: Table = 'event';
/** So many are carried over at once: about 50 ms, and 700 KiB of memory for their names until then. */
const ENOUGH = 8192;

const ROWS = 32;
const placesFor = (rows: number): string => Array.from({ length: rows }, () => '(?, ?, ?)').join(', ');
const ADD_ONE = `INSERT INTO late(n, k, v) VALUES ${placesFor(1)}`;
const ADD_MANY = `INSERT INTO late(n, k, v) VALUES ${placesFor(ROWS)}`;

export class LateRows {
  readonly #sql: Sql;
  /** Numbers of the rows that wait, by key; undefined until it is asked for. */
  #numbers: Map<string, number> | undefined;
  #last = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }
  #known(): Map<string, number> {
    if (this.#numbers !== undefined) return this.#numbers;
    const rows = this.#sql.all('SELECT n, k FROM late ORDER BY n') as readonly (readonly [number, Uint8Array])[];
    this.#numbers = new Map(rows.map(([n, key]) => [nameOf(key), n]));
    this.#last = rows.at(-1)?.[0] ?? 0;
    return this.#numbers;
  }

  /** Undefined: it does not wait. */
  get(key: Uint8Array): SqlValue | undefined {
    const n = this.#known().get(nameOf(key));
    return n === undefined ? undefined : this.#sql.all('SELECT v FROM late WHERE n = ?', [n])[0]?.[0];
  }
  /** In the open transaction, as everything below. */
  write(rows: readonly Written[]): void {
    const known = this.#known();
    const added: SqlValue[][] = [];
    for (const { key, value } of rows) {
      const name = nameOf(key);
      const n = known.get(name);
      if (value === undefined) {
        if (n !== undefined) this.#sql.run('DELETE FROM late WHERE n = ?', [n]);
        known.delete(name);
        this.#sql.run(`DELETE FROM "${SCATTERED}" WHERE k = ?`, [key]);
      } else if (n !== undefined) this.#sql.run('UPDATE late SET v = ? WHERE n = ?', [value, n]);
      else {
        known.set(name, ++this.#last);
        added.push([this.#last, key, value]);
      }
    }
    const whole = added.length - (added.length % ROWS);
    for (let at = 0; at < whole; at += ROWS) this.#sql.run(ADD_MANY, added.slice(at, at + ROWS).flat());
    for (const row of added.slice(whole)) this.#sql.run(ADD_ONE, row);
    if (known.size >= ENOUGH) this.carryOver();
  }
  carryOver(): void {
    if (this.#known().size === 0) return;
    this.#sql.run(
      `INSERT INTO "${SCATTERED}"(k, v) SELECT k, v FROM late WHERE true ORDER BY k ON CONFLICT(k) DO UPDATE SET v = excluded.v`,
    );
    this.#sql.run('DELETE FROM late');
    this.#numbers?.clear();
  }
  /** `rows` of the table as they stand there, with those that wait. */
  among(rows: readonly Row[], { from, to, reverse = false, limit = Infinity }: Range): readonly Row[] {
    if (this.#known().size === 0) return rows;
    const found = (this.#sql.all('SELECT k, v FROM late') as readonly (readonly [Uint8Array, Uint8Array])[]).filter(
      ([key]) =>
        (from === undefined || compareBytes(key, from) >= 0) && (to === undefined || compareBytes(key, to) < 0),
    );
    if (found.length === 0) return rows;
    const names = new Set(found.map(([key]) => nameOf(key)));
    const all = [
      ...found.map(([key, value]) => ({ key, value })),
      ...rows.filter(({ key }) => !names.has(nameOf(key))),
    ];
    const sorted = all.toSorted((a, b) => (reverse ? compareBytes(b.key, a.key) : compareBytes(a.key, b.key)));
    return limit < 0 ? sorted : sorted.slice(0, limit);
  }
  /** The transaction was undone. */
  forget(): void {
    this.#numbers = undefined;
  }
}
