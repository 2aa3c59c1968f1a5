// A backup as whoever has the file writes and reads it: the engine makes and takes parts, the file lies here. Argon2id runs
// here too, where its memory can go away again.
import type { Secret } from '../crypto/index.ts';
import { BACKUP_HEADER_BYTES, BACKUP_PART_BYTES, readHeader } from './backup-format.ts';
import { KithError } from './errors.ts';
import { isLongEnough, passphraseBytes, type Cost } from './lock-record.ts';
import type { Kith, Methods } from './rpc.ts';

/** Argon2id, 32 bytes. */
export type DeriveKey = (passphrase: Uint8Array, cost: Cost) => Promise<Secret>;
/** The file being written. Rejects with a KithError `disk-full` or `disk-failed`. */
export interface BackupTarget {
  /** What an earlier try has left; undefined: nothing. */
  unfinished(): Promise<{ readonly header: Uint8Array; readonly bytes: number } | undefined>;
  /** Cuts everything from here on off, then writes; safe on the disk when it returns. */
  write(at: number, bytes: Uint8Array): Promise<void>;
}
/** The file being read: at most `length` bytes from `at`, fewer only at its end. */
export type BackupSource = (at: number, length: number) => Promise<Uint8Array>;

export interface BackupProgress {
  /** Parts done; `of`: how many there are, null as long as that is not known. */
  readonly onPart?: (done: number, of: number | null) => void;
}

const keyFor = async (derive: DeriveKey, passphrase: string, cost: Cost): Promise<Uint8Array> => {
  const bytes = passphraseBytes(passphrase);
  if (bytes === undefined) throw new KithError('bad-passphrase');
  const key = await derive(bytes, cost);
  const raw = key.expose().slice();
  key.wipe();
  bytes.fill(0);
  return raw;
};
const partAt = (index: number): number => BACKUP_HEADER_BYTES + index * BACKUP_PART_BYTES;

/** Writes a backup, or goes on with one. Answers its length, and how many events of conversations it holds. Rejects with a KithError. */
export const writeBackup = async (
  kith: Kith,
  target: BackupTarget,
  passphrase: string,
  derive: DeriveKey,
  { onPart }: BackupProgress = {},
): Promise<{ readonly bytes: number; readonly events: number }> => {
  if (!isLongEnough(passphrase)) throw new KithError('bad-passphrase');
  const begun = await target.unfinished();
  const plan = await kith.call('backup.plan', begun === undefined ? {} : { unfinished: begun.header });
  const under = await keyFor(derive, passphrase, plan);
  const { backup, salt } = plan;
  const { header, next } = await kith.call('backup.begin', { backup, salt, under });
  const written =
    plan.resumes && begun !== undefined ? Math.floor((begun.bytes - BACKUP_HEADER_BYTES) / BACKUP_PART_BYTES) : 0;
  // The file may be one part behind the engine, never more: it asks for the next part once the last one is safe.
  let index = Math.min(next, Math.max(0, written));
  if (index < next - 1) {
    await kith.call('backup.end', {});
    return writeBackup(kith, target, passphrase, derive, onPart === undefined ? {} : { onPart });
  }
  if (index === 0) await target.write(0, header);
  let events = 0;
  for (;;) {
    const { part, of, ...made } = await kith.call('backup.part', { index });
    events = made.events;
    if (part === null) break;
    await target.write(partAt(index), part);
    index++;
    onPart?.(index, of);
  }
  await kith.call('backup.end', {});
  return { bytes: partAt(index), events };
};

/** Is this the beginning of an encrypted backup, of whatever version? */
export const isBackup = (start: Uint8Array): boolean => readHeader(start).type !== 'other';

/** Restores a backup into a fresh home, or goes on with a restore. Rejects with a KithError; a damaged file changes nothing. */
export const readBackup = async (
  kith: Kith,
  source: BackupSource,
  passphrase: string,
  derive: DeriveKey,
  { onPart }: BackupProgress = {},
): Promise<Methods['restore.finish']['result']> => {
  const start = await source(0, BACKUP_HEADER_BYTES);
  const read = readHeader(start);
  if (read.type === 'newer') throw new KithError('newer-import');
  if (read.type !== 'header') throw new KithError('bad-backup');
  const under = await keyFor(derive, passphrase, read.header);
  const begun = await kith.call('restore.begin', { header: start, under });
  let { next, whole } = begun;
  while (!whole) {
    const part = await source(partAt(next), BACKUP_PART_BYTES);
    try {
      if (part.length < BACKUP_PART_BYTES) {
        throw new KithError('bad-backup', { message: `This backup is cut off in its part ${next + 1}.` });
      }
      ({ next, whole } = await kith.call('restore.part', { index: next, part }));
    } catch (error) {
      // A full disk can be mended, and the restore goes on; a damaged file cannot.
      if (error instanceof KithError && error.code === 'bad-backup') await kith.call('restore.cancel', {});
      throw error;
    }
    onPart?.(next, null);
  }
  return kith.call('restore.finish', {});
};
