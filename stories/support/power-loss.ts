// Power loss as a real process would meet it: its writes and syncs are recorded, and what a disk may hold at many moments is
// laid out and opened again. Acknowledged is what was answered before that moment.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CELL_BYTES } from '@kith/core/ports';
import { openNodeKith } from '@kith/platform-node';
import { startRelay as relayHere } from '../../apps/relay/src/index.ts';
import { pair, Stage } from '../../apps/cli/test/support/processes.ts';
import { Disk, layOut, readTrace, stepsOf, traceOptions, type DiskStep, type Loss } from './disk-trace.ts';
import { Client, isOver, killNow, moments, startRelay, textsOf } from './kill.ts';
import { cellsAt, putCells, tagsOf } from './relay-cells.ts';

export interface PowerReport {
  readonly states: number;
  /** Steps of the recording: a state is what is left after some of them. */
  readonly steps: number;
  readonly acknowledged: number;
  /** In words: the moment, what was lost of the unsynced, and what was wrong. */
  readonly wrong: readonly string[];
}

const filesIn = (folder: string): ReadonlyMap<string, Buffer> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  );

interface Recording {
  readonly before: ReadonlyMap<string, Buffer>;
  readonly steps: readonly DiskStep[];
}
/** Lays out `count` states, evenly over the recording, each with one of the losses, and asks `check` about each. */
const overStates = async (
  { before, steps }: Recording,
  count: number,
  seed: number,
  folder: string,
  check: (at: string, taken: readonly DiskStep[]) => Promise<string | undefined>,
): Promise<readonly string[]> => {
  const random = moments(seed);
  const disk = new Disk(before);
  const losses: readonly (readonly [string, Loss])[] = [
    ['nothing of the unsynced kept', 'nothing'],
    ['some of the unsynced kept', random],
    ['all of it kept', 'all'],
  ];
  const wrong: string[] = [];
  let done = 0;
  for (const [i, step] of steps.entries()) {
    disk.take(step);
    for (; done < count && ((i + 1) / steps.length) * count >= done + 1; done++) {
      const [name, loss] = losses[done % losses.length] as (typeof losses)[number];
      const at = join(folder, `state-${done}`);
      layOut(disk.after(loss), at);
      const found = await check(at, steps.slice(0, i + 1)).catch((error: unknown) => String(error));
      if (found !== undefined) wrong.push(`after step ${i + 1} of ${steps.length}, ${name}: ${found}`);
      rmSync(at, { recursive: true, force: true });
    }
  }
  return wrong;
};

/** Somebody writes, deletes and reads at a home whose disk is recorded; every state opens with what was acknowledged. */
export const clientStates = async (states: number, seed = 1): Promise<PowerReport> => {
  const stage = new Stage();
  const running: Client[] = [];
  try {
    const relay = await stage.relay();
    const { alice, bob, conversation } = await pair(stage, relay.url);
    const before = filesIn(alice.folder);
    const trace = join(stage.folder, 'trace');
    const writer = new Client(stage, alice, ['strace', ...traceOptions(trace)]);
    const other = new Client(stage, bob);
    running.push(writer, other);
    const random = moments(seed);
    /** Sent with this question, perhaps deleted with that one. Questions are asked one after the other. */
    const promises: { readonly text: string; readonly sent: number; readonly event: unknown; deleted?: number }[] = [];
    for (let i = 0; i < 40; i++) {
      const text = `text ${i} ${'x'.repeat(random(2) * random(20_000))}`;
      const { event } = (await writer.ask('send', { conversation, text })) as { readonly event: unknown };
      promises.push({ text, sent: writer.asked, event });
      if (i % 3 === 0) await other.ask('send', { conversation, text: `answer ${i}` });
      if (i % 8 !== 7) continue;
      const gone = promises[random(promises.length)];
      if (gone === undefined || gone.deleted !== undefined) continue;
      await writer.ask('delete', { conversation, event: gone.event });
      gone.deleted = writer.asked;
    }
    writer.child.stdin?.end();
    await new Promise<void>((resolve) =>
      isOver(writer.child) ? resolve() : writer.child.once('close', () => resolve()),
    );
    const steps = stepsOf(readTrace(trace), alice.folder);
    const wrong = await overStates({ before, steps }, states, seed, stage.folder, async (home, taken) => {
      const answers = taken.flatMap((step) =>
        step.does === 'say'
          ? [...step.bytes.toString('latin1').matchAll(/"id":(\d+),"result"/g)].map(([, id]) => Number(id))
          : [],
      );
      const answered = Math.max(0, ...answers);
      const kith = await openNodeKith({ home, relays: [], online: false, logLevel: 'error' });
      try {
        const texts = await textsOf(
          { ask: (_, params) => kith.call('log', params as { conversation: string }) },
          conversation,
        );
        for (const { text, sent, deleted = Number.POSITIVE_INFINITY } of promises) {
          const count = texts.filter((one) => one === text).length;
          // While a question is under way either is right.
          const right = answered >= deleted ? [0] : answered >= deleted - 1 ? [0, 1] : answered >= sent ? [1] : [0, 1];
          if (!right.includes(count)) return `${JSON.stringify(text.slice(0, 20))} is there ${count} times`;
        }
        return undefined;
      } finally {
        await kith.close();
      }
    });
    return { states, steps: steps.length, acknowledged: promises.length, wrong };
  } finally {
    for (const client of running) await killNow(client.child);
    await stage.close();
  }
};

/** Cells are put into a relay (`power`) whose disk is recorded; every state starts and hands out what was acknowledged. */
export const relayStates = async (states: number, seed = 1): Promise<PowerReport> => {
  const stage = new Stage();
  let child: Awaited<ReturnType<typeof startRelay>>['child'] | undefined;
  try {
    const trace = join(stage.folder, 'trace');
    const data = join(stage.folder, 'relay');
    mkdirSync(data, { mode: 0o700 });
    const relay = await startRelay(stage, 0, ['--durability', 'power'], ['strace', ...traceOptions(trace)]);
    child = relay.child;
    const random = moments(seed);
    /** In the order of the answers: one batch at a time. */
    const batches: (readonly string[])[] = [];
    for (let i = 0; i < 30; i++) {
      const cells = Array.from({ length: 1 + random(16) }, () => new Uint8Array(randomBytes(CELL_BYTES)));
      batches.push(await putCells(`http://127.0.0.1:${relay.port}`, cells));
    }
    child.kill('SIGTERM');
    await new Promise<void>((resolve) => relay.child.once('close', () => resolve()));
    const steps = stepsOf(readTrace(trace), data);
    const wrong = await overStates({ before: new Map(), steps }, states, seed, stage.folder, async (at, taken) => {
      const answers = taken.filter(
        (step) => step.does === 'say' && step.bytes.toString('latin1').startsWith('HTTP/1.1 200'),
      ).length;
      const again = await relayHere({ port: 0, host: '127.0.0.1', data: at, durability: 'power' });
      try {
        const found = tagsOf(await cellsAt(again.url));
        const lost = batches
          .slice(0, answers)
          .flat()
          .filter((tag) => !found.has(tag));
        return lost.length === 0 ? undefined : `${lost.length} acknowledged cells are gone`;
      } finally {
        await again.close();
      }
    });
    return { states, steps: steps.length, acknowledged: batches.flat().length, wrong };
  } finally {
    if (child !== undefined) await killNow(child);
    await stage.close();
  }
};
