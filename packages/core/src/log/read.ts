// Objects for a packet: events with their contents, and what they need to count: entries, certificates, a seal.
import { concat, equalBytes, toHex } from '../bytes/index.ts';
import { CHARTER_SEGMENT, type EventId, type FeedId, type SegmentId } from '../identity/index.ts';
import { createSeal, type KeyedContent, type LogObject, type Seal } from './objects.ts';
import { sealHead, type Subkeys } from './own.ts';
import type { HeaderRow, SegmentRecord } from './records.ts';
import { keptSeals, type KeptSeal } from './seals.ts';
import type { LogState } from './state.ts';
import type { Batch, PlaceRange } from './types.ts';

/** Upper bounds of the encoding around the bytes of each object. */
const AROUND_EVENT = 16;
const AROUND_CONTENT = 40;
const SEAL_BYTES = 144;
/** Of a forked segment each chain has seals of its own, and anybody can make 256 of what is theirs: that of the chain goes first. */
const MAX_CUT_SEALS = 16;
const STUB_BYTES = 192;
/** Rows read at a time. */
const STEP = 256;

interface Filling {
  readonly objects: LogObject[];
  readonly once: Set<string>;
  readonly maxBytes: number;
  bytes: number;
  /** An event is in: from now on nothing goes over the limit. */
  started: boolean;
  /** Room that is kept for the seals of the segment. */
  sealBytes: number;
  /** Chains of forked segments as far down as they were asked for: the next range of one goes on from there. */
  readonly chains: Map<string, Walk>;
}
interface Walk {
  /** Falling. */
  readonly rows: HeaderRow[];
  seq: number;
  head: EventId;
}
const newFilling = (maxBytes: number): Filling => ({
  objects: [],
  once: new Set(),
  maxBytes,
  bytes: 0,
  started: false,
  sealBytes: SEAL_BYTES,
  chains: new Map(),
});
const put = (filling: Filling, object: LogObject, bytes: number): void => {
  filling.objects.push(object);
  filling.bytes += bytes;
};

export const read = (state: LogState, subkeys: Subkeys, ranges: readonly PlaceRange[], maxBytes: number): Batch => {
  sealHead(state, subkeys);
  const filling = newFilling(maxBytes);
  const left: PlaceRange[] = [];
  for (const range of ranges) {
    if (left.length > 0) left.push(range);
    else if (equalBytes(range.segment, CHARTER_SEGMENT)) {
      const to = readEntries(state, filling, range.feed, range.from, range.to);
      if (to < range.to) left.push({ ...range, from: to });
    } else {
      const to = readSegment(state, subkeys, filling, range);
      if (to < range.to) left.push({ ...range, from: to });
    }
  }
  return { objects: filling.objects, bytes: filling.bytes, left };
};

/**
 * Oldest days first, of all feeds: what is sound needs what it names. The day is that of a segment's certificate, and the
 * order within a day is that of the ranges.
 */
export const oldestFirst = (state: LogState, ranges: readonly PlaceRange[]): readonly PlaceRange[] => {
  const dayOf = ({ feed, segment }: PlaceRange): number =>
    equalBytes(segment, CHARTER_SEGMENT) ? -1 : (state.segment(feed, state.realSegment(feed, segment))?.day ?? 0);
  return ranges
    .map((range) => ({ range, day: dayOf(range) }))
    .toSorted((a, b) => a.day - b.day)
    .map(({ range }) => range);
};

/** Certificates of segments of which all is lacking, oldest first: with them a new replica knows what its read marks cover. */
export const readCertificates = (state: LogState, ranges: readonly PlaceRange[]): readonly LogObject[] => {
  const filling = newFilling(Infinity);
  for (const { feed, segment, from } of ranges) {
    const isWhole = from === 0 && !equalBytes(segment, CHARTER_SEGMENT);
    const record = isWhole ? state.segment(feed, segment) : undefined;
    if (record !== undefined) readCertificate(state, filling, feed, segment, record);
  }
  return filling.objects;
};

/** Answers how far it came. Entries stay within the limit even before an event: a device may have made very many. */
const readEntries = (state: LogState, filling: Filling, feed: FeedId, from: number, to: number): number => {
  for (const { entry, bytes, hash } of state.entries(feed)) {
    const name = toHex(hash);
    if (entry.seq < from || entry.seq >= to || filling.once.has(name)) continue;
    if (filling.bytes + bytes.length + AROUND_EVENT > filling.maxBytes) return entry.seq;
    filling.once.add(name);
    put(filling, { type: 'entry', entry: bytes }, bytes.length + AROUND_EVENT);
  }
  return to;
};

