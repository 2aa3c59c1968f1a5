// What an own device says to be the newest of a conversation is shown before what is below it came (spec 04, "Shown ahead").
// It is as certified and sealed as anything; only what it names is not looked for yet, and it counts in nothing else.
import { compareBytes, equalBytes } from '../bytes/index.ts';
import type { FeedId, SegmentId } from '../identity/index.ts';
import { SIZE_CLASSES } from './content.ts';
import { readBrief, type Header } from './header.ts';
import { LAMPORT_STEP, lamportOf, missingOf } from './places.ts';
import type { Seal } from './objects.ts';
import { FLAGS, MAX_RUNS, standingValue, type AheadRun, type HeaderRow, type SegmentRecord } from './records.ts';
import { isGoodSeal, keptSeals } from './seals.ts';
import type { LogState } from './state.ts';
import type { Head, Place, PlaceRange } from './types.ts';

/** Bytes that are handed over before what is below them: they fit one packet. */
const MAX_NEWEST_BYTES = 65_536;
/** Events of one segment that are looked at: what is above a gap stays a few screens. */
const MAX_RUN = 1024;

/** Down from the newest checked seal, as far as events follow each other; rising by seq. */
const sealedRun = (state: LogState, feed: FeedId, segment: SegmentId, record: SegmentRecord): readonly HeaderRow[] => {
  const best = keptSeals(state, feed, segment, record.sound).findLast(
    (kept) => state.headerRow(kept.seal, kept.seal.head) !== undefined && isGoodSeal(state, record.subkey, kept),
  );
  if (best === undefined) return [];
  const rows: HeaderRow[] = [];
  let event = best.seal.head;
  for (let { seq } = best.seal; seq >= record.sound && rows.length < MAX_RUN; seq--) {
    const row = state.headerRow({ feed, segment, seq }, event);
    if (row === undefined) break;
    rows.push(row);
    event = state.headerOf(row).previous;
  }
  return rows.toReversed();
};

/** Is what it names held, or shown ahead as well? */
const isNamedHere = (state: LogState, header: Header): boolean => {
  const { feed, end, heads } = header;
  const isEndHere = end === null || (state.aheadOf(feed, end.segment)?.to ?? 0) >= end.count;
  return (
    (isEndHere || missingOf(state, { ...header, heads: [] }) === undefined) &&
    heads.every(
      (head) =>
        aheadAt(state, head)?.lamport === head.lamport ||
        missingOf(state, { ...header, end: null, heads: [head] }) === undefined,
    )
  );
};

/** May this event stand above the one before it, as far as that can be told without what it names? */
const stands = (state: LogState, row: HeaderRow, before: HeaderRow | undefined, record: SegmentRecord): boolean => {
  const { charter, heads } = state.headerOf(row);
  const lamport = before?.lamport ?? (row.seq === record.sound ? record.lamport : undefined);
  return (
    (row.flags & FLAGS.doubtful) === 0 &&
    state.feed(charter.feed).charterCount > charter.seq &&
    row.seq < state.limit(row.feed, row.segment) &&
    row.lamport < (record.number + 1) * LAMPORT_STEP &&
    (lamport === undefined || row.lamport === lamportOf(lamport, heads))
  );
};

/**
 * Answers what is shown now and was not before. An own device that has what is below them says that the events below `to` are the
 * newest. Others are shown only above those: else whoever names what nobody has would be answered by name, and that answer would
 * count nowhere.
 */
export const showAhead = (
  state: LogState,
  { feed, segment, to }: { readonly feed: FeedId; readonly segment: SegmentId; readonly to: number },
): readonly HeaderRow[] => {
  const record = state.segment(feed, segment);
  if (record === undefined || record.forked || record.sound >= record.top) return [];
  const run = sealedRun(state, feed, segment, record);
  const known = state.aheadOf(feed, segment);
  const isShown = ({ seq }: HeaderRow): boolean => known !== undefined && seq >= known.from && seq < known.to;
  const follows = (row: HeaderRow): boolean =>
    row.seq === record.sound && equalBytes(state.headerOf(row).previous, record.head);
  const wrong = run.findIndex((row, i) => {
    const isAbove =
      row.seq < to || isShown(row) || ((i > 0 || follows(row)) && isNamedHere(state, state.headerOf(row)));
    return !isAbove || !stands(state, row, run[i - 1], record);
  });
  const rows = wrong < 0 ? run : run.slice(0, wrong);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return [];
  const runs = state.ahead();
  // One run of a segment, without a hole: frontiers say that all of it is held.
  if (known === undefined ? runs.length >= MAX_RUNS : first.seq >= known.to || last.seq < known.from) return [];
  const isLast = known === undefined || last.seq + 1 > known.to;
  const next: AheadRun = {
    feed,
    segment,
    from: Math.min(first.seq, known?.from ?? first.seq),
    to: isLast ? last.seq + 1 : known.to,
    lamport: isLast ? last.lamport : known.lamport,
  };
  state.setAhead([...runs.filter((one) => one !== known), next]);
  return rows.filter((row) => {
    const key = state.orderKey(row.lamport, row.event);
    if (state.store.get('order', key) !== undefined) return false;
    state.store.put('order', key, standingValue(row));
    return true;
  });
};

