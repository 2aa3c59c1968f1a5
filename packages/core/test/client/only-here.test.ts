// Conversations that are kept on one device alone: on no other of the person's, in no backup, in nothing that leaves.
import { toHex, utf8 } from '@kith/core/bytes';
import { encode } from '@kith/core/codec';
import { Secret } from '@kith/core/crypto';
import { conversationFromName } from '@kith/core/identity';
import { TABLES } from '@kith/core/ports';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { backupRecordCodec, fileKeyOf, openPart } from '../../src/client/backup-format.ts';
import { pair, texts, world, type World } from './world.ts';

const HOUR = 3_600_000;
const contains = (bytes: Uint8Array, needle: Uint8Array): boolean => Buffer.from(bytes).includes(Buffer.from(needle));
const holds = (device: SimDevice, needle: Uint8Array): readonly string[] =>
  TABLES.filter((table) =>
    device.store.scan(table).some(({ key, value }) => contains(key, needle) || contains(value, needle)),
  );
const idOf = (conversation: string): Uint8Array => {
  const id = conversationFromName(conversation);
  if (id === undefined) throw new Error('no conversation');
  return id;
};
const meet = ({ clock }: World, host: SimDevice, guest: SimDevice, here: 'host' | 'guest'): string => {
  guest.start();
  const { link } = host.call('invite.create', { deviceOnly: here === 'host' });
  const { conversation } = guest.call('invite.accept', { link, deviceOnly: here === 'guest' });
  const isActive = (one: SimDevice): boolean =>
    one.call('contact.list', {}).some((contact) => contact.conversation === conversation && contact.state === 'active');
  if (!clock.runUntil(() => isActive(host) && isActive(guest), 60_000)) throw new Error('the two did not meet');
  return conversation;
};
const joinAs = ({ clock }: World, host: SimDevice, device: SimDevice, contacts: number): void => {
  device.start();
  device.call('device.join', { link: host.call('device.link', {}).link, name: device.name });
  if (!clock.runUntil(() => device.call('contact.list', {}).length === contacts, 120_000)) throw new Error('not in');
};
/** Every record of a backup made now, as bytes. */
const backupOf = (device: SimDevice): Uint8Array => {
  const { resumes: _, ...planned } = device.call('backup.plan', {});
  const under = new Uint8Array(32).fill(9);
  const { backup, salt } = planned;
  device.call('backup.begin', { backup, salt, under: under.slice() });
  const crypto = createNullCrypto();
  const key = fileKeyOf(crypto, new Secret(under), { format: 1, ...planned });
  const found: Uint8Array[] = [];
  for (let index = 0; ; index++) {
    const { part } = device.call('backup.part', { index });
    if (part === null) return Buffer.concat(found);
    for (const record of openPart(crypto, key, index, part) ?? []) found.push(encode(backupRecordCodec, record));
  }
};

