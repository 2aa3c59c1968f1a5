// Who holds what, and what it opens.
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import type { Crypto } from '@kith/core/crypto';
import { startKith, type StartKith } from '@kith/core/client';
import { cellSlots, cellTag } from '@kith/core/mailbox';
import { loadSession, openSlots } from '@kith/core/session';
import { expect, test } from 'vitest';
import { copyOf, plainDisk, Replay, rowsOf } from './support/attacker.ts';
import { cellsAt } from './support/relay-cells.ts';
import { Scanner } from './support/canaries.ts';
import {
  freshFolder,
  freshPerson,
  freshRelay,
  introduce,
  textsOf,
  until,
  wholeLog,
  type Person,
} from './support/engines.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const send = ({ kith }: Person, conversation: string, text: string): Promise<{ readonly event: string }> =>
  kith.call('send', { conversation, text });
const reads = (person: Person, conversation: string, text: string): Promise<void> =>
  until(`${text} is read`, [person], async () =>
    textsOf(await wholeLog(person.kith, conversation), false).includes(text),
  );

test('S0.12 S0.18 fresh homes share no id, one that began without a net goes on by itself, and the relay holds no id', async () => {
  const data = freshFolder();
  const gone = await freshRelay();
  const { port } = gone;
  await gone.close();
  const bob = await freshPerson(gone.url);
  expect((await bob.kith.call('status', {})).created).toBe(true);
  const relay = await freshRelay({ data, port });
  const alice = await freshPerson(relay.url);
  await until(
    'bob is online by himself',
    [bob],
    async () => (await bob.kith.call('status', {})).connection === 'online',
  );
  const conversation = await introduce(alice, bob);
  const sent = await send(alice, conversation, 'one');
  await reads(bob, conversation, 'one');
  const ids = await Promise.all(
    [alice, bob].map(async ({ kith }) => [
      (await kith.call('status', {})).device,
      ...(await kith.call('device.list', {})).map(({ device }) => device),
    ]),
  );
  expect(ids[0]?.filter((id) => ids[1]?.includes(id))).toEqual([]);
  const authors = new Set((await wholeLog(alice.kith, conversation)).map(({ author }) => author));
  const named = Object.fromEntries(
    [conversation, sent.event, ...authors, ...ids.flat()].map((id, i) => [`id ${i}`, bytesOf(id)]),
  );
  for (const id of Object.values(named)) expect(id.length).toBeGreaterThanOrEqual(8);
  await relay.close();
  expect(new Scanner(named).folder(data)).toEqual([]);
  // The control: what the relay does hold, a cell's tag, is found in the same folder.
  const again = await freshRelay({ data, port });
  const [cell] = await cellsAt(again.url);
  expect(new Scanner({ tag: cell?.slice(0, 16) ?? '' }).folder(data).length).toBeGreaterThan(0);
});

/** Notes the key and nonce of everything that is sealed; the same pair twice would be a break. */
const watched = (crypto: Crypto): { readonly crypto: Crypto; readonly sealed: Map<string, string> } => {
  const sealed = new Map<string, string>();
  const seal: Crypto['seal'] = (key, nonce, plaintext, associated) => {
    const box = crypto.seal(key, nonce, plaintext, associated);
    const pair = Buffer.concat([key, nonce]).toString('hex');
    const before = sealed.get(pair);
    const now = Buffer.from(box).toString('hex');
    if (before !== undefined && before !== now) throw new Error('a key and nonce were used twice');
    sealed.set(pair, now);
    return box;
  };
  return { crypto: { ...crypto, seal }, sealed };
};

