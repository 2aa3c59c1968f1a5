import { clockContract } from '../src/clock-contract.ts';
import { randomnessContract } from '../src/randomness-contract.ts';
import { seededRandomness } from '../src/seeded-randomness.ts';
import { simClock, type SimClock } from '../src/sim-clock.ts';

clockContract('simulated', {
  open: () => simClock(),
  until: (clock, condition) => {
    while (!condition()) (clock as SimClock).advance(1);
    return Promise.resolve();
  },
});
randomnessContract('seeded', () => seededRandomness(1));
