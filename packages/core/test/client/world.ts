// Alice and Bob with one relay, on simulated ports.
import type { KithError } from '@kith/core/client';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { memoryNetwork, type MemoryNetwork, type MemoryRelay } from '@kith/testkit/memory-network';
import { recordingLogger, type RecordingLogger } from '@kith/testkit/recording-logger';
import { seededRandomness, type SeededRandomness } from '@kith/testkit/seeded-randomness';
import { SimDevice } from '@kith/testkit/sim-device';
import { simClock, type SimClock } from '@kith/testkit/sim-clock';
import { lying, type Lies } from './liar.ts';

export interface World {
  readonly clock: SimClock;
  readonly network: MemoryNetwork;
  readonly random: SeededRandomness;
  readonly relays: readonly MemoryRelay[];
  readonly logger: RecordingLogger;
  device(name: string): SimDevice;
}
/** `lies`: what stands between every device and the relays; it may change meanwhile. */
export const world = (seed = 1, relayCount = 1, lies: Lies = {}): World => {
  const clock = simClock();
  const random = seededRandomness(seed);
  const crypto = createNullCrypto();
  const network = memoryNetwork(clock, random.fork('network'), crypto);
  const origins = Array.from({ length: relayCount }, (_, i) => `https://relay${i + 1}.test`);
  const relays = origins.map((origin) => network.relay(origin));
  const logger = recordingLogger();
  return {
    clock,
    network,
    random,
    relays,
    logger,
    device: (name) =>
      new SimDevice({
        name,
        clock,
        network: lying(network, lies),
        crypto,
        logger,
        randomness: random.fork(name),
        agreement: createNullAgreement(crypto, random.fork(`${name} agreement`)),
        relays: origins,
      }),
  };
};

/** Both run and know each other; the conversation's id. */
export const pair = ({ clock }: World, alice: SimDevice, bob: SimDevice): string => {
  alice.start();
  bob.start();
  const { link } = alice.call('invite.create', {});
  const { conversation } = bob.call('invite.accept', { link });
  const known = clock.runUntil(() => [alice, bob].every((one) => stateOf(one, conversation) === 'active'), 60_000);
  if (!known) throw new Error('the two did not meet');
  return conversation;
};
const stateOf = (device: SimDevice, conversation: string): string | undefined =>
  device.call('contact.list', {}).find((contact) => contact.conversation === conversation)?.state;
export const texts = (device: SimDevice, conversation: string, limit = 500): readonly (string | null)[] =>
  device
    .call('log', { conversation, limit })
    .filter(({ kind }) => kind === 'text')
    .map(({ text }) => text);
/** Recovery words, made and written down. */
export const makeWords = (of: SimDevice): readonly string[] => {
  const { words } = of.call('recovery.create', {});
  of.call('recovery.confirm', { words: words.join(' ') });
  return words;
};
export const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (cause) {
    return (cause as KithError).code;
  }
};
