// What is committed and stands in no table yet. The few rows that a message changes lie on two dozen pages, and a commit
// encrypts each page anew; here they are one row, on one page as a rule. Hundreds of them are carried over to the tables at once, in
// the order of their keys, and what changed a hundred times is written once.
import { concat, readUint32, readUint48, utf8ToText, writeUint32, writeUint48 } from '../bytes/index.ts';
import type { Pending, Written, WrittenText } from './sql-pending.ts';
import type { Sql } from './sql.ts';
import { StoreError, TABLES, type Range, type Table } from './store.ts';

/** A slot has a page of 4,096 bytes to itself, of which SQLite and the cipher take up to 103. */
const SLOT_BYTES = 3_968;
/** Number of the transaction (6), whether the next slot goes on with it (1), bytes used (2). */
const SLOT_HEAD = 9;
const SLOT_ROOM = SLOT_BYTES - SLOT_HEAD;
/** Slots that are used before all is carried over. What is carried over at once is held in memory until then. */
const SLOTS = 256;
/** A transaction that writes more than this has pages enough of its own: it writes them where they belong. */
const MAX_JOURNALED = 128 << 10;
/** Texts of the search index stand beside the tables of the store. */
const TEXTS = 'searched';
const GONE = 0xffffffff;
/** Room for one that is about to be written: wiped, since some rows are of keys. */
const slot = new Uint8Array(SLOT_BYTES);
const PUT_SLOT = 'INSERT INTO journal(n, v) VALUES (?, ?) ON CONFLICT(n) DO UPDATE SET v = excluded.v';

/** Of a row: length of its key (2), of its value (4); then both. A value that is gone has the length 0xffffffff. */
const ROW_HEAD = 6;
/** A row is named by a number: that of its record, and in so many bits where it begins there. All slots have room for less. */
const PLACE_BITS = 20;
const PLACE = (1 << PLACE_BITS) - 1;

const lengthOf = ({ key, value }: Written): number => ROW_HEAD + key.length + (value?.length ?? 0);
/** Groups of rows: name of the table, count, then the rows, rising by key but for texts. */
const encodeRecord = (pending: Pending): Uint8Array => {
  const groups: { readonly name: string; readonly rows: readonly Written[] }[] = [];
  for (const name of pending.tables()) groups.push({ name, rows: pending.rows(name) });
  if (pending.texts().length > 0) groups.push({ name: TEXTS, rows: pending.texts() });
  let length = 0;
  for (const { name, rows } of groups) {
    length += 5 + name.length;
    for (const row of rows) length += lengthOf(row);
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const { name, rows } of groups) {
    out[at++] = name.length;
    for (let i = 0; i < name.length; i++) out[at++] = name.charCodeAt(i);
    writeUint32(out, at, rows.length);
    at += 4;
    for (const { key, value } of rows) {
      out[at] = key.length >> 8;
      out[at + 1] = key.length;
      writeUint32(out, at + 2, value?.length ?? GONE);
      out.set(key, at + ROW_HEAD);
      at += ROW_HEAD + key.length;
      if (value === undefined) continue;
      out.set(value, at);
      at += value.length;
    }
  }
  return out;
};
const keyEndOf = (record: Uint8Array, at: number): number =>
  at + ROW_HEAD + (((record[at] as number) << 8) | (record[at + 1] as number));
const rowEndOf = (record: Uint8Array, at: number): number => {
  const length = readUint32(record, at + 2);
  return keyEndOf(record, at) + (length === GONE ? 0 : length);
};
const readRow = (record: Uint8Array, at: number): Written => {
  const keyEnd = keyEndOf(record, at);
  const isGone = readUint32(record, at + 2) === GONE;
  return {
    key: record.subarray(at + ROW_HEAD, keyEnd),
    value: isGone ? undefined : record.subarray(keyEnd, rowEndOf(record, at)),
  };
};

