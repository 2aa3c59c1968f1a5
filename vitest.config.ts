// Six projects: what runs in Node, the simulator's worlds, what runs in a real browser, screens over made-up data, stories of
// real processes, and what is timed, with nothing beside it.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const CHROMIUM = process.env['KITH_CHROMIUM'] ?? '/usr/bin/chromium';
const TESTS = ['packages', 'apps', 'scripts', 'bench'];
const inFolders = (ending: string): string[] => TESTS.map((folder) => `${folder}/**/test/**/*${ending}`);
const screens = inFolders('.e2e.test.ts');
const stories = [...inFolders('.story.test.ts'), 'stories/*.story.test.ts'];
const worlds = inFolders('.sim.test.ts');
const vectors = new URL('../shared/vectors', import.meta.url).pathname;

/** Seconds of the files that take longest, roughly. Begun last, one of them would run alone at the end of its suite. */
const LONG_FILES: Readonly<Record<string, number>> = {
  'sim.test.ts': 120,
  'tabs.test.ts': 45,
  'lint-plants.test.ts': 30,
  'publication.test.ts': 20,
  'codecs.test.ts': 20,
  'screens-wide.e2e.test.ts': 50,
  'screens-narrow.e2e.test.ts': 50,
  'flows.e2e.test.ts': 50,
  'screens-talk.story.test.ts': 80,
  'texts.story.test.ts': 60,
  'lock.story.test.ts': 60,
  'files.story.test.ts': 55,
  'kill.story.test.ts': 40,
};
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seconds = ({ moduleId }: TestSpecification): number => LONG_FILES[basename(moduleId)] ?? 0;
    return (await super.sort(files)).toSorted((one, other) => seconds(other) - seconds(one));
  }
}

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
    sequence: { sequencer: LongestFirst },
    exclude: [...configDefaults.exclude, '**/dist/**'],
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: inFolders('.test.ts'),
          exclude: [
            ...configDefaults.exclude,
            '**/dist/**',
            ...screens,
            ...stories,
            ...worlds,
            ...inFolders('.chromium.test.ts'),
          ],
          pool: 'forks',
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: 'worlds', include: worlds, pool: 'forks' },
      },
      {
        extends: true,
        test: {
          name: 'screens',
          include: screens,
          globalSetup: 'apps/web/test/harness-setup.ts',
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
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: ['stories/*.timed.test.ts'],
          fileParallelism: false,
          pool: 'forks',
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
