// What Kith stands on is free software that may be combined with MPL-2.0, and the lock file ties nobody to one registry.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockProblems } from '../../../scripts/check-lock.mjs';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Entry {
  readonly license?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Entry>> };

/** FLOSS by the lists of FSF and OSI, and may be part of a work under MPL-2.0. */
const COMPATIBLE = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'MPL-2.0',
  'CC0-1.0',
  'Unlicense',
  'OFL-1.1',
  'BlueOak-1.0.0',
  'Python-2.0',
]);
/** A choice is as good as its best part, a sum as bad as its worst. */
const isCompatible = (license: string): boolean =>
  license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((part) => part.split(' AND ').every((one) => COMPATIBLE.has(one)));

/** As Node finds it: in the nearest node_modules upwards. */
const resolve = (name: string, from: string): string | undefined => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const entry = lock.packages[path];
    if (entry !== undefined) return entry.link === true ? entry.resolved : path;
    if (folder === '') return undefined;
  }
};
/** Everything that the workspaces under these folders load at run time. */
const closure = (workspaces: readonly string[]): ReadonlySet<string> => {
  const found = new Set<string>();
  const todo = [...workspaces];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const { dependencies, optionalDependencies, peerDependencies } = lock.packages[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const next = resolve(name, path);
      if (next !== undefined) todo.push(next);
    }
  }
  return found;
};
const workspaces = Object.keys(lock.packages).filter((path) => /^(packages|apps|bench)(\/|$)/.test(path));
const shipped = closure(workspaces.filter((path) => path !== 'bench'));
const licenceOf = (path: string): string => lock.packages[path]?.license ?? 'none';

test('S1.2 S4.18 everything that is shipped is free software, compatible with MPL-2.0', () => {
  expect(shipped.size).toBeGreaterThan(20);
  expect(
    [...shipped].filter((path) => !isCompatible(licenceOf(path))).map((path) => `${path}: ${licenceOf(path)}`),
  ).toEqual([]);
});
test('S1.2 S4.18 what only builds, tests and races is free software too; the one AGPL package is raced against and never shipped, one table is data', () => {
  const others = Object.keys(lock.packages).filter(
    (path) => path.includes('node_modules/') && lock.packages[path]?.link !== true && !shipped.has(path),
  );
  const odd = others.filter((path) => !isCompatible(licenceOf(path))).map((path) => `${path}: ${licenceOf(path)}`);
  expect(odd).toEqual([
    'node_modules/@signalapp/libsignal-client: AGPL-3.0-only',
    // No program: which browser can do what. It comes with what makes mutants.
    'node_modules/caniuse-lite: CC-BY-4.0',
  ]);
  expect(shipped.has('bench')).toBe(false);
});
test('S1.2 the project itself says its licence in every part', () => {
  expect(read('LICENSE')).toContain('Mozilla Public License Version 2.0');
  for (const path of ['', ...workspaces])
    expect(JSON.parse(read(join(path, 'package.json')))).toMatchObject({ license: 'MPL-2.0', private: true });
});
test('a licence that is not compatible is seen', () => {
  expect(['MIT', '(MIT OR GPL-3.0)', 'MIT AND ISC'].map(isCompatible)).toEqual([true, true, true]);
  expect(['GPL-3.0', 'MIT AND GPL-3.0', 'none', 'UNLICENSED', 'SSPL-1.0'].map(isCompatible)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('the lock file names no registry and has a checksum for all', () => {
  expect(lockProblems(read('package-lock.json'))).toEqual([]);
  const planted = {
    packages: {
      'node_modules/a': { resolved: 'https://registry.example/a/-/a-1.0.0.tgz', integrity: 'sha512-x' },
      'node_modules/b': {},
    },
  };
  expect(lockProblems(JSON.stringify(planted))).toEqual([
    'names a registry: https://registry.example/a/-/a-1.0.0.tgz',
    'has no checksum: node_modules/b',
  ]);
});
test('every direct dependency is pinned, and explained in docs/decisions/dependencies.md', () => {
  const explained = read('docs/decisions/dependencies.md');
  for (const path of ['', ...workspaces]) {
    const { dependencies, devDependencies } = JSON.parse(read(join(path, 'package.json'))) as Readonly<
      Record<string, Readonly<Record<string, string>>>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^(npm:[^@]*@?[^@]+@)?\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
      if (!name.startsWith('@kith/')) expect(explained, name).toContain(`**${name}**`);
    }
  }
});
