// The log of one conversation: what the rest of the engine calls. The parts are beside it.
import { equalBytes, toHex } from '../bytes/index.ts';
import { aheadAt, firstAhead, newestFirst } from './ahead.ts';
import { compare, covers, coversEnd, frontierOf, isSame, readFrontierOf } from './frontiers.ts';
import { changeCharter, finish, newIntake, takeAll, type Intake } from './ingest.ts';
import {
  contentOf,
  openLinked,
  orderedRow,
  pageOf,
  purge,
  rowOf,
  rowOfPrefix,
  shownInOrder,
  shownRow,
  toOpened,
  toShown,
} from './order.ts';
import {
  append,
  appendEntry,
  cutsHere,
  headsSeen,
  joinDevice,
  openSubkeys,
  ownDevice,
  sealHead,
  startDevice,
  startSegment,
  turn,
} from './own.ts';
import { belowOf, eventAt, eventsAt } from './places.ts';
import { duePublications } from './publication.ts';
import { oldestFirst, read, readCertificates } from './read.ts';
import { openState, type LogState } from './state.ts';
import { verify } from './verify.ts';
import type { Frontier } from './frontier.ts';
import type { ConversationLog, Differences, Ingested, LogOptions, ShownEvent } from './types.ts';

const answer = (state: LogState, intake: Intake): Ingested => ({
  shown: shownInOrder(state, intake.shown),
  settled: shownInOrder(state, intake.settled),
  withdrawn: shownInOrder(state, intake.withdrawn),
  completed: shownInOrder(state, intake.completed),
  feeds: [...intake.feeds.values()],
  charterChanged: intake.charterChanged,
  cutsCame: intake.cutsCame,
  cutsChanged: intake.cutsChanged,
  published: intake.published,
  refused: intake.refused,
  waiting: intake.waiting,
});

/** What may turn out differently when time has gone by. */
const stateOfDevices = (state: LogState): unknown =>
  state
    .charter()
    .members.map(({ devices, recoveries }) => [
      devices.map(({ feed, state: standing, cuts }) => [toHex(feed), standing, cuts.length]),
      recoveries.map(({ entry, state: standing }) => [toHex(entry.hash), standing]),
    ]);

