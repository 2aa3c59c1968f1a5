// A bad line and a relay that fails under real processes: `npm run long -- line [--schedules N] [--faults N] [--seed N]`. Each schedule
// has a seed of its own and that many faults; in every fourth one person sits at a screen, in every sixth faults last minutes.
// Ends with one JSON line; exit 1 when anything was lost, shown twice or not delivered, or did not resume within 60 s.
import { parseArgs } from 'node:util';
import { FAULTS, lineSchedule } from '../../stories/support/line-schedule.ts';
import { buildApps } from '../../stories/support/screens.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '24' },
    faults: { type: 'string', default: '11' },
    seed: { type: 'string', default: '1' },
  },
});
const LIMIT_MS = 60_000;
const LONG_FAULTS = 3;
const started = performance.now();
buildApps();
const total = { schedules: 0, faults: 0, acknowledged: 0, lost: 0, twice: 0, undelivered: 0, late: 0 };
const passed = {};
const resumed = Object.fromEntries(FAULTS.map((fault) => [fault, []]));
for (let i = 0; i < Number(values.schedules); i++) {
  const seed = Number(values.seed) + i;
  const long = i % 6 === 5;
  const report = await lineSchedule({
    seed,
    faults: long ? LONG_FAULTS : Number(values.faults),
    browser: i % 4 === 3,
    ...(long ? { longestMs: 150_000 } : {}),
    tell: ({ fault, ms }) => console.error(`seed ${seed}: ${fault}, resumed after ${ms} ms`),
  });
  total.schedules++;
  total.faults += report.faults;
  total.acknowledged += report.acknowledged;
  for (const what of ['lost', 'twice', 'undelivered']) {
    total[what] += report[what].length;
    for (const text of report[what]) console.error(`seed ${seed}: ${what} ${JSON.stringify(text)}`);
  }
  for (const { fault, ms } of report.resumed) {
    resumed[fault.replace(/ for .*/, '')].push(ms);
    if (ms >= LIMIT_MS) total.late++;
  }
  for (const [what, count] of Object.entries(report.passed)) passed[what] = (passed[what] ?? 0) + count;
}
const figures = Object.fromEntries(
  Object.entries(resumed).map(([fault, times]) => {
    times.sort((a, b) => a - b);
    return [fault, { times: times.length, medianMs: times[Math.floor(times.length / 2)], mostMs: times.at(-1) }];
  }),
);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(JSON.stringify({ long: 'line', seconds, ...total, passed, resumed: figures }));
process.exit(total.lost + total.twice + total.undelivered + total.late > 0 ? 1 : 0);
