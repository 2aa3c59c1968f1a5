// What stays and what goes: deletions, drafts, projections, old copies, wrong clocks, published subkeys.
import { utf8 } from '@kith/core/bytes';
import { PAIR_TABLES, SELF_TABLES } from '@kith/core/conversation';
import { conversationFromName } from '@kith/core/identity';
import { openConversationLog, PUBLISH_KIND } from '@kith/core/log';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { TABLES } from '@kith/core/ports';
import type { MemoryStore } from '@kith/testkit/memory-store';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { decodeLocal } from '../../src/client/records.ts';
import { pair, texts, world } from './world.ts';

const holds = (device: SimDevice, text: string): readonly string[] => {
  const needle = Buffer.from(utf8(text)).toString('latin1');
  return TABLES.filter((table) =>
    device.store.scan(table).some(({ key, value }) => Buffer.concat([key, value]).toString('latin1').includes(needle)),
  );
};

test('S4.4 what is deleted, with its edits and drafts, is in no table of either side any more', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('draft.set', { conversation, text: 'canary-draft' });
  alice.call('draft.set', { conversation, text: 'canary-draft, longer' });
  expect(holds(alice, 'canary-draft')).not.toEqual([]);
  const { event } = alice.call('send', { conversation, text: 'canary-text' });
  expect(holds(alice, 'canary-draft')).toEqual([]);
  alice.call('edit', { conversation, event, text: 'canary-edit one' });
  alice.call('edit', { conversation, event, text: 'canary-edit two' });
  here.clock.advance(2_000);
  expect(holds(bob, 'canary-text')).not.toEqual([]);
  bob.call('delete', { conversation, event });
  expect([...holds(bob, 'canary-text'), ...holds(bob, 'canary-edit')]).toEqual([]);
  expect(holds(alice, 'canary-edit')).not.toEqual([]);
  alice.call('delete', { conversation, event, forAll: true });
  here.clock.advance(2_000);
  expect([...holds(alice, 'canary-text'), ...holds(alice, 'canary-edit')]).toEqual([]);
  alice.call('sync', {});
  bob.call('sync', {});
  here.clock.advance(60_000);
  expect([...holds(bob, 'canary-text'), ...holds(bob, 'canary-edit')]).toEqual([]);
});

test('the tables of contacts and lines are what its log adds up to', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('contact.rename', { conversation, name: 'Bobby' });
  alice.call('contact.mark', { conversation, validity: 'validated' });
  alice.call('draft.set', { conversation, text: 'half a thought' });
  alice.call('set', { key: 'theme', value: 'dark' });
  alice.call('set', { key: 'read-receipts', value: 'on', in: conversation });
  alice.call('profile.set', { name: 'Alice' });
  const { event } = alice.call('send', { conversation, text: 'gone for me' });
  alice.call('delete', { conversation, event });
  const other = bob.call('send', { conversation, text: 'edited' });
  bob.call('edit', { conversation, event: other.event, text: 'edited twice' });
  bob.call('send', { conversation, text: 'timed', expiresMs: 3_600_000 });
  here.clock.advance(2_000);
  alice.call('react', { conversation, event: other.event, emoji: '🎉' });
  alice.call('star', { conversation, event: other.event });
  alice.call('read', { conversation });
  bob.call('send', { conversation, text: 'unread' });
  bob.call('send', { conversation, text: 'unread and timed', expiresMs: 3_600_000 });
  here.clock.advance(2_000);
  const tables = [...SELF_TABLES, ...PAIR_TABLES, 'timer', 'due'] as const;
  const before = tables.map((table) => alice.store.scan(table));
  const contacts = alice.call('contact.list', {});
  alice.rebuild();
  expect(tables.map((table) => alice.store.scan(table))).toEqual(before);
  expect(alice.call('contact.list', {})).toEqual(contacts);
  expect(before.every((rows) => rows.length > 0)).toBe(true);
});

