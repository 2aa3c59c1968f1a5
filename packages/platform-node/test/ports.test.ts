import { clockContract } from '@kith/testkit/clock-contract';
import { randomnessContract } from '@kith/testkit/randomness-contract';
import { vi } from 'vitest';
import { withNativeRandomness } from '../src/native-crypto.ts';
import { systemClock, systemRandomness } from '../src/system.ts';

clockContract('of the system', {
  open: () => systemClock,
  until: (_, condition) => vi.waitUntil(condition, { timeout: 5_000, interval: 2 }).then(() => undefined),
});
randomnessContract('of the system', () => systemRandomness);
const native = await withNativeRandomness(systemRandomness);
randomnessContract('of libsodium, where it is compiled for this machine', () => native);
