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
/** A text for the search index, as the journal keeps it: by its id, length of its lead (1), lead, and its words in UTF-8. */
export interface WrittenText extends Written {
  readonly value: Uint8Array;
}
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

/** Room for copies that are gone together: a buffer for each of them costs more than all else that is done with it. */
class Slabs {
  readonly #slabs: Uint8Array[] = [];
  #current = 0;
  #used = 0;

  room(length: number): Uint8Array {
    if (length > SLAB_BYTES / 4) return new Uint8Array(length);
    if (this.#used + length > SLAB_BYTES) {
      this.#current++;
      this.#used = 0;
    }
    const slab = (this.#slabs[this.#current] ??= new Uint8Array(SLAB_BYTES));
    const start = this.#used;
    this.#used += length;
    return slab.subarray(start, this.#used);
  }
  copy(bytes: Uint8Array): Uint8Array {
    const copy = this.room(bytes.length);
    copy.set(bytes);
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
  #texts: WrittenText[] = [];
  readonly #slabs = new Slabs();
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }
  get isEmpty(): boolean {
    return this.#tables.size === 0 && this.#texts.length === 0;
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
  writeText(id: Uint8Array, words: Uint8Array, lead: Uint8Array): void {
    this.#bytes += id.length + words.length + lead.length;
    const value = this.#slabs.room(1 + lead.length + words.length);
    value[0] = lead.length;
    value.set(lead, 1);
    value.set(words, 1 + lead.length);
    this.#texts.push({ key: this.#slabs.copy(id), value });
  }
  /** Rising by key. */
  rows(table: Table): readonly Written[] {
    return this.#tables.get(table) ?? [];
  }
  /** In the order in which they came; of several with one id the last counts. */
  texts(): readonly WrittenText[] {
    return this.#texts;
  }
  tables(): readonly Table[] {
    return [...this.#tables.keys()];
  }
  clear(): void {
    this.#tables.clear();
    this.#texts = [];
    this.#slabs.clear();
    this.#bytes = 0;
  }
}
