// The ids of a conversation. Each is made by one function below or by its codec, so that a byte string of one kind
// cannot be taken for another. Sizes: spec/03-identity-and-charter.md, "Ids".
import { concat, fromHex, toHex, utf8 } from '../bytes/index.ts';
import { brand, bytes, named, type Codec } from '../codec/index.ts';
import type { Crypto } from '../crypto/index.ts';

declare const of: unique symbol;
type Id<Name extends string> = Uint8Array & { readonly [of]: Name };

/** 16 bytes: what both sides call the conversation. */
export type ConversationId = Id<'conversation'>;
/** 16 bytes: BLAKE2b of the inception. Means nothing outside its conversation. */
export type MemberId = Id<'member'>;
/** 8 bytes: one device in one conversation. */
export type FeedId = Id<'feed'>;
/** 8 bytes: of a certificate with a random subkey, of a branch's first event, or zero for the charter entries of a feed. */
export type SegmentId = Id<'segment'>;
/** 32 bytes: BLAKE2b of an event's header. */
export type EventId = Id<'event'>;

/** 16 random bytes: names a context among one's own devices; no other person ever sees it. */
export type ContextId = Id<'context'>;

export const contextIdCodec: Codec<ContextId> = named('context-id', brand(bytes(16)));
export const conversationIdCodec: Codec<ConversationId> = named('conversation-id', brand(bytes(16)));
export const memberIdCodec: Codec<MemberId> = named('member-id', brand(bytes(16)));
export const feedIdCodec: Codec<FeedId> = named('feed-id', brand(bytes(8)));
export const segmentIdCodec: Codec<SegmentId> = named('segment-id', brand(bytes(8)));
export const eventIdCodec: Codec<EventId> = named('event-id', brand(bytes(32)));

/** The largest seq. One below 2^32, so that every key has one after it. */
export const MAX_SEQ = 0xfffffffe;

/** The charter entries of a feed stand where segment 0 would: a place with this segment names one of them. */
export const CHARTER_SEGMENT = new Uint8Array(8) as SegmentId;
/** The `previous` of an event or a charter entry that has none before it. */
export const NO_HASH = new Uint8Array(32) as EventId;

export const memberIdOf = (crypto: Crypto, inception: Uint8Array): MemberId => crypto.hash(16, inception) as MemberId;
export const feedIdOf = (crypto: Crypto, deviceKey: Uint8Array): FeedId =>
  crypto.hash(8, concat(utf8('kith feed\0'), deviceKey)) as FeedId;
export const eventIdOf = (crypto: Crypto, header: Uint8Array): EventId => crypto.hash(32, header) as EventId;
/** A second sealed chain in a segment is a segment of its own, named after its first event. */
export const branchIdOf = (crypto: Crypto, segment: SegmentId, first: EventId): SegmentId =>
  crypto.hash(8, concat(utf8('kith branch\0'), segment, first)) as SegmentId;

/** Wraps 16 bytes that the birth of a conversation derived (spec 07). Throws on another length: a bug of the caller. */
export const conversationIdFrom = (raw: Uint8Array): ConversationId => {
  if (raw.length !== 16) throw new Error('a conversation id has 16 bytes');
  return raw as ConversationId;
};

/** Throws on another length. */
export const contextIdFrom = (raw: Uint8Array): ContextId => {
  if (raw.length !== 16) throw new Error('a context id has 16 bytes');
  return raw as ContextId;
};

const EVENT_NAME_BYTES = 16;
/** What people and programs see: lower-case hexadecimal. */
export const conversationName = (id: ConversationId): string => toHex(id);
export const eventName = (id: EventId): string => toHex(id.slice(0, EVENT_NAME_BYTES));
/** Undefined when the text names no conversation. */
export const conversationFromName = (name: string): ConversationId | undefined => {
  const raw = fromHex(name);
  return raw?.length === 16 ? (raw as ConversationId) : undefined;
};
/** Undefined when the text names no context. */
export const contextFromName = (name: string): ContextId | undefined => {
  const raw = fromHex(name);
  return raw?.length === 16 ? contextIdFrom(raw) : undefined;
};
/** The first 16 bytes of an event id, as `ConversationLog.find` takes them; undefined when the text names none. */
export const eventPrefixFromName = (name: string): Uint8Array | undefined => {
  const raw = fromHex(name);
  return raw?.length === EVENT_NAME_BYTES ? raw : undefined;
};
