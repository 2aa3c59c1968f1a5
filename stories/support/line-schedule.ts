// Two people write to each other over a line and a relay that fail by a schedule drawn from a seed. Acknowledged is what an engine
// answered to, or what a screen has shown. After each fault a new text goes each way, and is waited for.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { person, steps } from '../../apps/web/test/support.ts';
import { pair, Stage } from '../../apps/cli/test/support/processes.ts';
import { BadLine, FAIR, type Weather } from './bad-line.ts';
import { Client, compare, killNow, moments, startRelay, textsOf } from './kill.ts';
import { shownOn } from './screens.ts';

export interface LineReport {
  readonly faults: number;
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** Own texts whose state was not `delivered` in the end. */
  readonly undelivered: readonly string[];
  /** From the end of each fault until a text written then was at the other side, in milliseconds. */
  readonly resumed: readonly { readonly fault: string; readonly ms: number }[];
  readonly passed: BadLine['passed'];
}
export interface LineOptions {
  readonly seed: number;
  readonly faults: number;
  /** One of them sits at a screen. */
  readonly browser?: boolean;
  /** A fault lasts up to so long. */
  readonly longestMs?: number;
  readonly kinds?: readonly string[];
  readonly tell?: (after: LineReport['resumed'][number]) => void;
}

const WEATHER: Readonly<Record<string, Weather>> = {
  slow: { delayMs: 3000 },
  mixed: { delayMs: 1500, mixed: true },
  narrow: { bytesPerSecond: 6000 },
  cuts: { delayMs: 300, mixed: true, cut: 0.1 },
  closed: { closed: true },
  silent: { silent: 'both' },
  'silent to the relay': { silent: 'up' },
  'silent from the relay': { silent: 'down' },
};
/** The relay itself: down for the time of the fault, then as it was, without its cells, or another one under another key. */
const RELAY = ['relay down', 'relay wiped', 'relay replaced'] as const;
export const FAULTS: readonly string[] = [...Object.keys(WEATHER), ...RELAY];
const RESUMED_MS = 60_000;
const GIVEN_UP_MS = 2 * RESUMED_MS;

interface Side {
  /** False: not acknowledged. */
  send(text: string): Promise<boolean>;
  texts(): Promise<readonly unknown[]>;
  /** Of own texts that stand there. */
  undelivered(): Promise<readonly string[]>;
}
interface Line {
  readonly kind: string;
  readonly mine: boolean;
  readonly text: string | null;
  readonly state: string | null;
}
const engineSide = (client: Client, conversation: string): Side => ({
  send: async (text) => (await client.ask('send', { conversation, text })) !== undefined,
  texts: () => textsOf(client, conversation),
  undelivered: async () =>
    ((await client.ask('log', { conversation, limit: 500 })) as readonly Line[])
      .filter(({ kind, mine, state }) => kind === 'text' && mine && state !== 'delivered' && state !== 'read')
      .map(({ text }) => text ?? ''),
});

