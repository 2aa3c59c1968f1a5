// The worker side: opens the home of this browser, runs the engine on it, and serves every tab.
import {
  KithError,
  serveKith,
  startLockable,
  toKithError,
  type Cost,
  type Kith,
  type KeyPlace,
  type Parts,
} from '@kith/core/client';
import type { Crypto, Secret } from '@kith/core/crypto';
import { openSqlStore, StoreError, type LogLevel, type Store } from '@kith/core/ports';
import { MissingFeature, type Feature } from './features.ts';
import { deriveInWorker } from './passphrase.ts';
import { openChannel, portPipe, fedPipe, tabLock, type FedPipe } from './pipes.ts';
import { openWebGeneration } from './web-generation.ts';
import { readWebGuard, readWebKey, writeNewWebKey, writeWebGuard, writeWebKey } from './web-key.ts';
import { openWebDatabase } from './web-sql.ts';
import { consoleLogger, webClock, webRandomness } from './web-system.ts';

export interface EngineOptions {
  /** Names the home within the origin: folder, key and locks. */
  readonly home: string;
  readonly relays: readonly string[];
  readonly logLevel: LogLevel;
  /** There was a home here before, as the page remembers. */
  readonly known: boolean;
  /** The person decided to begin again although what was here is gone or cannot be opened. */
  readonly startAnew: boolean;
}
/** Page to worker. */
export type HostRequest =
  | { readonly type: 'start'; readonly options: EngineOptions; readonly port: MessagePort }
  | { readonly type: 'stop' }
  /** From another worker of this kind: to a fresh one, which does nothing else. */
  | { readonly type: 'derive'; readonly passphrase: Uint8Array; readonly cost: Cost };
/** Worker to page. */
export type HostReply =
  | { readonly type: 'ready' }
  | { readonly type: 'missing'; readonly feature: Feature }
  | { readonly type: 'failed'; readonly code: KithError['code']; readonly message: string; readonly hint: string }
  | { readonly type: 'stopped' };
/** The answer to `derive`. */
export interface Derived {
  readonly type: 'derived';
  readonly key: Uint8Array;
}

/** What this package makes of the engine's parts; the worker's entry adds the rest. */
export type WebParts = Pick<Parts, 'store' | 'generation' | 'clock' | 'randomness' | 'logger' | 'relays'>;
export type StartEngine = (parts: WebParts) => Promise<Kith>;

/** The home of this origin, held and not opened. */
interface HeldHome {
  readonly place: KeyPlace;
  readonly generation: WebParts['generation'];
  openStore(key: Secret): Store;
  release(): void;
}

const holdHome = async ({ home, known, startAnew }: EngineOptions): Promise<HeldHome> => {
  const database = await openWebDatabase(`.kith-${home}`);
  const name = `kith-${home}`;
  if (startAnew && database.exists) await database.wipe();
  const exists = database.exists && !startAnew;
  if (!exists && known && !startAnew) throw new KithError('evicted');
  if (!exists) await writeNewWebKey(name);
  const generation = await openWebGeneration(`.kith-${home}-generation`);
  return {
    generation,
    place: {
      read: async () => {
        const kept = await readWebKey(name);
        if (kept === undefined) throw new StoreError('key', 'the key of this home is missing');
        return kept;
      },
      write: (kept) => writeWebKey(name, kept),
      readGuard: () => readWebGuard(name),
      writeGuard: (guard) => writeWebGuard(name, guard),
      wipe: async () => {
        await database.wipe();
        generation.write(0);
      },
    },
    openStore: (key) => openSqlStore(() => database.open(key)),
    release: () => generation.close(),
  };
};

/** Answers tabs until the returned function is called. */
const serveTabs = (kith: Kith, home: string): (() => void) => {
  const engine = crypto.randomUUID();
  const tabs = new Map<string, FedPipe>();
  const open = (tab: string): FedPipe => {
    const pipe = fedPipe(
      (value) => channel.post({ type: 'to-tab', engine, tab, value }),
      () => tabs.delete(tab),
    );
    tabs.set(tab, pipe);
    serveKith(kith, pipe);
    // Granted when the tab has ended, however it ended.
    void navigator.locks.request(tabLock(home, tab), () => pipe.finish());
    return pipe;
  };
  const channel = openChannel(home, (message) => {
    if (message.type === 'who') channel.post({ type: 'engine', engine });
    if (message.type === 'to-engine' && message.engine === engine)
      (tabs.get(message.tab) ?? open(message.tab)).deliver(message.value);
  });
  channel.post({ type: 'engine', engine });
  return () => {
    for (const pipe of tabs.values()) pipe.finish();
    channel.close();
  };
};

interface WorkerScope {
  postMessage(reply: HostReply | Derived): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<HostRequest>) => void): void;
}

/** The engine on an opened home; closing it closes the database. */
const startOn = async (store: Store, start: () => Promise<Kith>): Promise<Kith> => {
  try {
    const kith = await start();
    return {
      call: (method, params) => kith.call(method, params),
      onChange: (listener) => kith.onChange(listener),
      close: () => kith.close().finally(() => store.close()),
    };
  } catch (error) {
    store.close();
    throw error;
  }
};

/** Makes this worker the engine of its page's home. Called once, by the worker's entry, before anything is awaited. */
export const hostEngine = (startEngine: StartEngine, crypto: () => Promise<Crypto>): void => {
  const scope = globalThis as unknown as WorkerScope;
  const start = async (options: EngineOptions, port: MessagePort): Promise<() => Promise<void>> => {
    const home = await holdHome(options);
    try {
      const kith = await startLockable({
        place: home.place,
        clock: webClock,
        randomness: webRandomness,
        crypto,
        derive: deriveInWorker,
        open: async (key) => {
          const store = home.openStore(key);
          return startOn(store, () =>
            startEngine({
              store,
              generation: home.generation,
              clock: webClock,
              randomness: webRandomness,
              logger: consoleLogger(options.logLevel),
              relays: options.relays,
            }),
          );
        },
      });
      const stopPort = serveKith(kith, portPipe(port));
      const stopTabs = serveTabs(kith, options.home);
      return async () => {
        stopTabs();
        stopPort();
        await kith.close().finally(() => home.release());
      };
    } catch (error) {
      home.release();
      throw error;
    }
  };
  const fail = (error: unknown): void => {
    if (error instanceof MissingFeature) return scope.postMessage({ type: 'missing', feature: error.feature });
    const { code, message, hint } = toKithError(error);
    if (code === 'internal') console.error(error);
    scope.postMessage({ type: 'failed', code, message, hint });
  };
  let running: Promise<() => Promise<void>> | undefined;
  scope.addEventListener('message', ({ data }) => {
    switch (data.type) {
      case 'start':
        running = start(data.options, data.port);
        running.then(() => scope.postMessage({ type: 'ready' }), fail);
        return;
      case 'stop':
        void running?.then((stop) => stop()).then(() => scope.postMessage({ type: 'stopped' }), fail);
        return;
      case 'derive': {
        const { salt, operations, memory } = data.cost;
        crypto()
          .then((primitives) => primitives.passphraseKey(data.passphrase, salt, operations, memory).expose())
          .then((key) => scope.postMessage({ type: 'derived', key }), fail);
      }
    }
  });
};
