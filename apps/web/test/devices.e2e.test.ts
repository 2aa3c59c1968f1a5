// Adding, joining, losing and having lost a device, over a Kith in memory: by keyboard, and looked at by axe at each step.
import { expect, test, vi } from 'vitest';
import { onePage } from './one-page.ts';
import { steps } from './support.ts';

vi.setConfig({ testTimeout: 30_000 });

const one = onePage();
const { open, inFixture, looksRight } = one;
/** Tab to it and press Enter: nothing needs a mouse. */
const press = async (name: string): Promise<void> => {
  const wanted = steps(one.page).button(name).first();
  await wanted.waitFor();
  for (let i = 0; i < 60; i++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await one.page.keyboard.press('Enter');
      return;
    }
    await one.page.keyboard.press('Tab');
  }
  throw new Error(`“${name}” cannot be reached by keyboard`);
};

test('S4.21 a device is added by keyboard alone: history, code, countdown, four words, done', async () => {
  await open('talk', { at: 'devices' });
  await press('Add a device');
  await one.page.getByRole('radio', { name: /Everything/ }).waitFor();
  expect(await one.page.getByRole('radio', { name: /Everything/ }).isChecked()).toBe(true);
  expect(await one.page.getByText('Make sure that nobody else, and no camera').isVisible()).toBe(true);
  await press('Show the code');
  await one.page.getByTestId('device-link').waitFor();
  expect(await one.page.getByRole('img', { name: 'A square code that adds a device' }).isVisible()).toBe(true);
  await expect.poll(() => one.page.getByRole('timer').innerText()).toMatch(/another 4:5\d\./);
  await looksRight('add code');
  await inFixture((fixture) => fixture.follow('Phone'));
  await one.page.getByText('“Phone” has followed your code').waitFor();
  await inFixture((fixture) => fixture.showWords());
  await one.page.getByRole('heading', { name: 'Do both screens show the same four words?' }).waitFor();
  expect(await one.page.locator('.words li').allInnerTexts()).toEqual(['river', 'candle', 'seven', 'maple']);
  await looksRight('add words');
  await press('They match');
  await one.page.locator('.note').getByText('“Phone” is one of your devices now.').waitFor();
  await looksRight('add done');
  await press('To your devices');
  await one.page.locator('[data-device=device09]').getByText('Phone').waitFor();
});

test('a short code is shown instead; a second follower is said; “They differ” gives nothing', async () => {
  await open('talk', { at: 'devices', mode: 'add' });
  await press('Show the code');
  await press('I cannot scan or paste there');
  await expect.poll(() => one.page.getByTestId('device-code').innerText()).toBe('4f7k-9m2p-x3ht');
  await looksRight('add short code');
  await inFixture((fixture) => fixture.follow('Stranger', true));
  await inFixture((fixture) => fixture.showWords());
  await one.page.getByText('More than one device tried to follow this.').waitFor();
  await looksRight('add words second');
  await press('They differ');
  await one.page.getByText('Refused. Whoever followed the code has got nothing.').waitFor();
  await press('Show a new code');
  await one.page.getByTestId('device-link').waitFor();
});

test('without a relay no code is made, and it is said why', async () => {
  await open('offline', { at: 'devices', mode: 'add' });
  await press('Show the code');
  await one.page.getByText('No relay answers at the moment.').waitFor();
});

test('S4.21 a fresh device joins: paste, words, waiting, in', async () => {
  await open('empty', null);
  await press('I already use Kith on another device');
  const field = one.page.getByLabel('Link or short code');
  await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await one.page.getByLabel('What you call this device').inputValue()).toBe('Chrome on Linux');
  await one.page.keyboard.type('http://localhost:4680/i#AQAb7Yk0dGhlIGhhc2g');
  await one.page.keyboard.press('Enter');
  await one.page.getByText('This is an invitation to talk to somebody').waitFor();
  await field.fill('nonsense');
  await one.page.keyboard.press('Enter');
  await one.page.getByText('neither a link that adds a device nor a short code').waitFor();
  await field.fill('4F7K 9m2p x3ht');
  await one.page.keyboard.press('Enter');
  await one.page.getByText('Waiting for your other device').waitFor();
  await looksRight('join waiting');
  await inFixture((fixture) => fixture.showWords());
  await one.page.getByRole('heading', { name: 'Do both screens show the same four words?' }).waitFor();
  await looksRight('join words');
  await press('They match');
  await one.page.getByText('choose “They match” on your other device too').waitFor();
  await inFixture((fixture) => fixture.letIn());
  await one.page.getByText('Your conversations are coming').waitFor();
  await looksRight('joined');
});

test('a link that is opened in a fresh Kith says what it does first, and joins', async () => {
  await open('empty', { at: 'device', link: 'http://localhost:4680/d#abc' });
  await one.page.getByText('Go on only if you made it yourself').waitFor();
  await press('Add this device');
  await one.page.getByText('Waiting for your other device').waitFor();
  await press('Stop');
  await one.page.getByText('Go on only if you made it yourself').waitFor();
});

