// What an open transaction has written and the database has not been told yet. Most rows of a state are written again by the
// next message of the same transaction, some are gone by its end, and the rest goes in by the order of its keys and many rows
// a statement: of a history that was half of all time.
import { compareBytes, toKey } from '../bytes/index.ts';
import { beginRow, rowLength, Rows, writeRow, type Written, type WrittenText } from './sql-rows.ts';
import type { Range, Table } from './store.ts';

/** A key as the name of an entry in memory. */
export const nameOf = (key: Uint8Array): string => (key.length % 2 === 0 ? toKey(key) : `${toKey(key)}!`);

/** How many bytes two keys begin alike, of which so many are known. */
const sameFrom = (a: Uint8Array, b: Uint8Array, from: number): number => {
  const both = Math.min(a.length, b.length);
  let i = from;
  while (i < both && a[i] === b[i]) i++;
  return i;
};
const isBelow = (a: Uint8Array, b: Uint8Array, same: number): boolean =>
  same < a.length && same < b.length ? (a[same] as number) < (b[same] as number) : a.length < b.length;
/** Where the first row stands whose key is not lower, of rows that rise by key. */
export const lowest = (rows: readonly { readonly key: Uint8Array }[], key: Uint8Array): number => {
  let high = rows.length;
  const [first, last] = [rows[0], rows[high - 1]];
  if (first === undefined || last === undefined) return 0;
  let highSame = sameFrom(last.key, key, 0);
  if (isBelow(last.key, key, highSame)) return high;
  let lowSame = sameFrom(first.key, key, 0);
  if (!isBelow(first.key, key, lowSame)) return 0;
  let low = 1;
  high--;
  // Keys of a table begin alike: what the rows on both sides share with it, those between them share as well.
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = (rows[middle] as Written).key;
    const same = sameFrom(other, key, Math.min(lowSame, highSame));
    if (isBelow(other, key, same)) {
      low = middle + 1;
      lowSame = same;
    } else {
      high = middle;
      highSame = same;
    }
  }
  return low;
};
/** Those of rising rows that stand in a range; its direction and limit are the caller's. */
export const within = (rows: readonly Written[] | undefined, { from, to }: Range): readonly Written[] => {
  if (rows === undefined) return [];
  const start = from === undefined ? 0 : lowest(rows, from);
  const end = to === undefined ? rows.length : lowest(rows, to);
  return start >= end ? [] : rows.slice(start, end);
};
/** Rising rows with later ones over them, which count where both have a key. */
export const over = (below: readonly Written[], above: readonly Written[]): readonly Written[] => {
  if (above.length === 0) return below;
  if (below.length === 0) return above;
  const rows: Written[] = [];
  let at = 0;
  for (const row of above) {
    for (; at < below.length; at++) {
      const before = below[at] as Written;
      const order = compareBytes(before.key, row.key);
      if (order > 0) break;
      if (order < 0) rows.push(before);
    }
    rows.push(row);
  }
  while (at < below.length) rows.push(below[at++] as Written);
  return rows;
};
export const leadOf = ({ value }: WrittenText): Uint8Array => value.subarray(1, 1 + (value[0] as number));
export const wordsOf = ({ value }: WrittenText): Uint8Array => value.subarray(1 + (value[0] as number));
/** Of texts in the order in which they came, for each id the last. */
export const lastTexts = (texts: Iterable<WrittenText>): Map<string, WrittenText> => {
  const last = new Map<string, WrittenText>();
  for (const text of texts) {
    const name = nameOf(text.key);
    last.delete(name);
    last.set(name, text);
  }
  return last;
};

/** More than this is not held back: a few hundred messages. */
const MAX_BYTES = 512 << 10;
const SLAB_BYTES = 64 << 10;

export class Pending {
  readonly #rows = new Rows();
  /** For rows that are gone together: memory for each of them costs more than all else that is done with it. */
  readonly #free: Uint8Array[] = [];
  #slab: Uint8Array | undefined;
  /** The number of a row at the beginning of the slab, and where there is room in it. */
  #base = 0;
  #used = 0;
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }
  get isEmpty(): boolean {
    return this.#rows.isEmpty;
  }
  /** Never less than what is written. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Copies: whoever wrote them may wipe or use them again. */
  write(table: Table, key: Uint8Array, value: Uint8Array | undefined): void {
    this.#rows.put(
      table,
      this.#add(rowLength(key, value?.length), (room, at) => writeRow(room, at, key, value)),
    );
  }
  writeText(id: Uint8Array, words: Uint8Array, lead: Uint8Array): void {
    const length = 1 + lead.length + words.length;
    const row = this.#add(rowLength(id, length), (room, start) => {
      const at = beginRow(room, start, id, length);
      room[at] = lead.length;
      room.set(lead, at + 1);
      room.set(words, at + 1 + lead.length);
    });
    this.#rows.putText(row);
  }
  /** The number of a row that `write` writes. */
  #add(length: number, write: (room: Uint8Array, at: number) => void): number {
    this.#bytes += length;
    if (length > SLAB_BYTES / 4) {
      const room = new Uint8Array(length);
      write(room, 0);
      return this.#rows.addRoom(room);
    }
    if (this.#slab === undefined || this.#used + length > SLAB_BYTES) {
      this.#slab = this.#free.pop() ?? new Uint8Array(SLAB_BYTES);
      this.#base = this.#rows.addRoom(this.#slab);
      this.#used = 0;
    }
    write(this.#slab, this.#used);
    const row = this.#base + this.#used;
    this.#used += length;
    return row;
  }
  /** A copy; null: it was deleted; undefined: the database knows. */
  find(table: Table, key: Uint8Array): Uint8Array | null | undefined {
    return this.#rows.find(table, key);
  }
  /** Rising by key. */
  among(table: Table, range: Range = {}): readonly Written[] {
    return this.#rows.among(table, range);
  }
  /** In the order in which they came; of several with one id the last counts. */
  texts(): readonly WrittenText[] {
    return this.#rows.texts();
  }
  tables(): readonly Table[] {
    return this.#rows.tables();
  }
  encode(nameOfTexts: string): Uint8Array {
    return this.#rows.encode(nameOfTexts);
  }
  clear(): void {
    for (const room of this.#rows.clear()) if (room.length === SLAB_BYTES) this.#free.push(room);
    this.#slab = undefined;
    this.#bytes = 0;
  }
}
