// Holds suites in one thread, with every mutant in the source behind a switch, and asks them of one mutant after the other.
// What a mutant changes while modules are loaded shows only in modules that are loaded anew.
import { globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Collected } from '../plants/collect.ts';
import type { Sources } from '../plants/sources.ts';

export interface Order {
  readonly sources: Sources;
  /** URLs. */
  readonly suites: readonly string[];
  /** Matches the names of tests that take too long. */
  readonly without: RegExp | undefined;
}
/** Where a test stands among all of the suites. */
export interface TestAt {
  readonly suite: number;
  readonly test: number;
}
/** What runs without a mutant: the time of each test, and the mutants that it comes across, how often. */
export interface TestSeen extends TestAt {
  readonly name: string;
  readonly ms: number;
  readonly hits: Readonly<Record<string, number>>;
}
export interface Seen {
  readonly type: 'seen';
  readonly tests: readonly TestSeen[];
  /** Mutants that are come across while a suite is loaded, per suite. */
  readonly whileLoading: readonly (readonly string[])[];
  readonly loaded: readonly string[];
}
export interface Ask {
  readonly mutant: string;
  readonly tests: readonly TestAt[];
  readonly afresh: boolean;
  /** A mutant come across more often than this never ends. */
  readonly most: number;
}
/** `by`: the test that failed; none when a suite could not be loaded. */
export type Answer =
  | { readonly type: 'killed'; readonly by: TestAt | undefined; readonly words: string }
  | { readonly type: 'survived' };
export interface Broken {
  readonly type: 'broken';
  readonly words: string;
}

interface Switches {
  activeMutant: string | undefined;
  currentTestId: string | undefined;
  hitCount: number;
  hitLimit: number;
  mutantCoverage: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}
interface Round {
  readonly collect: typeof import('../plants/collect.ts');
  /** Per suite. */
  readonly tests: (readonly Collected[])[];
}

const { sources, suites, without } = workerData as Order;
const switches: Switches = {
  activeMutant: undefined,
  currentTestId: undefined,
  hitCount: 0,
  hitLimit: Infinity,
  mutantCoverage: { static: {}, perTest: {} },
};
Reflect.set(globalThis, '__stryker__', switches);

// What vite makes of `import.meta.glob`: files by their paths as written, read when they are asked for.
const GLOB = 'import.meta.glob(';
Reflect.set(globalThis, '__glob', (from: string, pattern: string) => {
  const cwd = dirname(fileURLToPath(from));
  const read = (path: string) => async (): Promise<unknown> =>
    JSON.parse(readFileSync(fileURLToPath(new URL(path, from)), 'utf8'));
  return Object.fromEntries(globSync(pattern, { cwd }).map((path) => [path, read(path)]));
});

let round = 0;
const loaded = new Set<string>();
const runner = new URL('../plants/collect.ts', import.meta.url).href;
const anew = (url: string): string => `${url}?round=${round}`;
registerHooks({
  resolve: (asked, context, next) => {
    if (asked === 'vitest') return { url: anew(runner), shortCircuit: true };
    const found = next(asked, context);
    return sources.has(found.url) ? { ...found, url: anew(found.url) } : found;
  },
  load: (asked, context, next) => {
    const url = asked.split('?')[0] as string;
    const source = sources.get(url);
    if (source === undefined) return next(asked, context);
    loaded.add(url);
    return { format: 'module', source: source.replaceAll(GLOB, '__glob(import.meta.url, '), shortCircuit: true };
  },
});

const newRound = async (): Promise<Round> => {
  round++;
  return { collect: (await import(anew(runner))) as Round['collect'], tests: [] };
};
const load = async (into: Round, suite: number): Promise<readonly Collected[]> => {
  const known = into.tests[suite];
  if (known !== undefined) return known;
  const before = into.collect.collected().length;
  await import(anew(suites[suite] as string));
  const found = into.collect.collected().slice(before);
  const tests = found.filter(({ name }) => without?.test(name) !== true);
  into.tests[suite] = tests;
  return tests;
};
const wordsOf = (cause: unknown): string =>
  (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).split('\n')[0] as string;

let base: Round | undefined;
const look = async (): Promise<Seen> => {
  const whileLoading: (readonly string[])[] = [];
  for (const suite of suites.keys()) {
    const alone = await newRound();
    switches.mutantCoverage.static = {};
    await load(alone, suite);
    whileLoading.push(Object.keys(switches.mutantCoverage.static));
  }
  base = await newRound();
  for (const suite of suites.keys()) await load(base, suite);
  const tests: TestSeen[] = [];
  for (const [suite, found] of base.tests.entries())
    for (const [test, { name, run }] of found.entries()) {
      const id = `${suite}/${test}`;
      switches.currentTestId = id;
      const began = performance.now();
      await run();
      tests.push({
        suite,
        test,
        name,
        ms: performance.now() - began,
        hits: switches.mutantCoverage.perTest[id] ?? {},
      });
    }
  switches.currentTestId = undefined;
  await base.collect.again();
  return { type: 'seen', tests, whileLoading, loaded: [...loaded].toSorted() };
};

const ask = async ({ mutant, tests, afresh, most }: Ask): Promise<Answer> => {
  switches.hitCount = 0;
  switches.hitLimit = most;
  if (!afresh) base ??= await newRound();
  const asked = afresh ? await newRound() : (base as Round);
  if (!afresh) for (const { suite } of tests) await load(asked, suite);
  switches.activeMutant = mutant;
  let by: TestAt | undefined;
  try {
    for (const at of tests) {
      by = undefined;
      const found = (await load(asked, at.suite))[at.test];
      by = at;
      if (found === undefined) return { type: 'killed', by: undefined, words: 'there are fewer tests' };
      await found.run();
    }
    return { type: 'survived' };
  } catch (cause) {
    return { type: 'killed', by, words: wordsOf(cause) };
  } finally {
    switches.activeMutant = undefined;
    if (!afresh) await asked.collect.again();
  }
};

const port = parentPort;
// It may come late, of a mutant that was asked about before: it notices nothing.
process.on('unhandledRejection', () => undefined);
port?.on('message', (asked: Ask | 'look') => {
  const answer = asked === 'look' ? look() : ask(asked);
  answer.then(
    (words) => port.postMessage(words),
    (cause: unknown) => port.postMessage({ type: 'broken', words: wordsOf(cause) } satisfies Broken),
  );
});
