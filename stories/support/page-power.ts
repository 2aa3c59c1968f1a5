// Power loss under a page: every file call of a whole Chromium is recorded while somebody types, deletes and reads in it; what
// its profile may hold at many moments is laid out, and a Chromium started on each. Acknowledged is what the page has shown.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { startRelay } from '../../apps/relay/src/index.ts';
import { serve, steps } from '../../apps/web/test/support.ts';
import { openNodeKith } from '@kith/platform-node';
import { kill, startBrowser, type Browser } from './browser-kill.ts';
import { Disk, layOut, readTrace, timedStepsOf, timedTraceOptions, type Loss, type TimedStep } from './disk-trace.ts';
import { moments } from './kill.ts';
import type { PowerReport } from './power-loss.ts';
import { shownOn, webRoot } from './screens.ts';

/** Where Chromium keeps what sites store. Without the rest of a profile it begins with a fresh one around these. */
const STORAGE = ['File System', 'IndexedDB', 'Local Storage', 'WebStorage'].map((name) => `Default/${name}/`);
const isStored = (path: string): boolean =>
  STORAGE.some((folder) => path.startsWith(folder)) && !path.endsWith(' (deleted)');

/** What a page did, in milliseconds of the clock that the trace has as well. */
interface Told {
  readonly text: string;
  /** Its deletion was asked for, and was shown. */
  deleting?: number;
  shown?: number;
  gone?: number;
}
type Mark = readonly [at: number, what: 'shown' | 'gone', text: string];

