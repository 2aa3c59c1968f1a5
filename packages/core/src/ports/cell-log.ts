// Where a relay keeps its cells. A bucket is append-only; its cells are numbered from 0 in the order of `append`.

/** One period of one kind (1 hour, 2 day) and one prefix of the tags (`bits` bits as a number). */
export interface CellBucket {
  readonly kind: number;
  readonly period: number;
  readonly bits: number;
  readonly prefix: number;
}

export type Kept = 'kept' | 'full' | 'failed';

/** What has been called back as `kept` survives kill -9, and power loss when the log was opened so. */
export interface CellLog {
  /** Calls back once; callbacks of one bucket come in the order of the calls. A cell can be read once it is kept. */
  append(bucket: CellBucket, cell: Uint8Array, done: (result: Kept) => void): void;
  /** At most `count` cells from number `from`, and how many the bucket holds. */
  tail(
    bucket: CellBucket,
    from: number,
    count: number,
  ): { readonly cells: readonly Uint8Array[]; readonly total: number };
  /** Takes a whole period away, so that no byte of it can be found in the store. Unknown periods are no error. */
  drop(kind: number, period: number): void;
  /** Everything held, for rebuilding an index: the first 16 bytes of each cell. */
  visit(each: (bucket: CellBucket, tag: Uint8Array) => void): void;
  /** Bytes in use. */
  size(): number;
}

/** Where a relay keeps what lies at the places of the rendezvous: one record of bytes a place. Synchronous: it is small. */
export interface PlaceStore {
  put(place: Uint8Array, record: Uint8Array): Kept;
  drop(place: Uint8Array): void;
  visit(each: (place: Uint8Array, record: Uint8Array) => void): void;
}
