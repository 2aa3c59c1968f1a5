// The own side: this device's key, its segments and their subkeys, its events and seals.
import { compareBytes, equalBytes } from '../bytes/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import {
  CHARTER_SEGMENT,
  createCertificate,
  entryPointAfter,
  eventIdOf,
  feedIdOf,
  firstEntryPoint,
  NO_HASH,
  openEntry,
  MAX_CUTS,
  type Cut,
  type EntryPoint,
  type FeedId,
  type MemberId,
  type SegmentId,
} from '../identity/index.ts';
import { newestOf } from './ahead.ts';
import { linked } from './charter-chain.ts';
import { contentHash, noContentHash, sizeClassOf } from './content.ts';
import { frontierOf } from './frontiers.ts';
import {
  encodeHeader,
  EVENT_FORMAT,
  EVENT_KIND,
  FIRST_CONVERSATION_KIND,
  MAX_HEADS,
  PUBLISH_KIND,
  type Header,
} from './header.ts';
import { addSegment, changeCharter, finish, newIntake, takeEntry, type Intake } from './ingest.ts';
import { createSeal } from './objects.ts';
import { eventAt, lamportOf, lineDown, placesInOrder, soundDown } from './places.ts';
import { standingValue, type HeaderRow, type OwnRecord, type SegmentRecord } from './records.ts';
import { keptSeals, putSeal } from './seals.ts';
import { newWork, publishFrom, setEnd, settle } from './settle.ts';
import { DAY_MS, MINUTE_MS } from './shared-time.ts';
import { emptySegment, type LogState } from './state.ts';
import type { Appended, Head, OwnDevice, Place, Turn } from './types.ts';

/** Subkeys of own segments, derived from their seeds once; dropped with the rest of the cache. */
export interface Subkeys {
  of(segment: SegmentId, seed: Uint8Array): SigningKey;
  drop(): void;
}
export const openSubkeys = (state: LogState): Subkeys => {
  let last: { readonly segment: SegmentId; readonly key: SigningKey } | undefined;
  const drop = (): void => {
    last?.key.privateKey.wipe();
    last = undefined;
  };
  return {
    of(segment, seed) {
      if (last !== undefined && equalBytes(last.segment, segment)) return last.key;
      drop();
      const secret = new Secret(seed.slice());
      last = { segment, key: state.crypto.signingKey(secret) };
      secret.wipe();
      return last.key;
    },
    drop,
  };
};

const deviceKey = (own: OwnRecord): SigningKey => ({
  publicKey: own.publicKey,
  privateKey: new Secret(own.privateKey.slice()),
});

export const ownDevice = (state: LogState): OwnDevice | undefined => {
  const own = state.own();
  return own && { feed: own.feed, member: own.member, key: deviceKey(own) };
};

export const startDevice = (state: LogState, key: SigningKey, inception: Uint8Array): OwnDevice => {
  const open = openEntry(state.crypto, inception);
  if (open === undefined || open.act.type !== 'inception' || !equalBytes(open.entry.device, key.publicKey)) {
    throw new Error('a device starts with its own inception');
  }
  const { member } = open.act;
  const intake = newIntake();
  takeEntry(state, intake, inception, 0);
  changeCharter(state, intake, () => void state.admit(member));
  if (state.device(open.feed) === undefined) throw new Error('the inception is for another conversation');
  state.setOwn({
    feed: open.feed,
    member,
    publicKey: key.publicKey,
    privateKey: key.privateKey.expose().slice(),
    current: null,
    startNew: false,
    named: [],
    charter: { feed: open.feed, seq: 0 },
  });
  finish(state, intake);
  return { feed: open.feed, member, key };
};

/** `seq` 0 of the member's inception is what its events name as the charter they were written under. */
export const joinDevice = (state: LogState, key: SigningKey, member: MemberId, inception: FeedId): OwnDevice => {
  const feed = feedIdOf(state.crypto, key.publicKey);
  state.setOwn({
    feed,
    member,
    publicKey: key.publicKey,
    privateKey: key.privateKey.expose().slice(),
    current: null,
    startNew: false,
    named: [],
    charter: { feed: inception, seq: 0 },
  });
  state.flush();
  return { feed, member, key };
};

