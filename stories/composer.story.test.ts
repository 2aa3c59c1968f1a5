import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { person, steps } from '../apps/web/test/support.ts';
import { freshRelay } from './support/engines.ts';
import { buildApps, meet, shownOn, webRoot } from './support/screens.ts';
import { manyTexts, naughtyStrings } from './support/texts.ts';

beforeAll(buildApps);

const COUNT = 200;
/** As many as a screen shows at a time, at the least. */
const BATCH = 20;

test('S0.3 200 texts of all kinds, typed in the composer, are read letter by letter on the other screen, once each, in order', async () => {
  const relay = await freshRelay({ webRoot });
  const [alice, bob] = [await person(), await person({ height: 2000 })];
  onTestFinished(async () => {
    await alice.close();
    await bob.close();
  });
  await meet(alice.page, bob.page, relay.url);
  // What a field for text lets through: no control characters, one kind of line end, and something to see.
  const typed = [...naughtyStrings().filter((text) => text.length < 300), ...manyTexts(2 * COUNT, 1, 'typed')]
    .filter((text) => text.trim() !== '' && text.length < 1000 && !['\u0000', '\r'].some((char) => text.includes(char)))
    .slice(0, COUNT);
  expect(typed).toHaveLength(COUNT);
  const read = new Map<string, string>();
  for (let at = 0; at < COUNT; at += BATCH) {
    const batch = typed.slice(at, at + BATCH);
    for (const text of batch) await steps(alice.page).write(text);
    await expect
      .poll(async () => (await shownOn(bob.page)).slice(-batch.length).map(({ text }) => text), { timeout: 20_000 })
      .toEqual(batch);
    for (const { event, text } of await shownOn(bob.page)) read.set(event, text);
  }
  expect([...read.values()]).toEqual(typed);
  expect([...alice.complaints, ...bob.complaints]).toEqual([]);
});