test.each(['host', 'guest'] as const)(
  'S0.38 a conversation kept on one device (%s) is on no other, in no backup, in no traffic between them; others are',
  (side) => {
    const here = world(38);
    const [a1, a2, bob, carol] = [here.device('a1'), here.device('a2'), here.device('bob'), here.device('carol')];
    const shared = pair(here, a1, carol);
    const secret = side === 'host' ? meet(here, a1, bob, 'host') : (bob.start(), meet(here, bob, a1, 'guest'));
    a1.call('contact.rename', { conversation: secret, name: 'canary-name' });
    joinAs(here, a1, a2, 1);
    expect(a2.call('contact.list', {}).map(({ conversation }) => conversation)).toEqual([shared]);
    for (const conversation of [shared, secret]) {
      a1.call('send', { conversation, text: `canary-${conversation === secret ? 'secret' : 'shared'}` });
      a1.call('set', { key: 'timer', value: '1w', in: conversation });
    }
    bob.call('send', { conversation: secret, text: 'canary-answer' });
    here.clock.advance(10_000);
    a1.call('read', { conversation: secret });
    const { event } = a1.call('send', { conversation: secret, text: 'canary-deleted' });
    a1.call('delete', { conversation: secret, event });
    a1.call('star', { conversation: secret, event: a1.call('log', { conversation: secret })[0]?.event ?? '' });
    a1.call('contact.mark', { conversation: secret, validity: 'validated' });
    a1.call('draft.set', { conversation: secret, text: 'canary-draft' });
    here.clock.advance(30 * HOUR);
    expect(here.clock.runUntil(() => texts(a2, shared).includes('canary-shared'), 4 * HOUR)).toBe(true);
    expect(texts(bob, secret)).toContain('canary-secret');
    // The other device learnt nothing, not even that there is something.
    for (const needle of [
      idOf(secret),
      utf8(secret),
      ...['secret', 'answer', 'name', 'draft'].map((w) => utf8(`canary-${w}`)),
    ])
      expect([toHex(needle), holds(a2, needle)]).toEqual([toHex(needle), []]);
    expect(holds(a2, idOf(shared))).not.toEqual([]);
    // Of what the two devices share nothing names it, sent or not.
    const sharedIds = a2.store.scan('conversation').map(({ key }) => toHex(key));
    const given = a1.store.scan('content').filter(({ key }) => sharedIds.includes(toHex(key.subarray(0, 16))));
    expect(given.length).toBeGreaterThan(5);
    expect(given.some(({ value }) => contains(value, idOf(secret)) || contains(value, utf8('canary-name')))).toBe(
      false,
    );
    const backup = backupOf(a1);
    expect([contains(backup, idOf(secret)), contains(backup, utf8('canary-secret'))]).toEqual([false, false]);
    expect([contains(backup, idOf(shared)), contains(backup, utf8('canary-shared'))]).toEqual([true, true]);
    // On its own device it is like any other, also after a rebuild and a new start.
    const before = a1.call('contact.list', {}).find(({ conversation }) => conversation === secret);
    expect(before).toMatchObject({
      name: 'canary-name',
      deviceOnly: true,
      validity: 'validated',
      draft: 'canary-draft',
    });
    a1.rebuild();
    expect(a1.call('contact.list', {}).find(({ conversation }) => conversation === secret)).toEqual(before);
    a1.stop();
    a1.start();
    bob.call('send', { conversation: secret, text: 'after a start' });
    expect(here.clock.runUntil(() => texts(a1, secret).includes('after a start'), HOUR)).toBe(true);
    expect(a1.call('contact.list', {}).find(({ conversation }) => conversation === shared)?.deviceOnly).toBe(false);
    for (const one of [a1, a2, bob, carol]) expect(one.failures).toEqual([]);
  },
);

test('S0.38 what a reusable invitation for this device alone starts is kept on it alone', () => {
  const here = world(39);
  const [a1, a2, bob] = [here.device('a1'), here.device('a2'), here.device('bob')];
  a1.start();
  a2.start();
  bob.start();
  a2.call('device.join', { link: a1.call('device.link', {}).link, name: 'a2' });
  expect(here.clock.runUntil(() => a1.call('device.list', {}).length === 2, 120_000)).toBe(true);
  const { link } = a1.call('invite.create', { reusable: true, deviceOnly: true });
  const { conversation } = bob.call('invite.accept', { link });
  expect(here.clock.runUntil(() => a1.call('request.list', {}).length === 1, 120_000)).toBe(true);
  a1.call('request.answer', { request: a1.call('request.list', {})[0]?.request ?? '', answer: 'accept' });
  bob.call('send', { conversation, text: 'hello' });
  expect(here.clock.runUntil(() => texts(a1, conversation).includes('hello'), HOUR)).toBe(true);
  here.clock.advance(HOUR);
  expect(holds(a2, idOf(conversation))).toEqual([]);
  expect(a2.call('contact.list', {})).toEqual([]);
});
