import type { Randomness } from '@kith/core/ports';
import { describe, expect, test } from 'vitest';

export const randomnessContract = (name: string, open: () => Randomness): void => {
  describe(`randomness contract: ${name}`, () => {
    test('as many bytes as asked for, from none to more than a browser gives at once', () => {
      const randomness = open();
      for (const length of [0, 1, 3, 24, 65_536, 65_537, 200_000])
        expect(randomness.bytes(length)).toHaveLength(length);
    });

    test('no stretch is left zero, and no two draws are the same', () => {
      const randomness = open();
      const bytes = randomness.bytes(200_000);
      for (let at = 0; at < bytes.length; at += 1_000)
        expect(
          bytes.subarray(at, at + 1_000).some((byte) => byte !== 0),
          `at ${at}`,
        ).toBe(true);
      const draws = new Set(Array.from({ length: 1_000 }, () => randomness.bytes(16).join()));
      expect(draws.size).toBe(1_000);
    });

    test('the bytes belong to the caller', () => {
      const randomness = open();
      const first = randomness.bytes(32);
      const copy = first.slice();
      randomness.bytes(32).fill(0);
      expect(first).toEqual(copy);
    });
  });
};
