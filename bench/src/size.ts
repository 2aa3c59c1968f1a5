// What the first screen has to load: gzip of its JavaScript, and of the WebAssembly beside it, from the built web app.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bench } from './bench.ts';
import { firstScreen } from './first-screen.ts';
import { say } from './line.ts';
import { root } from './yard.ts';

/** Of the first screen's JavaScript, cryptography included, in KB (1,000 bytes). */
const BUDGET_KB = 350;
const dist = join(root, 'apps/web/dist');

const gzipKb = (files: readonly string[]): number => files.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0) / 1000;

export const bench: Bench = async ({ yard, print }) => {
  if (!existsSync(join(dist, 'index.html'))) throw new Error('the web app is not built: npm run build');
  const { files, beforeEngine } = await firstScreen(yard);
  const ending = (end: string): readonly string[] => files.filter((file) => file.endsWith(end));
  const scripts = ending('.js');
  say(`size: ${files.join(' ')}`);
  const line = { unit: 'KB gzip', better: 'lower', durability: null } as const;
  print({ ...line, metric: 'first-screen-js', value: gzipKb(scripts), peer: 'budget', peerValue: BUDGET_KB });
  print({ ...line, metric: 'first-screen-js-page', value: gzipKb(scripts.filter((file) => beforeEngine.includes(file))), peer: 'budget', peerValue: BUDGET_KB });
  print({ ...line, metric: 'first-screen-wasm', value: gzipKb(ending('.wasm')), peer: 'none', peerValue: null });
  print({ ...line, metric: 'first-screen-css-and-fonts', value: gzipKb([...ending('.css'), ...ending('.woff2')]), peer: 'none', peerValue: null });
};
