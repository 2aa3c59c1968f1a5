import { expect, test } from 'vitest';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { createMlsAgreement } from '@kith/core/session/mls';
import { noCounts, runWorld } from './world.ts';

const SEEDS = 300;

test(`${SEEDS} seeds with libsodium and MLS: 0 messages undecryptable for ever, 0 keys used twice`, async () => {
  const crypto = await createLibsodium();
  const counts = noCounts();
  const failures: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const verdict = await runWorld(seed, crypto, (_, randomness) => createMlsAgreement(randomness), counts);
    if (verdict !== undefined) failures.push(`seed ${seed}: ${verdict}`);
  }
  console.log(JSON.stringify({ seeds: SEEDS, failures: failures.length, ...counts }));
  expect(failures).toEqual([]);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(SEEDS / 10);
}, 120_000);
