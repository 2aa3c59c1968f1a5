// What events of a pair say (spec/10-conversations.md). The log keeps contents apart and does not look inside them.
import { concat, readUint32, uint32, utf8ToText } from '../bytes/index.ts';
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
  type Extension,
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

/** How long a text and its edits may be kept. */
export interface Timer {
  /** `reading`: each reader's devices count from when it was read. `sending`: everybody counts from when it was sent. */
  readonly from: 'reading' | 'sending';
  readonly seconds: number;
}
/** Less than half a minute nobody reads; beyond a year nobody remembers (a leap year, so that `366d` is the longest). */
export const MIN_TIMER_SECONDS = 30;
export const MAX_TIMER_SECONDS = 366 * 86_400;
/** Critical: who cannot obey a timer shows nothing of the text rather than keep it. */
export const TIMER_EXTENSION = 1;
export const timerExtension = ({ from, seconds }: Timer): Extension => ({
  id: TIMER_EXTENSION,
  critical: true,
  value: concat(Uint8Array.of(from === 'reading' ? 1 : 0), uint32(seconds)),
});
/** Null: none. Undefined: one that breaks its format. */
export const timerOf = ({ extensions: entries }: Pick<Content, 'extensions'>): Timer | null | undefined => {
  const value = entries.find(({ id }) => id === TIMER_EXTENSION)?.value;
  if (value === undefined) return null;
  if (value.length !== 5 || (value[0] as number) > 1) return undefined;
  const seconds = readUint32(value, 1);
  if (seconds < MIN_TIMER_SECONDS || seconds > MAX_TIMER_SECONDS) return undefined;
  return { from: value[0] === 1 ? 'reading' : 'sending', seconds };
};
/** Beside a place: which of several events that stand there is meant, by the id that a branch would have that begins with it. */
export const WHICH_EXTENSION = 2;
const WHICH_BYTES = 8;
/** Undefined: whichever stands there. One of another length says nothing. */
export const whichOf = (entries: readonly Extension[]): Uint8Array | undefined => {
  const value = entries.find(({ id }) => id === WHICH_EXTENSION)?.value;
  return value?.length === WHICH_BYTES ? value : undefined;
};
/** What its kind may carry and this build knows. */
const KNOWN: Readonly<Record<Content['type'], readonly number[]>> = {
  text: [TIMER_EXTENSION],
  edit: [TIMER_EXTENSION],
  reaction: [],
  delete: [],
  profile: [],
  end: [],
};

/**
 * Undefined for a kind this build does not know and for critical extensions it does not know (shown as "needs a newer
 * Kith"), and for contents that break their format (shown as nothing).
 */
export const decodeContent = (kind: number, data: Uint8Array): Content | undefined => {
  const plain = kind === CONTENT_KINDS.text ? plainText(data) : undefined;
  if (plain !== undefined) return { type: 'text', text: plain, reply: null, extensions: NO_EXTENSIONS };
  const value = contents.decode(kind, data);
  if (value === undefined || hasUnknownCritical(value.extensions, KNOWN[value.type])) return undefined;
  return KNOWN[value.type].length > 0 && timerOf(value) === undefined ? undefined : value;
};

const NO_EXTENSIONS: readonly Extension[] = [];
/** Array of three, null, empty array; texts from 0 bytes, and with a length in 1 or 2 further bytes. */
const CBOR = { three: 0x83, null: 0xf6, none: 0x80, text: 0x60, text8: 0x78, text16: 0x79 } as const;
/**
 * The text of a content that is nothing but a text of up to 65,535 bytes: what nearly all lines of a page are, read here
 * in a twentieth of the time. As strict as the codec; undefined for whatever the codec has to judge.
 */
const plainText = (data: Uint8Array): string | undefined => {
  const [three, head = 0, high = 0, low = 0] = data;
  const end = data.length - 2;
  if (three !== CBOR.three || data[end] !== CBOR.null || data[end + 1] !== CBOR.none) return undefined;
  const [start, length, least] =
    head === CBOR.text8 ? [3, high, 24] : head === CBOR.text16 ? [4, high * 256 + low, 256] : [2, head - CBOR.text, 0];
  const isShort = head >= CBOR.text && head < CBOR.text8;
  if (!isShort && start === 2) return undefined;
  return length >= least && start + length === end ? utf8ToText(data.subarray(start, end)) : undefined;
};
