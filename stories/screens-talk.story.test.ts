// Two people at screens who know each other: what they are told about their messages, and what they can do.
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { RunningRelay } from '../apps/relay/src/index.ts';
import { Stage } from '../apps/cli/test/support/processes.ts';
import { seriousFindings, steps, type Person } from '../apps/web/test/support.ts';
import { freshFolder } from './support/engines.ts';
import { atScreen, looked, meetByName, openApp, relayWithApp } from './support/people.ts';
import { buildApps } from './support/screens.ts';

beforeAll(buildApps);

const LONG = { timeout: 30_000 };

/** A relay that can be away for a while, at the same address and with what it kept. */
const relayWithPauses = async (): Promise<{ readonly url: string; stop(): Promise<void>; start(): Promise<void> }> => {
  const data = freshFolder();
  let relay: RunningRelay = await relayWithApp({ data });
  const { url, port } = relay;
  return {
    url,
    stop: () => relay.close(),
    start: async () => void (relay = await relayWithApp({ data, port })),
  };
};
/** The engine of a profile lives in its tabs: without one it is as if the device were off. */
const leave = async (one: Person): Promise<void> => {
  const blank = await one.context.newPage();
  for (const page of one.context.pages()) if (page !== blank) await page.close();
};
const comeBack = async (one: Person, url: string): Promise<Person> => {
  const page = await one.context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(url);
  return { ...one, page };
};

test('U3 waiting, on its way, delivered and, when both allow it, read: never more than is true', async () => {
  const relay = await relayWithPauses();
  const [alice, bob] = await Promise.all([atScreen({}, false), atScreen({}, false)]);
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  const { write, stateOf } = steps(alice.page);
  const says = (text: string, state: string): Promise<void> => stateOf(text).filter({ hasText: state }).waitFor(LONG);

  await write('while you look');
  await says('while you look', 'Delivered');
  await steps(bob.page).reads('while you look');
  // Read receipts and typing are off: he has seen it and writes, and she is not told.
  await steps(bob.page).composer.pressSequentially('an answer');
  await steps(bob.page).composer.press('Enter');
  await steps(alice.page).reads('an answer');
  expect(await stateOf('while you look').innerText()).toBe('Delivered');
  expect(await alice.page.getByText('is writing').count()).toBe(0);

  await relay.stop();
  await write('while the relay is away');
  await says('while the relay is away', 'Waiting');
  await leave(bob);
  await relay.start();
  await says('while the relay is away', 'On its way');
  const back = await comeBack(bob, relay.url);
  await says('while the relay is away', 'Delivered');

  for (const { page } of [alice, back]) {
    await page.keyboard.press('Control+,');
    for (const name of [/Read receipts/, /Show when I am writing/]) {
      await page.getByRole('switch', { name }).press('Space');
      await expect.poll(() => page.getByRole('switch', { name }).isChecked()).toBe(true);
    }
  }
  await steps(alice.page).openConversation('Bob');
  await steps(back.page).openConversation('Alice');
  await write('with receipts');
  await says('with receipts', 'Read');
  await steps(back.page).composer.pressSequentially('typing now');
  await alice.page.getByText('Bob is writing…').first().waitFor();
});

test('U6 answers, reactions, changes and deletions are the same on both screens, and each says what it does', async () => {
  const relay = await relayWithApp();
  const [alice, bob] = await Promise.all([atScreen(), atScreen()]);
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  const [hers, his] = [steps(alice.page), steps(bob.page)];
  const tool = async (who: typeof hers, text: string, name: string): Promise<void> => {
    // An answer quotes what it answers: the message itself is the first of them.
    await who.message(text).first().hover();
    await who.message(text).first().getByRole('button', { name }).click();
  };
  const more = async (who: typeof hers, person: Person, text: string, item: string): Promise<void> => {
    await tool(who, text, 'More for this message');
    await person.page.getByRole('menuitem', { name: item }).click();
  };
  await hers.write('Shall we meet at noon?');
  await his.reads('Shall we meet at noon?');
  await tool(his, 'Shall we meet', 'Reply');
  await his.write('Gladly');
  await hers.reads('Gladly');
  const quote = hers.message('Gladly').locator('.quote');
  await expect.poll(() => quote.innerText()).toContain('Shall we meet at noon?');
  await tool(hers, 'Gladly', 'React');
  await hers.button('React with 🎉').click();
  await his
    .message('Gladly')
    .getByRole('button', { name: /^🎉, 1$/ })
    .waitFor();
  await more(hers, alice, 'Shall we meet', 'Edit');
  await hers.composer.fill('Shall we meet at one?');
  await hers.composer.press('Enter');
  await his.reads('Shall we meet at one?');
  expect(await his.message('Shall we meet at one?').first().innerText()).toContain('edited');
  // In the quote of his answer too.
  await expect.poll(() => his.messages.getByText('at noon').count()).toBe(0);

  // For me: gone here, kept there.
  await more(his, bob, 'Gladly', 'Delete for me');
  await bob.page.getByText('The other person keeps their copy.').waitFor();
  await his.button('Delete for me').click();
  await his.message('Gladly').waitFor({ state: 'detached' });
  await hers.write('still here?');
  await his.reads('still here?');
  expect(await hers.message('Gladly').count()).toBe(1);
  // For others: asked, and their Kith does it.
  await more(hers, alice, 'still here?', 'Ask others to delete');
  await alice.page.getByText('They may have read, copied or saved it before.').waitFor();
  await hers.button('Ask to delete').click();
  await his.message('still here?').waitFor({ state: 'detached' });
  await his.reads('This was deleted.');
  await bob.page.reload();
  await his.reads('This was deleted.');
  expect(await his.messages.getByText('still here?').count()).toBe(0);
  expect(await his.messages.getByText('Gladly').count()).toBe(0);
});

