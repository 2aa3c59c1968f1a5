// What a device in the hands of a thief writes into `self` while it is one of its person's, and what is left of it once it was taken out.
import { concat, fromHex, toHex, utf8 } from '@kith/core/bytes';
import { readStamped, recoveryPoolsOf, toldBy, type SelfContent } from '@kith/core/conversation';
import { Secret } from '@kith/core/crypto';
import { createAddDevice, signConsent, type FeedId } from '@kith/core/identity';
import { createInboxRecord, decodeInboxRecord, encodeInboxRecord, MAX_INBOX_NUMBER } from '@kith/core/mailbox';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { takeOver, type Hostile } from './hostile.ts';
import { link } from './linked.ts';
import { codeOf, makeWords, pair, texts, world } from './world.ts';

// Days of a simulated world.
vi.setConfig({ testTimeout: 90_000 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const named = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';
const inUse = (of: SimDevice, conversation: string): number =>
  of.call('contact.devices', { conversation }).filter(({ removed }) => !removed).length;

/** Alice's device, a second one that a thief has, and Blair. */
const family = (seed: number) => {
  const here = world(seed);
  const [a, thief, b] = [here.device('a'), here.device('thief'), here.device('b')];
  const conversation = pair(here, a, b);
  link(here, a, thief);
  const isKnown = here.clock.runUntil(() => thief.call('contact.list', {})[0]?.state === 'active', HOUR);
  if (!isKnown) throw new Error('the second device does not know the contact');
  here.clock.advance(HOUR);
  const origins = here.relays.map(({ origin }) => origin);
  const record = (number: number, prefix = 7): Uint8Array =>
    encodeInboxRecord(
      createInboxRecord(here.random.fork(`${number}`), number, origins, 24, Uint8Array.of(prefix, 1, 2)),
    );
  /** Until the others have heard of it. */
  const tell = (make: (by: Hostile) => readonly SelfContent[]): void => {
    const by = takeOver(here, thief, conversation);
    for (const content of make(by)) by.tell(content);
    by.tell({ type: 'name', conversation: by.pair.id, name: 'heard of', extensions: [] });
    thief.start();
    const isHeard = here.clock.runUntil(() => a.call('contact.list', {})[0]?.name === 'heard of', HOUR);
    if (!isHeard) throw new Error('nobody heard of it');
    here.clock.advance(HOUR);
  };
  const takeOut = (): void => {
    a.call('device.revoke', { device: named(a, 'thief') });
    here.clock.advance(HOUR);
  };
  /** Texts both ways, each there within an hour. */
  const talks = (one: SimDevice = a): void => {
    for (const [from, to] of [
      [one, b],
      [b, one],
    ] as const) {
      const text = `from ${from.name} at ${here.clock.now()}`;
      from.call('send', { conversation, text });
      expect(here.clock.runUntil(() => texts(to, conversation).includes(text), HOUR)).toBe(true);
    }
  };
  return { here, a, thief, b, conversation, record, tell, takeOut, talks };
};

test('a stolen device that says where a contact is reached parts nobody from that contact once it is out', () => {
  const { here, a, b, conversation, record, tell, takeOut, talks } = family(8200);
  const outlets = (of: SimDevice): readonly (Uint8Array | undefined)[] =>
    ['p', 'e'].map((key) => of.store.get('inbox', concat(utf8(key), fromHex(conversation) ?? new Uint8Array(0))));
  const before = outlets(a);
  tell((by) => [
    { type: 'peerInbox', conversation: by.pair.id, record: record(MAX_INBOX_NUMBER), extensions: toldBy(by.peer) },
    { type: 'peerInbox', conversation: by.pair.id, record: record(MAX_INBOX_NUMBER, 8), extensions: [] },
  ]);
  expect(outlets(a)).not.toEqual(before);
  takeOut();
  expect(inUse(b, conversation)).toBe(1);
  talks();
  here.clock.advance(HOUR);
  // The contact has said where it is: nothing goes elsewhere any more, and a device that is linked later is told so.
  expect(outlets(a)).toEqual(before);
  const a2 = here.device('a2');
  link(here, a, a2);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', HOUR)).toBe(true);
  here.clock.advance(HOUR);
  expect(outlets(a2)).toEqual(before);
  talks(a2);
});

test('what only a lost device had heard of where a contact is goes on to be of use when it is out', () => {
  const { here, a, thief: lost, b, conversation, talks } = family(8201);
  a.crash();
  const b2 = here.device('b2');
  link(here, b, b2);
  here.clock.advance(HOUR);
  // Blair moves, and nobody reads where it was before for longer than a week.
  b.call('device.revoke', { device: named(b, 'b2') });
  here.clock.advance(HOUR);
  lost.call('send', { conversation, text: 'to the new place' });
  here.clock.advance(9 * DAY);
  b.crash();
  b.start();
  a.start();
  here.clock.advance(HOUR);
  lost.crash();
  a.call('device.revoke', { device: named(a, 'thief') });
  here.clock.advance(HOUR);
  expect(inUse(b, conversation)).toBe(1);
  talks();
});

test.each(['contact', 'self'] as const)(
  'a stolen device that gives an inbox the last number there is does not stay where its person is reached (%s)',
  (which) => {
    const { a, b, conversation, record, tell, takeOut, talks } = family(8210);
    let id: Uint8Array = new Uint8Array(0);
    const numberAt = (of: SimDevice): number | undefined => {
      const raw = of.store.get('inbox', concat(utf8('o'), id));
      return decodeInboxRecord((raw && readStamped(raw)) ?? new Uint8Array(0))?.number;
    };
    tell((by) => {
      const of = which === 'self' ? by.self : by.pair;
      id = of.id;
      return [MAX_INBOX_NUMBER, MAX_INBOX_NUMBER - 1].map((number): SelfContent => ({
        type: 'inbox',
        conversation: of.id,
        record: record(number),
        extensions: [],
      }));
    });
    const before = numberAt(a) ?? 0;
    takeOut();
    expect(numberAt(a)).toBeGreaterThan(before);
    expect(before).toBeLessThan(100);
    const theirs = b.store.get('inbox', concat(utf8('p'), fromHex(conversation) ?? new Uint8Array(0)));
    if (which === 'contact') expect(decodeInboxRecord(theirs ?? new Uint8Array(0))?.number).toBe(numberAt(a));
    talks();
  },
);

test('a stolen device that makes very many inboxes does not keep the others from hearing what comes', () => {
  const { record, tell, takeOut, talks, here, a } = family(8220);
  tell((by) =>
    Array.from({ length: 60 }, (_, i): SelfContent => {
      const of = i % 5 === 0 ? by.self : by.pair;
      return { type: 'inbox', conversation: of.id, record: record(10 + i, i), extensions: [] };
    }),
  );
  expect(a.call('status', {}).connection).toBe('online');
  takeOut();
  here.clock.advance(MINUTE);
  talks();
});

test('a stolen device does not say of another one from when on that has lines', () => {
  const { a, thief, tell, talks, takeOut, here, b, conversation } = family(8230);
  const [mine, theirs] = [a, thief].map((one) => fromHex(one.call('status', {}).device) as FeedId);
  if (mine === undefined || theirs === undefined) throw new Error('no devices');
  tell(() => [{ type: 'history', device: mine, from: 2 ** 48 - 1, extensions: [] }]);
  talks();
  takeOut();
  talks();
  // Nor does the one that let it in, once it has been there for a day.
  const a2 = here.device('a2');
  link(here, a, a2);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', HOUR)).toBe(true);
  here.clock.advance(2 * DAY);
  const host = takeOver(here, a, conversation);
  const device = fromHex(a2.call('status', {}).device) as FeedId;
  host.tell({ type: 'history', device, from: 2 ** 48 - 1, extensions: [] });
  host.tell({ type: 'name', conversation: host.pair.id, name: 'heard of again', extensions: [] });
  a.start();
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.name === 'heard of again', HOUR)).toBe(true);
  b.call('send', { conversation, text: 'for both' });
  expect(here.clock.runUntil(() => texts(a2, conversation).includes('for both'), HOUR)).toBe(true);
});

