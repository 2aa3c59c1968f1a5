// Two accounts become one, on simulated ports.
import { expect, test, vi } from 'vitest';
import type { SimDevice } from '@kith/testkit/sim-device';
import { link } from './linked.ts';
import { codeOf, pair, texts, world } from './world.ts';

// Days of a simulated world.
vi.setConfig({ testTimeout: 90_000 });
const HOUR_MS = 3_600_000;
const conversations = (of: SimDevice): readonly string[] =>
  of
    .call('contact.list', {})
    .filter(({ state }) => state === 'active')
    .map(({ conversation }) => conversation)
    .toSorted();
const deviceOf = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';

/** X on A1 and M, Y on A2; Bo knows X, Cy knows Y, Dee knows both. A1 and A2 are never online together. */
const accounts = (seed: number) => {
  const here = world(seed);
  const [a1, m, a2] = [here.device('a1'), here.device('m'), here.device('a2')];
  const [bo, cy, dee] = [here.device('bo'), here.device('cy'), here.device('dee')];
  a1.start();
  a1.call('profile.set', { name: 'Alex' });
  const x = { bo: pair(here, a1, bo), dee: pair(here, a1, dee) };
  a1.call('send', { conversation: x.bo, text: 'bo, from x' });
  a1.call('contact.rename', { conversation: x.bo, name: 'Bo of X' });
  link(here, a1, m);
  here.clock.advance(2 * HOUR_MS);
  a1.stop();
  a2.start();
  a2.call('profile.set', { name: 'Old Alex' });
  const y = { cy: pair(here, a2, cy), dee: pair(here, a2, dee) };
  a2.call('send', { conversation: y.cy, text: 'cy, from y' });
  cy.call('send', { conversation: y.cy, text: 'to y' });
  a2.call('send', { conversation: y.dee, text: 'dee, from y' });
  here.clock.advance(HOUR_MS);
  a2.call('contact.rename', { conversation: y.cy, name: 'Cy of Y' });
  a2.call('contact.mark', { conversation: y.cy, validity: 'validated' });
  const [secret] = a2.call('log', { conversation: y.cy, limit: 50 }).filter(({ text }) => text === 'to y');
  a2.call('star', { conversation: y.cy, event: secret?.event ?? '' });
  return { here, a1, m, a2, bo, cy, dee, x, y };
};
const mergeThroughM = ({ here, m, a2 }: ReturnType<typeof accounts>): void => {
  const made = m.call('device.link', {});
  expect(codeOf(() => a2.call('device.join', { link: made.link, name: 'a2' }))).toBe('home-in-use');
  a2.call('device.join', { link: made.link, name: 'a2', merge: true });
  expect(here.clock.runUntil(() => deviceOf(m, 'a2') !== '', 120_000)).toBe(true);
  here.clock.advance(3 * HOUR_MS);
};

test('S4.44 two accounts, never online together, merge through a third device: one account to all, both logs whole', () => {
  const all = accounts(4440);
  const { here, a1, m, a2, bo, cy, dee, x, y } = all;
  mergeThroughM(all);
  a2.stop();
  a1.start();
  here.clock.advance(3 * HOUR_MS);
  const everything = [x.bo, x.dee, y.cy, y.dee].toSorted();
  for (const one of [a1, m]) expect(conversations(one)).toEqual(everything);
  a1.stop();
  a2.start();
  here.clock.advance(3 * HOUR_MS);
  expect(conversations(a2)).toEqual(everything);
  for (const conversation of everything) expect(texts(m, conversation)).toEqual(texts(a2, conversation));
  expect(texts(m, y.cy)).toEqual(['cy, from y', 'to y']);
  expect(texts(a2, x.bo)).toEqual(['bo, from x']);
  // What each account said of its contacts is there.
  for (const one of [m, a2]) {
    const of = (conversation: string) =>
      one.call('contact.list', {}).find((contact) => contact.conversation === conversation);
    expect(of(x.bo)?.name).toBe('Bo of X');
    expect(of(y.cy)).toMatchObject({ name: 'Cy of Y', validity: 'validated' });
    expect(one.call('star.list', {}).map(({ text }) => text)).toEqual(['to y']);
  }
  // From here on each device writes to each contact, and hears them.
  a2.stop();
  a1.start();
  here.clock.advance(HOUR_MS);
  expect(texts(a1, y.cy)).toEqual(['cy, from y', 'to y']);
  a1.call('send', { conversation: y.cy, text: 'from the other account' });
  cy.call('send', { conversation: y.cy, text: 'heard' });
  here.clock.advance(HOUR_MS);
  expect(texts(cy, y.cy)).toContain('from the other account');
  expect(texts(a1, y.cy)).toContain('heard');
  expect(cy.call('contact.list', {})[0]?.name).toBe('Alex');
  // Who knew both is told that they are one.
  expect(dee.call('contact.merged', {})).toEqual([]);
  m.call('contact.merge', { conversation: x.dee, with: y.dee });
  here.clock.advance(HOUR_MS);
  for (const one of [dee, a1, m]) {
    const [group, ...more] = one.call('contact.merged', {});
    expect(more).toEqual([]);
    expect(group?.conversations.toSorted()).toEqual([x.dee, y.dee].toSorted());
    expect(group?.conversations).toContain(group?.head);
  }
  expect(bo.call('contact.merged', {})).toEqual([]);
});

test('S4.44 a device that is one already is not merged with itself, and a merge that never ends changes nothing', () => {
  const all = accounts(4441);
  const { here, m, a2, y } = all;
  const made = m.call('device.link', { confirm: true });
  a2.call('device.join', { link: made.link, name: 'a2', merge: true });
  here.clock.advance(60_000);
  a2.call('device.refuse', {});
  m.call('device.refuse', {});
  here.clock.advance(HOUR_MS);
  expect(conversations(a2)).toEqual([y.cy, y.dee].toSorted());
  expect(deviceOf(m, 'a2')).toBe('');
  mergeThroughM(all);
  const again = m.call('device.link', {});
  expect(codeOf(() => a2.call('device.join', { link: again.link, merge: true }))).toBe('home-in-use');
});
