// Clocks that are set while people write: `npm run long -- clocks [--schedules N] [--steps N] [--seed N]`. Ends with one JSON line;
// exit 1 when anything was lost, shown twice, not delivered or in another order, when a clock that ran ahead made anything go or be
// published, or when no clock was wrong. In every other schedule clocks are behind as well; what was published early because of that
// is counted (`publishedBehind`) and fails nothing: see docs/testing.md.
import { parseArgs } from 'node:util';
import { build } from '../../apps/cli/test/support/processes.ts';
import { wrongClocks } from '../../stories/support/wrong-clocks.ts';
import { ensureDebian } from '../debian.mjs';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '40' },
    steps: { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
  },
});
ensureDebian(['faketime'], console.error);
build();
const started = performance.now();
const total = {
  schedules: 0,
  steps: 0,
  acknowledged: 0,
  misdated: 0,
  lost: 0,
  twice: 0,
  undelivered: 0,
  published: 0,
  publishedBehind: 0,
};
const times = [];
let otherOrder = 0;
for (let i = 0; i < Number(values.schedules); i++) {
  const seed = Number(values.seed) + i;
  const behind = i % 2 === 1;
  const report = await wrongClocks(seed, Number(values.steps), behind, ({ clocks, ms }) => {
    times.push(ms);
    if (ms >= 60_000) console.error(`seed ${seed}: ${clocks}: not there within 60 s`);
  });
  total.schedules++;
  for (const count of ['steps', 'acknowledged', 'misdated', 'undelivered']) total[count] += report[count];
  for (const what of ['lost', 'twice']) {
    total[what] += report[what].length;
    for (const text of report[what]) console.error(`seed ${seed}: ${what} ${JSON.stringify(text)}`);
  }
  total[behind ? 'publishedBehind' : 'published'] += report.published;
  if (!report.sameOrder) otherOrder++;
  console.error(`seed ${seed}: ${JSON.stringify({ ...report, arrived: undefined })}`);
}
times.sort((a, b) => a - b);
const late = times.filter((ms) => ms >= 60_000).length;
const figures = { ...total, otherOrder, late, medianMs: times[Math.floor(times.length / 2)], mostMs: times.at(-1) };
console.log(JSON.stringify({ long: 'clocks', seconds: Math.round((performance.now() - started) / 1000), ...figures }));
const { lost, twice, undelivered, published, misdated } = total;
process.exit(lost + twice + undelivered + published + otherOrder + late > 0 || misdated === 0 ? 1 : 0);
