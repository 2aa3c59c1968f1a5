// Carries what is held on to sound: chained from seq 0, sealed, Lamport time right, every named place sound or stubbed.
// Sound only grows with what is held; valid is sound inside every cut; shown is what the order has.
import { equalBytes, toKey } from '../bytes/index.ts';
import { CHARTER_SEGMENT, NO_HASH, type FeedId, type SegmentId } from '../identity/index.ts';
import { withdrawAhead } from './ahead.ts';
import { PUBLISH_KIND, type Header } from './header.ts';
import { dropIfEmpty } from './order.ts';
import { isCrowded, lamportOf, missingOf, waitFor, wake, wakeAll } from './places.ts';
import { takePublication } from './publication.ts';
import { FLAGS, MAX_BRANCHES, standingValue, type Branch, type HeaderRow, type SegmentRecord } from './records.ts';
import { isGoodSeal, keptSeals } from './seals.ts';
import type { LogState } from './state.ts';
import { chainsOf, sealedOf, type Node } from './tree.ts';
import type { Refusal } from './types.ts';

/** What one call of the log does, gathered for its answer. */
export interface Work {
  readonly todo: { readonly feed: FeedId; readonly segment: SegmentId }[];
  readonly shown: HeaderRow[];
  /** Shown ahead before, and sound now; and those that are shown ahead no more. */
  readonly settled: HeaderRow[];
  readonly withdrawn: HeaderRow[];
  readonly published: { readonly feed: FeedId; readonly segment: SegmentId }[];
  readonly refused: Map<Refusal, number>;
  readonly feeds: Map<string, FeedId>;
  /** A cut names a segment, or a branch, that is here only now: what it accepts reaches further. */
  cutsCame: boolean;
  /** The cuts of a device are others than before. */
  cutsChanged: boolean;
}
export const newWork = (): Work => ({
  todo: [],
  shown: [],
  settled: [],
  withdrawn: [],
  published: [],
  refused: new Map(),
  feeds: new Map(),
  cutsCame: false,
  cutsChanged: false,
});
export const refuse = (work: Work, reason: Refusal): void =>
  void work.refused.set(reason, (work.refused.get(reason) ?? 0) + 1);

export const settle = (state: LogState, work: Work): void => {
  for (let next = work.todo.pop(); next !== undefined; next = work.todo.pop()) {
    const record = state.segment(next.feed, next.segment);
    if (record === undefined) continue;
    if (record.forked) settleTree(state, work, next.feed, next.segment, record);
    else settleLine(state, work, next.feed, next.segment, record);
  }
};

/** Undefined when the event may stand on `lamport` as the time before it. */
const objection = (state: LogState, header: Header, lamport: number): 'lamport' | ReturnType<typeof missingOf> =>
  header.lamport === lamportOf(lamport, header.heads) ? missingOf(state, header) : 'lamport';

const settleLine = (state: LogState, work: Work, feed: FeedId, segment: SegmentId, record: SegmentRecord): void => {
  const seals = record.sealed < record.top ? keptSeals(state, feed, segment, Math.max(0, record.sealed - 1)) : [];
  const usable = seals.filter(({ seal }) => seal.seq >= record.sealed && seal.seq < record.top);
  if (usable.length === 0 && record.sealed <= record.sound) return;
  const line: HeaderRow[] = [];
  let head = record.head;
  for (const row of state.lineRows(feed, segment, record.sound, record.top)) {
    if (row.seq !== record.sound + line.length || !equalBytes(state.headerOf(row).previous, head)) break;
    line.push(row);
    head = row.event;
  }
  const stands = (seq: number, event: Uint8Array): boolean => {
    const row = line[seq - record.sound];
    return row !== undefined && equalBytes(row.event, event);
  };
  const best = usable.toReversed().find((kept) => {
    if (!stands(kept.seal.seq, kept.seal.head)) return false;
    const good = isGoodSeal(state, record.subkey, kept);
    if (!good) refuse(work, 'signature');
    return good;
  });
  const sealed = best === undefined ? record.sealed : best.seal.seq + 1;
  // One checked seal is enough for all below it.
  if (best !== undefined) {
    for (const { key, checked, seal } of seals) {
      if (seal.seq < best.seal.seq && (checked || stands(seal.seq, seal.head))) state.deleteSealRow(key);
    }
  }
  let { sound, lamport } = record;
  let isWrong = false;
  for (const row of line.slice(0, Math.max(0, sealed - record.sound))) {
    const against = objection(state, state.headerOf(row), lamport);
    if (against === 'lamport') {
      refuse(work, 'lamport');
      isWrong = true;
    } else if (against !== undefined) waitFor(state, against, feed, segment);
    if (against !== undefined) break;
    sound += 1;
    lamport = row.lamport;
  }
  const last = line[sound - record.sound - 1];
  state.setSegment(feed, segment, { ...record, sound, lamport, sealed, head: last?.event ?? record.head });
  if (isWrong) work.withdrawn.push(...withdrawAhead(state, feed, segment));
  if (last !== undefined) grown(state, work, feed, segment, line.slice(0, sound - record.sound));
};

