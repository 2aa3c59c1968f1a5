// When charter entries were first seen decides whether a dispute is over. A device that is linked later was not there.
import { fromHex } from '@kith/core/bytes';
import { readBackup, writeBackup } from '@kith/core/client';
import { openEntry, type FeedId } from '@kith/core/identity';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { derive, File, kithOf, PASSPHRASE } from './backup-people.ts';
import { answered } from './disputes.ts';
import { takeOver } from './hostile.ts';
import { link } from './linked.ts';
import { makeWords, pair, texts, world, type World } from './world.ts';

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

/** Alice, a thief with a device of hers, and Bob; and what of Alice comes back from a backup once her own device is gone. */
const restored = async (seed: number, before: (parts: { a: SimDevice; thief: SimDevice; here: World }) => void) => {
  const here = world(seed);
  const [a, thief, b] = [here.device('a'), here.device('thief'), here.device('b')];
  const conversation = pair(here, a, b);
  link(here, a, thief);
  here.clock.advance(HOUR);
  before({ a, thief, here });
  const file = new File();
  await writeBackup(kithOf(a), file, PASSPHRASE, derive);
  a.stop();
  const again = here.device('again');
  again.start();
  await readBackup(kithOf(again), file.read, PASSPHRASE, derive);
  here.clock.advance(2 * HOUR);
  return { here, thief, b, again, conversation };
};
const wordsOf = (of: SimDevice) => of.call('recovery.state', {});

test('S4.21 S1.1 words that a thief set wait as long for who comes back from a backup, and are refused there', async () => {
  let waits: readonly (number | null)[] = [];
  const { here, thief, again } = await restored(63, ({ a, thief: other, here: { clock } }) => {
    makeWords(other);
    clock.advance(2 * HOUR);
    waits = wordsOf(a).waiting.map(({ from }) => from);
  });
  expect(waits).not.toContain(null);
  expect(wordsOf(again).waiting).toHaveLength(2);
  expect(wordsOf(again).waiting.map(({ from }) => from)).toEqual(waits);
  expect(wordsOf(again).ready).toBe(0);
  again.call('recovery.refuse', {});
  here.clock.advance(9 * DAY);
  for (const own of [again, thief]) expect(wordsOf(own)).toMatchObject({ ready: 0, waiting: [] });
});

test('S1.1 words that counted on the lost device count for who comes back from its backup', async () => {
  let phrase = '';
  const { here, thief, again } = await restored(64, ({ a, here: { clock } }) => {
    phrase = makeWords(a).join(' ');
    clock.advance(9 * DAY);
    expect(wordsOf(a)).toMatchObject({ ready: 2, waiting: [] });
  });
  expect(wordsOf(again)).toMatchObject({ ready: 2, waiting: [] });
  const stolen = again.call('device.list', {}).find(({ name }) => name === 'thief')?.device ?? '';
  again.call('device.revoke', { device: stolen, words: phrase });
  here.clock.advance(HOUR);
  expect(thief.call('device.list', {}).find(({ thisDevice }) => thisDevice)?.device).not.toBe(stolen);
});

test('S4.21 class 1 what another own device says of when it saw what is not believed by who comes back', async () => {
  const { again } = await restored(65, ({ a, thief: other, here }) => {
    makeWords(other);
    here.clock.advance(HOUR);
    const [conversation = ''] = a.call('contact.list', {}).map((one) => one.conversation);
    const { self, pair: of, tell } = takeOver(here, other, conversation);
    const names = [self, of].flatMap(({ log }) =>
      log.charter().members.flatMap(({ devices }) => devices.map(({ feed }) => feed)),
    );
    for (const { id, log } of [self, of])
      for (const device of [...names, new Uint8Array(8) as FeedId])
        tell({
          type: 'firstSeen',
          conversation: id,
          device,
          entries: log.firstSeen().map(({ entry }) => ({ entry, at: 1 })),
          extensions: [],
        });
    other.start();
    here.clock.advance(HOUR);
  });
  expect(wordsOf(again).waiting).toHaveLength(2);
  expect(wordsOf(again).ready).toBe(0);
});
