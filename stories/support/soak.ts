// A light steady load for a long time: two people's processes, a relay and a screen write to each other and are restarted in
// turn, while their memory, open files, disks, starts and what waits are watched.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { steps } from '../../apps/web/test/support.ts';
import { pair, Stage } from '../../apps/cli/test/support/processes.ts';
import { kill, startBrowser, type Browser } from './browser-kill.ts';
import { holderOf } from './failed-tab-calls.ts';
import { Client, compare, isOver, killNow, moments, startRelay, textsOf } from './kill.ts';
import { shownOn } from './screens.ts';

const WATCHED = ['alice', 'bob', 'relay', 'screen'] as const;
type Watched = (typeof WATCHED)[number];

/** The middle and the highest of the first and of the last third of the samples. */
interface Course {
  readonly first: number;
  readonly last: number;
  readonly most: number;
}
export interface SoakReport {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** Typed, and not shown by the screen within a minute: the text, and what was there instead. */
  readonly unseen: readonly string[];
  readonly undelivered: number;
  /** The most texts that waited at a sample, and how many there were at the last one before the end. */
  readonly waited: number;
  readonly restarts: number;
  readonly starts: Readonly<
    Record<Watched, { readonly first: number; readonly median: number; readonly most: number }>
  >;
  readonly memoryMiB: Readonly<Record<Watched, Course>>;
  readonly files: Readonly<Record<Watched, Course>>;
  readonly diskKiB: Readonly<Record<Watched, Course>>;
}
export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Milliseconds between two texts of one writer. */
  readonly every: number;
  /** Seconds between two restarts. */
  readonly restart: number;
  readonly tell?: (line: string) => void;
}

const bytesIn = (folder: string): number => {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
};
const middle = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const courseOf = (numbers: readonly number[]): Course => {
  const third = Math.ceil(numbers.length / 3);
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    first: round(middle(numbers.slice(0, third))),
    last: round(middle(numbers.slice(-third))),
    most: round(Math.max(...numbers)),
  };
};

interface Sample {
  readonly memoryMiB: number;
  readonly files: number;
  readonly diskKiB: number;
}
/** Undefined when the process ended meanwhile. */
const sampleOf = (pid: string, folder: string): Sample | undefined => {
  try {
    const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return {
      memoryMiB: kib / 1024,
      files: readdirSync(`/proc/${pid}/fd`).length,
      diskKiB: bytesIn(folder) / 1024,
    };
  } catch {
    return undefined;
  }
};

const SAMPLE_MS = 5_000;
const SETTLE_MS = 120_000;

