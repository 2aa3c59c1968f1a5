// Cells whose handling threw. That is a bug of ours, and yet such a cell comes again with every fetch: without an end to
// it, it would undo the same transaction for ever, and nothing that came with it or after it would be read. So it is tried
// a few times, since the fault may have been elsewhere, then kept aside for whoever looks into it, and never opened again.
import { concat, readUint32, toHex, uint32 } from '../bytes/index.ts';
import { cellTag } from '../mailbox/index.ts';
import { DAY_MS, StoreError } from '../ports/index.ts';
import type { Context } from './context.ts';

export const MAX_TRIES = 3;
/** No relay hands out a cell for longer. */
const KEPT_DAYS = 3;
/** Of further ones only the tags are kept: whoever writes to us does not decide how much disk that takes. */
const MAX_WHOLE = 64;

/** What outlives the memory that a failed transaction takes with it. */
export class Suspects {
  readonly #tries = new Map<string, number>();
  #handling: Uint8Array | undefined;

  /** From here to `end` a failure is this cell's. */
  begin(cell: Uint8Array): void {
    this.#handling = cell;
  }
  end(): void {
    this.#handling = undefined;
  }
  /** After a transaction that failed. True when the cell that was being handled has used up its tries. */
  blame(cause: unknown): boolean {
    const cell = this.#handling;
    this.#handling = undefined;
    // A disk that fails says nothing about the cell.
    if (cell === undefined || cause instanceof StoreError) return false;
    const tag = toHex(cellTag(cell));
    const tries = (this.#tries.get(tag) ?? 0) + 1;
    this.#tries.set(tag, tries);
    return tries === MAX_TRIES;
  }
  isGuilty(tag: string): boolean {
    return (this.#tries.get(tag) ?? 0) >= MAX_TRIES;
  }
}

/** The cells that are kept aside: table `aside`, tag -> the day (4 bytes), then the cell or nothing. */
export class Aside {
  readonly #context: Context;
  readonly #suspects: Suspects;
  #tags: Set<string> | undefined;

  constructor(context: Context, suspects: Suspects) {
    this.#context = context;
    this.#suspects = suspects;
  }
  /** True for a cell that is not to be opened; within a transaction, as a guilty one is put aside here. */
  holds(cell: Uint8Array): boolean {
    this.#tags ??= this.#read();
    const tag = toHex(cellTag(cell));
    if (this.#tags.has(tag)) return true;
    if (!this.#suspects.isGuilty(tag)) return false;
    const kept = this.#tags.size < MAX_WHOLE ? cell : new Uint8Array();
    this.#context.store.put('aside', cellTag(cell), concat(uint32(this.#today()), kept));
    this.#tags.add(tag);
    return true;
  }
  #today(): number {
    return Math.max(0, Math.floor(this.#context.now() / DAY_MS));
  }
  #read(): Set<string> {
    const { store } = this.#context;
    const rows = store.scan('aside');
    const old = rows.filter(({ value }) => readUint32(value, 0) + KEPT_DAYS < this.#today());
    for (const { key } of old) store.delete('aside', key);
    return new Set(rows.filter((row) => !old.includes(row)).map(({ key }) => toHex(key)));
  }
}
