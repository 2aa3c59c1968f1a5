// Each planted bug is noticed by the suite that it names, by an assertion, and that suite passes without it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PLANTS } from '../src/sim/plants.ts';
import { plantedText, root } from '../src/plants/plant.ts';
import { runSuite, together } from '../src/plants/run.ts';
import { readSources, urlOf, withPlant } from '../src/plants/sources.ts';
import type { Verdict } from '../src/plants/suite-thread.ts';
import { SOURCE_PLANTS } from '../src/plants/table.ts';

const PATIENCE_MS = 60_000;
const plants = Object.entries(SOURCE_PLANTS);
const suites = [...new Set(plants.map(([, { noticedBy }]) => noticedBy.file))];
const planted = new Map<string, Verdict>();
const sound = new Map<string, Verdict>();
let seconds = 0;

beforeAll(async () => {
  const before = process.cpuUsage();
  const sources = readSources();
  await together(2, [
    ...suites.map((file) => async () => {
      const tests = plants.flatMap(([, { noticedBy }]) => (noticedBy.file === file ? [noticedBy.test] : []));
      sound.set(file, await runSuite(sources, file, [...new Set(tests)], PATIENCE_MS));
    }),
    ...plants.map(([name, plant]) => async () => {
      const { file, test: of } = plant.noticedBy;
      try {
        planted.set(name, await runSuite(withPlant(sources, name, plant), file, [of], PATIENCE_MS));
      } catch (cause) {
        // Its passage is gone: it fails for itself, and the others are still seen.
        planted.set(name, { type: 'broken', test: '', words: String(cause) });
      }
    }),
  ]);
  const { user, system } = process.cpuUsage(before);
  seconds = (user + system) / 1e6;
}, 600_000);

describe('planted bugs', () => {
  test.each(plants)('%s is noticed by its suite', (name, { words, noticedBy }) => {
    expect(planted.get(name), `${words} ${noticedBy.file}: ${noticedBy.test}`).toMatchObject({ type: 'noticed' });
  });
  test.each(suites)('%s passes without any', (file) => {
    expect(sound.get(file)).toMatchObject({ type: 'passed' });
  });
  test('there are at least 30, and no two have one name', () => {
    expect(plants.length).toBeGreaterThanOrEqual(30);
    // Of processor time. A busy machine makes three times as much of it, so the time is told and fails nothing.
    console.log(JSON.stringify({ plants: plants.length, seconds: Math.round(seconds) }));
    for (const name of Object.keys(PLANTS)) expect(Object.hasOwn(SOURCE_PLANTS, name), name).toBe(false);
    for (const [name, { words }] of plants) expect(`${name} ${words}`).toMatch(/^[a-z]+(-[a-z]+)+ [A-Z].+\.$/s);
  });
});

describe('what holds planted bugs can fail', () => {
  const folder = mkdtempSync(join(root, 'node_modules', '.cache', 'kith-suites-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = async (text: string, tests: readonly string[] = []): Promise<Verdict> => {
    const file = join(folder, 'small.test.mjs');
    writeFileSync(file, `import { expect, test } from 'vitest';\n${text}`);
    return runSuite(new Map(), file.slice(root.length + 1), tests, 5_000);
  };
  test('a passage that is not there, or there twice, is an error', () => {
    const plant = { words: '', file: 'packages/core/src/log/content.ts', noticedBy: { file: '', test: '' } };
    expect(() => plantedText('a', { ...plant, find: 'nowhere in it', instead: '' })).toThrow('0 times');
    expect(() => plantedText('a', { ...plant, find: 'crypto', instead: '' })).toThrow(/stands \d+ times/);
    expect(() => plantedText('a', { ...plant, find: 'NO_CONTENT_HASH = ', instead: 'NO_CONTENT_HASH = ' })).toThrow(
      'changes nothing',
    );
  });
  test('only an assertion of a test notices: no other exception, no suite that cannot be loaded, no test that is not there', async () => {
    expect(await run("test('a', () => expect(1).toBe(1));")).toMatchObject({ type: 'passed', tests: 1 });
    expect(await run("test('a', () => expect(1).toBe(2));")).toMatchObject({ type: 'noticed', test: 'a' });
    expect(await run("test('a', () => expect({ a: [1] }).toEqual({ a: [2] }));")).toMatchObject({ type: 'noticed' });
    expect(await run("test('a', () => { throw new Error('no'); });")).toMatchObject({ type: 'broken' });
    expect(await run('expect(1).toBe(2);')).toMatchObject({ type: 'broken' });
    expect(await run("import './nowhere.mjs';\ntest('a', () => expect(1).toBe(2));")).toMatchObject({ type: 'broken' });
    expect(await run("test('a', () => expect(1).toBe(2));", ['b'])).toMatchObject({ type: 'broken' });
    expect(await run("test('a', () => { for (;;); });")).toMatchObject({ type: 'broken' });
  });
  test('a planted bug is in what a suite loads, and nothing else is changed', () => {
    const [entry] = plants;
    if (entry === undefined) throw new Error('no planted bug');
    const sources = readSources();
    const changed = withPlant(sources, ...entry);
    const url = urlOf(entry[1].file);
    expect(changed.get(url)).not.toBe(sources.get(url));
    expect([...changed].filter(([at, code]) => sources.get(at) !== code).map(([at]) => at)).toEqual([url]);
  });
});
