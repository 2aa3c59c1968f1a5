// What a set of charter entries says: who is a member, with which devices, up to which cuts (spec 03, "Evaluation").
// A pure function of the set: order of arrival, duplicates and the local clock change nothing. Only finality and later
// recovery keys, when the caller gives its evidence, depend on when entries were seen.
import { compareBytes, equalBytes } from '../bytes/index.ts';
import type { Claim } from './acceptance.ts';
import { MEMBER_KINDS } from './bodies.ts';
import { linkEntries, placeOf } from './chains.ts';
import type { Absorbed, Charter, CharterRules, DeviceRemoval, LaterRecovery, Member, Word } from './charter-types.ts';
import { devicesOf } from './devices.ts';
import type { OpenEntry } from './entry.ts';
import { FINAL_AFTER_MS } from './finality.ts';
import { nameOf } from './names.ts';
import { isRefused, judge, laterWords, seenByOthers, type Judged } from './recovery-keys.ts';

export const evaluateCharter = (entries: readonly OpenEntry[], rules: CharterRules): Charter => {
  const all = linkEntries(entries, rules.roots);
  const inceptions = all.filter(
    ({ open: { act } }) =>
      act.type === 'inception' && (rules.admitted?.some((id) => equalBytes(id, act.member)) ?? true),
  );
  const named = inceptions.flatMap(({ open: { act } }): Word[] =>
    act.type === 'inception' ? [{ member: nameOf(act.member), key: act.recoveryKey }] : [],
  );
  const words = [...named, ...(rules.proven ?? [])];
  const later = laterWords(all, inceptions, words, rules);
  const judged = judge(all, inceptions, later.size === 0 ? words : [...words, ...later.values()], rules);
  const inOrder = judged.claims.toSorted((a, b) => (a.chained.hash < b.chained.hash ? -1 : 1));

  const recoveriesOf = (member: string): readonly LaterRecovery[] =>
    inOrder.flatMap((claim): LaterRecovery[] => {
      const { act } = claim.chained.open;
      if (act.type !== 'recovery' || nameOf(act.member) !== member || !claim.signers.has(member)) return [];
      const seen = seenByOthers(judged, claim, inceptions.length, rules);
      return [
        {
          entry: placeOf(claim.chained),
          key: act.recoveryKey,
          state: later.has(claim.chained) ? 'in effect' : waitingState(judged, claim),
          from: seen === Infinity ? undefined : seen + FINAL_AFTER_MS,
        },
      ];
    });
  const absorbedBy = (member: string): readonly Absorbed[] => {
    const found = new Map<string, Absorbed>();
    for (const { chained, signers } of inOrder) {
      const { act } = chained.open;
      if (act.type !== 'absorb' || nameOf(act.member) !== member || !signers.has(member)) continue;
      if (judged.verdicts.get(chained) !== 'in') continue;
      const name = nameOf(act.other) + nameOf(act.device);
      if (!found.has(name))
        found.set(name, { root: act.otherRoot, member: act.other, device: act.device, entry: placeOf(chained) });
    }
    return Array.from(found.entries())
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, absorbed]) => absorbed);
  };

  const members = inceptions
    .flatMap(({ open }) => (open.act.type === 'inception' ? [{ open, act: open.act }] : []))
    .map(({ open, act }): Member => {
      const member = nameOf(act.member);
      return {
        id: act.member,
        kind: act.memberKind === MEMBER_KINDS.system ? 'system' : 'human',
        recoveryKey: act.recoveryKey,
        versions: act.versions,
        devices: devicesOf(member, open, judged),
        recoveries: recoveriesOf(member),
        absorbed: absorbedBy(member),
      };
    })
    .toSorted((a, b) => compareBytes(a.id, b.id));
  const removals = inOrder.flatMap(({ chained, removal }): DeviceRemoval[] =>
    removal === undefined
      ? []
      : [
          {
            entry: placeOf(chained),
            device: removal.cut.feed,
            verdict: judged.verdicts.get(chained) ?? 'open',
          },
        ],
  );
  return { members, removals, frozen: judged.claims.some(({ chained }) => chained.open.act.type === 'unknown') };
};

const waitingState = (judged: Judged, claim: Claim): LaterRecovery['state'] => {
  if (judged.verdicts.get(claim.chained) === 'out') return 'void';
  return isRefused(judged, claim) ? 'refused' : 'waiting';
};
