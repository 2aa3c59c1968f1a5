// The history of a conversation of 100,000 messages, to a device that has just been linked: through a real relay, homes on
// disk, against peers that replicate the same texts in the same run.
import { setTimeout as wait } from 'node:timers/promises';
import type { Bench, Racing } from './bench.ts';
import { now } from './figures.ts';
import { say } from './line.ts';
import { longConversation, SEED, startPerson, until, type Person } from './people.ts';
import type { Got, HistoryPeer } from './history-peers-process.ts';
import { cpuOf, type Worker } from './yard.ts';

const SCREEN = 50;
const LOOK_MS = 10;
const LONGEST_MS = 20 * 60_000;

interface Measured extends Got {
  /** Seconds of processor time: of who gives, of who gets, and of what is between them. */
  readonly cpu: readonly number[];
}
const measured = async (pids: readonly number[], work: () => Promise<Got>): Promise<Measured> => {
  const before = pids.map(cpuOf);
  const got = await work();
  return { ...got, cpu: pids.map((pid, i) => cpuOf(pid) - (before[i] ?? 0)) };
};

const newest = async (person: Person, conversation: string): Promise<readonly string[]> =>
  (await person.call('log', { conversation, limit: SCREEN })).map(({ event }) => event);

/** Counted from when the new device knows that it is in. */
const kith = async ({ yard }: Racing, count: number): Promise<Measured> => {
  const relay = await yard.relay('process', ['--loopback-factor', '1000']);
  const { alice: home, conversation } = await longConversation(yard, relay, count);
  const profile = process.env['KITH_BENCH_PROFILE'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const alice = await startPerson(yard, 'alice', relay, flags, home);
  const phone = await startPerson(yard, 'phone', relay, flags);
  const last = (await newest(alice, conversation)).join();
  const { link } = await alice.call('device.link', { history: 'all' });
  const joined = now();
  await phone.call('device.join', { link, name: 'phone' });
  await until('the phone is in', async () => (await phone.call('device.list', {})).length === 2);
  say(`history: linked in ${Math.round(now() - joined)} ms`);
  const before = await phone.engine.ask('wire', undefined as never);
  const got = await measured([alice.engine.pid, phone.engine.pid, relay.pid], async () => {
    const start = now();
    let first: number | undefined;
    let has: readonly string[] = [];
    for (const end = start + LONGEST_MS; has.join() !== last && now() < end;) {
      const isThere = (await phone.call('contact.list', {})).some((one) => one.conversation === conversation);
      has = isThere ? await newest(phone, conversation) : [];
      if (has.length === SCREEN) first ??= now() - start;
      await wait(first === undefined ? LOOK_MS : 20 * LOOK_MS);
    }
    const all = now() - start;
    const { received } = await phone.engine.ask('wire', undefined as never);
    return { all, first: first ?? all, received: received - before.received, count: 0 };
  });
  return { ...got, count: await phone.engine.ask('countLines', { conversation }) };
};

type Serve = (source: Worker<HistoryPeer>) => Promise<(fresh: Worker<HistoryPeer>) => Promise<Got>>;
const peer = async ({ yard }: Racing, serve: Serve): Promise<Measured> => {
  const source = yard.worker<HistoryPeer>('history-peers-process.ts');
  const fresh = yard.worker<HistoryPeer>('history-peers-process.ts');
  const fetch = await serve(source);
  return measured([source.pid, fresh.pid], () => fetch(fresh));
};
const hypercore =
  (racing: Racing, count: number, encrypted: boolean): (() => Promise<Measured>) =>
  () =>
    peer(racing, async (source) => {
      const folder = (name: string): string => racing.yard.newFolder(name);
      const at = await source.ask('serveHypercore', { folder: folder('source'), count, seed: SEED, encrypted });
      return (fresh) => fresh.ask('fetchHypercore', { folder: folder('fresh'), encrypted, ...at });
    });
const automerge =
  (racing: Racing, count: number): (() => Promise<Measured>) =>
  () =>
    peer(racing, async (source) => {
      const at = await source.ask('serveAutomerge', { count, seed: SEED });
      return (fresh) => fresh.ask('fetchAutomerge', { ...at, count });
    });

export const bench: Bench = async (racing) => {
  const { isQuick, print } = racing;
  const count = isQuick ? 2000 : 100_000;
  const own = await kith(racing, count);
  const peers = [
    ['hypercore', hypercore(racing, count, false)],
    ['hypercore-encrypted', hypercore(racing, count, true)],
    ['automerge-repo', automerge(racing, count)],
  ] as const;
  for (const { count: got } of [own]) if (got < count) throw new Error(`${got} of ${count} messages came`);
  const tell = (name: string, { all, cpu }: Measured): void =>
    say(`history: ${name} ${Math.round(all)} ms, processor ${cpu.map((part) => part.toFixed(2)).join(' + ')} s`);
  tell('kith', own);
  const rate = ({ all }: Measured): number => (count / all) * 1000;
  const cpu = ({ cpu: parts }: Measured): number => (parts.reduce((sum, part) => sum + part, 0) / count) * 1e6;
  for (const [name, race] of peers) {
    const theirs = await race();
    tell(name, theirs);
    if (theirs.count < count) throw new Error(`${name}: ${theirs.count} of ${count} messages came`);
    const both = (of: (one: Measured) => number) => ({ peer: name, value: of(own), peerValue: of(theirs) });
    const durability = 'process';
    print({ metric: `history-${count}`, ...both(rate), unit: 'messages/s', better: 'higher', durability });
    print({ metric: `history-${count}-cpu`, ...both(cpu), unit: 'us/message', better: 'lower', durability });
    print({
      metric: `history-${count}-wire`,
      ...both(({ received }) => received / count),
      unit: 'bytes/message',
      better: 'lower',
      durability,
    });
    print({ metric: 'history-first-screen', ...both(({ first }) => first), unit: 'ms', better: 'lower', durability });
  }
};
