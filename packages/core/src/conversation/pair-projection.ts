// What a pair shows: the tables message, reaction (everything said about an event), unread, and the search index. All of
// them are made from shown events and can be made again (`rebuildPair`). Long because each kind of event writes several of them.
import { compareBytes, concat, equalBytes, readUint48, toKey, utf8, utf8ToText } from '../bytes/index.ts';
import { decode, encode } from '../codec/index.ts';
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
import { CONTENT_KINDS, decodeContent, timerOf, type Content, type Timer } from './content.ts';
import {
  ABOUT,
  aboutKey,
  aboutLine,
  isAfter,
  isDeletable,
  isDeleted,
  isUnknown,
  makeRoomFor,
  meantBy,
  NOTHING_SAID,
  placesOf,
  reactionValue,
  saidAbout,
  type About,
  type Meant,
  type Said,
} from './about.ts';
import { afterPrefix, orderKey, placeFromKey, placeKey } from './keys.ts';
import { readMarks } from './self-projection.ts';
import { getStamped, putStamped } from './stamped.ts';
import { isHidden, schedule, unschedule } from './timers.ts';

/** Events that are looked through at a time. */
const PAGE = 500;
const NOWHERE: Place = { feed: new Uint8Array(8), segment: new Uint8Array(8), seq: 0 } as unknown as Place;

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
  /** `about`: what was said about it, of a text. */
  | { readonly type: 'line'; readonly about?: About }
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
  for (const { place, segment } of events) {
    const name = toKey(place.segment);
    const run = runs.get(name);
    if (run === undefined) {
      const isBranch = !equalBytes(place.segment, segment);
      runs.set(name, { isBranch, first: place, last: place.seq, quiet: undefined, read: -1, unread: Infinity });
    } else {
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
  readonly isBranch: boolean;
  first: Place;
  last: number;
  quiet: boolean | undefined;
  read: number;
  unread: number;
}
const isRunQuiet = ({ store, conversation }: PairView, { first, last, isBranch }: Run): boolean => {
  // What is said of it may be said of its segment.
  if (isBranch) return false;
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
/**
 * Takes one shown event into the tables. The same event again changes nothing. `written`: what it says, for who has just
 * written it.
 */
export const projectPair = (view: PairView, event: ShownEvent, written?: Content): Projected =>
  project(view, event, oneByOne(view), false, written);

const project = (
  view: PairView,
  event: ShownEvent,
  known: Beforehand,
  isAgain = false,
  written?: Content,
): Projected => {
  const { store, conversation } = view;
  if (event.contentState === 'expired') return NOTHING;
  if (event.contentState === 'missing' && isBeforeHistory(view, event)) return NOTHING;
  const key = orderKey(conversation, event.lamport, event.event);
  if (isLine(event) && isStanding(view, event)) store.put('message', key, Uint8Array.of(event.contentKind));
  const about = isDeletable(event) && !known.isQuiet(event.place) ? aboutLine(view, event) : NOTHING_SAID;
  if (about.deleted) {
    purgeLine(view, event);
    return { type: 'purged' };
  }
  const content = written ?? contentOf(view, event);
  const timer = timerOfContent(content);
  if (goes(event) && (timer !== null || view.lifespan?.() !== undefined))
    schedule(view, event, timer, known.isRead(event.place));
  if (content === undefined) return { type: isLine(event) ? 'line' : 'none' };
  return projectContent(view, event, content, key, about, known, isAgain);
};
/**
 * A text that came without its content is no line until that is here, unless it is known to be deleted: one whose time was
 * over before anybody else had it is such a text, and nothing says that it was there.
 */
const isStanding = (view: PairView, event: ShownEvent): boolean => !isAwaited(event) || isDeleted(view, event);
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
  about: About,
  known: Beforehand,
  isAgain: boolean,
): Projected => {
  const { store, conversation } = view;
  switch (content.type) {
    case 'text': {
      indexLine(view, event, about.edited ?? content.text);
      if (!equalBytes(event.member, view.me) && !isAgain && !known.isRead(event.place)) {
        // Reading it starts its timer: the place is at hand without opening the line again.
        const timed = timerOfContent(content)?.from === 'reading';
        store.put('unread', key, timed ? placeKey(event.place) : new Uint8Array(0));
      }
      return { type: 'line', about };
    }
    case 'reaction': {
      const meant = meantBy(view, event, content.target, content.extensions);
      if (meant === undefined || isOver(meant.events)) return { type: 'line' };
      const by = aboutKey(conversation, meant.place, ABOUT.reaction, event.member);
      const row = concat(by, view.crypto.hash(8, utf8(content.emoji)), meant.which);
      if (makeRoomFor(view, by, row)) putStamped(store, 'reaction', row, event, encode(reactionValue, content));
      return { type: 'line' };
    }
    case 'edit':
      return projectEdit(view, event, content);
    case 'delete':
      return projectDelete(view, event, content);
    case 'profile':
    case 'end':
      return projectMember(view, event, content);
  }
};

/** What somebody says of themselves. A line that is void stays, marked; a name has no mark. */
const projectMember = (
  { store, conversation }: PairView,
  event: ShownEvent,
  content: Extract<Content, { type: 'profile' | 'end' }>,
): Projected => {
  const say = (kind: number, value: Uint8Array): void => {
    if (event.marks.includes('removed')) return;
    putStamped(store, 'reaction', aboutKey(conversation, NOWHERE, kind, event.member), event, value);
  };
  if (content.type === 'end') {
    say(ABOUT.ended, new Uint8Array(0));
    return { type: 'ended' };
  }
  say(ABOUT.profileName, utf8(content.name));
  say(ABOUT.profilePicture, content.picture);
  return { type: 'profile' };
};
/** The same of all that was said: with other cuts other events count, of which whoever is linked later gets no others. */
export const recountMembers = (view: PairView): void => {
  const { store, conversation, log } = view;
  for (const kind of [ABOUT.profileName, ABOUT.profilePicture, ABOUT.ended]) {
    const from = aboutKey(conversation, NOWHERE, kind);
    for (const { key } of store.scan('reaction', { from, to: afterPrefix(from) })) store.delete('reaction', key);
  }
  let before: EventId | undefined;
  for (;;) {
    const page = log.page({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    for (const event of page) {
      const isMeant = event.contentKind === CONTENT_KINDS.profile || event.contentKind === CONTENT_KINDS.end;
      const content = isMeant ? contentOf(view, event) : undefined;
      if (content?.type === 'profile' || content?.type === 'end') projectMember(view, event, content);
    }
    before = page[0]?.event;
    if (before === undefined) return;
  }
};

const projectEdit = (view: PairView, event: ShownEvent, content: Extract<Content, { type: 'edit' }>): Projected => {
  const { store, conversation } = view;
  const meant = ownMeant(view, event, content);
  if (meant === undefined) return { type: 'none' };
  const edited = meant.events.filter(({ contentKind }) => contentKind === CONTENT_KINDS.text);
  if (edited.some(({ contentState }) => contentState === 'expired')) {
    expireLine(view, event);
    return { type: 'purged' };
  }
  if (edited.some((one) => isDeleted(view, one))) {
    view.log.purge(event.event);
    return { type: 'purged' };
  }
  const { place, which } = meant;
  store.put('reaction', aboutKey(conversation, place, ABOUT.editEvent, event.event, which), new Uint8Array(0));
  putStamped(store, 'reaction', aboutKey(conversation, place, ABOUT.edit, which), event, utf8(content.text));
  for (const one of edited) reindex(view, one);
  return { type: 'line' };
};
const projectDelete = (view: PairView, event: ShownEvent, content: Extract<Content, { type: 'delete' }>): Projected => {
  const { store, conversation } = view;
  const meant = ownMeant(view, event, content);
  if (meant === undefined || isOver(meant.events)) return { type: 'none' };
  const about = aboutKey(conversation, meant.place, ABOUT.delete, meant.which);
  putStamped(store, 'reaction', about, event, new Uint8Array(0));
  const deleted = meant.events.filter((one) => isDeletable(one) && one.contentState !== 'expired');
  for (const one of deleted) purgeLine(view, one);
  return { type: deleted.length > 0 ? 'purged' : 'none' };
};

/**
 * Earlier events of the same member. Whoever changes or deletes has seen what it names, so it is shown before: what names a place
 * still to come counts never, and not only when it happened to arrive first. Undefined when nothing there can be meant.
 */
const ownMeant = (
  view: PairView,
  event: ShownEvent,
  { target, extensions }: Pick<Extract<Content, { type: 'edit' | 'delete' }>, 'target' | 'extensions'>,
): Meant | undefined => {
  const author = view.log.memberOf(target.feed);
  if (author === undefined || !equalBytes(author, event.member)) return undefined;
  const meant = meantBy(view, event, target, extensions);
  return meant && { ...meant, events: meant.events.filter(({ lamport }) => lamport < event.lamport) };
};
/** The time of all of them is over, and of some at all. */
const isOver = (events: readonly ShownEvent[]): boolean =>
  events.length > 0 && events.every(({ contentState }) => contentState === 'expired');
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
  let isShared = false;
  for (const said of editsOf(view, event)) {
    if (said.kind === ABOUT.editEvent) view.log.purge(said.rest as EventId);
    store.delete('reaction', said.key);
    isShared ||= !said.isAlone;
  }
  if (isShared) for (const one of besides(view, event)) reindex(view, one);
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
  const edits = editsOf(view, event);
  for (const { key, kind, rest } of edits) {
    const edit = kind === ABOUT.editEvent ? log.find(rest as EventId) : undefined;
    if (edit !== undefined) expireLine(view, edit);
    store.delete('reaction', key);
  }
  const others = besides(view, event).filter(({ contentState }) => contentState !== 'expired');
  for (const { key, isAlone } of saidAbout(view, event, true))
    if (isAlone || others.length === 0) store.delete('reaction', key);
  if (edits.some(({ isAlone }) => !isAlone)) for (const one of others) reindex(view, one);
};
/** What of the edits is about an event. It goes with each text that it may have changed: it may say what was deleted. */
const editsOf = (view: PairView, event: ShownEvent): readonly Said[] =>
  saidAbout(view, event, true).filter((said) => {
    if (said.kind === ABOUT.edit) return isAfter(said, event);
    return said.kind === ABOUT.editEvent && (view.log.find(said.rest as EventId)?.lamport ?? Infinity) > event.lamport;
  });
/** What a copy of its device said at the same place. */
const besides = (view: PairView, event: ShownEvent): readonly ShownEvent[] =>
  placesOf(event)
    .flatMap((place) => view.log.allAt(place))
    .filter((one) => isDeletable(one) && !equalBytes(one.event, event.event));
/** Its text as it is after what was said of it changed. */
const reindex = (view: PairView, event: ShownEvent): void => {
  const content = isHidden(view.store, view.conversation, event.place) ? undefined : contentOf(view, event);
  if (content?.type !== 'text') return;
  const { deleted, edited } = aboutLine(view, event);
  if (!deleted) indexLine(view, event, edited ?? content.text);
};

/** An edit goes with the text that it changes, never alone. */
export const goesWithAnother = (view: PairView, event: ShownEvent): boolean => {
  const content = event.contentKind === CONTENT_KINDS.edit ? contentOf(view, event) : undefined;
  const meant = content?.type === 'edit' ? meantBy(view, event, content.target, content.extensions) : undefined;
  return meant?.events.some(({ contentState }) => contentState === 'held') ?? false;
};

/** Is anything said about the event at this place? */
const said = (place: Piece): readonly Link[] => [
  { table: 'tombstone', key: [{ of: 'key', to: 16 }, place], begins: true },
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
  const isBranch = standing === undefined || !equalBytes(place.segment, standing.slice(8, 16));
  const isSaid = isBranch || tombstone !== undefined || reaction !== undefined;
  return [{ ...opened, about: isSaid ? aboutLine(view, opened.shown) : NOTHING_SAID }];
};

export const memberProfile = (
  view: PairView,
  member: MemberId,
): { readonly name: string; readonly picture: Uint8Array | null } => {
  const picture = getStamped(
    view.store,
    'reaction',
    aboutKey(view.conversation, NOWHERE, ABOUT.profilePicture, member),
  );
  return {
    name: memberName(view, member),
    picture: picture === undefined || picture.length === 0 ? null : picture,
  };
};
/** Without the picture, which is many times as long and would be read for each line. */
export const memberName = (view: PairView, member: MemberId): string => {
  const name = getStamped(view.store, 'reaction', aboutKey(view.conversation, NOWHERE, ABOUT.profileName, member));
  return name === undefined ? '' : (utf8ToText(name) ?? '');
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
    lines: rows.flatMap(({ key, linked }) => openLine(view, key.slice(22) as EventId, linked)),
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