/** Takes back what a range has put in. It was the last one that is read. */
const withdraw = (
  filling: Filling,
  start: { readonly bytes: number; readonly objects: number },
  { from }: PlaceRange,
): number => {
  filling.objects.length = start.objects;
  filling.bytes = start.bytes;
  return from;
};
/** Answers how far it came: `to` of the range when all of it is in. */
const readSegment = (state: LogState, subkeys: Subkeys, filling: Filling, range: PlaceRange): number => {
  const { feed } = range;
  const segment = state.realSegment(feed, range.segment);
  const record = state.segment(feed, segment);
  if (record === undefined) return range.to;
  const start = { bytes: filling.bytes, objects: filling.objects.length };
  filling.sealBytes = SEAL_BYTES * (record.forked ? MAX_CUT_SEALS : 1);
  // Only who has nothing of a segment can lack what it rests on.
  if (range.from === 0 || record.forked) {
    if (record.number === 0) readEntries(state, filling, feed, 0, Infinity);
    readCertificate(state, filling, feed, segment, record);
  }
  // Anybody can make a stub of a published segment: what is here of it goes all the same, and where that is all of it nothing else.
  const { stub } = record;
  const isWhole = stub !== null && record.sound >= (record.ended?.count ?? stub.count);
  if (stub !== null && !isWhole && range.from < stub.count) readStub(state, filling, feed, segment, record);
  // Of very many days only their ends may be left: without an event they keep to the limit as well.
  if (start.objects > 0 && filling.bytes > filling.maxBytes) return withdraw(filling, start, range);
  const rows = record.forked ? branchRows(state, filling, record, range, segment) : undefined;
  const end = Math.min(range.to, record.forked ? Infinity : record.sound);
  let at = stub === null || record.sound > 0 ? range.from : Math.max(range.from, stub.count);
  let last: HeaderRow | undefined;
  for (let more = at < end; more;) {
    const step = rows ?? state.lineRows(feed, segment, at, Math.min(end, at + STEP));
    more = rows === undefined && step.length === STEP;
    for (const row of step) {
      if (!readEvent(state, filling, row)) {
        // Not even one event: what was put in for it would be sent in vain.
        if (last === undefined) return withdraw(filling, start, range);
        sealCut(state, subkeys, filling, record, last, headOf(record, range, segment));
        return row.seq;
      }
      last = row;
      at = row.seq + 1;
    }
  }
  if (last !== undefined) {
    const isBeforeCut = last.seq + 1 === state.limit(feed, segment);
    if (isBeforeCut || last.seq + 1 === record.sound) readUpToSeal(state, filling, record, last, !isBeforeCut);
    sealCut(state, subkeys, filling, record, last, headOf(record, range, segment));
  }
  return range.to;
};

/**
 * The seal of what a cut accepts may stand above the cut, and nobody hands on what is there: without the headers between, who
 * lacks what is below could never tell that it is sealed. Their contents count nowhere. The same where what stands above waits for
 * something: it may count yet, and goes along whole (`isWhole`).
 */
const readUpToSeal = (
  state: LogState,
  filling: Filling,
  { forked, sealed }: SegmentRecord,
  { feed, segment, seq }: HeaderRow,
  isWhole: boolean,
): void => {
  if (forked || sealed <= seq + 1) return;
  const seal = keptSeals(state, feed, segment, seq).find(({ checked }) => checked);
  if (seal === undefined || seal.seal.seq === seq) return;
  const rows = state.lineRows(feed, segment, seq + 1, seal.seal.seq + 1);
  const contents = rows.map((row) => (isWhole ? contentOf(state, row) : null));
  const bytes = rows.reduce((sum, row, i) => sum + sizeOf(row, contents[i] ?? null), 0);
  // A part of them is of no use. Who still lacks the seal asks again, and then there is room.
  if (filling.bytes + bytes + SEAL_BYTES > filling.maxBytes) return;
  for (const [i, row] of rows.entries()) {
    const content = contents[i] ?? null;
    put(filling, { type: 'event', header: row.header, content }, sizeOf(row, content));
  }
};
const contentOf = (state: LogState, row: HeaderRow): KeyedContent | null => {
  const stored = state.freshContent(row.event) ?? state.content(row, row.event);
  return stored === undefined ? null : { key: stored.subarray(0, 32), content: stored.subarray(32) };
};
const sizeOf = ({ header }: HeaderRow, content: KeyedContent | null): number =>
  header.length + AROUND_EVENT + (content === null ? 0 : content.content.length + AROUND_CONTENT);

