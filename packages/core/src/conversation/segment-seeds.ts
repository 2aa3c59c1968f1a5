// Seeds of ended segments that are not published yet, as `self` tells them, so that any own device can publish what another
// one wrote (spec 04, "Publication"). They stand among the facts of a contact, as conversation, 60, feed, segment.
import { concat } from '../bytes/index.ts';
import type { ConversationId, EventId, FeedId, SegmentId } from '../identity/index.ts';
import type { SegmentSeed, ShownEvent } from '../log/index.ts';
import type { Store } from '../ports/index.ts';
import { afterPrefix } from './keys.ts';
import { putStamped, readStamped, stampedBy } from './stamped.ts';

const ASPECT = Uint8Array.of(60);
const keyOf = (conversation: ConversationId, { feed, segment }: Pick<SegmentSeed, 'feed' | 'segment'>): Uint8Array =>
  concat(conversation, ASPECT, feed, segment);

/** Tells whether it is new. */
export const putSegmentSeed = (
  store: Store,
  by: Pick<ShownEvent, 'lamport' | 'event'>,
  conversation: ConversationId,
  seed: SegmentSeed,
): boolean => putStamped(store, 'contact', keyOf(conversation, seed), by, seed.seed);

export const segmentSeedsOf = (store: Store, conversation: ConversationId): readonly SegmentSeed[] => {
  const from = concat(conversation, ASPECT);
  return store.scan('contact', { from, to: afterPrefix(from) }).flatMap(({ key, value }) => {
    const seed = readStamped(value);
    if (seed === undefined) return [];
    const feed = key.slice(from.length, from.length + 8) as FeedId;
    return [{ feed, segment: key.slice(from.length + 8) as SegmentId, seed }];
  });
};

/** It is public: the row goes; the answer names the event of `self` whose content has to go as well. */
export const dropSegmentSeed = (
  store: Store,
  conversation: ConversationId,
  of: Pick<SegmentSeed, 'feed' | 'segment'>,
): EventId | undefined => {
  const key = keyOf(conversation, of);
  const event = stampedBy(store, 'contact', key);
  store.delete('contact', key);
  return event;
};
