// Frontiers made of what is held, and the difference between one's own replica and a peer's frontier.
import { compareBytes, concat, equalBytes, toHex } from '../bytes/index.ts';
import { encode } from '../codec/index.ts';
import { CHARTER_SEGMENT, NO_HASH, type EventId, type FeedId, type SegmentId } from '../identity/index.ts';
import { charterDigest, hasHole } from './charter-chain.ts';
import {
  frontierCodec,
  MAX_ASIDE,
  MAX_FRONTIER_FEEDS,
  MAX_RANGES,
  type FeedFrontier,
  type Frontier,
} from './frontier.ts';
import { chainOf, eventAt } from './places.ts';
import type { SegmentRecord } from './records.ts';
import type { LogState } from './state.ts';
import type { Differences, Place, PlaceRange } from './types.ts';

const NO_DIGEST = new Uint8Array(16);
const NO_PAST = new Uint8Array(8);

/** Events of a segment nobody needs to send any more, a stub's included. */
const lengthOf = (state: LogState, feed: FeedId, segment: SegmentId): number => {
  const record = state.segment(feed, segment);
  return record === undefined ? 0 : Math.min(heldOf(record), state.limit(feed, segment));
};
const heldOf = (record: SegmentRecord): number => Math.max(record.sound, record.stub?.count ?? 0);
const successor = (state: LogState, feed: FeedId, segment: SegmentId, record: SegmentRecord): SegmentId | undefined =>
  state.segmentsAt(feed, record.number + 1).find((id) => {
    const previous = state.segment(feed, id)?.previous;
    return previous != null && equalBytes(previous, segment);
  });

/** As far as the line of segments goes on from here without a hole. At a fork of lines the smaller id is the line. */
const follow = (state: LogState, feed: FeedId, from: SegmentId): SegmentId => {
  let at = from;
  for (;;) {
    const record = state.segment(feed, at);
    const next = record && successor(state, feed, at, record);
    if (next === undefined || lengthOf(state, feed, next) === 0) return at;
    at = next;
  }
};

/** Undefined when the end of a segment before is not known. Kept in the records until one of them changes. */
const pastOf = (state: LogState, feed: FeedId, segment: SegmentId): Uint8Array | undefined => {
  if (!isEndBeforeKnown(state, feed, segment)) return undefined;
  const unknown: SegmentId[] = [];
  let past: Uint8Array = NO_PAST;
  for (let at: SegmentId | null = segment; at !== null;) {
    const record = state.segment(feed, at);
    if (record === undefined) return undefined;
    if (record.past !== null) past = record.past;
    if (record.past !== null) break;
    unknown.push(at);
    at = record.previous;
  }
  for (const at of unknown.toReversed()) {
    const record = state.segment(feed, at);
    if (record === undefined) return undefined;
    if (record.previous !== null) {
      const before = state.segment(feed, record.previous);
      if (before === undefined) return undefined;
      // Whatever was cut off since: a frontier from before a removal still says what it said, within the cut.
      const length = heldOf(before);
      const named = endOf(before) ?? claimedEnd(state, feed, at);
      if (named === undefined || (endOf(before) === undefined && named > length)) return undefined;
      // The named end may stand in a branch that is longer than the line.
      const count = Math.min(named, length);
      const base = before.past ?? NO_PAST;
      past = state.crypto.hash(
        8,
        concat(base, record.previous, headAt(state, feed, record.previous, count) ?? NO_HASH),
      );
    }
    const before = record.previous === null ? undefined : state.segment(feed, record.previous);
    const sure = record.previous === null || (before !== undefined && endOf(before) !== undefined);
    if (sure) state.setSegment(feed, at, { ...record, past });
    else if (!equalBytes(at, segment)) return undefined;
  }
  return past;
};
/** Where the first event of the next segment is gone as well, as after purges, a stub says it. */
const endOf = (record: SegmentRecord): number | undefined => record.ended?.count ?? record.stub?.count;
/** Asked first: of a segment far ahead of what is here nothing else has to be looked at. */
const isEndBeforeKnown = (state: LogState, feed: FeedId, segment: SegmentId): boolean => {
  const record = state.segment(feed, segment);
  if (record === undefined || record.past !== null || record.previous === null) return record !== undefined;
  const before = state.segment(feed, record.previous);
  if (before !== undefined && endOf(before) !== undefined) return true;
  return record.top > 0 && (before === undefined || heldOf(before) > 0 || state.aheadOf(feed, segment) === undefined);
};
/** What the first event of a segment says of the one before, when it is held but does not count yet. */
const claimedEnd = (state: LogState, feed: FeedId, segment: SegmentId): number | undefined => {
  const [first] = state.headerRows(feed, segment, 0, 1, 1);
  return first && state.headerOf(first).end?.count;
};