test('U7 a request shows nothing of the stranger; all can be put aside; a block holds until it is taken back', async () => {
  const relay = await relayWithApp();
  const stage = new Stage();
  onTestFinished(() => stage.close());
  const alice = await atScreen();
  await openApp(alice.page, relay.url);
  const { button, composer, reads } = steps(alice.page);
  await button('Add someone').click();
  const once = (await alice.page.getByTestId('link').innerText()).trim();
  await alice.page.getByText('Works until you turn it off').click();
  await expect.poll(async () => (await alice.page.getByTestId('link').innerText()).trim()).not.toBe(once);
  const link = (await alice.page.getByTestId('link').innerText()).trim();
  const strangers = ['<b>Mallory</b>', 'Trudy', 'Bob'].map((name) => ({
    name,
    home: stage.home(name.slice(0, 2).replace('<', 'm')),
  }));
  const conversations: string[] = [];
  for (const { name, home } of strangers) {
    const { one } = await home.do(['invite', 'accept', link, '--name', name]);
    conversations.push(String(one['conversation']));
    await home.do(['send', String(one['conversation']), `you have won, says ${name}`]);
  }
  await alice.page.getByText('3 requests').first().waitFor();
  await alice.page.getByText('3 requests').first().click();
  await expect.poll(() => alice.page.locator('.card').count()).toBe(3);
  const shown = await alice.page.locator('body').innerText();
  for (const hidden of ['Mallory', 'Trudy', 'Bob', 'won']) expect(shown).not.toContain(hidden);
  expect(await alice.page.locator('#main img').count()).toBe(0);

  await alice.page.locator('.card').last().getByRole('button', { name: 'Accept' }).click();
  await composer.waitFor();
  // The name comes with the answer to her yes, when the stranger is there next.
  for (const { home } of strangers) await home.do(['sync', '--for', '10']);
  // The heading of the conversation; an empty one has another below it.
  await alice.page
    .locator('.who h1')
    .filter({ hasText: /Mallory|Trudy|Bob/ })
    .waitFor();
  const whoCame = await alice.page.locator('.who h1').innerText();
  const friend = strangers[strangers.findIndex(({ name }) => name === whoCame)];
  const conversation = conversations[strangers.findIndex(({ name }) => name === whoCame)];
  if (friend === undefined || conversation === undefined) throw new Error(`nobody is called ${whoCame}`);
  // A name is shown as it was written, never as markup.
  expect(await alice.page.locator('.who h1 b').count()).toBe(0);
  await alice.page.getByText('2 requests').first().click();
  await button('Put all of them aside').click();
  await alice.page.getByText('Nobody is asking.').waitFor();

  await steps(alice.page).openConversation(whoCame);
  await reads(`you have won, says ${whoCame}`);
  await alice.page.keyboard.press('Alt+d');
  await alice.page.getByRole('complementary').getByRole('button', { name: 'Block' }).click();
  await alice.page.getByRole('alertdialog').getByRole('button', { name: 'Block' }).click();
  await alice.page.getByText('You blocked this person.').waitFor();
  expect(await composer.count()).toBe(0);
  await friend.home.do(['send', conversation, 'let me in']);
  await friend.home.do(['sync', '--for', '10']);
  // Whatever reaches her engine is looked at by the time a sync of hers has ended; a reload starts with one.
  await alice.page.reload();
  await alice.page.getByText('You blocked this person.').waitFor();
  await expect.poll(() => alice.page.title()).toBe('Kith');
  expect(await alice.page.getByText('let me in').count()).toBe(0);
  await button('Unblock').first().click();
  await composer.waitFor();
});

