// The first conversation between any two browsers, by the words on their screens: what a person does and sees.
import { setTimeout } from 'node:timers/promises';
import { ENTER, type Driver } from './webdriver.ts';

const LIMIT_MS = 30_000;
const PAUSE_MS = 50;

/** In the page: the middle of the first that fits, once it is there and can be pressed. From then on it notes that it was. */
const middleOf = (selector: string, fits = 'true'): string => `(() => {
  const found = [...document.querySelectorAll('${selector}')].find((one) => !one.disabled && ${fits});
  const box = found?.getBoundingClientRect();
  if (box === undefined || box.width === 0) return null;
  globalThis.wasPressed = false;
  found.addEventListener('click', () => { globalThis.wasPressed = true; }, { capture: true, once: true });
  return [box.x + box.width / 2, box.y + box.height / 2];
})()`;
const named = (name: string): string =>
  `(one.getAttribute('aria-label') ?? one.textContent).trim() === ${JSON.stringify(name)}`;
const messages = `[...document.querySelectorAll('article.article[data-event]')].map((one) => [
  one.querySelector('.text')?.textContent ?? '',
  one.querySelector('[data-state]')?.getAttribute('data-state') ?? null,
])`;

export const screenOf = (driver: Driver) => {
  /** Waits until `expression` gives something, and gives it. */
  const until = async (what: string, expression: string): Promise<unknown> => {
    for (const end = Date.now() + LIMIT_MS; ; await setTimeout(PAUSE_MS)) {
      const value = await driver.run(expression);
      if (value !== null && value !== undefined && value !== false) return value;
      if (Date.now() < end) continue;
      const shown = String(await driver.run('document.body.innerText'));
      throw new Error(`${driver.name}: not within ${LIMIT_MS / 1000} s: ${what}. It shows: ${shown}`);
    }
  };
  /** Presses it, and again when it moved away meanwhile. */
  const press = async (what: string, selector: string, fits?: string): Promise<void> => {
    for (;;) {
      const [x, y] = (await until(what, middleOf(selector, fits))) as readonly [number, number];
      await driver.click(x, y);
      if ((await driver.run('globalThis.wasPressed')) === true) return;
    }
  };
  const click = (name: string): Promise<void> => press(`the button ${name}`, 'button', named(name));
  /** Where there is no mouse (Firefox without a display has none) the composer waits to be pressed. */
  const inComposer = async (): Promise<void> => {
    await until('the conversation is open', middleOf('#composer'));
    if ((await driver.run(`document.activeElement?.id === 'composer'`)) !== true)
      await press('the composer', '#composer');
    await until('the composer has the focus', `document.activeElement?.id === 'composer'`);
  };
  return {
    driver,
    until,
    showCode: async (url: string): Promise<string> => {
      await driver.go(url);
      await click('Add someone');
      return String(await until('the link', `document.querySelector('[data-testid=link]')?.innerText.trim() || null`));
    },
    accept: async (link: string): Promise<void> => {
      await driver.go(link);
      await click('Connect');
      await inComposer();
    },
    write: async (text: string): Promise<void> => {
      await inComposer();
      await driver.type(text);
      await driver.type(ENTER);
    },
    reads: (text: string): Promise<unknown> =>
      until(`the message ${text}`, `${messages}.some(([shown]) => shown === ${JSON.stringify(text)})`),
    delivered: (text: string): Promise<unknown> =>
      until(
        `${text} is delivered`,
        `${messages}.some(([shown, state]) => shown === ${JSON.stringify(text)} && state === 'delivered')`,
      ),
    /** After a reload or a new start, from the list or in the conversation: these texts and no others, in that order. */
    shows: async (texts: readonly string[]): Promise<void> => {
      await until('the page is there', `document.querySelector('.list-entry, #composer') !== null`);
      if ((await driver.run(`document.querySelector('#composer') === null`)) === true)
        await press('the list', '.list-entry');
      const wanted = JSON.stringify(JSON.stringify(texts));
      await until(`just ${wanted}`, `JSON.stringify(${messages}.map(([text]) => text)) === ${wanted}`);
    },
    texts: async (): Promise<readonly string[]> => ((await driver.run(messages)) as [string][]).map(([text]) => text),
  };
};
export type Screen = ReturnType<typeof screenOf>;

/** Seconds from opening the first page to the first message read; all later steps have to come true as well. */
export const firstConversation = async (inviter: Screen, acceptor: Screen, url: string): Promise<number> => {
  const started = performance.now();
  await acceptor.accept(await inviter.showCode(url));
  await acceptor.write('Hello, is that you?');
  await inviter.reads('Hello, is that you?');
  const seconds = (performance.now() - started) / 1000;
  await inviter.write('Yes! ünïcödé \u{1F44B}');
  await acceptor.reads('Yes! ünïcödé \u{1F44B}');
  await acceptor.delivered('Hello, is that you?');
  await inviter.delivered('Yes! ünïcödé \u{1F44B}');
  return seconds;
};

/** After a reload everything stands there once, in order, and the conversation goes on both ways. */
export const stillThere = async (one: Screen, other: Screen): Promise<void> => {
  const before = await one.texts();
  await one.driver.reload();
  await one.shows(before);
  const [again, seen] = [`${one.driver.name} after a reload`, `${other.driver.name} sees it`];
  await one.write(again);
  await other.reads(again);
  await other.write(seen);
  await one.reads(seen);
};
