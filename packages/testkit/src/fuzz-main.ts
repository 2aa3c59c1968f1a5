// `npm run long -- fuzz`: a million inputs for every decoder of formats; one JSON line of figures at the end.
//   node packages/testkit/src/fuzz-main.ts [--inputs N] [--seed S] [--only PART-OF-A-NAME]
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decode, encode } from '@kith/core/codec';
import { sampler } from './cddl-sample.ts';
import { codecsIn, rulesOf } from './codec-registry.ts';
import { fuzzDecoder } from './fuzz.ts';
import { seededRandomness } from './seeded-randomness.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
/** Of this thread alone: in minutes of work the machine's other work stops it for longer than any bound. */
const busyMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const core = join(import.meta.dirname, '../../core/src');
const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const modules = await Promise.all(
  files.map(async (name) => [name, (await import(join(core, name))) as Readonly<Record<string, unknown>>] as const),
);
const codecs = codecsIn(Object.fromEntries(modules));
const rules = rulesOf(codecs);

const faults: string[] = [];
let slowestMs = 0;
const chosen = codecs.filter(({ where }) => where.includes(values.only));
for (const { where, codec } of chosen) {
  // Its own numbers: what is found in one decoder is found again with that decoder alone.
  const randomness = seededRandomness(Number(values.seed)).fork(where);
  const make = sampler(codec.cddl, rules, randomness, 'any');
  const seeds = Array.from({ length: 150 }, () => codec.in(make()))
    .filter((value) => value !== undefined)
    .map((value) => encode(codec, value))
    .filter(({ length }) => length <= 16_384);
  const report = fuzzDecoder(where, (data) => decode(codec, data), seeds, Number(values.inputs), randomness, busyMs);
  faults.push(...report.faults);
  slowestMs = Math.max(slowestMs, report.slowestMs);
  console.error(`${where}: ${report.taken} of ${report.inputs} taken, slowest ${report.slowestMs.toFixed(2)} ms`);
}
for (const fault of faults) console.log(fault);
console.log(
  JSON.stringify({
    long: 'fuzz',
    decoders: chosen.length,
    seed: Number(values.seed),
    inputs: Number(values.inputs),
    faults: faults.length,
    slowestMs,
  }),
);
process.exit(faults.length > 0 ? 1 : 0);
