// The devices of a member and how each stands, from the verdicts over all entries.
import { compareBytes, equalBytes } from '../bytes/index.ts';
import type { Verdict } from './acceptance.ts';
import { SPARE_EXTENSION, type Cut } from './bodies.ts';
import { placeOf } from './chains.ts';
import type { Adding, Device } from './charter-types.ts';
import type { OpenEntry } from './entry.ts';
import type { FeedId } from './ids.ts';
import { nameOf } from './names.ts';
import type { Judged } from './recovery-keys.ts';

/** Everything of a device whose adding does not hold is void. */
const nothingOf = (feed: FeedId): Cut => ({ feed, segment: null, count: 0, charterCount: 0, charterHead: null });
const RANK = { in: 0, open: 1, out: 2 } as const;

interface Known {
  readonly feed: FeedId;
  readonly publicKey: Uint8Array;
  readonly spare: boolean;
  readonly verdict: Verdict;
  readonly added: Adding | null;
}
/** Of several entries that add one device the best counts, and of equals the one with the smaller hash. */
const better = (a: Known, b: Known | undefined): Known => {
  if (b === undefined) return a;
  if (b.added === null || a.added === null) return b.added === null ? b : a;
  const order = RANK[a.verdict] - RANK[b.verdict];
  return (order === 0 ? compareBytes(a.added.hash, b.added.hash) : order) < 0 ? a : b;
};

export const devicesOf = (
  member: string,
  inception: OpenEntry,
  { claims, verdicts, recovery }: Judged,
): readonly Device[] => {
  const found = new Map<string, Known>([
    [
      nameOf(inception.feed),
      { feed: inception.feed, publicKey: inception.entry.device, spare: false, verdict: 'in', added: null },
    ],
  ]);
  for (const { chained, signers } of claims) {
    const { act } = chained.open;
    if (act.type !== 'addDevice' || nameOf(act.member) !== member || !signers.has(member)) continue;
    const known: Known = {
      feed: act.feed,
      publicKey: act.device,
      spare: chained.open.entry.extensions.some(({ id }) => id === SPARE_EXTENSION),
      verdict: verdicts.get(chained) ?? 'open',
      added: { ...placeOf(chained), byWords: recovery.has(chained.feed) },
    };
    found.set(nameOf(act.feed), better(known, found.get(nameOf(act.feed))));
  }
  const removals = claims
    .filter(({ removal }) => removal !== undefined)
    .toSorted((a, b) => (a.chained.hash < b.chained.hash ? -1 : 1));
  return Array.from(found.entries(), ([name, { feed, publicKey, spare, verdict, added }]): Device => {
    const known = { feed, publicKey, spare, added };
    if (verdict === 'out') return { ...known, state: 'removed', cuts: [nothingOf(feed)] };
    const cuts = removals.flatMap(({ chained, removal }) =>
      removal?.target === name && verdicts.get(chained) === 'in' ? [removal.cut] : [],
    );
    if (cuts.length > 0) return { ...known, state: 'removed', cuts };
    const disputed = removals.some(
      ({ chained, removal }) =>
        verdicts.get(chained) === 'open' && (removal?.target === name || equalBytes(chained.open.feed, feed)),
    );
    return { ...known, state: disputed || verdict === 'open' ? 'contested' : 'active', cuts: [] };
  }).toSorted((a, b) => compareBytes(a.feed, b.feed));
};
