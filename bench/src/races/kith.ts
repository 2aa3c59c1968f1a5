import { inNode, keep, written, type Written } from '../replica.ts';
import type { Yard } from '../yard.ts';
import type { Peer } from './peer.ts';

/** Long conversations take minutes to write, and both kinds of Kith begin with the same. */
const homes = new WeakMap<Yard, Promise<Written>>();
const home = (shared: Yard, count: number): Promise<Written> => {
  const one = homes.get(shared) ?? written(shared, count);
  homes.set(shared, one);
  return one;
};

export const kith = (durability: 'process' | 'power'): Peer => ({
  name: `kith-${durability}`,
  encrypts: 'end to end; sizes and readers hidden',
  keeps: 'both ends and relay',
  orders: 'all, signed',
  durability,
  works: durability === 'process' ? ['W1', 'W2', 'W3', 'W4', 'W5'] : ['W1', 'W2', 'W3', 'W5'],
  missing: () => null,
  talk: {
    client: 'kith-client.ts',
    idleClient: 'kith-idle-client.ts',
    mustMeet: true,
    async start(yard) {
      const relay = await yard.relay(durability, ['--loopback-factor', '1000']);
      return { spot: { relay: relay.url, homes: yard.newFolder('homes'), durability }, pids: [relay.pid] };
    },
  },
  receive: async (yard, count, shared) => inNode(yard, await keep(yard, await home(shared, count), durability)),
});
