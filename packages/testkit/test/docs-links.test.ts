// What the documents point at exists: every relative link with its heading, and every file named in backticks.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const pagesUnder = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const FOLDERS = ['apps', 'packages', 'docs', 'spec', 'scripts', 'bench', 'stories'];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('node_modules') && !name.includes('dist/'))
    .map((name) => `${folder}/${name}`),
);
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...pagesUnder('docs'),
  ...pagesUnder('spec'),
];

/** Blocks of code and comments show examples; they point at nothing. */
const prose = (text: string): string => text.replace(/```[\s\S]*?```/g, '').replace(/<!--[\s\S]*?-->/g, '');
const LINK = /\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g;
/** The name GitHub and most other readers give to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
const anchorsIn = (text: string): readonly string[] =>
  [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ''));

const CODE = /`([^`\n]+)`/g;
/** Folders and files of the checkout; a word with a slash may be anything else. */
const PATH =
  /^(?:[\w@.-]+\/)*[\w@.-]+\.(?:md|ts|tsx|mjs|mts|json|css|js|cddl)$|^(?:apps|packages|docs|spec|scripts|bench|stories|\.ci)(?:\/[\w@.-]+)*\/?$/;
/** Made by a command, or named as an example of what may be written, never part of the checkout. */
const MADE = [/(^|\/)dist\//, /^\.results\//, /^build\.json$/, /^sw\.js$/, /^openapi\.json$/, /^YYYY-/];

const problemsOf = (page: string, text: string): readonly string[] => {
  const found: string[] = [];
  const from = dirname(join(root, page));
  const body = prose(text);
  for (const [, markdown, html] of body.matchAll(LINK)) {
    const target = markdown ?? html ?? '';
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#', 2);
    const file = path === '' ? join(root, page) : join(from, path);
    if (!existsSync(file)) found.push(`${page}: ${target} is not there`);
    else if (anchor !== undefined && !anchorsIn(readFileSync(file, 'utf8')).includes(anchor))
      found.push(`${page}: no heading ${target}`);
  }
  for (const [, word = ''] of body.matchAll(CODE)) {
    if (!PATH.test(word) || MADE.some((made) => made.test(word))) continue;
    // Where the folder is plain from the text around, a page may name the end of a path only.
    const isThere =
      [root, from].some((start) => existsSync(join(start, word))) || files.some((file) => file.endsWith(`/${word}`));
    if (!isThere) found.push(`${page}: \`${word}\` is not there`);
  }
  return found;
};

test('every relative link and every file named in backticks exists', () => {
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.flatMap((page) => problemsOf(page, readFileSync(join(root, page), 'utf8')))).toEqual([]);
});
test('a link, a heading and a file that are not there are seen', () => {
  const planted =
    '# One\n[a](nowhere.md) [b](README.md#no-such-heading) [c](#kith) `packages/core/src/nowhere.ts` `spec/` <img src="none.png">';
  expect(problemsOf('README.md', planted)).toEqual([
    'README.md: nowhere.md is not there',
    'README.md: no heading README.md#no-such-heading',
    'README.md: none.png is not there',
    'README.md: `packages/core/src/nowhere.ts` is not there',
  ]);
});
/** `path`: "part of a name"; "part of another", over line ends. */
const TEST = /`([^`]+\.test\.ts)`: ("[^"]+"(?:; "[^"]+")*)/g;
const testsNamedIn = (text: string): readonly (readonly [string, string])[] =>
  [...text.replace(/\s+/g, ' ').matchAll(TEST)].flatMap(([, path = '', names = '']) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => [path, name] as const),
  );
const missingTests = (text: string): readonly string[] =>
  testsNamedIn(text)
    .filter(([path, name]) => !existsSync(join(root, path)) || !readFileSync(join(root, path), 'utf8').includes(name))
    .map(([path, name]) => `${path}: ${name}`);
test('every test that spec/security.md and spec/operator.md name is there', () => {
  const page = (name: string): string => readFileSync(join(root, 'spec', name), 'utf8');
  expect(testsNamedIn(page('security.md')).length).toBeGreaterThan(35);
  expect(testsNamedIn(page('operator.md')).length).toBeGreaterThan(3);
  expect([...missingTests(page('security.md')), ...missingTests(page('operator.md'))]).toEqual([]);
  expect(missingTests('`packages/core/test/log/rules.test.ts`: "class 4:";\n  "no such test"')).toEqual([
    'packages/core/test/log/rules.test.ts: no such test',
  ]);
});
test('every page can be found from the README', () => {
  const seen = new Set<string>(['README.md']);
  const todo = ['README.md'];
  for (let page = todo.pop(); page !== undefined; page = todo.pop()) {
    for (const [, target = ''] of prose(readFileSync(join(root, page), 'utf8')).matchAll(LINK)) {
      const file = relative(root, join(dirname(join(root, page)), target.split('#', 1)[0] ?? ''));
      if (!pages.includes(file) || seen.has(file)) continue;
      seen.add(file);
      todo.push(file);
    }
  }
  expect(pages.filter((page) => !seen.has(page))).toEqual([]);
});
