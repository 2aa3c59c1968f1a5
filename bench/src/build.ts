// What the benches of screens need built: the app and the command line as they are released, and the pages of bench/web.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { root, type Yard } from './yard.ts';

/** Nothing is done for a part whose inputs did not change. */
export const buildParts = (...parts: readonly string[]): void => {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--only', parts.join(',')], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`the build of ${parts.join(', ')} failed`);
};

export const APP = join(root, 'apps/web/dist');

/** A folder with the released app, and beside it `/bench.html` and `/floor.html`, for one relay to serve. */
export const siteWithBench = async (yard: Yard): Promise<string> => {
  const folder = yard.newFolder('site');
  mkdirSync(folder, { recursive: true });
  cpSync(APP, folder, { recursive: true, filter: (path) => !path.startsWith(join(APP, 'types')) });
  const web = join(root, 'bench/web');
  await build({
    root: web,
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      target: 'es2024',
      outDir: folder,
      emptyOutDir: false,
      assetsDir: 'bench',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rollupOptions: { input: [join(web, 'bench.html'), join(web, 'floor.html')] },
    },
  });
  return folder;
};
