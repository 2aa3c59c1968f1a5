// A share of `npm run long -- fuzz`, without what it learns from branches.
import { afterAll, expect, test } from 'vitest';
import { Guided } from '@kith/testkit/fuzz/guided';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { targets } from './fuzz-targets.ts';

const randomness = seededRandomness(28);
const endings: (() => unknown)[] = [];
const all = await targets(randomness, (ending) => void endings.push(ending));
afterAll(async () => {
  for (const ending of endings.toReversed()) await ending();
});

test.each(all.map((target) => [target.name, target] as const))(
  'class 28 %s: what is taken, and 200 near misses: no exception, none slow',
  async (name, target) => {
    const guided = new Guided(target, randomness.fork(name));
    await guided.slice(target.seeds.length + 200, 3_000);
    expect(guided.result.faults).toEqual([]);
    expect(guided.result.inputs).toBeGreaterThan(0);
  },
);
