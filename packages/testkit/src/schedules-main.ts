// `npm run long -- schedules [--seeds N] [--splits N] [--seed S]`: random schedules of five devices, and eight devices that are
// split and merged 100 times, each ending in equal logs. One JSON line with the figures; exit 1 on any that differs.
import { parseArgs } from 'node:util';
import { runSchedule } from './schedules.ts';
import { runSplits } from './splits.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    splits: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
const started = performance.now();
const count = Number(values.seeds);
let texts = 0;
const failed: number[] = [];
for (let i = 0; i < count; i++) {
  const seed = Number(values.seed) + i;
  try {
    const run = runSchedule(seed);
    texts += run.texts;
    if (!run.equal) failed.push(seed);
  } catch (cause) {
    console.error(`seed ${seed}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    failed.push(seed);
  }
  if ((i + 1) % 50 === 0) console.error(`${i + 1} of ${count}; differing: ${failed.join(' ') || 'none'}`);
}
const MERGES = 100;
const splits = { runs: Number(values.splits), merges: 0, texts: 0, mixed: 0, shared: 0 };
const split: number[] = [];
for (let i = 0; i < splits.runs; i++) {
  const seed = Number(values.seed) + i;
  try {
    const { equal, ...counts } = runSplits(seed, MERGES);
    splits.merges += MERGES;
    for (const what of ['texts', 'mixed', 'shared'] as const) splits[what] += counts[what];
    if (!equal) split.push(seed);
  } catch (cause) {
    console.error(`split ${seed}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    split.push(seed);
  }
  console.error(`${i + 1} of ${splits.runs} with eight devices; differing: ${split.join(' ') || 'none'}`);
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(
  JSON.stringify({ long: 'schedules', seconds, schedules: count, texts, failed, splits: { ...splits, failed: split } }),
);
process.exit(failed.length + split.length === 0 ? 0 : 1);
