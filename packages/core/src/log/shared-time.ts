// When irreversible acts may happen: a clock alone is never enough, and nothing is kept monotone (spec 04, "Shared time").

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Somebody else's date, as it was heard. Milliseconds. */
export interface TimeSource {
  readonly kind: 'relay' | 'person';
  /** What it said. */
  readonly date: number;
  /** What our own clock said then. */
  readonly heardAt: number;
}
export interface TimeEvidence {
  readonly now: number;
  /** When this run began, and when the one before was last seen alive (0 at the first). Own clock. */
  readonly startedAt: number;
  readonly lastRunAt: number;
  readonly sources: readonly TimeSource[];
}
