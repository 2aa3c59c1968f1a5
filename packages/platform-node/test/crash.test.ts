import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readUint32 } from '@kith/core/bytes';
import { afterEach, expect, test, vi } from 'vitest';
import { openHome } from '../src/home.ts';
import { freshFolder } from './folder.ts';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));
const running = new Set<ChildProcess>();
interface Writer {
  readonly process: ChildProcess;
  readonly lines: string[];
  kill(): Promise<void>;
}
const startWriter = (dir: string, first: number): Writer => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, dir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]);
  return {
    process: child,
    lines,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
      running.delete(child);
    },
  };
};
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
const whenLines = (writer: Writer, count: number): Promise<void> =>
  vi.waitFor(() => expect(writer.lines.length).toBeGreaterThanOrEqual(count), { timeout: 10_000, interval: 1 });

const CYCLES = 10;
test(
  `kill -9 in the middle of transactions, ${CYCLES} times: nothing committed is lost, nothing is half done`,
  { timeout: 60_000 },
  async () => {
    const dir = join(freshFolder(), 'home');
    let next = 0;
    let slowest = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const writer = startWriter(dir, next);
      await whenLines(writer, 5 + cycle * 13);
      await writer.kill();
      expect(writer.lines[0]).toBe('open');
      const acknowledged = Number(writer.lines.at(-1));

      const begin = performance.now();
      const home = openHome(dir);
      const found = home.store.get('meta', Uint8Array.of(1));
      slowest = Math.max(slowest, performance.now() - begin);

      const last = found === undefined ? -1 : readUint32(found, 0);
      // One more may be committed whose report was cut off.
      expect([acknowledged, acknowledged + 1]).toContain(last);
      const rows = home.store.scan('content');
      const expected = Array.from({ length: last + 1 }, (_, round) => 1 + (round % 20)).reduce((sum, n) => sum + n, 0);
      expect(rows).toHaveLength(expected);
      for (const { key, value } of rows) {
        const round = readUint32(key, 0);
        expect(value.length === 100 + ((round * 37) % 3_000) && value.every((byte) => byte === (round & 255))).toBe(
          true,
        );
      }
      expect(home.store.search(`round${last}`, 99)).toHaveLength(1 + (last % 20));
      expect(home.store.search(`round${last + 1}`, 99)).toHaveLength(0);
      home.close();
      next = last + 1;
    }
    expect(slowest).toBeLessThan(2_000);
  },
);

test(
  'two processes on one home: the second is told it is busy, and takes over as soon as the first is killed',
  { timeout: 20_000 },
  async () => {
    const dir = join(freshFolder(), 'home');
    const first = startWriter(dir, 0);
    await whenLines(first, 3);
    const second = startWriter(dir, 0);
    await whenLines(second, 1);
    expect(second.lines).toEqual(['busy']);
    const written = first.lines.length;
    await whenLines(first, written + 1);
    await first.kill();
    const home = openHome(dir);
    expect(home.store.scan('content').length).toBeGreaterThan(written);
    home.close();
  },
);
