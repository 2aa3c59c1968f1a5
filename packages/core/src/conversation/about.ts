// What is said about an event (edits, reactions, deletions, tombstones), and which event a place means. Where a copy of a device
// wrote, several stand at one place (spec 10, "Places"): so each row says whom it is about as its author said it, and nothing
// has to be made anew when another one comes.
import { compareBytes, concat, equalBytes, toHex, utf8ToText } from '../bytes/index.ts';
import { bool, decode, text, tuple, type Extension } from '../codec/index.ts';
import { branchIdOf, type ConversationId, type EventId } from '../identity/index.ts';
import type { Place, ShownEvent } from '../log/index.ts';
import type { Row } from '../ports/index.ts';
import { CONTENT_KINDS, contents, WHICH_EXTENSION, whichOf } from './content.ts';
import { afterPrefix, placeKey } from './keys.ts';
import type { PairView } from './pair-projection.ts';
import { tombstonesAt } from './self-projection.ts';
import { readStamp } from './stamped.ts';

export const ABOUT = {
  edit: 1,
  reaction: 2,
  delete: 3,
  profileName: 4,
  profilePicture: 5,
  ended: 6,
  editEvent: 7,
} as const;
export const reactionValue = tuple({ emoji: text(64), on: bool });

/** The log keeps kinds below 16 to itself; those of a newer Kith above them are shown as such. */
export const isUnknown = (event: ShownEvent): boolean =>
  event.contentKind > CONTENT_KINDS.end && !contents.knows(event.contentKind);
/** What can be deleted by itself. An edit goes with its text, and never alone: the tables would keep what it said. */
export const isDeletable = (event: ShownEvent): boolean =>
  event.newer || event.contentKind === CONTENT_KINDS.text || isUnknown(event);

// ---- whom a place means

const NO_EXTENSIONS: readonly Extension[] = [];
const nameOf = ({ crypto }: PairView, { segment }: ShownEvent, event: EventId): Uint8Array =>
  branchIdOf(crypto, segment, event);
/** How an event is named: in a segment in which a copy is known to have written with what says which one is meant. */
export interface Naming {
  readonly place: Place;
  readonly extensions: readonly Extension[];
}
/**
 * Never by the id of a branch: which chain is the line, and so what is a branch and what it is called, depends on what else
 * whoever reads it holds. Beyond a cut nobody is given the rest.
 */
export const namingOf = (view: PairView, event: ShownEvent): Naming => {
  const place = { ...event.place, segment: event.segment };
  const isAlone = equalBytes(event.place.segment, event.segment) && view.log.allAt(place).length < 2;
  if (isAlone) return { place, extensions: NO_EXTENSIONS };
  return { place, extensions: [{ id: WHICH_EXTENSION, critical: false, value: nameOf(view, event, event.event) }] };
};
export interface Meant {
  readonly place: Place;
  /** The name of the only one that is meant; empty: all that stand there, whenever they come. */
  readonly which: Uint8Array;
  /** Those of them that are here. */
  readonly events: readonly ShownEvent[];
}
const ALL = new Uint8Array(0);
/** Undefined when an event names one of its own chain that is not here, or is yet to come. */
export const meantBy = (
  view: PairView,
  by: ShownEvent,
  place: Place,
  extensions: readonly Extension[],
): Meant | undefined => {
  const isOwnChain = equalBytes(by.segment, place.segment) && equalBytes(by.place.feed, place.feed);
  const below = isOwnChain ? view.log.below(by.event, place.seq) : undefined;
  if (isOwnChain && below === undefined) return undefined;
  const which = below === undefined ? whichOf(extensions) : nameOf(view, by, below);
  return { place, which: which ?? ALL, events: eventsMeant(view, place, which) };
};
export const eventsMeant = (view: PairView, place: Place, which: Uint8Array | undefined): readonly ShownEvent[] => {
  const all = view.log.allAt(place);
  return which === undefined ? all : all.filter((event) => equalBytes(which, nameOf(view, event, event.event)));
};
/** Under which an event is named: where it stands, and for one in a branch also by the segment, by who knew of no branch. */
export const placesOf = ({ place, segment }: ShownEvent): readonly Place[] =>
  equalBytes(place.segment, segment) ? [place] : [place, { ...place, segment }];

// ---- rows

export const aboutKey = (
  conversation: ConversationId,
  place: Place,
  kind: number,
  ...more: readonly Uint8Array[]
): Uint8Array => concat(conversation, placeKey(place), Uint8Array.of(kind), ...more);
/** Bytes of a key after its kind, without the name of whom it is about. */
const KEY_BYTES: Readonly<Record<number, number>> = { [ABOUT.reaction]: 24, [ABOUT.editEvent]: 32 };
const KIND_AT = 36;
/** The last of the kinds. */
const EDIT_EVENTS = Uint8Array.of(ABOUT.editEvent);

