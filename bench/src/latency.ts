// From Enter on one screen to the text on the other, through the relay, both homes on disk; against a bare `ws` round trip
// of 4 KiB in the same run.
import type { Bench } from './bench.ts';
import { now, quantile } from './figures.ts';
import { meet, startPerson } from './people.ts';
import { connect } from './sockets.ts';

const CELL_BYTES = 4096;

export const bench: Bench = async ({ yard, isQuick, print }) => {
  const count = isQuick ? 20 : 500;
  const warming = isQuick ? 5 : 50;
  const floor = await yard.floorWs();
  const relay = await yard.relay();
  const [alice, bob] = await Promise.all([startPerson(yard, 'alice', relay), startPerson(yard, 'bob', relay)]);
  const conversation = await meet(alice, bob);
  const socket = await connect(`${floor.url}/echo`);
  const frame = new Uint8Array(CELL_BYTES);
  const echo = async (): Promise<number> => {
    const start = now();
    const back = new Promise((resolve) => void socket.once('message', resolve));
    socket.send(frame);
    await back;
    return now() - start;
  };

  const kith: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < warming + count; i++) {
    const [from, to] = i % 2 === 0 ? [alice, bob] : [bob, alice];
    const text = `message ${i}: shall we say half past seven, at the usual place?`;
    const shown = to.engine.ask('shown', { text });
    const sent = await from.engine.ask('send', { conversation, text });
    const taken = (await shown) - sent;
    // In turn, so that what else the machine does meets both.
    const echoed = await echo();
    if (i < warming) continue;
    kith.push(taken);
    bare.push(echoed);
  }
  socket.terminate();
  for (const [name, part] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    print({
      metric: `screen-to-screen-${name}`,
      value: quantile(kith, part),
      unit: 'ms',
      peer: 'floor-ws',
      peerValue: quantile(bare, part),
      better: 'lower',
      durability: 'process',
    });
  }
};
