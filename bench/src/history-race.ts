// The history of a conversation of 100,000 messages, to a device that has just been linked: through a real relay, homes on
// disk, against peers that replicate the same texts in the same run.
import type { Method, Methods } from '@kith/core/client';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bench, Racing } from './bench.ts';
import { withEngine } from './browser-home.ts';
import { buildParts, siteWithBench } from './build.ts';
import { now } from './figures.ts';
import { say } from './line.ts';
import { longConversation, SEED, startPerson, until, type Person } from './people.ts';
import type { Got, HistoryPeer } from './history-peers-process.ts';
import { cpuOf, type Server, type Worker } from './yard.ts';

const SCREEN = 50;
/** More than are shown ahead of the rest: the mark that older ones are still to come is among them. */
const LOOKED_AT = 100;
const LOOK_MS = 10;
const LONGEST_MS = 30 * 60_000;

interface Measured extends Got {
  /** Seconds of processor time: of who gives, of who gets, and of what is between them. */
  readonly cpu: readonly number[];
}
const measured = async (pids: readonly number[], work: () => Promise<Got>): Promise<Measured> => {
  const before = pids.map(cpuOf);
  const got = await work();
  return { ...got, cpu: pids.map((pid, i) => cpuOf(pid) - (before[i] ?? 0)) };
};

/** A device without anything, in Node or in a browser. */
interface Fresh {
  call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']>;
  received(): Promise<number>;
}
const newest = async (device: Fresh | Person, conversation: string) => {
  const lines = await device.call('log', { conversation, limit: LOOKED_AT });
  const screen = lines.slice(-SCREEN).map(({ event, text }) => `${event} ${text ?? ''}`);
  return { screen: screen.join(), isWhole: lines.every(({ gap }) => !gap) };
};

/** Counted from when the new device knows that it is in. */
const fill = async (alice: Person, fresh: Fresh, conversation: string, pids: readonly number[]): Promise<Measured> => {
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
    const all = now() - start;
    return { all, first: first ?? all, received: (await fresh.received()) - before, count: 0 };
  });
};

interface Kith {
  readonly relay: Server;
  readonly alice: Person;
  readonly conversation: string;
}
const prepare = async ({ yard }: Racing, count: number): Promise<Kith> => {
  buildParts('web');
  const relay = await yard.relay('process', ['--loopback-factor', '1000', '--web-root', await siteWithBench(yard)]);
  const { alice: home, conversation } = await longConversation(yard, relay, count);
  return { relay, alice: await startPerson(yard, 'alice', relay, [], home), conversation };
};
const inNode = async ({ yard }: Racing, { relay, alice, conversation }: Kith): Promise<Measured> => {
  const phone = await startPerson(yard, 'phone', relay);
  const fresh: Fresh = {
    call: phone.call,
    received: async () => (await phone.engine.ask('wire', undefined as never)).received,
  };
  const got = await fill(alice, fresh, conversation, [alice.engine.pid, phone.engine.pid, relay.pid]);
  const count = await phone.engine.ask('countLines', { conversation });
  await phone.engine.ask('close', undefined as never);
  return { ...got, count };
};
const inChromium = async ({ yard }: Racing, { relay, alice, conversation }: Kith): Promise<Measured> =>
  withEngine(yard.newFolder('profile'), relay, async (page) => {
    const fresh: Fresh = {
      call: async (method, params) =>
        (await page.evaluate(([name, given]) => kithBench.call(name, given), [method, params] as const)) as never,
      received: async () => 0,
    };
    return fill(alice, fresh, conversation, [alice.engine.pid, relay.pid]);
  });

type Serve = (source: Worker<HistoryPeer>) => Promise<(fresh: Worker<HistoryPeer>) => Promise<Got>>;
const peer = async ({ yard }: Racing, serve: Serve): Promise<Measured> => {
  const source = yard.worker<HistoryPeer>('history-peers-process.ts');
  const fresh = yard.worker<HistoryPeer>('history-peers-process.ts');
  const fetch = await serve(source);
  return measured([source.pid, fresh.pid], () => fetch(fresh));
};
const hypercore = (racing: Racing, count: number, encrypted: boolean): Promise<Measured> =>
  peer(racing, async (source) => {
    const folder = (name: string): string => racing.yard.newFolder(name);
    const at = await source.ask('serveHypercore', { folder: folder('source'), count, seed: SEED, encrypted });
    return (fresh) => fresh.ask('fetchHypercore', { folder: folder('fresh'), encrypted, ...at });
  });
const automerge = (racing: Racing, count: number): Promise<Measured> =>
  peer(racing, async (source) => {
    const at = await source.ask('serveAutomerge', { count, seed: SEED });
    return (fresh) => fresh.ask('fetchAutomerge', { ...at, count });
  });

export const bench: Bench = async (racing) => {
  const { isQuick, print } = racing;
  const count = isQuick ? 2000 : 100_000;
  const tell = (name: string, { all, first, cpu }: Measured): void => {
    const parts = cpu.map((part) => part.toFixed(2)).join(' + ');
    say(`history: ${name} ${Math.round(all)} ms, first screen ${Math.round(first)} ms, processor ${parts} s`);
  };
  const rate = ({ all }: Measured): number => (count / all) * 1000;
  const cpu = ({ cpu: parts }: Measured): number => (parts.reduce((sum, part) => sum + part, 0) / count) * 1e6;
  const durability = 'process';

  const kith = await prepare(racing, count);
  const own = await inNode(racing, kith);
  tell('kith', own);
  if (own.count < count) throw new Error(`${own.count} of ${count} messages came`);
  for (const [name, race] of [
    ['hypercore', () => hypercore(racing, count, false)],
    ['hypercore-encrypted', () => hypercore(racing, count, true)],
    ['automerge-repo', () => automerge(racing, count)],
  ] as const) {
    const theirs = await race();
    tell(name, theirs);
    if (theirs.count < count) throw new Error(`${name}: ${theirs.count} of ${count} messages came`);
    const both = (of: (one: Measured) => number) => ({ peer: name, value: of(own), peerValue: of(theirs) });
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
  const chromium = await inChromium(racing, kith);
  tell('chromium', chromium);
  const none = { peer: 'none', peerValue: null, durability: 'power' } as const;
  print({ ...none, metric: `chromium-history-${count}`, value: rate(chromium), unit: 'messages/s', better: 'higher' });
  print({ ...none, metric: 'chromium-history-first-screen', value: chromium.first, unit: 'ms', better: 'lower' });
};
