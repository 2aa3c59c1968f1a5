// What a pair shows: the tables message, reaction (everything said about an event), unread, and the search index. All of
// them are made from shown events and can be made again (`rebuildPair`). Long because each kind of event writes several of them.
import { compareBytes, concat, equalBytes, readUint48, toKey, utf8, utf8ToText } from '../bytes/index.ts';
import { bool, decode, encode, text, tuple } from '../codec/index.ts';
import type { Crypto } from '../crypto/index.ts';
import type { ConversationId, EventId, MemberId } from '../identity/index.ts';
import {
  FROM_ORDER,
  FROM_PLACE,
  frontierCodec,
  MINUTE_MS,
  type ConversationLog,
  type Frontier,
  type Opened,
  type Place,
  type ShownEvent,
} from '../log/index.ts';
import type { Link, Piece, Range, Store } from '../ports/index.ts';
import { CONTENT_KINDS, contents, decodeContent, timerOf, type Content, type Timer } from './content.ts';
import { afterPrefix, orderKey, placeFromKey, placeKey } from './keys.ts';
import { isTombstoned, readMarks } from './self-projection.ts';
import { getStamped, putStamped, readStamped } from './stamped.ts';
import { isHidden, schedule, unschedule } from './timers.ts';

const ABOUT = { edit: 1, reaction: 2, delete: 3, profileName: 4, profilePicture: 5, ended: 6, editEvent: 7 } as const;
const reactionValue = tuple({ emoji: text(64), on: bool });
const NOWHERE: Place = { feed: new Uint8Array(8), segment: new Uint8Array(8), seq: 0 } as unknown as Place;

const aboutKey = (
  conversation: ConversationId,
  place: Place,
  kind: number,
  ...more: readonly Uint8Array[]
): Uint8Array => concat(conversation, placeKey(place), Uint8Array.of(kind), ...more);
/**
 * A text is found by its place in the order, which never changes: neighbours in a conversation are neighbours in the index.
 * Ids of events alone, being hashes, would have every text of a history touch a page of its own.
 */
const searchId = (conversation: ConversationId, { lamport, event }: LinePlace): Uint8Array =>
  orderKey(conversation, lamport, event);
/** The index leads on to where the event stands: see FROM_PLACE. */
const indexLine = ({ store, conversation }: PairView, event: ShownEvent, text: string): void =>
  store.indexText(searchId(conversation, event), text, placeKey(event.place));
export const conversationOfSearchId = (id: Uint8Array): ConversationId => id.slice(0, 16) as ConversationId;
const eventOfSearchId = (id: Uint8Array): EventId => id.slice(22) as EventId;

export interface PairView {
  readonly store: Store;
  readonly crypto: Crypto;
  readonly log: ConversationLog;
  readonly conversation: ConversationId;
  readonly me: MemberId;
  /** From when on this device has lines, in milliseconds; absent or 0: all. */
  readonly historyFrom?: () => number;
  /** How long this person keeps lines of this conversation, in milliseconds; absent: for ever. */
  readonly lifespan?: () => number | undefined;
  /** A time of this device's clock, which was behind then; absent: it never was. */
  readonly rightTime?: (at: number) => number;
  /** An own event that nobody on the other side is known to have. */
  readonly isWaiting?: (place: Place) => boolean;
}

/** What a projected event changes beyond the tables. */
export type Projected =
  | { readonly type: 'line' }
  | { readonly type: 'profile' }
  | { readonly type: 'ended' }
  /** Contents went: the files are to be scrubbed. */
  | { readonly type: 'purged' }
  | { readonly type: 'none' };
const NOTHING: Projected = { type: 'none' };

/** Does an event of this kind stand in the conversation as a line? */
const isLine = (event: ShownEvent): boolean =>
  event.newer ||
  event.contentKind === CONTENT_KINDS.text ||
  event.contentKind === CONTENT_KINDS.reaction ||
  event.contentKind === CONTENT_KINDS.edit ||
  event.contentKind === CONTENT_KINDS.delete ||
  event.contentKind === CONTENT_KINDS.end ||
  isUnknown(event);
/** The log keeps kinds below 16 to itself; those of a newer Kith above them are shown as such. */
const isUnknown = (event: ShownEvent): boolean =>
  event.contentKind > CONTENT_KINDS.end && !contents.knows(event.contentKind);
