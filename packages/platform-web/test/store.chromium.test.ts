import { STORE_CASES } from '@kith/testkit/store-cases';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CaseReport } from './store-worker.ts';
import { FILL, KEPT_CASES, REOPEN } from './store-names.ts';
import storeWorkerUrl from './store-worker.ts?worker&url';

const reportsOf = async (name: string): Promise<readonly CaseReport[]> => {
  const worker = new Worker(storeWorkerUrl, { type: 'module', name });
  const reports = await new Promise<readonly CaseReport[]>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<readonly CaseReport[]>) => resolve(data));
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
  });
  worker.terminate();
  return reports;
};

describe('store contract: SQLite on the private file system of a browser', () => {
  let reports: readonly CaseReport[] = [];
  beforeAll(async () => {
    reports = await reportsOf('');
  }, 60_000);
  for (const name of [...STORE_CASES.map((storeCase) => storeCase.name), 'another key does not open it']) {
    test(name, () => {
      const found = reports.find((report) => report.name === name);
      expect(found?.failure, JSON.stringify(reports)).toBeNull();
    });
  }
});

describe('the folder of a home', () => {
  let reports: readonly CaseReport[] = [];
  beforeAll(async () => {
    const [filled] = await reportsOf(FILL);
    if (filled?.failure !== null) throw new Error(filled?.failure ?? 'no report');
    reports = await reportsOf(REOPEN);
  }, 60_000);
  for (const name of KEPT_CASES) {
    test(name, () => {
      expect(reports.find((report) => report.name === name)?.failure, JSON.stringify(reports)).toBeNull();
    });
  }
});