/** The segment up to which nothing is missing; undefined when none is known. */
const positionOf = (state: LogState, feed: FeedId): SegmentId | undefined => {
  const { position } = state.feed(feed);
  const start = position ?? state.segmentsAt(feed, 0)[0];
  if (start === undefined) return undefined;
  const at = follow(state, feed, start);
  if (position === null || !equalBytes(at, position)) state.setFeed(feed, { ...state.feed(feed), position: at });
  return at;
};

/**
 * Anybody can put something at a place that nobody sealed. Of two that stand beside each other and do not follow each other one is
 * wrong, and nothing says which: neither is listed, so that whoever holds what is right hands it on. At the end that is sound it
 * is the one above.
 */
const heldBeyond = (state: LogState, feed: FeedId, segment: SegmentId, count: number): FeedFrontier['ranges'] => {
  const record = state.segment(feed, segment);
  // Of a forked segment a seq does not say which chain's event is held.
  if (record === undefined || record.forked || record.top <= count) return [];
  const rows = state.lineRows(feed, segment, count, record.top, MAX_SCAN);
  const follows = (i: number): boolean => {
    const [row, below] = [rows[i], rows[i - 1]];
    if (row === undefined) return true;
    const event = row.seq === record.sound ? record.head : below?.seq === row.seq - 1 ? below.event : undefined;
    return event === undefined || equalBytes(state.previousOf(row), event);
  };
  const ranges: { segment: SegmentId; from: number; to: number }[] = [];
  for (const [i, { seq }] of rows.entries()) {
    if (!follows(i) || !follows(i + 1)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && seq <= last.to) last.to = seq + 1;
    else if (ranges.length === MAX_RANGES) break;
    else ranges.push({ segment, from: seq, to: seq + 1 });
  }
  return ranges;
};
/** Rows looked at for ranges: beyond a hole a peer sends again what is not listed. */
const MAX_SCAN = 4096;

/** Segments without an event in a row that are looked over for ranges behind them. */
const MAX_EMPTY = 16;

const asideOf = (state: LogState, feed: FeedId, position: SegmentId): FeedFrontier['aside'] => {
  const found = new Map<string, FeedFrontier['aside'][number]>();
  const note = (segment: SegmentId, count: number, head: EventId | null): void => {
    if (count === 0 || head === null) return;
    const past = pastOf(state, feed, state.realSegment(feed, segment)) ?? NO_PAST;
    found.set(toHex(segment), { segment, count, head, past });
  };
  for (const segment of state.feed(feed).aside) {
    const record = state.segment(feed, segment);
    if (record === undefined) continue;
    for (const { id, sound, head } of record.branches) {
      const count = Math.min(sound, state.limit(feed, id));
      note(id, count, count === sound ? head : (eventAt(state, { feed, segment: id, seq: count - 1 })?.event ?? null));
    }
    const length = lengthOf(state, feed, segment);
    const isEnd = equalBytes(segment, position);
    if (!isEnd && record.ended !== null && length > record.ended.count)
      note(segment, length, headAt(state, feed, segment, length));
    if (isEnd || state.leadsBack(feed, position, segment)) continue;
    const end = follow(state, feed, segment);
    const reached = lengthOf(state, feed, end);
    note(end, reached, headAt(state, feed, end, reached));
  }
  return Array.from(found.values())
    .toSorted((a, b) => compareBytes(a.segment, b.segment))
    .slice(0, MAX_ASIDE);
};

