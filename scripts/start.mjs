// `npm start`: from a fresh clone to a relay with the web app. Plain enough for Node 20; it hands over to the pinned Node.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ensureInstalled, pinnedNode, root, stop } from './install.mjs';

const DEFAULT_PORT = '4680';

/** Found out before minutes of work, not after them. The relay itself says all else that can be wrong. */
const isTaken = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code === 'EADDRINUSE'));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(false)));
  });

const port = process.env.KITH_PORT ?? DEFAULT_PORT;
if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
  stop(`KITH_PORT is ${port}, which is no port.`, 'Set it to a number from 1 to 65535.');
if (await isTaken(Number(port))) {
  stop(
    `Port ${port} is taken by another program.`,
    `End that program, or choose another port: KITH_PORT=${Number(port) + 1} npm start`,
  );
}

await ensureInstalled((words) => console.log(words));

console.log('Building what has changed …');
const built = spawnSync(pinnedNode, [join(root, 'scripts', 'build.mjs'), '--only', 'cli,web'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'pipe'],
  encoding: 'utf8',
});
if (built.status !== 0) {
  if (/ENOSPC/.test(built.stderr)) stop('There is no room left on this disk.', 'Free about 1 GB and start again.');
  process.stderr.write(built.stderr);
  stop('The build failed.', 'Run `npm run build` to see more.');
}

// The fourth descriptor ends with this process, however it ends, and the relay ends with it.
const relay = spawn(pinnedNode, [join(root, 'apps', 'cli', 'dist', 'kith.mjs'), 'serve', '--port', port], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  env: { ...process.env, KITH_PARENT_FD: '3' },
});
// Ctrl+C in a terminal reaches the relay as well; it takes both for one wish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => relay.kill('SIGTERM'));
relay.on('error', (error) =>
  stop(`The relay could not be started (${error.message}).`, 'Run `npm ci` and start again.'),
);
relay.on('exit', (status) => process.exit(status ?? 1));
