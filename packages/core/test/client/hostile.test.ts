// What a contact, a stranger with a link, or a relay can do who does not keep to the protocol.
import { concat, fromHex, toHex, utf8 } from '@kith/core/bytes';
import { Engine, type DeviceView, type Effect } from '@kith/core/client';
import { Secret, type SigningKey } from '@kith/core/crypto';
import {
  createAddDevice,
  createInception,
  entryPointAfter,
  feedIdOf,
  openEntry,
  signConsent,
  type FeedId,
  type SegmentId,
} from '@kith/core/identity';
import { createInboxRecord, DEFAULT_RELAY_LIMITS, encodeInboxRecord } from '@kith/core/mailbox';
import { silent, type RelayRequest, type Store } from '@kith/core/ports';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { openMemoryStore } from '@kith/testkit/memory-store';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import type { SimDevice } from '@kith/testkit/sim-device';
import { simClock } from '@kith/testkit/sim-clock';
import { expect, test } from 'vitest';
import { decodeInvite, encodeInvite } from '../../src/client/records.ts';
import { takeOver } from './hostile.ts';
import { link } from './linked.ts';
import { codeOf, pair, texts, world, type World } from './world.ts';

/** As when a relay has shown so many other claims that this one is no longer remembered. */
const forgetClaims = (store: Store, name: string): void => {
  const key = concat(utf8('o'), fromHex(name) ?? new Uint8Array(0));
  const raw = store.get('invite', key);
  if (raw === undefined) throw new Error('no such invitation');
  store.transaction(() => store.put('invite', key, encodeInvite({ ...decodeInvite(raw), claims: [] })));
};

const countPuts = (here: World): { cells: number; readonly relays: Set<string> } => {
  const seen = { cells: 0, relays: new Set<string>() };
  here.network.onRequest((relay: string, request: RelayRequest) => {
    seen.relays.add(relay);
    if (request.type === 'put') seen.cells += request.cells.length;
  });
  return seen;
};

test('class 29: wishes without end do not make a contact pour out cells', () => {
  const here = world();
  const generous = { perMinute: 1e9, burst: 1e9 };
  here.network.relay(here.relays[0]?.origin ?? '', { limits: { ...DEFAULT_RELAY_LIMITS, cells: generous } });
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  for (let i = 0; i < 40; i++) alice.call('send', { conversation, text: 'x'.repeat(60_000) });
  here.clock.advance(60_000);
  const mallory = takeOver(here, bob, conversation);
  const held = mallory.pair.log
    .frontier()
    .feeds.map(({ feed, segment, count }) => ({ feed, segment, from: 0, to: count }));
  const ranges = held.flatMap(({ segment, ...range }) => (segment === null ? [] : [{ ...range, segment }]));
  const seen = countPuts(here);
  const wish = { type: 'want', from: mallory.peer, ranges } as const;
  for (let i = 0; i < 4; i++) mallory.say(Array.from({ length: 16 }, () => wish));
  here.clock.advance(5_000);
  // An honest wish is answered by up to 512 cells; 64 wishes at once are not worth 64 times as many.
  expect(seen.cells).toBeGreaterThan(512);
  expect(seen.cells).toBeLessThan(5_000);
  here.clock.advance(5 * 60_000);
  const before = seen.cells;
  mallory.say([wish]);
  here.clock.advance(5_000);
  expect(seen.cells - before).toBeGreaterThan(500);
});

test('class 29: hellos without end are answered 32 times an hour', () => {
  const here = world();
  const generous = { perMinute: 1e9, burst: 1e9 };
  here.network.relay(here.relays[0]?.origin ?? '', { limits: { ...DEFAULT_RELAY_LIMITS, cells: generous } });
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  const mallory = takeOver(here, bob, conversation);
  const seen = countPuts(here);
  for (let i = 0; i < 200; i++) mallory.hello();
  here.clock.advance(5_000);
  expect(seen.cells - 200).toBeGreaterThan(16);
  expect(seen.cells - 200).toBeLessThan(40);
  // What comes later is heard again, and honest sessions go on.
  alice.call('send', { conversation, text: 'still here' });
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('still here'), 4 * 3_600_000)).toBe(true);
});

