// Records under ordered keys, with a search index beside them. Synchronous: an engine input is one transaction.

/** Every table there is. A key of a table is ordered as bytes (memcmp). */
export const TABLES = [
  'meta', // engine: schema version, generation, keys of the home
  'conversation', // id -> state of the conversation
  'entry', // charter entries: conversation + feed + seq
  'certificate', // conversation + feed + segment number + segment
  'header', // conversation + feed + segment + seq + event id
  'content', // conversation + feed + segment + seq + event id -> content key, content
  'seal', // conversation + feed + segment + seq
  'order', // conversation + Lamport + event id -> place
  'event', // conversation + event id -> place
  'arrival', // number -> conversation + event id, in the order in which events came here
  'segment', // conversation + feed + segment -> what is known of it
  'waiting', // well-formed objects whose named places are missing
  'session', // conversation + own feed + peer feed -> state
  'hello', // own hellos, used Welcomes
  'packet', // split packets, half-received and sent
  'outbox', // what has to be posted, by due time
  'peer', // per conversation and feed: last frontier, schedule
  'inbox', // inbox records, own and others'
  'fetched', // per relay and bucket: how far it was read
  'aside', // tag -> a cell whose handling threw, and when
  'invite', // own invitations and accepted ones
  'request', // requests from reusable invitations
  'contact', // projection of self
  'draft', // projection of self
  'setting', // projection of self
  'tombstone', // projection of self
  'began', // projection of self: conversation + place -> when a timer began to run
  'star', // projection of self
  'message', // projection: what a conversation shows
  'reaction', // projection
  'unread', // projection
  'timer', // conversation + place -> when a line goes
  'due', // the same by time
  'state', // delivery states of own events
  'imported', // lines read from export files: of no log, and proof of nothing
  'backup', // the backup being written or put back: how far, and what is put aside until it is whole
] as const;
export type Table = (typeof TABLES)[number];

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
export interface Range {
  /** Inclusive. */
  readonly from?: Uint8Array;
  /** Exclusive. */
  readonly to?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
}
export interface SearchHit {
  readonly id: Uint8Array;
}
/** Bytes `from` (0) up to `to` (the end) of a row's key, of its value, or of the value that an earlier link found. */
export interface Piece {
  readonly of: 'key' | 'value' | number;
  readonly from?: number;
  readonly to?: number;
}
/**
 * From a row to another: what stands in `table` under the key these pieces make, joined. What rests on a link that found
 * nothing finds nothing.
 */
export interface Link {
  readonly table: Table;
  readonly key: readonly Piece[];
  /** Only whether any key begins so is wanted: an empty value when one does. */
  readonly begins?: boolean;
}
/** A row with what each link found. */
export interface LinkedRow extends Row {
  readonly linked: readonly (Uint8Array | undefined)[];
}

export interface Store {
  get(table: Table, key: Uint8Array): Uint8Array | undefined;
  put(table: Table, key: Uint8Array, value: Uint8Array): void;
  delete(table: Table, key: Uint8Array): void;
  scan(table: Table, range?: Range): readonly Row[];
  /**
   * A scan and what belongs to its rows, at once: a page of a conversation is one question, not five for each line. The
   * links are few and lasting, as the statements made of them are kept.
   */
  scanLinked(table: Table, range: Range, links: readonly Link[]): readonly LinkedRow[];
  /**
   * All or nothing, not nested; throws what `work` throws after undoing everything, and a StoreError when the disk
   * fails. When it returns the writes survive kill -9.
   */
  transaction<T>(work: () => T): T;
  /** Full-text index: a later text replaces the earlier one of the same id. `lead`: what hits bring along as their value. */
  indexText(id: Uint8Array, text: string, lead?: Uint8Array): void;
  unindexText(id: Uint8Array): void;
  /** Nothing is found any more. */
  clearTexts(): void;
  /** Newest indexed first. Words are prefixes, all have to occur; no query syntax reaches the person. */
  search(query: string, limit: number): readonly SearchHit[];
  /** As `search`, of ids that begin with `prefix`; each hit as a row, its id the key and its lead the value. */
  searchLinked(query: string, limit: number, prefix: Uint8Array, links: readonly Link[]): readonly LinkedRow[];
  /** After deletions: leaves no deleted bytes in free pages or the write-ahead log. */
  scrub(): void;
  close(): void;
}

export class StoreError extends Error {
  readonly kind: 'full' | 'io' | 'newer' | 'key' | 'busy' | 'locked';
  constructor(kind: StoreError['kind'], message: string) {
    super(message);
    this.name = 'StoreError';
    this.kind = kind;
  }
}
