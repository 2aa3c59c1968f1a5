import type { Peer } from './peer.ts';

export const kith = (durability: 'process' | 'power'): Peer => ({
  name: `kith-${durability}`,
  client: 'kith-client.ts',
  encrypts: 'end to end; sizes and readers hidden',
  keeps: 'both ends and relay',
  orders: 'all, signed',
  durability,
  works: durability === 'process' ? ['W1', 'W2', 'W3', 'W4'] : ['W1', 'W2', 'W3'],
  idleClient: 'kith-idle-client.ts',
  mustMeet: true,
  missing: () => null,
  async start(yard) {
    const relay = await yard.relay(durability, ['--loopback-factor', '1000']);
    return { spot: { relay: relay.url, homes: yard.newFolder('homes'), durability }, pids: [relay.pid] };
  },
});
