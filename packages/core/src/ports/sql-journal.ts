// What is committed and stands in no table yet. The few rows that a message changes lie on two dozen pages, and a commit
// encrypts each page anew; here they are one row, on one page as a rule. Hundreds of them are carried over to the tables at once, in
// the order of their keys, and what changed a hundred times is written once.
import { concat, readUint32, readUint48, utf8ToText, writeUint48 } from '../bytes/index.ts';
import type { Pending } from './sql-pending.ts';
import { rowEndOf, Rows, type Written, type WrittenText } from './sql-rows.ts';
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
/** Room for one that is about to be written: wiped, since some rows are of keys. */
const slot = new Uint8Array(SLOT_BYTES);
const PUT_SLOT = 'INSERT INTO journal(n, v) VALUES (?, ?) ON CONFLICT(n) DO UPDATE SET v = excluded.v';

const KNOWN: ReadonlySet<string> = new Set(TABLES);
const isTable = (name: string): name is Table => KNOWN.has(name);

export class Journal {
  readonly #sql: Sql;
  /** What was committed and not carried over. */
  readonly #rows = new Rows();
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
    return this.#isCarried || this.#rows.isEmpty;
  }
  /** A copy; null: it was deleted; undefined: there is nothing about it here. */
  find(table: Table, key: Uint8Array): Uint8Array | null | undefined {
    return this.#isCarried ? undefined : this.#rows.find(table, key);
  }
  among(table: Table, range: Range = {}): readonly Written[] {
    return this.#isCarried ? [] : this.#rows.among(table, range);
  }
  tables(): readonly Table[] {
    return this.#isCarried ? [] : this.#rows.tables();
  }
  texts(): readonly WrittenText[] {
    return this.#isCarried ? [] : this.#rows.texts();
  }

  /** Puts a transaction in, before it is committed. False: it has no room here. */
  write(pending: Pending): boolean {
    if (this.#isCarried || pending.bytes > MAX_JOURNALED) return false;
    const record = pending.encode(TEXTS);
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
    this.#rows.clear();
    this.#used = 0;
  }
  /** Groups of rows: length and name of the table, count (4), then the rows. */
  #take(record: Uint8Array): void {
    const base = this.#rows.addRoom(record);
    for (let at = 0; at < record.length;) {
      const start = at + 1 + (record[at] as number);
      const name = utf8ToText(record.slice(at + 1, start)) ?? '';
      if (name !== TEXTS && !isTable(name)) throw new StoreError('newer', `the journal has rows of ${name}`);
      const count = readUint32(record, start);
      at = start + 4;
      for (let i = 0; i < count; i++) {
        if (name === TEXTS) this.#rows.putText(base + at);
        else this.#rows.put(name, base + at);
        at = rowEndOf(record, at);
      }
    }
  }
}
