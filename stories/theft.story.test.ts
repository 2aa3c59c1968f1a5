// Somebody takes a running device an hour after things were deleted on it: its memory, what its daemon answers, its disk, and all
// that a relay ever held of its traffic.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import type { Crypto } from '@kith/core/crypto';
import { cellSlots, cellTag, openCell } from '@kith/core/mailbox';
import { loadSession, openSlots } from '@kith/core/session';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectSocket, type Remote } from '../apps/cli/src/jsonrpc/remote.ts';
import { build, pair, Stage, type Home, type Running } from '../apps/cli/test/support/processes.ts';
import { plainDisk, rowsOf } from './support/attacker.ts';
import { cellsAt } from './support/relay-cells.ts';
import { Scanner } from './support/canaries.ts';
import { fakeTimeLibrary } from './support/fake-time.ts';

vi.setConfig({ testTimeout: 240_000 });
const stage = new Stage();
beforeAll(build, 60_000);
afterAll(() => stage.close());

const LONG = { timeout: 60_000 };
const FATES = ['kept', 'deleted', 'timed'] as const;

/** What opens recorded cells whose packet says one of these: keys of their bodies, and the chains that gave them. */
const keysTo = (
  rows: ReturnType<typeof rowsOf>,
  crypto: Crypto,
  cells: readonly Uint8Array[],
  texts: readonly string[],
): Readonly<Record<string, Uint8Array>> => {
  const keys: Record<string, Uint8Array> = {};
  const byPeer = new Map<string, { key: Uint8Array; value: Uint8Array }[]>();
  for (const { key, value } of rows.get('session') ?? []) {
    const peer = Buffer.from(key.subarray(0, 24)).toString('hex');
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), { key: key.slice(24), value }]);
  }
  for (const [peer, peerRows] of byPeer) {
    for (const cell of cells) {
      const session = loadSession(peerRows);
      if (session === undefined) throw new Error('a session did not read');
      const chains = session.generations.map(({ id, receive }) => ({ id, key: receive.key.expose().slice() }));
      const opened = openSlots(session, crypto, cellSlots(cell), cellTag(cell), Date.now());
      if (opened.type !== 'opened') continue;
      const body = opened.bodyKey.expose().slice();
      const packet = openCell(crypto, cell, body);
      if (packet === undefined || !texts.some((text) => Buffer.from(packet).includes(text))) continue;
      keys[`body ${Buffer.from(cellTag(cell)).toString('hex')}`] = body;
      // Of the generation that opened it: what one chain of keys gives, another does not.
      for (const { id, key } of chains)
        if (Buffer.from(id).equals(opened.generation)) keys[`chain ${peer} ${Buffer.from(id).toString('hex')}`] = key;
    }
  }
  return keys;
};

