// What a thief has an hour later: a device's disk and memory, and all that ever went over the line.
import { cellSlots, cellTag } from '@kith/core/mailbox';
import { TABLES } from '@kith/core/ports';
import { loadSession, openSlots } from '@kith/core/session';
import type { MemoryStore } from '@kith/testkit/memory-store';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { expect, test } from 'vitest';
import { link } from './linked.ts';
import { codeOf, pair, texts, world } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const plain = (disk: MemoryStore): string =>
  TABLES.flatMap((table) =>
    disk.scan(table).map(({ key, value }) => Buffer.concat([key, value]).toString('latin1')),
  ).join('\n');
/** How many of these cells open with the sessions of a disk. */
const opens = (disk: MemoryStore, cells: readonly Uint8Array[], now: number): number => {
  const crypto = createNullCrypto();
  const peers = new Map<string, { key: Uint8Array; value: Uint8Array }[]>();
  for (const { key, value } of disk.scan('session')) {
    const peer = Buffer.from(key.subarray(0, 24)).toString('hex');
    peers.set(peer, [...(peers.get(peer) ?? []), { key: key.slice(24), value }]);
  }
  return cells.filter((cell) =>
    [...peers.values()].some((rows) => {
      const session = loadSession(rows);
      return session !== undefined && openSlots(session, crypto, cellSlots(cell), cellTag(cell), now).type === 'opened';
    }),
  ).length;
};

test('S4.13 S4.29 half is deleted, by hand and by timers; an hour later disk and all traffic open none of it; after a removal nothing new', () => {
  const here = world(4130);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const cells: Uint8Array[] = [];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', HOUR);
  here.clock.advance(HOUR);
  here.network.onRequest((_, request) => {
    if (request.type === 'put') for (const { cell } of request.cells) cells.push(cell.slice());
  });
  // The control: a disk from before opens what comes.
  a1.crash();
  const before = (a1.store as MemoryStore).clone();
  a1.start();
  const said: string[] = [];
  const say = (of: typeof b, fate: 'kept' | 'deleted' | 'timed', i: number): void => {
    const text = `${fate} ${of.name} ${i} canary`;
    said.push(text);
    of.call('send', { conversation, text, ...(fate === 'timed' ? { expiresMs: 10 * MINUTE } : {}) });
    here.clock.advance(MINUTE);
  };
  for (let i = 0; i < 4; i++)
    for (const of of [b, a1, a2]) for (const fate of ['kept', 'deleted', 'timed', 'kept'] as const) say(of, fate, i);
  expect(texts(a1, conversation).filter((text) => text !== null).length).toBeGreaterThan(24);
  const recorded = [...cells];
  expect(opens(before, recorded, here.clock.now())).toBeGreaterThan(10);
  a1.call('read', { conversation });
  b.call('read', { conversation });
  for (const line of a1.call('log', { conversation, limit: 500 }))
    if (line.text?.startsWith('deleted') === true) a1.call('delete', { conversation, event: line.event });
  here.clock.advance(HOUR);

  const disk = (a1.store as MemoryStore).clone();
  const found = plain(disk);
  for (const text of said) expect([text, found.includes(text)]).toEqual([text, text.startsWith('kept')]);
  expect(opens(disk, recorded, here.clock.now())).toBe(0);
  for (const text of texts(a1, conversation)) expect(text ?? 'kept').toMatch(/^kept/);
  // What the other own device holds is as it was said on this one.
  const other = plain(a2.store as MemoryStore);
  for (const text of said) expect([text, other.includes(text)]).toEqual([text, text.startsWith('kept')]);

  // The thief runs it; its person takes it out, and Blair answers once.
  a1.stop();
  const name = a2.call('device.list', {}).find(({ thisDevice }) => !thisDevice)?.device ?? '';
  a2.call('device.revoke', { device: name });
  here.clock.advance(HOUR);
  b.call('send', { conversation, text: 'one answer' });
  here.clock.advance(10 * MINUTE);
  const from = cells.length;
  a2.crash();
  const reader = (a2.store as MemoryStore).clone();
  a2.start();
  for (const of of [a2, b]) of.call('send', { conversation, text: `new from ${of.name}` });
  here.clock.advance(10 * MINUTE);
  const fresh = cells.slice(from);
  expect(fresh.length).toBeGreaterThan(1);
  expect(opens(disk, fresh, here.clock.now())).toBe(0);
  // The control: the disk of a device that is in.
  expect(opens(reader, fresh, here.clock.now())).toBeGreaterThan(0);
  a1.start();
  here.clock.advance(HOUR);
  expect(plain(a1.store as MemoryStore)).not.toContain('new from');
  expect(texts(a2, conversation)).toContain('new from b');
  expect(codeOf(() => a1.call('send', { conversation, text: 'in your name' }))).toBe('revoked-device');
});
