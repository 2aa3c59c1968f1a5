import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { oneLocale } from './build/one-locale.ts';
import { preloadScreens } from './build/preload-screens.ts';
import { serviceWorker } from './build/service-worker.ts';
import { sodiumWasm } from './build/sodium-wasm.ts';

// Nothing here depends on the time, the folder or the machine: two builds of one commit are equal byte for byte.
export default defineConfig({
  plugins: [react(), oneLocale(), preloadScreens(), serviceWorker(import.meta.dirname)],
  worker: { format: 'es', plugins: () => [sodiumWasm()] },
  build: { target: 'es2024', modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
});