export const lineSchedule = async ({
  seed,
  faults,
  browser = false,
  longestMs = 20_000,
  kinds = FAULTS,
  tell = () => undefined,
}: LineOptions): Promise<LineReport> => {
  const stage = new Stage();
  const random = moments(seed);
  let relay = await startRelay(stage, 0);
  const line = await BadLine.open(relay.port, moments(seed + 1));
  const clients: Client[] = [];
  const begin = (home: Parameters<typeof engineOf>[0]): Client => {
    const client = engineOf(home);
    clients.push(client);
    return client;
  };
  const engineOf = (home: ConstructorParameters<typeof Client>[1]): Client => new Client(stage, home);
  // High enough for all lines: a list holds what is near to the window, and what came late stands further up.
  const screen = browser ? await person({ width: 400, height: 12_000 }) : undefined;
  try {
    const { sides } = await meet(stage, line.url, begin, screen);
    const acknowledged: string[] = [];
    const resumed: { fault: string; ms: number }[] = [];
    let isOn = true;
    let texts = 0;
    /** During a fault one of them may be silent: what only listens has to come back too. */
    let quiet = -1;
    const writing = sides.map(async (side, i) => {
      while (isOn) {
        const text = `${i} writes ${texts++}`;
        if (quiet !== i && (await side.send(text))) acknowledged.push(text);
        await setTimeout((200 + random(1000)) * (browser ? 3 : 1));
      }
    });
    const has = async (side: Side, text: string): Promise<boolean> => (await side.texts()).includes(text);
    const arrives = async (from: Side, to: Side, text: string, since: number): Promise<number> => {
      if (await from.send(text)) acknowledged.push(text);
      while (!(await has(to, text)) && performance.now() - since < GIVEN_UP_MS) await setTimeout(100);
      return performance.now() - since;
    };
    for (let i = 0; i < faults; i++) {
      const fault = kinds[(i + random(2) * random(kinds.length)) % kinds.length] as string;
      quiet = random(4) - 1;
      const weather = WEATHER[fault];
      const lasts = longestMs / 10 + random(longestMs);
      if (weather === undefined) {
        await killNow(relay.child);
        await setTimeout(lasts);
        const data = join(stage.folder, 'relay');
        if (fault === 'relay wiped')
          for (const part of ['cells', 'places']) rmSync(join(data, part), { recursive: true });
        if (fault === 'relay replaced') rmSync(data, { recursive: true });
        relay = await startRelay(stage, relay.port);
      } else {
        line.set(weather);
        await setTimeout(lasts);
        line.set(FAIR);
      }
      const ended = performance.now();
      const [one, other] = sides;
      const took = await Promise.all([
        quiet === 0 ? 0 : arrives(one, other, `after fault ${i} from 0`, ended),
        quiet === 1 ? 0 : arrives(other, one, `after fault ${i} from 1`, ended),
      ]);
      const after = { fault: `${fault} for ${Math.round(lasts / 1000)} s`, ms: Math.round(Math.max(...took)) };
      resumed.push(after);
      tell(after);
    }
    isOn = false;
    await Promise.all(writing);
    for (const end = performance.now() + GIVEN_UP_MS; ;) {
      const there = await Promise.all(sides.map((side) => side.texts()));
      const undelivered = (await Promise.all(sides.map((side) => side.undelivered()))).flat();
      const { lost, twice } = compare(faults, acknowledged, there, []);
      if ((lost.length === 0 && undelivered.length === 0) || performance.now() > end)
        return { faults, acknowledged: acknowledged.length, lost, twice, undelivered, resumed, passed: line.passed };
      await setTimeout(200);
    }
  } finally {
    await screen?.close();
    for (const { child } of [...clients, relay]) await killNow(child);
    await line.close();
    await stage.close();
  }
};

const meet = async (
  stage: Stage,
  url: string,
  begin: (home: ConstructorParameters<typeof Client>[1]) => Client,
  screen: Awaited<ReturnType<typeof person>> | undefined,
): Promise<{ readonly sides: readonly [Side, Side] }> => {
  if (screen === undefined) {
    const { alice, bob, conversation } = await pair(stage, url);
    return { sides: [engineSide(begin(alice), conversation), engineSide(begin(bob), conversation)] };
  }
  const home = stage.home('alice');
  await home.do(['init', '--name', 'Alice', '--relay', url]);
  const client = begin(home);
  const { link } = (await client.ask('invite.create')) as { readonly link: string };
  const { page } = screen;
  await page.goto(link);
  await steps(page).connect();
  const [invite] = (await client.ask('invite.list')) as readonly { readonly conversation: string }[];
  /** By event: the list holds only what is near to the end. */
  const seen = new Map<string, string>();
  let typed = Promise.resolve(true);
  const look = async (): Promise<readonly string[]> => {
    const shown = await shownOn(page);
    for (const { event, text } of shown) seen.set(event, text);
    return shown.map(({ text }) => text);
  };
  return {
    sides: [
      engineSide(client, invite?.conversation ?? ''),
      {
        // One text after the other: there is one field to write in.
        send: (text) =>
          (typed = typed.then(async () => {
            await steps(page).write(text);
            await steps(page).message(text).last().waitFor();
            return true;
          })),
        texts: async () => {
          await look();
          return [...seen.values()];
        },
        undelivered: async () =>
          (await shownOn(page))
            .filter(({ state }) => state !== null && !['delivered', 'read'].includes(state))
            .map(({ text }) => text),
      },
    ],
  };
};
