// Argon2id in a worker of its own: it takes a second, and 256 MiB that a WebAssembly memory gives back only with its worker.
import { KithError, type Cost } from '@kith/core/client';
import { Secret } from '@kith/core/crypto';
import type { Derived, HostReply, HostRequest } from './engine-host.ts';
import { trustedWorkerUrl } from './trusted-url.ts';

/** A worker runs the engine's script for this alone; called in an engine's worker that is its own. */
export const deriveInWorker = (
  passphrase: Uint8Array,
  { salt, operations, memory }: Cost,
  engineUrl: string = location.href,
): Promise<Secret> => {
  const worker = new Worker(trustedWorkerUrl(engineUrl), { type: 'module', name: 'kith passphrase' });
  return new Promise<Secret>((resolve, reject) => {
    const failed = (): void => reject(new KithError('internal', { message: 'The passphrase could not be worked on.' }));
    worker.addEventListener('message', ({ data }: MessageEvent<HostReply | Derived>) => {
      if (data.type === 'derived') resolve(new Secret(data.key));
      else failed();
    });
    worker.addEventListener('error', failed);
    const request: HostRequest = { type: 'derive', passphrase, cost: { salt, operations, memory } };
    worker.postMessage(request);
  }).finally(() => worker.terminate());
};
