// Attacks on charters, and for each the bugs that would let it through: planted one by one, each is noticed.
import { describe, expect, test } from 'vitest';
import * as identity from '../../src/identity/index.ts';
import { ATTACKS } from './attacks.ts';
import { withPlant } from './plant.ts';

describe.each(Object.entries(ATTACKS))('%s', (_, { run, plants }) => {
  test('gets away with nothing', () => {
    expect(run(identity)).toEqual([]);
  });
  test.each(plants.map((plant) => [`${plant.file}: ${plant.passage}`, plant] as const))(
    'is noticed without "%s"',
    async (__, plant) => {
      expect((await withPlant(plant).then(run)).length).toBeGreaterThan(0);
    },
  );
});
