// The one order of a conversation, by (Lamport, event id), and single events in it.
import { compareBytes, concat, equalBytes, uint48 } from '../bytes/index.ts';
import { hasUnknownCritical } from '../codec/index.ts';
import { eventIdOf, NO_HASH, type EventId, type FeedId, type SegmentId } from '../identity/index.ts';
import type { Row } from '../ports/index.ts';
import { MAX_LAMPORT, readBrief, type HeaderBrief } from './header.ts';
import { chainOf, isBeside, soundDown } from './places.ts';
import { FLAGS, linkedRow, keysUnder, readStanding, type HeaderRow } from './records.ts';
import { MINUTE_MS } from './shared-time.ts';
import type { LogState } from './state.ts';
import type { Mark, Opened, Page, ShownEvent } from './types.ts';
import { isContentOf } from './verify.ts';

export const toShown = (state: LogState, row: HeaderRow): ShownEvent | undefined => openRow(state, row)?.shown;
/** Key and content as stored, for who has read them already. */
interface Stored {
  readonly content: Uint8Array | undefined;
}
/** What a screen needs of an event: each row is read once. */
export const toOpened = (state: LogState, row: HeaderRow, read?: Stored): Opened | undefined => {
  const open = openRow(state, row, read);
  if (open === undefined) return undefined;
  const { shown, header, stored, isChecked } = open;
  const isHeld = stored !== undefined && shown.contentState === 'held';
  const isRight = isHeld && (isChecked || isContentOf(state, header, stored));
  return { shown, content: isRight ? stored.subarray(32) : undefined };
};

interface OpenRow {
  readonly shown: ShownEvent;
  readonly header: HeaderBrief;
  /** Key and content, as stored. */
  readonly stored: Uint8Array | undefined;
  /** It came lately, and was what its header says. */
  readonly isChecked: boolean;
}
const openRow = (state: LogState, row: HeaderRow, read?: Stored): OpenRow | undefined => {
  const device = state.device(row.feed);
  const record = state.segment(row.feed, row.segment);
  if (device === undefined || record === undefined) return undefined;
  // A disk may have changed it: what does not hash to its id is not shown (`verify` names it).
  if (row.opened === undefined && !equalBytes(eventIdOf(state.crypto, row.header), row.event)) return undefined;
  const header = row.opened ?? readBrief(row.header);
  if (header === undefined) return undefined;
  // An event of a chain that no longer counts was shown before: it stays, as by a copy.
  const chain = record.forked ? chainOf(state, row) : { id: row.segment, main: true };
  const segment = chain?.id ?? row.segment;
  const marks: Mark[] = [];
  if (chain?.main !== true || isBeside(state, row.feed, row.segment)) marks.push('copy');
  if ((row.flags & FLAGS.doubtful) !== 0 && record.published !== null) marks.push('counterpart');
  if (row.seq >= state.limit(row.feed, segment)) marks.push('removed');
  if (device.state === 'contested') marks.push('contested');
  const isGone = read !== undefined && read.content === undefined;
  const fresh = isGone ? undefined : state.freshContent(row.event);
  const content = fresh ?? (read === undefined ? state.content(row, row.event) : read.content);
  const stored = header.sizeClass === 0 ? undefined : content;
  const shown: ShownEvent = {
    place: { feed: row.feed, segment, seq: row.seq },
    segment: row.segment,
    event: row.event,
    member: device.member,
    contentKind: header.contentKind,
    lamport: row.lamport,
    time: header.time * MINUTE_MS,
    receivedAt: row.receivedAt,
    marks,
    contentState: contentStateOf(row, header, stored),
    newer: hasUnknownCritical(header.extensions),
  };
  return { shown, header, stored, isChecked: fresh !== undefined };
};

const contentStateOf = (
  { flags }: HeaderRow,
  { sizeClass }: HeaderBrief,
  stored: Uint8Array | undefined,
): ShownEvent['contentState'] => {
  if ((flags & FLAGS.expired) !== 0) return 'expired';
  if (sizeClass === 0) return 'none';
  if ((flags & FLAGS.purged) !== 0) return 'purged';
  return stored === undefined ? 'missing' : 'held';
};

/** Rising by (Lamport, event id). */
export const shownInOrder = (state: LogState, rows: readonly HeaderRow[]): readonly ShownEvent[] =>
  rows
    .toSorted((a, b) => a.lamport - b.lamport || compareBytes(a.event, b.event))
    .flatMap((row) => toShown(state, row) ?? []);

export const rowOf = (state: LogState, event: EventId): HeaderRow | undefined => {
  const fresh = state.freshRow(event);
  if (fresh !== undefined) return fresh;
  const standing = state.standing(event);
  return standing && state.headerRow(readStanding(standing), event);
};
const isInOrder = (state: LogState, row: HeaderRow): boolean =>
  state.store.get('order', state.orderKey(row.lamport, row.event)) !== undefined;
