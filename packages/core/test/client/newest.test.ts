// The history of one long conversation: what a freshly linked device shows first, and what it is in the end.
import { expect, test, vi } from 'vitest';
import { DEFAULT_RELAY_LIMITS } from '@kith/core/mailbox';
import { logOf } from '@kith/testkit/schedules';
import type { SimDevice } from '@kith/testkit/sim-device';
import { link } from './linked.ts';
import { pair, texts, world, type World } from './world.ts';

const DAY = 86_400_000;
const SCREEN = 50;
vi.setConfig({ testTimeout: 120_000 });

/** Alice and Blair have talked for days; Blair is away, so that nobody but Alice's device can hand it on. */
const talked = (seed: number, days = 8) => {
  const here = world(seed);
  const generous = { perMinute: 1e9, burst: 1e9 };
  here.network.relay(here.relays[0]?.origin ?? '', { limits: { ...DEFAULT_RELAY_LIMITS, cells: generous } });
  const [a1, b] = [here.device('a1'), here.device('b')];
  const conversation = pair(here, a1, b);
  const said: string[] = [];
  const say = (who: SimDevice, text: string): string => {
    said.push(text);
    return who.call('send', { conversation, text }).event;
  };
  const old = say(a1, 'said on the first day, and changed on the last');
  for (let day = 0; day < days; day++) {
    // What is long ago is long: packets of it take a while.
    const length = day < days - 3 ? 12_000 : 100;
    for (let i = 0; i < 15; i++) {
      say(a1, `a ${day}.${i} ${'x'.repeat(length)}`);
      here.clock.advance(2_000);
      say(b, `b ${day}.${i} ${'y'.repeat(length)}`);
      here.clock.advance(2_000);
    }
    if (day < days - 1) here.clock.advance(DAY);
  }
  a1.call('edit', { conversation, event: old, text: 'changed' });
  said[0] = 'changed';
  const [first, second] = a1.call('log', { conversation, limit: 12 }).filter(({ mine }) => !mine);
  a1.call('react', { conversation, event: first?.event ?? '', emoji: '👍' });
  b.call('send', { conversation, text: 'an answer', reply: second?.event ?? '' });
  said.push('an answer');
  const gone = a1.call('send', { conversation, text: 'never mind' }).event;
  here.clock.advance(60_000);
  a1.call('delete', { conversation, event: gone, forAll: true });
  here.clock.advance(60_000);
  a1.call('read', { conversation });
  here.clock.advance(60_000);
  b.stop();
  return { here, a1, b, conversation, said };
};
const newest = (device: SimDevice, conversation: string): readonly unknown[] =>
  logOf(device, conversation).slice(-SCREEN);
const isThere = (device: SimDevice): boolean => device.call('contact.list', {})[0]?.state === 'active';
const linesOf = (device: SimDevice): number => device.store.scan('message').length;
const gapsOf = (device: SimDevice, conversation: string): readonly number[] =>
  device.call('log', { conversation, limit: 500 }).flatMap(({ gap }, at) => (gap ? [at] : []));
/** All of it, and the same as where it was written: lines, counts, tables, and what a search finds. */
const expectWhole = (here: World, a1: SimDevice, a2: SimDevice, conversation: string, hasWritten = false): void => {
  expect(here.clock.runUntil(() => linesOf(a2) === linesOf(a1), 3_600_000)).toBe(true);
  here.clock.advance(120_000);
  expect(logOf(a2, conversation)).toEqual(logOf(a1, conversation));
  expect(gapsOf(a2, conversation)).toEqual([]);
  const unread = (device: SimDevice): readonly number[] => device.call('contact.list', {}).map((one) => one.unread);
  expect(unread(a2)).toEqual(unread(a1));
  expect(a2.call('log.verify', { conversation })).toEqual([]);
  // What was written here meanwhile came to the index before the rest.
  const found = (device: SimDevice) =>
    ['changed', 'a', 'b'].map((query) => device.call('search', { query, limit: 20 }).map(({ event }) => event));
  if (!hasWritten) expect(found(a2)).toEqual(found(a1));
  const tables = () => (['message', 'reaction', 'unread', 'order'] as const).map((table) => a2.store.scan(table));
  const before = tables();
  a2.rebuild();
  expect(tables()).toEqual(before);
  expect(a2.failures).toEqual([]);
};

test('S4.25 S4.21 a device that was just linked shows the newest 50 lines before the older ones came', () => {
  const { here, a1, conversation } = talked(2601);
  const a2 = here.device('a2');
  link(here, a1, a2);
  const whole = linesOf(a1);
  expect(here.clock.runUntil(() => isThere(a2) && linesOf(a2) > 0, 60_000)).toBe(true);
  // The first lines that are there are the newest, whole screens of them, as they are everywhere.
  expect(linesOf(a2)).toBeLessThan(whole / 2);
  const shown = logOf(a2, conversation);
  expect(shown.length).toBeGreaterThanOrEqual(SCREEN);
  const bare = (lines: readonly unknown[]): unknown =>
    lines.map((line) => ({ ...(line as object), gap: null, target: null, reply: null }));
  expect(bare(shown)).toEqual(bare(logOf(a1, conversation).slice(-shown.length)));
  expect(texts(a2, conversation)).toContain('an answer');
  // An answer shows what it answers, a reaction stands where it belongs, nothing that was read elsewhere is new.
  expect(a2.call('log', { conversation, limit: 10 }).find(({ text }) => text === 'an answer')?.reply?.text).toMatch(
    /^b /,
  );
  expect(a2.call('log', { conversation, limit: 20 }).some(({ reactions }) => reactions.length > 0)).toBe(true);
  // The mark stands above them, once.
  expect(gapsOf(a2, conversation)).toEqual([0]);
  const { history } = a2.call('device.linking', {});
  expect(history?.left ?? 0).toBeGreaterThan(whole / 2);
  expectWhole(here, a1, a2, conversation);
});

