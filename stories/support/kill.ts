// kill -9 at any moment, of a client or of the relay. Acknowledged is what the engine answered to, or `kith send` with exit
// status 0. Used by the stories and, with more cycles, by scripts/long/kill.mjs. What is driven here is driven by disk faults too.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { launcher, pair, root, Stage, type Home } from '../../apps/cli/test/support/processes.ts';

export interface KillReport {
  readonly cycles: number;
  readonly acknowledged: number;
  /** Acknowledged, and not there at the other side. */
  readonly lost: readonly string[];
  /** Shown more than once at either side. */
  readonly twice: readonly string[];
  /** Starts in milliseconds, from the command to the first answer, rising. */
  readonly starts: readonly number[];
}

const node = join(root, 'node_modules/node/bin/node');
/** `under`: a command that runs the rest of its arguments, as `strace` does. */
const spawnKith = (stage: Stage, argv: readonly string[], under: readonly string[]): ChildProcess => {
  const [program, ...rest] = [...under, node, launcher, ...argv];
  return spawn(program as string, rest, {
    cwd: stage.folder,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, XDG_DATA_HOME: stage.folder },
  });
};
const linesOf = (child: ChildProcess, listener: (line: Readonly<Record<string, unknown>>) => void): void => {
  if (child.stdout === null) throw new Error('a process without output');
  createInterface(child.stdout).on('line', (line) => listener(JSON.parse(line) as Readonly<Record<string, unknown>>));
};
export const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
export const killNow = async (child: ChildProcess): Promise<void> => {
  const closed = isOver(child) ? undefined : once(child, 'close');
  child.kill('SIGKILL');
  await closed;
};

/** An engine in a process of its own, asked over its standard input. */
export class Client {
  readonly child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Readonly<Record<string, unknown>> | undefined) => void>();
  /** The number of the last question. */
  asked = 0;
  constructor(stage: Stage, home: Home, under: readonly string[] = []) {
    this.child = spawnKith(stage, ['--home', home.folder, '--json', 'rpc'], under);
    this.child.stdin?.on('error', () => undefined);
    linesOf(this.child, (line) => this.#waiting.get(Number(line['id']))?.(line));
    this.child.on('close', () => {
      for (const answer of this.#waiting.values()) answer(undefined);
    });
  }
  /** Undefined: it was killed before it answered. */
  async ask(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.asked;
    const answer = await new Promise<Readonly<Record<string, unknown>> | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      if (isOver(this.child)) resolve(undefined);
      this.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
    this.#waiting.delete(id);
    if (answer?.['error'] !== undefined) throw new Error(JSON.stringify(answer['error']));
    return answer?.['result'];
  }
}

export const startRelay = async (
  stage: Stage,
  port: number,
  more: readonly string[] = [],
  under: readonly string[] = [],
): Promise<{ readonly child: ChildProcess; readonly port: number }> => {
  const child = spawnKith(
    stage,
    ['serve', '--port', String(port), '--data', join(stage.folder, 'relay'), '--json', ...more],
    under,
  );
  const ready = await new Promise<Readonly<Record<string, unknown>>>((resolve) => linesOf(child, resolve));
  if (ready['ready'] !== true) {
    await killNow(child);
    throw new Error(`the relay did not start: ${JSON.stringify(ready)}`);
  }
  return { child, port: Number(ready['port']) };
};

/** The middle one of the starts: the slowest tells about the machine's other work too. */
export const median = ({ starts }: KillReport): number =>
  starts[Math.floor(starts.length / 2)] ?? Number.POSITIVE_INFINITY;

/** Random moments, the same ones for the same seed. */
export const moments = (seed: number): ((most: number) => number) => {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % most;
  };
};
export const compare = (
  cycles: number,
  acknowledged: readonly string[],
  sides: readonly (readonly unknown[])[],
  starts: readonly number[],
): KillReport => {
  const counts = sides.map((texts) => {
    const count = new Map<unknown, number>();
    for (const text of texts) count.set(text, (count.get(text) ?? 0) + 1);
    return count;
  });
  return {
    cycles,
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((text) => !counts.every((count) => count.has(text))),
    twice: counts.flatMap((count) => [...count].filter(([, times]) => times > 1).map(([text]) => String(text))),
    starts: starts.toSorted((a, b) => a - b),
  };
};
export const textsOf = async (client: Pick<Client, 'ask'>, conversation: string): Promise<readonly unknown[]> => {
  const pages: { readonly event: string; readonly kind: string; readonly text: unknown }[][] = [];
  for (;;) {
    const before = pages[0]?.[0]?.event;
    const page = (await client.ask('log', {
      conversation,
      limit: 500,
      ...(before === undefined ? {} : { before }),
    })) as (typeof pages)[number];
    if (page.length === 0) return pages.flat().flatMap(({ kind, text }) => (kind === 'text' ? [text] : []));
    pages.unshift(page);
  }
};

