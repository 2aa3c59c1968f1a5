// A backup put into a fresh home: a new device of the same person, never a copy of the old one.
import { equalBytes, toHex } from '@kith/core/bytes';
import { readBackup, writeBackup } from '@kith/core/client';
import { encode } from '@kith/core/codec';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { backupRecordCodec } from '../../src/client/backup-format.ts';
import { derive, File, kithOf, PASSPHRASE, recordsOf } from './backup-people.ts';
import { pair, texts, world, type World } from './world.ts';

const HOUR = 3_600_000;
/** As `kith log --json`, without what each device has of its own. */
const logOf = (device: SimDevice, conversation: string): readonly unknown[] =>
  device.call('log', { conversation, limit: 500 }).map(({ receivedAt: _, state: __, ...line }) => line);

const talked = (seed: number) => {
  const here = world(seed);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('profile.set', { name: 'Alice' });
  bob.call('profile.set', { name: 'Bob' });
  alice.call('contact.rename', { conversation, name: 'Bobby' });
  alice.call('contact.mark', { conversation, validity: 'validated' });
  alice.call('set', { key: 'theme', value: 'dark' });
  const first = alice.call('send', { conversation, text: 'before the loss' });
  here.clock.advance(2_000);
  bob.call('send', { conversation, text: 'an answer', reply: first.event });
  bob.call('react', { conversation, event: first.event, emoji: '👍' });
  const gone = bob.call('send', { conversation, text: 'canary-gone' });
  const wrong = bob.call('send', { conversation, text: 'At noon' });
  bob.call('edit', { conversation, event: wrong.event, text: 'At seven' });
  here.clock.advance(2_000);
  alice.call('delete', { conversation, event: gone.event });
  alice.call('read', { conversation });
  bob.call('send', { conversation, text: 'not read yet' });
  here.clock.advance(2_000);
  return { here, alice, bob, conversation };
};
const backup = async (device: SimDevice): Promise<File> => {
  const file = new File();
  await writeBackup(kithOf(device), file, PASSPHRASE, derive);
  return file;
};
/** All that stands in it, as who has its passphrase reads it. */
const plainOf = async (file: File): Promise<readonly Uint8Array[]> =>
  (await recordsOf(file)).map((record) => encode(backupRecordCodec, record));
const restore = async (here: World, file: File, name: string): Promise<SimDevice> => {
  const device = here.device(name);
  device.start();
  await readBackup(kithOf(device), file.read, PASSPHRASE, derive);
  return device;
};
const says = (here: World, from: SimDevice, to: readonly SimDevice[], conversation: string, text: string): boolean => {
  from.call('send', { conversation, text });
  return here.clock.runUntil(() => to.every((one) => texts(one, conversation).includes(text)), 4 * 3_600_000);
};

test('S1.1 export, wipe, restore: the log is equal, and so is everything one knows', async () => {
  const { here, alice, bob, conversation } = talked(1);
  const [log, contacts] = [logOf(alice, conversation), alice.call('contact.list', {})];
  const words = alice.call('contact.words', { conversation });
  const file = await backup(alice);
  here.clock.advance(60_000);
  alice.crash();
  const again = await restore(here, file, 'again');
  expect(logOf(again, conversation)).toEqual(log);
  const [contact] = again.call('contact.list', {});
  const [before] = contacts;
  expect(contact).toMatchObject({
    conversation,
    name: 'Bobby',
    validity: 'validated',
    state: 'active',
    unread: before?.unread,
    draft: before?.draft,
  });
  expect(again.call('contact.words', { conversation })).toEqual(words);
  expect(again.call('profile.get', {})).toMatchObject({ name: 'Alice' });
  expect(again.call('set', { key: 'theme' })[0]?.value).toBe('dark');
  expect(again.call('search', { query: 'loss' }).map(({ text }) => text)).toEqual(['before the loss']);
  expect(again.call('search', { query: 'canary' })).toEqual([]);
  expect(again.call('status', {}).relays).toEqual(alice.running ? [] : again.call('status', {}).relays);
  // And it talks, as a device of its own, without the lost one.
  expect(says(here, bob, [again], conversation, 'still there?')).toBe(true);
  expect(says(here, again, [bob], conversation, 'back again')).toBe(true);
  expect(here.clock.runUntil(() => again.call('status', {}).pending === 0, 4 * 3_600_000)).toBe(true);
  const back = bob.call('log', { conversation, limit: 5 }).find(({ text }) => text === 'back again');
  expect(back).toMatchObject({ authorName: 'Bob' === back?.authorName ? '' : 'Alice', mine: false, mark: null });
});

