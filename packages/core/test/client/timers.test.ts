// What goes by itself: timers of messages, the lifespan of what is kept, and what may not go because a clock lies.
import { utf8 } from '@kith/core/bytes';
import { decode, encode, list, nullable, tuple, uint } from '@kith/core/codec';
import { Engine, type Effect, type Input, type LogLine } from '@kith/core/client';
import { TABLES } from '@kith/core/ports';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import type { MemoryStore } from '@kith/testkit/memory-store';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { codeOf, pair, texts, world } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const holds = (device: SimDevice, text: string): readonly string[] => {
  const needle = Buffer.from(utf8(text)).toString('latin1');
  return TABLES.filter((table) =>
    device.store.scan(table).some(({ key, value }) => Buffer.concat([key, value]).toString('latin1').includes(needle)),
  );
};
/** What is noted of a clock that was behind, and as it was noted before. */
const time = uint(2 ** 48 - 1);
const known = list(tuple({ from: time, until: time, by: time }), 16);
const behindRow = tuple({ open: nullable(tuple({ from: time, until: time, least: time, most: time })), known });
const olderRow = tuple({ open: nullable(tuple({ from: time, until: time })), known });
const line = (device: SimDevice, conversation: string, event: string): LogLine | undefined =>
  device.call('log', { conversation, limit: 500 }).find((one) => one.event === event);

test('S4.4 a text sent with a timer goes from both sides: lines, search, previews, tables; what has none stays', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('set', { key: 'timer-from', value: 'sending' });
  const { event } = alice.call('send', { conversation, text: 'canary-timed', expiresMs: HOUR });
  alice.call('edit', { conversation, event, text: 'canary-changed' });
  alice.call('send', { conversation, text: 'stays' });
  here.clock.advance(5_000);
  const shown = line(bob, conversation, event);
  expect(shown).toMatchObject({ text: 'canary-changed', timer: { from: 'sending', seconds: 3600 } });
  const left = (shown?.goesAt ?? 0) - here.clock.now();
  expect(left).toBeGreaterThan(59 * MINUTE);
  expect(left).toBeLessThanOrEqual(61 * MINUTE);
  here.clock.advance(58 * MINUTE);
  expect([texts(alice, conversation), texts(bob, conversation)]).toEqual([
    ['canary-changed', 'stays'],
    ['canary-changed', 'stays'],
  ]);
  expect(holds(bob, 'canary-')).not.toEqual([]);
  here.clock.advance(4 * MINUTE);
  for (const one of [alice, bob]) {
    expect(texts(one, conversation)).toEqual(['stays']);
    expect(one.call('search', { query: 'canary' })).toEqual([]);
    expect(holds(one, 'canary-')).toEqual([]);
    expect(one.call('contact.list', {})[0]?.preview?.text).toBe('stays');
    expect(one.failures).toEqual([]);
  }
});

test('S4.4 counted from reading: what nobody read stays, and each side counts for itself', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const { event } = alice.call('send', { conversation, text: 'read me', expiresMs: HOUR });
  here.clock.advance(5_000);
  expect(line(bob, conversation, event)).toMatchObject({ timer: { from: 'reading', seconds: 3600 }, goesAt: null });
  here.clock.advance(3 * HOUR);
  expect([texts(alice, conversation), texts(bob, conversation)]).toEqual([[], ['read me']]);
  bob.call('read', { conversation });
  expect(line(bob, conversation, event)?.goesAt).toBe(here.clock.now() + HOUR);
  here.clock.advance(HOUR - MINUTE);
  expect(texts(bob, conversation)).toEqual(['read me']);
  here.clock.advance(2 * MINUTE);
  expect([texts(bob, conversation), holds(bob, 'read me')]).toEqual([[], []]);
});

test('a text whose timer counts from reading is not lost on its way: it waits for them, then goes here', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  bob.stop();
  alice.call('send', { conversation, text: 'slow', expiresMs: MINUTE });
  here.clock.advance(5 * HOUR);
  expect(texts(alice, conversation)).toEqual(['slow']);
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('slow'), 4 * HOUR)).toBe(true);
  expect(here.clock.runUntil(() => texts(alice, conversation).length === 0, HOUR)).toBe(true);
  expect(holds(alice, 'slow')).toEqual([]);
});