/**
 * Both write all the time, over the engine and, once a cycle, over `kith send`; each cycle ends with kill -9: of Alice's
 * process, or of the relay.
 */
export const killCycles = async (what: 'client' | 'relay', cycles: number, seed = 1): Promise<KillReport> => {
  const stage = new Stage();
  const running = new Set<ChildProcess>();
  const kept = <T extends { readonly child: ChildProcess }>(one: T): T => {
    running.add(one.child);
    return one;
  };
  try {
    const moment = moments(seed);
    let relay = kept(await startRelay(stage, 0));
    const { alice, bob, conversation } = await pair(stage, `http://localhost:${relay.port}`);
    const acknowledged: string[] = [];
    const starts: number[] = [];
    let texts = 0;
    let isOn = true;
    // Half-way between a person and a bot: the point is the moment of the kill, not the load.
    const write = async (client: Client, who: string): Promise<void> => {
      while (isOn && !isOver(client.child)) {
        const text = `${who} ${texts++}`;
        if ((await client.ask('send', { conversation, text })) !== undefined) acknowledged.push(text);
        await setTimeout(moment(20));
      }
    };
    const begin = async (home: Home): Promise<Client> => {
      const started = performance.now();
      const client = kept(new Client(stage, home));
      if ((await client.ask('contact.list')) === undefined) throw new Error('the client ended by itself');
      if (what === 'client' && home === alice) starts.push(performance.now() - started);
      return client;
    };
    const bobs = await begin(bob);
    let alices = await begin(alice);
    const bobWrites = write(bobs, 'bob');
    let aliceWrites = write(alices, 'alice');
    for (let cycle = 0; cycle < cycles; cycle++) {
      const text = `kith send ${cycle}`;
      const one = alice.try(['send', conversation, text]).then(({ status }) => {
        if (status === 0) acknowledged.push(text);
      });
      // While the command runs, in its beginning or at its end.
      await setTimeout(100 + moment(600));
      if (what === 'client') {
        await killNow(alices.child);
        await Promise.all([aliceWrites, one]);
        alices = await begin(alice);
        aliceWrites = write(alices, 'alice');
      } else {
        await killNow(relay.child);
        const started = performance.now();
        relay = kept(await startRelay(stage, relay.port));
        starts.push(performance.now() - started);
        await one;
        if (isOver(alices.child)) throw new Error('the client ended with the relay');
      }
    }
    isOn = false;
    await Promise.all([aliceWrites, bobWrites]);
    for (const end = Date.now() + 60_000; ;) {
      for (const client of [alices, bobs]) await client.ask('sync', { forMs: 10_000 });
      const sides = [await textsOf(alices, conversation), await textsOf(bobs, conversation)];
      const report = compare(cycles, acknowledged, sides, starts);
      if (report.lost.length === 0 || Date.now() > end) return report;
    }
  } finally {
    for (const child of running) await killNow(child);
    await stage.close();
  }
};
