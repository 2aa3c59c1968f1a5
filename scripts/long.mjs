// `npm run long -- NAME [options]`: the long forms of scripts/long.json. Each prints one JSON line with its figures at its end.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, stop } from './install.mjs';

const LONG = JSON.parse(readFileSync(join(root, 'scripts', 'long.json'), 'utf8'));
const [name, ...options] = process.argv.slice(2);
const form = LONG.find((candidate) => candidate.name === name);
if (form === undefined) {
  for (const { name, minutes, does } of LONG) console.log(`${name.padEnd(10)} up to ${minutes} min  ${does}`);
  stop(
    name === undefined ? 'npm run long needs the name of a long form.' : `There is no long form "${name}".`,
    'The names are above.',
  );
}
if (!existsSync(join(root, form.run[0])))
  stop(`The long form "${name}" is not in this checkout yet.`, 'See docs/testing.md.');
const { status } = spawnSync(process.execPath, [...form.run, ...options], {
  cwd: root,
  stdio: 'inherit',
  timeout: form.minutes * 60_000,
});
if (status === null)
  stop(`"${name}" was ended after ${form.minutes} minutes.`, 'Run it again: it goes on where it can.');
process.exit(status);
