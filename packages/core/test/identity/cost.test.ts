// What judging a charter costs: 200 conversations are opened at the start of a client.
import { expect, test } from 'vitest';
import { evaluateCharter, openEntry, reopenEntry, type OpenEntry } from '../../src/identity/index.ts';
import { all, crypto, Device, ROOT } from './family.ts';

/** Two people with 8 devices each, 100 entries: some removals, the rest witnesses. */
const large = (): readonly OpenEntry[] => {
  const people = [0, 1].map(() => {
    const devices = Array.from({ length: 8 }, () => new Device());
    devices[0]?.begin();
    for (let i = 1; i < 8; i++) (devices[i - 1] as Device).add(devices[i] as Device);
    return devices;
  }) as [Device[], Device[]];
  const flat = people.flat();
  const [a, b] = people;
  const last = (of: Device): OpenEntry => (of.said.at(-1) ?? a[0]?.said[0]) as OpenEntry;
  for (const i of [2, 5, 7]) (a[1] as Device).remove(a[i] as Device, last(a[i] as Device));
  for (let i = 0; all(...flat).length < 100; i++) (b[i % 8] as Device).witness(last(a[(i * 3) % 8] as Device));
  return all(...flat);
};
/** The quickest of many runs: what it costs without the other work of the machine. */
const quickest = (run: () => unknown): number =>
  Math.min(
    ...Array.from({ length: 100 }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    }),
  );

test('2 members with 8 devices each and 100 entries are judged in less than a millisecond', () => {
  const entries = large();
  expect(entries).toHaveLength(100);
  expect(evaluateCharter(entries, { roots: [ROOT] }).members.map(({ devices }) => devices.length)).toEqual([8, 8]);
  expect(quickest(() => evaluateCharter(entries, { roots: [ROOT] }))).toBeLessThan(1);
});

test('entries read again from the own database check no signature', () => {
  const bytes = large().map((open) => open.bytes);
  let checks = 0;
  const counting = {
    ...crypto,
    verify: (...args: Parameters<typeof crypto.verify>) => {
      checks++;
      return crypto.verify(...args);
    },
  };
  for (const one of bytes) expect(reopenEntry(counting, one)).toBeDefined();
  expect(checks).toBe(0);
  for (const one of bytes) openEntry(counting, one);
  expect(checks).toBeGreaterThanOrEqual(100);
});
