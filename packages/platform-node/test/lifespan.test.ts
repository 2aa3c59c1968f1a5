// What time takes away is in no file any more: the real engine over the real database, without encryption so that a byte that
// stayed can be seen.
import { openSqlStore, type Store } from '@kith/core/ports';
import { memoryNetwork } from '@kith/testkit/memory-network';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock, type SimClock } from '@kith/testkit/sim-clock';
import { SimDevice } from '@kith/testkit/sim-device';
import Database from 'better-sqlite3-multiple-ciphers';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeSql } from '../src/node-sql.ts';
import { filesWith, freshFolder } from './folder.ts';

const MINUTE = 60_000;
const RELAY = 'https://relay1.test';

interface Two {
  readonly clock: SimClock;
  readonly alice: SimDevice;
  readonly bob: SimDevice;
  readonly conversation: string;
  readonly database: Database;
}
/** Alice keeps files in this folder; bob keeps everything in memory. */
const two = (folder: string): Two => {
  const clock = simClock();
  const random = seededRandomness(37);
  const crypto = createNullCrypto();
  const network = memoryNetwork(clock, random.fork('network'), crypto);
  network.relay(RELAY);
  const database = new Database(join(folder, 'kith.db'));
  const device = (name: string, store?: Store): SimDevice =>
    new SimDevice({
      name,
      clock,
      network,
      crypto,
      randomness: random.fork(name),
      agreement: createNullAgreement(crypto, random.fork(`${name} agreement`)),
      relays: [RELAY],
      ...(store === undefined ? {} : { store }),
    });
  const alice = device(
    'alice',
    openSqlStore(() => nodeSql(database)),
  );
  const bob = device('bob');
  alice.start();
  bob.start();
  const { conversation } = bob.call('invite.accept', { link: alice.call('invite.create', {}).link });
  if (!clock.runUntil(() => alice.call('contact.list', {})[0]?.state === 'active', MINUTE)) throw new Error('no pair');
  return { clock, alice, bob, conversation, database };
};
/** Long and short texts, edits, drafts and reactions, from both sides. */
const talk = ({ clock, alice, bob, conversation }: Two, word: string, more: object): void => {
  for (let i = 0; i < 40; i++) {
    const from = i % 2 === 0 ? alice : bob;
    const text = `${word} ${`and ${word} again `.repeat(i % 5 === 0 ? 60 : 1)}${i}`;
    const { event } = from.call('send', { conversation, text, ...more });
    if (i % 4 === 0) from.call('edit', { conversation, event, text: `${word} changed ${i}` });
    alice.call('draft.set', { conversation, text: `${word} half written ${i}` });
  }
  alice.call('draft.set', { conversation, text: '' });
  clock.advance(10_000);
  alice.call('read', { conversation });
};
const WORDS = ['ZEPHYRcanaryONE', 'zephyrcanaryone'];
const found = (folder: string): readonly string[] => WORDS.flatMap((word) => filesWith(folder, word));

test('S0.37 a lifespan of an hour: 61 minutes later no file holds a byte of what was said, nor its index', () => {
  const folder = freshFolder();
  const world = two(folder);
  const { clock, alice, bob, conversation, database } = world;
  alice.call('set', { key: 'lifespan', value: '1h' });
  talk(world, 'ZEPHYRcanaryONE', {});
  alice.store.scrub();
  expect(found(folder)).not.toEqual([]);
  expect(alice.call('search', { query: 'zephyrcanaryone' }).length).toBeGreaterThan(30);
  clock.advance(50 * MINUTE);
  bob.call('send', { conversation, text: 'ORDINARYword' });
  clock.advance(11 * MINUTE);
  expect(found(folder)).toEqual([]);
  expect(filesWith(folder, 'ORDINARYword')).not.toEqual([]);
  expect(alice.call('log', { conversation }).flatMap(({ text }) => text ?? [])).toEqual(['ORDINARYword']);
  expect(alice.call('search', { query: 'zephyrcanaryone' })).toEqual([]);
  expect(bob.call('search', { query: 'zephyrcanaryone' }).length).toBeGreaterThan(30);
  alice.crash();
  database.close();
  expect(found(folder)).toEqual([]);
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});

test('S4.4 S4.13 texts with timers and texts deleted for me are in no file either, what is kept is', () => {
  const folder = freshFolder();
  const world = two(folder);
  const { clock, alice, bob, conversation, database } = world;
  talk(world, 'ZEPHYRcanaryONE', { expiresMs: 60 * MINUTE });
  const { event } = bob.call('send', { conversation, text: 'QUIXOTICcanaryTWO' });
  bob.call('send', { conversation, text: 'ORDINARYword' });
  clock.advance(10_000);
  alice.store.scrub();
  for (const word of [...WORDS, 'QUIXOTICcanaryTWO', 'ORDINARYword'])
    expect(filesWith(folder, word), word).not.toEqual([]);
  alice.call('delete', { conversation, event });
  for (const word of ['QUIXOTICcanaryTWO', 'quixoticcanarytwo']) expect(filesWith(folder, word), word).toEqual([]);
  clock.advance(62 * MINUTE);
  expect(found(folder)).toEqual([]);
  expect(filesWith(folder, 'ORDINARYword')).not.toEqual([]);
  alice.crash();
  database.close();
  expect(found(folder)).toEqual([]);
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});
