// Takes what others hand over. What is malformed is refused; what builds on unknown things waits; the rest is stored, and
// `settle` finds what became sound. Each step reads objects only, so the order of arrival decides nothing.
import { concat, equalBytes, toHex, toKey } from '../bytes/index.ts';
import { hasUnknownCritical } from '../codec/index.ts';
import {
  CHARTER_SEGMENT,
  eventIdOf,
  openCertificate,
  openEntry,
  readCertificate,
  type FeedId,
  type MemberId,
  type OpenEntry,
  type SegmentId,
} from '../identity/index.ts';
import { isAboveAhead, settleAhead, showAhead, withdrawAhead } from './ahead.ts';
import { charterCount, charterDigest } from './charter-chain.ts';
import { contentHash, sizeClassOf } from './content.ts';
import { decodeHeader, type Header } from './header.ts';
import { subkeyOf, verifySeal, type KeyedContent, type LogObject, type Seal, type Stub } from './objects.ts';
import { LAMPORT_STEP, lamportOf, wake, wakeAll } from './places.ts';
import { FLAGS, type AheadRun, type HeaderRow, type SegmentRecord } from './records.ts';
import { makeRoom, putSeal } from './seals.ts';
import {
  addAside,
  charterGrew,
  cutCame,
  forgetLine,
  newWork,
  publishFrom,
  refuse,
  reshow,
  settle,
  type Work,
} from './settle.ts';
import { emptySegment, type LogState } from './state.ts';
import type { Sender } from './types.ts';
import { putAside, takeWaiting, type Parcel } from './waiting.ts';

/**
 * Charter entries of one member, and of all strangers together: they are checked before anyone vouches for them. Each is judged with
 * all others, so their number is what a member can make the others work. What one of them writes takes no room from the others,
 * else nobody could take out a device any more in a conversation with somebody who fills its charter.
 */
export const MAX_ENTRIES = 256;
/** Of the devices of a member that were there first each may write so many in any case: one that was stolen keeps none of them from taking it out. */
const FIRST_DEVICES = 12;
const MAX_OF_FIRST = 48;

export interface Intake extends Work {
  readonly completed: HeaderRow[];
  charterChanged: boolean;
  waiting: number;
  readonly queue: Parcel[];
  readonly touched: Map<string, { readonly feed: FeedId; readonly segment: SegmentId }>;
  /** Segments that may be shown ahead; events below `to` are among what an own device says is the newest. */
  readonly newest: Map<string, { readonly feed: FeedId; readonly segment: SegmentId; readonly to: number }>;
  /** What comes now does so before what is below it. */
  isNewest: boolean;
}
export const newIntake = (): Intake => ({
  ...newWork(),
  completed: [],
  charterChanged: false,
  waiting: 0,
  queue: [],
  touched: new Map(),
  newest: new Map(),
  isNewest: false,
});

const RANK: Readonly<Record<LogObject['type'], number>> = { entry: 0, certificate: 1, event: 2, seal: 3, stub: 4 };

export const takeAll = (
  state: LogState,
  intake: Intake,
  objects: readonly LogObject[],
  from: Sender,
  receivedAt: number,
  isNewest: boolean,
): void => {
  state.age();
  intake.isNewest = isNewest && from === 'own';
  // What others build on goes first; it saves putting things aside.
  intake.queue.push(
    ...objects
      .map((object) => ({ object, from, receivedAt }))
      .toSorted((a, b) => RANK[a.object.type] - RANK[b.object.type]),
  );
  finish(state, intake);
};

export const finish = (state: LogState, intake: Intake): void => {
  do {
    // Released objects are put at the end while this runs.
    for (let i = 0; i < intake.queue.length; i++) takeOne(state, intake, intake.queue[i] as Parcel);
    intake.queue.length = 0;
    intake.todo.push(...intake.touched.values());
    intake.touched.clear();
    settle(state, intake);
  } while (intake.queue.length > 0);
  showNewest(state, intake);
  if (state.ahead().length > 0) settleAhead(state);
  state.flush();
};

