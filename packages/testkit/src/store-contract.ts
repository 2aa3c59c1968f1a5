import { describe, test } from 'vitest';
import { runStoreCase, STORE_CASES, type StoreHarness } from './store-cases.ts';

/** Runs every case of the store contract as a test of vitest. */
export const storeContract = (name: string, harness: StoreHarness): void => {
  describe(`store contract: ${name}`, () => {
    for (const storeCase of STORE_CASES) test(storeCase.name, () => runStoreCase(storeCase, harness));
  });
};
