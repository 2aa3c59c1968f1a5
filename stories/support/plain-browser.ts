// A Chromium of its own, spoken to directly: Playwright makes every page believe that it is looked at, also behind others.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { FLAGS } from '../../apps/web/test/support.ts';

export interface ShownNotification {
  readonly title: string;
  readonly body: string;
}

export interface HiddenPage {
  evaluate<T>(expression: string): Promise<T>;
  /**
   * What the browser has shown since the page was hidden, the oldest first, by its own record. A page that asks with
   * `getNotifications()` while one is about to be shown makes Chromium forget it: it is not on display yet.
   */
  readonly shown: readonly ShownNotification[];
}

export interface PlainBrowser {
  /** For Playwright, which has to let go of the page before it can be hidden. */
  readonly endpoint: string;
  /** Takes hold of the one page, lets it notify, and puts another page in front of it. */
  hide(origin: string): Promise<HiddenPage>;
  close(): Promise<void>;
}

interface Recorded {
  readonly backgroundServiceEvent: {
    readonly eventName: string;
    readonly eventMetadata: readonly { readonly key: string; readonly value: string }[];
  };
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
    const shown: ShownNotification[] = [];
    open.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const { method, params } = JSON.parse(data) as { method?: string; params?: Recorded };
      if (method !== 'BackgroundService.backgroundServiceEventReceived' || params === undefined) return;
      const { eventName, eventMetadata } = params.backgroundServiceEvent;
      if (eventName !== 'Notification displayed') return;
      const told = new Map(eventMetadata.map(({ key, value }) => [key, value]));
      shown.push({ title: told.get('Title') ?? '', body: told.get('Body') ?? '' });
    });
    await ask('BackgroundService.startObserving', { service: 'notifications' }, sessionId);
    await ask('BackgroundService.setRecording', { shouldRecord: true, service: 'notifications' }, sessionId);
    const { targetId } = await ask<Target>('Target.createTarget', { url: 'about:blank' });
    await ask('Target.activateTarget', { targetId });
    return {
      shown,
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
