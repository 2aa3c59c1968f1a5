// What events of a pair say (spec/10-conversation.md). The log keeps contents apart and does not look inside them.
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
  type KindOf,
} from '../codec/index.ts';
import { placeCodec } from '../log/index.ts';

/** A text, as the person typed it, in bytes of UTF-8. */
export const MAX_TEXT_BYTES = 65_536;
/** An emoji with all its modifiers is well below this. */
export const MAX_EMOJI_BYTES = 64;
export const MAX_NAME_BYTES = 256;
export const MAX_PICTURE_BYTES = 49_152;

export const textContent = named(
  'text',
  tuple({ text: text(MAX_TEXT_BYTES), reply: nullable(placeCodec), extensions }),
);
export const reactionContent = named(
  'reaction',
  tuple({ target: placeCodec, emoji: text(MAX_EMOJI_BYTES), on: bool, extensions }),
);
export const editContent = named('edit', tuple({ target: placeCodec, text: text(MAX_TEXT_BYTES), extensions }));
/** Asks the other side to delete an event of the asker. */
export const deleteContent = named('delete', tuple({ target: placeCodec, extensions }));
/** How the author wants to be called here, and a small picture (empty: none). */
export const profileContent = named(
  'profile',
  tuple({ name: text(MAX_NAME_BYTES), picture: bytes(0, MAX_PICTURE_BYTES), extensions }),
);
/** The author has left this relationship. */
export const endContent = named('end', tuple({ extensions }));

/** Numbers of content kinds in event headers. Below 16 are the log's own; 32 and above are those of `self`. */
export const CONTENT_KINDS = { text: 16, reaction: 17, edit: 18, delete: 19, profile: 20, end: 21 } as const;

export const contents = kinds({
  text: [CONTENT_KINDS.text, textContent],
  reaction: [CONTENT_KINDS.reaction, reactionContent],
  edit: [CONTENT_KINDS.edit, editContent],
  delete: [CONTENT_KINDS.delete, deleteContent],
  profile: [CONTENT_KINDS.profile, profileContent],
  end: [CONTENT_KINDS.end, endContent],
});
export type Content = KindOf<typeof contents>;

/**
 * Undefined for a kind this build does not know and for critical extensions it does not know (shown as "needs a newer
 * Kith"), and for contents that break their format (shown as nothing).
 */
export const decodeContent = (kind: number, data: Uint8Array): Content | undefined => {
  const value = contents.decode(kind, data);
  return value === undefined || hasUnknownCritical(value.extensions) ? undefined : value;
};
