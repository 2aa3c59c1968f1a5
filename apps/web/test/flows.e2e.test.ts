// What a person does, step by step, over a Kith in memory: mostly by keyboard, as the screens promise.
// Long because one browser and one server serve all of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Fixture } from '../dev/fixture.ts';
import { serveHarness } from './harness.ts';
import { cameraFlags, filmOf, person, seriousFindings, steps, type Person, type Site } from './support.ts';

vi.setConfig({ testTimeout: 20_000 });

let site: Site;
let wide: Person;
let page: Page;
beforeAll(async () => {
  site = await serveHarness();
  wide = await person({ reducedMotion: true });
  page = wide.page;
}, 60_000);
afterAll(async () => {
  await wide.close();
  await site.close();
});
afterEach(() => {
  expect(wide.complaints.splice(0)).toEqual([]);
});

let visits = 0;
/** A new address each time: at the same one a browser keeps the place one was at, as it should. */
const open = async (address: string, on: Page = page): Promise<void> => {
  await on.goto(`${site.url}/?visit=${visits++}&${address}`);
};
const at = (route: object): string => `route=${encodeURIComponent(JSON.stringify(route))}`;
const blair = `scene=talk&${at({ at: 'conversation', conversation: 'blair' })}`;
const focused = (on: Page = page): Promise<string> =>
  on.evaluate(() => {
    const element = document.activeElement;
    return (
      element?.getAttribute('aria-label') ?? element?.getAttribute('data-event') ?? element?.textContent?.trim() ?? ''
    );
  });
const inFixture = <R>(work: (fixture: Fixture) => R, on: Page = page): Promise<R> =>
  on.evaluate(`(${work.toString()})(globalThis.fixture)`) as Promise<R>;

test('axe as it is run here finds a planted fault', async () => {
  await open('scene=talk');
  await page.locator('.list-entry').first().waitFor();
  await page.evaluate(() => document.querySelector('#list header button')?.removeAttribute('aria-label'));
  expect((await seriousFindings(page)).join()).toContain('button-name');
});

test('U17 first start: one key press shows a code, and nothing had to be filled in', async () => {
  await open('scene=empty');
  const { button } = steps(page);
  await button('Add someone').waitFor();
  await page.keyboard.press('Tab');
  expect(await focused()).not.toBe('Add someone');
  await page.keyboard.press('Enter');
  await page.getByTestId('link').waitFor();
  expect(await page.getByText('This link works only on this computer').isVisible()).toBe(true);
  expect(await page.getByRole('img', { name: /square code/ }).isVisible()).toBe(true);
  // The person who was invited arrives: the conversation opens by itself, ready to write.
  await inFixture((fixture) => fixture.arrive('invited0', 'Blair'));
  await page.getByRole('heading', { name: 'Blair', exact: true }).waitFor();
  await expect.poll(() => focused()).toBe('Message to Blair');
});

test('U17 one code is shown again until it was handed on, and a reusable one is a choice in plain words', async () => {
  await open('scene=empty');
  const { button, showCode } = steps(page);
  const first = await showCode();
  await button('Back').click();
  expect(await showCode()).toBe(first);
  await button('Copy link').click();
  await page.getByText('Copied.').first().waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(first);
  await button('Back').click();
  await button('Add someone').first().click();
  await expect.poll(async () => (await page.getByTestId('link').innerText()).trim()).not.toBe(first);
  await page.getByText('Works until you turn it off').click();
  await expect
    .poll(() =>
      inFixture((fixture) =>
        fixture.kith.call('invite.list', {}).then((all) => all.filter(({ reusable }) => reusable).length),
      ),
    )
    .toBe(1);
});

