import { concat, uint32, uint48 } from '../bytes/index.ts';
import type { ConversationId, EventId, FeedId, SegmentId } from '../identity/index.ts';
import type { Place } from '../log/index.ts';
import { readUint32 } from '../bytes/index.ts';

/** 20 bytes: feed, segment, seq. */
export const placeKey = (place: Place): Uint8Array => concat(place.feed, place.segment, uint32(place.seq));
export const placeFromKey = (key: Uint8Array, at: number): Place => ({
  feed: key.slice(at, at + 8) as FeedId,
  segment: key.slice(at + 8, at + 16) as SegmentId,
  seq: readUint32(key, at + 16),
});
/** Sorts like the order of the log: Lamport time, then event id. */
export const orderKey = (conversation: ConversationId, lamport: number, event: EventId): Uint8Array =>
  concat(conversation, uint48(lamport), event);
/** One above every key that starts with these bytes. */
export const afterPrefix = (prefix: Uint8Array): Uint8Array => concat(prefix, new Uint8Array(40).fill(255));
