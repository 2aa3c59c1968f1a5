// The page side. Every tab asks for the lock of the home; the one that gets it runs the engine's worker, the others talk to
// that worker through the home's channel, and one of them takes over when it ends.
import {
  connectKith,
  KithError,
  METHOD_KINDS,
  toKithError,
  type Change,
  type Kith,
  type Method,
  type Methods,
  type Pipe,
} from '@kith/core/client';
import type { LogLevel } from '@kith/core/ports';
import type { EngineOptions, HostReply, HostRequest } from './engine-host.ts';
import { MissingFeature } from './features.ts';
import { engineLock, fedPipe, openChannel, portPipe, tabLock, type FedPipe } from './pipes.ts';
import { trustedWorkerUrl } from './trusted-url.ts';

export interface WebKithOptions {
  /** For a home that has no relay yet. */
  readonly relays: readonly string[];
  /** The bundled worker: `import url from '@kith/platform-web/engine-worker?worker&url'`. */
  readonly workerUrl: string;
  /** Names the home within the origin. Default `home`. */
  readonly home?: string;
  readonly logLevel?: LogLevel;
  /** Set after the person chose to begin again: what is left of an evicted or damaged home is deleted. */
  readonly startAnew?: boolean;
}
export interface WebKith extends Kith {
  /** True while this tab runs the engine. */
  isOwner(): boolean;
}

/** How long a tab waits for the engine of another one that holds the home and says nothing. */
const START_MS = 15_000;
/** How long a call waits for an engine when none is there. */
const NO_ENGINE_MS = 10_000;

