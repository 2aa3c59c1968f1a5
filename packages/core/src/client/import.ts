// Takes an export file in: first all of it is checked, line by line, and only then the first line is kept. What fails later
// (a full disk) leaves whole batches of lines; importing the file again adds the rest, and nothing twice.
import { encode } from '../codec/index.ts';
import { importBatchCodec, MAX_IMPORT_LINES, type BatchLine } from '../conversation/index.ts';
import { readImport } from './import-lines.ts';
import type { Kith } from './rpc.ts';

/** One call stays small however long the texts are. */
const MAX_BATCH_TEXT = 262_144;

export interface Imported {
  /** Lines of the file, and those of them that were not here before. */
  readonly lines: number;
  readonly added: number;
  readonly conversations: readonly string[];
}
export interface ImportProgress {
  readonly onLines?: (lines: number, of: number) => void;
}

/** Reads all of it, and tells how many lines it has. */
const checked = async (pieces: AsyncIterable<Uint8Array>): Promise<number> => {
  const lines = readImport(pieces);
  let count = 0;
  while ((await lines.next()).done !== true) count++;
  return count;
};

/** `open` is called twice and gives the file from its beginning. Rejects with a KithError. */
export const importFile = async (
  kith: Kith,
  open: () => AsyncIterable<Uint8Array>,
  { onLines }: ImportProgress = {},
): Promise<Imported> => {
  const of = await checked(open());
  let lines = 0;
  let added = 0;
  const conversations = new Set<string>();
  let batch: BatchLine[] = [];
  let size = 0;
  const hand = async (): Promise<void> => {
    const taken = await kith.call('import.lines', { batch: encode(importBatchCodec, { lines: batch }) });
    for (const conversation of taken.conversations) conversations.add(conversation);
    added += taken.added;
    lines += batch.length;
    batch = [];
    size = 0;
    onLines?.(lines, of);
  };
  for await (const line of readImport(open())) {
    batch.push(line);
    size += (line.line.text?.length ?? 0) + (line.line.reply?.text?.length ?? 0);
    if (batch.length === MAX_IMPORT_LINES || size >= MAX_BATCH_TEXT) await hand();
  }
  if (batch.length > 0) await hand();
  return { lines, added, conversations: [...conversations] };
};
