// What the first screen has to load: gzip of its JavaScript, and of the WebAssembly beside it, from the built web app.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bench } from './bench.ts';
import { APP, buildParts } from './build.ts';
import { firstScreen } from './first-screen.ts';
import { say } from './line.ts';

/** Of the first screen's JavaScript, cryptography included, in KB (1,000 bytes). */
const BUDGET_KB = 350;
/** What runs in the engine's worker, beside the page. */
const IN_WORKER = /engine-worker|sqlite3/;

export const bench: Bench = async ({ yard, print }) => {
  buildParts('web');
  const sizes = (await firstScreen(yard)).map((file) => ({
    file,
    kb: gzipSync(readFileSync(join(APP, file))).length / 1000,
  }));
  for (const { file, kb } of sizes) say(`size: ${file} ${kb.toFixed(1)} KB`);
  const sum = (fits: (file: string) => boolean): number =>
    sizes.reduce((total, { file, kb }) => total + (fits(file) ? kb : 0), 0);
  const line = { unit: 'KB gzip', better: 'lower', durability: null } as const;
  const isScript = (file: string): boolean => file.endsWith('.js');
  print({ ...line, metric: 'first-screen-js', value: sum(isScript), peer: 'budget', peerValue: BUDGET_KB });
  print({
    ...line,
    metric: 'first-screen-js-of-page',
    value: sum((file) => isScript(file) && !IN_WORKER.test(file)),
    peer: 'budget',
    peerValue: BUDGET_KB,
  });
  print({
    ...line,
    metric: 'first-screen-wasm',
    value: sum((file) => file.endsWith('.wasm')),
    peer: 'none',
    peerValue: null,
  });
  print({
    ...line,
    metric: 'first-screen-css-and-fonts',
    value: sum((file) => /\.(?:css|woff2)$/.test(file)),
    peer: 'none',
    peerValue: null,
  });
};
