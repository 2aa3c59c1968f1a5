// Rows in memory that are on their way to their tables, one behind another as the journal has them. They are found by the places
// where they stand: an object for each, with a view of its key and one of its value, costs more than all else that is done with
// it, and what is carried over late is copied by the collector of garbage again and again.
import { readUint32, writeUint32 } from '../bytes/index.ts';
import type { Range, Table } from './store.ts';

export interface Written {
  readonly key: Uint8Array;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
}
/** A text for the search index: by its id, length of its lead (1), lead, and its words in UTF-8. */
export interface WrittenText extends Written {
  readonly value: Uint8Array;
}

/** Of a row: length of its key (2), of its value (4); then both. A value that is gone has the length 0xffffffff. */
const HEAD = 6;
const GONE = 0xffffffff;
/** From here on the platform copies quicker than a loop. */
const LONG = 64;

const copyTo = (out: Uint8Array, at: number, bytes: Uint8Array): void => {
  const { length } = bytes;
  if (length >= LONG) out.set(bytes, at);
  else for (let i = 0; i < length; i++) out[at + i] = bytes[i] as number;
};
export const rowLength = (key: Uint8Array, valueLength: number | undefined): number =>
  HEAD + key.length + (valueLength ?? 0);
/** All of a row but its value: where that is to stand. */
export const beginRow = (out: Uint8Array, at: number, key: Uint8Array, valueLength: number | undefined): number => {
  out[at] = key.length >> 8;
  out[at + 1] = key.length;
  writeUint32(out, at + 2, valueLength ?? GONE);
  copyTo(out, at + HEAD, key);
  return at + HEAD + key.length;
};
export const writeRow = (out: Uint8Array, at: number, key: Uint8Array, value: Uint8Array | undefined): void => {
  const valueAt = beginRow(out, at, key, value?.length);
  if (value !== undefined) copyTo(out, valueAt, value);
};
const keyEndOf = (room: Uint8Array, at: number): number =>
  at + HEAD + (((room[at] as number) << 8) | (room[at + 1] as number));
export const rowEndOf = (room: Uint8Array, at: number): number => {
  const length = readUint32(room, at + 2);
  return keyEndOf(room, at) + (length === GONE ? 0 : length);
};
const readRow = (room: Uint8Array, at: number): Written => {
  const keyEnd = keyEndOf(room, at);
  const isGone = readUint32(room, at + 2) === GONE;
  return {
    key: room.subarray(at + HEAD, keyEnd),
    value: isGone ? undefined : room.subarray(keyEnd, rowEndOf(room, at)),
  };
};

/** A row is named by a number: that of the room it stands in, and in so many bits where it begins there. */
const PLACE_BITS = 20;
const PLACE = (1 << PLACE_BITS) - 1;

export class Rows {
  #rooms: Uint8Array[] = [];
  /** Rising by key. */
  readonly #tables = new Map<Table, number[]>();
  #texts: number[] = [];
  /** Of the last comparison: how many bytes were the same. */
  #same = 0;

