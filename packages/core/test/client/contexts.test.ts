// Contexts: sets of conversations whose people know this person under one name, on simulated ports.
import { toHex, utf8 } from '@kith/core/bytes';
import { contextFacts } from '@kith/core/conversation';
import { contextFromName } from '@kith/core/identity';
import { decodeInboxRecord } from '@kith/core/mailbox';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { link } from './linked.ts';
import { codeOf, pair, texts, world, type World } from './world.ts';

const MINUTE = 60_000;
const meetIn = (here: World, host: SimDevice, guest: SimDevice, context: string, reusable = false): string => {
  guest.start();
  const invite = host.call('invite.create', { context, reusable });
  const { conversation } = guest.call('invite.accept', { link: invite.link });
  const isIn = (): boolean => {
    for (const { request } of host.call('request.list', {})) host.call('request.answer', { request, answer: 'accept' });
    return [host, guest].every((one) => contact(one, conversation)?.state === 'active');
  };
  if (!here.clock.runUntil(isIn, 10 * MINUTE)) throw new Error('the two did not meet');
  here.clock.advance(MINUTE);
  return conversation;
};
const contact = (of: SimDevice, conversation: string) =>
  of.call('contact.list', {}).find((one) => one.conversation === conversation);
const nameAt = (of: SimDevice, conversation: string): string | undefined => contact(of, conversation)?.name;
/** Labels, hues, names, and who stands where: what a person has of contexts. */
const shown = (of: SimDevice) => ({
  contexts: of.call('context.list', {}),
  where: of
    .call('contact.list', {})
    .map(({ conversation, context }) => ({ conversation, context }))
    .toSorted(byId),
});
const byId = (a: { conversation: string }, b: { conversation: string }): number =>
  a.conversation < b.conversation ? -1 : 1;
const prefixes = (of: SimDevice, conversation: string): readonly string[] =>
  of.store
    .scan('inbox')
    .filter(({ key }) => toHex(key.subarray(1, 17)) === conversation && key[0] === utf8('q')[0])
    .flatMap(({ value }) => records(value));
/** The record stands at the end of its row. */
const records = (value: Uint8Array): readonly string[] => {
  for (let at = 0; at < value.length; at++) {
    const record = decodeInboxRecord(value.subarray(at));
    if (record !== undefined) return [`${record.number} ${toHex(record.prefix)} ${record.bits}`];
  }
  return [];
};

test('U10 an invitation of one context shows the name of that one, and never another; so do the conversations', () => {
  const here = world(1010);
  const [a, bo, cy, dee, ed] = ['a', 'bo', 'cy', 'dee', 'ed'].map((name) => here.device(name)) as [
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
    SimDevice,
  ];
  a.start();
  a.call('profile.set', { name: 'Blair at home' });
  const club = a.call('context.create', { label: 'club', name: 'Captain' }).context;
  const school = a.call('context.create', { label: 'school' }).context;
  const outside = pair(here, a, bo);
  const offers = [{ context: club }, { context: school }, {}].map((where) => a.call('invite.create', where).link);
  cy.start();
  expect(offers.map((link) => cy.call('invite.preview', { link }).name)).toEqual(['Captain', '', 'Blair at home']);
  const captain = meetIn(here, a, cy, club);
  const teacher = meetIn(here, a, dee, school);
  const request = meetIn(here, a, ed, club, true);
  expect(nameAt(bo, outside)).toBe('Blair at home');
  expect(nameAt(cy, captain)).toBe('Captain');
  expect(nameAt(dee, teacher)).toBe('');
  expect(nameAt(ed, request)).toBe('Captain');

  a.call('profile.set', { name: 'Blair' });
  a.call('context.change', { context: school, name: 'Dr. Blair' });
  here.clock.advance(MINUTE);
  expect([nameAt(bo, outside), nameAt(cy, captain), nameAt(dee, teacher)]).toEqual(['Blair', 'Captain', 'Dr. Blair']);
  // Nothing on the other sides ever was another's: not in a table, not in a log.
  const heldBy = (device: SimDevice, word: string): boolean =>
    device.store.scan('content').some(({ value }) => Buffer.from(value).includes(word));
  expect(heldBy(cy, 'Captain')).toBe(true);
  for (const device of [cy, dee, ed]) expect(heldBy(device, 'at home')).toBe(false);
  for (const device of [bo, cy, ed]) expect(heldBy(device, 'Dr.')).toBe(false);
  for (const device of [bo, dee]) expect(heldBy(device, 'Captain')).toBe(false);
  for (const device of [bo, cy, dee, ed])
    for (const word of ['club', 'school']) expect(heldBy(device, word)).toBe(false);
});

