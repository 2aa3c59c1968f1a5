import { closeSync, fsyncSync, fstatSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '@kith/core/ports';

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The failures of a disk as StoreErrors; anything else passes. */
export const asDisk = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new StoreError('full', code);
    if (
      code === 'EACCES' ||
      code === 'EIO' ||
      code === 'EPERM' ||
      code === 'EROFS' ||
      code === 'ENOTDIR' ||
      code === 'EISDIR'
    ) {
      throw new StoreError('io', code);
    }
    throw error;
  }
};

/** Undefined when there is no such file. */
export const readText = (path: string): string | undefined =>
  asDisk(() => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });

/** Of a file that nobody finds any more: what lay in it is not left to lie on the disk, as far as its blocks are reused. */
const overwrite = (file: number): void => {
  const { size } = fstatSync(file);
  writeSync(file, new Uint8Array(size), 0, size, 0);
  fsyncSync(file);
};

/** Undefined when there is no such file. */
const openOld = (path: string): number | undefined => {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * Whole or not at all, synced, readable by its owner only. `text` may depend on the file's inode number. `overwrite`: what
 * stood there before is overwritten where it lay, once the new file is in its place.
 */
export const writeText = (path: string, text: (inode: number) => string, old: 'leave' | 'overwrite' = 'leave'): void =>
  asDisk(() => {
    const replaced = old === 'overwrite' ? openOld(path) : undefined;
    try {
      const beside = `${path}.new`;
      const file = openSync(beside, 'w', 0o600);
      try {
        writeSync(file, text(fstatSync(file).ino));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(beside, path);
      const folder = openSync(dirname(path), 'r');
      try {
        fsyncSync(folder);
      } finally {
        closeSync(folder);
      }
      if (replaced !== undefined) overwrite(replaced);
    } finally {
      if (replaced !== undefined) closeSync(replaced);
    }
  });
