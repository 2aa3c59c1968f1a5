// A Chromium of its own, spoken to directly: Playwright makes every page believe that it is looked at, also behind others.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { FLAGS } from '../../apps/web/test/support.ts';

export interface PlainBrowser {
  /** For Playwright, which has to let go of the page before it can be hidden. */
  readonly endpoint: string;
  /** Takes hold of the one page, lets it notify, and puts another page in front of it. */
  hide(origin: string): Promise<{ evaluate<T>(expression: string): Promise<T> }>;
  close(): Promise<void>;
}

interface Target {
  readonly targetId: string;
  readonly type: string;
  readonly url: string;
}

export const plainBrowser = async (): Promise<PlainBrowser> => {
  const profile = mkdtempSync(join(tmpdir(), 'kith-plain-'));
  const flags = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--lang=en-GB', ...FLAGS];
  const browser = spawn('/usr/bin/chromium', [...flags, 'about:blank'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => browser.once('exit', resolve));
  const said = (): readonly string[] => {
    try {
      return readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
    } catch {
      // Not written yet.
      return [];
    }
  };
  await expect.poll(() => said().length, { timeout: 15_000 }).toBe(2);
  const [port = '', path = ''] = said();
  let socket: WebSocket | undefined;
  const hide: PlainBrowser['hide'] = async (origin) => {
    const open = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    socket = open;
    await new Promise((resolve, reject) => {
      open.onopen = resolve;
      open.onerror = reject;
    });
    let last = 0;
    const ask = <T>(method: string, params: object = {}, sessionId?: string): Promise<T> =>
      new Promise((resolve, reject) => {
        const id = ++last;
        const hear = ({ data }: MessageEvent<string>): void => {
          const answer = JSON.parse(data) as { id?: number; result?: T; error?: { message: string } };
          if (answer.id !== id) return;
          open.removeEventListener('message', hear);
          if (answer.result === undefined) reject(new Error(`${method}: ${answer.error?.message}`));
          else resolve(answer.result);
        };
        open.addEventListener('message', hear);
        open.send(JSON.stringify({ id, method, params, sessionId }));
      });
    const { targetInfos } = await ask<{ targetInfos: readonly Target[] }>('Target.getTargets');
    const page = targetInfos.find(({ type, url }) => type === 'page' && url.startsWith(origin));
    if (page === undefined) throw new Error(`no page of ${origin}`);
    await ask('Browser.grantPermissions', { origin, permissions: ['notifications'] });
    const { sessionId } = await ask<{ sessionId: string }>('Target.attachToTarget', {
      targetId: page.targetId,
      flatten: true,
    });
    const { targetId } = await ask<Target>('Target.createTarget', { url: 'about:blank' });
    await ask('Target.activateTarget', { targetId });
    return {
      evaluate: async <T>(expression: string) =>
        (
          await ask<{ result: { value: T } }>(
            'Runtime.evaluate',
            { expression, awaitPromise: true, returnByValue: true },
            sessionId,
          )
        ).result.value,
    };
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    hide,
    close: async () => {
      socket?.close();
      browser.kill('SIGTERM');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};
