// Stands in for the test runner's module in a thread that runs one suite: the same names, few of its ways. A suite that asks
// for more cannot be named by a planted bug.
import { setTimeout as after } from 'node:timers/promises';
import { format } from 'node:util';
import { chai, JestAsymmetricMatchers, JestChaiExpect } from '@vitest/expect';

type Work = (...of: never[]) => unknown;
interface Group {
  readonly name: string;
  readonly parent: Group | undefined;
  readonly before: Work[];
  readonly beforeTests: Work[];
  readonly afterTests: Work[];
  readonly after: Work[];
  isBegun: boolean;
}
export interface Collected {
  readonly name: string;
  run(): Promise<void>;
}

const WAIT_MS = 15_000;
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = Object.assign((value: unknown, message?: string) => chai.expect(value, message), chai.expect, {
  unreachable: (words = '') => chai.assert.fail(`not to be reached: ${words}`),
});
export const vi = {
  setConfig: (): void => undefined,
  hoisted: <T>(make: () => T): T => make(),
  /** What never holds fails with what it said last. */
  waitFor: async <T>(look: () => T | Promise<T>): Promise<T> => {
    for (const end = performance.now() + WAIT_MS; ; await after(20)) {
      try {
        return await look();
      } catch (cause) {
        if (performance.now() > end) throw cause;
      }
    }
  },
};

const groupOf = (name: string, parent: Group | undefined): Group => ({
  name,
  parent,
  before: [],
  beforeTests: [],
  afterTests: [],
  after: [],
  isBegun: false,
});
const top = groupOf('', undefined);
const groups: Group[] = [top];
const found: Collected[] = [];
let now = top;
let finishers: Work[] = [];

export const beforeAll = (work: Work): void => void now.before.push(work);
export const beforeEach = (work: Work): void => void now.beforeTests.push(work);
export const afterEach = (work: Work): void => void now.afterTests.push(work);
export const afterAll = (work: Work): void => void now.after.push(work);
export const onTestFinished = (work: Work): void => void finishers.push(work);

const lineage = (group: Group): readonly Group[] =>
  group.parent === undefined ? [group] : [...lineage(group.parent), group];
const all = async (works: readonly Work[]): Promise<void> => {
  for (const work of works) await work();
};
const workOf = (args: readonly unknown[]): Work | undefined =>
  args.find((arg) => typeof arg === 'function') as Work | undefined;

const addTest = (name: string, ...rest: readonly unknown[]): void => {
  const work = workOf(rest);
  if (work === undefined) return;
  const line = lineage(now);
  const names = [...line.map((group) => group.name), name];
  found.push({
    name: names.filter((part) => part !== '').join(' > '),
    run: async () => {
      for (const group of line) {
        if (!group.isBegun) await all(group.before);
        group.isBegun = true;
      }
      for (const group of line) await all(group.beforeTests);
      finishers = [];
      try {
        await work();
      } finally {
        await all(finishers);
        for (const group of line.toReversed()) await all(group.afterTests);
      }
    },
  });
};
const addGroup = (name: string, ...rest: readonly unknown[]): void => {
  const outer = now;
  now = groupOf(name, outer);
  groups.push(now);
  const ends = workOf(rest)?.();
  if (ends instanceof Promise) throw new Error(`describe("${name}") is asynchronous, which is not known here`);
  now = outer;
};
const none = (): void => undefined;

type Add = (name: string, ...rest: readonly unknown[]) => void;
const named = (name: string, row: unknown): string =>
  format(
    name.replaceAll(/\$(\w+)/g, (whole, key: string) =>
      typeof row === 'object' && row !== null && key in row ? String((row as Record<string, unknown>)[key]) : whole,
    ),
    ...(/%[a-z]/.test(name) ? (Array.isArray(row) ? row : [row]).slice(0, name.match(/%[a-z]/g)?.length) : []),
  );
const forms = (add: Add) =>
  Object.assign(add, {
    skip: none,
    skipIf: (skips: boolean) => (skips ? none : add),
    runIf: (runs: boolean) => (runs ? add : none),
    each:
      (rows: readonly unknown[]) =>
      (name: string, ...rest: readonly unknown[]): void => {
        const work = workOf(rest) as ((...of: readonly unknown[]) => unknown) | undefined;
        for (const row of rows)
          add(named(name, row), () => work?.(...(Array.isArray(row) ? (row as unknown[]) : [row])));
      },
    for:
      (rows: readonly unknown[]) =>
      (name: string, ...rest: readonly unknown[]): void => {
        const work = workOf(rest) as ((row: unknown) => unknown) | undefined;
        for (const row of rows) add(named(name, row), () => work?.(row));
      },
  });
export const test = forms(addTest);
export const it = test;
export const describe = forms(addGroup);

/** What is loaded from here on is another file, with hooks of its own. */
export const beginFile = (): void => {
  now = groupOf('', undefined);
  groups.push(now);
};
/** The tests of the modules that were loaded. */
export const collected = (): readonly Collected[] => found;
export const finish = async (): Promise<void> => {
  for (const group of groups.toReversed()) if (group.isBegun) await all(group.after);
};
/** As before the first test: what was made for groups is put away, and made anew for the next test of each. */
export const again = async (): Promise<void> => {
  await finish();
  for (const group of groups) group.isBegun = false;
};