test('U17 an invitation says who it is from and which name goes out, before Connect; Enter connects', async () => {
  await open(`scene=empty&private=1&${at({ at: 'invite', link: 'http://localhost/i#abc' })}`);
  await page.getByText('Connect with Alice?').waitFor();
  expect(await page.getByLabel('The name they will see').inputValue()).toBe('');
  expect(await page.getByText('This looks like a private window').isVisible()).toBe(true);
  await page.getByText('I use Kith elsewhere').click();
  expect(await page.getByText("kith invite accept 'http://localhost/i#abc'").isVisible()).toBe(true);
  await expect.poll(() => focused()).not.toBe('');
  await steps(page).button('Connect').focus();
  await page.keyboard.press('Enter');
  await steps(page).composer.waitFor();
  // The conversation takes messages at once.
  await steps(page).write('Hello Alice');
  await steps(page).reads('Hello Alice');
});

test.each([
  ['invite-used', 'This invitation was used already.'],
  ['invite-expired', 'This invitation has expired or was taken back.'],
  ['invite-invalid', 'This invitation was not made by the person it seems to come from.'],
  ['bad-link', 'This is not a Kith link, or a part of it is missing.'],
  ['no-relay', 'No relay answers at the moment.'],
])('an invitation that does not work (%s) says why and what to do', async (code, message) => {
  await open(`scene=talk&${at({ at: 'invite', link: `http://localhost/i#${code}` })}`);
  await page.getByText(message).waitFor();
  expect(await steps(page).button('To your conversations').isVisible()).toBe(true);
  expect(await steps(page).button('Connect').count()).toBe(0);
});

test('one’s own invitation says so and offers a private window', async () => {
  await open(`scene=empty&${at({ at: 'invite', link: 'http://localhost/i#own-invite' })}`);
  await page.getByText('This is your own invitation').waitFor();
  expect(await steps(page).button('Copy the link for a private window').isVisible()).toBe(true);
});

test('S3.2 a code is scanned through the camera', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-film-'));
  const other = await person({
    flags: cameraFlags(filmOf('http://localhost:4680/i#AQAb7Yk0dGhlIGhhc2ggb2YgdGhlIGludml0YXRpb24', folder)),
  });
  try {
    await open(`scene=empty&${at({ at: 'add', mode: 'scan' })}`, other.page);
    await steps(other.page).button('Scan with the camera').click();
    await other.page.getByText('Connect with Alice?').waitFor();
    expect(other.complaints).toEqual([]);
  } finally {
    await other.close();
    rmSync(folder, { recursive: true });
  }
}, 30_000);

