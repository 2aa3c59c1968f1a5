// What goes, and when: texts with timers, lines past the lifespan that the person set, lines deleted on another own device.
// A line whose time is over by this device's clock stands nowhere any more; it is destroyed once shared time agrees, so that
// a clock that lies destroys nothing (spec 10, "Timers").
import {
  dueAt,
  eventsMeant,
  expireLine,
  goesWithAnother,
  heldOf,
  hiddenAfter,
  hideLine,
  isDeletable,
  linePlaces,
  MAX_BEGAN,
  nextDue,
  projectPair,
  purgeLine,
  rescheduleLine,
  setHidden,
  timedUnread,
  unreadPlaces,
  unschedule,
  whichOf,
  type Due,
  type SelfContent,
} from '../conversation/index.ts';
import { decode } from '../codec/index.ts';
import type { ConversationId } from '../identity/index.ts';
import { frontierCodec, type ShownEvent } from '../log/index.ts';
import type { Context } from './context.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';

/** Lines taken at a time: what is due at once is due to a wish of a person, or after an absence. */
const STEP = 256;
/** What is hidden is looked at again this often: shared time may agree by now. */
const AGAIN_MS = 60_000;
const ALL = Number.MAX_SAFE_INTEGER;

export interface TimersHooks {
  /** Shared time allows to destroy what was due by then; 0: nothing. */
  purgeableUntil(): number;
  /** Contents of this pair went: no copy of them waits to be sent. */
  gone(pair: Pair): void;
}

