// What every store of a relay's cells has to keep. Run by the one in memory and by the files on disk.
import { toHex } from '@kith/core/bytes';
import { CELL_BYTES, type CellBucket, type CellLog, type Kept } from '@kith/core/ports';
import { afterEach, describe, expect, test } from 'vitest';

export interface CellLogHarness {
  open(): CellLog;
  /** What a process finds that starts after this one has ended; undefined where nothing outlives it. */
  reopen?(log: CellLog): Promise<CellLog>;
  close(log: CellLog): Promise<void>;
}

const bucket = (over: Partial<CellBucket> = {}): CellBucket => ({
  kind: 1,
  period: 490_000,
  bits: 0,
  prefix: 0,
  ...over,
});
const cellOf = (number: number): Uint8Array => {
  const cell = new Uint8Array(CELL_BYTES).fill(number & 255);
  new DataView(cell.buffer).setUint32(0, number);
  return cell;
};
const append = (log: CellLog, to: CellBucket, cell: Uint8Array): Promise<Kept> =>
  new Promise((resolve) => log.append(to, cell, resolve));
const hex = (cells: readonly Uint8Array[]): readonly string[] => cells.map(toHex);

export const cellLogContract = (name: string, harness: CellLogHarness): void => {
  describe(`cell log contract: ${name}`, () => {
    const logs: CellLog[] = [];
    const open = (): CellLog => {
      const log = harness.open();
      logs.push(log);
      return log;
    };
    afterEach(async () => {
      for (const log of logs.splice(0)) await harness.close(log);
    });

    test('cells come back byte for byte, in the order of arrival, from any number on', async () => {
      const log = open();
      const cells = Array.from({ length: 200 }, (_, i) => cellOf(i));
      expect(await Promise.all(cells.map((cell) => append(log, bucket(), cell)))).toEqual(cells.map(() => 'kept'));
      for (const [from, count] of [
        [0, 64],
        [64, 64],
        [192, 64],
        [200, 64],
        [1000, 1],
        [3, 0],
      ] as const) {
        const { cells: got, total } = log.tail(bucket(), from, count);
        expect(total).toBe(200);
        expect(hex(got)).toEqual(hex(cells.slice(from, from + count)));
      }
    });

    test('callbacks come once each, in order, and a cell can be read when they do', async () => {
      const log = open();
      const order: number[] = [];
      const readable: number[] = [];
      await new Promise<void>((resolve) => {
        for (let i = 0; i < 50; i++) {
          log.append(bucket(), cellOf(i), () => {
            order.push(i);
            readable.push(log.tail(bucket(), 0, 64).total);
            if (order.length === 50) resolve();
          });
        }
      });
      expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
      for (const [i, total] of readable.entries()) expect(total).toBeGreaterThan(i);
    });

    test('buckets do not mix: other kind, period, bits or prefix', async () => {
      const log = open();
      const buckets = [
        bucket(),
        bucket({ kind: 2 }),
        bucket({ period: 490_001 }),
        bucket({ bits: 2 }),
        bucket({ bits: 2, prefix: 3 }),
      ];
      for (const [i, to] of buckets.entries()) await append(log, to, cellOf(i));
      for (const [i, from] of buckets.entries()) expect(hex(log.tail(from, 0, 64).cells)).toEqual(hex([cellOf(i)]));
      expect(log.tail(bucket({ period: 1 }), 0, 64)).toEqual({ cells: [], total: 0 });
    });

    test('a dropped period is gone, with all its prefixes; others stay; it can begin again', async () => {
      const log = open();
      for (const prefix of [0, 1, 2]) await append(log, bucket({ bits: 2, prefix }), cellOf(prefix));
      await append(log, bucket({ period: 490_001 }), cellOf(9));
      const before = log.size();
      log.drop(1, 490_000);
      log.drop(1, 7);
      for (const prefix of [0, 1, 2]) expect(log.tail(bucket({ bits: 2, prefix }), 0, 64).total).toBe(0);
      expect(log.tail(bucket({ period: 490_001 }), 0, 64).total).toBe(1);
      expect(log.size() * 4).toBe(before);
      expect(await append(log, bucket(), cellOf(10))).toBe('kept');
      expect(hex(log.tail(bucket(), 0, 64).cells)).toEqual(hex([cellOf(10)]));
    });

    test('visit names every cell held, by bucket and tag', async () => {
      const log = open();
      await append(log, bucket(), cellOf(1));
      await append(log, bucket({ kind: 2, period: 20_000 }), cellOf(2));
      await append(log, bucket(), cellOf(3));
      const seen: string[] = [];
      log.visit((from, tag) => seen.push(`${from.kind} ${from.period} ${toHex(tag)}`));
      expect(seen.sort()).toEqual(
        [
          `1 490000 ${toHex(cellOf(1).subarray(0, 16))}`,
          `1 490000 ${toHex(cellOf(3).subarray(0, 16))}`,
          `2 20000 ${toHex(cellOf(2).subarray(0, 16))}`,
        ].sort(),
      );
    });

    if (harness.reopen === undefined) return;
    const reopen = async (log: CellLog): Promise<CellLog> => {
      const next = await (harness.reopen as NonNullable<typeof harness.reopen>)(log);
      logs.splice(logs.indexOf(log), 1, next);
      return next;
    };

    test('what was kept is there after a restart, and the next cell follows it', async () => {
      const log = open();
      for (let i = 0; i < 100; i++) await append(log, bucket({ bits: 2, prefix: i % 3 }), cellOf(i));
      const next = await reopen(log);
      expect(next.size()).toBe(log.size());
      expect(await append(next, bucket({ bits: 2, prefix: 0 }), cellOf(100))).toBe('kept');
      const expected = Array.from({ length: 101 }, (_, i) => i).filter((i) => i === 100 || i % 3 === 0);
      expect(hex(next.tail(bucket({ bits: 2, prefix: 0 }), 0, 64).cells)).toEqual(hex(expected.map(cellOf)));
    });

    test('what was dropped is not there after a restart', async () => {
      const log = open();
      await append(log, bucket(), cellOf(1));
      log.drop(1, 490_000);
      const next = await reopen(log);
      expect(next.tail(bucket(), 0, 64).total).toBe(0);
      expect(next.size()).toBe(0);
    });
  });
};
