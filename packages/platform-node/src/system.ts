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

/** The most that one call of getRandomValues gives. */
const QUOTA = 65_536;
export const systemRandomness: Randomness = {
  bytes(length) {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += QUOTA) crypto.getRandomValues(out.subarray(at, at + QUOTA));
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
