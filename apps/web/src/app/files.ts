// Files that screens write and read. Loaded when the first one is asked for: nothing else needs what is in here.
import {
  exportHtml,
  exportLines,
  importFile,
  isBackup,
  readBackup,
  writeBackup,
  type BackupTarget,
  type DeriveKey,
  type Kith,
} from '@kith/core/client';
import { nameThisDevice } from './device-name.ts';

/** A browser keeps large blobs on the disk, not in memory. */
class BlobTarget implements BackupTarget {
  blob = new Blob([], { type: 'application/octet-stream' });
  unfinished(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  write(at: number, bytes: Uint8Array): Promise<void> {
    this.blob = new Blob([this.blob.slice(0, at), bytes.slice().buffer], { type: this.blob.type });
    return Promise.resolve();
  }
}
const day = (): string => new Date().toISOString().slice(0, 10);
const download = (blob: Blob, name: string): void => {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the blob by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};

export const saveBackup = async (
  kith: Kith,
  passphrase: string,
  derive: DeriveKey,
  onPart: (done: number) => void,
): Promise<void> => {
  const target = new BlobTarget();
  await writeBackup(kith, target, passphrase, derive, { onPart: (done) => onPart(done) });
  download(target.blob, `kith-${day()}.backup`);
};

/** Pieces are handed to the blob in bundles, so that a long history is never one text in memory. */
const BUNDLE = 64;
export const saveExport = async (
  kith: Kith,
  conversation: string | null,
  format: 'jsonl' | 'html',
  onEvents: (events: number) => void,
): Promise<void> => {
  const make = format === 'html' ? exportHtml : exportLines;
  const type = format === 'html' ? 'text/html' : 'application/jsonl';
  let blob = new Blob([], { type });
  let bundle: string[] = [];
  for await (const piece of make(kith, conversation, Date.now(), { onEvents })) {
    bundle.push(piece);
    if (bundle.length < BUNDLE) continue;
    blob = new Blob([blob, ...bundle], { type });
    bundle = [];
  }
  download(new Blob([blob, ...bundle], { type }), `kith-${day()}.${format}`);
};

const bytesOf = async (file: Blob, at: number, length: number): Promise<Uint8Array> =>
  new Uint8Array(await file.slice(at, at + length).arrayBuffer());
const PIECE_BYTES = 1_048_576;
const piecesOf = async function* (file: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += PIECE_BYTES) yield await bytesOf(file, at, PIECE_BYTES);
};
export const isBackupFile = async (file: Blob): Promise<boolean> => isBackup(await bytesOf(file, 0, 256));
export const restoreFrom = async (
  kith: Kith,
  file: Blob,
  passphrase: string,
  derive: DeriveKey,
  onPart: (done: number) => void,
): Promise<{ readonly conversations: readonly string[]; readonly events: number }> => {
  const found = await readBackup(kith, (at, length) => bytesOf(file, at, length), passphrase, derive, {
    onPart: (done) => onPart(done),
  });
  // It stands beside the device that was lost, in a list where that one can be removed.
  await nameThisDevice(kith);
  return found;
};
export const importFrom = (
  kith: Kith,
  file: Blob,
  onLines: (lines: number) => void,
): Promise<{ readonly lines: number; readonly added: number; readonly conversations: readonly string[] }> =>
  importFile(kith, () => piecesOf(file), { onLines: (lines) => onLines(lines) });

/** The line of an export file that is wrong, as the engine named it. */
export const lineOf = (error: unknown): number | null => {
  const [, line] = error instanceof Error ? (/^Line (\d+) /.exec(error.message) ?? []) : [];
  return line === undefined ? null : Number(line);
};
