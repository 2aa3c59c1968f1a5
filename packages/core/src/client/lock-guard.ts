// What a locked home has to remember outside its database. Wrong passphrases cost time, and a restart does not give it
// back: the count is on the disk before a try begins.
import { decode, encode, literal, named, text, tuple, uint, type Infer } from '../codec/index.ts';

const MOST_WRONG = 1_000_000;
export const guardCodec = named(
  'home-guard',
  tuple({
    format: literal(1),
    /** Wrong passphrases since the last right one. */
    wrong: uint(MOST_WRONG),
    /** Milliseconds: when the last try began. */
    lastAt: uint(),
    /** The setting `lock-after` of this device. */
    lockAfter: text(8),
  }),
);
export type Guard = Infer<typeof guardCodec>;

const FRESH: Guard = { format: 1, wrong: 0, lastAt: 0, lockAfter: 'off' };
export const encodeGuard = (guard: Guard): Uint8Array => encode(guardCodec, guard);
/** What cannot be read says nothing: whoever can write there could delete it as well. */
export const decodeGuard = (data: Uint8Array | undefined): Guard =>
  (data === undefined ? undefined : decode(guardCodec, data)) ?? FRESH;

/** Slips of the owner's fingers. */
const FREE = 3;
const FIRST_MS = 5_000;
const LONGEST_MS = 3_600_000;

/** Milliseconds to wait after so many wrong ones: 5 s after the fourth, then twice as long each time, an hour at most. */
export const waitAfter = (wrong: number): number =>
  wrong <= FREE ? 0 : Math.min(FIRST_MS * 2 ** Math.min(wrong - FREE - 1, 20), LONGEST_MS);

/** Null when the next try may come now. */
export const waitUntil = (guard: Guard, now: number): number | null => {
  const until = guard.lastAt + waitAfter(guard.wrong);
  return guard.wrong > FREE && until > now ? until : null;
};
/** When the clock was set back, a wait that would last longer than it should begins again. */
export const isAhead = (guard: Guard, now: number): boolean => guard.wrong > FREE && guard.lastAt > now;
export const tried = (guard: Guard, now: number): Guard => ({
  ...guard,
  wrong: Math.min(guard.wrong + 1, MOST_WRONG),
  lastAt: Math.max(0, now),
});
export const proven = (guard: Guard): Guard => ({ ...guard, wrong: 0, lastAt: 0 });
