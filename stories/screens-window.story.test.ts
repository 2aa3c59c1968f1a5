// What the browser shows beside the app: notifications of its service worker, and the hint in a window that forgets.
import { chromium } from 'playwright-core';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { FLAGS, person, steps } from '../apps/web/test/support.ts';
import { freshRelay } from './support/engines.ts';
import { plainBrowser } from './support/plain-browser.ts';
import { buildApps, webRoot } from './support/screens.ts';

vi.setConfig({ testTimeout: 90_000 });
beforeAll(buildApps);

test('U8 the browser shows a notification when nobody looks, and it says no more than was chosen', async () => {
  const relay = await freshRelay({ webRoot });
  const [alice, browser] = [await person(), await plainBrowser()];
  onTestFinished(async () => {
    await alice.close();
    await browser.close();
  });
  const hands = await chromium.connectOverCDP(browser.endpoint);
  const [page] = hands.contexts()[0]?.pages() ?? [];
  if (page === undefined) throw new Error('no page');
  page.setDefaultTimeout(15_000);
  await page.goto(relay.url);
  await alice.page.goto(await steps(page).showCode());
  await alice.page.getByLabel('The name they will see').fill('Alice');
  await steps(alice.page).connect();
  await steps(page).composer.waitFor();
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  await page.goto(relay.url);
  await page.locator('.list-entry').filter({ hasText: 'Alice' }).waitFor();
  await hands.close();

  const bob = await browser.hide(relay.url);
  await expect.poll(() => bob.evaluate<string>('document.visibilityState')).toBe('hidden');
  const choose = async (label: string): Promise<void> => {
    // A page that nobody sees is drawn when the browser finds the time.
    await expect
      .poll(
        () =>
          bob.evaluate<boolean>(`(() => {
          const choice = [...document.querySelectorAll('label.choice')].find((of) => of.textContent.includes('${label}'));
          choice?.querySelector('input').click();
          return choice?.dataset.selected === 'true';
        })()`),
        { timeout: 15_000 },
      )
      .toBe(true);
  };
  const shown = bob.shown;

  await bob.evaluate(`document.querySelector('[aria-label="Settings"]').click()`);
  await choose('Say “New message”');
  await steps(alice.page).write('The key is under the mat');
  const plain = { title: 'Kith', body: 'New message' };
  await expect.poll(() => shown, { timeout: 20_000 }).toEqual([plain]);

  await choose('Say who wrote');
  await steps(alice.page).write('The door is blue');
  const named = { title: 'Kith', body: 'New message from Alice' };
  await expect.poll(() => shown, { timeout: 20_000 }).toEqual([plain, named]);

  // Off: the line arrives, as the count in the title tells, and nothing is shown.
  await choose('Off');
  const count = (): Promise<string> => bob.evaluate<string>('document.title');
  const before = await count();
  await steps(alice.page).write('The light is on');
  await expect.poll(count, { timeout: 20_000 }).not.toBe(before);
  // What is shown next is shown after whatever that line had shown.
  await choose('Say who wrote');
  await steps(alice.page).write('The tea is hot');
  await expect.poll(() => shown.length, { timeout: 20_000 }).toBeGreaterThan(2);
  expect(shown).toEqual([plain, named, named]);
});

test('S4.17 an incognito window is taken for one before Connect, an ordinary window is not', async () => {
  const relay = await freshRelay({ webRoot });
  const [alice, ordinary] = [await person(), await person()];
  // A context beside the profile's own is what Chromium opens an incognito window with: in memory, gone when closed.
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [...FLAGS] });
  onTestFinished(async () => {
    await browser.close();
    await alice.close();
    await ordinary.close();
  });
  await alice.page.goto(relay.url);
  const link = await steps(alice.page).showCode();
  const hint = 'This looks like a private window';

  const incognito = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await incognito.goto(link);
  await steps(incognito).button('Connect').waitFor();
  await incognito.getByText(hint).waitFor();

  await ordinary.page.goto(link);
  await steps(ordinary.page).button('Connect').waitFor();
  // The probe leaves its file behind only while it runs: when it is gone, the answer is there.
  await expect
    .poll(() =>
      ordinary.page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => name)
          .join(),
      ),
    )
    .toContain('probe-worker');
  await ordinary.page.waitForLoadState('networkidle');
  expect(await ordinary.page.getByText(hint).count()).toBe(0);
  expect(ordinary.complaints).toEqual([]);
});
