// A subkey's private half, made public some time after its segment ended: from then on anyone can forge that segment, so
// what it says proves nothing (spec 04, "Publication").
import { equalBytes, toHex } from '../bytes/index.ts';
import { bytes, decode, encode, extensions, named, tuple, type Infer } from '../codec/index.ts';
import { feedIdCodec, segmentIdCodec, type EventId, type FeedId, type SegmentId } from '../identity/index.ts';
import { subkeyOf } from './objects.ts';
import { eventAt } from './places.ts';
import { FLAGS, type HeaderRow, type SegmentRecord } from './records.ts';
import { keptSeals } from './seals.ts';
import { DAY_MS, MINUTE_MS } from './shared-time.ts';
import type { LogState } from './state.ts';
import { sealedOf } from './tree.ts';
import type { Publication, PublicationQuestion, SegmentSeed } from './types.ts';

/** Long enough for everyone to hand on what nobody can have forged yet. */
export const PUBLISH_GRACE_MS = 7 * DAY_MS;

export const publishCodec = named(
  'publish',
  tuple({ feed: feedIdCodec, segment: segmentIdCodec, seed: bytes(32), extensions }),
);
export type Publish = Infer<typeof publishCodec>;

/** Is this seed the private half of that subkey? */
const makes = (state: LogState, seed: Uint8Array, subkey: Uint8Array): boolean =>
  equalBytes(subkeyOf(state.crypto, seed), subkey);
const isOfOnePerson = (state: LogState, one: FeedId, other: FeedId): boolean => {
  const member = state.device(one)?.member;
  const same = state.device(other)?.member;
  return member !== undefined && same !== undefined && equalBytes(member, same);
};

/** What a checked seal stands at or above. */
const sealedRows = (
  state: LogState,
  feed: FeedId,
  segment: SegmentId,
  { forked, sealed, top }: SegmentRecord,
): readonly HeaderRow[] => {
  if (!forked) return state.headerRows(feed, segment, 0, sealed);
  const nodes = state
    .headerRows(feed, segment, 0, top)
    .map((row) => ({ event: row.event, seq: row.seq, previous: state.previousOf(row) as EventId, row }));
  const checked = keptSeals(state, feed, segment, 0).filter((kept) => kept.checked);
  return sealedOf(nodes, new Set(checked.map(({ seal }) => toHex(seal.head)))).map(({ row }) => row);
};

/** What the segment's subkey became public by; undefined when nothing new did. `row`: the event that publishes it. */
export const takePublication = (state: LogState, content: Uint8Array, row: HeaderRow): Publish | undefined => {
  const publish = decode(publishCodec, content);
  if (publish === undefined) return undefined;
  const record = state.segment(publish.feed, publish.segment);
  if (record === undefined || record.published !== null) return undefined;
  if (!makes(state, publish.seed, record.subkey)) return undefined;
  const trusted = (row.flags & FLAGS.doubtful) === 0 && isOfOnePerson(state, row.feed, publish.feed);
  let { doubtful } = record;
  if (trusted && doubtful > 0) {
    // What came from the other side, and was sealed, before the key was public could not be forged.
    const { time } = state.headerOf(row);
    for (const old of sealedRows(state, publish.feed, publish.segment, record)) {
      if ((old.flags & FLAGS.doubtful) === 0 || old.receivedAt > time * MINUTE_MS) continue;
      state.putHeaderRow({ ...old, flags: old.flags & ~FLAGS.doubtful });
      doubtful -= 1;
    }
  }
  state.setSegment(publish.feed, publish.segment, { ...record, seed: publish.seed, published: row.lamport, doubtful });
  return publish;
};

/** Of one device, one after the other: what lies behind so many that are out is out as well. */
const MAX_OUT = 32;

type Waiting = readonly [SegmentSeed, SegmentRecord];
/** Ended segments of this device whose seed is not public, newest first. */
const ownWaiting = (state: LogState): readonly Waiting[] => {
  const own = state.own();
  const found: Waiting[] = [];
  let out = 0;
  const last = own?.current == null ? undefined : state.segment(own.feed, own.current);
  for (let at = last?.previous ?? null; own !== undefined && at !== null && out < MAX_OUT;) {
    const record = state.segment(own.feed, at);
    if (record === undefined) break;
    const { seed, published, previous } = record;
    // Another device of this person may have published a later one first.
    if (published !== null) out += 1;
    else if (seed !== null) found.push([{ feed: own.feed, segment: at, seed }, record]);
    at = previous;
  }
  return found;
};
/** The same of this person's other devices, as far as `self` told their seeds. */
const othersWaiting = (state: LogState, seeds: readonly SegmentSeed[]): readonly Waiting[] => {
  const own = state.own();
  return seeds.flatMap((one): Waiting[] => {
    if (own === undefined || equalBytes(one.feed, own.feed) || !isOfOnePerson(state, one.feed, own.feed)) return [];
    const record = state.segment(one.feed, one.segment);
    if (record === undefined || record.published !== null || !makes(state, one.seed, record.subkey)) return [];
    return [[one, record]];
  });
};

/** So many events back a word of another person is looked for: mostly it is not far. */
const LOOK_BACK = [8, 256];
/**
 * Minutes: what another person dated last before this end. A clock that was behind dates the end of what it wrote too early,
 * and set right again it would be past that end and the grace at once.
 */
const heardBefore = (state: LogState, feed: FeedId, segment: SegmentId, count: number): number => {
  const last = eventAt(state, { feed, segment, seq: count - 1 });
  if (last === undefined) return 0;
  let known = heard.get(state);
  if (known?.at !== state.changes()) heard.set(state, (known = { at: state.changes(), before: new Map() }));
  let time = known.before.get(last.lamport);
  if (time === undefined) known.before.set(last.lamport, (time = lookBack(state, feed, last.lamport)));
  return time;
};
/** What `heardBefore` found below a Lamport time, as long as the log stays as it is: days wait for weeks, and are asked about each hour. */
const heard = new WeakMap<LogState, { readonly at: number; readonly before: Map<number, number> }>();
const lookBack = (state: LogState, feed: FeedId, lamport: number): number => {
  for (const limit of LOOK_BACK) {
    const place = state.placesBelow(lamport, limit).find((one) => !isOfOnePerson(state, one.feed, feed));
    const row = place && state.headerRow(place, place.event);
    if (row !== undefined) return state.headerOf(row).time;
  }
  return 0;
};

/** Segments of this person whose time has come, of this device oldest first. */
export const duePublications = (
  state: LogState,
  covers: (
    frontier: PublicationQuestion['counterparts'][number],
    feed: FeedId,
    segment: SegmentId,
    count: number,
  ) => boolean,
  { now, counterparts, graceMs = PUBLISH_GRACE_MS, sharedTimeOk, seeds = [] }: PublicationQuestion,
): readonly Publication[] =>
  [...ownWaiting(state).toReversed(), ...othersWaiting(state, seeds)].flatMap(
    ([{ feed, segment, seed }, { ended }]): Publication[] => {
      // A running segment is its device's own affair: its seed is published by nobody before it has ended.
      if (ended === null) return [];
      const isDue = (minutes: number): boolean =>
        now >= minutes * MINUTE_MS + graceMs && sharedTimeOk(minutes * MINUTE_MS + graceMs);
      if (!isDue(ended.time)) return [];
      if (!counterparts.some((frontier) => covers(frontier, feed, segment, ended.count))) return [];
      if (!isDue(heardBefore(state, feed, segment, ended.count))) return [];
      return [{ feed, segment, content: encode(publishCodec, { feed, segment, seed, extensions: [] }) }];
    },
  );