const KNOWN: ReadonlySet<string> = new Set(TABLES);
const isTable = (name: string): name is Table => KNOWN.has(name);

export class Journal {
  readonly #sql: Sql;
  /** What was committed and not carried over: rows are read where they stand, since an object for each lives long enough to cost more. */
  #records: Uint8Array[] = [];
  /** Rows by their numbers, rising by key. */
  readonly #tables = new Map<Table, number[]>();
  /** In the order in which they came; of several with one id the last counts. */
  #texts: number[] = [];
  /** Of the last transaction in it. */
  #number = 0;
  /** Slots in use; highest one that may hold anything. */
  #used = 0;
  #highest = 0;
  /** Of the open transaction: what it has put into slots. */
  #open: { readonly record: Uint8Array; readonly used: number } | undefined;
  /** The open transaction has carried all over: what is held here counts again if it is undone. */
  #isCarried = false;
  #isWiped = false;

  /** Reads what was not carried over when the database was used last. Throws a StoreError. */
  constructor(sql: Sql) {
    this.#sql = sql;
    const rows = sql.all('SELECT n, v FROM journal ORDER BY n') as readonly (readonly [number, Uint8Array])[];
    let carried = 0;
    let parts: Uint8Array[] = [];
    for (const [n, value] of rows) {
      const number = readUint48(value, 0);
      if (n === 0) carried = this.#number = number;
      else this.#highest = n;
      if (n === 0 || number <= carried) continue;
      parts.push(value.slice(SLOT_HEAD, SLOT_HEAD + (((value[7] as number) << 8) | (value[8] as number))));
      this.#number = number;
      this.#used = n;
      if (value[6] === 1) continue;
      this.#take(concat(...parts));
      parts = [];
    }
  }

