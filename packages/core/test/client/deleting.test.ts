// What one device of a person deletes, reads and sets, the others obey, also those that were off.
import { utf8 } from '@kith/core/bytes';
import { TABLES } from '@kith/core/ports';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { pair, texts, world, type World } from './world.ts';

const HOUR = 3_600_000;
const holds = (device: SimDevice, text: string): readonly string[] => {
  const needle = Buffer.from(utf8(text)).toString('latin1');
  return TABLES.filter((table) =>
    device.store.scan(table).some(({ key, value }) => Buffer.concat([key, value]).toString('latin1').includes(needle)),
  );
};
/** Two devices of alice, one of bob, who all have the same. */
const three = (seed: number): { here: World; a1: SimDevice; a2: SimDevice; bob: SimDevice; conversation: string } => {
  const here = world(seed);
  const [a1, a2, bob] = [here.device('a1'), here.device('a2'), here.device('bob')];
  const conversation = pair(here, a1, bob);
  a2.start();
  a2.call('device.join', { link: a1.call('device.link', {}).link, name: 'a2' });
  const joined = here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', 120_000);
  if (!joined) throw new Error('the second device did not get in');
  here.clock.advance(60_000);
  return { here, a1, a2, bob, conversation };
};
const allHave = ({ clock }: World, devices: readonly SimDevice[], conversation: string, text: string): boolean =>
  clock.runUntil(() => devices.every((one) => texts(one, conversation).includes(text)), 4 * HOUR);

test('S4.4 what is deleted on one device goes from one that was off, is not taken back from bob, and bob keeps it', () => {
  const { here, a1, a2, bob, conversation } = three(11);
  const { event } = bob.call('send', { conversation, text: 'canary-deleted' });
  bob.call('edit', { conversation, event, text: 'canary-edited' });
  bob.call('send', { conversation, text: 'kept' });
  expect(allHave(here, [a1, a2], conversation, 'kept')).toBe(true);
  here.clock.advance(60_000);
  a2.stop();
  expect(holds(a2, 'canary-')).not.toEqual([]);
  a1.call('delete', { conversation, event });
  a1.call('draft.set', { conversation, text: 'canary-draft' });
  a1.call('draft.set', { conversation, text: '' });
  here.clock.advance(3 * HOUR);
  a2.start();
  expect(here.clock.runUntil(() => holds(a2, 'canary-').length === 0, 4 * HOUR)).toBe(true);
  for (const one of [a1, a2]) {
    expect(texts(one, conversation)).toEqual([null, 'kept']);
    expect(one.call('search', { query: 'canary' })).toEqual([]);
    expect(one.failures).toEqual([]);
  }
  bob.call('send', { conversation, text: 'later' });
  expect(allHave(here, [a1, a2], conversation, 'later')).toBe(true);
  here.clock.advance(HOUR);
  expect([...holds(a1, 'canary-'), ...holds(a2, 'canary-')]).toEqual([]);
  expect(texts(bob, conversation)).toEqual(['canary-edited', 'kept', 'later']);
});

test('S4.4 a device that joins after a deletion never gets what was deleted, though bob still has it', () => {
  const here = world(12);
  const [a1, a2, bob] = [here.device('a1'), here.device('a2'), here.device('bob')];
  const conversation = pair(here, a1, bob);
  const { event } = bob.call('send', { conversation, text: 'canary-deleted' });
  bob.call('send', { conversation, text: 'kept' });
  expect(allHave(here, [a1], conversation, 'kept')).toBe(true);
  a1.call('delete', { conversation, event });
  here.clock.advance(60_000);
  a2.start();
  a2.call('device.join', { link: a1.call('device.link', {}).link, name: 'a2' });
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', 120_000)).toBe(true);
  expect(allHave(here, [a2], conversation, 'kept')).toBe(true);
  a1.stop();
  here.clock.advance(6 * HOUR);
  expect(holds(a2, 'canary-')).toEqual([]);
  expect(texts(a2, conversation)).toEqual([null, 'kept']);
  expect(texts(bob, conversation)).toEqual(['canary-deleted', 'kept']);
});

