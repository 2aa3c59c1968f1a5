// What the rest of the engine sees of a log. Every function that touches the store runs inside the engine's transaction.
import { named, tuple, uint, type Codec } from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import {
  feedIdCodec,
  MAX_SEQ,
  segmentIdCodec,
  type Charter,
  type ConversationId,
  type Cut,
  type EntryPoint,
  type EventId,
  type FeedId,
  type MemberId,
  type SegmentId,
} from '../identity/index.ts';
import type { Randomness, Store } from '../ports/index.ts';
import type { Frontier } from './frontier.ts';
import type { LogObject } from './objects.ts';
import type { Damaged } from './verify.ts';

export type ConversationKind = 'self' | 'pair' | 'group' | 'room';

/** Names an event by where it stands. `segment` is the id of a branch when it stands in one. */
export interface Place {
  readonly feed: FeedId;
  readonly segment: SegmentId;
  readonly seq: number;
}
export const placeCodec: Codec<Place> = named(
  'place',
  tuple({ feed: feedIdCodec, segment: segmentIdCodec, seq: uint(MAX_SEQ) }),
);
/** Events `from` (inclusive) to `to` (exclusive). With `CHARTER_SEGMENT` these are charter entries. */
export interface PlaceRange {
  readonly feed: FeedId;
  readonly segment: SegmentId;
  readonly from: number;
  readonly to: number;
}

/** `copy`: by a copy of the device. `counterpart`: known only from the other side. `removed`: beyond a cut. `contested`: of a contested device. */
export type Mark = 'copy' | 'counterpart' | 'removed' | 'contested';

export interface ShownEvent {
  readonly place: Place;
  /** The segment's own id, also of what stands in a branch. */
  readonly segment: SegmentId;
  readonly event: EventId;
  readonly member: MemberId;
  readonly contentKind: number;
  readonly lamport: number;
  /** Milliseconds since 1970 as the author's device believed, rounded to the minute. */
  readonly time: number;
  /** Milliseconds since 1970 of this machine; 0 for own events. */
  readonly receivedAt: number;
  readonly marks: readonly Mark[];
  /** `purged`: was deleted. `expired`: its time was over. `missing`: never came. `none`: the event has none. */
  readonly contentState: 'held' | 'purged' | 'expired' | 'missing' | 'none';
  /** It carries a critical extension this build does not know. */
  readonly newer: boolean;
}

/** Who handed objects over: a device by its feed in this conversation, or an own device through `self`. */
export type Sender = FeedId | 'own';

export type Refusal =
  | 'malformed'
  | 'other-conversation'
  | 'signature'
  | 'root'
  | 'lamport'
  | 'content'
  | 'certificate'
  | 'stub'
  | 'full';

export interface Ingested {
  /** Newly shown, by (Lamport, event id). */
  readonly shown: readonly ShownEvent[];
  /** Shown ahead before what is below them came, which is here now: what they say counts from now on. */
  readonly settled: readonly ShownEvent[];
  /** Shown ahead, and no more. */
  readonly withdrawn: readonly ShownEvent[];
  /** Shown before without content, which came now. */
  readonly completed: readonly ShownEvent[];
  /** Feeds of which anything new is held. */
  readonly feeds: readonly FeedId[];
  readonly charterChanged: boolean;
  /** What a cut accepts reaches further: the segment that it names is here now. */
  readonly cutsCame: boolean;
  /** A device has other cuts, or is disputed or not any more: of what was shown of it more may be void now, or less. */
  readonly cutsChanged: boolean;
  /** Segments whose private half is public from now on. */
  readonly published: readonly { readonly feed: FeedId; readonly segment: SegmentId }[];
  readonly refused: ReadonlyMap<Refusal, number>;
  /** Objects put aside until what they build on arrives. */
  readonly waiting: number;
}