/** What can be deleted by itself. An edit goes with its text, and never alone: the tables would keep what it said. */
export const isDeletable = (event: ShownEvent): boolean =>
  event.newer || event.contentKind === CONTENT_KINDS.text || isUnknown(event);

/** What was looked up once for several events. */
interface Beforehand {
  /** Nothing was said about the event at this place by what came before. */
  isQuiet(place: Place): boolean;
  isRead(place: Place): boolean;
}
const oneByOne = (view: PairView): Beforehand => ({
  isQuiet: () => false,
  isRead: (place) => marksOf(view).some((mark) => view.log.covers(mark, place)),
});
/** Events in the order of the conversation: who changes or deletes one comes after it. */
const beforehand = (view: PairView, events: readonly ShownEvent[]): Beforehand => {
  const marks = marksOf(view);
  const runs = new Map<string, Run>();
  for (const { place } of events) {
    const name = toKey(place.segment);
    const run = runs.get(name);
    if (run === undefined)
      runs.set(name, { first: place, last: place.seq, quiet: undefined, read: -1, unread: Infinity });
    else {
      if (place.seq < run.first.seq) run.first = place;
      run.last = Math.max(run.last, place.seq);
    }
  }
  const runOf = ({ segment }: Place): Run => runs.get(toKey(segment)) as Run;
  return {
    isQuiet(place) {
      const run = runOf(place);
      run.quiet ??= isRunQuiet(view, run);
      return run.quiet;
    },
    // What covers a place covers all below it in its segment.
    isRead(place) {
      const run = runOf(place);
      if (place.seq <= run.read) return true;
      if (place.seq >= run.unread) return false;
      const isCovered = marks.some((mark) => view.log.covers(mark, place));
      if (isCovered) run.read = place.seq;
      else run.unread = place.seq;
      return isCovered;
    },
  };
};
/** Events of one segment. */
interface Run {
  first: Place;
  last: number;
  quiet: boolean | undefined;
  read: number;
  unread: number;
}
const isRunQuiet = ({ store, conversation }: PairView, { first, last }: Run): boolean => {
  const from = concat(conversation, placeKey(first));
  const to = concat(conversation, placeKey({ ...first, seq: last + 1 }));
  return (['reaction', 'tombstone'] as const).every((table) => store.scan(table, { from, to, limit: 1 }).length === 0);
};

/**
 * Several events, in the order of the conversation. `settled`: taken before what is below them was here; what they say of it
 * is taken now, and no line of theirs is unread again. Tells whether contents went: the files are to be scrubbed.
 */
export const projectPairs = (
  view: PairView,
  shown: readonly ShownEvent[],
  settled: readonly ShownEvent[] = [],
): boolean => {
  const again = new Set(settled);
  const events =
    settled.length === 0
      ? shown
      : [...shown, ...settled].toSorted((a, b) => a.lamport - b.lamport || compareBytes(a.event, b.event));
  const known = beforehand(view, events);
  let purged = false;
  for (const event of events) if (project(view, event, known, again.has(event)).type === 'purged') purged = true;
  return purged;
};
/** Takes one shown event into the tables. The same event again changes nothing. */
export const projectPair = (view: PairView, event: ShownEvent): Projected => project(view, event, oneByOne(view));

const project = (view: PairView, event: ShownEvent, known: Beforehand, isAgain = false): Projected => {
  const { store, conversation } = view;
  if (event.contentState === 'expired') return NOTHING;
  if (event.contentState === 'missing' && isBeforeHistory(view, event)) return NOTHING;
  const key = orderKey(conversation, event.lamport, event.event);
  if (isLine(event) && isStanding(view, event)) store.put('message', key, Uint8Array.of(event.contentKind));
  if (isDeletable(event) && !known.isQuiet(event.place) && isTombstoned(store, conversation, event.place)) {
    purgeLine(view, event);
    return { type: 'purged' };
  }
  const content = contentOf(view, event);
  const timer = timerOfContent(content);
  if (goes(event) && (timer !== null || view.lifespan?.() !== undefined))
    schedule(view, event, timer, known.isRead(event.place));
  if (content === undefined) return { type: isLine(event) ? 'line' : 'none' };
  return projectContent(view, event, content, key, known, isAgain);
};
/**
 * A text that came without its content is no line until that is here, unless it is known to be deleted: one whose time was
 * over before anybody else had it is such a text, and nothing says that it was there.
 */
