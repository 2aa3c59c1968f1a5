// Beside the app, on its origin and so on its home: what fills a browser's home, and times the engine without the screens.
import type { Method, Methods } from '@kith/core/client';
import { startWebKith, trustedWorkerUrl, type WebKith } from '@kith/platform-web';
import engineUrl from '@kith/platform-web/engine-worker?worker&url';
import historyUrl from './history-worker.ts?worker&url';
import type { HistoryReply, HistoryRequest } from './history-worker.ts';

let kith: WebKith | undefined;
let history: Worker | undefined;

const ask = (request: HistoryRequest): Promise<HistoryReply> =>
  new Promise((resolve, reject) => {
    if (history === undefined) throw new Error('the history is not open');
    history.onmessage = ({ data }: MessageEvent<HistoryReply>) =>
      data.type === 'failed' ? reject(new Error(data.why)) : resolve(data);
    history.onerror = (event) => reject(new Error(event.message));
    history.postMessage(request);
  });

const kithBench = {
  async start(): Promise<void> {
    kith = await startWebKith({ relays: [location.origin], workerUrl: engineUrl });
  },
  async stop(): Promise<void> {
    await kith?.close();
    kith = undefined;
  },
  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    if (kith === undefined) throw new Error('the engine is not started');
    return kith.call(method, params);
  },
  /** Milliseconds of each call, one after the other. */
  async time<M extends Method>(method: M, all: readonly Methods[M]['params'][]): Promise<readonly number[]> {
    const times: number[] = [];
    for (const params of all) {
      const start = performance.now();
      await kithBench.call(method, params);
      times.push(performance.now() - start);
    }
    return times;
  },
  /** Opens the home without an engine; the frontier of the conversation. */
  async openHistory(conversation: string, root: string): Promise<string> {
    history = new Worker(trustedWorkerUrl(historyUrl), { type: 'module' });
    const reply = await ask({ type: 'open', conversation, root });
    return reply.type === 'opened' ? reply.frontier : '';
  },
  async take(packets: readonly string[], feed: string, texts: readonly string[], time: number): Promise<number> {
    const reply = await ask({ type: 'take', packets, feed, texts, time });
    return reply.type === 'took' ? reply.arrived : 0;
  },
  async closeHistory(): Promise<void> {
    await ask({ type: 'close' });
    history?.terminate();
  },
};
export type BenchPage = typeof kithBench;
Object.assign(globalThis, { kithBench });
