// Events in the order in which they came here: each is read at least once, across restarts, late ones too.
import { expect, test } from 'vitest';
import { codeOf, pair, world } from './world.ts';

test('events.since reads every line once from cursor to cursor, also what came while nobody read', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const carol = here.device('carol');
  const withBob = pair(here, alice, bob);
  const withCarol = pair(here, alice, carol);
  here.clock.advance(10_000);
  let { cursor } = alice.call('events.since', { from: null });
  const start = cursor;
  const read: (string | null)[] = [];
  const step = (): void => {
    for (;;) {
      const page = alice.call('events.since', { from: cursor });
      cursor = page.cursor;
      if (page.events.length === 0) return;
      read.push(...page.events.map(({ text }) => text));
    }
  };
  const said: string[] = [];
  for (let i = 0; i < 30; i++) {
    const [who, conversation] =
      i % 3 === 0
        ? ([carol, withCarol] as const)
        : i % 3 === 1
          ? ([bob, withBob] as const)
          : ([alice, withBob] as const);
    said.push(`text ${i}`);
    who.call('send', { conversation, text: `text ${i}` });
    here.clock.advance(2_000);
    if (i % 7 === 0) step();
    if (i === 15) {
      alice.crash();
      alice.start();
    }
  }
  here.clock.advance(60_000);
  step();
  expect(read.toSorted()).toEqual(said.toSorted());
  // An older cursor, or the name of an event, gives what came after it again.
  expect(alice.call('events.since', { from: start }).events.length).toBe(30);
  const third = alice.call('events.since', { from: start }).events[2]?.event ?? '';
  expect(alice.call('events.since', { from: third }).events.length).toBe(27);
  expect(codeOf(() => alice.call('events.since', { from: 'f'.repeat(32) }))).toBe('unknown-event');
});

test('a change says where events.since goes on: whoever hears of fewer than 50 has read them, and reads none twice', () => {
  const here = world();
  const [alice, bob, carol] = [here.device('alice'), here.device('bob'), here.device('carol')];
  const withBob = pair(here, alice, bob);
  const withCarol = pair(here, alice, carol);
  here.clock.advance(10_000);
  const told: (string | null)[] = [];
  let cursor: string | null = null;
  alice.onChange = (change) => {
    if (change.type !== 'events') return;
    told.push(...change.events.map(({ text }) => text));
    cursor = change.cursor;
  };
  const said = Array.from({ length: 12 }, (_, i) => `text ${i}`);
  for (const [i, text] of said.entries()) {
    if (i % 2 === 0) bob.call('send', { conversation: withBob, text });
    else carol.call('send', { conversation: withCarol, text });
    if (i % 3 === 0) here.clock.advance(2_000);
  }
  here.clock.advance(10_000);
  expect(told.toSorted()).toEqual(said.toSorted());
  expect(alice.call('events.since', { from: cursor }).events).toEqual([]);
  bob.call('send', { conversation: withBob, text: 'and one more' });
  const before = cursor;
  here.clock.advance(10_000);
  expect(alice.call('events.since', { from: before }).events.map(({ text }) => text)).toEqual(['and one more']);
});
