// What the simulator found where people have several devices, each told once as a small story.
import { concat, equalBytes, utf8 } from '@kith/core/bytes';
import { decodeLocal, encodeLocal } from '../../src/client/records.ts';
import { readStamped } from '../../src/conversation/index.ts';
import { CHARTER_SEGMENT, conversationFromName, openEntry, type FeedId } from '@kith/core/identity';
import { decodeInboxRecord, encodeInboxRecord, openInbox, splitPacket } from '@kith/core/mailbox';
import { encodePacket, type Item } from '@kith/core/sync';
import { expect, test } from 'vitest';
import type { MemoryStore } from '@kith/testkit/memory-store';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import type { SimDevice } from '@kith/testkit/sim-device';
import { takeOver } from './hostile.ts';
import type { Lies } from './liar.ts';
import { link } from './linked.ts';
import { pair, texts, world } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const lineOf = (device: SimDevice, conversation: string, text: string) =>
  device.call('log', { conversation, limit: 500 }).find((line) => line.text === text);

/** A2 asks A1, who has A3 as well and talks with B, to be let in. */
const joining = (seed: number) => {
  const here = world(seed);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a3);
  here.clock.advance(10 * 60_000);
  a2.start();
  const { link: text } = a1.call('device.link', {});
  a2.call('device.join', { link: text, name: 'a2' });
  return { here, a1, a2, a3, b, conversation };
};

test('what a device wrote before its entry is shown by the one that signs the entry later, in place of the one that let it in', () => {
  const { here, a1, a2, a3, b, conversation } = joining(5100);
  const knows = here.clock.runUntil(() => {
    const isThere = a2.call('contact.list', {}).length === 1;
    // Before it has signed the entry.
    if (isThere) a1.crash();
    return isThere;
  }, 60_000);
  expect(knows).toBe(true);
  a2.call('send', { conversation, text: 'early' });
  const waits = (): boolean => a3.store.scan('waiting').some(({ value }) => Buffer.from(value).includes('early'));
  expect(here.clock.runUntil(waits, 30 * 60_000)).toBe(true);
  expect(texts(a3, conversation)).toEqual([]);
  expect(here.clock.runUntil(() => texts(b, conversation).includes('early'), 3 * 3_600_000)).toBe(true);
  expect(texts(a3, conversation)).toEqual(['early']);
  const shown = a3.store.scan('message').length;
  a3.rebuild();
  expect(a3.store.scan('message').length).toBe(shown);
});

test('what one device has read is not unread on one that gets it later', () => {
  const here = world(5102);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  for (let i = 0; i < 5; i++) b.call('send', { conversation, text: `line ${i}` });
  here.clock.advance(60_000);
  a1.call('read', { conversation });
  link(here, a1, a2);
  expect(here.clock.runUntil(() => texts(a2, conversation).length === 5, 600_000)).toBe(true);
  here.clock.advance(60_000);
  expect(a2.call('contact.list', {})[0]?.unread).toBe(0);
  b.call('send', { conversation, text: 'a new one' });
  here.clock.advance(60_000);
  expect(a2.call('contact.list', {})[0]?.unread).toBe(1);
});

test('of two devices that read at the same time neither takes back what the other has read', () => {
  const here = world(5106);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  b.call('send', { conversation, text: 'for both' });
  expect(here.clock.runUntil(() => texts(a2, conversation).length === 1, 600_000)).toBe(true);
  a2.connect(false);
  b.call('send', { conversation, text: 'for the first' });
  expect(here.clock.runUntil(() => texts(a1, conversation).length === 2, 600_000)).toBe(true);
  a1.call('read', { conversation });
  // What the second one says later in the order of `self` covers less.
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) a2.call('draft.set', { conversation, text });
  a2.call('read', { conversation });
  here.clock.advance(60_000);
  a2.connect(true);
  expect(here.clock.runUntil(() => texts(a2, conversation).length === 2, 600_000)).toBe(true);
  here.clock.advance(600_000);
  for (const one of [a1, a2]) {
    expect(one.call('contact.list', {})[0]?.unread).toBe(0);
    one.rebuild();
    expect(one.call('contact.list', {})[0]?.unread).toBe(0);
  }
});