test('class 29: a contact with very many devices and charter entries stops nobody', () => {
  const here = world();
  const crypto = createNullCrypto();
  const random = here.random.fork('devices');
  const alice = here.device('alice');
  const bob = here.device('bob');
  const carol = here.device('carol');
  const conversation = pair(here, alice, bob);
  const other = pair(here, alice, carol);
  here.clock.advance(60_000);
  const mallory = takeOver(here, bob, conversation);
  const first = mallory.pair.log.device();
  const inception = openEntry(crypto, mallory.pair.local.inception);
  if (first === undefined || inception === undefined) throw new Error('no device');
  const devices: { readonly key: SigningKey; readonly feed: FeedId }[] = [];
  const entries: Uint8Array[] = [];
  let at = entryPointAfter(inception);
  for (let i = 0; i < 400; i++) {
    const key = crypto.signingKey(new Secret(random.bytes(32)));
    const consent = signConsent(crypto, key, mallory.pair.local.root, first.member);
    const entry = createAddDevice(crypto, first.key, at, { device: key.publicKey, member: first.member, consent });
    const open = openEntry(crypto, entry);
    if (open === undefined) throw new Error('an entry that does not open');
    at = entryPointAfter(open);
    entries.push(entry);
    if (i < 20) devices.push({ key, feed: feedIdOf(crypto, key.publicKey) });
  }
  for (let i = 0; i < entries.length; i += 100) {
    mallory.say([{ type: 'objects', objects: entries.slice(i, i + 100).map((entry) => ({ type: 'entry', entry })) }]);
  }
  here.clock.advance(1000);
  for (const device of devices) mallory.hello(device);
  here.clock.advance(1000);
  const charter = { feed: first.feed, segment: new Uint8Array(8) as SegmentId, from: 0, to: 10_000 };
  mallory.say([{ type: 'want', from: mallory.peer, ranges: [charter] }]);
  here.clock.advance(1000);
  alice.call('send', { conversation, text: 'to a crowd' });
  alice.call('read', { conversation });
  alice.call('send', { conversation: other, text: 'to one' });
  expect(here.clock.runUntil(() => texts(carol, other).includes('to one'), 60_000)).toBe(true);
  here.clock.advance(60_000);
  expect(alice.failures).toEqual([]);
});

test('class 29: a contact that fills the charter of its conversation keeps nobody from taking out a device', () => {
  const here = world();
  const crypto = createNullCrypto();
  const random = here.random.fork('strangers');
  const alice = here.device('alice');
  const bob = here.device('bob');
  const carol = here.device('carol');
  const conversation = pair(here, alice, bob);
  pair(here, alice, carol);
  const [kept, lost] = ['kept', 'lost'].map((name) => here.device(name)) as [SimDevice, SimDevice];
  for (const device of [kept, lost]) link(here, alice, device);
  here.clock.advance(3_600_000);
  const mallory = takeOver(here, bob, conversation);
  const entries = Array.from({ length: 300 }, () =>
    createInception(crypto, {
      key: crypto.signingKey(new Secret(random.bytes(32))),
      root: mallory.pair.local.root,
      memberKind: 'human',
      recoveryKey: random.bytes(32),
      versions: [1],
    }),
  );
  for (let i = 0; i < entries.length; i += 50)
    mallory.say([{ type: 'objects', objects: entries.slice(i, i + 50).map((entry) => ({ type: 'entry', entry })) }]);
  here.clock.advance(60_000);
  const named = (of: SimDevice): DeviceView | undefined =>
    of.call('device.list', {}).find(({ name }) => name === 'lost');
  alice.call('device.revoke', { device: named(alice)?.device ?? '' });
  expect(here.clock.runUntil(() => named(kept)?.revoked === true, 60_000)).toBe(true);
  expect(alice.failures).toEqual([]);
  expect(kept.failures).toEqual([]);
  // In that conversation as well, and her other device has heard of it.
  here.clock.advance(60_000);
  for (const device of [alice, kept]) {
    const { pair: there } = takeOver(here, device, conversation);
    const mine = there.log.charter().members.find(({ id }) => id.join() === there.me.join());
    expect(mine?.devices.map(({ state }) => state).toSorted()).toEqual(['active', 'active', 'removed']);
  }
});

