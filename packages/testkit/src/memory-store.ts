// A store in memory: the same promises as the database, fast enough for thousands of simulated devices.
//
// A transaction keeps a journal of undo steps. `clone` is what a crash leaves behind: the committed state, without what a
// running transaction has done so far.
import {
  searchRuns,
  StoreError,
  TABLES,
  type Link,
  type LinkedRow,
  type Range,
  type Row,
  type SearchHit,
  type Store,
  type Table,
} from '@kith/core/ports';
import { byteString, IN_OBJECT } from './byte-string.ts';

export interface MemoryStoreOptions {
  /**
   * What is read is not copied: quicker, and as good as long as readers leave it as it is. Rows that engines wipe are copied
   * all the same. Default false.
   */
  readonly lends?: boolean;
}
export interface MemoryStore extends Store {
  /** A second store with the committed state, as a restart after a crash finds it. It lends when this one does. */
  clone(options?: MemoryStoreOptions): MemoryStore;
  /** The next `count` transactions (or single writes) fail as the disk would, when they end; 0: none any more. */
  failNext(kind: StoreError['kind'], count?: number): void;
  /** How many records all tables hold. */
  size(): number;
  /** Of a table, in order: keys as strings of one character a byte. As they are kept: not to be changed. */
  names(table: Table): readonly string[];
  /** Rises with each write to a table; undoing one is one. */
  writes(table: Table): number;
}

/**
 * One table: keys as strings of bytes (whose order is that of the bytes), sorted, and the rows beside them. Copies share what
 * stood there when they were made: thousands of worlds follow on one disk, and each writes to few of its rows.
 */
interface Shelf {
  /** Shared when `isShared`: copied before it is changed. */
  keys: string[];
  isShared: boolean;
  /** Written since the last copy was made; GONE: not there any more, whatever `under` says. */
  readonly rows: Map<string, Row | typeof GONE>;
  /** Shared with copies, and never changed. */
  readonly under: ReadonlyMap<string, Row>;
  writes: number;
}
const GONE = null;
const NO_ROWS: ReadonlyMap<string, Row> = new Map();
const rowAt = ({ rows, under }: Shelf, name: string): Row | undefined => {
  const row = rows.get(name);
  return row === undefined ? under.get(name) : (row ?? undefined);
};
/** What stood there before a write. */
type Undo =
  | { readonly table: Table; readonly name: string; readonly before: Row | undefined }
  | { readonly table: undefined; readonly name: string; readonly before: Indexed | undefined };
interface Indexed {
  readonly id: Uint8Array;
  readonly lead: Uint8Array;
  words(): readonly string[];
  readonly turn: number;
}
/** Words are looked for when somebody searches. */
const indexed = (id: Uint8Array, lead: Uint8Array, text: string, turn: number): Indexed => {
  let words: readonly string[] | undefined;
  return { id, lead, turn, words: () => (words ??= searchRuns(text).flat()) };
};
interface State {
  readonly shelves: Map<Table, Shelf>;
  readonly texts: Map<string, Indexed>;
  turn: number;
}

/** Keys are put together here. */
let scratch = new Uint8Array(4096);

const SLAB = 65_536;
let slab = new Uint8Array(SLAB);
let used = 0;
/** A copy that shares one buffer with others: a buffer for each costs more than the copying. */
const copyBytes = (bytes: Uint8Array): Uint8Array => {
  const { length } = bytes;
  if (length <= IN_OBJECT || length > SLAB / 8) return bytes.slice();
  if (used + length > SLAB) [slab, used] = [new Uint8Array(SLAB), 0];
  const copy = slab.subarray(used, used + length);
  copy.set(bytes);
  used += length;
  return copy;
};

/** Engines wipe what they read of these. */
const WIPED: ReadonlySet<Table> = new Set(['session', 'hello']);

