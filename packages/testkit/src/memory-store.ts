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

export interface MemoryStore extends Store {
  /** A second store with the committed state, as a restart after a crash finds it. */
  clone(): MemoryStore;
  /** The next `count` transactions (or single writes) fail as the disk would, when they end; 0: none any more. */
  failNext(kind: StoreError['kind'], count?: number): void;
  /** How many records all tables hold. */
  size(): number;
}

/** One table: keys as strings of bytes (whose order is that of the bytes), sorted, and the values beside them. */
interface Shelf {
  readonly keys: string[];
  readonly values: Map<string, Uint8Array>;
}
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

const CHUNK = 4096;
const keyToString = (key: Uint8Array): string => {
  if (key.length === 0) return '';
  if (key.length <= CHUNK) return String.fromCharCode.apply(undefined, key as unknown as number[]);
  let out = '';
  for (let at = 0; at < key.length; at += CHUNK) out += keyToString(key.subarray(at, at + CHUNK));
  return out;
};
const stringToKey = (text: string): Uint8Array => {
  const key = new Uint8Array(text.length);
  for (let i = 0; i < key.length; i++) key[i] = text.charCodeAt(i);
  return key;
};

const SLAB = 65_536;
/** Up to here engines keep bytes beside the object. */
const SMALL = 64;
let slab = new Uint8Array(SLAB);
let used = 0;
/** A copy that shares one buffer with others: a buffer for each costs more than the copying. */
const copyBytes = (bytes: Uint8Array): Uint8Array => {
  const { length } = bytes;
  if (length <= SMALL || length > SLAB / 8) return bytes.slice();
  if (used + length > SLAB) [slab, used] = [new Uint8Array(SLAB), 0];
  const copy = slab.subarray(used, used + length);
  copy.set(bytes);
  used += length;
  return copy;
};

const copyOf = (bytes: Uint8Array | undefined): Uint8Array | undefined =>
  bytes === undefined ? undefined : copyBytes(bytes);

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

const setValue = (shelf: Shelf, key: string, value: Uint8Array): void => {
  if (!shelf.values.has(key)) {
    const at = lowerBound(shelf.keys, key);
    if (at === shelf.keys.length) shelf.keys.push(key);
    else shelf.keys.splice(at, 0, key);
  }
  shelf.values.set(key, value);
};
const dropValue = (shelf: Shelf, key: string): void => {
  if (shelf.values.delete(key)) shelf.keys.splice(lowerBound(shelf.keys, key), 1);
};

const emptyState = (): State => ({ shelves: new Map(), texts: new Map(), turn: 0 });
// Values are never changed in place, so the copies share them.
const copyState = (state: State): State => ({
  shelves: new Map(
    Array.from(state.shelves, ([table, { keys, values }]) => [table, { keys: keys.slice(), values: new Map(values) }]),
  ),
  texts: new Map(state.texts),
  turn: state.turn,
});

/** A run occurs when its words follow each other; the last one may be a beginning. */
const occurs = (words: readonly string[], run: readonly string[]): boolean => {
  const last = run.length - 1;
  return words.some((_, at) =>
    run.every((word, i) => (i === last ? words[at + i]?.startsWith(word) === true : words[at + i] === word)),
  );
};

const TABLE_NAMES: ReadonlySet<string> = new Set(TABLES);

const storeOver = (state: State): MemoryStore => {
  /** Undo steps of the running transaction, oldest first. */
  let journal: ((target: State) => void)[] | undefined;
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
      found = { keys: [], values: new Map() };
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
  const undo = (target: State, steps: readonly ((target: State) => void)[]): void => {
    for (const step of steps.toReversed()) step(target);
  };
  /** Runs a write in the open transaction, or in one of its own. */
  const write = (work: (steps: ((target: State) => void)[]) => void): void => {
    check();
    if (journal === undefined) failIfAsked();
    work(journal ?? []);
  };
  const setText = (target: State, name: string, entry: Indexed | undefined): void => {
    if (entry === undefined) target.texts.delete(name);
    else target.texts.set(name, entry);
  };

  const linkedTo = (row: Row, links: readonly Link[]): LinkedRow => {
    const linked: (Uint8Array | undefined)[] = [];
    for (const link of links) {
      let key: string | undefined = '';
      for (const { of, from, to } of link.key) {
        const bytes = of === 'key' ? row.key : of === 'value' ? row.value : linked[of];
        if (bytes === undefined) key = undefined;
        else if (key !== undefined) key += keyToString(bytes.subarray(from, to));
      }
      linked.push(key === undefined ? undefined : linkTo(link, key));
    }
    return { ...row, linked };
  };
  const linkTo = ({ table, begins }: Link, key: string): Uint8Array | undefined => {
    const { keys, values } = shelf(table);
    if (keys.length === 0) return undefined;
    if (begins !== true) return copyOf(values.get(key));
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
      const { values } = shelf(table);
      return values.size === 0 ? undefined : copyOf(values.get(keyToString(key)));
    },
    put(table, key, value) {
      write((steps) => {
        const name = keyToString(key);
        const before = shelf(table).values.get(name);
        steps.push((target) =>
          before === undefined
            ? dropValue(shelfOf(target, table), name)
            : setValue(shelfOf(target, table), name, before),
        );
        setValue(shelf(table), name, copyBytes(value));
      });
    },
    delete(table, key) {
      write((steps) => {
        const name = keyToString(key);
        const before = shelf(table).values.get(name);
        if (before === undefined) return;
        steps.push((target) => setValue(shelfOf(target, table), name, before));
        dropValue(shelf(table), name);
      });
    },
    scan(table, range: Range = {}) {
      check();
      const { keys, values } = shelf(table);
      if (keys.length === 0) return [];
      const from = range.from === undefined ? 0 : lowerBound(keys, keyToString(range.from));
      const to = range.to === undefined ? keys.length : lowerBound(keys, keyToString(range.to));
      const count = Math.max(0, Math.min(to - from, range.limit ?? Infinity));
      const rows: Row[] = [];
      for (let i = 0; i < count; i++) {
        const name = keys[range.reverse === true ? to - 1 - i : from + i] as string;
        rows.push({ key: stringToKey(name), value: copyBytes(values.get(name) as Uint8Array) });
      }
      return rows;
    },
    transaction(work) {
      check();
      if (journal !== undefined) throw new Error('transactions do not nest');
      const steps: ((target: State) => void)[] = [];
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
      write((steps) => {
        const name = keyToString(id);
        const before = state.texts.get(name);
        steps.push((target) => setText(target, name, before));
        state.turn += 1;
        setText(state, name, indexed(id.slice(), lead.slice(), text, state.turn));
      });
    },
    clearTexts() {
      write((steps) => {
        for (const [name, entry] of state.texts) steps.push((target) => setText(target, name, entry));
        state.texts.clear();
      });
    },
    unindexText(id) {
      write((steps) => {
        const name = keyToString(id);
        const before = state.texts.get(name);
        steps.push((target) => setText(target, name, before));
        setText(state, name, undefined);
      });
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
      return found(query, limit, keyToString(prefix)).map(({ id, lead }) =>
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
    clone() {
      const committed = copyState(state);
      if (journal !== undefined) undo(committed, journal);
      return storeOver(committed);
    },
    failNext(kind, count = 1) {
      failure = count > 0 ? { kind, left: count } : undefined;
    },
    size() {
      let count = 0;
      for (const { keys } of state.shelves.values()) count += keys.length;
      return count;
    },
  };
  return store;
};

export const openMemoryStore = (): MemoryStore => storeOver(emptyState());
