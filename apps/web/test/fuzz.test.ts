// The texts of others as the screens take them apart: no text does harm, none costs more than a moment.
import { fuzzDecoder } from '@kith/testkit/fuzz';
import { longRuns } from '@kith/testkit/parsers';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { expect, test } from 'vitest';
import { splitLinks } from '../src/ui/linked-text.tsx';
import { targets } from './fuzz-targets.ts';

const lossy = new TextDecoder();
const randomness = seededRandomness(23);

test.each((await targets(randomness, () => undefined)).map((target) => [target.name, target] as const))(
  'class 28 %s: 5,000 inputs and the longest texts there are',
  (name, { run, seeds }) => {
    expect(fuzzDecoder(name, run, seeds, 5000, randomness).faults).toEqual([]);
    const runs = longRuns(65_536);
    expect(fuzzDecoder(name, run, runs, runs.length, randomness).faults).toEqual([]);
  },
);

test('what is shown of a text with links is the text', () => {
  for (const run of longRuns(1000)) {
    const text = lossy.decode(run);
    expect(
      splitLinks(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
  }
});
