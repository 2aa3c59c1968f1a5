// The tables contact, draft, setting, tombstone, began and star, and the read marks: what the events of `self` add up to. All of them
// can be dropped and made again from the log (`rebuildSelf`).
import { compareBytes, concat, equalBytes, readUint48, toHex, uint48, utf8, utf8ToText } from '../bytes/index.ts';
import type { ConversationId, EventId, FeedId } from '../identity/index.ts';
import type { Place, SeenEntry, ShownEvent } from '../log/index.ts';
import { isNewerRecord } from '../mailbox/index.ts';
import type { Store } from '../ports/index.ts';
import { encode, decode, text, tuple, uint, type Extension, type Infer } from '../codec/index.ts';
import { whichOf, type Timer } from './content.ts';
import { projectContext } from './contexts.ts';
import { afterPrefix, placeFromKey, placeKey } from './keys.ts';
import {
  recoveryPoolContent,
  recoveryRangeContent,
  relationContent,
  toldByOf,
  VALIDITIES,
  type SelfContent,
} from './self-content.ts';
import { putSegmentSeed } from './segment-seeds.ts';
import { parseDuration, settingDefault } from './settings.ts';
import {
  getStamped,
  newestFirst,
  putFirst,
  putNewer,
  putStamped,
  readStamp,
  readStamped,
  stampedBy,
} from './stamped.ts';

const ASPECTS = { contact: 0, name: 1, validity: 2, block: 3, ended: 4, read: 5, relation: 6, consent: 7 } as const;
const contactKey = (conversation: Uint8Array, aspect: keyof typeof ASPECTS): Uint8Array =>
  concat(conversation, Uint8Array.of(ASPECTS[aspect]));
/** Of each own device its own mark: of two that read at the same time neither takes back what the other says. */
const readKey = (conversation: Uint8Array, feed: FeedId): Uint8Array => concat(contactKey(conversation, 'read'), feed);
const settingKey = (key: string, conversation: Uint8Array | null): Uint8Array =>
  concat(conversation ?? new Uint8Array(16), utf8(key));
const PROFILE_NAME = utf8('profile.name');
const PROFILE_PICTURE = utf8('profile.picture');
const DEVICE = utf8('device');
const WIPE = utf8('wipe');
const HISTORY = utf8('history');
const POOL = utf8('pool');
const RANGE = utf8('range');
const SEEN = utf8('seen');
const seenTime = tuple({ at: uint() });
const since = tuple({ from: uint() });
const deviceFacts = tuple({ name: text(256), at: uint() });
const begun = tuple({ label: text(256), at: uint() });

export type Validity = (typeof VALIDITIES)[number];
export interface ContactFacts {
  readonly label: string;
  readonly at: number;
  readonly name: string;
  readonly validity: Validity;
  readonly blocked: boolean;
  readonly ended: boolean;
}

/** What of an event of `self` its projection depends on beside its content. */
export type SelfEvent = Pick<ShownEvent, 'lamport' | 'event' | 'place'>;

