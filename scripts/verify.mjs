// `npm run verify`: what tools can tell (`npm run check`), then the tests.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, pinnedNode, root } from './install.mjs';

await ensureInstalled((words) => console.log(words));
const run = (script) =>
  spawnSync(pinnedNode, [join(root, 'scripts', script)], { cwd: root, stdio: 'inherit' }).status ?? 1;
const checked = run('check.mjs');
const tested = process.argv.includes('--no-tests') ? 0 : run('run-suites.mjs');
process.exit(checked === 0 && tested === 0 ? 0 : 1);
