import { afterAll, beforeAll, expect, test } from 'vitest';
import { build, Stage, type Home, type Running } from './support/processes.ts';

// Two accounts of one person, as real processes. The first device of either is never online together with that of the other.

const stage = new Stage();
beforeAll(build, 60_000);
afterAll(() => stage.close());

const online = async (home: Home): Promise<Running> => {
  const daemon = home.start(['daemon']);
  await daemon.line((line) => line['ready'] === true);
  return daemon;
};
const texts = (home: Home, conversation: string): Promise<readonly unknown[]> =>
  home.texts(conversation).catch(() => []);
const LONG = { timeout: 60_000 };

test('S4.44 two homes with contacts of their own become one person through a third, by device join --merge', async () => {
  const { url: relay } = await stage.relay();
  const [a1, middle, a2, bob, carol] = ['a1', 'middle', 'a2', 'bob', 'carol'].map((name) => stage.home(name)) as [
    Home,
    Home,
    Home,
    Home,
    Home,
  ];
  await a1.do(['init', '--name', 'Alex', '--relay', relay]);
  await a2.do(['init', '--name', 'Old Alex', '--relay', relay]);
  /** Each account meets somebody, and both have said something when it leaves. */
  const meets = async (account: Home, other: Home, name: string): Promise<string> => {
    const { one: invite } = await account.do(['invite', 'create']);
    const { one } = await other.do(['invite', 'accept', String(invite['link']), '--name', name]);
    const conversation = String(one['conversation']);
    await other.do(['send', conversation, `${name} to you`]);
    // A sync ends as soon as nothing is under way, and the account looks for who answered its invitation every 3 s.
    const heardFromOther = async (): Promise<readonly unknown[]> => {
      await other.do(['sync', '--for', '10']);
      return texts(account, conversation);
    };
    await expect.poll(heardFromOther, LONG).toContain(`${name} to you`);
    await account.do(['send', name, `you to ${name}`]);
    const heardFromAccount = async (): Promise<readonly unknown[]> => {
      await other.do(['sync', '--for', '10']);
      return texts(other, conversation);
    };
    await expect.poll(heardFromAccount, LONG).toContain(`you to ${name}`);
    return conversation;
  };
  const a2Online = await online(a2);
  const withCarol = await meets(a2, carol, 'Carol');
  await a2Online.end();

  const a1Online = await online(a1);
  const withBob = await meets(a1, bob, 'Bob');
  const { one: first } = await a1.do(['device', 'link']);
  await middle.do(['device', 'join', String(first['link']), '--name', 'middle']);
  const middleOnline = await online(middle);
  await expect.poll(() => texts(middle, withBob), LONG).toHaveLength(2);
  await a1Online.end();

  // Without saying so nothing is merged.
  const { one: second } = await middle.do(['device', 'link']);
  const link = String(second['link']);
  expect(await a2.code(['device', 'join', link])).toMatchObject({ status: 4, code: 'home-in-use' });
  await a2.do(['device', 'join', link, '--name', 'a2', '--merge']);
  const a2Again = await online(a2);
  const whole = async (home: Home): Promise<readonly number[]> =>
    Promise.all([withBob, withCarol].map(async (conversation) => (await texts(home, conversation)).length));
  for (const home of [middle, a2]) await expect.poll(() => whole(home), LONG).toEqual([2, 2]);
  const contacts = await Promise.all([bob, carol].map((home) => online(home)));
  // Each account speaks to who only the other one knew; to them it is the person they know.
  for (const [home, other, conversation] of [
    [middle, carol, withCarol],
    [a2, bob, withBob],
  ] as const) {
    await home.do(['send', conversation, 'from the other account']);
    await expect.poll(() => texts(other, conversation), LONG).toContain('from the other account');
    await other.do(['send', conversation, 'I hear you']);
    await expect.poll(() => texts(home, conversation), LONG).toContain('I hear you');
    const heard = (await other.do(['log', conversation])).lines.filter(
      ({ mine, kind }) => mine === false && kind === 'text',
    );
    expect(heard).toHaveLength(2);
    expect(new Set(heard.map(({ author }) => author)).size).toBe(1);
    expect((await other.do(['contact', 'list'])).lines).toHaveLength(1);
  }
  for (const home of [middle, a2]) await expect.poll(() => whole(home), LONG).toEqual([4, 4]);
  await a2Again.end();

  // The first device of the other account comes back to both histories.
  const a1Again = await online(a1);
  await expect.poll(() => whole(a1), LONG).toEqual([4, 4]);
  for (const home of [a1, middle]) expect((await home.do(['device', 'list'])).lines).toHaveLength(3);
  for (const running of [a1Again, middleOnline, ...contacts]) await running.end();
}, 240_000);