test('an old copy of a home goes on without a lost message, and is noticed', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'before the copy' });
  here.clock.advance(5_000);
  alice.stop();
  const copy = (alice.store as MemoryStore).clone();
  alice.start();
  alice.call('send', { conversation, text: 'after the copy' });
  bob.call('send', { conversation, text: 'answer' });
  here.clock.advance(5_000);
  alice.stop();
  alice.store = copy;
  alice.start();
  alice.call('send', { conversation, text: 'from the copy' });
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('from the copy'), 4 * 3_600_000)).toBe(true);
  expect(here.clock.runUntil(() => texts(alice, conversation).includes('answer'), 4 * 3_600_000)).toBe(true);
  expect(here.clock.runUntil(() => texts(alice, conversation).includes('after the copy'), 4 * 3_600_000)).toBe(true);
  expect(texts(alice, conversation).toSorted()).toEqual([
    'after the copy',
    'answer',
    'before the copy',
    'from the copy',
  ]);
  expect(texts(bob, conversation)).toEqual(texts(alice, conversation));
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});

test('clocks that are a day apart change nothing but the times shown', () => {
  for (const hours of [-24, 24]) {
    const here = world();
    const alice = here.device('alice');
    const bob = here.device('bob');
    bob.offset = hours * 3_600_000;
    const conversation = pair(here, alice, bob);
    for (let i = 0; i < 5; i++) {
      alice.call('send', { conversation, text: `a${i}` });
      here.clock.advance(1_000);
      bob.call('send', { conversation, text: `b${i}` });
      here.clock.advance(1_000);
    }
    const expected = ['a0', 'b0', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a4', 'b4'];
    expect([texts(alice, conversation), texts(bob, conversation)]).toEqual([expected, expected]);
  }
});

test('S1.4 subkeys of past days are published once both have everything and a week has gone by', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  for (let day = 0; day < 12; day++) {
    alice.call('send', { conversation, text: `day ${day}` });
    bob.call('send', { conversation, text: `answer ${day}` });
    here.clock.advance(24 * 3_600_000);
  }
  const published = (device: SimDevice): number => {
    const id = conversationFromName(conversation);
    if (id === undefined) throw new Error('no conversation');
    const { root } = decodeLocal(device.store.get('conversation', id) ?? new Uint8Array(0));
    const parts = { store: device.store, crypto: createNullCrypto(), randomness: seededRandomness(1) };
    const log = openConversationLog({ ...parts, conversation: id, kind: 'pair', roots: [root] });
    return log.page({ limit: 1000 }).filter(({ contentKind }) => contentKind === PUBLISH_KIND).length;
  };
  expect(published(alice)).toBeGreaterThanOrEqual(4);
  expect(published(bob)).toBe(published(alice));
  expect(texts(bob, conversation)).toHaveLength(24);
});

test('a full disk is said, costs nothing that was there, and is over when there is room', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'safe' });
  (alice.store as MemoryStore).failNext('full', 1);
  expect(() => alice.call('send', { conversation, text: 'too much' })).toThrow(
    expect.objectContaining({ code: 'disk-full' }),
  );
  alice.call('send', { conversation, text: 'room again' });
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('room again'), 120_000)).toBe(true);
  expect(texts(alice, conversation)).toEqual(['safe', 'room again']);
});

test('U4 a device that lost every session reads on: nothing is ever "unable to decrypt"', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'before' });
  here.clock.advance(5_000);
  bob.stop();
  for (const { key } of bob.store.scan('session')) bob.store.delete('session', key);
  alice.call('send', { conversation, text: 'while the session is gone' });
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('while the session is gone'), 3 * 3_600_000)).toBe(
    true,
  );
  bob.call('send', { conversation, text: 'read it' });
  expect(here.clock.runUntil(() => texts(alice, conversation).includes('read it'), 3 * 3_600_000)).toBe(true);
  expect(texts(bob, conversation)).toEqual(['before', 'while the session is gone', 'read it']);
  expect(bob.call('log', { conversation }).map(({ mark }) => mark)).toEqual([null, null, null]);
});