test('S4.8 S4.6 S4.46 by link or code somebody is not checked; only the person changes that, and Stop stops sending', async () => {
  const relay = await relayWithApp();
  const [alice, bob] = await Promise.all([atScreen(), atScreen()]);
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  const [hers, his] = [steps(alice.page), steps(bob.page)];
  await hers.write('hello');
  await his.reads('hello');
  for (const { page } of [alice, bob]) {
    expect(await steps(page).button('Not checked yet').isVisible()).toBe(true);
    await page.keyboard.press('Alt+d');
    await page.getByRole('complementary').waitFor();
    // There is nothing that could be shared with consent yet, so there is no button for it.
    expect(await page.getByRole('button', { name: /share|forward|introduce/i }).count()).toBe(0);
  }
  // He checks her. That is his alone: she still has to check him.
  await his.button('Not checked yet').click();
  const words = (page: typeof alice.page) => page.getByRole('list', { name: 'Your six words' }).getByRole('listitem');
  await words(bob.page).first().waitFor();
  const read = await words(bob.page).allInnerTexts();
  expect(read).toHaveLength(6);
  await his.button('They match').click();
  await his.button('Checked').waitFor();
  await his.write('I checked you');
  await hers.reads('I checked you');
  expect(await hers.button('Not checked yet').isVisible()).toBe(true);
  await hers.button('Not checked yet').click();
  await words(alice.page).first().waitFor();
  expect(await words(alice.page).allInnerTexts()).toEqual(read);
  await hers.button('They don’t match').click();
  await hers.button('Stop sending').click();
  await hers.button('Stop').waitFor();
  await hers.composer.waitFor({ state: 'detached' });
  // Nothing he does takes it back, and neither does a new start.
  await his.write('are you there?');
  await hers.reads('are you there?');
  await alice.page.reload();
  await hers.reads('are you there?');
  await hers.button('Stop').waitFor();
  expect(await hers.composer.count()).toBe(0);
  expect(await hers.message('are you there?').getByRole('button', { name: 'Reply' }).count()).toBe(0);
  await his.stateOf('are you there?').filter({ hasText: 'On its way' }).waitFor();
  await hers.button('Start sending again').click();
  await hers.composer.waitFor();
  await hers.write('I am');
  await his.reads('I am');
  expect(await his.button('Checked').isVisible()).toBe(true);
});

test('S4.7 S4.39 the hint after ten messages, put away for good, with the real engine', async () => {
  const relay = await relayWithApp();
  const [alice, bob] = await Promise.all([atScreen(), atScreen()]);
  await alice.page.clock.install();
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  const { write, reads } = steps(alice.page);
  const hint = alice.page.getByTestId('hint');
  for (let n = 1; n <= 9; n++) await write(`message ${n}`);
  await alice.page.clock.runFor(61_000);
  await reads('message 9');
  expect(await hint.count()).toBe(0);
  await write('message 10');
  await hint.waitFor();
  await hint.getByRole('button', { name: 'Do not show again' }).click();
  await hint.waitFor({ state: 'detached' });
  await alice.page.reload();
  // The engine is there before the clock jumps: a minute without one is an error of its own.
  await reads('message 10');
  await alice.page.clock.runFor(61_000);
  await write('message 11');
  await steps(bob.page).reads('message 11');
  expect(await hint.count()).toBe(0);
});

test('U21 S4.17 with the relay away: starts, reads, searches, writes and queues; all of it goes out when the relay is back', async () => {
  const relay = await relayWithPauses();
  const [alice, bob] = await Promise.all([atScreen({}, false), atScreen({}, false)]);
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  const { write, reads, stateOf } = steps(alice.page);
  await write('the key is under the mat');
  await steps(bob.page).reads('the key is under the mat');
  const manifest = await alice.page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
    await navigator.serviceWorker.ready;
    return (await (await fetch(link?.href ?? '')).json()) as {
      display: string;
      start_url: string;
      icons: { sizes: string }[];
    };
  });
  expect(manifest).toMatchObject({ display: 'standalone', start_url: '/' });
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));
  // What Chromium itself finds in the way of installing it.
  const debugging = await alice.context.newCDPSession(alice.page);
  const { installabilityErrors } = await debugging.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);

  await relay.stop();
  await alice.page.reload();
  await reads('the key is under the mat');
  await write('I wrote this offline');
  await stateOf('I wrote this offline').filter({ hasText: 'Waiting' }).waitFor();
  await alice.page.getByText('Offline. You can read and write; Kith sends when it can.').waitFor(LONG);
  await alice.page.locator('#list-search').fill('under the mat');
  await alice.page.keyboard.press('Enter');
  await alice.page.getByText('1 message found').waitFor();
  await alice.page.reload();
  await relay.start();
  await steps(bob.page).message('I wrote this offline').waitFor(LONG);
  await steps(alice.page).openConversation('Bob');
  await stateOf('I wrote this offline').filter({ hasText: 'Delivered' }).waitFor(LONG);
  expect(await steps(bob.page).message('I wrote this offline').count()).toBe(1);
});

