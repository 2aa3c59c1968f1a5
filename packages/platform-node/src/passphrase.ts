import { KithError, type Cost } from '@kith/core/client';
import { Secret } from '@kith/core/crypto';
import { Worker } from 'node:worker_threads';

export interface Derivation extends Cost {
  readonly passphrase: Uint8Array;
}

/** The worker stands beside this file, as source and in the bundle alike. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './passphrase-worker.ts' : './passphrase-worker.mjs',
  import.meta.url,
);

/** Argon2id in a thread. Rejects with `internal` when the machine does not give the memory. */
export const derivePassphraseKey = (passphrase: Uint8Array, { salt, operations, memory }: Cost): Promise<Secret> => {
  const workerData: Derivation = { passphrase, salt, operations, memory };
  const worker = new Worker(workerUrl, { workerData });
  return new Promise<Secret>((resolve, reject) => {
    worker.once('message', (key: Uint8Array) => resolve(new Secret(Uint8Array.from(key))));
    worker.once('error', (cause) => {
      const why = cause instanceof Error ? cause.message : 'unknown';
      reject(new KithError('internal', { message: `The passphrase could not be worked on: ${why}.` }));
    });
  }).finally(() => void worker.terminate());
};
