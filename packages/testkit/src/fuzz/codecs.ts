// Every codec that a module of the core exports, with values that its CDDL allows.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '@kith/core/bytes';
import { decode, encode } from '@kith/core/codec';
import { sampler } from '../cddl-sample.ts';
import { codecsIn, rulesOf } from '../codec-registry.ts';
import { root } from '../plants/plant.ts';
import type { SeededRandomness } from '../seeded-randomness.ts';
import type { Target } from './guided.ts';

const SEEDS = 100;
const LARGEST_SEED = 16_384;

export const codecTargets = async (randomness: SeededRandomness): Promise<readonly Target[]> => {
  const core = join(root, 'packages/core/src');
  const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const modules = await Promise.all(
    files.map(async (name) => [name, (await import(join(core, name))) as Readonly<Record<string, unknown>>] as const),
  );
  const codecs = codecsIn(Object.fromEntries(modules));
  const rules = rulesOf(codecs);
  return codecs.map(({ where, codec }): Target => {
    const make = sampler(codec.cddl, rules, randomness.fork(where), 'any');
    const seeds = Array.from({ length: SEEDS }, () => codec.in(make()))
      .filter((value) => value !== undefined)
      .map((value) => encode(codec, value))
      .filter(({ length }) => length <= LARGEST_SEED);
    return {
      name: where,
      seeds,
      // All of one build: what one of them is not led to another is.
      worth: 0.2,
      run: (data) => {
        const value = decode(codec, data);
        if (value !== undefined && !equalBytes(encode(codec, value), data)) throw new Error('it has another encoding');
        return value;
      },
    };
  });
};