test('U10 who is invited by somebody meets them in a context, under its name', () => {
  const here = world(1011);
  const [a, bo] = [here.device('a'), here.device('bo')];
  a.start();
  bo.start();
  a.call('profile.set', { name: 'Blair' });
  const { context } = a.call('context.create', { label: 'club' });
  const { link: text } = bo.call('invite.create', {});
  const { conversation } = a.call('invite.accept', { link: text, context, name: 'Captain' });
  expect(here.clock.runUntil(() => nameAt(bo, conversation) === 'Captain', MINUTE)).toBe(true);
  expect(a.call('profile.get', {}).name).toBe('Blair');
  expect(a.call('context.list', {})).toMatchObject([{ name: 'Captain', conversations: 1 }]);
  a.call('send', { conversation, text: 'hello' });
  expect(a.call('log', { conversation }).at(-1)?.authorName).toBe('Captain');
});

test('U10 self carries contexts to every device; what two said apart from each other ends the same on both', () => {
  const here = world(1012);
  const [a1, a2, bo, cy] = [here.device('a1'), here.device('a2'), here.device('bo'), here.device('cy')];
  a1.start();
  a1.call('profile.set', { name: 'Blair' });
  const x = pair(here, a1, bo);
  const y = pair(here, a1, cy);
  const club = a1.call('context.create', { label: 'club', name: 'Captain' }).context;
  a1.call('contact.context', { conversation: x, context: club });
  link(here, a1, a2);
  here.clock.advance(10 * MINUTE);
  expect(shown(a2)).toEqual(shown(a1));
  expect(contact(a2, x)?.context).toBe(club);

  // Apart: each makes one, one renames the club, the other removes it although the first puts Cy there.
  a1.stop();
  const { context: second } = a2.call('context.create', { label: 'work', name: 'B. Smith' });
  a2.call('contact.context', { conversation: x, context: second });
  a2.call('context.remove', { context: club });
  a2.call('profile.set', { name: 'Blair B.' });
  a2.stop();
  a1.start();
  a1.call('context.create', { label: 'home', name: 'B.' });
  a1.call('context.change', { context: club, label: 'rowing club' });
  a1.call('contact.context', { conversation: y, context: club });
  here.clock.advance(10 * MINUTE);
  a2.start();
  here.clock.advance(30 * MINUTE);
  expect(shown(a1)).toEqual(shown(a2));
  expect(a1.call('context.list', {}).map(({ label }) => label)).toEqual(['home', 'rowing club', 'work']);
  expect(contact(a1, x)?.context).toBe(second);
  expect(contact(a1, y)?.context).toBe(club);
  // Two-way: both go on, and both contacts see the name that holds.
  expect([nameAt(bo, x), nameAt(cy, y)]).toEqual(['B. Smith', 'Captain']);
  for (const one of [a1, a2]) {
    const before = shown(one);
    one.rebuild();
    expect(shown(one)).toEqual(before);
  }
});

test('U10 who was told a name outside while another device put them into a context is told the name of the context', () => {
  const here = world(1013);
  const [a1, a2, bo] = [here.device('a1'), here.device('a2'), here.device('bo')];
  a1.start();
  a1.call('profile.set', { name: 'Blair' });
  const x = pair(here, a1, bo);
  const { context } = a1.call('context.create', { label: 'club', name: 'Captain' });
  link(here, a1, a2);
  here.clock.advance(10 * MINUTE);
  a1.stop();
  a2.call('contact.context', { conversation: x, context });
  a2.stop();
  a1.start();
  // Said last in the order of the log, which knows nothing of the other device yet.
  for (const name of ['Blair S.', 'Blair Sm.', 'Blair Smith']) a1.call('profile.set', { name });
  here.clock.advance(10 * MINUTE);
  a2.start();
  here.clock.advance(30 * MINUTE);
  expect(nameAt(bo, x)).toBe('Captain');
});

