// A cell whose handling throws is a bug of ours, and must not stop what comes with it and after it. The fault is planted at a
// port: the cryptography throws where this one cell is opened.
import type { Crypto } from '@kith/core/crypto';
import { toHex } from '@kith/core/bytes';
import { StoreError } from '@kith/core/ports';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { pair, texts, world, type World } from './world.ts';

const MINUTE = 60_000;

/** Bob, whose engine throws `what` at the first cell that brings `poison`, whenever that very cell is opened, `times` times. */
const bobWho = (here: World, what: () => Error, times = Number.POSITIVE_INFINITY) => {
  const sound = createNullCrypto();
  const poison = Buffer.from('poison');
  const seen = { thrown: 0, box: undefined as string | undefined };
  const open: Crypto['open'] = (key, nonce, box, associated) => {
    const plain = sound.open(key, nonce, box, associated);
    if (plain !== undefined && Buffer.from(plain).includes(poison)) seen.box ??= toHex(box);
    if (seen.box === toHex(box) && seen.thrown < times) {
      seen.thrown++;
      throw what();
    }
    return plain;
  };
  const crypto = { ...sound, open };
  const randomness = here.random.fork('bob');
  const bob = new SimDevice({
    name: 'bob',
    clock: here.clock,
    network: here.network,
    crypto,
    logger: here.logger,
    randomness,
    agreement: createNullAgreement(crypto, here.random.fork('bob agreement')),
    relays: here.relays.map(({ origin }) => origin),
  });
  return { bob, seen };
};
const asideOf = (device: SimDevice): number => device.store.scan('aside').length;
const keptLines = (here: World): number =>
  here.logger.records.filter(({ event }) => event === 'cell-kept-aside').length;

test('a cell that throws is tried three times and kept aside; all others of its block are read, and what it brought comes again', () => {
  const here = world(3);
  const alice = here.device('alice');
  const { bob, seen } = bobWho(here, () => new RangeError('planted'));
  const conversation = pair(here, alice, bob);
  bob.stop();
  for (const text of ['before', 'poison', 'after']) {
    alice.call('send', { conversation, text });
    here.clock.advance(MINUTE);
  }
  alice.stop();
  bob.start();
  here.clock.advance(MINUTE);
  expect(seen.thrown).toBe(3);
  expect(bob.failures).toHaveLength(3);
  expect(asideOf(bob)).toBe(1);
  expect(keptLines(here)).toBe(1);
  // Nothing behind it waited for long, and her device had left another cell with the same for the day.
  expect(texts(bob, conversation)).toEqual(['before', 'poison', 'after']);
});

test('a new start does not open it again, also when the relay hands it out once more', () => {
  const here = world(3);
  const alice = here.device('alice');
  const { bob, seen } = bobWho(here, () => new RangeError('planted'));
  const conversation = pair(here, alice, bob);
  bob.stop();
  alice.call('send', { conversation, text: 'poison' });
  here.clock.advance(MINUTE);
  alice.stop();
  bob.start();
  here.clock.advance(MINUTE);
  expect([seen.thrown, asideOf(bob)]).toEqual([3, 1]);
  bob.stop();
  for (const { key } of bob.store.scan('fetched')) bob.store.transaction(() => bob.store.delete('fetched', key));
  bob.start();
  here.clock.advance(MINUTE);
  expect([seen.thrown, asideOf(bob), keptLines(here)]).toEqual([3, 1, 1]);
  // No relay has it after three days, and neither has this device.
  here.clock.advance(5 * 24 * 60 * MINUTE);
  bob.stop();
  bob.start();
  here.clock.advance(MINUTE);
  alice.start();
  here.clock.advance(MINUTE);
  expect(asideOf(bob)).toBe(0);
});

test('a disk that fails while a cell is handled says nothing about the cell: it is read when the disk is well again', () => {
  const here = world(3);
  const alice = here.device('alice');
  const { bob, seen } = bobWho(here, () => new StoreError('full', 'planted'), 5);
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'poison' });
  expect(here.clock.runUntil(() => texts(bob, conversation).length === 1, 30 * MINUTE)).toBe(true);
  expect([seen.thrown, asideOf(bob)]).toEqual([5, 0]);
});
