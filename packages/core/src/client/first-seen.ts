// Whether a removal is final, or recovery words count, follows from when entries were first seen. A device that is linked later
// sees all of them at once, and a removed one could dispute before it what is over for everybody else. So who lets a device in tells it
// when it saw them. Nobody else is believed: two devices that dispute each other would each say what serves it. A device that comes
// back from a backup is told so by whoever wrote the file, under a name that only the file's secret gives.
import { equalBytes, toHex } from '../bytes/index.ts';
import { firstSeenOf, MAX_SEEN, type SelfContent } from '../conversation/index.ts';
import type { FeedId } from '../identity/index.ts';
import type { Ingested } from '../log/index.ts';
import type { Context } from './context.ts';
import type { Conversation } from './conversation.ts';
import type { Home } from './home.ts';

export class FirstSeen {
  readonly #context: Context;
  readonly #home: Home;
  readonly #judged: (of: Conversation, ingested: Ingested) => void;

  constructor(context: Context, home: Home, judged: (of: Conversation, ingested: Ingested) => void) {
    this.#context = context;
    this.#home = home;
    this.#judged = judged;
  }

  /** On the device that lets `device` in, or writes the backup that will. What it was told already is not told again. */
  tell(device: FeedId): void {
    const { mine } = this.#home;
    const own = mine.log.ownFeed();
    if (own === undefined) return;
    const pairs = this.#home.pairs().filter((pair) => !this.#home.isDeviceScoped(pair));
    for (const of of [mine, ...pairs]) {
      const told = new Set(firstSeenOf(this.#context.store, device, own, of.id).map(({ entry }) => toHex(entry)));
      const seen = of.log.firstSeen().filter(({ entry }) => !told.has(toHex(entry)));
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
    const host = this.#home.host();
    if (own === undefined || host === undefined || of === this.#home.joining) return;
    const as = this.#home.nameAtHost() ?? own;
    const told = firstSeenOf(this.#context.store, as, host, of.id);
    if (told.length === 0) return;
    const ingested = of.log.seenEarlier(told);
    if (ingested.charterChanged) this.#judged(of, ingested);
  }
}