const isStanding = (view: PairView, event: ShownEvent): boolean => !isAwaited(event) || isDeleted(view, event.place);
const isAwaited = ({ contentKind, contentState }: ShownEvent): boolean =>
  contentKind === CONTENT_KINDS.text && contentState === 'missing';
/** Lines from before a device was linked, when its person wanted it without them. */
const isBeforeHistory = (view: PairView, event: ShownEvent): boolean => {
  const from = view.historyFrom?.() ?? 0;
  return event.time + MINUTE_MS <= from;
};
const contentOf = (view: PairView, event: ShownEvent): Content | undefined => {
  const raw = event.contentState === 'held' ? view.log.content(event.event) : undefined;
  return raw === undefined || event.newer ? undefined : decodeContent(event.contentKind, raw);
};
const timerOfContent = (content: Content | undefined): Timer | null =>
  content?.type === 'text' || content?.type === 'edit' ? (timerOf(content) ?? null) : null;
/** What time takes away: every line but the one that says that somebody left. */
const goes = (event: ShownEvent): boolean => isLine(event) && event.contentKind !== CONTENT_KINDS.end;
/** Notes anew when a line goes: it was read or came through, or the setting changed. */
export const rescheduleLine = (view: PairView, event: ShownEvent): void => {
  if (goes(event) && event.contentState !== 'expired')
    schedule(view, event, timerOfContent(contentOf(view, event)), isRead(view, event));
};

const projectContent = (
  view: PairView,
  event: ShownEvent,
  content: Content,
  key: Uint8Array,
  known: Beforehand,
  isAgain: boolean,
): Projected => {
  const { store, conversation } = view;
  switch (content.type) {
    case 'text': {
      const isQuiet = known.isQuiet(event.place);
      if (!isQuiet && getStamped(store, 'reaction', aboutKey(conversation, event.place, ABOUT.delete)) !== undefined) {
        purgeLine(view, event);
        return { type: 'purged' };
      }
      indexLine(view, event, (isQuiet ? undefined : editedText(view, event.place)) ?? content.text);
      if (!equalBytes(event.member, view.me) && !isAgain && !known.isRead(event.place)) {
        // Reading it starts its timer: the place is at hand without opening the line again.
        const timed = timerOfContent(content)?.from === 'reading';
        store.put('unread', key, timed ? placeKey(event.place) : new Uint8Array(0));
      }
      return { type: 'line' };
    }
    case 'reaction': {
      if (isExpired(view, content.target)) return { type: 'line' };
      const author = view.crypto.hash(8, utf8(content.emoji));
      const about = aboutKey(conversation, content.target, ABOUT.reaction, event.member, author);
      putStamped(store, 'reaction', about, event, encode(reactionValue, content));
      return { type: 'line' };
    }
    case 'edit': {
      const target = ownTarget(view, event, content.target);
      if (target?.contentKind !== CONTENT_KINDS.text) return { type: 'none' };
      if (target.contentState === 'expired') {
        expireLine(view, event);
        return { type: 'purged' };
      }
      if (isDeleted(view, content.target)) {
        view.log.purge(event.event);
        return { type: 'purged' };
      }
      store.put('reaction', aboutKey(conversation, content.target, ABOUT.editEvent, event.event), new Uint8Array(0));
      const kept = putStamped(
        store,
        'reaction',
        aboutKey(conversation, content.target, ABOUT.edit),
        event,
        utf8(content.text),
      );
      if (kept && target.contentState === 'held' && !isHidden(store, conversation, content.target))
        indexLine(view, target, content.text);
      return { type: 'line' };
    }
    case 'delete': {
      const target = ownTarget(view, event, content.target);
      if (target === undefined || !isDeletable(target) || target.contentState === 'expired') return { type: 'none' };
      putStamped(store, 'reaction', aboutKey(conversation, content.target, ABOUT.delete), event, new Uint8Array(0));
      purgeLine(view, target);
      return { type: 'purged' };
    }
    case 'profile': {
      const about = (kind: number): Uint8Array => aboutKey(conversation, NOWHERE, kind, event.member);
      putStamped(store, 'reaction', about(ABOUT.profileName), event, utf8(content.name));
      putStamped(store, 'reaction', about(ABOUT.profilePicture), event, content.picture);
      return { type: 'profile' };
    }
    case 'end':
      putStamped(
        store,
        'reaction',
        aboutKey(conversation, NOWHERE, ABOUT.ended, event.member),
        event,
        new Uint8Array(0),
      );
      return { type: 'ended' };
  }
};

