// Anyone can build what is served: two checkouts in different places, times, zones and languages give the same bytes.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { startRelay } from '@kith/relay';
import { afterAll, expect, test } from 'vitest';
import { fakeTimeLibrary } from './support/fake-time.ts';

const root = dirname(import.meta.dirname);
const scratch = mkdtempSync(join(tmpdir(), 'kith-reproducible-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
const hashes = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    filesUnder(folder).map((file) => [
      relative(folder, file),
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    ]),
  );

/** A checkout of what git has or would have, with the installed packages of this one. */
const checkout = (name: string): string => {
  const folder = join(scratch, name);
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  // Hard links where the file system allows: the same packages at a place of their own, as an installation would have them.
  const packages = join(root, 'node_modules');
  const linked = spawnSync('cp', ['-al', packages, join(folder, 'node_modules')], { stdio: 'ignore' }).status === 0;
  if (!linked) {
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
    execFileSync('cp', ['-a', packages, join(folder, 'node_modules')]);
  }
  rmSync(join(folder, 'node_modules', '.cache'), { recursive: true, force: true });
  return folder;
};
const build = (folder: string, environment: Readonly<Record<string, string>>): void => {
  const home = join(folder, '..', `${folder.split('/').at(-1)}-home`);
  mkdirSync(home);
  const { DATE: date = '', ...others } = environment;
  const faked = existsSync('/usr/bin/faketime') ? { LD_PRELOAD: fakeTimeLibrary(), FAKETIME: `@${date}` } : {};
  const run = spawnSync(process.execPath, [join(folder, 'scripts', 'build.mjs'), '--only', 'cli,relay,web'], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home, ...others, ...faked },
  });
  if (run.status !== 0) throw new Error(`the build failed: ${run.stdout}${run.stderr}`);
};

/** What a relay hands out for each file of a built web app. */
const served = async (webRoot: string): Promise<ReadonlyMap<string, string>> => {
  const data = mkdtempSync(join(scratch, 'relay-'));
  const relay = await startRelay({ port: 0, data, webRoot });
  const found = new Map<string, string>();
  for (const file of hashes(webRoot).keys()) {
    const response = await fetch(`${relay.url}/${file === 'index.html' ? '' : file}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    found.set(file, response.ok ? createHash('sha256').update(bytes).digest('hex') : String(response.status));
  }
  await relay.close();
  return found;
};

test('S2.2 two checkouts in other folders, homes, zones, languages and years build equal bytes', async () => {
  const first = checkout('first');
  const second = checkout(join('second', 'deeper'));
  build(first, { TZ: 'UTC', LANG: 'C', DATE: '2026-01-02 03:04:05' });
  build(second, { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', DATE: '2031-07-08 21:22:23' });
  const web = join(first, 'apps', 'web', 'dist');
  expect([...(await served(web))]).toEqual([...hashes(web)]);
  for (const app of ['web', 'cli', 'relay']) {
    const built = hashes(join(first, 'apps', app, 'dist'));
    expect(built.size).toBeGreaterThan(0);
    expect([...hashes(join(second, 'apps', app, 'dist'))]).toEqual([...built]);
  }
});
