// One person with three devices, two browser profiles and a `kith` home, and a contact: linked, used, deleted on and removed
// through screens and commands alone.
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { Stage, type Home, type Running } from '../apps/cli/test/support/processes.ts';
import { steps, type Person } from '../apps/web/test/support.ts';
import { atScreen, openApp, relayWithApp } from './support/people.ts';
import { buildApps } from './support/screens.ts';

vi.setConfig({ testTimeout: 240_000 });
beforeAll(buildApps, 120_000);

const LONG = { timeout: 60_000 };
const ROUNDS = 5;
/** What "at once" means for devices that are online (rows S4.9, S4.43). */
const TOGETHER_MS = 1_000;

const shot = async ({ page }: Person, name: string): Promise<void> => {
  if (process.env['KITH_SHOTS'] !== undefined)
    await page.screenshot({ path: join(process.env['KITH_SHOTS'], `${name}.png`) });
};
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

test('S4.9 S4.43 S4.21 S4.23 three devices of one person link, talk, delete and remove one, by screens and commands', async () => {
  const relay = await relayWithApp();
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const bob: Home = stage.home('bob');
  const server: Home = stage.home('server');
  const [laptop, phone] = await Promise.all([
    atScreen({}, false),
    atScreen({ width: 390, height: 800, dark: true }, false),
  ]);

  // Alice at her laptop meets Bob.
  await openApp(laptop.page, relay.url);
  await laptop.page.getByLabel('What should people call you?').fill('Alice');
  const invitation = await steps(laptop.page).showCode();
  await bob.do(['init', '--name', 'Bob', '--relay', relay.url]);
  await bob.do(['invite', 'accept', invitation]);
  const bobOnline = bob.start(['daemon']);
  await bobOnline.line((line) => line['ready'] === true);
  await laptop.page.getByRole('heading', { name: 'Bob', exact: true }).waitFor(LONG);
  const conversation = String((await bob.do(['contact', 'list'])).one['conversation']);
  await steps(laptop.page).write('only you and I');
  await expect.poll(() => bob.texts(conversation), LONG).toContain('only you and I');

  // Her phone: by the link on the laptop's screen, four words on both.
  await toDevices(laptop);
  await steps(laptop.page).button('Add a device').click();
  await steps(laptop.page).button('Show the code').click();
  const link = (await laptop.page.getByTestId('device-link').innerText()).trim();
  await shot(laptop, 'story add');
  await phone.page.goto(link);
  await phone.page.getByText('Go on only if you made it yourself').waitFor(LONG);
  await phone.page.getByLabel('What you call this device').fill('Phone');
  await steps(phone.page).button('Add this device').click();
  for (const one of [laptop, phone]) await one.page.locator('.words li').first().waitFor(LONG);
  expect(await wordsOn(phone)).toHaveLength(4);
  expect(await wordsOn(phone)).toEqual(await wordsOn(laptop));
  await shot(phone, 'story words');
  await steps(laptop.page).button('They match').click();
  await steps(phone.page).button('They match').click();
  await phone.page.getByText('1 conversation so far.').waitFor(LONG);
  await shot(phone, 'story joined');
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
  const { one: joined } = await server.do(['device', 'join', code, '--name', 'server', '--relay', relay.url]);
  expect(joined['state']).toBe('words');
  await laptop.page.locator('.words li').first().waitFor(LONG);
  expect(await wordsOn(laptop)).toEqual(joined['words']);
  await steps(laptop.page).button('They match').click();
  await server.do(['device', 'confirm', (joined['words'] as readonly string[]).join(' ')]);
  const follow = server.start(['follow']);
  await follow.line((line) => line['ready'] === true);
  await expect.poll(() => server.texts(conversation).catch(() => []), LONG).toContain('only you and I');
  await steps(laptop.page).button('To your devices').click();
  for (const name of ['Phone', 'server'])
    await laptop.page.locator('[data-device]').getByText(name, { exact: true }).waitFor(LONG);
  await shot(laptop, 'story devices');
  const listed = (await server.do(['device', 'list'])).lines.map(({ device, revoked }) => [device, revoked]);
  expect(listed).toHaveLength(3);

  // A message from Bob is on all three at once.
  await toConversation(laptop);
  await bob.do(['send', 'Alice', 'first to all']);
  await Promise.all([
    shownAt(laptop, 'first to all'),
    shownAt(phone, 'first to all'),
    followedAt(follow, 'first to all'),
  ]);
  const spreads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const text = `to all of you ${round}`;
    const seen = Promise.all([shownAt(laptop, text), shownAt(phone, text), followedAt(follow, text)]);
    await bob.do(['send', 'Alice', text]);
    const times = await seen;
    spreads.push(Math.max(...times) - Math.min(...times));
  }
  console.log(
    `a message from B appears on A1, A2, A3 within ${spreads.map((ms) => Math.round(ms)).join(', ')} ms of each other`,
  );
  // One of them may meet a pause of a busy machine.
  expect(spreads.filter((ms) => ms < TOGETHER_MS).length).toBeGreaterThanOrEqual(ROUNDS - 1);

  // Each of hers writes; Bob and the other two have it.
  await steps(laptop.page).write('from the laptop');
  await steps(phone.page).write('from the phone');
  await server.do(['send', 'Bob', 'from the server']);
  for (const text of ['from the laptop', 'from the phone', 'from the server']) {
    await Promise.all([shownAt(laptop, text), shownAt(phone, text)]);
    for (const home of [bob, server]) await expect.poll(() => home.texts(conversation), LONG).toContain(text);
  }
  const authors = (await bob.do(['log', conversation, '--limit', '100'])).lines
    .filter(({ mine, kind }) => mine === false && kind === 'text')
    .map(({ author }) => author);
  // One person, whichever device wrote.
  expect(new Set(authors).size).toBe(1);

  // Deleted for her on the phone: gone on all that are hers, kept by Bob.
  await steps(phone.page).message('to all of you 1').last().click();
  await steps(phone.page)
    .message('to all of you 1')
    .last()
    .getByRole('button', { name: 'More for this message' })
    .click();
  await phone.page.getByRole('menuitem', { name: 'Delete for me' }).click();
  await steps(phone.page).button('Delete for me').click();
  for (const one of [phone, laptop])
    await steps(one.page)
      .message('to all of you 1')
      .waitFor({ state: 'detached', ...LONG });
  await expect.poll(() => server.texts(conversation), LONG).not.toContain('to all of you 1');
  expect(await bob.texts(conversation)).toContain('to all of you 1');

  // The phone is lost: two taps on the laptop.
  await toDevices(laptop);
  await steps(laptop.page).button('Remove “Phone”').click();
  await steps(laptop.page).button('Remove it').click();
  await laptop.page.getByText('“Phone” is removed.').waitFor();
  await shot(laptop, 'story removed');
  await expect
    .poll(
      async () => (await server.do(['device', 'list'])).lines.find(({ name }) => name === 'Phone')?.['revoked'],
      LONG,
    )
    .toBe(true);
  await phone.page.getByRole('button', { name: 'Back' }).click();
  await phone.page.getByRole('heading', { name: 'This device was removed' }).waitFor(LONG);
  await shot(phone, 'story out');
  await steps(phone.page).button('Read what is here').click();
  await phone.page.locator('.list-entry').filter({ hasText: 'Bob' }).first().click();
  await steps(phone.page).reads('from the server');
  // Nothing new comes to it.
  await toConversation(laptop);
  await steps(laptop.page).write('without the phone');
  await expect.poll(() => bob.texts(conversation), LONG).toContain('without the phone');
  await bob.do(['send', 'Alice', 'answer without the phone']);
  await Promise.all([shownAt(laptop, 'answer without the phone'), followedAt(follow, 'answer without the phone')]);
  expect(await steps(phone.page).message('without the phone').count()).toBe(0);
  for (const one of [laptop, phone]) expect(one.complaints).toEqual([]);
});
