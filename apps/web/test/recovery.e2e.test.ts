// Making recovery words, coming back with them, deciding with them, and two conversations with one person, over a Kith in memory.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { person, seriousFindings, serveHarness, steps, type Person, type Site } from './support.ts';

vi.setConfig({ testTimeout: 60_000 });

const WORDS = 'river candle seven maple orbit linen absolute zebra mountain pepper quarter umbrella';

let site: Site;
let one: Person;
let page: Page;
beforeAll(async () => {
  site = await serveHarness();
  one = await person({ reducedMotion: true });
  page = one.page;
}, 60_000);
afterAll(async () => {
  await one.close();
  await site.close();
});
afterEach(() => {
  expect(one.complaints.splice(0)).toEqual([]);
});

let visits = 0;
const open = async (scene: string, route: object): Promise<void> => {
  const at = `route=${encodeURIComponent(JSON.stringify(route))}`;
  await page.goto(`${site.url}/?visit=${visits++}&scene=${scene}&${at}`);
};
/** In both themes and widths: nothing that axe calls serious, nothing cut off. */
const looksRight = async (): Promise<void> => {
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: width === 320 ? 640 : 800 });
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await seriousFindings(page), `${width} ${colorScheme}`).toEqual([]);
    }
    const over = await page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('.page, .words, .modal')]
        .filter((part) => part.scrollWidth > part.clientWidth + 1)
        .map((part) => part.className),
    );
    expect(over, `${width}`).toEqual([]);
  }
};
const shownWords = (): Promise<string[]> => page.locator('.words-twelve li').allTextContents();
/** The two places that the page asks for, from 0. */
const askedPlaces = async (): Promise<readonly number[]> => {
  const labels = await page.getByText(/^Word \d+$/u).allTextContents();
  return labels.map((label) => Number(label.slice(5)) - 1);
};

test('recovery words are shown once, two of them are checked, and then nothing of them is left', async () => {
  await open('talk', { at: 'settings' });
  await steps(page).button('Make recovery words').click();
  await steps(page).button('Show the words').click();
  await page.locator('.words-twelve').waitFor();
  expect((await shownWords()).join(' ')).toBe(WORDS);
  await looksRight();
  await steps(page).button('I have written them down').click();
  await page.getByText('Two of them, from your paper').waitFor();
  const [first = 0, second = 0] = await askedPlaces();
  expect(first).toBeLessThan(second);
  expect(await page.locator('main').textContent()).not.toContain(WORDS.split(' ')[first]);
  await page.getByLabel(`Word ${first + 1}`, { exact: true }).fill('wrong');
  await page.getByLabel(`Word ${second + 1}`, { exact: true }).fill(WORDS.split(' ')[second] ?? '');
  await steps(page).button('Check').click();
  await page.getByText(`Word ${first + 1} is a different one.`).waitFor();
  await looksRight();
  await page.getByLabel(`Word ${first + 1}`, { exact: true }).fill(` ${WORDS.split(' ')[first]?.toUpperCase()} `);
  await steps(page).button('Check').click();
  await page.getByText('Your recovery words are made').waitFor();
  const left = await page.evaluate(
    () => document.body.innerHTML + JSON.stringify(history.state) + JSON.stringify({ ...localStorage }),
  );
  for (const word of WORDS.split(' ').filter((known) => known.length > 5)) expect(left).not.toContain(word);
  await steps(page).button('To the settings').click();
  await page.getByText('You have recovery words.').waitFor();
});

test('without any device: from the first screen, with an invitation and the words', async () => {
  await open('empty', { at: 'list' });
  await steps(page).button('I lost all my devices').click();
  await page.getByLabel('Their invitation to come back').fill('hello');
  await page.getByLabel('Your twelve recovery words').fill(WORDS.replace('river', 'seven'));
  await steps(page).button('Come back').click();
  await page.getByText('This is not a Kith link').waitFor();
  await page.getByLabel('Their invitation to come back').fill('http://localhost/i#abc');
  await steps(page).button('Come back').click();
  await page.getByText('These recovery words do not belong here.').waitFor();
  await page.getByLabel('Your twelve recovery words').fill(WORDS);
  await steps(page).button('Come back').click();
  await page.getByText('Your words are right').waitFor();
  await looksRight();
  await steps(page).button('Open the conversation').click();
  await page.locator('#composer').waitFor();
});

test('the contact makes the invitation to come back, in the details', async () => {
  await open('talk', { at: 'conversation', conversation: 'blair', details: true });
  await steps(page).button('Invite them back').click();
  await page.getByText('http://localhost:4680/i#abc').waitFor();
  await looksRight();
});

test('devices that disagree are decided with the words, and words of somebody else are refused', async () => {
  await open('disputed', { at: 'devices' });
  await steps(page).button('It was not me: refuse them').click();
  await page.getByText('Somebody has set other recovery words for you').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /with recovery words$/u }).click();
  await page.getByLabel('Your twelve recovery words').fill('river candle');
  await steps(page).button('Remove it').click();
  await page.getByText('These are not recovery words.').waitFor();
  await looksRight();
  await page.getByLabel('Your twelve recovery words').fill(WORDS);
  await steps(page).button('Remove it').click();
  await page.getByText('Your devices disagree').waitFor({ state: 'detached' });
});

test('two conversations are said to be with one person', async () => {
  await open('talk', { at: 'conversation', conversation: 'blair', details: true });
  await steps(page).button('They are the same as…').click();
  await page.getByLabel('Name', { exact: true }).fill('imani');
  await looksRight();
  await page.getByRole('dialog').getByText('Dr. Imani').click();
  await page.getByText('Are Blair and Dr. Imani one person?').waitFor();
  await steps(page).button('They are one person').click();
  await page.getByText('this is the same person as Dr. Imani.').waitFor();
});