test('S4.13 an hour later socket and disk of a running daemon give nothing that was deleted, and its memory no key of a message', async (context) => {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/faketime')) {
    console.warn('skipped: needs root and the Debian package faketime (stories/theft.story.test.ts)');
    context.skip();
    return;
  }
  const library = fakeTimeLibrary();
  const hands = join(stage.folder, 'clock');
  writeFileSync(hands, '+0');
  const how = {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: hands,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
  };
  const relay = stage.start(['serve', '--port', '0', '--data', join(stage.folder, 'relay'), '--json'], how);
  const url = String((await relay.line((line) => line['ready'] === true))['url']);
  const { alice, bob, conversation } = await pair(stage, url);
  // The control: disks from before, which open what comes.
  const before = [alice, bob].map(({ folder }) => rowsOf(folder));
  const online = async (home: Home): Promise<{ readonly running: Running; readonly owner: Remote }> => {
    const running = home.start(['daemon'], how);
    const ready = await running.line((line) => line['ready'] === true);
    const owner = await connectSocket(String(ready['socket']));
    if (owner === undefined) throw new Error('nobody listens');
    return { running, owner };
  };
  const [hers, his] = [await online(alice), await online(bob)];
  const pid = hers.running.child.pid ?? 0;
  const textsAt = async ({ call }: Pick<Remote, 'call'>): Promise<readonly string[]> =>
    (await call('log', { conversation, limit: 500 })).flatMap(({ kind, text }) =>
      kind === 'text' && text !== null ? [text] : [],
    );
  const [her, him] = [hers, his].map(({ owner }) => ({ call: owner.call.bind(owner) })) as [
    Pick<Remote, 'call'>,
    Pick<Remote, 'call'>,
  ];
  const said: Record<string, string> = {};
  for (let i = 0; i < 6; i++) {
    const fate = FATES[i % 3] as (typeof FATES)[number];
    const text = `${fate}${i}${randomBytes(9).toString('hex')}`;
    said[text] = fate;
    const [from, to] = i % 2 === 0 ? [her, him] : [him, her];
    await from.call('send', { conversation, text, ...(fate === 'timed' ? { expiresMs: 300_000 } : {}) });
    // One by one: each goes out by itself, under a key of its own.
    await expect.poll(() => textsAt(to), LONG).toContain(text);
  }
  const gone = Object.keys(said).filter((text) => said[text] !== 'kept');
  const cells = await cellsAt(url);
  const crypto = await createLibsodium();
  const keys = Object.assign({}, ...before.map((rows) => keysTo(rows, crypto, cells, gone))) as Record<
    string,
    Uint8Array
  >;
  expect(Object.keys(keys).filter((name) => name.startsWith('body')).length).toBeGreaterThanOrEqual(gone.length);
  const canaries = new Scanner(Object.fromEntries(gone.map((text) => [text, text])));
  expect(canaries.memory(pid).found).not.toEqual([]);

  for (const { text, event } of await her.call('log', { conversation, limit: 500 }))
    if (said[String(text)] === 'deleted') await her.call('delete', { conversation, event });
  for (const one of [her, him]) await one.call('read', { conversation });
  writeFileSync(hands, '+1h');
  for (const one of [her, him]) await one.call('sync', {});
  await expect.poll(async () => (await textsAt(her)).length, LONG).toBe(2);

  // Memory. What opened a deleted message is wiped; the control is a key that has to be there, that of the open database.
  const isBody = (name: string): boolean => name.startsWith('body');
  const { key } = JSON.parse(readFileSync(join(alice.folder, 'key'), 'utf8')) as { readonly key: string };
  const scanned = new Scanner({ ...keys, control: Buffer.from(key, 'base64url') }).memory(pid);
  expect(scanned.found.some((finding) => finding.startsWith('control'))).toBe(true);
  expect(scanned.found.filter(isBody)).toEqual([]);
  // Copies that the runtime made and has not overwritten yet are counted and not judged (spec, security.md).
  const chains = scanned.found.filter((finding) => finding.startsWith('chain')).length;
  const texts = new Set(canaries.memory(pid).found.map((finding) => finding.split(' ')[0])).size;
  console.log(`left in memory: ${texts} of ${gone.length} deleted texts, ${chains} chain keys from before`);

  // The socket: everything it answers about lines, and an export of all.
  const answers = [
    await her.call('log', { conversation, limit: 500 }),
    await her.call('contact.list', {}),
    await her.call('star.list', {}),
    ...(await Promise.all(Object.keys(said).map((text) => her.call('search', { query: text })))),
  ];
  const file = join(stage.folder, 'all.jsonl');
  await alice.do(['export', file, '--plain'], how);
  for (const { running, owner } of [hers, his]) {
    await owner.close();
    await running.end();
  }
  for (const told of [JSON.stringify(answers), readFileSync(file, 'utf8')])
    for (const [text, fate] of Object.entries(said))
      expect([text, told.includes(text)]).toEqual([text, fate === 'kept']);

  // The disk with its key, and all that was recorded.
  const disk = plainDisk(alice.folder);
  for (const [text, fate] of Object.entries(said)) expect([text, disk.includes(text)]).toEqual([text, fate === 'kept']);
  expect(new Scanner(keys).bytes('pages', disk)).toEqual([]);
  const left = keysTo(rowsOf(alice.folder), crypto, cells, Object.keys(said));
  expect(Object.keys(left)).toEqual([]);
});