test('S0.30 U7 a request shows nothing of the stranger; Accept, Not now and Block are keys away', async () => {
  await open(`scene=talk&${at({ at: 'requests' })}`);
  await page.getByText('Through your link “Street fair”').waitFor();
  expect(await page.getByText('Robin').count()).toBe(0);
  const cards = page.locator('.card');
  expect(await cards.count()).toBe(2);
  await cards.last().getByRole('button', { name: 'Block' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => cards.count()).toBe(1);
  await cards.first().getByRole('button', { name: 'Accept' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Robin', exact: true }).waitFor();
});

test('U13 the message list is one Tab stop with arrows inside, Esc goes back to writing', async () => {
  await open(blair);
  const { composer, messages } = steps(page);
  await composer.waitFor();
  await expect.poll(() => focused()).toBe('Message to Blair');
  expect(await messages.getAttribute('aria-live')).toBe(null);
  expect(await messages.locator('article[tabindex="0"]').count()).toBe(1);
  await page.keyboard.press('Control+ArrowUp');
  await expect.poll(() => focused()).toMatch(/^You, .*: Bringing coffee for everyone\. Waiting$/);
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => focused()).toMatch(/No worries\.\. On its way$/);
  await page.keyboard.press('Home');
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toMatch(/newer Kith/);
  await page.keyboard.press('End');
  await expect.poll(() => focused()).toMatch(/Bringing coffee/);
  expect(await messages.locator('article[tabindex="0"]').count()).toBe(1);
  await page.keyboard.press('Escape');
  await expect.poll(() => focused()).toBe('Message to Blair');
});

test('U13 what arrives is said once, by a region of its own; own messages and old ones are not', async () => {
  await open(blair);
  const { announced, write, reads } = steps(page);
  await write('mine');
  await reads('mine');
  await inFixture((fixture) => fixture.receive('blair', 'Are you coming?'));
  await expect.poll(() => announced.innerText()).toBe('Blair: Are you coming?');
  // Rate limited: a burst is counted.
  await inFixture((fixture) => {
    for (let n = 0; n < 5; n++) fixture.receive('blair', `burst ${n}`);
  });
  await expect.poll(() => announced.innerText(), { timeout: 5_000 }).toBe('5 new messages');
});

test('Enter sends, Shift+Enter makes a new line, and a setting swaps them', async () => {
  await open(blair);
  const { composer, reads } = steps(page);
  await composer.waitFor();
  await composer.pressSequentially('one');
  await page.keyboard.press('Shift+Enter');
  await composer.pressSequentially('two');
  expect(await composer.inputValue()).toBe('one\ntwo');
  await page.keyboard.press('Enter');
  await reads('one\ntwo');
  expect(await composer.inputValue()).toBe('');
  await inFixture((fixture) => void fixture.kith.call('set', { key: 'enter-sends', value: 'off' }));
  await composer.pressSequentially('three');
  await page.keyboard.press('Enter');
  expect(await composer.inputValue()).toBe('three\n');
  await page.keyboard.press('Control+Enter');
  await reads('three');
});

test('U3 the state of a message stands in words: waiting, on its way, delivered', async () => {
  await open(blair);
  const { write, stateOf } = steps(page);
  await write('how far are you');
  await expect.poll(() => stateOf('how far are you').innerText()).toBe('Delivered');
  expect(await stateOf('Bringing coffee').innerText()).toBe('Waiting');
  expect(await page.getByText('Waiting for Blair’s device.').isVisible()).toBe(true);
});

test('U3 only after ten seconds of waiting it says for whom', async () => {
  await open(`scene=offline&${at({ at: 'conversation', conversation: 'dani' })}`);
  await steps(page).composer.waitFor();
  const said = page.getByText('Waiting for Dani');
  await inFixture((fixture) => fixture.change('dani', { waitingSince: Date.now() - 7_000 }));
  expect(await said.count()).toBe(0);
  await said.waitFor({ timeout: 6_000 });
});

test('U6 ↑ in the empty composer changes the last message, Esc takes that back and keeps the draft', async () => {
  await open(blair);
  const { composer, reads, message } = steps(page);
  await composer.waitFor();
  await composer.press('ArrowUp');
  await expect.poll(() => composer.inputValue()).toBe('Bringing coffee for everyone');
  await composer.press('Escape');
  expect(await composer.inputValue()).toBe('');
  await composer.press('ArrowUp');
  await expect.poll(() => composer.inputValue()).toBe('Bringing coffee for everyone');
  await composer.fill('Bringing tea for everyone');
  await composer.press('Enter');
  await reads('Bringing tea for everyone');
  expect(await message('Bringing tea').innerText()).toContain('edited');
});

/** Real key events, one right behind the other: none waits until the page has answered the one before. */
const typeFast = async (keys: readonly string[]): Promise<void> => {
  const session = await page.context().newCDPSession(page);
  const codes: Readonly<Record<string, number>> = { Enter: 13, ArrowUp: 38, Escape: 27 };
  const events = keys.flatMap((key) => {
    const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
    const code = {
      key,
      windowsVirtualKeyCode: codes[key] ?? (/[a-z ]/iu.test(key) ? key.toUpperCase().charCodeAt(0) : 0),
    };
    return [
      { type: text === undefined ? 'rawKeyDown' : 'keyDown', ...code, ...(text === undefined ? {} : { text }) },
      { type: 'keyUp', ...code },
    ] as const;
  });
  await Promise.all(events.map((event) => session.send('Input.dispatchKeyEvent', event)));
  await session.detach();
};

test.for([0, 80])('U6 ↑ and typing right behind it lose nothing, with answers after %i ms', async (wait) => {
  await open(blair);
  const { composer, reads, message } = steps(page);
  await composer.waitFor();
  await page.evaluate((ms) => {
    const { kith } = (globalThis as unknown as { fixture: Fixture }).fixture;
    const call = kith.call.bind(kith) as (...asked: unknown[]) => Promise<unknown>;
    const slowly = async (...asked: unknown[]): Promise<unknown> => {
      await new Promise((go) => setTimeout(go, ms));
      return call(...asked);
    };
    Object.assign(kith, { call: slowly });
  }, wait);
  await composer.focus();
  // What was written a moment ago is the last line, whether or not it stands in the list already; so is a change of it.
  await typeFast([...'tee', 'Enter', 'ArrowUp', ...' or coffee', 'Enter', 'ArrowUp', ...'?!', 'Enter']);
  await reads('tee or coffee?!');
  expect(await message('tee').count()).toBe(1);
  await message('Bringing coffee for everyone').waitFor();
  expect(await composer.inputValue()).toBe('');
  await typeFast(['ArrowUp', ...' Milk', 'Escape', ...'No']);
  expect(await composer.inputValue()).toBe('No');
  expect(await message('tee').innerText()).not.toContain('Milk');
});

test('a reply names whom it answers, by keyboard', async () => {
  await open(blair);
  const { composer, message } = steps(page);
  await composer.waitFor();
  await page.keyboard.press('Control+ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => focused()).toMatch(/Running ten minutes late/);
  await page.keyboard.press('r');
  await page.getByText('Answering Blair').waitFor();
  await expect.poll(() => focused()).toBe('Message to Blair');
  await composer.pressSequentially('Take your time');
  await page.keyboard.press('Enter');
  const quote = message('Take your time').locator('.quote');
  await expect.poll(() => quote.innerText()).toContain('Running ten minutes late');
});

test('a reaction is two keys and an emoji away, and is taken back by pressing it', async () => {
  await open(blair);
  await steps(page).composer.waitFor();
  await page.keyboard.press('Control+ArrowUp');
  await expect.poll(() => focused()).toMatch(/Bringing coffee/);
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'React with 🎉' }).click();
  const mine = steps(page)
    .message('Bringing coffee')
    .getByRole('button', { name: /^🎉, 1, one of them yours/ });
  await mine.waitFor();
  await mine.click();
  await mine.waitFor({ state: 'detached' });
});

test('U6 deleting says truthfully what it does, for me and for others', async () => {
  await open(blair);
  const { message, button } = steps(page);
  await steps(page).composer.waitFor();
  await page.keyboard.press('Control+ArrowUp');
  await expect.poll(() => focused()).toMatch(/Bringing coffee/);
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Ask others to delete' }).click();
  await page.getByText('They may have read, copied or saved it before.').waitFor();
  await button('Cancel').click();
  expect(await message('Bringing coffee').count()).toBe(1);
  await message('No worries').hover();
  await message('No worries').getByRole('button', { name: 'More for this message' }).click();
  await page.getByRole('menuitem', { name: 'Delete for me' }).click();
  await page.getByText('The other person keeps their copy.').waitFor();
  await button('Delete for me').click();
  await message('No worries').waitFor({ state: 'detached' });
});

test('text is text: markup stays visible, only honest web addresses become links', async () => {
  await open(`scene=edges&${at({ at: 'conversation', conversation: 'blair' })}`);
  await steps(page).reads('is not a link');
  await page.keyboard.press('Control+ArrowUp');
  await page.keyboard.press('Home');
  await steps(page).reads('<b>not bold</b> <img src=x onerror=alert(1)> javascript:alert(1)');
  expect(await page.locator('article img, article b').count()).toBe(0);
  await page.keyboard.press('End');
  const links = page.locator('article a');
  await links.first().waitFor();
  const found = await links.evaluateAll((all) =>
    all.map((link) => [
      link.getAttribute('href'),
      link.getAttribute('rel'),
      link.getAttribute('target'),
      link.getAttribute('referrerpolicy'),
    ]),
  );
  expect(found).toEqual([['http://example.org/a(b)c', 'noopener noreferrer', '_blank', 'no-referrer']]);
});

test('a file that is dropped or pasted: Kith says that it cannot send files yet, and the text and the buttons stay', async () => {
  // Where nothing is told before.
  await open(`scene=talk&${at({ at: 'conversation', conversation: 'imani' })}`);
  const { composer, button } = steps(page);
  await composer.fill('still here');
  const places = (): Promise<readonly unknown[]> => Promise.all([composer.boundingBox(), button('Send').boundingBox()]);
  const before = await places();
  for (const type of ['drop', 'paste']) {
    await composer.evaluate((field, kind) => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'x.txt'));
      field.dispatchEvent(
        kind === 'drop'
          ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      );
    }, type);
    await page.getByText('Kith cannot send files yet.').waitFor();
    expect(await composer.inputValue()).toBe('still here');
    // What comes and goes beside it moves nothing from under a finger that is on its way.
    expect(await places()).toEqual(before);
    await composer.fill('still here');
    await composer.press('End');
    await composer.pressSequentially('!');
    await page.getByText('Kith cannot send files yet.').waitFor({ state: 'detached' });
    await composer.fill('still here');
  }
});

