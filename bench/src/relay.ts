// Put and live delivery of cells through the real relay, against a bare `ws` echo of as many messages of the same size.
import { setTimeout } from 'node:timers/promises';
import { readUint32, uint32 } from '@kith/core/bytes';
import { decode, encode } from '@kith/core/codec';
import { BLOCK_CELLS, BUCKETS, CELL_BYTES, PUT_RESULTS, relayRequestFrame, relayResponseFrame } from '@kith/core/ports';
import { systemRandomness } from '@kith/platform-node/system';
import type { Bench } from './bench.ts';
import { inTurn, median, now, quantile } from './figures.ts';
import { connect, pump } from './sockets.ts';
import { cpuOf, type Server } from './yard.ts';

const IN_FLIGHT = 64;
const BLOCKS_IN_FLIGHT = 4;
/** Bits of the relay's live channels; all cells here are for one of them. */
const LIVE_BITS = 10;
const CHANNEL = { bits: LIVE_BITS, prefix: Uint8Array.of(0x5a, 0x40) };

const newCell = (number: number): Uint8Array => {
  const cell = new Uint8Array(CELL_BYTES);
  cell.set(systemRandomness.bytes(64));
  cell.set(CHANNEL.prefix);
  cell.set(uint32(number), CELL_BYTES - 4);
  return cell;
};
const newCells = (count: number): readonly Uint8Array[] => Array.from({ length: count }, (_, i) => newCell(i));

/** The number of the cell that ends a frame, each to be seen once. */
const onceEach = (count: number) => {
  const seen = new Uint8Array(count);
  let left = count;
  return {
    take(frame: Uint8Array): void {
      const number = readUint32(frame, frame.length - 4);
      if (seen[number] !== 0) throw new Error(`cell ${number} came twice, or is none that was sent`);
      seen[number] = 1;
      left--;
    },
    isDone: (): boolean => left === 0,
  };
};
const checkPuts = (answers: readonly Uint8Array[]): void => {
  for (const answer of answers) {
    const frame = decode(relayResponseFrame, answer);
    if (frame?.body.type !== 'put' || frame.body.results.some((result) => result !== PUT_RESULTS.taken))
      throw new Error('the relay did not take a cell');
  }
};

interface Measured {
  readonly perSecond: number;
  /** Processor time of the server, microseconds a message. */
  readonly cpu: number;
}
const measure = async (server: Server, count: number, work: () => Promise<void>): Promise<Measured> => {
  const cpu = cpuOf(server.pid);
  const start = now();
  await work();
  const ms = now() - start;
  return { perSecond: (count / ms) * 1000, cpu: ((cpuOf(server.pid) - cpu) / count) * 1e6 };
};

const raceEcho = async (floor: Server, count: number): Promise<Measured> => {
  const socket = await connect(`${floor.url}/echo`);
  const cells = newCells(count);
  const seen = onceEach(count);
  const take = (message: Buffer): number => {
    seen.take(message);
    return 1;
  };
  const measured = await measure(floor, count, () => pump(socket, cells, IN_FLIGHT, [{ socket, take }], seen.isDone));
  socket.terminate();
  return measured;
};

/** One cell a put, kept in the hour bucket and handed to a listener; over when all are acknowledged and delivered. */
const raceDelivery = async (relay: Server, count: number): Promise<Measured> => {
  const url = `${relay.url.replace('http', 'ws')}/v1/live`;
  const [sender, listener] = await Promise.all([connect(url), connect(url)]);
  const listening = new Promise((resolve) => void listener.once('message', resolve));
  listener.send(encode(relayRequestFrame, { number: 1, body: { type: 'listen', channels: [CHANNEL] } }));
  await listening;
  const frames = newCells(count).map((cell, i) =>
    encode(relayRequestFrame, {
      number: i + 1,
      body: { type: 'put', cells: [{ cell, bucket: BUCKETS.hour, live: true }] },
    }),
  );
  const seen = onceEach(count);
  const answers: Uint8Array[] = [];
  const deliver = (message: Buffer): number => {
    seen.take(message);
    return 0;
  };
  const acknowledge = (message: Buffer): number => {
    answers.push(message);
    return 1;
  };
  const measured = await measure(relay, count, () =>
    pump(
      sender,
      frames,
      IN_FLIGHT,
      [
        { socket: listener, take: deliver },
        { socket: sender, take: acknowledge },
      ],
      () => seen.isDone() && answers.length === count,
    ),
  );
  checkPuts(answers);
  sender.terminate();
  listener.terminate();
  return measured;
};

/** Whole blocks of 64 cells, kept and acknowledged, nobody listening. Against the same frames, each answered by 2 bytes. */
const racePuts = async (
  server: Server,
  path: string,
  count: number,
  check: (answers: readonly Uint8Array[]) => void,
): Promise<Measured> => {
  const sender = await connect(`${server.url.replace('http', 'ws')}${path}`);
  const blocks = Math.ceil(count / BLOCK_CELLS);
  const frames = Array.from({ length: blocks }, (_, i) => {
    const cells = newCells(BLOCK_CELLS).map((cell) => ({ cell, bucket: BUCKETS.hour, live: false }));
    return encode(relayRequestFrame, { number: i + 1, body: { type: 'put', cells } });
  });
  const answers: Uint8Array[] = [];
  const take = (message: Buffer): number => {
    answers.push(message);
    return 1;
  };
  const measured = await measure(server, blocks * BLOCK_CELLS, () =>
    pump(sender, frames, BLOCKS_IN_FLIGHT, [{ socket: sender, take }], () => answers.length === blocks),
  );
  check(answers);
  sender.terminate();
  return measured;
};

