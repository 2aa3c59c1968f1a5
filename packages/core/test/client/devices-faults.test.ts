// Bad luck and bad intent around own devices, on simulated ports.
import { expect, test, vi } from 'vitest';
import type { SimDevice } from '@kith/testkit/sim-device';
import { link } from './linked.ts';
import { codeOf, makeWords, pair, texts, world } from './world.ts';

// Days of a simulated world.
vi.setConfig({ testTimeout: 90_000 });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const named = (of: SimDevice): readonly string[] =>
  of
    .call('device.list', {})
    .filter(({ revoked }) => !revoked)
    .map(({ name }) => name)
    .toSorted();
const deviceOf = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';

test('S4.20 two devices follow links at once: both get in, each by its own link, with all there is', () => {
  const here = world(7101);
  const [a1, a2, a3, a4, b] = ['a1', 'a2', 'a3', 'a4', 'b'].map((name) => here.device(name)) as [
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
  ];
  const conversation = pair(here, a1, b);
  a1.call('send', { conversation, text: 'before' });
  link(here, a1, a2);
  here.clock.advance(2 * HOUR_MS);
  a2.call('device.name', { name: 'a2' });
  for (const one of [a3, a4]) one.start();
  const links = [a1.call('device.link', {}), a2.call('device.link', {})] as const;
  const asked = [
    a3.ask('device.join', { link: links[0].link, name: 'a3' }),
    a4.ask('device.join', { link: links[1].link, name: 'a4' }),
  ];
  here.clock.advance(3 * HOUR_MS);
  expect(asked.map(({ error }) => error)).toEqual([undefined, undefined]);
  for (const one of [a1, a2, a3, a4]) expect(named(one)).toHaveLength(4);
  b.call('send', { conversation, text: 'to all of you' });
  here.clock.advance(HOUR_MS);
  for (const one of [a1, a2, a3, a4]) expect(texts(one, conversation)).toEqual(['before', 'to all of you']);
});

test('S0.29 one link followed by two devices lets in one, says so to both sides, and the same device twice is no second one', () => {
  const here = world(7102);
  const [a1, a2, a3] = [here.device('a1'), here.device('a2'), here.device('a3')];
  for (const one of [a1, a2, a3]) one.start();
  const { link: made } = a1.call('device.link', {});
  a2.call('device.join', { link: made, name: 'a2' });
  a2.call('device.join', { link: made, name: 'a2' });
  expect(codeOf(() => a3.call('device.join', { link: made, name: 'a3' }))).toBe('link-used');
  here.clock.advance(HOUR_MS);
  expect(named(a1)).toEqual(['', 'a2'].toSorted());
  expect(codeOf(() => a2.call('device.join', { link: made, name: 'a2' }))).toMatch(/home-in-use|link-used/);
  expect(a1.call('device.linking', {}).link).toMatchObject({ state: 'done' });
});

test('a link that was followed half-way and then left: nobody is let in, and the next one works', () => {
  const here = world(7103);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  a2.start();
  const first = a1.call('device.link', { confirm: true });
  a2.call('device.join', { link: first.link, name: 'a2' });
  here.clock.advance(30_000);
  // Both show words; the new device goes off before anybody has confirmed them, for good.
  expect(a1.call('device.linking', {}).link?.state).toBe('words');
  a2.crash();
  here.clock.advance(2 * DAY_MS);
  expect(named(a1)).toEqual(['']);
  a1.call('device.refuse', {});
  const again = here.device('again');
  link(here, a1, again);
  here.clock.advance(HOUR_MS);
  expect(named(a1)).toEqual(['', 'again']);
  expect(again.call('contact.list', {}).map((contact) => contact.conversation)).toEqual([conversation]);
  // The one that was left comes back: it is nobody's device, and learns nothing.
  b.call('send', { conversation, text: 'for two devices' });
  a2.start();
  here.clock.advance(DAY_MS);
  expect(a2.call('contact.list', {})).toEqual([]);
});

test('removals that cross: both devices are disputed everywhere until one of them gives the words', () => {
  const here = world(7104);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  a1.start();
  const words = makeWords(a1).join(' ');
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  here.clock.advance(2 * HOUR_MS);
  a1.call('device.name', { name: 'a1' });
  here.clock.advance(HOUR_MS);
  for (const one of [a1, a2]) one.crash();
  for (const [one, other] of [
    [a1, 'a2'],
    [a2, 'a1'],
  ] as const) {
    one.start(false);
    one.call('device.revoke', { device: deviceOf(one, other) });
    one.crash();
  }
  for (const one of [a1, a2]) one.start();
  here.clock.advance(2 * HOUR_MS);
  for (const one of [a1, a2])
    expect(
      one.call('recovery.state', {}).contested.filter((dispute) => dispute.conversation === conversation),
    ).toHaveLength(2);
  b.call('send', { conversation, text: 'for neither' });
  here.clock.advance(HOUR_MS);
  for (const one of [a1, a2]) expect(texts(one, conversation)).toEqual([]);
  a2.call('device.revoke', { device: deviceOf(a2, 'a1'), words });
  here.clock.advance(3 * HOUR_MS);
  b.call('send', { conversation, text: 'who is left' });
  here.clock.advance(HOUR_MS);
  expect(texts(a2, conversation)).toContain('who is left');
  expect(texts(a1, conversation)).not.toContain('who is left');
});

test('a device whose clock is a year off links, hears and is heard, and sees a dispute as the others do', () => {
  const here = world(7105);
  const [a1, a2, thief, b] = [here.device('a1'), here.device('a2'), here.device('thief'), here.device('b')];
  const conversation = pair(here, a1, b);
  a2.offset = 365 * DAY_MS;
  link(here, a1, a2);
  here.clock.advance(2 * HOUR_MS);
  a2.call('send', { conversation, text: 'from next year' });
  b.call('send', { conversation, text: 'from this year' });
  here.clock.advance(HOUR_MS);
  for (const one of [a1, a2, b])
    expect(texts(one, conversation).toSorted()).toEqual(['from next year', 'from this year']);
  link(here, a1, thief);
  here.clock.advance(2 * HOUR_MS);
  a1.call('device.name', { name: 'a1' });
  here.clock.advance(HOUR_MS);
  for (const one of [a1, thief]) one.crash();
  thief.start(false);
  thief.call('device.revoke', { device: deviceOf(thief, 'a1') });
  thief.crash();
  thief.start();
  here.clock.advance(HOUR_MS);
  a1.start(false);
  a1.call('device.revoke', { device: deviceOf(a1, 'thief') });
  a1.crash();
  a1.start();
  here.clock.advance(3 * HOUR_MS);
  const disputed = a2.call('recovery.state', {}).contested.filter((dispute) => dispute.conversation === conversation);
  expect(disputed).toHaveLength(2);
});