test('S4.4 a device that was off obeys a timer at its next start, before anything is shown', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('set', { key: 'timer-from', value: 'sending' });
  alice.call('send', { conversation, text: 'canary-off', expiresMs: HOUR });
  here.clock.advance(5_000);
  expect(texts(bob, conversation)).toEqual(['canary-off']);
  bob.stop();
  here.clock.advance(20 * HOUR);
  bob.start(false);
  expect(bob.call('log', { conversation })).toEqual([]);
  expect(bob.call('contact.list', {})[0]).toMatchObject({ preview: null, unread: 0 });
  expect(bob.call('search', { query: 'canary' })).toEqual([]);
  expect(bob.call('events.since', { from: '0' }).events).toEqual([]);
});

test('S4.4 nor when a screen waits for its first reading and all that is due is put off', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('set', { key: 'timer-from', value: 'sending' });
  alice.call('send', { conversation, text: 'canary-first', expiresMs: HOUR });
  here.clock.advance(5_000);
  bob.stop();
  here.clock.advance(2 * HOUR);
  const { store } = bob;
  const parts = { store, crypto: createNullCrypto(), randomness: here.random, clock: here.clock.machine(0) };
  const engine = new Engine({ ...parts, logger: here.logger });
  const handle = (input: Input): readonly Effect[] => store.transaction(() => engine.handle(input));
  handle({ type: 'start', relays: [], generation: 9, online: false, readsFirst: true });
  const effects = handle({ type: 'call', call: 1, method: 'log', params: { conversation } });
  expect(effects.flatMap((effect) => (effect.type === 'result' ? [effect.value] : []))).toEqual([[]]);
});

test('a clock that lies hides what is due, destroys nothing, and gives it back', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('set', { key: 'timer-from', value: 'sending' });
  alice.call('send', { conversation, text: 'canary-lie', expiresMs: 24 * HOUR });
  here.clock.advance(5_000);
  bob.stop();
  bob.offset = 365 * 24 * HOUR;
  bob.start();
  here.clock.advance(10 * MINUTE);
  expect(texts(bob, conversation)).toEqual([]);
  expect(holds(bob, 'canary-lie')).not.toEqual([]);
  bob.stop();
  bob.offset = 0;
  bob.start();
  here.clock.advance(2 * MINUTE);
  expect(texts(bob, conversation)).toEqual(['canary-lie']);
  expect(bob.call('search', { query: 'canary' })).toHaveLength(1);
  here.clock.advance(27 * HOUR);
  expect([texts(bob, conversation), holds(bob, 'canary-lie')]).toEqual([[], []]);
});

/** A text of an hour and one of half a day, on Bob's device. */
const timedPair = (): {
  readonly here: ReturnType<typeof world>;
  readonly alice: SimDevice;
  readonly bob: SimDevice;
  readonly conversation: string;
} => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('set', { key: 'timer-from', value: 'sending' });
  alice.call('send', { conversation, text: 'canary-long', expiresMs: 12 * HOUR });
  alice.call('send', { conversation, text: 'canary-hour', expiresMs: HOUR });
  here.clock.advance(5_000);
  expect(texts(bob, conversation)).toEqual(['canary-long', 'canary-hour']);
  return { here, alice, bob, conversation };
};

test('a clock that is set ahead by less than a day destroys nothing, whether the device runs or starts then', () => {
  for (const stops of [false, true]) {
    const { here, alice, bob, conversation } = timedPair();
    here.clock.advance(10 * MINUTE);
    if (stops) bob.stop();
    bob.setClock(23 * HOUR);
    if (stops) bob.start();
    here.clock.advance(10 * MINUTE);
    expect(texts(bob, conversation)).toEqual([]);
    expect([holds(bob, 'canary-long'), holds(bob, 'canary-hour')]).not.toContainEqual([]);
    if (stops) bob.stop();
    bob.setClock(0);
    if (stops) bob.start();
    here.clock.advance(10 * MINUTE);
    expect(texts(bob, conversation)).toEqual(['canary-long', 'canary-hour']);
    // A start at which the clock has gone back counts as a long absence: a person's date ends it.
    alice.call('send', { conversation, text: 'stays' });
    here.clock.advance(HOUR);
    expect([texts(bob, conversation), holds(bob, 'canary-hour')]).toEqual([['canary-long', 'stays'], []]);
    here.clock.advance(11 * HOUR);
    expect(holds(bob, 'canary-long')).toEqual([]);
  }
});