test('who answered a removed device before they heard of it is still heard by the others', () => {
  const here = world(5107);
  const [a, b1, b2] = [here.device('a'), here.device('b1'), here.device('b2')];
  const conversation = pair(here, b1, a);
  link(here, b1, b2);
  expect(here.clock.runUntil(() => b2.call('contact.list', {})[0]?.state === 'active', 600_000)).toBe(true);
  here.clock.advance(600_000);
  b2.connect(false);
  b2.call('device.revoke', { device: b1.call('status', {}).device ?? '' });
  b1.call('send', { conversation, text: 'too late' });
  expect(here.clock.runUntil(() => texts(a, conversation).includes('too late'), 600_000)).toBe(true);
  a.call('send', { conversation, text: 'an answer' });
  here.clock.advance(60_000);
  b1.crash();
  b2.connect(true);
  expect(here.clock.runUntil(() => texts(b2, conversation).includes('an answer'), 3_600_000)).toBe(true);
  expect(texts(b2, conversation)).not.toContain('too late');
  here.clock.advance(3_600_000);
  expect(lineOf(a, conversation, 'an answer')?.state).toBe('delivered');
  expect(lineOf(a, conversation, 'too late')?.mark).toBe('removed');
});

test('an old copy of a device from before a removal is reached where it looks, and has everything again', () => {
  const here = world(5108);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', 600_000)).toBe(true);
  here.clock.advance(600_000);
  const copy = (a2.store as MemoryStore).clone();
  link(here, a1, a3);
  here.clock.advance(600_000);
  a2.call('device.revoke', { device: a3.call('status', {}).device ?? '' });
  here.clock.advance(600_000);
  a2.crash();
  a2.store = copy;
  a2.start();
  b.call('send', { conversation, text: 'after all that' });
  expect(here.clock.runUntil(() => texts(a2, conversation).includes('after all that'), DAY)).toBe(true);
  const listed = (one: SimDevice) =>
    one
      .call('device.list', {})
      .map(({ device, revoked }) => `${device} ${revoked}`)
      .toSorted()
      .join();
  expect(here.clock.runUntil(() => listed(a2) === listed(a1), DAY)).toBe(true);
  expect(listed(a2)).toContain('true');
});

test('what was read stays read when its writer is taken out, also what is void then', () => {
  const here = world(5109);
  const [a, b1, b2] = [here.device('a'), here.device('b1'), here.device('b2')];
  const conversation = pair(here, b1, a);
  link(here, b1, b2);
  expect(here.clock.runUntil(() => b2.call('contact.list', {})[0]?.state === 'active', 600_000)).toBe(true);
  here.clock.advance(600_000);
  b2.call('send', { conversation, text: 'for all' });
  expect(here.clock.runUntil(() => texts(b1, conversation).includes('for all'), 600_000)).toBe(true);
  here.clock.advance(DAY);
  b1.connect(false);
  for (const text of ['only for them', 'this too']) b2.call('send', { conversation, text });
  expect(here.clock.runUntil(() => texts(a, conversation).includes('this too'), 600_000)).toBe(true);
  a.call('read', { conversation });
  b1.call('device.revoke', { device: b2.call('status', {}).device ?? '' });
  b2.crash();
  b1.connect(true);
  const isOut = (): boolean => a.call('contact.devices', { conversation }).some(({ removed }) => removed);
  expect(here.clock.runUntil(isOut, 3_600_000)).toBe(true);
  expect(a.call('contact.list', {})[0]?.unread).toBe(0);
  a.rebuild();
  expect(a.call('contact.list', {})[0]?.unread).toBe(0);
});

test('class 32: half of a long packet does not keep a text that was deleted', () => {
  const lies: Lies = {};
  const here = world(5103, 1, lies);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  const { event } = bob.call('send', { conversation, text: 'to be deleted' });
  here.clock.advance(60_000);
  let count = 0;
  lies.push = (_, cell) => (count++ % 2 === 0 ? [cell] : []);
  lies.answer = (_, __, answer) => (answer.type === 'cells' ? { ...answer, cells: [] } : answer);
  bob.call('send', { conversation, text: 'canary '.repeat(1_500) });
  bob.crash();
  here.clock.advance(2_000);
  const parts = (): number =>
    alice.store.scan('packet').filter(({ value }) => Buffer.from(value).includes('canary')).length;
  expect(parts()).toBeGreaterThan(0);
  alice.call('delete', { conversation, event });
  expect(parts()).toBe(0);
});