  get isEmpty(): boolean {
    return this.#isCarried || (this.#tables.size === 0 && this.#texts.length === 0);
  }
  /** A copy; null: it was deleted; undefined: there is nothing about it here. */
  find(table: Table, key: Uint8Array): Uint8Array | null | undefined {
    const rows = this.#isCarried ? undefined : this.#tables.get(table);
    const at = rows === undefined ? 0 : this.#lowest(rows, key);
    if (rows === undefined || at === rows.length || this.#compare(rows[at] as number, key, 0, key.length) !== 0)
      return undefined;
    return this.#row(rows[at] as number).value?.slice() ?? null;
  }
  among(table: Table, { from, to }: Range): readonly Written[] {
    const rows = this.#isCarried ? undefined : this.#tables.get(table);
    if (rows === undefined) return [];
    const start = from === undefined ? 0 : this.#lowest(rows, from);
    const end = to === undefined ? rows.length : this.#lowest(rows, to);
    return rows.slice(start, Math.max(start, end)).map((row) => this.#row(row));
  }
  /** Rising by key. */
  *rows(): Iterable<readonly [Table, readonly Written[]]> {
    if (!this.#isCarried) for (const table of this.#tables.keys()) yield [table, this.among(table, {})];
  }
  texts(): readonly WrittenText[] {
    return this.#isCarried ? [] : this.#texts.map((row) => this.#row(row) as WrittenText);
  }

  /** Puts a transaction in, before it is committed. False: it has no room here. */
  write(pending: Pending): boolean {
    if (this.#isCarried || pending.bytes > MAX_JOURNALED) return false;
    const record = encodeRecord(pending);
    const slots = Math.ceil(record.length / SLOT_ROOM);
    if (this.#used + slots > SLOTS) return false;
    for (let i = 0; i < slots; i++) {
      const part = record.subarray(i * SLOT_ROOM, (i + 1) * SLOT_ROOM);
      writeUint48(slot, 0, this.#number + 1);
      slot[6] = i < slots - 1 ? 1 : 0;
      slot[7] = part.length >> 8;
      slot[8] = part.length;
      slot.set(part, SLOT_HEAD);
      slot.fill(0, SLOT_HEAD + part.length);
      this.#sql.run(PUT_SLOT, [this.#used + 1 + i, slot]);
    }
    slot.fill(0);
    this.#open = { record, used: this.#used + slots };
    return true;
  }
  /** The open transaction has written all of it where it belongs. */
  carried(): void {
    if (!this.isEmpty) {
      const carried = new Uint8Array(6);
      writeUint48(carried, 0, this.#number);
      this.#sql.run(PUT_SLOT, [0, carried]);
    }
    this.#isCarried = true;
  }
  committed(): void {
    if (this.#isCarried) this.#clear();
    if (this.#isWiped) this.#highest = 0;
    if (this.#open !== undefined) {
      const { record, used } = this.#open;
      this.#number++;
      this.#used = used;
      this.#highest = Math.max(this.#highest, used);
      this.#take(record);
    }
    this.undone();
  }
  undone(): void {
    this.#isCarried = false;
    this.#isWiped = false;
    this.#open = undefined;
  }
  /** In the open transaction, after all was carried over: nothing of what went through it stays. */
  wipe(): void {
    if (this.#highest > 0) this.#sql.run('DELETE FROM journal WHERE n > 0');
    this.#isWiped = true;
  }

  #clear(): void {
    // Some were of keys.
    for (const record of this.#records) record.fill(0);
    this.#records = [];
    this.#tables.clear();
    this.#texts = [];
    this.#used = 0;
  }
  #take(record: Uint8Array): void {
    const base = this.#records.length << PLACE_BITS;
    this.#records.push(record);
    for (let at = 0; at < record.length;) {
      const start = at + 1 + (record[at] as number);
      const name = utf8ToText(record.slice(at + 1, start)) ?? '';
      if (name !== TEXTS && !isTable(name)) throw new StoreError('newer', `the journal has rows of ${name}`);
      const count = readUint32(record, start);
      at = start + 4;
      for (let i = 0; i < count; i++) {
        if (name === TEXTS) this.#texts.push(base + at);
        else this.#put(name, base + at);
        at = rowEndOf(record, at);
      }
    }
  }
  #put(table: Table, row: number): void {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = []));
    const record = this.#recordOf(row);
    const keyAt = (row & PLACE) + ROW_HEAD;
    const keyEnd = keyEndOf(record, row & PLACE);
    const at = this.#lowest(rows, record, keyAt, keyEnd);
    if (at === rows.length) rows.push(row);
    else if (this.#compare(rows[at] as number, record, keyAt, keyEnd) !== 0) rows.splice(at, 0, row);
    else {
      const before = rows[at] as number;
      const of = this.#recordOf(before);
      of.fill(0, keyEndOf(of, before & PLACE), rowEndOf(of, before & PLACE));
      rows[at] = row;
    }
  }
  #recordOf(row: number): Uint8Array {
    return this.#records[row >>> PLACE_BITS] as Uint8Array;
  }
  #row(row: number): Written {
    return readRow(this.#recordOf(row), row & PLACE);
  }
  /** The order of a row's key and another one, which stands in `bytes`. */
  #compare(row: number, bytes: Uint8Array, from: number, to: number): number {
    const record = this.#recordOf(row);
    const start = (row & PLACE) + ROW_HEAD;
    const length = keyEndOf(record, row & PLACE) - start;
    const both = Math.min(length, to - from);
    for (let i = 0; i < both; i++) {
      const difference = (record[start + i] as number) - (bytes[from + i] as number);
      if (difference !== 0) return difference;
    }
    return length - (to - from);
  }
  /** Where the first row stands whose key is not lower. */
  #lowest(rows: readonly number[], bytes: Uint8Array, from = 0, to = bytes.length): number {
    let [low, high] = [0, rows.length];
    // Most are put at the end.
    if (high === 0 || this.#compare(rows[high - 1] as number, bytes, from, to) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(rows[middle] as number, bytes, from, to) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
