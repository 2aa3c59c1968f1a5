// How much is given to who asks for it (spec 09, "Repair"). A wish costs a contact one cell and us up to 512, so what is
// given is bounded by time, not by wishes; whoever still lacks something asks again.

/** Cells that may be given at once, … */
export const GIVEN_BURST_CELLS = 4096;
/** … and how many more each minute. */
export const GIVEN_PER_MINUTE_CELLS = 4096;

/** What each wish is taken for at least: looking for what nobody is given costs as well. */
export const WISH_CELLS = 64;

export interface Budget {
  /** Cells; below zero after a packet that was larger than what was left. */
  readonly left: number;
  /** Milliseconds. */
  readonly at: number;
}
export const fullBudget = (now: number): Budget => ({ left: GIVEN_BURST_CELLS, at: now });
export const refill = ({ left, at }: Budget, now: number): Budget => ({
  // A clock that was set back refills nothing, and begins anew from there.
  left: Math.min(GIVEN_BURST_CELLS, left + (Math.max(0, now - at) / 60_000) * GIVEN_PER_MINUTE_CELLS),
  at: now,
});
export const spend = ({ left, at }: Budget, cells: number): Budget => ({ left: left - cells, at });