/** One Kith over changing connections. A read whose answer was lost is asked again; a write rejects with `interrupted`. */
const switchingKith = () => {
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change): void => {
    for (const listener of listeners) listener(change);
  };
  let current: Kith | undefined;
  let failure: KithError | MissingFeature | undefined;
  const wakers: (() => void)[] = [];
  const wake = (): void => {
    for (const waker of wakers.splice(0)) waker();
  };
  const connection = async (): Promise<Kith> => {
    const deadline = performance.now() + NO_ENGINE_MS;
    while (current === undefined) {
      if (failure !== undefined) throw failure;
      const left = deadline - performance.now();
      if (left <= 0) throw new KithError('home-busy');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wakers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return current;
  };
  const call = async <M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> => {
    for (;;) {
      const kith = await connection();
      try {
        return await kith.call(method, params);
      } catch (error) {
        const lost = error instanceof KithError && error.code === 'interrupted' && failure === undefined;
        if (!lost || METHOD_KINDS[method] === 'write') throw failure ?? error;
      }
    }
  };
  /** What changed while no engine was heard is not known: everything is to be read again. */
  const tellAll = async (kith: Kith): Promise<void> => {
    tell({ type: 'lock', locked: (await kith.call('lock.state', {})).locked });
    for (const type of ['contacts', 'requests', 'invites', 'profile', 'settings'] as const) tell({ type });
    tell({ type: 'status', status: await kith.call('status', {}) });
    for (const { conversation } of await kith.call('contact.list', {})) tell({ type: 'conversation', conversation });
  };
  return {
    call,
    onChange: (listener: (change: Change) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Later pipes replace earlier ones, which close. */
    attach: (pipe: Pipe): void => {
      const kith = connectKith(pipe);
      const before = current;
      current = kith;
      pipe.onClose(() => {
        if (current === kith) current = undefined;
      });
      kith.onChange(tell);
      void before?.close();
      wake();
      // Rejects only when this connection ends as well; the next one tells again.
      if (before !== undefined) tellAll(kith).catch(() => undefined);
    },
    end: (error: KithError | MissingFeature): void => {
      failure ??= error;
      const before = current;
      current = undefined;
      void before?.close();
      wake();
    },
  };
};

const MARKER = 'kith home ';
/** An engine ran on this home before, as the page remembers. */
export const wasHere = (home = 'home'): boolean => localStorage.getItem(MARKER + home) !== null;

/**
 * Connects this tab to the engine of the origin's home, starting it here when no other tab runs it. Rejects with a
 * KithError when it cannot be started: `evicted`, `damaged-home`, `newer-home`, `disk-full`, `disk-failed`, `home-busy`.
 * Ask `missingFeatures` first; what only a worker can find out rejects with a MissingFeature.
 */
export const startWebKith = async (options: WebKithOptions): Promise<WebKith> => {
  const home = options.home ?? 'home';
  const tab = crypto.randomUUID();
  const kith = switchingKith();
  const ended = new AbortController();
  const newWorker = (): Worker =>
    new Worker(trustedWorkerUrl(options.workerUrl), { type: 'module', name: 'kith engine' });
  // Most often this tab will be the owner: its worker loads while the locks are asked for.
  let spare: Worker | undefined;
  let worker: Worker | undefined;
  const dropSpare = (): void => {
    spare?.terminate();
    spare = undefined;
  };
  try {
    spare = newWorker();
    spare.addEventListener('error', dropSpare);
  } catch {
    // It fails once more where it is needed, and is told there.
  }
  ended.signal.addEventListener('abort', dropSpare);

  // Held until this tab ends, and before the engine hears of it.
  await new Promise<void>((held) => {
    void navigator.locks.request(tabLock(home, tab), () => {
      held();
      return new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()));
    });
  });

  let started: (() => void) | undefined;
  let refused: ((error: KithError | MissingFeature) => void) | undefined;
  const first = new Promise<void>((resolve, reject) => {
    started = resolve;
    refused = reject;
  });
  const fail = (error: KithError | MissingFeature): void => {
    refused?.(error);
    kith.end(error);
    ended.abort();
    channel.close();
  };

  let far: { readonly engine: string; readonly pipe: FedPipe } | undefined;
  const channel = openChannel(home, (message) => {
    if (worker !== undefined || ended.signal.aborted) return;
    if (message.type === 'engine' && message.engine !== far?.engine) {
      const { engine } = message;
      dropSpare();
      far = { engine, pipe: fedPipe((value) => channel.post({ type: 'to-engine', engine, tab, value })) };
      kith.attach(far.pipe);
      started?.();
    }
    if (message.type === 'to-tab' && message.tab === tab && message.engine === far?.engine)
      far.pipe.deliver(message.value);
  });
  channel.post({ type: 'who' });

  /** Runs the engine until it fails or this tab is closed. */
  const own = (): Promise<void> =>
    new Promise((release) => {
      if (ended.signal.aborted) {
        release();
        return;
      }
      const running = spare ?? newWorker();
      spare = undefined;
      worker = running;
      const ports = new MessageChannel();
      const pipe = portPipe(ports.port1);
      const stop = (): void => {
        running.terminate();
        pipe.finish();
        worker = undefined;
        release();
      };
      running.addEventListener('message', ({ data }: MessageEvent<HostReply>) => {
        switch (data.type) {
          case 'ready':
            localStorage.setItem(MARKER + home, '1');
            kith.attach(pipe);
            started?.();
            return;
          case 'missing':
            fail(new MissingFeature(data.feature));
            stop();
            return;
          case 'failed':
            fail(new KithError(data.code, data));
            stop();
            return;
          case 'stopped':
            stop();
        }
      });
      running.addEventListener('error', () => {
        fail(new KithError('internal'));
        stop();
      });
      ended.signal.addEventListener('abort', () => post({ type: 'stop' }));
      const post = (request: HostRequest, transfer: Transferable[] = []): void =>
        running.postMessage(request, transfer);
      const known = wasHere(home);
      const { relays, logLevel = 'warn', startAnew = false } = options;
      const engineOptions: EngineOptions = { home, relays, logLevel, known, startAnew };
      post({ type: 'start', options: engineOptions, port: ports.port2 }, [ports.port2]);
    });
  const owning = navigator.locks.request(engineLock(home), { signal: ended.signal }, own).catch((error: unknown) => {
    // Otherwise it was closed while it waited for its turn.
    if (!ended.signal.aborted) fail(toKithError(error));
  });

  const patience = setTimeout(() => {
    if (worker === undefined) fail(new KithError('home-busy'));
  }, START_MS);
  await first.finally(() => clearTimeout(patience));
  return {
    call: kith.call,
    onChange: kith.onChange,
    isOwner: () => worker !== undefined,
    close: async () => {
      kith.end(new KithError('interrupted'));
      ended.abort();
      channel.close();
      await owning;
    },
  };
};
