import type { Logger } from '@kith/core/ports';

/** One JSON object a line: when, how grave, what, and counts. */
export const jsonLogger = (write: (line: string) => void): Logger => ({
  log: (level, event, fields = {}) => {
    if (level !== 'debug') write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  },
});
