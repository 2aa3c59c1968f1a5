// What the log keeps in the store, and under which keys. Every key begins with the conversation, so one conversation can
// be dropped by ranges. None of this travels.
//
//   entry        conversation, feed, seq 4, hash 32                     -> first seen 6, signed entry
//   certificate  conversation, feed, number 4, segment                  -> signed certificate
//   header       conversation, feed, segment, seq 4, event id           -> flags 1, received at 6, Lamport 6, header
//   content      conversation, feed, segment, seq 4, event id           -> key 32, content
//   seal         conversation, feed, segment, seq 4, hash of it 8       -> checked 1, head 32, signature 64
//   order        conversation, Lamport 6, event id                      -> feed, segment, seq 4
//   event        conversation, event id                                 -> feed, segment, seq 4
//   segment      conversation, feed, segment                            -> SegmentRecord
//                conversation, feed, branch                             -> segment (8 bytes: it has a branch of this id)
//                conversation, feed, zeros                              -> FeedRecord
//                conversation, zeros, zeros                             -> OwnRecord
//                conversation, zeros, ones                              -> members let in
//                conversation, zeros, 254 eight times                   -> JudgedRecord
//                conversation, zeros, 253 eight times                   -> what is shown ahead
//   waiting      conversation, 0, feed, segment, hash 16                -> sender 8, received at 6, object
//                conversation, 1, feed, segment, seq 4, feed, segment   -> (the last two wait for the place before)
//                conversation, 2, sender 8                              -> objects waiting of that sender, 4
import { abovePrefix, concat, readUint32, readUint48, uint32, writeUint48 } from '../bytes/index.ts';
import { bool, bytes, list, named, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import {
  eventIdCodec,
  feedIdCodec,
  memberIdCodec,
  segmentIdCodec,
  type EventId,
  type FeedId,
  type SegmentId,
  MAX_SEQ,
} from '../identity/index.ts';
import type { Link, Piece, Range, Table } from '../ports/index.ts';
import { headCodec, MAX_LAMPORT, type Header } from './header.ts';

/** Where a log keeps what it holds, each under keys that begin with its conversation. */
export const LOG_TABLES = [
  'entry',
  'certificate',
  'header',
  'content',
  'seal',
  'order',
  'event',
  'segment',
  'waiting',
] as const satisfies readonly Table[];

/** What a certificate and a header may say has to fit: a record that did not read would be the end of its log. */
const MAX_UINT32 = 0xffffffff;
/** Chains beyond the first in one segment: more would let one copied key fill a disk. */
export const MAX_BRANCHES = 8;

const chain = tuple({
  id: segmentIdCodec,
  /** Its first event that no smaller chain shares. */
  from: uint(MAX_SEQ),
  sound: uint(MAX_SEQ),
  head: eventIdCodec,
  lamport: uint(MAX_LAMPORT),
});
export type Branch = Infer<typeof chain>;

export const segmentRecord = named(
  'segment-record',
  tuple({
    number: uint(MAX_SEQ),
    previous: nullable(segmentIdCodec),
    subkey: bytes(32),
    day: uint(MAX_UINT32),
    /** Below: chained, sealed, every named place held. With the id and Lamport time of the last such event. */
    sound: uint(MAX_SEQ),
    head: eventIdCodec,
    lamport: uint(MAX_LAMPORT),
    /** Below: a seal verified. */
    sealed: uint(MAX_SEQ),
    /** One more than the highest seq held. */
    top: uint(MAX_SEQ),
    /** Below: looked at for the order. */
    shown: uint(MAX_SEQ),
    /** Two events at one seq are held: judged as a tree, not step by step. */
    forked: bool,
    branches: list(chain, MAX_BRANCHES),
    /** Named by the next segment's first event, with its time in minutes. */
    ended: nullable(tuple({ count: uint(MAX_SEQ), time: uint(MAX_UINT32) })),
    /** Of an own segment, or published. */
    seed: nullable(bytes(32)),
    /** Lamport time of the event that published the subkey. */
    published: nullable(uint(MAX_LAMPORT)),
    /** As in a frontier, of the segments before; null until it is asked for. */
    past: nullable(bytes(8)),
    contents: uint(MAX_SEQ),
    /** Events that came only from the other side. */
    doubtful: uint(MAX_SEQ),
    stub: nullable(tuple({ count: uint(MAX_SEQ), head: eventIdCodec, lamport: uint(MAX_LAMPORT) })),
  }),
);
export type SegmentRecord = Infer<typeof segmentRecord>;

export const feedRecord = named(
  'feed-record',
  tuple({
    charterCount: uint(MAX_SEQ),
    charterDigest: bytes(8),
    /** The segment up to which nothing is missing. */
    position: nullable(segmentIdCodec),
    /** The newest sound event. */
    tip: nullable(headCodec),
    /** Segments that need a word of their own in a frontier: forked, beside the line, longer than their named end. */
    aside: list(segmentIdCodec, 64),
  }),
);
export type FeedRecord = Infer<typeof feedRecord>;

export const ownRecord = named(
  'own-record',
  tuple({
    feed: feedIdCodec,
    member: memberIdCodec,
    publicKey: bytes(32),
    privateKey: bytes(64),
    current: nullable(segmentIdCodec),
    startNew: bool,
    /** Of each other feed, the newest event named so far. */
    named: list(headCodec, 4096),
    charter: tuple({ feed: feedIdCodec, seq: uint(MAX_SEQ) }),
  }),
);
export type OwnRecord = Infer<typeof ownRecord>;
export const admittedRecord = named('admitted-record', list(memberIdCodec, 4096));
/** Recovery keys kept whose words were entered here. */
export const MAX_PROVEN = 16;
/** `at`: shared time by which removals and later recovery keys were judged last; 0: never. */
export const judgedRecord = named(
  'judged-record',
  tuple({ at: uint(2 ** 48 - 1), words: list(tuple({ member: memberIdCodec, key: bytes(32) }), MAX_PROVEN) }),
);
export type JudgedRecord = Infer<typeof judgedRecord>;

/** Events shown before what is below them came; `lamport`: of the last. */
const aheadRun = tuple({
  feed: feedIdCodec,
  segment: segmentIdCodec,
  from: uint(MAX_SEQ),
  to: uint(MAX_SEQ),
  lamport: uint(MAX_LAMPORT),
});
export type AheadRun = Infer<typeof aheadRun>;
/** Runs of one conversation. */
export const MAX_RUNS = 64;
export const aheadRecord = named('ahead-record', list(aheadRun, MAX_RUNS));

/** Bits of a header row. `expired` stands only beside `purged`. */
export const FLAGS = { doubtful: 1, purged: 2, expired: 4 } as const;
export interface HeaderRow {
  readonly feed: FeedId;
  readonly segment: SegmentId;
  readonly seq: number;
  readonly event: EventId;
  readonly flags: number;
  readonly receivedAt: number;
  readonly lamport: number;
  readonly header: Uint8Array;
  /** Of a row whose header was decoded, and hashed to `event`, in this call. */
  readonly opened?: Header;
}
export const ROW_HEAD = 13;

const fromStanding = (standing: Piece, event: Piece): readonly Link[] => {
  const key: readonly Piece[] = [{ of: 'key', to: 16 }, standing, event];
  return [
    { table: 'header', key },
    { table: 'content', key },
  ];
};
/** What `openLinked` needs, from a row whose key is that of `order`: conversation, Lamport time, event id. */
export const FROM_ORDER: readonly Link[] = [
  { table: 'order', key: [{ of: 'key' }] },
  ...fromStanding({ of: 0 }, { of: 'key', from: 22 }),
];
/** The last two of it, from a row with such a key whose value is the place. */
export const FROM_PLACE: readonly Link[] = fromStanding({ of: 'value' }, { of: 'key', from: 22 });
/** `room`: to write it into, when there is one. */
export const headerRowValue = (
  row: Pick<HeaderRow, 'flags' | 'receivedAt' | 'lamport' | 'header'>,
  room?: Uint8Array,
): Uint8Array => {
  const length = ROW_HEAD + row.header.length;
  const value = room?.subarray(0, length) ?? new Uint8Array(length);
  value[0] = row.flags;
  writeUint48(value, 1, row.receivedAt);
  writeUint48(value, 7, row.lamport);
  value.set(row.header, ROW_HEAD);
  return value;
};
/** Keys and values are ours: their layout is not checked again. */
export const readHeaderRow = (key: Uint8Array, value: Uint8Array): HeaderRow =>
  linkedRow(key.slice(16, 36), key.slice(36, 68) as EventId, value);
/** `standing`: as `order` and `event` have it. Of few bytes a copy is cheaper than a view. */
export const linkedRow = (standing: Uint8Array, event: EventId, value: Uint8Array): HeaderRow =>
  rowAt(readStanding(standing), event, value);
export const rowAt = ({ feed, segment, seq }: Standing, event: EventId, value: Uint8Array): HeaderRow => ({
  feed,
  segment,
  seq,
  event,
  flags: value[0] as number,
  receivedAt: readUint48(value, 1),
  lamport: readUint48(value, 7),
  header: value.subarray(ROW_HEAD),
});

export interface Standing {
  readonly feed: FeedId;
  readonly segment: SegmentId;
  readonly seq: number;
}
export const standingValue = ({ feed, segment, seq }: Standing): Uint8Array => concat(feed, segment, uint32(seq));
export const readStanding = (value: Uint8Array): Standing => ({
  feed: value.slice(0, 8) as FeedId,
  segment: value.slice(8, 16) as SegmentId,
  seq: readUint32(value, 16),
});

/** All keys that begin with `prefix`. */
export const keysUnder = (prefix: Uint8Array): Range => {
  const to = abovePrefix(prefix);
  return to === undefined ? { from: prefix } : { from: prefix, to };
};