/** Where a chain of entries ends: the longest from the start, at a fork the smallest hash. */
const endOf = (chain: ReturnType<typeof linked>): ReturnType<typeof linked>[number] | undefined =>
  chain.find(({ entry }) => entry.seq === chain.at(-1)?.entry.seq);

/** `by`: a recovery key instead of this device's; the caller wipes it. */
export const appendEntry = (
  state: LogState,
  make: (key: SigningKey, at: EntryPoint) => Uint8Array,
  time: number,
  by?: SigningKey,
): { readonly place: Place; readonly entry: Uint8Array; readonly intake: Intake } => {
  const own = theOwn(state);
  const feed = by === undefined ? own.feed : feedIdOf(state.crypto, by.publicKey);
  const last = endOf(linked(state, feed));
  const root = state.roots[0];
  if (root === undefined) throw new Error('a log without a root');
  const at = last === undefined ? firstEntryPoint(root) : entryPointAfter(last);
  const key = by ?? deviceKey(own);
  const entry = make(key, at);
  if (by === undefined) key.privateKey.wipe();
  const intake = newIntake();
  takeEntry(state, intake, entry, time, true);
  finish(state, intake);
  // What had waited for it comes in with it, and may be refused: that is no fault of the entry.
  const open = openEntry(state.crypto, entry);
  if (open === undefined || !state.hasEntry(open)) throw new Error('an own charter entry was refused');
  return { place: { feed, segment: CHARTER_SEGMENT, seq: at.seq }, entry, intake };
};

/** The end of a device's line as it was here by a time: a segment, and how many events of it. */
const placeBy = (state: LogState, feed: FeedId, heldBy: number): Pick<Cut, 'segment' | 'count'> => {
  const at = frontierOf(state).feeds.find((one) => equalBytes(one.feed, feed));
  let { segment, count } = { segment: at?.segment ?? null, count: at?.count ?? 0 };
  while (segment !== null && heldBy !== Infinity) {
    let late: HeaderRow | undefined;
    for (const row of lineDown(state, feed, segment)) if (row.seq < count && row.receivedAt > heldBy) late = row;
    if (late === undefined) break;
    if (late.seq > 0) return { segment, count: late.seq };
    segment = state.segment(feed, segment)?.previous ?? null;
    count = segment === null ? 0 : (state.segment(feed, segment)?.ended?.count ?? 0);
  }
  return { segment, count };
};

/**
 * The last places of a device that are held here: what a removal by this device accepts. Where copies of its key went on side by
 * side (two restores of one backup), the other branches of its charter follow, those seen first. `before` is for what is
 * disputed: there one chain counts. `heldBy`: of what had come here by then, in milliseconds of this device's clock.
 */
export const cutsHere = (
  state: LogState,
  feed: FeedId,
  before = Infinity,
  heldBy = Infinity,
): readonly [Cut, ...Cut[]] => {
  const at = placeBy(state, feed, heldBy);
  const entries = linked(state, feed, before).filter((open) => state.seenAt(open) <= heldBy);
  const last = endOf(entries);
  const end = {
    feed,
    ...at,
    charterCount: last === undefined ? 0 : last.entry.seq + 1,
    charterHead: last?.hash ?? null,
  };
  if (before !== Infinity) return [end];
  const others = entries
    .filter((open) => open !== last && !entries.some(({ entry }) => equalBytes(entry.previous, open.hash)))
    .toSorted((a, b) => state.seenAt(a) - state.seenAt(b) || compareBytes(a.hash, b.hash))
    .slice(0, MAX_CUTS - 1)
    .map(({ entry, hash }) => ({ feed, segment: null, count: 0, charterCount: entry.seq + 1, charterHead: hash }));
  return [end, ...others];
};

const theOwn = (state: LogState): OwnRecord => {
  const own = state.own();
  if (own === undefined) throw new Error('no device was started in this conversation');
  return own;
};

/** Newest events of other devices that no own event has named yet, at most 8, the highest Lamport times first. */
export const headsSeen = (state: LogState): readonly Head[] => {
  const own = state.own();
  const heads = state.devices().flatMap(({ feed }): Head[] => {
    if (own !== undefined && equalBytes(feed, own.feed)) return [];
    const tip = newestOf(state, feed);
    const named = own?.named.find((head) => equalBytes(head.feed, feed));
    return tip === null || (named !== undefined && named.lamport >= tip.lamport) ? [] : [tip];
  });
  return heads.toSorted((a, b) => b.lamport - a.lamport || compareBytes(a.feed, b.feed)).slice(0, MAX_HEADS);
};

