// kill -9 of a whole browser while somebody writes in it. Acknowledged is what its screen has shown as a message.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import { startRelay } from '../../apps/relay/src/index.ts';
import { FLAGS, steps } from '../../apps/web/test/support.ts';
import { openNodeKith } from '@kith/platform-node';
import { compare, moments, type KillReport } from './kill.ts';
import { shownOn, webRoot } from './screens.ts';

export interface Browser {
  readonly child: ChildProcess;
  readonly page: Page;
}
export const startBrowser = async (profile: string, under: readonly string[] = []): Promise<Browser> => {
  rmSync(join(profile, 'DevToolsActivePort'), { force: true });
  const flags = ['--headless', ...FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
  // Its own process group: with its leader all of the browser's processes are killed at one moment.
  const [program, ...rest] = [...under, process.env['KITH_CHROMIUM'] ?? '/usr/bin/chromium', ...flags];
  const child = spawn(program as string, rest, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the browser ended: ${said}`)));
  });
  const [context] = (await chromium.connectOverCDP(address)).contexts();
  if (context === undefined) throw new Error('a browser without a profile');
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(15_000);
  return { child, page };
};
export const kill = async ({ child }: Browser): Promise<void> => {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
  if (child.pid !== undefined && exited !== undefined) process.kill(-child.pid, 'SIGKILL');
  await exited;
};

export const browserKillCycles = async (cycles: number, seed = 1): Promise<KillReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-kill-'));
  const relay = await startRelay({ port: 0, host: '127.0.0.1', data: join(folder, 'relay'), webRoot });
  const bob = await openNodeKith({ home: join(folder, 'bob'), relays: [relay.url] });
  const moment = moments(seed);
  let browser = await startBrowser(join(folder, 'profile'));
  try {
    const { link } = await bob.call('invite.create', {});
    await browser.page.goto(link);
    await steps(browser.page).connect();
    const conversation = (await bob.call('invite.list', {}))[0]?.conversation ?? '';
    const acknowledged = new Set<string>();
    const starts: number[] = [];
    let texts = 0;
    for (let cycle = 0; cycle < cycles; cycle++) {
      const { page } = browser;
      let isOn = true;
      const writing = (async () => {
        while (isOn) {
          await steps(page).write(`typed ${texts++}`);
          for (const { text } of await shownOn(page)) acknowledged.add(text);
        }
      })().catch((error: unknown) => {
        // The page ends with its browser, in the middle of a step.
        if (isOn) throw error;
      });
      await setTimeout(200 + moment(800));
      isOn = false;
      await kill(browser);
      await writing;
      browser = await startBrowser(join(folder, 'profile'));
      const started = performance.now();
      await browser.page.goto(relay.url);
      await browser.page.locator('.list-entry').first().waitFor();
      starts.push(performance.now() - started);
      await steps(browser.page).openConversation('');
    }
    for (const end = Date.now() + 60_000; ;) {
      await bob.call('sync', {});
      const there = (await bob.call('log', { conversation, limit: 500 })).flatMap(({ kind, text }) =>
        kind === 'text' && text !== null ? [text] : [],
      );
      const report = compare(cycles, [...acknowledged], [there], starts);
      if (report.lost.length > 0 && Date.now() < end) continue;
      // On the own screen too: all that fits on it, once each.
      const shown = (await shownOn(browser.page)).map(({ text }) => text);
      return { ...report, twice: [...report.twice, ...compare(cycles, [], [shown], []).twice] };
    }
  } finally {
    await kill(browser);
    await bob.close();
    await relay.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
};
