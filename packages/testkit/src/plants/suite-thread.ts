// Loads one suite with the sources it is given and says how it went. A thread of its own: the next suite loads everything anew.
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Sources } from './sources.ts';

export interface Order {
  readonly sources: Sources;
  readonly suite: string;
  /** Parts of the names of the tests to run, each of at least one; none is all. */
  readonly tests: readonly string[];
}
/** `noticed`: a test expected something else. `broken`: whatever else kept it from its end. */
export type Verdict =
  | { readonly type: 'passed'; readonly tests: number; readonly loaded: readonly string[] }
  | { readonly type: 'noticed' | 'broken'; readonly test: string; readonly words: string };

const { sources, suite, tests } = workerData as Order;
const loaded: string[] = [];
const runner = new URL('collect.ts', import.meta.url).href;
registerHooks({
  resolve: (asked, context, next) => (asked === 'vitest' ? { url: runner, shortCircuit: true } : next(asked, context)),
  load: (url, context, next) => {
    const source = sources.get(url);
    if (source !== undefined) loaded.push(url);
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

const run = async (): Promise<Verdict> => {
  let at = '';
  try {
    const { collected, finish } = await import('./collect.ts');
    await import(suite);
    const wanted = collected().filter(({ name }) => tests.length === 0 || tests.some((part) => name.includes(part)));
    const absent = tests.find((part) => !wanted.some(({ name }) => name.includes(part)));
    if (absent !== undefined) return { type: 'broken', test: absent, words: 'there is no such test' };
    if (wanted.length === 0) return { type: 'broken', test: '', words: 'there are no tests' };
    for (const one of wanted) {
      at = one.name;
      await one.run();
    }
    await finish();
    return { type: 'passed', tests: wanted.length, loaded };
  } catch (cause) {
    const isExpected = cause instanceof Error && cause.name === 'AssertionError';
    const words = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    return { type: isExpected && at !== '' ? 'noticed' : 'broken', test: at, words };
  }
};
parentPort?.postMessage(await run());