type Held = Node & { readonly row: HeaderRow; readonly header: Header };

const settleTree = (state: LogState, work: Work, feed: FeedId, segment: SegmentId, record: SegmentRecord): void => {
  const nodes = state.headerRows(feed, segment, 0, record.top).map((row): Held => {
    const header = state.headerOf(row);
    return { event: row.event, seq: row.seq, previous: header.previous, row, header };
  });
  const ids = new Set(nodes.map(({ event, seq }) => `${toKey(event)}${seq}`));
  const heads = new Set<string>();
  for (const kept of keptSeals(state, feed, segment, 0)) {
    if (!ids.has(`${toKey(kept.seal.head)}${kept.seal.seq}`)) continue;
    if (isGoodSeal(state, record.subkey, kept)) heads.add(toKey(kept.seal.head));
    else refuse(work, 'signature');
  }
  dropCovered(state, feed, segment, nodes, heads);
  const lamports = new Map<string, number>();
  const sealed = sealedOf(nodes, heads);
  // What waits, and what is void, is no branch: it would leave no room for one that counts.
  const sound = sealed.filter(({ row, header, previous }) => {
    const before = row.seq === 0 ? 0 : lamports.get(toKey(previous));
    if (before === undefined) return false;
    const against = objection(state, header, before);
    if (against === 'lamport') refuse(work, 'lamport');
    else if (against !== undefined) waitFor(state, against, feed, segment);
    if (against !== undefined) return false;
    lamports.set(toKey(row.event), row.lamport);
    return true;
  });
  const [line, ...branches] = chainsOf(state.crypto, segment, sound, MAX_BRANCHES);
  const last = line?.nodes.at(-1)?.row;
  const isMore = sealed.some(
    ({ event, previous }) => !lamports.has(toKey(event)) && equalBytes(previous, last?.event ?? NO_HASH),
  );
  const kept = branches.flatMap(({ id, nodes: own }): Branch[] => {
    const [first] = own;
    const end = own.at(-1)?.row;
    if (first === undefined || end === undefined) return [];
    return [{ id, from: first.seq, sound: end.seq + 1, head: end.event, lamport: end.lamport }];
  });
  const known = new Set(record.branches.map(({ id }) => toKey(id)));
  const came: SegmentId[] = [];
  for (const { id } of kept) {
    if (known.has(toKey(id))) continue;
    state.setBranch(feed, id, segment);
    work.todo.push(...wake(state, feed, id));
    came.push(id);
  }
  state.setSegment(feed, segment, {
    ...record,
    sound: line?.nodes.length ?? 0,
    head: last?.event ?? NO_HASH,
    lamport: last?.lamport ?? 0,
    sealed: (line?.nodes.length ?? 0) + (isMore ? 1 : 0),
    branches: kept,
  });
  // A fork of what nobody sealed is none, and would leave no room for one that counts.
  if (kept.length > 0) addAside(state, feed, segment);
  const own = state.own();
  if (own?.current != null && equalBytes(own.feed, feed) && equalBytes(own.current, segment))
    state.setOwn({ ...own, startNew: true });
  const all = [line, ...branches].flatMap((chain) => chain?.nodes.map(({ row }) => row) ?? []);
  const now = state.segment(feed, segment);
  const names = ({ head, branches: ends }: SegmentRecord): string =>
    [head, ...ends.map((branch) => branch.head)].map(toKey).join();
  // Only what changed wakes others: two forked segments that wait for each other would never rest.
  if (now !== undefined && names(now) !== names(record)) grown(state, work, feed, segment, all);
  else show(state, work, feed, segment, all);
  for (const id of came) cutCame(state, work, feed, id);
};

