// How a device or a peer without anything comes to a long history: who has it and who gets it in processes of their own.
import type { Method, Methods } from '@kith/core/client';
import { cpSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { now } from './figures.ts';
import type { HistoryPeer } from './history-peers-process.ts';
import type { Got } from './history-texts.ts';
import { say } from './line.ts';
import { longConversation, SEED, startPerson, until, type Person } from './people.ts';
import type { Replicas } from './replicas-process.ts';
import { numbers, textOf } from './words.ts';
import { cpuOf, type Answers, type Server, type Worker, type Yard } from './yard.ts';

const SCREEN = 50;
/** More than are shown ahead of the rest: the mark that older ones are still to come is among them. */
const LOOKED_AT = 100;
const LOOK_MS = 10;
/** What was written first. */
const OLDEST = textOf(numbers(SEED));
const LONGEST_MS = 30 * 60_000;

export interface Measured extends Got {
  /** Seconds of processor time: of who gives, of who gets, and of what is between them. */
  readonly cpu: readonly number[];
}
export const measured = async (pids: readonly number[], work: () => Promise<Got>): Promise<Measured> => {
  const before = pids.map(cpuOf);
  const got = await work();
  return { ...got, cpu: pids.map((pid, i) => cpuOf(pid) - (before[i] ?? 0)) };
};

/** A device without anything, in Node or in a browser. */
export interface Fresh {
  call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']>;
  received(): Promise<number>;
}
const newest = async (device: Fresh | Person, conversation: string) => {
  const lines = await device.call('log', { conversation, limit: LOOKED_AT });
  const screen = lines.slice(-SCREEN).map(({ event, text }) => `${event} ${text ?? ''}`);
  return { screen: screen.join(), isWhole: lines.every(({ gap }) => !gap) };
};

/** Counted from when the new device knows that it is in, until all is there and the oldest of it is found by its words. */
export const fill = async (
  alice: Person,
  fresh: Fresh,
  conversation: string,
  pids: readonly number[],
): Promise<Measured> => {
  const last = (await newest(alice, conversation)).screen;
  const devices = (await alice.call('device.list', {})).length + 1;
  const { link } = await alice.call('device.link', { history: 'all' });
  const joined = now();
  await fresh.call('device.join', { link, name: 'fresh' });
  await until('the device is in', async () => (await fresh.call('device.list', {})).length === devices);
  say(`history: linked in ${Math.round(now() - joined)} ms`);
  const before = await fresh.received();
  const spentBefore = pids.map(cpuOf);
  return measured(pids, async () => {
    const start = now();
    let first: number | undefined;
    // The newest lines come first: that they are here says nothing of the rest.
    let isWhole = false;
    for (const end = start + LONGEST_MS; !isWhole && now() < end;) {
      const isThere = (await fresh.call('contact.list', {})).some((one) => one.conversation === conversation);
      const has = isThere ? await newest(fresh, conversation) : undefined;
      if (has?.screen === last && first === undefined) {
        first = now() - start;
        const spent = pids.map((pid, i) => (cpuOf(pid) - (spentBefore[i] ?? 0)).toFixed(2));
        say(`history: first screen after ${Math.round(first)} ms, processor ${spent.join(' + ')} s`);
      }
      isWhole = has?.screen === last && has.isWhole;
      await wait(first === undefined ? LOOK_MS : 20 * LOOK_MS);
    }
    const [found] = await fresh.call('search', { query: OLDEST, in: conversation, limit: 1 });
    if (found?.text !== OLDEST) throw new Error('what is there is not found');
    const all = now() - start;
    return { all, first: first ?? all, received: (await fresh.received()) - before, count: 0 };
  });
};

/** A conversation of `count` texts at its owner's, and the relay through which others come to it. */
export interface Kept {
  readonly relay: Server;
  readonly alice: Person;
  readonly conversation: string;
  readonly durability: 'process' | 'power';
}
/** A home with the texts; whoever wants it takes a copy. */
export interface Written {
  readonly home: string;
  readonly conversation: string;
  /** It looks for its relay where it had one. */
  readonly port: string;
}
export const written = async (yard: Yard, count: number): Promise<Written> => {
  const relay = await yard.relay();
  const { alice: home, conversation } = await longConversation(yard, relay, count);
  await yard.stop(relay);
  return { home, conversation, port: new URL(relay.url).port };
};
/** Copied, and opened over a relay of its own. */
export const keep = async (
  yard: Yard,
  { home: from, conversation, port }: Written,
  durability: 'process' | 'power',
  more: readonly string[] = [],
): Promise<Kept> => {
  const home = yard.newFolder('alice');
  cpSync(from, home, { recursive: true });
  const relay = await yard.relay(durability, ['--port', port, '--loopback-factor', '1000', ...more]);
  return { relay, alice: await startPerson(yard, 'alice', relay, { home, durability }), conversation, durability };
};
export const inNode = async (yard: Yard, { relay, alice, conversation, durability }: Kept): Promise<Measured> => {
  const phone = await startPerson(yard, 'phone', relay, { durability });
  const fresh: Fresh = {
    call: phone.call,
    received: async () => (await phone.engine.ask('wire', undefined as never)).received,
  };
  const got = await fill(alice, fresh, conversation, [alice.engine.pid, relay.pid, phone.engine.pid]);
  const count = await phone.engine.ask('countLines', { conversation });
  await phone.engine.ask('close', undefined as never);
  return { ...got, count };
};

const between = async <M extends Answers>(
  yard: Yard,
  file: string,
  serve: (source: Worker<M>) => Promise<(fresh: Worker<M>) => Promise<Got>>,
): Promise<Measured> => {
  const source = yard.worker<M>(file);
  const fresh = yard.worker<M>(file);
  const fetch = await serve(source);
  return measured([source.pid, fresh.pid], () => fetch(fresh));
};
const hypercore = (yard: Yard, count: number, encrypted: boolean): Promise<Measured> =>
  between<HistoryPeer>(yard, 'history-peers-process.ts', async (source) => {
    const at = await source.ask('serveHypercore', { folder: yard.newFolder('source'), count, seed: SEED, encrypted });
    return (fresh) => fresh.ask('fetchHypercore', { folder: yard.newFolder('fresh'), encrypted, ...at });
  });
/** Others, by name: each from its own texts, which are the same. */
export const REPLICAS = {
  hypercore: (yard, count) => hypercore(yard, count, false),
  'hypercore-encrypted': (yard, count) => hypercore(yard, count, true),
  'automerge-repo': (yard, count) =>
    between<HistoryPeer>(yard, 'history-peers-process.ts', async (source) => {
      const at = await source.ask('serveAutomerge', { count, seed: SEED });
      return (fresh) => fresh.ask('fetchAutomerge', { ...at, count });
    }),
  yjs: (yard, count) =>
    between<Replicas>(yard, 'replicas-process.ts', async (source) => {
      const at = await source.ask('serveYjs', { count, seed: SEED });
      return (fresh) => fresh.ask('fetchYjs', { ...at, file: yard.newFolder('state') });
    }),
  'signature-each': (yard, count) =>
    between<Replicas>(yard, 'replicas-process.ts', async (source) => {
      const at = await source.ask('serveSigned', { count, seed: SEED });
      return (fresh) => fresh.ask('fetchSigned', { ...at, count });
    }),
  'floor-ws': (yard, count) =>
    between<Replicas>(yard, 'replicas-process.ts', async (source) => {
      const at = await source.ask('serveBare', { count, seed: SEED });
      return (fresh) => fresh.ask('fetchBare', { ...at, count });
    }),
} as const satisfies Readonly<Record<string, (yard: Yard, count: number) => Promise<Measured>>>;
