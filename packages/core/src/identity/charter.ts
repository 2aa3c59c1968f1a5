// What a set of charter entries says: who is a member, with which devices, up to which cuts (spec 03, "Evaluation").
// A pure function of the set: order of arrival, duplicates and the local clock change nothing. Only finality, when the
// caller gives its evidence, depends on when entries were seen.
import { compareBytes, equalBytes, toHex } from '../bytes/index.ts';
import { accept, type Chained, type Claim, type Verdict } from './acceptance.ts';
import { chainEntries } from './chains.ts';
import { MEMBER_KINDS, type Cut, type MemberKind, type OpenEntry } from './entry.ts';
import { finalRemovals, type Evidence } from './finality.ts';
import type { FeedId, MemberId } from './ids.ts';

export type DeviceState = 'active' | 'removed' | 'contested';
export interface Device {
  readonly feed: FeedId;
  readonly publicKey: Uint8Array;
  readonly state: DeviceState;
  /** All that hold; an event or entry counts when it lies inside every one. */
  readonly cuts: readonly Cut[];
}
export interface Member {
  readonly id: MemberId;
  readonly kind: MemberKind;
  readonly recoveryKey: Uint8Array;
  readonly versions: readonly number[];
  /** In the order of their feeds' bytes. */
  readonly devices: readonly Device[];
}
export interface Charter {
  /** In the order of their ids' bytes. */
  readonly members: readonly Member[];
  /** An entry of an unknown kind stands in some feed: nothing after it counts until this build knows it. */
  readonly frozen: boolean;
}
export interface CharterRules extends Evidence {
  /** Roots an inception may name. */
  readonly roots: readonly Uint8Array[];
  /** The inceptions that birth or a later charter let in; undefined lets all in. */
  readonly admitted?: readonly MemberId[];
}

/** Everything of a device whose adding does not hold is void. */
const nothingOf = (feed: FeedId): Cut => ({ feed, segment: null, count: 0, charterCount: 0, charterHead: null });

export const evaluateCharter = (entries: readonly OpenEntry[], rules: CharterRules): Charter => {
  const chains = chainEntries(entries, rules.roots);
  const inceptions = chains.all.filter(
    ({ open: { act } }) =>
      act.type === 'inception' && (rules.admitted?.some((id) => equalBytes(id, act.member)) ?? true),
  );
  const claims = chains.claims(inceptions);
  const final = finalRemovals(claims, inceptions.length, rules);
  const verdicts = accept(claims, final);
  const members = inceptions
    .flatMap(({ open }) => (open.act.type === 'inception' ? [{ open, act: open.act }] : []))
    .map(({ open, act }): Member => ({
      id: act.member,
      kind: act.memberKind === MEMBER_KINDS.system ? 'system' : 'human',
      recoveryKey: act.recoveryKey,
      versions: act.versions,
      devices: devicesOf(toHex(act.member), open, claims, verdicts),
    }))
    .toSorted((a, b) => compareBytes(a.id, b.id));
  const frozen = chains.all.some(({ open, signers }) => open.act.type === 'unknown' && signers.size > 0);
  return { members, frozen };
};

const devicesOf = (
  member: string,
  inception: OpenEntry,
  claims: readonly Claim[],
  verdicts: ReadonlyMap<Chained, Verdict>,
): readonly Device[] => {
  const found = new Map<string, { readonly feed: FeedId; readonly publicKey: Uint8Array; adding: Verdict }>();
  found.set(toHex(inception.feed), { feed: inception.feed, publicKey: inception.entry.device, adding: 'in' });
  for (const { chained } of claims) {
    const { act } = chained.open;
    if (act.type !== 'addDevice' || toHex(act.member) !== member || !chained.signers.has(member)) continue;
    const verdict = verdicts.get(chained) ?? 'open';
    const before = found.get(toHex(act.feed))?.adding;
    const adding = before === 'in' || verdict === 'in' ? 'in' : before === 'open' ? 'open' : verdict;
    found.set(toHex(act.feed), { feed: act.feed, publicKey: act.device, adding });
  }
  return Array.from(found.values(), ({ feed, publicKey, adding }): Device => {
    const aimed = claims.filter(({ target }) => target !== undefined && equalBytes(target, feed));
    const holding = aimed
      .filter(({ chained }) => verdicts.get(chained) === 'in')
      .toSorted((a, b) => (a.chained.hash < b.chained.hash ? -1 : 1));
    if (adding === 'out') return { feed, publicKey, state: 'removed', cuts: [nothingOf(feed)] };
    if (holding.length > 0) return { feed, publicKey, state: 'removed', cuts: holding.flatMap(({ cut }) => cut ?? []) };
    const disputed = claims.some(
      ({ chained, target }) =>
        target !== undefined &&
        verdicts.get(chained) === 'open' &&
        (equalBytes(target, feed) || equalBytes(chained.open.feed, feed)),
    );
    return { feed, publicKey, state: disputed || adding === 'open' ? 'contested' : 'active', cuts: [] };
  }).toSorted((a, b) => compareBytes(a.feed, b.feed));
};
