// npm run long -- plants [--plant NAME…] [--suite PART]: every planted bug against every suite that one thread can run, and
// which of them notice it (docs/testing.md). Goes on where it was ended, as long as no source changed since.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './plant.ts';
import { runSuite, together } from './run.ts';
import { readSources, urlOf, withPlant, type Sources } from './sources.ts';
import { SOURCE_PLANTS } from './table.ts';

const SUITES = '{packages/{core,platform-node,testkit},apps/{cli,relay,web}}/test/**/*.test.ts';
/** Of a browser, of processes, or of this table itself. */
const ELSEWHERE = /\.(?:story|e2e|chromium)\.test\.ts$|plants\.test\.ts$/;
const PATIENCE_MS = 180_000;
const KEPT = join(root, '.results', 'plants.json');

interface Suite {
  readonly file: string;
  readonly ms: number;
  readonly loads: ReadonlySet<string>;
}
interface Kept {
  readonly of: string;
  readonly found: Record<string, readonly string[]>;
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const width = Math.max(1, availableParallelism());

const soundSuites = async (sources: Sources, part: string): Promise<readonly Suite[]> => {
  const files = globSync(SUITES, { cwd: root }).filter((file) => !ELSEWHERE.test(file) && file.includes(part));
  const suites = await together(
    width,
    files.toSorted().map((file) => async (): Promise<Suite | undefined> => {
      const began = performance.now();
      const verdict = await runSuite(sources, file, [], PATIENCE_MS);
      if (verdict.type === 'passed') return { file, ms: performance.now() - began, loads: new Set(verdict.loaded) };
      print(`not in the matrix: ${file}: ${verdict.words.split('\n')[0] ?? ''}`);
      return undefined;
    }),
  );
  return suites.filter((suite) => suite !== undefined);
};
const readKept = (of: string): Kept => {
  const kept = existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Kept) : undefined;
  return kept?.of === of ? kept : { of, found: {} };
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { plant: { type: 'string', multiple: true }, suite: { type: 'string', default: '' } },
  });
  const names = values.plant ?? Object.keys(SOURCE_PLANTS);
  const began = performance.now();
  const sources = readSources();
  const hash = createHash('sha256').update(values.suite);
  for (const [url, code] of sources) hash.update(`\0${url}\0${code}`);
  const kept = readKept(hash.digest('hex'));
  const suites = await soundSuites(sources, values.suite);
  const unseen: string[] = [];
  for (const name of names) {
    const plant = SOURCE_PLANTS[name];
    if (plant === undefined) throw new Error(`there is no planted bug "${name}"`);
    let noticed = kept.found[name];
    if (noticed === undefined) {
      const planted = withPlant(sources, name, plant);
      const asked = suites.filter(({ loads }) => loads.has(urlOf(plant.file)));
      const verdicts = await together(
        width,
        asked.map(({ file, ms }) => async () => {
          const { type } = await runSuite(planted, file, [], 10_000 + 5 * ms);
          return type === 'passed' ? [] : [type === 'noticed' ? file : `${file} (${type})`];
        }),
      );
      noticed = verdicts.flat();
      kept.found[name] = noticed;
      mkdirSync(dirname(KEPT), { recursive: true });
      writeFileSync(KEPT, JSON.stringify(kept));
    }
    if (!noticed.some((file) => !file.endsWith(')'))) unseen.push(name);
    print(`${name}: noticed by ${noticed.length} suites\n${noticed.map((file) => `    ${file}\n`).join('')}`);
  }
  const counts = names.map((name) => kept.found[name]?.length ?? 0);
  print(
    JSON.stringify({
      plants: names.length,
      suites: suites.length,
      noticedByMean: Number((counts.reduce((sum, count) => sum + count, 0) / Math.max(1, names.length)).toFixed(1)),
      noticedByOne: counts.filter((count) => count === 1).length,
      unseen,
      seconds: Math.round((performance.now() - began) / 1000),
    }),
  );
  return unseen.length === 0 ? 0 : 1;
};

process.exitCode = await main();
