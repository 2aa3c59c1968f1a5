// What a relay is told, as a list: everything that passes between clients and a relay is on it, and nothing tells who it is.
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { decode, encode } from '@kith/core/codec';
import { CELL_BYTES, relayRequestFrame, relayResponseFrame, type RelayRequest } from '@kith/core/ports';
import { person, steps } from '../apps/web/test/support.ts';
import { freshFolder, freshPerson, freshRelay, introduce, until, wholeLog, type Person } from './support/engines.ts';
import { recordingProxy, type Recorded } from './support/proxy.ts';
import { buildApps, meet, webRoot } from './support/screens.ts';
import { readTraffic, type Head } from './support/traffic.ts';

beforeAll(buildApps);

/** Every field of a request, with how long its bytes may be. Numbers say which bucket, how many, until when. */
const TOLD: Readonly<Record<string, readonly number[] | 'number'>> = {
  'put.cells.cell': [CELL_BYTES],
  'put.cells.bucket': 'number',
  'put.cells.live': 'number',
  'fetch.bucket.kind': 'number',
  'fetch.bucket.period': 'number',
  'fetch.bucket.bits': 'number',
  'fetch.bucket.prefix': [0, 1, 2, 3],
  'fetch.block': 'number',
  'listen.channels.bits': 'number',
  'listen.channels.prefix': [0, 1, 2, 3],
  'offerPut.place': [32],
  'offerPut.owner': [32],
  'offerPut.token': [32],
  'offerPut.single': 'number',
  'offerPut.offered': 'number',
  'offerPut.expires': 'number',
  'offerPut.sealed': [1, 2, 3, 4].map((units) => units * CELL_BYTES),
  'offerGet.place': [32],
  'offerDelete.place': [32],
  'offerDelete.token': [32],
  'claimPut.place': [32],
  'claimPut.id': [16],
  'claimPut.sealed': [1, 2, 3, 4].map((units) => units * CELL_BYTES),
  'claimsGet.place': [32],
  'claimsGet.token': [32],
  'claimsDelete.place': [32],
  'claimsDelete.token': [32],
  'claimsDelete.ids': [16],
};
/** Who made an invitation asks again who came to it. */
const OF_INVITATIONS = ['claimsGet.place', 'claimsGet.token'];

interface Field {
  readonly path: string;
  readonly value: number | boolean | null | Uint8Array;
}
const fieldsOf = (path: string, value: unknown): readonly Field[] => {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => fieldsOf(path, one));
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value instanceof Uint8Array)
    return [{ path, value }];
  if (typeof value !== 'object') throw new Error(`${path} is a ${typeof value}`);
  return Object.entries(value).flatMap(([name, one]) => (name === 'type' ? [] : fieldsOf(`${path}.${name}`, one)));
};
const isTold = ({ path, value }: Field): boolean => {
  const lengths = TOLD[path];
  if (value instanceof Uint8Array) return Array.isArray(lengths) && lengths.includes(value.length);
  return lengths === 'number' || (value === null && path === 'offerPut.token');
};

/** What a client asked on one connection. Throws for anything that is not a request of the wire, in its only form. */
const requestsOf = ({ up }: Recorded): readonly RelayRequest[] =>
  readTraffic(up).messages.map((message) => {
    const frame = decode(relayRequestFrame, message);
    if (frame === undefined) throw new Error('a message that is no request');
    expect(Buffer.from(encode(relayRequestFrame, frame)).equals(message)).toBe(true);
    return frame.body;
  });
const toldOn = (connection: Recorded): readonly Field[] =>
  requestsOf(connection).flatMap((request) => fieldsOf(request.type, request));

/** Texts of all lengths, so that lengths would show. */
const say = async (from: Person, conversation: string): Promise<void> => {
  for (const text of ['a', 'word '.repeat(40), 'page '.repeat(1500)])
    await from.kith.call('send', { conversation, text });
};
const texts = async (of: Person, conversation: string): Promise<number> =>
  (await wholeLog(of.kith, conversation)).filter(({ kind }) => kind === 'text').length;