test('U21 a second tab shows and does the same; the first may be closed', async () => {
  const relay = await relayWithApp();
  const [alice, bob] = await Promise.all([atScreen(), atScreen()]);
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  await steps(alice.page).write('from the first tab');
  const second = await alice.context.newPage();
  await openApp(second, relay.url);
  await steps(second).openConversation('Bob');
  await steps(second).reads('from the first tab');
  await steps(second).write('from the second tab');
  await steps(alice.page).reads('from the second tab');
  await steps(bob.page).write('to both');
  await steps(alice.page).reads('to both');
  await steps(second).reads('to both');
  await alice.page.close();
  // It did the work; the other one takes over.
  await steps(bob.page).write('I still reach you');
  await steps(second).message('I still reach you').waitFor(LONG);
  await steps(second).write('the first one is gone');
  await steps(bob.page).reads('the first one is gone');
});

test('U13 the screens of a real conversation in both widths and themes: nothing serious found, nothing too wide', async () => {
  const relay = await relayWithApp();
  const [alice, blair] = await Promise.all([atScreen(), atScreen()]);
  const found: string[] = [];
  const seen = (one: Person, name: string): Promise<void> =>
    looked(one, `talk ${name}`, async (page, look) => {
      const findings = await seriousFindings(page, look.endsWith('light') ? 'all' : 'colours');
      found.push(...findings.map((finding) => `${look}: ${finding}`));
    });
  await openApp(alice.page, relay.url);
  await seen(alice, '1 first');
  await alice.page.getByLabel('What should people call you?').fill('Alice');
  const link = await steps(alice.page).showCode();
  await seen(alice, '2 code');
  await blair.page.goto(link);
  await steps(blair.page).button('Connect').waitFor();
  await seen(blair, '3 invitation');
  await blair.page.getByLabel('The name they will see').fill('Blair');
  await steps(blair.page).connect();
  await alice.page.getByRole('heading', { name: 'Blair', exact: true }).waitFor();
  const talk: readonly (readonly [Person, Person, string])[] = [
    [alice, blair, 'Hi Blair! Are we still on for the lake on Saturday?'],
    [blair, alice, 'Yes! I looked at the forecast: sun until four.'],
    [blair, alice, 'Shall I bring the small boat?'],
    [alice, blair, 'Please do. I’ll take care of lunch 🥪'],
    [blair, alice, 'Then I’ll bring cherries. The tree is full of them this year.'],
    [alice, blair, 'Perfect. Nine o’clock at the bridge?'],
    [blair, alice, 'Nine it is. I’m looking forward to it!'],
  ];
  for (const [from, to, text] of talk) {
    await steps(from.page).write(text);
    await steps(to.page).reads(text);
  }
  await steps(alice.page).message('Then I’ll bring').hover();
  await steps(alice.page).message('Then I’ll bring').getByRole('button', { name: 'React' }).click();
  await steps(alice.page).button('React with ❤️').click();
  await steps(blair.page)
    .message('Then I’ll bring')
    .getByRole('button', { name: /^❤️, 1/ })
    .waitFor();
  await steps(alice.page).stateOf('Perfect. Nine').filter({ hasText: 'Delivered' }).waitFor();
  await alice.page.mouse.move(0, 0);
  await steps(alice.page).composer.focus();
  await seen(alice, '4 talk');
  await steps(alice.page).button('Not checked yet').click();
  await alice.page.getByRole('list', { name: 'Your six words' }).getByRole('listitem').first().waitFor();
  await seen(alice, '5 check');
  await alice.page.keyboard.press('Escape');
  await alice.page.keyboard.press('Alt+d');
  await alice.page.getByRole('complementary').waitFor();
  await seen(alice, '6 details');
  await alice.page.keyboard.press('Control+,');
  await alice.page.getByRole('heading', { name: 'Settings' }).waitFor();
  await seen(alice, '7 settings');
  expect(found).toEqual([]);
});
