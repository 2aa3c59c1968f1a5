// One person with three devices, two browser profiles and a `kith` home, and a contact at a fourth: linked, used, deleted on,
// removed and restored through screens and commands alone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { Stage, type Home, type Running } from '../apps/cli/test/support/processes.ts';
import { steps, type Person } from '../apps/web/test/support.ts';
import { atScreen, looked, meetByName, openApp, relayWithApp } from './support/people.ts';
import { buildApps, shownOn } from './support/screens.ts';

vi.setConfig({ testTimeout: 240_000 });
beforeAll(buildApps, 120_000);

const LONG = { timeout: 60_000 };
const ROUNDS = 5;
/** What "at once" means for devices that are online (rows S4.9, S4.43). */
const TOGETHER_MS = 1_000;

const PASSPHRASE = 'four random words here';
const wordsOn = ({ page }: Person): Promise<readonly string[]> => page.locator('.words li').allInnerTexts();
const toDevices = async ({ page }: Person): Promise<void> => {
  await page.getByRole('button', { name: 'Settings' }).click();
  await steps(page).button('To your devices').click();
  await page.getByRole('heading', { name: 'Devices', exact: true }).first().waitFor();
};
const toConversation = async ({ page }: Person): Promise<void> => {
  await steps(page).openConversation('Bob');
};
/** Shown on a screen from then on; the time when it was there. */
const shownAt = async ({ page }: Person, text: string): Promise<number> => {
  await steps(page).message(text).last().waitFor(LONG);
  return performance.now();
};
const followedAt = async (follow: Running, text: string): Promise<number> => {
  await follow.line((line) => line['text'] === text);
  return performance.now();
};

const textsOn = async ({ page }: Person): Promise<readonly string[]> => (await shownOn(page)).map(({ text }) => text);
/** What stands at the beginning, from `first` on: rows far from those that are looked at are not drawn. */
const beginningOn = async (one: Person, first: string): Promise<readonly string[]> => {
  const scroller = one.page.locator('#messages');
  await expect
    .poll(async () => {
      await scroller.evaluate((element) => (element.scrollTop = 0));
      return textsOn(one);
    }, LONG)
    .toContain(first);
  const texts = await textsOn(one);
  await scroller.evaluate((element) => (element.scrollTop = element.scrollHeight));
  return texts;
};