test('S1.1 restored as a new device, never as a clone: no key of the old one, and both live side by side', async () => {
  const { here, alice, bob, conversation } = talked(2);
  const file = await backup(alice);
  here.clock.advance(60_000);
  const again = await restore(here, file, 'again');
  expect(again.call('status', {}).device).not.toBe(alice.call('status', {}).device);
  const privates = alice.store
    .scan('segment')
    .filter(({ key }) => key.subarray(16).every((byte) => byte === 0))
    .map(({ value }) => value);
  const own = again.store.scan('segment').filter(({ key }) => key.subarray(16).every((byte) => byte === 0));
  for (const { value } of own) expect(privates.some((one) => equalBytes(one, value))).toBe(false);
  expect(says(here, again, [alice, bob], conversation, 'from the restored one')).toBe(true);
  expect(says(here, alice, [again, bob], conversation, 'from the old one')).toBe(true);
  expect(says(here, bob, [again, alice], conversation, 'to both')).toBe(true);
  const all = [alice, again].map((device) => texts(device, conversation));
  expect(all[1]).toEqual(all[0]);
  expect(alice.call('log', { conversation, limit: 500 }).some(({ mark }) => mark === 'copy')).toBe(false);
  expect(bob.call('log', { conversation, limit: 500 }).some(({ mark }) => mark === 'copy')).toBe(false);
  const devices = alice.call('device.list', {});
  expect(devices.filter(({ revoked }) => !revoked)).toHaveLength(3);
  expect(devices.filter(({ backup: isBackup }) => isBackup)).toHaveLength(1);
});

test('S1.1 class 11 restored twice makes two devices: two entries at one place of the spare, and both stand', async () => {
  const { here, alice, bob, conversation } = talked(3);
  const file = await backup(alice);
  here.clock.advance(60_000);
  alice.crash();
  const one = await restore(here, file, 'one');
  const two = await restore(here, file, 'two');
  expect(says(here, one, [bob], conversation, 'I am one')).toBe(true);
  expect(says(here, two, [bob], conversation, 'I am two')).toBe(true);
  expect(says(here, bob, [one, two], conversation, 'hello both')).toBe(true);
  expect(here.clock.runUntil(() => texts(one, conversation).includes('I am two'), 4 * 3_600_000)).toBe(true);
  expect(here.clock.runUntil(() => texts(two, conversation).includes('I am one'), 4 * 3_600_000)).toBe(true);
  expect(toHex(new Uint8Array(1))).toBe('00');
});

/** Alice's home and two that came back from one file of it; all of them know each other, and Bob knows all. */
const restoredTwice = async (seed: number) => {
  const there = talked(seed);
  const { here, alice, bob, conversation } = there;
  const file = await backup(alice);
  here.clock.advance(60_000);
  const [one, two] = [await restore(here, file, 'one'), await restore(here, file, 'two')];
  expect(says(here, one, [alice, two, bob], conversation, 'I am one')).toBe(true);
  expect(says(here, two, [alice, one, bob], conversation, 'I am two')).toBe(true);
  return { ...there, one, two };
};
const standing = (of: SimDevice): readonly string[] =>
  of.call('device.list', {}).flatMap(({ device, revoked, backup: isBackup }) => (revoked || isBackup ? [] : [device]));

