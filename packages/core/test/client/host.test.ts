import { startKith, type Kith } from '@kith/core/client';
import { StoreError } from '@kith/core/ports';
import { memoryNetwork } from '@kith/testkit/memory-network';
import { openMemoryStore, type MemoryStore } from '@kith/testkit/memory-store';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { recordingLogger } from '@kith/testkit/recording-logger';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock } from '@kith/testkit/sim-clock';
import { expect, test } from 'vitest';

const LONGEST_MS = 20_000;
const RELAY = 'https://relay1.test';

/** Two people whose engines run in hosts, as on a platform; the first one's transactions are counted. */
const twoHosts = async () => {
  const clock = simClock();
  const random = seededRandomness(5);
  const crypto = createNullCrypto();
  const network = memoryNetwork(clock, random.fork('network'), crypto);
  network.relay(RELAY);
  const store = openMemoryStore();
  let transactions = 0;
  const scrubs = { asked: 0, fails: 0 };
  const counted: MemoryStore = {
    ...store,
    transaction: (work) => {
      transactions++;
      return store.transaction(work);
    },
    scrub: () => {
      scrubs.asked++;
      if (scrubs.fails-- > 0) throw new StoreError('io', 'a call that failed');
      store.scrub();
    },
  };
  const start = (name: string, home: MemoryStore): Promise<Kith> =>
    startKith({
      store: home,
      crypto,
      agreement: createNullAgreement(crypto, random.fork(`${name} agreement`)),
      randomness: random.fork(name),
      clock,
      logger: recordingLogger(),
      transport: network.transport(),
      relays: [RELAY],
      generation: { read: () => 1, write: () => undefined },
    });
  const [alice, bob] = [await start('alice', counted), await start('bob', openMemoryStore())];
  /** Simulated time passes in small steps, and what waits for promises gets its turn. */
  const pass = async (ms: number): Promise<void> => {
    for (let step = 0; step < ms; step++) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const ended = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    void work.then(over, over);
    for (let step = 0; step < LONGEST_MS && !isOver; step++) await pass(1);
    if (!isOver) throw new Error('in vain');
    return work;
  };
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    for (let step = 0; step < LONGEST_MS; step++) if (await ended(isSo())) return;
    throw new Error('in vain');
  };
  const { link } = await ended(alice.call('invite.create', {}));
  const { conversation } = await ended(bob.call('invite.accept', { link }));
  const isActive = async (one: Kith): Promise<boolean> =>
    (await one.call('contact.list', {})).some(({ state, wordsReady }) => state === 'active' && wordsReady);
  await until(async () => (await isActive(alice)) && (await isActive(bob)));
  return { alice, bob, conversation, pass, ended, until, scrubs, transactions: () => transactions };
};

test('that a relay took a message is noted soon, and with the next input when one comes before', async () => {
  const { alice, bob, conversation, pass, ended, until, transactions } = await twoHosts();
  const stateOf = async (): Promise<unknown> => (await alice.call('log', { conversation, limit: 1 }))[0]?.state;
  // Nothing of the meeting is on its way any more.
  await pass(2000);
  await ended(alice.call('send', { conversation, text: 'first' }));
  await until(async () => (await stateOf()) !== 'waiting');
  await pass(2000);

  const sending = alice.call('send', { conversation, text: 'second' });
  const told: string[] = [];
  await ended(sending);
  alice.onChange((change) => void told.push(change.type));
  const before = transactions();
  // The relay answers meanwhile, and nobody asks.
  await pass(15);
  expect([transactions() - before, told]).toEqual([0, []]);
  await pass(60);
  expect(transactions() - before).toBeGreaterThan(0);
  expect(told).toContain('conversation');
  expect(await ended(stateOf())).not.toBe('waiting');
  await ended(Promise.all([alice.close(), bob.close()]));
}, 60_000);

test('a disk that cannot forget a draft: what is sent with that is answered, shown and delivered, and the disk is asked again', async () => {
  const { alice, bob, conversation, pass, ended, until, scrubs } = await twoHosts();
  await ended(alice.call('draft.set', { conversation, text: 'what became the text' }));
  const before = scrubs.asked;
  scrubs.fails = 2;
  const changed: string[] = [];
  alice.onChange((change) => void changed.push(change.type));
  await ended(alice.call('send', { conversation, text: 'the text' }));
  expect(scrubs.asked).toBeGreaterThan(before);
  await until(async () => (await bob.call('log', { conversation, limit: 1 }))[0]?.text === 'the text');
  await until(async () => (await alice.call('log', { conversation, limit: 1 }))[0]?.state === 'delivered');
  expect(changed).toContain('conversation');
  await pass(15_000);
  expect(scrubs.fails).toBeLessThan(0);
  const after = scrubs.asked;
  await pass(15_000);
  expect(scrubs.asked).toBe(after);
  await ended(Promise.all([alice.close(), bob.close()]));
}, 60_000);
