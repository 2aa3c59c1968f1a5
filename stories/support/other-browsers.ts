// Browsers other than Chromium, as Debian has them, each a process of its own on a profile of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '@kith/testkit/free-port';
import type { Page } from 'playwright-core';
import { ENTER, openBidi, openWebDriver, type Driver } from './webdriver.ts';

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
};

/** What a process says until `wanted` is found in it. */
const said = (child: ChildProcess, stream: 'stdout' | 'stderr', wanted: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child[stream]?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const found = wanted.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${child.spawnfile} ended: ${text}`)));
  });

/** Debian's Firefox speaks WebDriver BiDi itself: no driver stands between. */
export const startFirefox = async (profile: string): Promise<Driver> => {
  const argv = ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', profile];
  const child = spawn('/usr/bin/firefox-esr', argv, {
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const driver = await openBidi(await said(child, 'stderr', /WebDriver BiDi listening on (ws:\S+)/));
  return {
    ...driver,
    end: async () => {
      const exit = once(child, 'exit');
      await driver.end();
      await exit;
    },
  };
};

/** A screen that nobody sees: WebKitGTK has no headless form. */
export const startDisplay = async (): Promise<{ readonly display: string; close(): Promise<void> }> => {
  const child = spawn('/usr/bin/Xvfb', ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { display: `:${await said(child, 'stdout', /(\d+)\n/)}`, close: () => ended(child) };
};

const isUp = async (address: string): Promise<boolean> =>
  fetch(`${address}/status`).then(
    ({ ok }) => ok,
    () => false,
  );

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
/** `profile`: a window of ours that keeps data there; without one, the browser as Debian delivers it. */
export const startWebKit = async (display: string, profile?: string): Promise<Driver> => {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const child = spawn('/usr/bin/WebKitWebDriver', ['-p', String(port)], {
    env: { ...process.env, DISPLAY: display, GDK_BACKEND: 'x11' },
    stdio: 'ignore',
  });
  try {
    for (const until = Date.now() + 10_000; !(await isUp(address));)
      if (Date.now() > until) throw new Error('WebKitWebDriver does not answer');
    const [binary, args] =
      profile === undefined
        ? [MINI_BROWSER, ['--automation']]
        : ['/usr/bin/gjs', ['-m', join(import.meta.dirname, 'webkit-window.js'), profile]];
    const driver = await openWebDriver(address, { 'webkitgtk:browserOptions': { binary, args } });
    return {
      ...driver,
      name: 'WebKitGTK',
      end: async () => {
        await driver.end();
        await ended(child);
      },
    };
  } catch (error) {
    await ended(child);
    throw error;
  }
};

/** Chromium as the other stories drive it, behind the same steps. */
export const driverOf = (page: Page, complaints: readonly string[], end: () => Promise<void>): Driver => ({
  name: 'Chromium',
  version: page.context().browser()?.version() ?? '',
  complaints,
  go: async (url) => void (await page.goto(url)),
  reload: async () => void (await page.reload()),
  run: (expression) => page.evaluate(expression),
  click: (x, y) => page.mouse.click(x, y),
  type: (text) => (text === ENTER ? page.keyboard.press('Enter') : page.keyboard.type(text)),
  end,
});