test('with its clock right a device without a network destroys in time; one that starts there waits for somebody', () => {
  const { here, bob, conversation } = timedPair();
  here.relays[0]?.stop();
  here.clock.advance(61 * MINUTE);
  expect([texts(bob, conversation), holds(bob, 'canary-hour')]).toEqual([['canary-long'], []]);
  bob.stop();
  here.clock.advance(11 * HOUR);
  bob.start();
  here.clock.advance(MINUTE);
  expect(texts(bob, conversation)).toEqual([]);
  expect(holds(bob, 'canary-long')).not.toEqual([]);
  here.relays[0]?.start();
  here.clock.advance(2 * MINUTE);
  expect(holds(bob, 'canary-long')).toEqual([]);
});

test('after more than two days without a run a purge waits for someone who says what time it is', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('set', { key: 'timer-from', value: 'sending' });
  alice.call('send', { conversation, text: 'canary-away', expiresMs: HOUR });
  here.clock.advance(5_000);
  alice.stop();
  bob.stop();
  here.clock.advance(72 * HOUR);
  bob.start();
  here.clock.advance(HOUR);
  expect(texts(bob, conversation)).toEqual([]);
  expect(holds(bob, 'canary-away')).not.toEqual([]);
  alice.start();
  alice.call('send', { conversation, text: 'back', expiresMs: 0 });
  expect(here.clock.runUntil(() => holds(bob, 'canary-away').length === 0, 4 * HOUR)).toBe(true);
  expect(texts(bob, conversation)).toEqual(['back']);
});

test('a timer is of a conversation, of everything, or of one message; nothing outside half a minute to a year', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const sent = (more: object): LogLine['timer'] | undefined => {
    const { event } = alice.call('send', { conversation, text: 'x', ...more });
    return line(alice, conversation, event)?.timer;
  };
  expect(sent({})).toBeNull();
  alice.call('set', { key: 'timer', value: '1w' });
  expect(sent({})).toEqual({ from: 'reading', seconds: 604_800 });
  alice.call('set', { key: 'timer', value: '30s', in: conversation });
  expect(sent({})).toEqual({ from: 'reading', seconds: 30 });
  expect(sent({ expiresMs: 0 })).toBeNull();
  expect(sent({ expiresMs: 366 * 24 * HOUR })).toEqual({ from: 'reading', seconds: 366 * 86_400 });
  alice.call('set', { key: 'timer', value: 'off', in: conversation });
  expect(sent({})).toBeNull();
  alice.call('set', { key: 'timer', value: 'default', in: conversation });
  expect(sent({})).toEqual({ from: 'reading', seconds: 604_800 });
  for (const expiresMs of [1, 29_000, 367 * 24 * HOUR])
    expect(codeOf(() => alice.call('send', { conversation, text: 'x', expiresMs }))).toBe('bad-option');
  for (const value of ['29s', '367d', 'soon', ''])
    expect(codeOf(() => alice.call('set', { key: 'timer', value }))).toBe('bad-setting');
});

test('S0.37 with a lifespan of an hour nothing older than that is anywhere on this device; the other side keeps its own', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const { event } = alice.call('send', { conversation, text: 'canary-one' });
  alice.call('edit', { conversation, event, text: 'canary-edit' });
  here.clock.advance(5_000);
  bob.call('send', { conversation, text: 'canary-two' });
  here.clock.advance(5_000);
  alice.call('react', { conversation, event, emoji: '🎉' });
  expect(holds(alice, 'canary-')).not.toEqual([]);
  alice.call('set', { key: 'lifespan', value: '1h' });
  here.clock.advance(55 * MINUTE);
  alice.call('send', { conversation, text: 'canary-late' });
  expect(texts(alice, conversation)).toEqual(['canary-edit', 'canary-two', 'canary-late']);
  here.clock.advance(6 * MINUTE);
  expect(texts(alice, conversation)).toEqual(['canary-late']);
  expect([...holds(alice, 'canary-one'), ...holds(alice, 'canary-edit'), ...holds(alice, 'canary-two')]).toEqual([]);
  expect(alice.call('search', { query: 'canary' }).map(({ text }) => text)).toEqual(['canary-late']);
  expect(texts(bob, conversation)).toEqual(['canary-edit', 'canary-two', 'canary-late']);
  alice.rebuild();
  expect(texts(alice, conversation)).toEqual(['canary-late']);
  here.clock.advance(HOUR);
  expect([texts(alice, conversation), holds(alice, 'canary-')]).toEqual([[], []]);
});