/** Takes one event of `self` into the tables. Tells whether anything is new. */
export const projectSelf = (store: Store, by: SelfEvent, content: SelfContent): boolean => {
  switch (content.type) {
    case 'relation':
      return putStamped(
        store,
        'contact',
        contactKey(content.conversation, 'relation'),
        by,
        encode(relationContent, content),
      );
    // Whose key it is nothing proves: what each device says of it stands by itself.
    case 'consent':
      return putFirst(
        store,
        'contact',
        concat(contactKey(content.conversation, 'consent'), content.device, by.place.feed),
        by,
        concat(by.place.feed, content.consent),
      );
    case 'device':
      return putStamped(store, 'contact', concat(DEVICE, by.place.feed), by, encode(deviceFacts, content));
    case 'history':
      return putFirst(store, 'contact', concat(HISTORY, content.device, by.place.feed), by, encode(since, content));
    case 'recoveryPool':
      return putStamped(
        store,
        'contact',
        concat(POOL, by.place.feed, content.set),
        by,
        encode(recoveryPoolContent, content),
      );
    // Said again it would have a device name keys once more that it has named.
    case 'recoveryRange':
      return putFirst(
        store,
        'contact',
        concat(RANGE, content.device, by.place.feed, content.set),
        by,
        encode(recoveryRangeContent, content),
      );
    case 'firstSeen': {
      const key = seenKey(content.device, by.place.feed, content.conversation);
      const told = content.entries.map(({ entry, at }) =>
        putStamped(store, 'contact', concat(key, entry), by, encode(seenTime, { at })),
      );
      return told.includes(true);
    }
    case 'wipe':
      return putStamped(store, 'contact', concat(WIPE, content.device), by, new Uint8Array(0));
    // What each device says of it last: what is newest of all is found when it is asked for.
    case 'peerInbox':
      return putStamped(store, 'inbox', concat(peerInboxKey(content), by.place.feed), by, content.record);
    case 'segmentSeed':
      return putSegmentSeed(store, by, content.conversation, content);
    case 'contact':
      return putStamped(store, 'contact', contactKey(content.conversation, 'contact'), by, encode(begun, content));
    case 'name':
      return putStamped(store, 'contact', contactKey(content.conversation, 'name'), by, utf8(content.name));
    case 'validity':
      return putStamped(
        store,
        'contact',
        contactKey(content.conversation, 'validity'),
        by,
        Uint8Array.of(content.validity),
      );
    case 'block':
      return putStamped(
        store,
        'contact',
        contactKey(content.conversation, 'block'),
        by,
        Uint8Array.of(content.blocked ? 1 : 0),
      );
    case 'ended':
      return putStamped(store, 'contact', contactKey(content.conversation, 'ended'), by, Uint8Array.of(1));
    case 'read':
      return putStamped(store, 'contact', readKey(content.conversation, by.place.feed), by, content.frontier);
    case 'draft':
      return putStamped(store, 'draft', content.conversation, by, utf8(content.text));
    case 'setting':
      return putStamped(
        store,
        'setting',
        settingKey(content.key, content.conversation),
        by,
        // A leading byte tells "back to the default" from an empty value.
        content.value === null ? new Uint8Array(0) : concat(Uint8Array.of(1), utf8(content.value)),
      );
    case 'tombstone':
      return putStamped(
        store,
        'tombstone',
        concat(content.conversation, placeKey(content.place), whichOf(content.extensions) ?? new Uint8Array(0)),
        by,
        new Uint8Array(0),
      );
    case 'profile': {
      const named = putStamped(store, 'setting', PROFILE_NAME, by, utf8(content.name));
      return putStamped(store, 'setting', PROFILE_PICTURE, by, content.picture) || named;
    }
    case 'began':
      return content.places.map((place) => putBegan(store, content.conversation, place, content.at)).includes(true);
    case 'star':
      return putStamped(
        store,
        'star',
        concat(content.conversation, placeKey(content.place)),
        by,
        Uint8Array.of(content.on ? 1 : 0),
      );
    case 'inbox':
      return putNewer(store, 'inbox', concat(utf8('o'), content.conversation), by, content.record, isNewerRecord);
    case 'context':
    case 'contextProfile':
    case 'contextRemoved':
    case 'contextOf':
      return projectContext(store, by, content);
  }
};

/** The earliest counts: whichever device was first to read. */
const putBegan = (store: Store, conversation: Uint8Array, place: Place, at: number): boolean => {
  const key = concat(conversation, placeKey(place));
  const raw = store.get('began', key);
  if (raw !== undefined && readUint48(raw, 0) <= at) return false;
  store.put('began', key, uint48(at));
  return true;
};

/** The event of `self` that this one takes the place of, where the old content says more than anyone needs to keep. */
export const supersededBy = (store: Store, { place }: SelfEvent, content: SelfContent): EventId | undefined => {
  if (content.type === 'draft') return stampedBy(store, 'draft', content.conversation);
  return content.type === 'read' ? stampedBy(store, 'contact', readKey(content.conversation, place.feed)) : undefined;
};

const textOf = (value: Uint8Array | undefined): string => (value === undefined ? '' : (utf8ToText(value) ?? ''));

