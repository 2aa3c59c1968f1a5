import { describe, expect, test } from 'vitest';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { noCounts, runWorld } from './world.ts';

const crypto = createNullCrypto();
const SEEDS = 10_000;
/** So many are enough for a planted bug. */
const FIRST = 100;

describe('sessions under loss, reordering, duplication, crossing hellos, replays, restarts and restored copies', () => {
  test(`${SEEDS} seeds with null crypto: 0 messages undecryptable for ever, 0 keys used twice`, async () => {
    const counts = noCounts();
    const failures: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const verdict = await runWorld(seed, crypto, createNullAgreement, counts);
      if (verdict !== undefined) failures.push(`seed ${seed}: ${verdict}`);
    }
    console.log(JSON.stringify({ seeds: SEEDS, failures: failures.length, ...counts }));
    expect(failures).toEqual([]);
    // The faults did happen.
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(SEEDS / 10);
  }, 120_000);

  test(`the first ${FIRST} seeds`, async () => {
    const found = new Set<string | undefined>();
    for (let seed = 1; seed <= FIRST; seed++) found.add(await runWorld(seed, crypto, createNullAgreement, noCounts()));
    expect([...found]).toEqual([undefined]);
  });
});
