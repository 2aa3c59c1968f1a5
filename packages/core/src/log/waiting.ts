// Objects of a device or segment that is not known yet. Kept until it is, so many for each sender.
import { concat, equalBytes, readUint32, readUint48, uint32, uint48 } from '../bytes/index.ts';
import { decode, encode } from '../codec/index.ts';
import type { FeedId, SegmentId } from '../identity/index.ts';
import { logObjectCodec, type LogObject } from './objects.ts';
import { keysUnder } from './records.ts';
import type { LogState } from './state.ts';
import type { Sender } from './types.ts';

/** Of one sender. A peer sends entries and certificates before what needs them, so few ever wait. */
export const MAX_WAITING = 4096;
const OWN = new Uint8Array(8);

export interface Parcel {
  readonly object: LogObject;
  readonly from: Sender;
  readonly receivedAt: number;
}
const senderBytes = (from: Sender): Uint8Array => (from === 'own' ? OWN : from);
const countKey = (state: LogState, sender: Uint8Array): Uint8Array =>
  concat(state.conversation, Uint8Array.of(2), sender);
const count = (state: LogState, sender: Uint8Array): number => {
  const raw = state.store.get('waiting', countKey(state, sender));
  return raw === undefined ? 0 : readUint32(raw, 0);
};
const prefixOf = (state: LogState, feed: FeedId, segment: SegmentId): Uint8Array =>
  concat(state.conversation, Uint8Array.of(0), feed, segment);

/** False when this sender has too many waiting already. The same object again takes no more room. */
export const putAside = (
  state: LogState,
  feed: FeedId,
  segment: SegmentId,
  { object, from, receivedAt }: Parcel,
): boolean => {
  const data = encode(logObjectCodec, object);
  const key = concat(prefixOf(state, feed, segment), state.crypto.hash(16, data));
  if (state.store.get('waiting', key) !== undefined) return true;
  const sender = senderBytes(from);
  const before = count(state, sender);
  if (before >= MAX_WAITING) return false;
  state.store.put('waiting', countKey(state, sender), uint32(before + 1));
  state.store.put('waiting', key, concat(sender, uint48(receivedAt), data));
  return true;
};

/** What waited for this device (segment: CHARTER_SEGMENT) or segment; it waits no longer. */
export const takeWaiting = (state: LogState, feed: FeedId, segment: SegmentId): readonly Parcel[] => {
  const rows = state.store.scan('waiting', keysUnder(prefixOf(state, feed, segment)));
  return rows.flatMap(({ key, value }): Parcel[] => {
    const sender = value.slice(0, 8);
    state.store.delete('waiting', key);
    state.store.put('waiting', countKey(state, sender), uint32(Math.max(0, count(state, sender) - 1)));
    const object = decode(logObjectCodec, value.subarray(14));
    if (object === undefined) throw new Error('a waiting object does not read');
    return [{ object, from: equalBytes(sender, OWN) ? 'own' : (sender as FeedId), receivedAt: readUint48(value, 8) }];
  });
};