/** Throws when somebody cannot be started at all; everything else is in the report. */
export const soak = async ({
  seconds,
  seed,
  every,
  restart,
  tell = () => undefined,
}: SoakOptions): Promise<SoakReport> => {
  const stage = new Stage();
  const random = moments(seed);
  const data = join(stage.folder, 'relay');
  const profile = join(stage.folder, 'profile');
  let relay = await startRelay(stage, 0);
  const url = `http://127.0.0.1:${relay.port}`;
  const { alice, bob, conversation } = await pair(stage, url);
  const homes = { alice, bob };
  const clients = { alice: new Client(stage, alice), bob: new Client(stage, bob) };
  let browser: Browser | undefined;
  const begun = performance.now();
  const isOn = (): boolean => performance.now() - begun < seconds * 1000;
  const samples: Record<Watched, Sample[]> = { alice: [], bob: [], relay: [], screen: [] };
  const starts: Record<Watched, number[]> = { alice: [], bob: [], relay: [], screen: [] };
  const timed = async <T>(who: Watched, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    starts[who].push(performance.now() - started);
    return result;
  };
  /** Somebody who is being restarted does not write. */
  const away = new Set<Watched>();
  const openScreen = async (): Promise<Browser> => {
    const opened = await startBrowser(profile);
    opened.page.setDefaultTimeout(60_000);
    return opened;
  };
  try {
    browser = await openScreen();
    const { link } = (await clients.alice.ask('invite.create')) as { readonly link: string };
    await browser.page.goto(link);
    await steps(browser.page).connect();
    const talks = (await clients.alice.ask('contact.list')) as readonly { readonly conversation: string }[];
    const other = talks.find((one) => one.conversation !== conversation)?.conversation ?? '';

    const acknowledged: Record<'pair' | 'screen', string[]> = { pair: [], screen: [] };
    let texts = 0;
    const writer = async (who: 'alice' | 'bob', to: string, into: string[]): Promise<void> => {
      while (isOn()) {
        const text = `${who} ${texts++} ${'x'.repeat(random(400))}`;
        if (!away.has(who) && (await clients[who].ask('send', { conversation: to, text })) !== undefined)
          into.push(text);
        await setTimeout(every / 2 + random(every));
      }
    };
    const unseen: string[] = [];
    const comes = (page: Page, text: string): Promise<boolean> =>
      steps(page)
        .reads(text)
        .then(
          () => true,
          () => false,
        );
    const typist = async (): Promise<void> => {
      while (isOn()) {
        if (!away.has('screen') && browser !== undefined) {
          away.add('screen');
          const text = `typed ${texts++}.`;
          const { page } = browser;
          await steps(page).write(text);
          if (await comes(page, text)) acknowledged.screen.push(text);
          else {
            const shown = (await shownOn(page)).slice(-3).map((one) => one.text.slice(0, 20));
            const field = await steps(page).composer.inputValue();
            const note = await page.locator('#composer-note').innerText();
            unseen.push(`${text} in the field: ${field}; told: ${note}; shown last: ${shown.join(', ')}`);
            tell(unseen.at(-1) ?? '');
            await page.reload();
            await steps(page).composer.waitFor();
          }
          away.delete('screen');
        }
        await setTimeout(every + random(2 * every));
      }
    };
    const waiting = async (who: 'alice' | 'bob', where: string): Promise<number> =>
      (
        (await clients[who].ask('log', { conversation: where, limit: 500 })) as
          | readonly { readonly kind: string; readonly mine: boolean; readonly state: string | null }[]
          | undefined
      )?.filter(({ kind, mine, state }) => kind === 'text' && mine && state !== 'delivered' && state !== 'read')
        .length ?? 0;
    let waited = 0;
    const watcher = async (): Promise<void> => {
      while (isOn()) {
        await setTimeout(SAMPLE_MS);
        const pids: Record<Watched, readonly [string, string] | undefined> = {
          alice: [String(clients.alice.child.pid), alice.folder],
          bob: [String(clients.bob.child.pid), bob.folder],
          relay: [String(relay.child.pid), data],
          screen: away.has('screen') ? undefined : [holderOf(profile).pid, join(profile, 'Default', 'File System')],
        };
        for (const who of WATCHED) {
          const found = pids[who];
          const sample = found === undefined ? undefined : sampleOf(...found);
          if (sample !== undefined) samples[who].push(sample);
        }
        if (away.size === 0) waited = Math.max(waited, await waiting('bob', conversation));
      }
    };
    let restarts = 0;
    const restarter = async (): Promise<void> => {
      for (; ; restarts++) {
        for (const end = performance.now() + restart * 1000; performance.now() < end; await setTimeout(200))
          if (!isOn()) return;
        const who = WATCHED[restarts % WATCHED.length] as Watched;
        // Every other time without a word.
        const isKilled = Math.floor(restarts / WATCHED.length) % 2 === 0;
        while (away.has(who)) await setTimeout(20);
        away.add(who);
        if (who === 'screen') {
          if (browser !== undefined) await kill(browser);
          browser = await openScreen();
          const { page } = browser;
          await timed(who, async () => {
            await page.goto(url);
            await page.locator('.list-entry').first().waitFor();
          });
          await steps(page).openConversation('');
        } else if (who === 'relay') {
          const { child, port } = relay;
          if (isKilled) await killNow(child);
          else {
            child.kill('SIGTERM');
            while (!isOver(child)) await setTimeout(20);
          }
          relay = await timed(who, () => startRelay(stage, port));
        } else {
          const { child } = clients[who];
          if (isKilled) await killNow(child);
          else {
            child.stdin?.end();
            while (!isOver(child)) await setTimeout(20);
          }
          await timed(who, async () => {
            clients[who] = new Client(stage, homes[who]);
            await clients[who].ask('status');
          });
        }
        away.delete(who);
        const now = samples[who].at(-1);
        tell(
          `${Math.round((performance.now() - begun) / 1000)} s: ${who} ${isKilled ? 'killed' : 'restarted'}, open after ` +
            `${Math.round(starts[who].at(-1) ?? 0)} ms; before that ${Math.round(now?.memoryMiB ?? 0)} MiB, ` +
            `${now?.files ?? 0} files, ${Math.round(now?.diskKiB ?? 0)} KiB; ${texts} texts`,
        );
      }
    };
    await Promise.all([
      writer('alice', conversation, acknowledged.pair),
      writer('bob', conversation, acknowledged.pair),
      writer('alice', other, acknowledged.screen),
      typist(),
      watcher(),
      restarter(),
    ]);
    for (const end = performance.now() + SETTLE_MS; ;) {
      const there = await Promise.all([
        textsOf(clients.alice, conversation),
        textsOf(clients.bob, conversation),
        textsOf(clients.alice, other),
      ]);
      const between = compare(restarts, acknowledged.pair, there.slice(0, 2), []);
      const withScreen = compare(restarts, acknowledged.screen, there.slice(2), []);
      const undelivered =
        (await waiting('alice', conversation)) + (await waiting('bob', conversation)) + (await waiting('alice', other));
      const lost = [...between.lost, ...withScreen.lost];
      if ((lost.length > 0 || undelivered > 0) && performance.now() < end) {
        await setTimeout(200);
        continue;
      }
      const each = <T>(of: (who: Watched) => T): Readonly<Record<Watched, T>> =>
        Object.fromEntries(WATCHED.map((who) => [who, of(who)])) as Record<Watched, T>;
      return {
        acknowledged: acknowledged.pair.length + acknowledged.screen.length,
        lost,
        twice: [...between.twice, ...withScreen.twice],
        unseen,
        undelivered,
        waited,
        restarts,
        starts: each((who) => ({
          first: Math.round(starts[who][0] ?? 0),
          median: Math.round(middle(starts[who])),
          most: Math.round(Math.max(0, ...starts[who])),
        })),
        memoryMiB: each((who) => courseOf(samples[who].map(({ memoryMiB }) => memoryMiB))),
        files: each((who) => courseOf(samples[who].map(({ files }) => files))),
        diskKiB: each((who) => courseOf(samples[who].map(({ diskKiB }) => diskKiB))),
      };
    }
  } finally {
    if (browser !== undefined) await kill(browser);
    for (const { child } of [clients.alice, clients.bob, relay]) await killNow(child);
    await stage.close();
  }
};
