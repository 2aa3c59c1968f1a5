// Mutation testing: `npm run long -- mutate [--folder crypto,codec,log,session] [--file PART] [--budget SECONDS]`. Every mutant of a folder of the core is asked
// of the suites of that folder. What was found is kept: as long as nothing changed a run goes on where it was ended, and after
// a change each mutant is shown to the test first that noticed it before. A JSON line a folder; exit 1 below 85 %.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { openFolder } from '../../packages/testkit/src/mutants/folder.ts';
import { plain, readSources, urlOf } from '../../packages/testkit/src/plants/sources.ts';
import { root } from '../install.mjs';

const LEAST = 85;
/** Lines within which tests that noticed a mutant are asked first about another one. */
const NEAR_LINES = 25;
/** Tests that take longer are told by name. */
const LONG_MS = 500;
/** The suites of each folder, but for tests that take too long to be asked thousands of times. */
const SUITES = {
  codec: { suites: ['packages/core/test/codec/*.test.ts'] },
  crypto: { suites: ['packages/core/test/crypto/*.test.ts'] },
  session: { suites: ['packages/core/test/session/*.test.ts'], without: /\d seeds with / },
  log: {
    suites: ['packages/core/test/log/*.test.ts'],
    without:
      /a flipped bit|copy that wrote beside it|whatever was shown ahead|any order, pieces|whatever replicas hold/,
  },
};
const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: Object.keys(SUITES).join(',') },
    file: { type: 'string', default: '' },
    budget: { type: 'string', default: '60' },
  },
});
const wanted = new RegExp(values.file);
const budget = 1000 * Number(values.budget);
const folders = values.folder.split(',');
for (const folder of folders) if (SUITES[folder] === undefined) throw new Error(`there is no folder "${folder}" here`);

