// Backups whose owner has a contact, a thief or a file of somebody who means ill; and restores that something else comes between.
import { utf8 } from '@kith/core/bytes';
import { importFile, readBackup, writeBackup } from '@kith/core/client';
import { Secret } from '@kith/core/crypto';
import { createCertificate, type EventId, type SegmentId } from '@kith/core/identity';
import { createSeal, type LogObject } from '@kith/core/log';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { BACKUP_HEADER_BYTES, BACKUP_PART_BYTES } from '../../src/client/backup-format.ts';
import { crypto, derive, File, kithOf, PASSPHRASE } from './backup-people.ts';
import { takeOver, type Hostile } from './hostile.ts';
import { link } from './linked.ts';
import { pair, texts, world, type World } from './world.ts';

const HOUR = 3_600_000;
/** A backup of very little that is longer than this never ends. */
const MOST_PARTS = 12;

class SmallDisk extends File {
  override write(at: number, bytes: Uint8Array) {
    if (at > BACKUP_HEADER_BYTES + MOST_PARTS * BACKUP_PART_BYTES) return Promise.reject(new Error('a full disk'));
    return super.write(at, bytes);
  }
}
const backup = async (device: SimDevice): Promise<File> => {
  const file = new SmallDisk();
  await writeBackup(kithOf(device), file, PASSPHRASE, derive);
  return file;
};
const restore = async (here: World, file: File, name = 'again'): Promise<SimDevice> => {
  const device = here.device(name);
  device.start();
  await readBackup(kithOf(device), file.read, PASSPHRASE, derive);
  return device;
};
const talked = (seed: number) => {
  const here = world(seed);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'one' });
  bob.call('send', { conversation, text: 'two' });
  here.clock.advance(60_000);
  return { here, alice, bob, conversation };
};

/** Days of its own of which it hands over nothing but the ends; `padded`: with certificates as long as they may be. */
const stubsOf = ({ pair: of }: Hostile, days: number, padded: boolean): readonly LogObject[] => {
  const device = of.log.device();
  if (device === undefined) throw new Error('no device');
  let previous: SegmentId | null = null;
  const extensions = Array.from({ length: padded ? 8 : 0 }, (_, i) => ({
    id: 100 + i,
    critical: false,
    value: new Uint8Array(256),
  }));
  return Array.from({ length: days }, (_, number) => {
    const seed = new Uint8Array(32).fill(number % 251).fill(number >> 8, 0, 1);
    const subkey = crypto.signingKey(new Secret(seed.slice()));
    const { bytes, certificate } = createCertificate(crypto, device.key, {
      conversation: of.id,
      feed: device.feed,
      number,
      previous,
      subkey: subkey.publicKey,
      day: 20_000 + number,
      extensions,
    });
    const { segment } = certificate;
    previous = segment;
    const head = new Uint8Array(32).fill(1) as EventId;
    const { signature } = createSeal(crypto, subkey, of.id, { feed: device.feed, segment, seq: 0 }, head);
    const end = { feed: device.feed, segment, count: 1, head, lamport: 1 + number, seed, signature };
    return [
      { type: 'certificate', certificate: bytes },
      { type: 'stub', format: 1, kind: 1, ...end },
    ] as const;
  }).flat();
};

test.each([
  ['more ends of days than one record holds', 2_100, false],
  ['ends of days that fit no part together', 600, true],
])(
  'class 29 S1.1 a contact that hands over %s keeps nobody from a backup that can be restored',
  async (_, days, padded) => {
    const { here, alice, bob, conversation } = talked(41);
    const mallory = takeOver(here, bob, conversation);
    const objects = stubsOf(mallory, days, padded);
    for (let at = 0; at < objects.length; at += 20) {
      mallory.say([{ type: 'objects', objects: objects.slice(at, at + 20) }]);
      if (at % 400 === 0) here.clock.advance(5_000);
    }
    here.clock.advance(60_000);
    expect(alice.store.scan('certificate').length).toBeGreaterThan(days * 0.9);
    const again = await restore(here, await backup(alice));
    expect(texts(again, conversation).toSorted()).toEqual(['one', 'two']);
    expect(again.store.scan('certificate').length).toBeGreaterThanOrEqual(alice.store.scan('certificate').length);
    expect([alice, again].flatMap(({ failures }) => failures)).toEqual([]);
  },
);

