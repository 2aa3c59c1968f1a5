// The folder of one relay: its key, its cells, its places, and a lock against a second relay on the same folder.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@kith/core/crypto';
import { StoreError } from '@kith/core/ports';
import { takeLock } from '@kith/platform-node/home-lock';
import { RelayStartError } from './errors.ts';

export interface DataFolder {
  /** Seed of the relay's Ed25519 key; the caller wipes it. */
  readonly seed: Secret;
  /** The folder was used before: this start is a restart. */
  readonly isRestart: boolean;
  readonly cells: string;
  readonly places: string;
  unlock(): void;
}

export const openDataFolder = (folder: string): DataFolder => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const unlock = hold(folder);
    const known = readIfThere(join(folder, 'relay.key'));
    if (known !== undefined && known.length !== 32) {
      throw new RelayStartError(
        'damaged',
        `The key of this relay (${folder}/relay.key) is damaged.`,
        'Restore it, or delete it to get a new one.',
      );
    }
    const seed = known ?? newKey(join(folder, 'relay.key'));
    return {
      seed: new Secret(seed),
      isRestart: known !== undefined,
      cells: join(folder, 'cells'),
      places: join(folder, 'places'),
      unlock,
    };
  } catch (error) {
    if (error instanceof RelayStartError) throw error;
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new RelayStartError(
      'data',
      `The data folder ${folder} cannot be used (${why}).`,
      'Choose another one with --data DIR.',
    );
  }
};

const readIfThere = (path: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const newKey = (path: string): Uint8Array => {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  writeFileSync(`${path}.new`, seed, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  return seed;
};

/**
 * A lock of the system: it ends with the process, however that ends, so that no number of a process that is gone, and that
 * another one has by now, keeps a relay from starting.
 */
const hold = (folder: string): (() => void) => {
  try {
    return takeLock(join(folder, 'held'));
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'busy')
      throw new RelayStartError(
        'in-use',
        `Another relay uses ${folder}.`,
        'End it, or choose another folder with --data DIR.',
      );
    throw error;
  }
};
