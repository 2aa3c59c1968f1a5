// Who wrote a text learns within a minute that it is there, whatever comes between it and the word of that.
import { expect, test } from 'vitest';
import type { SimDevice } from '@kith/testkit/sim-device';
import { pair, texts, world, type World } from './world.ts';

const MINUTE = 60_000;

interface Talk {
  readonly here: World;
  readonly alice: SimDevice;
  readonly bob: SimDevice;
  /** Alice writes; Bob has it, and has not said so. */
  write(text: string): void;
  /** Bob has said so. */
  isKnown(limitMs: number): boolean;
}
const talk = (seed: number): Talk => {
  const here = world(seed);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  bob.call('send', { conversation, text: 'of Bob' });
  // Relays are read every ten minutes: not at the moments that are looked at.
  here.clock.advance(4 * MINUTE);
  return {
    here,
    alice,
    bob,
    write: (text) => {
      alice.call('send', { conversation, text });
      expect(here.clock.runUntil(() => texts(bob, conversation).includes(text), 100)).toBe(true);
      expect(alice.call('status', {}).pending).toBe(1);
    },
    isKnown: (limitMs) => here.clock.runUntil(() => alice.call('status', {}).pending === 0, limitMs),
  };
};

test('a clock that is set back a little does not leave what is to be told to a day bucket', () => {
  const { bob, write, isKnown } = talk(2502);
  bob.setClock(30_000);
  write('first');
  expect(isKnown(MINUTE)).toBe(true);
  write('second');
  bob.setClock(0);
  bob.connect(false);
  bob.connect(true);
  expect(isKnown(MINUTE)).toBe(true);
});

test.each([
  ['is killed', ({ bob }: Talk) => (bob.crash(), bob.start())],
  ['has its clock set back by two minutes', ({ bob }: Talk) => (bob.setClock(0), bob.call('status', {}))],
])('a device that %s before it has told what came tells it then', (_, happens) => {
  const talking = talk(2503);
  const { bob, write, isKnown } = talking;
  bob.setClock(2 * MINUTE);
  write('first');
  expect(isKnown(MINUTE)).toBe(true);
  write('second');
  happens(talking);
  expect(isKnown(MINUTE)).toBe(true);
});

test('what a relay did not take is told again', () => {
  const { here, write, isKnown } = talk(2504);
  write('text');
  here.network.weather({ loss: 1 });
  here.clock.advance(1_000);
  here.network.weather({ loss: 0 });
  expect(isKnown(MINUTE)).toBe(true);
});
