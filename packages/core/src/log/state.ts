// Typed access to what a log keeps. Records are read once and written at `flush`; `forget` drops them, since the engine's
// transaction may be rolled back. Long because every table of a log is read and written here and nowhere else.
import {
  compareBytes,
  concat,
  equalBytes,
  readUint48,
  toHex,
  toKey,
  uint32,
  uint48,
  writeUint32,
  writeUint48,
} from '../bytes/index.ts';
import { decode, encode } from '../codec/index.ts';
import {
  CHARTER_SEGMENT,
  evaluateCharter,
  NO_HASH,
  reopenEntry,
  type Charter,
  type Cut,
  type Device,
  type EventId,
  type FeedId,
  type MemberId,
  type OpenEntry,
  type SegmentId,
  type Word,
} from '../identity/index.ts';
import type { Row } from '../ports/index.ts';
import type { Frontier } from './frontier.ts';
import { MAX_HEADER_BYTES, readHeader, readPrevious, type Header } from './header.ts';
import {
  admittedRecord,
  aheadRecord,
  feedRecord,
  headerRowValue,
  ownRecord,
  judgedRecord,
  keysUnder,
  MAX_PROVEN,
  readHeaderRow,
  rowAt,
  readStanding,
  ROW_HEAD,
  segmentRecord,
  standingValue,
  type AheadRun,
  type Branch,
  type FeedRecord,
  type HeaderRow,
  type JudgedRecord,
  type OwnRecord,
  type SegmentRecord,
  type Standing,
} from './records.ts';
import type { KeyedContent } from './objects.ts';
import type { LogOptions } from './types.ts';

const ZEROS = new Uint8Array(8);
const ONES = new Uint8Array(8).fill(255);
/** Beside the list of members: what time-bound entries were judged by. */
const JUDGED = new Uint8Array(8).fill(254);
/** And what is shown ahead of what is below it. */
const AHEAD = new Uint8Array(8).fill(253);
const ENTRY_KEY_HASH = 28;
/** These take effect, or become final, when time has gone by. */
const isTimely = ({ act }: OpenEntry): boolean => act.type === 'remove' || act.type === 'recovery';

export interface KnownDevice extends Device {
  readonly member: MemberId;
}
interface Cached<T> {
  value: T;
  dirty: boolean;
}
interface CachedSegment extends Cached<SegmentRecord> {
  readonly key: Uint8Array;
}

/** A record of ours that does not read is a bug or a broken disk, never a peer's doing. */
const certain = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`the log's ${what} does not read`);
  return value;
};

export type LogState = ReturnType<typeof openState>;

