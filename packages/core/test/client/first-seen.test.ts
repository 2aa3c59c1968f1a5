// When charter entries were first seen decides whether a dispute is over. A device that is linked later was not there.
import { fromHex } from '@kith/core/bytes';
import { openEntry, type FeedId } from '@kith/core/identity';
import { expect, test, vi } from 'vitest';
import { answered } from './disputes.ts';
import { takeOver } from './hostile.ts';
import { link } from './linked.ts';
import { pair, texts, world } from './world.ts';

// Weeks of a simulated world.
vi.setConfig({ testTimeout: 120_000 });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('class 2 S4.23 an answer that comes when a removal is final is void on devices that are linked later, too, on both sides', () => {
  const { here, a1, b, conversation, talk, disputed, contested } = answered(60, 9);
  expect([contested(a1), disputed(b)]).toEqual([0, 0]);
  const [a3, b2] = [here.device('a3'), here.device('b2')];
  link(here, a1, a3);
  link(here, b, b2);
  here.clock.advance(DAY);
  talk(2);
  expect([contested(a1), contested(a3), disputed(b), disputed(b2)]).toEqual([0, 0, 0, 0]);
  a3.call('send', { conversation, text: 'from a3' });
  b2.call('send', { conversation, text: 'from b2' });
  a1.stop();
  b.stop();
  here.clock.advance(DAY);
  expect(texts(b2, conversation)).toContain('from a3');
  expect(texts(a3, conversation)).toContain('from b2');
});

test('S4.23 an answer that came in time leaves both disputed on devices that are linked later, too', () => {
  const { here, a1, b, talk, disputed, contested } = answered(61, 3);
  expect([contested(a1), disputed(b)]).toEqual([2, 2]);
  const b2 = here.device('b2');
  link(here, b, b2);
  talk(5);
  expect([contested(a1), disputed(b), disputed(b2)]).toEqual([2, 2, 2]);
});

test('S4.21 class 1 only who let a device in is believed about what was before it', () => {
  const here = world(62);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  for (const joining of [a2, a3]) {
    link(here, a1, joining);
    here.clock.advance(2 * HOUR);
  }
  const refusable = (): boolean =>
    a3.call('device.list', {}).find(({ name }) => name === 'a2')?.refusableUntil !== null;
  expect(refusable()).toBe(true);
  // A2's client was changed: it tells A3 that it has been there for ever.
  const thief = takeOver(here, a2, conversation);
  const entry = thief.self.log.addingEntry(thief.self.log.device()?.feed as FeedId);
  const device = a3.call('device.list', {}).find(({ thisDevice }) => thisDevice)?.device ?? '';
  const hash = entry === undefined ? undefined : openEntry(thief.crypto, entry)?.hash;
  if (hash === undefined) throw new Error('it was not added');
  thief.tell({
    type: 'firstSeen',
    conversation: thief.self.id,
    device: fromHex(device) as FeedId,
    entries: [{ entry: hash, at: 1 }],
    extensions: [],
  });
  a2.start();
  a2.call('device.name', { name: 'a2' });
  a2.call('contact.rename', { conversation, name: 'heard of' });
  here.clock.advance(HOUR);
  // It has heard of it.
  expect(a3.call('contact.list', {})[0]?.name).toBe('heard of');
  expect(refusable()).toBe(true);
});
