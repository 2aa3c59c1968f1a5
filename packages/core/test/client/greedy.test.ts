// A contact with a changed client that has this device work, write or post for it without end.
import { toHex } from '@kith/core/bytes';
import type { DeviceView } from '@kith/core/client';
import { contents } from '@kith/core/conversation';
import { Secret } from '@kith/core/crypto';
import {
  createAddDevice,
  createRemoval,
  entryPointAfter,
  feedIdOf,
  openEntry,
  signConsent,
  type EventId,
  type SegmentId,
} from '@kith/core/identity';
import { createInboxRecord, DEFAULT_RELAY_LIMITS, encodeInboxRecord } from '@kith/core/mailbox';
import type { RelayRequest } from '@kith/core/ports';
import type { Item } from '@kith/core/sync';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { takeOver } from './hostile.ts';
import { lying } from './liar.ts';
import { link } from './linked.ts';
import { pair, texts, world, type World } from './world.ts';

const countPuts = (here: World): { cells: number } => {
  const seen = { cells: 0 };
  here.network.onRequest((_: string, request: RelayRequest) => {
    if (request.type === 'put') seen.cells += request.cells.length;
  });
  return seen;
};

test('class 29: a contact that takes out one device in very many ways keeps nobody from taking out a device', () => {
  const here = world();
  const crypto = createNullCrypto();
  const random = here.random.fork('removals');
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const [kept, lost] = ['kept', 'lost'].map((name) => here.device(name)) as [SimDevice, SimDevice];
  for (const device of [kept, lost]) link(here, alice, device);
  here.clock.advance(3_600_000);
  const mallory = takeOver(here, bob, conversation);
  const first = mallory.pair.log.device();
  const inception = openEntry(crypto, mallory.pair.local.inception);
  if (first === undefined || inception === undefined) throw new Error('no device');
  const other = crypto.signingKey(new Secret(random.bytes(32)));
  const consent = signConsent(crypto, other, mallory.pair.local.root, first.member);
  const feed = feedIdOf(crypto, other.publicKey);
  let at = entryPointAfter(inception);
  const entries: Uint8Array[] = [];
  const write = (entry: Uint8Array): void => {
    const open = openEntry(crypto, entry);
    if (open === undefined) throw new Error('an entry that does not open');
    at = entryPointAfter(open);
    entries.push(entry);
  };
  write(createAddDevice(crypto, first.key, at, { device: other.publicKey, member: first.member, consent }));
  const cut = { feed, segment: null, count: 0, charterCount: 0, charterHead: null };
  for (let i = 0; i < 100; i++) write(createRemoval(crypto, first.key, at, { feed, member: null, cuts: [cut] }));
  for (let i = 0; i < entries.length; i += 50)
    mallory.say([{ type: 'objects', objects: entries.slice(i, i + 50).map((entry) => ({ type: 'entry', entry })) }]);
  here.clock.advance(60_000);
  const named = (of: SimDevice): DeviceView | undefined =>
    of.call('device.list', {}).find(({ name }) => name === 'lost');
  alice.call('device.revoke', { device: named(alice)?.device ?? '' });
  expect(here.clock.runUntil(() => named(kept)?.revoked === true, 60_000)).toBe(true);
  here.clock.advance(60_000);
  expect(alice.failures).toEqual([]);
  for (const device of [alice, kept]) {
    const { pair: there } = takeOver(here, device, conversation);
    const mine = there.log.charter().members.find(({ id }) => id.join() === there.me.join());
    expect(mine?.devices.map(({ state }) => state).toSorted()).toEqual(['active', 'active', 'removed']);
  }
});

