// `npm run long -- fuzz`: so many inputs, over every parser of bytes, texts, links, files and requests, most of them where they still
// get further than any before; one JSON line of figures at the end.
//   node packages/testkit/src/fuzz-main.ts [--inputs N] [--seed S] [--only PART-OF-A-NAME]
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tellBranches } from './fuzz/instrument.ts';
import type { Guided, Targets } from './fuzz/guided.ts';
import { root } from './plants/plant.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const began = performance.now();
// From here on modules tell their branches, so whatever imports one is imported now.
const told = tellBranches();
const { reachedOf } = await import('./fuzz/coverage.ts');
const { busyMs, fuzzAll, Guided: Runner } = await import('./fuzz/guided.ts');
const { codecTargets } = await import('./fuzz/codecs.ts');
const { seededRandomness } = await import('./seeded-randomness.ts');

const endings: (() => unknown)[] = [];
const randomness = seededRandomness(Number(values.seed));
const makers = globSync('{packages,apps}/*/test/fuzz-targets.ts', { cwd: root }).toSorted();
const made = await Promise.all(
  makers.map(async (file) => {
    const { targets } = (await import(join(root, file))) as { readonly targets: Targets };
    return targets(randomness.fork(file), (ending) => void endings.push(ending));
  }),
);
const targets = [...(await codecTargets(randomness)), ...made.flat()].filter(({ name }) => name.includes(values.only));
// Its own numbers: what is found in one parser is found again with that parser alone.
const all: readonly Guided[] = targets.map((target) => new Runner(target, randomness.fork(target.name)));

let last = performance.now();
const inputs = await fuzzAll(all, Number(values.inputs), (done) => {
  if (performance.now() - last < 15_000) return;
  last = performance.now();
  const broken = all.reduce((sum, { result }) => sum + result.faults.length, 0);
  console.error(`${done} inputs, ${Math.round((last - began) / 1000)} s, ${broken} faults`);
});
for (const { target, result } of all.toSorted((a, b) => b.result.inputs - a.result.inputs)) {
  const { inputs: of, taken, pairs, corpus, ms, slowestMs } = result;
  const each = `${of} inputs, ${taken} taken, ${pairs} pairs, ${corpus} kept`;
  console.error(`${target.name}: ${each}, ${(ms / 1000).toFixed(1)} s, slowest ${slowestMs.toFixed(1)} ms`);
}
for (const { file, first, count } of told) {
  const reached = reachedOf(first, count);
  if (reached > 0) console.error(`${((100 * reached) / count).toFixed(0).padStart(3)} % of ${count} branches: ${file}`);
}
for (const ending of endings.reverse()) await ending();
const faults = all.flatMap(({ result }) => result.faults);
for (const fault of faults) console.log(fault);
console.log(
  JSON.stringify({
    long: 'fuzz',
    parsers: all.length,
    seed: Number(values.seed),
    inputs,
    pairs: all.reduce((sum, { result }) => sum + result.pairs, 0),
    branches: told.reduce((sum, { first, count }) => sum + reachedOf(first, count), 0),
    faults: faults.length,
    slowestMs: Math.max(...all.map(({ result }) => result.slowestMs)),
    cpuSeconds: Math.round(busyMs() / 1000),
    seconds: Math.round((performance.now() - began) / 1000),
  }),
);
process.exit(faults.length > 0 ? 1 : 0);
