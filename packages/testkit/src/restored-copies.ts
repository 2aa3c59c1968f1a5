// A home that is put back from the same snapshot again and again, as a virtual machine is: what is sealed twice with one key
// and nonce?
import { toHex } from '@kith/core/bytes';
import type { LogLine } from '@kith/core/client';
import type { Crypto } from '@kith/core/crypto';
import { memoryNetwork } from './memory-network.ts';
import type { MemoryStore } from './memory-store.ts';
import { createNullAgreement, createNullCrypto } from './null-crypto.ts';
import { seededRandomness } from './seeded-randomness.ts';
import { simClock } from './sim-clock.ts';
import { SimDevice } from './sim-device.ts';

/** Every (key, nonce) that anything was sealed with; and how many came twice. */
const recorder = () => {
  const plain = createNullCrypto();
  const used = new Set<string>();
  const counts = { sealed: 0, repeated: 0 };
  const crypto: Crypto = {
    ...plain,
    seal: (key, nonce, plaintext, associated) => {
      const name = toHex(key) + toHex(nonce);
      counts.sealed++;
      if (used.has(name)) counts.repeated++;
      used.add(name);
      return plain.seal(key, nonce, plaintext, associated);
    },
  };
  return { crypto, counts };
};

export interface RestoredCopies {
  readonly sealed: number;
  readonly repeated: number;
  /** What the other side shows at the end: its newest 500 lines. */
  readonly lines: readonly LogLine[];
  readonly failures: readonly unknown[];
}
/** `planted`: the machine's random bytes are put back as well, as if no fresh ones went into the keys of cells. */
export const restoreAgainAndAgain = (restores: number, planted = false, seed = 5): RestoredCopies => {
  const clock = simClock();
  const random = seededRandomness(seed);
  const { crypto, counts } = recorder();
  const network = memoryNetwork(clock, random.fork('network'), crypto);
  const relays = ['https://relay1.test'];
  network.relay('https://relay1.test');
  const fresh = random.fork('alice');
  let bytes = fresh.bytes.bind(fresh);
  const device = (name: string): SimDevice =>
    new SimDevice({
      name,
      clock,
      network,
      crypto,
      randomness: name === 'alice' ? { ...fresh, bytes: (length) => bytes(length) } : random.fork(name),
      // The null form of key agreement has a fixed nonce: not what is looked at.
      agreement: createNullAgreement(createNullCrypto(), random.fork(`${name} agreement`)),
      relays,
    });
  const alice = device('alice');
  const bob = device('bob');
  alice.start();
  bob.start();
  const { link } = alice.call('invite.create', {});
  const { conversation } = bob.call('invite.accept', { link });
  const isKnown = (one: SimDevice): boolean =>
    one.call('contact.list', {}).some((contact) => contact.conversation === conversation && contact.state === 'active');
  if (!clock.runUntil(() => isKnown(alice) && isKnown(bob), 60_000)) throw new Error('the two did not meet');
  alice.call('send', { conversation, text: 'before the snapshot' });
  clock.advance(5_000);
  alice.crash();
  const snapshot = (alice.store as MemoryStore).clone();
  for (let i = 0; i < restores; i++) {
    alice.store = snapshot.clone();
    if (planted) {
      const again = seededRandomness(seed + 1);
      bytes = again.bytes.bind(again);
    }
    alice.start();
    alice.call('send', { conversation, text: `copy ${i}` });
    clock.advance(3_000);
    if (i % 10 === 0) bob.call('send', { conversation, text: `answer ${i}` });
    clock.advance(2_000);
    alice.crash();
  }
  const lines = bob.call('log', { conversation, limit: 500 });
  return { ...counts, lines, failures: [...alice.failures, ...bob.failures] };
};
