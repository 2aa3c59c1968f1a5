// What `npm test` has of the fuzzer: each parser of a package is given what it takes and near misses of it, without what is
// learnt from branches.
import { afterAll, expect, test } from 'vitest';
import { seededRandomness } from '../seeded-randomness.ts';
import { Guided, type Targets } from './guided.ts';

const NEAR_MISSES = 200;
const MOST_MS = 3_000;

/** `name`: what each test is called, before its parser. */
export const testShare = async (name: string, targets: Targets): Promise<void> => {
  const randomness = seededRandomness(28);
  const endings: (() => unknown)[] = [];
  const all = await targets(randomness, (ending) => void endings.push(ending));
  afterAll(async () => {
    for (const ending of endings.toReversed()) await ending();
  });
  test.each(all.map((target) => [target.name, target] as const))(
    `${name} %s: what is taken, and ${NEAR_MISSES} near misses: no exception, none slow`,
    async (parser, target) => {
      const guided = new Guided(target, randomness.fork(parser));
      await guided.slice(target.seeds.length + NEAR_MISSES, MOST_MS);
      expect(guided.result.faults).toEqual([]);
      expect(guided.result.inputs).toBeGreaterThan(0);
    },
  );
};