/** Of the checked seals of a chain the highest is enough. `heads`: what checked seals stand on. */
const dropCovered = (
  state: LogState,
  feed: FeedId,
  segment: SegmentId,
  nodes: readonly Held[],
  heads: ReadonlySet<string>,
): void => {
  const below = new Set<string>();
  for (const { event, previous } of nodes.toReversed()) {
    const name = toKey(event);
    if (heads.has(name) || below.has(name)) below.add(toKey(previous));
  }
  for (const { key, checked, seal } of keptSeals(state, feed, segment, 0)) {
    if (checked && below.has(toKey(seal.head))) state.deleteSealRow(key);
  }
};

/** What follows from events that are sound now. In a forked segment these are all of them, again. */
const grown = (state: LogState, work: Work, feed: FeedId, segment: SegmentId, rows: readonly HeaderRow[]): void => {
  let newest = rows[0];
  for (const row of rows) if (newest === undefined || row.lamport > newest.lamport) newest = row;
  const { tip } = state.feed(feed);
  if (newest !== undefined && (tip === null || newest.lamport > tip.lamport)) {
    state.setFeed(feed, { ...state.feed(feed), tip: { feed, segment, seq: newest.seq, lamport: newest.lamport } });
  }
  lookAgain(state, feed, segment);
  for (const row of rows) {
    if (row.seq === 0) noteEnd(state, work, state.headerOf(row));
    publishFrom(state, work, row);
  }
  const { ended, sound = 0 } = state.segment(feed, segment) ?? { ended: null };
  if (ended !== null && sound > ended.count) addAside(state, feed, segment);
  work.todo.push(...(isCrowded(state, feed) ? wakeAll(state, feed) : wake(state, feed, segment)));
  show(state, work, feed, segment, rows);
};

const noteEnd = (state: LogState, work: Work, { feed, end, time }: Header): void => {
  if (end === null || !setEnd(state, feed, end.segment, { count: end.count, time })) return;
  if (state.segment(feed, end.segment)?.published !== null) reshow(state, work, feed, end.segment);
};

/** Of two lines that go on from one segment the larger count stands. False when nothing changed. */
export const setEnd = (
  state: LogState,
  feed: FeedId,
  segment: SegmentId,
  ended: NonNullable<SegmentRecord['ended']>,
): boolean => {
  const before = state.segment(feed, segment);
  if (before === undefined || (before.ended !== null && before.ended.count >= ended.count)) return false;
  state.setSegment(feed, segment, { ...before, ended });
  lookAgain(state, feed, segment);
  if (before.sound > ended.count) addAside(state, feed, segment);
  return true;
};

/** What segments after this one say of the past is found anew. */
const lookAgain = (state: LogState, feed: FeedId, segment: SegmentId): void => {
  const changed = state.segment(feed, segment);
  if (changed === undefined) return;
  // It is kept of a segment only when it is of those before it.
  for (let number = changed.number + 1, more = true; more; number++) {
    more = false;
    for (const id of state.segmentsAt(feed, number)) {
      const record = state.segment(feed, id);
      if (record === undefined || record.past === null) continue;
      state.setSegment(feed, id, { ...record, past: null });
      more = true;
    }
  }
};

/** What a device's segments say of the past and of what counts is found anew: it came, or its cuts changed. */
export const forgetLine = (state: LogState, feed: FeedId): void => {
  state.setFeed(feed, { ...state.feed(feed), position: null });
  for (const id of state.segmentsFrom(feed, 0)) {
    const record = state.segment(feed, id);
    if (record !== undefined && record.past !== null) state.setSegment(feed, id, { ...record, past: null });
  }
};

/** Acts on an event of kind `publish` once it is sound and its content is here. */
export const publishFrom = (state: LogState, work: Work, row: HeaderRow): void => {
  if (state.headerOf(row).contentKind !== PUBLISH_KIND) return;
  const content = state.content(row, row.event);
  if (content === undefined) return;
  const publish = takePublication(state, content.subarray(32), row);
  if (publish === undefined) return;
  work.published.push({ feed: publish.feed, segment: publish.segment });
  reshow(state, work, publish.feed, publish.segment);
  dropIfEmpty(state, publish.feed, publish.segment);
};