const NO_DIFFERENCES: Differences = { theyLack: [], iLack: [] };
/** Throws for roots and conversation ids of a wrong length: bugs of the caller. */
export const openConversationLog = (options: LogOptions): ConversationLog => {
  const state = openState(options);
  const subkeys = openSubkeys(state);
  const frontier = (): Frontier => state.frontier(() => frontierOf(state));
  return {
    conversation: options.conversation,
    forget() {
      state.forget();
      subkeys.drop();
    },
    admit(member) {
      const intake = newIntake();
      changeCharter(state, intake, () => void state.admit(member));
      finish(state, intake);
      return answer(state, intake);
    },
    judge(now) {
      const intake = newIntake();
      if (!state.isTimely() || state.judgedAt() === now) return answer(state, intake);
      const before = JSON.stringify(stateOfDevices(state));
      changeCharter(state, intake, () => state.judgeAt(now));
      intake.charterChanged = before !== JSON.stringify(stateOfDevices(state));
      finish(state, intake);
      return answer(state, intake);
    },
    firstSeen: () => {
      const entries = state.entries();
      const isTimely = entries.some(({ act }) => act.type === 'remove' || act.type === 'recovery');
      return isTimely ? entries.map((open) => ({ entry: open.hash, at: state.seenAt(open) })) : [];
    },
    seenEarlier(told) {
      const intake = newIntake();
      const times = new Map(told.map(({ entry, at }) => [toHex(entry), at]));
      const earlier = state.entries().flatMap((open) => {
        const at = times.get(toHex(open.hash));
        return at !== undefined && at < state.seenAt(open) ? [{ open, at }] : [];
      });
      if (earlier.length === 0) return answer(state, intake);
      const before = JSON.stringify(stateOfDevices(state));
      changeCharter(state, intake, () => {
        for (const { open, at } of earlier) state.putEntry(open, at);
      });
      intake.charterChanged = before !== JSON.stringify(stateOfDevices(state));
      finish(state, intake);
      return answer(state, intake);
    },
    proveWords(member, key) {
      const intake = newIntake();
      changeCharter(state, intake, () => state.proveWords(member, key));
      finish(state, intake);
      return answer(state, intake);
    },
    charter: (now) => (now === undefined ? state.charter() : state.charterAt(now)),
    memberOf: (feed) => state.device(feed)?.member,
    startDevice: (key, inception) => startDevice(state, key, inception),
    joinDevice: (key, member, inception) => joinDevice(state, key, member, inception),
    appendEntry(make, time, by) {
      const { place, entry, intake } = appendEntry(state, make, time, by);
      return { place, entry, ingested: answer(state, intake) };
    },
    inceptionOf: (member) =>
      state.entries().find(({ act }) => act.type === 'inception' && equalBytes(act.member, member))?.bytes,
    witnessedBy: (by) =>
      state.entries().flatMap(({ act, feed }) => {
        const member = act.type === 'witness' ? state.device(feed)?.member : undefined;
        return act.type === 'witness' && member !== undefined && equalBytes(member, by)
          ? [{ removal: act.removal, feed }]
          : [];
      }),
    addedAt(feed) {
      const adding = state.entries().find(({ act }) => act.type === 'addDevice' && equalBytes(act.feed, feed));
      return adding === undefined ? 0 : state.seenAt(adding);
    },
    addingEntry: (feed) =>
      state.entries().find(({ act }) => act.type === 'addDevice' && equalBytes(act.feed, feed))?.bytes,
    removedAt(feed) {
      const removals = state
        .charter()
        .removals.filter(({ device, verdict }) => verdict === 'in' && equalBytes(device, feed));
      const seen = state
        .entries()
        .flatMap((open) =>
          removals.some(({ entry }) => equalBytes(entry.hash, open.hash)) ? [state.seenAt(open)] : [],
        );
      return Math.min(...seen);
    },
    cutsHere: (feed, before, heldBy) => cutsHere(state, feed, before, heldBy),
    device: () => ownDevice(state),
    ownFeed: () => state.own()?.feed,
    ownKey: () => state.own()?.publicKey,
    startSegment: () => startSegment(state),
    turn: (now, always) => turn(state, now, always),
    isPublished: (feed, segment) => state.segment(feed, segment)?.published != null,
    append: (event) => append(state, subkeys, event),
    sealHead: () => sealHead(state, subkeys),
    ingest(objects, from, receivedAt, isNewest = false) {
      // Own events count by being here; in a fork only their seal tells them from a copy's.
      sealHead(state, subkeys);
      const intake = newIntake();
      takeAll(state, intake, objects, from, receivedAt, isNewest);
      return answer(state, intake);
    },
    frontier,
    readFrontier: () => readFrontierOf(state, frontier()),
    compare: (theirs) => (isSame(state, frontier(), theirs) ? NO_DIFFERENCES : compare(state, theirs)),
    covers: (theirs, place) => covers(state, theirs, place),
    oldestFirst: (ranges) => oldestFirst(state, ranges),
    newestFirst: (ranges, most) => newestFirst(state, ranges, most),
    aheadFrom: () => firstAhead(state),
    certificates: (ranges) => readCertificates(state, ranges),
    read: (ranges, maxBytes) => read(state, subkeys, ranges, maxBytes),
    headsSeen: () => headsSeen(state),
    page: (page) => pageOf(state, page),
    find(event) {
      const row = shownRow(state, event);
      return row && toShown(state, row);
    },
    open(event, lamport) {
      const row = lamport === undefined ? shownRow(state, event) : orderedRow(state, lamport, event);
      return row && toOpened(state, row);
    },
    openLinked: (event, linked) => openLinked(state, event, linked),
    findPrefix(prefix) {
      const row = rowOfPrefix(state, prefix);
      return row && toShown(state, row);
    },
    at(place) {
      const row = eventAt(state, place);
      return row && toShown(state, row);
    },
    seenAt(place) {
      const row = eventAt(state, place) ?? aheadAt(state, place);
      return row && toShown(state, row);
    },
    allAt(place) {
      const rows = eventsAt(state, place);
      const ahead = rows.length === 0 ? aheadAt(state, place) : undefined;
      const all = (ahead === undefined ? rows : [ahead]).flatMap((row) => toShown(state, row) ?? []);
      if (all.length < 2) return all;
      const isLine = ({ place: at }: ShownEvent): boolean => equalBytes(at.segment, place.segment);
      return [...all.filter(isLine), ...all.filter((one) => !isLine(one))];
    },
    below(event, seq) {
      const row = rowOf(state, event);
      return row && belowOf(state, row, seq);
    },
    content(event) {
      const fresh = state.freshContent(event);
      if (fresh !== undefined) return fresh.subarray(32);
      const row = rowOf(state, event);
      return row && contentOf(state, row);
    },
    purge(event, why) {
      purge(state, event, why);
      state.flush();
    },
    verify: () => verify(state),
    duePublications: (question) =>
      duePublications(
        state,
        (frontier, feed, segment, count) => coversEnd(state, frontier, feed, segment, count),
        question,
      ),
  };
};
