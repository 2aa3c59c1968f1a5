// The texts of others as the screens take them apart: no text does harm, none costs more than a moment.
import { fuzzDecoder } from '@kith/testkit/fuzz';
import { longRuns } from '@kith/testkit/parsers';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { expect, test } from 'vitest';
import { isInvitation } from '../src/screens/add.tsx';
import { splitLinks } from '../src/ui/linked-text.tsx';

const lossy = new TextDecoder();
const randomness = seededRandomness(23);

test.each([
  ['links in a text', (text: string) => splitLinks(text)],
  ['a pasted invitation', (text: string) => isInvitation(text) || undefined],
])('class 28 %s: 5,000 inputs and the longest texts there are', (name, parse) => {
  const seeds = ['see https://example.org/a_(b).', 'http://a.example and HTTPS://b.example/', 'kith:i#abc'].map(
    (text) => new TextEncoder().encode(text),
  );
  const take = (data: Uint8Array): unknown => parse(lossy.decode(data));
  expect(fuzzDecoder(name, take, seeds, 5000, randomness).faults).toEqual([]);
  const runs = longRuns(65_536);
  expect(fuzzDecoder(name, take, runs, runs.length, randomness).faults).toEqual([]);
});

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