export const shownRow = (state: LogState, event: EventId): HeaderRow | undefined => {
  const row = rowOf(state, event);
  return row !== undefined && isInOrder(state, row) ? row : undefined;
};

/** By its place in the order, which says where the row is. */
export const orderedRow = (state: LogState, lamport: number, event: EventId): HeaderRow | undefined => {
  const standing = state.store.get('order', state.orderKey(lamport, event));
  return standing && state.headerRow(readStanding(standing), event);
};

/** By what FROM_ORDER found. */
export const openLinked = (
  state: LogState,
  event: EventId,
  [standing, value, content]: readonly (Uint8Array | undefined)[],
): Opened | undefined =>
  standing === undefined || value === undefined
    ? undefined
    : toOpened(state, state.freshRow(event) ?? linkedRow(standing, event, value), { content });

const keyOf = (state: LogState, event: EventId): Uint8Array | undefined => {
  const row = rowOf(state, event);
  return row && state.orderKey(row.lamport, event);
};
const rowsOf = (state: LogState, found: readonly Row[]): readonly HeaderRow[] =>
  found.flatMap(({ key, value }) => state.headerRow(readStanding(value), key.slice(22) as EventId) ?? []);

/** Nothing for a cursor that is not held. */
export const pageOf = (state: LogState, { before, after, limit }: Page): readonly ShownEvent[] => {
  const first = concat(state.conversation, uint48(0));
  const end = concat(state.conversation, uint48(MAX_LAMPORT), new Uint8Array(33).fill(255));
  if (after !== undefined) {
    const key = keyOf(state, after);
    // A key followed by a zero byte is the next key there can be.
    if (key === undefined) return [];
    const rows = state.store.scan('order', { from: concat(key, Uint8Array.of(0)), to: end, limit });
    return rowsOf(state, rows).flatMap((row) => toShown(state, row) ?? []);
  }
  const to = before === undefined ? end : keyOf(state, before);
  if (to === undefined) return [];
  const rows = state.store.scan('order', { from: first, to, reverse: true, limit });
  return rowsOf(state, rows.toReversed()).flatMap((row) => toShown(state, row) ?? []);
};

export const contentOf = (state: LogState, row: HeaderRow): Uint8Array | undefined => {
  if (!equalBytes(eventIdOf(state.crypto, row.header), row.event)) return undefined;
  const stored = state.content(row, row.event);
  return stored !== undefined && isContentOf(state, state.headerOf(row), stored) ? stored.subarray(32) : undefined;
};

/** Two events whose ids share 16 bytes do not happen; the first would be taken. */
export const rowOfPrefix = (state: LogState, prefix: Uint8Array): HeaderRow | undefined => {
  const [row] = state.store.scan('event', { ...keysUnder(concat(state.conversation, prefix)), limit: 1 });
  return row && shownRow(state, row.key.slice(16) as EventId);
};

export const purge = (state: LogState, event: EventId, why?: 'expired'): void => {
  const row = rowOf(state, event);
  const record = row && state.segment(row.feed, row.segment);
  const flags = FLAGS.purged | (why === 'expired' ? FLAGS.expired : 0);
  if (row === undefined || record === undefined || (row.flags & flags) === flags) return;
  const key = state.headerKey(row, event);
  const held = state.store.get('content', key) !== undefined;
  state.store.delete('content', key);
  state.forgetFresh();
  state.putHeaderRow({ ...row, flags: row.flags | flags });
  state.setSegment(row.feed, row.segment, { ...record, contents: record.contents - (held ? 1 : 0) });
  dropIfEmpty(state, row.feed, row.segment);
};

/** A published segment of which every content was purged keeps only its certificate, its seal and its stub. */
export const dropIfEmpty = (state: LogState, feed: FeedId, segment: SegmentId): void => {
  const record = state.segment(feed, segment);
  if (record === undefined || record.published === null || record.ended === null) return;
  if (record.sound === 0 || record.sound !== record.sealed || record.sound < record.ended.count) return;
  // Of what nobody sealed contents may be held as well.
  if (record.contents > 0 && !record.forked && record.sound === record.top) return;
  let lamport = 0;
  for (const row of soundDown(state, feed, segment)) {
    if ((row.flags & FLAGS.purged) === 0 && state.headerOf(row).sizeClass !== 0) return;
    lamport = Math.max(lamport, row.lamport);
  }
  for (const row of state.headerRows(feed, segment, 0, record.top)) {
    state.dropHeaderRow(row);
    state.store.delete('content', state.headerKey(row, row.event));
    state.store.delete('event', concat(state.conversation, row.event));
    state.store.delete('order', state.orderKey(row.lamport, row.event));
  }
  state.setSegment(feed, segment, {
    ...record,
    stub: { count: record.sound, head: record.head, lamport },
    sound: 0,
    head: NO_HASH,
    lamport: 0,
    sealed: 0,
    top: 0,
    forked: false,
    branches: [],
    contents: 0,
    doubtful: 0,
  });
};