test('class 20: a contact cannot send this client to an address that is no relay', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  const mallory = takeOver(here, bob, conversation);
  const secret = createInboxRecord(
    here.random.fork('mallory'),
    9,
    ['http://127.0.0.1:9/admin?x='],
    0,
    new Uint8Array(3),
  );
  mallory.say([{ type: 'inbox', record: encodeInboxRecord(secret) }]);
  here.clock.advance(1000);
  const asked: string[] = [];
  here.network.onRequest((relay) => void asked.push(relay));
  alice.call('send', { conversation, text: 'still by the relay we know' });
  here.clock.advance(60_000);
  expect(alice.failures).toEqual([]);
  expect(asked.filter((relay) => relay !== here.relays[0]?.origin)).toEqual([]);
  expect(alice.call('log', { conversation }).at(-1)?.state).toBe('sent');
});

test.each([0, 2 ** 47])('class 28: a relay whose clock says %i harms nobody', (date) => {
  const here = world(1, 2);
  const alice = here.device('alice');
  const bob = here.device('bob');
  here.relays[1]?.shift(date - here.clock.now());
  const conversation = pair(here, alice, bob);
  bob.call('send', { conversation, text: 'hello' });
  expect(here.clock.runUntil(() => texts(alice, conversation).includes('hello'), 60_000)).toBe(true);
  here.clock.advance(60 * 60_000);
  expect(alice.failures).toEqual([]);
  expect(bob.failures).toEqual([]);
});

test('an answer to what was asked before a failed transaction reaches nobody', () => {
  const clock = simClock();
  const crypto = createNullCrypto();
  const engine = new Engine({
    store: openMemoryStore(),
    crypto,
    randomness: seededRandomness(1),
    clock,
    logger: silent,
  });
  const numbers = (effects: readonly Effect[]): readonly number[] =>
    effects.flatMap((effect) => (effect.type === 'request' || effect.type === 'agree' ? [effect.id] : []));
  const before = numbers(
    engine.handle({ type: 'start', relays: ['https://relay1.test'], generation: 1, online: true }),
  );
  engine.forget();
  clock.advance(60_000);
  const after = numbers(engine.handle({ type: 'tick' }));
  expect(before.length).toBeGreaterThan(0);
  expect(after.length).toBeGreaterThan(0);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
});

test('class 5: an invitation accepted twice at the same moment makes one conversation', () => {
  for (const reusable of [false, true]) {
    const here = world();
    const alice = here.device('alice');
    const bob = here.device('bob');
    alice.start();
    bob.start();
    const { link } = alice.call('invite.create', { reusable });
    const first = bob.ask('invite.accept', { link });
    const second = bob.ask('invite.accept', { link });
    here.clock.runUntil(() => first.done && second.done, 60_000);
    expect(first.value?.conversation).toBeDefined();
    expect(second.value?.conversation).toBe(first.value?.conversation);
    expect(bob.call('contact.list', {}).length).toBe(1);
    expect(bob.failures).toEqual([]);
    here.clock.advance(30_000);
    if (reusable) expect(alice.call('request.list', {}).length).toBe(1);
    else expect(bob.call('contact.list', {})[0]?.state).toBe('active');
  }
});

test('class 18: nothing of typing leaves for a contact that ended, is blocked or marked', () => {
  const acts = [
    ['contact.end', {}],
    ['contact.block', {}],
    ['contact.mark', { validity: 'compromised' }],
  ] as const;
  for (const [method, more] of acts) {
    const here = world();
    const alice = here.device('alice');
    const bob = here.device('bob');
    const conversation = pair(here, alice, bob);
    alice.call('set', { key: 'typing', value: 'on' });
    alice.call(method, { conversation, ...more } as never);
    here.clock.advance(5 * 60_000);
    const seen = countPuts(here);
    alice.call('typing', { conversation });
    here.clock.advance(5_000);
    expect([method, seen.cells]).toEqual([method, 0]);
  }
});