test('U10 a context has an inbox of its own: who is moved there reaches it, and what was on its way still comes', () => {
  const here = world(1014);
  const [a, bo, cy] = [here.device('a'), here.device('bo'), here.device('cy')];
  a.start();
  const x = pair(here, a, bo);
  const { context } = a.call('context.create', { label: 'club', name: 'Captain' });
  const y = meetIn(here, a, cy, context);
  here.clock.advance(MINUTE);
  const of = contextFromName(context);
  const prefix = of && contextFacts(a.store, of)?.prefix;
  expect(prefix).toHaveLength(3);
  const atBo = prefixes(bo, x);
  expect(prefixes(cy, y).map((one) => one.split(' ')[1])).not.toEqual(atBo.map((one) => one.split(' ')[1]));
  a.stop();
  bo.call('send', { conversation: x, text: 'on its way' });
  here.clock.advance(MINUTE);
  a.start();
  a.call('contact.context', { conversation: x, context });
  here.clock.advance(10 * MINUTE);
  bo.call('send', { conversation: x, text: 'to the club' });
  here.clock.advance(MINUTE);
  expect(texts(a, x)).toEqual(['on its way', 'to the club']);
  expect(prefixes(bo, x)).not.toEqual(atBo);
  expect(prefixes(bo, x).map((one) => one.split(' ')[1])).toEqual(prefixes(cy, y).map((one) => one.split(' ')[1]));
  expect(nameAt(bo, x)).toBe('Captain');
});

test('a context keeps its label apart, is there while something stands in it, and goes with nothing left in it', () => {
  const here = world(1015);
  const [a, bo] = [here.device('a'), here.device('bo')];
  a.start();
  expect(a.call('context.list', {})).toEqual([]);
  const { context, hue } = a.call('context.create', { label: ' club ' });
  expect(a.call('context.list', {})).toEqual([
    { context, label: 'club', hue, name: '', picture: null, conversations: 0 },
  ]);
  expect(codeOf(() => a.call('context.create', { label: 'club' }))).toBe('context-exists');
  expect(codeOf(() => a.call('context.create', { label: ' ' }))).toBe('bad-option');
  expect(codeOf(() => a.call('context.create', { label: 'x', hue: 8 }))).toBe('bad-option');
  expect(codeOf(() => a.call('context.change', { context: 'ab', label: 'x' }))).toBe('unknown-context');
  expect(codeOf(() => a.call('context.create', { label: 'x'.repeat(65) }))).toBe('bad-name');
  expect(a.call('context.create', { label: 'school' }).hue).not.toBe(hue);
  const x = pair(here, a, bo);
  a.call('contact.context', { conversation: x, context });
  expect(codeOf(() => a.call('context.remove', { context }))).toBe('context-in-use');
  a.call('contact.context', { conversation: x, context: null });
  const invite = a.call('invite.create', { context, reusable: true });
  expect(invite.context).toBe(context);
  expect(codeOf(() => a.call('context.remove', { context }))).toBe('context-in-use');
  a.call('invite.revoke', { invite: invite.invite });
  expect(a.call('context.remove', { context }).map(({ label }) => label)).toEqual(['school']);
  expect(codeOf(() => a.call('contact.context', { conversation: x, context }))).toBe('unknown-context');
});

test('U10 two accounts that become one keep the contexts of both', () => {
  const here = world(1016);
  const [a1, a2, bo, cy] = [here.device('a1'), here.device('a2'), here.device('bo'), here.device('cy')];
  a1.start();
  a2.start();
  a1.call('profile.set', { name: 'Blair' });
  a2.call('profile.set', { name: 'Old Blair' });
  const club = a1.call('context.create', { label: 'club', name: 'Captain' }).context;
  const school = a2.call('context.create', { label: 'school', name: 'Dr. Blair' }).context;
  const x = meetIn(here, a1, bo, club);
  const y = meetIn(here, a2, cy, school);
  const { link: text } = a1.call('device.link', {});
  a2.call('device.join', { link: text, name: 'a2', merge: true });
  here.clock.advance(3 * 60 * MINUTE);
  for (const one of [a1, a2]) {
    expect(one.call('context.list', {}).map(({ label, name }) => [label, name])).toEqual([
      ['club', 'Captain'],
      ['school', 'Dr. Blair'],
    ]);
    expect([contact(one, x)?.context, contact(one, y)?.context]).toEqual([club, school]);
  }
  expect([nameAt(bo, x), nameAt(cy, y)]).toEqual(['Captain', 'Dr. Blair']);
});
