// Files that are written whole or not at all, and read from any place, with the disk's failures as KithErrors.
import { KithError, type BackupSource, type BackupTarget } from '@kith/core/client';
import { constants } from 'node:fs';
import { access, lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const onDisk = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new KithError('disk-full');
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new KithError('unknown-file');
    if (code === 'EISDIR') throw new KithError('unknown-file', { message: `${path} is a folder.` });
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
      throw new KithError('disk-failed', { message: `${path} could not be read or written (${code}).` });
    }
    throw error;
  }
};
export const refuseExisting = async (path: string, force: boolean): Promise<void> => {
  if (force) return;
  const isThere = await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (isThere) throw new KithError('file-exists');
};

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
/**
 * A file of this user's alone, in a folder that may be everybody's: what somebody has put there in its name (a link to another
 * file, or a file of theirs that they can read on) is taken away, not written to.
 */
const openFresh = async (path: string): Promise<FileHandle> => {
  if (await isThere(path)) await rm(path);
  return open(path, 'wx+', 0o600);
};
/** What a break left behind; undefined when there is none, or it is not this user's own. */
const openUnfinished = async (path: string): Promise<FileHandle | undefined> => {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  const { uid, nlink, mode } = await file.stat();
  if ((process.getuid?.() ?? uid) === uid && nlink === 1 && (mode & 0o077) === 0) return file;
  await file.close();
  return undefined;
};

/** Its new name is on the disk as well when this returns: whoever is told that it is written may delete what it was made of. */
const giveName = async (beside: string, path: string): Promise<void> => {
  await rename(beside, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
/** Only its owner may read it. What was there stays until all of the new one is on the disk. */
export const writeWhole = async (path: string, pieces: AsyncIterable<string>): Promise<void> => {
  const beside = `${path}.unfinished`;
  try {
    await onDisk(path, async () => {
      const file = await openFresh(beside);
      try {
        for await (const piece of pieces) await file.writeFile(piece);
        await file.sync();
      } finally {
        await file.close();
      }
      await giveName(beside, path);
    });
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
};

/** A backup is written beside its place, and may be written on after a break. */
export interface BackupFile extends BackupTarget {
  /** All of it is on the disk: it gets its name. */
  finish(): Promise<void>;
  close(): Promise<void>;
}
export const openBackupFile = async (path: string): Promise<BackupFile> => {
  const beside = `${path}.unfinished`;
  const file = await onDisk(path, async () => (await openUnfinished(beside)) ?? openFresh(beside));
  return {
    unfinished: () =>
      onDisk(path, async () => {
        const { size } = await file.stat();
        return size === 0 ? undefined : { header: await readAt(file, 0, 256), bytes: size };
      }),
    write: (at, bytes) =>
      onDisk(path, async () => {
        await file.truncate(at);
        for (let done = 0; done < bytes.length;) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
          done += bytesWritten;
        }
        await file.sync();
      }),
    finish: () => onDisk(path, () => giveName(beside, path)),
    close: () => file.close(),
  };
};

const readAt = async (file: FileHandle, at: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
};
export interface ReadFile {
  readonly at: BackupSource;
  /** From its beginning, each time it is called. */
  pieces(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
const PIECE_BYTES = 262_144;
export const openToRead = async (path: string): Promise<ReadFile> => {
  const file = await onDisk(path, () => open(path, 'r'));
  const at: BackupSource = (from, length) => onDisk(path, () => readAt(file, from, length));
  return {
    at,
    pieces: async function* () {
      for (let from = 0; ;) {
        const piece = await at(from, PIECE_BYTES);
        if (piece.length > 0) yield piece;
        if (piece.length < PIECE_BYTES) return;
        from += piece.length;
      }
    },
    close: () => file.close(),
  };
};