/**
 * An earlier event of the same member. Whoever changes or deletes has seen it, so it is shown before: what names a place
 * still to come counts never, and not only when it happened to arrive first.
 */
const ownTarget = (view: PairView, event: ShownEvent, place: Place): ShownEvent | undefined => {
  const target = view.log.seenAt(place);
  return target !== undefined && target.lamport < event.lamport && equalBytes(target.member, event.member)
    ? target
    : undefined;
};
const isExpired = (view: PairView, place: Place): boolean => view.log.seenAt(place)?.contentState === 'expired';
const isRead = (view: PairView, { place }: { readonly place: Place }): boolean => oneByOne(view).isRead(place);
/** The marks of each view as decoded: a history asks for the same ones at each of its events. */
const decodedMarks = new WeakMap<
  PairView,
  { readonly raw: readonly Uint8Array[]; readonly marks: readonly Frontier[] }
>();
/** As far as this person has read, on each of their devices; the newest mark first. */
export const marksOf = (view: PairView): readonly Frontier[] => {
  const raw = readMarks(view.store, view.conversation);
  const known = decodedMarks.get(view);
  if (known?.raw.length === raw.length && known.raw.every((one, i) => equalBytes(one, raw[i] as Uint8Array)))
    return known.marks;
  const marks = raw.flatMap((one) => decode(frontierCodec, one) ?? []);
  decodedMarks.set(view, { raw, marks });
  return marks;
};

/** Content, all edits and search entries of an event go; the line stays, as deleted. */
export const purgeLine = (view: PairView, event: ShownEvent): void => {
  const { store, conversation } = view;
  if (event.contentState === 'held') view.log.purge(event.event);
  if (isAwaited(event) && !isBeforeHistory(view, event))
    store.put('message', orderKey(conversation, event.lamport, event.event), Uint8Array.of(event.contentKind));
  store.unindexText(searchId(conversation, event));
  store.delete('unread', orderKey(conversation, event.lamport, event.event));
  const edits = aboutKey(conversation, event.place, ABOUT.edit);
  store.delete('reaction', edits);
  const editEvents = aboutKey(conversation, event.place, ABOUT.editEvent);
  for (const row of store.scan('reaction', { from: editEvents, to: afterPrefix(editEvents) })) {
    view.log.purge(row.key.slice(editEvents.length) as EventId);
    store.delete('reaction', row.key);
  }
  schedule(view, event, null, true);
};

/** Its time is over by our clock: it stands nowhere any more, but is not destroyed. `projectPair` brings it back. */
export const hideLine = (view: PairView, event: ShownEvent): void => {
  const { store, conversation } = view;
  const key = orderKey(conversation, event.lamport, event.event);
  store.delete('message', key);
  store.delete('unread', key);
  store.unindexText(searchId(conversation, event));
};
/** Its time is over: it goes with everything said about it, and nothing says that it was there. */
export const expireLine = (view: PairView, event: ShownEvent): void => {
  const { store, conversation, log } = view;
  hideLine(view, event);
  log.purge(event.event, 'expired');
  unschedule(store, conversation, event.place);
  const about = concat(conversation, placeKey(event.place));
  for (const { key } of store.scan('reaction', { from: about, to: afterPrefix(about) })) {
    if (key[about.length] === ABOUT.editEvent) {
      const edit = log.find(key.slice(about.length + 1) as EventId);
      if (edit !== undefined) expireLine(view, edit);
    }
    store.delete('reaction', key);
  }
};
/** An edit goes with the text that it changes, never alone. */
export const goesWithAnother = (view: PairView, event: ShownEvent): boolean => {
  const content = event.contentKind === CONTENT_KINDS.edit ? contentOf(view, event) : undefined;
  return content?.type === 'edit' && view.log.seenAt(content.target)?.contentState === 'held';
};

/** The newest text after edits, undefined when there is none. */
const editedText = (view: PairView, place: Place): string | undefined => {
  const value = getStamped(view.store, 'reaction', aboutKey(view.conversation, place, ABOUT.edit));
  return value === undefined ? undefined : utf8ToText(value);
};
const isDeleted = (view: PairView, place: Place): boolean =>
  getStamped(view.store, 'reaction', aboutKey(view.conversation, place, ABOUT.delete)) !== undefined ||
  isTombstoned(view.store, view.conversation, place);

