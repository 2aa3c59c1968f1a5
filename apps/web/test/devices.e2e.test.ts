// Adding, joining, losing and having lost a device, over a Kith in memory: by keyboard, and looked at by axe at each step.
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Fixture } from '../dev/fixture.ts';
import { person, seriousFindings, serveHarness, steps, type Person, type Site } from './support.ts';

vi.setConfig({ testTimeout: 30_000 });

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
const open = async (scene: string, route: object | null): Promise<void> => {
  const at = route === null ? '' : `&route=${encodeURIComponent(JSON.stringify(route))}`;
  await page.goto(`${site.url}/?visit=${visits++}&scene=${scene}${at}`);
};
const inFixture = <R>(work: (fixture: Fixture) => R): Promise<R> =>
  page.evaluate(`(${work.toString()})(globalThis.fixture)`) as Promise<R>;
/** In both themes and widths: nothing that axe calls serious, nothing cut off; with KITH_SHOTS, a picture. */
const looksRight = async (name: string): Promise<void> => {
  const found: string[] = [];
  for (const width of [320, 1280]) {
    for (const theme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: width === 320 ? 640 : 800 });
      await page.emulateMedia({ colorScheme: theme });
      if (process.env['KITH_SHOTS'] !== undefined)
        await page.screenshot({ path: join(process.env['KITH_SHOTS'], `${name}-${width}-${theme}.png`) });
      found.push(...(await seriousFindings(page)).map((finding) => `${name} ${width} ${theme}: ${finding}`));
      const over = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('.page, .list-scroll, .welcome, .modal')]
          .filter((part) => part.scrollWidth > part.clientWidth + 1)
          .map((part) => `${part.className} is ${part.scrollWidth} wide in ${part.clientWidth}`),
      );
      found.push(...over.map((finding) => `${name} ${width}: ${finding}`));
    }
  }
  expect(found).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
};
/** Tab to it and press Enter: nothing needs a mouse. */
const press = async (name: string): Promise<void> => {
  const wanted = steps(page).button(name).first();
  await wanted.waitFor();
  for (let i = 0; i < 60; i++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`“${name}” cannot be reached by keyboard`);
};

test('S4.21 a device is added by keyboard alone: history, code, countdown, four words, done', async () => {
  await open('talk', { at: 'devices' });
  await press('Add a device');
  await page.getByRole('radio', { name: /Everything/ }).waitFor();
  expect(await page.getByRole('radio', { name: /Everything/ }).isChecked()).toBe(true);
  expect(await page.getByText('Make sure that nobody else, and no camera').isVisible()).toBe(true);
  await press('Show the code');
  await page.getByTestId('device-link').waitFor();
  expect(await page.getByRole('img', { name: 'A square code that adds a device' }).isVisible()).toBe(true);
  await expect.poll(() => page.getByRole('timer').innerText()).toMatch(/another 4:5\d\./);
  await looksRight('add code');
  await inFixture((fixture) => fixture.follow('Phone'));
  await page.getByText('“Phone” has followed your code').waitFor();
  await inFixture((fixture) => fixture.showWords());
  await page.getByRole('heading', { name: 'Do both screens show the same four words?' }).waitFor();
  expect(await page.locator('.words li').allInnerTexts()).toEqual(['river', 'candle', 'seven', 'maple']);
  await looksRight('add words');
  await press('They match');
  await page.locator('.note').getByText('“Phone” is one of your devices now.').waitFor();
  await looksRight('add done');
  await press('To your devices');
  await page.locator('[data-device=device09]').getByText('Phone').waitFor();
});

test('a short code is shown instead; a second follower is said; “They differ” gives nothing', async () => {
  await open('talk', { at: 'devices', mode: 'add' });
  await press('Show the code');
  await press('I cannot scan or paste there');
  await expect.poll(() => page.getByTestId('device-code').innerText()).toBe('4f7k-9m2p-x3ht');
  await looksRight('add short code');
  await inFixture((fixture) => fixture.follow('Stranger', true));
  await inFixture((fixture) => fixture.showWords());
  await page.getByText('More than one device tried to follow this.').waitFor();
  await looksRight('add words second');
  await press('They differ');
  await page.getByText('Refused. Whoever followed the code has got nothing.').waitFor();
  await press('Show a new code');
  await page.getByTestId('device-link').waitFor();
});

test('without a relay no code is made, and it is said why', async () => {
  await open('offline', { at: 'devices', mode: 'add' });
  await press('Show the code');
  await page.getByText('No relay answers at the moment.').waitFor();
});

