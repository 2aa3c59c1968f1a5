// What is committed and stands in no table yet. The few rows that a message changes lie on two dozen pages, and a commit
// encrypts each page anew; here they are one row, on one page as a rule. Hundreds of them are carried over to the tables at once, in
// the order of their keys, and what changed a hundred times is written once.
import {
  compareBytes,
  concat,
  readUint32,
  readUint48,
  utf8,
  utf8ToText,
  writeUint32,
  writeUint48,
} from '../bytes/index.ts';
import { lowest, nameOf, within, type Pending, type Written, type WrittenText } from './sql-pending.ts';
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
const PUT_SLOT = 'INSERT INTO journal(n, v) VALUES (?, ?) ON CONFLICT(n) DO UPDATE SET v = excluded.v';

interface Group {
  readonly name: Table | typeof TEXTS;
  /** Rising by key, but for texts. */
  readonly rows: readonly Written[];
}
interface Encoded {
  readonly bytes: Uint8Array;
  /** What it was made of, as parts of it. */
  readonly groups: readonly Group[];
}
const groupsOf = (pending: Pending): readonly Group[] => {
  const groups: Group[] = pending.tables().map((name) => ({ name, rows: pending.rows(name) }));
  const texts = pending.texts();
  if (texts.length > 0) groups.push({ name: TEXTS, rows: texts.map(textRow) });
  return groups;
};
/** Groups of rows: name of the table, count, then key and value of each; a value that is gone has the length 0xffffffff. */
const encodeRecord = (pending: Pending): Encoded => {
  const groups = groupsOf(pending);
  let length = 0;
  for (const { name, rows } of groups) {
    length += 5 + name.length;
    for (const { key, value } of rows) length += 6 + key.length + (value?.length ?? 0);
  }
  const out = new Uint8Array(length);
  let at = 0;
  const parts = groups.map(({ name, rows }): Group => {
    out[at] = name.length;
    for (let i = 0; i < name.length; i++) out[at + 1 + i] = name.charCodeAt(i);
    writeUint32(out, at + 1 + name.length, rows.length);
    at += 5 + name.length;
    return {
      name,
      rows: rows.map(({ key, value }): Written => {
        out[at] = key.length >> 8;
        out[at + 1] = key.length;
        writeUint32(out, at + 2, value?.length ?? GONE);
        const keyAt = at + 6;
        const valueAt = keyAt + key.length;
        at = valueAt + (value?.length ?? 0);
        out.set(key, keyAt);
        if (value !== undefined) out.set(value, valueAt);
        return { key: out.subarray(keyAt, valueAt), value: value && out.subarray(valueAt, at) };
      }),
    };
  });
  return { bytes: out, groups: parts };
};
const decodeRecord = (record: Uint8Array): readonly Group[] => {
  const groups: Group[] = [];
  for (let at = 0; at < record.length;) {
    const start = at + 1 + (record[at] as number);
    const name = utf8ToText(record.subarray(at + 1, start)) ?? '';
    if (name !== TEXTS && !isTable(name)) throw new StoreError('newer', `the journal has rows of ${name}`);
    const count = readUint32(record, start);
    at = start + 4;
    const rows: Written[] = [];
    for (let i = 0; i < count; i++) {
      const keyEnd = at + 6 + (((record[at] as number) << 8) | (record[at + 1] as number));
      const length = readUint32(record, at + 2);
      const key = record.subarray(at + 6, keyEnd);
      at = length === GONE ? keyEnd : keyEnd + length;
      rows.push({ key, value: length === GONE ? undefined : record.subarray(keyEnd, at) });
    }
    groups.push({ name, rows });
  }
  return groups;
};
const textRow = ({ id, words, lead }: WrittenText): Written => {
  const text = utf8(words);
  const value = new Uint8Array(1 + lead.length + text.length);
  value[0] = lead.length;
  value.set(lead, 1);
  value.set(text, 1 + lead.length);
  return { key: id, value };
};
const rowText = (key: Uint8Array, value: Uint8Array): WrittenText => {
  const end = 1 + (value[0] as number);
  return { id: key, lead: value.subarray(1, end), words: utf8ToText(value.subarray(end)) ?? '' };
};

