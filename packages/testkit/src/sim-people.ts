// A relay and devices that have nothing wrong with them, for runs whose only trouble is who is there when.
import { memoryNetwork, type MemoryRelay } from './memory-network.ts';
import { createNullAgreement, createNullCrypto } from './null-crypto.ts';
import { seededRandomness, type SeededRandomness } from './seeded-randomness.ts';
import { simClock, type SimClock } from './sim-clock.ts';
import { SimDevice } from './sim-device.ts';

const HOUR = 3_600_000;

export interface SimPeople {
  readonly clock: SimClock;
  readonly random: SeededRandomness;
  readonly relay: MemoryRelay;
  device(name: string): SimDevice;
  /** Throws when it is not so within an hour of theirs. */
  until(what: string, condition: () => boolean): void;
  /** The conversation's id; both know each other. */
  meet(one: SimDevice, other: SimDevice): string;
  /** It is started, and knows whom its host knows. */
  join(host: SimDevice, joining: SimDevice): void;
}
export const simPeople = (seed: number): SimPeople => {
  const clock = simClock();
  const random = seededRandomness(seed);
  const crypto = createNullCrypto();
  const network = memoryNetwork(clock, random.fork('network'), crypto);
  const relay = network.relay('https://relay.test');
  const until: SimPeople['until'] = (what, condition) => {
    if (!clock.runUntil(condition, HOUR)) throw new Error(`seed ${seed}: ${what}`);
  };
  const knows = (one: SimDevice): boolean => one.call('contact.list', {})[0]?.state === 'active';
  return {
    clock,
    random,
    relay,
    until,
    device: (name) =>
      new SimDevice({
        name,
        clock,
        network,
        crypto,
        randomness: random.fork(name),
        agreement: createNullAgreement(crypto, random.fork(`${name} agreement`)),
        relays: [relay.origin],
      }),
    meet: (one, other) => {
      one.start();
      other.start();
      const { link } = one.call('invite.create', {});
      const { conversation } = other.call('invite.accept', { link });
      until('they meet', () => knows(one) && knows(other));
      return conversation;
    },
    join: (host, joining) => {
      joining.start();
      const { link } = host.call('device.link', {});
      joining.call('device.join', { link, name: joining.name });
      until(`${joining.name} joins`, () => knows(joining));
    },
  };
};