test('S4.4 a timer that began by reading on one device is obeyed by one that was off, before it shows anything', () => {
  const { here, a1, a2, bob, conversation } = three(13);
  bob.call('send', { conversation, text: 'canary-timed', expiresMs: HOUR });
  expect(allHave(here, [a1, a2], conversation, 'canary-timed')).toBe(true);
  a1.call('read', { conversation });
  here.clock.advance(60_000);
  a2.stop();
  here.clock.advance(2 * HOUR);
  expect(holds(a1, 'canary-timed')).toEqual([]);
  a2.start(false);
  expect(texts(a2, conversation)).toEqual([]);
  a2.stop();
  a2.start();
  expect(here.clock.runUntil(() => holds(a2, 'canary-timed').length === 0, 4 * HOUR)).toBe(true);
});

test('S4.4 read on one device is read on all, and its timers run on all', () => {
  const { here, a1, a2, bob, conversation } = three(14);
  bob.call('send', { conversation, text: 'canary-timed', expiresMs: HOUR });
  expect(allHave(here, [a1, a2], conversation, 'canary-timed')).toBe(true);
  here.clock.advance(60_000);
  a2.stop();
  a1.call('read', { conversation });
  const { goesAt } = a1.call('log', { conversation }).at(-1) ?? {};
  here.clock.advance(5 * 60_000);
  a2.start();
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.unread === 0, HOUR / 2)).toBe(true);
  expect(a2.call('log', { conversation }).at(-1)?.goesAt).toBe(goesAt);
  here.clock.advance(2 * HOUR);
  expect([...holds(a1, 'canary-timed'), ...holds(a2, 'canary-timed')]).toEqual([]);
});

test('S0.29 S0.37 settings of one conversation, stars and the lifespan hold on every device', () => {
  const { here, a1, a2, bob, conversation } = three(15);
  const { event } = bob.call('send', { conversation, text: 'canary-kept an hour' });
  expect(allHave(here, [a1, a2], conversation, 'canary-kept an hour')).toBe(true);
  a1.call('star', { conversation, event });
  for (const [key, value] of [
    ['muted', 'on'],
    ['timer', '1d'],
    ['read-receipts', 'off'],
    ['pinned', 'on'],
    ['notifications', 'plain'],
  ] as const)
    a1.call('set', { key, value, in: conversation });
  const settings = a1.call('set', { in: conversation });
  expect(
    here.clock.runUntil(
      () => JSON.stringify(a2.call('set', { in: conversation })) === JSON.stringify(settings),
      10 * 60_000,
    ),
  ).toBe(true);
  expect(a2.call('contact.list', {})[0]).toMatchObject({ muted: true, pinned: true, timer: { seconds: 86_400 } });
  expect(a2.call('star.list', {}).map(({ event: starred }) => starred)).toEqual([event]);
  expect(bob.call('contact.list', {})[0]).toMatchObject({ muted: false, pinned: false, timer: null });
  a2.stop();
  a1.call('set', { key: 'lifespan', value: '1h' });
  here.clock.advance(2 * HOUR);
  expect(holds(a1, 'canary-')).toEqual([]);
  expect(holds(a2, 'canary-')).not.toEqual([]);
  a2.start();
  expect(here.clock.runUntil(() => holds(a2, 'canary-').length === 0, 4 * HOUR)).toBe(true);
  expect(texts(a2, conversation)).toEqual([]);
  expect(texts(bob, conversation)).toEqual(['canary-kept an hour']);
});

test('S4.4 a draft that comes after the one that took its place is on no disk any more', () => {
  const { here, a1, a2, conversation } = three(17);
  // Each writes by itself; what the second one says stands later in the order.
  for (const one of [a1, a2]) one.crash();
  a1.start(false);
  a1.call('draft.set', { conversation, text: 'canary-draft' });
  a1.crash();
  a2.start(false);
  for (const name of ['x', 'y', 'z']) a2.call('contact.rename', { conversation, name });
  a2.call('draft.set', { conversation, text: 'the later one' });
  a2.crash();
  for (const one of [a2, a1]) one.start();
  here.clock.advance(4 * HOUR);
  for (const one of [a1, a2]) {
    expect(one.call('contact.list', {})[0]).toMatchObject({ draft: 'the later one', name: 'z' });
    expect(holds(one, 'canary-')).toEqual([]);
  }
});
