// What a text costs does not grow with what was said, changed or starred before it: rows that the store is asked for are counted.
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { link } from './linked.ts';
import { pair, world } from './world.ts';

vi.setConfig({ testTimeout: 60_000 });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const rowsRead = (device: SimDevice, work: () => unknown): number => {
  const scan = vi.spyOn(device.store, 'scan');
  work();
  const rows = scan.mock.results.reduce((sum, { value }) => sum + (value as readonly unknown[]).length, 0);
  scan.mockRestore();
  return rows;
};
const two = (seed: number) => {
  const here = world(seed);
  const [a, b] = [here.device('a'), here.device('b')];
  const conversation = pair(here, a, b);
  const say = (text: string): string => {
    const { event } = a.call('send', { conversation, text });
    here.clock.advance(2_000);
    return event;
  };
  return { here, a, b, conversation, say };
};

test('a text that was edited three hundred times is read as quickly as one that was edited once', () => {
  const { here, a, conversation, say } = two(7201);
  const event = say('first');
  const edit = (n: number): void => {
    a.call('edit', { conversation, event, text: `edit ${n}` });
    here.clock.advance(2_000);
  };
  for (let n = 0; n < 10; n++) edit(n);
  const look = () => a.call('log', { conversation, limit: 1, oldest: true });
  const early = rowsRead(a, look);
  for (let n = 0; n < 300; n++) edit(n);
  expect(rowsRead(a, look)).toBe(early);
  expect(look()[0]?.text).toBe('edit 299');
});

test('a text costs as little with three hundred starred lines as with one', () => {
  const { a, conversation, say } = two(7202);
  const star = (): void => void a.call('star', { conversation, event: say('look') });
  star();
  const early = rowsRead(a, () => void a.call('send', { conversation, text: 'early' }));
  for (let n = 0; n < 300; n++) star();
  expect(rowsRead(a, () => void a.call('send', { conversation, text: 'late' }))).toBeLessThan(early + 50);
  expect(a.call('log', { conversation, limit: 2 }).map(({ starred }) => starred)).toContain(true);
});

test('days that wait to be published are not looked for in the log each hour anew', () => {
  const here = world(7203);
  const [a, more, b] = [here.device('a'), here.device('a, more'), here.device('b')];
  const conversation = pair(here, a, b);
  link(here, a, more);
  here.clock.advance(HOUR);
  b.stop();
  // Who is there once a week, and writes before reading, keeps days waiting for another week.
  for (let day = 0; day < 34; day++) {
    for (const one of [a, more]) one.call('send', { conversation, text: `day ${day}` });
    if (day % 7 === 6) {
      b.start();
      b.call('send', { conversation, text: 'once a week' });
      here.clock.advance(HOUR);
      b.stop();
    }
    here.clock.advance(DAY);
  }
  here.clock.advance(HOUR);
  expect(rowsRead(a, () => here.clock.advance(HOUR))).toBeLessThan(300);
});
