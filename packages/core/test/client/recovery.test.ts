// Recovery words, and devices that remove each other, on simulated ports.
import { recoveryPoolsOf } from '@kith/core/conversation';
import { expect, test, vi } from 'vitest';
import type { SimDevice } from '@kith/testkit/sim-device';
import { codeOf, makeWords, pair, texts, world } from './world.ts';
import { link } from './linked.ts';

// Days of a simulated world.
vi.setConfig({ testTimeout: 90_000 });
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const nameOf = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';
const words = (of: SimDevice): string => makeWords(of).join(' ');

/** Alice's own device and one that a thief has, both in the conversation with Blair. `before`: what she did before. */
const stolen = (seed: number, made: 'before' | 'after' | 'never') => {
  const here = world(seed);
  const [a, thief, b] = [here.device('a'), here.device('thief'), here.device('b')];
  a.start();
  let phrase = made === 'before' ? words(a) : '';
  const conversation = pair(here, a, b);
  if (made === 'after') phrase = words(a);
  link(here, a, thief);
  const knows = here.clock.runUntil(() => thief.call('contact.list', {})[0]?.state === 'active', 600_000);
  if (!knows) throw new Error('the second device does not know the contact');
  here.clock.advance(10 * 60_000);
  a.call('device.name', { name: 'a' });
  here.clock.advance(10 * 60_000);
  return { here, a, thief, b, conversation, phrase };
};
/** The thief removes Alice's device while it is off; she removes the thief's before she hears of it. */
const crossed = (seed: number, made: 'before' | 'after' | 'never', wait = HOUR_MS) => {
  const all = stolen(seed, made);
  const { here, a, thief } = all;
  if (made === 'after') here.clock.advance(9 * DAY_MS);
  a.crash();
  thief.call('device.revoke', { device: nameOf(thief, 'a') });
  here.clock.advance(wait);
  a.start(false);
  a.call('device.revoke', { device: nameOf(a, 'thief') });
  a.crash();
  a.start();
  here.clock.advance(HOUR_MS);
  return all;
};
const isHeard = (from: SimDevice, by: SimDevice, conversation: string, text: string, advance: (ms: number) => void) => {
  if (codeOf(() => from.call('send', { conversation, text })) !== undefined) return false;
  advance(HOUR_MS);
  return texts(by, conversation).includes(text);
};

test('a thief who removes the owner first: with the answer both are contested, and nobody seals to either', () => {
  const { here, a, thief, b, conversation } = crossed(5101, 'never');
  const advance = (ms: number): void => here.clock.advance(ms);
  expect(a.call('recovery.state', {}).contested.map((one) => one.conversation)).toContain(conversation);
  b.call('send', { conversation, text: 'who are you' });
  advance(8 * DAY_MS);
  for (const one of [a, thief]) expect(texts(one, conversation)).not.toContain('who are you');
  expect(a.call('recovery.state', {}).contested.map((one) => one.conversation)).toContain(conversation);
});

test('a contact is told of devices that dispute each other, and no longer once words decided', () => {
  const { here, a, b, thief, conversation, phrase } = crossed(5102, 'before');
  const disputed = (): readonly boolean[] => b.call('contact.devices', { conversation }).map((one) => one.disputed);
  expect(here.clock.runUntil(() => disputed().every((one) => one), DAY_MS)).toBe(true);
  expect(disputed()).toHaveLength(2);
  a.call('device.revoke', { device: nameOf(a, 'thief'), words: phrase });
  here.clock.advance(2 * HOUR_MS);
  expect(b.call('contact.devices', { conversation }).map((one) => [one.disputed, one.removed])).toEqual([
    [false, false],
    [false, true],
  ]);
  expect(thief.call('contact.list', {})).toHaveLength(1);
});

test('words count when they were typed back, not before; their date stays with them', () => {
  const here = world(5103);
  const [a, a2, b] = [here.device('a'), here.device('a2'), here.device('b')];
  pair(here, a, b);
  const made = here.clock.now();
  const { words: first } = a.call('recovery.create', {});
  here.clock.advance(10 * DAY_MS);
  expect(a.call('recovery.state', {})).toMatchObject({ made: false, madeAt: null, ready: 0, waiting: [] });
  const wrong = [...first.slice(1), first[0]].join(' ');
  expect(codeOf(() => a.call('recovery.confirm', { words: wrong }))).toBe('bad-words');
  expect(a.call('recovery.state', {}).made).toBe(false);
  const at = here.clock.now();
  const state = a.call('recovery.confirm', { words: first.join(' ') });
  expect(state).toMatchObject({ made: true, madeAt: at });
  expect(at).toBeGreaterThan(made);
  here.clock.advance(DAY_MS);
  // Said again, and further keys under them: the words are those of that day.
  const left = a.call('recovery.state', {}).keysLeft;
  expect(a.call('recovery.confirm', { words: first.join(' ') })).toMatchObject({ madeAt: at, keysLeft: left });
  expect(a.call('recovery.create', { words: first.join(' ') })).toEqual({ words: [] });
  link(here, a, a2);
  here.clock.advance(HOUR_MS);
  for (const one of [a, a2]) expect(one.call('recovery.state', {})).toMatchObject({ made: true, madeAt: at });
  const other = makeWords(a2);
  expect(other).not.toEqual(first);
  // On another device they are this person's once nobody has refused them for 7 days.
  here.clock.advance(HOUR_MS);
  expect(a.call('recovery.state', {}).madeAt).toBe(at);
  here.clock.advance(8 * DAY_MS);
  expect(a.call('recovery.state', {}).madeAt).toBeGreaterThan(at);
});

