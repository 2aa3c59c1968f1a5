// What a device announces when its keys go by the hour, and what its opened database holds of the old ones.
import { concat, equalBytes } from '@kith/core/bytes';
import { afterPrefix } from '@kith/core/conversation';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { Secret } from '@kith/core/crypto';
import { conversationFromName, readCertificate } from '@kith/core/identity';
import { openSqlStore, TABLES, type Store } from '@kith/core/ports';
import { loadSession, type AgreementJob, type AgreementResult } from '@kith/core/session';
import { memoryNetwork } from '@kith/testkit/memory-network';
import { createNullAgreement } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock } from '@kith/testkit/sim-clock';
import { SimDevice } from '@kith/testkit/sim-device';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openNodeSql } from '../src/node-sql.ts';
import { freshFolder } from './folder.ts';

const crypto = await createLibsodium();
const HOUR = 3_600_000;
const RELAY = 'https://relay1.test';

/** Alice's home is a real database; both meet in a simulated network, so that three hours take a second. */
const twoPeople = () => {
  const clock = simClock();
  const random = seededRandomness(27);
  const network = memoryNetwork(clock, random.fork('network'), crypto);
  network.relay(RELAY);
  const path = join(freshFolder(), 'kith.db');
  const open = (): Store => openSqlStore(() => openNodeSql(path, new Secret(new Uint8Array(32).fill(7))));
  /** Init secrets of the KeyPackages that Alice announced. */
  const prekeys: Uint8Array[] = [];
  const inner = createNullAgreement(crypto, random.fork('alice agreement'));
  const agreement = {
    name: 'null' as const,
    run(job: AgreementJob): AgreementResult {
      const result = inner.run(job);
      if (result.type === 'prepared') prekeys.push(result.initSecret.expose().slice());
      return result;
    },
  };
  const device = (name: string, more: object): SimDevice =>
    new SimDevice({
      name,
      clock,
      network,
      crypto,
      randomness: random.fork(name),
      agreement: createNullAgreement(crypto, random.fork(`${name} agreement`)),
      relays: [RELAY],
      ...more,
    });
  const alice = device('alice', { store: open(), agreement });
  const bob = device('bob', {});
  alice.start();
  bob.start();
  const { link } = alice.call('invite.create', {});
  const { conversation } = bob.call('invite.accept', { link });
  const active = (one: SimDevice): boolean =>
    one.call('contact.list', {}).some((contact) => contact.conversation === conversation && contact.state === 'active');
  expect(clock.runUntil(() => active(alice) && active(bob), 60_000)).toBe(true);
  const id = conversationFromName(conversation);
  if (id === undefined) throw new Error('no conversation');
  return { clock, alice, bob, conversation, id, prekeys, open };
};

/** Chain and header keys of Alice's sessions. */
const sessionSecrets = (store: Store, id: Uint8Array): readonly Uint8Array[] => {
  const rows = store.scan('session', { from: id, to: afterPrefix(id) });
  const session = loadSession(rows.map(({ key, value }) => ({ key: key.slice(24), value })));
  if (session === undefined) throw new Error('the session does not read');
  return session.generations.flatMap(({ send, receive }) =>
    [send, receive].flatMap((chain) =>
      chain === null ? [] : [chain.key.expose().slice(), chain.headerKey.expose().slice()],
    ),
  );
};
/** Public halves and ids of the segments of Alice's device, by their certificates. */
const certificates = (store: Store, feed: Uint8Array) =>
  store
    .scan('certificate')
    .flatMap(({ value }) => readCertificate(value) ?? [])
    .filter((one) => equalBytes(one.feed, feed));

/** Where in the opened database these bytes stand. */
const find = (store: Store, secret: Uint8Array): readonly string[] => {
  const needle = Buffer.from(secret);
  return TABLES.flatMap((table) =>
    store
      .scan(table)
      .filter(({ key, value }) => Buffer.from(concat(key, value)).includes(needle))
      .map(() => table),
  );
};
/** Every 32 bytes in a row from which this subkey follows. */
const seedsOf = (store: Store, subkey: Uint8Array): readonly { readonly table: string; readonly seed: Uint8Array }[] =>
  TABLES.filter((table) => table === 'segment' || table === 'content' || table === 'contact').flatMap((table) =>
    store.scan(table).flatMap(({ value }) => {
      for (let at = 0; at + 32 <= value.length; at++) {
        // Seeds stand as byte strings of 32: 58 20 in CBOR.
        if (value[at - 2] !== 0x58 || value[at - 1] !== 0x20) continue;
        const seed = value.slice(at, at + 32);
        const key = crypto.signingKey(new Secret(seed.slice()));
        if (equalBytes(key.publicKey, subkey)) return [{ table, seed }];
      }
      return [];
    }),
  );

test('S0.27 a period of 1 h: after 3 h three new prekeys and subkeys; of the old ones only what was published is left', () => {
  const { clock, alice, bob, conversation, id, prekeys, open } = twoPeople();
  alice.call('set', { key: 'segment-period', value: '1h' });
  alice.call('set', { key: 'publication-grace', value: '0' });
  alice.call('send', { conversation, text: 'in the first hour' });
  bob.call('send', { conversation, text: 'and an answer' });
  clock.advance(60_000);

  const [first] = alice.store.scan('segment', { from: concat(id, new Uint8Array(16)), to: afterPrefix(id) });
  if (first === undefined) throw new Error('no own record');
  // The own record begins with the feed.
  const own = alice.store
    .scan('certificate')
    .flatMap(({ value }) => readCertificate(value) ?? [])
    .filter(({ conversation: of }) => equalBytes(of, id))
    .map(({ feed }) => feed)
    .find((feed) => Buffer.from(first.value).includes(Buffer.from(feed)));
  if (own === undefined) throw new Error('no own feed');

  const before = { prekeys: prekeys.length, certificates: certificates(alice.store, own) };
  const secrets = [...sessionSecrets(alice.store, id), ...prekeys];
  const chains = sessionSecrets(alice.store, id);
  expect(chains.length).toBeGreaterThanOrEqual(4);
  for (const secret of chains) expect(find(alice.store, secret)).toEqual(['session']);
  const subkeys = before.certificates.map(({ subkey }) => subkey);
  expect(subkeys.length).toBeGreaterThan(0);
  expect(seedsOf(alice.store, subkeys.at(-1) as Uint8Array).map(({ table }) => table)).toContain('segment');

  clock.advance(3 * HOUR + 60_000);
  // The newest is renewed at the full hour; what it replaced goes half an hour later.
  const after = certificates(alice.store, own);
  expect(prekeys.length - before.prekeys).toBe(3);
  expect(after.length - before.certificates.length).toBe(3);
  clock.advance(HOUR / 2 + 5 * 60_000);
  alice.stop();
  bob.stop();
  alice.store.close();

  const store = open();
  for (const secret of secrets) expect(find(store, secret)).toEqual([]);
  // Of the hours in which somebody spoke the seed stands in the event that published it, and in what is known of a
  // published segment; of silent hours it is gone.
  const old = after.slice(0, -1).map(({ subkey }) => new Set(seedsOf(store, subkey).map(({ table }) => table)));
  expect([...new Set(old.map((tables) => [...tables].toSorted().join()))].toSorted()).toEqual(['', 'content,segment']);
  const running = certificates(store, own).at(-1)?.subkey;
  expect(running === undefined ? [] : seedsOf(store, running).map(({ table }) => table)).toEqual(['segment']);
  store.close();
});