export const openState = (options: LogOptions) => {
  const { store, crypto, conversation } = options;
  const segments = new Map<string, CachedSegment>();
  const feeds = new Map<string, Cached<FeedRecord> & { readonly feed: FeedId }>();
  let own: Cached<OwnRecord> | undefined;
  let charterNow:
    | {
        readonly charter: Charter;
        readonly devices: ReadonlyMap<string, KnownDevice>;
        readonly entries: readonly OpenEntry[];
        readonly speakers: readonly FeedId[];
      }
    | undefined;
  /** Of this call of `ingest` and the one before it, as what a packet brings often counts with the next one. */
  let fresh = newFresh();
  let lately = newFresh();
  /** The segments that lead up to a segment, by their numbers; what goes on from it shares its map. */
  const lines = new Map<string, Map<number, string>>();
  /** By feed and number. */
  const numbered = new Map<string, Map<number, readonly SegmentId[]>>();
  /** By feed and id; what was asked for last at the end. */
  const chains = new Map<string, KnownChain>();
  /** Rises with everything a frontier is made of, so that one made before may be told again. */
  let changes = 0;
  let frontier: { readonly at: number; readonly value: Frontier } | undefined;
  /** Seals of segments that were asked for lately, rising by key: a message asks for those of two segments again and again. */
  const seals = new Map<string, Row[]>();
  /** What is shown ahead, by segment; read once. */
  let ahead: ReadonlyMap<string, AheadRun> | undefined;
  let opened: { readonly segment: SegmentId; readonly time: number } | undefined;
  /** The store copies what it is given. */
  const scratch = new Uint8Array(ROW_HEAD + MAX_HEADER_BYTES);
  const scratchKey = new Uint8Array(HEADER_KEY_BYTES);

  const segmentKey = (feed: Uint8Array, segment: Uint8Array): Uint8Array => concat(conversation, feed, segment);
  const headerKey = (
    { feed, segment, seq }: Standing,
    event: EventId,
    key = new Uint8Array(HEADER_KEY_BYTES),
  ): Uint8Array => {
    key.set(conversation);
    key.set(feed, 16);
    key.set(segment, 24);
    writeUint32(key, 32, seq);
    key.set(event, 36);
    return key;
  };
  const orderKey = (lamport: number, event: EventId): Uint8Array => {
    const key = new Uint8Array(ORDER_KEY_BYTES);
    key.set(conversation);
    writeUint48(key, 16, lamport);
    key.set(event, 22);
    return key;
  };
  const nameOf = (feed: Uint8Array, segment: Uint8Array): string => toKey(feed) + toKey(segment);
  let lookedAt: { readonly feed: FeedId; readonly segment: SegmentId; readonly found: CachedSegment } | undefined;

  const readSegment = (feed: FeedId, segment: SegmentId): CachedSegment | undefined => {
    // One look at a segment follows the other, mostly with the same names in hand.
    if (feed === lookedAt?.feed && segment === lookedAt.segment) return lookedAt.found;
    const name = nameOf(feed, segment);
    const found = segments.get(name);
    if (found !== undefined) {
      lookedAt = { feed, segment, found };
      return found;
    }
    // Other records stand there, and anybody can name such a place.
    if (equalBytes(segment, CHARTER_SEGMENT) || equalBytes(feed, ZEROS)) return undefined;
    const key = segmentKey(feed, segment);
    const raw = store.get('segment', key);
    if (raw === undefined || raw.length === 8) return undefined;
    const cached = { key, value: certain(decode(segmentRecord, raw), 'segment record'), dirty: false };
    segments.set(name, cached);
    return cached;
  };

  const freshEvent = (event: EventId): FreshEvent | undefined => {
    const name = readUint48(event, 0);
    const found = fresh.events.get(name) ?? lately.events.get(name);
    return found !== undefined && equalBytes(found.row.event, event) ? found : undefined;
  };
  const sealsUnder = (segment: Uint8Array): Row[] => {
    const name = toKey(segment.slice(16));
    const known = seals.get(name);
    if (known !== undefined) return known;
    if (seals.size >= MAX_CACHED_SEALS) seals.clear();
    const rows = [...store.scan('seal', { from: segment, to: concat(segment, uint32(0xffffffff)) })];
    seals.set(name, rows);
    return rows;
  };
  const lineTo = (feed: FeedId, last: SegmentId): ReadonlyMap<number, string> => {
    const steps: { readonly name: string; readonly number: number; readonly segment: string }[] = [];
    let line: Map<number, string> | undefined;
    for (let at: SegmentId | null = last; at !== null;) {
      const name: string = nameOf(feed, at);
      line = lines.get(name);
      const record: SegmentRecord | undefined = line === undefined ? readSegment(feed, at)?.value : undefined;
      if (record === undefined) break;
      steps.push({ name, number: record.number, segment: toKey(at) });
      at = record.previous;
    }
    line ??= new Map();
    if (lines.size > MAX_CACHED_SEGMENTS) lines.clear();
    for (const { name, number, segment } of steps.toReversed()) {
      // Another segment went on from there before: a line of its own.
      if (line.has(number)) line = new Map([...line].filter(([other]) => other < number));
      line.set(number, segment);
      lines.set(name, line);
    }
    return line;
  };

  const aheadRuns = (): ReadonlyMap<string, AheadRun> => {
    if (ahead !== undefined) return ahead;
    const raw = store.get('segment', segmentKey(ZEROS, AHEAD));
    const runs = raw === undefined ? [] : certain(decode(aheadRecord, raw), 'list of what is shown ahead');
    return (ahead = new Map(runs.map((run) => [nameOf(run.feed, run.segment), run])));
  };

  const emptyFeed = (): FeedRecord => ({ charterCount: 0, charterDigest: ZEROS, position: null, tip: null, aside: [] });
  const readFeed = (feed: FeedId): Cached<FeedRecord> & { readonly feed: FeedId } => {
    const name = toKey(feed);
    const found = feeds.get(name);
    if (found !== undefined) return found;
    const raw = store.get('segment', segmentKey(feed, CHARTER_SEGMENT));
    const value = raw === undefined ? emptyFeed() : certain(decode(feedRecord, raw), 'feed record');
    const cached = { feed, value, dirty: false };
    feeds.set(name, cached);
    return cached;
  };

  const admitted = (): readonly MemberId[] => {
    const raw = store.get('segment', segmentKey(ZEROS, ONES));
    return raw === undefined ? [] : certain(decode(admittedRecord, raw), 'list of members');
  };
  const entriesUnder = (prefix: Uint8Array): readonly OpenEntry[] => {
    const rows = store.scan('entry', keysUnder(prefix));
    // Each was checked when it came, and lies in an encrypted database since.
    return rows.map(({ value }) => certain(reopenEntry(crypto, value.subarray(6)), 'charter entry'));
  };
  const judged = (): JudgedRecord => {
    const raw = store.get('segment', segmentKey(ZEROS, JUDGED));
    return raw === undefined ? { at: 0, words: [] } : certain(decode(judgedRecord, raw), 'time of judgement');
  };
  const setJudged = (value: JudgedRecord): void => {
    store.put('segment', segmentKey(ZEROS, JUDGED), encode(judgedRecord, value));
    charterNow = undefined;
    changes++;
  };
  const seenTimes = (): ReadonlyMap<string, number> => {
    const rows = store.scan('entry', keysUnder(conversation));
    return new Map(rows.map(({ key, value }) => [toHex(key.slice(ENTRY_KEY_HASH)), readUint48(value, 0)] as const));
  };
  const evaluate = (entries: readonly OpenEntry[], now: number | undefined): Charter => {
    const { words } = judged();
    const rules = { roots: options.roots, admitted: admitted(), proven: words.map(wordOf) };
    if (now === undefined || !entries.some(isTimely)) return evaluateCharter(entries, rules);
    return evaluateCharter(entries, { ...rules, now, seenAt: seenTimes() });
  };
  const authority = (): NonNullable<typeof charterNow> => {
    if (charterNow !== undefined) return charterNow;
    const entries = entriesUnder(conversation);
    const { at } = judged();
    const charter = evaluate(entries, at === 0 ? undefined : at);
    const devices = new Map<string, KnownDevice>();
    for (const member of charter.members) {
      for (const device of member.devices) devices.set(toKey(device.feed), { ...device, member: member.id });
    }
    const keys = charter.members.flatMap(({ recoveryKey, recoveries }) => [
      recoveryKey,
      ...recoveries.map(({ key }) => key),
    ]);
    const byWords = new Map(
      entries
        .filter(({ feed, entry }) => !devices.has(toKey(feed)) && keys.some((key) => equalBytes(key, entry.device)))
        .map(({ feed }) => [toHex(feed), feed] as const),
    );
    const speakers = [...Array.from(devices.values(), ({ feed }) => feed), ...byWords.values()];
    charterNow = { charter, devices, entries, speakers };
    return charterNow;
  };

  const state = {
    ...options,
    segmentKey,
    headerKey,
    orderKey,

    /** Undefined when no certificate of it is held. Also by the id of a branch: see `chainOf`. */
    segment: (feed: FeedId, segment: SegmentId): SegmentRecord | undefined => readSegment(feed, segment)?.value,
    setSegment(feed: FeedId, segment: SegmentId, value: SegmentRecord): void {
      const name = nameOf(feed, segment);
      changes++;
      const known = segments.get(name);
      if (known === undefined) segments.set(name, { key: segmentKey(feed, segment), value, dirty: true });
      else {
        known.value = value;
        known.dirty = true;
      }
    },
    /** The segment that has a branch of this id, else the id itself. */
    realSegment(feed: FeedId, segment: SegmentId): SegmentId {
      if (readSegment(feed, segment) !== undefined) return segment;
      const raw = equalBytes(feed, ZEROS) ? undefined : store.get('segment', segmentKey(feed, segment));
      return raw?.length === 8 ? (raw as SegmentId) : segment;
    },
    setBranch(feed: FeedId, branch: SegmentId, segment: SegmentId): void {
      changes++;
      store.put('segment', segmentKey(feed, branch), segment);
    },

    /** Keys (conversation, feed, segment, seq, hash of the seal) and rows, rising. */
    sealRows: (feed: FeedId, segment: SegmentId): readonly Row[] => sealsUnder(segmentKey(feed, segment)),
    putSealRow(key: Uint8Array, value: Uint8Array): void {
      const rows = sealsUnder(key.slice(0, SEGMENT_KEY_BYTES));
      store.put('seal', key, value);
      const at = rows.findLastIndex((row) => compareBytes(row.key, key) <= 0);
      const there = rows[at];
      rows.splice(at + 1, 0, { key, value });
      if (there !== undefined && equalBytes(there.key, key)) rows.splice(at, 1);
    },
    deleteSealRow(key: Uint8Array): void {
      const rows = sealsUnder(key.slice(0, SEGMENT_KEY_BYTES));
      store.delete('seal', key);
      const at = rows.findIndex((row) => equalBytes(row.key, key));
      if (at >= 0) rows.splice(at, 1);
    },

    feed: (feed: FeedId): FeedRecord => readFeed(feed).value,
    setFeed(feed: FeedId, value: FeedRecord): void {
      changes++;
      feeds.set(toKey(feed), { feed, value, dirty: true });
    },

    own(): OwnRecord | undefined {
      if (own !== undefined) return own.value;
      const raw = store.get('segment', segmentKey(ZEROS, CHARTER_SEGMENT));
      if (raw === undefined) return undefined;
      own = { value: certain(decode(ownRecord, raw), 'own record'), dirty: false };
      return own.value;
    },
    setOwn(value: OwnRecord): void {
      own = { value, dirty: true };
    },

    /** Charter entries of a feed in the order of their seq; all with undefined. */
    entries: (feed?: FeedId): readonly OpenEntry[] =>
      feed === undefined ? authority().entries : authority().entries.filter((open) => equalBytes(open.feed, feed)),
    hasEntry: (open: OpenEntry): boolean =>
      store.get('entry', concat(conversation, open.feed, uint32(open.entry.seq), open.hash)) !== undefined,
    /** When it came, in milliseconds; 0 when it is not here. */
    seenAt(open: OpenEntry): number {
      const raw = store.get('entry', concat(conversation, open.feed, uint32(open.entry.seq), open.hash));
      return raw === undefined ? 0 : readUint48(raw, 0);
    },
    putEntry(open: OpenEntry, seenAt: number): void {
      store.put(
        'entry',
        concat(conversation, open.feed, uint32(open.entry.seq), open.hash),
        concat(uint48(seenAt), open.bytes),
      );
      charterNow = undefined;
      changes++;
    },
    admitted,
    admit(member: MemberId): boolean {
      const before = admitted();
      if (before.some((id) => equalBytes(id, member))) return false;
      store.put('segment', segmentKey(ZEROS, ONES), encode(admittedRecord, [...before, member]));
      charterNow = undefined;
      changes++;
      return true;
    },
    charter: (): Charter => authority().charter,
    /** With finality: what was first seen when is the evidence. Not kept, since time goes on. */
    charterAt: (now: number): Charter => evaluate(authority().entries, now),
    isTimely: (): boolean => authority().entries.some(isTimely),
    /** Shared time of the last look: what is final by then is final in all that counts. 0: none yet. */
    judgedAt: (): number => judged().at,
    judgeAt: (at: number): void => setJudged({ ...judged(), at }),
    /** The words of this recovery key were entered here: nobody has to confirm it any more. */
    proveWords(member: MemberId, key: Uint8Array): void {
      const now = judged();
      setJudged({ ...now, words: [...now.words, { member, key }].slice(-MAX_PROVEN) });
    },
    device: (feed: FeedId): KnownDevice | undefined => authority().devices.get(toKey(feed)),
    devices: (): readonly KnownDevice[] => [...authority().devices.values()],
    /** Feeds whose charter entries may count: of devices, and of recovery keys that have signed something. */
    speakers: (): readonly FeedId[] => authority().speakers,

    /** How many events of a segment every cut of its device accepts. */
    limit(feed: FeedId, segment: SegmentId): number {
      const device = authority().devices.get(toKey(feed));
      if (device === undefined) return 0;
      let limit = Infinity;
      for (const cut of device.cuts) limit = Math.min(limit, state.limitOf(cut, segment));
      return limit;
    },
    /** Accepted are the segments that lead back from the cut's by the certificates' `previous`. */
    limitOf(cut: Cut, segment: SegmentId): number {
      if (cut.segment === null) return 0;
      if (equalBytes(cut.segment, segment)) return cut.count;
      const real = state.realSegment(cut.feed, cut.segment);
      if (equalBytes(real, segment)) {
        // The cut stands in a branch of it: accepted is what the branch shares.
        const left = cut.segment;
        return state.segment(cut.feed, real)?.branches.find(({ id }) => equalBytes(id, left))?.from ?? 0;
      }
      return state.leadsBack(cut.feed, real, segment) ? Infinity : 0;
    },
    /** True when `segment` is `later` or one that `later` leads back to. A certificate comes after the one it names. */
    leadsBack(feed: FeedId, later: SegmentId, segment: SegmentId): boolean {
      if (equalBytes(later, segment)) return state.segment(feed, segment) !== undefined;
      const number = state.segment(feed, segment)?.number;
      const end = state.segment(feed, later);
      if (number === undefined || end === undefined || number >= end.number) return false;
      return lineTo(feed, later).get(number) === toKey(segment);
    },

    headerRows(feed: FeedId, segment: SegmentId, from: number, to: number, limit?: number): readonly HeaderRow[] {
      const base = concat(conversation, feed, segment);
      const range = { from: concat(base, uint32(from)), to: concat(base, uint32(to)) };
      const rows = store.scan('header', limit === undefined ? range : { ...range, limit });
      return rows.map(({ key, value }) => readHeaderRow(key, value));
    },
    chainAt: (feed: FeedId, id: SegmentId): KnownChain | undefined => chains.get(nameOf(feed, id)),
    putChain(feed: FeedId, chain: KnownChain): void {
      const name = nameOf(feed, chain.id);
      chains.delete(name);
      chains.set(name, chain);
      const [oldest] = chains.keys();
      if (chains.size > MAX_CACHED_CHAINS && oldest !== undefined) chains.delete(oldest);
    },
    headerRow(at: Standing, event: EventId): HeaderRow | undefined {
      const value = store.get('header', headerKey(at, event, scratchKey));
      return value && rowAt(at, event, value);
    },
    putHeaderRow(row: HeaderRow): void {
      changes++;
      state.forgetRows(row);
      store.put('header', headerKey(row, row.event), headerRowValue(row));
    },
    dropHeaderRow(row: HeaderRow): void {
      changes++;
      state.forgetRows(row);
      store.delete('header', headerKey(row, row.event));
    },
    forgetRows({ feed, segment, event }: HeaderRow): void {
      const name = nameOf(feed, segment);
      for (const { rows, events } of [fresh, lately]) {
        rows.delete(name);
        events.delete(readUint48(event, 0));
      }
    },
    /** Of an event that is not held; answers its key and content as stored. */
    addEvent(row: HeaderRow, content: KeyedContent | undefined): Uint8Array | undefined {
      changes++;
      const key = headerKey(row, row.event, scratchKey);
      store.put('header', key, headerRowValue(row, scratch));
      store.put('event', concat(conversation, row.event), standingValue(row));
      if (content === undefined) return undefined;
      const stored = concat(content.key, content.content);
      store.put('content', key, stored);
      return stored;
    },
    /** What was just added, and checked: it is read at once, or with what comes next. */
    remember(row: HeaderRow, stored: Uint8Array | undefined): void {
      fresh.events.set(readUint48(row.event, 0), { row, stored });
      const name = nameOf(row.feed, row.segment);
      const run = fresh.rows.get(name) ?? lately.rows.get(name);
      const last = run?.at(-1);
      if (run === undefined || last === undefined || last.seq + 1 !== row.seq || run.length >= MAX_FRESH)
        fresh.rows.set(name, [row]);
      else {
        run.push(row);
        fresh.rows.set(name, run);
      }
    },
    /** The same of an own event: they come one by one, and each goes out with the next ones at the latest. */
    rememberOwn(row: HeaderRow, stored: Uint8Array | undefined): void {
      if (fresh.events.size >= MAX_FRESH_OWN) state.age();
      state.remember(row, stored);
    },
    /** One that came lately. */
    freshRow: (event: EventId): HeaderRow | undefined => freshEvent(event)?.row,
    /** The rows of a line that is not forked. */
    lineRows(feed: FeedId, segment: SegmentId, from: number, to: number, limit?: number): readonly HeaderRow[] {
      const name = nameOf(feed, segment);
      const run = fresh.rows.get(name) ?? lately.rows.get(name);
      const first = run?.[0]?.seq;
      return run !== undefined && first !== undefined && first <= from && first + run.length >= to
        ? run.slice(from - first, to - first)
        : state.headerRows(feed, segment, from, to, limit);
    },
    /** As stored: key and content. */
    content: (at: Standing, event: EventId): Uint8Array | undefined =>
      store.get('content', headerKey(at, event, scratchKey)),
    standing: (event: EventId): Uint8Array | undefined => store.get('event', concat(conversation, event)),

    headerOf: (row: HeaderRow): Header => row.opened ?? certain(readHeader(row.header), 'header'),
    previousOf: (row: HeaderRow): Uint8Array => row.opened?.previous ?? readPrevious(row.header),

    /** As stored: key and content. It is what its header says. */
    freshContent: (event: EventId): Uint8Array | undefined => freshEvent(event)?.stored,
    /** Something was purged. What came lately is views of the packets it came in, which may hold that as well. */
    forgetFresh(): void {
      fresh = newFresh();
      lately = newFresh();
    },
    /** A call of `ingest` begins. */
    age(): void {
      lately = fresh;
      fresh = newFresh();
    },

    ahead: (): readonly AheadRun[] => [...aheadRuns().values()],
    aheadOf(feed: FeedId, segment: SegmentId): AheadRun | undefined {
      const runs = aheadRuns();
      return runs.size === 0 ? undefined : runs.get(nameOf(feed, segment));
    },
    /** Another number when anything of the log has changed. */
    changes: (): number => changes,
    setAhead(runs: readonly AheadRun[]): void {
      const key = segmentKey(ZEROS, AHEAD);
      if (runs.length === 0) store.delete('segment', key);
      else store.put('segment', key, encode(aheadRecord, runs));
      ahead = undefined;
      changes++;
    },
    /** The last places of the order, newest first. */
    newestPlaces: (limit: number): readonly Standing[] =>
      store
        .scan('order', {
          from: orderKey(0, NO_HASH),
          to: concat(conversation, new Uint8Array(39).fill(255)),
          reverse: true,
          limit,
        })
        .map(({ value }) => readStanding(value)),
    /** The last events of the order below a Lamport time, newest first. */
    placesBelow: (lamport: number, limit: number): readonly (Standing & { readonly event: EventId })[] =>
      store
        .scan('order', { from: orderKey(0, NO_HASH), to: orderKey(lamport, NO_HASH), reverse: true, limit })
        .map(({ key, value }) => ({ ...readStanding(value), event: key.slice(22) as EventId })),

    /** Minutes: the time of the first event of a segment, which `find` finds; undefined while it is not held. */
    openedAt(segment: SegmentId, find: () => HeaderRow | undefined): number | undefined {
      if (opened !== undefined && equalBytes(opened.segment, segment)) return opened.time;
      const first = find();
      if (first === undefined) return undefined;
      const { time } = state.headerOf(first);
      opened = { segment: segment.slice() as SegmentId, time };
      return time;
    },

    /** Segments of a feed with this number: one, or several where a copy went on. */
    segmentsAt(feed: FeedId, number: number): readonly SegmentId[] {
      const name = toKey(feed);
      let known = numbered.get(name);
      if (known === undefined) numbered.set(name, (known = new Map()));
      let ids = known.get(number);
      if (ids === undefined) {
        ids = state.certificates(feed, number).map(({ key }) => key.slice(28, 36) as SegmentId);
        if (known.size > MAX_CACHED_SEGMENTS) known.clear();
        known.set(number, ids);
      }
      return ids;
    },
    putCertificate(feed: FeedId, number: number, segment: SegmentId, certificate: Uint8Array): void {
      changes++;
      numbered.get(toKey(feed))?.delete(number);
      store.put('certificate', concat(conversation, feed, uint32(number), segment), certificate);
    },
    /** All certificates of a feed with this number. */
    certificates: (feed: FeedId, number: number): readonly Row[] =>
      store.scan('certificate', keysUnder(concat(conversation, feed, uint32(number)))),

    /** Segments of a device by their certificates, rising by number. */
    segmentsFrom: (feed: FeedId, number: number): readonly SegmentId[] =>
      store
        .scan('certificate', {
          from: concat(conversation, feed, uint32(number)),
          to: concat(conversation, feed, uint32(0xffffffff)),
        })
        .map(({ key }) => key.slice(28, 36) as SegmentId),

    /** The frontier as `make` makes it, made again only after a change. */
    frontier(make: () => Frontier): Frontier {
      if (frontier?.at === changes) return frontier.value;
      const value = make();
      frontier = { at: changes, value };
      return value;
    },

    flush(): void {
      for (const entry of segments.values()) {
        if (!entry.dirty) continue;
        store.put('segment', entry.key, encode(segmentRecord, entry.value));
        entry.dirty = false;
      }
      for (const entry of feeds.values()) {
        if (!entry.dirty) continue;
        store.put('segment', segmentKey(entry.feed, CHARTER_SEGMENT), encode(feedRecord, entry.value));
        entry.dirty = false;
      }
      if (own?.dirty === true) {
        store.put('segment', segmentKey(ZEROS, CHARTER_SEGMENT), encode(ownRecord, own.value));
        own.dirty = false;
      }
      if (segments.size > MAX_CACHED_SEGMENTS) {
        segments.clear();
        lookedAt = undefined;
      }
    },
    forget(): void {
      segments.clear();
      lookedAt = undefined;
      feeds.clear();
      seals.clear();
      own = undefined;
      charterNow = undefined;
      ahead = undefined;
      changes++;
      fresh = newFresh();
      lately = newFresh();
      lines.clear();
      numbered.clear();
      chains.clear();
      opened = undefined;
    },
  };
  return state;
};
const wordOf = ({ member, key }: JudgedRecord['words'][number]): Word => ({ member: toHex(member), key });
/** A chain of a forked segment, with its events by seq from `from` on. */
export interface KnownChain extends Omit<Branch, 'lamport'> {
  readonly events: readonly (EventId | undefined)[];
}
/** Of two segments the line and all branches that count. */
const MAX_CACHED_CHAINS = 18;
/** What was just written is not read back. */
interface Fresh {
  /** By segment, rising by seq without a hole. */
  readonly rows: Map<string, HeaderRow[]>;
  /** By the beginning of the event id; of two that share it one is read back. With key and content, as stored. */
  readonly events: Map<number, FreshEvent>;
}
interface FreshEvent {
  readonly row: HeaderRow;
  readonly stored: Uint8Array | undefined;
}
const newFresh = (): Fresh => ({ rows: new Map(), events: new Map() });
/** Rows of one segment. */
const MAX_FRESH = 1024;
const MAX_FRESH_OWN = 32;
const HEADER_KEY_BYTES = 68;
const SEGMENT_KEY_BYTES = 32;
/** Segments whose seals are at hand. */
const MAX_CACHED_SEALS = 64;
const ORDER_KEY_BYTES = 54;
/**
 * About a kilobyte each; a client holds hundreds of logs, and few are years long. Of those all segments are asked for again
 * and again while a history comes.
 */
const MAX_CACHED_SEGMENTS = 2048;

export const emptySegment = (
  of: Pick<SegmentRecord, 'number' | 'previous' | 'subkey' | 'day' | 'seed'>,
): SegmentRecord => ({
  ...of,
  sound: 0,
  head: NO_HASH,
  lamport: 0,
  sealed: 0,
  top: 0,
  shown: 0,
  forked: false,
  branches: [],
  ended: null,
  published: null,
  past: null,
  contents: 0,
  doubtful: 0,
  stub: null,
});