export interface Reactions {
  readonly emoji: string;
  readonly members: readonly Uint8Array[];
}
/** Everything that was said about an event. */
export interface About {
  /** The newest text after edits. */
  readonly edited: string | undefined;
  readonly deleted: boolean;
  readonly reactions: readonly Reactions[];
}
/** One walk over the rows of a line, which has few or none. */
export const aboutLine = (view: PairView, place: Place): About => {
  const prefix = concat(view.conversation, placeKey(place));
  let edited: string | undefined;
  let deleted = isTombstoned(view.store, view.conversation, place);
  const members = new Map<string, Uint8Array[]>();
  for (const { key, value } of view.store.scan('reaction', { from: prefix, to: afterPrefix(prefix) })) {
    const kind = key[prefix.length];
    const stamped = kind === ABOUT.editEvent ? undefined : readStamped(value);
    if (stamped === undefined) continue;
    if (kind === ABOUT.delete) deleted = true;
    if (kind === ABOUT.edit) edited = utf8ToText(stamped);
    const reaction = kind === ABOUT.reaction ? decode(reactionValue, stamped) : undefined;
    if (reaction?.on !== true) continue;
    const from = key.slice(prefix.length + 1, prefix.length + 17);
    members.set(reaction.emoji, [...(members.get(reaction.emoji) ?? []), from]);
  }
  return { edited, deleted, reactions: Array.from(members, ([emoji, list]) => ({ emoji, members: list })) };
};
const NOTHING_SAID: About = { edited: undefined, deleted: false, reactions: [] };
/** Is anything said about the event at this place? */
const said = (place: Piece): readonly Link[] => [
  { table: 'tombstone', key: [{ of: 'key', to: 16 }, place] },
  { table: 'reaction', key: [{ of: 'key', to: 16 }, place], begins: true },
];
const LINE = [...FROM_ORDER, ...said({ of: 0 })];
const HIT = [...FROM_PLACE, ...said({ of: 'value' })];

/** An event as a screen shows it, and what was said about it. */
export interface OpenLine extends Opened {
  readonly about: About;
}
/** `found`: its place (feed, segment, seq), header, content, and what `said` found. */
const openLine = (
  view: PairView,
  event: EventId,
  [standing, header, content, tombstone, reaction]: readonly (Uint8Array | undefined)[],
): readonly OpenLine[] => {
  // The place of an event in a branch has the branch's id, and its rows that of the segment: they are asked for one by one.
  const opened =
    standing === undefined || header === undefined
      ? view.log.open(event)
      : view.log.openLinked(event, [standing, header, content]);
  if (opened === undefined) return [];
  const { place } = opened.shown;
  const isBranch = standing === undefined || !equalBytes(place.segment, standing.subarray(8, 16));
  const isSaid = isBranch || tombstone !== undefined || reaction !== undefined;
  return [{ ...opened, about: isSaid ? aboutLine(view, place) : NOTHING_SAID }];
};

export const memberProfile = (
  view: PairView,
  member: MemberId,
): { readonly name: string; readonly picture: Uint8Array | null } => {
  const about = (kind: number): Uint8Array | undefined =>
    getStamped(view.store, 'reaction', aboutKey(view.conversation, NOWHERE, kind, member));
  const name = about(ABOUT.profileName);
  const picture = about(ABOUT.profilePicture);
  return {
    name: name === undefined ? '' : (utf8ToText(name) ?? ''),
    picture: picture === undefined || picture.length === 0 ? null : picture,
  };
};
export const hasEnded = (view: PairView, member: MemberId): boolean =>
  getStamped(view.store, 'reaction', aboutKey(view.conversation, NOWHERE, ABOUT.ended, member)) !== undefined;

/** Where a line stands in the order. */
export type LinePlace = Pick<ShownEvent, 'lamport' | 'event'>;
export interface LinePage {
  readonly before?: LinePlace;
  readonly after?: LinePlace;
  readonly oldest?: boolean;
  readonly limit: number;
}
const rangeOf = (conversation: ConversationId, { before, after, oldest = false, limit }: LinePage): Range =>
  after === undefined && !oldest
    ? {
        from: conversation,
        to: before === undefined ? afterPrefix(conversation) : orderKey(conversation, before.lamport, before.event),
        reverse: true,
        limit,
      }
    : {
        from:
          after === undefined
            ? conversation
            : concat(orderKey(conversation, after.lamport, after.event), Uint8Array.of(0)),
        to: afterPrefix(conversation),
        limit,
      };
