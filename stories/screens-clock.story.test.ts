import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { person, steps } from '../apps/web/test/support.ts';
import { freshRelay } from './support/engines.ts';
import { buildApps, meet, shownOn } from './support/screens.ts';
import { setClockOf, webRootWithClock } from './support/settable-web-clock.ts';

beforeAll(buildApps);

const DAY = 86_400_000;
/** Days off, one after the other; the last sets it right. */
const CLOCKS = [1, -1, 365, -365, 0] as const;

test('a browser whose clock is set a day and a year ahead and back while it runs: texts arrive, once each, in one order', async () => {
  const relay = await freshRelay({ webRoot: webRootWithClock() });
  // All lines are drawn at once on a screen that is so high.
  const [alice, bob] = [await person({ height: 2000 }), await person({ height: 2000 })];
  onTestFinished(async () => {
    await alice.close();
    await bob.close();
  });
  await meet(alice.page, bob.page, relay.url);
  const said: string[] = [];
  for (const days of CLOCKS) {
    await setClockOf(alice.page, days * DAY);
    const [hers, his] = [`from Alice, ${days} days off`, `from Bob, when she was ${days} days off`];
    await steps(alice.page).write(hers);
    await steps(bob.page).reads(hers);
    await steps(bob.page).write(his);
    await steps(alice.page).reads(his);
    said.push(hers, his);
  }
  for (const { page } of [alice, bob])
    await expect.poll(async () => (await shownOn(page)).map(({ text }) => text), { timeout: 10_000 }).toEqual(said);
  // The clock was wrong indeed: her lines carry its dates.
  const sent = await bob.page
    .locator('article.article[data-event] time')
    .evaluateAll((times) => times.map((time) => time.getAttribute('datetime') ?? ''));
  const years = new Set(sent.map((at) => at.slice(0, 4)));
  expect(years.size).toBeGreaterThan(2);
  // And it is forgotten: both are there after a reload, and what is said then arrives.
  await alice.page.reload();
  await steps(alice.page).write('right again');
  await steps(bob.page).reads('right again');
  for (const { page } of [alice, bob])
    await expect
      .poll(async () => (await shownOn(page)).map(({ text }) => text), { timeout: 10_000 })
      .toEqual([...said, 'right again']);
  await expect
    .poll(async () => (await shownOn(alice.page)).flatMap(({ state }) => (state === null ? [] : [state])), {
      timeout: 30_000,
    })
    .toEqual([...CLOCKS, 'again'].map(() => 'delivered'));
  expect([...alice.complaints, ...bob.complaints]).toEqual([]);
}, 120_000);
