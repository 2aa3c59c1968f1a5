// Disks that fail under real processes: `npm run long -- faults [--states N] [--calls N] [--seed N]`. N states of what a disk may
// hold after a power loss, half of them of a client's and half of a relay's recording; then each of the first N calls of
// `kith send`, of a relay and of a page that writes fails once. Ends with one JSON line; exit 1 when anything was wrong.
import { parseArgs } from 'node:util';
import { clientCalls, relayCalls } from '../../stories/support/failed-calls.ts';
import { tabCalls } from '../../stories/support/failed-tab-calls.ts';
import { clientStates, relayStates } from '../../stories/support/power-loss.ts';
import { buildApps } from '../../stories/support/screens.ts';
import { ensureDebian } from '../debian.mjs';

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '500' },
    calls: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
ensureDebian(['strace'], console.error);
buildApps();
const started = performance.now();
const half = Math.ceil(Number(values.states) / 2);
const calls = Array.from({ length: Number(values.calls) }, (_, i) => i + 1);
const figures = {};
const wrong = [];
for (const [name, work] of [
  ['powerClient', () => clientStates(half, Number(values.seed))],
  ['powerRelay', () => relayStates(half, Number(values.seed))],
  ['callsClient', () => clientCalls(calls)],
  ['callsRelay', () => relayCalls(calls)],
  ['callsTab', () => tabCalls(calls)],
]) {
  const { wrong: found, ...counts } = await work();
  figures[name] = { ...counts, wrong: found.length };
  wrong.push(...found);
  console.error(`${name}: ${JSON.stringify(figures[name])}`);
}
for (const line of wrong) console.error(line);
console.log(JSON.stringify({ long: 'faults', seconds: Math.round((performance.now() - started) / 1000), ...figures }));
process.exit(wrong.length > 0 ? 1 : 0);