test('S0.19 a copied home opens elsewhere, is noticed, uses no key again, and both copies are heard', async () => {
  const relay = await freshRelay();
  const alice = await freshPerson(relay.url);
  const { crypto, sealed } = watched(await createLibsodium());
  const home = join(freshFolder(), 'home');
  const first = await freshPerson(relay.url, home, { crypto });
  const conversation = await introduce(alice, first);
  await send(first, conversation, 'before the copy');
  await reads(alice, conversation, 'before the copy');
  await first.stop();
  const copy = copyOf(home);
  const original = await freshPerson(relay.url, home, { crypto });
  for (let i = 0; i < 5; i++) await send(original, conversation, `original ${i}`);
  await reads(alice, conversation, 'original 4');
  await original.stop();

  const before = rowsOf(copy).get('meta');
  const restored = await freshPerson(relay.url, copy, { crypto });
  expect(textsOf(await wholeLog(restored.kith, conversation), true)).toContain('before the copy');
  for (let i = 0; i < 5; i++) await send(restored, conversation, `copy ${i}`);
  await reads(alice, conversation, 'copy 4');
  await send(alice, conversation, 'to the copy');
  await reads(restored, conversation, 'to the copy');
  expect(before).toBeDefined();
  expect(sealed.size).toBeGreaterThan(20);
  const lines = await wholeLog(alice.kith, conversation);
  const heard = textsOf(lines, false);
  expect(heard.toSorted()).toEqual(
    ['before the copy', ...[0, 1, 2, 3, 4].flatMap((i) => [`copy ${i}`, `original ${i}`])].toSorted(),
  );
});

/** All opened: what a session of the store makes of recorded cells. */
const openedBy = (
  rows: ReturnType<typeof rowsOf>,
  crypto: Crypto,
  cells: readonly Uint8Array[],
  now: number,
): number => {
  const byPeer = new Map<string, { key: Uint8Array; value: Uint8Array }[]>();
  for (const { key, value } of rows.get('session') ?? []) {
    const peer = Buffer.from(key.subarray(0, 24)).toString('hex');
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), { key: key.slice(24), value }]);
  }
  let opened = 0;
  for (const peerRows of byPeer.values()) {
    for (const cell of cells) {
      // Read anew each time: opening moves a session on.
      const session = loadSession(peerRows);
      if (session === undefined) throw new Error('a session did not read');
      if (openSlots(session, crypto, cellSlots(cell), cellTag(cell), now).type === 'opened') opened++;
    }
  }
  return opened;
};

test('S1.9 with every secret of A to C nothing of A to B opens, and the two share nothing', async () => {
  const relay = await freshRelay();
  const crypto = await createLibsodium();
  const alice = await freshPerson(relay.url);
  const bob = await freshPerson(relay.url);
  const carol = await freshPerson(relay.url);
  const withBob = await introduce(alice, bob);
  const withCarol = await introduce(alice, carol, ['Alice', 'Carol']);
  const idOfCarols = bytesOf(withCarol);
  await send(alice, withCarol, 'for Carol');
  await reads(carol, withCarol, 'for Carol');
  await bob.stop();
  const bobBefore = rowsOf(bob.home);
  const carolHome = copyOf(carol.home);
  const seen = new Set((await cellsAt(relay.url)).map((cell) => Buffer.from(cell).toString('latin1')));
  for (let i = 0; i < 5; i++) await send(alice, withBob, `for Bob ${i}`);
  await until('a relay took all', [alice], async () =>
    (await wholeLog(alice.kith, withBob)).every(({ state }) => state !== 'waiting'),
  );
  const cells = (await cellsAt(relay.url)).filter((cell) => !seen.has(Buffer.from(cell).toString('latin1')));
  expect(cells.length).toBeGreaterThanOrEqual(5);
  expect(openedBy(bobBefore, crypto, cells, Date.now())).toBeGreaterThanOrEqual(5);

  // Carol's whole store, and of Alice's all that belongs to Carol.
  const alices = rowsOf(alice.home);
  const isCarols = ({ key }: { readonly key: Uint8Array }): boolean =>
    Buffer.from(key).includes(Buffer.from(idOfCarols));
  const alicesOfCarol: ReturnType<typeof rowsOf> = new Map(
    [...alices].map(([table, rows]) => [table, rows.filter(isCarols)]),
  );
  expect(alicesOfCarol.get('session')?.length).toBeGreaterThan(0);
  for (const rows of [rowsOf(carolHome), alicesOfCarol]) expect(openedBy(rows, crypto, cells, Date.now())).toBe(0);
  const replay = new Replay();
  const spy = await freshPerson(relay.url, carolHome, { transport: replay });
  replay.push(relay.url, cells);
  await spy.kith.call('status', {});
  expect((await wholeLog(spy.kith, withCarol)).map(({ text }) => text)).not.toContain('for Bob 0');

  // No sixteen bytes of keys stand in both: sessions, devices, segments, inboxes.
  const windows = (rows: ReturnType<typeof rowsOf>, id: string): Set<string> => {
    const found = new Set<string>();
    for (const table of ['session', 'hello', 'conversation', 'segment', 'inbox', 'certificate'] as const) {
      for (const row of rows.get(table) ?? []) {
        if (!Buffer.from(row.key).includes(Buffer.from(bytesOf(id)))) continue;
        const value = Buffer.from(row.value).toString('latin1');
        for (let at = 0; at + 16 <= value.length; at++) found.add(value.slice(at, at + 16));
      }
    }
    return found;
  };
  const random = (window: string): boolean => new Set(window).size > 11 && !/[\x20-\x7e]{8}/.test(window);
  const [toBob, toCarol, ofCarol] = [
    windows(alices, withBob),
    windows(alices, withCarol),
    windows(rowsOf(carolHome), withCarol),
  ];
  const shared = (one: Set<string>, other: Set<string>): readonly string[] =>
    [...one].filter((window) => random(window) && other.has(window));
  expect(shared(toCarol, ofCarol).length).toBeGreaterThan(0);
  expect(shared(toBob, toCarol).map((window) => Buffer.from(window, 'latin1').toString('hex'))).toEqual([]);
});