const readCertificate = (
  state: LogState,
  filling: Filling,
  feed: FeedId,
  segment: SegmentId,
  record: SegmentRecord,
): void => {
  const name = `certificate ${toHex(feed)}${toHex(segment)}`;
  const row = state.certificates(feed, record.number).find(({ key }) => equalBytes(key.slice(28, 36), segment));
  if (row === undefined || filling.once.has(name)) return;
  filling.once.add(name);
  put(filling, { type: 'certificate', certificate: row.value }, row.value.length + AROUND_EVENT);
};

const readStub = (
  state: LogState,
  filling: Filling,
  feed: FeedId,
  segment: SegmentId,
  { stub, seed }: SegmentRecord,
): void => {
  if (stub === null || seed === null) return;
  const kept = keptSeals(state, feed, segment, stub.count - 1).find(
    ({ checked, seal }) => checked && equalBytes(seal.head, stub.head),
  );
  if (kept === undefined) return;
  const { signature } = kept.seal;
  put(filling, { type: 'stub', format: 1, kind: 1, feed, segment, ...stub, seed, signature }, STUB_BYTES);
};

const headOf = (record: SegmentRecord, range: PlaceRange, segment: SegmentId): EventId | undefined =>
  equalBytes(range.segment, segment)
    ? record.head
    : record.branches.find(({ id }) => equalBytes(id, range.segment))?.head;
/** Of a forked segment: the events of the named chain, found from its head down. */
const branchRows = (
  state: LogState,
  { chains }: Filling,
  record: SegmentRecord,
  range: PlaceRange,
  segment: SegmentId,
): readonly HeaderRow[] => {
  const chain = equalBytes(range.segment, segment)
    ? record
    : record.branches.find(({ id }) => equalBytes(id, range.segment));
  if (chain === undefined || range.from >= range.to) return [];
  const name = toHex(concat(range.feed, range.segment));
  const walk = chains.get(name) ?? { rows: [], seq: chain.sound - 1, head: chain.head };
  chains.set(name, walk);
  for (; walk.seq >= range.from; walk.seq--) {
    const row = state.headerRow({ feed: range.feed, segment, seq: walk.seq }, walk.head);
    if (row === undefined) break;
    walk.rows.push(row);
    walk.head = state.headerOf(row).previous;
  }
  return walk.rows.filter(({ seq }) => seq >= range.from && seq < range.to).toReversed();
};

const readEvent = (state: LogState, filling: Filling, row: HeaderRow): boolean => {
  const content = contentOf(state, row);
  const bytes = sizeOf(row, content);
  if (filling.started && filling.bytes + bytes + filling.sealBytes > filling.maxBytes) return false;
  put(filling, { type: 'event', header: row.header, content }, bytes);
  filling.started = true;
  return true;
};

const putSealObject = (filling: Filling, seal: Seal): void => {
  const name = `seal ${toHex(seal.signature)}`;
  if (filling.once.has(name)) return;
  filling.once.add(name);
  put(filling, { type: 'seal', ...seal }, SEAL_BYTES);
};

/**
 * The seal that makes what went in count. Own segments get one at the last event put in, so that part of a range counts
 * alone; of others the newest seal there is goes along and the rest of the range has to follow.
 */
const sealCut = (
  state: LogState,
  subkeys: Subkeys,
  filling: Filling,
  record: SegmentRecord,
  last: HeaderRow,
  head: EventId | undefined,
): void => {
  const { feed, segment, seq, event } = last;
  const seals = keptSeals(state, feed, segment, seq).filter(({ checked }) => checked);
  const exact = seals.find((kept) => kept.seal.seq === seq && equalBytes(kept.seal.head, event));
  const own = state.own();
  if (exact !== undefined) putSealObject(filling, exact.seal);
  else if (own !== undefined && equalBytes(own.feed, feed) && record.seed !== null) {
    putSealObject(
      filling,
      createSeal(state.crypto, subkeys.of(segment, record.seed), state.conversation, { feed, segment, seq }, event),
    );
  } else {
    const isOfChain = ({ seal }: KeptSeal): boolean => head !== undefined && equalBytes(seal.head, head);
    const first = [...seals.filter(isOfChain), ...seals.filter((kept) => !isOfChain(kept))];
    const some = new Set(first.slice(0, MAX_CUT_SEALS));
    for (const kept of seals) if (some.has(kept)) putSealObject(filling, kept.seal);
  }
};