export interface Appended {
  readonly place: Place;
  readonly event: EventId;
  readonly lamport: number;
}
/** An event that another one refers to as seen. */
export interface Head extends Place {
  readonly lamport: number;
}
export interface Differences {
  readonly theyLack: readonly PlaceRange[];
  /** As far as places can be told: what lies between a known and an unknown segment is not listed. */
  readonly iLack: readonly PlaceRange[];
}
export interface Batch {
  readonly objects: readonly LogObject[];
  /** Bytes of the objects as they are encoded, at most; over `maxBytes` only when one event alone is larger. */
  readonly bytes: number;
  /** What did not fit. */
  readonly left: readonly PlaceRange[];
}
export interface Opened {
  readonly shown: ShownEvent;
  /** Undefined when it is not held, or is not what its header says. */
  readonly content: Uint8Array | undefined;
}
/** A cursor of the order: events after or before this one, which itself is left out. */
export interface Page {
  readonly before?: EventId;
  readonly after?: EventId;
  readonly limit: number;
}
/** The private half of an ended segment's subkey. */
export interface SegmentSeed {
  readonly feed: FeedId;
  readonly segment: SegmentId;
  readonly seed: Uint8Array;
}
export interface Turn {
  /** A `turn` has to be written now. */
  readonly due: boolean;
  /** When to ask again. Milliseconds. */
  readonly at: number;
}
export interface Publication {
  readonly feed: FeedId;
  readonly segment: SegmentId;
  /** The content of the `publish` event to append (kind `PUBLISH_KIND`). */
  readonly content: Uint8Array;
}
export interface PublicationQuestion {
  /** Milliseconds. */
  readonly now: number;
  /** Frontiers of other persons' devices, newest of each. */
  readonly counterparts: readonly Frontier[];
  /** Time after the end of a segment; 7 days by default. */
  readonly graceMs?: number;
  /** `mayPublish` for this due time (milliseconds). */
  readonly sharedTimeOk: (due: number) => boolean;
  /** Of other devices of the same person, as `self` has them; those of this device are known. */
  readonly seeds?: readonly SegmentSeed[];
}

export interface OwnDevice {
  readonly feed: FeedId;
  readonly member: MemberId;
  readonly key: SigningKey;
}

export interface LogOptions {
  readonly store: Store;
  readonly crypto: Crypto;
  readonly randomness: Randomness;
  readonly conversation: ConversationId;
  readonly kind: ConversationKind;
  /** Roots an inception of this conversation may name, 16 to 32 bytes each (spec 03, "Roots"). */
  readonly roots: readonly Uint8Array[];
  /** How long a segment may grow, in milliseconds; asked at every event, since a person may change it. A day by default. */
  readonly periodMs?: () => number;
  /** An own segment has ended: what its device and its person's other devices need to publish it. */
  readonly ended?: (ended: SegmentSeed) => void;
}

/** A charter entry by its hash, and when it was first seen, in milliseconds. */
export interface SeenEntry {
  readonly entry: Uint8Array;
  readonly at: number;
}
export interface ConversationLog {
  readonly conversation: ConversationId;
  /** Drops what was cached; called after a transaction was rolled back. */
  forget(): void;

  /** Lets the maker of an inception in, held already or coming later. Birth decides who that is. */
  admit(member: MemberId): Ingested;
  /**
   * By this shared time (milliseconds) removals that are final, and recovery keys in effect, count in everything, until the next
   * judgement. What it changed, as after objects came.
   */
  judge(now: number): Ingested;
  /** When entries of the charter were first seen here; none where nothing was ever disputed or set, and time decides nothing. */
  firstSeen(): readonly SeenEntry[];
  /** Another device saw them first. Later times than those known here say nothing. */
  seenEarlier(told: readonly SeenEntry[]): Ingested;
  /** The words of this recovery key of a member were entered here: it is in effect here from now on. */
  proveWords(member: MemberId, key: Uint8Array): Ingested;
  /** With shared time (milliseconds) removals that are final by then are settled, for this answer only. */
  charter(now?: number): Charter;
  /** Whose device has this feed. Undefined for strangers. */
  memberOf(feed: FeedId): MemberId | undefined;