test("class 29: a contact that moves without end fills nobody's `self`, and is found where it went last", () => {
  const here = world();
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  const kept = here.device('kept');
  link(here, alice, kept);
  here.clock.advance(3_600_000);
  const mallory = takeOver(here, bob, conversation);
  const events = (of: SimDevice): number => of.store.scan('event').length;
  const before = [alice, kept].map(events);
  const random = here.random.fork('inboxes');
  const records = Array.from({ length: 400 }, (_, i) =>
    encodeInboxRecord(createInboxRecord(random, 10 + i, ['https://relay1.test'], 10, random.bytes(3))),
  );
  for (let i = 0; i < records.length; i += 200)
    mallory.say(records.slice(i, i + 200).map((record) => ({ type: 'inbox', record }) as const));
  here.clock.advance(60_000);
  expect(events(alice) - (before[0] ?? 0)).toBeLessThan(20);
  expect(events(kept) - (before[1] ?? 0)).toBeLessThan(20);
  // What was not told then is told later: a device that comes then knows the last of them.
  here.clock.advance(2 * 3_600_000);
  const late = here.device('late');
  link(here, alice, late);
  const knows = (): boolean =>
    late.store.scan('inbox').some(({ value }) => toHex(value).includes(toHex(records.at(-1) ?? new Uint8Array(0))));
  expect(here.clock.runUntil(knows, 3_600_000)).toBe(true);
});

test('class 29: two devices that say they hold what nobody has are asked for it ever less often', () => {
  const here = world();
  const [alice, bob, two] = [here.device('alice'), here.device('bob'), here.device('two')];
  const conversation = pair(here, alice, bob);
  link(here, bob, two);
  here.clock.advance(3_600_000);
  for (const [i, device] of [bob, two].entries()) {
    const mallory = takeOver(here, device, conversation);
    const frontier = mallory.pair.log.frontier();
    const own = mallory.pair.log.ownFeed();
    const feeds = frontier.feeds.map((one) =>
      one.feed.join() === own?.join()
        ? { ...one, segment: new Uint8Array(8).fill(7 + i) as SegmentId, count: 5, head: new Uint8Array(32) as EventId }
        : one,
    );
    mallory.say([{ type: 'frontier', frontier: { ...frontier, feeds }, date: here.clock.now() }]);
    here.clock.advance(1_000);
  }
  here.clock.advance(6 * 3_600_000);
  const seen = countPuts(here);
  here.clock.advance(24 * 3_600_000);
  expect(alice.failures).toEqual([]);
  // Once an hour, as one that does not answer is.
  expect(seen.cells).toBeGreaterThan(10);
  expect(seen.cells).toBeLessThan(60);
});

test('class 29: a relay that changes the counters of what it hands on has nobody step through chains without end', () => {
  const here = world();
  const crypto = createNullCrypto();
  let steps = 0;
  let lies = false;
  const randomness = here.random.fork('alice');
  /** The same cell in many ways: in each slot the counter is another one. */
  const changed = (cell: Uint8Array): readonly Uint8Array[] =>
    Array.from({ length: 20 }, (_, i) => {
      const copy = cell.slice();
      for (let slot = 0; slot < 8; slot++) {
        const at = 16 + slot * 80 + 26;
        copy.set([(cell[at] ?? 0) ^ 0x80, (cell[at + 1] ?? 0) ^ i], at);
      }
      return copy;
    });
  const alice = new SimDevice({
    name: 'alice',
    clock: here.clock,
    network: lying(here.network, { push: (_, cell) => (lies ? [...changed(cell), cell] : [cell]) }),
    crypto: {
      ...crypto,
      hash: (length, data, key) => {
        steps++;
        return crypto.hash(length, data, key);
      },
    },
    logger: here.logger,
    randomness,
    agreement: createNullAgreement(crypto, randomness.fork('agreement')),
    relays: here.relays.map(({ origin }) => origin),
  });
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  lies = true;
  steps = 0;
  const said = ['one', 'two', 'three'];
  for (const text of said) {
    bob.call('send', { conversation, text });
    here.clock.advance(30_000);
  }
  expect(texts(alice, conversation)).toEqual(said);
  expect(steps).toBeLessThan(400_000);
});

test('class 29: a contact that says it holds more of this device than there is has it begin one segment, not one for each text', () => {
  const here = world();
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'first' });
  here.clock.advance(60_000);
  const mallory = takeOver(here, bob, conversation);
  const segments = (): number => alice.store.scan('segment').length;
  const before = segments();
  for (let i = 0; i < 10; i++) {
    const frontier = mallory.pair.log.frontier();
    const feeds = frontier.feeds.map((one) =>
      one.feed.join() === mallory.peer.join() ? { ...one, count: 1_000 + i, head: new Uint8Array(32) as EventId } : one,
    );
    mallory.say([{ type: 'frontier', frontier: { ...frontier, feeds }, date: here.clock.now() }]);
    here.clock.advance(1_000);
    alice.call('send', { conversation, text: `text ${i}` });
    here.clock.advance(60_000);
  }
  expect(segments() - before).toBeGreaterThan(0);
  expect(segments() - before).toBeLessThan(5);
});

