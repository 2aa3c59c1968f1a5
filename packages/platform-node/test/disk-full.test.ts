import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '@kith/core/ports';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHome } from '../src/home.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot)
  console.warn('skipped: mounting a disk of 1 MB needs root (packages/platform-node/test/disk-full.test.ts)');

describe.skipIf(!isRoot)('a disk of 1 MB', () => {
  let disk = '';
  beforeEach(() => {
    disk = execFileSync('mktemp', ['-d', '-t', 'kith-disk-XXXXXX'], { encoding: 'utf8' }).trim();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  });
  afterEach(() => {
    // Lazily: a failed test may have left a home open.
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  });
  const key = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 255);
  const kindOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof StoreError) return error.kind;
      throw error;
    }
    return 'none';
  };

  test('filling it: every transaction is whole or told as full, and it goes on once there is room', () => {
    const dir = join(disk, 'home');
    const ballast = join(disk, 'ballast');
    let home = openHome(dir);
    writeFileSync(ballast, Buffer.alloc(300_000));
    const write = (round: number): void =>
      home.store.transaction(() => {
        for (let i = 0; i < 3; i++) home.store.put('content', key(3 * round + i), new Uint8Array(900).fill(round));
        home.store.indexText(key(round), `round${round}`);
      });
    let done = 0;
    let refused = 0;
    for (let round = 0; refused < 20; round++) {
      const kind = kindOf(() => write(done));
      if (kind === 'none') done += 1;
      else {
        expect(kind).toBe('full');
        refused += 1;
        // What is there stays readable while the disk is full.
        expect(home.store.scan('content')).toHaveLength(3 * done);
        expect(home.store.search(`round${done}`, 9)).toHaveLength(0);
        expect(home.store.search(`round${done - 1}`, 9)).toHaveLength(1);
      }
      expect(round).toBeLessThan(1_000);
    }
    expect(done).toBeGreaterThan(3);

    // Restarting on the full disk works too.
    home.close();
    home = openHome(dir);
    expect(home.store.scan('content')).toHaveLength(3 * done);
    expect(statfsSync(disk).bavail * statfsSync(disk).bsize).toBeLessThan(200_000);

    rmSync(ballast);
    for (let i = 0; i < 5; i++, done++) write(done);
    home.close();
    home = openHome(dir);
    expect(home.store.scan('content')).toHaveLength(3 * done);
    for (const row of home.store.scan('content')) expect(row.value.every((byte) => byte === row.value[0])).toBe(true);
    home.close();
  });

  test('a transaction that ignores a failed write is undone all the same', () => {
    const home = openHome(join(disk, 'second'));
    const before = home.store.scan('content').length;
    const kinds = new Set<string>();
    expect(
      kindOf(() =>
        home.store.transaction(() => {
          // More than the page cache holds, so that writes reach the disk before the end.
          for (let i = 0; i < 6_000; i++)
            kinds.add(kindOf(() => home.store.put('content', key(i), new Uint8Array(4_000))));
        }),
      ),
    ).toBe('full');
    expect([...kinds]).toEqual(['none', 'full']);
    expect(home.store.scan('content')).toHaveLength(before);
    home.store.put('content', key(1), key(1));
    home.close();
  });

  test('a home that cannot be made for want of room leaves nothing that stands in its way later', () => {
    const ballast = join(disk, 'ballast');
    const free = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(free.bavail * free.bsize));
    expect(kindOf(() => openHome(join(disk, 'third')))).toBe('full');
    rmSync(ballast);
    const home = openHome(join(disk, 'third'));
    home.store.put('meta', key(1), key(1));
    home.close();
  });
});
