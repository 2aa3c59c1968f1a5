// A removal becomes final 7 days after its first witness (in larger conversations: after those of most other members).
// An opposing removal that is first seen later is void; one seen before, or witnessed too, leaves both contested.
import { equalBytes } from '../bytes/index.ts';
import type { Chained, Claim } from './acceptance.ts';

export interface Evidence {
  /** Shared time in milliseconds, and when each entry (hash in hex) was first seen; without both nothing is final. */
  readonly now?: number;
  readonly seenAt?: ReadonlyMap<string, number>;
}

/** Long enough for another own device or its person to object. */
export const FINAL_AFTER_MS = 7 * 86_400_000;

export const finalRemovals = (
  claims: readonly Claim[],
  members: number,
  rules: Evidence,
): ((removal: Chained, against: Chained) => boolean) => {
  const { now, seenAt } = rules;
  if (now === undefined || seenAt === undefined) return () => false;
  const removals = claims.filter(({ target }) => target !== undefined);
  const opposes = (a: Claim, b: Claim): boolean => a !== b && a.voids(b.chained) && b.voids(a.chained);

  /** Devices of other members that witness it and witnessed nothing opposing before: seen when, per member. */
  const witnesses = (removal: Claim): readonly (readonly [string, number])[] =>
    claims.flatMap(({ chained }) => {
      const { act } = chained.open;
      if (act.type !== 'witness' || !equalBytes(act.removal, removal.chained.open.hash)) return [];
      if (Array.from(chained.signers).some((member) => removal.chained.signers.has(member))) return [];
      for (let at = chained.before; at !== undefined; at = at.before) {
        const earlier = at.open.act;
        if (earlier.type !== 'witness') continue;
        if (removals.some((other) => equalBytes(other.chained.open.hash, earlier.removal) && opposes(other, removal)))
          return [];
      }
      const seen = seenAt.get(chained.hash);
      return seen === undefined ? [] : Array.from(chained.signers, (member) => [member, seen] as const);
    });

  const finalFrom = (removal: Claim): number => {
    if (removals.some((other) => opposes(other, removal) && witnesses(other).length > 0)) return Infinity;
    const firstByMember = new Map<string, number>();
    for (const [member, seen] of witnesses(removal))
      firstByMember.set(member, Math.min(seen, firstByMember.get(member) ?? Infinity));
    const needed = Math.floor((members - 1) / 2) + 1;
    const reached = Array.from(firstByMember.values()).toSorted((a, b) => a - b)[needed - 1];
    return reached === undefined ? Infinity : reached + FINAL_AFTER_MS;
  };
  const from = new Map(removals.map((removal) => [removal.chained, finalFrom(removal)] as const));
  return (removal, against) => {
    const final = from.get(removal) ?? Infinity;
    return now >= final && (seenAt.get(against.hash) ?? Infinity) >= final;
  };
};
