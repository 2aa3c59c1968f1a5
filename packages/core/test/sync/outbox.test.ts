import { DAY_MS } from '@kith/core/ports';
import {
  DAY_CELLS,
  dayCellsLeft,
  dayOf,
  decodeOutboxRow,
  decodePeerState,
  duePosting,
  encodeOutboxRow,
  encodePeerState,
  newPeerState,
  newRow,
  nextDue,
  OFFER_MS,
  spendDayCells,
  spendTell,
  TELL_AFTER_MS,
  TELL_BURST,
  TELL_EVERY_MS,
  tellAt,
} from '@kith/core/sync';
import { expect, test } from 'vitest';

const NOON = Date.UTC(2026, 0, 10, 12);
const MINUTE = 60_000;

test('an event goes to the hour bucket of each relay, then to a day bucket, then to one on each day for 30 days', () => {
  let row = newRow(NOON);
  expect(duePosting(row, NOON, 2, false)).toEqual({ bucket: 'hour', relays: 3 });
  row = { ...row, hour: 1 };
  expect(duePosting(row, NOON + MINUTE, 2, false)).toEqual({ bucket: 'hour', relays: 2 });
  row = { ...row, hour: 3 };
  expect(duePosting(row, NOON + 9 * MINUTE, 2, false)).toBeUndefined();
  expect(nextDue(row, NOON + 9 * MINUTE)).toBe(NOON + 10 * MINUTE);
  expect(duePosting(row, NOON + 10 * MINUTE, 2, false)).toEqual({ bucket: 'day' });
  row = { ...row, day: dayOf(NOON) };
  expect(duePosting(row, NOON + 11 * MINUTE, 2, false)).toBeUndefined();
  expect(nextDue(row, NOON + 11 * MINUTE)).toBe((dayOf(NOON) + 1) * DAY_MS);
  expect(duePosting(row, NOON + DAY_MS, 2, false)).toEqual({ bucket: 'day' });
  expect(duePosting(row, NOON + OFFER_MS - 1, 2, false)).toEqual({ bucket: 'day' });
  expect(duePosting(row, NOON + OFFER_MS, 2, false)).toBeUndefined();
});

test('a client that ends does not wait for ten minutes', () => {
  const row = { ...newRow(NOON), hour: 3 };
  expect(duePosting(row, NOON + 1, 2, false)).toBeUndefined();
  expect(duePosting(row, NOON + 1, 2, true)).toEqual({ bucket: 'day' });
});

test('a relay that was down for long gets the event in its hour bucket first: it was posted nowhere yet', () => {
  expect(duePosting(newRow(NOON), NOON + 3 * DAY_MS, 1, false)).toEqual({ bucket: 'hour', relays: 1 });
});

test('64 cells a day for one person, and a new day brings new ones', () => {
  let peer = newPeerState;
  expect(dayCellsLeft(peer, NOON)).toBe(DAY_CELLS);
  peer = spendDayCells(peer, NOON, 60);
  expect(dayCellsLeft(peer, NOON)).toBe(4);
  peer = spendDayCells(peer, NOON, 32);
  expect(dayCellsLeft(peer, NOON)).toBe(0);
  expect(dayCellsLeft(peer, NOON + DAY_MS)).toBe(DAY_CELLS);
});

test('frontiers alone: six at once, then one in 30 seconds', () => {
  let peer = newPeerState;
  for (let i = 0; i < TELL_BURST; i++) {
    expect(tellAt(peer, NOON)).toBe(NOON + TELL_AFTER_MS);
    peer = spendTell(peer, NOON);
  }
  peer = spendTell(peer, NOON);
  expect(tellAt(peer, NOON)).toBe(NOON + TELL_EVERY_MS);
});

test('rows and peer states come back as they were; anything else is refused', () => {
  const row = { at: NOON, hour: 3, day: 20_000, body: Uint8Array.of(1, 2), once: true };
  expect(decodeOutboxRow(encodeOutboxRow(row))).toEqual(row);
  expect(decodePeerState(encodePeerState(newPeerState))).toEqual(newPeerState);
  expect(decodeOutboxRow(encodePeerState(newPeerState))).toBeUndefined();
  expect(decodePeerState(encodeOutboxRow(row))).toBeUndefined();
});
