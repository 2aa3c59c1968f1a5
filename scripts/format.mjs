// `npm run format`: puts code into the one form that `npm run check` asks for.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './install.mjs';

const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
