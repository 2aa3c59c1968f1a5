// How long a person waits: for `kith send`, for the list of the cached web app, and for each frame of a long conversation.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Bench, Racing } from './bench.ts';
import { openBrowser } from './browser.ts';
import { makeBrowserHome, withEngine } from './browser-home.ts';
import { buildParts, siteWithBench } from './build.ts';
import { inTurn, median, now, quantile } from './figures.ts';
import { say } from './line.ts';
import { meet, startPerson } from './people.ts';
import { drawRank, numbers, wordOf } from './words.ts';
import { root, type Server } from './yard.ts';

const PAGE = 50;
/** Set in each frame that scrolls. */
const MARK = 'kith-bench-frame';

/** `kith send` as a person types it, without and with a daemon, against Node starting to do nothing. */
const command = async ({ yard, isQuick, print }: Racing): Promise<void> => {
  const relay = await yard.relay();
  const [alice, bob] = await Promise.all([startPerson(yard, 'alice', relay), startPerson(yard, 'bob', relay)]);
  const conversation = await meet(alice, bob);
  await alice.engine.ask('close', undefined as never);
  const node = join(root, 'node_modules/node/bin/node');
  const kith = join(root, 'node_modules/.bin/kith');
  const timed = (program: string, argv: readonly string[]): number => {
    const start = now();
    const { status, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
    return now() - start;
  };
  const send = (): number => timed(kith, ['--home', alice.home, '--json', 'send', conversation, 'On my way']);
  const floor = (): number => timed(node, ['-e', '0']);
  const rounds = isQuick ? 3 : 15;
  const line = { unit: 'ms', peer: 'floor-node', better: 'lower', durability: 'power' } as const;
  const [cold, none] = await inTurn(rounds, send, floor);
  print({ ...line, metric: 'kith-send', value: cold, peerValue: none });
  await yard.server(
    [join(root, 'apps/cli/dist/kith.mjs'), '--home', alice.home, '--json', 'daemon'],
    /"socket":"([^"]+)"/,
  );
  const [warm, again] = await inTurn(rounds, send, floor);
  print({ ...line, metric: 'kith-send-with-daemon', value: warm, peerValue: again });
};

/** From the start of the navigation until an entry of the list was painted, milliseconds. */
const listShown = async (profile: string, url: string, entries: number): Promise<number> => {
  const { context, page } = await openBrowser(profile);
  try {
    await page.goto(url, { waitUntil: 'commit' });
    return await page.evaluate(async (least) => {
      while (document.querySelectorAll('.list-entry').length < least)
        await new Promise((resolve) => requestAnimationFrame(resolve));
      await new Promise((resolve) => requestAnimationFrame(resolve));
      return performance.now();
    }, entries);
  } finally {
    await context.close();
  }
};

/** Main-thread work of each frame while the conversation is scrolled upwards, milliseconds. */
const scrolled = async (
  profile: string,
  relay: Server,
  conversation: string,
  frames: number,
): Promise<readonly number[]> => {
  const { context, page } = await openBrowser(profile);
  try {
    await page.goto(relay.url);
    await page.locator(`[data-conversation="${conversation}"]`).click();
    await page.locator('#messages article').first().waitFor();
    const session = await context.newCDPSession(page);
    const tracing: Event[] = [];
    session.on('Tracing.dataCollected', ({ value }) => void tracing.push(...(value as unknown as readonly Event[])));
    await session.send('Tracing.start', {
      categories: 'disabled-by-default-devtools.timeline,devtools.timeline,toplevel,blink.user_timing',
      transferMode: 'ReportEvents',
    });
    const scrolledBy = await page.evaluate(
      async ([count, mark]) => {
        const frame = document.querySelector('#messages');
        if (frame === null) throw new Error('no messages');
        let total = 0;
        for (let i = 0; i < count; i++) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
          performance.mark(mark);
          const before = frame.scrollTop;
          frame.scrollTop -= 120;
          total += before - frame.scrollTop;
        }
        return total;
      },
      [frames, MARK] as const,
    );
    const ended = new Promise((resolve) => void session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await ended;
    if (scrolledBy < frames * 60) throw new Error(`only ${scrolledBy} pixels were scrolled`);
    return workPerFrame(tracing);
  } finally {
    await context.close();
  }
};