/** Does this seal stand above something that is shown ahead? */
export const isAboveAhead = (state: LogState, seal: Seal): boolean => {
  const runs = state.ahead();
  const lamport = runs.length === 0 ? undefined : state.headerRow(seal, seal.head)?.lamport;
  return lamport !== undefined && runs.some((run) => lamport > run.lamport);
};

/** Its segment turned out not to go on like that: what was shown ahead of it is not any more. */
export const withdrawAhead = (state: LogState, feed: FeedId, segment: SegmentId): readonly HeaderRow[] => {
  const run = state.aheadOf(feed, segment);
  if (run === undefined) return [];
  state.setAhead(state.ahead().filter((one) => one !== run));
  const { sound } = state.segment(feed, segment) ?? { sound: 0 };
  return state.headerRows(feed, segment, Math.max(run.from, sound), run.to).filter((row) => {
    const key = state.orderKey(row.lamport, row.event);
    if (state.store.get('order', key) === undefined) return false;
    state.store.delete('order', key);
    return true;
  });
};

/** Runs that are sound by now, or beyond a cut, are ahead no more. */
export const settleAhead = (state: LogState): void => {
  const runs = state.ahead();
  const left = runs.filter(({ feed, segment, from, to }) => {
    const record = state.segment(feed, segment);
    return record !== undefined && !record.forked && record.sound < to && from < state.limit(feed, segment);
  });
  if (left.length < runs.length) state.setAhead(left);
};

/** What is shown ahead at a place. */
export const aheadAt = (state: LogState, { feed, segment, seq }: Place): HeaderRow | undefined => {
  const run = state.aheadOf(feed, segment);
  return run !== undefined && seq >= run.from && seq < run.to
    ? state.headerRows(feed, segment, seq, seq + 1, 1)[0]
    : undefined;
};
/** The newest event shown of a feed, for those who answer it. */
export const newestOf = (state: LogState, feed: FeedId): Head | null => {
  let newest: Head | null = state.feed(feed).tip;
  for (const { segment, to, lamport, feed: of } of state.ahead()) {
    if (equalBytes(of, feed) && (newest === null || lamport > newest.lamport))
      newest = { feed, segment, seq: to - 1, lamport };
  }
  return newest;
};
/** The first one in the order that is shown ahead. */
export const firstAhead = (state: LogState): HeaderRow | undefined => {
  const rows = state.ahead().flatMap(({ feed, segment, from, to }) => {
    const sound = state.segment(feed, segment)?.sound ?? 0;
    return state.headerRows(feed, segment, Math.max(from, sound), to, 1);
  });
  return rows.toSorted((a, b) => a.lamport - b.lamport || compareBytes(a.event, b.event))[0];
};

/**
 * Of what a replica lacks, first what it may show ahead of the rest: at most so many of the newest events of the
 * conversation, and nothing where all of it is as little.
 */
export const newestFirst = (
  state: LogState,
  lacking: readonly PlaceRange[],
  most: number,
): { readonly newest: readonly PlaceRange[]; readonly rest: readonly PlaceRange[] } => {
  const none = { newest: [], rest: lacking };
  if (lacking.reduce((sum, { from, to }) => sum + to - from, 0) <= most) return none;
  /** From where on the end of a range goes first. */
  const cuts = new Map<PlaceRange, number>();
  let bytes = 0;
  for (const { feed, segment, seq } of state.newestPlaces(most)) {
    const record = state.segment(feed, segment);
    if (record === undefined || record.forked) continue;
    // This replica waits for what is below it as well.
    if (seq >= record.sound) return none;
    const [row] = state.headerRows(feed, segment, seq, seq + 1, 1);
    bytes += row === undefined ? 0 : row.header.length + (SIZE_CLASSES[readBrief(row.header)?.sizeClass ?? 0] ?? 0);
    if (bytes > MAX_NEWEST_BYTES && cuts.size > 0) break;
    const range = lacking.find(
      ({ from, to, ...of }) => seq >= from && seq < to && equalBytes(of.segment, segment) && equalBytes(of.feed, feed),
    );
    if (range !== undefined) cuts.set(range, Math.min(seq, cuts.get(range) ?? seq));
  }
  return {
    newest: Array.from(cuts, ([range, from]) => ({ ...range, from })),
    rest: lacking.flatMap((range) => {
      const to = cuts.get(range) ?? range.to;
      return to > range.from ? [{ ...range, to }] : [];
    }),
  };
};