test('a text over 64 KiB is held back with a plain message; exactly 64 KiB goes', async () => {
  await open(blair);
  const { composer, button, write } = steps(page);
  await composer.fill('ä'.repeat(32_768) + 'x');
  await page.getByText('Too long by 1 bytes.').waitFor();
  expect(await button('Send').isDisabled()).toBe(true);
  await composer.press('Enter');
  expect((await composer.inputValue()).length).toBe(32_769);
  await write('ä'.repeat(32_768));
  await expect.poll(() => composer.inputValue()).toBe('');
});

test('a draft is kept when one leaves the conversation, and shows in the list', async () => {
  await open(blair);
  const { composer, openConversation } = steps(page);
  await composer.fill('half a thought');
  await page.keyboard.press('Alt+ArrowDown');
  await page.getByRole('heading', { name: 'Sam' }).waitFor();
  expect(await page.locator('.list-entry').filter({ hasText: 'Blair' }).innerText()).toContain('Draft: half a thought');
  await openConversation('Blair');
  expect(await composer.inputValue()).toBe('half a thought');
});

test('new messages: a line where they begin, unread as text, a count in title and icon, gone when read', async () => {
  await open('scene=talk');
  const entry = page.locator('.list-entry').filter({ hasText: 'Dr. Imani' });
  await entry.getByText('2 unread').waitFor({ state: 'attached' });
  expect(await page.title()).toBe('(2) Kith');
  expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('/icon-unread.svg');
  await entry.click();
  await page.getByText('New messages').waitFor();
  await expect.poll(() => page.title()).toBe('Kith');
  expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('/icon.svg');
});

