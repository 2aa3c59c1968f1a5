// What a relay, a contact, a removed device or a passer-by can do about somebody's devices, on simulated ports.
import { concat, fromHex, toHex } from '@kith/core/bytes';
import { Secret, type Crypto } from '@kith/core/crypto';
import {
  createAddDevice,
  entryPointAfter,
  feedIdOf,
  firstEntryPoint,
  openEntry,
  signConsent,
} from '@kith/core/identity';
import { deriveInvitationKeys, openClaim, openOffer, readLink, SELF_OFFER_EXTENSIONS } from '@kith/core/mailbox';
import type { RelayRequest, RelayResponse } from '@kith/core/ports';
import type { PairKeyAgreement } from '@kith/core/session';
import type { MemoryStore } from '@kith/testkit/memory-store';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import type { SeededRandomness } from '@kith/testkit/seeded-randomness';
import { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { takeOver } from './hostile.ts';
import type { Lies } from './liar.ts';
import { link } from './linked.ts';
import { codeOf, pair, texts, world, type World } from './world.ts';

// The evil relays make everyone do ten times the work.
vi.setConfig({ testTimeout: 120_000 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const latin = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
const listed = (of: SimDevice): readonly string[] =>
  of
    .call('device.list', {})
    .map(({ device, revoked }) => `${device} ${revoked}`)
    .toSorted();
const named = (of: SimDevice, name: string): string =>
  of.call('device.list', {}).find((device) => device.name === name)?.device ?? '';
/** Devices of the other side that are sealed to. */
const active = (of: SimDevice, conversation: string): readonly string[] =>
  of
    .call('contact.devices', { conversation })
    .filter(({ removed }) => !removed)
    .map(({ device }) => device);
const knowsContact = ({ clock }: World, device: SimDevice): void => {
  const knows = clock.runUntil(() => device.call('contact.list', {})[0]?.state === 'active', HOUR);
  if (!knows) throw new Error(`${device.name} does not know the contact`);
};
const isStopped = ({ clock }: World, device: SimDevice, conversation: string): boolean =>
  clock.runUntil(() => codeOf(() => device.call('send', { conversation, text: 'late' })) !== undefined, HOUR);

// ---- keys

/** A device whose secrets the test sees: seeds of its signing keys, init secrets, exporters of its sessions. */
const watchedDevice = (here: World, name: string, draws?: (inner: SeededRandomness) => SeededRandomness) => {
  const plain = createNullCrypto();
  const seeds: { readonly seed: Uint8Array; readonly publicKey: Uint8Array }[] = [];
  const opened: Uint8Array[] = [];
  const secrets: Uint8Array[] = [];
  const crypto: Crypto = {
    ...plain,
    signingKey: (seed) => {
      const bytes = seed.expose().slice();
      const key = plain.signingKey(seed);
      seeds.push({ seed: bytes, publicKey: key.publicKey });
      return key;
    },
    open: (...parameters) => {
      const open = plain.open(...parameters);
      if (open !== undefined) opened.push(open.slice());
      return open;
    },
  };
  const inner = createNullAgreement(plain, here.random.fork(`${name} agreement`));
  const agreement: PairKeyAgreement = {
    ...inner,
    run: (job) => {
      const result = inner.run(job);
      if (result instanceof Promise) throw new Error('the stand-in answers inline');
      if (result.type === 'prepared') secrets.push(result.initSecret.expose().slice());
      return result;
    },
  };
  const own = here.random.fork(name);
  const device = new SimDevice({
    name,
    clock: here.clock,
    network: here.network,
    crypto,
    randomness: draws?.(own) ?? own,
    agreement,
    relays: here.relays.map(({ origin }) => origin),
  });
  return { device, seeds, opened, secrets };
};
const TABLES = [
  'meta',
  'conversation',
  'entry',
  'certificate',
  'header',
  'content',
  'seal',
  'segment',
  'waiting',
  'session',
  'hello',
  'packet',
  'outbox',
  'peer',
  'inbox',
  'invite',
  'contact',
  'setting',
  'message',
] as const;
const diskOf = (device: SimDevice): string =>
  TABLES.flatMap((table) => device.store.scan(table).map(({ key, value }) => latin(key) + latin(value))).join('\n');
const forms = (secret: Uint8Array): readonly string[] => {
  const bytes = Buffer.from(secret);
  return [
    latin(secret),
    bytes.toString('hex'),
    bytes.toString('base64').replaceAll('=', ''),
    bytes.toString('base64url'),
  ];
};

/** Links a second device under eyes; what of the first one's secrets is found anywhere with the second. */
const linkWatched = (seed: number, planted: boolean) => {
  const here = world(seed);
  const a1 = watchedDevice(here, 'a1');
  // As after copying a virtual machine: what the new device draws for its key, the old one has drawn.
  let isCopied = false;
  const drawsTheSame = (inner: SeededRandomness): SeededRandomness => ({
    ...inner,
    bytes: (length) => {
      const first = a1.seeds[0]?.seed;
      if (length !== 32 || first === undefined || !isCopied) return inner.bytes(length);
      return first.slice();
    },
  });
  const wire: Uint8Array[] = [];
  here.network.onRequest((_, request) => {
    if (request.type === 'put') for (const { cell } of request.cells) wire.push(cell.slice());
    if (request.type === 'offerPut' || request.type === 'claimPut') wire.push(request.sealed.slice());
  });
  const b = here.device('b');
  const conversation = pair(here, a1.device, b);
  a1.device.call('send', { conversation, text: 'before' });
  here.clock.advance(HOUR);
  const a2 = watchedDevice(here, 'a2', drawsTheSame);
  a2.device.start();
  const { link: text } = a1.device.call('device.link', {});
  isCopied = planted;
  a2.device.call('device.join', { link: text, name: 'a2' });
  if (!planted) knowsContact(here, a2.device);
  here.clock.advance(HOUR);
  if (!planted) {
    a2.device.call('send', { conversation, text: 'from the second' });
    a1.device.call('send', { conversation, text: 'from the first' });
    here.clock.advance(HOUR);
    expect(texts(a2.device, conversation).toSorted()).toEqual(['before', 'from the first', 'from the second']);
  }
  const rpc = (['device.list', 'contact.list', 'device.linking', 'status', 'set', 'invite.list'] as const).map(
    (method) => JSON.stringify(a2.device.call(method, {})),
  );
  // Seeds of signing keys (devices, links, segments of today), and what opens answers to its hellos.
  const secrets = [...a1.seeds.map(({ seed }) => seed), ...a1.secrets];
  const seen = [diskOf(a2.device), ...a2.opened.map(latin), ...wire.map(latin), ...rpc, latin(Buffer.from(text))];
  const found = (of: readonly string[]): number =>
    secrets.filter((secret) => forms(secret).some((form) => of.some((where) => where.includes(form)))).length;
  const sessions = (of: SimDevice): readonly string[] =>
    of.store
      .scan('session')
      .filter(({ key }) => toHex(key).startsWith(conversation))
      .map(({ value }) => latin(value));
  return { a1, a2, b, conversation, found, seen, secrets, sessions };
};
test("S4.20 A1's private keys, session keys, seeds of running segments and init secrets are nowhere with A2, nor on the way", () => {
  const { a1, a2, found, seen, secrets, sessions } = linkWatched(4200, false);
  expect(secrets.length).toBeGreaterThan(6);
  expect(a2.opened.length).toBeGreaterThan(20);
  expect(found(seen)).toBe(0);
  // The control: its own disk holds some of them.
  expect(found([diskOf(a1.device)])).toBeGreaterThan(2);
  // No 16 bytes of what A1 shares with Blair stand in what A2 shares with Blair.
  const windows = new Set(
    sessions(a1.device).flatMap((value) =>
      Array.from({ length: Math.max(0, value.length - 15) }, (_, at) => value.slice(at, at + 16)),
    ),
  );
  const random = [...windows].filter((window) => new Set(window).size > 12);
  expect(random.length).toBeGreaterThan(40);
  const other = sessions(a2.device).join('\n');
  expect(random.filter((window) => other.includes(window))).toEqual([]);
});
test('S4.20 planted: a link that copies the device key is caught', () => {
  const { found, seen } = linkWatched(4200, true);
  expect(found(seen)).toBeGreaterThan(0);
});

test('S4.20 S0.29 who photographs the link learns nothing a minute after its use, and both sides are told of the try', () => {
  const here = world(4201);
  const [a1, a2, thief, b] = [here.device('a1'), here.device('a2'), here.device('thief'), here.device('b')];
  const recorded: { readonly id: Uint8Array; readonly sealed: Uint8Array }[] = [];
  let offer: Uint8Array | undefined;
  here.network.onRequest((_, request) => {
    if (request.type === 'claimPut') recorded.push({ id: request.id, sealed: request.sealed });
    if (request.type === 'offerPut') offer = request.sealed;
  });
  const conversation = pair(here, a1, b);
  a1.call('contact.rename', { conversation, name: 'canary name' });
  a1.call('send', { conversation, text: 'canary text' });
  here.clock.advance(MINUTE);
  recorded.length = 0;
  a2.start();
  thief.start();
  const { link: text } = a1.call('device.link', {});
  a2.call('device.join', { link: text, name: 'a2' });
  knowsContact(here, a2);
  here.clock.advance(MINUTE);
  const tried = here.clock.now();
  expect(codeOf(() => thief.call('device.join', { link: text, name: 'thief' }))).toBe('link-used');
  expect(here.clock.runUntil(() => a1.call('device.linking', {}).link?.second === true, 4 * MINUTE)).toBe(true);
  expect(here.clock.now() - tried).toBeLessThan(MINUTE);
  here.clock.advance(HOUR);
  expect(listed(a1)).toHaveLength(2);
  expect(listed(thief)).toHaveLength(1);
  expect(diskOf(thief)).not.toContain('canary');
  // With the text and all that was recorded: the offer, and a claim whose box no key opens any more.
  const crypto = createNullCrypto();
  const invitation = readLink(text);
  if (invitation === undefined || offer === undefined) throw new Error('nothing was recorded');
  const keys = deriveInvitationKeys(crypto, { secret: invitation.secret, keyHash: invitation.keyHash });
  const opened = openOffer(crypto, keys, invitation.keyHash, offer, SELF_OFFER_EXTENSIONS);
  expect(opened?.name).toBe('');
  const claims = recorded
    .map(({ id, sealed }) => openClaim(crypto, keys, id, sealed))
    .filter((claim) => claim !== undefined);
  expect(claims).toHaveLength(1);
  for (const { welcome, leaf, box } of claims) expect(latin(concat(welcome, leaf, box))).not.toContain('a2');
  // The key of the offer is not even on the disk of the device that made it.
  const agreement = createNullAgreement(crypto, here.random.fork('thief'));
  const rows = a1.store.scan('invite').map(({ value }) => value);
  const opens = rows.flatMap((row) =>
    Array.from({ length: Math.max(0, row.length - 32) }, (_, at) => row.subarray(at, at + 32)),
  );
  const [claim] = claims;
  if (opened === undefined || claim === undefined) throw new Error('no claim');
  const results = opens.map((secret) =>
    agreement.run({
      type: 'join',
      keyPackage: opened.keyPackage,
      initSecret: new Secret(secret.slice()),
      signer: crypto.signingKey(new Secret(new Uint8Array(32))),
      welcome: claim.welcome,
      leaf: claim.leaf,
    }),
  );
  expect(results.filter((result) => !(result instanceof Promise) && result.type === 'joined')).toEqual([]);
});

// ---- relays

/** What an evil relay does to what it answers: it mixes in what it saw before, hides, turns round, and repeats. */
const evil = (origins: readonly string[], random: SeededRandomness): Lies => {
  const seen: Uint8Array[] = [];
  const offers = new Map<string, RelayResponse>();
  const claims: RelayResponse[] = [];
  const noise = (): Uint8Array => random.bytes(4_096);
  /** Drawn once for each cell: what it hides it hides from all, however often they ask. */
  const hides = new Map<string, boolean>();
  const isHidden = (cell: Uint8Array): boolean => {
    const name = latin(cell.subarray(0, 16));
    const known = hides.get(name) ?? random.fraction() < 0.8;
    hides.set(name, known);
    return known;
  };
  const mixed = (cells: readonly Uint8Array[]): readonly Uint8Array[] => {
    seen.push(...cells.filter((cell) => !isHidden(cell)).map((cell) => cell.slice()));
    const kept = cells.filter((cell) => !isHidden(cell)).toReversed();
    const old = seen.length === 0 ? [] : [random.pick(seen)];
    // Bodies under other tags, slots of another cell, and bytes of its own.
    const grafted = old.map((cell) => concat((seen[0] ?? cell).subarray(0, 656), cell.subarray(656)));
    return [...old, ...kept, ...(random.fraction() < 0.2 ? [...grafted, noise()] : [])].slice(0, 64);
  };
  return {
    push: (relay, cell) => (origins.includes(relay) ? mixed([cell]) : [cell]),
    answer: (relay, request: RelayRequest, answer) => {
      if (!origins.includes(relay)) return answer;
      if (answer.type === 'cells') return { ...answer, cells: [...mixed(answer.cells)] };
      if (answer.type === 'offer' && request.type === 'offerGet') {
        const place = toHex(request.place);
        const first = offers.get(place);
        if (first === undefined) offers.set(place, answer);
        return first ?? answer;
      }
      if (answer.type === 'claims') {
        claims.push(answer);
        return random.fraction() < 0.5 ? random.pick(claims) : answer;
      }
      return answer;
    },
  };
};
/** Adds two devices and removes one under these relays. */
const family = (seed: number, relays: number, bad: readonly string[]) => {
  const lies: Lies = {};
  const here = world(seed, relays, lies);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  Object.assign(lies, evil(bad, here.random.fork('evil')));
  const wrong: string[] = [];
  let known = 1;
  /** Nobody ever lists a device that its person did not let in. */
  const look = (): void => {
    for (const one of [a1, a2, a3])
      if (one.running && listed(one).length > known) wrong.push(`${one.name} lists too many`);
    if (b.running && b.call('contact.devices', { conversation }).length > known) wrong.push('b lists too many');
  };
  const pass = (ms: number): void => {
    for (let at = 0; at < ms; at += 10 * MINUTE) {
      here.clock.advance(10 * MINUTE);
      look();
    }
  };
  return { here, lies, a1, a2, a3, b, conversation, wrong, pass, letIn: () => void known++ };
};
/**
 * Each try is a device of its own to the one that lets it in: the relay may hide from the other that it is in. Its person takes
 * out what came of the try before, or there would soon be no room.
 */
const add = ({ here, a1, letIn }: ReturnType<typeof family>, joining: SimDevice): boolean => {
  joining.start();
  const before = listed(a1).length;
  for (let tries = 0; tries < 8; tries++) {
    for (const { device } of a1.call('device.list', {}).slice(before)) a1.call('device.revoke', { device });
    const asked = a1.ask('device.link', {});
    here.clock.runUntil(() => asked.done, MINUTE);
    if (asked.value === undefined) continue;
    letIn();
    const joined = joining.ask('device.join', { link: asked.value.link, name: joining.name });
    here.clock.runUntil(() => joined.done, MINUTE);
    if (here.clock.runUntil(() => listed(joining).length > 1, 30 * MINUTE)) return true;
  }
  return false;
};
test.each([4300, 4301])(
  'class 1 class 2 S4.21 S4.23 of two relays one inserts, hides, turns round and repeats: devices are what their person said (seed %i)',
  (seed) => {
    const there = family(seed, 2, ['https://relay2.test']);
    const { here, a1, a2, a3, b, conversation, wrong, pass } = there;
    expect(add(there, a2)).toBe(true);
    expect(add(there, a3)).toBe(true);
    for (const one of [a2, a3]) knowsContact(here, one);
    pass(HOUR);
    expect(active(b, conversation)).toHaveLength(3);
    a1.call('device.revoke', { device: named(a1, 'a2') });
    pass(HOUR);
    expect(active(b, conversation)).toHaveLength(2);
    expect(listed(a3)).toEqual(listed(a1));
    expect(isStopped(here, a2, conversation)).toBe(true);
    b.call('send', { conversation, text: 'after it' });
    pass(HOUR);
    for (const one of [a1, a3]) expect(texts(one, conversation)).toContain('after it');
    expect(texts(a2, conversation)).not.toContain('after it');
    expect(wrong).toEqual([]);
  },
);
test.each([4310, 4311])(
  'class 1 class 2 with no relay but an evil one nothing false is believed, and once it is honest all is as it was said (seed %i)',
  (seed) => {
    const there = family(seed, 1, ['https://relay1.test']);
    const { here, lies, a1, a2, a3, b, conversation, wrong, pass } = there;
    const first = add(there, a2);
    const second = add(there, a3);
    pass(HOUR);
    const target = named(a1, 'a2');
    if (target !== '') a1.call('device.revoke', { device: target });
    pass(2 * HOUR);
    // It never turns back: who has learnt of the removal is not told otherwise by old entries.
    const after = active(b, conversation).length;
    pass(2 * HOUR);
    expect(active(b, conversation).length).toBeLessThanOrEqual(after);
    Object.assign(lies, { push: undefined, answer: undefined });
    // Let in and not told so, one learns of it now.
    pass(HOUR);
    for (const one of [...(first ? [] : [a2]), ...(second ? [] : [a3])])
      if (listed(one).length === 1) expect(add(there, one)).toBe(true);
    pass(4 * HOUR);
    if (target === '') a1.call('device.revoke', { device: named(a1, 'a2') });
    pass(HOUR);
    expect(listed(a3)).toEqual(listed(a1));
    expect(active(b, conversation)).toHaveLength(2);
    expect(isStopped(here, a2, conversation)).toBe(true);
    expect(wrong).toEqual([]);
  },
);

// ---- contacts and removed devices

/** An entry that adds a device, as `by` signs it; consent by the new key for this member. */
const addingEntry = (by: ReturnType<typeof takeOver>, member: Uint8Array, root: Uint8Array, seed: number) => {
  const crypto = createNullCrypto();
  const own = by.pair.log.device();
  if (own === undefined) throw new Error('no device of its own');
  const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(seed)));
  const last = by.pair.log
    .read([{ feed: own.feed, segment: new Uint8Array(8) as never, from: 0, to: 100 }], 1e6)
    .objects.flatMap((object) => (object.type === 'entry' ? [openEntry(crypto, object.entry)] : []))
    .filter((entry) => entry !== undefined)
    .at(-1);
  const at = last === undefined ? firstEntryPoint(by.pair.local.root) : entryPointAfter(last);
  const consent = signConsent(crypto, key, root, member as never);
  const entry = createAddDevice(crypto, own.key, at, { device: key.publicKey, member: member as never, consent });
  return { entry, feed: toHex(feedIdOf(crypto, key.publicKey)) };
};
test('class 1 a contact cannot add a device to me, and one whose consent was for another conversation is not taken', () => {
  for (const [seed, mine, root, isTaken] of [
    [4320, false, true, true],
    [4321, true, true, false],
    [4322, false, false, false],
  ] as const) {
    const here = world(seed);
    const [alice, bob] = [here.device('alice'), here.device('bob')];
    const conversation = pair(here, alice, bob);
    here.clock.advance(MINUTE);
    const mallory = takeOver(here, bob, conversation);
    const members = mallory.pair.log.charter().members.map(({ id }) => id);
    const member = members.find((id) => (toHex(id) === toHex(mallory.pair.me)) !== mine) ?? new Uint8Array(16);
    const about = root ? mallory.pair.local.root : new Uint8Array(32).fill(3);
    const { entry, feed } = addingEntry(mallory, member, about, 77);
    mallory.say([{ type: 'objects', objects: [{ type: 'entry', entry }] }]);
    here.clock.advance(MINUTE);
    expect(listed(alice)).toHaveLength(1);
    // The control: the same entry for itself counts.
    expect(active(alice, conversation).includes(feed)).toBe(isTaken);
    expect(active(alice, conversation)).toHaveLength(isTaken ? 2 : 1);
    const before = alice.failures.length;
    alice.call('send', { conversation, text: 'still here' });
    expect(alice.failures.length).toBe(before);
  }
});

test('class 2 class 6 a removed device signs entries that name old parents, and an accomplice hands them on: nobody takes them', () => {
  const here = world(4330);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  knowsContact(here, a2);
  here.clock.advance(HOUR);
  expect(active(b, conversation)).toHaveLength(2);
  a2.crash();
  a1.call('device.revoke', { device: named(a1, 'a2') });
  here.clock.advance(HOUR);
  expect(active(b, conversation)).toHaveLength(1);
  // Its disk is as it was before the removal: what it signs names what was true then.
  const removed = takeOver(here, a2, conversation);
  const { entry, feed } = addingEntry(removed, removed.pair.me, removed.pair.local.root, 78);
  removed.say([{ type: 'objects', objects: [{ type: 'entry', entry }] }]);
  here.clock.advance(HOUR);
  // From a device whose word counts: A1's own client, changed.
  const accomplice = takeOver(here, a1, conversation);
  accomplice.say([{ type: 'objects', objects: [{ type: 'entry', entry }] }]);
  here.clock.advance(HOUR);
  expect(active(b, conversation)).not.toContain(feed);
  expect(active(b, conversation)).toHaveLength(1);
  // The control: the same by who may.
  const allowed = addingEntry(accomplice, accomplice.pair.me, accomplice.pair.local.root, 79);
  accomplice.say([{ type: 'objects', objects: [{ type: 'entry', entry: allowed.entry }] }]);
  here.clock.advance(MINUTE);
  expect(active(b, conversation)).toContain(allowed.feed);
});

test('class 3 keys of another use sign no entries: that of a link, that of `self`, that of the other side', () => {
  for (const which of ['link', 'self', 'other'] as const) {
    const here = world(4340);
    const seen = watchedDevice(here, 'alice');
    const [alice, bob] = [seen.device, here.device('bob')];
    const conversation = pair(here, alice, bob);
    alice.call('device.link', {});
    here.clock.advance(MINUTE);
    const crypto = createNullCrypto();
    const mallory = takeOver(here, alice, conversation);
    const own = mallory.pair.log.device();
    if (own === undefined) throw new Error('no device of its own');
    const others = seen.seeds.filter(({ publicKey }) => toHex(publicKey) !== toHex(own.key.publicKey));
    const seed =
      which === 'link' ? others.at(-1)?.seed : which === 'self' ? others[0]?.seed : new Uint8Array(32).fill(5);
    const wrong = crypto.signingKey(new Secret((seed ?? new Uint8Array(32)).slice()));
    const { entry } = addingEntry(mallory, mallory.pair.me, mallory.pair.local.root, 80);
    // The same bytes, signed by the other key.
    const forged = concat(
      entry.subarray(0, entry.length - 64),
      crypto.sign(wrong, entry.subarray(0, entry.length - 64)),
    );
    for (const bytes of [forged]) mallory.say([{ type: 'objects', objects: [{ type: 'entry', entry: bytes }] }]);
    here.clock.advance(MINUTE);
    expect(active(bob, conversation)).toHaveLength(1);
    expect(bob.failures).toEqual([]);
    // The control: as it was signed.
    mallory.say([{ type: 'objects', objects: [{ type: 'entry', entry }] }]);
    here.clock.advance(MINUTE);
    expect(active(bob, conversation)).toHaveLength(2);
  }
});

test("class 11 S4.23 a copy of a removed device's home, put back after it was told, is told again and reaches nobody", () => {
  const here = world(4350);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  knowsContact(here, a2);
  here.clock.advance(HOUR);
  const copy = (a2.store as MemoryStore).clone();
  a1.call('device.revoke', { device: named(a1, 'a2') });
  expect(isStopped(here, a2, conversation)).toBe(true);
  b.call('send', { conversation, text: 'an answer' });
  here.clock.advance(HOUR);
  a2.crash();
  // What it was told then lies nowhere any more, so it has to be told again.
  here.relays[0]?.wipe();
  a2.store = copy;
  a2.start();
  a2.call('send', { conversation, text: 'from the copy' });
  b.call('send', { conversation, text: 'not for a copy' });
  here.clock.advance(2 * HOUR);
  for (const one of [a1, b]) expect(texts(one, conversation)).not.toContain('from the copy');
  expect(texts(a2, conversation)).not.toContain('not for a copy');
  expect(codeOf(() => a2.call('send', { conversation, text: 'again' }))).toBe('revoked-device');
  for (const one of [a1, b]) expect(texts(one, conversation)).not.toContain('again');
});

// ---- everyone to everyone

test('S4.9 S4.43 what Blair writes is on three devices within a second of each other, whichever came first', () => {
  const here = world(4360);
  const [a1, a2, a3, b] = [here.device('a1'), here.device('a2'), here.device('a3'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  knowsContact(here, a2);
  here.clock.advance(HOUR);
  link(here, a2, a3);
  knowsContact(here, a3);
  here.clock.advance(HOUR);
  for (let i = 0; i < 5; i++) {
    const text = `to all ${i}`;
    b.call('send', { conversation, text });
    const shownAt = new Map<string, number>();
    const isEverywhere = here.clock.runUntil(() => {
      for (const one of [a1, a2, a3])
        if (!shownAt.has(one.name) && texts(one, conversation).includes(text)) shownAt.set(one.name, here.clock.now());
      return shownAt.size === 3;
    }, 10_000);
    expect(isEverywhere).toBe(true);
    expect(Math.max(...shownAt.values()) - Math.min(...shownAt.values())).toBeLessThanOrEqual(1_000);
    here.clock.advance(MINUTE);
  }
  // None is needed for another: without the first, and without the second.
  for (const gone of [a1, a2]) {
    gone.stop();
    const text = `without ${gone.name}`;
    b.call('send', { conversation, text });
    const rest = [a2, a3].filter((one) => one !== gone);
    expect(here.clock.runUntil(() => rest.every((one) => texts(one, conversation).includes(text)), 10_000)).toBe(true);
    gone.start();
    expect(here.clock.runUntil(() => texts(gone, conversation).includes(text), HOUR)).toBe(true);
  }
});

test('S4.26 a contact is added with one device, not checked; its others follow by its own list', () => {
  const here = world(4370);
  const [a, b1, b2, b3] = [here.device('a'), here.device('b1'), here.device('b2'), here.device('b3')];
  const conversation = pair(here, a, b1);
  expect(a.call('contact.list', {})[0]?.validity).toBe('unvalidated');
  expect(active(a, conversation)).toHaveLength(1);
  here.clock.advance(MINUTE);
  const words = a.call('contact.words', { conversation }).words;
  for (const [i, joining] of [b2, b3].entries()) {
    link(here, b1, joining);
    knowsContact(here, joining);
    expect(here.clock.runUntil(() => active(a, conversation).length === i + 2, HOUR)).toBe(true);
    joining.call('send', { conversation, text: `from ${joining.name}` });
    expect(here.clock.runUntil(() => texts(a, conversation).includes(`from ${joining.name}`), HOUR)).toBe(true);
  }
  expect(a.call('contact.list', {})).toHaveLength(1);
  expect(a.call('contact.words', { conversation }).words).toEqual(words);
  expect(fromHex(conversation)).toHaveLength(16);
});
