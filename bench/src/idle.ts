// Resident memory of the server for each connection that is open and says nothing: 10,000 of them, each listening to a
// live channel, against a bare `ws` server with as many.
import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import type { IdleClient } from './idle-client.ts';
import { say } from './line.ts';
import { residentOf, type Server, type Yard } from './yard.ts';

const CLIENTS = 4;
/** Resident memory counts as settled when it moved less than this between two looks. */
const SETTLED_KIB = 256;
const LOOK_MS = 500;
const MOST_LOOKS = 40;

/** Resident memory of a process once it moves no more. */
export const settled = async (pid: number): Promise<number> => {
  let before = residentOf(pid);
  for (let look = 0; look < MOST_LOOKS; look++) {
    await wait(LOOK_MS);
    const at = residentOf(pid);
    if (Math.abs(at - before) < SETTLED_KIB) return at;
    before = at;
  }
  throw new Error('the memory of the server does not settle');
};

const kibEach = async (yard: Yard, server: Server, url: string, count: number, listens: boolean): Promise<number> => {
  const before = await settled(server.pid);
  const share = Math.ceil(count / CLIENTS);
  const clients = Array.from({ length: CLIENTS }, () => yard.worker<IdleClient>('idle-client.ts'));
  await Promise.all(clients.map((client, i) => client.ask('open', { url, count: share, from: i * share, listens })));
  const after = await settled(server.pid);
  const alive = (await Promise.all(clients.map((client) => client.ask('alive', undefined as never)))).reduce(
    (sum, n) => sum + n,
    0,
  );
  if (alive !== share * CLIENTS)
    throw new Error(`${alive} of ${share * CLIENTS} connections were still open at the end`);
  say(`idle: ${url}: ${before} KiB, with ${alive} connections ${after} KiB`);
  return (after - before) / alive;
};

export const bench: Bench = async ({ yard, isQuick, print }) => {
  const count = isQuick ? 400 : 10_000;
  const floor = await yard.floorWs();
  const peerValue = await kibEach(yard, floor, `${floor.url}/echo`, count, false);
  const relay = await yard.relay();
  const value = await kibEach(yard, relay, `${relay.url.replace('http', 'ws')}/v1/live`, count, true);
  print({
    metric: `memory-per-connection-at-${count}`,
    value,
    unit: 'KiB',
    peer: 'floor-ws',
    peerValue,
    better: 'lower',
    durability: 'process',
  });
};
