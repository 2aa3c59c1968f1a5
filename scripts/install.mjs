// Installs what package-lock.json names and node_modules lacks. Plain enough for Node 20: it runs before anything is there.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The Node that everything runs on. */
export const pinnedNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const LEAST_NODE = 20;

/** Ends the program with one line that says what is wrong, and one step that helps. */
export const stop = (what, next) => {
  console.error(`${what} ${next}`);
  process.exit(1);
};

const readPackages = (path) => {
  if (!existsSync(path)) return {};
  return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
};

/** npm keeps a list of what it put into node_modules: everything the lock file names has to be there in that version. */
const isInstalled = () => {
  if (!existsSync(pinnedNode)) return false;
  const there = readPackages(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(readPackages(join(root, 'package-lock.json'))).every(([path, { version, link, optional }]) => {
    if (!path.startsWith('node_modules/')) return true;
    if (there[path] === undefined) return optional === true;
    return link === true || there[path].version === version;
  });
};

const runNpm = (argv) =>
  new Promise((resolve) => {
    const npm = process.env.npm_execpath;
    const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
    const child = spawn(command, [...first, ...argv], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', (error) => resolve({ status: 1, said: String(error) }));
    child.on('exit', (status) => resolve({ status: status ?? 1, said }));
  });

/** `say` is told what takes time. Ends the program when it cannot be done. */
export const ensureInstalled = async (say) => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < LEAST_NODE)
    stop(
      `Node ${process.versions.node} is too old for Kith.`,
      `Install Node ${LEAST_NODE} or newer (https://nodejs.org) and start again.`,
    );
  if (isInstalled()) return;
  say('Installing what Kith is made of (a minute the first time) …');
  const { status, said } = await runNpm(['ci', '--no-audit', '--no-fund']);
  if (status === 0 && isInstalled()) return;
  if (/ENOSPC/.test(said)) stop('There is no room left on this disk.', 'Free about 1 GB and start again.');
  const why = said.split('\n').find((line) => /npm (error|ERR!) \S/.test(line)) ?? 'npm gave no reason';
  stop(`The installation failed: ${why.trim()}.`, 'Check the connection, then run `npm ci` to see more.');
};