const feedFrontier = (state: LogState, feed: FeedId): FeedFrontier => {
  const { charterCount, charterDigest } = state.feed(feed);
  const position = positionOf(state, feed);
  const charter = { feed, charterCount, charterDigest };
  if (position === undefined)
    return { ...charter, segment: null, count: 0, head: null, past: NO_PAST, ranges: [], aside: [] };
  const count = lengthOf(state, feed, position);
  const record = state.segment(feed, position);
  const ranges = [...heldBeyond(state, feed, position, record?.sound ?? 0)];
  // Segments after the position whose first events have not come. Of a history all certificates come first.
  let empty = 0;
  for (let at: SegmentId | undefined = position; at !== undefined && ranges.length < MAX_RANGES && empty < MAX_EMPTY;) {
    const of: SegmentRecord | undefined = state.segment(feed, at);
    at = of && successor(state, feed, at, of);
    if (at !== undefined && state.segment(feed, at)?.top === 0) empty++;
    else if (at !== undefined) ranges.push(...heldBeyond(state, feed, at, 0).slice(0, MAX_RANGES - ranges.length));
  }
  for (const run of state.ahead()) {
    const isListed = ranges.some(({ segment }) => equalBytes(segment, run.segment));
    if (equalBytes(run.feed, feed) && !isListed && ranges.length < MAX_RANGES)
      ranges.push({ segment: run.segment, from: run.from, to: run.to });
  }
  const head = count === 0 ? null : headAt(state, feed, position, count);
  return {
    ...charter,
    segment: position,
    count,
    head,
    past: pastOf(state, feed, position) ?? NO_PAST,
    ranges,
    aside: asideOf(state, feed, position),
  };
};

/** The id of the last event below `count` in the line of a segment. */
const headAt = (state: LogState, feed: FeedId, segment: SegmentId, count: number): EventId | null => {
  const record = state.segment(feed, segment);
  if (record === undefined || count === 0) return null;
  if (count === record.sound) return record.head;
  if (record.stub !== null && count === record.stub.count) return record.stub.head;
  return eventAt(state, { feed, segment, seq: count - 1 })?.event ?? null;
};

/** Of more than a frontier has room for those of one's own person's devices come first: anybody can let in very many of theirs. */
const listedFeeds = (state: LogState): readonly FeedId[] => {
  const speakers = state.speakers().toSorted(compareBytes);
  if (speakers.length <= MAX_FRONTIER_FEEDS) return speakers;
  const own = state.own();
  const rank = (feed: FeedId): number => {
    const device = state.device(feed);
    if (device === undefined || device.state === 'removed') return 2;
    return own !== undefined && equalBytes(device.member, own.member) ? 0 : 1;
  };
  const ranked = speakers.map((feed) => ({ feed, rank: rank(feed) })).toSorted((a, b) => a.rank - b.rank);
  return ranked
    .slice(0, MAX_FRONTIER_FEEDS)
    .map(({ feed }) => feed)
    .toSorted(compareBytes);
};

/** Feeds in the order of their bytes; the digest tells equal replicas by 16 bytes. */
export const frontierOf = (state: LogState): Frontier => {
  const feeds = listedFeeds(state).map((feed) => feedFrontier(state, feed));
  state.flush();
  const digest = state.crypto.hash(16, encode(frontierCodec, { digest: NO_DIGEST, base: 0, feeds }));
  return { digest, base: 0, feeds };
};

/**
 * What a person has read. Of a device that was taken out at a segment that is not here yet nothing counts for now, although it is
 * shown: read it is all the same, and the rest of it may count again once that segment has come.
 */
export const readFrontierOf = (state: LogState, frontier: Frontier): Frontier => {
  const feeds = frontier.feeds.map((one) => {
    const cuts = state.device(one.feed)?.cuts ?? [];
    const isOpen = cuts.some(
      ({ segment }) => segment !== null && state.segment(one.feed, state.realSegment(one.feed, segment)) === undefined,
    );
    const end = isOpen ? lastHeld(state, one.feed) : undefined;
    return end === undefined ? one : { ...one, ...end, ranges: [] };
  });
  if (feeds.every((one, i) => one === frontier.feeds[i])) return frontier;
  const digest = state.crypto.hash(16, encode(frontierCodec, { digest: NO_DIGEST, base: 0, feeds }));
  return { digest, base: 0, feeds };
};
/** Up to where all of a device is held, whatever cuts accept of it. */
const lastHeld = (
  state: LogState,
  feed: FeedId,
): Pick<FeedFrontier, 'segment' | 'count' | 'head' | 'past'> | undefined => {
  let end: { readonly segment: SegmentId; readonly count: number } | undefined;
  for (let at = state.segmentsAt(feed, 0)[0]; at !== undefined;) {
    const record: SegmentRecord | undefined = state.segment(feed, at);
    if (record === undefined || heldOf(record) === 0) break;
    end = { segment: at, count: heldOf(record) };
    at = successor(state, feed, at, record);
  }
  if (end === undefined) return undefined;
  return {
    ...end,
    head: headAt(state, feed, end.segment, end.count),
    past: pastOf(state, feed, end.segment) ?? NO_PAST,
  };
};

