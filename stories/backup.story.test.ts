// A person takes everything out of one browser and puts it into another, through the screens alone.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { steps } from '../apps/web/test/support.ts';
import { freshFolder } from './support/engines.ts';
import { atScreen, meetByName, openApp, relayWithApp } from './support/people.ts';
import { buildApps, shownOn } from './support/screens.ts';

beforeAll(buildApps);

const PASSPHRASE = 'four random words here';
const settings = async (page: Page): Promise<void> => {
  await steps(page).button('Settings').first().click();
  await page.getByRole('region', { name: 'Backup' }).waitFor();
};
const saved = async (page: Page, press: () => Promise<void>, name: string): Promise<string> => {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  const path = join(freshFolder(), name);
  await download.saveAs(path);
  return path;
};
const open = async (page: Page, label: string, path: string): Promise<void> => {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), steps(page).button(label).first().click()]);
  await chooser.setFiles(path);
};
const textsOn = async (page: Page): Promise<readonly string[]> => (await shownOn(page)).map(({ text }) => text);

test('S1.1 a backup file saved in one browser makes another one a device of the same person', async () => {
  const relay = await relayWithApp();
  const [alice, bob, again] = [await atScreen(), await atScreen(), await atScreen()];
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  await steps(alice.page).write('The key is under the mat.');
  await bob.page.getByText('The key is under the mat.').first().waitFor();
  await settings(alice.page);
  await steps(alice.page).button('Save a backup file').click();
  await alice.page.getByLabel('Passphrase of the backup').fill(PASSPHRASE);
  await alice.page.getByLabel('The same once more').fill(PASSPHRASE);
  const file = await saved(alice.page, () => steps(alice.page).button('Save').click(), 'kith.backup');
  expect(readFileSync(file).includes('under the mat')).toBe(false);
  await alice.page.goto('about:blank');

  await openApp(again.page, relay.url);
  await open(again.page, 'I have a backup file', file);
  await again.page.getByLabel('Passphrase of the backup').fill('something else');
  await steps(again.page).button('Restore').click();
  await again.page.getByText('This is not the right passphrase.').waitFor();
  await again.page.getByLabel('Passphrase of the backup').fill(PASSPHRASE);
  await steps(again.page).button('Restore').click();
  await steps(again.page).openConversation('Bob');
  await again.page.getByText('The key is under the mat.').first().waitFor();
  expect(await textsOn(again.page)).toEqual(['The key is under the mat.']);

  // What it says there goes out as a new device's, and what is answered comes to it.
  await steps(again.page).write('It is I, at another computer.');
  await bob.page.getByText('It is I, at another computer.').first().waitFor();
  await steps(bob.page).write('Welcome back.');
  await again.page.getByText('Welcome back.').first().waitFor();
});

test('S1.5 an export is edited and opened again: marked, read-only, found, and beside the conversation', async () => {
  const relay = await relayWithApp();
  const [alice, bob] = [await atScreen(), await atScreen()];
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  await steps(alice.page).write('At noon.');
  await settings(alice.page);
  const file = await saved(alice.page, () => steps(alice.page).button('As JSON lines').click(), 'kith.jsonl');
  const edited = readFileSync(file, 'utf8').replace('At noon.', 'At midnight.');
  writeFileSync(file, edited);
  await open(alice.page, 'Open a backup or an export', file);
  await alice.page.getByText(/lines? (is|are) new here/).waitFor();
  await alice.page.getByText('not proof of who said what').first().waitFor();
  await open(alice.page, 'Open a backup or an export', file);
  await alice.page.getByText(/^0 of/).waitFor();
  writeFileSync(file, `${edited}{"event":`);
  await open(alice.page, 'Open a backup or an export', file);
  await alice.page.getByText(/Look at line \d+ of the file/).waitFor();
  await alice.page.locator('.list-entry').filter({ hasText: 'Imported: Bob' }).first().click();
  await alice.page.getByText('At midnight.').first().waitFor();
  expect(await textsOn(alice.page)).toContain('At midnight.');
  expect(await steps(alice.page).composer.count()).toBe(0);
});
