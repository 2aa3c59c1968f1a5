// Devices that their person takes out, on simulated ports.
import { toHex } from '@kith/core/bytes';
import { expect, test } from 'vitest';
import type { MemoryStore } from '@kith/testkit/memory-store';
import type { SimDevice } from '@kith/testkit/sim-device';
import { codeOf, pair, texts, world, type World } from './world.ts';
import { link } from './linked.ts';

const family = (seed: number) => {
  const here = world(seed);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  const knows = here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', 600_000);
  if (!knows) throw new Error('the second device does not know the contact');
  here.clock.advance(30 * 60_000);
  a2.call('send', { conversation, text: 'while it was there' });
  here.clock.advance(60_000);
  return { here, a1, a2, b, conversation };
};
const nameOf = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';
const isStopped = ({ clock }: World, device: SimDevice, conversation: string): boolean =>
  clock.runUntil(() => codeOf(() => device.call('send', { conversation, text: 'late' })) !== undefined, 600_000);

test('S4.23 S4.21 a removed device is out everywhere, and what it wrote before stays', () => {
  const { here, a1, a2, b, conversation } = family(4230);
  a1.call('device.revoke', { device: nameOf(a1, 'a2') });
  expect(isStopped(here, a2, conversation)).toBe(true);
  expect(codeOf(() => a2.call('send', { conversation, text: 'more' }))).toBe('revoked-device');
  here.clock.advance(10 * 60_000);
  b.call('send', { conversation, text: 'after it was gone' });
  a1.call('send', { conversation, text: 'and from the one that stays' });
  here.clock.advance(10 * 60_000);
  expect(texts(a2, conversation)).not.toContain('after it was gone');
  expect(texts(a1, conversation)).toContain('after it was gone');
  expect(texts(b, conversation)).toEqual(texts(a1, conversation));
  expect(texts(b, conversation)).toContain('while it was there');
  expect(a1.call('device.list', {}).find(({ name }) => name === 'a2')?.revoked).toBe(true);
});

test('S4.23 a device that was off when it was removed learns it when it comes back, and is obeyed by nobody until then', () => {
  const { here, a1, a2, b, conversation } = family(4231);
  a2.stop();
  a1.call('device.revoke', { device: nameOf(a1, 'a2') });
  here.clock.advance(3 * 24 * 3_600_000);
  a2.start();
  a2.call('send', { conversation, text: 'from the grave' });
  here.clock.advance(30 * 60_000);
  expect(texts(b, conversation)).not.toContain('from the grave');
  expect(texts(a1, conversation)).not.toContain('from the grave');
  expect(codeOf(() => a2.call('send', { conversation, text: 'again' }))).toBe('revoked-device');
});

test('a removed device that is asked to forget everything does, when it appears', () => {
  const { here, a1, a2 } = family(4232);
  a2.call('invite.create', { reusable: true, label: 'of the second' });
  a2.stop();
  a1.call('device.revoke', { device: nameOf(a1, 'a2'), wipe: true });
  here.clock.advance(24 * 3_600_000);
  a2.start();
  expect(here.clock.runUntil(() => a2.call('contact.list', {}).length === 0, 600_000)).toBe(true);
  expect(a2.call('invite.list', {})).toEqual([]);
  const left = ['header', 'content', 'session', 'contact', 'message'] as const;
  expect(left.map((table) => a2.store.scan(table).filter(({ key }) => toHex(key) !== '').length).slice(1)).toEqual([
    0, 0, 0, 0,
  ]);
});

test('S0.13 an unlinked device keeps working alone, with contacts of its own', () => {
  const { here, a1, a2, conversation } = family(4233);
  a1.call('device.revoke', { device: nameOf(a1, 'a2') });
  expect(isStopped(here, a2, conversation)).toBe(true);
  expect(texts(a2, conversation)).toContain('while it was there');
  expect(a2.call('device.list', {}).length).toBe(1);
  const c = here.device('c');
  const other = pair(here, a2, c);
  a2.call('send', { conversation: other, text: 'on my own' });
  expect(here.clock.runUntil(() => texts(c, other).includes('on my own'), 60_000)).toBe(true);
  expect(a1.call('contact.list', {}).map((contact) => contact.conversation)).toEqual([conversation]);
});

