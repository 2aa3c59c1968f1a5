// Message keys of messages that have not come yet. Chain keys are never kept: from one, all later keys would follow.
import { equalBytes } from '../bytes/index.ts';
import type { Secret } from '../crypto/index.ts';
import { BLOCK_KEYS, blockId } from './session-rows.ts';
import type { Session, SkippedBlock } from './types.ts';

export const MAX_SKIPPED = 4096;

export interface NewKey {
  readonly counter: number;
  readonly key: Secret;
}
export interface SkippedStep {
  readonly skipped: Session['skipped'];
  /** Blocks to write; one without keys is to be deleted. */
  readonly changed: readonly SkippedBlock[];
}

const blockOf = (counter: number): number => Math.floor(counter / BLOCK_KEYS);

export const findSkipped = (session: Session, generation: Uint8Array, counter: number): Secret | undefined =>
  session.skipped.get(blockId(generation, blockOf(counter)))?.keys.find((entry) => entry.counter === counter)?.key;

export const removeSkipped = (session: Session, generation: Uint8Array, counter: number): SkippedStep => {
  const id = blockId(generation, blockOf(counter));
  const block = session.skipped.get(id) as SkippedBlock;
  const changed = { ...block, keys: block.keys.filter((entry) => entry.counter !== counter) };
  const skipped = new Map(session.skipped);
  if (changed.keys.length === 0) skipped.delete(id);
  else skipped.set(id, changed);
  return { skipped, changed: [changed] };
};

/** Takes the keys over. Over the bound the oldest go, first those of older generations. */
export const addSkipped = (session: Session, generation: Uint8Array, keys: readonly NewKey[]): SkippedStep => {
  if (keys.length === 0) return { skipped: session.skipped, changed: [] };
  const surplus = keys.length - MAX_SKIPPED;
  for (const { key } of keys.slice(0, Math.max(0, surplus))) key.wipe();
  const skipped = new Map(session.skipped);
  const changed = new Map<string, SkippedBlock>();
  for (const entry of surplus > 0 ? keys.slice(surplus) : keys) {
    const block = blockOf(entry.counter);
    const id = blockId(generation, block);
    const grown = { generation, block, keys: [...(skipped.get(id)?.keys ?? []), entry] };
    skipped.set(id, grown);
    changed.set(id, grown);
  }
  for (const dropped of overBound(session, skipped)) {
    for (const { key } of dropped.keys) key.wipe();
    skipped.delete(blockId(dropped.generation, dropped.block));
    changed.set(blockId(dropped.generation, dropped.block), { ...dropped, keys: [] });
  }
  return { skipped, changed: [...changed.values()] };
};

/** Whole blocks, oldest first, until the rest is within the bound. */
const overBound = (session: Session, skipped: ReadonlyMap<string, SkippedBlock>): readonly SkippedBlock[] => {
  const blocks = [...skipped.values()];
  let count = blocks.reduce((sum, block) => sum + block.keys.length, 0);
  if (count <= MAX_SKIPPED) return [];
  const age = (block: SkippedBlock): number =>
    session.generations.findIndex(({ id }) => equalBytes(id, block.generation));
  const dropped: SkippedBlock[] = [];
  for (const block of blocks.toSorted((a, b) => age(a) - age(b) || a.block - b.block)) {
    if (count <= MAX_SKIPPED) break;
    dropped.push(block);
    count -= block.keys.length;
  }
  return dropped;
};