const placeOfLine = (key: Uint8Array): LinePlace => ({
  event: key.slice(22) as EventId,
  lamport: readUint48(key, 16),
});
/** Lines by their places in the order: newest first (before a line), or oldest first (after one, or the first ones). */
export const linePlaces = (store: Store, conversation: ConversationId, page: LinePage): readonly LinePlace[] =>
  store.scan('message', rangeOf(conversation, page)).map(({ key }) => placeOfLine(key));
/** The same lines, opened, by one question to the store; `last`: the place of the last one, opened or not. */
export const openLines = (
  view: PairView,
  page: LinePage,
): { readonly lines: readonly OpenLine[]; readonly last: LinePlace | undefined } => {
  const rows = view.store.scanLinked('message', rangeOf(view.conversation, page), LINE);
  const last = rows.at(-1);
  return {
    lines: rows.flatMap(({ key, linked }) => openLine(view, key.subarray(22) as EventId, linked)),
    last: last && placeOfLine(last.key),
  };
};

/** A text that was found: its id in the search index, and what leads on from there. */
export interface Hit {
  readonly id: Uint8Array;
  readonly linked: readonly (Uint8Array | undefined)[];
}
/** Texts that hold all words, newest indexed first; in one conversation or in all. */
export const searchHits = (store: Store, query: string, limit: number, within?: ConversationId): readonly Hit[] =>
  store.searchLinked(query, limit, within ?? new Uint8Array(0), HIT).map(({ key, value, linked }) => ({
    id: key,
    linked: [value, ...linked],
  }));
export const openHit = (view: PairView, { id, linked }: Hit): readonly OpenLine[] =>
  openLine(view, eventOfSearchId(id), linked);
export const unreadCount = (store: Store, conversation: ConversationId): number =>
  store.scan('unread', { from: conversation, to: afterPrefix(conversation) }).length;
/** Unread lines up to this place of the order whose timers reading starts. */
export const timedUnread = (
  store: Store,
  conversation: ConversationId,
  upTo: Pick<ShownEvent, 'lamport' | 'event'> | undefined,
): readonly Place[] => {
  const to =
    upTo === undefined
      ? afterPrefix(conversation)
      : concat(orderKey(conversation, upTo.lamport, upTo.event), Uint8Array.of(0));
  const rows = store.scan('unread', { from: conversation, to });
  return rows.filter(({ value }) => value.length > 0).map(({ value }) => placeFromKey(value, 0));
};
export const unreadPlaces = (
  store: Store,
  conversation: ConversationId,
): readonly { readonly key: Uint8Array; readonly event: EventId }[] =>
  store
    .scan('unread', { from: conversation, to: afterPrefix(conversation) })
    .map(({ key }) => ({ key, event: key.slice(22) as EventId }));
/** Everything up to this place of the order (all of it without) is read. */
export const clearUnread = (
  store: Store,
  conversation: ConversationId,
  upTo: Pick<ShownEvent, 'lamport' | 'event'> | undefined,
): number => {
  let left = 0;
  const last = upTo === undefined ? undefined : orderKey(conversation, upTo.lamport, upTo.event);
  for (const row of store.scan('unread', { from: conversation, to: afterPrefix(conversation) })) {
    if (last !== undefined && compareBytes(row.key, last) > 0) left++;
    else store.delete('unread', row.key);
  }
  return left;
};

/** Read on another device: lines that are so are unread no more. */
export const clearRead = (view: PairView): void => {
  const { store, conversation, log } = view;
  if (marksOf(view).length === 0) return;
  const rows = store.scan('unread', { from: conversation, to: afterPrefix(conversation) }).flatMap(({ key }) => {
    const shown = log.find(key.slice(-EVENT_BYTES) as EventId);
    return shown === undefined ? [] : [{ key, shown }];
  });
  const known = beforehand(
    view,
    rows.map(({ shown }) => shown),
  );
  for (const { key, shown } of rows) if (known.isRead(shown.place)) store.delete('unread', key);
};
const EVENT_BYTES = 32;

export const PAIR_TABLES = ['message', 'reaction', 'unread'] as const;