test.each(['alice', 'one', 'two'] as const)(
  'S1.1 S4.23 restored twice, then the file is removed by %s: it lets nobody in, and both that came back with it stay',
  async (by) => {
    const there = await restoredTwice(10);
    const { here, alice, bob, one, two, conversation } = there;
    const spare = there[by].call('device.list', {}).find(({ backup: isBackup }) => isBackup);
    there[by].call('device.revoke', { device: spare?.device ?? '' });
    here.clock.advance(2 * HOUR);
    for (const own of [alice, one, two]) {
      expect(standing(own)).toHaveLength(3);
      expect(own.call('device.list', {}).filter(({ revoked }) => revoked)).toMatchObject([{ backup: true }]);
    }
    expect(bob.call('contact.devices', { conversation }).filter(({ removed }) => !removed)).toHaveLength(3);
    for (const own of [alice, one, two]) {
      const rest = [alice, one, two, bob].filter((other) => other !== own);
      expect(says(here, own, rest, conversation, `${own.name} stays`)).toBe(true);
    }
    expect(says(here, bob, [alice, one, two], conversation, 'you all')).toBe(true);
  },
);

test.each([
  ['one', 'two'],
  ['two', 'one'],
] as const)(
  'S1.1 S4.23 restored twice, then %s removes %s: that one stops, and what both wrote stays',
  async (by, gone) => {
    const there = await restoredTwice(11);
    const { here, alice, bob, conversation } = there;
    const device = there[gone].call('device.list', {}).find(({ thisDevice }) => thisDevice)?.device ?? '';
    there[by].call('device.revoke', { device });
    here.clock.advance(2 * HOUR);
    for (const own of [alice, there[by]]) expect(standing(own)).toHaveLength(2);
    expect(standing(alice)).not.toContain(device);
    expect(bob.call('contact.devices', { conversation }).filter(({ removed }) => removed)).toHaveLength(1);
    expect(() => there[gone].call('send', { conversation, text: 'too late' })).toThrow();
    expect(says(here, there[by], [alice, bob], conversation, 'it is me')).toBe(true);
    expect(says(here, bob, [alice, there[by]], conversation, 'I know')).toBe(true);
    expect(texts(there[gone], conversation)).not.toContain('I know');
    for (const held of [alice, bob, there[by]])
      for (const text of ['I am one', 'I am two']) expect(texts(held, conversation)).toContain(text);
  },
);

test.each(['online', 'as a short command'])(
  'S1.1 a restored device is there at once: relays are read, and lines come and go live (backup made %s)',
  async (how) => {
    const { here, alice, bob, conversation } = talked(6);
    if (how !== 'online') {
      // It asks no relay anything, so that nothing is known of what live channels need.
      alice.stop();
      alice.start(false);
    }
    const file = await backup(alice);
    here.clock.advance(5_000);
    alice.crash();
    const again = here.device('again');
    again.start();
    here.clock.advance(30_000);
    let fetched = 0;
    here.network.onRequest((_, { type }) => void (fetched += type === 'fetch' ? 1 : 0));
    await readBackup(kithOf(again), file.read, PASSPHRASE, derive);
    const soon = (done: () => boolean): boolean => here.clock.runUntil(done, 5_000);
    expect(soon(() => fetched > 0)).toBe(true);
    again.call('send', { conversation, text: 'it is I' });
    expect(soon(() => texts(bob, conversation).includes('it is I'))).toBe(true);
    bob.call('send', { conversation, text: 'so I see' });
    expect(soon(() => texts(again, conversation).includes('so I see'))).toBe(true);
    expect(soon(() => again.call('status', {}).pending === 0)).toBe(true);
    // All its inboxes are heard live: they are not asked every 20 seconds.
    fetched = 0;
    here.clock.advance(60_000);
    expect(fetched).toBeLessThan(3);
  },
);

