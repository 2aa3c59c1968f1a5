// A light steady load for a long time: `npm run long -- soak [--minutes N] [--every MS] [--restart S] [--seed N]`. Two people's
// processes, a relay and a screen write to each other, one text a writer about every MS milliseconds, and one of them is
// restarted every S seconds. Ends with one JSON line; exit 1 when something was lost, shown twice, not shown or not delivered, or when
// memory or open files grew, or half of the starts took 2 s or longer.
import { parseArgs } from 'node:util';
import { buildApps } from '../../stories/support/screens.ts';
import { soak } from '../../stories/support/soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    every: { type: 'string', default: '1000' },
    restart: { type: 'string', default: '45' },
    seed: { type: 'string', default: '1' },
  },
});
/** What a process may hold more in the last third of the time than in the first. */
const MEMORY_MIB = 64;
const FILES = 8;
const START_MS = 2_000;
buildApps();
const seconds = Number(values.minutes) * 60;
const { lost, twice, unseen, ...report } = await soak({
  seconds,
  seed: Number(values.seed),
  every: Number(values.every),
  restart: Number(values.restart),
  tell: (line) => console.error(line),
});
const wrong = [
  ...lost.map((text) => `lost ${JSON.stringify(text)}`),
  ...twice.map((text) => `twice ${JSON.stringify(text)}`),
  ...unseen.map((text) => `not shown: ${text}`),
  ...(report.undelivered > 0 ? [`${report.undelivered} not delivered`] : []),
];
for (const [who, { first, last }] of Object.entries(report.memoryMiB))
  if (last > first + MEMORY_MIB) wrong.push(`${who}: memory grew from ${first} to ${last} MiB`);
for (const [who, { first, last }] of Object.entries(report.files))
  if (last > first + FILES) wrong.push(`${who}: open files grew from ${first} to ${last}`);
for (const [who, { median }] of Object.entries(report.starts))
  if (median >= START_MS) wrong.push(`${who}: half of its starts took ${median} ms or longer`);
for (const line of wrong) console.error(line);
console.log(
  JSON.stringify({ long: 'soak', seconds, ...report, lost: lost.length, twice: twice.length, unseen: unseen.length }),
);
process.exit(wrong.length > 0 ? 1 : 0);