interface Event {
  readonly name: string;
  readonly ts: number;
  /** Time that passed, and processor time of the thread, microseconds. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly tid: number;
  readonly pid: number;
}
/** Sums the tasks of the page's main thread between one frame's begin and the next. */
const workPerFrame = (events: readonly Event[]): readonly number[] => {
  const fired = events.filter(({ name }) => name === MARK);
  const [first] = fired;
  if (first === undefined) throw new Error('no frames were recorded');
  const isMain = ({ pid, tid }: Event): boolean => pid === first.pid && tid === first.tid;
  const starts = fired.map(({ ts }) => ts).toSorted((a, b) => a - b);
  const tasks = events
    .filter((event) => event.name === 'RunTask' && event.dur !== undefined && isMain(event))
    .toSorted((a, b) => a.ts - b.ts);
  if (tasks.some(({ tdur }) => tdur === undefined))
    say(
      'start: this Chromium tells no processor time of tasks; what passed is taken, waiting for a busy machine included',
    );
  const work = starts.map(() => 0);
  let frame = 0;
  for (const { ts, dur = 0, tdur } of tasks) {
    // A task belongs to the frame whose mark it holds or follows.
    while (frame + 1 < starts.length && ts + dur >= (starts[frame + 1] as number)) frame++;
    work[frame] = (work[frame] as number) + (tdur ?? dur) / 1000;
  }
  // The first and the last are cut by the recording.
  return work.slice(1, -1);
};

const screens = async ({ yard, isQuick, print }: Racing): Promise<void> => {
  const contacts = isQuick ? 3 : 200;
  const messages = isQuick ? 1000 : 100_000;
  buildParts('web');
  const site = await siteWithBench(yard);
  const relay = await yard.relay('process', ['--web-root', site]);
  const started = Date.now();
  const { profile, conversation } = await makeBrowserHome(yard, relay, contacts, messages);
  say(
    `start: a browser's home with ${contacts} contacts and ${messages} messages made in ${Math.round((Date.now() - started) / 1000)} s`,
  );

  // Once, so that everything is cached and compiled as after any earlier visit.
  await listShown(profile, relay.url, contacts);
  const [app, floor] = await inTurn(
    isQuick ? 2 : 7,
    () => listShown(profile, relay.url, contacts),
    () => listShown(profile, `${relay.url}/floor.html`, 1),
  );
  print({
    metric: `cached-start-${contacts}-contacts`,
    value: app,
    unit: 'ms',
    peer: 'floor-page',
    peerValue: floor,
    better: 'lower',
    durability: 'power',
  });

  const frames = await scrolled(profile, relay, conversation, isQuick ? 100 : 900);
  say(`start: ${frames.length} frames, median ${median(frames).toFixed(2)} ms`);
  print({
    metric: `scroll-work-per-frame-${messages}-p95`,
    value: quantile(frames, 0.95),
    unit: 'ms',
    peer: 'frame-at-60-hz',
    peerValue: 1000 / 60,
    better: 'lower',
    durability: null,
  });

  const next = numbers(7);
  const words = Array.from({ length: isQuick ? 20 : 300 }, () => wordOf(drawRank(next)));
  const { first, search, page } = await withEngine(profile, relay, async (tab) =>
    tab.evaluate(
      async ([id, queries, limit]) => ({
        first: await kithBench.time('search', [{ query: queries[0] as string, limit }]),
        search: await kithBench.time(
          'search',
          queries.slice(1).map((query) => ({ query, limit })),
        ),
        page: await kithBench.time(
          'log',
          queries.map(() => ({ conversation: id, limit })),
        ),
      }),
      [conversation, words, PAGE] as const,
    ),
  );
  const line = { unit: 'ms', peer: 'none', peerValue: null, better: 'lower', durability: 'power' } as const;
  print({ ...line, metric: `chromium-search-first-${messages}`, value: first[0] as number });
  print({ ...line, metric: `chromium-search-warm-${messages}-p95`, value: quantile(search, 0.95) });
  print({ ...line, metric: `chromium-page-warm-${messages}-p95`, value: quantile(page, 0.95) });
};

export const bench: Bench = async (racing) => {
  buildParts('cli');
  await command(racing);
  await screens(racing);
};
