import { fileURLToPath } from 'node:url';
import { REPLICAS } from '../replica.ts';
import { WORKS, type Peer } from './peer.ts';

export const floor: Peer = {
  name: 'floor-ws',
  encrypts: 'nothing',
  keeps: 'nothing',
  orders: 'within a connection',
  durability: null,
  works: WORKS,
  missing: () => null,
  talk: {
    client: 'floor-client.ts',
    async start(yard) {
      const router = await yard.server(
        [fileURLToPath(new URL('floor-router.ts', import.meta.url))],
        /listening at (ws:\S+)/,
      );
      return { spot: { url: router.url }, pids: [router.pid] };
    },
  },
  receive: REPLICAS['floor-ws'],
};
