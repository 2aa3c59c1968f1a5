// Keys go by the clock: a period that is over ends its segment, sessions are renewed where the person wants it more often
// than by use, and the private halves of old subkeys are published when shared time allows (spec 04, "Periods",
// "Publication").
import { dropSegmentSeed, linePlaces, publicationGrace, segmentPeriod, segmentSeedsOf } from '../conversation/index.ts';
import {
  AGREEMENT_MS,
  DAY_MS,
  HOUR_MS,
  mayPublish,
  mayPurge,
  PUBLISH_KIND,
  TURN_KIND,
  type TimeSource,
} from '../log/index.ts';
import type { Context } from './context.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import { frontierOf, peerState } from './peers.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';

const MAX_SOURCES = 64;
/** A conversation in which nobody wrote for so long is not worth a cell a period. */
const AWAKE_MS = 7 * DAY_MS;

export class Publisher {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #startedAt: number;
  #sources: readonly TimeSource[] = [];
  #at = 0;
  /** The setting as it was at the last look, and what `changes` of the home was then. */
  #period = DAY_MS;
  #changes = -1;

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
    if (agrees && last !== undefined && source.heardAt - last.heardAt < HOUR_MS) return;
    this.#sources = [...this.#sources, source].slice(-MAX_SOURCES);
  }
  #evidence(now: number): { readonly now: number; readonly startedAt: number; readonly lastRunAt: number } {
    return { now, startedAt: this.#startedAt, lastRunAt: this.#home.lastRunAt };
  }
  /** Shared time allows to destroy what is due by the own clock. */
  mayPurge(): boolean {
    const persons = this.#home
      .pairs()
      .flatMap((pair) => this.#sessions.feeds(pair).map((feed) => peerState(this.#context, pair, feed).agreedAt))
      .filter((agreedAt) => agreedAt > 0)
      .map((agreedAt): TimeSource => ({ kind: 'person', date: agreedAt, heardAt: agreedAt }));
    return mayPurge({ ...this.#evidence(this.#context.now()), sources: [...this.#sources, ...persons] });
  }
  /** The clock of this device may have been set back: what was planned for then is looked at now. */
  tick(): number {
    const now = this.#context.now();
    const isNewPeriod = this.#lookAtPeriod();
    const every = this.#every();
    if (!isNewPeriod && now < this.#at && this.#at - now <= every) return this.#at;
    this.#at = now + every;
    if (this.#period < DAY_MS) this.#sessions.rotate(this.#home.mine, this.#period);
    for (const pair of this.#home.pairs()) {
      this.#publish(pair, now);
      this.#at = Math.min(this.#at, this.#turn(pair, now));
    }
    return this.#at;
  }
  #every(): number {
    return Math.min(HOUR_MS, this.#period / 4);
  }
  #lookAtPeriod(): boolean {
    if (this.#changes === this.#home.changes) return false;
    this.#changes = this.#home.changes;
    const before = this.#period;
    this.#period = segmentPeriod(this.#home.setting('segment-period', null));
    return before !== this.#period;
  }

  #publish(pair: Pair, now: number): void {
    const seeds = this.#seeds(pair);
    const seen = this.#sessions.feeds(pair).map((feed) => peerState(this.#context, pair, feed));
    const counterparts = seen.map((peer) => frontierOf(peer.frontier)).filter((frontier) => frontier !== undefined);
    if (counterparts.length === 0) return;
    const persons = seen
      .filter(({ agreedAt }) => agreedAt > 0)
      .map(({ agreedAt }): TimeSource => ({ kind: 'person', date: agreedAt, heardAt: agreedAt }));
    const newest = Math.max(...seen.map(({ date }) => date));
    const due = pair.log.duePublications({
      now,
      counterparts,
      graceMs: publicationGrace(this.#home.setting('publication-grace', pair.id)),
      sharedTimeOk: (time) =>
        mayPublish({ ...this.#evidence(now), sources: [...this.#sources, ...persons] }, time, newest),
      seeds,
    });
    for (const { content } of due) {
      const appended = pair.log.append({ contentKind: PUBLISH_KIND, content, time: now });
      this.#sender.queue(pair, appended.place);
    }
    if (due.length > 0) this.#seeds(pair);
  }
  /** Of segments of own devices that are not published yet; what is published is kept no longer. */
  #seeds(pair: Pair): ReturnType<typeof segmentSeedsOf> {
    const { store } = this.#context;
    return segmentSeedsOf(store, pair.id).filter((seed) => {
      if (!pair.log.isPublished(seed.feed, seed.segment)) return true;
      const event = dropSegmentSeed(store, pair.id, seed);
      if (event !== undefined) this.#home.self.purge(event);
      return false;
    });
  }

  /** Answers when to ask again. */
  #turn(pair: Pair, now: number): number {
    const facts = this.#home.facts(pair);
    if (facts.blocked || facts.ended || facts.validity === 'compromised') return Number.POSITIVE_INFINITY;
    const strict = this.#period < DAY_MS && this.#isAwake(pair, now);
    if (strict) this.#sessions.rotate(pair, this.#period);
    const { due, at } = pair.log.turn(now, strict);
    if (!due) return at;
    const appended = pair.log.append({ contentKind: TURN_KIND, content: null, time: now });
    this.#sender.queue(pair, appended.place);
    return at;
  }
  #isAwake(pair: Pair, now: number): boolean {
    const [newest] = linePlaces(this.#context.store, pair.id, { limit: 1 });
    const shown = newest === undefined ? undefined : pair.log.find(newest.event);
    const at = shown === undefined ? pair.local.createdAt : Math.max(shown.time, shown.receivedAt);
    return now - at < AWAKE_MS;
  }
}
