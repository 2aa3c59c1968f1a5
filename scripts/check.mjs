// `npm run check`: everything `npm run verify` asks but the tests. Each tool says what is wrong; the first failure does not
// hide the others.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './install.mjs';

const bin = (name, path) => [join(root, 'node_modules', name, path)];
const CHECKS = [
  ['format', [...bin('oxfmt', 'bin/oxfmt'), '--check']],
  ['lint', [...bin('oxlint', 'bin/oxlint')]],
  ['types', [...bin('@typescript/native', 'bin/tsc'), '-b']],
  ['types of tests', [...bin('@typescript/native', 'bin/tsc'), '-p', 'tsconfig.tests.json']],
  ['types of races', [...bin('@typescript/native', 'bin/tsc'), '-p', 'bench', '--noEmit']],
  ['undeclared and unused', [...bin('knip', 'bin/knip.js')]],
  ['secrets', ['scripts/check-secrets.mjs']],
  ['lock file', ['scripts/check-lock.mjs']],
  ['spec shows the codecs', ['scripts/cddl.mjs', '--check']],
];
const failed = [];
for (const [name, argv] of CHECKS) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (status === 0) continue;
  failed.push(name);
  console.log(stdout, stderr);
}
if (failed.length > 0) console.log(`Not as it should be: ${failed.join(', ')}.`);
process.exit(failed.length > 0 ? 1 : 0);