test('S4.9 S4.43 S4.21 S4.23 S1.1 three devices of one person link, talk, delete, remove one and restore another, by screens and commands', async () => {
  const relay = await relayWithApp();
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const server: Home = stage.home('server');
  const [bob, laptop, phone] = await Promise.all([
    atScreen({}, false),
    atScreen({}, false),
    atScreen({ width: 390, height: 800, dark: true }, false),
  ]);
  const bobWrites = (text: string): Promise<void> => steps(bob.page).write(text);

  // Alice at her laptop meets Bob.
  await meetByName(laptop.page, bob.page, relay.url, ['Alice', 'Bob']);
  await steps(laptop.page).write('only you and I');
  await shownAt(bob, 'only you and I');

  // Her phone: by the link on the laptop's screen, four words on both.
  await toDevices(laptop);
  await looked(laptop, 'story 1 only this device');
  await steps(laptop.page).button('Add a device').click();
  await steps(laptop.page).button('Show the code').click();
  const link = (await laptop.page.getByTestId('device-link').innerText()).trim();
  await looked(laptop, 'story 2 add a device');
  await phone.page.goto(link);
  await phone.page.getByText('Go on only if you made it yourself').waitFor(LONG);
  await phone.page.getByLabel('What you call this device').fill('Phone');
  await looked(phone, 'story 3 join');
  await steps(phone.page).button('Add this device').click();
  for (const one of [laptop, phone]) await one.page.locator('.words li').first().waitFor(LONG);
  expect(await wordsOn(phone)).toHaveLength(4);
  expect(await wordsOn(phone)).toEqual(await wordsOn(laptop));
  await looked(phone, 'story 4 four words');
  await steps(laptop.page).button('They match').click();
  await steps(phone.page).button('They match').click();
  await phone.page.getByText('1 conversation so far.').waitFor(LONG);
  await looked(phone, 'story 5 joined');
  await laptop.page.locator('.note').getByText('“Phone” is one of your devices now.').waitFor(LONG);
  await steps(phone.page).button('Begin').click();
  await toConversation(phone);
  await steps(phone.page).reads('only you and I');

  // Her server: by a short code, typed at the command line.
  await steps(laptop.page).button('To your devices').click();
  await steps(laptop.page).button('Add a device').click();
  await steps(laptop.page).button('Show the code').click();
  await steps(laptop.page).button('I cannot scan or paste there').click();
  const code = (await laptop.page.getByTestId('device-code').innerText()).trim();
  await looked(laptop, 'story 6 short code');
  const { one: joined } = await server.do(['device', 'join', code, '--name', 'server', '--relay', relay.url]);
  expect(joined['state']).toBe('words');
  await laptop.page.locator('.words li').first().waitFor(LONG);
  expect(await wordsOn(laptop)).toEqual(joined['words']);
  await steps(laptop.page).button('They match').click();
  await server.do(['device', 'confirm', (joined['words'] as readonly string[]).join(' ')]);
  const follow = server.start(['follow']);
  await follow.line((line) => line['ready'] === true);
  const conversation = String((await server.do(['contact', 'list'])).one['conversation']);
  await expect.poll(() => server.texts(conversation).catch(() => []), LONG).toContain('only you and I');
  await steps(laptop.page).button('To your devices').click();
  for (const name of ['Phone', 'server'])
    await laptop.page.locator('[data-device]').getByText(name, { exact: true }).waitFor(LONG);
  await looked(laptop, 'story 7 three devices');
  expect((await server.do(['device', 'list'])).lines).toHaveLength(3);

  // A message from Bob is on all three at once.
  await toConversation(laptop);
  const spreads: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const text = round < 0 ? 'first to all' : `to all of you ${round}`;
    const seen = Promise.all([shownAt(laptop, text), shownAt(phone, text), followedAt(follow, text)]);
    await bobWrites(text);
    const times = await seen;
    // With the first they learn of each other.
    if (round >= 0) spreads.push(Math.max(...times) - Math.min(...times));
  }
  console.log(
    `a message from B appears on A1, A2, A3 within ${spreads.map((ms) => Math.round(ms)).join(', ')} ms of each other`,
  );
  // One of them may meet a pause of a busy machine.
  expect(spreads.filter((ms) => ms < TOGETHER_MS).length).toBeGreaterThanOrEqual(ROUNDS - 1);

  // Each of hers writes; Bob and the other two have it, and to him they are one person.
  await steps(laptop.page).write('from the laptop');
  await steps(phone.page).write('from the phone');
  await server.do(['send', 'Bob', 'from the server']);
  for (const text of ['from the laptop', 'from the phone', 'from the server']) {
    await Promise.all([laptop, phone, bob].map((one) => shownAt(one, text)));
    await expect.poll(() => server.texts(conversation), LONG).toContain(text);
  }
  expect(await bob.page.locator('.list-entry').count()).toBe(1);
  await looked(laptop, 'story 8 talk');

  // Deleted for her on the phone: gone on all that are hers, kept by Bob.
  await steps(phone.page).message('to all of you 1').last().click();
  await steps(phone.page)
    .message('to all of you 1')
    .last()
    .getByRole('button', { name: 'More for this message' })
    .click();
  await phone.page.getByRole('menuitem', { name: 'Delete for me' }).click();
  await looked(phone, 'story 9 delete for me');
  await steps(phone.page).button('Delete for me').click();
  for (const one of [phone, laptop])
    await steps(one.page)
      .message('to all of you 1')
      .waitFor({ state: 'detached', ...LONG });
  await expect.poll(() => server.texts(conversation), LONG).not.toContain('to all of you 1');
  expect(await beginningOn(bob, 'first to all')).toContain('to all of you 1');

  // The phone is lost: two taps on the laptop.
  await toDevices(laptop);
  await steps(laptop.page).button('Remove “Phone”').click();
  await looked(laptop, 'story 10 remove');
  await steps(laptop.page).button('Remove it').click();
  await laptop.page.getByText('“Phone” is removed.').waitFor();
  await looked(laptop, 'story 11 removed');
  const isRevoked = async (name: string): Promise<unknown> =>
    (await server.do(['device', 'list'])).lines.find((device) => device['name'] === name)?.['revoked'];
  await expect.poll(() => isRevoked('Phone'), LONG).toBe(true);
  await phone.page.getByRole('button', { name: 'Back' }).click();
  await phone.page.getByRole('heading', { name: 'This device was removed' }).waitFor(LONG);
  await looked(phone, 'story 12 out');
  await steps(phone.page).button('Read what is here').click();
  await phone.page.locator('.list-entry').filter({ hasText: 'Bob' }).first().click();
  await steps(phone.page).reads('from the server');
  // Nothing new comes to it.
  await toConversation(laptop);
  await steps(laptop.page).write('without the phone');
  await shownAt(bob, 'without the phone');
  await bobWrites('answer without the phone');
  await Promise.all([shownAt(laptop, 'answer without the phone'), followedAt(follow, 'answer without the phone')]);
  expect(await steps(phone.page).message('without the phone').count()).toBe(0);

  // The laptop's disk breaks: what the server saved makes another computer one of hers.
  for (const one of [laptop, phone]) expect(one.complaints).toEqual([]);
  await laptop.close();
  const [backup, passphrase] = ['kith.backup', 'passphrase'].map((name) => join(stage.folder, name)) as [
    string,
    string,
  ];
  writeFileSync(passphrase, `${PASSPHRASE}\n`);
  await server.do(['export', backup, '--backup-passphrase-file', passphrase]);
  await bobWrites('while you had no screen');
  const desk = await atScreen({}, false);
  await openApp(desk.page, relay.url);
  await looked(desk, 'story 13 first screen');
  const [chooser] = await Promise.all([
    desk.page.waitForEvent('filechooser'),
    steps(desk.page).button('I have a backup file').click(),
  ]);
  await chooser.setFiles(backup);
  await desk.page.getByLabel('Passphrase of the backup').fill(PASSPHRASE);
  await looked(desk, 'story 14 restore');
  await steps(desk.page).button('Restore').click();
  await desk.page.locator('.list-entry').filter({ hasText: 'Bob' }).first().waitFor(LONG);
  await looked(desk, 'story 15 restored');
  await toConversation(desk);
  for (const text of ['only you and I', 'from the phone', 'answer without the phone', 'while you had no screen'])
    await shownAt(desk, text);
  // What was deleted is not back, neither out of the file nor from Bob.
  expect(await beginningOn(desk, 'first to all')).not.toContain('to all of you 1');
  await steps(desk.page).write('at another computer');
  await Promise.all([shownAt(bob, 'at another computer'), followedAt(follow, 'at another computer')]);
  await bobWrites('welcome back');
  await Promise.all([shownAt(desk, 'welcome back'), followedAt(follow, 'welcome back')]);
  await looked(desk, 'story 16 back');
  expect(await beginningOn(bob, 'first to all')).toContain('to all of you 1');
  expect(await bob.page.locator('.list-entry').count()).toBe(1);

  // The laptop that is no more is taken out there, and then the file, which nobody has to keep safe from now on.
  await toDevices(desk);
  const listed = desk.page.locator('[data-device]');
  for (const name of ['server', 'Backup file']) await listed.getByText(name, { exact: true }).waitFor(LONG);
  await expect.poll(() => listed.getByText('Chrome on Linux', { exact: true }).count(), LONG).toBe(2);
  await looked(desk, 'story 17 devices again');
  await steps(desk.page).button('Remove “Chrome on Linux”').click();
  await steps(desk.page).button('Remove it').click();
  await desk.page.getByText('“Chrome on Linux” is removed.').waitFor();
  await steps(desk.page).button('Remove “Backup file”').click();
  await looked(desk, 'story 18 remove the file');
  await steps(desk.page).button('Remove it').click();
  await desk.page.getByText('“Backup file” is removed.').waitFor();
  await looked(desk, 'story 19 at the end');
  const revoked = async (): Promise<number> =>
    (await server.do(['device', 'list'])).lines.filter((device) => device['revoked'] === true).length;
  await expect.poll(revoked, LONG).toBe(3);
  for (const one of [bob, desk]) expect(one.complaints).toEqual([]);
});