test('class 5: a declined request does not come back when its claim is shown again', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  alice.start();
  bob.start();
  const { link, invite } = alice.call('invite.create', { reusable: true });
  bob.call('invite.accept', { link });
  expect(here.clock.runUntil(() => alice.call('request.list', {}).length === 1, 60_000)).toBe(true);
  alice.call('request.answer', { request: alice.call('request.list', {})[0]?.request ?? '', answer: 'decline' });
  forgetClaims(alice.store, invite);
  alice.crash();
  alice.start();
  here.clock.advance(60_000);
  expect(alice.call('request.list', {})).toEqual([]);
  expect(alice.call('invite.list', {})[0]?.uses).toBe(1);
});

test('what a blocked contact wrote meanwhile is there soon after they are let in again', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  alice.call('contact.block', { conversation });
  bob.call('send', { conversation, text: 'are you there?' });
  here.clock.advance(3 * 60_000);
  alice.call('contact.unblock', { conversation });
  expect(here.clock.runUntil(() => texts(alice, conversation).length === 1, 120_000)).toBe(true);
});

test('S4.6 a blocked contact gets no cell, whatever it does', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  bob.call('send', { conversation, text: 'one' });
  here.clock.runUntil(() => texts(alice, conversation).length === 1, 60_000);
  alice.call('set', { key: 'read-receipts', value: 'on' });
  here.clock.advance(60_000);
  alice.call('contact.block', { conversation });
  here.clock.advance(15 * 60_000);
  bob.crash();
  const seen = countPuts(here);
  alice.call('read', { conversation });
  alice.call('profile.set', { name: 'Al' });
  alice.call('sync', {});
  here.clock.advance(25 * 60 * 60_000);
  alice.stop();
  expect(seen.cells).toBe(0);
});

test('class 5: an inviter who shows the acceptor its own inception is not believed', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  alice.start();
  bob.start();
  const { link } = alice.call('invite.create', {});
  const { conversation } = bob.call('invite.accept', { link });
  bob.crash();
  here.clock.advance(30_000);
  here.relays[0]?.wipe();
  const mallory = takeOver(here, alice, conversation);
  const mirrored = mallory.pair.local.peerInception;
  if (mirrored === null) throw new Error('the inviter has not seen the claim');
  bob.start();
  mallory.say([{ type: 'answer', inception: mirrored, nonce: new Uint8Array(32) }]);
  here.clock.advance(30_000);
  expect(bob.failures).toEqual([]);
  expect(codeOf(() => bob.call('contact.words', { conversation }))).toBe('words-not-ready');
  alice.start();
  const isThere = (): boolean => [alice, bob].every((who) => who.call('contact.list', {})[0]?.wordsReady === true);
  expect(here.clock.runUntil(isThere, 2 * 3_600_000)).toBe(true);
  expect(bob.call('contact.words', { conversation })).toEqual(alice.call('contact.words', { conversation }));
});

test('class 5 class 10: cells shown again, at once, days later, or to their sender, change nothing', () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const cells: Uint8Array[] = [];
  here.network.onRequest((_, request) => {
    if (request.type === 'put') cells.push(...request.cells.map(({ cell }) => cell));
  });
  const conversation = pair(here, alice, bob);
  const said = Array.from({ length: 60 }, (_, i) => `text ${i}`);
  for (const [i, text] of said.entries()) {
    (i % 2 === 0 ? alice : bob).call('send', { conversation, text });
    here.clock.advance(5_000);
  }
  const transport = here.network.transport({ allowed: [here.relays[0]?.origin ?? ''] });
  const again = (): void => {
    here.relays[0]?.wipe();
    for (const cell of cells.slice()) {
      transport.send(
        here.relays[0]?.origin ?? '',
        { type: 'put', cells: [{ cell, bucket: 1, live: true }] },
        () => undefined,
      );
    }
    here.clock.advance(10 * 60_000);
  };
  again();
  here.clock.advance(3 * 24 * 3_600_000);
  again();
  alice.call('send', { conversation, text: 'and on' });
  expect(here.clock.runUntil(() => texts(bob, conversation).at(-1) === 'and on', 10 * 60_000)).toBe(true);
  for (const who of [alice, bob]) {
    expect(texts(who, conversation)).toEqual([...said, 'and on']);
    expect(who.failures).toEqual([]);
  }
});

