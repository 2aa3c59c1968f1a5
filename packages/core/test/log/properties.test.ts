import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { dump, give } from './people.ts';
import { makeWorld, observe, shuffled } from './world.ts';

const crypto = createNullCrypto();

describe('stored, valid and order are functions of the objects held', () => {
  test(
    'any order, pieces and repetition of the same objects give byte-equal replicas',
    () => {
      let forks = 0;
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
          const world = makeWorld(crypto, seed, 60, 2);
          const random = seededRandomness(seed);
          const straight = observe(crypto, world, world.objects, random);
          const mixed = observe(crypto, world, shuffled(random, world.objects, 20), random);
          if (straight.log.page({ limit: 1e6 }).some(({ marks }) => marks.includes('copy'))) forks += 1;
          expect(dump(mixed, ['event', 'header', 'content', 'order'])).toBe(
            dump(straight, ['event', 'header', 'content', 'order']),
          );
          const frontier = (who: typeof mixed) => who.store.transaction(() => who.log.frontier());
          expect(frontier(mixed)).toEqual(frontier(straight));
          expect(mixed.log.page({ limit: 1e6 })).toEqual(
            straight.log
              .page({ limit: 1e6 })
              .map((one, i) => ({ ...one, receivedAt: mixed.log.page({ limit: 1e6 })[i]?.receivedAt ?? -1 })),
          );
        }),
        process.env.RUNS === undefined ? { numRuns: 40, seed: 1 } : { numRuns: Number(process.env.RUNS) },
      );
      // The worlds are worth something only when copies wrote.
      expect(forks).toBeGreaterThan(5);
    },
    Number(process.env.RUNS ?? 0) * 200 + 60_000,
  );

  test(
    'whatever replicas hold, exchanging frontiers makes them equal',
    () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
          const { people } = makeWorld(crypto, seed, 60, 2);
          for (let round = 0; round < 8; round++) {
            for (const from of people) for (const to of people) if (from !== to) give(from, to, round < 4 ? 1500 : 1e9);
          }
          const digests = people.map((who) =>
            who.store.transaction(() => Buffer.from(who.log.frontier().digest).toString('hex')),
          );
          expect(new Set(digests).size).toBe(1);
          expect(new Set(people.map((who) => dump(who, ['order']))).size).toBe(1);
        }),
        process.env.RUNS === undefined ? { numRuns: 40, seed: 1 } : { numRuns: Number(process.env.RUNS) },
      );
    },
    Number(process.env.RUNS ?? 0) * 200 + 60_000,
  );
});
