// Four projects: what runs in Node, what runs in a real browser, screens over made-up data, and stories of real processes,
// one after another.
import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';

const CHROMIUM = process.env['KITH_CHROMIUM'] ?? '/usr/bin/chromium';
const TESTS = ['packages', 'apps', 'scripts', 'bench'];
const inFolders = (ending: string): string[] => TESTS.map((folder) => `${folder}/**/test/**/*${ending}`);
const screens = inFolders('.e2e.test.ts');
const stories = [...inFolders('.story.test.ts'), 'stories/*.story.test.ts'];
const vectors = new URL('../shared/vectors', import.meta.url).pathname;

export default defineConfig({
  // Bundled beforehand, they would look for their WebAssembly beside the bundle.
  optimizeDeps: { exclude: ['@evolu/sqlite-wasm'] },
  worker: { format: 'es' },
  // The published vectors lie beside the checkout; tests in the browser read them through the test server.
  server: { fs: { allow: ['.', ...(existsSync(vectors) ? [vectors] : [])] } },
  test: {
    // Two cores: more workers only take time from each other, and budgets in seconds would mean less.
    maxWorkers: 2,
    // Conditions are waited for; only what never comes may take so long.
    expect: { poll: { timeout: 15_000 } },
    exclude: [...configDefaults.exclude, '**/dist/**'],
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: inFolders('.test.ts'),
          exclude: [...configDefaults.exclude, '**/dist/**', ...screens, ...stories, ...inFolders('.chromium.test.ts')],
          pool: 'forks',
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'screens',
          include: screens,
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'story',
          include: stories,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'chromium',
          include: [...inFolders('.chromium.test.ts'), ...inFolders('.both.test.ts')],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: CHROMIUM,
                args: [
                  '--no-sandbox',
                  '--disable-gpu',
                  '--disable-quic',
                  '--no-first-run',
                  '--disable-background-networking',
                  '--disable-component-update',
                  '--disable-sync',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
