// Installs what is missing, then runs one of the scripts beside this one on the pinned Node. Plain enough for Node 20.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, pinnedNode, root } from './install.mjs';

const [script, ...argv] = process.argv.slice(2);
await ensureInstalled((words) => console.error(words));
// Compiled code is kept by its contents: most of the start of a worker is compiling.
const env = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled'), ...process.env };
const child = spawn(pinnedNode, [join(root, 'scripts', script), ...argv], { cwd: root, stdio: 'inherit', env });
// Ctrl+C reaches the child as well; it ends in its own time.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (status) => process.exit(status ?? 1));
