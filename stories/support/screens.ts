// Two screens: Chromium profiles on the web app that the relay serves, all of them real processes.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { steps } from '../../apps/web/test/support.ts';
import { root } from './texts.ts';

export const webRoot = join(root, 'apps/web/dist');
export const buildApps = (): void => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--only', 'cli,web'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
};

/** One shows a link, the other opens it; both end in the conversation. */
export const meet = async (one: Page, other: Page, url: string): Promise<void> => {
  await one.goto(url);
  const link = await steps(one).showCode();
  await other.goto(link);
  await steps(other).connect();
  await steps(one).composer.waitFor();
};

export interface Shown {
  readonly event: string;
  readonly text: string;
  readonly state: string | null;
}
/** The messages that the list holds now, oldest first. */
export const shownOn = (page: Page): Promise<readonly Shown[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('article.article[data-event]')].map((article) => ({
      event: article.getAttribute('data-event') ?? '',
      text: article.querySelector('.text')?.textContent ?? '',
      state: article.querySelector('[data-state]')?.getAttribute('data-state') ?? null,
    })),
  );
