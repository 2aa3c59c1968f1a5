// The texts of others as the screens take them apart: no text does harm, none costs more than a moment.
import { fuzzDecoder } from '@kith/testkit/fuzz';
import { longRuns } from '@kith/testkit/parsers';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { expect, test } from 'vitest';
import { splitLinks, type Piece } from '../src/ui/linked-text.tsx';
import { beginningOf, blocksOf, piecesIn } from '../src/ui/long-text.tsx';
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
  const shown = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join('');
  for (const run of [...longRuns(1000), ...longRuns(30_000)]) {
    const text = lossy.decode(run);
    const pieces = splitLinks(text);
    expect(shown(pieces)).toBe(text);
    const blocks = blocksOf(text);
    for (const [index, block] of blocks.entries()) {
      expect(shown(piecesIn(pieces, block))).toBe(text.slice(block.from, block.to));
      expect(block.to - block.from).toBeLessThanOrEqual(4_000);
      // Nothing is left out between two blocks but the one space or line break that parts them.
      const next = blocks[index + 1]?.from ?? text.length;
      expect(text.slice(block.to, next)).toMatch(/^[\n ]?$/);
    }
    expect(text.startsWith(beginningOf(text))).toBe(true);
  }
});

test('a link that does not stand whole in what is shown is none', () => {
  const text = `${'a'.repeat(3_990)} https://evil.example/of.bank`;
  const pieces = splitLinks(text);
  const shown = (from: number, to: number): readonly (string | null)[] =>
    piecesIn(pieces, { from, to }).map(({ href }) => href);
  expect(shown(0, text.length)).toEqual([null, 'https://evil.example/of.bank']);
  expect(shown(0, text.length - 8)).toEqual([null, null]);
  expect(shown(4_000, text.length)).toEqual([null]);
});

test.each([
  ['https://bank.example/a', null],
  ['HTTP://Bank.Example:8080?x', null],
  ['https://[::1]/', null],
  ['https://bank.example\u2215login.evil.example/x', 'bank.xn--examplelogin-ni5g.evil.example'],
  ['https://\u0430\u0440\u0440\u04cf\u0435.example/', 'xn--80ak6aa92e.example'],
  ['https://bank.example%2eevil.example/', 'bank.example.evil.example'],
  ['https://bank.exam\u00adple.evil.example', 'bank.example.evil.example'],
  ['https://2130706433/', '127.0.0.1'],
  ['https:////evil.example/', 'evil.example'],
])('class 24: an address that does not name the host it leads to says so: %s', (text, host) => {
  expect(splitLinks(text).map((piece) => piece.host)).toEqual([host]);
});
