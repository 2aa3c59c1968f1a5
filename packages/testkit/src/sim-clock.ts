// Simulated time: nothing happens until it is told to, and then in the order of due times.
import type { Clock } from '@kith/core/ports';

export interface SimClock extends Clock {
  /** Lets time pass, running what falls due in order. */
  advance(ms: number): void;
  /** Jumps to the next callback and runs it; false when none is left. */
  step(): boolean;
  /** When the next callback is due; undefined when none is left. */
  nextAt(): number | undefined;
  /** Runs callbacks until the condition holds; false when it does not within `limitMs`, or nothing is left to happen. */
  runUntil(condition: () => boolean, limitMs?: number): boolean;
  /** A clock of one machine on this one: off by `offsetMs`, and silent after `stop` (a crash). */
  machine(offsetMs?: number): Clock & { stop(): void; shift(ms: number): void };
}

interface Timer {
  readonly at: number;
  readonly turn: number;
  readonly callback: () => void;
  cancelled: boolean;
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.turn < b.turn);

/** 2026-01-01T00:00:00Z: any fixed start serves, and a plausible one passes checks of dates. */
export const SIM_START = 1_767_225_600_000;
const HOUR = 3_600_000;

export const simClock = (start: number = SIM_START): SimClock => {
  /** A binary heap by (due time, order of asking). */
  const heap: Timer[] = [];
  let now = start;
  let turns = 0;

  const push = (timer: Timer): void => {
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent] as Timer)) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
  };
  const pop = (): void => {
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      if (!before(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  };
  const next = (): Timer | undefined => {
    while (heap[0]?.cancelled === true) pop();
    return heap[0];
  };
  const runNext = (timer: Timer): void => {
    pop();
    now = Math.max(now, timer.at);
    timer.callback();
  };
  const after = (ms: number, callback: () => void): (() => void) => {
    turns += 1;
    const timer: Timer = { at: now + Math.max(0, ms), turn: turns, callback, cancelled: false };
    push(timer);
    return () => {
      timer.cancelled = true;
    };
  };
  const step = (): boolean => {
    const timer = next();
    if (timer !== undefined) runNext(timer);
    return timer !== undefined;
  };

  return {
    now: () => now,
    after,
    step,
    nextAt: () => next()?.at,
    advance(ms) {
      const end = now + ms;
      for (let timer = next(); timer !== undefined && timer.at <= end; timer = next()) runNext(timer);
      now = Math.max(now, end);
    },
    runUntil(condition, limitMs = 24 * HOUR) {
      const end = now + limitMs;
      while (!condition()) {
        const timer = next();
        if (timer === undefined || timer.at > end) return false;
        runNext(timer);
      }
      return true;
    },
    machine(offsetMs = 0) {
      let offset = offsetMs;
      let running = true;
      return {
        now: () => now + offset,
        after: (ms, callback) => after(ms, () => (running ? callback() : undefined)),
        stop: () => {
          running = false;
        },
        shift: (ms) => {
          offset += ms;
        },
      };
    },
  };
};