test.each([
  ['answers to long texts', { reply: { event: 'r', authorName: 'x', text: 'y'.repeat(60_000) } }],
  ['reactions without end', { reactions: Array.from({ length: 256 }, () => ({ emoji: 'z'.repeat(60), count: 1 })) }],
])('class 29 S1.1 lines of an export file with %s keep nobody from a backup that can be restored', async (_, more) => {
  const { here, alice } = talked(42);
  const head = { kith: 'export', version: 1, conversations: [{ conversation: 'aa', name: 'A' }] };
  const lines = Array.from({ length: 80 }, (__, i) => ({
    event: `e${i}`,
    conversation: 'aa',
    kind: 'text',
    sentAt: '2026-01-01T00:00:00.000Z',
    text: `text ${i}`,
    ...more,
  }));
  const bytes = utf8([head, ...lines].map((one) => JSON.stringify(one)).join('\n'));
  await importFile(kithOf(alice), async function* () {
    yield bytes;
  });
  const again = await restore(here, await backup(alice));
  const logs = [alice, again].map((device) => {
    const [found] = device.call('contact.list', {}).filter(({ imported }) => imported);
    return found && device.call('log', { conversation: found.conversation, limit: 500 });
  });
  expect(logs[0]).toHaveLength(80);
  expect(logs[1]).toEqual(logs[0]);
});

test('S1.1 lines of export files make no part of a restore dearer than the one before, and are never all read at once', async () => {
  const { here, alice } = talked(45);
  const lines = Array.from({ length: 2_400 }, (_, i) => ({
    event: `e${i}`,
    conversation: 'aa',
    kind: 'text',
    sentAt: '2026-01-01T00:00:00.000Z',
    text: `text ${i} `.repeat(200),
  }));
  await importFile(kithOf(alice), async function* () {
    yield utf8(
      [{ kith: 'export', version: 1, conversations: [] }, ...lines].map((one) => JSON.stringify(one)).join('\n'),
    );
  });
  const file = await backup(alice);
  const again = here.device('again');
  again.start();
  const read: number[] = [];
  const { store } = again;
  const scan = store.scan.bind(store);
  vi.spyOn(store, 'scan').mockImplementation((table, range) => {
    const rows = scan(table, range);
    if (table === 'backup') read.push(rows.length);
    return rows;
  });
  await readBackup(kithOf(again), file.read, PASSPHRASE, derive);
  expect(again.call('search', { query: '2399' })).not.toEqual([]);
  expect(scan('backup')).toEqual([]);
  expect(Math.max(...read)).toBeLessThan(20);
});

const beforeTheEnd = (method: string): void => {
  if (method === 'restore.finish') throw new Error('a break');
};
test('S1.1 a restore that was broken off, then a link of the device that is still there: all of it is shown, and stays', async () => {
  const { here, alice, bob, conversation } = talked(43);
  const file = await backup(alice);
  bob.call('send', { conversation, text: 'three' });
  here.clock.advance(60_000);
  const again = here.device('again');
  again.start();
  await expect(readBackup(kithOf(again, beforeTheEnd), file.read, PASSPHRASE, derive)).rejects.toThrow('a break');
  link(here, alice, again);
  const shown = (): readonly (string | null)[] => texts(again, conversation).toSorted();
  expect(here.clock.runUntil(() => shown().length === 3, HOUR)).toBe(true);
  expect(shown()).toEqual(['one', 'three', 'two']);
  expect(again.store.scan('backup')).toEqual([]);
  // Whoever gives the restore up now has nothing of the home taken away.
  again.call('restore.cancel', {});
  again.crash();
  again.start();
  expect(shown()).toEqual(['one', 'three', 'two']);
  again.call('send', { conversation, text: 'four' });
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('four'), HOUR)).toBe(true);
});

test('S1.1 a link that nobody answered, then a restore: everything is back', async () => {
  const { here, alice, bob, conversation } = talked(44);
  const file = await backup(alice);
  const again = here.device('again');
  again.start();
  const { link: unanswered } = alice.call('device.link', { history: 'all' });
  alice.crash();
  again.call('device.join', { link: unanswered, name: 'again' });
  here.clock.advance(60_000);
  const { conversations, events } = await readBackup(kithOf(again), file.read, PASSPHRASE, derive);
  expect(conversations).toEqual([conversation]);
  expect(events).toBeGreaterThan(1);
  expect(texts(again, conversation).toSorted()).toEqual(['one', 'two']);
  bob.call('send', { conversation, text: 'welcome' });
  expect(here.clock.runUntil(() => texts(again, conversation).includes('welcome'), HOUR)).toBe(true);
});
