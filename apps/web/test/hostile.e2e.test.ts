// What others can put on the screens of somebody: texts, names, and files that were imported.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Fixture } from '../dev/fixture.ts';
import { serveHarness } from './harness.ts';
import { person, steps, type Person, type Site } from './support.ts';

let site: Site;
let someone: Person;
beforeAll(async () => {
  site = await serveHarness();
  someone = await person({ reducedMotion: true });
}, 60_000);
afterAll(async () => {
  await someone.close();
  await site.close();
});
let expected: RegExp | undefined;
afterEach(() => {
  const complaints = someone.complaints.splice(0).filter((complaint) => expected?.test(complaint) !== true);
  expected = undefined;
  expect(complaints).toEqual([]);
});

let visits = 0;
const open = async (scene: string, route: object): Promise<void> => {
  const at = `route=${encodeURIComponent(JSON.stringify(route))}`;
  await someone.page.goto(`${site.url}/?visit=${visits++}&scene=${scene}&${at}`);
};
const blair = { at: 'conversation', conversation: 'blair' };
const receive = (text: string): Promise<void> =>
  someone.page.evaluate((said) => {
    (globalThis as unknown as { fixture: Fixture }).fixture.receive('blair', said);
  }, text);

test('class 23: a link says where it leads, whatever it looks like and wherever it stands', async () => {
  await open('talk', blair);
  const { page } = someone;
  await steps(page).composer.waitFor();
  for (const text of [
    'https://bank.example/honest?a=b#c and HTTP://BANK.example:8080',
    'https://bank.example\u2215login.evil.example/x',
    'https://\u0430\u0440\u0440\u04cf\u0435.example/',
    'https://bank.example%2eevil.example/',
    'https://2130706433/',
  ])
    await receive(text);
  await page.getByText('leads to 127.0.0.1').waitFor();
  const notes = await page.locator('.text').filter({ hasText: 'leads to' }).allInnerTexts();
  expect(notes.map((text) => /\(leads to (.*)\)$/u.exec(text)?.[1])).toEqual([
    'bank.xn--examplelogin-ni5g.evil.example',
    'xn--80ak6aa92e.example',
    'bank.example.evil.example',
    '127.0.0.1',
  ]);
  // Where everything is turned round, the host still comes first, from the left.
  await receive('\u202e turned: https://evil.example/knab');
  await receive('\u05d0\u05d1\u05d2 https://evil.example/\u05d0/bank.example');
  for (const address of ['https://evil.example/knab', 'https://evil.example/\u05d0/bank.example']) {
    const link = page.getByRole('link', { name: address });
    await link.waitFor();
    const places = await link.evaluate((element) => {
      const text = element.firstChild as Text;
      const leftOf = (at: number): number => {
        const range = document.createRange();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect().left;
      };
      return ['https://evil.example/'.length - 1, 8, 0].map(leftOf);
    });
    expect(places).toEqual(places.toSorted((a, b) => b - a));
  }
});

test('class 24: a text that begins with what stands before one’s own is not shown as one', async () => {
  await open('talk', blair);
  const { page } = someone;
  const { composer, write } = steps(page);
  await composer.waitFor();
  const own = page.locator('.list-entry', { hasText: 'Blair' }).locator('.list-you');
  await write('I promise');
  await own.waitFor();
  await receive('You: I promise');
  await page.locator('.list-entry', { hasText: 'You: I promise' }).waitFor();
  expect(await own.count()).toBe(0);
});

test('class 28: a text that takes long to draw shows its beginning, and all of it when that is asked for', async () => {
  await open('talk', blair);
  const { page } = someone;
  await steps(page).composer.waitFor();
  const marks = `first ${'a\u0301'.repeat(10_000)} last`;
  await receive(marks);
  const bubble = page.locator('article').filter({ hasText: 'first' });
  await bubble.waitFor();
  const shown = (): Promise<number> =>
    bubble.locator('.text').evaluateAll((all) => all.map((one) => one.textContent.length).reduce((a, b) => a + b, 0));
  expect(await shown()).toBeLessThan(4_100);
  expect((await bubble.getAttribute('aria-label'))?.length).toBeLessThan(4_200);
  await bubble.getByRole('button', { name: 'Show all of it' }).click();
  await bubble.getByText('last').waitFor();
  expect(await shown()).toBe(marks.length);
  await receive('\n'.repeat(60_000));
  await page.getByRole('button', { name: 'Show all of it' }).waitFor();
});

test('class 23: what an imported file calls a notice is not looked for in words of ours', async () => {
  await open('imported', { at: 'list' });
  const { page } = someone;
  await page.locator('.list-entry').first().waitFor();
  for (const notice of ['__proto__', 'constructor', 'toString']) {
    await page.evaluate((name) => {
      const { fixture } = globalThis as unknown as { readonly fixture: Fixture };
      const contacts = fixture.kith.call('contact.list', {});
      return contacts.then((all) => {
        const [known] = all.flatMap(({ preview }) => preview ?? []);
        if (known !== undefined)
          fixture.change('blair', { preview: { ...known, kind: 'notice', text: null, notice: name } });
      });
    }, notice);
    await page.locator('.list-entry').filter({ hasText: 'Something changed in this conversation.' }).waitFor();
  }
});

test('what cannot be drawn takes no more with it than its own place', async () => {
  expected = /Invalid time value/u;
  await open('talk', { at: 'list' });
  const { page } = someone;
  const entries = page.locator('.list-entry');
  await entries.first().waitFor();
  const before = await entries.count();
  await page.evaluate(() =>
    (globalThis as unknown as { fixture: Fixture }).fixture.change('blair', { at: Number.NaN }),
  );
  await expect.poll(() => entries.count()).toBe(before - 1);
  await page.evaluate(() =>
    (globalThis as unknown as { fixture: Fixture }).fixture.change('blair', { at: Date.now() }),
  );
  await expect.poll(() => entries.count()).toBe(before);
});
