// Runs suites in threads, one thread each, and tells each verdict.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { root } from './plant.ts';
import type { Sources } from './sources.ts';
import type { Order, Verdict } from './suite-thread.ts';

/** `patience`, in milliseconds: a bug may keep a suite from ever ending. */
export const runSuite = (
  sources: Sources,
  file: string,
  tests: readonly string[],
  patience: number,
): Promise<Verdict> =>
  new Promise((resolve) => {
    const suite = pathToFileURL(join(root, file)).href;
    const worker = new Worker(new URL('suite-thread.ts', import.meta.url), {
      workerData: { sources, suite, tests } satisfies Order,
      stdout: true,
      stderr: true,
    });
    const end = (verdict: Verdict): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(verdict);
    };
    const timer = setTimeout(() => end({ type: 'broken', test: '', words: `no end after ${patience} ms` }), patience);
    worker.once('message', end);
    worker.once('error', (cause: unknown) => end({ type: 'broken', test: '', words: String(cause) }));
    worker.once('exit', (code) => end({ type: 'broken', test: '', words: `the thread ended by itself with ${code}` }));
  });

/** Does all the jobs, `width` at a time, in their order. */
export const together = async <T>(width: number, jobs: readonly (() => Promise<T>)[]): Promise<readonly T[]> => {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < jobs.length; i = next++) results[i] = await (jobs[i] as () => Promise<T>)();
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
};
