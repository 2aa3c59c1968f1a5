import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, pair, Stage, type Fields, type Home } from './support/processes.ts';

// One person with two homes, and a contact, as real processes. Chapters: each starts where the last one ended.

const stage = new Stage();
let relay: string;
let alice: Home;
let bob: Home;
let conversation: string;
const laptop = stage.home('laptop');
beforeAll(async () => {
  build();
  ({ url: relay } = await stage.relay());
  ({ alice, bob, conversation } = await pair(stage, relay));
}, 60_000);
afterAll(() => stage.close());

const sync = (home: Home): Promise<unknown> => home.do(['sync', '--for', '10']);
/** One after the other, never together, until it is so; how often each did. */
const taking = async (turns: readonly Home[], rounds: number, isDone: () => Promise<boolean>): Promise<number> => {
  for (let round = 1; round <= rounds; round++) {
    for (const home of turns) {
      await sync(home);
      if (await isDone()) return round;
    }
  }
  throw new Error(`not done after ${rounds} syncs each`);
};
const devicesOf = async (home: Home): Promise<readonly Fields[]> => (await home.do(['device', 'list'])).lines;
const deviceNamed = async (home: Home, name: string): Promise<Fields | undefined> =>
  (await devicesOf(home)).find((device) => device['name'] === name);
const contactsOf = async (home: Home): Promise<readonly unknown[]> =>
  (await home.do(['contact', 'list'])).lines.map(({ conversation: id, name, state }) => [id, name, state]);
const statusOf = async (home: Home): Promise<Fields> => (await home.do(['device', 'status'])).one;

