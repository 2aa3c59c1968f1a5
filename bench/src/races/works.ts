// The units of work, once for all peers: one client in a process, the others in two, servers in their own.
import { now } from '../figures.ts';
import { settled } from '../idle.ts';
import { say } from '../line.ts';
import { cpuOf, type Worker, type Yard } from '../yard.ts';
import type { ClientProcess } from './client.ts';
import type { Field, Peer, Receive, Talk, Work } from './peer.ts';

export interface Result {
  /** `pingpong`, `pipelined`, `leave`, `drain`, `burst`, `paced`, `kib-per-connection`, `received`. */
  readonly part: string;
  readonly value: number;
  readonly unit: 'messages/s' | 'KiB';
  /** Microseconds of processor time a message: servers, clients. */
  readonly serverCpu: number;
  readonly clientCpu: number;
  /** Milliseconds of a message, where each was timed. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Messages that came after a later one of the same sender. */
  readonly disordered: number;
}
interface Ran {
  readonly ms: number;
  readonly p50?: number;
  readonly p99?: number;
  readonly disordered?: number;
}

const NOTHING = undefined as never;
const SENDERS = 100;
const hub = 'hub';
const IDLE = 10_000;
const idle = Array.from({ length: IDLE }, (_, i) => `i${i}`);
const others = Array.from({ length: SENDERS }, (_, i) => `s${i}`);
/** As many as there are processors: in one process a hundred people would wait for one. */
const HALVES = [others.slice(0, SENDERS / 2), others.slice(SENDERS / 2)] as const;

/** One peer at work: its servers and three processes for its clients. */
class Court {
  readonly field: Field;
  readonly #name: string;
  readonly #talk: Talk;
  readonly here: Worker<ClientProcess>;
  readonly there: Worker<ClientProcess>;
  readonly yonder: Worker<ClientProcess>;
  readonly #done: (result: Result) => void;
  run = 1;