const emptyFrontier = (feed: FeedId): FeedFrontier => ({
  feed,
  charterCount: 0,
  charterDigest: new Uint8Array(8),
  segment: null,
  count: 0,
  head: null,
  past: NO_PAST,
  ranges: [],
  aside: [],
});
const theirsOf = (theirs: Frontier, feed: FeedId): FeedFrontier =>
  theirs.feeds.find((one) => equalBytes(one.feed, feed)) ?? emptyFrontier(feed);

/** How many events of the line of a segment that frontier covers. */
const coveredCount = (state: LogState, theirs: FeedFrontier, segment: SegmentId): number => {
  const { feed } = theirs;
  const noted = theirs.aside.find((one) => equalBytes(one.segment, segment));
  const ends = [
    ...(theirs.segment === null ? [] : [{ segment: theirs.segment, count: theirs.count }]),
    ...theirs.aside,
  ];
  const end = ends.find((one) => equalBytes(one.segment, segment));
  if (end !== undefined) return Math.max(end.count, noted?.count ?? 0);
  if (!ends.some((one) => state.leadsBack(feed, one.segment, segment))) return 0;
  const record = state.segment(feed, segment);
  // What is shown ahead of what names its end is covered with it.
  return record?.ended?.count ?? Math.max(lengthOf(state, feed, segment), state.aheadOf(feed, segment)?.to ?? 0);
};

/** True when the last event of a longer chain of theirs is held, in another chain than this one. Ours may go on beyond a cut. */
const standsElsewhere = (state: LogState, feed: FeedId, chain: SegmentId, count: number, head: EventId): boolean => {
  const row = state.headerRow({ feed, segment: state.realSegment(feed, chain), seq: count - 1 }, head);
  const standing = row && chainOf(state, row);
  return standing !== undefined && !equalBytes(standing.id, chain);
};
/** False when they follow another chain there than our line. */
const agrees = (state: LogState, theirs: FeedFrontier, segment: SegmentId): boolean => {
  const own = theirs.segment !== null && equalBytes(theirs.segment, segment) ? theirs : undefined;
  const end = own ?? theirs.aside.find((one) => equalBytes(one.segment, segment));
  if (end === undefined || end.head === null || end.count === 0) return true;
  if (lengthOf(state, theirs.feed, segment) < end.count) {
    // Their longer chain may go on from any of ours, unless they list the branches we know.
    const branches = state.segment(theirs.feed, segment)?.branches ?? [];
    const listed = branches.every(({ id }) => theirs.aside.some((one) => equalBytes(one.segment, id)));
    return listed && !standsElsewhere(state, theirs.feed, segment, end.count, end.head);
  }
  const head = headAt(state, theirs.feed, segment, end.count);
  return head === null || equalBytes(head, end.head);
};
const agreesInBranch = (
  state: LogState,
  feed: FeedId,
  { segment, count, head }: FeedFrontier['aside'][number],
): boolean => {
  const ours = eventAt(state, { feed, segment, seq: count - 1 });
  if (ours === undefined) return !standsElsewhere(state, feed, segment, count, head);
  return equalBytes(ours.event, head);
};
/** False when a segment before one of their ends ends differently here. Which one the digest does not tell. */
const agreesBefore = (state: LogState, theirs: FeedFrontier): boolean => {
  const ends =
    theirs.segment === null ? theirs.aside : [{ segment: theirs.segment, past: theirs.past }, ...theirs.aside];
  return ends.every((end) => {
    const past = pastOf(state, theirs.feed, state.realSegment(theirs.feed, end.segment));
    return past === undefined || equalBytes(past, end.past);
  });
};

