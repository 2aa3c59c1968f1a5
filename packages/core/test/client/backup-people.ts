// What tests of backups share: a file in memory that can break off, and an engine as others hold it.
import { utf8 } from '@kith/core/bytes';
import type { BackupTarget, DeriveKey, Kith } from '@kith/core/client';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import type { SimDevice } from '@kith/testkit/sim-device';
import {
  BACKUP_HEADER_BYTES,
  BACKUP_PART_BYTES,
  fileKeyOf,
  openPart,
  readHeader,
  type BackupRecord,
} from '../../src/client/backup-format.ts';

export const PASSPHRASE = 'correct horse battery';
export const crypto = createNullCrypto();
export const derive: DeriveKey = (passphrase, { salt, operations, memory }) =>
  Promise.resolve(crypto.passphraseKey(passphrase, salt, operations, memory));

export const kithOf = (device: SimDevice, before: (method: string) => void = () => undefined): Kith => ({
  call: async (method, params) => {
    before(method);
    return device.call(method, params);
  },
  onChange: () => () => undefined,
  close: () => Promise.resolve(),
});

export class File implements BackupTarget {
  bytes: Uint8Array = new Uint8Array(0);
  writes = 0;
  /** Fails at this write. */
  failAt = Infinity;
  unfinished() {
    const { length } = this.bytes;
    return Promise.resolve(
      length === 0 ? undefined : { header: this.bytes.slice(0, BACKUP_HEADER_BYTES), bytes: length },
    );
  }
  write(at: number, bytes: Uint8Array) {
    const whole = ++this.writes !== this.failAt;
    const next = new Uint8Array(at + (whole ? bytes.length : bytes.length >> 1));
    next.set(this.bytes.subarray(0, at));
    next.set(bytes.subarray(0, next.length - at), at);
    this.bytes = next;
    return whole ? Promise.resolve() : Promise.reject(new Error('the plug was pulled'));
  }
  readonly read = (at: number, length: number) => Promise.resolve(this.bytes.slice(at, at + length));
}

/** What whoever has the passphrase finds in a file, in its order. */
export const recordsOf = async (file: File): Promise<readonly BackupRecord[]> => {
  const read = readHeader(file.bytes);
  if (read.type !== 'header') throw new Error(read.type);
  const key = fileKeyOf(crypto, await derive(utf8(PASSPHRASE), read.header), read.header);
  const parts = (file.bytes.length - BACKUP_HEADER_BYTES) / BACKUP_PART_BYTES;
  return Array.from({ length: parts }, (_, i) => {
    const at = BACKUP_HEADER_BYTES + i * BACKUP_PART_BYTES;
    const records = openPart(crypto, key, i, file.bytes.subarray(at, at + BACKUP_PART_BYTES));
    if (records === undefined) throw new Error(`part ${i}`);
    return records;
  }).flat();
};
