// One browser over a Kith in memory, for a test file: opened before, closed after, and looked at by axe at each step.
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Fixture } from '../dev/fixture.ts';
import { serveHarness } from './harness.ts';
import { person, seriousFindings, type Person, type Site } from './support.ts';

export interface OnePage {
  /** There once the tests of the file run. */
  readonly page: Page;
  /** A new address each time: at the same one a browser keeps the place one was at, as it should. */
  open(scene: string, route: object | null): Promise<void>;
  inFixture<R>(work: (fixture: Fixture) => R): Promise<R>;
  /** In both themes and widths: nothing that axe calls serious, nothing cut off; with KITH_SHOTS, a picture. */
  looksRight(name: string): Promise<void>;
}

const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('.page, .list-scroll, .welcome, .modal, .words')]
      .filter((part) => part.scrollWidth > part.clientWidth + 1)
      .map((part) => `${part.className} is ${part.scrollWidth} wide in ${part.clientWidth}`),
  );

export const onePage = (): OnePage => {
  let site: Site;
  let one: Person;
  let visits = 0;
  beforeAll(async () => {
    site = await serveHarness();
    one = await person({ reducedMotion: true });
  }, 60_000);
  afterAll(async () => {
    await one.close();
    await site.close();
  });
  afterEach(() => {
    expect(one.complaints.splice(0)).toEqual([]);
  });
  return {
    get page() {
      return one.page;
    },
    open: async (scene, route) => {
      const at = route === null ? '' : `&route=${encodeURIComponent(JSON.stringify(route))}`;
      await one.page.goto(`${site.url}/?visit=${visits++}&scene=${scene}${at}`);
    },
    inFixture: <R>(work: (fixture: Fixture) => R) =>
      one.page.evaluate(`(${work.toString()})(globalThis.fixture)`) as Promise<R>,
    looksRight: async (name) => {
      const { page } = one;
      const found: string[] = [];
      for (const width of [320, 1280]) {
        for (const theme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: width === 320 ? 640 : 800 });
          await page.emulateMedia({ colorScheme: theme });
          if (process.env['KITH_SHOTS'] !== undefined)
            await page.screenshot({ path: join(process.env['KITH_SHOTS'], `${name}-${width}-${theme}.png`) });
          const findings = await seriousFindings(page, theme === 'light' ? 'all' : 'colours');
          found.push(...findings.map((finding) => `${name} ${width} ${theme}: ${finding}`));
          found.push(...(await cutOff(page)).map((finding) => `${name} ${width}: ${finding}`));
        }
      }
      expect(found).toEqual([]);
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.emulateMedia({ colorScheme: 'light' });
    },
  };
};
