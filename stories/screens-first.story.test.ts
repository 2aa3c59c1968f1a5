// The first conversation on screens: keys alone, touch, a code that two have seen, and where Kith cannot run.
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { Stage } from '../apps/cli/test/support/processes.ts';
import { steps } from '../apps/web/test/support.ts';
import { atScreen, Camera, openApp, relayWithApp } from './support/people.ts';
import { buildApps } from './support/screens.ts';

beforeAll(buildApps);

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

test('S3.2 somebody who photographed the code and is faster is noticed on both screens', async () => {
  const relay = await relayWithApp();
  const bobSees = new Camera();
  const alice = await atScreen();
  const bob = await atScreen({ flags: bobSees.flags }, false);
  const cli = new Stage();
  onTestFinished(() => cli.close());
  const observer = cli.home('observer');
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