test.each([
  ['before the conversation began', 5111, 'before'],
  ['after it began, 9 days ago', 5112, 'after'],
] as const)('recovery words made %s beat a thief who removed the owner first', (_, seed, made) => {
  const { here, a, thief, b, conversation, phrase } = crossed(seed, made);
  const advance = (ms: number): void => here.clock.advance(ms);
  expect(a.call('recovery.state', {}).contested).not.toEqual([]);
  expect(codeOf(() => a.call('device.revoke', { device: nameOf(a, 'thief'), words: 'abandon '.repeat(12) }))).toMatch(
    /bad-words|wrong-words/,
  );
  a.call('device.revoke', { device: nameOf(a, 'thief'), words: phrase });
  advance(2 * HOUR_MS);
  expect(a.call('recovery.state', {}).contested.filter((one) => one.conversation === conversation)).toEqual([]);
  expect(isHeard(b, a, conversation, 'back again', advance)).toBe(true);
  expect(isHeard(a, b, conversation, 'it is me', advance)).toBe(true);
  expect(texts(thief, conversation)).not.toContain('back again');
});

test('without an answer within 7 days of the first witness the removal is final: a later one of the removed device is void', () => {
  const { here, a, thief, b, conversation } = crossed(5121, 'never', 8 * DAY_MS);
  const advance = (ms: number): void => here.clock.advance(ms);
  expect(isHeard(b, thief, conversation, 'to whoever is left', advance)).toBe(true);
  expect(texts(a, conversation)).not.toContain('to whoever is left');
});

test('words made later take effect 7 days after the contact has seen them; another own device refuses what a thief sets', () => {
  const { here, a, thief, conversation } = stolen(5131, 'never');
  const advance = (ms: number): void => here.clock.advance(ms);
  words(thief);
  advance(HOUR_MS);
  const waiting = a.call('recovery.state', {}).waiting;
  expect(waiting.map((one) => one.conversation).toSorted()).toEqual([conversation, null].toSorted());
  expect(waiting.every(({ thisDevice, from }) => !thisDevice && from !== null)).toBe(true);
  expect(waiting.map(({ device }) => device)).toEqual([nameOf(a, 'thief'), nameOf(a, 'thief')]);
  a.call('recovery.refuse', {});
  advance(HOUR_MS);
  expect(thief.call('recovery.state', {})).toMatchObject({ ready: 0, waiting: [] });
  advance(9 * DAY_MS);
  for (const one of [a, thief]) expect(one.call('recovery.state', {})).toMatchObject({ ready: 0, waiting: [] });
  const mine = words(a);
  advance(HOUR_MS);
  expect(a.call('recovery.state', {})).toMatchObject({ ready: 0, without: 2 });
  advance(8 * DAY_MS);
  expect(a.call('recovery.state', {})).toMatchObject({ ready: 2, without: 0, waiting: [] });
  expect(mine.split(' ')).toHaveLength(12);
});

test('a device that was let in has a range of its own: no two conversations name one key', () => {
  const { here, a, thief: a2, b } = stolen(5141, 'before');
  const left = [a, a2].map((one) => one.call('recovery.state', {}).keysLeft);
  expect(left[0]).toBeGreaterThan(500);
  expect(left[1]).toBeGreaterThan(500);
  expect((left[0] ?? 0) + (left[1] ?? 0)).toBeLessThan(1024);
  for (const [i, one] of [a, a2].entries()) {
    const { link: invitation } = one.call('invite.create', {});
    const c = here.device(`c${i}`);
    c.start();
    c.call('invite.accept', { link: invitation });
  }
  here.clock.advance(HOUR_MS);
  expect([a, a2].map((one) => one.call('recovery.state', {}).keysLeft)).toEqual(left.map((n) => n - 1));
  expect(a.call('recovery.state', {})).toMatchObject({ ready: 3, without: 1 });
  expect(b.call('recovery.state', {})).toMatchObject({ made: false, ready: 0 });
});

test('S4.21 words that a thief makes are not said to be ours, nor take the place of those that are', () => {
  const { here, a, thief } = stolen(5151, 'before');
  const before = a.call('recovery.state', {});
  words(thief);
  here.clock.advance(HOUR_MS);
  const { madeAt, keysLeft, ready, waiting } = a.call('recovery.state', {});
  expect({ madeAt, keysLeft, ready }).toEqual({
    madeAt: before.madeAt,
    keysLeft: before.keysLeft,
    ready: before.ready,
  });
  expect(waiting.map(({ thisDevice, ours }) => [thisDevice, ours]).toSorted()).toEqual([
    [false, false],
    [false, false],
    [true, true],
  ]);
});

test('words that were in use before name no key twice when they are made the words again', () => {
  const here = world(5153);
  const [a, b] = [here.device('a'), here.device('b')];
  a.start();
  const first = words(a);
  pair(here, a, b);
  expect(words(a)).not.toBe(first);
  a.call('recovery.confirm', { words: first });
  expect(recoveryPoolsOf(a.store).map(({ pool }) => pool)).toContain(1);
});
