// Servers that Debian brings. They are installed only when asked for (`--install`, as root), and none of them is started by it.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { say } from '../line.ts';

/** What Debian asks before it starts the service of a package; 101 forbids it. */
const POLICY = '/usr/sbin/policy-rc.d';

export const missingProgram = (program: string, debianPackage: string): string | null =>
  existsSync(program)
    ? null
    : `${program} of the Debian package ${debianPackage} is not installed (--install brings it)`;

export const installDebian = (packages: readonly string[]): void => {
  if (packages.length === 0) return;
  say(`races: installing ${packages.join(', ')}`);
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const { status, stderr } = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) say(`races: they were not installed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  } finally {
    if (isOurs) rmSync(POLICY);
  }
};