const FEED_BYTES = 8;
const KEY_BYTES = 32;
const RELATION_KEY_BYTES = 17;
export type Relation = Infer<typeof relationContent>;
export interface Consent {
  readonly self: FeedId;
  /** Public key in the conversation, 32 bytes. */
  readonly device: Uint8Array;
  readonly consent: Uint8Array;
}
/** Undefined for a conversation that never was a contact. */
export const contactFacts = (store: Store, conversation: ConversationId): ContactFacts | undefined => {
  const aspect = (name: keyof typeof ASPECTS): Uint8Array | undefined =>
    getStamped(store, 'contact', contactKey(conversation, name));
  const start = aspect('contact');
  const facts = start === undefined ? undefined : decode(begun, start);
  if (facts === undefined) return undefined;
  return {
    ...facts,
    name: textOf(aspect('name')),
    validity: VALIDITIES[aspect('validity')?.[0] ?? 0] ?? 'unvalidated',
    blocked: aspect('block')?.[0] === 1,
    ended: aspect('ended') !== undefined,
  };
};
/** What `self` says of the birth of a relationship. */
export const relationOf = (store: Store, conversation: ConversationId): Relation | undefined => {
  const raw = getStamped(store, 'contact', contactKey(conversation, 'relation'));
  return raw === undefined ? undefined : decode(relationContent, raw);
};
/** From when on a device has lines, in milliseconds, as `by` said first, which let it in; 0: all. */
export const historyFrom = (store: Store, feed: FeedId, by: FeedId): number => {
  const raw =
    getStamped(store, 'contact', concat(HISTORY, feed, by)) ??
    // Of homes from before 2026-11-23.
    getStamped(store, 'contact', concat(HISTORY, feed));
  return (raw === undefined ? undefined : decode(since, raw)?.from) ?? 0;
};
/** A removed device of one's own that is to forget everything when it appears. */
export const isToBeWiped = (store: Store, feed: FeedId): boolean =>
  store.get('contact', concat(WIPE, feed)) !== undefined;
/** Who said it (null in homes from before 2026-11-23), and where that stands in the order of `self`. */
interface SaidBy {
  readonly author: FeedId | null;
  readonly lamport: number;
  readonly event: EventId;
}
export type RecoveryPool = Infer<typeof recoveryPoolContent> & SaidBy;
export type SaidRange = Infer<typeof recoveryRangeContent> & SaidBy;
/** Rows that begin so and go on with an author and a set, in the order of `self`. */
const saidUnder = <T>(store: Store, from: Uint8Array, read: (value: Uint8Array) => T | undefined): (T & SaidBy)[] =>
  store
    .scan('contact', { from, to: afterPrefix(from) })
    .flatMap(({ key, value }): (T & SaidBy)[] => {
      const rest = key.length - from.length;
      const stamp = rest === 0 || rest === 2 * FEED_BYTES ? readStamp(value) : undefined;
      const content = stamp && read(stamp.value);
      if (stamp === undefined || content === undefined) return [];
      const author = rest === 0 ? null : (key.slice(from.length, from.length + FEED_BYTES) as FeedId);
      return [{ ...content, author, lamport: stamp.lamport, event: stamp.event as EventId }];
    })
    .toSorted((one, other) => one.lamport - other.lamport || compareBytes(one.event, other.event));
/** Public halves of recovery keys, as own devices said them, oldest first. */
export const recoveryPoolsOf = (store: Store): readonly RecoveryPool[] =>
  saidUnder(store, POOL, (value) => decode(recoveryPoolContent, value));
/** What of them a device was given to name, oldest first. */
export const recoveryRangesOf = (store: Store, device: FeedId): readonly SaidRange[] =>
  saidUnder(store, concat(RANGE, device), (value) => decode(recoveryRangeContent, value));
const seenKey = (device: FeedId, by: FeedId, conversation: Uint8Array): Uint8Array =>
  concat(SEEN, device, by, conversation);
/** When `by` saw entries of a conversation's charter first, as it told `device`. */
export const firstSeenOf = (
  store: Store,
  device: FeedId,
  by: FeedId,
  conversation: ConversationId,
): readonly SeenEntry[] => {
  const from = seenKey(device, by, conversation);
  return store.scan('contact', { from, to: afterPrefix(from) }).flatMap((row) => {
    const value = readStamped(row.value);
    const time = value === undefined ? undefined : decode(seenTime, value);
    return time === undefined ? [] : [{ entry: row.key.slice(from.length), at: time.at }];
  });
};
/** All relationships that `self` knows of. */
export const relationsOf = (store: Store): readonly Relation[] =>
  store.scan('contact').flatMap((row) => {
    if (row.key.length !== RELATION_KEY_BYTES || row.key[RELATION_KEY_BYTES - 1] !== ASPECTS.relation) return [];
    const value = readStamped(row.value);
    const relation = value === undefined ? undefined : decode(relationContent, value);
    return relation === undefined ? [] : [relation];
  });
