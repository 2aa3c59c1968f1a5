// What events of `self` say: everything a person's devices share among themselves (spec/10-conversation.md). The tables
// contact, draft, setting, tombstone and the read marks are projections of these and can be rebuilt from them.
import {
  bool,
  bytes,
  extensions,
  hasUnknownCritical,
  kinds,
  named,
  nullable,
  text,
  tuple,
  uint,
  type KindOf,
} from '../codec/index.ts';
import { conversationIdCodec } from '../identity/index.ts';
import { placeCodec } from '../log/index.ts';
import { MAX_FRONTIER_BYTES } from '../sync/index.ts';
import { MAX_NAME_BYTES, MAX_PICTURE_BYTES, MAX_TEXT_BYTES } from './content.ts';

const conversation = conversationIdCodec;
const MAX_TIME = 2 ** 48 - 1;

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
/** Read as far as this frontier (spec 04) covers: events that arrive late below it stay unread. */
export const readContent = named(
  'self-read',
  tuple({ conversation, frontier: bytes(1, MAX_FRONTIER_BYTES), extensions }),
);
export const ownProfileContent = named(
  'self-profile',
  tuple({ name: text(MAX_NAME_BYTES), picture: bytes(0, MAX_PICTURE_BYTES), extensions }),
);
/** An inbox record of my own, given to this conversation. */
export const ownInboxContent = named('self-inbox', tuple({ conversation, record: bytes(1, 512), extensions }));

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
});
export type SelfContent = KindOf<typeof selfContents>;

/** Undefined for kinds and critical extensions that this build does not know. */
export const decodeSelf = (kind: number, data: Uint8Array): SelfContent | undefined => {
  const value = selfContents.decode(kind, data);
  return value === undefined || hasUnknownCritical(value.extensions) ? undefined : value;
};
