// The worker side: opens the home of this browser, runs the engine on it, and serves every tab.
import { KithError, serveKith, toKithError, type Kith, type Parts } from '@kith/core/client';
import { openSqlStore, StoreError, type LogLevel } from '@kith/core/ports';
import { openChannel, portPipe, fedPipe, tabLock, type FedPipe } from './pipes.ts';
import { openWebGeneration } from './web-generation.ts';
import { readWebKey, writeNewWebKey } from './web-key.ts';
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
  | { readonly type: 'stop' };
/** Worker to page. */
export type HostReply =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly code: KithError['code']; readonly message: string; readonly hint: string }
  | { readonly type: 'stopped' };

/** What this package makes of the engine's parts; the worker's entry adds the rest. */
export type WebParts = Pick<Parts, 'store' | 'generation' | 'clock' | 'randomness' | 'logger' | 'relays'>;
export type StartEngine = (parts: WebParts) => Promise<Kith>;

interface OpenHome {
  readonly parts: Pick<WebParts, 'store' | 'generation'>;
  close(): void;
}

const openHome = async ({ home, known, startAnew }: EngineOptions): Promise<OpenHome> => {
  const database = await openWebDatabase(`.kith-${home}`);
  if (startAnew && database.exists) await database.wipe();
  const exists = database.exists && !startAnew;
  if (!exists && known && !startAnew) throw new KithError('evicted');
  const kept = exists ? await readWebKey(`kith-${home}`) : await writeNewWebKey(`kith-${home}`);
  if (kept === undefined) throw new StoreError('key', 'the key of this home is missing');
  const generation = await openWebGeneration(`.kith-${home}-generation`);
  try {
    const store = openSqlStore(() => database.open(kept));
    return {
      parts: { store, generation },
      close: () => {
        store.close();
        generation.close();
      },
    };
  } catch (error) {
    generation.close();
    throw error;
  } finally {
    kept.wipe();
  }
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
  postMessage(reply: HostReply): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<HostRequest>) => void): void;
}

/** Makes this worker the engine of its page's home. Called once, by the worker's entry, before anything is awaited. */
export const hostEngine = (startEngine: StartEngine): void => {
  const scope = globalThis as unknown as WorkerScope;
  const start = async (options: EngineOptions, port: MessagePort): Promise<() => Promise<void>> => {
    const home = await openHome(options);
    try {
      const kith = await startEngine({
        ...home.parts,
        clock: webClock,
        randomness: webRandomness,
        logger: consoleLogger(options.logLevel),
        relays: options.relays,
      });
      const stopPort = serveKith(kith, portPipe(port));
      const stopTabs = serveTabs(kith, options.home);
      return async () => {
        stopTabs();
        stopPort();
        await kith.close().finally(() => home.close());
      };
    } catch (error) {
      home.close();
      throw error;
    }
  };
  const fail = (error: unknown): void => {
    const { code, message, hint } = toKithError(error);
    if (code === 'internal') console.error(error);
    scope.postMessage({ type: 'failed', code, message, hint });
  };
  let running: Promise<() => Promise<void>> | undefined;
  scope.addEventListener('message', ({ data }) => {
    if (data.type === 'start') {
      running = start(data.options, data.port);
      running.then(() => scope.postMessage({ type: 'ready' }), fail);
    } else {
      void running?.then((stop) => stop()).then(() => scope.postMessage({ type: 'stopped' }), fail);
    }
  });
};