test('S4.25 what was read on another device is not new on this one, while it comes and after', () => {
  const { here, a1, conversation } = talked(2602);
  const a2 = here.device('a2');
  link(here, a1, a2);
  let most = 0;
  const isWhole = here.clock.runUntil(() => {
    most = Math.max(most, a2.store.scan('unread').length);
    return linesOf(a2) === linesOf(a1);
  }, 3_600_000);
  expect(isWhole).toBe(true);
  expect(most).toBe(0);
  expectWhole(here, a1, a2, conversation);
});

test('S4.25 what is new is counted at once, and read while the history comes it stays read', () => {
  const { here, a1, b, conversation } = talked(2606);
  b.start();
  here.clock.advance(1_000);
  for (const text of ['one', 'two', 'three']) b.call('send', { conversation, text });
  here.clock.advance(60_000);
  b.stop();
  const unread = (device: SimDevice): number => device.call('contact.list', {})[0]?.unread ?? 0;
  expect(unread(a1)).toBe(3);
  const a2 = here.device('a2');
  link(here, a1, a2);
  expect(here.clock.runUntil(() => linesOf(a2) > 0, 60_000)).toBe(true);
  expect(gapsOf(a2, conversation)).toEqual([0]);
  expect(unread(a2)).toBe(3);
  a2.call('read', { conversation });
  expect(unread(a2)).toBe(0);
  expect(here.clock.runUntil(() => linesOf(a2) === linesOf(a1), 3_600_000)).toBe(true);
  expect(unread(a2)).toBe(0);
});

test('S4.25 an answer written while the history comes stands at the end, on every device', () => {
  const { here, a1, b, conversation } = talked(2603);
  const a2 = here.device('a2');
  link(here, a1, a2);
  expect(here.clock.runUntil(() => linesOf(a2) > 0, 60_000)).toBe(true);
  expect(gapsOf(a2, conversation)).toEqual([0]);
  a2.call('send', { conversation, text: 'written at once' });
  expect(texts(a2, conversation, 1)).toEqual(['written at once']);
  b.start();
  const isLast = (device: SimDevice): boolean => texts(device, conversation, 1)[0] === 'written at once';
  expect(here.clock.runUntil(() => [a1, a2, b].every(isLast), 3_600_000)).toBe(true);
  expectWhole(here, a1, a2, conversation, true);
  expect(logOf(b, conversation)).toEqual(logOf(a1, conversation));
});

test.each(['giver', 'taker'] as const)(
  'S4.25 the %s is killed again and again in the middle: it goes on where it was',
  (who) => {
    const { here, a1, conversation } = talked(2604);
    const a2 = here.device('a2');
    link(here, a1, a2);
    const killed = who === 'giver' ? a1 : a2;
    for (const at of [1, 100, 150]) {
      expect(here.clock.runUntil(() => linesOf(a2) >= at, 3_600_000)).toBe(true);
      expect(linesOf(a2)).toBeLessThan(linesOf(a1));
      killed.crash();
      if (who === 'giver') {
        // Alone, what has come stays as it is: the newest screen, and the mark while older ones lack.
        here.clock.advance(20_000);
        if (linesOf(a2) < linesOf(a1)) expect(gapsOf(a2, conversation)).toHaveLength(1);
      }
      killed.start();
      expect(newest(a2, conversation).map((line) => (line as { event: string }).event)).toEqual(
        newest(a1, conversation).map((line) => (line as { event: string }).event),
      );
    }
    expectWhole(here, a1, a2, conversation);
  },
);

test.each([
  ['30d', 60],
  ['none', 0],
] as const)('S0.39 S4.25 with history "%s" the newest come first as well, and no others', (history, least) => {
  const { here, a1, b, conversation } = talked(2605, 5);
  for (const device of [a1, b]) device.stop();
  here.clock.advance(40 * DAY);
  a1.start();
  b.start();
  for (let i = 0; i < 100; i++) {
    (i % 2 === 0 ? a1 : b).call('send', { conversation, text: `later ${i}` });
    here.clock.advance(1_000);
  }
  here.clock.advance(60_000);
  b.stop();
  const a2 = here.device('a2');
  link(here, a1, a2, history);
  here.clock.advance(3_600_000);
  const lines = texts(a2, conversation);
  expect(lines.length).toBeGreaterThanOrEqual(least);
  expect(lines.every((text) => text?.startsWith('later'))).toBe(true);
  expect(lines.length).toBe(history === 'none' ? 0 : 100);
  expect(gapsOf(a2, conversation)).toEqual([]);
});