test.each([
  ['link-used', 'Another device has followed this link already.'],
  ['link-expired', 'This device link is over'],
  ['no-relay', 'No relay answers at the moment.'],
])('a link that does not work (%s) says why and what to do', async (code, message) => {
  await open('empty', { at: 'device', link: `http://localhost:4680/d#${code}` });
  await press('Add this device');
  await one.page.getByText(message).waitFor();
});

test('in a used Kith a link says plainly why not, and can be taken elsewhere', async () => {
  await open('talk', { at: 'device', link: 'http://localhost:4680/d#abc' });
  await one.page.getByText('A link that adds a device is for a fresh Kith').waitFor();
  await press('Copy this link');
  expect(await one.page.evaluate(() => navigator.clipboard.readText())).toBe('http://localhost:4680/d#abc');
  await looksRight('used');
});

test('S4.44 what is here comes along only when it is asked for twice', async () => {
  await open('talk', { at: 'device', link: 'http://localhost:4680/d#abc' });
  await press('Bring what is here along');
  const dialog = one.page.getByRole('alertdialog');
  await dialog.getByText('Go on only if you made it yourself').waitFor();
  await dialog.getByRole('button', { name: 'Bring what is here along' }).press('Enter');
  await one.page.getByText('Waiting for your other device').waitFor();
});

test('S4.23 two taps remove a device, and it is said what happens then', async () => {
  await open('devices', { at: 'devices' });
  await press('Remove “Firefox on Android”');
  await one.page.getByRole('alertdialog').getByText('It gets nothing new.').waitFor();
  await looksRight('remove');
  await press('Remove it');
  await one.page.getByText('“Firefox on Android” is removed.').waitFor();
  await one.page.getByText('You and your contacts use new addresses').waitFor();
  await looksRight('removed now');
  expect(await one.page.locator('[data-device=device02]').innerText()).toContain('Removed');
});

test('the wizard for a lost device; it can be asked to forget; a new one can be refused for a day', async () => {
  await open('devices', { at: 'devices' });
  await press('I lost a device');
  await one.page.getByText('Which one?').waitFor();
  expect(await one.page.locator('[data-device=device01]').count()).toBe(0);
  await press('Remove “server in the cellar, with a rather long name that somebody typed”');
  const dialog = one.page.getByRole('alertdialog');
  await dialog.getByRole('switch', { name: /Also ask it to forget everything/ }).press('Space');
  await looksRight('remove new');
  await press('Refuse it: nothing it did counts');
  await one.page.getByText('It is asked to forget everything as soon as it is online.').waitFor();
});

test('a device that was added elsewhere is said once', async () => {
  await open('devices', null);
  await one.page.getByText('was added to your devices, by “Firefox on Android”').waitFor();
  await press('That was me');
  await one.page.getByText('was added to your devices').waitFor({ state: 'detached' });
});

test('this device is named', async () => {
  await open('devices', { at: 'devices' });
  await one.page.getByLabel('What you call this device').fill('Kitchen');
  await one.page.keyboard.press('Enter');
  await one.page.locator('[data-device=device01]').getByText('Kitchen').waitFor();
});

test('S4.23 a removed device says so, and what stays can be read', async () => {
  await open('removed', null);
  await one.page.getByRole('heading', { name: 'This device was removed' }).waitFor();
  await press('Read what is here');
  await one.page.locator('.list-entry').first().waitFor();
  await open('wiped', null);
  await one.page.getByText('asked it to forget everything. It did.').waitFor();
  await press('Start anew');
  await one.page.getByText('Talk to the people you know').waitFor();
});

test('the details are there before it is known which devices the other side has', async () => {
  await open('talk', { at: 'list' });
  await one.page.locator('.list-entry').first().waitFor();
  await inFixture(({ kith }) => {
    const call = kith.call.bind(kith);
    kith.call = (method, params) =>
      method === 'contact.devices' ? new Promise(() => undefined) : call(method, params);
  });
  await one.page.locator('.list-entry').filter({ hasText: 'Dani' }).first().click();
  await one.page.locator('#composer').waitFor();
  await one.page.keyboard.press('Alt+d');
  await one.page.getByText('My name for them').waitFor();
  expect(await one.page.getByTestId('their-devices').count()).toBe(0);
});

test('S4.21 devices in conversations that are not in the list are told, with who let them in, and go in one press', async () => {
  await open('strays', { at: 'devices' });
  await one.page.getByText('2 devices of yours are not in this list').waitFor();
  const strays = one.page.getByTestId('strays');
  await strays.getByText('In the conversation with Blair').waitFor();
  await strays.getByText(/^Since .*, let in by Laptop$/u).waitFor();
  await looksRight('strays');
  await steps(one.page).button('Remove from everywhere').click();
  await strays.waitFor({ state: 'detached' });
});
