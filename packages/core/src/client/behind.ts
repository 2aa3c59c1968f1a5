// When this device's clock was behind. What came meanwhile was dated by that clock, and would go as soon as it is set right,
// long before its time: so it counts as much later as the clock was set forward (spec 10, "Timers").
import { utf8 } from '../bytes/index.ts';
import { decode, encode, list, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import { AGREEMENT_MS } from '../log/index.ts';
import type { Store } from '../ports/index.ts';
import type { Context } from './context.ts';

const KEY = utf8('behind');
const MAX_KNOWN = 16;
/** Relays are asked for their date about as often: after the last one that is written down the clock may have run on. */
const BETWEEN_DATES_MS = 2 * AGREEMENT_MS;

const LONGEST_MS = 2 ** 48 - 1;
const time = uint(LONGEST_MS);
/** What the clock dated within these times has a date that is too early by so much. */
const known = list(tuple({ from: time, until: time, by: time }), MAX_KNOWN);
/** Times of the own clock. */
const behindCodec = tuple({
  /** It is behind, and was so at least from … to; by how much relays said, at least and at most. */
  open: nullable(tuple({ from: time, until: time, least: time, most: time })),
  known,
});
/** Before it was noted how much. */
const olderCodec = tuple({ open: nullable(tuple({ from: time, until: time })), known });
type Row = Infer<typeof behindCodec>;
const readRow = (store: Store): Row => {
  const raw = store.get('meta', KEY) ?? new Uint8Array(0);
  const older = decode(olderCodec, raw);
  if (older !== undefined) return { ...older, open: older.open && { ...older.open, least: 0, most: LONGEST_MS } };
  return decode(behindCodec, raw) ?? { open: null, known: [] };
};

/** What the own clock dated so, by what is known of it now. */
export const rightTime = (store: Store, at: number): number =>
  at + Math.max(0, ...readRow(store).known.map(({ from, until, by }) => (at >= from && at <= until ? by : 0)));

export class Behind {
  readonly #context: Context;
  /** When a relay said so last, if the clock has not been set since, in this run. */
  #saidAt: number | undefined;

  constructor(context: Context) {
    this.#context = context;
  }
  /** The clock was set, or the machine slept. */
  jumped(): void {
    this.#saidAt = undefined;
  }
  /** A relay's date is later than the own clock by so much, which has run without a jump since `steadySince`. */
  said(by: number, steadySince: number): void {
    const now = this.#now();
    const { open, known } = readRow(this.#context.store);
    const from = Math.max(0, Math.floor(Math.min(steadySince, open?.from ?? steadySince)));
    const least = Math.floor(Math.min(by, open?.least ?? by));
    const most = Math.min(LONGEST_MS, Math.floor(Math.max(by, open?.most ?? by)));
    this.#saidAt = now;
    this.#write({ open: { from, until: now, least, most }, known });
  }
  /** It was behind when a relay spoke last, and has been set since: what it dates as over may not be. */
  isInDoubt(): boolean {
    return this.#saidAt === undefined && readRow(this.#context.store).open !== null;
  }
  /**
   * Somebody agreed with the own clock at `heardAt`. Tells whether it was set right since it was behind. A relay that had lied
   * changes nothing by this where the clock has run on without being set, or shows less than that relay had said it was behind.
   */
  agreed(heardAt: number, steadySince: number): boolean {
    const { open, known } = readRow(this.#context.store);
    if (open === null || heardAt < steadySince || heardAt <= (this.#saidAt ?? 0)) return false;
    const by = this.#saidAt === undefined ? setForward(open, Math.floor(steadySince - open.until)) : 0;
    this.#saidAt = undefined;
    if (by <= AGREEMENT_MS) {
      this.#write({ open: null, known });
      return false;
    }
    const stretch = { from: open.from, until: open.until + BETWEEN_DATES_MS, by };
    this.#write({ open: null, known: [...known, stretch].slice(-MAX_KNOWN) });
    return true;
  }
  #now(): number {
    return Math.max(0, Math.floor(this.#context.now()));
  }
  #write(row: Row): void {
    this.#context.store.put('meta', KEY, encode(behindCodec, row));
  }
}

/** By how much, when the own clock shows so much more than it did: time has passed as well, which nobody counted. */
const setForward = ({ least, most }: NonNullable<Row['open']>, passed: number): number => {
  if (most <= passed + AGREEMENT_MS) return Math.min(most, passed);
  // Relays said different things, and one of them may have told the truth.
  return least <= passed + AGREEMENT_MS ? passed : 0;
};
