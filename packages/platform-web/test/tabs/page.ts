import { KithError, type Change, type Method, type Methods } from '@kith/core/client';
import {
  missingFeatures,
  requestPersistence,
  startWebKith,
  storageStatus,
  type WebKith,
  type WebKithOptions,
} from '../../src/index.ts';
import engineUrl from '../../src/engine-worker.ts?worker&url';
import smallUrl from './small-engine-worker.ts?worker&url';

/** What the test asks of a tab; errors come back as their codes. */
const tab = {
  kith: undefined as WebKith | undefined,
  changes: [] as Change[],
  async start(startAnew = false): Promise<string> {
    return tab.startWith({ relays: ['https://kith.example'], workerUrl: smallUrl, startAnew });
  },
  startEngine: (): Promise<string> => tab.startWith({ relays: [], workerUrl: engineUrl }),
  async startWith(options: WebKithOptions): Promise<string> {
    try {
      tab.kith = await startWebKith(options);
    } catch (error) {
      return error instanceof KithError ? error.code : String(error);
    }
    tab.kith.onChange((change) => tab.changes.push(change));
    return 'started';
  },
  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<unknown> {
    try {
      return await tab.kith?.call(method, params);
    } catch (error) {
      return error instanceof KithError ? { code: error.code } : String(error);
    }
  },
  isOwner: () => tab.kith?.isOwner(),
  close: () => tab.kith?.close(),
  missingFeatures,
  storageStatus,
  requestPersistence,
};
Object.assign(globalThis, { tab });
export type Tab = typeof tab;