test.each([
  [5104, false],
  [5104, true],
])(
  'class 32: half of a packet that comes after the deletion does not keep the text either (seed %i, ends: %s)',
  (seed, ends) => {
    const lies: Lies = {};
    const here = world(seed, 1, lies);
    const [alice, bob] = [here.device('alice'), here.device('bob')];
    const conversation = pair(here, alice, bob);
    here.clock.advance(60_000);
    const held: Uint8Array[] = [];
    lies.push = (_, cell) => {
      held.push(cell);
      return [];
    };
    lies.answer = (_, __, answer) => (answer.type === 'cells' ? { ...answer, cells: [] } : answer);
    const { event } = bob.call('send', { conversation, text: 'canary '.repeat(1_500) });
    here.clock.advance(2_000);
    expect(held.length).toBeGreaterThan(1);
    bob.call('delete', { conversation, event, forAll: true });
    here.relays[0]?.wipe();
    Object.assign(lies, { push: undefined, answer: undefined });
    here.clock.advance(5 * 60_000);
    const deleted = (): boolean => alice.call('log', { conversation, limit: 9 }).some((line) => line.deleted);
    expect(here.clock.runUntil(deleted, 3 * 3_600_000)).toBe(true);
    const [half] = held;
    lies.push = (_, cell) => [cell, ...(half === undefined ? [] : [half])];
    bob.call('send', { conversation, text: 'later' });
    here.clock.advance(2_000);
    lies.push = (_, cell) => [cell];
    const parts = (): number =>
      alice.store.scan('packet').filter(({ value }) => Buffer.from(value).includes('canary')).length;
    expect(parts()).toBe(1);
    if (ends) alice.crash();
    alice.start();
    here.clock.advance(3_600_000);
    expect(parts()).toBe(0);
    expect(texts(alice, conversation)).toEqual([null, 'later']);
  },
);

test('the other half of a packet is asked for, also when the first came with the last that a relay held', () => {
  const lies: Lies = {};
  const here = world(5105, 1, lies);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  let isOver = false;
  lies.push = () => [];
  lies.answer = (_, request, answer) => {
    if (answer.type !== 'cells' || answer.cells.length === 0 || isOver) return answer;
    isOver = request.type === 'fetch';
    return { ...answer, cells: answer.cells.slice(0, -1) };
  };
  bob.call('send', { conversation, text: 'canary '.repeat(1_500) });
  const asked = alice.ask('sync', {});
  here.clock.runUntil(() => asked.done, 60_000);
  expect(isOver).toBe(true);
  const parts = (): number =>
    alice.store.scan('packet').filter(({ value }) => Buffer.from(value).includes('canary')).length;
  expect(parts()).toBe(1);
  // Only what is asked for comes.
  lies.push = (_, cell) => [cell];
  here.clock.advance(25_000);
  expect(parts()).toBe(0);
  expect(texts(alice, conversation).filter((text) => text?.startsWith('canary'))).toHaveLength(1);
});

test('a device that was let in reads where its person is, also when what says so in self was lost on the way', () => {
  const here = world(5112);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  here.clock.advance(10 * 60_000);
  const failures = a2.failures.length;
  a2.stop();
  const id = conversationFromName(conversation) as Uint8Array;
  const [own] = a2.store.scan('inbox').filter(({ key }) => key[0] === 0x6f && !equalBytes(key.subarray(1), id));
  if (own === undefined) throw new Error('no inbox of self');
  a2.store.delete('inbox', own.key);
  // As it was told before it was in.
  const told = readStamped(own.value) as Uint8Array;
  a2.store.put('inbox', concat(utf8('p'), own.key.subarray(1)), told);
  a2.start();
  a2.call('set', { key: 'theme', value: 'dark' });
  const themeOf = (device: SimDevice): string | undefined =>
    device.call('set', {}).find(({ key }) => key === 'theme')?.value;
  expect(here.clock.runUntil(() => themeOf(a1) === 'dark', 60_000)).toBe(true);
  // It has posted to the newest inbox now, so nobody posts anywhere else to it.
  a1.call('set', { key: 'theme', value: 'light' });
  expect(here.clock.runUntil(() => themeOf(a2) === 'light', 60_000)).toBe(true);
  expect(a2.failures.length).toBe(failures);
});

