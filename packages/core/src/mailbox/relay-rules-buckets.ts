import { toKey } from '../bytes/index.ts';
import { BLOCK_CELLS, BUCKETS, DAY_MS, HOUR_MS, type Bucket, type CellLog, type Kept } from '../ports/index.ts';
import { prefixNumber } from './relay-rules-live.ts';

/** How long a bucket is kept after its end. */
export const HOUR_KEPT_MS = HOUR_MS;
export const DAY_KEPT_MS = DAY_MS;
/** A reader whose clock is this much ahead may ask for the bucket that has not begun: it is empty. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000;

const lengthOf = (kind: number): number => (kind === BUCKETS.hour ? HOUR_MS : DAY_MS);
const keptOf = (kind: number): number => (kind === BUCKETS.hour ? HOUR_KEPT_MS : DAY_KEPT_MS);
/** When nothing of the period is left. */
export const wipedAt = (kind: number, period: number): number => (period + 1) * lengthOf(kind) + keptOf(kind);
export const periodAt = (kind: number, now: number): number => Math.floor(now / lengthOf(kind));

const tagKey = (cell: Uint8Array): string => toKey(cell.subarray(0, 16));

interface Period {
  readonly kind: number;
  readonly period: number;
  readonly tags: Set<string>;
}
export type Fetched =
  | { readonly type: 'cells'; readonly cells: readonly Uint8Array[]; readonly total: number }
  | { readonly type: 'period' }
  | { readonly type: 'not-found' };

/** The mailbox: hour and day buckets over a log, and the tags of everything held. */
export class Buckets {
  readonly #log: CellLog;
  readonly #bits: number;
  readonly #periods = new Map<string, Period>();
  /** When the next period has to go. */
  #nextWipe = Number.POSITIVE_INFINITY;

  constructor(log: CellLog, bits: number) {
    this.#log = log;
    this.#bits = bits;
    // The cells of a bucket come one after the other.
    let last: Period | undefined;
    log.visit(({ kind, period }, tag) => {
      if (last?.kind !== kind || last.period !== period) last = this.#period(kind, period);
      last.tags.add(tagKey(tag));
    });
  }

  holds(cell: Uint8Array): boolean {
    const key = tagKey(cell);
    for (const { tags } of this.#periods.values()) if (tags.has(key)) return true;
    return false;
  }

  /** The caller has asked `holds`. The tag counts as held from now on, unless the log does not keep the cell. */
  put(cell: Uint8Array, kind: number, now: number, done: (kept: Kept) => void): void {
    const period = periodAt(kind, now);
    const { tags } = this.#period(kind, period);
    const key = tagKey(cell);
    tags.add(key);
    this.#log.append({ kind, period, bits: this.#bits, prefix: prefixNumber(cell, this.#bits) }, cell, (kept) => {
      if (kept !== 'kept') tags.delete(key);
      done(kept);
    });
  }

  fetch({ kind, period, bits, prefix }: Bucket, block: number, now: number): Fetched {
    if (kind === BUCKETS.none || bits !== this.#bits) return { type: 'not-found' };
    if (wipedAt(kind, period) <= now || period * lengthOf(kind) > now + CLOCK_TOLERANCE_MS) return { type: 'period' };
    const bucket = { kind, period, bits, prefix: prefixNumber(prefix, bits) };
    return { type: 'cells', ...this.#log.tail(bucket, block * BLOCK_CELLS, BLOCK_CELLS) };
  }

  /** Drops what is past its time; cheap when nothing is. */
  wipe(now: number): void {
    if (now < this.#nextWipe) return;
    this.#nextWipe = Number.POSITIVE_INFINITY;
    for (const [key, { kind, period }] of this.#periods) {
      const at = wipedAt(kind, period);
      if (at <= now) {
        this.#log.drop(kind, period);
        this.#periods.delete(key);
      } else this.#nextWipe = Math.min(this.#nextWipe, at);
    }
  }
  /** When the next period goes, so that the answer `full` can say when to come again. */
  nextWipe(now: number): number {
    return Number.isFinite(this.#nextWipe) ? this.#nextWipe : now + HOUR_MS;
  }
  count(): number {
    let count = 0;
    for (const { tags } of this.#periods.values()) count += tags.size;
    return count;
  }

  #period(kind: number, period: number): Period {
    const key = `${kind} ${period}`;
    let entry = this.#periods.get(key);
    if (entry === undefined) {
      entry = { kind, period, tags: new Set() };
      this.#periods.set(key, entry);
      this.#nextWipe = Math.min(this.#nextWipe, wipedAt(kind, period));
    }
    return entry;
  }
}
