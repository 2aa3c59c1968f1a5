// Keys go by the clock: a period that is over ends its segment, sessions are renewed where the person wants it more often
// than by use, and the private halves of old subkeys are published when shared time allows (spec 04, "Periods",
// "Publication").
import { dropSegmentSeed, linePlaces, publicationGrace, segmentPeriod, segmentSeedsOf } from '../conversation/index.ts';
import {
  AGREEMENT_MS,
  DAY_MS,
  HOUR_MS,
  mayPublish,
  PUBLISH_KIND,
  purgeableUntil,
  TURN_KIND,
  type TimeEvidence,
  type TimeSource,
} from '../log/index.ts';
import { Behind } from './behind.ts';
import type { Context } from './context.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import { frontierOf, peerState } from './peers.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';

const MAX_SOURCES = 64;
/** A conversation in which nobody wrote for so long is not worth a cell a period. */
const AWAKE_MS = 7 * DAY_MS;

const agrees = ({ date, heardAt }: TimeSource): boolean => Math.abs(date - heardAt) <= AGREEMENT_MS;

export class Publisher {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #startedAt: number;
  /** The own clock has run without a jump from … to. */
  #steadySince: number;
  #seenAt: number;
  readonly #behind: Behind;
  readonly #corrected: () => void;
  #sources: readonly TimeSource[] = [];
  #at = 0;
  /** The setting as it was at the last look, and what `changes` of the home was then. */
  #period = DAY_MS;
  #changes = -1;

  /** `corrected`: the clock was set right, and what came while it was behind has other times now. */
  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender, corrected: () => void) {
    this.#corrected = corrected;
    this.#behind = new Behind(context);
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#sender = sender;
    this.#startedAt = context.now();
    this.#steadySince = this.#startedAt;
    this.#seenAt = this.#startedAt;
  }
  /** At every input, before it: a clock that was set, or a machine that slept, shows as a jump. */
  lookAtClock(): void {
    const now = this.#context.now();
    if (Math.abs(now - this.#seenAt) > AGREEMENT_MS) {
      this.#steadySince = now;
      this.#behind.jumped();
    }
    this.#seenAt = now;
  }
  /** A relay told its date. */
  heard(date: number): void {
    const source: TimeSource = { kind: 'relay', date, heardAt: this.#context.now() };
    if (agrees(source)) this.#agreed(source.heardAt);
    else if (date > source.heardAt) this.#behind.said(date - source.heardAt, this.#steadySince);
    // One an hour is enough to tell a day of agreement; one that disagrees is always kept, and the first after it or a jump.
    const last = this.#sources.at(-1);
    const isMore = last !== undefined && agrees(source) && agrees(last) && last.heardAt >= this.#steadySince;
    if (isMore && source.heardAt - last.heardAt < HOUR_MS) return;
    this.#sources = [...this.#sources, source].slice(-MAX_SOURCES);
  }
  #evidence(now: number, persons: readonly TimeSource[]): TimeEvidence {
    return {
      now,
      startedAt: this.#startedAt,
      lastRunAt: this.#home.lastRunAt,
      steadySince: this.#steadySince,
      sources: [...this.#sources, ...persons],
    };
  }
  /** Shared time allows to destroy what was due by then. */
  purgeableUntil(): number {
    const persons = this.#home
      .pairs()
      .flatMap((pair) => this.#sessions.feeds(pair).map((feed) => peerState(this.#context, pair, feed).agreedAt))
      .filter((agreedAt) => agreedAt > 0)
      .map((agreedAt): TimeSource => ({ kind: 'person', date: agreedAt, heardAt: agreedAt }));
    for (const { heardAt } of persons) this.#agreed(heardAt);
    return this.#behind.isInDoubt() ? 0 : purgeableUntil(this.#evidence(this.#context.now(), persons));
  }
  #agreed(heardAt: number): void {
    if (heardAt <= this.#context.now() && this.#behind.agreed(heardAt, this.#steadySince)) this.#corrected();
  }
  /** The own clock agrees with others. */
  isClockRight(): boolean {
    return this.#context.now() - this.purgeableUntil() <= AGREEMENT_MS;
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
    const evidence = this.#evidence(now, persons);
    let lacksDate = false;
    const due = pair.log.duePublications({
      now,
      counterparts,
      graceMs: publicationGrace(this.#home.setting('publication-grace', pair.id)),
      sharedTimeOk: (time) => {
        const isOk = mayPublish(evidence, time, newest);
        lacksDate ||= !isOk && mayPublish(evidence, time, now);
        return isOk;
      },
      seeds,
    });
    if (lacksDate) this.#sender.askDate(pair.theirs);
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
      for (const event of dropSegmentSeed(store, pair.id, seed)) this.#home.self.purge(event);
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
