import { fileURLToPath } from 'node:url';
import { WORKS, type Peer } from './peer.ts';

export const floor: Peer = {
  name: 'floor-ws',
  client: 'floor-client.ts',
  encrypts: 'nothing',
  keeps: 'nothing',
  orders: 'within a connection',
  durability: null,
  works: WORKS,
  missing: () => null,
  async start(yard) {
    const router = await yard.server(
      [fileURLToPath(new URL('floor-router.ts', import.meta.url))],
      /listening at (ws:\S+)/,
    );
    return { spot: { url: router.url }, pids: [router.pid] };
  },
};