const KNOWN: ReadonlySet<string> = new Set(TABLES);
const isTable = (name: string): name is Table => KNOWN.has(name);

export class Journal {
  readonly #sql: Sql;
  readonly #tables = new Map<Table, Written[]>();
  readonly #texts = new Map<string, WrittenText>();
  /** Of the last transaction in it. */
  #number = 0;
  /** Slots in use; highest one that may hold anything. */
  #used = 0;
  #highest = 0;
  /** Of the open transaction: what it has put into slots. */
  #open: { readonly groups: readonly Group[]; readonly used: number } | undefined;
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
      this.#take(decodeRecord(concat(...parts)));
      parts = [];
    }
  }

  get isEmpty(): boolean {
    return this.#isCarried || (this.#tables.size === 0 && this.#texts.size === 0);
  }
  find(table: Table, key: Uint8Array): Written | undefined {
    const rows = this.#isCarried ? undefined : this.#tables.get(table);
    const row = rows?.[lowest(rows, key)];
    return row !== undefined && compareBytes(row.key, key) === 0 ? row : undefined;
  }
  among(table: Table, range: Range): readonly Written[] {
    return this.#isCarried ? [] : within(this.#tables.get(table), range);
  }
  /** Rising by key. */
  rows(): Iterable<readonly [Table, readonly Written[]]> {
    return this.#isCarried ? [] : this.#tables;
  }
  /** In the order in which they came. */
  texts(): readonly WrittenText[] {
    return this.#isCarried ? [] : [...this.#texts.values()];
  }

  /** Puts a transaction in, before it is committed. False: it has no room here. */
  write(pending: Pending): boolean {
    if (this.#isCarried || pending.bytes > MAX_JOURNALED) return false;
    const { bytes: record, groups } = encodeRecord(pending);
    const slots = Math.ceil(record.length / SLOT_ROOM);
    if (this.#used + slots > SLOTS) return false;
    for (let i = 0; i < slots; i++) {
      const part = record.subarray(i * SLOT_ROOM, (i + 1) * SLOT_ROOM);
      const slot = new Uint8Array(SLOT_BYTES);
      writeUint48(slot, 0, this.#number + 1);
      slot[6] = i < slots - 1 ? 1 : 0;
      slot[7] = part.length >> 8;
      slot[8] = part.length;
      slot.set(part, SLOT_HEAD);
      this.#sql.run(PUT_SLOT, [this.#used + 1 + i, slot]);
    }
    this.#open = { groups, used: this.#used + slots };
    return true;
  }
  /** The open transaction has written all of it where it belongs. */
  carried(): void {
    if (!this.isEmpty) {
      const slot = new Uint8Array(6);
      writeUint48(slot, 0, this.#number);
      this.#sql.run(PUT_SLOT, [0, slot]);
    }
    this.#isCarried = true;
  }
  committed(): void {
    if (this.#isCarried) this.#clear();
    if (this.#isWiped) this.#highest = 0;
    if (this.#open !== undefined) {
      const { groups, used } = this.#open;
      this.#number++;
      this.#used = used;
      this.#highest = Math.max(this.#highest, used);
      this.#take(groups);
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
    for (const rows of this.#tables.values()) for (const { value } of rows) value?.fill(0);
    this.#tables.clear();
    this.#texts.clear();
    this.#used = 0;
  }
  #take(groups: readonly Group[]): void {
    for (const { name, rows } of groups) {
      if (name === TEXTS) {
        for (const { key, value } of rows) if (value !== undefined) this.#putText(rowText(key, value));
      } else for (const row of rows) this.#put(name, row);
    }
  }
  #put(table: Table, row: Written): void {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = []));
    const at = lowest(rows, row.key);
    const there = rows[at];
    if (there === undefined) rows.push(row);
    else if (compareBytes(there.key, row.key) !== 0) rows.splice(at, 0, row);
    else {
      there.value?.fill(0);
      rows[at] = row;
    }
  }
  #putText(text: WrittenText): void {
    const name = nameOf(text.id);
    this.#texts.delete(name);
    this.#texts.set(name, text);
  }
}
