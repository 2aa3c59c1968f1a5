// Whether what a header names is here: by place, never by hash.
import { compareBytes, concat, equalBytes, toHex, uint32 } from '../bytes/index.ts';
import { CHARTER_SEGMENT, type EventId, type FeedId, type SegmentId } from '../identity/index.ts';
import { MAX_ASIDE } from './frontier.ts';
import type { Header } from './header.ts';
import { keysUnder, type Branch, type HeaderRow, type SegmentRecord } from './records.ts';
import type { LogState } from './state.ts';
import type { Place } from './types.ts';

/** The chains of a segment: its line, then its branches. */
export const soundLengths = (record: SegmentRecord): readonly number[] => [
  record.sound,
  ...record.branches.map(({ sound }) => sound),
];

/** Events of a segment that stand at this seq in any of its chains and are sound. */
export const soundAt = (state: LogState, feed: FeedId, segment: SegmentId, seq: number): readonly HeaderRow[] => {
  const record = state.segment(feed, segment);
  if (record === undefined) return [];
  if (!record.forked) return seq < record.sound ? state.lineRows(feed, segment, seq, seq + 1) : [];
  return state.headerRows(feed, segment, seq, seq + 1).filter((row) => chainOf(state, row) !== undefined);
};

/** Rows looked at in one step. */
const DOWN_STEP = 64;
const chainDown = function* (
  state: LogState,
  { feed, segment }: Pick<Place, 'feed' | 'segment'>,
  { from, sound, head }: Pick<Branch, 'from' | 'sound' | 'head'>,
): Generator<HeaderRow> {
  let event = head;
  for (let seq = sound - 1; seq >= from; seq--) {
    const row = state.headerRow({ feed, segment, seq }, event);
    if (row === undefined) return;
    yield row;
    event = state.headerOf(row).previous;
  }
};
/** The sound events of the line of a segment, from its head down. Anybody can hand over what is not sound, at any seq. */
export const lineDown = function* (state: LogState, feed: FeedId, segment: SegmentId): Generator<HeaderRow> {
  const record = state.segment(feed, segment);
  if (record?.forked === true) yield* chainDown(state, { feed, segment }, { ...record, from: 0 });
  else
    for (let to = record?.sound ?? 0; to > 0; to -= DOWN_STEP)
      yield* state.headerRows(feed, segment, Math.max(0, to - DOWN_STEP), to).toReversed();
};
/** And those of its branches, without what they share with others. */
export const soundDown = function* (state: LogState, feed: FeedId, segment: SegmentId): Generator<HeaderRow> {
  yield* lineDown(state, feed, segment);
  for (const branch of state.segment(feed, segment)?.branches ?? []) yield* chainDown(state, { feed, segment }, branch);
};

/**
 * The events of a chain by seq from its first one on, as far down as they are held. Kept: what stands below a head never changes, and
 * every line that is shown asks. A chain that has grown is gone down to where it ended.
 */
const eventsOf = (
  state: LogState,
  { feed, segment }: Pick<Place, 'feed' | 'segment'>,
  chain: Pick<Branch, 'id' | 'from' | 'sound' | 'head'>,
): readonly (EventId | undefined)[] => {
  const known = state.chainAt(feed, chain.id);
  if (known?.from === chain.from && known.sound === chain.sound && equalBytes(known.head, chain.head))
    return known.events;
  const before = known?.from === chain.from ? known : undefined;
  const above: EventId[] = [];
  let event = chain.head;
  let seq = chain.sound - 1;
  const isKnown = (): boolean => before !== undefined && seq === before.sound - 1 && equalBytes(before.head, event);
  for (; seq >= chain.from && !isKnown(); seq--) {
    const row = state.headerRow({ feed, segment, seq }, event);
    if (row === undefined) break;
    above.push(event);
    event = state.previousOf(row).slice() as EventId;
  }
  const below = isKnown() ? (before?.events ?? []) : Array.from({ length: seq + 1 - chain.from }, () => undefined);
  const events = [...below, ...above.toReversed()];
  state.putChain(feed, { id: chain.id, from: chain.from, sound: chain.sound, head: chain.head, events });
  return events;
};

/** The chain a sound event stands in; undefined when it is not sound. */
export const chainOf = (
  state: LogState,
  row: HeaderRow,
): { readonly id: SegmentId; readonly main: boolean } | undefined => {
  const record = state.segment(row.feed, row.segment);
  if (record === undefined) return undefined;
  if (!record.forked) return row.seq < record.sound ? { id: row.segment, main: true } : undefined;
  return chainsIn(record, row.segment).find((chain) => {
    const event = row.seq < chain.from ? undefined : eventsOf(state, row, chain)[row.seq - chain.from];
    return event !== undefined && equalBytes(event, row.event);
  });
};
const chainsIn = (record: SegmentRecord, segment: SegmentId): readonly (Branch & { readonly main: boolean })[] => {
  const { sound, head, lamport } = record;
  const line = { id: segment, main: true, from: 0, sound, head, lamport };
  return [line, ...record.branches.map((branch) => ({ ...branch, main: false }))];
};

