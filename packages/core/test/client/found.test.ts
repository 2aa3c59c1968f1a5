// What the simulator found, each told once as a small story.
import { equalBytes } from '@kith/core/bytes';
import { contents } from '@kith/core/conversation';
import { eventName, type EventId } from '@kith/core/identity';
import { RELAY_ERRORS } from '@kith/core/ports';
import type { MemoryStore } from '@kith/testkit/memory-store';
import { openMemoryStore } from '@kith/testkit/memory-store';
import { expect, test } from 'vitest';
import { takeOver } from './hostile.ts';
import type { Lies } from './liar.ts';
import { codeOf, pair, texts, world } from './world.ts';

const HOUR = 3_600_000;

/** One pixel. */
const SMALL_PNG = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII='),
  (char) => char.charCodeAt(0),
);

test('a relay that loses a claim gets it again, and the two meet', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  alice.start();
  const { link } = alice.call('invite.create', {});
  alice.crash();
  bob.start();
  const { conversation } = bob.call('invite.accept', { link });
  bob.call('send', { conversation, text: 'into the void' });
  here.relays[0]?.wipe();
  alice.start();
  expect(here.clock.runUntil(() => texts(alice, conversation).includes('into the void'), 3 * HOUR)).toBe(true);
  expect([...alice.failures, ...bob.failures]).toEqual([]);
});

test('whoever was answered has accepted, also when the relay was not heard to take the claim and has lost everything since', () => {
  const lies: Lies = {};
  const here = world(2, 1, lies);
  const alice = here.device('alice');
  const bob = here.device('bob');
  alice.start();
  const { link } = alice.call('invite.create', {});
  lies.answer = (_, request, answer) =>
    request.type === 'claimPut' ? { type: 'error', code: RELAY_ERRORS.indexOf('limited'), retryAfter: 0 } : answer;
  bob.start();
  expect(codeOf(() => bob.call('invite.accept', { link }))).toBe('relay-full');
  const isReady = (): boolean => bob.call('contact.list', {})[0]?.wordsReady === true;
  expect(here.clock.runUntil(isReady, HOUR)).toBe(true);
  lies.answer = (_, __, answer) => answer;
  here.relays[0]?.wipe();
  expect(bob.call('invite.accept', { link })).toEqual({
    conversation: bob.call('contact.list', {})[0]?.conversation,
    state: 'active',
  });
});

test('a long text that was deleted is not kept as a packet either', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const { event } = alice.call('send', { conversation, text: `canary ${'x'.repeat(9_000)}` });
  here.clock.advance(5_000);
  expect(texts(bob, conversation)).toHaveLength(1);
  const packets = (device: typeof alice): number =>
    device.store.scan('packet').filter(({ value }) => Buffer.from(value).includes('canary')).length;
  expect(packets(alice)).toBeGreaterThan(0);
  alice.call('delete', { conversation, event, forAll: true });
  here.clock.advance(5_000);
  expect(packets(alice) + packets(bob)).toBe(0);
});

test('split packets that nobody asked for again are gone after two days', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'x'.repeat(9_000) });
  here.clock.advance(5_000);
  expect(alice.store.scan('packet').length).toBeGreaterThan(0);
  here.clock.advance(50 * HOUR);
  expect(alice.store.scan('packet')).toEqual([]);
});

test('an old copy of a home gets back all of its past, also the days between', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'first day' });
  here.clock.advance(60_000);
  const copy = (bob.store as MemoryStore).clone();
  const told: string[] = ['first day'];
  for (let day = 2; day <= 4; day++) {
    here.clock.advance(24 * HOUR);
    for (const [name, device] of [
      ['alice', alice],
      ['bob', bob],
    ] as const) {
      told.push(`${name} on day ${day}`);
      device.call('send', { conversation, text: `${name} on day ${day}` });
      here.clock.advance(10_000);
    }
  }
  bob.crash();
  bob.store = copy;
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).length === told.length, 2 * HOUR)).toBe(true);
  expect(texts(bob, conversation)).toEqual(told);
});