/** What is shown ahead may let in what stands above a run and names it. */
const showNewest = (state: LogState, intake: Intake): void => {
  const queue = [...intake.newest.values()];
  for (const newest of queue) {
    const rows = showAhead(state, newest);
    if (rows.length === 0) continue;
    intake.shown.push(...rows);
    const isLonger = ({ feed, segment, to }: AheadRun): boolean => (state.segment(feed, segment)?.top ?? 0) > to;
    queue.push(...state.ahead().flatMap((run) => (isLonger(run) ? [{ ...run, to: 0 }] : [])));
  }
};

const touch = (intake: Intake, feed: FeedId, segment: SegmentId): void => {
  const name = toKey(feed);
  intake.touched.set(name + toKey(segment), { feed, segment });
  intake.feeds.set(name, feed);
};
const noteNewest = (intake: Intake, feed: FeedId, segment: SegmentId, to: number): void => {
  const name = toKey(feed) + toKey(segment);
  intake.newest.set(name, { feed, segment, to: Math.max(to, intake.newest.get(name)?.to ?? 0) });
};
const release = (state: LogState, intake: Intake, feed: FeedId, segment: SegmentId): void =>
  void intake.queue.push(...takeWaiting(state, feed, segment));
const wait = (state: LogState, intake: Intake, feed: FeedId, segment: SegmentId, parcel: Parcel): void => {
  if (putAside(state, feed, segment, parcel)) intake.waiting += 1;
  else refuse(intake, 'full');
};

const takeOne = (state: LogState, intake: Intake, parcel: Parcel): void => {
  const { object } = parcel;
  switch (object.type) {
    case 'entry':
      return takeEntry(state, intake, object.entry, parcel.receivedAt);
    case 'certificate':
      return takeCertificate(state, intake, object.certificate, parcel);
    case 'event':
      return takeEvent(state, intake, object.header, object.content, parcel);
    case 'seal':
      return takeSeal(state, intake, object, parcel);
    case 'stub':
      return takeStub(state, intake, object, parcel);
  }
};

/** `isOwn`: written on this device, so there is room for it. */
export const takeEntry = (state: LogState, intake: Intake, data: Uint8Array, seenAt: number, isOwn = false): void => {
  const open = openEntry(state.crypto, data);
  if (open === undefined) return refuse(intake, 'malformed');
  if (!state.roots.some((root) => equalBytes(root, open.entry.root))) return refuse(intake, 'root');
  if (state.hasEntry(open)) return;
  if (!isOwn && isFull(state, open)) return refuse(intake, 'full');
  changeCharter(state, intake, () => state.putEntry(open, seenAt));
  state.setFeed(open.feed, {
    ...state.feed(open.feed),
    charterCount: charterCount(state, open.feed),
    charterDigest: charterDigest(state, open.feed),
  });
  intake.feeds.set(toKey(open.feed), open.feed);
  charterGrew(state, intake, open.feed);
};