test('S4.29 after a removal and one answer nothing new opens with what the removed device holds', () => {
  const { here, a1, a2, b, conversation } = family(4234);
  a2.crash();
  a1.call('device.revoke', { device: nameOf(a1, 'a2') });
  here.clock.advance(10 * 60_000);
  b.call('send', { conversation, text: 'an answer' });
  here.clock.advance(10 * 60_000);
  b.call('send', { conversation, text: 'not for a thief' });
  a1.call('send', { conversation, text: 'nor this' });
  here.clock.advance(10 * 60_000);
  // The thief has its disk, its keys, and everything the relay holds.
  a2.start();
  here.clock.advance(30 * 60_000);
  for (const text of ['not for a thief', 'nor this']) expect(texts(a2, conversation)).not.toContain(text);
  expect(texts(a1, conversation)).toContain('not for a thief');
});

test.each([
  [4235, false, null],
  [4236, true, 'removed'],
])(
  'S4.23 a device is taken out as well of conversations that whoever took it out hears of later (seed %i, refuse: %s)',
  (seed, refuse, mark) => {
    const here = world(seed);
    const [a1, a2, a3, c] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('c')];
    a1.start();
    link(here, a1, a2);
    link(here, a1, a3);
    here.clock.advance(60 * 60_000);
    a1.stop();
    const conversation = pair(here, a3, c);
    a3.call('send', { conversation, text: 'by one of three' });
    const inIt = (): number => c.call('contact.devices', { conversation }).filter(({ removed }) => !removed).length;
    expect(here.clock.runUntil(() => inIt() === 2, 3 * 3_600_000)).toBe(true);
    expect(here.clock.runUntil(() => texts(a2, conversation).length === 1, 600_000)).toBe(true);
    a3.crash();
    a1.start();
    a1.call('device.revoke', { device: nameOf(a1, 'a3'), refuse });
    const isOut = (): boolean => c.call('contact.devices', { conversation }).some(({ removed }) => removed);
    expect(here.clock.runUntil(isOut, 3_600_000)).toBe(true);
    // One that hears nothing of it.
    expect(inIt()).toBe(1);
    expect(c.call('log', { conversation, limit: 9 }).map((line) => [line.text, line.mark])).toEqual([
      ['by one of three', mark],
    ]);
    expect(here.clock.runUntil(() => inIt() === 2, 3 * 3_600_000)).toBe(true);
    // What counts is there, and nothing of one that was refused.
    expect(texts(a1, conversation)).toEqual(refuse ? [] : ['by one of three']);
  },
);

test('S4.23 what a refused device said in self counts no more at who refused it either', () => {
  const here = world(4237);
  const [a1, a2, a3] = [here.device('a1'), here.device('a2'), here.device('a3')];
  a1.start();
  link(here, a1, a2);
  link(here, a1, a3);
  a2.call('set', { key: 'theme', value: 'dark' });
  const themeOf = (device: SimDevice): string | undefined =>
    device.call('set', {}).find(({ key }) => key === 'theme')?.value;
  expect(here.clock.runUntil(() => [a1, a3].every((one) => themeOf(one) === 'dark'), 60_000)).toBe(true);
  a1.call('device.revoke', { device: nameOf(a1, 'a2'), refuse: true });
  expect(themeOf(a1)).not.toBe('dark');
  expect(here.clock.runUntil(() => themeOf(a3) === themeOf(a1), 60_000)).toBe(true);
});

test('S4.23 what only a refused device has read is unread', () => {
  const here = world(9557);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', 600_000)).toBe(true);
  for (const text of ['one', 'two']) b.call('send', { conversation, text });
  expect(here.clock.runUntil(() => texts(a2, conversation).length === 2, 600_000)).toBe(true);
  a2.call('read', { conversation });
  const unread = (): number | undefined => a1.call('contact.list', {})[0]?.unread;
  expect(here.clock.runUntil(() => unread() === 0, 60_000)).toBe(true);
  a1.call('device.revoke', { device: nameOf(a1, 'a2'), refuse: true });
  expect(unread()).toBe(2);
  a1.rebuild();
  expect(unread()).toBe(2);
});

