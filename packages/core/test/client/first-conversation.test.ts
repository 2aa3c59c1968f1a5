// Two people, from nothing: the real engines over simulated ports.
import { expect, test } from 'vitest';
import { codeOf, pair, texts, world } from './world.ts';

test('S0.11 S0.30 two people meet by a link, write before the answer, and agree on six words', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  alice.start();
  bob.start();
  const invite = alice.call('invite.create', { label: 'Bob from the gym' });
  expect(invite).toMatchObject({ state: 'open', reusable: false, localOnly: false });
  expect(bob.call('invite.preview', { link: invite.link })).toMatchObject({ state: 'open', conversation: null });
  const accepted = bob.call('invite.accept', { link: invite.link, name: 'Bob' });
  expect(accepted).toEqual({ conversation: invite.conversation, state: 'requested' });
  const { conversation } = accepted;
  bob.call('send', { conversation, text: 'hello' });
  expect(here.clock.runUntil(() => texts(alice, conversation).length === 1, 30_000)).toBe(true);
  expect(texts(alice, conversation)).toEqual(['hello']);
  alice.call('send', { conversation, text: 'hi Bob' });
  expect(here.clock.runUntil(() => texts(bob, conversation).length === 2, 10_000)).toBe(true);
  const words = here.clock.runUntil(
    () => codeOf(() => alice.call('contact.words', { conversation })) === undefined,
    10_000,
  );
  expect(words).toBe(true);
  expect(alice.call('contact.words', { conversation })).toEqual(bob.call('contact.words', { conversation }));
  expect(alice.call('contact.list', {})[0]).toMatchObject({
    name: 'Bob',
    nameFrom: 'them',
    state: 'active',
    unread: 1,
  });
  expect(
    here.clock.runUntil(
      () => bob.call('log', { conversation }).every(({ mine, state }) => !mine || state === 'delivered'),
      60_000,
    ),
  ).toBe(true);
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});

test('nobody has to be there together: pairing ends within four alternating syncs', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const run = <T>(device: typeof alice, work: () => T): T => {
    device.start(false);
    const result = work();
    device.stop();
    here.clock.advance(600_000);
    return result;
  };
  const { link } = run(alice, () => alice.call('invite.create', {}));
  const { conversation } = run(bob, () => bob.call('invite.accept', { link }));
  run(bob, () => bob.call('send', { conversation, text: 'one' }));
  run(alice, () => alice.call('sync', {}));
  run(bob, () => bob.call('sync', {}));
  run(alice, () => alice.call('sync', {}));
  run(bob, () => bob.call('sync', {}));
  expect(run(alice, () => texts(alice, conversation))).toEqual(['one']);
  expect(run(bob, () => bob.call('log', { conversation })).map(({ state }) => state)).toEqual(['delivered']);
  const words = run(alice, () => alice.call('contact.words', { conversation }));
  expect(run(bob, () => bob.call('contact.words', { conversation }))).toEqual(words);
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});

test('U6 reply, reaction, edit, delete for me, ask to delete', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const first = alice.call('send', { conversation, text: 'coffee at nine?' });
  here.clock.advance(1_000);
  const reply = bob.call('send', { conversation, text: 'yes', reply: first.event });
  bob.call('react', { conversation, event: first.event, emoji: '👍' });
  alice.call('edit', { conversation, event: first.event, text: 'coffee at ten?' });
  here.clock.advance(1_000);
  const lines = bob.call('log', { conversation });
  expect(lines.find(({ event }) => event === first.event)).toMatchObject({ text: 'coffee at ten?', edited: true });
  expect(alice.call('log', { conversation }).find(({ event }) => event === first.event)?.reactions).toEqual([
    { emoji: '👍', count: 1, mine: false },
  ]);
  expect(alice.call('log', { conversation }).find(({ event }) => event === reply.event)?.reply).toMatchObject({
    event: first.event,
    text: 'coffee at ten?',
  });
  expect(alice.call('search', { query: 'coffee ten' })).toHaveLength(1);
  expect(codeOf(() => bob.call('edit', { conversation, event: first.event, text: 'tea' }))).toBe('not-yours');
  alice.call('delete', { conversation, event: reply.event });
  expect(texts(alice, conversation)).toEqual(['coffee at ten?', null]);
  alice.call('delete', { conversation, event: first.event, forAll: true });
  here.clock.advance(1_000);
  expect(texts(bob, conversation)).toEqual([null, 'yes']);
  expect(bob.call('search', { query: 'coffee' })).toHaveLength(0);
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});

test('S4.6 S4.46 nothing is sent to a contact marked compromised, and what was written waits', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('contact.mark', { conversation, validity: 'compromised' });
  expect(codeOf(() => alice.call('send', { conversation, text: 'secret' }))).toBe('compromised');
  alice.call('contact.mark', { conversation, validity: 'validated' });
  alice.call('send', { conversation, text: 'fine again' });
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('fine again'), 10_000)).toBe(true);
});
