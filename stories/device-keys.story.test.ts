// Keys of devices: each has its own, and no other device of its person ever holds them; one that was removed lets nobody in.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import type { Crypto } from '@kith/core/crypto';
import { feedIdOf } from '@kith/core/identity';
import { expect, test } from 'vitest';
import { plainDisk, rowsOf } from './support/attacker.ts';
import { Scanner } from './support/canaries.ts';
import {
  freshFolder,
  freshPerson,
  freshRelay,
  introduce,
  textsOf,
  until,
  wholeLog,
  type Person,
} from './support/engines.ts';

/** Follows a link of `host`; ends when both list it and it knows `host`'s contacts. */
const link = async (host: Person, joining: Person, name: string): Promise<void> => {
  const made = await host.kith.call('device.link', {});
  await joining.kith.call('device.join', { link: made.link, name });
  await until(`${name} is in`, [host, joining], async () => {
    const [listed, contacts] = await Promise.all([
      host.kith.call('device.list', {}),
      joining.kith.call('contact.list', {}),
    ]);
    return listed.some((device) => device.name === name) && contacts.some(({ state }) => state === 'active');
  });
};
/** Seeds of all signing keys that it makes, by the feed that a device of that key has. */
const withSeeds = (crypto: Crypto): { readonly crypto: Crypto; readonly seeds: Map<string, Uint8Array> } => {
  const seeds = new Map<string, Uint8Array>();
  const signingKey: Crypto['signingKey'] = (seed) => {
    const bytes = seed.expose().slice();
    const key = crypto.signingKey(seed);
    seeds.set(Buffer.from(feedIdOf(crypto, key.publicKey)).toString('hex'), bytes);
    return key;
  };
  return { crypto: { ...crypto, signingKey }, seeds };
};
/** Everything that it opens: its plain wire. */
const withPlain = (crypto: Crypto): { readonly crypto: Crypto; readonly plain: Uint8Array[] } => {
  const plain: Uint8Array[] = [];
  const open: Crypto['open'] = (...parameters) => {
    const opened = crypto.open(...parameters);
    if (opened !== undefined) plain.push(opened.slice());
    return opened;
  };
  return { crypto: { ...crypto, open }, plain };
};
const hears = (person: Person, conversation: string, text: string): Promise<void> =>
  until(`${text} is there`, [person], async () => {
    const lines = await wholeLog(person.kith, conversation).catch(() => []);
    return [...textsOf(lines, false), ...textsOf(lines, true)].includes(text);
  });

test('S4.20 S4.21 the private keys of a device are nowhere on another device of its person, in no form, nor on its way there', async () => {
  const relay = await freshRelay();
  const sodium = await createLibsodium();
  const [watched, recorded] = [withSeeds(sodium), withPlain(sodium)];
  const homes = [join(freshFolder(), 'home'), join(freshFolder(), 'home')] as const;
  const a1 = await freshPerson(relay.url, homes[0], { crypto: watched.crypto });
  const a2 = await freshPerson(relay.url, homes[1], { crypto: recorded.crypto });
  const b = await freshPerson(relay.url);
  const conversation = await introduce(a1, b);
  await link(a1, a2, 'second');
  await a2.kith.call('send', { conversation, text: 'from the second' });
  await hears(b, conversation, 'from the second');
  await a1.kith.call('send', { conversation, text: 'from the first' });
  await hears(a2, conversation, 'from the first');

  // Those of A1's keys that are a device's: their feed stands in a charter. `self` and the conversation have one each.
  const feeds = (rowsOf(homes[0]).get('entry') ?? []).map(({ key }) => Buffer.from(key.slice(16, 24)).toString('hex'));
  const mine = [...watched.seeds].filter(([feed]) => feeds.includes(feed));
  expect(mine.length).toBe(2);
  const scanner = new Scanner(Object.fromEntries(mine.map(([feed, seed]) => [`key of ${feed}`, seed])));
  const found = (): readonly string[] => [
    ...scanner.bytes('the second device', plainDisk(homes[1])),
    ...scanner.bytes('what came to it', Buffer.concat(recorded.plain)),
  ];
  expect(recorded.plain.length).toBeGreaterThan(10);
  expect(readdirSync(homes[1]).length).toBeGreaterThan(0);
  expect(found()).toEqual([]);
  // Planted: a link that copies a device key, here as a text of the conversation.
  await a1.kith.call('send', { conversation, text: Buffer.from(mine[0]?.[1] ?? '').toString('hex') });
  await a1.kith.call('send', { conversation, text: 'copied' });
  await hears(a2, conversation, 'copied');
  expect(found().length).toBeGreaterThanOrEqual(2);
  // The first device itself holds them, of course.
  expect(scanner.bytes('the first device', plainDisk(homes[0])).length).toBeGreaterThan(0);
}, 120_000);

test('S4.23 S4.21 a removed device that lets a third one in reaches nobody with it', async () => {
  const relay = await freshRelay();
  const home = join(freshFolder(), 'home');
  const a1 = await freshPerson(relay.url);
  const a2 = await freshPerson(relay.url, home);
  const b = await freshPerson(relay.url);
  const conversation = await introduce(a1, b);
  await link(a1, a2, 'second');
  const active = async (): Promise<number> =>
    (await b.kith.call('contact.devices', { conversation })).filter(({ removed }) => !removed).length;
  await until('Blair knows both', [b], async () => (await active()) === 2);
  await a2.stop();
  const second = (await a1.kith.call('device.list', {})).find(({ name }) => name === 'second');
  await a1.kith.call('device.revoke', { device: second?.device ?? '' });
  await until('Blair knows that one is gone', [b], async () => (await active()) === 1);

  // It has slept through that, and lets a third in before it is told.
  const back = await freshPerson(relay.url, home);
  const a3 = await freshPerson(relay.url);
  const made = await back.kith.call('device.link', {});
  await a3.kith.call('device.join', { link: made.link, name: 'third' }).catch(() => undefined);
  await until('it has been told, or has let the third in', [back, a3], async () => {
    const [{ removed }, { joining }] = await Promise.all([
      back.kith.call('device.linking', {}),
      a3.kith.call('device.linking', {}),
    ]);
    return removed !== null || joining === null;
  });
  await b.kith.call('send', { conversation, text: 'not for the lost one' });
  await hears(a1, conversation, 'not for the lost one');
  await until(
    'the lost one has been told',
    [back],
    async () => (await back.kith.call('device.linking', {})).removed !== null,
  );
  expect(await active()).toBe(1);
  expect((await a1.kith.call('device.list', {})).filter(({ revoked }) => !revoked).length).toBe(1);
  for (const one of [back, a3]) {
    const lines = await wholeLog(one.kith, conversation).catch(() => []);
    expect(textsOf(lines, false)).not.toContain('not for the lost one');
  }
}, 120_000);
