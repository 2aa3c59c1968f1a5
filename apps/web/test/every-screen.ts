// Every screen, in light and dark: nothing that axe calls serious, nothing wider than the window, no complaint
// of the browser under the policy of the release. With KITH_SHOTS set to a folder it also leaves pictures to look at.
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveHarness } from './harness.ts';
import { person, seriousFindings, steps, type Person, type Site } from './support.ts';

const at = (route: object): string => `route=${encodeURIComponent(JSON.stringify(route))}`;
const talk = (over: object = {}): string => at({ at: 'conversation', conversation: 'blair', ...over });

/** Not a whole one: enough to be asked for its passphrase. */
const backup = { name: 'kith.backup', mimeType: '', buffer: Buffer.from(`kith backup\0\u0001${'\0'.repeat(300)}`) };
const settings = `scene=talk&${at({ at: 'settings' })}`;

/** Name, address, what shows that the screen is there, and what a person does to get there. */
const screens: readonly (readonly [string, string, string, ((page: Page) => Promise<void>)?])[] = [
  ['backup section', settings, 'role=region[name="Backup"] >> text=All conversations, for reading'],
  [
    'save a backup',
    settings,
    'text=Choose a passphrase for this file',
    (page) => steps(page).button('Save a backup file').click(),
  ],
  [
    'open a backup',
    'scene=empty',
    'text=Passphrase of the backup',
    async (page) => {
      await steps(page).button('I have a backup file').waitFor();
      await page.getByLabel('I have a backup file').and(page.locator('input')).setInputFiles(backup);
    },
  ],
  [
    'no backup and no export',
    'scene=empty',
    'text=This file is not an export of Kith',
    async (page) => {
      await steps(page).button('I have a backup file').waitFor();
      const other = { ...backup, buffer: Buffer.from('{"a":1}\n') };
      await page.getByLabel('I have a backup file').and(page.locator('input')).setInputFiles(other);
    },
  ],
  [
    'imported conversation',
    `scene=imported&${at({ at: 'conversation', conversation: 'old' })}`,
    'text=it is not proof of who said what',
  ],
  [
    'imported conversation, details',
    `scene=imported&${at({ at: 'conversation', conversation: 'old', details: true })}`,
    'text=Remove this imported conversation',
  ],
  ['first start', 'scene=empty', 'text=Talk to the people you know'],
  ['show my code', `scene=empty&${at({ at: 'add', mode: 'show' })}`, '[data-testid=link]'],
  ['scan or paste', `scene=empty&${at({ at: 'add', mode: 'scan' })}`, 'text=Paste the link'],
  [
    'invitation',
    `scene=empty&private=1&${at({ at: 'invite', link: 'http://localhost/i#abc' })}`,
    'text=Connect with Alice?',
  ],
  [
    'invitation used',
    `scene=talk&${at({ at: 'invite', link: 'http://localhost/i#invite-used' })}`,
    'text=This invitation was used already.',
  ],
  [
    'own invitation',
    `scene=empty&${at({ at: 'invite', link: 'http://localhost/i#own-invite' })}`,
    'text=This is your own invitation',
  ],
  ['requests', `scene=talk&${at({ at: 'requests' })}`, 'text=Street fair'],
  ['list', 'scene=talk', '.list-entry'],
  ['list offline', 'scene=offline', 'text=Offline.'],
  ['list loading', 'scene=loading', '.skeleton'],
  ['list failed', 'scene=error', 'text=Try again'],
  ['conversation', `scene=talk&${talk()}`, 'article >> text=Bringing coffee'],
  ['conversation with edges', `scene=edges&${talk()}`, 'article >> text=is not a link'],
  [
    'conversation stopped',
    `scene=talk&${at({ at: 'conversation', conversation: 'sam' })}`,
    'text=Stop: you marked Sam',
  ],
  ['conversation empty', `scene=talk&${at({ at: 'conversation', conversation: 'dani' })}`, 'text=Say hello'],
  ['details', `scene=talk&${talk({ details: true })}`, 'text=My name for them'],
  ['search', `scene=talk&${at({ at: 'search', query: 'gate' })}`, 'mark'],
  ['settings', `scene=talk&${at({ at: 'settings' })}`, 'text=Nobody outside the project'],
  ['list with contexts', 'scene=contexts', '.context-chips'],
  ['contexts', `scene=contexts&${at({ at: 'settings' })}`, 'role=region[name="Contexts"] >> text=They see no name.'],
  [
    'change a context',
    `scene=contexts&${at({ at: 'settings' })}`,
    'text=Remove this context',
    async (page) => {
      await steps(page).button('Add a context').click();
      await page.getByLabel('What you call it').fill('Home');
      await steps(page).button('Save').click();
      await steps(page).button('Change Home').click();
    },
  ],
  ['details in a context', `scene=contexts&${talk({ details: true })}`, '[data-testid=context-of]'],
  ['show my code of a context', `scene=contexts&${at({ at: 'add', mode: 'show' })}`, 'text=Where do you meet them?'],
  [
    'invitation into a context',
    `scene=contexts&${at({ at: 'invite', link: 'http://localhost/i#abc' })}`,
    'text=Where do you meet them?',
  ],
  ['settings with a passphrase', `scene=passphrase&${at({ at: 'settings' })}`, 'text=Lock now'],
  ['locked', 'scene=locked', 'text=Kith is locked'],
  ['locked for a while', `scene=waiting&${talk()}`, 'text=Wait 60 minutes'],
  ['devices', `scene=devices&${at({ at: 'devices' })}`, 'text=Old phone'],
  ['devices, one', `scene=talk&${at({ at: 'devices' })}`, 'text=Only this device so far'],
  ['devices offline', `scene=offline&${at({ at: 'devices' })}`, 'text=You are offline.'],
  ['devices loading', `scene=loading&${at({ at: 'devices' })}`, 'main .skeleton'],
  ['device added', 'scene=devices', 'text=was added to your devices'],
  ['add a device', `scene=talk&${at({ at: 'devices', mode: 'add' })}`, 'text=How much of the past'],
  ['lost a device', `scene=devices&${at({ at: 'devices', mode: 'lost' })}`, 'text=Which one?'],
  ['join', `scene=empty&${at({ at: 'device', link: null })}`, 'text=Link or short code'],
  [
    'join by a link',
    `scene=empty&${at({ at: 'device', link: 'http://localhost/d#abc' })}`,
    'text=Make this one of your devices?',
  ],
  [
    'join where it is used',
    `scene=talk&${at({ at: 'device', link: 'http://localhost/d#abc' })}`,
    'text=Kith is in use here already',
  ],
  ['keep it safe', `scene=talk&${at({ at: 'safe' })}`, 'text=You have no recovery words yet.'],
  ['keep it safe, with words', `scene=recovery&${at({ at: 'safe' })}`, 'text=They are good for 4 of 6'],
  ['make recovery words', `scene=talk&${at({ at: 'recovery', mode: 'make' })}`, 'text=Take pen and paper'],
  ['come back', `scene=empty&${at({ at: 'recovery', mode: 'use' })}`, 'text=Their invitation to come back'],
  [
    'invited back',
    `scene=empty&${at({ at: 'invite', link: 'http://localhost/i#words-needed' })}`,
    'text=Enter my recovery words',
  ],
  ['devices that disagree', `scene=disputed&${at({ at: 'devices' })}`, 'text=Your devices disagree'],
  ['devices not in the list', `scene=strays&${at({ at: 'devices' })}`, '[data-testid=strays]'],
  ['their devices disagree', `scene=disputed&${talk({ details: true })}`, '[data-testid=their-devices]'],
  ['removed', 'scene=removed', 'text=What stays'],
  ['removed and wiped', 'scene=wiped', 'text=It did.'],
  ['what it protects', `scene=talk&${at({ at: 'help', page: 'protects' })}`, 'text=Relays forget'],
  ['something is missing', 'missing=1', 'text=Kith cannot run here'],
  ['evicted', 'evicted=1', 'text=Start anew'],
  ['from right to left', `scene=rtl&words=mirror&${talk()}`, 'article'],
  ['a longer language', `scene=talk&words=pseudo&${talk()}`, 'article'],
  ['a longer language, settings', `scene=talk&words=pseudo&${at({ at: 'settings' })}`, 'main h1'],
];

