// Entries linked into chains, and the claims of those whose signer may belong to a member. Two entries at one place of a
// feed (a copied device) both stand: dropping either would let a copy undo what was said.
import { equalBytes, toHex } from '../bytes/index.ts';
import type { Chained, Claim } from './acceptance.ts';
import type { OpenEntry } from './entry.ts';
import type { FeedId } from './ids.ts';

export interface Chains {
  readonly all: readonly Chained[];
  claims(inceptions: readonly Chained[]): readonly Claim[];
}

/** This entry or one before it in its chain. */
const isWithin = (chained: Chained, head: Chained | undefined): boolean => {
  for (let at = head; at !== undefined; at = at.before) if (at === chained) return true;
  return false;
};

const link = (entries: readonly OpenEntry[], roots: readonly Uint8Array[]): readonly Chained[] => {
  const byHash = new Map<string, Chained>();
  for (const open of entries.toSorted((a, b) => a.entry.seq - b.entry.seq)) {
    const hash = toHex(open.hash);
    if (byHash.has(hash) || !roots.some((root) => equalBytes(root, open.entry.root))) continue;
    const before = open.entry.seq === 0 ? undefined : byHash.get(toHex(open.entry.previous));
    if (open.entry.seq > 0) {
      const follows =
        before !== undefined &&
        before.open.entry.seq + 1 === open.entry.seq &&
        equalBytes(before.open.feed, open.feed) &&
        equalBytes(before.open.entry.root, open.entry.root) &&
        // Authority ends at an entry this build does not know: it may have changed what the next one means.
        before.open.act.type !== 'unknown';
      if (!follows) continue;
    }
    byHash.set(hash, { open, hash, before, signers: new Set() });
  }
  return [...byHash.values()];
};

export const chainEntries = (entries: readonly OpenEntry[], roots: readonly Uint8Array[]): Chains => {
  const all = link(entries, roots);
  const byHash = new Map(all.map((chained) => [chained.hash, chained] as const));

  const claims = (inceptions: readonly Chained[]): readonly Claim[] => {
    // Who may act for whom: the inception's device, the recovery key, and whatever these add, step by step.
    const owners = new Map<string, Set<string>>();
    const rooted = new Set<string>();
    const recovery = new Set<string>();
    const own = (feed: string, member: string): boolean => {
      const set = owners.get(feed) ?? new Set();
      owners.set(feed, set);
      return !set.has(member) && set.add(member).has(member);
    };
    for (const { open } of inceptions) {
      if (open.act.type !== 'inception') continue;
      const member = toHex(open.act.member);
      const words = all.filter(
        ({ open: { entry } }) => open.act.type === 'inception' && equalBytes(entry.device, open.act.recoveryKey),
      );
      for (const feed of [open.feed, ...words.map((chained) => chained.open.feed)]) {
        own(toHex(feed), member);
        rooted.add(toHex(feed));
      }
      for (const {
        open: { feed },
      } of words)
        recovery.add(toHex(feed));
    }
    const adds = all.filter(({ open }) => open.act.type === 'addDevice');
    for (let grew = true; grew;) {
      grew = false;
      for (const { open } of adds) {
        if (open.act.type !== 'addDevice') continue;
        const member = toHex(open.act.member);
        if (owners.get(toHex(open.feed))?.has(member) === true) grew = own(toHex(open.act.feed), member) || grew;
      }
    }
    for (const chained of all)
      for (const member of owners.get(toHex(chained.open.feed)) ?? []) chained.signers.add(member);
    const acting = all.filter(({ signers }) => signers.size > 0);
    const addsOf = (feed: FeedId): readonly Chained[] =>
      adds.filter(
        ({ open, signers }) =>
          open.act.type === 'addDevice' && signers.has(toHex(open.act.member)) && equalBytes(open.act.feed, feed),
      );

    /** The add entries a signer stands on: it cannot saw them off and stay. */
    const lineage = (feed: FeedId, seen = new Set<Chained>()): ReadonlySet<Chained> => {
      for (const add of addsOf(feed)) {
        if (seen.has(add)) continue;
        seen.add(add);
        lineage(add.open.feed, seen);
      }
      return seen;
    };

    return acting.map((chained): Claim => {
      const { open } = chained;
      const supports = rooted.has(toHex(open.feed)) ? ('root' as const) : addsOf(open.feed);
      const plain: Claim = { chained, supports, target: undefined, cut: undefined, voids: () => false };
      if (open.act.type !== 'remove' || open.act.feed === null) return plain;
      const target = open.act.feed;
      const cut = open.act.cuts.find(({ feed }) => equalBytes(feed, target));
      const samePerson = Array.from(owners.get(toHex(target)) ?? []).some((member) => chained.signers.has(member));
      if (cut === undefined || !samePerson || equalBytes(target, open.feed) || recovery.has(toHex(target)))
        return plain;
      const head = cut.charterHead === null ? undefined : byHash.get(toHex(cut.charterHead));
      // A cut does not lie below what the remover's own earlier entries referred to.
      for (let at = chained.before; at !== undefined; at = at.before) {
        const named = at.open.act.type === 'witness' ? byHash.get(toHex(at.open.act.removal)) : undefined;
        if (named !== undefined && equalBytes(named.open.feed, target) && !isWithin(named, head)) return plain;
      }
      const standsOn = lineage(open.feed);
      return {
        ...plain,
        target,
        cut,
        voids: (other) =>
          equalBytes(other.open.feed, target) &&
          other.open.act.type !== 'inception' &&
          !isWithin(other, head) &&
          !standsOn.has(other),
      };
    });
  };
  return { all, claims };
};
