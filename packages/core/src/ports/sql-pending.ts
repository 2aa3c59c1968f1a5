// What an open transaction has written and the database has not been told yet. Most rows of a state are written again by the
// next message of the same transaction, some are gone by its end, and the rest goes in by the order of its keys and many rows
// a statement: of a history that was half of all time.
import { compareBytes, toKey } from '../bytes/index.ts';
import type { Range, Table } from './store.ts';

/** A key as the name of an entry in memory. */
export const nameOf = (key: Uint8Array): string => (key.length % 2 === 0 ? toKey(key) : `${toKey(key)}!`);

export interface Written {
  readonly key: Uint8Array;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
}
/** Where the first row stands whose key is not lower, of rows that rise by key. */
export const lowest = (rows: readonly { readonly key: Uint8Array }[], key: Uint8Array): number => {
  const last = rows.at(-1);
  if (last === undefined || compareBytes(last.key, key) < 0) return rows.length;
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes((rows[middle] as Written).key, key) < 0) low = middle + 1;
    else high = middle;
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
export interface WrittenText {
  readonly id: Uint8Array;
  readonly words: string;
  readonly lead: Uint8Array;
}
/** More than this is not held back: a few hundred messages. */
const MAX_BYTES = 512 << 10;
const SLAB_BYTES = 64 << 10;

/** Room for copies that are gone together: a buffer for each of them costs more than all else that is done with it. */
class Slabs {
  readonly #slabs: Uint8Array[] = [];
  #current = 0;
  #used = 0;

  copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length > SLAB_BYTES / 4) return bytes.slice();
    if (this.#used + bytes.length > SLAB_BYTES) {
      this.#current++;
      this.#used = 0;
    }
    const slab = (this.#slabs[this.#current] ??= new Uint8Array(SLAB_BYTES));
    const end = this.#used + bytes.length;
    const copy = slab.subarray(this.#used, end);
    copy.set(bytes);
    this.#used = end;
    return copy;
  }
  /** Some were of keys: nothing of them stays. */
  clear(): void {
    if (this.#current === 0 && this.#used === 0) return;
    for (const slab of this.#slabs.slice(0, this.#current + 1)) slab.fill(0);
    this.#current = 0;
    this.#used = 0;
  }
}

export class Pending {
  /** Rising by key: most of what is written goes to the end. */
  readonly #tables = new Map<Table, Written[]>();
  /** In the order in which they came. */
  readonly #texts = new Map<string, WrittenText>();
  readonly #slabs = new Slabs();
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }
  get isEmpty(): boolean {
    return this.#tables.size === 0 && this.#texts.size === 0;
  }
  /** Never less than what is written. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Copies: whoever wrote them may wipe or use them again. */
  write(table: Table, key: Uint8Array, value: Uint8Array | undefined): void {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = []));
    this.#bytes += key.length + (value?.length ?? 0);
    const written = { key: this.#slabs.copy(key), value: value && this.#slabs.copy(value) };
    const at = lowest(rows, key);
    const there = rows[at];
    if (there === undefined) rows.push(written);
    else if (compareBytes(there.key, key) === 0) rows[at] = written;
    else rows.splice(at, 0, written);
  }
  /** Undefined: the database knows. */
  find(table: Table, key: Uint8Array): Written | undefined {
    const rows = this.#tables.get(table);
    const row = rows?.[lowest(rows, key)];
    return row !== undefined && compareBytes(row.key, key) === 0 ? row : undefined;
  }
  writeText(id: Uint8Array, words: string, lead: Uint8Array): void {
    const name = nameOf(id);
    this.#bytes += 2 * words.length;
    this.#texts.delete(name);
    this.#texts.set(name, { id: this.#slabs.copy(id), words, lead: this.#slabs.copy(lead) });
  }
  /** Rising by key. */
  rows(table: Table): readonly Written[] {
    return this.#tables.get(table) ?? [];
  }
  /** In the order in which they came. */
  texts(): readonly WrittenText[] {
    return [...this.#texts.values()];
  }
  tables(): readonly Table[] {
    return [...this.#tables.keys()];
  }
  clear(): void {
    this.#tables.clear();
    this.#texts.clear();
    this.#slabs.clear();
    this.#bytes = 0;
  }
}