/** Notes from within the page when a text is shown first, and when it is gone: asked from outside it would be later. */
const watch = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    const marks: Mark[] = [];
    const there = new Set<string>();
    Object.assign(globalThis, { kithMarks: marks });
    new MutationObserver(() => {
      const articles = [...document.querySelectorAll('article.article[data-event] .text')];
      // What stands in the place of a deleted one is no text of theirs: those have a number.
      const now = new Set(articles.map(({ textContent }) => textContent).filter((text) => /\d/.test(text)));
      if (now.size === 0) return;
      for (const text of now) if (!there.has(text)) marks.push([Date.now(), 'shown', text]);
      for (const text of there) if (!now.has(text)) marks.push([Date.now(), 'gone', text]);
      there.clear();
      for (const text of now) there.add(text);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
};
const marksOf = (page: Page): Promise<readonly Mark[]> =>
  page.evaluate(() => (globalThis as unknown as { readonly kithMarks: readonly Mark[] }).kithMarks);

const remove = async (page: Page, text: string): Promise<void> => {
  const message = steps(page).message(text).last();
  await message.hover();
  // By key: in so high a window another line may lie over the button.
  await message.getByRole('button', { name: 'More for this message' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Delete for me' }).click();
};

/** Kills the browser, and waits until what traced it has written down all of it. */
const killTraced = async (browser: Browser): Promise<void> => {
  const status = readFileSync(`/proc/${browser.child.pid ?? 0}/status`, 'utf8');
  const tracer = /^TracerPid:\s*(\d+)$/m.exec(status)?.[1] ?? '0';
  if (tracer === '0') throw new Error('the browser was not traced');
  await kill(browser);
  while (readdirSync('/proc').includes(tracer)) await setTimeout(20);
};

interface PageRecording {
  readonly steps: readonly TimedStep[];
  readonly told: readonly Told[];
  /** When what the first browser left unsynced was written back: between the first and the second. */
  readonly between: number;
  readonly port: number;
}

/** Two browsers one after the other on one profile: the first comes to an invitation, the second finds a home. */
const record = async (folder: string, root: string, seed: number): Promise<PageRecording> => {
  const profile = join(folder, 'profile');
  const relay = await startRelay({ port: 0, host: '127.0.0.1', data: join(folder, 'relay'), webRoot: root });
  const bob = await openNodeKith({ home: join(folder, 'bob'), relays: [relay.url] });
  const random = moments(seed);
  const told = new Map<string, Told>();
  const traces: string[] = [];
  let browser: Browser | undefined;
  const session = async (work: (page: Page) => Promise<void>): Promise<void> => {
    const trace = join(folder, `trace-${traces.length}`);
    traces.push(trace);
    browser = await startBrowser(profile, ['strace', ...timedTraceOptions(trace)]);
    const { page } = browser;
    page.setDefaultTimeout(30_000);
    await watch(page);
    await page.setViewportSize({ width: 1000, height: 4000 });
    await work(page);
    for (const [at, what, text] of await marksOf(page)) {
      const one = told.get(text) ?? { text };
      one[what] ??= at;
      told.set(text, one);
    }
    await killTraced(browser);
    browser = undefined;
  };
  let written = 0;
  const talk = async (page: Page, conversation: string, texts: number): Promise<void> => {
    for (let i = 0; i < texts; i++, written++) {
      const text = `text ${written} ${'x'.repeat(random(2) * random(2_000))}.`;
      await steps(page).write(text);
      await steps(page).reads(text);
      if (i % 3 === 0) {
        const answer = `answer ${written}.`;
        await bob.call('send', { conversation, text: answer });
        await steps(page).reads(answer);
      }
      if (i % 4 !== 3) continue;
      await remove(page, text);
      const one: Told = { text, deleting: Date.now() };
      told.set(text, one);
      await steps(page).button('Delete for me').click();
      await steps(page).message(text).waitFor({ state: 'detached' });
    }
  };
  try {
    const { link } = await bob.call('invite.create', {});
    let conversation = '';
    await session(async (page) => {
      await page.goto(link);
      await steps(page).connect();
      conversation = (await bob.call('invite.list', {}))[0]?.conversation ?? '';
      await talk(page, conversation, 8);
    });
    const between = Date.now();
    await session(async (page) => {
      await page.goto(relay.url);
      await steps(page).openConversation('');
      await talk(page, conversation, 12);
    });
    const traced = traces.map((trace) => readTrace(trace)).join('\n');
    const stored = timedStepsOf(traced, profile).filter(({ step }) => step.does !== 'say' && isStored(step.file));
    return { steps: stored, told: [...told.values()], between, port: relay.port };
  } finally {
    if (browser !== undefined) await kill(browser);
    await bob.close();
    await relay.close();
  }
};

/** What is wrong with what a page shows that knows of the first `now` milliseconds; undefined when nothing is. */
const wrongWith = (told: readonly Told[], now: number, shown: readonly string[]): string | undefined => {
  const later = Number.POSITIVE_INFINITY;
  for (const { text, shown: since = later, deleting = later, gone = later } of told) {
    const count = shown.filter((one) => one === text).length;
    // The clock of a page has milliseconds: what was told within this one may not be known yet.
    const right = gone < now ? [0] : deleting <= now ? [0, 1] : since < now ? [1] : [0, 1];
    if (!right.includes(count)) return `${JSON.stringify(text.slice(0, 20))} is there ${count} times`;
  }
  return undefined;
};

const NOTHING = 'the first screen, as of a new browser';
/** Opens a profile that was laid out, offline; what is wrong with it, in words. */
const look = async (profile: string, url: string, told: readonly Told[], now: number): Promise<string | undefined> => {
  const browser = await startBrowser(profile);
  const { page } = browser;
  try {
    await page.setViewportSize({ width: 1000, height: 4000 });
    await page.goto(url);
    const entry = page.locator('.list-entry').first();
    const expected = told.filter(({ shown = now, deleting = now + 1 }) => shown < now && deleting > now);
    if (expected.length > 0) {
      const came = await entry.waitFor({ timeout: 12_000 }).then(
        () => true,
        () => false,
      );
      if (!came) {
        const isFirstScreen = (await page.getByText('I have an invitation').count()) > 0;
        return isFirstScreen ? NOTHING : `no conversation: ${(await page.locator('body').innerText()).slice(0, 200)}`;
      }
    } else await entry.or(steps(page).button('Add someone').first()).first().waitFor();
    if ((await page.locator('.list-entry').count()) === 0) return undefined;
    await steps(page).openConversation('');
    let wrong: string | undefined;
    for (const end = Date.now() + 3_000; ;) {
      wrong = wrongWith(
        told,
        now,
        (await shownOn(page)).map(({ text }) => text),
      );
      if (wrong === undefined || Date.now() > end) break;
      await setTimeout(50);
    }
    if (wrong !== undefined) return wrong;
    await steps(page).write('written afterwards');
    await steps(page).reads('written afterwards');
    return undefined;
  } catch (error) {
    return `${String(error).split('\n')[0]}: ${(await page.locator('body').innerText()).slice(0, 200)}`;
  } finally {
    await kill(browser);
  }
};

/** The app, as if it did not wait for the disk before it tells that something is done. */
const ASKS = '`NORMAL`:`FULL`';
const hasty = (folder: string): string => {
  const root = join(folder, 'hasty');
  cpSync(webRoot, root, { recursive: true });
  const assets = join(root, 'assets');
  const found = readdirSync(assets).filter((name) => {
    const text = readFileSync(join(assets, name), 'utf8');
    if (!name.endsWith('.js') || !text.includes(ASKS)) return false;
    writeFileSync(join(assets, name), text.replace(ASKS, '`NORMAL`:`NORMAL`'));
    return true;
  });
  if (found.length === 0) throw new Error(`no file of the app has ${ASKS}`);
  return root;
};

export interface PagePowerReport extends PowerReport {
  /** States of a home that was made in this browser just before. */
  readonly made: number;
  /** Of these: nothing of it was there, as if the browser had never been here. */
  readonly gone: number;
}
/**
 * Of a home made just before all of what was told has to be there, or nothing at all: Chromium leaves it to the operating system
 * when the names of a site's files come to the disk (see docs/testing.md). With `planted` the app tells before the disk has it:
 * something has to be wrong then.
 */
export const pageStates = async (states: number, seed = 1, planted = false): Promise<PagePowerReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-page-power-'));
  try {
    const { steps: taken, told, between, port } = await record(folder, planted ? hasty(folder) : webRoot, seed);
    const random = moments(seed);
    const acknowledged = told.flatMap(({ shown, gone }) => [shown ?? [], gone ?? []].flat()).toSorted((a, b) => a - b);
    // Every second one just after something was told, the others anywhere.
    const at = Array.from({ length: states }, (_, i) =>
      i % 2 === 0
        ? (acknowledged[Math.floor((i / states) * acknowledged.length)] ?? 0) + 1
        : (taken[random(taken.length)]?.at ?? 0),
    ).toSorted((a, b) => a - b);
    const disk = new Disk(new Map(), 'with-any-sync');
    const losses: readonly (readonly [string, Loss])[] = [
      ['nothing of the unsynced kept', 'nothing'],
      ['some of the unsynced kept', random],
      ['all of it kept', 'all'],
    ];
    const site = await serve(webRoot, undefined, port);
    const wrong: string[] = [];
    let [done, made, gone, isSecond] = [0, 0, 0, false];
    try {
      for (const [i, now] of at.entries()) {
        for (; (taken[done]?.at ?? Number.POSITIVE_INFINITY) <= now; done++) {
          const { step, at: when } = taken[done] as TimedStep;
          if (!isSecond && when > between) {
            isSecond = true;
            disk.writeBack();
          }
          disk.take(step);
        }
        if (!isSecond) made++;
        const [name, loss] = losses[i % losses.length] as (typeof losses)[number];
        const profile = join(folder, `state-${i}`);
        layOut(disk.after(loss), profile);
        const found = await look(profile, `http://127.0.0.1:${port}`, told, now);
        if (found === NOTHING && !isSecond) gone++;
        else if (found !== undefined)
          wrong.push(
            `state ${i}, after step ${done} of ${taken.length} (${isSecond ? 'a home' : 'a new home'}), ${name}: ${found}`,
          );
        rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
      }
    } finally {
      await site.close();
    }
    return { states, made, gone, steps: taken.length, acknowledged: acknowledged.length, wrong };
  } finally {
    if (process.env['KITH_KEEP'] === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
};
