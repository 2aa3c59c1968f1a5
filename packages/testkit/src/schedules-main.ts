// `npm run long -- schedules [--seeds N] [--seed S]`: random schedules of five devices, each ending in equal logs. One JSON
// line with the figures; exit 1 on any that differs.
import { parseArgs } from 'node:util';
import { runSchedule } from './schedules.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
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
const seconds = Math.round((performance.now() - started) / 1000);
console.log(JSON.stringify({ long: 'schedules', seconds, schedules: count, texts, failed }));
process.exit(failed.length === 0 ? 0 : 1);
