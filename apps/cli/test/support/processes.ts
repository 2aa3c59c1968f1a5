// Real processes: the launcher as it is installed, homes and relays in folders that are gone after the test.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../../', import.meta.url));
export const launcher = join(root, 'apps/cli/bin/kith.mjs');

export type Fields = Readonly<Record<string, unknown>>;
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
  /** Every line of stdout as JSON. */
  readonly lines: readonly Fields[];
  /** The one line there is. */
  readonly one: Fields;
}

export const build = (): void => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--only', 'cli'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
};

/** A port of this machine where nothing listens. */
export const DEAD_RELAY = 'http://127.0.0.1:9';

interface How {
  readonly stdin?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Started processes; what still runs at the end is ended by its own id. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'kith-story-'));
  readonly #running = new Set<ChildProcess>();

  start(argv: readonly string[], how: How = {}): Running {
    const { KITH_RELAY: _relay, KITH_DATA: _data, ...env } = process.env;
    const child = spawn(launcher, argv, { cwd: this.folder, env: { ...env, XDG_DATA_HOME: this.folder, ...how.env } });
    this.#running.add(child);
    child.on('exit', () => this.#running.delete(child));
    child.stdin.on('error', () => undefined);
    child.stdin.end(how.stdin);
    return new Running(child);
  }

  run(argv: readonly string[], how: How = {}): Promise<Ended> {
    return this.start(argv, how).ended;
  }

  home(name: string): Home {
    return new Home(this, join(this.folder, name));
  }

  async relay(): Promise<{ readonly url: string; readonly process: Running }> {
    const process = this.start(['serve', '--port', '0', '--data', mkdtempSync(join(this.folder, 'relay-')), '--json']);
    const ready = await process.line((line) => line['ready'] === true);
    return { url: String(ready['url']), process };
  }

  async close(): Promise<void> {
    for (const child of this.#running) {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = '';
  #err = '';
  #wake: () => void = () => undefined;
  #over = false;

  constructor(child: ChildProcess) {
    const started = performance.now();
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
      this.#wake();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => void (this.#err += text));
    this.ended = new Promise((resolve) => {
      child.on('close', (status, signal) => {
        this.#over = true;
        this.#wake();
        const { lines } = this;
        const one = lines[0] ?? {};
        resolve({ status, signal, out: this.#out, err: this.#err, ms: performance.now() - started, lines, one });
      });
    });
  }

  get lines(): readonly Fields[] {
    return this.#out
      .split('\n')
      .slice(0, -1)
      .map((text) => (text.startsWith('{') ? (JSON.parse(text) as Fields) : { text }));
  }

  /** The first line that fits, as soon as it is there. */
  async line(fits: (line: Fields) => boolean): Promise<Fields> {
    for (;;) {
      const found = this.lines.find(fits);
      if (found !== undefined) return found;
      if (this.#over) throw new Error(`it ended without that line: ${this.#out}${this.#err}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** One person's device. */
export class Home {
  readonly #stage: Stage;
  readonly folder: string;
  constructor(stage: Stage, folder: string) {
    this.#stage = stage;
    this.folder = folder;
  }

  start(argv: readonly string[], how?: How): Running {
    return this.#stage.start(['--home', this.folder, '--json', ...argv], how);
  }
  /** Runs one command to its end, whatever that is. */
  try(argv: readonly string[], how?: How): Promise<Ended> {
    return this.start(argv, how).ended;
  }
  /** Runs one command that has to succeed. */
  async do(argv: readonly string[], how?: How): Promise<Ended> {
    const ended = await this.try(argv, how);
    if (ended.status !== 0)
      throw new Error(`kith ${argv.join(' ')} ended with ${ended.status ?? ended.signal}: ${ended.out}${ended.err}`);
    return ended;
  }
  async code(
    argv: readonly string[],
    how?: How,
  ): Promise<{ readonly status: number | null; readonly code: unknown; readonly ms: number }> {
    const { status, lines, ms } = await this.try(argv, how);
    const error = lines.at(-1)?.['error'];
    return { status, ms, code: typeof error === 'object' && error !== null && 'code' in error ? error.code : null };
  }
  async texts(conversation: string): Promise<readonly unknown[]> {
    const { lines } = await this.do(['log', conversation, '--limit', '1000']);
    return lines.filter(({ kind }) => kind === 'text').map(({ text }) => text);
  }
}

/** Both say what they have until both have it: at most `rounds` syncs each, never at the same time. */
export const alternate = async (
  one: Home,
  other: Home,
  rounds: number,
  isDone: () => Promise<boolean>,
): Promise<number> => {
  for (let round = 1; round <= rounds; round++) {
    await one.do(['sync', '--for', '10']);
    await other.do(['sync', '--for', '10']);
    if (await isDone()) return round;
  }
  throw new Error(`not done after ${rounds} syncs each`);
};

/** Alice and Bob, paired over a relay. */
export const pair = async (
  stage: Stage,
  relay: string,
): Promise<{ readonly alice: Home; readonly bob: Home; readonly conversation: string }> => {
  const alice = stage.home('alice');
  const bob = stage.home('bob');
  await alice.do(['init', '--name', 'Alice', '--relay', relay]);
  const { one: invite } = await alice.do(['invite', 'create']);
  const { one: accepted } = await bob.do(['invite', 'accept', String(invite['link']), '--name', 'Bob']);
  const isMet = async () =>
    (await Promise.all([alice, bob].map((home) => home.do(['contact', 'list'])))).every(({ lines }) =>
      lines.some(({ state, name }) => state === 'active' && name !== null),
    );
  await alternate(alice, bob, 4, isMet);
  return { alice, bob, conversation: String(accepted['conversation']) };
};
