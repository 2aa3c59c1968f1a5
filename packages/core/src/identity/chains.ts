// Entries linked into chains, and the claims of those whose signer may belong to a member. Two entries at one place of a
// feed (a copied device) both stand: dropping either would let a copy undo what was said.
import { equalBytes } from '../bytes/index.ts';
import type { Chained, Claim, Removal } from './acceptance.ts';
import type { EntryPlace, Word } from './charter-types.ts';
import type { OpenEntry } from './entry.ts';
import { nameOf } from './names.ts';

export const placeOf = ({ open }: Chained): EntryPlace => ({ feed: open.feed, seq: open.entry.seq, hash: open.hash });

/** This entry and all before it in its chain. */
const chainOf = (head: Chained | undefined): ReadonlySet<Chained> => {
  const chain = new Set<Chained>();
  for (let at = head; at !== undefined; at = at.before) chain.add(at);
  return chain;
};
const NOBODY: ReadonlySet<string> = new Set();
const put = (map: Map<string, Set<string>>, key: string, value: string): boolean => {
  const set = map.get(key) ?? new Set();
  map.set(key, set);
  return !set.has(value) && set.add(value).has(value);
};

export const linkEntries = (entries: readonly OpenEntry[], roots: readonly Uint8Array[]): readonly Chained[] => {
  const byHash = new Map<string, Chained>();
  for (const open of entries.toSorted((a, b) => a.entry.seq - b.entry.seq)) {
    const hash = nameOf(open.hash);
    if (byHash.has(hash) || !roots.some((root) => equalBytes(root, open.entry.root))) continue;
    const before = open.entry.seq === 0 ? undefined : byHash.get(nameOf(open.entry.previous));
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
    byHash.set(hash, { open, hash, feed: nameOf(open.feed), before });
  }
  return [...byHash.values()];
};

export interface Claims {
  readonly claims: readonly Claim[];
  /** Feeds (hex) of the recovery keys that count. */
  readonly recovery: ReadonlySet<string>;
}
/** `words`: the recovery keys of the inceptions, and those in effect that were set later. */
export const claimsOf = (all: readonly Chained[], inceptions: readonly Chained[], words: readonly Word[]): Claims => {
  const byHash = new Map(all.map((chained) => [chained.hash, chained] as const));
  // Who may act for whom: an inception's device, a recovery key, and whatever these add, step by step.
  const owners = new Map<string, Set<string>>();
  const rooted = new Map<string, Set<string>>();
  const root = (feed: string, member: string): void => {
    put(owners, feed, member);
    put(rooted, feed, member);
  };
  for (const { open, feed } of inceptions) if (open.act.type === 'inception') root(feed, nameOf(open.act.member));

  const adds = all.flatMap((chained) => {
    const { act } = chained.open;
    return act.type === 'addDevice' ? [{ chained, feed: nameOf(act.feed), member: nameOf(act.member) }] : [];
  });
  // A device is nobody's recovery key: else somebody could name another's device as theirs, and it could not be removed.
  // That it is a device it signed itself, by an inception or a consent.
  const devices = new Set([...inceptions.map(({ feed }) => feed), ...adds.map(({ feed }) => feed)]);
  const recovery = new Set<string>();
  for (const { member, key } of words) {
    const feed = all.find(({ open }) => equalBytes(open.entry.device, key))?.feed;
    if (feed === undefined || devices.has(feed)) continue;
    root(feed, member);
    recovery.add(feed);
  }
  for (let grew = true; grew;) {
    grew = false;
    for (const { chained, feed, member } of adds)
      if (owners.get(chained.feed)?.has(member) === true) grew = put(owners, feed, member) || grew;
  }
  const addsOf = new Map<string, (typeof adds)[number][]>();
  for (const add of adds) {
    if (owners.get(add.chained.feed)?.has(add.member) !== true) continue;
    const of = addsOf.get(add.feed) ?? [];
    addsOf.set(add.feed, of);
    of.push(add);
  }

  /** What lets a device speak for one of these members: being added to another person's devices does not. */
  const supportsOf = (feed: string, members: ReadonlySet<string>): Claim['supports'] => {
    for (const member of rooted.get(feed) ?? NOBODY) if (members.has(member)) return 'root';
    return (addsOf.get(feed) ?? []).filter(({ member }) => members.has(member)).map(({ chained }) => chained);
  };
  /** The add entries a signer stands on: it cannot saw them off and stay. */
  const lineage = (feed: string, seen = new Set<Chained>()): ReadonlySet<Chained> => {
    for (const { chained } of addsOf.get(feed) ?? []) {
      if (seen.has(chained)) continue;
      seen.add(chained);
      lineage(chained.feed, seen);
    }
    return seen;
  };

  const chainTo = (head: Uint8Array): readonly Chained[] => [...chainOf(byHash.get(nameOf(head)))];
  /** Undefined for an entry that is no removal of a device, or one that does not count. `people`: whose it can be. */
  const removalOf = (chained: Chained, people: ReadonlySet<string>): Removal | undefined => {
    const { act } = chained.open;
    if (act.type !== 'remove' || act.feed === null || people.size === 0) return undefined;
    const feed = act.feed;
    const target = nameOf(feed);
    // The first cut is the device's; further ones name other branches of its chain that stay.
    const cuts = act.cuts.filter((one) => equalBytes(one.feed, feed));
    const [cut] = cuts;
    if (cut === undefined || target === chained.feed || recovery.has(target)) return undefined;
    const accepted = new Set(cuts.flatMap(({ charterHead }) => (charterHead === null ? [] : chainTo(charterHead))));
    // A cut does not lie below what the remover's own earlier entries referred to.
    for (let at = chained.before; at !== undefined; at = at.before) {
      const named = at.open.act.type === 'witness' ? byHash.get(nameOf(at.open.act.removal)) : undefined;
      if (named !== undefined && named.feed === target && !accepted.has(named)) return undefined;
    }
    const standsOn = lineage(chained.feed);
    return {
      target,
      cut,
      voids: (other) =>
        other.feed === target && other.open.act.type !== 'inception' && !accepted.has(other) && !standsOn.has(other),
    };
  };

  const claims = all.flatMap((chained): Claim[] => {
    const signers = owners.get(chained.feed) ?? NOBODY;
    if (signers.size === 0) return [];
    const { act } = chained.open;
    const actsFor = (): ReadonlySet<string> => {
      switch (act.type) {
        case 'inception':
        case 'addDevice':
        case 'recovery':
        case 'absorb':
          return new Set([nameOf(act.member)]);
        case 'remove': {
          const targets = act.feed === null ? signers : (owners.get(nameOf(act.feed)) ?? NOBODY);
          return new Set(Array.from(signers).filter((member) => targets.has(member)));
        }
        case 'witness':
        case 'refuse':
        case 'unknown':
          return signers;
      }
    };
    const people = actsFor();
    return [{ chained, signers, supports: supportsOf(chained.feed, people), removal: removalOf(chained, people) }];
  });
  return { claims, recovery };
};