test('while one reads further up nothing moves, and a button counts what came', async () => {
  await open(`scene=long&${at({ at: 'conversation', conversation: 'blair' })}`);
  const { messages, reads } = steps(page);
  await reads('Message 4999');
  const place = (): Promise<number> =>
    messages.evaluate((list) =>
      Math.round(list.querySelector('[data-event="event0004960"]')?.getBoundingClientRect().top ?? -1),
    );
  // Opening goes on for a few frames, in which the end is sought again: up there for five looks running is up there.
  let looks = 0;
  await expect
    .poll(
      async () => {
        looks = (await page.locator('.latest').count()) === 1 ? looks + 1 : 0;
        if (looks === 0) await messages.evaluate((list) => list.scrollBy(0, -2_000));
        return looks;
      },
      { timeout: 5_000 },
    )
    .toBeGreaterThan(4);
  await expect
    .poll(async () => {
      const before = await place();
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      return before === (await place());
    })
    .toBe(true);
  const before = await place();
  await inFixture((fixture) => {
    fixture.receive('blair', 'came meanwhile');
    fixture.receive('blair', 'and another');
  });
  await page.getByRole('button', { name: '2 new messages, to the latest' }).waitFor();
  expect(await place()).toBe(before);
  await page.keyboard.press('Alt+j');
  await reads('and another');
  await expect.poll(() => page.locator('.latest').count()).toBe(0);
});

