// The log of one conversation: what the rest of the engine calls. The parts are beside it.
import { compare, covers, coversEnd, frontierOf } from './frontiers.ts';
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
import { append, headsSeen, openSubkeys, ownDevice, sealHead, startDevice, startSegment } from './own.ts';
import { eventAt } from './places.ts';
import { duePublications } from './publication.ts';
import { read } from './read.ts';
import { openState, type LogState } from './state.ts';
import { verify } from './verify.ts';
import type { ConversationLog, Ingested, LogOptions } from './types.ts';

const answer = (state: LogState, intake: Intake): Ingested => ({
  shown: shownInOrder(state, intake.shown),
  completed: shownInOrder(state, intake.completed),
  feeds: [...intake.feeds.values()],
  charterChanged: intake.charterChanged,
  published: intake.published,
  refused: intake.refused,
  waiting: intake.waiting,
});

/** Throws for roots and conversation ids of a wrong length: bugs of the caller. */
export const openConversationLog = (options: LogOptions): ConversationLog => {
  const state = openState(options);
  const subkeys = openSubkeys(state);
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
    charter: (now) => (now === undefined ? state.charter() : state.charterAt(now)),
    memberOf: (feed) => state.device(feed)?.member,
    startDevice: (key, inception) => startDevice(state, key, inception),
    device: () => ownDevice(state),
    startSegment: () => startSegment(state),
    append: (event) => append(state, subkeys, event),
    sealHead: () => sealHead(state, subkeys),
    ingest(objects, from, receivedAt) {
      // Own events count by being here; in a fork only their seal tells them from a copy's.
      sealHead(state, subkeys);
      const intake = newIntake();
      takeAll(state, intake, objects, from, receivedAt);
      return answer(state, intake);
    },
    frontier: () => state.frontier(() => frontierOf(state)),
    compare: (theirs) => compare(state, theirs),
    covers: (theirs, place) => covers(state, theirs, place),
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
    content(event) {
      const row = rowOf(state, event);
      return row && contentOf(state, row);
    },
    purge(event) {
      purge(state, event);
      state.flush();
    },
    verify: () => verify(state),
    duePublications: (question) =>
      duePublications(
        state,
        (frontier, segment, count) => {
          const own = state.own();
          return own !== undefined && coversEnd(state, frontier, own.feed, segment, count);
        },
        question,
      ),
  };
};