test('class 29: a contact that asks for the same again and again does not fill the disk with packets that are kept for it', () => {
  const here = world();
  const generous = { perMinute: 1e9, burst: 1e9 };
  here.network.relay(here.relays[0]?.origin ?? '', { limits: { ...DEFAULT_RELAY_LIMITS, cells: generous } });
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  for (let i = 0; i < 20; i++) alice.call('send', { conversation, text: 'x'.repeat(60_000) });
  here.clock.advance(60_000);
  const mallory = takeOver(here, bob, conversation);
  const own = mallory.pair.log.frontier().feeds.find(({ feed }) => feed.join() === mallory.peer.join());
  if (own?.segment == null) throw new Error('nothing was written');
  const ranges = [{ feed: own.feed, segment: own.segment, from: 0, to: own.count }];
  for (let i = 0; i < 20; i++) {
    mallory.say([{ type: 'want', from: mallory.peer, ranges }]);
    here.clock.advance(60_000);
  }
  const kept = alice.store.scan('packet').reduce((sum, { value }) => sum + value.length, 0);
  expect(kept).toBeGreaterThan(1_000_000);
  expect(kept).toBeLessThan(9_000_000);
  expect(alice.failures).toEqual([]);
});

test('class 29: what stands in a packet five hundred times is done once', () => {
  const here = world();
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  const mallory = takeOver(here, bob, conversation);
  const { feeds: _, ...frontier } = mallory.pair.log.frontier();
  const date = here.clock.now();
  const items: Readonly<Record<string, Item>> = {
    objects: { type: 'objects', objects: [] },
    frontier: { type: 'frontier', frontier: { ...frontier, feeds: [] }, date },
    want: { type: 'want', from: mallory.peer, ranges: [] },
    read: { type: 'read', frontier: { ...frontier, feeds: [] } },
    resend: { type: 'resend', requests: [{ packet: new Uint8Array(8), missing: 1 }] },
  };
  const asked = (said: readonly Item[]): number => {
    const spies = [vi.spyOn(alice.store, 'scan'), vi.spyOn(alice.store, 'get'), vi.spyOn(alice.store, 'put')];
    mallory.say(said);
    here.clock.advance(1_000);
    const calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    for (const spy of spies) spy.mockRestore();
    return calls;
  };
  for (const [name, item] of Object.entries(items)) {
    const once = asked([item]);
    expect([name, asked(Array.from({ length: 500 }, () => item)) < once + 200]).toEqual([name, true]);
  }
  // Nor is anything lost: all objects of a packet are taken.
  const said = ['one', 'two', 'three'].map((text): Item => {
    const { kind, bytes } = contents.encode({ type: 'text', text, reply: null, extensions: [] });
    const objects = bob.store.transaction(() => {
      const { place } = mallory.pair.log.append({ contentKind: kind, content: bytes, time: date });
      return mallory.pair.log.read([{ ...place, from: place.seq, to: place.seq + 1 }], 1e6).objects;
    });
    return { type: 'objects', objects };
  });
  mallory.say(said);
  here.clock.advance(1_000);
  expect(texts(alice, conversation)).toEqual(['one', 'two', 'three']);
  expect(alice.failures).toEqual([]);
});

test('class 29: wishes that bring nothing are looked at so many times a minute', () => {
  const here = world();
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  alice.call('send', { conversation, text: 'hello' });
  here.clock.advance(60_000);
  const mallory = takeOver(here, bob, conversation);
  const own = mallory.pair.log.frontier().feeds.find(({ feed }) => feed.join() === mallory.peer.join());
  if (own?.segment == null) throw new Error('nothing was written');
  const range = { feed: own.feed, segment: own.segment, from: 0, to: 1 };
  const seen = countPuts(here);
  for (let i = 0; i < 300; i++) mallory.say([{ type: 'want', from: mallory.peer, ranges: [range] }]);
  here.clock.advance(5_000);
  expect(seen.cells - 300).toBeGreaterThan(30);
  expect(seen.cells - 300).toBeLessThan(100);
});
