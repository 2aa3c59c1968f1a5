// A disk that is full to the last byte, under a browser: somebody goes on typing, reloads and restarts it, and then there is room.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startRelay } from '../../apps/relay/src/index.ts';
import { steps } from '../../apps/web/test/support.ts';
import { openNodeKith } from '@kith/platform-node';
import { kill, startBrowser, type Browser } from './browser-kill.ts';
import { shownOn, webRoot } from './screens.ts';

const DISK = '192m';

/** Writes until the disk takes nothing more. */
const fill = (path: string): void => {
  const file = openSync(path, 'a');
  const bytes = Buffer.alloc(65_536);
  for (const size of [65_536, 4_096, 512, 1]) {
    for (let isFull = false; !isFull;) {
      try {
        isFull = writeSync(file, bytes, 0, size) < size;
      } catch {
        isFull = true;
      }
    }
  }
  closeSync(file);
};

export interface FullReport {
  /** Shown as messages before the disk was full, and while it was. */
  readonly acknowledged: number;
  /** Texts that were not taken: they stayed in the field, and it was told. */
  readonly told: number;
  /** Starts of the page on the full disk: with the conversation, and with words that say what is wrong. */
  readonly opened: number;
  readonly refused: number;
  readonly wrong: readonly string[];
}
/** Asks for root: the disk is one in memory, mounted for this. */
export const fullDisk = async (restarts = 3): Promise<FullReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-full-'));
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'none', disk]);
  const relay = await startRelay({ port: 0, host: '127.0.0.1', data: join(folder, 'relay'), webRoot });
  const bob = await openNodeKith({ home: join(folder, 'bob'), relays: [relay.url] });
  const profile = join(disk, 'profile');
  const filler = join(disk, 'filler');
  let browser: Browser | undefined;
  const wrong: string[] = [];
  let [told, opened, refused] = [0, 0, 0];
  const expected: string[] = [];
  try {
    browser = await startBrowser(profile);
    let { page } = browser;
    const { link } = await bob.call('invite.create', {});
    await page.setViewportSize({ width: 1000, height: 4000 });
    await page.goto(link);
    await steps(page).connect();
    for (let i = 0; i < 5; i++) {
      await steps(page).write(`before ${i}.`);
      await steps(page).reads(`before ${i}.`);
      expected.push(`before ${i}.`);
    }
    fill(filler);
    for (let i = 0; i < 5; i++) {
      const text = `full ${i} ${'y'.repeat(3_000)}.`;
      await steps(page).write(text);
      const note = page.locator('#composer-note');
      for (const end = Date.now() + 30_000; ; await setTimeout(25)) {
        const value = await steps(page).composer.inputValue();
        if (value === '' && (await shownOn(page)).some((one) => one.text === text)) {
          expected.push(text);
          break;
        }
        if (value === text && (await note.innerText()) !== '') {
          told++;
          if (!(await note.innerText()).includes('no room')) wrong.push(`told ${await note.innerText()}`);
          break;
        }
        if (Date.now() > end) {
          wrong.push(`${text.slice(0, 8)} was neither shown nor told`);
          break;
        }
      }
      fill(filler);
    }
    /** The conversation, or words about what is wrong; a browser that says its data was removed has lost them. */
    const look = async (): Promise<void> => {
      const entry = page.locator('.list-entry').first();
      const heading = page.getByRole('heading', { level: 1 });
      await entry
        .or(heading.filter({ hasText: /could not start|cleared/ }))
        .first()
        .waitFor({ timeout: 30_000 });
      if ((await entry.count()) > 0) opened++;
      else if ((await heading.innerText()).includes('could not start')) refused++;
      else wrong.push(await heading.innerText());
    };
    for (let i = 0; i < restarts; i++) {
      for (let reloads = 0; reloads < 3; reloads++) {
        fill(filler);
        await page.reload();
        await look();
      }
      fill(filler);
      await kill(browser);
      browser = await startBrowser(profile);
      page = browser.page;
      await page.goto(relay.url);
      await look();
    }
    rmSync(filler);
    for (const how of ['with room again', 'and restarted']) {
      await kill(browser);
      browser = await startBrowser(profile);
      page = browser.page;
      await page.setViewportSize({ width: 1000, height: 4000 });
      await page.goto(relay.url);
      await steps(page).openConversation('');
      const isThere = async (): Promise<boolean> => {
        const shown = (await shownOn(page)).map(({ text }) => text);
        return expected.every((text) => shown.filter((one) => one === text).length === 1);
      };
      for (const end = Date.now() + 10_000; !(await isThere()) && Date.now() < end;) await setTimeout(50);
      if (!(await isThere()))
        wrong.push(`${how}: shows ${(await shownOn(page)).map(({ text }) => text.slice(0, 10)).join(', ')}`);
      await steps(page).write(`${how}.`);
      await steps(page).reads(`${how}.`);
      expected.push(`${how}.`);
    }
    return { acknowledged: expected.length, told, opened, refused, wrong };
  } finally {
    if (browser !== undefined) await kill(browser);
    await bob.close();
    await relay.close();
    for (let tries = 0; tries < 50; tries++) {
      try {
        execFileSync('umount', [disk], { stdio: 'ignore' });
        break;
      } catch {
        // A process of the browser is still ending.
        await setTimeout(100);
      }
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
};