interface Current {
  readonly segment: SegmentId;
  readonly record: SegmentRecord;
  /** Of the segment before, when this one is new. */
  readonly end: Header['end'];
  readonly before: Head | undefined;
}

const openSegment = (state: LogState, subkeys: Subkeys, own: OwnRecord, time: number): Current => {
  const { crypto, conversation } = state;
  const last = own.current === null ? undefined : state.segment(own.feed, own.current);
  sealHead(state, subkeys);
  const seed = new Secret(state.randomness.bytes(32));
  const subkey = crypto.signingKey(seed);
  const number = last === undefined ? 0 : last.number + 1;
  const device = deviceKey(own);
  const { bytes, certificate } = createCertificate(crypto, device, {
    conversation,
    feed: own.feed,
    number,
    previous: own.current,
    subkey: subkey.publicKey,
    day: dayOf(time),
    extensions: [],
  });
  device.privateKey.wipe();
  subkey.privateKey.wipe();
  const { segment } = certificate;
  const record = emptySegment({
    number,
    previous: own.current,
    subkey: subkey.publicKey,
    day: dayOf(time),
    seed: seed.expose().slice(),
  });
  seed.wipe();
  addSegment(state, own.feed, segment, record, bytes);
  if (own.current === null || last === undefined) return { segment, record, end: null, before: undefined };
  setEnd(state, own.feed, own.current, { count: last.sound, time: Math.floor(time / MINUTE_MS) });
  endSeed(state, own.feed, own.current);
  const end = { segment: own.current, count: last.sound };
  const newest = { feed: own.feed, segment: own.current, seq: last.sound - 1, lamport: last.lamport };
  const { tip } = state.feed(own.feed);
  const before = tip !== null && tip.lamport > last.lamport ? tip : last.sound > 0 ? newest : undefined;
  return { segment, record, end, before };
};

const dayOf = (time: number): number => Math.max(0, Math.floor(time / DAY_MS));

/**
 * From here on the seed serves nothing but its publication. Nobody of another person covers segments of `self`; and what says
 * nothing is not worth one: publications would call for publications for ever.
 */
const endSeed = (state: LogState, feed: FeedId, segment: SegmentId): void => {
  const record = state.segment(feed, segment);
  if (record === undefined || record.seed === null) return;
  const isWorthIt = state.kind !== 'self' && saysSomething(state, feed, segment);
  if (!isWorthIt) state.setSegment(feed, segment, { ...record, seed: null });
  else state.ended?.({ feed, segment, seed: record.seed });
};

const periodOf = (state: LogState): number => state.periodMs?.() ?? DAY_MS;
/** Was the segment opened in the period that `time` is in? */
const isCurrent = (state: LogState, feed: FeedId, segment: SegmentId, time: number): boolean => {
  const opened = state.openedAt(segment, () => eventAt(state, { feed, segment, seq: 0 }));
  const period = periodOf(state);
  return opened === undefined || Math.floor((opened * MINUTE_MS) / period) === Math.floor(time / period);
};

/** Turns of all devices are spread over this part of a period. */
const TURN_SPREAD = 128;

const saysSomething = (state: LogState, feed: FeedId, segment: SegmentId): boolean => {
  for (const row of soundDown(state, feed, segment))
    if (state.headerOf(row).contentKind >= FIRST_CONVERSATION_KIND) return true;
  return false;
};

export const turn = (state: LogState, now: number, always: boolean): Turn => {
  const own = state.own();
  const period = periodOf(state);
  const start = Math.floor(now / period) * period;
  const wait = ((own?.feed[0] ?? 0) / 256) * (period / TURN_SPREAD);
  const record = own?.current == null ? undefined : state.segment(own.feed, own.current);
  if (own?.current == null || record === undefined || isCurrent(state, own.feed, own.current, now)) {
    return { due: false, at: start + period + wait };
  }
  if (now < start + wait) return { due: false, at: start + wait };
  return {
    due: always || saysSomething(state, own.feed, own.current),
    at: start + period + wait,
  };
};