test('S4.23 a device that was let in by one that was taken out without anybody knowing of it is told that it is out as well', () => {
  const here = world(8734);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  const first = a1.call('status', {}).device ?? '';
  link(here, a1, a2);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', 600_000)).toBe(true);
  here.clock.advance(30 * 60_000);
  a2.connect(false);
  link(here, a1, a3);
  expect(here.clock.runUntil(() => a3.call('contact.list', {})[0]?.state === 'active', 600_000)).toBe(true);
  a3.call('send', { conversation, text: 'by the newest' });
  here.clock.advance(60_000);
  for (const one of [a1, a3]) one.crash();
  a2.call('device.revoke', { device: first });
  a2.connect(true);
  here.clock.advance(3_600_000);
  a3.start();
  const isTold = (): boolean => a3.call('device.linking', {}).removed !== null;
  expect(here.clock.runUntil(isTold, 3 * 3_600_000)).toBe(true);
  expect(codeOf(() => a3.call('send', { conversation, text: 'late' }))).toBe('revoked-device');
  expect(texts(a3, conversation)).toContain('by the newest');
});

test('S4.23 a removed device learns it from any other one, where it looks', () => {
  const here = world(4238);
  const [a1, a2, a3] = [here.device('a1'), here.device('a2'), here.device('a3')];
  a1.start();
  link(here, a1, a2);
  link(here, a1, a3);
  here.clock.advance(30 * 60_000);
  a3.crash();
  a1.call('device.revoke', { device: nameOf(a1, 'a3') });
  here.clock.advance(60_000);
  a1.crash();
  // What was left for it is gone.
  here.relays[0]?.wipe();
  a3.start();
  a3.call('set', { key: 'theme', value: 'dark' });
  const isTold = (): boolean => a3.call('device.linking', {}).removed !== null;
  expect(here.clock.runUntil(isTold, 3 * 3_600_000)).toBe(true);
});

test('S4.23 where a removed device said that its person is reached counts no more at the other side', () => {
  const here = world(9271);
  const [a1, a2, a3, a4, b] = ['a1', 'a2', 'a3', 'a4', 'b'].map((name) => here.device(name)) as [
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
  ];
  const conversation = pair(here, a1, b);
  const first = a1.call('status', {}).device ?? '';
  for (const one of [a2, a3, a4]) link(here, a1, one);
  const devices = (removed: boolean): number =>
    b.call('contact.devices', { conversation }).filter((one) => one.removed === removed).length;
  expect(here.clock.runUntil(() => devices(false) === 4, 3_600_000)).toBe(true);
  here.clock.advance(30 * 60_000);
  a2.connect(false);
  // Each time with a new inbox, of which the device that stays does not hear.
  a3.call('device.revoke', { device: nameOf(a3, 'a4') });
  a3.call('device.revoke', { device: first });
  expect(here.clock.runUntil(() => devices(true) === 2, 600_000)).toBe(true);
  here.clock.advance(600_000);
  for (const one of [a1, a3, a4]) one.crash();
  a2.call('device.revoke', { device: nameOf(a2, 'a3') });
  a2.connect(true);
  const isOut = (): boolean => b.call('contact.devices', { conversation }).filter((one) => one.removed).length === 1;
  expect(here.clock.runUntil(isOut, 600_000)).toBe(true);
  b.call('send', { conversation, text: 'to the one that stays' });
  expect(here.clock.runUntil(() => texts(a2, conversation).includes('to the one that stays'), 3_600_000)).toBe(true);
});

