// Rows whose keys are hashes wait in a table of their own, in the order in which they came, until there are enough of them. Put
// where they belong at once, every message of a history would have a page of its own encrypted again with each commit; thousands
// together share the pages that they touch.
import { compareBytes } from '../bytes/index.ts';
import { nameOf } from './sql-pending.ts';
import type { Written } from './sql-rows.ts';
import type { Sql, SqlValue } from './sql.ts';
import type { Range, Row, Table } from './store.ts';

/** The table that this is done for. */
export const SCATTERED: Table = 'event';
/** So many are carried over at once. */
const ENOUGH = 8192;
/** Single rows are looked for in the database; who asks for more gets to know all names, which takes 40 ms and 700 KiB. */
const FEW = 8;

const ROWS = 32;
const placesFor = (rows: number): string => Array.from({ length: rows }, () => '(?, ?)').join(', ');
const ADD_ONE = `INSERT INTO late(k, v) VALUES ${placesFor(1)}`;
const ADD_MANY = `INSERT INTO late(k, v) VALUES ${placesFor(ROWS)}`;

const NO_BYTES = new Uint8Array(0);
type Waiting = readonly (readonly [Uint8Array, Uint8Array])[];

/** Of several rows with one key the last counts. */
export class LateRows {
  readonly #sql: Sql;
  /** Of the rows that wait, for each the last, by key; undefined until it pays. */
  #numbers: Map<string, number> | undefined;
  #looks = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }
  /** The first and the last number; null when nothing waits. */
  #ends(): readonly [number, number] | undefined {
    // One by one each is a look at an end of the tree, together they would be a walk over all of it.
    const [[first = null] = []] = this.#sql.all('SELECT min(n) FROM late');
    const [[last = null] = []] = this.#sql.all('SELECT max(n) FROM late');
    return typeof first === 'number' && typeof last === 'number' ? [first, last] : undefined;
  }
  #load(): Map<string, number> {
    const rows = this.#sql.all('SELECT n, k FROM late ORDER BY n') as readonly (readonly [number, Uint8Array])[];
    this.#numbers = new Map(rows.map(([n, key]) => [nameOf(key), n]));
    return this.#numbers;
  }

  /** Undefined: it does not wait. */
  get(key: Uint8Array): SqlValue | undefined {
    if (this.#numbers === undefined && ++this.#looks <= FEW)
      return this.#sql.all('SELECT v FROM late WHERE k = ? ORDER BY n DESC LIMIT 1', [key])[0]?.[0];
    const n = (this.#numbers ?? this.#load()).get(nameOf(key));
    return n === undefined ? undefined : this.#sql.all('SELECT v FROM late WHERE n = ?', [n])[0]?.[0];
  }
  /** In the open transaction, as everything below. Each key once. */
  write(rows: readonly Written[]): void {
    const gone = rows.filter(({ value }) => value === undefined);
    if (gone.length > FEW) this.carryOver();
    for (const { key } of gone) {
      if (gone.length <= FEW && this.#numbers?.delete(nameOf(key)) !== false)
        this.#sql.run('DELETE FROM late WHERE k = ?', [key]);
      this.#sql.run(`DELETE FROM "${SCATTERED}" WHERE k = ?`, [key]);
    }
    const added = rows.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]]));
    const whole = added.length - (added.length % ROWS);
    for (let at = 0; at < whole; at += ROWS) this.#sql.run(ADD_MANY, added.slice(at, at + ROWS).flat());
    for (const row of added.slice(whole)) this.#sql.run(ADD_ONE, row);
    if (added.length === 0) return;
    const [first, last] = this.#ends() ?? [1, 0];
    for (const [i, [key]] of added.entries())
      if (key !== undefined) this.#numbers?.set(nameOf(key), last - added.length + 1 + i);
    if (last - first + 1 >= ENOUGH) this.carryOver();
  }
  carryOver(): void {
    if (this.#ends() === undefined) return;
    this.#sql.run(
      `INSERT INTO "${SCATTERED}"(k, v) SELECT k, v FROM late WHERE true ORDER BY k, n ON CONFLICT(k) DO UPDATE SET v = excluded.v`,
    );
    this.#sql.run('DELETE FROM late');
    this.#numbers?.clear();
  }
  /** `rows` of the table as they stand there, with those that wait. */
  among(rows: readonly Row[], { from, to, reverse = false, limit = -1 }: Range): readonly Row[] {
    const found = (
      to === undefined
        ? this.#sql.all('SELECT k, v FROM late WHERE k >= ? ORDER BY n', [from ?? NO_BYTES])
        : this.#sql.all('SELECT k, v FROM late WHERE k >= ? AND k < ? ORDER BY n', [from ?? NO_BYTES, to])
    ) as Waiting;
    if (found.length === 0) return rows;
    const all = new Map(
      [...rows, ...found.map(([key, value]): Row => ({ key, value }))].map((row) => [nameOf(row.key), row]),
    );
    const sorted = [...all.values()].toSorted((a, b) =>
      reverse ? compareBytes(b.key, a.key) : compareBytes(a.key, b.key),
    );
    return limit < 0 ? sorted : sorted.slice(0, limit);
  }
  /** The transaction was undone. */
  forget(): void {
    this.#numbers = undefined;
  }
}