export class Timers {
  readonly #context: Context;
  readonly #home: Home;
  readonly #hooks: TimersHooks;
  #hidden = true;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(context: Context, home: Home, hooks: TimersHooks) {
    this.#context = context;
    this.#home = home;
    this.#hooks = hooks;
  }

  /** Before anything is shown: takes away what is due. Answers when to look again. */
  tick(): number {
    const now = this.#context.now();
    let next = nextDue(this.#context.store);
    if (next <= now) {
      this.#hide(now);
      next = nextDue(this.#context.store);
      this.#triedAt = Number.NEGATIVE_INFINITY;
    }
    if (!this.#hidden) return next;
    if (Math.abs(now - this.#triedAt) >= AGAIN_MS) {
      this.#triedAt = now;
      this.#hidden = this.#settleHidden(now);
    }
    return this.#hidden ? Math.min(next, this.#triedAt + AGAIN_MS) : next;
  }
  /** Something said what time it is. */
  heardTime(): void {
    this.#triedAt = Number.NEGATIVE_INFINITY;
  }

  /** What came while the clock was behind has its right time now. */
  clockCorrected(): void {
    for (const pair of this.#home.pairs()) this.#rescheduleAll(pair);
  }

  #hide(now: number): void {
    const { store } = this.#context;
    for (;;) {
      const dues = dueAt(store, false, now, STEP);
      for (const due of dues) {
        const [pair, event] = this.#lineOf(due);
        if (pair === undefined || event === undefined || goesWithAnother(pair.view, event)) {
          unschedule(store, due.conversation, due.place);
          continue;
        }
        hideLine(pair.view, event);
        setHidden(store, due.conversation, due.place, true);
        this.#hidden = true;
        this.#changed(pair);
      }
      if (dues.length < STEP) return;
    }
  }
  /** Tells whether anything hidden is left. */
  #settleHidden(now: number): boolean {
    const { store } = this.#context;
    // The clock ran ahead: what it hid comes back.
    for (const due of hiddenAfter(store, now)) {
      const [pair, event] = this.#lineOf(due);
      if (pair !== undefined && event !== undefined) {
        projectPair(pair.view, event);
        this.#changed(pair);
      }
    }
    if (dueAt(store, true, now, 1).length === 0) return false;
    const until = this.#hooks.purgeableUntil();
    const touched = new Set<Pair>();
    for (const due of dueAt(store, true, until)) {
      const [pair, event] = this.#lineOf(due);
      if (pair === undefined || event === undefined) unschedule(store, due.conversation, due.place);
      else {
        expireLine(pair.view, event);
        touched.add(pair);
      }
    }
    if (touched.size > 0) this.#gone(touched);
    return dueAt(store, true, now, 1).length > 0;
  }
  #gone(pairs: Iterable<Pair>): void {
    for (const pair of pairs) {
      this.#hooks.gone(pair);
      this.#changed(pair);
    }
    this.#context.scrub();
  }
  #lineOf({ conversation, event }: Due): readonly [Pair | undefined, ShownEvent | undefined] {
    const pair = this.#home.pair(conversation);
    return [pair, pair?.log.find(event)];
  }
  #changed(pair: Pair): void {
    this.#context.changed({ type: 'conversation', conversation: pair.name });
    this.#context.changed({ type: 'contacts' });
  }

  /** The person has read up to this line (all without): the timers of what was unread begin, on every own device. */
  read(pair: Pair, upTo: ShownEvent | undefined): void {
    const places = timedUnread(this.#context.store, pair.id, upTo);
    const at = Math.max(0, this.#context.now());
    for (let i = 0; i < places.length; i += MAX_BEGAN) {
      const some = places.slice(i, i + MAX_BEGAN);
      this.#home.tell({ type: 'began', conversation: pair.id, at, places: some, extensions: [] });
    }
  }
  /** The other side has more than before: timers of own texts that waited for that run. */
  delivered(pair: Pair): void {
    for (const due of heldOf(this.#context.store, pair.id)) {
      const event = pair.log.find(due.event);
      if (event !== undefined) rescheduleLine(pair.view, event);
    }
  }

  /** Acts on an event of `self` that is in the tables already, whichever device wrote it, now or while this one was off. */
  heard(content: SelfContent): void {
    switch (content.type) {
      case 'tombstone':
        this.#withPair(content.conversation, (pair) => {
          const events = eventsMeant(pair.view, content.place, whichOf(content.extensions)).filter(isDeletable);
          if (events.length === 0) return;
          for (const event of events) purgeLine(pair.view, event);
          this.#gone([pair]);
        });
        return;
      case 'began':
        this.#withPair(content.conversation, (pair) => {
          for (const place of content.places) this.#reschedule(pair, pair.log.seenAt(place));
        });
        return;
      case 'read':
        this.#withPair(content.conversation, (pair) => this.#readElsewhere(pair, content.frontier));
        return;
      case 'star':
        this.#withPair(content.conversation, (pair) => this.#changed(pair));
        return;
      case 'draft':
        this.#withPair(content.conversation, ({ name }) =>
          this.#context.changed({ type: 'drafts', conversation: name }),
        );
        this.#context.scrub();
        return;
      case 'setting': {
        if (content.key === 'lifespan') {
          const one =
            content.conversation === null ? undefined : this.#home.pair(content.conversation as ConversationId);
          const pairs = content.conversation === null ? this.#home.pairs() : one === undefined ? [] : [one];
          for (const pair of pairs) this.#rescheduleAll(pair);
        }
        this.#context.changed({ type: 'settings' });
        this.#context.changed({ type: 'contacts' });
        return;
      }
      default:
        return;
    }
  }
  #withPair(conversation: Uint8Array, act: (pair: Pair) => void): void {
    const pair = this.#home.pair(conversation as ConversationId);
    if (pair !== undefined) act(pair);
  }
  #reschedule(pair: Pair, event: ShownEvent | undefined): void {
    if (event !== undefined) rescheduleLine(pair.view, event);
  }
  #readElsewhere(pair: Pair, raw: Uint8Array): void {
    const { store } = this.#context;
    const frontier = decode(frontierCodec, raw);
    if (frontier === undefined) return;
    for (const { key, event } of unreadPlaces(store, pair.id)) {
      const shown = pair.log.find(event);
      if (shown === undefined || !pair.log.covers(frontier, shown.place)) continue;
      store.delete('unread', key);
      rescheduleLine(pair.view, shown);
    }
    this.#changed(pair);
  }
  #rescheduleAll(pair: Pair): void {
    const { store } = this.#context;
    const hidden = dueAt(store, true, Number.MAX_SAFE_INTEGER);
    for (const { conversation, event } of hidden) {
      if (this.#home.pair(conversation) !== pair) continue;
      const shown = pair.log.find(event);
      if (shown !== undefined) projectPair(pair.view, shown);
    }
    for (const { event } of linePlaces(store, pair.id, { limit: ALL })) this.#reschedule(pair, pair.log.find(event));
    this.#changed(pair);
  }
}
