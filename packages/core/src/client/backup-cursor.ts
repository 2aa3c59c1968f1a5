// How far a backup is written: kept in the home, so that writing goes on after a break where it was.
import { bytes, list, named, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import { conversationIdCodec, feedIdCodec, segmentIdCodec, MAX_SEQ } from '../identity/index.ts';
import { backupHeaderCodec } from './backup-format.ts';

/** What comes next: the numbers rise in the order in which a file is written. */
export const STEPS = {
  begin: 0,
  log: 1,
  objects: 2,
  held: 3,
  imported: 4,
  spare: 5,
  relays: 6,
  end: 7,
  padding: 8,
} as const;
const MAX_CONVERSATIONS = 65_536;
const MAX_RANGES = 1_048_576;

const range = tuple({ feed: feedIdCodec, segment: segmentIdCodec, from: uint(MAX_SEQ), to: uint(MAX_SEQ) });
const cursor = tuple({
  step: uint(STEPS.padding),
  /** Conversations still to write, the current one first. */
  conversations: list(conversationIdCodec, MAX_CONVERSATIONS),
  /** Of the current one, what is still to write. */
  ranges: list(range, MAX_RANGES),
  /** The key of the last row that was written, where rows are. */
  after: nullable(bytes(1, 64)),
  records: uint(),
  /** Events of conversations, among the objects so far. */
  events: uint(),
});
export type Cursor = Infer<typeof cursor>;

export const writingRecord = named(
  'backup-writing-record',
  tuple({
    header: backupHeaderCodec,
    /** The key of the file: this database holds all that is in the file anyway. */
    key: bytes(32),
    /** The next part, where it begins, and where the one before began: its bytes may have been lost on their way. */
    next: uint(MAX_SEQ),
    cursor,
    before: nullable(cursor),
    /** Parts of the whole file, once the last record is written. */
    total: nullable(uint(MAX_SEQ)),
  }),
);
export type Writing = Infer<typeof writingRecord>;
