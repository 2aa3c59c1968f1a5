import { expect, test } from 'vitest';
import { seededRandomness } from '../src/seeded-randomness.ts';
import { SIM_START, simClock } from '../src/sim-clock.ts';

test('callbacks run in the order of due times, ties in the order of asking, each at its time', () => {
  const random = seededRandomness(1);
  const clock = simClock();
  const ran: { readonly at: number; readonly n: number }[] = [];
  const asked = Array.from({ length: 500 }, (_, n) => ({ at: random.int(50), n }));
  for (const { at, n } of asked) clock.after(at, () => ran.push({ at: clock.now() - SIM_START, n }));
  clock.advance(1_000);
  expect(ran).toEqual(asked.toSorted((a, b) => a.at - b.at || a.n - b.n));
  expect(clock.now()).toBe(SIM_START + 1_000);
});

test('a callback called off never runs, and callbacks may ask for more', () => {
  const clock = simClock(0);
  const ran: string[] = [];
  const off = clock.after(5, () => ran.push('off'));
  clock.after(1, () => {
    ran.push('first');
    clock.after(1, () => ran.push('second'));
    off();
  });
  clock.advance(10);
  expect(ran).toEqual(['first', 'second']);
  expect(clock.nextAt()).toBeUndefined();
});

test('runUntil stops at the condition, at its limit, and when nothing is left', () => {
  const clock = simClock(0);
  let count = 0;
  const again = (): void => {
    count += 1;
    if (count < 100) clock.after(10, again);
  };
  clock.after(10, again);
  expect(clock.runUntil(() => count === 3)).toBe(true);
  expect(clock.now()).toBe(30);
  expect(clock.runUntil(() => count === 50, 100)).toBe(false);
  expect(clock.runUntil(() => count === 1_000)).toBe(false);
  expect(count).toBe(100);
});

test('a machine has its own idea of now, and is silent after it stopped', () => {
  const clock = simClock(0);
  const machine = clock.machine(500);
  const ran: number[] = [];
  machine.after(10, () => ran.push(machine.now()));
  clock.advance(10);
  machine.shift(-1_000);
  machine.after(10, () => ran.push(machine.now()));
  machine.stop();
  clock.advance(10);
  expect(ran).toEqual([510]);
  expect(machine.now()).toBe(-480);
});

test('a seed repeats its stream; another seed, and a fork, are others', () => {
  const first = seededRandomness(7).bytes(1_000);
  expect(seededRandomness(7).bytes(1_000)).toEqual(first);
  expect(seededRandomness(8).bytes(1_000)).not.toEqual(first);
  expect(seededRandomness(7).fork('a').bytes(16)).not.toEqual(seededRandomness(7).fork('b').bytes(16));
  const counts = new Uint32Array(256);
  for (const byte of seededRandomness(3).bytes(256_000)) counts[byte] = (counts[byte] ?? 0) + 1;
  // 1,000 of each are expected; 6 standard deviations are about 190.
  expect(Math.min(...counts)).toBeGreaterThan(810);
  expect(Math.max(...counts)).toBeLessThan(1_190);
});