/**
 * Devices that agreed to be added to a conversation, with the feeds in `self` that said so: of one key there may be several, as a device
 * whose client was changed may say that another's is its own.
 */
export const consentsOf = (store: Store, conversation: ConversationId): readonly Consent[] => {
  const from = contactKey(conversation, 'consent');
  const found = new Map<string, Consent>();
  for (const row of store.scan('contact', { from, to: afterPrefix(from) })) {
    const value = readStamped(row.value);
    if (value === undefined) continue;
    const self = value.slice(0, FEED_BYTES) as FeedId;
    // Rows of homes from before 2026-11-22 end here: one for each key.
    const device = row.key.slice(from.length, from.length + KEY_BYTES);
    found.set(toHex(device) + toHex(self), { self, device, consent: value.slice(FEED_BYTES) });
  }
  return [...found.values()];
};
/** By its feed in `self`; undefined before it has said how it is called. */
export const deviceFactsOf = (
  store: Store,
  feed: FeedId,
): { readonly name: string; readonly at: number } | undefined => {
  const raw = getStamped(store, 'contact', concat(DEVICE, feed));
  return raw === undefined ? undefined : decode(deviceFacts, raw);
};
const NOBODY = new Uint8Array(FEED_BYTES);
/** Of each of their devices what each of one's own says: what may not count by itself does not hide what does. */
const peerInboxKey = ({
  conversation,
  extensions,
}: {
  readonly conversation: ConversationId;
  readonly extensions: readonly Extension[];
}): Uint8Array => concat(peerInboxesKey(conversation), toldByOf(extensions) ?? NOBODY);
const peerInboxesKey = (conversation: Uint8Array): Uint8Array => concat(utf8('q'), conversation);
/** Where the other side is reached, as one's own devices say that one of theirs said it. */
export interface PeerInbox {
  readonly record: Uint8Array;
  /** Null: nobody knows which. */
  readonly by: FeedId | null;
  /** The own device, by its feed in `self`; null in homes from before 2026-11-23. */
  readonly author: FeedId | null;
  /** Where that stands in the order of `self`. */
  readonly lamport: number;
  readonly event: Uint8Array;
}
export const peerInboxesOf = (store: Store, conversation: ConversationId): readonly PeerInbox[] => {
  const from = peerInboxesKey(conversation);
  return store.scan('inbox', { from, to: afterPrefix(from) }).flatMap(({ key, value }) => {
    const stamp = readStamp(value);
    const by = key.slice(from.length, from.length + FEED_BYTES);
    const author = key.slice(from.length + FEED_BYTES);
    const feedOf = (bytes: Uint8Array): FeedId | null =>
      bytes.length < FEED_BYTES || equalBytes(bytes, NOBODY) ? null : (bytes as FeedId);
    if (stamp === undefined) return [];
    return [
      { record: stamp.value, by: feedOf(by), author: feedOf(author), lamport: stamp.lamport, event: stamp.event },
    ];
  });
};
/** The row of an inbox that a device said which does not count any more. Tells whether it stood there. */
export const dropInbox = (
  store: Store,
  by: Pick<SelfEvent, 'event' | 'place'>,
  content: Extract<SelfContent, { readonly type: 'inbox' | 'peerInbox' }>,
): boolean => {
  const key =
    content.type === 'inbox' ? concat(utf8('o'), content.conversation) : concat(peerInboxKey(content), by.place.feed);
  const said = stampedBy(store, 'inbox', key);
  if (said === undefined || !equalBytes(said, by.event)) return false;
  store.delete('inbox', key);
  return true;
};
export const forgetPeerInboxes = (store: Store, conversation: ConversationId): void => {
  const from = peerInboxesKey(conversation);
  for (const { key } of store.scan('inbox', { from, to: afterPrefix(from) })) store.delete('inbox', key);
};
export const draftOf = (store: Store, conversation: ConversationId): string =>
  textOf(getStamped(store, 'draft', conversation));
