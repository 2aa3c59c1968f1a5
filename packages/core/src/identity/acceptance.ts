// Which entries hold when removals void each other: what nothing accepted voids is accepted, what something accepted voids
// is not, and what is left (removals that void each other) stays open, which shows as contested. This is the grounded
// extension of an attack graph (Dung, 1995): unique, so every replica of the same entries finds the same.
import type { Cut, OpenEntry } from './entry.ts';
import type { FeedId } from './ids.ts';

/** An entry whose chain is held from its feed's first entry on. */
export interface Chained {
  readonly open: OpenEntry;
  readonly hash: string;
  readonly before: Chained | undefined;
  /** Members (hex) its signer may act for, before any removal is looked at. */
  readonly signers: Set<string>;
}
export type Verdict = 'in' | 'out' | 'open';
export interface Claim {
  readonly chained: Chained;
  /** The add entries its signer is a device by; `root`: by an inception or as its recovery key. */
  readonly supports: 'root' | readonly Chained[];
  /** Of a removal that is well formed: the device and its cut. */
  readonly target: FeedId | undefined;
  readonly cut: Cut | undefined;
  /** True when this removal, if it holds, makes that entry void. */
  readonly voids: (other: Chained) => boolean;
}

/** `final`: pairs (removal, voided removal) that can no longer be turned round. */
export const accept = (
  claims: readonly Claim[],
  final: (removal: Chained, against: Chained) => boolean,
): ReadonlyMap<Chained, Verdict> => {
  const removals = claims.filter(({ target }) => target !== undefined);
  const attackers = new Map(
    claims.map(
      ({ chained }) =>
        [chained, removals.filter((removal) => removal.voids(chained) && !final(chained, removal.chained))] as const,
    ),
  );
  const verdicts = new Map<Chained, Verdict>(claims.map(({ chained }) => [chained, 'open']));
  const judge = ({ chained, supports }: Claim): Verdict => {
    const against = attackers.get(chained) ?? [];
    const by = supports === 'root' ? ['in' as const] : supports.map((add) => verdicts.get(add) ?? 'open');
    if (by.every((verdict) => verdict === 'out')) return 'out';
    if (against.some((removal) => verdicts.get(removal.chained) === 'in')) return 'out';
    const clear = against.every((removal) => verdicts.get(removal.chained) === 'out');
    return clear && by.includes('in') ? 'in' : 'open';
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const claim of claims) {
      if (verdicts.get(claim.chained) !== 'open') continue;
      const verdict = judge(claim);
      if (verdict === 'open') continue;
      verdicts.set(claim.chained, verdict);
      changed = true;
    }
  }
  return verdicts;
};