test('S4.21 a fresh device joins: paste, words, waiting, in', async () => {
  await open('empty', null);
  await press('I already use Kith on another device');
  const field = page.getByLabel('Link or short code');
  await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await page.getByLabel('What you call this device').inputValue()).toBe('Chrome on Linux');
  await page.keyboard.type('http://localhost:4680/i#AQAb7Yk0dGhlIGhhc2g');
  await page.keyboard.press('Enter');
  await page.getByText('This is an invitation to talk to somebody').waitFor();
  await field.fill('nonsense');
  await page.keyboard.press('Enter');
  await page.getByText('neither a link that adds a device nor a short code').waitFor();
  await field.fill('4F7K 9m2p x3ht');
  await page.keyboard.press('Enter');
  await page.getByText('Waiting for your other device').waitFor();
  await looksRight('join waiting');
  await inFixture((fixture) => fixture.showWords());
  await page.getByRole('heading', { name: 'Do both screens show the same four words?' }).waitFor();
  await looksRight('join words');
  await press('They match');
  await page.getByText('choose “They match” on your other device too').waitFor();
  await inFixture((fixture) => fixture.letIn());
  await page.getByText('Your conversations are coming').waitFor();
  await looksRight('joined');
});

test('a link that is opened in a fresh Kith says what it does first, and joins', async () => {
  await open('empty', { at: 'device', link: 'http://localhost:4680/d#abc' });
  await page.getByText('Go on only if you made it yourself').waitFor();
  await press('Add this device');
  await page.getByText('Waiting for your other device').waitFor();
  await press('Stop');
  await page.getByText('Go on only if you made it yourself').waitFor();
});

test.each([
  ['link-used', 'Another device has followed this link already.'],
  ['link-expired', 'This device link is over'],
  ['no-relay', 'No relay answers at the moment.'],
])('a link that does not work (%s) says why and what to do', async (code, message) => {
  await open('empty', { at: 'device', link: `http://localhost:4680/d#${code}` });
  await press('Add this device');
  await page.getByText(message).waitFor();
});

test('in a used Kith a link says plainly why not, and can be taken elsewhere', async () => {
  await open('talk', { at: 'device', link: 'http://localhost:4680/d#abc' });
  await page.getByText('A link that adds a device is for a fresh Kith').waitFor();
  await press('Copy this link');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('http://localhost:4680/d#abc');
  await looksRight('used');
});

test('S4.44 what is here comes along only when it is asked for twice', async () => {
  await open('talk', { at: 'device', link: 'http://localhost:4680/d#abc' });
  await press('Bring what is here along');
  const dialog = page.getByRole('alertdialog');
  await dialog.getByText('Go on only if you made it yourself').waitFor();
  await dialog.getByRole('button', { name: 'Bring what is here along' }).press('Enter');
  await page.getByText('Waiting for your other device').waitFor();
});

test('S4.23 two taps remove a device, and it is said what happens then', async () => {
  await open('devices', { at: 'devices' });
  await press('Remove “Firefox on Android”');
  await page.getByRole('alertdialog').getByText('It gets nothing new.').waitFor();
  await looksRight('remove');
  await press('Remove it');
  await page.getByText('“Firefox on Android” is removed.').waitFor();
  await page.getByText('You and your contacts use new addresses').waitFor();
  await looksRight('removed now');
  expect(await page.locator('[data-device=device02]').innerText()).toContain('Removed');
});

test('the wizard for a lost device; it can be asked to forget; a new one can be refused for a day', async () => {
  await open('devices', { at: 'devices' });
  await press('I lost a device');
  await page.getByText('Which one?').waitFor();
  expect(await page.locator('[data-device=device01]').count()).toBe(0);
  await press('Remove “server in the cellar, with a rather long name that somebody typed”');
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('switch', { name: /Also ask it to forget everything/ }).press('Space');
  await looksRight('remove new');
  await press('Refuse it: nothing it did counts');
  await page.getByText('It is asked to forget everything as soon as it is online.').waitFor();
});

test('a device that was added elsewhere is said once', async () => {
  await open('devices', null);
  await page.getByText('was added to your devices, by “Firefox on Android”').waitFor();
  await press('That was me');
  await page.getByText('was added to your devices').waitFor({ state: 'detached' });
});

test('this device is named', async () => {
  await open('devices', { at: 'devices' });
  await page.getByLabel('What you call this device').fill('Kitchen');
  await page.keyboard.press('Enter');
  await page.locator('[data-device=device01]').getByText('Kitchen').waitFor();
});

test('S4.23 a removed device says so, and what stays can be read', async () => {
  await open('removed', null);
  await page.getByRole('heading', { name: 'This device was removed' }).waitFor();
  await press('Read what is here');
  await page.locator('.list-entry').first().waitFor();
  await open('wiped', null);
  await page.getByText('asked it to forget everything. It did.').waitFor();
  await press('Start anew');
  await page.getByText('Talk to the people you know').waitFor();
});

test('the details are there before it is known which devices the other side has', async () => {
  await open('talk', { at: 'list' });
  await page.locator('.list-entry').first().waitFor();
  await inFixture(({ kith }) => {
    const call = kith.call.bind(kith);
    kith.call = (method, params) =>
      method === 'contact.devices' ? new Promise(() => undefined) : call(method, params);
  });
  await page.locator('.list-entry').filter({ hasText: 'Dani' }).first().click();
  await page.locator('#composer').waitFor();
  await page.keyboard.press('Alt+d');
  await page.getByText('My name for them').waitFor();
  expect(await page.getByTestId('their-devices').count()).toBe(0);
});
