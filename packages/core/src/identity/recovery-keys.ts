// Recovery keys set after the inception (spec 03, "Recovery"). Whether one is in effect is judged by what was seen before it
// took effect, and never again: what a thief says later does not undo it, and what it sets does not hold unnoticed.
import { accept, type Chained, type Claim, type Verdict } from './acceptance.ts';
import { claimsOf, type Claims } from './chains.ts';
import type { Word } from './charter-types.ts';
import { FINAL_AFTER_MS, finalRemovals, witnessing, type Evidence, type Witnessing } from './finality.ts';
import { nameOf } from './names.ts';

export interface Judged extends Claims {
  readonly verdicts: ReadonlyMap<Chained, Verdict>;
  readonly witnesses: Witnessing;
}

const NOTHING_SEEN: ReadonlyMap<string, number> = new Map();

export const judge = (
  all: readonly Chained[],
  inceptions: readonly Chained[],
  words: readonly Word[],
  evidence: Evidence,
): Judged => {
  const { claims, recovery } = claimsOf(all, inceptions, words);
  const plain = accept(claims, () => false);
  const members = inceptions.length;
  const witnesses = witnessing(claims, plain, members, evidence.seenAt ?? NOTHING_SEEN);
  const final = finalRemovals(claims, witnesses, evidence);
  return { claims, recovery, witnesses, verdicts: final === undefined ? plain : accept(claims, final) };
};

/** When a recovery entry was seen by those who could object on behalf of its member's contacts; alone: by this device. */
export const seenByOthers = (judged: Judged, claim: Claim, members: number, { seenAt }: Evidence): number =>
  members === 1 ? (seenAt?.get(claim.chained.hash) ?? Infinity) : judged.witnesses.seenBy(claim);

/** An entry of a device of the same member that refuses it, and is not void. */
export const isRefused = ({ claims, verdicts }: Judged, claim: Claim): boolean =>
  claims.some(
    ({ chained, signers }) =>
      chained.open.act.type === 'refuse' &&
      nameOf(chained.open.act.recovery) === claim.chained.hash &&
      Array.from(signers).some((member) => memberOf(claim) === member) &&
      verdicts.get(chained) !== 'out',
  );
const memberOf = ({ chained: { open } }: Claim): string | undefined =>
  open.act.type === 'recovery' ? nameOf(open.act.member) : undefined;

/** Moments at which a recovery entry may have come into effect: 7 days after each time it was seen by somebody. */
const moments = (
  all: readonly Chained[],
  members: number,
  seenAt: ReadonlyMap<string, number>,
): readonly (readonly [number, Chained])[] => {
  const set = new Map(all.flatMap((one) => (one.open.act.type === 'recovery' ? [[one.hash, one] as const] : [])));
  if (set.size === 0) return [];
  const at = (seen: Chained, of: Chained | undefined): readonly (readonly [number, Chained])[] => {
    const time = seenAt.get(seen.hash);
    return of === undefined || time === undefined ? [] : [[time + FINAL_AFTER_MS, of]];
  };
  const found = all.flatMap((one) => {
    const { act } = one.open;
    if (members === 1) return at(one, set.get(one.hash));
    return act.type === 'witness' ? at(one, set.get(nameOf(act.removal))) : [];
  });
  return found.toSorted(([a, one], [b, other]) => a - b || (one.hash < other.hash ? -1 : 1));
};

/** What was seen before that moment, with all it stands on. `all` has each entry after the one before it. */
const seenBefore = (
  all: readonly Chained[],
  moment: number,
  seenAt: ReadonlyMap<string, number>,
): readonly Chained[] => {
  const known = new Set<Chained>();
  for (const one of all) {
    if ((seenAt.get(one.hash) ?? Infinity) >= moment) continue;
    if (one.before === undefined || known.has(one.before)) known.add(one);
  }
  return [...known];
};

/** The `recovery` entries in effect, in the order they came to be. */
export const laterWords = (
  all: readonly Chained[],
  inceptions: readonly Chained[],
  words: readonly Word[],
  evidence: Evidence,
): ReadonlyMap<Chained, Word> => {
  const inEffect = new Map<Chained, Word>();
  const { now, seenAt } = evidence;
  if (now === undefined || seenAt === undefined) return inEffect;
  for (const [moment, recovery] of moments(all, inceptions.length, seenAt)) {
    const { act } = recovery.open;
    if (moment > now || inEffect.has(recovery) || act.type !== 'recovery') continue;
    const known = seenBefore(all, moment, seenAt);
    const then = { now: moment, seenAt };
    const judged = judge(known, inceptions, [...words, ...inEffect.values()], then);
    const claim = judged.claims.find(({ chained }) => chained === recovery);
    if (claim === undefined || judged.verdicts.get(recovery) !== 'in' || isRefused(judged, claim)) continue;
    if (seenByOthers(judged, claim, inceptions.length, then) + FINAL_AFTER_MS > moment) continue;
    inEffect.set(recovery, { member: nameOf(act.member), key: act.recoveryKey });
  }
  return inEffect;
};
