// Own devices in a conversation that are none of those one has listed: seen, said who let them in, and taken out.
import { toHex } from '@kith/core/bytes';
import { Secret } from '@kith/core/crypto';
import { createAddDevice, feedIdOf, signConsent } from '@kith/core/identity';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { takeOver } from './hostile.ts';
import { link } from './linked.ts';
import { codeOf, pair, texts, world } from './world.ts';

// Hours of a simulated world.
vi.setConfig({ testTimeout: 90_000 });
const HOUR = 3_600_000;
const idOf = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';
const inUse = (of: SimDevice, conversation: string): readonly string[] =>
  of.call('contact.devices', { conversation }).flatMap(({ device, removed }) => (removed ? [] : [device]));

/** A1 and A2, and Bob; a thief who has A2 lets a device of its own into the conversation, and no word of it into `self`. */
const letInByThief = (seed: number, claims: boolean) => {
  const here = world(seed);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  here.clock.advance(2 * HOUR);
  for (const one of [a1, a2, b]) expect(one.call('device.strays', {})).toEqual([]);
  const thief = takeOver(here, a2, conversation);
  const crypto = createNullCrypto();
  const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(seed)));
  const { root } = thief.pair.local;
  const member = thief.pair.me;
  const consent = signConsent(crypto, key, root, member);
  const stray = toHex(feedIdOf(crypto, key.publicKey));
  const { entry } = thief.pair.log.appendEntry(
    (own, at) => createAddDevice(crypto, own, at, { device: key.publicKey, member, consent }),
    here.clock.now(),
  );
  if (claims)
    thief.tell({ type: 'consent', conversation: thief.pair.id, device: key.publicKey, consent, extensions: [] });
  thief.say([{ type: 'objects', objects: [{ type: 'entry', entry }] }]);
  here.clock.advance(HOUR);
  expect(inUse(b, conversation)).toContain(stray);
  return { here, a1, a2, b, conversation, stray, thief };
};

test.each([false, true])(
  'class 1 S4.21 S4.23 what a thief lets into one conversation alone is listed with who did it, and goes (refused: %s)',
  (refuse) => {
    const { here, a1, b, conversation, stray } = letInByThief(90, false);
    const id = idOf(a1, 'a2');
    expect(a1.call('device.strays', {})).toMatchObject([{ conversation, device: stray, addedBy: id, disputed: false }]);
    expect(a1.call('device.list', {})).toHaveLength(2);
    a1.call('device.revoke', { device: id });
    // It is there as long as nobody takes it out: its adding came before the cut.
    expect(a1.call('device.strays', {})).toMatchObject([{ device: stray, addedBy: null }]);
    expect(a1.call('device.removeStrays', { refuse })).toEqual([]);
    here.clock.advance(HOUR);
    expect(inUse(b, conversation)).toHaveLength(1);
    expect(inUse(b, conversation)).not.toContain(stray);
    b.call('send', { conversation, text: 'to you alone' });
    here.clock.advance(HOUR);
    expect(texts(a1, conversation)).toContain('to you alone');
    expect(a1.call('device.strays', {})).toEqual([]);
  },
);

test('class 1 S4.23 what a thief says is its own goes with it; what another device said first is not its to claim', () => {
  const { here, a1, a2, b, conversation, stray } = letInByThief(91, true);
  a2.start();
  here.clock.advance(2 * HOUR);
  // Said to be A2's, it is no stray.
  expect(a1.call('device.strays', {})).toEqual([]);
  const mine = a1.call('device.list', {}).find(({ thisDevice }) => thisDevice);
  a1.call('device.revoke', { device: idOf(a1, 'a2') });
  here.clock.advance(HOUR);
  expect(inUse(b, conversation)).toHaveLength(1);
  expect(inUse(b, conversation)).not.toContain(stray);
  expect(mine?.revoked).toBe(false);
  a1.call('send', { conversation, text: 'still me' });
  here.clock.advance(HOUR);
  expect(texts(b, conversation)).toContain('still me');
});

test('class 1 S4.23 a thief that claims the key of another device of its person does not take that one out with it', () => {
  const here = world(92);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  for (const joining of [a2, a3]) {
    link(here, a1, joining);
    here.clock.advance(2 * HOUR);
  }
  const thief = takeOver(here, a2, conversation);
  const [victim] = thief.pair.log
    .charter()
    .members.flatMap(({ devices }) => devices)
    .filter(({ feed }) => inUse(b, conversation).includes(toHex(feed)))
    .filter(({ added }) => added === null);
  if (victim === undefined) throw new Error('no device to claim');
  const consent = new Uint8Array(64).fill(1);
  // A1's: A3 takes A2 out.
  const claim = { type: 'consent', conversation: thief.pair.id, device: victim.publicKey, consent } as const;
  thief.tell({ ...claim, extensions: [] });
  a2.start();
  here.clock.advance(2 * HOUR);
  a3.call('device.revoke', { device: idOf(a3, 'a2') });
  here.clock.advance(HOUR);
  expect(inUse(b, conversation)).toHaveLength(2);
  expect(inUse(b, conversation)).toContain(toHex(victim.feed));
  a1.call('send', { conversation, text: 'I am here' });
  here.clock.advance(HOUR);
  for (const one of [b, a3]) expect(texts(one, conversation)).toContain('I am here');
});

test('S4.44 S4.23 a device of an account that was taken in, lost before it followed, is listed and goes from everywhere', () => {
  const here = world(93);
  const [a1, b1, b2, cy, bo] = ['a1', 'b1', 'b2', 'cy', 'bo'].map((name) => here.device(name)) as [
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
  ];
  pair(here, a1, bo);
  const conversation = pair(here, b1, cy);
  link(here, b1, b2);
  here.clock.advance(2 * HOUR);
  const [lost] = inUse(cy, conversation).filter((device) =>
    cy.call('contact.devices', { conversation }).some((one) => one.device === device && one.later),
  );
  b2.stop();
  const made = a1.call('device.link', {});
  b1.call('device.join', { link: made.link, name: 'b1', merge: true });
  expect(here.clock.runUntil(() => idOf(a1, 'b1') !== '', 120_000)).toBe(true);
  here.clock.advance(3 * HOUR);
  for (const one of [a1, b1]) {
    expect(one.call('device.strays', {})).toMatchObject([{ conversation, device: lost }]);
    expect(one.call('device.list', {})).toHaveLength(2);
  }
  a1.call('device.removeStrays', {});
  here.clock.advance(2 * HOUR);
  expect(inUse(cy, conversation)).toHaveLength(2);
  for (const one of [a1, b1]) expect(one.call('device.strays', {})).toEqual([]);
  // Whoever has it reads nothing new there, and is heard by nobody.
  b2.start();
  cy.call('send', { conversation, text: 'not for it' });
  codeOf(() => b2.call('send', { conversation, text: 'from the lost one' }));
  here.clock.advance(3 * HOUR);
  expect(texts(b2, conversation)).not.toContain('not for it');
  for (const one of [a1, b1, cy]) expect(texts(one, conversation)).not.toContain('from the lost one');
});
