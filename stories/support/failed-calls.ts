// A call of the operating system that fails: each of the first writes, syncs and so on of a process, once, by `strace`.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CELL_BYTES } from '@kith/core/ports';
import { alternate, launcher, pair, root, Stage } from '../../apps/cli/test/support/processes.ts';
import { isOver, killNow, moments, startRelay } from './kill.ts';
import { cellsAt, putCells, tagsOf } from './relay-cells.ts';

export interface FailedReport {
  /** Runs in which a call was made to fail. */
  readonly failed: number;
  /** Runs that told of it. */
  readonly told: number;
  readonly wrong: readonly string[];
}

const CALLS = 'write,pwrite64,pwritev,fsync,fdatasync,ftruncate,rename,unlink';
/** The call with this number fails, among those about `paths`; without paths among those that only files know. */
const failing = (trace: string, number: number, paths: readonly string[]): readonly string[] => {
  const calls = paths.length > 0 ? CALLS : CALLS.replace('write,', '');
  const error = number % 2 === 0 ? 'EIO' : 'ENOSPC';
  return [
    // Calls are counted by thread: one thread for the files.
    'env',
    'UV_THREADPOOL_SIZE=1',
    'strace',
    '-Df',
    `--output=${trace}`,
    '--signal=none',
    `--trace=${calls}`,
    ...paths.map((path) => `--trace-path=${path}`),
    `--inject=${calls}:error=${error}:when=${number}`,
  ];
};
const injected = (trace: string): string | undefined =>
  readFileSync(trace, 'utf8')
    .split('\n')
    .find((line) => line.includes('(INJECTED)'));

/** Seeded by the commit, so that every commit tries others; where there is none, by 1. */
export const seedOfCommit = (): number => {
  try {
    return Number.parseInt(execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).slice(0, 7), 16);
  } catch {
    return 1;
  }
};
export const someOf = (count: number, most: number, seed: number): readonly number[] => {
  const random = moments(seed);
  const all = Array.from({ length: most }, (_, i) => i + 1);
  return Array.from({ length: count }, () => all.splice(random(all.length), 1)[0] as number);
};

interface Told {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly hint?: unknown;
}
const run = async (
  argv: readonly string[],
): Promise<{ readonly status: number | null; readonly error: Told | undefined; readonly out: string }> => {
  const [program, ...rest] = argv;
  const child = spawn(program as string, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const last = out.trim().split('\n').at(-1) ?? '';
  const { error } = (last.startsWith('{') ? JSON.parse(last) : {}) as { readonly error?: Told };
  return { status, error, out };
};

/** One `kith send` for each number. What was answered with success is there once, what was not is not there at all. */
export const clientCalls = async (numbers: readonly number[]): Promise<FailedReport> => {
  const stage = new Stage();
  try {
    const { url } = await stage.relay();
    const { alice, bob, conversation } = await pair(stage, url);
    const files = ['', '/kith.db', '/kith.db-wal', '/kith.db-journal', '/generation', '/generation.new', '/lock'];
    const trace = join(stage.folder, 'trace');
    const wrong: string[] = [];
    const sent: string[] = [];
    let failed = 0;
    let told = 0;
    for (const number of numbers) {
      const text = `text ${number}`;
      const paths = files.map((file) => `${alice.folder}${file}`);
      const node = join(root, 'node_modules/node/bin/node');
      const under = failing(trace, number, paths);
      const ended = await run([...under, node, launcher, '--home', alice.folder, '--json', 'send', conversation, text]);
      const call = injected(trace);
      if (call !== undefined) failed++;
      const tell = (what: string): void => void wrong.push(`call ${number} (${call ?? 'none'}): ${what}`);
      if (ended.status === 0) sent.push(text);
      else {
        told++;
        const { code, message, hint } = ended.error ?? {};
        if (!['disk-full', 'disk-failed'].includes(String(code)) || message === undefined || hint === undefined)
          tell(`exit ${ended.status}, ${ended.out}`);
      }
      const there = await alice.texts(conversation);
      if (JSON.stringify(there) !== JSON.stringify(sent)) {
        tell(`sent ${JSON.stringify(sent.slice(-3))}, there ${JSON.stringify(there.slice(-3))}`);
        sent.splice(0, sent.length, ...there.map(String));
      }
    }
    await alternate(alice, bob, 4, async () => JSON.stringify(await bob.texts(conversation)) === JSON.stringify(sent));
    return { failed, told, wrong };
  } finally {
    await stage.close();
  }
};

/** One relay for each number: what it acknowledged is there when it runs again, and what failed was answered so. */
export const relayCalls = async (numbers: readonly number[]): Promise<FailedReport> => {
  const wrong: string[] = [];
  let failed = 0;
  let told = 0;
  for (const number of numbers) {
    const stage = new Stage();
    const running: Awaited<ReturnType<typeof startRelay>>['child'][] = [];
    try {
      mkdirSync(join(stage.folder, 'relay'), { mode: 0o700 });
      const trace = join(stage.folder, 'trace');
      const acknowledged: string[] = [];
      const first = await startRelay(stage, 0, ['--durability', 'power'], failing(trace, number, [])).catch(
        () => undefined,
      );
      if (first !== undefined) {
        running.push(first.child);
        const closed = new Promise<void>((resolve) => first.child.once('close', () => resolve()));
        for (let i = 0; i < number + 4 && !isOver(first.child); i++) {
          const cell = new Uint8Array(randomBytes(CELL_BYTES));
          const taken = await putCells(`http://127.0.0.1:${first.port}`, [cell]).catch(() => []);
          acknowledged.push(...taken);
          if (taken.length === 0) told++;
        }
        if (isOver(first.child)) wrong.push(`call ${number}: the relay ended`);
        else first.child.kill('SIGTERM');
        await closed;
      } else told++;
      const call = injected(trace);
      if (call !== undefined) failed++;
      const again = await startRelay(stage, 0);
      running.push(again.child);
      const found = tagsOf(await cellsAt(`http://127.0.0.1:${again.port}`));
      const lost = acknowledged.filter((tag) => !found.has(tag)).length;
      if (lost > 0)
        wrong.push(`call ${number} (${call ?? 'none'}): ${lost} of ${acknowledged.length} acknowledged cells are gone`);
    } catch (error) {
      wrong.push(`call ${number}: ${String(error)}`);
    } finally {
      for (const child of running) await killNow(child);
      await stage.close();
    }
  }
  return { failed, told, wrong };
};