export const append = (
  state: LogState,
  subkeys: Subkeys,
  event: { readonly contentKind: number; readonly content: Uint8Array | null; readonly time: number },
): Appended => {
  const { crypto } = state;
  const own = theOwn(state);
  const running = own.current === null ? undefined : state.segment(own.feed, own.current);
  // Anybody can hand over an event for a place at which nothing was written yet. It would stand beside what is written there now, and
  // this device would seal it with the rest.
  const isFree = running !== undefined && running.top === running.sound;
  const fits = isFree && !own.startNew && own.current !== null && isCurrent(state, own.feed, own.current, event.time);
  const current: Current =
    own.current !== null && running !== undefined && fits
      ? { segment: own.current, record: running, end: null, before: undefined }
      : openSegment(state, subkeys, own, event.time);
  const { segment, record, end, before } = current;

  // Segments of nothing else stay signed for ever: they are not to tell how much others had written by then.
  const seen = event.contentKind < FIRST_CONVERSATION_KIND ? [] : headsSeen(state);
  const heads = placesInOrder(before === undefined ? seen : [before, ...seen.slice(0, MAX_HEADS - 1)]);
  const lamport = lamportOf(record.lamport, heads);
  const key = event.content === null ? undefined : state.randomness.bytes(32);
  const header: Header = {
    format: EVENT_FORMAT,
    kind: EVENT_KIND,
    conversation: state.conversation,
    feed: own.feed,
    segment,
    seq: record.sound,
    previous: record.sound === 0 ? NO_HASH : record.head,
    lamport,
    time: Math.floor(event.time / MINUTE_MS),
    charter: own.charter,
    heads,
    end,
    contentKind: event.contentKind,
    sizeClass: event.content === null ? 0 : sizeClassOf(event.content.length),
    contentHash:
      event.content === null || key === undefined ? noContentHash() : contentHash(crypto, key, event.content),
    extensions: [],
  };
  const data = encodeHeader(header);
  const id = eventIdOf(crypto, data);
  const place = { feed: own.feed, segment, seq: header.seq };
  const row: HeaderRow = { ...place, event: id, flags: 0, receivedAt: 0, lamport, header: data, opened: header };
  const content = event.content === null || key === undefined ? undefined : { key, content: event.content };
  state.rememberOwn(row, state.addEvent(row, content));
  // Before the entry that adds this device is here it counts for nobody; with that entry it is shown.
  if (state.device(own.feed) !== undefined) state.store.put('order', state.orderKey(lamport, id), standingValue(place));
  const sound = record.sound + 1;
  state.setSegment(own.feed, segment, {
    ...record,
    sound,
    head: id,
    lamport,
    top: sound,
    shown: sound,
    contents: record.contents + (event.content === null ? 0 : 1),
  });
  if (!fits || heads.length > 0) {
    const named = own.named.filter(({ feed }) => !heads.some((head) => equalBytes(head.feed, feed)));
    const others = heads.filter(({ feed }) => !equalBytes(feed, own.feed));
    state.setOwn({ ...own, current: segment, startNew: false, named: [...named, ...others] });
  }
  if (event.contentKind === PUBLISH_KIND) {
    const work = newWork();
    publishFrom(state, work, row);
    settle(state, work);
  }
  state.flush();
  return { place, event: id, lamport };
};

export const startSegment = (state: LogState): void => {
  const own = theOwn(state);
  if (own.current !== null) state.setOwn({ ...own, startNew: true });
  state.flush();
};

export const sealHead = (state: LogState, subkeys: Subkeys): void => {
  const own = state.own();
  const record = own?.current == null ? undefined : state.segment(own.feed, own.current);
  if (own?.current == null || record === undefined || record.seed === null || record.sealed >= record.sound) return;
  const at = { feed: own.feed, segment: own.current, seq: record.sound - 1 };
  putSeal(
    state,
    createSeal(state.crypto, subkeys.of(own.current, record.seed), state.conversation, at, record.head),
    true,
  );
  for (const { key, checked, seal } of keptSeals(state, own.feed, own.current, Math.max(0, record.sealed - 1))) {
    if (checked && seal.seq < at.seq) state.deleteSealRow(key);
  }
  state.setSegment(own.feed, own.current, { ...record, sealed: record.sound });
  state.flush();
};
