// A segment in which two events stand at one seq, judged from all that is held of it. Pure.
//
// Sealed is what a checked seal stands at or above. Of sealed events the line that takes the smallest event id at each fork
// is the segment; every other continuation is a branch, named after its first event. Of more than 8 branches the
// smallest ids count.
import { compareBytes, toHex } from '../bytes/index.ts';
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

/** Everything that leads from seq 0 to a sealed head. `nodes` in rising order of seq. */
const sealedOf = <N extends Node>(nodes: readonly N[], heads: ReadonlySet<string>): readonly N[] => {
  const rooted = new Set<string>();
  for (const node of nodes) if (node.seq === 0 || rooted.has(toHex(node.previous))) rooted.add(toHex(node.event));
  const sealed = new Set<string>();
  for (const node of nodes.toReversed()) {
    const name = toHex(node.event);
    if (!rooted.has(name) || !(heads.has(name) || sealed.has(name))) continue;
    sealed.add(name);
    sealed.add(toHex(node.previous));
  }
  return nodes.filter(({ event }) => sealed.has(toHex(event)));
};

/**
 * `heads`: ids (hex) of events under a checked seal. `nodes`: all of the segment, each `previous` one seq below.
 * The main line comes first; a branch comes after the chain it leaves.
 */
export const chainsOf = <N extends Node>(
  crypto: Crypto,
  segment: SegmentId,
  nodes: readonly N[],
  heads: ReadonlySet<string>,
  maxBranches: number,
): readonly Chain<N>[] => {
  const rising = nodes.toSorted((a, b) => a.seq - b.seq || compareBytes(a.event, b.event));
  const after = new Map<string, N[]>();
  for (const node of sealedOf(rising, heads)) {
    const name = node.seq === 0 ? '' : toHex(node.previous);
    after.set(name, [...(after.get(name) ?? []), node]);
  }
  const follow = (id: SegmentId, main: boolean, start: N | undefined): readonly Chain<N>[] => {
    const line: N[] = [];
    const leaving: N[] = [];
    for (let at = start; at !== undefined;) {
      line.push(at);
      const [next, ...others] = after.get(toHex(at.event)) ?? [];
      leaving.push(...others);
      at = next;
    }
    return [
      { id, main, nodes: line },
      ...leaving.flatMap((first) => follow(branchIdOf(crypto, segment, first.event), false, first)),
    ];
  };
  const [first, ...others] = after.get('') ?? [];
  const chains = [
    ...follow(segment, true, first),
    ...others.flatMap((other) => follow(branchIdOf(crypto, segment, other.event), false, other)),
  ];
  const kept = new Set(
    chains
      .filter(({ main }) => !main)
      .map(({ id }) => toHex(id))
      .toSorted()
      .slice(0, maxBranches),
  );
  const held = new Set<string>();
  return chains.filter(({ id, main, nodes: [start] }) => {
    const grounded = start === undefined || start.seq === 0 || held.has(toHex(start.previous));
    if (!main && !(grounded && kept.has(toHex(id)))) return false;
    for (const { event } of chains.find((chain) => chain.id === id)?.nodes ?? []) held.add(toHex(event));
    return true;
  });
};