/** Of one width: each width is a file of its own, so that two run at a time. */
export const everyScreen = (width: number): void => {
  let site: Site;
  let one: Person;
  beforeAll(async () => {
    site = await serveHarness();
    one = await person({ width, height: width === 320 ? 640 : 800, reducedMotion: true });
  }, 60_000);
  afterAll(async () => {
    await one.close();
    await site.close();
  });

  test(`U13 every screen at ${width} px, light and dark: axe finds nothing serious, nothing is cut off`, async () => {
    const { page, complaints } = one;
    const found: string[] = [];
    for (const [name, address, ready, act] of screens) {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(`${site.url}/?${address}`);
      await act?.(page);
      await page.locator(ready).first().waitFor();
      await page.locator(ready).first().scrollIntoViewIfNeeded();
      const over = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('.page, .list-scroll, .messages, .welcome, .modal')]
          .filter((part) => part.scrollWidth > part.clientWidth + 1)
          .map((part) => `${part.className} is ${part.scrollWidth} wide in ${part.clientWidth}`),
      );
      found.push(...over.map((finding) => `${name}: ${finding}`));
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        if (process.env['KITH_SHOTS'] !== undefined)
          await page.screenshot({ path: join(process.env['KITH_SHOTS'], `${name}-${width}-${theme}.png`) });
        const findings = await seriousFindings(page, theme === 'light' ? 'all' : 'colours');
        found.push(...findings.map((finding) => `${name}, ${theme}: ${finding}`));
      }
    }
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
  }, 300_000);
};
