import { STORE_CASES } from '@kith/testkit/store-cases';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CaseReport } from './store-worker.ts';
import storeWorkerUrl from './store-worker.ts?worker&url';

describe('store contract: SQLite on the private file system of a browser', () => {
  let reports: readonly CaseReport[] = [];
  beforeAll(async () => {
    const worker = new Worker(storeWorkerUrl, { type: 'module' });
    reports = await new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<readonly CaseReport[]>) => resolve(data));
      worker.addEventListener('error', (event) => reject(new Error(event.message)));
    });
    worker.terminate();
  }, 60_000);
  for (const name of [...STORE_CASES.map((storeCase) => storeCase.name), 'another key does not open it']) {
    test(name, () => {
      const found = reports.find((report) => report.name === name);
      expect(found?.failure, JSON.stringify(reports)).toBeNull();
    });
  }
});