test('a relay that is away costs a few wake-ups a minute, and a person who is away a few cells an hour', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  bob.crash();
  let puts = 0;
  here.network.onRequest((_, request) => {
    if (request.type === 'put') puts += request.cells.length;
  });
  alice.call('send', { conversation, text: 'are you there?' });
  here.clock.advance(6 * HOUR);
  expect(puts).toBeLessThan(12);
  here.relays[0]?.stop();
  here.clock.advance(60_000);
  let steps = 0;
  const until = here.clock.now() + HOUR;
  while (here.clock.now() < until && here.clock.step()) steps++;
  expect(steps).toBeLessThan(1_500);
});

test('a clock that ran a year ahead and was set right delays nothing for long', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.crash();
  bob.crash();
  alice.offset = 365 * 24 * HOUR;
  alice.start();
  alice.call('send', { conversation, text: 'from the future' });
  here.clock.advance(60_000);
  alice.crash();
  here.relays[0]?.wipe();
  alice.offset = 0;
  alice.start();
  here.clock.advance(HOUR);
  alice.stop();
  here.clock.advance(3 * HOUR);
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('from the future'), 60_000)).toBe(true);
});

test('a full disk for a moment does not make a client forget that it is online', () => {
  const here = world(2);
  const store = openMemoryStore();
  const alice = here.device('alice');
  alice.store = store;
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  store.failNext('full');
  expect(() => alice.call('send', { conversation, text: 'no room' })).toThrow();
  here.clock.advance(60_000);
  let fetches = 0;
  here.network.onRequest((_, request) => {
    if (request.type === 'info') fetches++;
  });
  here.clock.advance(HOUR);
  // Both look every ten minutes while their channels are live.
  expect(fetches).toBeLessThan(20);
});

test('a text whose time is over before anybody else has it leaves nothing with the others but that it was deleted', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('set', { key: 'timer-from', value: 'sending' });
  bob.stop();
  alice.call('send', { conversation, text: 'gone by then', expiresMs: 60_000 });
  const { event } = alice.call('send', { conversation, text: 'gone and deleted', expiresMs: 60_000 });
  alice.call('delete', { conversation, event, forAll: true });
  alice.call('send', { conversation, text: 'stays', expiresMs: 0 });
  here.clock.advance(HOUR / 2);
  here.relays[0]?.wipe();
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('stays'), HOUR)).toBe(true);
  expect(texts(bob, conversation)).toEqual([null, 'stays']);
  expect(bob.call('log', { conversation }).find((line) => line.event === event)).toMatchObject({ deleted: true });
  expect(bob.call('contact.list', {})[0]).toMatchObject({ unread: 1, preview: { text: 'stays' } });
  expect(bob.call('events.since', { from: '0' }).events.flatMap(({ text }) => text ?? [])).toEqual(['stays']);
  bob.rebuild();
  expect(texts(bob, conversation)).toEqual([null, 'stays']);
});

test('an event that comes without its content is no line until the content is there, and is told of then, once', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  const { pair: of, say } = takeOver(here, bob, conversation);
  const { kind, bytes } = contents.encode({ type: 'text', text: 'in two halves', reply: null, extensions: [] });
  const { place } = bob.store.transaction(() =>
    of.log.append({ contentKind: kind, content: bytes, time: here.clock.now() }),
  );
  const { objects } = bob.store.transaction(() => {
    of.log.sealHead();
    return of.log.read([{ ...place, from: place.seq, to: place.seq + 1 }], 3_000);
  });
  say([{ type: 'objects', objects: objects.map((one) => (one.type === 'event' ? { ...one, content: null } : one)) }]);
  here.clock.advance(5_000);
  const told = (): readonly unknown[] => alice.call('events.since', { from: '0' }).events.map(({ text }) => text);
  expect([texts(alice, conversation), told(), alice.call('contact.list', {})[0]?.unread]).toEqual([[], [], 0]);
  say([{ type: 'objects', objects }]);
  here.clock.advance(5_000);
  const there = ['in two halves'];
  expect([texts(alice, conversation), told(), alice.call('contact.list', {})[0]?.unread]).toEqual([there, there, 1]);
});

