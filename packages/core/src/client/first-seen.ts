// Whether a removal is final, or recovery words count, follows from when entries were first seen. A device that is linked later
// sees all of them at once, and a removed one could dispute before it what is over for everybody else. So who lets a device in tells it
// when it saw them. Nobody else is believed: two devices that dispute each other would each say what serves it.
import { equalBytes, utf8 } from '../bytes/index.ts';
import { firstSeenOf, MAX_SEEN, type SelfContent } from '../conversation/index.ts';
import type { FeedId } from '../identity/index.ts';
import type { Ingested } from '../log/index.ts';
import type { Context } from './context.ts';
import type { Conversation } from './conversation.ts';
import type { Home } from './home.ts';

const HOST = utf8('let-in-by');
/** Whose link this device followed. */
export const setHost = ({ store }: Pick<Context, 'store'>, host: FeedId): void => store.put('meta', HOST, host);

export class FirstSeen {
  readonly #context: Context;
  readonly #home: Home;
  readonly #judged: (of: Conversation, ingested: Ingested) => void;

  constructor(context: Context, home: Home, judged: (of: Conversation, ingested: Ingested) => void) {
    this.#context = context;
    this.#home = home;
    this.#judged = judged;
  }

  /** On the device that lets `device` in. */
  tell(device: FeedId): void {
    const { mine } = this.#home;
    const pairs = this.#home.pairs().filter((pair) => !this.#home.isDeviceScoped(pair));
    for (const of of [mine, ...pairs]) {
      const seen = of.log.firstSeen();
      for (let at = 0; at < seen.length; at += MAX_SEEN) {
        const entries = seen.slice(at, at + MAX_SEEN);
        this.#home.tell({ type: 'firstSeen', conversation: of.id, device, entries, extensions: [] });
      }
    }
  }
  heard(content: SelfContent): void {
    if (content.type !== 'firstSeen') return;
    const { mine } = this.#home;
    const of = equalBytes(content.conversation, mine.id) ? mine : this.#home.pair(content.conversation);
    if (of !== undefined) this.charter(of);
  }
  /** After a charter has changed: entries may have come of which it was told. */
  charter(of: Conversation): void {
    const own = this.#home.mine.log.ownFeed();
    const host = this.#host();
    if (own === undefined || host === undefined || of === this.#home.joining) return;
    const told = firstSeenOf(this.#context.store, own, host, of.id);
    if (told.length === 0) return;
    const ingested = of.log.seenEarlier(told);
    if (ingested.charterChanged) this.#judged(of, ingested);
  }
  /** By what this device saw when it was let in, not by a charter, in which any device may say that it added it. */
  #host(): FeedId | undefined {
    return this.#context.store.get('meta', HOST) as FeedId | undefined;
  }
}
