// What no codec describes: texts that people paste, and files. No bytes do harm, none cost more than a moment.
import { utf8 } from '@kith/core/bytes';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { bend, fuzzDecoder } from '@kith/testkit/fuzz';
import { longRuns, readExport, textParsers } from '@kith/testkit/parsers';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { describe, expect, test } from 'vitest';

const INPUTS = 10_000;
const randomness = seededRandomness(28);
const crypto = await createLibsodium();

describe.each(textParsers(crypto, randomness).map((parser) => [parser.name, parser] as const))('%s', (name, parser) => {
  test(`class 28 ${INPUTS} inputs and the longest texts there are: no exception, none slow`, () => {
    const report = fuzzDecoder(name, parser.parse, parser.seeds, INPUTS, randomness);
    expect(report.faults).toEqual([]);
    expect(report.taken).toBeGreaterThanOrEqual(parser.seeds.length);
    const runs = longRuns(65_536);
    expect(fuzzDecoder(name, parser.parse, runs, runs.length, randomness).faults).toEqual([]);
  });
});

test('class 28 an export file bent anywhere is refused by the number of a line, or taken', async () => {
  const line = {
    conversation: 'c1',
    event: 'e1',
    kind: 'text',
    mine: true,
    author: 'a',
    authorName: 'Alice',
    sentAt: '2026-11-21T10:00:00.000Z',
    text: 'Here I am',
  };
  const header = { kith: 'export', version: 1, conversations: [{ conversation: 'c1', name: 'Bob' }] };
  const seed = utf8([header, line, { ...line, event: 'e2', text: 'ü😀' }].map((one) => JSON.stringify(one)).join('\n'));
  expect(await readExport(seed, randomness)).toBe(2);
  let refused = 0;
  for (let i = 0; i < 3000; i++) if ((await readExport(bend(seed, randomness), randomness)) === undefined) refused++;
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(3000);
  for (const run of longRuns(65_536)) expect(await readExport(run, randomness)).toBeUndefined();
});