  constructor(
    yard: Yard,
    name: string,
    talk: Talk,
    field: Field,
    flags: readonly string[],
    done: (result: Result) => void,
  ) {
    this.#name = name;
    this.#talk = talk;
    this.#done = done;
    this.field = field;
    const clients = talk.clients ?? ((at: Yard) => at.worker<ClientProcess>('races/client.ts', flags));
    this.here = clients(yard);
    this.there = clients(yard);
    this.yonder = clients(yard);
  }
  /** Where the others are, each half in a process. */
  get parts(): readonly { readonly at: Worker<ClientProcess>; readonly names: readonly string[] }[] {
    return [
      { at: this.there, names: HALVES[0] },
      { at: this.yonder, names: HALVES[1] },
    ];
  }
  async openOthers(): Promise<void> {
    for (const { at, names } of this.parts) await this.open(at, names);
  }
  async open(at: Worker<ClientProcess>, names: readonly string[], client = this.#talk.client): Promise<void> {
    await at.ask('open', { client, spot: this.field.spot, names });
  }
  /** The hub, in one process, meets the others, in theirs. */
  async meet(names: readonly string[]): Promise<void> {
    if (this.#talk.mustMeet !== true) return;
    const start = now();
    // All at once: most of it is waiting.
    await Promise.all(
      names.map(async (name) => {
        const at = HALVES[1].includes(name) ? this.yonder : this.there;
        const link = await this.here.ask('invite', { name: hub });
        const conversation = await at.ask('accept', { name, link });
        await Promise.all([
          this.here.ask('met', { name: hub, who: name, conversation }),
          at.ask('met', { name, who: hub, conversation }),
        ]);
      }),
    );
    say(`races: ${this.#name}: ${names.length} met in ${Math.round(now() - start)} ms`);
  }
  /** Tells each result when it is there: a later part that fails takes none of them away. */
  async meter(part: string, count: number, work: () => Promise<Ran>): Promise<void> {
    const clients = [this.here.pid, this.there.pid, this.yonder.pid];
    const used = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
    const [servers, own] = [used(this.field.pids), used(clients)];
    const { ms, p50 = null, p99 = null, disordered = 0 } = await work();
    const each = (seconds: number): number => (seconds / count) * 1e6;
    const result: Result = {
      part,
      value: (count / ms) * 1000,
      unit: 'messages/s',
      serverCpu: each(used(this.field.pids) - servers),
      clientCpu: each(used(clients) - own),
      p50,
      p99,
      disordered,
    };
    say(
      `races: ${this.#name} ${part}: ${result.value.toFixed(0)}/s, processor us a message: servers ${result.serverCpu.toFixed(0)}, clients ${result.clientCpu.toFixed(0)}${p50 === null ? '' : `, p50 ${p50.toFixed(2)} ms, p99 ${String(p99?.toFixed(2))} ms`}${disordered === 0 ? '' : `, ${disordered} out of order`}`,
    );
    this.#done(result);
  }
  tell(part: string, kib: number): void {
    say(`races: ${this.#name} ${part}: ${kib.toFixed(1)}`);
    this.#done({ part, value: kib, unit: 'KiB', serverCpu: 0, clientCpu: 0, p50: null, p99: null, disordered: 0 });
  }
}

export interface Sizes {
  readonly isQuick: boolean;
  readonly flags: readonly string[];
}
type Unit = (court: Court, talk: Talk, sizes: Sizes) => Promise<void>;

const w1: Unit = async (court, talk, { isQuick }) => {
  const slow = talk.slow ?? 1;
  const of = (count: number): number => Math.ceil(count / slow / (isQuick ? 10 : 1));
  const [other = ''] = others;
  await court.open(court.here, [hub]);
  await court.open(court.there, [other]);
  await court.meet([other]);
  await court.there.ask('echo', { name: other });
  const pump = (count: number, window: number): Promise<Ran> =>
    court.here.ask('pump', { from: hub, to: other, run: court.run++, count, window });
  // Everything is compiled before it counts.
  await pump(of(300), 8);
  await pump(of(300), 1);
  await court.meter('pingpong', of(3000), () => pump(of(3000), 1));
  await pump(of(3000), 64);
  await court.meter('pipelined', of(20_000), () => pump(of(20_000), 64));
};

const w2: Unit = async (court, talk, { isQuick }) => {
  const each = isQuick ? 10 : 100;
  const { client } = talk;
  const { spot } = court.field;
  await court.open(court.here, [hub]);
  await court.openOthers();
  await court.meet(others);
  await court.here.ask('close', { names: [hub] });
  const count = SENDERS * each;
  const drain = (run: number): Promise<Ran> =>
    court.here.ask('drain', { client, spot, name: hub, run, count, perSender: each });
  const leave = async (run: number): Promise<Ran> => {
    const spans = await Promise.all(
      court.parts.map(({ at, names }, half) =>
        at.ask('leave', { names, to: hub, run, each, first: half * names.length * each }),
      ),
    );
    return { ms: Math.max(...spans.map(({ end }) => end)) - Math.min(...spans.map(({ start }) => start)) };
  };
  const first = court.run++;
  await leave(first);
  await drain(first);
  await court.here.ask('close', { names: [hub] });
  const run = court.run++;
  await court.meter('leave', count, () => leave(run));
  await court.meter('drain', count, () => drain(run));
};

const w3: Unit = async (court, _, { isQuick }) => {
  const count = isQuick ? 10 : 100;
  await court.open(court.here, [hub]);
  await court.openOthers();
  await court.meet(others);
  const gather = async (at: Worker<ClientProcess>, names: readonly string[]): Promise<void> =>
    at.ask('gather', { names, all: others });
  await gather(court.here, [hub]);
  for (const { at, names } of court.parts) await gather(at, names);
  const burst = async (): Promise<Ran> => {
    const run = court.run++;
    await Promise.all(court.parts.map(({ at, names }) => at.ask('watch', { names, run, count, perSender: count })));
    const start = await court.here.ask('burst', { from: hub, to: others, run, count });
    const watched = await Promise.all(court.parts.map(({ at }) => at.ask('watched', NOTHING)));
    const end = Math.max(...watched.map(({ at }) => at));
    return { ms: end - start, disordered: watched.reduce((sum, { disordered }) => sum + disordered, 0) };
  };
  await burst();
  await court.meter('burst', SENDERS * count, burst);
  // Each text waits for the one before it to be everywhere, which only one process can know without asking another.
  const late = [hub, ...HALVES[1]];
  await court.here.ask('close', { names: [hub] });
  await court.yonder.ask('close', { names: HALVES[1] });
  await court.open(court.there, late);
  await gather(court.there, late);
  const paced = (texts: number): Promise<Ran> =>
    court.there.ask('paced', { from: hub, to: others, run: court.run++, count: texts });
  // Half of them were opened anew: what everybody is told at a start is over by then.
  await paced(count / 2);
  await court.meter('paced', SENDERS * count, () => paced(count));
};

const w4: Unit = async (court, talk, { isQuick }) => {
  const count = isQuick ? 1000 : (talk.idle ?? IDLE);
  const [pid = 0] = court.field.pids;
  const before = await settled(pid);
  await court.open(court.there, idle.slice(0, count), talk.idleClient);
  court.tell('kib-per-connection', ((await settled(pid)) - before) / count);
};

const UNITS: ReadonlyMap<Work, Unit> = new Map([
  ['W1', w1],
  ['W2', w2],
  ['W3', w3],
  ['W4', w4],
]);

const MESSAGES = 100_000;
const w5 = async (receive: Receive, yard: Yard, shared: Yard, { isQuick }: Sizes, name: string): Promise<Result> => {
  const count = isQuick ? MESSAGES / 10 : MESSAGES;
  const { all, count: came, cpu } = await receive(yard, count, shared);
  if (came !== count) throw new Error(`${came} of ${count} messages came`);
  const each = (seconds: number): number => (seconds / count) * 1e6;
  const result: Result = {
    part: 'received',
    value: (count / all) * 1000,
    unit: 'messages/s',
    serverCpu: each(cpu.slice(0, -1).reduce((sum, part) => sum + part, 0)),
    clientCpu: each(cpu.at(-1) ?? 0),
    p50: null,
    p99: null,
    disordered: 0,
  };
  say(
    `races: ${name} received: ${result.value.toFixed(0)}/s, processor us a message: givers ${result.serverCpu.toFixed(0)}, taker ${result.clientCpu.toFixed(0)}`,
  );
  return result;
};

/** `shared`: outlives the work. */
export const runWork = async (
  yard: Yard,
  shared: Yard,
  peer: Peer,
  work: Work,
  sizes: Sizes,
  done: (result: Result) => void,
): Promise<void> => {
  const { talk, receive } = peer;
  if (work === 'W5') {
    if (receive !== undefined) done(await w5(receive, yard, shared, sizes, peer.name));
    return;
  }
  const unit = UNITS.get(work);
  if (unit === undefined || talk === undefined) return;
  const field = await talk.start(yard, work === 'W4' ? idle.slice(0, talk.idle ?? IDLE) : [hub, ...others]);
  await unit(new Court(yard, peer.name, talk, field, sizes.flags, done), talk, sizes);
};