/** The first place whose key is not below `key`. */
const lowerBound = (keys: readonly string[], key: string): number => {
  let low = 0;
  let high = keys.length;
  // Keys are mostly appended.
  if (high === 0 || (keys[high - 1] as string) < key) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** To be changed. */
const ownKeys = (shelf: Shelf): string[] => {
  if (shelf.isShared) [shelf.keys, shelf.isShared] = [shelf.keys.slice(), false];
  return shelf.keys;
};
const setRow = (shelf: Shelf, name: string, row: Row): void => {
  shelf.writes++;
  if (rowAt(shelf, name) === undefined) {
    const keys = ownKeys(shelf);
    const at = lowerBound(keys, name);
    if (at === keys.length) keys.push(name);
    else keys.splice(at, 0, name);
  }
  shelf.rows.set(name, row);
};
const dropRow = (shelf: Shelf, name: string): void => {
  shelf.writes++;
  if (rowAt(shelf, name) === undefined) return;
  ownKeys(shelf).splice(lowerBound(shelf.keys, name), 1);
  if (shelf.under.has(name)) shelf.rows.set(name, GONE);
  else shelf.rows.delete(name);
};

const emptyState = (): State => ({ shelves: new Map(), texts: new Map(), turn: 0 });
/** What is under a shelf when a copy is made: all of its rows. Rows are never changed in place, so the copies share them. */
const allRows = (shelf: Shelf): ReadonlyMap<string, Row> => {
  if (shelf.rows.size === 0) return shelf.under;
  const all = new Map(shelf.under);
  for (const [name, row] of shelf.rows)
    if (row === GONE) all.delete(name);
    else all.set(name, row);
  return all;
};
const copyState = (state: State): State => {
  const shelves = new Map<Table, Shelf>();
  for (const [table, shelf] of state.shelves) {
    const shared = { keys: shelf.keys, isShared: true, under: allRows(shelf), writes: shelf.writes };
    state.shelves.set(table, { ...shared, rows: new Map() });
    shelves.set(table, { ...shared, rows: new Map() });
  }
  return { shelves, texts: new Map(state.texts), turn: state.turn };
};

/** A run occurs when its words follow each other; the last one may be a beginning. */
const occurs = (words: readonly string[], run: readonly string[]): boolean => {
  const last = run.length - 1;
  return words.some((_, at) =>
    run.every((word, i) => (i === last ? words[at + i]?.startsWith(word) === true : words[at + i] === word)),
  );
};

const TABLE_NAMES: ReadonlySet<string> = new Set(TABLES);

const storeOver = (state: State, lends: boolean): MemoryStore => {
  /** Of the running transaction, oldest first. */
  let journal: Undo[] | undefined;
  let closed = false;
  let failure: { readonly kind: StoreError['kind']; left: number } | undefined;

  const check = (): void => {
    if (closed) throw new Error('a closed store was used');
  };
  const shelf = (table: Table): Shelf => shelfOf(state, table);
  const shelfOf = (of: State, table: Table): Shelf => {
    let found = of.shelves.get(table);
    if (found === undefined) {
      if (!TABLE_NAMES.has(table)) throw new Error(`there is no table ${table}`);
      found = { keys: [], isShared: false, rows: new Map(), under: NO_ROWS, writes: 0 };
      of.shelves.set(table, found);
    }
    return found;
  };
  const failIfAsked = (): void => {
    if (failure === undefined) return;
    const { kind } = failure;
    failure.left -= 1;
    if (failure.left === 0) failure = undefined;
    throw new StoreError(kind, 'asked for by the test');
  };
  const undo = (target: State, steps: readonly Undo[]): void => {
    for (const { table, name, before } of steps.toReversed()) {
      if (table === undefined) setText(target, name, before);
      else if (before === undefined) dropRow(shelfOf(target, table), name);
      else setRow(shelfOf(target, table), name, before);
    }
  };
  /** Before a write, in the open transaction or in one of its own. */
  const begin = (): void => {
    check();
    if (journal === undefined) failIfAsked();
  };
  const handOut = (table: Table, row: Row): Row =>
    lends && !WIPED.has(table) ? row : { key: copyBytes(row.key), value: copyBytes(row.value) };
  const setText = (target: State, name: string, entry: Indexed | undefined): void => {
    if (entry === undefined) target.texts.delete(name);
    else target.texts.set(name, entry);
  };

  const linkedTo = (row: Row, links: readonly Link[]): LinkedRow => {
    const linked: (Uint8Array | undefined)[] = [];
    // Neighbours may have the same pieces.
    let pieces: Link['key'] | undefined;
    let name: string | undefined;
    for (const link of links) {
      if (shelf(link.table).keys.length === 0) linked.push(undefined);
      else {
        if (link.key !== pieces) name = joined(row, link.key, linked);
        pieces = link.key;
        linked.push(name === undefined ? undefined : linkTo(link, name));
      }
    }
    return { key: row.key, value: row.value, linked };
  };
  const joined = (row: Row, pieces: Link['key'], linked: LinkedRow['linked']): string | undefined => {
    let length = 0;
    for (const { of, from = 0, to } of pieces) {
      const bytes = of === 'key' ? row.key : of === 'value' ? row.value : linked[of];
      if (bytes === undefined) return undefined;
      const end = Math.min(to ?? bytes.length, bytes.length);
      while (length + end - from > scratch.length) {
        const longer = new Uint8Array(2 * scratch.length);
        longer.set(scratch);
        scratch = longer;
      }
      for (let at = from; at < end; at++) scratch[length++] = bytes[at] as number;
    }
    return byteString(scratch, length);
  };
  const linkTo = ({ table, begins }: Link, key: string): Uint8Array | undefined => {
    const of = shelf(table);
    const { keys } = of;
    if (begins !== true) {
      const row = rowAt(of, key);
      return row && handOut(table, row).value;
    }
    return keys[lowerBound(keys, key)]?.startsWith(key) === true ? new Uint8Array(0) : undefined;
  };
  /** Newest first. */
  const found = (query: string, limit: number, prefix: string): readonly Indexed[] => {
    const wanted = searchRuns(query);
    if (wanted.length === 0) return [];
    const hits: Indexed[] = [];
    for (const [name, entry] of state.texts) {
      if (name.startsWith(prefix) && wanted.every((run) => occurs(entry.words(), run))) hits.push(entry);
    }
    return hits.sort((a, b) => b.turn - a.turn).slice(0, limit);
  };

  const store: MemoryStore = {
    get(table, key) {
      check();
      const of = shelf(table);
      const row = of.keys.length === 0 ? undefined : rowAt(of, byteString(key));
      if (row === undefined) return undefined;
      return lends && !WIPED.has(table) ? row.value : copyBytes(row.value);
    },
    put(table, key, value) {
      begin();
      const name = byteString(key);
      const of = shelf(table);
      const before = rowAt(of, name);
      journal?.push({ table, name, before });
      setRow(of, name, { key: before?.key ?? copyBytes(key), value: copyBytes(value) });
    },
    delete(table, key) {
      begin();
      const name = byteString(key);
      const of = shelf(table);
      const before = rowAt(of, name);
      if (before === undefined) return;
      journal?.push({ table, name, before });
      dropRow(of, name);
    },
    scan(table, range: Range = {}) {
      check();
      const of = shelf(table);
      const { keys } = of;
      if (keys.length === 0) return [];
      const from = range.from === undefined ? 0 : lowerBound(keys, byteString(range.from));
      const to = range.to === undefined ? keys.length : lowerBound(keys, byteString(range.to));
      const count = Math.max(0, Math.min(to - from, range.limit ?? Infinity));
      const found: Row[] = [];
      for (let i = 0; i < count; i++) {
        const name = keys[range.reverse === true ? to - 1 - i : from + i] as string;
        found.push(handOut(table, rowAt(of, name) as Row));
      }
      return found;
    },
    transaction(work) {
      check();
      if (journal !== undefined) throw new Error('transactions do not nest');
      const steps: Undo[] = [];
      journal = steps;
      try {
        const result = work();
        failIfAsked();
        return result;
      } catch (error) {
        undo(state, steps);
        throw error;
      } finally {
        journal = undefined;
      }
    },
    indexText(id, text, lead = new Uint8Array(0)) {
      begin();
      const name = byteString(id);
      journal?.push({ table: undefined, name, before: state.texts.get(name) });
      state.turn += 1;
      setText(state, name, indexed(id.slice(), lead.slice(), text, state.turn));
    },
    clearTexts() {
      begin();
      for (const [name, before] of state.texts) journal?.push({ table: undefined, name, before });
      state.texts.clear();
    },
    unindexText(id) {
      begin();
      const name = byteString(id);
      journal?.push({ table: undefined, name, before: state.texts.get(name) });
      setText(state, name, undefined);
    },
    scanLinked(table, range, links) {
      return store.scan(table, range).map((row) => linkedTo(row, links));
    },
    search(query, limit) {
      check();
      return found(query, limit, '').map(({ id }): SearchHit => ({ id: id.slice() }));
    },
    searchLinked(query, limit, prefix, links) {
      check();
      return found(query, limit, byteString(prefix)).map(({ id, lead }) =>
        linkedTo({ key: id.slice(), value: lead.slice() }, links),
      );
    },
    scrub() {
      check();
      if (journal !== undefined) throw new Error('scrub inside a transaction');
    },
    close() {
      closed = true;
    },
    clone(options) {
      const committed = copyState(state);
      if (journal !== undefined) undo(committed, journal);
      return storeOver(committed, options?.lends ?? lends);
    },
    failNext(kind, count = 1) {
      failure = count > 0 ? { kind, left: count } : undefined;
    },
    names: (table) => shelf(table).keys,
    writes: (table) => shelf(table).writes,
    size() {
      let count = 0;
      for (const { keys } of state.shelves.values()) count += keys.length;
      return count;
    },
  };
  return store;
};

export const openMemoryStore = ({ lends = false }: MemoryStoreOptions = {}): MemoryStore =>
  storeOver(emptyState(), lends);