/** Bob keeps everything for 12 hours, and his clock is 20 hours behind. */
const bobBehind = () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  bob.call('set', { key: 'lifespan', value: '12h' });
  bob.stop();
  bob.offset = -20 * HOUR;
  bob.start();
  here.clock.advance(MINUTE);
  return { here, alice, bob, conversation };
};

test('S0.37 what came while the clock was behind is kept as long as the rest, once the clock is set right', () => {
  for (const stops of [false, true]) {
    const { here, alice, bob, conversation } = bobBehind();
    alice.call('send', { conversation, text: 'canary-theirs' });
    bob.call('send', { conversation, text: 'canary-mine' });
    here.clock.advance(HOUR);
    expect(texts(bob, conversation).toSorted()).toEqual(['canary-mine', 'canary-theirs']);
    if (stops) bob.stop();
    bob.setClock(0);
    if (stops) bob.start();
    here.clock.advance(10 * MINUTE);
    alice.call('send', { conversation, text: 'later' });
    here.clock.advance(10 * HOUR);
    expect(texts(bob, conversation).toSorted()).toEqual(['canary-mine', 'canary-theirs', 'later']);
    here.clock.advance(HOUR + 30 * MINUTE);
    expect([texts(bob, conversation), holds(bob, 'canary-')]).toEqual([['later'], []]);
  }
});

test('a relay that says for a while that a clock is behind keeps nothing longer', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  bob.call('set', { key: 'lifespan', value: '12h' });
  here.relays[0]?.shift(20 * HOUR);
  here.clock.advance(20 * MINUTE);
  alice.call('send', { conversation, text: 'canary-lie' });
  here.clock.advance(2 * HOUR);
  here.relays[0]?.shift(-20 * HOUR);
  here.clock.advance(9 * HOUR);
  expect(texts(bob, conversation)).toEqual(['canary-lie']);
  here.clock.advance(2 * HOUR);
  expect([texts(bob, conversation), holds(bob, 'canary-lie')]).toEqual([[], []]);
});

test('nor one that said so before this device was off for days', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  bob.call('set', { key: 'lifespan', value: '12h' });
  here.relays[0]?.shift(93 * HOUR);
  here.clock.advance(20 * MINUTE);
  alice.call('send', { conversation, text: 'canary-lie' });
  here.clock.advance(MINUTE);
  bob.stop();
  here.clock.advance(60 * HOUR);
  here.relays[0]?.shift(-93 * HOUR);
  bob.start();
  here.clock.advance(MINUTE);
  alice.call('send', { conversation, text: 'here again' });
  here.clock.advance(30 * MINUTE);
  // A clock that was set right would show what the relay had said by then: it had lied.
  expect([texts(bob, conversation), holds(bob, 'canary-lie')]).toEqual([['here again'], []]);
});

test('what came while a clock was behind is not kept longer by the time that the device was off before it was set', () => {
  for (const isOlder of [false, true]) {
    const { here, alice, bob, conversation } = bobBehind();
    alice.call('send', { conversation, text: 'canary' });
    here.clock.advance(HOUR);
    bob.stop();
    // As it was written before it was noted how much relays had said.
    const row = decode(behindRow, bob.store.get('meta', utf8('behind')) ?? new Uint8Array(0));
    if (row?.open == null) throw new Error('its clock was not behind');
    const { from, until } = row.open;
    if (isOlder) bob.store.put('meta', utf8('behind'), encode(olderRow, { open: { from, until }, known: [] }));
    here.clock.advance(5 * 24 * HOUR);
    bob.offset = 0;
    bob.start();
    here.clock.advance(MINUTE);
    alice.call('send', { conversation, text: 'here again' });
    here.clock.advance(30 * MINUTE);
    // Older builds did not know better.
    expect(texts(bob, conversation)).toEqual(isOlder ? ['canary', 'here again'] : ['here again']);
  }
});

