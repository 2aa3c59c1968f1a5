import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock } from '@kith/testkit/sim-clock';
import { expect, test } from 'vitest';
import { createRelayTransport, type SocketEvents } from '../../src/client/relay-transport.ts';

const RELAY = 'https://relay.test';
const DAY = 86_400_000;

test('a connection that was lost by a clock a day ahead is tried again within a minute once that is set back', () => {
  const world = simClock();
  const clock = world.machine(DAY);
  const sockets: SocketEvents[] = [];
  const transport = createRelayTransport({
    openSocket: (_, events) => {
      sockets.push(events);
      return { send: () => undefined, close: () => undefined };
    },
    http: () => Promise.reject(new Error('nobody is there')),
    clock,
    randomness: seededRandomness(1),
  });
  transport.allow([RELAY]);
  transport.listen([RELAY], []);
  sockets[0]?.opened();
  sockets[0]?.closed();
  clock.shift(-DAY);
  // What is set up anew after that listens anew.
  transport.listen([RELAY], []);
  world.advance(60_000);
  expect(sockets.length).toBeGreaterThan(1);
});