const isFull = (state: LogState, open: OpenEntry): boolean => {
  const entries = state.entries();
  if (entries.length < MAX_ENTRIES) return false;
  const who = writerOf(state, open);
  if (entries.filter((one) => writerOf(state, one) === who).length < MAX_ENTRIES) return false;
  return !isAmongFirst(state, open) || state.entries(open.feed).length >= MAX_OF_FIRST;
};
/** A device, or the recovery key, that was there before a stolen one of its person could let in very many. */
const isAmongFirst = (state: LogState, { feed, entry }: OpenEntry): boolean => {
  const member = state
    .charter()
    .members.find(
      ({ recoveryKey, devices }) =>
        equalBytes(recoveryKey, entry.device) || devices.some((one) => equalBytes(one.feed, feed)),
    );
  if (member === undefined || equalBytes(member.recoveryKey, entry.device)) return member !== undefined;
  const addedAt = new Map(
    state
      .entries()
      .flatMap((open) => (open.act.type === 'addDevice' ? [[toKey(open.act.feed), state.seenAt(open)]] : [])),
  );
  const at = (of: FeedId): number => addedAt.get(toKey(of)) ?? 0;
  return member.devices.filter((one) => at(one.feed) < at(feed)).length < FIRST_DEVICES;
};
/** The member by whose device, or recovery key, it is signed. */
const writerOf = (state: LogState, { feed, entry }: OpenEntry): string => {
  const member =
    memberOf(state, feed) ??
    state
      .charter()
      .members.find(
        ({ recoveryKey, recoveries }) =>
          equalBytes(recoveryKey, entry.device) || recoveries.some(({ key }) => equalBytes(key, entry.device)),
      )?.id;
  return member === undefined ? 'a stranger' : toHex(member);
};

/** Runs a change of the charter, then lets in what waited for its devices and looks again where cuts moved. */
export const changeCharter = (state: LogState, intake: Intake, change: () => void): void => {
  const print = (): Map<string, string> =>
    new Map(
      state
        .devices()
        .map(({ feed, state: standing, cuts }) => [
          toHex(feed),
          standing + cuts.map((cut) => `${cut.segment === null ? '' : toHex(cut.segment)}${cut.count}`).join(),
        ]),
    );
  const before = print();
  change();
  intake.charterChanged = true;
  const after = print();
  for (const { feed } of state.devices()) {
    const name = toHex(feed);
    if (!before.has(name)) {
      release(state, intake, feed, CHARTER_SEGMENT);
      // An own device may have written before the entry that adds it came.
      forgetLine(state, feed);
      for (const segment of state.segmentsFrom(feed, 0)) reshow(state, intake, feed, segment);
    } else if (before.get(name) !== after.get(name)) {
      intake.cutsChanged = true;
      forgetLine(state, feed);
      for (const segment of state.segmentsFrom(feed, 0)) reshow(state, intake, feed, segment);
      intake.todo.push(...wakeAll(state, feed));
    }
  }
};

const takeCertificate = (state: LogState, intake: Intake, data: Uint8Array, parcel: Parcel): void => {
  const claimed = readCertificate(data);
  if (claimed === undefined || equalBytes(claimed.segment, CHARTER_SEGMENT)) return refuse(intake, 'malformed');
  if (!equalBytes(claimed.conversation, state.conversation)) return refuse(intake, 'other-conversation');
  if (state.segment(claimed.feed, claimed.segment) !== undefined) return;
  const device = state.device(claimed.feed);
  if (device === undefined) return wait(state, intake, claimed.feed, CHARTER_SEGMENT, parcel);
  const certificate = openCertificate(state.crypto, data, device.publicKey);
  if (certificate === undefined) return refuse(intake, 'signature');
  // Of a newer kind: what it certifies is not known, so nothing is sealed under it here.
  if (hasUnknownCritical(certificate.extensions)) return refuse(intake, 'certificate');
  const { feed, segment, previous, number } = certificate;
  if (previous !== null) {
    const before = state.segment(feed, previous);
    if (before === undefined) return wait(state, intake, feed, previous, parcel);
    if (before.number + 1 !== number) return refuse(intake, 'certificate');
  }
  addSegment(
    state,
    feed,
    segment,
    emptySegment({ number, previous, subkey: certificate.subkey, day: certificate.day, seed: null }),
    data,
  );
  touch(intake, feed, segment);
  cutCame(state, intake, feed, segment);
  release(state, intake, feed, segment);
};

