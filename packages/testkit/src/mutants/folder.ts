// Asks the suites of one folder about each of its mutants, one at a time, in one thread that is begun anew when it hangs.
import { Worker } from 'node:worker_threads';
import type { Sources } from '../plants/sources.ts';
import type { Answer, Ask, Broken, Order, Seen, TestAt, TestSeen } from './mutant-thread.ts';

/** `uncovered`: no test comes across it. `endless`: stopped, which a person at the keyboard would notice as well. */
export type Fate = 'killed' | 'endless' | 'survived' | 'uncovered';
export interface Result {
  readonly fate: Fate;
  /** The name of the test that failed. */
  readonly by?: string;
  /** Milliseconds: slower tests that come across it were not asked. */
  readonly within?: number;
  /** That test expected something else; any other exception notices as well, but says nothing of what is wrong. */
  readonly byAssertion?: true;
  /** It fails without the mutant by now: one asked about before may have left something behind. */
  readonly spoilt?: true;
}
export interface Folder {
  readonly seen: Seen;
  /**
   * `firstBy`: the test that noticed it before. `budget`: milliseconds that the tests asked take without a mutant. `near`: by
   * the names of tests, how much they noticed nearby.
   */
  judge(
    mutant: string,
    firstBy: string | undefined,
    budget: number,
    near: ReadonlyMap<string, number>,
  ): Promise<Result>;
  /** Whether all still pass without a mutant. */
  isSound(): Promise<boolean>;
  end(): Promise<void>;
}

/** Of processor time. */
const LEAST_PATIENCE_MS = 10_000;
const PATIENCE = 5;
/** Times as long by the clock, for what waits and does nothing. */
const MOST_WAIT = 12;
const LOOK_MS = 500;
const busyMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
/** Of all that a mutant is come across without it. */
const MOST_HITS = 100;
/** A test that noticed a mutant in the same line is asked before one that takes so much less time and did not. */
const WORTH = 10;
/** Modules that were loaded anew are never given back. */
const MOST_ROUNDS = 80;

export const openFolder = async (sources: Sources, suites: readonly string[], without?: RegExp): Promise<Folder> => {
  const begin = (): Worker =>
    new Worker(new URL('mutant-thread.ts', import.meta.url), {
      workerData: { sources, suites, without } satisfies Order,
      stdout: true,
      stderr: true,
    });
  let worker = begin();
  let rounds = 0;
  const anew = async (): Promise<void> => {
    await worker.terminate();
    worker = begin();
    rounds = 0;
  };
  const say = <T>(words: Ask | 'look', patience: number): Promise<T | 'hangs' | 'died'> =>
    new Promise((resolve) => {
      const end = (answer: T | 'hangs' | 'died'): void => {
        clearInterval(timer);
        worker.off('message', end).off('error', died).off('exit', died);
        resolve(answer);
      };
      const died = (): void => end('died');
      // By the clock alone a busy machine would have it that everything hangs.
      const [began, before] = [performance.now(), busyMs()];
      const timer = setInterval(() => {
        if (busyMs() - before > patience || performance.now() - began > MOST_WAIT * patience) end('hangs');
      }, LOOK_MS);
      worker.on('message', end).on('error', died).on('exit', died);
      worker.postMessage(words);
    });
  const seen = await say<Seen | Broken>('look', 600_000);
  if (typeof seen === 'string' || seen.type === 'broken') await worker.terminate();
  if (typeof seen === 'string') throw new Error(`the suites ${seen === 'hangs' ? 'do not end' : 'end their thread'}`);
  if (seen.type === 'broken') throw new Error(`the suites do not pass without a mutant: ${seen.words}`);
  const nameOf = ({ suite, test }: TestAt): string => `${suite}/${test}`;
  const byName = new Map(seen.tests.map((test) => [nameOf(test), test]));

  const likeliestFirst = (
    tests: readonly TestSeen[],
    firstBy: string | undefined,
    near: ReadonlyMap<string, number>,
  ): readonly TestSeen[] => {
    const weight = ({ name, ms }: TestSeen): number =>
      name === firstBy ? -1 : ms / (1 + WORTH * (near.get(name) ?? 0));
    return tests.toSorted((one, other) => weight(one) - weight(other));
  };
  return {
    seen,
    judge: async (mutant, firstBy, budget, near) => {
      const loading = seen.whileLoading.map((mutants) => mutants.includes(mutant));
      const afresh = loading.includes(true);
      const across = likeliestFirst(
        seen.tests.filter(({ suite, hits }) => loading[suite] === true || hits[mutant] !== undefined),
        firstBy,
        near,
      );
      if (across.length === 0) return { fate: 'uncovered' };
      let spent = 0;
      const tests = across.filter(({ ms }, i) => (spent += ms) <= budget || i === 0);
      if (afresh && ++rounds > MOST_ROUNDS) await anew();
      const hits = tests.reduce((sum, test) => sum + (test.hits[mutant] ?? 0), 0);
      const patience = LEAST_PATIENCE_MS + PATIENCE * tests.reduce((sum, { ms }) => sum + ms, 0);
      const asked = tests.map(({ suite, test }) => ({ suite, test }));
      const answer = await say<Answer | Broken>(
        { mutant, tests: asked, afresh, most: MOST_HITS * (hits + 100) },
        patience,
      );
      if (answer === 'hangs' || answer === 'died') {
        await anew();
        return { fate: answer === 'hangs' ? 'endless' : 'killed' };
      }
      if (answer.type === 'broken') throw new Error(`mutant ${mutant}: ${answer.words}`);
      if (answer.type === 'survived')
        return { fate: 'survived', ...(tests.length < across.length ? { within: budget } : {}) };
      if (answer.spoilt === true) await anew();
      const by = answer.by === undefined ? undefined : byName.get(nameOf(answer.by))?.name;
      if (answer.words.includes('Hit count limit')) return { fate: 'endless' };
      return {
        fate: 'killed',
        ...(by === undefined ? {} : { by }),
        ...(answer.words.startsWith('AssertionError') ? { byAssertion: true } : {}),
        ...(answer.spoilt === true ? { spoilt: true } : {}),
      };
    },
    isSound: async () => {
      const answer = await say<Answer | Broken>(
        { mutant: '', tests: seen.tests, afresh: false, most: Infinity },
        600_000,
      );
      return typeof answer !== 'string' && answer.type === 'survived';
    },
    end: async () => void (await worker.terminate()),
  };
};
