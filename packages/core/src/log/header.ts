// The header of an event: everything that is hashed. No signature in it, and no hash that reaches into another segment.
import { equalBytes } from '../bytes/index.ts';
import {
  bytes,
  decode,
  encode,
  extensions,
  list,
  literal,
  named,
  nullable,
  tuple,
  uint,
  type Infer,
} from '../codec/index.ts';
import {
  CHARTER_SEGMENT,
  conversationIdCodec,
  eventIdCodec,
  feedIdCodec,
  MAX_SEQ,
  NO_HASH,
  segmentIdCodec,
} from '../identity/index.ts';
import { noContentHash, SIZE_CLASSES } from './content.ts';

export const EVENT_FORMAT = 1;
export const EVENT_KIND = 1;
/** 6 bytes in keys of the order. Lamport times are derived, so nobody gets there. */
export const MAX_LAMPORT = 2 ** 48 - 1;
/** Minutes: year 10,000 and beyond. */
const MAX_MINUTES = 0xffffffff;
export const MAX_HEADS = 8;
/** 8 heads and the largest extension map (8 entries of 256 bytes) fit. */
export const MAX_HEADER_BYTES = 3072;
/** Content kinds below this are the log's own; `publish` is the first. */
export const FIRST_CONVERSATION_KIND = 16;
export const PUBLISH_KIND = 1;
/** Without content: opens the segment of a new period where nobody has said anything yet. */
export const TURN_KIND = 2;

export const headCodec = named(
  'head',
  tuple({ feed: feedIdCodec, segment: segmentIdCodec, seq: uint(MAX_SEQ), lamport: uint(MAX_LAMPORT) }),
);
export const headerCodec = named(
  'event',
  tuple({
    format: literal(EVENT_FORMAT),
    kind: literal(EVENT_KIND),
    conversation: conversationIdCodec,
    feed: feedIdCodec,
    segment: segmentIdCodec,
    seq: uint(MAX_SEQ),
    /** Inside the segment only: 32 zero bytes at seq 0. */
    previous: eventIdCodec,
    lamport: uint(MAX_LAMPORT),
    /** Minutes since 1970. */
    time: uint(MAX_MINUTES),
    /** The newest charter entry the author's device went by. */
    charter: tuple({ feed: feedIdCodec, seq: uint(MAX_SEQ) }),
    /** Newest events seen and not yet named in this feed, in the order of (feed, segment, seq). */
    heads: list(headCodec, MAX_HEADS),
    /** Of the segment before, at seq 0; null elsewhere and in a first segment. No hash. */
    end: nullable(tuple({ segment: segmentIdCodec, count: uint(MAX_SEQ) })),
    contentKind: uint(65535),
    sizeClass: uint(SIZE_CLASSES.length - 1),
    contentHash: bytes(32),
    extensions,
  }),
);
export type Header = Infer<typeof headerCodec>;

export const encodeHeader = (header: Header): Uint8Array => encode(headerCodec, header);

/** Undefined when malformed, or when fields contradict each other without anything else at hand. */
export const decodeHeader = (data: Uint8Array): Header | undefined => {
  if (data.length > MAX_HEADER_BYTES) return undefined;
  const header = decode(headerCodec, data);
  if (header === undefined) return undefined;
  // The charter stands in segment 0; and what counts events up to this one has to fit where a seq does.
  if (equalBytes(header.segment, CHARTER_SEGMENT) || header.seq === MAX_SEQ) return undefined;
  const first = header.seq === 0;
  if (first !== equalBytes(header.previous, NO_HASH) || (!first && header.end !== null)) return undefined;
  if ((header.sizeClass === 0) !== equalBytes(header.contentHash, noContentHash())) return undefined;
  return header;
};

/** Of a stored row, whose bytes `decodeHeader` accepted when they came. */
export const readHeader = (data: Uint8Array): Header | undefined => decode(headerCodec, data);

/** What a screen needs of a header. */
export type HeaderBrief = Pick<Header, 'time' | 'contentKind' | 'sizeClass' | 'contentHash' | 'extensions'>;
/**
 * As `readHeader`, of these fields only: a page reads fifty headers, and reading them whole was most of its work. Takes
 * for granted that they were accepted. The array's head and the first eight fields stand before the time.
 */
export const readBrief = (data: Uint8Array): HeaderBrief | undefined => {
  const cursor = { data, at: 1 };
  skipItems(cursor, 8);
  const time = readHead(cursor);
  skipItems(cursor, 3);
  const contentKind = readHead(cursor);
  const sizeClass = readHead(cursor);
  const length = readHead(cursor);
  const contentHash = data.subarray(cursor.at, cursor.at + length);
  const isPlain = data.length === cursor.at + length + 1;
  const rest = isPlain ? [] : readHeader(data)?.extensions;
  return rest && { time, contentKind, sizeClass, contentHash, extensions: rest };
};
/** The same of the event before it: six fields stand before that. */
export const readPrevious = (data: Uint8Array): Uint8Array => {
  const cursor = { data, at: 1 };
  skipItems(cursor, 6);
  const length = readHead(cursor);
  return data.subarray(cursor.at, cursor.at + length);
};
interface Cursor {
  readonly data: Uint8Array;
  at: number;
}
/** The number in a CBOR head (RFC 8949, section 3). */
const readHead = (cursor: Cursor): number => {
  const { data } = cursor;
  const info = (data[cursor.at++] as number) & 31;
  if (info < 24) return info;
  let value = 0;
  for (let left = 1 << (info - 24); left > 0; left--) value = value * 256 + (data[cursor.at++] as number);
  return value;
};
const skipItems = (cursor: Cursor, count: number): void => {
  for (let left = count; left > 0; left--) {
    const major = (cursor.data[cursor.at] as number) >> 5;
    const value = readHead(cursor);
    if (major === 2 || major === 3) cursor.at += value;
    else if (major === 4) left += value;
  }
};
