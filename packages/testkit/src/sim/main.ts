// npm run sim -- --seeds N [--seed S] [--plant NAME] [--story SEED] [--plants] [--rich]   (docs/testing.md)
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runAgainWith } from '../plants/again.ts';
import { SOURCE_PLANTS } from '../plants/table.ts';
import { runSpread, type Campaign } from './campaign.ts';
import { planLight } from './light.ts';
import { allSteps, planWorld } from './plan.ts';
import { PLANTS } from './plants.ts';
import { FAULTS, unreached } from './reach.ts';
import { runSeed, type RunOptions } from './run.ts';
import { shrink, storyOf } from './shrink.ts';

/** Shown of one run; all of them with `--seed` one by one. */
const MAX_SHOWN = 20;
const PLANT_SEEDS = 2_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
};

const story = (seed: number, light: boolean): number => {
  const { findings, trace } = runSeed(seed, { tell: print, light });
  print(findings.length === 0 ? 'All is well.' : `${findings.length} findings.`);
  print(`trace ${trace}`);
  return findings.length === 0 ? 0 : 1;
};

/** A world that fails, told as short as it gets. */
const short = (seed: number, light: boolean, plant: string | undefined): void => {
  const plan = light ? planLight(seed) : planWorld(seed);
  const options = (): RunOptions => {
    const planted = plant === undefined ? undefined : PLANTS[plant];
    return planted === undefined ? {} : { wraps: planted.wraps(seed) };
  };
  const shrunk = shrink(plan, options);
  if (shrunk === undefined) return;
  for (const line of storyOf(shrunk, options, allSteps(plan).length)) print(line);
};

const report = ({ worlds, tally, failed }: Campaign): void => {
  const totals = tally.totals();
  const mean = (...names: readonly string[]): string =>
    (names.reduce((sum, name) => sum + (totals.get(name)?.total ?? 0), 0) / Math.max(1, worlds)).toFixed(1);
  // Since the process began; the processor time is that of all its threads.
  const seconds = performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  print(
    `${worlds} worlds in ${seconds.toFixed(1)} s with the start: ${(worlds / seconds).toFixed(1)} worlds/s, ${((user + system) / 1000 / Math.max(1, worlds)).toFixed(1)} ms of processor time each`,
  );
  print(
    `a world: ${mean('delivered')} delivered messages, ${mean(...FAULTS)} faults, ${mean('stop', 'crash')} restarts, ${mean('relay wipe')} relay wipes`,
  );
  print('reached in so many of the worlds, and how often in all:');
  for (const [name, { total, worlds: within }] of [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    print(`  ${`${((100 * within) / worlds).toFixed(1)} %`.padStart(8)} ${String(total).padStart(9)}  ${name}`);
  }
  for (const { seed, findings } of failed.slice(0, MAX_SHOWN)) {
    print(`seed ${seed}:`);
    for (const { oracle, words } of findings.slice(0, 3)) print(`  ${oracle}: ${words.slice(0, 300)}`);
  }
  print(failed.length === 0 ? 'Nothing found.' : `${failed.length} worlds failed; see one in short with --seed SEED.`);
};
/**
 * What runs a few times in a world is not worth its compiling by the last of the compilers: in a run of minutes that takes longer
 * than it saves (measured). For all threads.
 */
const COMPILE_LATE = '--invocation-count-for-turbofan=20000';
const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      plant: { type: 'string' },
      story: { type: 'string' },
      plants: { type: 'boolean' },
      rich: { type: 'boolean' },
    },
  });
  if (values.plants === true) {
    for (const [name, { words }] of Object.entries(PLANTS)) print(`${name.padEnd(24)} ${words}`);
    for (const [name, { words, sim }] of Object.entries(SOURCE_PLANTS))
      if (sim === true) print(`${name.padEnd(24)} ${words}`);
    return 0;
  }
  const { plant } = values;
  const inSource = plant !== undefined && SOURCE_PLANTS[plant]?.sim === true;
  // Around the ports bugs are looked for where more happens in a world; those of the source in very many small ones.
  const light = values.rich !== true && (plant === undefined || inSource);
  if (values.story !== undefined) return story(whole('story', values.story), light);
  if (inSource && process.env['KITH_PLANT'] !== plant) return runAgainWith(plant);
  if (plant !== undefined && !inSource && !Object.hasOwn(PLANTS, plant))
    throw new Error(`there is no planted bug "${plant}"; see --plants`);
  const first = whole('seed', values.seed ?? '1');
  const count = whole(
    'seeds',
    values.seeds ?? (values.seed !== undefined ? '1' : plant === undefined ? '200' : String(PLANT_SEEDS)),
  );
  setFlagsFromString(COMPILE_LATE);
  const campaign = await runSpread(
    plant === undefined ? { first, count, light } : { first, count, light, plant, maxFailed: 1 },
  );
  report(campaign);
  const [failed] = campaign.failed;
  if (failed !== undefined && (count === 1 || plant !== undefined)) short(failed.seed, light, plant);
  // Whether enough was reached is a question to a whole run, not to one that ends at the first failure.
  const missing = plant === undefined && count > 1 ? unreached(campaign.tally, campaign.worlds) : [];
  for (const name of missing) print(`Reached in too few worlds to show anything: ${name}`);
  return campaign.failed.length === 0 && missing.length === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 2;
}
