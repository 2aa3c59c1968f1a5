export { toTime } from '@kith/core/client';

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Local date and minute, for people. */
export const toLocalTime = (ms: number): string => {
  const at = new Date(Math.min(Math.max(ms, 0), LATEST));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
};
