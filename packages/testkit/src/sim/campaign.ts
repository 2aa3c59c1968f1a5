// Runs many seeds, over worker threads or right here, and adds up what they reached.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { WORLDS_OF_SAME_DAYS } from './light.ts';
import { PLANTS } from './plants.ts';
import { runSeed, type WorldResult } from './run.ts';
import { Tally } from './tally.ts';

export interface Campaign {
  readonly worlds: number;
  readonly tally: Tally;
  readonly failed: readonly WorldResult[];
}
export interface CampaignOptions {
  readonly first: number;
  readonly count: number;
  readonly plant?: string;
  /** Small worlds (light.ts). */
  readonly light?: boolean;
  /** Stops after this many failed worlds. */
  readonly maxFailed?: number;
}
/** Seeds handed to a worker at a time; light ones by their days, so that these are lived through once. */
const BATCH = 10;
const batchFrom = (first: number, light: boolean): number =>
  light ? WORLDS_OF_SAME_DAYS - (first % WORLDS_OF_SAME_DAYS) : BATCH;

/** One batch, in the thread that calls; ends early when enough have failed. */
export const runBatch = ({
  first,
  count,
  plant,
  light = false,
  maxFailed = Infinity,
}: CampaignOptions): readonly WorldResult[] => {
  const results: WorldResult[] = [];
  let failed = 0;
  for (let seed = first; seed < first + count && failed < maxFailed; seed++) {
    const planted = plant === undefined ? undefined : PLANTS[plant];
    const result = runSeed(seed, planted === undefined ? { light } : { light, wraps: planted.wraps(seed) });
    if (result.findings.length > 0) failed++;
    results.push(result);
  }
  return results;
};

export const runHere = (options: CampaignOptions): Campaign => {
  const { first, count, maxFailed = Infinity } = options;
  const gather = gatherer();
  for (let seed = first; seed < first + count && gather.failed.length < maxFailed; seed++)
    gather.take(runBatch({ ...options, first: seed, count: 1 }));
  return gather.campaign();
};

const gatherer = (): {
  readonly failed: WorldResult[];
  take(results: readonly WorldResult[]): void;
  campaign(): Campaign;
} => {
  const tally = new Tally();
  const failed: WorldResult[] = [];
  let worlds = 0;
  return {
    failed,
    take: (results) => {
      for (const result of results) {
        worlds++;
        tally.add(result.counts);
        if (result.findings.length > 0) failed.push(result);
      }
    },
    campaign: () => ({
      worlds,
      tally,
      failed: failed.toSorted((a, b) => a.seed - b.seed),
    }),
  };
};

export const runSpread = (options: CampaignOptions): Promise<Campaign> =>
  new Promise((resolve, reject) => {
    const { first, count, maxFailed = Infinity } = options;
    const gather = gatherer();
    const workers = Array.from(
      { length: Math.min(availableParallelism(), Math.ceil(count / batchFrom(0, options.light === true))) },
      () => new Worker(new URL('worker.ts', import.meta.url)),
    );
    let next = first;
    let busy = workers.length;
    const give = (worker: Worker): void => {
      const left = first + count - next;
      if (left <= 0 || gather.failed.length >= maxFailed) {
        void worker.terminate();
        busy--;
        if (busy === 0) resolve(gather.campaign());
        return;
      }
      const batch = Math.min(batchFrom(next, options.light === true), left);
      worker.postMessage({ ...options, first: next, count: batch });
      next += batch;
    };
    for (const worker of workers) {
      worker.on('message', (results: readonly WorldResult[]) => {
        gather.take(results);
        give(worker);
      });
      worker.on('error', reject);
      give(worker);
    }
  });
