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

test('S4.44 further devices of the self that was taken in go on where they are, and follow when they come: one account, all whole', () => {
  const here = world(4442);
  const [a1, b1, b2, cy] = [here.device('a1'), here.device('b1'), here.device('b2'), here.device('cy')];
  const bo = here.device('bo');
  a1.start();
  a1.call('profile.set', { name: 'Alex' });
  const withBo = pair(here, a1, bo);
  a1.call('send', { conversation: withBo, text: 'bo, from a1' });
  here.clock.advance(HOUR_MS);
  b1.start();
  const withCy = pair(here, b1, cy);
  link(here, b1, b2);
  here.clock.advance(2 * HOUR_MS);
  b2.call('send', { conversation: withCy, text: 'cy, from b2' });
  b2.call('contact.rename', { conversation: withCy, name: 'Cy of Y' });
  here.clock.advance(HOUR_MS);
  // B2 is away while B1 joins the account of A1.
  b2.stop();
  const made = a1.call('device.link', {});
  b1.call('device.join', { link: made.link, name: 'b1', merge: true });
  expect(here.clock.runUntil(() => deviceOf(a1, 'b1') !== '', 120_000)).toBe(true);
  here.clock.advance(3 * HOUR_MS);
  a1.call('send', { conversation: withCy, text: 'cy, from a1' });
  here.clock.advance(HOUR_MS);
  a1.stop();
  b1.stop();
  // It is a device of its person in that conversation as before: it speaks, hears, and has what the others wrote.
  b2.start();
  b2.call('send', { conversation: withCy, text: 'still here' });
  cy.call('send', { conversation: withCy, text: 'so I see' });
  here.clock.advance(5 * HOUR_MS);
  expect(texts(cy, withCy)).toContain('still here');
  for (const text of ['so I see', 'cy, from a1']) expect(texts(b2, withCy)).toContain(text);
  // It follows by a link of any device of the account, B1 being away; and never meets B1 before.
  a1.start();
  here.clock.advance(HOUR_MS);
  const again = a1.call('device.link', {});
  b2.call('device.join', { link: again.link, name: 'b2', merge: true });
  expect(here.clock.runUntil(() => deviceOf(a1, 'b2') !== '', 120_000)).toBe(true);
  here.clock.advance(3 * HOUR_MS);
  b2.stop();
  b1.start();
  here.clock.advance(3 * HOUR_MS);
  b2.start();
  here.clock.advance(HOUR_MS);
  const everything = [withBo, withCy].toSorted();
  for (const one of [a1, b1, b2]) {
    expect(conversations(one)).toEqual(everything);
    expect(one.call('device.list', {}).filter(({ revoked }) => !revoked)).toHaveLength(3);
    for (const conversation of everything) expect(texts(one, conversation)).toEqual(texts(a1, conversation));
    expect(one.call('contact.list', {}).find(({ conversation }) => conversation === withCy)?.name).toBe('Cy of Y');
  }
  expect(texts(a1, withCy).toSorted()).toEqual(['cy, from a1', 'cy, from b2', 'so I see', 'still here']);
  for (const one of [a1, b1, b2]) {
    one.call('send', { conversation: withCy, text: `${one.name} at the end` });
    here.clock.advance(HOUR_MS);
    expect(texts(cy, withCy)).toContain(`${one.name} at the end`);
  }
  // What is taken out of the account is out: its person's others do it in every conversation.
  a1.call('device.revoke', { device: deviceOf(a1, 'b2') });
  here.clock.advance(2 * HOUR_MS);
  expect(cy.call('contact.devices', { conversation: withCy }).filter(({ removed }) => removed)).toHaveLength(1);
  expect(codeOf(() => b2.call('send', { conversation: withCy, text: 'late' }))).toBe('revoked-device');
});
