// A page in a Chromium whose workers nobody watches. A driver that debugs workers too keeps Chromium from ending a service worker
// that was told to go, for half a minute or for good; people have no debugger.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { FLAGS } from './support.ts';

export interface UnwatchedPage {
  /** The value of an expression in the page, awaited; undefined while the page is changing. */
  evaluate(expression: string): Promise<unknown>;
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

interface Reply {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

export async function unwatchedPage(): Promise<UnwatchedPage> {
  const profile = mkdtempSync(join(tmpdir(), 'kith-unwatched-'));
  const flags = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, ...FLAGS];
  const child = spawn('/usr/bin/chromium', [...flags, 'about:blank'], { stdio: 'ignore' });
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
  });
  const portFile = join(profile, 'DevToolsActivePort');
  await expect.poll(() => existsSync(portFile) && readFileSync(portFile, 'utf8').includes('\n')).toBe(true);
  const port = readFileSync(portFile, 'utf8').split('\n')[0] ?? '';
  const pageUrl = async (): Promise<string | undefined> => {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly {
      readonly type: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    return targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl;
  };
  await expect.poll(pageUrl).toBeDefined();
  const socket = new WebSocket((await pageUrl()) ?? '');
  await new Promise((done) => {
    socket.addEventListener('open', done, { once: true });
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
  });
  let sent = 0;
  const send = (method: string, params: object): Promise<Reply> =>
    new Promise((done) => {
      waiting.set(++sent, done);
      socket.send(JSON.stringify({ id: sent, method, params }));
    });
  const evaluate = async (expression: string): Promise<unknown> =>
    (await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result?.result?.value;
  return {
    evaluate,
    open: async (url) => void (await send('Page.navigate', { url })),
    reload: async () => {
      await evaluate('window.before = true');
      await send('Page.reload', {});
      await expect.poll(() => evaluate('window.before === undefined')).toBe(true);
    },
    close: async () => {
      socket.close();
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