test('whoever is at the end stays there, whatever scroll events come between new messages', async () => {
  await open(`scene=long&${at({ at: 'conversation', conversation: 'blair' })}`);
  const { messages, reads } = steps(page);
  await reads('Message 4999');
  const below = (): Promise<number> =>
    messages.evaluate((list) => Math.round(list.scrollHeight - list.scrollTop - list.clientHeight));
  await expect.poll(below).toBeLessThan(2);
  // The event of an earlier move comes when more has come below already, and the next message with it.
  await inFixture((fixture) => {
    const list = document.querySelector('#messages');
    let count = 0;
    const next = (): void => {
      list?.dispatchEvent(new Event('scroll'));
      if (count <= 40) fixture.receive('blair', count === 40 ? 'the last of them' : `line ${count}\nof many`);
      count++;
    };
    if (list !== null) new MutationObserver(next).observe(list, { subtree: true, childList: true });
    next();
  });
  await reads('the last of them');
  await expect.poll(below).toBeLessThan(2);
  expect(await page.locator('.latest').count()).toBe(0);
  // And a person who goes up is not held.
  await messages.hover();
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, -300);
      return below();
    })
    .toBeGreaterThan(400);
  await inFixture((fixture) => fixture.receive('blair', 'while they read'));
  await page.getByRole('button', { name: '1 new message, to the latest' }).waitFor();
  expect(await below()).toBeGreaterThan(400);
});

test('a long conversation: older messages come while one scrolls, and no more than a few hundred are held', async () => {
  await open(`scene=long&${at({ at: 'conversation', conversation: 'blair' })}`);
  const { messages, reads } = steps(page);
  await reads('Message 4999');
  const oldest = (): Promise<string> =>
    messages.evaluate((list) => list.querySelector('[data-event]')?.getAttribute('data-event') ?? '');
  for (let step = 0; step < 12; step++) {
    const before = await oldest();
    await expect
      .poll(async () => {
        await messages.evaluate((list) => list.scrollTo(0, list.scrollTop === 0 ? 1 : 0));
        return oldest();
      })
      .not.toBe(before);
  }
  expect((await oldest()) < 'event0004600').toBe(true);
  expect(await messages.locator('article').count()).toBeLessThan(120);
});

test('U5 search finds in all conversations, says that it is local, and jumps to the message in its context', async () => {
  await open('scene=long');
  await page.locator('#list-search').fill('Message 1234:');
  await page.keyboard.press('Enter');
  await page.getByText('1 message found').waitFor();
  expect(await page.getByText('Only on this device.').isVisible()).toBe(true);
  await page.locator('.result').click();
  await expect.poll(() => focused()).toMatch(/Message 1234:/);
  await steps(page).message('Message 1233:').waitFor();
  await steps(page).message('Message 1235:').waitFor();
  expect(
    await page.locator('article[data-target]').evaluate((article) => {
      const { top, bottom } = article.getBoundingClientRect();
      return top > 0 && bottom < innerHeight;
    }),
  ).toBe(true);
});

test('S4.6 S4.46 words that match make a contact checked; words that do not stop it, by the person alone', async () => {
  await open(blair);
  const { button, composer } = steps(page);
  await button('Not checked yet').click();
  const words = page.getByRole('list', { name: 'Your six words' }).getByRole('listitem');
  await words.first().waitFor();
  expect(await words.allInnerTexts()).toEqual(['river', 'candle', 'seven', 'maple', 'orbit', 'linen']);
  expect(await page.getByRole('img', { name: /checking code/ }).isVisible()).toBe(true);
  expect(await seriousFindings(page)).toEqual([]);
  await button('They match').click();
  await button('Checked').waitFor();
  await button('Checked').click();
  await button('They don’t match').click();
  await button('Stop sending').click();
  await button('Stop').waitFor();
  await composer.waitFor({ state: 'detached' });
  await page.getByText('Kith will not send to them').first().waitFor();
});

