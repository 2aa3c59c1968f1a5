// Which entries hold when removals void each other: what nothing accepted voids is accepted, what something accepted voids
// is not, and what is left (removals that void each other) stays open, which shows as contested. This is the grounded
// extension of an attack graph (Dung, 1995): unique, so every replica of the same entries finds the same.
import type { Cut } from './bodies.ts';
import type { OpenEntry } from './entry.ts';

/** An entry whose chain is held from its feed's first entry on. */
export interface Chained {
  readonly open: OpenEntry;
  readonly hash: string;
  /** The feed, in hex. */
  readonly feed: string;
  readonly before: Chained | undefined;
}
export type Verdict = 'in' | 'out' | 'open';
export interface Removal {
  /** The device (feed in hex) and its cut. */
  readonly target: string;
  readonly cut: Cut;
  /** True when this removal, if it holds, makes that entry void. */
  readonly voids: (other: Chained) => boolean;
}
export interface Claim {
  readonly chained: Chained;
  /** Members (hex) its signer may act for, before any removal is looked at. */
  readonly signers: ReadonlySet<string>;
  /** The add entries its signer says it by; `root`: by an inception or as a recovery key. */
  readonly supports: 'root' | readonly Chained[];
  /** Of a removal that is well formed. */
  readonly removal: Removal | undefined;
}

/** `final`: pairs (entry, removal that would void it) that can no longer be turned round. */
export const accept = (
  claims: readonly Claim[],
  final: (entry: Chained, against: Chained) => boolean,
): ReadonlyMap<Chained, Verdict> => {
  const byTarget = new Map<string, Claim[]>();
  for (const claim of claims) {
    if (claim.removal === undefined) continue;
    const aimed = byTarget.get(claim.removal.target) ?? [];
    byTarget.set(claim.removal.target, aimed);
    aimed.push(claim);
  }
  const attackers = new Map(
    claims.map(
      ({ chained }) =>
        [
          chained,
          (byTarget.get(chained.feed) ?? []).filter(
            ({ chained: by, removal }) => removal?.voids(chained) === true && !final(chained, by),
          ),
        ] as const,
    ),
  );
  const verdicts = new Map<Chained, Verdict>(claims.map(({ chained }) => [chained, 'open']));
  const judge = ({ chained, supports }: Claim): Verdict => {
    const against = attackers.get(chained) ?? [];
    const by = supports === 'root' ? ['in' as const] : supports.map((add) => verdicts.get(add) ?? 'out');
    if (by.every((verdict) => verdict === 'out')) return 'out';
    if (against.some((removal) => verdicts.get(removal.chained) === 'in')) return 'out';
    const clear = against.every((removal) => verdicts.get(removal.chained) === 'out');
    return clear && by.includes('in') ? 'in' : 'open';
  };
  let open = claims;
  for (let changed = true; changed;) {
    changed = false;
    const left: Claim[] = [];
    for (const claim of open) {
      const verdict = judge(claim);
      if (verdict === 'open') {
        left.push(claim);
        continue;
      }
      verdicts.set(claim.chained, verdict);
      changed = true;
    }
    open = left;
  }
  return verdicts;
};
