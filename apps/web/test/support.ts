// What the tests of the screens share: a browser, a folder served as the relay serves it, and the words and steps of a person.
import axe from 'axe-core';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';
import encodeQR from 'qr';
import { build } from 'vite';

export const root = join(import.meta.dirname, '..');

/** What the relay sends with every page; loopback is allowed as it is in development. */
export const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "connect-src 'self' https: wss: http://localhost:* ws://localhost:* http://127.0.0.1:* ws://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types kith',
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a built folder with the policy of the release. `change` may put other bytes in a file's place, or none: the server is away then. */
export async function serve(
  folder: string,
  change: (path: string, bytes: Buffer) => Buffer | null = (_path, bytes) => bytes,
  port = 0,
): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const wanted = join(folder, normalize(path === '/' || path === '/i' || path === '/d' ? '/index.html' : path));
    if (!wanted.startsWith(folder) || statSync(wanted, { throwIfNoEntry: false })?.isFile() !== true) {
      response.writeHead(404).end();
      return;
    }
    const bytes = change(path, readFileSync(wanted));
    if (bytes === null) {
      request.destroy();
      return;
    }
    response.writeHead(200, {
      'content-type': types[extname(wanted)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    response.end(bytes);
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://localhost:${address.port}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

/** Builds as a person would: a test runner sets NODE_ENV=test, with which React would be its slow development form. */
export async function buildInto(folder: string, configFile: string): Promise<void> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build({
      root: dirname(configFile),
      configFile,
      logLevel: 'error',
      build: { outDir: folder, emptyOutDir: true },
    });
  } finally {
    process.env['NODE_ENV'] = before;
  }
}

export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Person {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the console complained about, policy violations included. A good test ends with none. */
  readonly complaints: string[];
  close(): Promise<void>;
}

export interface PersonOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly reducedMotion?: boolean;
  readonly touch?: boolean;
  /** More flags, such as a fake camera's. */
  readonly flags?: readonly string[];
}

/** A browser profile of its own, fresh, removed at the end. */
export async function person(options: PersonOptions = {}): Promise<Person> {
  const profile = mkdtempSync(join(tmpdir(), 'kith-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [...FLAGS, ...(options.flags ?? [])],
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.dark === true ? 'dark' : 'light',
    reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
    hasTouch: options.touch === true,
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.setDefaultTimeout(10_000);
  return {
    context,
    page,
    complaints,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

const ALL_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/**
 * Serious and critical findings of axe, as short lines. `colours`: those alone, for a page that was looked through in another
 * theme just before, which changes nothing else.
 */
export async function seriousFindings(page: Page, what: 'all' | 'colours' = 'all'): Promise<readonly string[]> {
  // In by the debugger's door: a script element would be refused by the page's policy.
  await page.evaluate(`if (!globalThis.axe) { ${axe.source} }`);
  return page.evaluate(
    async (runOnly) => {
      const runner = (globalThis as unknown as { axe: typeof axe }).axe;
      // A colour on its way from one theme to the other is neither's: what ends is brought to its end (an endless wheel is not).
      // Not waited for: it goes on only with frames, and of what is skipped, as rows of the list beyond the screen, there are none.
      for (const animation of document.getAnimations())
        if (animation.effect?.getTiming().iterations !== Infinity) animation.finish();
      const { violations } = await runner.run(document, { runOnly });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(
          ({ id, nodes }) =>
            `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary?.split('\n')[1]?.trim() ?? ''})`).join(' | ')}`,
        );
    },
    what === 'all' ? ALL_RULES : COLOUR_RULES,
  );
}

/** The steps of a person, in the words of the screens. For tests with the fixture and with the real engine alike. */
export const steps = (page: Page) => {
  const button = (name: string | RegExp): Locator =>
    page.getByRole('button', { name, exact: typeof name === 'string' });
  const composer = page.locator('#composer');
  const message = (text: string): Locator => page.locator('article').filter({ hasText: text });
  return {
    button,
    composer,
    message,
    /** From the first screen or the list: shows a code and gives its link. */
    showCode: async (): Promise<string> => {
      await button('Add someone').first().click();
      return (await page.getByTestId('link').innerText()).trim();
    },
    connect: async (): Promise<void> => {
      await button('Connect').click();
      await composer.waitFor();
    },
    openConversation: async (name: string): Promise<void> => {
      await page.locator('.list-entry').filter({ hasText: name }).first().click();
      await composer.waitFor();
    },
    write: async (text: string): Promise<void> => {
      await composer.fill(text);
      await composer.press('Enter');
    },
    reads: (text: string): Promise<void> => message(text).last().waitFor(),
    /** Waiting, On its way, Delivered, Read, Not sent. */
    stateOf: (text: string): Locator => message(text).last().locator('[data-state]'),
    messages: page.getByRole('feed'),
    announced: page.getByTestId('announcer'),
  };
};

/** Pixels of one module, and of the white around the code. */
const MODULE = 8;
const MARGIN = 64;

/** A film (YUV4MPEG2) of a QR code for Chromium's fake camera; give `cameraFlags` of it to `person`. */
export function filmOf(text: string, folder: string): string {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 2 });
  const code = rows.length * MODULE;
  const width = Math.max(640, Math.ceil((code + 2 * MARGIN) / 2) * 2);
  const height = Math.max(480, Math.ceil((code + 2 * MARGIN) / 2) * 2);
  const left = Math.floor((width - code) / 2);
  const top = Math.floor((height - code) / 2);
  const light = Buffer.alloc(width * height, 235);
  rows.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (!dark) return;
      for (let line = 0; line < MODULE; line++) {
        const from = (top + y * MODULE + line) * width + left + x * MODULE;
        light.fill(16, from, from + MODULE);
      }
    }),
  );
  const grey = Buffer.alloc((width * height) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, grey]);
  const path = join(folder, 'film.y4m');
  writeFileSync(
    path,
    Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), frame, frame]),
  );
  return path;
}

export const cameraFlags = (film: string): readonly string[] => [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-video-capture=${film}`,
];
