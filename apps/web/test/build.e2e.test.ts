// The release as it is served: the same bytes from every folder, one policy, works offline, updates only when asked and only whole.
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildInto, person, root, serve, type Site } from './support.ts';
import { unwatchedPage } from './unwatched-page.ts';

vi.setConfig({ testTimeout: 60_000 });
const FIRST_SCREEN_LIMIT = 160 * 1024;

let folder: string;
let site: Site;
/** What the server puts in a file's place; null: it is away. */
let change: (path: string, bytes: Buffer) => Buffer | null = (_path, bytes) => bytes;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kith-release-'));
  await buildInto(folder, join(root, 'vite.config.ts'));
  site = await serve(folder, (path, bytes) => change(path, bytes));
}, 60_000);
afterAll(async () => {
  await site.close();
  rmSync(folder, { recursive: true });
});

const hashes = (of: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(of, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(of.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );

test('S2.2 another folder gives the same bytes', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'kith-elsewhere-'));
  try {
    // A checkout of its own at another path: the sources copied, the installed packages linked.
    const project = realpathSync(join(root, '../..'));
    const keep = (path: string): boolean =>
      !/\/(?:node_modules|dist|\.git|test)(?:\/|$)/u.test(path.slice(project.length));
    for (const part of ['packages', 'apps/web', 'package.json', 'tsconfig.base.json'])
      cpSync(join(project, part), join(elsewhere, part), { recursive: true, filter: keep });
    symlinkSync(join(project, 'node_modules'), join(elsewhere, 'node_modules'));
    const out = join(elsewhere, 'out');
    await buildInto(out, join(elsewhere, 'apps/web/vite.config.ts'));
    expect(hashes(out)).toEqual(hashes(folder));
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

test('the release holds nothing of the harness, no inline script, and no address of anyone else', () => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const all = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n');
  expect(all).not.toContain('A very long name of somebody');
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\son[a-z]+=/u);
  expect(
    [...html.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, url = '']) => url).filter((url) => !url.startsWith('/')),
  ).toEqual([]);
});

test('JavaScript of the first screen, without the engine', () => {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/gu)].map(([, path = '']) => path);
  const size = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path)), { level: 9 }).length, 0);
  const engine = readdirSync(join(folder, 'assets')).filter((name) => name.startsWith('engine-worker'));
  const engineSize = engine.reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(folder, 'assets', name)), { level: 9 }).length,
    0,
  );
  console.log(JSON.stringify({ firstScreenGzip: size, engineWorkerGzip: engineSize }));
  expect(scripts.length).toBeGreaterThan(0);
  expect(size).toBeLessThan(FIRST_SCREEN_LIMIT);
});

test('U21 works offline after the first visit', async () => {
  const { page, close } = await person();
  try {
    change = (_path, bytes) => bytes;
    await page.goto(site.url);
    await page.getByRole('button', { name: 'Add someone' }).waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);

    change = () => null;
    await page.reload();
    await page.getByRole('button', { name: 'Add someone' }).waitFor();
  } finally {
    await close();
  }
});

test('U21 updates when asked, never by itself and never in part', async () => {
  const page = await unwatchedPage();
  const has = (name: string): Promise<unknown> =>
    page.evaluate(`[...document.querySelectorAll('button')].some((one) => one.textContent.includes('${name}'))`);
  try {
    change = (_path, bytes) => bytes;
    await page.open(site.url);
    await expect.poll(() => has('Add someone')).toBe(true);
    await expect.poll(() => page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true);

    // A release whose bytes do not fit its list is not taken: the old one goes on.
    const sw = readFileSync(join(folder, 'sw.js'), 'utf8');
    const marked = (bytes: Buffer): Buffer =>
      Buffer.from(bytes.toString('utf8').replace('<html ', '<html data-release="two" '));
    const newIndex = createHash('sha256')
      .update(marked(readFileSync(join(folder, 'index.html'))))
      .digest('base64');
    const newWorker = sw
      .replace(/const VERSION = '[^']+'/u, "const VERSION = 'kith-two'")
      .replace(/(\["\/index\.html",")[^"]+/u, `$1${newIndex}`);
    expect(newWorker).toContain(newIndex);
    change = (path, bytes) => (path === '/sw.js' ? Buffer.from(newWorker) : bytes);
    const update = (): Promise<unknown> => page.evaluate(UPDATE);
    expect(await update()).toBe('redundant');
    expect(
      await page.evaluate('navigator.serviceWorker.getRegistration().then(({ waiting }) => waiting === null)'),
    ).toBe(true);

    // The whole new release is fetched, waits, and runs once the person says so.
    change = (path, bytes) =>
      path === '/sw.js'
        ? Buffer.from(`${newWorker}\n`)
        : path === '/' || path === '/index.html'
          ? marked(bytes)
          : bytes;
    expect(await update()).toBe('installed');
    await page.reload();
    await expect.poll(() => has('Update')).toBe(true);
    expect(await page.evaluate(RELEASE)).toBe(null);
    await page.evaluate(
      "[...document.querySelectorAll('button')].find((one) => one.textContent.includes('Update')).click()",
    );
    // It says so at once, or is there already.
    await expect
      .poll(() => page.evaluate(`${RELEASE} === 'two' || document.body.textContent.includes('Updating')`))
      .toBe(true);
    // The page starts anew by itself, in the new release; the old one is gone.
    await expect.poll(() => page.evaluate(RELEASE)).toBe('two');
    await expect.poll(() => has('Add someone')).toBe(true);
    expect(await page.evaluate('caches.keys()')).toEqual(['kith-two']);
  } finally {
    await page.close();
  }
});
/** Not its title, which the app sets. */
const RELEASE = "document.documentElement.getAttribute('data-release')";
/** What becomes of the release that is looked for now. */
const UPDATE = `(async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  const next = new Promise((done) => {
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker.addEventListener('statechange', () => {
        if (worker.state !== 'installing') done(worker.state);
      });
    });
  });
  await registration.update();
  return next;
})()`;

test('S4.17 a browser without private file storage gets a page that says what is missing, before anything is typed', async () => {
  const { page, close } = await person();
  try {
    change = (_path, bytes) => bytes;
    await page.addInitScript(() => {
      delete (StorageManager.prototype as { getDirectory?: unknown }).getDirectory;
      delete (Navigator.prototype as { locks?: unknown }).locks;
    });
    await page.goto(site.url);
    await page.getByText('Kith cannot run here').waitFor();
    expect(await page.getByTestId('missing').getByRole('listitem').allInnerTexts()).toEqual([
      'Private file storage. This browser, or this kind of window, does not offer it.',
      'A way for several tabs to take turns.',
    ]);
    expect(await page.locator('input, textarea').count()).toBe(0);
  } finally {
    await close();
  }
});
