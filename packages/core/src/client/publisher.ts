// Publishes the private halves of old subkeys when shared time allows (spec 04, "Publication").
import { AGREEMENT_MS, mayPublish, PUBLISH_KIND, type TimeSource } from '../log/index.ts';
import { parseDuration } from '../conversation/index.ts';
import type { Context } from './context.ts';
import type { Home } from './home.ts';
import { frontierOf, peerState } from './peers.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';

const EVERY_MS = 60 * 60_000;
const MAX_SOURCES = 64;

export class Publisher {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #startedAt: number;
  #sources: readonly TimeSource[] = [];
  #at = 0;

  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#sender = sender;
    this.#startedAt = context.now();
  }
  /** A relay told its date. */
  heard(date: number): void {
    const source: TimeSource = { kind: 'relay', date, heardAt: this.#context.now() };
    // One an hour is enough to tell a day of agreement; one that disagrees is always kept.
    const last = this.#sources.at(-1);
    const agrees = Math.abs(source.date - source.heardAt) <= AGREEMENT_MS;
    if (agrees && last !== undefined && source.heardAt - last.heardAt < EVERY_MS) return;
    this.#sources = [...this.#sources, source].slice(-MAX_SOURCES);
  }
  #evidence(now: number): { readonly now: number; readonly startedAt: number; readonly lastRunAt: number } {
    return { now, startedAt: this.#startedAt, lastRunAt: this.#home.lastRunAt };
  }
  tick(): number {
    const now = this.#context.now();
    if (now < this.#at) return this.#at;
    this.#at = now + EVERY_MS;
    for (const pair of this.#home.pairs()) {
      const seen = this.#sessions.feeds(pair).map((feed) => peerState(this.#context, pair, feed));
      const counterparts = seen.map((peer) => frontierOf(peer.frontier)).filter((frontier) => frontier !== undefined);
      if (counterparts.length === 0) continue;
      const persons = seen
        .filter(({ agreedAt }) => agreedAt > 0)
        .map(({ agreedAt }): TimeSource => ({ kind: 'person', date: agreedAt, heardAt: agreedAt }));
      const newest = Math.max(...seen.map(({ date }) => date));
      const graceMs = parseDuration(this.#home.setting('publication-grace', pair.id)) ?? 7 * 86_400_000;
      const due = pair.log.duePublications({
        now,
        counterparts,
        graceMs,
        sharedTimeOk: (time) =>
          mayPublish({ ...this.#evidence(now), sources: [...this.#sources, ...persons] }, time, newest),
      });
      for (const { content } of due) {
        const appended = pair.log.append({ contentKind: PUBLISH_KIND, content, time: now });
        this.#sender.queue(pair, appended.place);
      }
    }
    return this.#at;
  }
}