describe('a second home', () => {
  let link: string;

  test('S4.21 S0.13 is linked by a link within 4 syncs each, though the two never run together', async () => {
    await alice.do(['send', 'Bob', 'before there were two']);
    link = String((await alice.do(['device', 'link'])).one['link']);
    expect(link).toMatch(/\/d#/);
    expect(link.length).toBeLessThanOrEqual(120);
    const joined = await laptop.do(['device', 'join', link, '--name', 'laptop']);
    expect(joined.one).toMatchObject({ state: 'waiting', words: null });
    expect(joined.ms).toBeLessThan(15_000);
    const rounds = await taking([alice, laptop], 4, async () => {
      const names = (await devicesOf(laptop)).map(({ name }) => name);
      const isKnown = names.length === 2 && names.every((name) => typeof name === 'string');
      return isKnown && JSON.stringify(await contactsOf(laptop)) === JSON.stringify([[conversation, 'Bob', 'active']]);
    });
    expect(rounds).toBeLessThanOrEqual(4);
    const lists = await Promise.all([alice, laptop].map((home) => devicesOf(home)));
    expect(lists[0]?.map(({ device }) => device).toSorted()).toEqual(lists[1]?.map(({ device }) => device).toSorted());
    expect(lists[0]?.map(({ device }) => device)).toContain(joined.one['device']);
    expect(lists[1]?.find(({ thisDevice }) => thisDevice)?.['name']).toBe('laptop');
    // The one that was there first has a name now too: that of its computer.
    expect(lists[1]?.every(({ name }) => typeof name === 'string' && name !== '')).toBe(true);
  }, 120_000);

  test('a second join of the same link exits 4, and both sides are told', async () => {
    const thief = stage.home('thief');
    const refused = await thief.code(['device', 'join', link]);
    expect(refused).toMatchObject({ status: 4, code: 'link-used' });
    expect((await devicesOf(thief)).length).toBe(1);
    expect((await contactsOf(thief)).length).toBe(0);
    await sync(alice);
    expect((await statusOf(alice))['link']).toMatchObject({ state: 'done', second: true });
  }, 60_000);

  test('S4.21 S4.22 texts of either reach Bob and both own homes', async () => {
    const all = [alice, laptop, bob];
    await taking(all, 4, async () => (await laptop.texts(conversation)).includes('before there were two'));
    await laptop.do(['send', 'Bob', 'from the laptop']);
    await taking([laptop, bob, alice], 4, async () =>
      (await Promise.all(all.map((home) => home.texts(conversation)))).every((texts) =>
        texts.includes('from the laptop'),
      ),
    );
    await alice.do(['send', 'Bob', 'from the first']);
    await bob.do(['send', 'Alice', 'to both of you']);
    await taking([bob, alice, laptop], 4, async () =>
      (await Promise.all(all.map((home) => home.texts(conversation)))).every(
        (texts) => texts.includes('from the first') && texts.includes('to both of you'),
      ),
    );
    const ids = await Promise.all(
      all.map(async (home) => (await home.do(['log', conversation])).lines.map(({ event }) => event)),
    );
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
  }, 180_000);

  test('a home with contacts joins nobody, and nonsense is no link', async () => {
    expect(await bob.code(['device', 'join', link])).toMatchObject({ status: 4, code: 'home-in-use' });
    expect(await stage.home('other').code(['device', 'join', 'nonsense'])).toMatchObject({
      status: 2,
      code: 'bad-link',
    });
    expect(await alice.code(['device', 'revoke', 'nowhere'])).toMatchObject({ status: 5, code: 'unknown-device' });
    expect(await alice.code(['device', 'confirm', 'river candle seven maple'])).toMatchObject({ status: 75 });
  }, 60_000);

  test('S4.23 S4.21 revoked within 4 syncs: it is told, writes nothing more, and Bob takes nothing of it', async () => {
    const { one } = await alice.do(['device', 'revoke', 'laptop']);
    expect(one).toMatchObject({ name: 'laptop', revoked: true });
    await taking([alice, bob, laptop], 4, async () => {
      const { removed } = await statusOf(laptop);
      return removed !== null;
    });
    expect(await laptop.code(['send', 'Bob', 'from the grave'])).toMatchObject({ status: 4, code: 'revoked-device' });
    expect(await laptop.texts(conversation)).toContain('from the laptop');
    await alice.do(['send', 'Bob', 'without the laptop']);
    await taking([alice, bob], 2, async () => (await bob.texts(conversation)).includes('without the laptop'));
    await sync(laptop);
    expect(await laptop.texts(conversation)).not.toContain('without the laptop');
    expect(await deviceNamed(alice, 'laptop')).toMatchObject({ revoked: true });
  }, 180_000);
});

describe('a short code', () => {
  const tablet = stage.home('tablet');
  test('shows four words on both sides, and lets nothing flow before they are confirmed on both', async () => {
    const made = (await alice.do(['device', 'link', '--code'])).one;
    expect(made).toMatchObject({ link: null, code: expect.stringMatching(/^.{4}-.{4}-.{4}$/) });
    await tablet.do(['device', 'join', String(made['code']), '--name', 'tablet', '--relay', relay]);
    await taking([alice, tablet], 3, async () => {
      const [ours, theirs] = await Promise.all([alice, tablet].map((home) => statusOf(home)));
      return ours?.['words'] !== null && theirs?.['words'] !== null;
    });
    const [ours, theirs] = [await statusOf(alice), await statusOf(tablet)];
    expect(ours['words']).toHaveLength(4);
    expect(ours['words']).toEqual(theirs['words']);
    expect((await contactsOf(tablet)).length).toBe(0);
    expect(await alice.code(['device', 'confirm', 'never these four words'])).toMatchObject({
      status: 6,
      code: 'words-differ',
    });
    const words = (ours['words'] as readonly string[]).join('-');
    await alice.do(['device', 'confirm', words]);
    await tablet.do(['device', 'confirm', words]);
    const isIn = async () =>
      (await contactsOf(tablet)).length === 1 && (await deviceNamed(alice, 'tablet'))?.['revoked'] === false;
    await taking([alice, tablet], 4, isIn);
  }, 180_000);

  test('refused with --wipe within 24 h: it forgets everything, and what it did counts nowhere', async () => {
    expect((await alice.do(['device', 'refuse', 'tablet', '--wipe'])).one).toMatchObject({ refused: true });
    await taking([alice, tablet], 4, async () => (await contactsOf(tablet)).length === 0);
    expect(await statusOf(tablet)).toMatchObject({ removed: { wiped: true } });
    expect((await devicesOf(tablet)).length).toBe(1);
  }, 120_000);

  test('given up before it was used: the code opens nothing', async () => {
    const { one } = await alice.do(['device', 'link', '--code']);
    await alice.do(['device', 'refuse']);
    expect(await statusOf(alice)).toMatchObject({ link: { state: 'refused' } });
    const late = stage.home('late');
    expect(await late.code(['device', 'join', String(one['code']), '--relay', relay])).toMatchObject({
      status: 4,
      code: 'link-expired',
    });
    await sync(alice);
    expect(await statusOf(alice)).toMatchObject({ link: { state: 'refused' }, words: null });
    expect((await contactsOf(late)).length).toBe(0);
  }, 90_000);
});
