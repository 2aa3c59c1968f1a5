// Debian packages that some tests need: installed where this is root, otherwise the one command is named.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stop } from './install.mjs';

/** A file that is there when the package is. */
const PROOF = {
  chromium: process.env.KITH_CHROMIUM ?? '/usr/bin/chromium',
  'nginx-light': '/usr/sbin/nginx',
  'webkit2gtk-driver': '/usr/bin/WebKitWebDriver',
  'gir1.2-webkit2-4.1': '/usr/lib/x86_64-linux-gnu/girepository-1.0/WebKit2-4.1.typelib',
  xvfb: '/usr/bin/Xvfb',
};

export const missingOf = (packages) =>
  [...new Set(packages)].filter((name) => !existsSync(PROOF[name] ?? `/usr/bin/${name}`));

/** Ends the program when something is missing and cannot be installed from here. */
export const ensureDebian = (packages, say) => {
  const missing = missingOf(packages);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) stop('Some tests need programs that are not here.', `Run: sudo ${command}`);
  say(`Installing ${missing.join(', ')} …`);
  const run = (argv) =>
    spawnSync('apt-get', argv, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      .status === 0;
  run(['update', '-qq']);
  run(['install', '-y', '-qq', '--no-install-recommends', ...missing]);
  if (missingOf(missing).length > 0) stop('Some tests need programs that could not be installed.', `Run: ${command}`);
};
