import { BUCKETS, HOUR_MS, PUT_RESULTS, TransportError, type RelayResponse } from '@kith/core/ports';
import { expect, test } from 'vitest';
import { memoryNetwork } from '../src/memory-network.ts';
import { createNullCrypto } from '../src/null-crypto.ts';
import { seededRandomness } from '../src/seeded-randomness.ts';
import { simClock, type SimClock } from '../src/sim-clock.ts';
import { contractCell, transportContract } from '../src/transport-contract.ts';

const clock = simClock();
const network = memoryNetwork(clock, seededRandomness(1), createNullCrypto());
let relays = 0;

/** Moves simulated time until the promise has settled; a promise needs real turns to tell. */
const settleOn = async <T>(on: SimClock, promise: Promise<T>): Promise<T> => {
  let settled = false;
  const mark = (): void => {
    settled = true;
  };
  promise.then(mark, mark);
  while (!settled) {
    if (!on.step() && !settled) await Promise.resolve();
    await Promise.resolve();
  }
  return promise;
};

transportContract('memory network', {
  relay: async () => {
    const relay = network.relay(`https://relay-${++relays}.example`);
    return {
      origin: relay.origin,
      stop: async () => relay.stop(),
      start: async () => relay.start(),
      close: async () => relay.stop(),
    };
  },
  transport: () => network.transport(),
  until: async (condition) => expect(clock.runUntil(condition, HOUR_MS)).toBe(true),
  settle: (promise) => settleOn(clock, promise),
  now: () => clock.now(),
  isLive: true,
});

/** One world: 200 puts in bad weather; what was answered, in order. */
const world = (seed: number): readonly string[] => {
  const time = simClock();
  const bad = memoryNetwork(time, seededRandomness(seed), createNullCrypto());
  const relay = bad.relay('https://r.example');
  bad.weather({ loss: 0.2, repeat: 0.2, delayMin: 1, delayMax: 500 });
  const transport = bad.transport({ allowed: ['https://r.example'] });
  const answers: string[] = [];
  let answered = 0;
  for (let i = 0; i < 200; i++) {
    const cell = new Uint8Array(4096).fill(i);
    transport.send(
      'https://r.example',
      { type: 'put', cells: [{ cell, bucket: BUCKETS.hour, live: false }] },
      (answer) => {
        answered++;
        answers.push(
          answer instanceof TransportError
            ? `${i} lost`
            : `${i} ${answer.type === 'put' ? answer.results[0] : answer.type}`,
        );
      },
    );
  }
  expect(time.runUntil(() => answered === 200)).toBe(true);
  for (const { cell, known } of answers.map((line) => ({
    cell: Number(line.split(' ')[0]),
    known: line.endsWith(` ${PUT_RESULTS.taken}`),
  }))) {
    // What a relay said it took it holds.
    if (known) expect(relay.cells().some((held) => held[0] === cell)).toBe(true);
  }
  return answers;
};

test('bad weather loses, repeats and reorders; the same seed gives the same world', () => {
  const answers = world(7);
  expect(world(7)).toEqual(answers);
  expect(world(8)).not.toEqual(answers);
  expect(answers.filter((line) => line.endsWith('lost')).length).toBeGreaterThan(20);
  expect(answers.some((line) => line.endsWith(` ${PUT_RESULTS.tagHeld}`))).toBe(true);
  const order = answers.map((line) => Number(line.split(' ')[0]));
  expect(order).not.toEqual([...order].sort((a, b) => a - b));
});

test('a wiped relay has nothing, a restarted one everything', () => {
  const time = simClock();
  const net = memoryNetwork(time, seededRandomness(3), createNullCrypto());
  const relay = net.relay('https://r.example');
  const transport = net.transport({ allowed: ['https://r.example'] });
  const put = (): RelayResponse | TransportError | undefined => {
    let got: RelayResponse | TransportError | undefined;
    transport.send(
      'https://r.example',
      { type: 'put', cells: [{ cell: contractCell(), bucket: BUCKETS.day, live: false }] },
      (answer) => {
        got = answer;
      },
    );
    time.runUntil(() => got !== undefined);
    return got;
  };
  put();
  relay.stop();
  expect(put()).toBeInstanceOf(TransportError);
  relay.start();
  expect(relay.held().cells).toBe(1);
  relay.wipe();
  expect(relay.held().cells).toBe(0);
});