const without = (
  range: PlaceRange,
  held: readonly { readonly from: number; readonly to: number }[],
): readonly PlaceRange[] => {
  const left: PlaceRange[] = [];
  let { from } = range;
  for (const hole of held.toSorted((a, b) => a.from - b.from)) {
    if (hole.from > from) left.push({ ...range, from, to: Math.min(hole.from, range.to) });
    from = Math.max(from, hole.to);
    if (from >= range.to) return left;
  }
  return from < range.to ? [...left, { ...range, from }] : left;
};

const lackedOf = (state: LogState, theirs: FeedFrontier): readonly PlaceRange[] => {
  const { feed } = theirs;
  const position = positionOf(state, feed);
  if (position === undefined) return [];
  const known = [theirs.segment, ...theirs.aside.map(({ segment }) => segment)].filter((id) => id !== null);
  const wanted = new Map<string, SegmentId>();
  const want = (segment: SegmentId): void => void wanted.set(toHex(segment), segment);
  const aside = asideOf(state, feed, position);
  const samePast = agreesBefore(state, theirs);
  for (const end of [position, ...aside.map(({ segment }) => segment)]) {
    if (state.segment(feed, end) === undefined) continue;
    for (let at: SegmentId | null = end; at !== null; at = state.segment(feed, at)?.previous ?? null) {
      const here = at;
      want(here);
      if (samePast && known.some((one) => state.leadsBack(feed, one, here))) break;
    }
  }
  // Oldest first, as they have to be taken.
  const segments = Array.from(wanted.values()).toSorted(
    (a, b) => (state.segment(feed, a)?.number ?? 0) - (state.segment(feed, b)?.number ?? 0) || compareBytes(a, b),
  );
  const lacked: PlaceRange[] = [];
  for (const segment of segments) {
    const to = lengthOf(state, feed, segment);
    const isTheirEnd = known.some((one) => equalBytes(one, segment));
    const disputed = !agrees(state, theirs, segment) || (!isTheirEnd && !samePast);
    const from = disputed ? 0 : coveredCount(state, theirs, segment);
    if (from >= to) continue;
    const held = theirs.ranges.filter((one) => equalBytes(one.segment, segment));
    const missing = without({ feed, segment, from, to }, held);
    // All events are there and still do not count: a seal was lost, and comes with any event.
    lacked.push(...(missing.length > 0 ? missing : [{ feed, segment, from: to - 1, to }]));
  }
  for (const { segment: id, count } of aside) {
    const real = state.realSegment(feed, id);
    if (equalBytes(real, id)) continue;
    const branch = state.segment(feed, real)?.branches.find((one) => equalBytes(one.id, id));
    const noted = theirs.aside.find((one) => equalBytes(one.segment, id));
    // A branch may fork in turn: with another event there, all of ours is new to them.
    const theirCount = noted === undefined || !agreesInBranch(state, feed, noted) ? 0 : noted.count;
    if (branch !== undefined && theirCount < count)
      lacked.push({ feed, segment: id, from: Math.max(branch.from, theirCount), to: count });
  }
  return lacked;
};

const wantedOf = (state: LogState, theirs: FeedFrontier): readonly PlaceRange[] => {
  const { feed } = theirs;
  const ends = [
    ...(theirs.segment === null ? [] : [{ segment: theirs.segment, count: theirs.count }]),
    ...theirs.aside,
  ];
  return ends.flatMap(({ segment, count }): PlaceRange[] => {
    const real = state.realSegment(feed, segment);
    const branch = state.segment(feed, real)?.branches.find((one) => equalBytes(one.id, segment));
    const mine = branch?.sound ?? lengthOf(state, feed, segment);
    // Beyond a cut we take nothing.
    const to = Math.min(count, state.device(feed) === undefined ? Infinity : state.limit(feed, segment));
    return mine < to ? [{ feed, segment, from: mine, to }] : [];
  });
};

