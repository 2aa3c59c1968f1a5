// Runs in Node and in Chromium. The digests below are one for both: equal verdicts on every vector.
import { expect, test } from 'vitest';
import { toHex, utf8 } from '@kith/core/bytes';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { CHECKS, judge, judgeXwing, type VectorSet, type XwingVector } from './vector-sets.ts';

// Vite reads the files at build time; a checkout without the vectors gets an empty list.
const wycheproof = import.meta.glob<VectorSet>('../../../../../shared/vectors/wycheproof/*.json', {
  import: 'default',
});
const xwingSets = import.meta.glob<readonly XwingVector[]>('../../../../../shared/vectors/xwing.json', {
  import: 'default',
});
const named = Object.entries(wycheproof).map(
  ([path, load]) => [(path.split('/').at(-1) ?? '').replace('.json', ''), load] as const,
);
if (named.length === 0) console.log('No published vectors at ../shared/vectors: these tests are skipped.');

/** BLAKE2b-16 of what is said of each vector. */
const VERDICTS: Readonly<Record<string, string>> = {
  chacha20_poly1305_test: '594e5aea8146572fd380081cb92af760',
  ed25519_test: '96220b15dd06ea3b917585514c106a02',
  hkdf_sha512_test: '9ca6a625b62c5d893e1648fc1e84fb9e',
  hmac_sha512_test: '13877b8878a694d86ada3095e1498950',
  mlkem_768_encaps_test: '59320075c250c7de0ecb3e8f96e3779a',
  mlkem_768_keygen_seed_test: 'df253ffec32fba91b6215f86c238556d',
  mlkem_768_test: '27170c638be94dd0d50357c1b963edcd',
  x25519_test: '002fb6dfadde4666b32ba9adf2feb16c',
  xchacha20_poly1305_test: '2cd88f8d1bd85bf7abcbf430e4068517',
};

test.skipIf(named.length === 0)('every check has its vectors', () => {
  expect(named.map(([name]) => name).toSorted()).toEqual(Object.keys(CHECKS).toSorted());
});
test.each(named)('Wycheproof %s: no disagreement, and the same verdicts everywhere', async (name, load) => {
  const crypto = await createLibsodium();
  const { count, disagreements, said } = judge(crypto, name, await load());
  expect(disagreements).toEqual([]);
  expect(count).toBeGreaterThan(50);
  expect([name, toHex(crypto.hash(16, utf8(said)))]).toEqual([name, VERDICTS[name]]);
});
test.each(Object.entries(xwingSets))('X-Wing %s', async (_, load) => {
  await createLibsodium();
  const vectors = await load();
  expect(vectors.length).toBeGreaterThan(0);
  for (const vector of vectors) expect(judgeXwing(vector)).toBe(true);
});