test('a stolen device has others let in a few keys of its own, and not as many as it likes', () => {
  const { a, b, conversation, tell, takeOut, talks } = family(8240);
  const crypto = createNullCrypto();
  tell((by) =>
    Array.from({ length: 12 }, (_, i): SelfContent => {
      const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(i + 1)));
      const consent = signConsent(crypto, key, by.pair.local.root, by.pair.me);
      return { type: 'consent', conversation: by.pair.id, device: key.publicKey, consent, extensions: [] };
    }),
  );
  expect(inUse(b, conversation)).toBeLessThanOrEqual(5);
  takeOut();
  expect(inUse(b, conversation)).toBe(1);
  expect(a.failures).toEqual([]);
  talks();
});

test('a stolen device that calls `self` a conversation with somebody makes none of it', () => {
  const { a, here, conversation, tell, talks } = family(8250);
  const device = a.call('status', {}).device;
  tell((by) => {
    const inception = by.self.log.inceptionOf(by.self.me) ?? new Uint8Array(0);
    const { id } = by.self;
    const unknown = { peerInception: null, peerNonce: null, peerCommitment: null, settled: true, extensions: [] };
    return [
      {
        type: 'relation',
        conversation: id,
        root: id,
        role: 1,
        at: 1,
        inception,
        nonce: new Uint8Array(32),
        ...unknown,
      },
    ];
  });
  a.crash();
  a.start();
  here.clock.advance(MINUTE);
  expect(a.call('contact.list', {}).map((contact) => contact.conversation)).toEqual([conversation]);
  expect(a.call('status', {}).device).toBe(device);
  expect(codeOf(() => a.call('device.name', { name: 'a' }))).toBeUndefined();
  talks();
});

