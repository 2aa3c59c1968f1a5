// A process with clients of one peer: what each work has them do.
import { answer } from '../child.ts';
import { now, quantile } from '../figures.ts';
import type { Hear, MeetingClient, OpenClient, RaceClient, Spot } from './peer.ts';
import { ackText, newText, readText } from './texts.ts';

/** So many connections are made at a time. */
const AT_ONCE = 20;
const LONGEST_MS = 120_000;

const clients = new Map<string, RaceClient>();
const clientOf = (name: string): RaceClient => {
  const client = clients.get(name);
  if (client === undefined) throw new Error(`no client ${name}`);
  return client;
};
const listeners = new Map<string, Hear>();
const open = async (client: string, spot: Spot, name: string): Promise<void> => {
  const { openClient } = (await import(`./${client}`)) as { readonly openClient: OpenClient };
  clients.set(name, await openClient(spot, name, (from, text) => listeners.get(name)?.(from, text)));
};
const meeting = (name: string): MeetingClient => clientOf(name) as MeetingClient;

const inTime = <T>(what: string, work: Promise<T>, state: () => string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done in time, ${state()}`)), LONGEST_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Each number of a run once at each client; over when all are there. */
class Watch {
  readonly done: Promise<number>;
  readonly late: number[] = [];
  left: number;
  /** How often a number was lower than one before it. */
  disordered = 0;
  twice = 0;

  constructor(
    names: readonly string[],
    run: number,
    count: number,
    perSender: number,
    told?: (name: string, number: number) => void,
  ) {
    this.left = names.length * count;
    this.done = new Promise((resolve) => {
      for (const name of names) {
        const seen = new Uint8Array(count);
        const last = new Map<string, number>();
        listeners.set(name, (from, text) => {
          const read = readText(text);
          if (read === undefined || read.run !== run || read.isAck) return;
          const { number } = read;
          if (seen[number] !== 0) {
            this.twice++;
            return;
          }
          seen[number] = 1;
          if (number % perSender < (last.get(from) ?? 0)) this.disordered++;
          last.set(from, number % perSender);
          this.left--;
          told?.(name, number);
          if (this.left === 0) resolve(now());
        });
      }
    });
  }
}
let watch: Watch | undefined;

const methods = {
  async open({
    client,
    spot,
    names,
  }: {
    readonly client: string;
    readonly spot: Spot;
    readonly names: readonly string[];
  }): Promise<void> {
    for (let at = 0; at < names.length; at += AT_ONCE)
      await Promise.all(names.slice(at, at + AT_ONCE).map((name) => open(client, spot, name)));
  },
  async close({ names }: { readonly names: readonly string[] }): Promise<void> {
    await Promise.all(names.map((name) => clientOf(name).close()));
    for (const name of names) {
      clients.delete(name);
      listeners.delete(name);
    }
  },
  async gather({ names, all }: { readonly names: readonly string[]; readonly all: readonly string[] }): Promise<void> {
    for (const name of names) await clientOf(name).gather?.(all);
  },
  invite: ({ name }: { readonly name: string }): Promise<string> => meeting(name).invite(),
  accept: ({ name, link }: { readonly name: string; readonly link: string }): Promise<string> =>
    meeting(name).accept(link),
  met: ({
    name,
    who,
    conversation,
  }: {
    readonly name: string;
    readonly who: string;
    readonly conversation: string;
  }): Promise<void> => meeting(name).met(who, conversation),

  /** Answers each text with a short one that names its number. */
  echo({ name }: { readonly name: string }): void {
    const client = clientOf(name);
    listeners.set(name, (from, text) => {
      const read = readText(text);
      if (read !== undefined && !read.isAck) client.send(from, ackText(read.run, read.number));
    });
  },
  /** W1: `count` texts of 1 KiB, at most `window` of them unanswered. Milliseconds for all, and of each. */
  async pump({
    from,
    to,
    run,
    count,
    window,
  }: {
    readonly from: string;
    readonly to: string;
    readonly run: number;
    readonly count: number;
    readonly window: number;
  }): Promise<{ readonly ms: number; readonly p50: number; readonly p99: number; readonly disordered: number }> {
    const client = clientOf(from);
    const sentAt = new Float64Array(count);
    const taken: number[] = [];
    let next = 0;
    let done = 0;
    let disordered = 0;
    let highest = -1;
    const start = now();
    const all = new Promise<void>((resolve) => {
      const push = (): void => {
        for (; next < count && next - done < window; next++) {
          sentAt[next] = now();
          client.send(to, newText(run, next));
        }
      };
      listeners.set(from, (_, text) => {
        const read = readText(text);
        if (read === undefined || read.run !== run || !read.isAck) return;
        taken.push(now() - (sentAt[read.number] as number));
        if (read.number < highest) disordered++;
        highest = Math.max(highest, read.number);
        done++;
        if (done === count) resolve();
        else push();
      });
      push();
    });
    await inTime('W1', all, () => `${done} of ${count}`);
    return { ms: now() - start, p50: quantile(taken, 0.5), p99: quantile(taken, 0.99), disordered };
  },
  /** W2: each of `names` sends `each` texts, numbered from `first` on, to somebody who is away. When it began, and ended. */
  async leave({
    names,
    to,
    run,
    each,
    first,
  }: {
    readonly names: readonly string[];
    readonly to: string;
    readonly run: number;
    readonly each: number;
    readonly first: number;
  }): Promise<{ readonly start: number; readonly end: number }> {
    const start = now();
    for (let i = 0; i < each; i++) {
      for (const [who, name] of names.entries()) clientOf(name).send(to, newText(run, first + who * each + i));
      // As people do, they do not all speak within one turn of the loop.
      if (i % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    await inTime('W2 leave', Promise.all(names.map((name) => clientOf(name).taken())), () => 'not taken');
    return { start, end: now() };
  },
  /** From here on each of `names` is to get `count` texts of this run, `perSender` of each sender. */
  watch({
    names,
    run,
    count,
    perSender,
  }: {
    readonly names: readonly string[];
    readonly run: number;
    readonly count: number;
    readonly perSender: number;
  }): void {
    watch = new Watch(names, run, count, perSender);
  },
  /** Opens one who was away, and watches what comes. When all was there, from the beginning of opening on. */
  async drain({
    client,
    spot,
    name,
    run,
    count,
    perSender,
  }: {
    readonly client: string;
    readonly spot: Spot;
    readonly name: string;
    readonly run: number;
    readonly count: number;
    readonly perSender: number;
  }): Promise<{ readonly ms: number; readonly disordered: number }> {
    const start = now();
    const watching = new Watch([name], run, count, perSender);
    await open(client, spot, name);
    const end = await inTime('W2 drain', watching.done, () => `${watching.left} of ${count} are lacking`);
    return { ms: end - start, disordered: watching.disordered };
  },
  /** W5: reads `count` texts of this run from an archive. */
  async recall({
    name,
    run,
    count,
  }: {
    readonly name: string;
    readonly run: number;
    readonly count: number;
  }): Promise<{ readonly ms: number; readonly count: number }> {
    const start = now();
    const watching = new Watch([name], run, count, count);
    await clientOf(name).history?.();
    return { ms: now() - start, count: count - watching.left };
  },
  async watched(): Promise<{ readonly at: number; readonly disordered: number }> {
    const watching = watch;
    if (watching === undefined) throw new Error('nobody watches');
    const at = await inTime('W3', watching.done, () => `${watching.left} are lacking`);
    return { at, disordered: watching.disordered };
  },
  /** W3 burst: as many texts as one can, each to all. When it began. */
  burst({
    from,
    to,
    run,
    count,
  }: {
    readonly from: string;
    readonly to: readonly string[];
    readonly run: number;
    readonly count: number;
  }): number {
    const client = clientOf(from);
    const start = now();
    for (let i = 0; i < count; i++) sendToAll(client, to, newText(run, i));
    return start;
  },
  /** W3 paced: each text to all, and the next one when all have it. Sender and receivers are in this process. */
  async paced({
    from,
    to,
    run,
    count,
  }: {
    readonly from: string;
    readonly to: readonly string[];
    readonly run: number;
    readonly count: number;
  }): Promise<{ readonly ms: number; readonly p50: number; readonly p99: number }> {
    const client = clientOf(from);
    const took: number[] = [];
    let left = to.length;
    let sentAt = now();
    let next = 0;
    const start = now();
    const push = (): void => {
      left = to.length;
      sentAt = now();
      sendToAll(client, to, newText(run, next++));
    };
    const watching = new Watch(to, run, count, count, () => {
      took.push(now() - sentAt);
      left--;
      if (left === 0 && next < count) push();
    });
    push();
    await inTime('W3 paced', watching.done, () => `${watching.left} are lacking`);
    return { ms: now() - start, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
  },
};
const sendToAll = (client: RaceClient, to: readonly string[], text: string): void => {
  if (client.sendAll !== undefined) client.sendAll(text);
  else for (const name of to) client.send(name, text);
};
export type ClientProcess = typeof methods;
answer(methods);
