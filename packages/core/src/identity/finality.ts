// A removal becomes final 7 days after its first witness (in larger conversations: after those of most other members).
// An opposing removal that is first seen later is void; one seen before, or witnessed too, leaves both contested. A recovery
// key that is set after the inception waits as long (recovery-keys.ts).
import type { Chained, Claim, Verdict } from './acceptance.ts';
import { nameOf } from './names.ts';

export interface Evidence {
  /** Shared time in milliseconds, and when each entry (hash in hex) was first seen; without both nothing is final. */
  readonly now?: number;
  readonly seenAt?: ReadonlyMap<string, number>;
}

/** Long enough for another own device or its person to object. */
export const FINAL_AFTER_MS = 7 * 86_400_000;

const sharesOne = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  for (const one of a) if (b.has(one)) return true;
  return false;
};

export interface Witnessing {
  /** Of a removal or recovery entry: when witnesses of enough other members were seen; Infinity while they are missing. */
  readonly seenBy: (claim: Claim) => number;
  /** A witness names it that counts. */
  readonly any: (claim: Claim) => boolean;
}

/** `verdicts`: how things stand while nothing is final; a witness that is out then does not count. */
export const witnessing = (
  claims: readonly Claim[],
  verdicts: ReadonlyMap<Chained, Verdict>,
  members: number,
  seenAt: ReadonlyMap<string, number>,
): Witnessing => {
  const named = new Map(claims.map((claim) => [claim.chained.hash, claim] as const));
  const byNamed = new Map<string, Claim[]>();
  for (const claim of claims) {
    const { act } = claim.chained.open;
    if (act.type !== 'witness' || verdicts.get(claim.chained) === 'out') continue;
    const hash = nameOf(act.removal);
    const known = byNamed.get(hash) ?? [];
    byNamed.set(hash, known);
    known.push(claim);
  }
  /** Devices of other members that witness it and witnessed nothing opposing before: seen when, per member. */
  const witnesses = (of: Claim): readonly (readonly [string, number])[] =>
    (byNamed.get(of.chained.hash) ?? []).flatMap(({ chained, signers }) => {
      if (sharesOne(signers, of.signers)) return [];
      for (let at = chained.before; at !== undefined; at = at.before) {
        const earlier = at.open.act;
        const other = earlier.type === 'witness' ? named.get(nameOf(earlier.removal)) : undefined;
        if (other !== undefined && opposes(other, of)) return [];
      }
      const seen = seenAt.get(chained.hash);
      return seen === undefined ? [] : Array.from(signers, (member) => [member, seen] as const);
    });
  const needed = Math.floor((members - 1) / 2) + 1;
  return {
    any: (claim) => witnesses(claim).length > 0,
    seenBy: (claim) => {
      const firstByMember = new Map<string, number>();
      for (const [member, seen] of witnesses(claim))
        firstByMember.set(member, Math.min(seen, firstByMember.get(member) ?? Infinity));
      return Array.from(firstByMember.values()).toSorted((a, b) => a - b)[needed - 1] ?? Infinity;
    },
  };
};

const opposes = (a: Claim, b: Claim): boolean =>
  a !== b && a.removal?.voids(b.chained) === true && b.removal?.voids(a.chained) === true;

/** Undefined when nothing can be final: no evidence, or no removal. */
export const finalRemovals = (
  claims: readonly Claim[],
  { seenBy, any }: Witnessing,
  { now, seenAt }: Evidence,
): ((removal: Chained, against: Chained) => boolean) | undefined => {
  if (now === undefined || seenAt === undefined) return undefined;
  const removals = claims.filter(({ removal }) => removal !== undefined);
  if (removals.length === 0) return undefined;
  const from = new Map<Chained, number>();
  for (const removal of removals) {
    const seen = seenBy(removal);
    if (seen === Infinity || removals.some((other) => opposes(other, removal) && any(other))) continue;
    from.set(removal.chained, seen + FINAL_AFTER_MS);
  }
  return (removal, against) => {
    const final = from.get(removal) ?? Infinity;
    return now >= final && (seenAt.get(against.hash) ?? Infinity) >= final;
  };
};