test('what a relay is told is on a list, from two people who meet, write, leave and come back; nothing of it says who comes back', async () => {
  const proxy = await recordingProxy();
  const relay = await freshRelay({ publicUrl: proxy.url });
  proxy.target = relay.port;
  const homes = [join(freshFolder(), 'alice'), join(freshFolder(), 'bob')] as const;
  let alice = await freshPerson(proxy.url, homes[0]);
  let bob = await freshPerson(proxy.url, homes[1]);
  const conversation = await introduce(alice, bob);
  await say(alice, conversation);
  await say(bob, conversation);
  await until('all is there', [alice, bob], async () =>
    (await Promise.all([texts(alice, conversation), texts(bob, conversation)])).every((count) => count === 6),
  );
  await alice.stop();
  await bob.stop();
  // One after the other, so that each connection is somebody's.
  const visits: (readonly Recorded[])[] = [];
  const comes = async (who: 'alice' | 'bob', home: string, expected: number): Promise<void> => {
    const before = proxy.connections().length;
    const one = await freshPerson(proxy.url, home);
    if (who === 'alice') alice = one;
    else bob = one;
    await until(`${who} has all`, [one], async () => (await texts(one, conversation)) === expected);
    await say(one, conversation);
    await until(`what ${who} says is taken`, [one], async () =>
      (await wholeLog(one.kith, conversation)).every(({ state }) => state !== 'waiting'),
    );
    await one.stop();
    visits.push(proxy.connections().slice(before));
  };
  await comes('alice', homes[0], 6);
  await comes('bob', homes[1], 9);
  await comes('alice', homes[0], 12);
  await comes('bob', homes[1], 15);

  const all = proxy.connections().flatMap(toldOn);
  expect(all.filter((field) => !isTold(field)).map(({ path }) => path)).toEqual([]);
  // The list is looked at, not only passed by.
  expect(new Set(all.map(({ path }) => path)).size).toBeGreaterThan(15);
  expect(all.filter(({ path }) => path === 'put.cells.cell').length).toBeGreaterThan(30);
  for (const { up, down } of proxy.connections()) {
    expect(readTraffic(up).other).toEqual([]);
    for (const message of readTraffic(down).messages) {
      const frame = decode(relayResponseFrame, message);
      expect(frame).toBeDefined();
      if (frame !== undefined) expect(Buffer.from(encode(relayResponseFrame, frame)).equals(message)).toBe(true);
    }
  }
  // Of more than three bytes only what leads to their own invitations is said again on another visit (security.md names it).
  const saidOn = visits.map((connections) => {
    const said = connections
      .flatMap(toldOn)
      .flatMap(({ path, value }) => (value instanceof Uint8Array ? [{ path, value }] : []));
    return new Map(
      said.flatMap(({ path, value }) => (value.length > 3 ? [[Buffer.from(value).toString('base64'), path]] : [])),
    );
  });
  for (const said of saidOn)
    expect([...said.values()].filter((path) => path === 'put.cells.cell').length).toBeGreaterThan(2);
  const again = saidOn.flatMap((said, i) =>
    saidOn.slice(i + 1).flatMap((later) => [...said].flatMap(([value, path]) => (later.has(value) ? [path] : []))),
  );
  expect(new Set(again)).toEqual(new Set(OF_INVITATIONS));
  // What opens a connection is the same from everybody, but for the key that the protocol draws each time.
  const heads = visits.flat().flatMap(({ up }) => readTraffic(up).heads);
  expect(heads.length).toBeGreaterThanOrEqual(4);
  const openings = heads.map(({ line, headers }) => [
    line,
    ...[...headers].map(([name, value]) => (name === 'sec-websocket-key' ? name : `${name}: ${value}`)),
  ]);
  for (const opening of openings) expect(opening).toEqual(openings[0]);
  expect(openings[0]?.map((part) => part.split(':')[0]).toSorted()).toEqual([
    'GET /v1/live HTTP/1.1',
    'connection',
    'host',
    'sec-websocket-key',
    'sec-websocket-version',
    'upgrade',
  ]);
}, 120_000);

/** What a browser says by itself, the same for each site it opens. */
const OF_BROWSERS =
  /^(host|connection|pragma|cache-control|user-agent|accept|accept-encoding|accept-language|origin|upgrade|sec-.*|upgrade-insecure-requests|if-none-match|if-modified-since|service-worker|priority|dnt|referer)$/;

test('a browser tells a relay the same list, no more names of files than the release has, no cookie and no page it came from', async () => {
  const proxy = await recordingProxy();
  const relay = await freshRelay({ publicUrl: proxy.url, webRoot });
  proxy.target = relay.port;
  const [alice, bob] = [await person(), await person()];
  onTestFinished(async () => {
    await alice.close();
    await bob.close();
  });
  await meet(alice.page, bob.page, proxy.url);
  await steps(alice.page).write('a');
  await steps(bob.page).reads('a');
  await bob.page.reload();
  await steps(bob.page).reads('a');

  const all = proxy.connections().flatMap(toldOn);
  expect(all.filter((field) => !isTold(field)).map(({ path }) => path)).toEqual([]);
  expect(all.filter(({ path }) => path === 'put.cells.cell').length).toBeGreaterThan(3);
  const heads: readonly Head[] = proxy.connections().flatMap(({ up }) => readTraffic(up).heads);
  expect(heads.length).toBeGreaterThan(10);
  for (const { line, headers } of heads) {
    expect(line).toMatch(/^GET \/([a-z0-9._/-]*) HTTP\/1\.1$/i);
    for (const name of headers.keys()) expect(name).toMatch(OF_BROWSERS);
    expect(headers.get('referer') ?? proxy.url).toContain(proxy.url);
    expect(headers.get('referer') ?? '').not.toMatch(/[?#]/);
  }
}, 120_000);
