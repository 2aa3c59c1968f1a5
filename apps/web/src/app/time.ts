import { t } from '../words/index.ts';

const DAY = 86_400_000;
const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
/** Whole calendar days between two times, where days may have 23 or 25 hours. */
const daysBetween = (from: number, to: number): number => Math.round((startOfDay(to) - startOfDay(from)) / DAY);

/** The region's habits (12 or 24 hours, day or month first) where its language is the one on screen. */
const locale = (): string => (navigator.language.split('-')[0] === t.locale ? navigator.language : t.locale);
const format = (at: number, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(locale(), options).format(at);

export const clock = (at: number): string => format(at, { hour: '2-digit', minute: '2-digit' });
export const date = (at: number): string => format(at, { day: 'numeric', month: 'long', year: 'numeric' });
export const sameDay = (a: number, b: number): boolean => startOfDay(a) === startOfDay(b);

export function day(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return t.conversation.today;
  if (days === 1) return t.conversation.yesterday;
  if (days > 1 && days < 7) return format(at, { weekday: 'long' });
  return format(at, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

/** For the list: the hour today, the weekday this week, the date before. */
export function short(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clock(at);
  return days < 7 ? format(at, { weekday: 'short' }) : format(at, { day: 'numeric', month: 'short' });
}
