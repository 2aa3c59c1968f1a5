// Which members of different conversations are one person because they say so on both sides (spec 03, "Merging"). Changes no
// authority: ids, charters and histories stay, and only what shows them joins them.
import { compareBytes, equalBytes, toHex } from '../bytes/index.ts';
import type { Absorbed, Charter, Member } from './charter-types.ts';
import type { Party } from './consents.ts';

/** A charter that is held, under a root that its inceptions name. */
export interface HeldCharter {
  readonly root: Uint8Array;
  readonly charter: Charter;
}
export interface Merged {
  /** What the others are shown as: who took in most of them, of equals the smallest id. */
  readonly head: Party;
  /** All, in the order of their ids. */
  readonly parties: readonly Party[];
}
interface Node {
  readonly party: Party;
  readonly member: Member;
}

/**
 * The statement holds when the device that consented is an active one of the other member, or that member's charter says the
 * same the other way round: so a device lost after the merge does not part what both sides had confirmed.
 */
const holds = (by: Node, { device }: Absorbed, other: Node): boolean => {
  const known = other.member.devices.find(({ publicKey }) => equalBytes(publicKey, device));
  if (known === undefined) return false;
  return known.state === 'active' || other.member.absorbed.some(({ member, root }) => isParty(by.party, root, member));
};
const isParty = (party: Party, root: Uint8Array, member: Uint8Array): boolean =>
  equalBytes(party.member, member) && equalBytes(party.root, root);
const nameOf = ({ root, member }: Party): string => `${toHex(root)} ${toHex(member)}`;

/** Those that are merged with at least one other. Any order of the charters gives the same; cycles and repetition do no harm. */
export const mergedMembers = (held: readonly HeldCharter[]): readonly Merged[] => {
  const nodes = new Map<string, Node>();
  for (const { root, charter } of held)
    for (const member of charter.members) {
      const party = { root, member: member.id };
      nodes.set(nameOf(party), { party, member });
    }
  /** Absorbers to those they took in, and both ways. */
  const down = new Map<Node, Set<Node>>();
  const both = new Map<Node, Set<Node>>();
  const link = (map: Map<Node, Set<Node>>, from: Node, to: Node): void =>
    void map.set(from, (map.get(from) ?? new Set()).add(to));
  for (const node of nodes.values())
    for (const absorbed of node.member.absorbed) {
      const other = nodes.get(nameOf(absorbed));
      if (other === undefined || other === node || !holds(node, absorbed, other)) continue;
      link(down, node, other);
      link(both, node, other);
      link(both, other, node);
    }
  const reach = (map: Map<Node, Set<Node>>, from: Node): ReadonlySet<Node> => {
    const seen = new Set([from]);
    for (const node of seen) for (const next of map.get(node) ?? []) seen.add(next);
    return seen;
  };
  const byId = (a: Node, b: Node): number =>
    compareBytes(a.party.member, b.party.member) || compareBytes(a.party.root, b.party.root);
  const merged: Merged[] = [];
  const done = new Set<Node>();
  for (const node of [...both.keys()].toSorted(byId)) {
    if (done.has(node)) continue;
    const group = [...reach(both, node)].toSorted(byId);
    for (const one of group) done.add(one);
    const [head] = group
      .map((one) => ({ one, took: reach(down, one).size }))
      .toSorted((a, b) => b.took - a.took || byId(a.one, b.one));
    if (head !== undefined) merged.push({ head: head.one.party, parties: group.map(({ party }) => party) });
  }
  return merged;
};
