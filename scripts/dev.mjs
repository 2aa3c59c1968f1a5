// `npm run dev`: a relay, the web app with reload, and two throw-away homes. Ctrl+C ends it all and removes the homes.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer } from 'vite';
import { root, stop } from './install.mjs';

const RELAY_PORT = Number(process.env.KITH_PORT ?? 4680) + 1;
const WEB_PORT = Number(process.env.KITH_PORT ?? 4680) + 2;
const started = performance.now();

// The relay and the command line run as they are built; the web app is served from its source.
const build = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--only', 'cli'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (build.status !== 0) stop('The build failed.', 'Run `npm run build` to see more.');

const folder = mkdtempSync(join(tmpdir(), 'kith-dev-'));
const relay = spawn(
  process.execPath,
  [
    join(root, 'apps/cli/dist/kith.mjs'),
    'serve',
    '--port',
    String(RELAY_PORT),
    '--data',
    join(folder, 'relay'),
    '--public-url',
    `http://localhost:${WEB_PORT}`,
  ],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: { ...process.env, KITH_PARENT_FD: '3' } },
);
const ready = new Promise((resolve) => createInterface({ input: relay.stdout }).once('line', resolve));
relay.on('exit', (status) => void end(status ?? 1));

const web = await createServer({
  root: join(root, 'apps/web'),
  configFile: join(root, 'apps/web/vite.config.ts'),
  optimizeDeps: { exclude: ['@evolu/sqlite-wasm'] },
  server: {
    port: WEB_PORT,
    strictPort: true,
    proxy: { '/v1': { target: `http://127.0.0.1:${RELAY_PORT}`, ws: true } },
  },
});
await web.listen();
await ready;

let ended = false;
const end = async (status) => {
  if (ended) return;
  ended = true;
  await web.close();
  relay.removeAllListeners('exit');
  if (relay.exitCode === null) {
    relay.kill('SIGTERM');
    await new Promise((resolve) => relay.once('exit', resolve));
  }
  rmSync(folder, { recursive: true, force: true });
  process.exit(status);
};
// Vite has handlers of its own, which would end the process before the folder is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));

console.log(`Up in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
console.log(`  web app  http://localhost:${WEB_PORT} (a private window is a second person)`);
for (const name of ['alice', 'bob']) {
  console.log(`  ${name.padEnd(7)}  npx kith --home ${join(folder, name)} --relay http://localhost:${WEB_PORT} …`);
}
