// Loads one suite with the sources it is given and says how it went. A thread of its own: the next suite loads everything anew.
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Sources } from './sources.ts';

export interface Order {
  readonly sources: Sources;
  readonly suite: string;
  /** Part of the names of the tests to run; the empty text is all. */
  readonly test: string;
}
/** `noticed`: a test expected something else. `broken`: whatever else kept it from its end. */
export type Verdict =
  | { readonly type: 'passed'; readonly tests: number }
  | { readonly type: 'noticed' | 'broken'; readonly test: string; readonly words: string };

const { sources, suite, test } = workerData as Order;
const runner = new URL('collect.ts', import.meta.url).href;
registerHooks({
  resolve: (asked, context, next) =>
    asked === 'vitest' ? { url: runner, shortCircuit: true } : next(asked, context),
  load: (url, context, next) => {
    const source = sources.get(url);
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

const run = async (): Promise<Verdict> => {
  let at = '';
  try {
    const { collected, finish } = await import('./collect.ts');
    await import(suite);
    const wanted = collected().filter(({ name }) => name.includes(test));
    if (wanted.length === 0) return { type: 'broken', test: '', words: 'there is no such test' };
    for (const one of wanted) {
      at = one.name;
      await one.run();
    }
    await finish();
    return { type: 'passed', tests: wanted.length };
  } catch (cause) {
    const isExpected = cause instanceof Error && cause.name === 'AssertionError';
    const words = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    return { type: isExpected && at !== '' ? 'noticed' : 'broken', test: at, words };
  }
};
parentPort?.postMessage(await run());
