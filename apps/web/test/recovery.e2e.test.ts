// Making recovery words, coming back with them, deciding with them, and two conversations with one person, over a Kith in memory.
import { expect, test, vi } from 'vitest';
import { onePage } from './one-page.ts';
import { steps } from './support.ts';

vi.setConfig({ testTimeout: 60_000 });

const WORDS = 'river candle seven maple orbit linen absolute zebra mountain pepper quarter umbrella';

const one = onePage();
const { open, looksRight } = one;
const state = () => one.inFixture((fixture) => fixture.kith.call('recovery.state', {}));
const shownWords = (): Promise<string[]> => one.page.locator('.words-twelve li').allTextContents();
/** The two places that the page asks for, from 0. */
const askedPlaces = async (): Promise<readonly number[]> => {
  const labels = await one.page.getByText(/^Word \d+$/u).allTextContents();
  return labels.map((label) => Number(label.slice(5)) - 1);
};

test('recovery words are shown once, two of them are checked, and then nothing of them is left', async () => {
  await open('talk', { at: 'settings' });
  await steps(one.page).button('Keep it safe').click();
  await one.page.getByText('You have no recovery words yet.').waitFor();
  await looksRight('keep it safe');
  await steps(one.page).button('Make recovery words').click();
  await steps(one.page).button('Show the words').click();
  await one.page.locator('.words-twelve').waitFor();
  expect((await shownWords()).join(' ')).toBe(WORDS);
  await looksRight('words shown');
  await steps(one.page).button('I have written them down').click();
  await one.page.getByText('Two of them, from your paper').waitFor();
  const [first = 0, second = 0] = await askedPlaces();
  expect(first).toBeLessThan(second);
  expect(await one.page.locator('main').textContent()).not.toContain(WORDS.split(' ')[first]);
  await one.page.getByLabel(`Word ${first + 1}`, { exact: true }).fill('wrong');
  await one.page.getByLabel(`Word ${second + 1}`, { exact: true }).fill(WORDS.split(' ')[second] ?? '');
  await steps(one.page).button('Check').click();
  await one.page.getByText(`Word ${first + 1} is a different one.`).waitFor();
  expect(await state()).toMatchObject({ made: false, madeAt: null });
  await looksRight('word wrong');
  await one.page.getByLabel(`Word ${first + 1}`, { exact: true }).fill(` ${WORDS.split(' ')[first]?.toUpperCase()} `);
  await steps(one.page).button('Check').click();
  await one.page.getByText('Your recovery words are made').waitFor();
  expect((await state()).madeAt).not.toBeNull();
  const left = await one.page.evaluate(
    () => document.body.innerHTML + JSON.stringify(history.state) + JSON.stringify({ ...localStorage }),
  );
  for (const word of WORDS.split(' ').filter((known) => known.length > 5)) expect(left).not.toContain(word);
  await steps(one.page).button('Back to “Keep it safe”').click();
  await one.page.getByText(/You have recovery words, made on \d/u).waitFor();
});

test('words that were shown and not checked change nothing', async () => {
  await open('recovery', { at: 'recovery', mode: 'make' });
  const before = await state();
  await steps(one.page).button('Show the words').click();
  await one.page.locator('.words-twelve').waitFor();
  await steps(one.page).button('I have written them down').click();
  await one.page.getByText('Two of them, from your paper').waitFor();
  await steps(one.page).button('Back').click();
  expect(await state()).toEqual(before);
});

test('a contact’s devices that dispute each other are told on that contact’s page, with what to do', async () => {
  await open('disputed', { at: 'conversation', conversation: 'blair', details: true });
  const devices = one.page.getByTestId('their-devices');
  await devices.getByText('Two of Blair’s devices dispute each other').waitFor();
  await devices.getByText('Ask Blair in person or by call.').waitFor();
  expect(await devices.getByText('Disputed', { exact: true }).count()).toBe(2);
  await devices.scrollIntoViewIfNeeded();
  await looksRight('their devices disputed');
});

test('without any device: from the first screen, with an invitation and the words', async () => {
  await open('empty', { at: 'list' });
  await steps(one.page).button('I lost all my devices').click();
  await one.page.getByLabel('Their invitation to come back').fill('hello');
  await one.page.getByLabel('Your twelve recovery words').fill(WORDS.replace('river', 'seven'));
  await steps(one.page).button('Come back').click();
  await one.page.getByText('This is not a Kith link').waitFor();
  await one.page.getByLabel('Their invitation to come back').fill('http://localhost/i#abc');
  await steps(one.page).button('Come back').click();
  await one.page.getByText('These recovery words do not belong here.').waitFor();
  await one.page.getByLabel('Your twelve recovery words').fill(WORDS);
  await steps(one.page).button('Come back').click();
  await one.page.getByText('Your words are right').waitFor();
  await looksRight('coming back');
  await steps(one.page).button('Open the conversation').click();
  await one.page.locator('#composer').waitFor();
});

test('the contact makes the invitation to come back, in the details', async () => {
  await open('talk', { at: 'conversation', conversation: 'blair', details: true });
  await steps(one.page).button('Invite them back').click();
  await one.page.getByText('http://localhost:4680/i#abc').waitFor();
  await looksRight('invited back');
});

test('devices that disagree are decided with the words, and words of somebody else are refused', async () => {
  await open('disputed', { at: 'devices' });
  await steps(one.page).button('It was not me: refuse them').click();
  await one.page.getByText('Somebody has set other recovery words for you').waitFor({ state: 'detached' });
  await one.page.getByRole('button', { name: /with recovery words$/u }).click();
  await one.page.getByLabel('Your twelve recovery words').fill('river candle');
  await steps(one.page).button('Remove it').click();
  await one.page.getByText('These are not recovery words.').waitFor();
  await looksRight('decide');
  await one.page.getByLabel('Your twelve recovery words').fill(WORDS);
  await steps(one.page).button('Remove it').click();
  await one.page.getByText('Your devices disagree').waitFor({ state: 'detached' });
});

test('two conversations are said to be with one person', async () => {
  await open('talk', { at: 'conversation', conversation: 'blair', details: true });
  await steps(one.page).button('They are the same as…').click();
  await one.page.getByLabel('Name', { exact: true }).fill('imani');
  await looksRight('same person');
  await one.page.getByRole('dialog').getByText('Dr. Imani').click();
  await one.page.getByText('Are Blair and Dr. Imani one person?').waitFor();
  await steps(one.page).button('They are one person').click();
  await one.page.getByText('this is the same person as Dr. Imani.').waitFor();
});
