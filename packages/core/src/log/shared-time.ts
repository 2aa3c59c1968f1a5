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
  /** Since when the own clock has run without a jump, in this run. Own clock. */
  readonly steadySince: number;
  readonly sources: readonly TimeSource[];
}

/** A source is worth something for so long. */
export const SOURCE_AGE_MS = DAY_MS;
/** Clocks that differ by more than this do not agree. */
export const AGREEMENT_MS = 10 * MINUTE_MS;
/** After so long without a run the own clock may have been set to anything. */
export const ABSENCE_MS = 48 * HOUR_MS;
/** How long a clock has to agree again after that. */
export const REGAIN_MS = 24 * HOUR_MS;

const agreesWithUs = ({ date, heardAt }: TimeSource): boolean => Math.abs(date - heardAt) <= AGREEMENT_MS;

/** After an absence: another person's event since the start, or a day in which every source agreed. */
const isRegained = ({ now, startedAt, lastRunAt, sources }: TimeEvidence): boolean => {
  if (startedAt - lastRunAt <= ABSENCE_MS && startedAt >= lastRunAt) return true;
  const since = sources.filter(({ heardAt }) => heardAt >= startedAt && heardAt <= now);
  if (since.some((source) => source.kind === 'person' && agreesWithUs(source))) return true;
  const disagreed = since.filter((source) => !agreesWithUs(source)).map(({ heardAt }) => heardAt);
  const from = Math.max(startedAt, ...disagreed);
  const first = Math.min(
    ...since.filter((source) => agreesWithUs(source) && source.heardAt > from - 1).map(({ heardAt }) => heardAt),
  );
  return Number.isFinite(first) && now - first >= REGAIN_MS;
};

/**
 * Up to which time a timer or a retention rule may delete: a time that the own clock and a source both say has come; 0: none.
 * A source proves the date it told. What has passed since then is counted by the own clock, as long as it ran without a jump
 * and nobody has disagreed with it.
 */
export const purgeableUntil = (evidence: TimeEvidence): number => {
  const { now, steadySince, sources } = evidence;
  if (!isRegained(evidence)) return 0;
  const fresh = sources.filter(({ heardAt }) => heardAt <= now && now - heardAt <= SOURCE_AGE_MS);
  const disagreed = fresh.filter((source) => !agreesWithUs(source)).map(({ heardAt }) => heardAt + 1);
  const countsFrom = Math.max(steadySince, ...disagreed);
  const proven = fresh
    .filter(agreesWithUs)
    .map(({ date, heardAt }) => (heardAt >= countsFrom ? date + (now - heardAt) : date));
  return Math.max(0, Math.min(now, Math.max(0, ...proven)));
};

/**
 * Publishing a subkey that is due at `due`: the counterpart dated something after it. `counterpartDate` is the newest date
 * of an event or frontier of theirs, by their clock; the own clock alone, or a relay's, proves nothing here.
 */
export const mayPublish = (evidence: TimeEvidence, due: number, counterpartDate: number | undefined): boolean =>
  evidence.now >= due && counterpartDate !== undefined && counterpartDate >= due && isRegained(evidence);
