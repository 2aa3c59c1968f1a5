// npm run long -- plants [--plant NAME…] [--suite PART] [--budget SECONDS]: every planted bug against every suite that one thread can run,
// and which of them notice it (docs/testing.md). A suite is loaded once, with all bugs in it behind switches, and is asked of each bug that
// its tests come across. Goes on where it was ended, as long as no source changed since.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFolder, type Folder } from '../mutants/folder.ts';
import { root, type SourcePlant } from './plant.ts';
import { runSuite, together } from './run.ts';
import { readSources, urlOf, withPlant, type Sources } from './sources.ts';
import { withSwitches } from './switched.ts';
import { SOURCE_PLANTS } from './table.ts';

const SUITES = '{packages/{core,platform-node,testkit},apps/{cli,relay,web}}/test/**/*.test.ts';
/** Of a browser, of processes, of thousands of worlds, or of this table itself. */
const ELSEWHERE = /\.(?:story|e2e|chromium)\.test\.ts$|(?:plants|sim|process|schedules)\.test\.ts$/;
const KEPT = join(root, '.results', 'plants.json');
const WIDTH = 2;
const PATIENCE_MS = 60_000;

/** `crashed`: a test failed by another exception than its own expectation, or never ended. `slow`: only tests over the budget were left. */
type Verdict = 'noticed' | 'crashed' | 'unnoticed' | 'slow';
/** By bug. */
type Row = Readonly<Record<string, Verdict>>;
interface Kept {
  readonly of: string;
  readonly rows: Record<string, Row | null>;
}
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** `first`: the test that has to notice it, which is asked whatever time it takes. */
const judge = async (suite: Folder, name: string, budget: number, first: string | undefined): Promise<Verdict> => {
  const asked = await suite.judge(name, first, budget, new Map());
  // What an earlier bug left behind is gone with its thread: this one is asked again, once, since some tests never pass twice.
  const result = asked.spoilt === true ? await suite.judge(name, first, budget, new Map()) : asked;
  if (result.fate === 'endless') return 'crashed';
  if (result.fate === 'killed') return result.byAssertion === true ? 'noticed' : 'crashed';
  return result.within === undefined ? 'unnoticed' : 'slow';
};
/** Of a suite that does not run as a whole here, what its named tests say: these run by themselves, as in `plants.test.ts`. */
const namedOf = async (file: string, names: readonly string[]): Promise<Row | null> => {
  const row: Record<string, Verdict> = {};
  const sources = readSources();
  for (const name of names) {
    const plant = SOURCE_PLANTS[name] as SourcePlant;
    if (plant.noticedBy.file !== file) continue;
    const { type } = await runSuite(withPlant(sources, name, plant), file, [plant.noticedBy.test], PATIENCE_MS);
    row[name] = type === 'noticed' ? 'noticed' : type === 'passed' ? 'unnoticed' : 'crashed';
  }
  return Object.keys(row).length === 0 ? null : row;
};
const rowOf = async (sources: Sources, file: string, names: readonly string[], budget: number): Promise<Row | null> => {
  let suite: Folder;
  try {
    suite = await openFolder(sources, [urlOf(file)]);
  } catch (cause) {
    print(`not in the matrix as a whole: ${file}: ${String(cause).split('\n')[0] ?? ''}`);
    return namedOf(file, names);
  }
  const row: Record<string, Verdict> = {};
  const loading = new Set(suite.seen.whileLoading.flat());
  for (const name of names) {
    const across = suite.seen.tests.filter(({ hits }) => loading.has(name) || hits[name] !== undefined);
    if (across.length === 0) continue;
    const { noticedBy } = SOURCE_PLANTS[name] as SourcePlant;
    const first = across.find((test) => noticedBy.file === file && test.name.includes(noticedBy.test))?.name;
    const least = Math.min(...across.map(({ ms }) => ms));
    row[name] = first === undefined && least > budget ? 'slow' : await judge(suite, name, budget, first);
  }
  await suite.end();
  return row;
};

const readKept = (of: string): Kept => {
  const kept = existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Kept) : undefined;
  return kept?.of === of ? kept : { of, rows: {} };
};
const keep = (kept: Kept): void => {
  mkdirSync(dirname(KEPT), { recursive: true });
  writeFileSync(`${KEPT}.new`, JSON.stringify(kept));
  renameSync(`${KEPT}.new`, KEPT);
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      plant: { type: 'string', multiple: true },
      suite: { type: 'string', default: '' },
      budget: { type: 'string', default: '1' },
    },
  });
  const names = values.plant ?? Object.keys(SOURCE_PLANTS);
  for (const name of names) if (SOURCE_PLANTS[name] === undefined) throw new Error(`there is no planted bug "${name}"`);
  const began = performance.now();
  const { sources, outside } = withSwitches(readSources(), SOURCE_PLANTS);
  if (outside.length > 0) print(`no switch can be put around ${outside.join(', ')}`);
  const hash = createHash('sha256').update(JSON.stringify([names, values.budget]));
  for (const [url, code] of sources) hash.update(`\0${url}\0${code}`);
  const kept = readKept(hash.digest('hex'));
  const files = globSync(SUITES, { cwd: root })
    .filter((file) => !ELSEWHERE.test(file) && file.includes(values.suite))
    .toSorted();
  await together(
    WIDTH,
    files.map((file) => async () => {
      if (kept.rows[file] !== undefined) return;
      const row = await rowOf(sources, file, names, 1000 * Number(values.budget));
      kept.rows[file] = row;
      keep(kept);
      const seen = Object.values(row ?? {});
      print(`${file}: ${seen.filter((one) => one === 'noticed').length} of ${seen.length} noticed`);
    }),
  );
  const byBug = names.map((name) => {
    const of = (verdict: Verdict): readonly string[] => files.filter((file) => kept.rows[file]?.[name] === verdict);
    return { name, noticed: of('noticed'), crashed: of('crashed'), unnoticed: of('unnoticed'), slow: of('slow') };
  });
  for (const { name, noticed, crashed, unnoticed, slow } of byBug) {
    print(
      `${name}: noticed by ${noticed.length} suites, and ${crashed.length} by another exception; ${unnoticed.length + slow.length} come across it and say nothing`,
    );
    for (const file of noticed) print(`    ${file}`);
  }
  const counts = byBug.map(({ noticed }) => noticed.length);
  const cells = byBug.flatMap(({ noticed, crashed, unnoticed, slow }) => [
    noticed.length,
    crashed.length,
    unnoticed.length,
    slow.length,
  ]);
  const sum = (every: number): number => cells.filter((_, i) => i % 4 === every).reduce((all, one) => all + one, 0);
  const unseen = byBug.filter(({ noticed }) => noticed.length === 0).map(({ name }) => name);
  print(
    JSON.stringify({
      plants: names.length,
      suites: files.filter((file) => kept.rows[file] != null).length,
      leftOut: files.filter((file) => kept.rows[file] === null).length,
      pairs: { noticed: sum(0), crashed: sum(1), unnoticed: sum(2), slow: sum(3) },
      noticedByMean: Number((counts.reduce((all, one) => all + one, 0) / Math.max(1, names.length)).toFixed(1)),
      noticedByOne: counts.filter((count) => count === 1).length,
      noticedByMost: Math.max(...counts),
      unseen,
      seconds: Math.round((performance.now() - began) / 1000),
    }),
  );
  return unseen.length === 0 ? 0 : 1;
};

process.exitCode = await main();