/** The value set for this conversation, else for all; undefined when neither is set. */
export const settingOf = (store: Store, key: string, conversation: ConversationId | null): string | undefined => {
  const own = conversation === null ? undefined : getStamped(store, 'setting', settingKey(key, conversation));
  const value = own !== undefined && own.length > 0 ? own : getStamped(store, 'setting', settingKey(key, null));
  return value === undefined || value.length === 0 ? undefined : textOf(value.slice(1));
};
/** Keys and values that differ from the defaults, for everything or for one conversation. */
export const settingsSet = (store: Store, conversation: ConversationId | null): ReadonlyMap<string, string> => {
  const from = conversation ?? new Uint8Array(16);
  const values = new Map<string, string>();
  for (const row of store.scan('setting', {
    from: settingKey('', conversation),
    to: concat(from, Uint8Array.of(255)),
  })) {
    const value = readStamped(row.value);
    const key = utf8ToText(row.key.slice(16));
    if (value !== undefined && value.length > 0 && key !== undefined) values.set(key, textOf(value.slice(1)));
  }
  return values;
};
/** Of what stands at a place: the names of those that were deleted for this person; an empty one: all of them. */
export const tombstonesAt = (store: Store, conversation: ConversationId, place: Place): readonly Uint8Array[] => {
  const from = concat(conversation, placeKey(place));
  return store.scan('tombstone', { from, to: afterPrefix(from) }).map(({ key }) => key.slice(from.length));
};
/** When a timer of this line began to run by being read; undefined: not yet. */
export const beganAt = (store: Store, conversation: ConversationId, place: Place): number | undefined => {
  const raw = store.get('began', concat(conversation, placeKey(place)));
  return raw === undefined ? undefined : readUint48(raw, 0);
};
export const isStarred = (store: Store, conversation: ConversationId, place: Place): boolean =>
  getStamped(store, 'star', concat(conversation, placeKey(place)))?.[0] === 1;
/** May be true where stars were taken away again. */
export const hasStars = (store: Store, conversation: ConversationId): boolean =>
  store.scan('star', { from: conversation, to: afterPrefix(conversation), limit: 1 }).length > 0;
/** Starred lines of one conversation, or of all. */
export const starredPlaces = (
  store: Store,
  conversation: ConversationId | null,
): readonly { readonly conversation: ConversationId; readonly place: Place }[] =>
  store
    .scan('star', conversation === null ? {} : { from: conversation, to: afterPrefix(conversation) })
    .filter(({ value }) => readStamped(value)?.[0] === 1)
    .map(({ key }) => ({ conversation: key.slice(0, 16) as ConversationId, place: placeFromKey(key, 16) }));

export interface Preferences {
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly archived: boolean;
  /** Milliseconds that lines are kept; undefined: for ever. */
  readonly lifespan: number | undefined;
  /** Of texts written here; null: none. */
  readonly timer: Timer | null;
}
export const preferencesOf = (store: Store, conversation: ConversationId): Preferences => {
  const value = (key: string): string => settingOf(store, key, conversation) ?? settingDefault(key);
  const timer = parseDuration(value('timer'));
  const from = value('timer-from') === 'sending' ? 'sending' : 'reading';
  return {
    muted: value('muted') === 'on',
    pinned: value('pinned') === 'on',
    archived: value('archived') === 'on',
    lifespan: parseDuration(value('lifespan')),
    timer: timer === undefined ? null : { from, seconds: timer / 1000 },
  };
};
/** A line is read when the mark of any own device covers it. Newest first; encoded frontiers. */
export const readMarks = (store: Store, conversation: ConversationId): readonly Uint8Array[] => {
  const from = contactKey(conversation, 'read');
  return newestFirst(store.scan('contact', { from, to: afterPrefix(from) }).map(({ value }) => value));
};
export const ownProfile = (store: Store): { readonly name: string; readonly picture: Uint8Array | null } => {
  const picture = getStamped(store, 'setting', PROFILE_PICTURE);
  return {
    name: textOf(getStamped(store, 'setting', PROFILE_NAME)),
    picture: picture === undefined || picture.length === 0 ? null : picture,
  };
};

/** Every table that is made here, for a rebuild. */
export const SELF_TABLES = ['contact', 'draft', 'setting', 'tombstone', 'began', 'star'] as const;
