// What a device of one's own can do to the others whose client was changed, as a thief's.
import { toHex } from '@kith/core/bytes';
import { consentsOf, type SelfContent } from '@kith/core/conversation';
import { conversationFromName, type ConversationId } from '@kith/core/identity';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { takeOver } from './hostile.ts';
import { link } from './linked.ts';
import { pair, texts, world, type World } from './world.ts';

vi.setConfig({ testTimeout: 60_000 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const named = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';
const idOf = (conversation: string): ConversationId => {
  const id = conversationFromName(conversation);
  if (id === undefined) throw new Error('no conversation');
  return id;
};
const activeAt = (of: SimDevice, conversation: string): number =>
  of.call('contact.devices', { conversation }).filter(({ removed }) => !removed).length;
const knows = ({ clock }: World, device: SimDevice): void => {
  if (!clock.runUntil(() => device.call('contact.list', {})[0]?.state === 'active', HOUR))
    throw new Error('the contact is not known');
};

test('a device that says that the key of another one is its own does not take it along when it is taken out', () => {
  const here = world(6100);
  const [a1, thief, a3, b] = [here.device('a1'), here.device('thief'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, thief);
  knows(here, thief);
  here.clock.advance(HOUR);
  // It says so without having heard of the other: so by the order of the log it said it first.
  thief.crash();
  const before = new Set(consentsOf(a1.store, idOf(conversation)).map(({ device }) => toHex(device)));
  link(here, a1, a3);
  knows(here, a3);
  here.clock.advance(HOUR);
  expect(activeAt(b, conversation)).toBe(3);
  const taken = consentsOf(a1.store, idOf(conversation)).find(({ device }) => !before.has(toHex(device)));
  if (taken === undefined) throw new Error('a3 said nothing');
  const { device, consent } = taken;
  takeOver(here, thief, conversation).tell({
    type: 'consent',
    conversation: idOf(conversation),
    device,
    consent,
    extensions: [],
  } satisfies SelfContent);
  thief.start();
  here.clock.advance(HOUR);
  a1.call('device.revoke', { device: named(a1, 'thief') });
  here.clock.advance(HOUR);
  expect(activeAt(b, conversation)).toBe(2);
  a3.call('send', { conversation, text: 'still here' });
  expect(here.clock.runUntil(() => texts(b, conversation).includes('still here'), HOUR)).toBe(true);
});

test('a device that says nonsense of keys does not keep others from taking it out', () => {
  const here = world(6101);
  const [a1, thief, b] = [here.device('a1'), here.device('thief'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, thief);
  knows(here, thief);
  here.clock.advance(HOUR);
  takeOver(here, thief, conversation).tell({
    type: 'consent',
    conversation: idOf(conversation),
    device: new Uint8Array(32).fill(9),
    consent: new Uint8Array(64).fill(9),
    extensions: [],
  });
  thief.start();
  here.clock.advance(2 * HOUR);
  a1.call('device.revoke', { device: named(a1, 'thief') });
  here.clock.advance(HOUR);
  expect(activeAt(b, conversation)).toBe(1);
  expect(a1.failures).toEqual([]);
  a1.call('send', { conversation, text: 'still here' });
  expect(here.clock.runUntil(() => texts(b, conversation).includes('still here'), HOUR)).toBe(true);
});
