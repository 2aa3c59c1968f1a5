// What the pages state in tables is what the code and the commands have.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SETTINGS } from '@kith/core/conversation';
import { SOURCE_PLANTS } from '../src/plants/table.ts';
import { world } from '../../core/test/client/world.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
/** The cells of every row of the first table under a heading row that begins with `first`. */
const table = (page: string, first: string): readonly (readonly string[])[] => {
  const lines = read(page).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  if (start === -1) throw new Error(`${page} has no table that begins with ${first}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
};

test("S4.40 a fresh home's settings are those of docs/defaults.md, each with a reason", () => {
  const alice = world().device('alice');
  alice.start();
  const fresh = alice.call('set', {});
  const written = table('docs/defaults.md', 'key');
  expect(fresh.map(({ key, value }) => [key, value])).toEqual(written.map(([key, value]) => [key, value]));
  for (const { value, default: usual } of fresh) expect(value).toBe(usual);
  for (const [key = '', , why = '', perConversation] of written) {
    expect(why.length, key).toBeGreaterThan(10);
    expect([key, SETTINGS[key]?.perConversation ? 'yes' : 'no']).toEqual([key, perConversation]);
  }
});

test('docs/testing.md names the suites, their budgets and the long forms as they are', () => {
  const suites = JSON.parse(read('scripts/suites.json')) as readonly {
    suite: string;
    seconds: number;
    holds: string;
  }[];
  expect(
    table('docs/testing.md', 'suite').map(([suite, seconds, , holds]) => ({ suite, seconds: Number(seconds), holds })),
  ).toEqual(suites.map(({ suite, seconds, holds }) => ({ suite, seconds, holds })));
  expect(suites.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThanOrEqual(15 * 60);
  const long = JSON.parse(read('scripts/long.json')) as readonly { name: string; minutes: number; does: string }[];
  expect(table('docs/testing.md', 'name').map(([name, does]) => [name, does])).toEqual(
    long.map(({ name, does }) => [name, does]),
  );
  for (const { minutes } of long) expect(minutes).toBeLessThan(80);
});

test('every row has an id of its own', () => {
  const rows = JSON.parse(read('docs/rows.json')) as readonly { id: string; row: string }[];
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  for (const { id, row } of rows)
    expect([id, /^(S[0-4]\.\d+|U\d+)$/.test(id), row.length > 3]).toEqual([id, true, true]);
});

test('docs/attacks.md: every class has its tests and its planted bugs, or says what it waits for', () => {
  const written = read('docs/attacks.md')
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.slice(1, -1).split(' | '));
  expect(written.map(([name = '']) => Number.parseInt(name.trim(), 10))).toEqual(
    Array.from({ length: 33 }, (_, i) => i + 1),
  );
  const quoted = (text = ''): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, inside = '']) => inside);
  const tests = new Map(
    globSync('{packages/{core,platform-node,platform-web},apps/*}/test/**/*.ts', { cwd: root }).map(
      (file) => [file, read(file)] as const,
    ),
  );
  const claimed = new Set<string>();
  for (const [name = '', held = '', bugs = '', waits = ''] of written) {
    const number = Number.parseInt(name.trim(), 10);
    const says = new RegExp(`\\bclass ${number}\\b`);
    const files = quoted(held.split(';')[0]).filter((part) => part.endsWith('.ts'));
    for (const file of files) {
      expect(tests.get(file) ?? 'no such file', `class ${number}: ${file}`).toMatch(says);
      claimed.add(`${number} ${file}`);
    }
    expect(files.length > 0 || waits.trim() !== '', name).toBe(true);
    expect(files.length > 0, name).toBe(bugs.trim() !== '');
    const plants = quoted(bugs);
    for (const plant of plants) expect(Object.hasOwn(SOURCE_PLANTS, plant), `${name}: ${plant}`).toBe(true);
    // Of the tests that have to notice them at least one is of the class itself.
    const own = plants.filter((plant) => says.test(SOURCE_PLANTS[plant]?.noticedBy.test ?? ''));
    if (plants.length > 0) expect(own.length, `${name}: ${plants.join()}`).toBeGreaterThan(0);
  }
  // And no test of a class is forgotten in the table.
  for (const [file, text] of tests)
    for (const [, named = ''] of text.matchAll(/^.*['"`](class \d[^'"`]*)/gm))
      for (const [, number] of named.matchAll(/class (\d+)/g))
        expect([...claimed], `${file}: ${named}`).toContain(`${number} ${file}`);
});