test('a checking code that is pasted is compared on both sides', async () => {
  await open(blair);
  const { button } = steps(page);
  await button('Not checked yet').click();
  await page.getByText('Or paste their code').first().click();
  await page.getByRole('textbox', { name: 'Or paste their code' }).fill('kith:c#somebody-else');
  await button('Compare').click();
  await page.getByText('The codes do not match.').waitFor();
  await page.getByRole('textbox', { name: 'Or paste their code' }).fill('kith:c#blair-0123456789abcdef');
  await button('Compare').click();
  await page.getByText('The codes match. Checked.').waitFor();
});

test('S4.7 S4.39 one calm hint after ten messages, never in the first minute, put away for good', async () => {
  const other = await person();
  try {
    await other.page.clock.install();
    await open(blair, other.page);
    const { write, composer } = steps(other.page);
    await composer.waitFor();
    for (let n = 0; n < 10; n++) await write(`message ${n}`);
    const hint = other.page.getByTestId('hint');
    await other.page.clock.runFor(50_000);
    expect(await hint.count()).toBe(0);
    await other.page.clock.runFor(11_000);
    await hint.waitFor();
    await hint.getByRole('button', { name: 'Do not show again' }).click();
    await hint.waitFor({ state: 'detached' });
    const kept = await inFixture((fixture) => fixture.kith.call('set', {}), other.page);
    expect(kept.find(({ key }) => key === 'hint.check')?.value).toBe('off');
    expect(kept.find(({ key }) => key === 'hint.day')?.value).toMatch(/^\d{4}-\d\d-\d\d$/);
  } finally {
    await other.close();
  }
}, 30_000);

test('S4.39 a second device and then a backup are suggested on different days, and each put away for good', async () => {
  const other = await person();
  try {
    await other.page.clock.install();
    await open('scene=talk', other.page);
    const { button } = steps(other.page);
    await other.page.locator('.list-entry').first().waitFor();
    await inFixture((fixture) => {
      for (const key of ['hint.notifications', 'hint.persist']) void fixture.kith.call('set', { key, value: 'off' });
    }, other.page);
    const device = other.page.getByText('A second device keeps your conversations');
    const backup = other.page.getByText('A backup file keeps your conversations');
    await other.page.clock.runFor(50_000);
    expect(await device.count()).toBe(0);
    await other.page.clock.runFor(11_000);
    await device.waitFor();
    await button('Not now').click();
    await device.waitFor({ state: 'detached' });
    // One a day.
    await other.page.clock.runFor(120_000);
    expect(await backup.count()).toBe(0);
    await other.page.clock.fastForward('24:00:00');
    await other.page.reload();
    await other.page.locator('.list-entry').first().waitFor();
    await inFixture((fixture) => {
      for (const key of ['hint.notifications', 'hint.persist', 'hint.device'])
        void fixture.kith.call('set', { key, value: 'off' });
    }, other.page);
    await other.page.clock.runFor(61_000);
    await backup.waitFor();
    await button('Save a backup file').click();
    await other.page.getByRole('heading', { name: 'Keep it safe' }).waitFor();
    const kept = await inFixture((fixture) => fixture.kith.call('set', {}), other.page);
    expect(kept.find(({ key }) => key === 'hint.backup')?.value).toBe('off');
  } finally {
    await other.close();
  }
}, 30_000);

