// Seeds of ended segments that are not published yet, as `self` tells them, so that any own device can publish what another
// one wrote (spec 04, "Publication"). They stand among the facts of a contact, as conversation, 60, feed, segment, event.
import { concat, toHex } from '../bytes/index.ts';
import type { ConversationId, EventId, FeedId, SegmentId } from '../identity/index.ts';
import type { SegmentSeed } from '../log/index.ts';
import type { Store } from '../ports/index.ts';
import { afterPrefix } from './keys.ts';
import { putStamped, readStamp, readStamped, type Stamp } from './stamped.ts';

const ASPECT = Uint8Array.of(60);
const ID_BYTES = 8;
const keyOf = (conversation: ConversationId, { feed, segment }: Pick<SegmentSeed, 'feed' | 'segment'>): Uint8Array =>
  concat(conversation, ASPECT, feed, segment);

/**
 * Tells whether it is new. Each event that says one has a row of its own, as each of them has to go: an old copy of a device ends a
 * segment that the device itself had ended, and what a merged `self` said is told anew by whichever of its devices come.
 */
export const putSegmentSeed = (store: Store, by: Stamp, conversation: ConversationId, seed: SegmentSeed): boolean =>
  putStamped(store, 'contact', concat(keyOf(conversation, seed), by.event), by, seed.seed);

export const segmentSeedsOf = (store: Store, conversation: ConversationId): readonly SegmentSeed[] => {
  const from = concat(conversation, ASPECT);
  const found = new Map<string, SegmentSeed>();
  for (const { key, value } of store.scan('contact', { from, to: afterPrefix(from) })) {
    const seed = readStamped(value);
    if (seed === undefined) continue;
    const feed = key.slice(from.length, from.length + ID_BYTES) as FeedId;
    const segment = key.slice(from.length + ID_BYTES, from.length + 2 * ID_BYTES) as SegmentId;
    found.set(toHex(concat(feed, segment, seed)), { feed, segment, seed });
  }
  return [...found.values()];
};

/** It is public: the rows go; the answer names the events of `self` whose contents have to go as well. */
export const dropSegmentSeed = (
  store: Store,
  conversation: ConversationId,
  of: Pick<SegmentSeed, 'feed' | 'segment'>,
): readonly EventId[] => {
  const from = keyOf(conversation, of);
  return store.scan('contact', { from, to: afterPrefix(from) }).flatMap(({ key, value }) => {
    store.delete('contact', key);
    const stamp = readStamp(value);
    return stamp === undefined ? [] : [stamp.event as EventId];
  });
};
