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
/** What runs without a mutant: the processor time of each test, and the mutants that it comes across, how often. */
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
/** `by`: the test that failed; none when a suite could not be loaded. `spoilt`: it fails without the mutant by now. */
export type Answer =
  | { readonly type: 'killed'; readonly by: TestAt | undefined; readonly words: string; readonly spoilt?: boolean }
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
  readonly number: number;
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

Reflect.set(globalThis, '__arrow', (mutant: string, whole: (...of: readonly unknown[]) => unknown) => {
  return (...of: readonly unknown[]): unknown => {
    if (switches.activeMutant === mutant) return undefined;
    const { static: loading, perTest } = switches.mutantCoverage;
    const hits = switches.currentTestId === undefined ? loading : (perTest[switches.currentTestId] ??= {});
    hits[mutant] = (hits[mutant] ?? 0) + 1;
    return whole(...of);
  };
});
// What vite makes of `import.meta.glob`: files by their paths as written, read when they are asked for.
const GLOB = 'import.meta.glob(';
Reflect.set(globalThis, '__glob', (from: string, pattern: string) => {
  const cwd = dirname(fileURLToPath(from));
  const read = (path: string) => async (): Promise<unknown> =>
    JSON.parse(readFileSync(fileURLToPath(new URL(path, from)), 'utf8'));
  return Object.fromEntries(globSync(pattern, { cwd }).map((path) => [path, read(path)]));
});

/** What stands for a module, by its address in one round. */
const mocks = new Map<string, (original: () => Promise<unknown>) => Promise<unknown>>();
const MOCK = 'vi.mock(';
const IMPORT = /^import (\{[^}]*\}|\w+) from ("[^"]+");\n/gm;
Reflect.set(globalThis, '__mocked', (at: string, original: unknown) => mocks.get(at)?.(async () => original));
Reflect.set(
  globalThis,
  '__mock',
  (from: string, path: string, factory: (original: () => Promise<unknown>) => Promise<unknown>) =>
    mocks.set(new URL(path, from).href + new URL(from).search, factory),
);
/** What a suite puts in place of a module has to be known before the suite loads anything else. */
const mocksFirst = (source: string): string => {
  const imports: string[] = [];
  const rest = source.replaceAll(IMPORT, (whole, names: string, from: string) => {
    if (from === '"vitest"') return whole;
    imports.push(
      `const ${names.startsWith('{') ? names.replaceAll(' as ', ': ') : `{ default: ${names} }`} = await import(${from});\n`,
    );
    return '';
  });
  const end = rest.indexOf('\n});\n', rest.indexOf(MOCK)) + 5;
  return `${rest.slice(0, end).replace(MOCK, '__mock(import.meta.url, ')}${imports.join('')}${rest.slice(end)}`;
};
const mockOf = (at: string, source: string): string => {
  const names = [...source.matchAll(/^export (?:class|const|function) (\w+)/gm)].map(([, name]) => name);
  return `import * as original from ${JSON.stringify(`${at}&original`)};
export const { ${names.join(', ')} } = await __mocked(${JSON.stringify(at)}, original);`;
};

let round = 0;
const loaded = new Set<string>();
const runner = new URL('../plants/collect.ts', import.meta.url).href;
const anew = (url: string, of = round): string => `${url}?round=${of}`;
registerHooks({
  resolve: (asked, context, next) => {
    const of = /\?round=(\d+)/.exec(context.parentURL ?? '')?.[1];
    if (of === undefined) return next(asked, context);
    if (asked === 'vitest') return { url: anew(runner, Number(of)), shortCircuit: true };
    const found = next(asked, context);
    return sources.has(found.url) ? { ...found, url: anew(found.url, Number(of)) } : found;
  },
  load: (asked, context, next) => {
    const url = asked.split('?')[0] as string;
    const text = sources.get(url);
    if (text === undefined) return next(asked, context);
    loaded.add(url);
    const isMock = mocks.has(asked);
    const suite = text.includes(MOCK) ? mocksFirst(text) : text.replaceAll(GLOB, '__glob(import.meta.url, ');
    return { format: 'module', source: isMock ? mockOf(asked, text) : suite, shortCircuit: true };
  },
});
const hasMocks = suites.map((url) => sources.get(url)?.includes(MOCK) === true);

const newRound = async (): Promise<Round> => {
  round++;
  return { number: round, collect: (await import(anew(runner))) as Round['collect'], tests: [] };
};
/** Suites that put something in place of a module are loaded by themselves. */
class Rounds {
  readonly #rounds = new Map<number, Round>();
  async load(suite: number): Promise<readonly Collected[]> {
    const of = hasMocks[suite] === true ? suite : -1;
    const into = this.#rounds.get(of) ?? (await newRound());
    this.#rounds.set(of, into);
    return loadInto(into, suite);
  }
  async again(): Promise<void> {
    for (const { collect } of this.#rounds.values()) await collect.again();
  }
}
const loadInto = async (into: Round, suite: number): Promise<readonly Collected[]> => {
  const known = into.tests[suite];
  if (known !== undefined) return known;
  const before = into.collect.collected().length;
  into.collect.beginFile();
  await import(anew(suites[suite] as string, into.number));
  const found = into.collect.collected().slice(before);
  const tests = found.filter(({ name }) => without?.test(name) !== true);
  into.tests[suite] = tests;
  return tests;
};
const wordsOf = (cause: unknown): string =>
  (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).split('\n')[0] as string;

const busyMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const base = new Rounds();
const look = async (): Promise<Seen> => {
  const whileLoading: (readonly string[])[] = [];
  for (const suite of suites.keys()) {
    switches.mutantCoverage.static = {};
    await new Rounds().load(suite);
    whileLoading.push(Object.keys(switches.mutantCoverage.static));
  }
  const tests: TestSeen[] = [];
  for (const suite of suites.keys())
    for (const [test, { name, run }] of (await base.load(suite)).entries()) {
      const id = `${suite}/${test}`;
      switches.currentTestId = id;
      const before = busyMs();
      await run();
      const hits = switches.mutantCoverage.perTest[id] ?? {};
      tests.push({ suite, test, name, ms: busyMs() - before, hits });
      switches.currentTestId = undefined;
      // What hooks make for several tests is made for each, so that each is known to come across it.
      await base.again();
    }
  return { type: 'seen', tests, whileLoading, loaded: [...loaded].toSorted() };
};

const passes = async ({ run }: Collected): Promise<boolean> => {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
};
const ask = async ({ mutant, tests, afresh, most }: Ask): Promise<Answer> => {
  const asked = afresh ? new Rounds() : base;
  if (!afresh) for (const { suite } of tests) await asked.load(suite);
  switches.hitCount = 0;
  switches.hitLimit = most;
  switches.activeMutant = mutant;
  let by: TestAt | undefined;
  let found: Collected | undefined;
  try {
    for (const at of tests) {
      by = found = undefined;
      found = (await asked.load(at.suite))[at.test];
      by = at;
      if (found === undefined) return { type: 'killed', by: undefined, words: 'there are fewer tests' };
      await found.run();
    }
    return { type: 'survived' };
  } catch (cause) {
    switches.activeMutant = undefined;
    switches.hitLimit = Infinity;
    await asked.again();
    // A mutant may have written into what all modules share, as where a copy is not made any more.
    const spoilt = !afresh && found !== undefined && !(await passes(found));
    return { type: 'killed', by, words: wordsOf(cause), spoilt };
  } finally {
    switches.activeMutant = undefined;
    await asked.again();
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
