// The processes and folders of one bench. What was started here is ended here, by its own id.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { say } from './line.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

const END_MS = 5000;
const LAST_WORDS_MS = 30_000;
const OPEN_MS = 30_000;

export type Answers = Readonly<Record<string, (input: never) => unknown>>;
/** A process that answers what `answer` (child.ts) was given. */
export interface Worker<M extends Answers> {
  readonly pid: number;
  ask<K extends keyof M & string>(name: K, input: Parameters<M[K]>[0]): Promise<Awaited<ReturnType<M[K]>>>;
}
export interface Server {
  readonly pid: number;
  readonly url: string;
}

export interface Talker {
  readonly pid: number;
  say(line: string): void;
  onLine(take: (line: string) => void): void;
  onEnd(tell: (why: string) => void): void;
}

export class Yard {
  readonly folder = mkdtempSync(join(tmpdir(), 'kith-bench-'));
  readonly #children: ChildProcess[] = [];
  readonly #endings: (() => Promise<void>)[] = [];
  #folders = 0;
  #isClosed = false;

  newFolder(name: string): string {
    this.#folders++;
    return join(this.folder, `${name}-${this.#folders}`);
  }

  /** What was given up on may still start something. */
  #own(child: ChildProcess): void {
    this.#children.push(child);
    // One that does not start has no id, and who waits for it finds that out.
    child.on('error', () => undefined);
    if (this.#isClosed) child.kill('SIGKILL');
  }

  /** Forks `file` (beside this one), which calls `answer`. */
  worker<M extends Answers>(file: string, flags: readonly string[] = []): Worker<M> {
    const child = fork(new URL(file, import.meta.url), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...flags],
      serialization: 'advanced',
    });
    this.#own(child);
    const open = new Map<
      number,
      { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }
    >();
    let next = 1;
    child.on('message', (message: { readonly id: number; readonly value?: unknown; readonly error?: string }) => {
      const waiting = open.get(message.id);
      open.delete(message.id);
      if (message.error === undefined) waiting?.resolve(message.value as never);
      else waiting?.reject(new Error(message.error));
    });
    child.on('exit', (code) => {
      for (const { reject } of open.values()) reject(new Error(`${file} ended with ${String(code)}`));
    });
    return {
      pid: child.pid ?? 0,
      ask: (name, input) =>
        new Promise((resolve, reject) => {
          const id = next++;
          open.set(id, { resolve, reject });
          child.send({ id, name, input }, (error) => {
            if (error !== null) reject(error);
          });
        }),
    };
  }

  /** A program of Node's whose output says where it listens: the first group of `says`. */
  async server(argv: readonly string[], says: RegExp): Promise<Server> {
    const child = spawn(process.execPath, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    this.#own(child);
    let output = '';
    const url = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        output += chunk.toString();
        const found = says.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', () => reject(new Error(`a server ended: ${output}`)));
    });
    return { pid: child.pid ?? 0, url };
  }
  /** Any program that listens on this port of 127.0.0.1. */
  async program({
    command,
    argv,
    env = {},
    cwd,
    port,
  }: {
    readonly command: string;
    readonly argv: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly port: number;
  }): Promise<Server> {
    const child = spawn(command, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd,
      env: { PATH: process.env['PATH'], ...env },
    });
    this.#own(child);
    let output = '';
    // A program that is not there, or may not be run.
    child.once('error', (error) => (output = String(error)));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2000)));
    const opens = (): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = createConnection({ host: '127.0.0.1', port }, () => resolve(true));
        socket.on('error', () => resolve(false));
        socket.on('connect', () => socket.destroy());
      });
    for (const end = Date.now() + OPEN_MS; !(await opens()); await wait(50))
      if (Date.now() > end || child.exitCode !== null) throw new Error(`${command} does not listen: ${output}`);
    return { pid: child.pid ?? 0, url: `tcp://127.0.0.1:${port}` };
  }
  /** A program that is told lines and says lines. `onEnd`: with the last it said to its other output. */
  talker(command: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Talker {
    const child = spawn(command, argv, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: this.folder,
      env: { PATH: process.env['PATH'], ...env },
    });
    this.#own(child);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout });
    return {
      pid: child.pid ?? 0,
      say: (line) => void child.stdin.write(line),
      onLine: (take) => void lines.on('line', take),
      onEnd: (tell) => {
        child.once('exit', (code) => tell(`${String(code)} ${errors}`));
        child.once('error', (error) => tell(String(error)));
      },
    };
  }
  /** The real relay as a process of its own, with its data on disk. */
  relay(durability: 'process' | 'power' = 'process', more: readonly string[] = []): Promise<Server> {
    const main = join(root, 'apps/relay/src/main.ts');
    const argv = [
      main,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--data',
      this.newFolder('relay'),
      '--durability',
      durability,
      ...more,
    ];
    return this.server(argv, /ready at (http:\S+)/);
  }
  /** Ends one that was started here, before the others end. */
  async stop(server: Server): Promise<void> {
    const child = this.#children.find(({ pid }) => pid === server.pid);
    if (child === undefined) throw new Error('it was not started here');
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  /** A bare `ws` server: sends back what comes (`/echo`), or two bytes for it (`/ack`). */
  floorWs(): Promise<Server> {
    return this.server([fileURLToPath(new URL('floor-ws.ts', import.meta.url))], /listening at (ws:\S+)/);
  }

  atEnd(ending: () => Promise<void>): void {
    this.#endings.push(ending);
  }
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const ending of this.#endings.toReversed()) {
      // What has failed already may not be able to end well; its processes end all the same.
      const late = wait(LAST_WORDS_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('not in time')));
      await Promise.race([ending(), late]).catch((error: unknown) => say(`an end failed: ${String(error)}`));
    }
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // Workers end by themselves when nobody asks any more, and so write what they were told to (`--cpu-prof`).
      if (child.connected) child.disconnect();
      else child.kill('SIGTERM');
      const deadline = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(deadline);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Undefined when the process has ended. */
const readProc = (path: string): string | undefined => {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
};
/**
 * Seconds of processor time that a process and all it started have used (proc(5): utime, stime and those of children that have
 * ended, in hundredths).
 */
export const cpuOf = (pid: number): number => {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return 0;
  const [user, system, endedUser, endedSystem] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11)
    .map(Number);
  const own = ((user ?? 0) + (system ?? 0) + (endedUser ?? 0) + (endedSystem ?? 0)) / 100;
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) => readProc(`${pid}/task/${task}/children`)?.trim().split(' ') ?? []);
  return children.filter((child) => child !== '').reduce((sum, child) => sum + cpuOf(Number(child)), own);
};
/** Resident memory in KiB. */
export const residentOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