export const addAside = (state: LogState, feed: FeedId, segment: SegmentId): void => {
  const record = state.feed(feed);
  if (record.aside.some((id) => equalBytes(id, segment)) || record.aside.length >= MAX_ASIDE_KEPT) return;
  state.setFeed(feed, { ...record, aside: [...record.aside, segment] });
};
const MAX_ASIDE_KEPT = 64;

/** A published segment can be forged: what only the other side handed over does not displace or prolong what is known better. */
const isHidden = (state: LogState, record: SegmentRecord, row: HeaderRow): boolean => {
  if (record.published === null || (row.flags & FLAGS.doubtful) === 0) return false;
  if (state.kind === 'group' || state.kind === 'room') return true;
  if (record.ended !== null && row.seq >= record.ended.count) return true;
  if (!record.forked) return false;
  return state
    .headerRows(row.feed, row.segment, row.seq, row.seq + 1)
    .some((other) => (other.flags & FLAGS.doubtful) === 0 && inSound(state, other));
};
const inSound = (state: LogState, row: HeaderRow): boolean =>
  state.store.get('order', state.orderKey(row.lamport, row.event)) !== undefined;

const show = (state: LogState, work: Work, feed: FeedId, segment: SegmentId, rows: readonly HeaderRow[]): void => {
  const record = state.segment(feed, segment);
  if (record === undefined) return;
  // Sure ones first: what they displace is judged against them.
  const ordered = record.forked
    ? rows.toSorted((a, b) => (a.flags & FLAGS.doubtful) - (b.flags & FLAGS.doubtful))
    : rows;
  const lineLimit = state.limit(feed, segment);
  const isAhead = state.aheadOf(feed, segment) !== undefined;
  for (const row of ordered) {
    const limit = record.forked ? branchLimit(state, record, row, lineLimit) : lineLimit;
    const key = state.orderKey(row.lamport, row.event);
    const there = (record.forked || isAhead || row.seq < record.shown) && state.store.get('order', key) !== undefined;
    if (isHidden(state, record, row)) {
      if (there) state.store.delete('order', key);
    } else if (!there && row.seq < limit) {
      state.store.put('order', key, standingValue(row));
      work.shown.push(row);
    } else if (isAhead && row.seq >= record.shown && row.seq < limit) work.settled.push(row);
  }
  state.setSegment(feed, segment, { ...record, shown: Math.max(record.shown, Math.min(record.sound, lineLimit)) });
};

const branchLimit = (state: LogState, record: SegmentRecord, row: HeaderRow, lineLimit: number): number => {
  if (state.device(row.feed)?.cuts.length === 0) return Infinity;
  const branch = record.branches.find((one) => row.seq >= one.from && row.seq < one.sound && isUnder(state, one, row));
  return branch === undefined ? lineLimit : state.limit(row.feed, branch.id);
};
const isUnder = (state: LogState, branch: Branch, row: HeaderRow): boolean => {
  let { head } = branch;
  for (let seq = branch.sound - 1; seq > row.seq; seq--) {
    const above = state.headerRow({ feed: row.feed, segment: row.segment, seq }, head);
    if (above === undefined) return false;
    head = state.headerOf(above).previous;
  }
  return equalBytes(head, row.event);
};

/** Judges the order of a whole segment again: its cut, its publication or what vouches for it changed. */
export const reshow = (state: LogState, work: Work, feed: FeedId, segment: SegmentId): void => {
  const record = state.segment(feed, segment);
  if (record === undefined) return;
  if (record.forked) work.todo.push({ feed, segment });
  else {
    state.setSegment(feed, segment, { ...record, shown: record.sound });
    show(state, work, feed, segment, state.headerRows(feed, segment, 0, record.sound));
  }
};

/** What a cut names has come after the removal: from now on it tells which segments lead up to it. */
export const cutCame = (state: LogState, work: Work, feed: FeedId, segment: SegmentId): void => {
  const cuts = state.device(feed)?.cuts ?? [];
  if (!cuts.some((cut) => cut.segment !== null && equalBytes(cut.segment, segment))) return;
  work.cutsCame = true;
  forgetLine(state, feed);
  for (const one of state.segmentsFrom(feed, 0)) reshow(state, work, feed, one);
  work.todo.push(...wakeAll(state, feed));
};

/** After a charter entry: segments that waited for it, and the order of feeds whose cuts changed. */
export const charterGrew = (state: LogState, work: Work, feed: FeedId): void =>
  void work.todo.push(...wake(state, feed, CHARTER_SEGMENT));
