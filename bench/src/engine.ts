// One engine of Kith in a process of its own, with its home on disk: a screen without pixels.
import type { LogLine, Method, Methods } from '@kith/core/client';
import type { Kith } from '@kith/core/client';
import { openNodeKith } from '@kith/platform-node';
import { answer } from './child.ts';
import { now } from './figures.ts';
import { bytesReceived, bytesSent, countBytes } from './wire.ts';

const PAGE = 500;
let kith: Kith | undefined;
const running = (): Kith => {
  if (kith === undefined) throw new Error('the engine was not opened');
  return kith;
};
/** Texts that are awaited, and those that came before anybody asked. */
const awaited = new Map<string, (at: number) => void>();
const came = new Map<string, number>();

const heard = ({ mine, text }: LogLine): void => {
  if (mine || text === null) return;
  const at = now();
  const tell = awaited.get(text);
  if (tell === undefined) came.set(text, at);
  else tell(at);
  awaited.delete(text);
};

const methods = {
  async open({
    home,
    relay,
    online,
    durability = 'process',
  }: {
    readonly home: string;
    readonly relay: string;
    readonly online: boolean;
    readonly durability?: 'process' | 'power';
  }): Promise<void> {
    countBytes();
    kith = await openNodeKith({ home, relays: [relay], online, durability });
    kith.onChange((change) => {
      if (change.type === 'events') for (const line of change.events) heard(line);
    });
  },
  call: ({
    method,
    params,
  }: {
    readonly method: Method;
    readonly params: Methods[Method]['params'];
  }): Promise<unknown> => running().call(method, params),
  /** When the person pressed Enter. */
  async send({ conversation, text }: { readonly conversation: string; readonly text: string }): Promise<number> {
    const at = now();
    await running().call('send', { conversation, text });
    return at;
  },
  /** When a text of the other side was told to the screen. */
  shown: ({ text }: { readonly text: string }): Promise<number> =>
    new Promise((resolve) => {
      const at = came.get(text);
      came.delete(text);
      if (at === undefined) awaited.set(text, resolve);
      else resolve(at);
    }),
  wire: (): { readonly received: number; readonly sent: number } => ({ received: bytesReceived(), sent: bytesSent() }),
  /** Reads a conversation from its end to its beginning. */
  async countLines({ conversation }: { readonly conversation: string }): Promise<number> {
    let count = 0;
    let before: string | undefined;
    for (;;) {
      const page = await running().call('log', {
        conversation,
        limit: PAGE,
        ...(before === undefined ? {} : { before }),
      });
      count += page.filter(({ text }) => text !== null).length;
      before = page[0]?.event;
      if (page.length < PAGE) return count;
    }
  },
  async close(): Promise<void> {
    await kith?.close();
    kith = undefined;
  },
};
export type EngineProcess = typeof methods;
answer(methods);
