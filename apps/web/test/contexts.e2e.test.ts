// Contexts on the screens: nowhere before there is one; then always said which name is seen, and never by colour alone.
import { expect, test, vi } from 'vitest';
import { onePage } from './one-page.ts';
import { steps } from './support.ts';

vi.setConfig({ testTimeout: 60_000 });

const one = onePage();
const { open, looksRight } = one;
const entries = (): Promise<readonly string[]> => one.page.locator('[data-conversation] .list-name').allTextContents();
const show = async (name: string): Promise<void> => {
  await one.page.getByRole('group', { name: 'Show conversations of' }).getByRole('button', { name }).click();
};

test('U10 without a context no screen speaks of any but the settings, where they begin', async () => {
  const screens = [
    [{ at: 'list' }, '.list-entry'],
    [{ at: 'conversation', conversation: 'blair', details: true }, 'text=My name for them'],
    [{ at: 'add', mode: 'show' }, '[data-testid=link]'],
    [{ at: 'invite', link: 'http://localhost/i#abc' }, 'text=Connect with Alice?'],
  ] as const;
  for (const [route, ready] of screens) {
    await open('talk', route);
    await one.page.locator(ready).first().waitFor();
    expect(await one.page.locator('body').textContent()).not.toMatch(/context/i);
    expect(await one.page.locator('.context-chips, .context-mark, [data-context-hue]').count()).toBe(0);
  }
  await open('talk', { at: 'settings' });
  await one.page.getByText('Everybody sees one name so far').waitFor();
});

test('U10 a context is made, changed and removed in the settings', async () => {
  await open('talk', { at: 'settings' });
  await steps(one.page).button('Add a context').click();
  await one.page.getByLabel('What you call it').fill('Work');
  await one.page.getByLabel('The name they see').fill('Dr. Blair');
  await looksRight('context new');
  await steps(one.page).button('Save').click();
  const section = one.page.getByRole('region', { name: 'Contexts' });
  await section.getByText('They see “Dr. Blair”. 0 conversations').waitFor();
  await steps(one.page).button('Add a context').click();
  await one.page.getByLabel('What you call it').fill('Work');
  await steps(one.page).button('Save').click();
  await one.page.getByText('There is a context of this name already.').waitFor();
  await steps(one.page).button('Cancel').click();
  await steps(one.page).button('Change Work').click();
  await one.page.getByText('Purple').click();
  await looksRight('context change');
  await steps(one.page).button('Save').click();
  await section.locator('[data-context-hue="6"]').waitFor();
  await steps(one.page).button('Change Work').click();
  await steps(one.page).button('Remove this context').click();
  await section.getByText('Everybody sees one name so far').waitFor();
});

test('U10 the list shows one context at a time or all, each conversation with its ring and name', async () => {
  await open('contexts', { at: 'list' });
  await one.page.locator('.context-chips').waitFor();
  const all = await entries();
  const work = one.page.locator('.list-entry').filter({ hasText: 'Blair' }).first();
  expect(await work.locator('.list-context').textContent()).toContain('Work');
  expect(await work.locator('[data-context-hue="1"]').count()).toBe(1);
  await looksRight('list contexts');
  await show('Work');
  await expect.poll(entries).toEqual(['Blair', 'Sam']);
  await looksRight('list of one context');
  await show('No context');
  const outside = await entries();
  expect(outside).not.toContain('Blair');
  await show('All');
  await expect.poll(entries).toEqual(all);
  // Somebody who is added is met where one is: and it is said before anything is shown to them.
  await show('Work');
  await steps(one.page).button('Add someone').first().click();
  await one.page.getByTestId('link').waitFor();
  const where = one.page.getByRole('radiogroup', { name: 'Where do you meet them?' });
  expect(await where.getByRole('radio', { name: /Work/ }).isChecked()).toBe(true);
  await one.page.getByText('They see “Dr. B. Okonkwo”.').first().waitFor();
  await looksRight('code of a context');
  const [invite] = await one.inFixture((fixture) => fixture.kith.call('invite.list', {}));
  expect(invite?.context).toBe('work');
});

test('U10 in the details it is said what they see, and another context is chosen', async () => {
  await open('contexts', { at: 'conversation', conversation: 'blair', details: true });
  const section = one.page.getByTestId('context-of');
  await section.getByText('When you move them, they are told the other name.').waitFor();
  expect(await section.getByRole('radio', { name: /Work/ }).isChecked()).toBe(true);
  await section.scrollIntoViewIfNeeded();
  await looksRight('details context');
  await section.getByText('Evening school').click();
  await expect.poll(() => section.getByRole('radio', { name: /Evening school/ }).isChecked()).toBe(true);
  await section.getByText('They see no name. When you move them').waitFor();
});

test('U10 an invitation of somebody is accepted into a context, with the name of that one filled in', async () => {
  await open('contexts', { at: 'invite', link: 'http://localhost/i#abc' });
  const name = one.page.getByLabel('The name they will see');
  await name.waitFor();
  expect(await name.inputValue()).toBe('');
  await one.page
    .getByRole('radiogroup', { name: 'Where do you meet them?' })
    .getByText('Work', { exact: true })
    .click();
  await expect.poll(() => name.inputValue()).toBe('Dr. B. Okonkwo');
  await looksRight('accept into a context');
  await steps(one.page).button('Connect').click();
  await one.page.locator('#composer').waitFor();
  await show('Work');
  await expect.poll(entries).toContain('Alice');
  await show('All');
});