/** True when theirs says of every feed what ours does, and both say all there is to say: nobody lacks anything. */
export const isSame = (state: LogState, ours: Frontier, theirs: Frontier): boolean =>
  ours.feeds.length === theirs.feeds.length &&
  ours.feeds.length === state.speakers().length &&
  ours.feeds.every((one, i) => isSameFeed(one, theirs.feeds[i] as FeedFrontier));
const isSameFeed = (ours: FeedFrontier, theirs: FeedFrontier): boolean =>
  ours.count === theirs.count &&
  ours.charterCount === theirs.charterCount &&
  // Of these only so many are listed.
  ours.ranges.length + theirs.ranges.length + ours.aside.length + theirs.aside.length === 0 &&
  equalBytes(ours.feed, theirs.feed) &&
  equalBytes(ours.charterDigest, theirs.charterDigest) &&
  equalBytes(ours.past, theirs.past) &&
  areEqual(ours.segment, theirs.segment) &&
  areEqual(ours.head, theirs.head);
const areEqual = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : equalBytes(a, b);

export const compare = (state: LogState, theirs: Frontier): Differences => {
  const theyLack: PlaceRange[] = [];
  const iLack: PlaceRange[] = [];
  const speakers = state.speakers();
  for (const feed of speakers) {
    const one = theirsOf(theirs, feed);
    const { charterCount, charterDigest: digest } = state.feed(feed);
    const segment = CHARTER_SEGMENT;
    if (charterCount > one.charterCount) {
      const isSame = equalBytes(charterDigest(state, feed, one.charterCount), one.charterDigest);
      theyLack.push({ feed, segment, from: isSame ? one.charterCount : 0, to: charterCount });
    } else if (charterCount < one.charterCount)
      iLack.push({ feed, segment, from: hasHole(state, feed) ? 0 : charterCount, to: one.charterCount });
    else if (!equalBytes(digest, one.charterDigest)) {
      // Two entries at one place: each hands over all it has.
      theyLack.push({ feed, segment, from: 0, to: charterCount });
      iLack.push({ feed, segment, from: 0, to: charterCount });
    }
    theyLack.push(...lackedOf(state, one));
    iLack.push(...wantedOf(state, one));
  }
  for (const one of theirs.feeds) {
    if (one.charterCount > 0 && !speakers.some((feed) => equalBytes(feed, one.feed))) {
      iLack.push({ feed: one.feed, segment: CHARTER_SEGMENT, from: 0, to: one.charterCount }, ...wantedOf(state, one));
    }
  }
  state.flush();
  return { theyLack, iLack };
};

/** Of a place that the line does not reach, or not yet: what stands there was written by a copy, and they have it in its branches. */
const coversBeside = (state: LogState, theirs: FeedFrontier, { feed, segment, seq }: Place): boolean => {
  const record = state.segment(feed, segment);
  if (record === undefined || seq < record.sound) return false;
  const there = record.branches.filter(({ from, sound }) => from <= seq && seq < sound);
  const isTheirs = (id: SegmentId): boolean =>
    theirs.aside.some((one) => equalBytes(one.segment, id) && seq < one.count && agreesInBranch(state, feed, one));
  return there.length > 0 && there.every(({ id }) => isTheirs(id));
};
export const covers = (state: LogState, theirs: Frontier, place: Place): boolean => {
  const one = theirsOf(theirs, place.feed);
  if (equalBytes(place.segment, CHARTER_SEGMENT)) return place.seq < one.charterCount;
  const noted = one.aside.find(({ segment }) => equalBytes(segment, place.segment));
  if (noted !== undefined && place.seq < noted.count) return true;
  const real = state.realSegment(place.feed, place.segment);
  if (!equalBytes(real, place.segment)) return false;
  if (coversBeside(state, one, place)) return true;
  const inLast = one.segment !== null && equalBytes(one.segment, place.segment);
  return (
    place.seq < coveredCount(state, one, place.segment) &&
    agrees(state, one, place.segment) &&
    (inLast || agreesBefore(state, one))
  );
};

/** The same for the end of a segment: what a publication waits for. */
export const coversEnd = (
  state: LogState,
  theirs: Frontier,
  feed: FeedId,
  segment: SegmentId,
  count: number,
): boolean => count === 0 || covers(state, theirs, { feed, segment, seq: count - 1 });