  get isEmpty(): boolean {
    return this.#tables.size === 0 && this.#texts.length === 0;
  }
  /** Of less than 1 MiB, but for a single row. The number of a row at its beginning. */
  addRoom(room: Uint8Array): number {
    this.#rooms.push(room);
    return (this.#rooms.length - 1) << PLACE_BITS;
  }
  /** Instead of what was written under the same key. */
  put(table: Table, row: number): void {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = []));
    const room = this.#roomOf(row);
    const keyAt = (row & PLACE) + HEAD;
    const keyEnd = keyEndOf(room, row & PLACE);
    const at = this.#lowest(rows, room, keyAt, keyEnd);
    if (at === rows.length) rows.push(row);
    else if (this.#compare(rows[at] as number, room, keyAt, keyEnd, 0) !== 0) rows.splice(at, 0, row);
    else {
      const before = rows[at] as number;
      const of = this.#roomOf(before);
      // Some are of keys.
      of.fill(0, keyEndOf(of, before & PLACE), rowEndOf(of, before & PLACE));
      rows[at] = row;
    }
  }
  putText(row: number): void {
    this.#texts.push(row);
  }
  /** A copy; null: it was deleted; undefined: nothing was written. */
  find(table: Table, key: Uint8Array): Uint8Array | null | undefined {
    const rows = this.#tables.get(table);
    if (rows === undefined) return undefined;
    const at = this.#lowest(rows, key, 0, key.length);
    if (at === rows.length || this.#compare(rows[at] as number, key, 0, key.length, 0) !== 0) return undefined;
    const row = rows[at] as number;
    const room = this.#roomOf(row);
    const isGone = readUint32(room, (row & PLACE) + 2) === GONE;
    return isGone ? null : room.slice(keyEndOf(room, row & PLACE), rowEndOf(room, row & PLACE));
  }
  /** Views, rising by key; direction and limit are the caller's. */
  among(table: Table, { from, to }: Range = {}): readonly Written[] {
    const rows = this.#tables.get(table);
    if (rows === undefined) return [];
    const start = from === undefined ? 0 : this.#lowest(rows, from, 0, from.length);
    const end = to === undefined ? rows.length : this.#lowest(rows, to, 0, to.length);
    return rows.slice(start, Math.max(start, end)).map((row) => this.#read(row));
  }
  tables(): readonly Table[] {
    return [...this.#tables.keys()];
  }
  /** In the order in which they came; of several with one id the last counts. */
  texts(): readonly WrittenText[] {
    return this.#texts.map((row) => this.#read(row) as WrittenText);
  }

  /** All as groups: what a table is called, how many rows, the rows. */
  encode(nameOfTexts: string): Uint8Array {
    const groups: (readonly [string, readonly number[]])[] = [...this.#tables];
    if (this.#texts.length > 0) groups.push([nameOfTexts, this.#texts]);
    let length = 0;
    for (const [name, rows] of groups) {
      length += 5 + name.length;
      for (const row of rows) length += rowEndOf(this.#roomOf(row), row & PLACE) - (row & PLACE);
    }
    const out = new Uint8Array(length);
    let at = 0;
    for (const [name, rows] of groups) {
      out[at++] = name.length;
      for (let i = 0; i < name.length; i++) out[at++] = name.charCodeAt(i);
      writeUint32(out, at, rows.length);
      at += 4;
      for (const row of rows) {
        const room = this.#roomOf(row);
        const end = rowEndOf(room, row & PLACE);
        if (end - (row & PLACE) >= LONG) {
          out.set(room.subarray(row & PLACE, end), at);
          at += end - (row & PLACE);
        } else for (let i = row & PLACE; i < end; i++) out[at++] = room[i] as number;
      }
    }
    return out;
  }
  /** Nothing of them stays. What they stood in, for who wants to use it again. */
  clear(): readonly Uint8Array[] {
    const rooms = this.#rooms;
    // Some were of keys.
    for (const room of rooms) room.fill(0);
    this.#rooms = [];
    this.#tables.clear();
    this.#texts = [];
    return rooms;
  }

  #roomOf(row: number): Uint8Array {
    return this.#rooms[row >>> PLACE_BITS] as Uint8Array;
  }
  #read(row: number): Written {
    return readRow(this.#roomOf(row), row & PLACE);
  }
  /** The order of a row's key and another one, which stands in `bytes`. `same`: so many bytes are known to be the same. */
  #compare(row: number, bytes: Uint8Array, from: number, to: number, same: number): number {
    const room = this.#roomOf(row);
    const start = (row & PLACE) + HEAD;
    const length = keyEndOf(room, row & PLACE) - start;
    const both = Math.min(length, to - from);
    let i = same;
    while (i < both && room[start + i] === bytes[from + i]) i++;
    this.#same = i;
    return i < both ? (room[start + i] as number) - (bytes[from + i] as number) : length - (to - from);
  }
  /** Where the first row stands whose key is not lower. */
  #lowest(rows: readonly number[], bytes: Uint8Array, from: number, to: number): number {
    let high = rows.length;
    // Most are put at the end.
    if (high === 0 || this.#compare(rows[high - 1] as number, bytes, from, to, 0) < 0) return high;
    let highSame = this.#same;
    if (this.#compare(rows[0] as number, bytes, from, to, 0) >= 0) return 0;
    let lowSame = this.#same;
    let low = 1;
    high--;
    // Keys of a table begin alike: what the rows on both sides share with it, those between them share as well.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(rows[middle] as number, bytes, from, to, Math.min(lowSame, highSame)) < 0) {
        low = middle + 1;
        lowSame = this.#same;
      } else {
        high = middle;
        highSame = this.#same;
      }
    }
    return low;
  }
}
