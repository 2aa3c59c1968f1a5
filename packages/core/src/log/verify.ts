// Checks what is stored from the bytes up, for a damaged or tampered disk: every event that does not follow from signatures
// is named. Ingest checked all of it once; this trusts no record of that.
import { concat, equalBytes, toHex, toKey } from '../bytes/index.ts';
import { eventIdOf, MAX_SEQ, openCertificate, type Certificate, type EventId } from '../identity/index.ts';
import type { Row } from '../ports/index.ts';
import { contentHash, sizeClassOf } from './content.ts';
import { decodeHeader, type Header, type HeaderBrief } from './header.ts';
import { verifySeal } from './objects.ts';
import { lamportOf } from './places.ts';
import { FLAGS, keysUnder, readStanding, type HeaderRow } from './records.ts';
import { keptSeals } from './seals.ts';
import type { LogState } from './state.ts';

/** `missing`: it was shown, and is not held any more. */
export type Damage = 'header' | 'content' | 'chain' | 'lamport' | 'unsealed' | 'missing';
export interface Damaged {
  readonly event: EventId;
  readonly damage: Damage;
}

export const verify = (state: LogState): readonly Damaged[] => {
  const certified = certifiedSegments(state);
  const names = new Set(certified.map(({ feed, segment }) => toKey(feed) + toKey(segment)));
  const shown = state.store.scan('order', keysUnder(state.conversation));
  const isShown = new Set(shown.map(({ key }) => toKey(key.slice(22))));
  return [
    // Anybody can hand over what follows from no signature: it is held, and nothing of it shown.
    ...certified
      .flatMap(({ feed, segment, subkey }) => verifySegment(state, feed, segment, subkey))
      .filter(({ event, damage }) => damage === 'header' || damage === 'content' || isShown.has(toKey(event))),
    ...verifyOrder(state, names, shown),
  ];
};

/** Without its certificate no signature stands for anything in a segment. */
const verifyOrder = (state: LogState, certified: ReadonlySet<string>, shown: readonly Row[]): readonly Damaged[] =>
  shown.flatMap(({ key, value }): Damaged[] => {
    const event = key.slice(22) as EventId;
    const standing = readStanding(value);
    if (state.headerRow(standing, event) === undefined) return [{ event, damage: 'missing' }];
    const isCertified = certified.has(toKey(standing.feed) + toKey(standing.segment));
    return isCertified || state.device(standing.feed) === undefined ? [] : [{ event, damage: 'unsealed' }];
  });

const certifiedSegments = (state: LogState): readonly Certificate[] =>
  state.devices().flatMap(({ feed, publicKey }) =>
    state.store
      .scan('certificate', {
        from: concat(state.conversation, feed),
        to: concat(state.conversation, feed, new Uint8Array(13).fill(255)),
      })
      .flatMap(({ value }) => openCertificate(state.crypto, value, publicKey) ?? []),
  );

const verifySegment = (
  state: LogState,
  feed: HeaderRow['feed'],
  segment: HeaderRow['segment'],
  subkey: Uint8Array,
): readonly Damaged[] => {
  const rows = state.headerRows(feed, segment, 0, MAX_SEQ);
  const ahead = state.aheadOf(feed, segment)?.from;
  const good = new Map<string, { readonly row: HeaderRow; readonly header: Header }>();
  const damaged: Damaged[] = [];
  // Of all that reads, what stands below it: a seal counts for that, whatever is wrong with the event that it is of.
  const below = new Map<string, EventId>();
  for (const row of rows) {
    const header = equalBytes(eventIdOf(state.crypto, row.header), row.event) ? decodeHeader(row.header) : undefined;
    if (header !== undefined) below.set(toHex(row.event), header.previous);
    const before = header && (header.seq === 0 ? undefined : good.get(toHex(header.previous)));
    // What is below it is still to come.
    const isFirst = header !== undefined && header.seq > 0 && before === undefined && header.seq === ahead;
    if (header === undefined || header.seq !== row.seq || header.lamport !== row.lamport)
      damaged.push({ event: row.event, damage: 'header' });
    else if (header.seq > 0 && before === undefined && !isFirst) damaged.push({ event: row.event, damage: 'chain' });
    else if (!isFirst && header.lamport !== lamportOf(before?.header.lamport ?? 0, header.heads))
      damaged.push({ event: row.event, damage: 'lamport' });
    else {
      good.set(toHex(row.event), { row, header });
      if (!isContentIntact(state, row, header)) damaged.push({ event: row.event, damage: 'content' });
    }
  }
  const sealed = new Set<string>();
  for (const { seal } of keptSeals(state, feed, segment, 0)) {
    if (!verifySeal(state.crypto, subkey, state.conversation, seal)) continue;
    for (let at: EventId | undefined = seal.head; at !== undefined && !sealed.has(toHex(at)); at = below.get(toHex(at)))
      sealed.add(toHex(at));
  }
  for (const [name, { row }] of good) if (!sealed.has(name)) damaged.push({ event: row.event, damage: 'unsealed' });
  return damaged;
};

/** True as well when the content was purged or never came. */
export const isContentIntact = (state: LogState, row: HeaderRow, header: Header): boolean => {
  const stored = state.content(row, row.event);
  return stored === undefined || (row.flags & FLAGS.purged) !== 0 || isContentOf(state, header, stored);
};
/** Is this row (key, content) what the header says? */
export const isContentOf = (state: LogState, header: HeaderBrief, stored: Uint8Array): boolean => {
  const content = stored.subarray(32);
  return (
    sizeClassOf(content.length) === header.sizeClass &&
    equalBytes(contentHash(state.crypto, stored.subarray(0, 32), content), header.contentHash)
  );
};