test('class 18: whoever claims a reusable invitation learns nothing before it is answered', () => {
  for (const answer of [undefined, 'decline', 'block'] as const) {
    const here = world();
    const alice = here.device('alice');
    const bob = here.device('bob');
    alice.start();
    bob.start();
    const { link } = alice.call('invite.create', { reusable: true });
    const { conversation } = bob.call('invite.accept', { link });
    bob.call('send', { conversation, text: 'anyone there?' });
    bob.crash();
    const seen = countPuts(here);
    expect(here.clock.runUntil(() => alice.call('request.list', {}).length === 1, 60_000)).toBe(true);
    const [request] = alice.call('request.list', {});
    if (answer !== undefined) alice.call('request.answer', { request: request?.request ?? '', answer });
    alice.call('profile.set', { name: 'Alice' });
    alice.call('sync', {});
    here.clock.advance(26 * 3_600_000);
    alice.stop();
    expect([answer, seen.cells]).toEqual([answer, 0]);
  }
});

test('class 29: a relay that says at every fetch that it lost everything does not make a client pour out cells', () => {
  let lies = false;
  const here = world(2900, 2, {
    answer: (relay, request, answer) =>
      lies && relay === 'https://relay1.test' && request.type === 'fetch' && answer.type === 'cells'
        ? { ...answer, cells: [], total: 0 }
        : answer,
  });
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  bob.stop();
  for (let i = 0; i < 40; i++) alice.call('send', { conversation, text: `line ${i} ${'x'.repeat(3_000)}` });
  here.clock.advance(60_000);
  const seen = countPuts(here);
  for (let i = 0; i < 40; i++) {
    // In between it tells the truth, so that there is something to have lost.
    lies = i % 2 === 1;
    alice.call('sync', {});
  }
  // Believed four times: what waits, once each, and the frontiers beside it.
  expect(seen.cells).toBeGreaterThan(40);
  expect(seen.cells).toBeLessThan(4 * 60);
});

test('class 11 S3.11: two relays never hold the same bytes of one message', () => {
  const here = world(31, 2);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  const seen = new Map<string, string[]>(here.relays.map(({ origin }) => [origin, []]));
  here.network.onRequest((relay: string, request: RelayRequest) => {
    if (request.type === 'put') seen.get(relay)?.push(...request.cells.map(({ cell }) => toHex(cell)));
  });
  for (let i = 0; i < 5; i++) {
    alice.call('send', { conversation, text: `message ${i}` });
    here.clock.advance(30_000);
  }
  expect(texts(bob, conversation)).toHaveLength(5);
  const all = [...seen.values()];
  for (const cells of all) expect(cells.length).toBeGreaterThan(4);
  expect(new Set(all.flat()).size).toBe(all.flat().length);
});

test('class 24: what a contact calls itself is told as such, and never takes the place of the name I gave', () => {
  const here = world(33);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  const named = (): readonly unknown[] => alice.call('contact.list', {}).map(({ name, nameFrom }) => [name, nameFrom]);
  bob.call('profile.set', { name: 'Grandma' });
  here.clock.advance(60_000);
  expect(named()).toEqual([['Grandma', 'them']]);
  alice.call('contact.rename', { conversation, name: 'Bob' });
  bob.call('profile.set', { name: 'Grandma Rose' });
  here.clock.advance(60_000);
  expect(named()).toEqual([['Bob', 'me']]);
});
