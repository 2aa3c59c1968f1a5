// Restored copies of a home: a thousand of them in `npm run long -- copies`.
import { restoreAgainAndAgain } from '@kith/testkit/restored-copies';
import { expect, test } from 'vitest';

test('class 11: a snapshot restored 100 times never uses a key and nonce twice, and its copies are told apart', () => {
  const { sealed, repeated, lines, failures } = restoreAgainAndAgain(100);
  expect(sealed).toBeGreaterThan(200);
  expect(repeated).toBe(0);
  expect(failures).toEqual([]);
  expect(lines.some(({ text, mark }) => text === 'before the snapshot' && mark === null)).toBe(true);
  // The first start after the snapshot is the home itself, which goes on.
  const copies = lines.filter(({ text }) => text?.startsWith('copy ') === true && text !== 'copy 0');
  // Most of them end before the other side has answered their hello.
  expect(copies.length).toBeGreaterThan(10);
  // Each of them went on from the same place with a segment of its own. One is the line, all others are by copies.
  expect(copies.filter(({ mark }) => mark === 'copy').length).toBeGreaterThanOrEqual(copies.length - 1);
  expect(lines.filter(({ mark }) => mark === 'copy').every(({ text }) => text?.startsWith('copy ') === true)).toBe(
    true,
  );
});

test('class 11, planted: with the random bytes of the machine put back as well, keys and nonces are used twice', () => {
  expect(restoreAgainAndAgain(5, true).repeated).toBeGreaterThan(0);
});
