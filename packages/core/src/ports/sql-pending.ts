// What an open transaction has written and the database has not been told yet. Most rows of a state are written again by the
// next message of the same transaction, some are gone by its end, and the rest goes in by the order of its keys and many rows
// a statement: of a history that was half of all time.
import { toKey } from '../bytes/index.ts';
import type { Table } from './store.ts';

/** A key as the name of an entry; rising as bytes rise. */
const nameOf = (key: Uint8Array): string => (key.length % 2 === 0 ? toKey(key) : `${toKey(key)}!`);

export interface Written {
  readonly key: Uint8Array;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
}
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
  readonly #tables = new Map<Table, Map<string, Written>>();
  /** In the order in which they came. */
  readonly #texts = new Map<string, WrittenText>();
  readonly #slabs = new Slabs();
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }
  /** Copies: whoever wrote them may wipe or use them again. */
  write(table: Table, key: Uint8Array, value: Uint8Array | undefined): void {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = new Map()));
    this.#bytes += key.length + (value?.length ?? 0);
    rows.set(nameOf(key), { key: this.#slabs.copy(key), value: value && this.#slabs.copy(value) });
  }
  /** Undefined: the database knows. */
  find(table: Table, key: Uint8Array): Written | undefined {
    const rows = this.#tables.get(table);
    return rows === undefined || rows.size === 0 ? undefined : rows.get(nameOf(key));
  }
  writeText(id: Uint8Array, words: string, lead: Uint8Array): void {
    const name = nameOf(id);
    this.#bytes += 2 * words.length;
    this.#texts.delete(name);
    this.#texts.set(name, { id: this.#slabs.copy(id), words, lead: this.#slabs.copy(lead) });
  }
  /** Rising by key; they are the database's from now on. */
  takeRows(table: Table): readonly Written[] {
    const rows = this.#tables.get(table);
    if (rows === undefined || rows.size === 0) return [];
    this.#tables.delete(table);
    const names = [...rows.keys()];
    if (names.every((name, i) => i === 0 || (names[i - 1] as string) < name)) return [...rows.values()];
    return names.toSorted((a, b) => (a < b ? -1 : 1)).map((name) => rows.get(name) as Written);
  }
  takeTexts(): readonly WrittenText[] {
    const texts = [...this.#texts.values()];
    this.#texts.clear();
    return texts;
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