/** Different emoji of one author at one place. */
export const MAX_REACTIONS = 64;
/**
 * Of very many the first ones in the order of their rows count, whatever came first: each that is there is read with the line, and
 * with each edit of it. `by`: the key up to the author. Tells whether this one has room.
 */
export const makeRoomFor = ({ store }: PairView, by: Uint8Array, row: Uint8Array): boolean => {
  if (store.get('reaction', row) !== undefined) return true;
  const rows = store.scan('reaction', { from: by, to: afterPrefix(by), limit: MAX_REACTIONS });
  const last = rows.at(-1);
  if (last === undefined || rows.length < MAX_REACTIONS) return true;
  if (compareBytes(row, last.key) > 0) return false;
  store.delete('reaction', last.key);
  return true;
};

export interface Said extends Row {
  readonly kind: number;
  /** Of the key, after the kind. */
  readonly rest: Uint8Array;
  /** It is about this event, and no other one at its place. */
  readonly isAlone: boolean;
}
/** Rows that are about an event. `withEdits`: also one for each edit that there ever was, of which the newest text has a row of its own. */
export const saidAbout = (view: PairView, event: ShownEvent, withEdits: boolean): readonly Said[] => {
  let name: Uint8Array | undefined;
  return placesOf(event).flatMap((place) => {
    const from = concat(view.conversation, placeKey(place));
    const to = withEdits ? afterPrefix(from) : concat(from, EDIT_EVENTS);
    return view.store.scan('reaction', { from, to }).flatMap(({ key, value }): Said[] => {
      const kind = key[KIND_AT] as number;
      const end = KIND_AT + 1 + (KEY_BYTES[kind] ?? 0);
      const isAlone = key.length > end;
      if (isAlone && !equalBytes(key.slice(end), (name ??= nameOf(view, event, event.event)))) return [];
      return [{ key, value, kind, rest: key.slice(KIND_AT + 1, end), isAlone }];
    });
  });
};
/** Whoever changes or deletes has seen what it names: what came after it is another one at the same place. */
export const isAfter = (said: Said, event: ShownEvent): boolean =>
  (readStamp(said.value)?.lamport ?? 0) > event.lamport;
const isTombstoned = (view: PairView, event: ShownEvent): boolean =>
  placesOf(event).some((place) =>
    tombstonesAt(view.store, view.conversation, place).some(
      (which) => which.length === 0 || equalBytes(which, nameOf(view, event, event.event)),
    ),
  );
const newestOf = (rows: readonly Said[]): Uint8Array | undefined =>
  rows
    .flatMap(({ value }) => readStamp(value) ?? [])
    .toSorted((a, b) => b.lamport - a.lamport || (toHex(a.event) < toHex(b.event) ? 1 : -1))[0]?.value;

export const isDeleted = (view: PairView, event: ShownEvent): boolean =>
  isDeletable(event) &&
  (isTombstoned(view, event) ||
    saidAbout(view, event, false).some((said) => said.kind === ABOUT.delete && isAfter(said, event)));
const editedBy = (rows: readonly Said[], event: ShownEvent): string | undefined => {
  if (event.contentKind !== CONTENT_KINDS.text) return undefined;
  const value = newestOf(rows.filter((said) => said.kind === ABOUT.edit && isAfter(said, event)));
  return value === undefined ? undefined : utf8ToText(value);
};

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
export const NOTHING_SAID: About = { edited: undefined, deleted: false, reactions: [] };
/** One walk over the rows of a line, which has few or none. */
export const aboutLine = (view: PairView, event: ShownEvent): About => {
  const rows = saidAbout(view, event, false);
  if (rows.length === 0)
    return isDeletable(event) && isTombstoned(view, event) ? { ...NOTHING_SAID, deleted: true } : NOTHING_SAID;
  const edited = editedBy(rows, event);
  const deleted =
    isDeletable(event) &&
    (isTombstoned(view, event) || rows.some((said) => said.kind === ABOUT.delete && isAfter(said, event)));
  /** Of each member and emoji what was said last. */
  const last = new Map<string, Said[]>();
  for (const said of rows) {
    if (said.kind !== ABOUT.reaction) continue;
    const name = toHex(said.rest);
    last.set(name, [...(last.get(name) ?? []), said]);
  }
  const members = new Map<string, Uint8Array[]>();
  for (const said of last.values()) {
    const value = newestOf(said);
    const reaction = value === undefined ? undefined : decode(reactionValue, value);
    if (reaction?.on !== true) continue;
    const from = (said[0] as Said).rest.slice(0, 16);
    members.set(reaction.emoji, [...(members.get(reaction.emoji) ?? []), from]);
  }
  return { edited, deleted, reactions: Array.from(members, ([emoji, list]) => ({ emoji, members: list })) };
};
