// Who disputes a removal is answered with the charter, until it is seen to know it: no exchange of cells without end.
import { toHex } from '@kith/core/bytes';
import { expect, test, vi } from 'vitest';
import { answered } from './disputes.ts';
import type { World } from './world.ts';

vi.setConfig({ testTimeout: 60_000 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Cells that come to the relays within so many hours. */
const cellsIn = ({ clock, relays }: World, hours: number): number => {
  const all = (): readonly string[] => relays.flatMap((relay) => relay.cells().map((cell) => toHex(cell)));
  const before = new Set(all());
  const seen = new Set<string>();
  for (let step = 0; step < hours * 6; step++) {
    clock.advance(10 * MINUTE);
    for (const cell of all()) seen.add(cell);
  }
  return [...seen].filter((cell) => !before.has(cell)).length;
};

test('S4.23 a contact whose devices dispute each other is told how it stands, and then nothing more comes of it', () => {
  const { here, talk, disputed, contested, a1, b } = answered(61, 3);
  talk(1);
  here.clock.advance(24 * HOUR);
  expect([contested(a1), disputed(b)]).toEqual([2, 2]);
  expect(cellsIn(here, 24)).toBeLessThan(24);
});