test('S4.23 an inbox of which a device said above its cut counts no more at its person either', () => {
  const here = world(9272);
  const [a1, a2, a3, a4, a5, b] = ['a1', 'a2', 'a3', 'a4', 'a5', 'b'].map((name) => here.device(name)) as [
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
  ];
  const conversation = pair(here, a1, b);
  for (const one of [a2, a3, a4, a5]) link(here, a1, one);
  const inIt = (): number => b.call('contact.devices', { conversation }).filter(({ removed }) => !removed).length;
  expect(here.clock.runUntil(() => inIt() === 5, 3_600_000)).toBe(true);
  here.clock.advance(30 * 60_000);
  a2.connect(false);
  for (const name of ['a4', 'a5']) a3.call('device.revoke', { device: nameOf(a3, name) });
  expect(here.clock.runUntil(() => inIt() === 3, 600_000)).toBe(true);
  a1.call('send', { conversation, text: 'from where we are now' });
  here.clock.advance(600_000);
  for (const one of [a3, a4, a5]) one.crash();
  a2.call('device.revoke', { device: nameOf(a2, 'a3') });
  a2.connect(true);
  expect(here.clock.runUntil(() => inIt() === 4, 600_000)).toBe(true);
  // What is read beside the newest is read for a week.
  here.clock.advance(10 * 24 * 3_600_000);
  b.call('send', { conversation, text: 'for both' });
  for (const one of [a1, a2])
    expect(here.clock.runUntil(() => texts(one, conversation).includes('for both'), 3_600_000)).toBe(true);
});

test('S4.23 a device that is out of a conversation with who let it in there, and in self all the same, is let in again', () => {
  const here = world(11157);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  const first = a1.call('status', {}).device ?? '';
  link(here, a1, a2);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', 600_000)).toBe(true);
  here.clock.advance(600_000);
  link(here, a1, a3);
  // It knows how the conversation began, and of no other device in it.
  expect(here.clock.runUntil(() => a3.call('contact.list', {}).length === 1, 60_000)).toBe(true);
  const copy = (a3.store as MemoryStore).clone();
  const inIt = (): number => b.call('contact.devices', { conversation }).filter(({ removed }) => !removed).length;
  expect(here.clock.runUntil(() => inIt() === 3, 3_600_000)).toBe(true);
  here.clock.advance(600_000);
  for (const one of [a1, a3]) one.crash();
  a3.store = copy;
  a3.connect(false);
  a3.start();
  a3.call('device.revoke', { device: first });
  a2.connect(false);
  a3.connect(true);
  // With the first one goes the second one, which has not heard of it.
  expect(here.clock.runUntil(() => inIt() === 1, 600_000)).toBe(true);
  a2.call('send', { conversation, text: 'while it was out' });
  a3.call('send', { conversation, text: 'of who took it out' });
  a2.connect(true);
  expect(here.clock.runUntil(() => inIt() === 2, 600_000)).toBe(true);
  b.call('send', { conversation, text: 'for both' });
  const all = ['while it was out', 'of who took it out', 'for both'];
  for (const one of [a2, a3, b])
    expect(here.clock.runUntil(() => all.every((text) => texts(one, conversation).includes(text)), 3_600_000)).toBe(
      true,
    );
  const isDelivered = (): boolean =>
    a2.call('log', { conversation, limit: 9 }).some(({ text, state }) => text === all[0] && state === 'delivered');
  expect(here.clock.runUntil(isDelivered, 3_600_000)).toBe(true);
});

test('S4.23 a name that a removed device gave, and that its person left, count no more where they were heard', () => {
  const { here, a1, a2, b, conversation } = family(10861);
  const b2 = here.device('b2');
  a1.call('profile.set', { name: 'Alice' });
  const seenBy = (of: SimDevice) => of.call('contact.list', {}).map(({ name, state }) => [name, state]);
  expect(here.clock.runUntil(() => seenBy(b)[0]?.[0] === 'Alice', 60_000)).toBe(true);
  here.clock.advance(60_000);
  a1.connect(false);
  a2.call('profile.set', { name: 'A thief' });
  a2.call('contact.end', { conversation });
  expect(here.clock.runUntil(() => String(seenBy(b)) === 'A thief,ended', 60_000)).toBe(true);
  a2.crash();
  a1.call('device.revoke', { device: nameOf(a1, 'a2') });
  a1.connect(true);
  expect(here.clock.runUntil(() => String(seenBy(b)) === 'Alice,active', 600_000)).toBe(true);
  b.rebuild();
  expect(String(seenBy(b))).toBe('Alice,active');
  link(here, b, b2);
  expect(here.clock.runUntil(() => String(seenBy(b2)) === 'Alice,active', 600_000)).toBe(true);
});
