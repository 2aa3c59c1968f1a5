import { clockContract } from '@kith/testkit/clock-contract';
import { randomnessContract } from '@kith/testkit/randomness-contract';
import { vi } from 'vitest';
import { webClock, webRandomness } from '../src/web-system.ts';

clockContract('of a browser', {
  open: () => webClock,
  until: (_, condition) => vi.waitUntil(condition, { timeout: 5_000, interval: 2 }).then(() => undefined),
});
randomnessContract('of a browser', () => webRandomness);