/** Keys that a member names as its recovery key, by who is asked. */
const recoveryKeys = (of: Hostile): readonly string[] =>
  of.pair.log.charter().members.map(({ recoveryKey }) => toHex(recoveryKey));

test('words that a stolen device set are refused with it: nobody comes back by them', () => {
  const { here, a, thief, b, conversation, takeOut } = family(8260);
  const words = makeWords(thief).join(' ');
  here.clock.advance(HOUR);
  expect(a.call('recovery.state', {}).waiting).toHaveLength(2);
  takeOut();
  expect(a.call('recovery.state', {})).toMatchObject({ made: false, waiting: [] });
  thief.crash();
  here.clock.advance(9 * DAY);
  expect(a.call('recovery.state', {}).ready).toBe(0);
  const states = [a, b].flatMap((one) => {
    const { members } = takeOver(here, one, conversation).pair.log.charter();
    return members.flatMap(({ recoveries }) => recoveries.map(({ state }) => state));
  });
  expect(states).toEqual(['refused', 'refused']);
  expect(words.split(' ')).toHaveLength(12);
});

test.each([true, false])(
  'no conversation that others begin names a key of a stolen device (taken out: %s)',
  (isOut) => {
    const { here, a, thief, takeOut } = family(8270);
    makeWords(thief);
    const pool = toHex(concat(...recoveryPoolsOf(thief.store).map(({ keys }) => keys)));
    expect(pool.length).toBeGreaterThan(60_000);
    here.clock.advance(HOUR);
    if (isOut) takeOut();
    const c = here.device('c');
    c.start();
    const { conversation } = c.call('invite.accept', { link: a.call('invite.create', {}).link });
    here.clock.advance(HOUR);
    const keys = recoveryKeys(takeOver(here, c, conversation));
    expect(keys).toHaveLength(2);
    expect(keys.filter((key) => pool.includes(key))).toEqual([]);
  },
);

test('words are used in conversations of other devices when their person had the time to refuse them', () => {
  const { here, a, thief: a2 } = family(8280);
  makeWords(a2);
  here.clock.advance(9 * DAY);
  const c = here.device('c');
  c.start();
  c.call('invite.accept', { link: a.call('invite.create', {}).link });
  here.clock.advance(HOUR);
  expect(a.call('recovery.state', {})).toMatchObject({ made: true, ready: 3, without: 0 });
});

test('a stolen device that says that words were entered a million times does not have others make as many keys', () => {
  const { here, a, conversation, tell } = family(8290);
  const words = makeWords(a).join(' ');
  here.clock.advance(9 * DAY);
  tell(() => [
    { type: 'recoveryPool', set: new Uint8Array(8), pool: 4_194_303, at: 1, keys: new Uint8Array(32), extensions: [] },
  ]);
  const started = process.cpuUsage().user;
  a.call('device.revoke', { device: named(a, 'thief'), words });
  expect(process.cpuUsage().user - started).toBeLessThan(20_000_000);
  here.clock.advance(HOUR);
  expect(a.call('recovery.state', {}).contested.map((one) => one.conversation)).not.toContain(conversation);
});

test.each([
  [254, true],
  [254, false],
  [12, false],
])('a stolen device that lets in %i others is taken out with all of them (said to be its own: %s)', (count, claims) => {
  const { here, a, thief, b, conversation, takeOut, talks } = family(8300);
  const a2 = here.device('a2');
  link(here, a, a2);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.state === 'active', HOUR)).toBe(true);
  here.clock.advance(HOUR);
  const crypto = createNullCrypto();
  const by = takeOver(here, thief, conversation);
  const { root } = by.pair.local;
  const member = by.pair.me;
  const entries = Array.from({ length: count }, (_, i) => {
    const key = crypto.signingKey(new Secret(Uint8Array.from({ length: 32 }, (__, j) => (j === 0 ? i : 1))));
    const device = key.publicKey;
    const consent = signConsent(crypto, key, root, member);
    if (claims && i < 20) by.tell({ type: 'consent', conversation: by.pair.id, device, consent, extensions: [] });
    const { entry } = by.pair.log.appendEntry(
      (own, at) => createAddDevice(crypto, own, at, { device, member, consent }),
      here.clock.now(),
    );
    return { type: 'entry' as const, entry };
  });
  for (let i = 0; i < entries.length; i += 50) {
    by.say([{ type: 'objects', objects: entries.slice(i, i + 50) }]);
    here.clock.advance(MINUTE);
  }
  thief.start();
  here.clock.advance(20 * MINUTE);
  expect(inUse(b, conversation)).toBe(Math.min(256, count + 3));
  takeOut();
  expect(inUse(b, conversation)).toBe(2);
  expect(a.call('device.strays', {})).toEqual([]);
  for (const one of [a, a2]) talks(one);
});
