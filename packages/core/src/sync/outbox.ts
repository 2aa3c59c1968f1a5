// When an own event is posted, and again (spec/09-sync.md, "Schedule"). Pure: rows and the time in, decisions out.
import { bool, bytes, decode, encode, named, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import { DAY_MS } from '../ports/index.ts';

/** Not covered after this long (or when the client stops), an event goes into the day bucket too. */
export const DAY_POST_AFTER_MS = 10 * 60_000;
/** After this long only the knock is posted; whoever returns pulls the rest. */
export const OFFER_MS = 30 * DAY_MS;
/** Cells a day for one person in day buckets. */
export const DAY_CELLS = 64;
/** A relay that did not take it is tried again after 1 s, doubling to this. */
export const MAX_RETRY_MS = 60_000;

const MAX_TIME = 2 ** 48 - 1;

/** Something of ours that another person has to get. The key tells what: an event's place or a control message. */
export const outboxRowCodec = named(
  'outbox-row',
  tuple({
    /** When it was made, in milliseconds. */
    at: uint(MAX_TIME),
    /** Bit i: relay i of the receiver's inbox record took it for its hour bucket. */
    hour: uint(3),
    /** Number of the last day in whose bucket it lies; 0: none. */
    day: uint(0xffffffff),
    /** Control messages: what to seal. Events are read from the log. */
    body: nullable(bytes(0, 16_384)),
    /** A control message that is of no use after its first posting. */
    once: bool,
  }),
);
export type OutboxRow = Infer<typeof outboxRowCodec>;
export const encodeOutboxRow = (row: OutboxRow): Uint8Array => encode(outboxRowCodec, row);
export const decodeOutboxRow = (data: Uint8Array): OutboxRow | undefined => decode(outboxRowCodec, data);

export const newRow = (at: number, body: Uint8Array | null = null, once = false): OutboxRow => ({
  at,
  hour: 0,
  day: 0,
  body,
  once,
});

/** A relay or a device took it. */
export const isPosted = (row: OutboxRow): boolean => row.hour !== 0 || row.day !== 0;

export type Posting = { readonly bucket: 'hour'; readonly relays: number } | { readonly bucket: 'day' } | undefined;

/** What is due now. `relays`: bits of the receiver's relays that have not taken it. `stopping`: the client is about to end. */
export const duePosting = (row: OutboxRow, now: number, relayCount: number, stopping: boolean): Posting => {
  const all = (1 << relayCount) - 1;
  const left = all & ~row.hour;
  const { age, day } = seenFrom(row, now);
  if (day === 0 && left !== 0 && age < DAY_POST_AFTER_MS) return { bucket: 'hour', relays: left };
  if (day === 0 && row.hour === 0) return { bucket: 'hour', relays: left };
  if (row.once) return undefined;
  const waited = age >= DAY_POST_AFTER_MS || stopping;
  return waited && age < OFFER_MS && day < dayOf(now) ? { bucket: 'day' } : undefined;
};
/** A clock that ran ahead left times of the future: they count as old, never as a reason to wait for them. */
const seenFrom = (row: OutboxRow, now: number): { readonly age: number; readonly day: number } => ({
  age: row.at > now ? DAY_POST_AFTER_MS : now - row.at,
  day: row.day > dayOf(now) ? 0 : row.day,
});

/** When `duePosting` may change its mind by the mere passing of time. */
export const nextDue = (row: OutboxRow, now: number): number => {
  const { age, day } = seenFrom(row, now);
  if ((row.once && isPosted(row)) || age >= OFFER_MS) return Number.POSITIVE_INFINITY;
  if (age < DAY_POST_AFTER_MS) return now + DAY_POST_AFTER_MS - age;
  return day < dayOf(now) ? now : (dayOf(now) + 1) * DAY_MS;
};

export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