test('who follows is told once of an edit that came before its content', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const { event: said } = bob.call('send', { conversation, text: 'befor' });
  expect(here.clock.runUntil(() => texts(alice, conversation).includes('befor'), 60_000)).toBe(true);
  const { pair: of, say } = takeOver(here, bob, conversation);
  const target = of.log.page({ limit: 9 }).find(({ event }) => eventName(event) === said)?.place;
  if (target === undefined) throw new Error('it was said');
  const { kind, bytes } = contents.encode({ type: 'edit', target, text: 'before', extensions: [] });
  const { objects } = bob.store.transaction(() => {
    const { place } = of.log.append({ contentKind: kind, content: bytes, time: here.clock.now() });
    of.log.sealHead();
    return of.log.read([{ ...place, from: place.seq, to: place.seq + 1 }], 3_000);
  });
  const told = (): readonly (string | null)[] =>
    alice.call('events.since', { from: '0' }).events.flatMap((line) => (line.kind === 'edit' ? line.target : []));
  say([{ type: 'objects', objects: objects.map((one) => (one.type === 'event' ? { ...one, content: null } : one)) }]);
  here.clock.advance(5_000);
  expect(told()).toEqual([]);
  say([{ type: 'objects', objects }]);
  here.clock.advance(5_000);
  expect(told()).toEqual([said]);
  expect(texts(alice, conversation)).toEqual(['before']);
});

test('a frontier that says too little is looked at anew when it comes again, and what it covers is delivered', () => {
  const here = world(2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  const { event } = alice.call('send', { conversation, text: 'seen' });
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('seen'), 60_000)).toBe(true);
  // Bob has it and has not said so; then a byte of what he says is changed on a client that is ill.
  const { pair: of, peer, say } = takeOver(here, bob, conversation);
  const state = (): string | null | undefined =>
    alice.call('log', { conversation }).find((line) => line.event === event)?.state;
  const frontier = of.log.frontier();
  const isOfAlice = ({ feed }: { readonly feed: Uint8Array }): boolean => equalBytes(feed, peer);
  const feeds = frontier.feeds.map((one) => (isOfAlice(one) ? { ...one, head: new Uint8Array(32) as EventId } : one));
  const date = here.clock.now() - (here.clock.now() % 60_000);
  say([{ type: 'frontier', frontier: { ...frontier, feeds }, date }]);
  here.clock.advance(5_000);
  expect(state()).toBe('sent');
  say([{ type: 'frontier', frontier, date }]);
  here.clock.advance(5_000);
  expect(state()).toBe('delivered');
});

test('class 23: what a contact shows as a picture is a small one, and below a text stand emoji', () => {
  const here = world(3);
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const { event } = alice.call('send', { conversation, text: 'is it you?' });
  expect(here.clock.runUntil(() => texts(bob, conversation).length === 1, 60_000)).toBe(true);
  bob.call('react', { conversation, event, emoji: '👍' });
  bob.call('profile.set', { name: 'Bob', picture: SMALL_PNG });
  const shown = (): readonly unknown[] => [
    alice.call('contact.list', {}).map(({ picture }) => picture),
    alice
      .call('log', { conversation })
      .find((line) => line.event === event)
      ?.reactions.map(({ emoji }) => emoji),
  ];
  const isThere = (one: unknown): boolean => one !== null && one !== undefined;
  expect(here.clock.runUntil(() => shown().flat().filter(isThere).length === 2, 60_000)).toBe(true);
  expect(shown()).toEqual([[SMALL_PNG], ['👍']]);
  const { pair: of, say } = takeOver(here, bob, conversation);
  const target = of.log.page({ limit: 9 }).find((one) => eventName(one.event) === event)?.place;
  if (target === undefined) throw new Error('it was said');
  // Few bytes, and 1.4 GB for whoever draws them.
  const large = SMALL_PNG.slice();
  large.set([0, 0, 0x4a, 0x38, 0, 0, 0x4a, 0x38], 16);
  const { objects } = bob.store.transaction(() => {
    const places = (
      [
        { type: 'reaction', target, emoji: 'Checked by Kith', on: true, extensions: [] },
        { type: 'profile', name: 'Robert', picture: large, extensions: [] },
      ] as const
    ).map((content) => {
      const { kind, bytes } = contents.encode(content);
      return of.log.append({ contentKind: kind, content: bytes, time: here.clock.now() }).place;
    });
    of.log.sealHead();
    return of.log.read(
      places.map((place) => ({ ...place, from: place.seq, to: place.seq + 1 })),
      6_000,
    );
  });
  say([{ type: 'objects', objects }]);
  expect(here.clock.runUntil(() => alice.call('contact.list', {}).some(({ name }) => name === 'Robert'), 60_000)).toBe(
    true,
  );
  expect(shown()).toEqual([[null], ['👍']]);
});
