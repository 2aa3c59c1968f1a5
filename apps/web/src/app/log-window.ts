// The part of a conversation that is in memory: a few hundred lines that slide over a log of any length.
import type { Kith, LogLine } from '@kith/core/client';
import { problemOf, type ProblemCode } from './problem.ts';

const PAGE = 60;
/** More lines than this are let go at the far end, so that reading again after a change costs the same in any log. */
const MOST = 360;
const LET_GO_AFTER_MS = 50;

export interface LogState {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly problem: ProblemCode | null;
  readonly lines: readonly LogLine[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** The last change was at the beginning: the view keeps its place from the end. */
  readonly grewUp: boolean;
}

/** A device that was just linked: older ones are still to come. */
const hasGap = (lines: readonly LogLine[]): boolean => lines.some(({ gap }) => gap);
const empty: LogState = { status: 'loading', problem: null, lines: [], atStart: false, atEnd: false, grewUp: false };

export class LogWindow {
  readonly #kith: Kith;
  readonly #conversation: string;
  readonly #listeners = new Set<() => void>();
  #stop: (() => void) | null = null;
  #state = empty;
  #busy = false;
  #stale = false;

  constructor(kith: Kith, conversation: string) {
    this.#kith = kith;
    this.#conversation = conversation;
  }

  readonly state = (): LogState => this.#state;

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#stop ??= this.#kith.onChange((change) => {
      if (change.type === 'conversation' && change.conversation === this.#conversation) this.refresh();
    });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  };

  /** The newest page. */
  latest(): void {
    this.#read(async () => {
      const lines = await this.#log({ limit: PAGE });
      return { lines, atStart: lines.length < PAGE && !hasGap(lines), atEnd: true, grewUp: false };
    });
  }

  /** A page with `event` in its middle. */
  around(event: string): void {
    this.#read(async () => {
      const lines = await this.#log({ limit: PAGE, around: event });
      const newest = await this.#log({ limit: 1 });
      return { lines, atStart: false, atEnd: lines.at(-1)?.event === newest.at(-1)?.event, grewUp: false };
    });
  }

  older(): void {
    const first = this.#state.lines[0];
    if (first === undefined || this.#state.atStart) return;
    this.#read(async () => {
      const before = await this.#log({ limit: PAGE, before: first.event });
      return {
        lines: [...before, ...this.#state.lines],
        atStart: before.length < PAGE,
        atEnd: this.#state.atEnd,
        grewUp: true,
      };
    }, 'end');
  }

  newer(): void {
    const last = this.#state.lines.at(-1);
    if (last === undefined || this.#state.atEnd) return;
    this.#read(async () => {
      const after = await this.#log({ limit: PAGE, after: last.event });
      return {
        lines: [...this.#state.lines, ...after],
        atStart: this.#state.atStart,
        atEnd: after.length < PAGE,
        grewUp: false,
      };
    }, 'start');
  }

  refresh(): void {
    if (this.#state.status !== 'ready') {
      if (this.#state.status === 'failed') this.latest();
      return;
    }
    this.#read(async () => {
      const { lines: held, atStart, atEnd } = this.#state;
      if (atEnd) {
        // At the end new lines push older ones out only above the bound, so that nothing moves while one reads.
        const limit = Math.min(MOST, Math.max(PAGE, held.length + PAGE / 2));
        const lines = await this.#log({ limit });
        const first = held[0];
        const at = first === undefined ? 0 : lines.findIndex(({ event }) => event === first.event);
        // What comes late may stand before the line that was the first of all.
        const from = atStart ? 0 : Math.max(0, at);
        // A window that is full, or older ones that are still to come: there may be more above.
        const isStart = lines.length < limit && from === 0;
        return {
          lines: lines.slice(from),
          atStart: isStart && !hasGap(lines),
          atEnd,
          grewUp: false,
        };
      }
      const middle = held[Math.floor(held.length / 2)];
      if (middle === undefined) return { lines: held, atStart, atEnd, grewUp: false };
      const lines = await this.#log({ limit: held.length, around: middle.event });
      const first = lines[0];
      const above = atStart && first !== undefined ? await this.#log({ limit: 1, before: first.event }) : [];
      return { lines, atStart: atStart && above.length === 0, atEnd, grewUp: false };
    });
  }

  #log(params: { limit: number; before?: string; after?: string; around?: string }): Promise<readonly LogLine[]> {
    return this.#kith.call('log', { conversation: this.#conversation, ...params });
  }

  /** One reading at a time; a change in the meantime leads to one more. */
  #read(job: () => Promise<Omit<LogState, 'status' | 'problem'>>, letGo?: 'start' | 'end'): void {
    if (this.#busy) {
      this.#stale = true;
      return;
    }
    this.#busy = true;
    job()
      .then(
        (read) => this.#set({ ...read, status: 'ready', problem: null }),
        (error: unknown) => this.#set({ ...this.#state, status: 'failed', problem: problemOf(error) }),
      )
      .finally(() => {
        this.#busy = false;
        if (letGo !== undefined) setTimeout(() => this.#letGo(letGo), LET_GO_AFTER_MS);
        if (!this.#stale) return;
        this.#stale = false;
        this.refresh();
      });
  }

  /** A change of its own: a view keeps its place when lines come or go at one end, not when both happen at once. */
  #letGo(end: 'start' | 'end'): void {
    const { lines } = this.#state;
    if (lines.length <= MOST || this.#busy) return;
    if (end === 'end') this.#set({ ...this.#state, lines: lines.slice(0, MOST), atEnd: false, grewUp: false });
    else this.#set({ ...this.#state, lines: lines.slice(-MOST), atStart: false, grewUp: true });
  }

  #set(state: LogState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