const nothing = () => undefined;
const no = () => false;
const logger = {
  ...Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, nothing])),
  ...Object.fromEntries(['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'].map((level) => [`is${level}Enabled`, no])),
};
const passage = (text, { start, end }) => {
  const lines = text.split('\n').slice(start.line, end.line + 1);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column);
  lines[0] = lines[0].slice(start.column);
  return lines.join('\n');
};
/** Names that outlive other changes of the file: what stands there, what stands there instead, and the how manieth of these. */
const nameAll = (texts, mutants) => {
  const counts = new Map();
  return mutants.map(({ id, fileName, location, mutatorName, replacement }) => {
    const was = passage(texts.get(fileName), location);
    const name = `${fileName} ${mutatorName}: ${was} -> ${replacement}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return {
      id,
      file: fileName,
      line: location.start.line + 1,
      was,
      replacement,
      mutatorName,
      name: `${name} ${count}`,
    };
  });
};
const instrument = async (folder) => {
  const files = globSync(`packages/core/src/${folder}/*.ts`, { cwd: root }).toSorted();
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const made = await new Instrumenter(logger).instrument(
    // Types go first, each for as many spaces: printed anew, `(a as number) | (b as number) | c` would lose its parentheses
    // and what stands behind `as number |` would be a type.
    [...texts].map(([name, text]) => ({ name, content: stripTypeScriptTypes(text), mutate: true })),
    { plugins: null, excludedMutations: [], ignorers: [], noHeader: false },
  );
  const sources = new Map(readSources());
  for (const { name, content } of made.files) sources.set(urlOf(name), plain(name, askedWhenCalled(content)));
  return { sources, mutants: nameAll(texts, made.mutants) };
};
/**
 * Whether an arrow function gives nothing is asked when it is called, not when it is made: most are made while modules are
 * loaded, and what is asked then is asked in modules that are loaded anew, at a hundred times the cost.
 */
const askedWhenCalled = (text) =>
  text.replaceAll(/stryMutAct_9fa48\("(\d+)"\) \? \(\) => undefined : \(stryCov_9fa48\("\1"\), /g, '__arrow("$1", ');
const short = (text) => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 90 ? `${line.slice(0, 60)} … ${line.slice(-27)}` : line;
};

const run = async (folder) => {
  const began = performance.now();
  const { sources, mutants } = await instrument(folder);
  const suites = SUITES[folder].suites.flatMap((glob) => globSync(glob, { cwd: root })).toSorted();
  const asked = await openFolder(sources, suites.map(urlOf), SUITES[folder].without);
  const { tests, loaded, whileLoading } = asked.seen;
  const seconds = tests.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  console.error(
    `${folder}: ${mutants.length} mutants, ${tests.length} tests of ${suites.length} files, ${seconds.toFixed(1)} s`,
  );
  console.error(`${folder}: ${new Set(whileLoading.flat()).size} show while modules are loaded`);
  for (const { name, ms } of tests) if (ms > LONG_MS) console.error(`${folder}: ${Math.round(ms)} ms: ${name}`);
  const hash = createHash('sha256');
  for (const url of loaded) hash.update(`${url}\0${sources.get(url)}\0`);
  const of = hash.digest('hex');
  const path = join(root, '.results', 'mutants', `${folder}.json`);
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { results: {} };
  const kept = { of, results: before.of === of ? before.results : {} };
  const keep = () => {
    mkdirSync(dirname(path), { recursive: true });
    // Those that were not asked yet keep who noticed them before.
    writeFileSync(
      `${path}.new`,
      JSON.stringify({ of, results: kept.results, before: { ...before.before, ...before.results } }),
    );
    renameSync(`${path}.new`, path);
  };
  const byOf = ({ name }) => (kept.results[name] ?? before.results[name] ?? before.before?.[name])?.by;
  /** What noticed mutants in these lines and beside them most likely notices this one too. */
  const nearTo = ({ file, line }) => {
    const near = new Map();
    for (const other of mutants) {
      const distance = Math.abs(other.line - line);
      const by = other.file === file && distance <= NEAR_LINES ? byOf(other) : undefined;
      if (by !== undefined) near.set(by, (near.get(by) ?? 0) + 1 / (1 + distance));
    }
    return near;
  };
  let last = performance.now();
  for (const [i, mutant] of mutants.entries()) {
    if (!wanted.test(mutant.file)) continue;
    const known = kept.results[mutant.name];
    if (known !== undefined && (known.within ?? Infinity) >= budget) continue;
    kept.results[mutant.name] = await asked.judge(mutant.id, byOf(mutant), budget, nearTo(mutant));
    if (performance.now() - last < 15_000) continue;
    last = performance.now();
    keep();
    console.error(`${folder}: ${i + 1} of ${mutants.length}, ${Math.round((last - began) / 1000)} s`);
  }
  if (!(await asked.isSound()))
    throw new Error('a mutant left something behind: the suites do not pass any more without one');
  keep();
  await asked.end();
  const counts = { killed: 0, endless: 0, survived: 0, uncovered: 0 };
  const scores = {};
  const slower = mutants.filter(({ name }) => kept.results[name]?.within !== undefined).length;
  for (const { file, line, was, replacement, mutatorName, name } of mutants) {
    const result = kept.results[name];
    if (result === undefined) continue;
    counts[result.fate]++;
    const noticed = result.fate === 'killed' || result.fate === 'endless';
    scores[file] ??= [0, 0];
    scores[file][noticed ? 0 : 1]++;
    if (!noticed)
      console.error(`${result.fate} ${file}:${line} ${mutatorName}: ${short(was)} -> ${short(replacement)}`);
  }
  for (const [file, [noticed, not]] of Object.entries(scores))
    console.error(
      `${((100 * noticed) / (noticed + not)).toFixed(1).padStart(5)} % of ${String(noticed + not).padStart(4)} ${file}`,
    );
  const noticed = counts.killed + counts.endless;
  const all = noticed + counts.survived + counts.uncovered;
  const score = Number(((100 * noticed) / Math.max(1, all)).toFixed(1));
  console.log(
    JSON.stringify({
      folder,
      mutants: all,
      ...counts,
      score,
      ...(slower === 0 ? {} : { survivedOnlyTheQuickest: slower }),
      seconds: Math.round((performance.now() - began) / 1000),
    }),
  );
  return score;
};

let isEnough = true;
for (const folder of folders) isEnough = (await run(folder)) >= LEAST && isEnough;
process.exit(isEnough ? 0 : 1);
