// Several devices of a person, on simulated ports.
import { expect, test } from 'vitest';
import type { SimDevice } from '@kith/testkit/sim-device';
import { pair, texts, world, type World } from './world.ts';

/** `joining` follows a link that `host` makes; both run, and it ends when it is a device of the same person. */
export const link = ({ clock }: World, host: SimDevice, joining: SimDevice): void => {
  joining.start();
  const count = host.call('device.list', {}).length + 1;
  const { link } = host.call('device.link', {});
  joining.call('device.join', { link, name: joining.name });
  const isIn = clock.runUntil(() => joining.call('device.list', {}).length === count, 60_000);
  if (!isIn) throw new Error('the device did not get in');
};

test('S4.21 a second device joins by link, knows the contacts, and talks', () => {
  const here = world(4100);
  const [a1, b] = [here.device('a1'), here.device('b')];
  const conversation = pair(here, a1, b);
  a1.call('contact.rename', { conversation, name: 'Blair' });
  a1.call('send', { conversation, text: 'before' });
  here.clock.advance(60_000);
  const a2 = here.device('a2');
  link(here, a1, a2);
  expect(a2.call('device.list', {}).map(({ name }) => name).toSorted()).toEqual(['', 'a2']);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.name === 'Blair', 60_000)).toBe(true);
  expect(here.clock.runUntil(() => texts(a2, conversation).includes('before'), 120_000)).toBe(true);
  a2.call('send', { conversation, text: 'from the second' });
  expect(here.clock.runUntil(() => texts(b, conversation).includes('from the second'), 120_000)).toBe(true);
  b.call('send', { conversation, text: 'to both' });
  expect(
    here.clock.runUntil(() => [a1, a2].every((one) => texts(one, conversation).includes('to both')), 10_000),
  ).toBe(true);
  expect(texts(a1, conversation)).toEqual(texts(a2, conversation));
});
