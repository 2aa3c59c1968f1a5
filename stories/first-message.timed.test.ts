// From nothing to the first message, by the clock and with few actions: two browsers, a browser and the command line, and by
// square code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '@kith/testkit/free-port';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { Stage } from '../apps/cli/test/support/processes.ts';
import { steps } from '../apps/web/test/support.ts';
import { freshFolder } from './support/engines.ts';
import { atScreen, Camera, Hands, openApp, relayWithApp } from './support/people.ts';
import { buildApps } from './support/screens.ts';
import { root } from './support/texts.ts';

const WITHIN_S = 10;
const MOST_ACTIONS = 4;

beforeAll(buildApps);

/** From now on; fails when it took too long, and says how long it took. */
const stopwatch = (): ((what: string) => void) => {
  const started = performance.now();
  return (what) => {
    const seconds = (performance.now() - started) / 1000;
    console.log(`${what}: ${seconds.toFixed(2)} s`);
    expect(seconds).toBeLessThan(WITHIN_S);
  };
};

/** `npm start` with an empty data folder, up to its line with the address. */
const npmStart = async (): Promise<string> => {
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, 'scripts/start.mjs')], {
    env: { ...process.env, KITH_PORT: String(port), KITH_DATA: freshFolder() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let said = '';
  for await (const piece of child.stdout) {
    said += String(piece);
    const url = /https?:\/\/\S+:\d+/.exec(said)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`npm start ended: ${said}`);
};

test('S0.11 S0.18 U17 npm start, two empty profiles: the first message is read on the other side, nothing filled in', async () => {
  const url = await npmStart();
  const [alice, bob] = await Promise.all([atScreen(), atScreen()]);
  const hers = new Hands(alice.page);
  const his = new Hands(bob.page);
  const done = stopwatch();
  await alice.page.goto(url);
  await hers.click('Add someone');
  await hers.click('Copy link');
  const link = await alice.page.evaluate(() => navigator.clipboard.readText());
  expect(link.length).toBeLessThanOrEqual(120);
  await his.open(link);
  await his.click('Connect');
  await steps(bob.page).composer.waitFor();
  await his.type('Hello, is that you?');
  await his.press('Enter');
  await steps(alice.page).reads('Hello, is that you?');
  done('first message, Chromium to Chromium');
  expect(hers.done.length).toBeLessThanOrEqual(MOST_ACTIONS);
  expect(his.done.length).toBeLessThanOrEqual(MOST_ACTIONS);
  // The conversation opened by itself, and she is ready to answer.
  await expect.poll(() => alice.page.evaluate(() => document.activeElement?.id)).toBe('composer');
  await hers.type('Yes!');
  await hers.press('Enter');
  await steps(bob.page).reads('Yes!');
  expect(hers.done.length).toBeLessThanOrEqual(MOST_ACTIONS);
});

test('S0.11 S4.17 from Chromium to kith, and from kith to Chromium', async () => {
  const relay = await relayWithApp();
  const cli = new Stage();
  onTestFinished(() => cli.close());

  const alice = await atScreen();
  const hers = new Hands(alice.page);
  const bob = cli.home('bob');
  let done = stopwatch();
  await alice.page.goto(relay.url);
  await hers.click('Add someone');
  await hers.click('Copy link');
  const link = await alice.page.evaluate(() => navigator.clipboard.readText());
  const { one: accepted } = await bob.do(['invite', 'accept', link]);
  const follow = bob.start(['follow']);
  await follow.line((line) => line['ready'] === true);
  await steps(alice.page).composer.waitFor();
  await hers.type('Hello from a browser');
  await hers.press('Enter');
  await follow.line(({ text }) => text === 'Hello from a browser');
  done('first message, Chromium to kith');
  expect(hers.done.length).toBeLessThanOrEqual(MOST_ACTIONS);
  await bob.do(['send', String(accepted['conversation']), 'Hello from a terminal']);
  await steps(alice.page).reads('Hello from a terminal');

  const dani = cli.home('dani');
  const erin = await atScreen();
  const theirs = new Hands(erin.page);
  done = stopwatch();
  const { one: invite } = await dani.do(['invite', 'create', '--relay', relay.url]);
  const conversation = String(invite['conversation']);
  await theirs.open(String(invite['link']));
  await theirs.click('Connect');
  const following = dani.start(['follow']);
  await following.line((line) => line['ready'] === true);
  await dani.do(['send', conversation, 'Hello, from kith first']);
  await steps(erin.page).reads('Hello, from kith first');
  done('first message, kith to Chromium');
  await steps(erin.page).composer.waitFor();
  await theirs.type('And back');
  await theirs.press('Enter');
  await following.line(({ text }) => text === 'And back');
  expect(await dani.texts(conversation)).toEqual(['Hello, from kith first', 'And back']);
  expect(theirs.done.length).toBeLessThanOrEqual(MOST_ACTIONS);
});

test('S3.2 the square code on one screen is scanned by the other’s camera, and both check each other by camera', async () => {
  const relay = await relayWithApp();
  const [aliceSees, bobSees] = [new Camera(), new Camera()];
  const alice = await atScreen({ flags: aliceSees.flags });
  const bob = await atScreen({ flags: bobSees.flags });
  const his = new Hands(bob.page);
  const done = stopwatch();
  await Promise.all([openApp(alice.page, relay.url), openApp(bob.page, relay.url)]);
  await steps(alice.page).button('Add someone').click();
  await bobSees.see(alice.page.getByRole('img', { name: /square code/ }));
  await his.click('I have an invitation');
  await his.click('Scan with the camera');
  await his.click('Connect');
  await steps(bob.page).composer.waitFor();
  await steps(alice.page).composer.waitFor();
  await steps(alice.page).write('Seen through your camera');
  await steps(bob.page).reads('Seen through your camera');
  done('first message, by square code');
  expect(his.done.length).toBeLessThanOrEqual(MOST_ACTIONS);

  // Not checked by that alone: who scanned it first is not known yet.
  for (const { page } of [alice, bob]) {
    await steps(page).button('Not checked yet').click();
    await page.getByRole('img', { name: /checking code/ }).waitFor();
  }
  await bobSees.see(alice.page.getByRole('img', { name: /checking code/ }));
  await aliceSees.see(bob.page.getByRole('img', { name: /checking code/ }));
  for (const { page } of [alice, bob]) {
    await steps(page).button('Scan their code').click();
    await page.getByText('The codes match. Checked.').waitFor();
    await page.keyboard.press('Escape');
    await steps(page).button('Checked').waitFor();
  }
});
