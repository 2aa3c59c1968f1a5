// When charter entries were first seen decides whether a dispute is over. A device that is linked later was not there.
import { fromHex, toHex } from '@kith/core/bytes';
import { createRemoval, openEntry, type FeedId } from '@kith/core/identity';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { takeOver } from './hostile.ts';
import { link } from './linked.ts';
import { pair, texts, world } from './world.ts';

// Weeks of a simulated world.
vi.setConfig({ testTimeout: 120_000 });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A1 took A2 out; `after` days later the thief who has A2 answers with a removal of A1, which names nothing later than that. */
const answered = (seed: number, after: number) => {
  const here = world(seed);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  here.clock.advance(2 * HOUR);
  a2.crash();
  a1.call('device.revoke', { device: a1.call('device.list', {}).find(({ name }) => name === 'a2')?.device ?? '' });
  const talk = (days: number): void => {
    for (let day = 0; day < days; day++) {
      a1.call('send', { conversation, text: `a, day ${day}` });
      b.call('send', { conversation, text: `b, day ${day}` });
      here.clock.advance(DAY);
    }
  };
  talk(after);
  const thief = takeOver(here, a2, conversation);
  const own = thief.pair.log.device();
  const victim = thief.pair.log
    .charter()
    .members.flatMap(({ id, devices }) => (toHex(id) === toHex(thief.pair.me) ? devices : []))
    .find(({ feed }) => own !== undefined && toHex(feed) !== toHex(own.feed));
  if (victim === undefined) throw new Error('nobody to remove');
  const { entry } = thief.pair.log.appendEntry(
    (key, at) =>
      createRemoval(thief.crypto, key, at, {
        feed: victim.feed,
        member: null,
        cuts: thief.pair.log.cutsHere(victim.feed),
      }),
    here.clock.now(),
  );
  thief.say([{ type: 'objects', objects: [{ type: 'entry', entry }] }]);
  here.clock.advance(2 * HOUR);
  const disputed = (of: SimDevice): number =>
    of.call('contact.devices', { conversation }).filter((one) => one.disputed).length;
  const contested = (of: SimDevice): number =>
    of.call('recovery.state', {}).contested.filter((one) => one.conversation === conversation).length;
  return { here, a1, b, conversation, talk, disputed, contested };
};

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