/**
 * A copied home goes on from the same segment with another one: beside the line stands what is not, or does not lead back
 * to, the smallest id of those that say something.
 */
export const isBeside = (state: LogState, feed: FeedId, segment: SegmentId): boolean => {
  const { aside } = state.feed(feed);
  const numbers = new Set(aside.map((id) => state.segment(feed, id)?.number));
  if (numbers.size === 0) return false;
  for (let at: SegmentId | null = segment; at !== null;) {
    const here: SegmentRecord | undefined = state.segment(feed, at);
    if (here === undefined) return false;
    const id: SegmentId = at;
    const isSmallest = (): boolean => {
      const line = state
        .certificates(feed, here.number)
        .map(({ key }) => key.slice(28, 36) as SegmentId)
        .find((other) => {
          const beside = state.segment(feed, other);
          return beside !== undefined && sameSegment(beside.previous, here.previous) && longest(beside) > 0;
        });
      return line === undefined || equalBytes(line, id);
    };
    if (numbers.has(here.number) && !isSmallest()) return true;
    at = here.previous;
  }
  return false;
};
const sameSegment = (one: SegmentId | null, other: SegmentId | null): boolean =>
  one === null || other === null ? one === other : equalBytes(one, other);

/** The sound event at a place; in a forked segment the one of the named chain. */
export const eventAt = (state: LogState, place: Place): HeaderRow | undefined => {
  const segment = state.realSegment(place.feed, place.segment);
  const rows = soundAt(state, place.feed, segment, place.seq);
  if (rows.length <= 1 && equalBytes(segment, place.segment)) return rows[0];
  return rows.find((row) => {
    const chain = chainOf(state, row);
    return chain !== undefined && equalBytes(chain.id, place.segment);
  });
};

/** All sound events at a place: of one named by the segment's own id those of each chain. */
export const eventsAt = (state: LogState, place: Place): readonly HeaderRow[] => {
  const segment = state.realSegment(place.feed, place.segment);
  if (equalBytes(segment, place.segment)) return soundAt(state, place.feed, segment, place.seq);
  const row = eventAt(state, place);
  return row === undefined ? [] : [row];
};
/** The event at this seq in the chain of another one of its segment, which stands above it. */
export const belowOf = (state: LogState, above: HeaderRow, seq: number): EventId | undefined => {
  const { feed, segment } = above;
  if (seq >= above.seq) return undefined;
  if (state.segment(feed, segment)?.forked !== true) return state.lineRows(feed, segment, seq, seq + 1)[0]?.event;
  const record = state.segment(feed, segment);
  // From the chain that it stands in to the one which that leaves, and so on.
  for (let at: HeaderRow | undefined = above; at !== undefined && record !== undefined;) {
    const here: HeaderRow = at;
    const standing = chainOf(state, here);
    const chain = chainsIn(record, segment).find(({ id }) => standing !== undefined && equalBytes(id, standing.id));
    const first = chain === undefined ? here.seq : chain.from;
    const events = chain === undefined ? [here.event] : eventsOf(state, above, chain);
    if (seq >= first) return events[seq - first];
    const row = events[0] === undefined ? undefined : state.headerRow({ feed, segment, seq: first }, events[0]);
    at = row && state.headerRow({ feed, segment, seq: first - 1 }, state.headerOf(row).previous);
  }
  return undefined;
};

/** Events held without a hole, in the longest chain, counting what a stub stands for. */
const longest = (record: SegmentRecord): number => Math.max(record.stub?.count ?? 0, ...soundLengths(record));

/**
 * The first place a header names that is not held or stubbed; undefined when all are. A head counts when a sound event
 * with its Lamport time stands there in any chain: its author may not have known of a second one.
 */
