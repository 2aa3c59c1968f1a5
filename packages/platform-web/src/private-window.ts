// A private window forgets everything when it is closed, and no browser says that it is one. Two signs are left: a small part
// of the memory as its quota (older browsers), and files that are in no file system (see probe-worker.ts).
import { storageStatus } from './features.ts';
import { trustedWorkerUrl } from './trusted-url.ts';

/** Where the quota tells, it is a part of the memory instead of a part of the disk. */
const PRIVATE_QUOTA = 2 ** 31;

/** `workerUrl`: the bundled worker, `import url from '@kith/platform-web/probe-worker?worker&url'`. */
export const looksPrivate = async (workerUrl: string): Promise<boolean> => {
  const { persisted, quota } = await storageStatus();
  if (persisted === true) return false;
  if (quota !== null && quota < PRIVATE_QUOTA) return true;
  const worker = new Worker(trustedWorkerUrl(workerUrl), { type: 'module' });
  return new Promise<boolean>((resolve) => {
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data === true));
    worker.addEventListener('error', () => resolve(false));
  }).finally(() => worker.terminate());
};
