import { t } from '../words/index.ts';

const DAY = 86_400_000;
/** A day of 25 hours; two times of one date of the month within it are of one day. */
const DAY_AT_MOST = 25 * 3_600_000;
const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
/** Whole calendar days between two times, where days may have 23 or 25 hours. */
const daysBetween = (from: number, to: number): number => Math.round((startOfDay(to) - startOfDay(from)) / DAY);

/** The region's habits (12 or 24 hours, day or month first) where its language is the one on screen. */
const locale = (): string => (navigator.language.split('-')[0] === t.locale ? navigator.language : t.locale);
type Form = (at: number) => string;
/** Making a formatter costs fifty times what using it does, and each line of a long list uses two. */
const form = (options: Intl.DateTimeFormatOptions): Form => {
  let made: { readonly of: string; readonly format: Form } | undefined;
  return (at) => {
    const of = locale();
    if (made?.of !== of) made = { of, format: new Intl.DateTimeFormat(of, options).format };
    return made.format(at);
  };
};
const weekday = form({ weekday: 'long' });
const longDay = form({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const shortWeekday = form({ weekday: 'short' });
const shortDay = form({ day: 'numeric', month: 'short' });

const UNITS = [
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;
/** In the largest unit that it holds twice, or holds exactly: "90 minutes", "1 hour", "3 days". */
export function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, one]) => seconds >= 2 * one || seconds === one) ?? (['second', 1] as const);
  const amount = Math.max(1, Math.round(seconds / size));
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}

export const clock = form({ hour: '2-digit', minute: '2-digit' });
export const date = form({ day: 'numeric', month: 'long', year: 'numeric' });
export const sameDay = (a: number, b: number): boolean =>
  Math.abs(a - b) < DAY_AT_MOST && new Date(a).getDate() === new Date(b).getDate();

export function day(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return t.conversation.today;
  if (days === 1) return t.conversation.yesterday;
  return days > 1 && days < 7 ? weekday(at) : longDay(at);
}

export function short(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clock(at);
  return days < 7 ? shortWeekday(at) : shortDay(at);
}
