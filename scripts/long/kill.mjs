// kill -9, many times: `npm run long -- kill [--cycles N] [--seed N] [--what client,relay,browser]`. Each of what is named gets
// an equal share of the cycles, in rounds of 20 with fresh homes. Ends with one JSON line; exit 1 when anything was lost or shown twice.
import { parseArgs } from 'node:util';
import { browserKillCycles } from '../../stories/support/browser-kill.ts';
import { killCycles } from '../../stories/support/kill.ts';
import { buildApps } from '../../stories/support/screens.ts';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    what: { type: 'string', default: 'client,relay,browser' },
  },
});
const ROUND = 20;
const killed = values.what.split(',');
const each = Math.ceil(Number(values.cycles) / killed.length);
const started = performance.now();
buildApps();

const run = async (what, cycles, seed) =>
  what === 'browser' ? browserKillCycles(cycles, seed) : killCycles(what, cycles, seed);
const figures = {};
let failed = false;
for (const what of killed) {
  const total = { cycles: 0, acknowledged: 0, lost: 0, twice: 0, starts: [] };
  for (let round = 0; total.cycles < each; round++) {
    const seed = Number(values.seed) + round;
    const report = await run(what, Math.min(ROUND, each - total.cycles), seed);
    total.cycles += report.cycles;
    total.acknowledged += report.acknowledged;
    total.lost += report.lost.length;
    total.twice += report.twice.length;
    total.starts.push(...report.starts);
    for (const text of report.lost) console.error(`${what}, seed ${seed}: lost ${JSON.stringify(text)}`);
    for (const text of report.twice) console.error(`${what}, seed ${seed}: twice ${JSON.stringify(text)}`);
    console.error(`${what}: ${total.cycles} of ${each} cycles`);
  }
  const { starts, ...counts } = total;
  starts.sort((a, b) => a - b);
  const slow = starts.filter((ms) => ms >= 2000).length;
  failed ||= counts.lost + counts.twice + slow > 0;
  figures[what] = {
    ...counts,
    startMedianMs: Math.round(starts[Math.floor(starts.length / 2)]),
    startMaxMs: Math.round(starts.at(-1)),
    startsOver2s: slow,
  };
}
console.log(JSON.stringify({ long: 'kill', seconds: Math.round((performance.now() - started) / 1000), ...figures }));
process.exit(failed ? 1 : 0);
