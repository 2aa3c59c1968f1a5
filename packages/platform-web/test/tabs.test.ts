// Tabs of one browser share one home. The page is built by vite and served under the strictest policies it has to live with.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tab } from './tabs/page.ts';

const CHROMIUM = '/usr/bin/chromium';
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.warn('skipped: there is no /usr/bin/chromium (Debian package chromium)');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types kith";

declare const tab: Tab;

describe.skipIf(!hasChromium)('tabs of one browser', () => {
  let built = '';
  let server: Server;
  let origin = '';
  let profile = '';
  let browser: BrowserContext;
  const problems: string[] = [];

  beforeAll(async () => {
    built = mkdtempSync(join(tmpdir(), 'kith-tabs-'));
    await build({
      root: fileURLToPath(new URL('tabs', import.meta.url)),
      logLevel: 'error',
      configFile: false,
      worker: { format: 'es' },
      build: { outDir: built, emptyOutDir: true, modulePreload: { polyfill: false } },
    });
    server = createServer((request, response) => {
      const path = join(built, new URL(request.url ?? '/', 'http://x').pathname.replace(/^\/$/, '/index.html'));
      if (!existsSync(path)) return void response.writeHead(404).end();
      response.writeHead(200, {
        'content-type': TYPES[extname(path)] ?? 'text/plain',
        'content-security-policy': POLICY,
      });
      response.end(readFileSync(path));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }, 60_000);
  afterAll(() => {
    server.close();
    rmSync(built, { recursive: true });
  });
  const launch = async (): Promise<void> => {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    browser = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args });
  };
  beforeEach(async () => {
    profile = mkdtempSync(join(tmpdir(), 'kith-profile-'));
    problems.length = 0;
    await launch();
  });
  afterEach(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
    expect(problems).toEqual([]);
  });
  const openPage = async (): Promise<Page> => {
    const page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('favicon')) problems.push(message.text());
    });
    await page.goto(origin);
    await page.waitForFunction(() => typeof tab === 'object');
    return page;
  };
  const openTab = async (): Promise<Page> => {
    const page = await openPage();
    expect(await page.evaluate(() => tab.start())).toBe('started');
    return page;
  };
  const send = (page: Page, text: string): Promise<unknown> =>
    page.evaluate((said) => tab.call('send', { conversation: 'c', text: said }), text);
  const log = (page: Page): Promise<unknown> => page.evaluate(() => tab.call('log', { conversation: 'c' }));
  const waitForOwner = (page: Page): Promise<unknown> => page.waitForFunction(() => tab.isOwner());

  test('one runs the engine, the others reach it, and all hear of changes', async () => {
    const first = await openTab();
    const others = [await openTab(), await openTab()];
    expect(await Promise.all([first, ...others].map((page) => page.evaluate(() => tab.isOwner())))).toEqual([
      true,
      false,
      false,
    ]);
    for (const [i, page] of [first, ...others].entries()) await send(page, `text ${i}`);
    for (const page of [first, ...others]) {
      expect(await log(page)).toEqual(['text 0', 'text 1', 'text 2']);
      await page.waitForFunction(() => tab.changes.length === 3);
    }
    expect(await others[0]?.evaluate(() => tab.call('profile.get', {}))).toEqual({ code: 'not-built' });
    expect(await others[0]?.evaluate(() => tab.call('status', {}))).toMatchObject({
      starts: 1,
      relays: ['https://kith.example'],
    });
  }, 30_000);

  test('when the owner closes, another takes over: reads are asked again, writes are told as interrupted', async () => {
    const first = await openTab();
    const second = await openTab();
    const third = await openTab();
    await send(second, 'before');
    const read = second.evaluate(() => tab.call('sync', {}));
    const write = third.evaluate(() => tab.call('draft.set', { conversation: 'c', text: 't' }));
    await second.evaluate(() => tab.changes.splice(0));
    await first.close({ runBeforeUnload: false });
    expect(await read).toEqual({ starts: 2 });
    expect(await write).toEqual({ code: 'interrupted' });
    const owners = await Promise.all([second, third].map((page) => page.evaluate(() => tab.isOwner())));
    expect(owners.filter(Boolean)).toHaveLength(1);
    for (const page of [second, third]) expect(await log(page)).toEqual(['before']);
    // What changed meanwhile is not known, so everything is told as changed.
    await second.waitForFunction(() =>
      tab.changes.some((change) => change.type === 'conversation' && change.conversation === 'first'),
    );
    await send(third, 'after');
    expect(await log(second)).toEqual(['before', 'after']);
  }, 30_000);

  test('an owner that closes in good order hands over too, and a crash of its renderer as well', async () => {
    const first = await openTab();
    const second = await openTab();
    await send(first, 'one');
    await first.evaluate(() => tab.close());
    await waitForOwner(second);
    expect(await log(second)).toEqual(['one']);
    expect(await first.evaluate(() => tab.call('log', { conversation: 'c' }))).toEqual({ code: 'interrupted' });
    const third = await openTab();
    await send(third, 'two');
    const crashed = second.waitForEvent('crash');
    void second.goto('chrome://crash').catch(() => undefined);
    await crashed;
    await waitForOwner(third);
    expect(await log(third)).toEqual(['one', 'two']);
    expect(await third.evaluate(() => tab.call('search', { query: 'tw' }))).toBe(1);
  }, 30_000);

  test('a browser killed with -9 keeps every text that was acknowledged', async () => {
    const page = await openTab();
    for (let i = 0; i < 20; i++) await send(page, `kept ${i}`);
    // Playwright's own browser handle is null for a profile; the process is found by the profile's lock.
    const { execFileSync } = await import('node:child_process');
    const pids = execFileSync('pgrep', ['-f', `user-data-dir=${profile}`], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    const gone = new Promise<void>((resolve) => browser.once('close', () => resolve()));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await gone;
    await launch();
    const begin = performance.now();
    const again = await openTab();
    expect(await log(again)).toEqual(Array.from({ length: 20 }, (_, i) => `kept ${i}`));
    expect(performance.now() - begin).toBeLessThan(5_000);
  }, 40_000);

  test('deleted storage is told as evicted, every time, until the person starts anew', async () => {
    const page = await openTab();
    await send(page, 'gone with the storage');
    await page.evaluate(() => tab.close());
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const remove = async (name: string): Promise<void> => {
        // The browser frees files a moment after they were closed.
        for (;;) {
          try {
            return await root.removeEntry(name, { recursive: true });
          } catch (error) {
            if (!(error instanceof DOMException) || error.name !== 'NoModificationAllowedError') throw error;
            await new Promise(requestAnimationFrame);
          }
        }
      };
      for await (const name of root.keys()) await remove(name);
      indexedDB.deleteDatabase('kith-home');
    });
    await page.close();
    const next = await openPage();
    expect(await next.evaluate(() => tab.start())).toBe('evicted');
    expect(await next.evaluate(() => tab.start())).toBe('evicted');
    expect(await next.evaluate(() => tab.start(true))).toBe('started');
    expect(await log(next)).toEqual([]);
  }, 30_000);

  test('a home whose key is gone is told as damaged and is not written over', async () => {
    const page = await openTab();
    await send(page, 'locked away');
    await page.evaluate(() => tab.close());
    await page.evaluate(
      () =>
        new Promise<void>((resolve) =>
          indexedDB.deleteDatabase('kith-home').addEventListener('success', () => resolve()),
        ),
    );
    expect(await page.evaluate(() => tab.start())).toBe('damaged-home');
    expect(await page.evaluate(() => tab.start())).toBe('damaged-home');
    expect(await page.evaluate(() => tab.start(true))).toBe('started');
    expect(await log(page)).toEqual([]);
  }, 30_000);

  test('Kith itself starts in the worker, keeps what it is told, and is the same device the next time', async () => {
    const page = await openPage();
    expect(await page.evaluate(() => tab.startEngine())).toBe('started');
    const before = await page.evaluate(() => tab.call('status', {}));
    expect(before).toMatchObject({ created: true, connection: 'offline' });
    await page.evaluate(() => tab.call('profile.set', { name: 'Blair' }));
    await page.reload();
    await page.waitForFunction(() => typeof tab === 'object');
    expect(await page.evaluate(() => tab.startEngine())).toBe('started');
    expect(await page.evaluate(() => tab.call('profile.get', {}))).toMatchObject({ name: 'Blair' });
    expect(await page.evaluate(() => tab.call('status', {}))).toMatchObject({
      device: (before as { device: string }).device,
      created: false,
    });
  }, 30_000);

  test('S4.12 with a passphrase it starts locked in every tab, and opens in all of them', async () => {
    const page = await openPage();
    expect(await page.evaluate(() => tab.startEngine())).toBe('started');
    await page.evaluate(() => tab.call('profile.set', { name: 'Blair' }));
    expect(await page.evaluate(() => tab.call('lock.set', { next: 'four random words here' }))).toEqual({
      passphrase: true,
      locked: false,
      waitUntil: null,
    });
    await page.reload();
    await page.waitForFunction(() => typeof tab === 'object');
    expect(await page.evaluate(() => tab.startEngine())).toBe('started');
    const other = await openPage();
    expect(await other.evaluate(() => tab.startEngine())).toBe('started');
    for (const each of [page, other]) {
      expect(await each.evaluate(() => tab.call('profile.get', {}))).toEqual({ code: 'locked' });
      expect(await each.evaluate(() => tab.call('lock.state', {}))).toMatchObject({ passphrase: true, locked: true });
    }
    expect(await other.evaluate(() => tab.call('lock.unlock', { passphrase: 'a guess of mine' }))).toEqual({
      code: 'wrong-passphrase',
    });
    expect(await other.evaluate(() => tab.call('lock.unlock', { passphrase: 'four random words here' }))).toMatchObject(
      { locked: false },
    );
    await page.waitForFunction(() => tab.changes.some((change) => change.type === 'lock' && !change.locked));
    expect(await page.evaluate(() => tab.call('profile.get', {}))).toMatchObject({ name: 'Blair' });
    await page.evaluate(() => tab.call('lock.now', {}));
    await other.waitForFunction(() => tab.changes.some((change) => change.type === 'lock' && change.locked));
    expect(await other.evaluate(() => tab.call('profile.get', {}))).toEqual({ code: 'locked' });
    // The tab that runs the engine goes: the next one starts it locked.
    await page.evaluate(() => tab.call('lock.unlock', { passphrase: 'four random words here' }));
    await page.close({ runBeforeUnload: false });
    await waitForOwner(other);
    expect(await other.evaluate(() => tab.call('profile.get', {}))).toEqual({ code: 'locked' });
  }, 90_000);

  test('S4.12 wrong passphrases cost time in a browser, also after a reload; U22 a duress one empties it', async () => {
    const page = await openPage();
    expect(await page.evaluate(() => tab.startEngine())).toBe('started');
    const { device } = (await page.evaluate(() => tab.call('status', {}))) as { device: string };
    await page.evaluate(() => tab.call('lock.set', { next: 'four random words here' }));
    await page.evaluate(() =>
      tab.call('lock.duress', { passphrase: 'four random words here', next: 'another four random words' }),
    );
    await page.evaluate(() => tab.call('lock.now', {}));
    for (let i = 0; i < 4; i++) {
      expect(await page.evaluate(() => tab.call('lock.unlock', { passphrase: 'a guess of mine' }))).toEqual({
        code: 'wrong-passphrase',
      });
    }
    await page.reload();
    await page.waitForFunction(() => typeof tab === 'object');
    expect(await page.evaluate(() => tab.startEngine())).toBe('started');
    const typeDuress = () => page.evaluate(() => tab.call('lock.unlock', { passphrase: 'another four random words' }));
    expect(await typeDuress()).toEqual({ code: 'too-many-tries' });
    await expect
      .poll(typeDuress, { timeout: 30_000, interval: 500 })
      .toMatchObject({ passphrase: true, locked: false });
    const now = (await page.evaluate(() => tab.call('status', {}))) as { device: string };
    expect(now.device).not.toBe(device);
    await page.evaluate(() => tab.call('lock.now', {}));
    expect(await page.evaluate(() => tab.call('lock.unlock', { passphrase: 'four random words here' }))).toEqual({
      code: 'wrong-passphrase',
    });
    expect(await typeDuress()).toMatchObject({ locked: false });
    expect(await page.evaluate(() => tab.call('status', {}))).toMatchObject({ device: now.device });
  }, 120_000);

  test('a worker that cannot be had, and a tab that holds the home without a word, are told and not waited for', async () => {
    const page = await openPage();
    expect(
      await page.evaluate(() => tab.startWith({ relays: [], workerUrl: 'https://elsewhere.example/worker.js' })),
    ).toBe('internal');
    await page.evaluate(() => void navigator.locks.request('kith home engine', () => new Promise(() => undefined)));
    const other = await openPage();
    await other.clock.install();
    const started = other.evaluate(() => tab.start());
    await other.clock.fastForward(20_000);
    expect(await started).toBe('home-busy');
  }, 40_000);

  test('nothing is missing here; without a secure context or private files it is said', async () => {
    const page = await openPage();
    expect(await page.evaluate(() => tab.missingFeatures())).toEqual([]);
    expect(await page.evaluate(() => tab.storageStatus())).toMatchObject({ persisted: false });
    expect(await page.evaluate(() => tab.requestPersistence())).toBeTypeOf('boolean');
    expect(
      await page.evaluate(() => {
        Object.defineProperty(navigator.storage, 'getDirectory', {
          value: () => Promise.reject(new DOMException('no', 'SecurityError')),
        });
        Object.defineProperty(navigator, 'locks', { value: undefined });
        Object.defineProperty(globalThis, 'isSecureContext', { value: false });
        return tab.missingFeatures();
      }),
    ).toEqual(['secure-context', 'opfs', 'web-locks']);
  }, 30_000);
});
