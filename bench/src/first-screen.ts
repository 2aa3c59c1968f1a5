// Which files a new visitor's browser asks for until the first screen is there.
import { createServer } from 'node:http';
import { readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { openBrowser } from './browser.ts';
import { APP } from './build.ts';
import type { Yard } from './yard.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

export const firstScreen = async (yard: Yard): Promise<readonly string[]> => {
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = path === '/' ? 'index.html' : path.slice(1);
    // The service worker would ask for everything there is, for the time without a network.
    const isServed =
      file !== 'sw.js' &&
      !file.includes('..') &&
      statSync(join(APP, file), { throwIfNoEntry: false })?.isFile() === true;
    if (!isServed) {
      response.writeHead(404).end();
      return;
    }
    asked.add(file);
    response
      .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
      .end(readFileSync(join(APP, file)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { context, page } = await openBrowser(yard.newFolder('profile'));
  await page.goto(`http://localhost:${address.port}/`);
  await page.getByRole('button', { name: 'Add someone' }).first().waitFor();
  await page.waitForLoadState('networkidle');
  await context.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return [...asked].toSorted();
};
