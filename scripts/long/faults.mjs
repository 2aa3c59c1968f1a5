// Disks that fail under real processes: `npm run long -- faults [--what NAME,…] [--states N] [--page-states N] [--calls N] [--seed N]`.
// N states of what a disk may hold after a power loss, half of them of a client's and half of a relay's recording, and others of a
// browser's, also of one whose app was changed to tell before the disk has it, which has to be noticed; then each of the first N
// calls of `kith send`, of a relay and of a page that writes fails once, and a browser's disk is filled to the last byte. Ends with
// one JSON line; exit 1 when anything was wrong.
import { parseArgs } from 'node:util';
import { clientCalls, relayCalls } from '../../stories/support/failed-calls.ts';
import { tabCalls } from '../../stories/support/failed-tab-calls.ts';
import { clientStates, relayStates } from '../../stories/support/power-loss.ts';
import { fullDisk } from '../../stories/support/page-full.ts';
import { pageStates } from '../../stories/support/page-power.ts';
import { buildApps } from '../../stories/support/screens.ts';
import { ensureDebian } from '../debian.mjs';

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '500' },
    'page-states': { type: 'string', default: '80' },
    what: { type: 'string' },
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
const seed = Number(values.seed);
const pages = Number(values['page-states']);
/** A few of the states of a changed app: what has to be wrong with it is not wrong with Kith. */
const planted = async () => {
  const { wrong: noticed, ...counts } = await pageStates(Math.ceil(pages / 4), seed, true);
  return {
    ...counts,
    noticed: noticed.length,
    wrong: noticed.length > 0 ? [] : ['nothing noticed of the planted bug'],
  };
};
const WORK = {
  'power-client': () => clientStates(half, seed),
  'power-relay': () => relayStates(half, seed),
  'power-page': () => pageStates(pages, seed),
  'power-page-planted': planted,
  'calls-client': () => clientCalls(calls),
  'calls-relay': () => relayCalls(calls),
  'calls-page': () => tabCalls(calls),
  'full-page': () => fullDisk(),
};
for (const name of values.what?.split(',') ?? Object.keys(WORK)) {
  const work = WORK[name];
  if (work === undefined) throw new Error(`there is no ${name} among ${Object.keys(WORK).join(', ')}`);
  const { wrong: found, ...counts } = await work();
  figures[name] = { ...counts, wrong: found.length };
  wrong.push(...found);
  console.error(`${name}: ${JSON.stringify(figures[name])}`);
}
for (const line of wrong) console.error(line);
console.log(JSON.stringify({ long: 'faults', seconds: Math.round((performance.now() - started) / 1000), ...figures }));
process.exit(wrong.length > 0 ? 1 : 0);