test('S1.1 what waited when the backup was made waits on the restored device, and arrives', async () => {
  const { here, alice, bob, conversation } = talked(4);
  bob.crash();
  alice.call('send', { conversation, text: 'you were away' });
  const file = await backup(alice);
  here.clock.advance(5_000);
  alice.crash();
  here.relays[0]?.wipe();
  const again = await restore(here, file, 'again');
  const waiting = again
    .call('log', { conversation, limit: 50 })
    .filter(({ mine, state }) => mine && state !== 'delivered' && state !== 'read');
  expect(waiting.map(({ text }) => text)).toContain('you were away');
  expect(waiting.map(({ text }) => text)).not.toContain('before the loss');
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('you were away'), 4 * 3_600_000)).toBe(true);
});

test('a spare is sent nothing, whoever knows of it', async () => {
  const { here, alice, bob, conversation } = talked(5);
  await backup(alice);
  here.clock.advance(24 * 3_600_000);
  expect(bob.store.scan('session').length).toBeGreaterThan(0);
  const spare = alice.call('device.list', {}).find(({ backup: isBackup }) => isBackup);
  expect(spare).toMatchObject({ revoked: false, thisDevice: false });
  // Bob holds the entry (two devices of Alice in the charter), and one session.
  const [sessions, entries] = [bob.store.scan('session'), bob.store.scan('entry')];
  expect(entries.length).toBeGreaterThan(2);
  expect(new Set(sessions.map(({ key }) => toHex(key.subarray(16, 24)))).size).toBe(1);
  // Nor does anyone say hello to it.
  for (const device of [alice, bob]) {
    const greeted = device.store.scan('hello').filter(({ key }) => key.length === 24);
    expect(new Set(greeted.map(({ key }) => toHex(key.subarray(16)))).size).toBe(1);
  }
  expect(says(here, alice, [bob], conversation, 'as before')).toBe(true);
});

test('a later backup uses the same spare, and adds it to conversations that are new', async () => {
  const { here, alice, conversation } = talked(6);
  await backup(alice);
  const entries = alice.store.scan('entry').length;
  await backup(alice);
  expect(alice.store.scan('entry')).toHaveLength(entries);
  const carol = here.device('carol');
  const second = pair(here, alice, carol);
  const file = await backup(alice);
  here.clock.advance(60_000);
  alice.crash();
  const again = await restore(here, file, 'again');
  expect(
    again
      .call('contact.list', {})
      .map((one) => one.conversation)
      .toSorted(),
  ).toEqual([conversation, second].toSorted());
  expect(says(here, carol, [again], second, 'to a new device')).toBe(true);
});

test('a backup file that was removed lets nobody in anywhere, whatever that one obeys; a later one of the same home does', async () => {
  const { here, alice, bob, conversation } = talked(7);
  const file = await backup(alice);
  here.clock.advance(60_000);
  const again = await restore(here, file, 'again');
  here.clock.advance(HOUR);
  // Removed from the device that came back with it: which of a contact's devices is the file's, only charters tell.
  const spare = again.call('device.list', {}).find(({ backup: isBackup }) => isBackup);
  again.call('device.revoke', { device: spare?.device ?? '' });
  here.clock.advance(HOUR);
  const removed = bob.call('contact.devices', { conversation }).map((one) => one.removed);
  expect(removed).toEqual([false, true, false]);
  // The thief hears of nobody but Bob.
  for (const own of [alice, again]) own.stop();
  const thief = await restore(here, file, 'thief');
  expect(says(here, thief, [bob], conversation, 'I found this file')).toBe(false);
  expect(bob.call('contact.devices', { conversation }).filter((one) => !one.removed)).toHaveLength(2);
  thief.crash();
  for (const own of [alice, again]) own.start();
  expect(says(here, again, [bob, alice], conversation, 'still here')).toBe(true);

  const later = await backup(alice);
  here.clock.advance(HOUR);
  alice.crash();
  const last = await restore(here, later, 'last');
  expect(says(here, last, [bob, again], conversation, 'with a new file')).toBe(true);
  expect(says(here, bob, [last, again], conversation, 'welcome back')).toBe(true);
  expect(last.call('device.list', {}).find(({ thisDevice }) => thisDevice)).toMatchObject({ revoked: false });
});

