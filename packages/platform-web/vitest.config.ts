// The tests of this package that need a browser: `npx vitest run --config packages/platform-web/vitest.config.ts`.
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  // Bundled beforehand, it would look for its WebAssembly beside the bundle.
  optimizeDeps: { exclude: ['@evolu/sqlite-wasm'] },
  worker: { format: 'es' },
  test: {
    include: ['test/**/*.chromium.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: '/usr/bin/chromium',
          args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
