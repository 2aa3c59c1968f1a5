// What events of `self` say: everything a person's devices share among themselves (spec/10-conversation.md). The tables
// contact, draft, setting, tombstone and the read marks are projections of these and can be rebuilt from them.
import {
  bool,
  bytes,
  extensions,
  hasUnknownCritical,
  kinds,
  list,
  named,
  nullable,
  text,
  tuple,
  uint,
  type Extension,
  type KindOf,
} from '../codec/index.ts';
import {
  contextIdCodec,
  conversationIdCodec,
  feedIdCodec,
  POOL_KEYS,
  recoveryRangeCodec,
  segmentIdCodec,
  type FeedId,
} from '../identity/index.ts';
import { placeCodec } from '../log/index.ts';
import { MAX_FRONTIER_BYTES } from '../sync/index.ts';
import { MAX_NAME_BYTES, MAX_PICTURE_BYTES, MAX_TEXT_BYTES } from './content.ts';

const conversation = conversationIdCodec;
const MAX_TIME = 2 ** 48 - 1;
const MAX_ENTRY_BYTES = 2048;
const MAX_POOL = 4_194_303;

/** A relationship began: with the label of its invitation. */
export const contactContent = named(
  'self-contact',
  tuple({ conversation, label: text(MAX_NAME_BYTES), at: uint(MAX_TIME), extensions }),
);
/** My name for them; empty: none. */
export const nameContent = named('self-name', tuple({ conversation, name: text(MAX_NAME_BYTES), extensions }));
export const VALIDITIES = ['unvalidated', 'validated', 'compromised'] as const;
export const validityContent = named('self-validity', tuple({ conversation, validity: uint(2), extensions }));
export const blockContent = named('self-block', tuple({ conversation, blocked: bool, extensions }));
export const endedContent = named('self-ended', tuple({ conversation, extensions }));
export const draftContent = named('self-draft', tuple({ conversation, text: text(MAX_TEXT_BYTES), extensions }));
export const settingContent = named(
  'self-setting',
  tuple({ key: text(96), conversation: nullable(conversation), value: nullable(text(128)), extensions }),
);
/** Deleted for me: never taken back from anyone. */
export const tombstoneContent = named('self-tombstone', tuple({ conversation, place: placeCodec, extensions }));
/** Read as far as this frontier (spec 04) covers, on the device that says so. */
export const readContent = named(
  'self-read',
  tuple({ conversation, frontier: bytes(1, MAX_FRONTIER_BYTES), extensions }),
);
export const ownProfileContent = named(
  'self-profile',
  tuple({ name: text(MAX_NAME_BYTES), picture: bytes(0, MAX_PICTURE_BYTES), extensions }),
);
/** A relationship as all of one's devices have to know it: what its birth fixed. Told again when more of it is known. */
export const relationContent = named(
  'self-relation',
  tuple({
    conversation,
    root: bytes(16, 32),
    /** 1: we invited; 2: we accepted. */
    role: uint(2),
    at: uint(MAX_TIME),
    inception: bytes(1, MAX_ENTRY_BYTES),
    nonce: bytes(32),
    peerInception: nullable(bytes(1, MAX_ENTRY_BYTES)),
    peerNonce: nullable(bytes(32)),
    peerCommitment: nullable(bytes(32)),
    settled: bool,
    extensions,
  }),
);
/** A device's key for a conversation and its consent to be added (spec 03): any own device in it signs the entry. */
export const consentContent = named(
  'self-consent',
  tuple({ conversation, device: bytes(32), consent: bytes(64), extensions }),
);
/** What a device is called; told by the device itself. */
export const deviceContent = named(
  'self-device',
  tuple({ name: text(MAX_NAME_BYTES), at: uint(MAX_TIME), extensions }),
);
/** How far back the history of a device goes that was just let in: lines from before are not for it. */
export const historyContent = named('self-history', tuple({ device: feedIdCodec, from: uint(MAX_TIME), extensions }));
/** A removed device that is to forget everything when it appears. */
export const wipeContent = named('self-wipe', tuple({ device: feedIdCodec, extensions }));
/**
 * Public halves of recovery keys (spec 03); `set` names them in the ranges of devices. The newest is the one in use. `at`: when
 * the words were made, milliseconds.
 */