export const addSegment = (
  state: LogState,
  feed: FeedId,
  segment: SegmentId,
  record: SegmentRecord,
  certificate: Uint8Array,
): void => {
  const beside = state.segmentsAt(feed, record.number);
  state.putCertificate(feed, record.number, segment, certificate);
  state.setSegment(feed, segment, record);
  if (beside.length === 0) return;
  // A copied device went on from the same place: each line needs a word of its own, and the main one is chosen again.
  for (const other of [...beside, segment]) addAside(state, feed, other);
  state.setFeed(feed, { ...state.feed(feed), position: null });
};

/** Whoever hands over events of another person could have forged them once their key is public. */
const isDoubtful = (state: LogState, feed: FeedId, from: Sender): boolean => {
  if (from === 'own' || equalBytes(from, feed)) return false;
  const sender = memberOf(state, from);
  if (sender === undefined) return true;
  const author = memberOf(state, feed);
  const own = state.own();
  return (
    !(author !== undefined && equalBytes(author, sender)) && !(own !== undefined && equalBytes(own.member, sender))
  );
};
const memberOf = (state: LogState, feed: FeedId): MemberId | undefined => state.device(feed)?.member;

const takeEvent = (
  state: LogState,
  intake: Intake,
  data: Uint8Array,
  given: KeyedContent | null,
  parcel: Parcel,
): void => {
  const header = decodeHeader(data);
  if (header === undefined) return refuse(intake, 'malformed');
  if (!equalBytes(header.conversation, state.conversation)) return refuse(intake, 'other-conversation');
  const { feed, segment } = header;
  if (state.device(feed) === undefined) return wait(state, intake, feed, CHARTER_SEGMENT, parcel);
  const record = state.segment(feed, segment);
  if (record === undefined) return wait(state, intake, feed, segment, parcel);
  if (!startsRightly(header, record)) return refuse(intake, 'lamport');
  // What waited for something in the same packet may be anybody's.
  if (intake.isNewest && parcel.from === 'own') noteNewest(intake, feed, segment, header.seq + 1);
  const event = eventIdOf(state.crypto, data);
  const content = contentOf(state, header, given);
  if (content === 'wrong') refuse(intake, 'content');
  const doubtful = isDoubtful(state, feed, parcel.from);
  // Above all that is held stands nothing yet.
  if (header.seq < record.top && state.standing(event) !== undefined) {
    return complete(state, intake, header, event, content === 'wrong' ? undefined : content, doubtful);
  }
  // It would be held without its content from now on, and who has the content would never be asked.
  if (content === 'wrong') return;
  // All of it was purged: only the stub is kept, and nobody brings it back.
  if (record.stub !== null && record.top === 0 && record.shown > 0) return;
  const row: HeaderRow = {
    feed,
    segment,
    seq: header.seq,
    event,
    flags: doubtful ? FLAGS.doubtful : 0,
    receivedAt: parcel.receivedAt,
    lamport: header.lamport,
    header: data,
    opened: header,
  };
  const forks = header.seq < record.top && state.headerRows(feed, segment, header.seq, header.seq + 1, 1).length > 0;
  state.remember(row, state.addEvent(row, content));
  state.setSegment(feed, segment, {
    ...record,
    top: Math.max(record.top, header.seq + 1),
    forked: record.forked || forks,
    contents: record.contents + (content === undefined ? 0 : 1),
    doubtful: record.doubtful + (doubtful ? 1 : 0),
  });
  if (forks && !record.forked) intake.withdrawn.push(...withdrawAhead(state, feed, segment));
  touch(intake, feed, segment);
};

/** What can be told of a segment's first event with its certificate alone. */
const startsRightly = (header: Header, record: SegmentRecord): boolean => {
  if (header.seq > 0) return true;
  const { previous } = record;
  const ends =
    previous === null ? header.end === null : header.end !== null && equalBytes(header.end.segment, previous);
  return ends && header.lamport === lamportOf(0, header.heads);
};

const contentOf = (state: LogState, header: Header, given: KeyedContent | null): KeyedContent | undefined | 'wrong' => {
  if (given === null) return undefined;
  if (sizeClassOf(given.content.length) !== header.sizeClass) return 'wrong';
  return equalBytes(contentHash(state.crypto, given.key, given.content), header.contentHash) ? given : 'wrong';
};

