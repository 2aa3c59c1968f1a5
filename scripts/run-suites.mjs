// Runs the suites of scripts/suites.json and adds them up. The last line is `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { ensureDebian } from './debian.mjs';
import { root, stop } from './install.mjs';

const results = join(root, '.results');
const SUITES = JSON.parse(readFileSync(join(root, 'scripts', 'suites.json'), 'utf8'));
/** Which suites a file belongs to, by the ending of its name; `both` runs in Node and in Chromium. */
const KINDS = {
  story: ['story'],
  timed: ['timed'],
  sim: ['worlds'],
  e2e: ['screens'],
  chromium: ['chromium'],
  both: ['node', 'chromium'],
};
const suitesOf = (file) => KINDS[/\.(\w+)\.test\.tsx?$/.exec(file)?.[1] ?? ''] ?? ['node'];

const argv = process.argv.slice(2);
const at = argv.findIndex((word) => word === '-t' || word === '--testNamePattern');
const name = at === -1 ? undefined : argv[at + 1];
const paths = argv.filter((_, i) => at === -1 || (i !== at && i !== at + 1));
if (at !== -1 && name === undefined)
  stop('-t needs the name of a test.', 'For example: npm test -- packages/core -t S3.11');
const unknown = paths.find((path) => path.startsWith('-'));
if (unknown !== undefined) stop(`npm test does not know ${unknown}.`, 'It takes paths, and -t NAME.');

// A path is taken as seen from where the person stands, then from the root.
const inRoot = paths.map((path) => {
  const here = resolve(process.env.INIT_CWD ?? root, path);
  return relative(root, existsSync(here) ? here : resolve(root, path));
});
const all = globSync(['{packages,apps,scripts,bench}/**/test/**/*.test.ts', 'stories/*.test.ts'], {
  cwd: root,
  exclude: (path) => /node_modules|dist/.test(String(path)),
});
const files =
  paths.length === 0
    ? all
    : all.filter((file) => inRoot.some((path) => path === '' || file === path || file.startsWith(`${path}/`)));
if (files.length === 0) stop(`There is no test in ${paths.join(', ')}.`, 'npm test without a path runs all.');

const narrowed = paths.length > 0 || name !== undefined;
const filesOf = (suite) => {
  const found = files.filter((file) => suitesOf(file).includes(suite));
  // What runs in both already runs in Node: narrowed to a folder of such files, nobody needs a browser for it.
  const onlyBoth =
    paths.length > 0 &&
    suite === 'chromium' &&
    found.every((file) => file.includes('.both.') && !inRoot.includes(file));
  return onlyBoth ? [] : found;
};
const suites = SUITES.map((suite) => ({ ...suite, files: filesOf(suite.suite) })).filter(
  (suite) => suite.files.length > 0,
);

// The real processes of stories and the tests of the apps run what is built; a folder of packages needs neither that nor Debian's programs.
const needsBuild = suites.some((suite) => suite.files.some((file) => /^(apps|stories)\//.test(file)));
const needs = suites
  .filter((suite) => suite.suite !== 'node' || suite.files.some((file) => file.startsWith('apps/relay')))
  .flatMap((suite) => suite.debian);
ensureDebian(needs, (words) => console.log(words));
if (needsBuild) {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--only', 'cli,relay,web'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (built.status !== 0) stop('The build failed.', 'Run `npm run build` to see more.');
}

mkdirSync(results, { recursive: true });
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

const runSuite = ({ suite, seconds, files: chosen }) => {
  const output = join(results, `${suite}.json`);
  rmSync(output, { force: true });
  const started = performance.now();
  const argv = [
    vitest,
    'run',
    '--project',
    suite,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${output}`,
    '--silent=passed-only',
  ];
  if (name !== undefined) argv.push('-t', name);
  const { status } = spawnSync(process.execPath, [...argv, ...(narrowed ? chosen : [])], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const took = (performance.now() - started) / 1000;
  console.log(
    `suite ${suite}: ${took.toFixed(0)} s of ${seconds} s${took > seconds ? ' — OVER ITS BUDGET (docs/testing.md)' : ''}`,
  );
  const tests = existsSync(output) ? readReport(suite, output) : [];
  // An error outside of any test, or a runner that died, fails the run as well.
  if (status !== 0 && !tests.some((test) => test.state === 'failed'))
    tests.push({ suite, file: '', name: `the runner of suite ${suite} ended with ${status}`, state: 'failed', ms: 0 });
  return { suite, seconds, took, tests };
};

const STATES = { passed: 'passed', failed: 'failed' };
const readReport = (suite, path) =>
  JSON.parse(readFileSync(path, 'utf8')).testResults.flatMap((file) => {
    const tests = file.assertionResults.map((test) => ({
      suite,
      file: relative(root, file.name),
      name: test.fullName,
      state: STATES[test.status] ?? 'skipped',
      ms: Math.round(test.duration ?? 0),
    }));
    const silent = file.status === 'failed' && !tests.some((test) => test.state === 'failed');
    return silent
      ? [
          ...tests,
          {
            suite,
            file: relative(root, file.name),
            name: `${relative(root, file.name)} could not be run`,
            state: 'failed',
            ms: 0,
          },
        ]
      : tests;
  });

const ran = suites.map(runSuite);
const tests = ran.flatMap((suite) => suite.tests);
const count = (state) => tests.filter((test) => test.state === state).length;
const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(count);
writeFileSync(
  join(results, 'last.json'),
  JSON.stringify({
    narrowed,
    passed,
    failed,
    skipped,
    suites: ran.map(({ suite, seconds, took }) => ({ suite, budget: seconds, seconds: took })),
    tests,
  }),
);
for (const test of tests.filter(({ state }) => state === 'failed')) console.log(`failed: ${test.name} (${test.file})`);
if (passed + failed === 0) console.log('No test ran: nothing was shown.');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