export const recoveryPoolContent = named(
  'self-recovery-pool',
  tuple({ set: bytes(8), pool: uint(MAX_POOL), at: uint(MAX_TIME), keys: bytes(32, POOL_KEYS * 32), extensions }),
);
/** Which keys of a set a device may name in its inceptions. */
export const recoveryRangeContent = named(
  'self-recovery-range',
  tuple({ device: feedIdCodec, set: bytes(8), range: recoveryRangeCodec, extensions }),
);
export const MAX_SEEN = 64;
/**
 * When entries of a conversation's charter were first seen by the device that says so (milliseconds), for one that it lets in: whether
 * a dispute is over follows from it, and that one was not there.
 */
export const firstSeenContent = named(
  'self-first-seen',
  tuple({
    conversation,
    device: feedIdCodec,
    entries: list(tuple({ entry: bytes(32), at: uint(MAX_TIME) }), MAX_SEEN, 1),
    extensions,
  }),
);
/** Where the other side of a conversation is reached, as one of its devices says. */
export const peerInboxContent = named('self-peer-inbox', tuple({ conversation, record: bytes(1, 512), extensions }));
/** Beside it: which of their devices said so, by its feed in that conversation. */
const TOLD_BY_EXTENSION = 3;
const FEED_BYTES = 8;
export const toldBy = (feed: FeedId): readonly Extension[] => [{ id: TOLD_BY_EXTENSION, critical: false, value: feed }];
/** Null: it does not say. */
export const toldByOf = (entries: readonly Extension[]): FeedId | null => {
  const value = entries.find(({ id }) => id === TOLD_BY_EXTENSION)?.value;
  return value?.length === FEED_BYTES ? (value as FeedId) : null;
};
/** Of an ended segment of one of my devices in a conversation, until it is published there. */
export const segmentSeedContent = named(
  'self-segment-seed',
  tuple({ conversation, feed: feedIdCodec, segment: segmentIdCodec, seed: bytes(32), extensions }),
);
/** An inbox record of my own, given to this conversation. */
export const ownInboxContent = named('self-inbox', tuple({ conversation, record: bytes(1, 512), extensions }));

/** The timers of these lines began to run: they were read, on any device of the person. `at`: milliseconds. */
export const MAX_BEGAN = 64;
export const beganContent = named(
  'self-began',
  tuple({ conversation, at: uint(MAX_TIME), places: list(placeCodec, MAX_BEGAN), extensions }),
);
export const starContent = named('self-star', tuple({ conversation, place: placeCodec, on: bool, extensions }));

const context = contextIdCodec;
export const HUES = 8;
/** A context is there, or has another label or hue. `prefix`: where its inboxes lie; it does not change. */
export const contextContent = named(
  'self-context',
  tuple({ context, label: text(MAX_NAME_BYTES), hue: uint(HUES - 1), prefix: bytes(3), extensions }),
);
/** What the people in it see. */
export const contextProfileContent = named(
  'self-context-profile',
  tuple({ context, name: text(MAX_NAME_BYTES), picture: bytes(0, MAX_PICTURE_BYTES), extensions }),
);
export const contextRemovedContent = named('self-context-removed', tuple({ context, extensions }));
/** Where a conversation stands; null: in none. */
export const contextOfContent = named(
  'self-context-of',
  tuple({ conversation, context: nullable(context), extensions }),
);

export const selfContents = kinds({
  contact: [32, contactContent],
  name: [33, nameContent],
  validity: [34, validityContent],
  block: [35, blockContent],
  ended: [36, endedContent],
  draft: [37, draftContent],
  setting: [38, settingContent],
  tombstone: [39, tombstoneContent],
  read: [40, readContent],
  profile: [41, ownProfileContent],
  inbox: [42, ownInboxContent],
  segmentSeed: [60, segmentSeedContent],
  began: [50, beganContent],
  star: [51, starContent],
  relation: [43, relationContent],
  consent: [44, consentContent],
  device: [45, deviceContent],
  peerInbox: [46, peerInboxContent],
  wipe: [47, wipeContent],
  history: [48, historyContent],
  recoveryPool: [52, recoveryPoolContent],
  recoveryRange: [53, recoveryRangeContent],
  firstSeen: [58, firstSeenContent],
  context: [54, contextContent],
  contextProfile: [55, contextProfileContent],
  contextRemoved: [56, contextRemovedContent],
  contextOf: [57, contextOfContent],
});
export type SelfContent = KindOf<typeof selfContents>;

/** Undefined for kinds and critical extensions that this build does not know. */
export const decodeSelf = (kind: number, data: Uint8Array): SelfContent | undefined => {
  const value = selfContents.decode(kind, data);
  return value === undefined || hasUnknownCritical(value.extensions) ? undefined : value;
};
