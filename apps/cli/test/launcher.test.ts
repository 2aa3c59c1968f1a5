import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { build, launcher, root, Stage } from './support/processes.ts';
import { freshFolder } from './support/run-here.ts';

/** The Node of the machine, where it is another one than the pinned. */
const hostNode = spawnSync('sh', ['-c', 'command -v node'], {
  encoding: 'utf8',
  env: {
    PATH: (process.env['PATH'] ?? '')
      .split(':')
      .filter((part) => !part.includes('node_modules'))
      .join(':'),
  },
}).stdout.trim();

describe('unbuilt', () => {
  const bare = (): string => {
    const folder = freshFolder();
    const bin = join(folder, 'apps/cli/bin/kith.mjs');
    mkdirSync(dirname(bin), { recursive: true });
    cpSync(launcher, bin);
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
    symlinkSync(bin, join(folder, 'node_modules/.bin/kith'));
    return join(folder, 'node_modules/.bin/kith');
  };
  test('it says so, exit 1', () => {
    const { status, stdout, stderr } = spawnSync(bare(), ['send', 'Blair', 'x'], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Kith is not built yet\. Run: npm run build \(in .*\)\n$/);
  });
  test('with --json as an object', () => {
    const { status, stdout, stderr } = spawnSync(bare(), ['contact', 'list', '--json'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'not-built', hint: expect.stringContaining('npm run build') },
    });
  });
  test('a text that stands after -- is no option', () => {
    expect(spawnSync(bare(), ['send', 'Blair', '--', '--json'], { encoding: 'utf8' }).stdout).toBe('');
  });
});

describe('built', () => {
  beforeAll(build);
  const version = JSON.stringify({ version: '0.1.0', node: process.versions.node });

  test('it runs on the pinned Node, whichever started it', () => {
    expect(spawnSync(launcher, ['--version', '--json'], { encoding: 'utf8' }).stdout.trim()).toBe(version);
    expect(
      spawnSync(join(root, 'node_modules/.bin/kith'), ['--version', '--json'], { encoding: 'utf8' }).stdout.trim(),
    ).toBe(version);
    for (const node of [process.execPath, hostNode].filter((path) => path !== '')) {
      expect(spawnSync(node, [launcher, '--version', '--json'], { encoding: 'utf8' }).stdout.trim()).toBe(version);
    }
  });

  test('arguments arrive byte for byte, and bytes that are no UTF-8 are refused', () => {
    const run = (shell: string) =>
      spawnSync('sh', ['-c', shell, 'sh', launcher], {
        encoding: 'utf8',
        env: { ...process.env, XDG_DATA_HOME: freshFolder() },
      });
    expect(JSON.parse(run(`"$1" --json send a "$(printf '\\377')"`).stdout)).toMatchObject({
      error: { code: 'bad-text' },
    });
    // U+FFFD itself is a character like any other: this one fails only because the command does not exist.
    expect(JSON.parse(run(`"$1" --json "$(printf '\\357\\277\\275')"`).stdout)).toMatchObject({
      error: { code: 'bad-command' },
    });
  });

  test('a reader that has seen enough ends it without a complaint', () => {
    const { stdout, stderr } = spawnSync('sh', ['-c', `"$1" --help | head -n 1`, 'sh', launcher], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining('kith'), stderr: '' });
  });

  test('killed as a program of another Node, it leaves nothing behind', async () => {
    if (hostNode === '' || hostNode === process.execPath) return;
    const stage = new Stage();
    onTestFinished(() => stage.close());
    const started = spawnSync(
      'sh',
      [
        '-c',
        `"$1" "$2" serve --port 0 --data "$3" >"$3/out" 2>&1 & echo $!; while ! grep -q ready "$3/out"; do sleep 0.05; done`,
        'sh',
        hostNode,
        launcher,
        stage.folder,
      ],
      { encoding: 'utf8' },
    );
    const pid = Number(started.stdout.trim());
    const children = (): string[] =>
      readdirSync('/proc').filter(
        (name) =>
          /^\d+$/.test(name) &&
          spawnSync('sh', ['-c', `tr '\\0' ' ' </proc/${name}/cmdline`], { encoding: 'utf8' }).stdout.includes(
            stage.folder,
          ),
      );
    expect(children().length).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    await expect.poll(children, { timeout: 5000 }).toEqual([]);
  });
});

describe('npm start', () => {
  const start = (env: Record<string, string>) =>
    spawnSync(process.execPath, [join(root, 'scripts/start.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });

  test('a taken port is one line with the next step', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', () => resolve()));
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { status, stdout, stderr } = start({ KITH_PORT: String(port) });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `Port ${port} is taken by another program. End that program, or choose another port: KITH_PORT=${port + 1} npm start\n`,
    );
  });
  test('a port that is none is one line', () => {
    const { status, stderr } = start({ KITH_PORT: 'http' });
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 1, lines: 1 });
  });
  test('a Node that is too old is one line', () => {
    const folder = freshFolder();
    const script = `Object.defineProperty(process.versions, 'node', { value: '18.0.0' }); const { ensureInstalled } = await import(${JSON.stringify(join(root, 'scripts/install.mjs'))}); await ensureInstalled(console.log);`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: folder,
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Node 18\.0\.0 is too old for Kith\. Install Node 20 .*\n$/);
    rmSync(folder, { recursive: true, force: true });
  });
});