test('a device that is let in by a packet of which only the entry and the inbox came is one of its person without a restart', () => {
  const { here, a1, a2, conversation } = joining(5113);
  a2.connect(false);
  expect(here.clock.runUntil(() => a1.call('device.list', {}).length === 3, 60_000)).toBe(true);
  here.clock.advance(60_000);
  // What of `self` waited for one's own devices does not wait for this one.
  here.relays[0]?.wipe();
  const { crypto, self, sessions, put } = takeOver(here, a1, conversation);
  const feed = sessions.feeds(self).find((one) => a1.store.get('inbox', concat(utf8('d'), self.id, one)) !== undefined);
  const own = self.log.ownFeed() as FeedId;
  const { objects } = self.log.read([{ feed: own, segment: CHARTER_SEGMENT, from: 0, to: 3 }], 3_000);
  const [inbox] = self.outlets.map(({ record }) => encodeInboxRecord(record));
  const raw = feed && a1.store.get('inbox', concat(utf8('d'), self.id, feed));
  const record = raw && decodeInboxRecord(raw);
  if (objects.length < 3 || inbox === undefined || record === undefined) throw new Error('it was not let in');
  const items: readonly Item[] = [
    { type: 'objects', objects },
    { type: 'inbox', record: inbox },
  ];
  const outlet = { record, inbox: openInbox(crypto, record) };
  const bodies = splitPacket(new Uint8Array(8), encodePacket(items)) ?? [];
  put(a1.store.transaction(() => bodies.flatMap((body) => sessions.seal(self, body, outlet) ?? [])));
  a2.connect(true);
  expect(here.clock.runUntil(() => a2.call('device.list', {}).length === 3, 60_000)).toBe(true);
  a1.start();
  expect(here.clock.runUntil(() => a2.call('contact.list', {}).length === 1, HOUR)).toBe(true);
});

test('of two inboxes that own devices made at the same time one stands, with the other side too', () => {
  for (const seed of [5114, 5115, 5116, 5117]) {
    const here = world(seed);
    const [a, b1, b2] = [here.device('a'), here.device('b1'), here.device('b2')];
    const conversation = pair(here, b1, a);
    link(here, b1, b2);
    const { context } = b1.call('context.create', { label: 'work' });
    const isEven = (): boolean => b2.call('context.list', {}).length === 1 && b2.call('contact.list', {}).length === 1;
    expect(here.clock.runUntil(isEven, 600_000)).toBe(true);
    here.clock.advance(600_000);
    for (const one of [b1, b2]) {
      one.connect(false);
      one.call('contact.context', { conversation, context });
    }
    for (const one of [b1, b2]) one.connect(true);
    here.clock.advance(HOUR);
    const id = conversationFromName(conversation) as Uint8Array;
    const reached = a.store.get('inbox', concat(utf8('p'), id));
    for (const one of [b1, b2]) {
      expect(decodeInboxRecord(reached ?? new Uint8Array(0))?.number).toBe(2);
      expect(readStamped(one.store.get('inbox', concat(utf8('o'), id)) as Uint8Array)).toEqual(reached);
    }
    // What was posted to the other one by who had not heard is read for a week.
    here.clock.advance(8 * DAY);
    a.call('send', { conversation, text: 'for both' });
    for (const one of [b1, b2])
      expect(here.clock.runUntil(() => texts(one, conversation).includes('for both'), HOUR)).toBe(true);
  }
});

test('safety words are there on the device that is left, also when who heard the nonce is gone before it said so', () => {
  const here = world(5118);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  const ready = (): boolean => a2.call('contact.list', {})[0]?.wordsReady === true;
  expect(here.clock.runUntil(ready, 600_000)).toBe(true);
  here.clock.advance(600_000);
  const words = b.call('contact.words', { conversation });
  a1.crash();
  a2.crash();
  const id = conversationFromName(conversation) as Uint8Array;
  const local = decodeLocal(a2.store.get('conversation', id) as Uint8Array);
  a2.store.put('conversation', id, encodeLocal({ ...local, settled: false, peerNonce: null }));
  b.crash();
  for (const { key } of b.store.scan('peer')) b.store.delete('peer', key);
  for (const one of [a2, b]) one.start();
  expect(ready()).toBe(false);
  a2.call('send', { conversation, text: 'who are you?' });
  expect(here.clock.runUntil(ready, HOUR)).toBe(true);
  // What it says beside is its own, and not said by the one that made the invitation.
  const heard = b.store.scan('peer').filter(({ value }) => value[1] !== 0xf6);
  const inception = openEntry(createNullCrypto(), local.inception)?.feed;
  expect(heard.map(({ key }) => equalBytes(key.subarray(16), inception ?? id))).toEqual([false]);
  expect(a2.call('contact.words', { conversation })).toEqual(words);
  expect(here.clock.runUntil(() => lineOf(a2, conversation, 'who are you?')?.state === 'delivered', HOUR)).toBe(true);
});