test('S4.4 S4.29 what was deleted or is over is in no later backup, and the restored device does not take it back', async () => {
  const { here, alice, bob, conversation } = talked(8);
  const say = (from: SimDevice, text: string, more: object = {}): string =>
    from.call('send', { conversation, text, ...more }).event;
  const mine = say(alice, 'canary-mine');
  const theirs = say(bob, 'canary-theirs');
  say(alice, 'canary-timed', { expiresMs: HOUR });
  alice.call('draft.set', { conversation, text: 'canary-draft' });
  here.clock.advance(5_000);
  expect(canariesIn(await plainOf(await backup(alice)))).toEqual(['draft', 'mine', 'theirs', 'timed']);
  alice.call('delete', { conversation, event: mine });
  alice.call('delete', { conversation, event: theirs });
  alice.call('draft.set', { conversation, text: '' });
  bob.call('read', { conversation });
  alice.call('read', { conversation });
  here.clock.advance(3 * HOUR);
  const file = await backup(alice);
  expect(canariesIn(await plainOf(file))).toEqual([]);

  alice.crash();
  const again = await restore(here, file, 'again');
  expect(says(here, bob, [again], conversation, 'later')).toBe(true);
  expect(says(here, again, [bob], conversation, 'back again')).toBe(true);
  here.clock.advance(6 * HOUR);
  expect(texts(bob, conversation)).toContain('canary-theirs');
  expect(again.call('search', { query: 'canary' })).toEqual([]);
  expect(canariesIn(again.store.scan('content').map(({ value }) => value))).toEqual([]);
  expect(texts(again, conversation).filter((text) => text?.startsWith('canary') === true)).toEqual([]);
});

test('S0.27 session and prekey secrets that are gone after 3 h, and those that came since, are in no later backup', async () => {
  const { here, alice, bob, conversation } = talked(9);
  alice.call('set', { key: 'segment-period', value: '1h' });
  const secrets = new Set<string>();
  const note = (): void => {
    for (const table of ['session', 'hello'] as const)
      for (const { value } of alice.store.scan(table)) for (const secret of byteStrings(value)) secrets.add(secret);
  };
  for (let minutes = 0; minutes < 200; minutes += 5) {
    note();
    if (minutes % 50 === 0) bob.call('send', { conversation, text: `at ${minutes}` });
    here.clock.advance(5 * 60_000);
  }
  expect(secrets.size).toBeGreaterThan(20);
  const plain = Buffer.concat(await plainOf(await backup(alice))).toString('latin1');
  expect(plain).toContain('at 150');
  expect([...secrets].filter((secret) => plain.includes(secret))).toEqual([]);
});
/** Every byte string of 32 that CBOR holds in there and that is random enough to be a key. */
const byteStrings = (value: Uint8Array): readonly string[] => {
  const found: string[] = [];
  for (let at = 2; at + 32 <= value.length; at++) {
    const piece = value.subarray(at, at + 32);
    if (value[at - 2] === 0x58 && value[at - 1] === 0x20 && new Set(piece).size > 20)
      found.push(Buffer.from(piece).toString('latin1'));
  }
  return found;
};
const canariesIn = (pieces: readonly Uint8Array[]): readonly string[] => {
  const plain = Buffer.concat(pieces).toString('latin1');
  return [...new Set([...plain.matchAll(/canary-(draft|mine|theirs|timed)/g)].map(([, name = '']) => name))].toSorted();
};