test('a lifespan takes nothing that nobody else has yet', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  bob.stop();
  alice.call('set', { key: 'lifespan', value: '1h', in: conversation });
  alice.call('send', { conversation, text: 'on its way' });
  here.clock.advance(3 * HOUR);
  expect(texts(alice, conversation)).toEqual(['on its way']);
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('on its way'), 4 * HOUR)).toBe(true);
  expect(here.clock.runUntil(() => texts(alice, conversation).length === 0, HOUR)).toBe(true);
});

test('S4.4 what was deleted for me is not taken back from a peer who offers it again', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'first' });
  here.clock.advance(5_000);
  const before = (alice.store as MemoryStore).clone();
  const { event } = bob.call('send', { conversation, text: 'canary-offered' });
  const kept = bob.call('send', { conversation, text: 'kept' });
  here.clock.advance(5_000);
  alice.call('delete', { conversation, event });
  expect(holds(alice, 'canary-offered')).toEqual([]);
  here.clock.advance(5_000);
  alice.stop();
  // As a device that was wiped and has `self` again, but of this conversation nothing: bob hands it all over once more.
  const tombstones = alice.store.scan('tombstone');
  alice.store = before;
  before.transaction(() => {
    for (const { key, value } of tombstones) before.put('tombstone', key, value);
  });
  alice.start();
  expect(here.clock.runUntil(() => texts(alice, conversation).includes('kept'), 4 * HOUR)).toBe(true);
  expect(line(alice, conversation, kept.event)?.text).toBe('kept');
  expect(line(alice, conversation, event)).toMatchObject({ text: null, deleted: true });
  expect(holds(alice, 'canary-offered')).toEqual([]);
  expect(texts(bob, conversation)).toEqual(['first', 'canary-offered', 'kept']);
  expect(alice.call('search', { query: 'canary' })).toEqual([]);
});

test('S0.29 what is set for one conversation changes no other', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const carol = here.device('carol');
  const one = pair(here, alice, bob);
  const other = pair(here, alice, carol);
  here.clock.advance(10_000);
  const before = alice.call('contact.list', {}).find(({ conversation }) => conversation === other);
  const settings = alice.call('set', { in: other });
  for (const [key, value] of [
    ['muted', 'on'],
    ['timer', '1h'],
    ['read-receipts', 'off'],
    ['notifications', 'plain'],
    ['pinned', 'on'],
    ['lifespan', '30d'],
  ] as const)
    alice.call('set', { key, value, in: one });
  const { event } = bob.call('send', { conversation: one, text: 'worth keeping' });
  here.clock.advance(2_000);
  alice.call('star', { conversation: one, event });
  const list = alice.call('contact.list', {});
  expect(list.map(({ conversation }) => conversation)).toEqual([one, other]);
  expect(list[0]).toMatchObject({
    muted: true,
    pinned: true,
    archived: false,
    timer: { from: 'reading', seconds: 3600 },
  });
  expect(list[1]).toEqual(before);
  expect(alice.call('set', { in: other })).toEqual(settings);
  expect(alice.call('set', { key: 'muted', in: one })).toEqual([{ key: 'muted', value: 'on', default: 'off' }]);
  expect(alice.call('star.list', {}).map(({ text, starred }) => [text, starred])).toEqual([['worth keeping', true]]);
  expect(alice.call('star.list', { conversation: other })).toEqual([]);
  alice.call('set', { key: 'archived', value: 'on', in: one });
  expect(alice.call('contact.list', {}).map(({ conversation }) => conversation)).toEqual([other, one]);
  alice.call('star', { conversation: one, event, off: true });
  expect(alice.call('star.list', {})).toEqual([]);
  for (const key of ['muted', 'pinned', 'archived'])
    expect(codeOf(() => alice.call('set', { key, value: 'on' }))).toBe('bad-setting');
  // None of it is told to anybody.
  expect(bob.call('contact.list', {})[0]).toMatchObject({ muted: false, pinned: false, archived: false, timer: null });
  const tables = ['star', 'setting'] as const;
  const rows = tables.map((table) => alice.store.scan(table));
  alice.rebuild();
  expect(tables.map((table) => alice.store.scan(table))).toEqual(rows);
});
