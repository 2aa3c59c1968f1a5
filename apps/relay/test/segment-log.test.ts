import {
  appendFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
  closeSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@kith/core/bytes';
import { CELL_BYTES, type CellBucket, type CellLog, type Kept } from '@kith/core/ports';
import { cellLogContract } from '@kith/testkit/cell-log-contract';
import { describe, expect, test } from 'vitest';
import { openSegmentLog, type Durability, type SegmentLog } from '../src/segment-log.ts';
import { atEnd, freshCell, freshFolder } from './helpers.ts';

const folders = new Map<CellLog, string>();
for (const durability of ['process', 'power'] satisfies readonly Durability[]) {
  const open = (folder: string): SegmentLog => {
    const log = openSegmentLog(folder, durability);
    folders.set(log, folder);
    return log;
  };
  cellLogContract(`segments, ${durability}`, {
    open: () => open(freshFolder()),
    reopen: async (log) => {
      await (log as SegmentLog).close();
      return open(folders.get(log) as string);
    },
    close: (log) => (log as SegmentLog).close(),
  });
}

const bucket: CellBucket = { kind: 1, period: 490_000, bits: 0, prefix: 0 };
const fileOf = (folder: string): string => join(folder, 'hour', '490000', '0-0.cells');
const RECORD = 4 + CELL_BYTES;
const append = (log: CellLog, cell: Uint8Array): Promise<Kept> =>
  new Promise((resolve) => log.append(bucket, cell, resolve));
const filled = async (count: number): Promise<{ folder: string; cells: readonly Uint8Array[] }> => {
  const folder = freshFolder();
  const log = openSegmentLog(folder, 'process');
  const cells = Array.from({ length: count }, () => freshCell());
  await Promise.all(cells.map((cell) => append(log, cell)));
  await log.close();
  return { folder, cells };
};
const reopened = (folder: string): SegmentLog => {
  const log = openSegmentLog(folder, 'process');
  atEnd(() => log.close());
  return log;
};
const held = (log: CellLog): readonly string[] => log.tail(bucket, 0, 64).cells.map(toHex);

describe('a torn tail', () => {
  test('a file cut at any place keeps every whole cell before the cut, and takes new ones after them', async () => {
    const { folder, cells } = await filled(3);
    const whole = statSync(fileOf(folder)).size;
    for (const cut of [
      1,
      3,
      4,
      5,
      100,
      RECORD - 1,
      RECORD,
      RECORD + 1,
      2 * RECORD,
      2 * RECORD + 7,
      3 * RECORD,
      3 * RECORD + 4,
      whole,
    ]) {
      const { folder: copy, cells: own } = await filled(3);
      truncateSync(fileOf(copy), whole - cut);
      const log = reopened(copy);
      const kept = Math.max(0, Math.floor((whole - cut - 8) / RECORD));
      expect(held(log)).toEqual(own.slice(0, kept).map(toHex));
      const next = freshCell();
      expect(await append(log, next)).toBe('kept');
      expect(held(log)).toEqual([...own.slice(0, kept), next].map(toHex));
    }
    expect(held(reopened(folder))).toEqual(cells.map(toHex));
  });

  test('rubbish or zeros after the last cell, as a power loss leaves them, are cut off', async () => {
    for (const rubbish of [new Uint8Array(2 * RECORD), new Uint8Array(RECORD + 99).fill(255)]) {
      const { folder, cells } = await filled(2);
      appendFileSync(fileOf(folder), rubbish);
      expect(held(reopened(folder))).toEqual(cells.map(toHex));
    }
  });

  test('a last cell with a changed byte is not served', async () => {
    const { folder, cells } = await filled(2);
    const file = openSync(fileOf(folder), 'r+');
    writeSync(file, Uint8Array.of(255), 0, 1, statSync(fileOf(folder)).size - 10);
    closeSync(file);
    expect(held(reopened(folder))).toEqual([toHex(cells[0] as Uint8Array)]);
  });

  test('a file of another version is not touched', async () => {
    const { folder } = await filled(1);
    const file = openSync(fileOf(folder), 'r+');
    writeSync(file, new TextEncoder().encode('KITHCEL9'), 0, 8, 0);
    closeSync(file);
    const before = readFileSync(fileOf(folder));
    expect(() => openSegmentLog(folder, 'process')).toThrow('another version');
    expect(readFileSync(fileOf(folder)).equals(before)).toBe(true);
  });
});

test('S1.16 a dropped period leaves no file, also while a write is under way', async () => {
  const folder = freshFolder();
  const log = openSegmentLog(folder, 'process');
  atEnd(() => log.close());
  await append(log, freshCell());
  const underWay = append(log, freshCell());
  await new Promise((resolve) => setImmediate(resolve));
  log.drop(1, 490_000);
  await underWay;
  expect(existsSync(join(folder, 'hour', '490000'))).toBe(false);
  expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  expect(log.size()).toBe(0);
});

test('cells that come in one turn are written together', async () => {
  const folder = freshFolder();
  const log = openSegmentLog(folder, 'process');
  atEnd(() => log.close());
  await append(log, freshCell());
  const totals: number[] = [];
  await Promise.all(
    Array.from({ length: 64 }, () => append(log, freshCell()).then(() => totals.push(log.tail(bucket, 0, 0).total))),
  );
  // The first callback finds all of them kept: one write.
  expect(totals[0]).toBe(65);
});

test('a disk that fails is told, nothing half-written is served, and it goes on when the disk is back', async () => {
  const folder = freshFolder();
  const log = openSegmentLog(folder, 'process');
  atEnd(() => log.close());
  // A folder where the file has to be cannot be opened for writing.
  rmSync(folder, { recursive: true });
  const blocker = openSync(folder, 'w');
  closeSync(blocker);
  expect(await append(log, freshCell())).toBe('failed');
  rmSync(folder);
  const cell = freshCell();
  expect(await append(log, cell)).toBe('kept');
  expect(held(log)).toEqual([toHex(cell)]);
});
