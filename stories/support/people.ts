// People at screens: browser profiles of their own over the released web app, served by a real relay.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { RelayOptions, RunningRelay } from '../../apps/relay/src/index.ts';
import { cameraFlags, person, steps, type Person, type PersonOptions } from '../../apps/web/test/support.ts';
import { freshFolder, freshRelay } from './engines.ts';
import { webRoot } from './screens.ts';

/** A relay that serves the web app, as `kith serve` starts it. */
export const relayWithApp = (options: RelayOptions = {}): Promise<RunningRelay> => freshRelay({ webRoot, ...options });

/** Somebody at a fresh browser profile; at the end nothing may have been complained about in its console. */
export const atScreen = async (options: PersonOptions = {}, quiet = true): Promise<Person> => {
  const one = await person(options);
  onTestFinished(() => one.close());
  if (quiet) onTestFinished(() => expect(one.complaints).toEqual([]));
  return one;
};

/** Opens the app and waits until somebody can do something. */
export const openApp = async (page: Page, url: string): Promise<void> => {
  await page.goto(url);
  await steps(page).button('Add someone').first().waitFor();
};

/** Alice shows a code, Bob opens its link; both are in the conversation then, by the names they gave. */
export const meetByName = async (
  alice: Page,
  bob: Page,
  url: string,
  names: readonly [string, string],
): Promise<void> => {
  await openApp(alice, url);
  await alice.getByLabel('What should people call you?').fill(names[0]);
  const link = await steps(alice).showCode();
  await bob.goto(link);
  await bob.getByLabel('The name they will see').fill(names[1]);
  await steps(bob).connect();
  await alice.getByRole('heading', { name: names[1], exact: true }).waitFor();
  await steps(alice).composer.waitFor();
};

const SIZES = [
  { width: 320, height: 640 },
  { width: 1280, height: 800 },
] as const;
/**
 * The screen as it is now, in both widths and both themes, and then as before: nothing wider than the window, and with
 * KITH_SHOTS set to a folder a picture of each. `also`: what else has to be so in each of them.
 */
export const looked = async (
  { page }: Person,
  name: string,
  also: (page: Page, look: string) => Promise<void> = async () => undefined,
): Promise<void> => {
  const before = page.viewportSize();
  const wasDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      const look = `${name} ${size.width} ${theme}`;
      expect(await page.evaluate(() => document.documentElement.scrollWidth), look).toBeLessThanOrEqual(size.width);
      await also(page, look);
      if (process.env['KITH_SHOTS'] !== undefined)
        await page.screenshot({ path: join(process.env['KITH_SHOTS'], `${look}.png`), animations: 'disabled' });
    }
  }
  if (before !== null) await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: wasDark ? 'dark' : 'light' });
};

/** Does what a person does, and counts it: a click, a key chord, a paste, the typing of one text. */
export class Hands {
  readonly done: string[] = [];
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }
  async click(name: string): Promise<void> {
    this.done.push(`click ${name}`);
    const button = steps(this.page).button(name).first();
    await button.waitFor();
    await this.#nothingIsRequired();
    await button.click();
  }
  async press(keys: string): Promise<void> {
    this.done.push(`press ${keys}`);
    await this.#nothingIsRequired();
    await this.page.keyboard.press(keys);
  }
  async type(text: string): Promise<void> {
    this.done.push('type');
    await this.page.keyboard.type(text);
  }
  /** Pastes an address into the browser and goes there, or follows a link: one thing to do. */
  async open(address: string): Promise<void> {
    this.done.push('open the link');
    await this.page.goto(address);
  }
  async #nothingIsRequired(): Promise<void> {
    expect(await this.page.locator(':required, [aria-required=true], :invalid').count()).toBe(0);
  }
}

const SIDE = 640;
const WHITE = 235;
const GREY_PLANE = Buffer.alloc((SIDE * SIDE) / 2, 128);
const writeFilm = (path: string, light: Buffer): void => {
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, GREY_PLANE]);
  writeFileSync(
    path,
    Buffer.concat([Buffer.from(`YUV4MPEG2 W${SIDE} H${SIDE} F10:1 Ip A1:1 C420jpeg\n`), frame, frame]),
  );
};

/** A camera that sees what it is held before: give `flags` to the browser, and another person's screen to `see`. */
export class Camera {
  readonly #film = join(freshFolder(), 'film.y4m');
  constructor() {
    writeFilm(this.#film, Buffer.alloc(SIDE * SIDE, WHITE));
  }
  get flags(): readonly string[] {
    return cameraFlags(this.#film);
  }
  /** The pixels of the square code as they are on that screen. */
  async see(shown: Locator): Promise<void> {
    const png = (await shown.screenshot()).toString('base64');
    const desk = await shown.page().context().newPage();
    try {
      const light = await desk.evaluate(
        async ({ bytes, side }) => {
          const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))]));
          const context = new OffscreenCanvas(side, side).getContext('2d');
          if (context === null) throw new Error('no canvas');
          context.fillStyle = 'white';
          context.fillRect(0, 0, side, side);
          const size = side * 0.85;
          context.drawImage(picture, (side - size) / 2, (side - size) / 2, size, size);
          const { data } = context.getImageData(0, 0, side, side);
          let text = '';
          for (let at = 0; at < data.length; at += 4)
            text += String.fromCharCode(16 + Math.round(((data[at] ?? 0) * 219) / 255));
          return btoa(text);
        },
        { bytes: png, side: SIDE },
      );
      writeFilm(this.#film, Buffer.from(light, 'base64'));
    } finally {
      await desk.close();
    }
  }
}
