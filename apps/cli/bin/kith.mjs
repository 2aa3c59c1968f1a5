#!/bin/sh
// 2>/dev/null; self=$(readlink -f -- "$0"); root=${self%/apps/cli/bin/kith.mjs}; node=$root/node_modules/node/bin/node; main=$root/apps/cli/dist/kith.mjs; [ -x "$node" ] && [ -f "$main" ] && exec "$node" "$main" "$@"; exec node "$self" "$@"

// This file is two programs. To a shell (how npm links it) the second line is a command that fails silently, then one that
// replaces the process with the pinned Node: nothing of the arguments is lost, no second process stays between a signal and
// the program, and the host's Node is not even started. To any Node >= 20 (`node …/kith`) that line is a comment, and what
// follows does the same with what Node has for it.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const main = join(root, 'apps', 'cli', 'dist', 'kith.mjs');
const argv = process.argv.slice(2);

const stop = (code, message, hint) => {
  const end = argv.indexOf('--');
  if ((end === -1 ? argv : argv.slice(0, end)).includes('--json'))
    console.log(JSON.stringify({ error: { code, message, hint } }));
  else console.error(`${message} ${hint}`);
  process.exit(1);
};
const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run: either way not usable.
    return false;
  }
};

if (Number(process.versions.node.split('.')[0]) < 20)
  stop('old-node', `Kith needs Node 20 or newer; this is ${process.versions.node}.`, 'Install a newer Node.');
if (!existsSync(main)) stop('not-built', 'Kith is not built yet.', `Run: npm run build (in ${root})`);
if (!isProgram(pinned)) stop('not-built', 'The Node that Kith runs on is not installed.', `Run: npm ci (in ${root})`);

// process.execve is there from Node 22.15 on; it replaces this process.
if (typeof process.execve === 'function') process.execve(pinned, [pinned, main, ...argv], process.env);

// The fourth descriptor ends with this process, however it ends, and the child ends with it: see process-host.ts.
const child = spawn(pinned, [main, ...argv], {
  stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  env: { ...process.env, KITH_PARENT_FD: '3' },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) =>
  stop('internal', `Kith could not be started (${error.message}).`, `Run: npm ci (in ${root})`),
);
child.on('exit', (code, signal) => {
  process.removeAllListeners(signal ?? '');
  if (signal !== null) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
