import { randomFillSync } from 'node:crypto';
import type { Clock, Logger, LogLevel, Randomness } from '@kith/core/ports';

/** The longest wait of setTimeout; a longer one would fire at once. */
const LONGEST_WAIT = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    let left = Math.max(0, ms);
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const part = Math.min(left, LONGEST_WAIT);
      left -= part;
      timer = setTimeout(left > 0 ? wait : callback, part);
    };
    wait();
    return () => clearTimeout(timer);
  },
};

/** Drawn at once: a call into the generator costs as much as a hundred short keys. What was handed out is gone from here. */
const drawn = new Uint8Array(4096);
let used = drawn.length;
export const systemRandomness: Randomness = {
  bytes(length) {
    if (length > drawn.length) return randomFillSync(new Uint8Array(length));
    if (used + length > drawn.length) {
      randomFillSync(drawn);
      used = 0;
    }
    const part = drawn.subarray(used, (used += length));
    const out = part.slice();
    part.fill(0);
    return out;
  },
};

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** One JSON object a line on standard error, from this level on. */
export const stderrLogger = (level: LogLevel = 'warn'): Logger => ({
  log(of, event, fields = {}) {
    if (LEVELS.indexOf(of) < LEVELS.indexOf(level)) return;
    process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level: of, event, ...fields })}\n`);
  },
});