test('S4.13 S4.29 half is deleted; an hour later the disk with its key opens none of it, from the disk or from all that was recorded', async () => {
  const relay = await freshRelay();
  const crypto = await createLibsodium();
  let offset = 0;
  const later: StartKith = (parts) =>
    startKith({ ...parts, clock: { now: () => Date.now() + offset, after: parts.clock.after } });
  const alice = await freshPerson(relay.url, undefined, { startKith: later });
  const bob = await freshPerson(relay.url, undefined, { startKith: later });
  const conversation = await introduce(alice, bob);
  const texts = Array.from({ length: 20 }, (_, i) => `canary ${i} ${randomBytes(9).toString('hex')}`);
  // The control: a disk taken before, which has to open what comes.
  await bob.stop();
  const before = rowsOf(bob.home);
  for (const text of texts.slice(0, 10)) await send(alice, conversation, text);
  await until('a relay took all', [alice], async () =>
    (await wholeLog(alice.kith, conversation)).every(({ state }) => state !== 'waiting'),
  );
  const again = await freshPerson(relay.url, bob.home, { startKith: later });
  for (const text of texts.slice(10)) await send(again, conversation, text);
  await reads(again, conversation, texts[9] ?? '');
  await reads(alice, conversation, texts[19] ?? '');
  const cells = await cellsAt(relay.url);
  expect(openedBy(before, crypto, cells, Date.now())).toBeGreaterThan(0);
  const isDeleted = (text: string): boolean => texts.indexOf(text) % 2 === 0;
  for (const line of await wholeLog(alice.kith, conversation)) {
    if (line.text !== null && isDeleted(line.text))
      await alice.kith.call('delete', { conversation, event: line.event });
  }
  offset += 3_600_000;
  await alice.kith.call('status', {});
  await alice.stop();

  const disk = plainDisk(alice.home);
  for (const text of texts) expect(disk.includes(text), text).toBe(!isDeleted(text));
  const rows = rowsOf(alice.home);
  expect(openedBy(rows, crypto, cells, Date.now() + offset)).toBe(0);
  const replay = new Replay();
  const thief = await freshPerson(relay.url, copyOf(alice.home), { transport: replay, startKith: later });
  replay.push(relay.url, cells);
  await thief.kith.call('status', {});
  const shown = (await wholeLog(thief.kith, conversation)).flatMap(({ text }) => (text === null ? [] : [text]));
  expect(shown.toSorted()).toEqual(texts.filter((text) => !isDeleted(text)).toSorted());
});
