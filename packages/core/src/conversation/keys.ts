import { abovePrefix, concat, readUint32, uint48, writeUint32 } from '../bytes/index.ts';
import type { ConversationId, EventId, FeedId, SegmentId } from '../identity/index.ts';
import type { Place } from '../log/index.ts';

const PLACE_BYTES = 20;
/** 20 bytes: feed, segment, seq. Made for every look at a line, hence in one piece. */
export const placeKey = ({ feed, segment, seq }: Place): Uint8Array => {
  const key = new Uint8Array(PLACE_BYTES);
  for (let i = 0; i < 8; i++) {
    key[i] = feed[i] as number;
    key[8 + i] = segment[i] as number;
  }
  writeUint32(key, 16, seq);
  return key;
};
export const placeFromKey = (key: Uint8Array, at: number): Place => ({
  feed: key.slice(at, at + 8) as FeedId,
  segment: key.slice(at + 8, at + 16) as SegmentId,
  seq: readUint32(key, at + 16),
});
/** Sorts like the order of the log: Lamport time, then event id. */
export const orderKey = (conversation: ConversationId, lamport: number, event: EventId): Uint8Array =>
  concat(conversation, uint48(lamport), event);
/** One above every key that starts with these bytes. */
export const afterPrefix = (prefix: Uint8Array): Uint8Array =>
  abovePrefix(prefix) ?? new Uint8Array(prefix.length + LONGEST_REST).fill(255);
/** Bytes of a key after any prefix, at most. */
const LONGEST_REST = 40;
