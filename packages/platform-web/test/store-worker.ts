// Runs the cases of the store contract where this store lives, and says how each ended.
import { Secret } from '@kith/core/crypto';
import { openSqlStore, StoreError, type Store } from '@kith/core/ports';
import { runStoreCase, STORE_CASES, type StoreHarness } from '@kith/testkit/store-cases';
import { openWebDatabase, type WebDatabase } from '../src/web-sql.ts';
import { FILL, KEPT_CASES, REOPEN } from './store-names.ts';

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

/** One worker after the other opens this folder. */
const FOLDER = '.kith-test-kept';
const fill = async (): Promise<readonly CaseReport[]> => [
  await report('fill', async () => {
    const database = await openWebDatabase(FOLDER);
    const store = openSqlStore(() => database.open(keyOf(7)));
    store.put('meta', Uint8Array.of(1), Uint8Array.of(1));
    store.close();
  }),
];
/** Opens it again; the first file of the database is locked, as by a tab that is just ended. */
const reopen = async (): Promise<readonly CaseReport[]> => {
  const prototype = FileSystemFileHandle.prototype;
  const open = prototype.createSyncAccessHandle;
  let [isLocked, isFull, made, removed] = [true, false, 0, 0];
  prototype.createSyncAccessHandle = function () {
    if (!isLocked || this.name.startsWith('.'))
      return open.call(this).then((file) => {
        const write = file.write.bind(file);
        file.write = (bytes, options) => (isFull ? 0 : write(bytes, options));
        return file;
      });
    isLocked = false;
    return Promise.reject(new DOMException('locked', 'NoModificationAllowedError'));
  };
  const folders = FileSystemDirectoryHandle.prototype;
  const { getFileHandle, removeEntry } = folders;
  folders.getFileHandle = function (name, options) {
    if (options?.create === true) made++;
    return getFileHandle.call(this, name, options);
  };
  folders.removeEntry = function (name, options) {
    removed++;
    return removeEntry.call(this, name, options);
  };
  let again: Store | undefined;
  let opened: WebDatabase | undefined;
  const kept = await report(KEPT_CASES[0], async () => {
    const database = await openWebDatabase(FOLDER);
    opened = database;
    if (isLocked) throw new Error('nothing was locked');
    if (!database.exists) throw new Error('the database is gone');
    const store = openSqlStore(() => database.open(keyOf(7)));
    if (store.get('meta', Uint8Array.of(1))?.[0] !== 1) throw new Error('the record is gone');
    again = store;
  });
  const untouched = await report(KEPT_CASES[1], () => {
    if (made + removed > 0) throw new Error(`made ${made}, removed ${removed}`);
  });
  const told = await report(KEPT_CASES[2], () => {
    if (again === undefined || opened === undefined) throw new Error('nothing was opened');
    isFull = true;
    let kind = 'none';
    try {
      again.put('meta', Uint8Array.of(2), Uint8Array.of(2));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      kind = error.kind;
    }
    if (kind !== 'full') throw new Error(`expected kind full, got ${kind}`);
    isFull = false;
    again.put('meta', Uint8Array.of(3), Uint8Array.of(3));
    again.close();
    const database = opened;
    const last = openSqlStore(() => database.open(keyOf(7)));
    const found = [1, 2, 3].map((key) => last.get('meta', Uint8Array.of(key))?.[0]);
    last.close();
    if (JSON.stringify(found) !== '[1,null,3]') throw new Error(`found ${JSON.stringify(found)}`);
  });
  return [kept, untouched, told];
};

const work = { [FILL]: fill, [REOPEN]: reopen }[self.name] ?? run;
work().then(
  (reports) => postMessage(reports),
  (error: unknown) => postMessage([{ name: 'opening SQLite', failure: String(error) }]),
);
