// Over all codecs there are: what CDDL allows is taken, what is taken comes back the same, and no bytes do harm.
import { describe, expect, test } from 'vitest';
import { equalBytes } from '@kith/core/bytes';
import { decode, encode } from '@kith/core/codec';
import { sampler, type Size } from '@kith/testkit/cddl-sample';
import { codecsIn, rulesOf } from '@kith/testkit/codec-registry';
import { fuzzDecoder } from '@kith/testkit/fuzz';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const INPUTS = 10_000;
/** Larger seeds only copy bytes: near misses are made of smaller ones. */
const LARGEST_SEED = 16_384;
const codecs = codecsIn(import.meta.glob<Record<string, unknown>>('../../core/src/**/*.ts', { eager: true }));
const rules = rulesOf(codecs);
const randomness = seededRandomness(20);

/** Formats whose rules go beyond their CDDL (sorted, or of a length that depends on another field) refuse some samples. */
const samples = (cddl: string, size: Size, count: number, read: (raw: unknown) => unknown): unknown[] => {
  const make = sampler(cddl, rules, randomness, size);
  return Array.from({ length: count }, () => read(make())).filter((value) => value !== undefined);
};

test('the codecs were found', () => {
  expect(codecs.length).toBeGreaterThan(50);
  expect(rules.has('extensions')).toBe(true);
});

describe.each(codecs.map(({ where, codec }) => [where, codec] as const))('%s', (where, codec) => {
  const seeds = [
    ...samples(codec.cddl, 'least', 3, codec.in),
    ...samples(codec.cddl, 'full', 3, codec.in),
    ...samples(codec.cddl, 'any', 150, codec.in),
  ].map((value) => encode(codec, value));

  test('takes what its CDDL says, and writes it back byte for byte', () => {
    expect(seeds.length).toBeGreaterThan(20);
    for (const bytes of seeds) {
      const value = decode(codec, bytes);
      expect(value).toBeDefined();
      expect(equalBytes(encode(codec, value), bytes)).toBe(true);
    }
  });

  test(`S4.1 ${INPUTS} inputs: no exception, none slow, and what is taken is its one encoding`, () => {
    const small = seeds.filter(({ length }) => length <= LARGEST_SEED);
    const strictly = (data: Uint8Array): unknown => {
      const value: unknown = decode(codec, data);
      if (value !== undefined && !equalBytes(encode(codec, value), data)) throw new Error('it has another encoding');
      return value;
    };
    const report = fuzzDecoder(where, strictly, small, INPUTS, randomness);
    expect(report.faults).toEqual([]);
    expect(report.taken).toBeGreaterThanOrEqual(small.length);
    expect(small.length).toBeGreaterThan(0);
    expect(report.taken).toBeLessThan(INPUTS);
  });
});