/** An event that is here already: its content may come now, or someone who vouches better for it. */
const complete = (
  state: LogState,
  intake: Intake,
  header: Header,
  event: HeaderRow['event'],
  content: KeyedContent | undefined,
  doubtful: boolean,
): void => {
  const { feed, segment } = header;
  const row = state.headerRow(header, event);
  const record = state.segment(feed, segment);
  if (row === undefined || record === undefined) return;
  if (!doubtful && (row.flags & FLAGS.doubtful) !== 0) {
    state.putHeaderRow({ ...row, flags: row.flags & ~FLAGS.doubtful });
    state.setSegment(feed, segment, { ...record, doubtful: record.doubtful - 1 });
    if (record.published !== null) reshow(state, intake, feed, segment);
  }
  const key = state.headerKey(row, event);
  if (content === undefined || (row.flags & FLAGS.purged) !== 0 || state.store.get('content', key) !== undefined)
    return;
  state.store.put('content', key, concat(content.key, content.content));
  const now = state.segment(feed, segment) ?? record;
  state.setSegment(feed, segment, { ...now, contents: now.contents + 1 });
  if (state.store.get('order', state.orderKey(row.lamport, event)) === undefined) return;
  intake.completed.push(row);
  if (row.seq < record.sound || record.forked) publishFrom(state, intake, row);
};

const takeSeal = (state: LogState, intake: Intake, seal: Seal, parcel: Parcel): void => {
  if (equalBytes(seal.segment, CHARTER_SEGMENT)) return refuse(intake, 'malformed');
  if (state.device(seal.feed) === undefined) return wait(state, intake, seal.feed, CHARTER_SEGMENT, parcel);
  const record = state.segment(seal.feed, seal.segment);
  if (record === undefined) return wait(state, intake, seal.feed, seal.segment, parcel);
  if (!record.forked && seal.seq < record.sealed && state.headerRow(seal, seal.head) !== undefined) return;
  if (!makeRoom(state, record.subkey, seal)) return refuse(intake, 'full');
  putSeal(state, seal, false);
  touch(intake, seal.feed, seal.segment);
  // What goes on above the newest is as new, whoever brings it.
  if (isAboveAhead(state, seal)) noteNewest(intake, seal.feed, seal.segment, 0);
};

const takeStub = (state: LogState, intake: Intake, stub: Stub, parcel: Parcel): void => {
  const { feed, segment, count, head, lamport, seed } = stub;
  if (equalBytes(segment, CHARTER_SEGMENT)) return refuse(intake, 'malformed');
  // Nothing of it is ever published; its author alone could make one, of any length, and each place of it would be offered.
  if (state.kind === 'self') return refuse(intake, 'stub');
  if (state.device(feed) === undefined) return wait(state, intake, feed, CHARTER_SEGMENT, parcel);
  const record = state.segment(feed, segment);
  if (record === undefined) return wait(state, intake, feed, segment, parcel);
  if (record.stub !== null && record.stub.count >= count) return;
  if (count === 0 || lamport < count || lamport >= (record.number + 1) * LAMPORT_STEP) return refuse(intake, 'stub');
  const seal: Seal = { format: 1, kind: 1, feed, segment, seq: count - 1, head, signature: stub.signature };
  const isItsSeed = equalBytes(subkeyOf(state.crypto, seed), record.subkey);
  if (!isItsSeed || !verifySeal(state.crypto, record.subkey, state.conversation, seal)) {
    return refuse(intake, 'stub');
  }
  putSeal(state, seal, true);
  state.setSegment(feed, segment, {
    ...record,
    stub: { count, head, lamport },
    seed,
    published: record.published ?? lamport,
  });
  touch(intake, feed, segment);
  intake.todo.push(...wake(state, feed, segment));
};
