// The first conversation, from nothing: two browsers, a browser and the command line, and by square code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
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

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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

const stage = (): Stage => {
  const one = new Stage();
  onTestFinished(() => one.close());
  return one;
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

test('who comes for the first time sees no list before the welcome', async () => {
  const relay = await relayWithApp();
  const { page } = await atScreen();
  await page.addInitScript(() => {
    const look = (): void => {
      if (document.querySelector('#list') !== null) document.documentElement.dataset['list'] = 'seen';
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
  await openApp(page, relay.url);
  await page.getByRole('heading', { name: 'Talk to the people you know' }).waitFor();
  expect(await page.locator('html').getAttribute('data-list')).toBeNull();
});

test('S0.11 S4.17 from Chromium to kith, and from kith to Chromium', async () => {
  const relay = await relayWithApp();
  const cli = stage();

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

test('S3.2 somebody who photographed the code and is faster is noticed on both screens', async () => {
  const relay = await relayWithApp();
  const bobSees = new Camera();
  const alice = await atScreen();
  const bob = await atScreen({ flags: bobSees.flags }, false);
  const observer = stage().home('observer');
  await openApp(alice.page, relay.url);
  const link = await steps(alice.page).showCode();
  await bobSees.see(alice.page.getByRole('img', { name: /square code/ }));
  await openApp(bob.page, relay.url);
  await observer.do(['invite', 'accept', link]);
  await steps(alice.page).composer.waitFor();
  await steps(bob.page).button('I have an invitation').click();
  await steps(bob.page).button('Scan with the camera').click();
  await Promise.race([
    steps(bob.page).button('Connect').click(),
    bob.page.getByText('This invitation was used already.').waitFor(),
  ]);
  await bob.page.getByText('This invitation was used already.').waitFor();
  expect(await bob.page.getByText('If you did not use it, say so: somebody else may have.').isVisible()).toBe(true);
  await alice.page.getByText('More than one person tried to use this code.').waitFor();
  expect(await steps(alice.page).button('Not checked yet').isVisible()).toBe(true);
});

test('U13 a whole first conversation by keyboard alone', async () => {
  const relay = await relayWithApp();
  const [alice, bob] = await Promise.all([atScreen(), atScreen()]);
  /** Tab until it has the focus. */
  const reach = async (page: typeof alice.page, name: string): Promise<void> => {
    for (let presses = 0; presses < 20; presses++) {
      const focused = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
      if (focused === name) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`20 times Tab did not reach ${name}`);
  };
  await openApp(alice.page, relay.url);
  await reach(alice.page, 'Add someone');
  await alice.page.keyboard.press('Enter');
  await alice.page.getByTestId('link').waitFor();
  await reach(alice.page, 'Copy link');
  await alice.page.keyboard.press('Enter');
  await alice.page.getByText('Copied.').first().waitFor();
  const link = await alice.page.evaluate(() => navigator.clipboard.readText());
  // Over the page that is open already: a pasted link there is taken at once.
  await openApp(bob.page, relay.url);
  await reach(bob.page, 'I have an invitation');
  await bob.page.keyboard.press('Enter');
  await expect.poll(() => bob.page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
  await bob.page.evaluate((text) => navigator.clipboard.writeText(text), link);
  await bob.page.keyboard.press('Control+v');
  await steps(bob.page).button('Connect').waitFor();
  await reach(bob.page, 'Connect');
  await bob.page.keyboard.press('Enter');
  const inComposer = (page: typeof alice.page): Promise<void> =>
    expect.poll(() => page.evaluate(() => document.activeElement?.id), { timeout: 10_000 }).toBe('composer');
  await inComposer(bob.page);
  await bob.page.keyboard.type('By keys alone');
  await bob.page.keyboard.press('Enter');
  await inComposer(alice.page);
  await steps(alice.page).reads('By keys alone');
  // She answers that very message, changes her answer, and reacts.
  await alice.page.keyboard.press('Control+ArrowUp');
  await alice.page.keyboard.press('r');
  await alice.page.getByText('Answering').waitFor();
  await alice.page.keyboard.type('Mine too');
  await alice.page.keyboard.press('Enter');
  await steps(bob.page).reads('Mine too');
  await inComposer(alice.page);
  // Her own line stands there before she changes it; one press has to be enough.
  await steps(alice.page).reads('Mine too');
  await alice.page.keyboard.press('ArrowUp');
  await alice.page.getByText('Changing your message').waitFor();
  await alice.page.keyboard.type(', fine');
  await alice.page.keyboard.press('Enter');
  await steps(bob.page).reads('Mine too, fine');
  await bob.page.keyboard.press('Control+ArrowUp');
  await bob.page.keyboard.press('e');
  await bob.page.getByRole('dialog', { name: 'React' }).waitFor();
  await expect.poll(() => bob.page.evaluate(() => document.activeElement?.textContent)).toBe('👍');
  await bob.page.keyboard.press('Enter');
  await steps(alice.page)
    .message('Mine too, fine')
    .getByRole('button', { name: /^👍, 1/ })
    .waitFor();
});

test('S4.17 touch at 320 px: add, connect and talk, nothing wider than the screen', async () => {
  const relay = await relayWithApp();
  const small = { width: 320, height: 640, touch: true };
  const [alice, bob] = await Promise.all([atScreen(small), atScreen(small)]);
  const fits = async (page: typeof alice.page): Promise<void> =>
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await openApp(alice.page, relay.url);
  await fits(alice.page);
  await steps(alice.page).button('Add someone').tap();
  const link = (await alice.page.getByTestId('link').innerText()).trim();
  await fits(alice.page);
  await bob.page.goto(link);
  await steps(bob.page).button('Connect').tap();
  const composer = steps(bob.page).composer;
  await composer.tap();
  await bob.page.keyboard.type('With a thumb');
  await steps(bob.page).button('Send').tap();
  await steps(alice.page).reads('With a thumb');
  await fits(alice.page);
  await fits(bob.page);
  await steps(alice.page).composer.tap();
  await alice.page.keyboard.type('And back');
  await steps(alice.page).button('Send').tap();
  await steps(bob.page).reads('And back');
  await steps(bob.page).button('Back').tap();
  await bob.page.locator('.list-entry').filter({ hasText: 'And back' }).waitFor();
});

test.each([
  ['OPFS', 'Private file storage.', () => Reflect.deleteProperty(globalThis, 'FileSystemFileHandle')],
  ['Web Locks', 'A way for several tabs to take turns.', () => Reflect.deleteProperty(Navigator.prototype, 'locks')],
])('S4.17 a browser without %s is told so before anything can be typed', async (_what, says, without) => {
  const relay = await relayWithApp();
  const { page } = await atScreen();
  await page.addInitScript(without);
  await page.goto(relay.url);
  await page.getByRole('heading', { name: 'Kith cannot run here' }).waitFor();
  expect(await page.getByTestId('missing').innerText()).toContain(says);
  expect(await page.getByText('Open this page in a current Firefox').isVisible()).toBe(true);
  expect(await page.locator('input, textarea, button').count()).toBe(0);
});

test.each([
  ['does not offer', 'Reflect.deleteProperty(FileSystemFileHandle.prototype, "createSyncAccessHandle");'],
  [
    'refuses',
    `FileSystemFileHandle.prototype.createSyncAccessHandle = async () => {
       throw new DOMException('no such backend', 'NotSupportedError');
     };`,
  ],
])('S4.17 a browser that %s files for the engine is told so before anything can be typed', async (_how, without) => {
  const relay = await relayWithApp();
  // Quiet about SQLite’s own word on it; the page may not complain otherwise.
  const { page } = await atScreen({}, false);
  await page.route(/engine-worker/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: without + (await response.text()) });
  });
  await page.goto(relay.url);
  await page.getByRole('heading', { name: 'Kith cannot run here' }).waitFor();
  expect(await page.getByTestId('missing').innerText()).toContain('Private file storage.');
  expect(await page.locator('input, textarea, button').count()).toBe(0);
});

test('S4.17 an address without TLS is told so before anything can be typed', async () => {
  const relay = await relayWithApp({ lan: true });
  // A name that is not this computer’s, so that the browser does not trust the plain connection.
  const { page } = await atScreen({ flags: ['--host-resolver-rules=MAP relay.example 127.0.0.1'] }, false);
  await page.goto(`http://relay.example:${relay.port}/`);
  await page.getByRole('heading', { name: 'Kith cannot run here' }).waitFor();
  expect(await page.getByTestId('missing').innerText()).toContain('A secure address.');
  expect(await page.locator('input, textarea, button').count()).toBe(0);
});
