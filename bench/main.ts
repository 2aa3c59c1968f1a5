// `npm run bench [-- NAME… [--quick]]`: races of Kith against named peers, each line a ratio within one run.
import { cpus, loadavg } from 'node:os';
import { printer, say } from './src/line.ts';
import { Yard } from './src/yard.ts';
import type { Bench } from './src/bench.ts';

const BENCHES = new Map<string, () => Promise<{ readonly bench: Bench }>>(
  Object.entries({
    session: () => import('./src/session.ts'),
    races: () => import('./src/races.ts'),
    relay: () => import('./src/relay.ts'),
    latency: () => import('./src/latency.ts'),
    idle: () => import('./src/idle.ts'),
    search: () => import('./src/search.ts'),
    size: () => import('./src/size.ts'),
    start: () => import('./src/start.ts'),
    history: () => import('./src/history-race.ts'),
    devices: () => import('./src/devices.ts'),
    memory: () => import('./src/memory.ts'),
    unlock: () => import('./src/unlock.ts'),
  }),
);

const words = process.argv.slice(2);
const isQuick = words.includes('--quick');
const isInstalling = words.includes('--install');
const names = words.filter((word) => !['--quick', '--install'].includes(word));
const unknown = names.filter((name) => !BENCHES.has(name));

if (unknown.length > 0) {
  say(
    `There is no bench ${unknown.join(', ')}. There are: ${[...BENCHES.keys()].join(', ')}; --quick makes all of them small, --install brings what other peers need.`,
  );
  process.exitCode = 2;
} else {
  say(
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${new Date().toISOString()}${isQuick ? ', --quick: figures are of small runs' : ''}`,
  );
  for (const [name, load] of BENCHES) {
    if (names.length > 0 && !names.includes(name)) continue;
    const yard = new Yard();
    say(`${name}: load ${loadavg()[0]?.toFixed(1) ?? '?'} before`);
    try {
      const { bench } = await load();
      await bench({ yard, isQuick, isInstalling, print: printer(name) });
    } catch (error) {
      say(`${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      process.exitCode = 1;
    } finally {
      await yard.close();
    }
  }
}
