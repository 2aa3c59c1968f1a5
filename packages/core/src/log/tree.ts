// A segment in which two events stand at one seq, judged from all that is held of it. Pure.
//
// Sealed is what a checked seal stands at or above. Of the sealed events that are sound the line that takes the smallest event id
// at each fork is the segment; every other continuation is a branch, named after its first event. Of more than 8 branches
// those count that come first when the smallest id that leaves what counts is taken again and again.
import { compareBytes, toKey } from '../bytes/index.ts';
import type { Crypto } from '../crypto/index.ts';
import { branchIdOf, type EventId, type SegmentId } from '../identity/index.ts';

export interface Node {
  readonly event: EventId;
  readonly seq: number;
  readonly previous: EventId;
}
export interface Chain<N extends Node> {
  /** The segment's own id for the line, else of the branch. */
  readonly id: SegmentId;
  readonly main: boolean;
  /** Its own events, without those it shares with the chain it leaves. */
  readonly nodes: readonly N[];
}

/**
 * Everything that leads from seq 0 to a sealed head, in rising order of seq. `heads`: ids (`toKey`) of events under a checked seal.
 * `nodes`: all of the segment, each `previous` one seq below.
 */
export const sealedOf = <N extends Node>(nodes: readonly N[], heads: ReadonlySet<string>): readonly N[] => {
  const rising = nodes.toSorted((a, b) => a.seq - b.seq || compareBytes(a.event, b.event));
  const rooted = new Set<string>();
  for (const node of rising) if (node.seq === 0 || rooted.has(toKey(node.previous))) rooted.add(toKey(node.event));
  const sealed = new Set<string>();
  for (const node of rising.toReversed()) {
    const name = toKey(node.event);
    if (!rooted.has(name) || !(heads.has(name) || sealed.has(name))) continue;
    sealed.add(name);
    sealed.add(toKey(node.previous));
  }
  return rising.filter(({ event }) => sealed.has(toKey(event)));
};

/**
 * `nodes`: those that are sound, and so all that each of them stands on, in rising order of seq. The main line comes first; a
 * branch comes after the chain it leaves.
 */
export const chainsOf = <N extends Node>(
  crypto: Crypto,
  segment: SegmentId,
  nodes: readonly N[],
  maxBranches: number,
): readonly Chain<N>[] => {
  const after = new Map<string, N[]>();
  for (const node of nodes) {
    const name = node.seq === 0 ? '' : toKey(node.previous);
    after.set(name, [...(after.get(name) ?? []), node]);
  }
  const leaving: { readonly id: SegmentId; readonly first: N }[] = [];
  const leave = (others: readonly N[]): void =>
    void leaving.push(...others.map((first) => ({ id: branchIdOf(crypto, segment, first.event), first })));
  const follow = (id: SegmentId, main: boolean, start: N | undefined): Chain<N> => {
    const line: N[] = [];
    for (let at = start; at !== undefined;) {
      line.push(at);
      const [next, ...others] = after.get(toKey(at.event)) ?? [];
      leave(others);
      at = next;
    }
    return { id, main, nodes: line };
  };
  const [first, ...others] = after.get('') ?? [];
  leave(others);
  const chains = [follow(segment, true, first)];
  while (chains.length <= maxBranches) {
    leaving.sort((a, b) => compareBytes(a.id, b.id));
    const next = leaving.shift();
    if (next === undefined) break;
    chains.push(follow(next.id, false, next.first));
  }
  return chains;
};