test('U13 the keys that work everywhere, and the help that lists them', async () => {
  await open(blair);
  await steps(page).composer.waitFor();
  await page.keyboard.press('Control+/');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Jump to' }).waitFor();
  await page.keyboard.type('imani');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Dr. Imani' }).waitFor();
  await page.keyboard.press('Control+,');
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await page.keyboard.press('Alt+n');
  await page.getByRole('heading', { name: 'Add someone' }).waitFor();
  await page.keyboard.press('Alt+1');
  await page.getByRole('heading', { name: 'Blair' }).waitFor();
  await page.keyboard.press('Alt+d');
  await page.getByRole('complementary', { name: 'Details' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('complementary', { name: 'Details' }).waitFor({ state: 'detached' });
  await page.keyboard.press('Control+Shift+F');
  await page.getByText('Only in the conversation with Blair').waitFor();
});

test('blocking, unblocking and ending say what they do', async () => {
  await open(`scene=talk&${at({ at: 'conversation', conversation: 'blair', details: true })}`);
  const { button, composer } = steps(page);
  await page.getByRole('complementary').getByRole('button', { name: 'Block' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Block' }).click();
  await page.getByText('You blocked this person.').waitFor();
  await page.getByRole('complementary').getByRole('button', { name: 'Unblock' }).click();
  await composer.waitFor();
  await button('End this conversation').click();
  await button('End it').click();
  await page.getByText('This conversation has ended.').waitFor();
});

test('a name of my own for somebody is kept when one leaves the field', async () => {
  await open(`scene=talk&${at({ at: 'conversation', conversation: 'blair', details: true })}`);
  await page.getByLabel('My name for them').fill('Blair from the club');
  await page.keyboard.press('Tab');
  await page.getByRole('heading', { name: 'Blair from the club' }).waitFor();
});

test('S4.40 settings: receipts and typing are off at first; the colours change at once', async () => {
  await open(`scene=talk&${at({ at: 'settings' })}`);
  await page.getByText('Read receipts').waitFor();
  expect(await page.getByRole('switch', { name: /Read receipts/ }).isChecked()).toBe(false);
  expect(await page.getByRole('switch', { name: /Show when I am writing/ }).isChecked()).toBe(false);
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body.querySelector('.pane-main') ?? document.body).backgroundColor);
  const light = await background();
  await page.getByText('Dark', { exact: true }).click();
  await expect.poll(background).not.toBe(light);
});

test('three, two and one pane, and a way back where there is one', async () => {
  const visible = (): Promise<readonly boolean[]> =>
    Promise.all(
      ['.pane-list', '.pane-main', '.pane-details'].map(
        async (pane) => (await page.locator(pane).count()) > 0 && page.locator(pane).isVisible(),
      ),
    );
  await open(`scene=talk&${at({ at: 'conversation', conversation: 'blair', details: true })}`);
  await page.locator('.pane-details').waitFor();
  const width = async (): Promise<number> => (await page.locator('.pane-main').boundingBox())?.width ?? 0;
  expect(await width()).toBe(1280 - 320 - 360);
  await page.setViewportSize({ width: 900, height: 700 });
  expect(await width()).toBe(900 - 320);
  await page.locator('.pane-details').getByRole('button', { name: 'Close', exact: true }).click();
  await page.setViewportSize({ width: 400, height: 700 });
  expect(await visible()).toEqual([false, true, false]);
  await steps(page).button('Back').click();
  await expect.poll(visible).toEqual([true, false, false]);
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('targets are 44 px, and the focus ring is there', async () => {
  await open(blair);
  await steps(page).composer.waitFor();
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, textarea, [role=menuitem]')]
      .filter((element) => element.checkVisibility() && !element.matches('.skip, .reaction, [type=file]'))
      .map((element) => ({
        name: element.getAttribute('aria-label') ?? element.textContent,
        box: element.getBoundingClientRect(),
      }))
      .filter(({ box }) => box.height < 44 || box.width < 44)
      .map(({ name, box }) => `${name}: ${box.width} x ${box.height}`),
  );
  expect(small).toEqual([]);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineWidth)).toBe('2px');
});

test('offline and failed places say so and offer the next step', async () => {
  await open('scene=offline');
  await page.getByText('Offline. You can read and write').waitFor();
  await page.getByRole('button', { name: 'Add someone' }).click();
  await page.getByText('No relay answers at the moment.').waitFor();
  expect(await steps(page).button('Try again').isVisible()).toBe(true);
  await open('scene=error');
  await page.getByText('This browser could not read or write.').waitFor();
  expect(await steps(page).button('Try again').isVisible()).toBe(true);
});
