// Fuzzing that learns: it gets where noise and near misses of what is taken do not, and spends its inputs where it still learns.
import { expect, test } from 'vitest';
import { withBranches } from '@kith/testkit/fuzz/branches';
import { fuzzAll, Guided, type Target } from '@kith/testkit/fuzz/guided';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const SOURCE = `
export const maze = (data) => {
  let depth = 0;
  if (data[0] === 0x4b) { depth = 1;
    if (data[1] === 0x69) { depth = 2;
      if (data[2] === 0x74) throw new Error('found'); } }
  return depth > 0 ? depth : undefined;
};
const one = (x) => x ?? 1, two = async function () { for (const a of []) if (a) continue; else break; };
export class Kept { get value() { switch (one(0)) { case 1: case 2: return two; default: return null; } } }
`;
const load = async (source: string): Promise<{ readonly maze: (data: Uint8Array) => unknown }> =>
  import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`);
const target = (run: Target['run'], more: Partial<Target> = {}): Target => ({
  name: 'a maze',
  seeds: [],
  run,
  ...more,
});

test('each branch is told once, and the code does what it did', async () => {
  const { code, count } = withBranches(SOURCE, 100);
  const numbers = [...code.matchAll(/__branch\((\d+)\)/g)].map(([, number]) => Number(number));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => 100 + i));
  expect(count).toBe(16);
  const [plain, told] = [await load(SOURCE), await load(code)];
  for (const data of [[], [0x4b], [0x4b, 0x69], [1, 2, 3]].map((bytes) => Uint8Array.from(bytes)))
    expect(told.maze(data)).toBe(plain.maze(data));
});

test('what is hidden behind three bytes is found with branches told, and not without', async () => {
  const { maze } = await load(withBranches(SOURCE, 0).code);
  const guided = new Guided(target(maze, { seeds: [new Uint8Array(3)] }), seededRandomness(1));
  await guided.slice(100_000, 20_000);
  expect(guided.result.faults.join()).toContain('found');
  const blind = new Guided(target((await load(SOURCE)).maze, { seeds: [new Uint8Array(3)] }), seededRandomness(1));
  await blind.slice(100_000, 20_000);
  expect([blind.result.faults, blind.result.pairs]).toEqual([[], 0]);
});

test('an exception, an answer that rejects and one that takes too long are faults; five are enough', async () => {
  const throws = new Guided(
    target(() => JSON.parse('{')),
    seededRandomness(1),
  );
  expect(await throws.slice(100, 1_000)).toBe(5);
  expect(throws.result.faults[4]).toContain('SyntaxError');
  const rejects = new Guided(
    target(() => Promise.reject(new Error('no'))),
    seededRandomness(1),
  );
  expect(await rejects.slice(100, 1_000)).toBe(5);
  const slow = new Guided(
    target(() => void Array.from({ length: 400_000 }, (_, i) => `${i}`).toSorted(), { slowMs: 5 }),
    seededRandomness(1),
  );
  await slow.slice(1, 1_000);
  expect(slow.result.faults[0]).toContain('ms for 0 bytes');
});

test('most inputs go to who still finds something', async () => {
  const { maze } = await load(withBranches(SOURCE, 0).code);
  let found = 0;
  const branch: (number: number) => void = Reflect.get(globalThis, '__branch');
  let looks = 0;
  // Each look at this clock is a hundredth of a millisecond: a machine that stands still is nobody's idleness.
  const now = (): number => looks++ / 100;
  const finds = new Guided(
    target(() => branch(200 + (found++ >> 3))),
    seededRandomness(1),
    now,
  );
  const idle = new Guided(target(maze, { seeds: [new Uint8Array(1)] }), seededRandomness(2), now);
  expect(await fuzzAll([finds, idle], 30_000, () => undefined)).toBe(30_000);
  expect(finds.result.inputs).toBeGreaterThan(3 * idle.result.inputs);
});
