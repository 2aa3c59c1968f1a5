// Runs the cases of the store contract where this store lives, and says how each ended.
import { Secret } from '@kith/core/crypto';
import { openSqlStore, StoreError, type Store } from '@kith/core/ports';
import { runStoreCase, STORE_CASES, type StoreHarness } from '@kith/testkit/store-cases';
import { openWebDatabase } from '../src/web-sql.ts';

export interface CaseReport {
  readonly name: string;
  readonly failure: string | null;
}

const keyOf = (byte: number): Secret => new Secret(new Uint8Array(32).fill(byte));
const report = async (name: string, work: () => unknown): Promise<CaseReport> => {
  try {
    await work();
    return { name, failure: null };
  } catch (error) {
    return { name, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

const run = async (): Promise<readonly CaseReport[]> => {
  const database = await openWebDatabase(`.kith-test-${crypto.randomUUID()}`);
  const openStore = (byte: number): Store => openSqlStore(() => database.open(keyOf(byte)));
  const harness: StoreHarness = {
    open: async () => {
      await database.wipe();
      return openStore(7);
    },
    reopen: (store) => {
      store.close();
      return openStore(7);
    },
  };
  const reports: CaseReport[] = [];
  for (const storeCase of STORE_CASES)
    reports.push(await report(storeCase.name, () => runStoreCase(storeCase, harness)));
  reports.push(
    await report('another key does not open it', async () => {
      const store = await harness.open();
      store.put('meta', Uint8Array.of(1), Uint8Array.of(1));
      store.close();
      let kind = 'none';
      try {
        openStore(8).close();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        kind = error.kind;
      }
      if (kind !== 'key') throw new Error(`expected kind key, got ${kind}`);
      const again = openStore(7);
      if (again.get('meta', Uint8Array.of(1))?.[0] !== 1) throw new Error('the record is gone');
      again.close();
    }),
  );
  await database.wipe();
  return reports;
};

run().then(
  (reports) => postMessage(reports),
  (error: unknown) => postMessage([{ name: 'opening SQLite', failure: String(error) }]),
);
