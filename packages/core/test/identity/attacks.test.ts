// Attacks on charters. The bugs that would let each through are planted by the table of packages/testkit/src/plants.
import { expect, test } from 'vitest';
import { ATTACKS } from './attacks.ts';

test.each(Object.entries(ATTACKS))('%s: gets away with nothing', (_, attack) => {
  expect(attack()).toEqual([]);
});