export const missingOf = (state: LogState, header: Header): Place | undefined => {
  if (state.feed(header.charter.feed).charterCount <= header.charter.seq) {
    return { feed: header.charter.feed, segment: CHARTER_SEGMENT, seq: header.charter.seq };
  }
  if (header.end !== null && header.end.count > 0) {
    const record = state.segment(header.feed, header.end.segment);
    const last = { feed: header.feed, segment: header.end.segment, seq: header.end.count - 1 };
    const isShort = record === undefined || longest(record) < header.end.count;
    if (isShort && !isCrowded(state, header.feed)) return last;
  }
  return header.heads.find(
    (head) =>
      !(isVoid(state, header, head) || isHeld(state, head)) &&
      !(isCrowded(state, head.feed) && isLikely(state, header, head)),
  );
};
const isHeld = (state: LogState, head: Header['heads'][number]): boolean => {
  const segment = state.realSegment(head.feed, head.segment);
  const record = state.segment(head.feed, segment);
  if (record === undefined) return false;
  if (!record.forked && head.seq === record.sound - 1 && head.lamport === record.lamport) return true;
  const { stub } = record;
  if (stub !== null && head.seq < stub.count && head.lamport <= stub.lamport) return true;
  return soundAt(state, head.feed, segment, head.seq).some(({ lamport }) => lamport === head.lamport);
};

/**
 * Beyond a cut nothing is handed on, so whoever answered it before they knew of the removal would be heard by nobody else. Nor does a
 * place below it tell that what was meant is handed on: where a device contradicted itself another chain may be the line by now. So
 * what is named of a device that was taken out is taken as held, with the time that is said of it, whether it is here or not.
 */
const isVoid = (state: LogState, header: Header, head: Header['heads'][number]): boolean =>
  (state.device(head.feed)?.cuts.length ?? 0) > 0 && isLikely(state, header, head);
/**
 * A device that went on in as many ways as a frontier lists, and as count within a segment: another replica may hold others, and nobody
 * hands over the rest. What is named of such a device is taken as held, else it would keep others from being heard.
 */
export const isCrowded = (state: LogState, feed: FeedId): boolean => {
  const { aside } = state.feed(feed);
  const isPassed = (segment: SegmentId): boolean =>
    aside.some((other) => sameSegment(state.segment(feed, other)?.previous ?? null, segment));
  const beside = aside.filter(
    (segment) => (state.segment(feed, segment)?.sound ?? 0) > 0 && !isPassed(segment) && isBeside(state, feed, segment),
  );
  const branches = aside.reduce((sum, segment) => sum + (state.segment(feed, segment)?.branches.length ?? 0), 0);
  return branches + beside.length >= MAX_ASIDE;
};
const isLikely = (state: LogState, { feed, segment }: Header, head: Header['heads'][number]): boolean =>
  head.lamport < ((state.segment(feed, segment)?.number ?? 0) + 1) * LAMPORT_STEP;
/** A time that nothing here can check; more than this for each segment no device reaches honestly. */
export const LAMPORT_STEP = 2 ** 24;

/** 1 + the largest of what came before; anything else is void. */
export const lamportOf = (before: number, heads: Header['heads']): number =>
  1 + heads.reduce((most, { lamport }) => Math.max(most, lamport), before);

const waitPrefix = (state: LogState, feed: FeedId, segment: SegmentId): Uint8Array =>
  concat(state.conversation, Uint8Array.of(1), feed, segment);

/** Notes that a segment cannot go on before that place is held. */
export const waitFor = (state: LogState, place: Place, feed: FeedId, segment: SegmentId): void =>
  state.store.put(
    'waiting',
    concat(waitPrefix(state, place.feed, place.segment), uint32(place.seq), feed, segment),
    new Uint8Array(),
  );

/** Segments that waited for a place of this one; their notes go. */
export const wake = (
  state: LogState,
  feed: FeedId,
  segment: SegmentId,
): readonly { readonly feed: FeedId; readonly segment: SegmentId }[] => {
  const rows = state.store.scan('waiting', keysUnder(waitPrefix(state, feed, segment)));
  for (const { key } of rows) state.store.delete('waiting', key);
  return rows.map(({ key }) => ({ feed: key.slice(37, 45) as FeedId, segment: key.slice(45, 53) as SegmentId }));
};

/** The same for all places of a device: its cuts changed. */
export const wakeAll = (
  state: LogState,
  feed: FeedId,
): readonly { readonly feed: FeedId; readonly segment: SegmentId }[] => {
  const rows = state.store.scan('waiting', keysUnder(concat(state.conversation, Uint8Array.of(1), feed)));
  const segments = new Map(rows.map(({ key }) => [toHex(key.slice(25, 33)), key.slice(25, 33) as SegmentId]));
  return [...segments.values()].flatMap((segment) => wake(state, feed, segment));
};

export const placesInOrder = <P extends Place>(places: readonly P[]): readonly P[] =>
  places.toSorted((a, b) => compareBytes(a.feed, b.feed) || compareBytes(a.segment, b.segment) || a.seq - b.seq);