const PACE = 2000;
const TICK_MS = 5;
interface Paced {
  /** From a cell's sending to its arrival at a listener, of 99 in 100, milliseconds. */
  readonly p99: number;
  /** Taken and acknowledged, from the first sending to the last acknowledgement. */
  readonly perSecond: number;
  /** Of 100: a listener that reads too slowly is not pushed to, and reads the bucket. */
  readonly missed: number;
}
const QUIET_MS = 2000;
/** `PACE` cells a second, each kept in the hour bucket and handed to all listeners of its channel. */
const pace = async (relay: Server, listenerCount: number, seconds: number): Promise<Paced> => {
  const url = `${relay.url.replace('http', 'ws')}/v1/live`;
  const sender = await connect(url);
  const listeners = await Promise.all(Array.from({ length: listenerCount }, () => connect(url)));
  const count = PACE * seconds;
  const sentAt = new Float64Array(count);
  const waits = new Float64Array(count * listenerCount);
  let arrived = 0;
  let lastAt = now();
  for (const listener of listeners) {
    const listening = new Promise((resolve) => void listener.once('message', resolve));
    listener.send(encode(relayRequestFrame, { number: 1, body: { type: 'listen', channels: [CHANNEL] } }));
    await listening;
    const seen = onceEach(count);
    listener.on('message', (frame: Buffer) => {
      seen.take(frame);
      lastAt = now();
      waits[arrived++] = lastAt - (sentAt[readUint32(frame, frame.length - 4)] as number);
    });
  }
  const answers: Uint8Array[] = [];
  let acknowledgedAt = 0;
  sender.on('message', (frame: Buffer) => {
    answers.push(frame);
    lastAt = acknowledgedAt = now();
  });
  const frames = newCells(count).map((cell, i) =>
    encode(relayRequestFrame, {
      number: i + 1,
      body: { type: 'put', cells: [{ cell, bucket: BUCKETS.hour, live: true }] },
    }),
  );
  const start = now();
  let next = 0;
  // A tick that came late sends what was due by then: the pace is held, and the wait counts from the sending.
  for (;;) {
    const due = Math.min(count, Math.floor(((now() - start) / 1000) * PACE));
    for (; next < due; next++) {
      sentAt[next] = now();
      sender.send(frames[next] as Uint8Array);
    }
    if (answers.length === count && (arrived === waits.length || now() - lastAt > QUIET_MS)) break;
    if (now() - Math.max(start, lastAt) > 15 * QUIET_MS) throw new Error('the relay does not answer any more');
    await setTimeout(TICK_MS);
  }
  for (const socket of [sender, ...listeners]) socket.terminate();
  checkPuts(answers);
  return {
    p99: quantile([...waits.subarray(0, arrived)], 0.99),
    perSecond: (count / (acknowledgedAt - start)) * 1000,
    missed: (1 - arrived / waits.length) * 100,
  };
};

export const bench: Bench = async ({ yard, isQuick, print }) => {
  const rounds = isQuick ? 1 : 3;
  const count = isQuick ? 1000 : 8000;
  const floor = await yard.floorWs();
  for (const durability of ['process', 'power'] as const) {
    // The accounts run, with more in them: 60,000 cells at once are what this machine's own address gets otherwise.
    const relay = await yard.relay(durability, ['--loopback-factor', '1000']);
    const cpu: { readonly kith: number[]; readonly floor: number[] } = { kith: [], floor: [] };
    const rate = (of: number[], race: () => Promise<Measured>) => async (): Promise<number> => {
      const { perSecond, cpu: used } = await race();
      of.push(used);
      return perSecond;
    };
    // Both ends compile their hot code first.
    await raceEcho(floor, 2000);
    await raceDelivery(relay, 2000);
    const [value, peerValue] = await inTurn(
      rounds,
      rate(cpu.kith, () => raceDelivery(relay, count)),
      rate(cpu.floor, () => raceEcho(floor, count)),
    );
    print({
      metric: 'put-and-deliver',
      value,
      unit: 'cells/s',
      peer: 'floor-ws',
      peerValue,
      better: 'higher',
      durability,
    });
    print({
      metric: 'put-and-deliver-cpu',
      value: median(cpu.kith),
      unit: 'us/cell',
      peer: 'floor-ws',
      peerValue: median(cpu.floor),
      better: 'lower',
      durability,
    });
    const puts =
      (server: Server, path: string, check: (answers: readonly Uint8Array[]) => void) => async (): Promise<number> =>
        (await racePuts(server, path, 2 * count, check)).perSecond;
    const [kept, answered] = await inTurn(
      rounds,
      puts(relay, '/v1/live', checkPuts),
      puts(floor, '/ack', () => undefined),
    );
    print({
      metric: 'put-blocks-of-64',
      value: kept,
      unit: 'cells/s',
      peer: 'floor-ws',
      peerValue: answered,
      better: 'higher',
      durability,
    });
    for (const listeners of [1, 8, 32]) {
      const { p99, perSecond, missed } = await pace(relay, listeners, isQuick ? 3 : 15);
      const figure = { peer: 'none', peerValue: null, durability } as const;
      const metric = `paced-2000-to-${listeners}`;
      print({ ...figure, metric: `${metric}-p99`, value: p99, unit: 'ms', better: 'lower' });
      print({ ...figure, metric, value: perSecond, unit: 'cells/s', better: 'higher' });
      print({ ...figure, metric: `${metric}-missed`, value: missed, unit: '%', better: 'lower' });
    }
  }
};