  /** Once per conversation: keeps the device key in the store, holds and admits one's own inception. */
  startDevice(key: SigningKey, inception: Uint8Array): OwnDevice;
  /** The same for a device that one of its person's devices adds, now or later: nothing vouches for it before that. */
  joinDevice(key: SigningKey, member: MemberId, inception: FeedId): OwnDevice;
  /**
   * Adds a charter entry of this device (`ingested`: what it lets in or voids of what others wrote), or of a recovery key (`by`, which the caller wipes). `time`: milliseconds, when it was
   * first seen.
   */
  appendEntry(
    make: (key: SigningKey, at: EntryPoint) => Uint8Array,
    time: number,
    by?: SigningKey,
  ): { readonly place: Place; readonly entry: Uint8Array; readonly ingested: Ingested };
  /** The entry by which a member began, once it is held. */
  inceptionOf(member: MemberId): Uint8Array | undefined;
  /** What devices of this member have witnessed, by the hash of the entry, and which device did. */
  witnessedBy(member: MemberId): readonly { readonly removal: Uint8Array; readonly feed: FeedId }[];
  /** When the entry that added a device was first seen here, in milliseconds; 0: not by an entry. */
  addedAt(feed: FeedId): number;
  /** The entry that made this feed a device of its member; undefined for that of an inception. */
  addingEntry(feed: FeedId): Uint8Array | undefined;
  /**
   * As much of a device as is held here, for a removal that accepts no more: the cut, and further ones for other branches of its
   * charter. `before`: of its charter only what is below, and no other branch. `heldBy`: only what had come by then, in milliseconds
   * of this device's clock.
   */
  cutsHere(feed: FeedId, before?: number, heldBy?: number): readonly Cut[];
  /** When a removal of this device that counts was first seen here, in milliseconds; Infinity: never. */
  removedAt(feed: FeedId): number;
  /** With a copy of its private key. */
  device(): OwnDevice | undefined;
  /** Of this device, without a copy of its private key: they are asked for many times with every cell. */
  ownFeed(): FeedId | undefined;
  ownKey(): Uint8Array | undefined;
  /** The next event opens a new segment: after a restore, or when a peer is ahead of one's own feed. */
  startSegment(): void;
  /** Has the running segment outlived its period? `always`: also when nobody said anything in it. */
  turn(now: number, always: boolean): Turn;
  isPublished(feed: FeedId, segment: SegmentId): boolean;
  /** Time in milliseconds. The content is at most MAX_CONTENT_BYTES long; null for an event without content. */
  append(event: { readonly contentKind: number; readonly content: Uint8Array | null; readonly time: number }): Appended;
  /** Seals what is unsealed; called before anything leaves the device. One signature, or none. */
  sealHead(): void;

  /**
   * Takes what a packet carried. Nothing of it is trusted; the same objects again change nothing. `isNewest`: an own device
   * says that they are the newest, and that what is below them comes later; they are shown ahead of it.
   */
  ingest(objects: readonly LogObject[], from: Sender, receivedAt: number, isNewest?: boolean): Ingested;

  frontier(): Frontier;
  /** The same for what a person has read: see there. */
  readFrontier(): Frontier;
  compare(theirs: Frontier): Differences;
  /** Covers: valid there as far as that frontier says. */
  covers(theirs: Frontier, place: Place): boolean;
  /** These ranges in the order in which another replica can make most use of them. */
  oldestFirst(ranges: readonly PlaceRange[]): readonly PlaceRange[];
  /** Of what another replica lacks, what it can show ahead of the rest: at most so many of the newest events. */
  newestFirst(
    ranges: readonly PlaceRange[],
    most: number,
  ): {
    readonly newest: readonly PlaceRange[];
    readonly rest: readonly PlaceRange[];
  };
  /** Where in the order what is shown ahead begins; undefined when nothing is. */
  aheadFrom(): Pick<ShownEvent, 'lamport' | 'event'> | undefined;
  /** Certificates of the segments in these ranges of which all is lacking. */
  certificates(ranges: readonly PlaceRange[]): readonly LogObject[];
  /** Objects for a packet, own ones sealed. At least one event, even if it alone is larger than `maxBytes`. */
  read(ranges: readonly PlaceRange[], maxBytes: number): Batch;
  /** The newest events of other devices that the next own event names. */
  headsSeen(): readonly Head[];

  /** Rising by (Lamport, event id); with `after` the first ones after it, else the last ones (before `before`). */
  page(page: Page): readonly ShownEvent[];
  find(event: EventId): ShownEvent | undefined;
  /** `find` and `content` at once; sooner still when its Lamport time is known. */
  open(event: EventId, lamport?: number): Opened | undefined;
  /** `open` with its place, header and content as FROM_ORDER found them in the store. */
  openLinked(event: EventId, linked: readonly (Uint8Array | undefined)[]): Opened | undefined;
  /** By the first 16 bytes of an event id. */
  findPrefix(prefix: Uint8Array): ShownEvent | undefined;
  at(place: Place): ShownEvent | undefined;
  /** The same, also while it is shown ahead. */
  seenAt(place: Place): ShownEvent | undefined;
  /** All that stand there: where a copy of the device wrote, one in each chain, the line's first; by the id of a branch its own. */
  allAt(place: Place): readonly ShownEvent[];
  /** What stands at this seq below an event, in its own chain of its segment. Undefined when it is not here. */
  below(event: EventId, seq: number): EventId | undefined;
  /** Undefined when it is not held, or is not what its header says. */
  content(event: EventId): Uint8Array | undefined;
  /** Content and its key go, the header stays; a published segment without contents leaves only its stub. */
  purge(event: EventId, why?: 'expired'): void;

  /** Checks all that is stored from the bytes up and names what does not hold: for a damaged or tampered disk. */
  verify(): readonly Damaged[];

  duePublications(question: PublicationQuestion): readonly Publication[];
}
