// The lock screen and its settings, over the Kith in memory.
import type { Kith } from '@kith/core/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { serveHarness } from './harness.ts';
import { person, seriousFindings, steps, type Person, type Site } from './support.ts';

declare const fixture: {
  readonly kith: Kith;
  receive(conversation: string, text: string): void;
};

let site: Site;
let one: Person;
beforeAll(async () => {
  site = await serveHarness();
}, 60_000);
afterAll(() => site.close());
beforeEach(async () => {
  one = await person();
});
afterEach(async () => {
  expect(one.complaints).toEqual([]);
  await one.close();
});
const at = (route: object): string => `route=${encodeURIComponent(JSON.stringify(route))}`;

test('S4.12 locking takes everything off the page, in a tab that did not ask for it too; unlocking brings it back', async () => {
  const { page } = one;
  await page.goto(`${site.url}/?scene=passphrase&${at({ at: 'conversation', conversation: 'blair' })}`);
  await steps(page).reads('Bringing coffee');
  expect(await page.title()).not.toBe('Kith');
  // As another tab's "Lock now" arrives.
  await page.evaluate(() => fixture.kith.call('lock.now', {}));
  await page.getByRole('heading', { name: 'Kith is locked' }).waitFor();
  expect(await page.title()).toBe('Kith');
  const left = await page.evaluate(() => document.documentElement.outerHTML);
  for (const word of ['Blair', 'coffee', 'Dani']) expect(left).not.toContain(word);
  const field = page.getByLabel('Passphrase');
  expect(await field.getAttribute('type')).toBe('password');
  expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
  await field.fill('wrong');
  await field.press('Enter');
  await page.getByText('This is not the right passphrase.').waitFor();
  expect(await field.inputValue()).toBe('');
  await field.fill('right');
  await field.press('Enter');
  await steps(page).reads('Bringing coffee');
}, 30_000);

test('S4.12 settings say what it means to have no passphrase; one is set, typed twice, and then locks', async () => {
  const { page } = one;
  const { button } = steps(page);
  await page.goto(`${site.url}/?scene=talk&${at({ at: 'settings' })}`);
  await page.getByText('Whoever can use this browser profile, or read its folder, can read everything').waitFor();
  await button('Set a passphrase').click();
  await page.getByLabel('New passphrase').fill('four random words here');
  await page.getByLabel('The same once more').fill('four random words her');
  await page.getByText('The two are not the same.').waitFor();
  expect(await button('Set it').isDisabled()).toBe(true);
  await page.getByLabel('The same once more').fill('four random words here');
  expect(await seriousFindings(page)).toEqual([]);
  await button('Set it').click();
  await page.getByText('After 5 minutes without you').click();
  await expect
    .poll(() => page.evaluate(async () => (await fixture.kith.call('set', {})).find(({ key }) => key === 'lock-after')))
    .toMatchObject({ value: '5m' });
  await button('Set a duress passphrase').click();
  await page.getByText('it deletes everything on this device at once').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await button('Cancel').click();
  await button('Lock now').click();
  await page.getByRole('heading', { name: 'Kith is locked' }).waitFor();
}, 30_000);

test('S4.12 signs of a person are told to the engine, and what arrives by itself is none', async () => {
  const { page } = one;
  await page.goto(`${site.url}/?scene=passphrase&${at({ at: 'conversation', conversation: 'blair' })}`);
  await steps(page).reads('Bringing coffee');
  await page.evaluate(() => {
    const { call } = fixture.kith;
    const told: string[] = [];
    Object.assign(globalThis, { told });
    fixture.kith.call = (method, params) => {
      told.push(method);
      return call(method, params);
    };
  });
  const told = (): Promise<readonly string[]> =>
    page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
  await page.evaluate(() => fixture.receive('blair', 'by itself'));
  await steps(page).reads('by itself');
  expect(await told()).not.toContain('lock.touch');
  await page.keyboard.press('Shift');
  await page.keyboard.press('Shift');
  await expect.poll(told).toContain('lock.touch');
  expect((await told()).filter((method) => method === 'lock.touch')).toHaveLength(1);
}, 30_000);
