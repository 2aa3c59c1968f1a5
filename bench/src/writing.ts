// Long conversations, written through the log itself instead of through two engines and a relay: what comes from the other
// side is sealed, verified and projected like anything else. In Node and in a browser's worker alike.
import { CONTENT_KINDS, contents, projectPair, type PairView } from '@kith/core/conversation';
import type { Crypto } from '@kith/core/crypto';
import type { ConversationId, FeedId } from '@kith/core/identity';
import { openConversationLog, type ConversationLog, type LogObject } from '@kith/core/log';
import type { Randomness, Store } from '@kith/core/ports';

const DAY_MS = 86_400_000;
const PER_DAY = 200;

export interface Side {
  readonly store: Store;
  readonly log: ConversationLog;
  readonly view: PairView;
  readonly feed: FeedId;
}
/** `root`: what the pair's inceptions are for, 32 bytes, as the invitation's link has them. */
export const openSide = (
  crypto: Crypto,
  randomness: Randomness,
  store: Store,
  conversation: ConversationId,
  root: Uint8Array,
): Side => {
  const log = openConversationLog({ store, crypto, randomness, conversation, kind: 'pair', roots: [root] });
  const device = log.device();
  if (device === undefined) throw new Error('the two have not met in this home');
  return { store, log, view: { store, crypto, log, conversation, me: device.member }, feed: device.feed };
};

/** When message number `i` of `count` is written: 200 a day, the last ones yesterday. */
export const timeOf = (i: number, count: number): number => Date.now() - DAY_MS + ((i - count) / PER_DAY) * DAY_MS;

/** Appends texts, and shows them on this side's screen when `projects`. */
export const write = (side: Side, texts: readonly string[], time: number, projects: boolean): void =>
  side.store.transaction(() => {
    for (const text of texts) {
      const { kind, bytes } = contents.encode({ type: 'text', text, reply: null, extensions: [] });
      const { event } = side.log.append({ contentKind: kind, content: bytes, time });
      const shown = projects ? side.log.find(event) : undefined;
      if (shown !== undefined) projectPair(side.view, shown);
    }
  });

/** Takes what the other side handed over; how many texts became visible. */
export const take = (side: Side, objects: readonly LogObject[], from: FeedId, now: number): number =>
  side.store.transaction(() => {
    const { shown, refused } = side.log.ingest(objects, from, now);
    if (refused.size > 0) throw new Error('objects were refused');
    for (const event of shown) projectPair(side.view, event);
    return shown.filter(({ contentKind }) => contentKind === CONTENT_KINDS.text).length;
  });
