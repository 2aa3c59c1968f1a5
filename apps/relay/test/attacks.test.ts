// What somebody does who knows the protocol and nothing else.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { encode } from '@kith/core/codec';
import { BUCKETS, HOUR_MS, relayRequestCodec, relayRequestFrame, type RelayRequest } from '@kith/core/ports';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { atEnd, freshCell, freshFolder, freshRelay, hourPut, lines, until } from './helpers.ts';
import { spawnRelay } from './process.ts';

const dial = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => undefined);
    atEnd(() => socket.destroy());
  });
const upgradeOf = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    'host: x',
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n');

test.each([
  ['an address where there is none', '/nowhere', {}],
  ['one over its limit', '/v1/live', { connectionsPerAddress: 0 }],
])(
  'who asks for a WebSocket and is gone before the answer stops no relay: %s',
  { timeout: 20_000 },
  async (_, path, limits) => {
    const config = join(freshFolder(), 'config.json');
    writeFileSync(config, JSON.stringify({ limits }));
    const relay = await spawnRelay(['--port', '0', '--data', freshFolder(), '--config', config]);
    for (let i = 0; i < 20; i++) {
      const socket = await dial(relay.port);
      await new Promise<void>((resolve) => socket.write(upgradeOf(path), () => resolve()));
      socket.resetAndDestroy();
    }
    const answered = async (): Promise<boolean> => (await fetch(`${relay.url}/healthz`)).ok;
    expect(await Promise.race([relay.ended, answered()])).toBe(true);
    // Those that were refused and stay do not keep their sockets either.
    const staying = await dial(relay.port);
    const ended = new Promise((resolve) => staying.once('close', resolve));
    staying.resume().write(upgradeOf(path));
    await ended;
    await until(answered);
  },
);

/** Addresses of as many /64 as a household has, or who has asked for more. */
const household = (i: number): string => `2001:db8:1:${(0x200 + i).toString(16)}::1`;
const wide = (i: number): string => `2001:db8:2:${(i * 0x100).toString(16)}::1`;

test.each([
  ['a /56', household, 4],
  ['a /48', wide, 16],
])(
  'class 30: whoever has %s does not have all of its addresses times the limits',
  { timeout: 20_000 },
  async (_, addressOf, times) => {
    const relay = await freshRelay({
      behindProxy: true,
      limits: { cells: { perMinute: 1, burst: 2 }, connections: 200, connectionsPerAddress: 2 },
    });
    const put = (address: string): Promise<number> =>
      fetch(`${relay.url}/v1/cells`, {
        method: 'POST',
        headers: { 'content-type': 'application/cbor', 'x-forwarded-for': address },
        body: Uint8Array.from(encode(relayRequestCodec, { type: 'put', cells: [hourPut(freshCell())] })),
      }).then(({ status }) => status);
    const listen = (address: string): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/v1/live`, {
          headers: { 'x-forwarded-for': address },
        });
        atEnd(() => socket.terminate());
        socket.once('open', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
    let puts = 0;
    let listeners = 0;
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 2; j++) {
        if ((await put(addressOf(i))) === 200) puts++;
        if (await listen(addressOf(i))) listeners++;
      }
    }
    expect([puts, listeners]).toEqual([2 * times, 2 * times]);
    expect([await put('2001:db8:3::1'), await listen('2001:db8:3::1')]).toEqual([200, true]);
  },
);

const readFileIfText = (path: string): string => (statSync(path).isFile() ? readFileSync(path, 'latin1') : '');
const residentMiB = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
const write = (socket: Socket, text: string): Promise<void> => new Promise((done) => socket.write(text, () => done()));
const headOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString().split('\r\n', 1)[0] ?? '')));
const POST = 'POST /v1/cells HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\n';

test('a body that comes in pieces of a byte takes no more memory than its bytes', { timeout: 20_000 }, async () => {
  const relay = await spawnRelay(['--port', '0', '--data', freshFolder()]);
  const before = residentMiB(relay.child.pid);
  for (let i = 0; i < 2; i++) {
    const socket = await dial(relay.port);
    await write(socket, `${POST}transfer-encoding: chunked\r\n\r\n`);
    for (let j = 0; j < 50; j++) await write(socket, '1\r\nA\r\n'.repeat(10_000));
    // One byte more than there may be: it is answered once all the others were taken.
    const answer = headOf(socket);
    await write(socket, `7d00\r\n${'A'.repeat(0x7d00)}\r\n`);
    expect(await answer).toContain('413');
  }
  expect(residentMiB(relay.child.pid) - before).toBeLessThan(96);
});

test('what one address sends and does not end takes a share of the memory, no more', async () => {
  const relay = await freshRelay({ limits: { unreadBytes: 1 << 20, loopbackFactor: 1 } });
  const begin = async (): Promise<Socket> => {
    const socket = await dial(relay.port);
    await write(socket, `${POST}content-length: 500000\r\n\r\n`);
    return socket;
  };
  const [first] = [await begin(), await begin()];
  const third = await begin();
  expect(await headOf(third)).toContain('429');
  first?.destroy();
  await until(async () => {
    const socket = await begin();
    const answer = headOf(socket);
    await write(socket, 'A'.repeat(500_000));
    return /400/.test(await answer);
  });
});

test('who is over the limit of requests is told so before a body is read, whatever is asked for', async () => {
  const relay = await freshRelay({ limits: { requests: { perMinute: 1, burst: 2 }, loopbackFactor: 1 } });
  const asked = [];
  for (const path of ['/openapi.json', '/v1/nowhere', '/nowhere', '/openapi.json'])
    asked.push((await fetch(relay.url + path)).status);
  expect(asked).toEqual([200, 404, 429, 429]);
  expect((await fetch(`${relay.url}/v1/cells`, { method: 'OPTIONS' })).status).toBe(429);
  const socket = await dial(relay.port);
  await write(socket, `${POST}content-length: 1000\r\n\r\n`);
  expect(await headOf(socket)).toContain('429');
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
});

/** A relay that holds one whole block, and what asks for it. */
const withBlock = async (options: Parameters<typeof freshRelay>[0]) => {
  const relay = await freshRelay(options);
  const hour = Math.floor(Date.now() / HOUR_MS);
  const cells = Array.from({ length: 64 }, () => hourPut(freshCell()));
  const body = Uint8Array.from(encode(relayRequestCodec, { type: 'put', cells }));
  const put = { method: 'POST', headers: { 'content-type': 'application/cbor' }, body };
  expect((await fetch(`${relay.url}/v1/cells`, put)).status).toBe(200);
  const bucket = { kind: BUCKETS.hour, period: hour, bits: 0, prefix: new Uint8Array() };
  const ask: RelayRequest = { type: 'fetch', bucket, block: 0 };
  const metric = async (name: string): Promise<number> => {
    const answer = await fetch(`${relay.url}/metrics`);
    expect(answer.status).toBe(200);
    const lines = (await answer.text()).split('\n');
    return Number(lines.find((line) => line.startsWith(`kith_relay_${name} `))?.split(' ')[1] ?? 0);
  };
  return { relay, ask, metric, get: `GET /v1/buckets/hour/${hour}/0/-/0 HTTP/1.1\r\nhost: localhost\r\n\r\n` };
};
/** A WebSocket that reads nothing. */
const deafOne = async (url: string): Promise<WebSocket> => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/live`);
  atEnd(() => socket.terminate());
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('open', resolve));
  (socket as unknown as { readonly _socket: Socket })._socket.pause();
  return socket;
};

test('who asks for more and more over one connection and reads nothing is left with a few answers', async () => {
  const { relay, get, metric } = await withBlock({});
  const socket = await dial(relay.port);
  socket.pause();
  await write(socket, get.repeat(200));
  let got = 0;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await until(async () => (await metric('requests_total{type="fetch"}')) > 0);
  socket.on('data', (chunk: Buffer) => (got += chunk.length)).resume();
  await closed;
  expect(got).toBeLessThan(8 * 64 * 4096);
});

test('an answer that nobody reads is kept for a time, not for good', async () => {
  const webRoot = freshFolder();
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html>');
  // More than the system takes off a relay's hands by itself.
  writeFileSync(join(webRoot, 'large.wasm'), new Uint8Array(32 << 20));
  const relay = await freshRelay({ webRoot, idleMs: 300, limits: { connections: 1 } });
  for (let i = 0; i < 2; i++) {
    const deaf = await dial(relay.port);
    deaf.pause();
    await write(deaf, 'GET /large.wasm HTTP/1.1\r\nhost: localhost\r\n\r\n');
  }
  // These two are all the connections there may be.
  const answers = (): Promise<boolean> =>
    fetch(`${relay.url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  expect(await answers()).toBe(false);
  await until(answers);
});

test('what one address leaves unread over WebSockets has a limit, and a reader that stays deaf is sent away', async () => {
  const { relay, ask, metric } = await withBlock({
    pingMs: 500,
    limits: { unreadBytes: 10_486, loopbackFactor: 100 },
  });
  const deaf = await deafOne(relay.url);
  // What it says shows that it is there.
  const talk = (): void => deaf.send(encode(relayRequestFrame, { number: 1, body: ask }));
  const talking = setInterval(talk, 10);
  atEnd(() => clearInterval(talking));
  await until(async () => (await metric('refused_total{code="limited"}')) > 0);
  expect(await metric('slow_readers_total')).toBe(0);
  await until(async () => (await metric('connections')) === 0);
  expect(await metric('slow_readers_total')).toBe(0);
});

test(
  'the folder of a relay is held by the system, not by the number of a process that may be anybody',
  { timeout: 20_000 },
  async () => {
    const data = freshFolder();
    const first = await spawnRelay(['--port', '0', '--data', data]);
    await expect(spawnRelay(['--port', '0', '--data', data])).rejects.toThrow('Another relay');
    first.child.kill('SIGKILL');
    await first.ended;
    // As after a loss of power, when the number has gone to somebody else.
    for (const name of readdirSync(data))
      if (/^\d+$/.test(readFileIfText(join(data, name)))) writeFileSync(join(data, name), '1');
    await spawnRelay(['--port', '0', '--data', data]);
  },
);

test('a frame in very many pieces is none', async () => {
  const { relay } = await withBlock({});
  const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/v1/live`);
  atEnd(() => socket.terminate());
  await new Promise((resolve) => socket.once('open', resolve));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  for (let i = 0; i < 400; i++) socket.send(Uint8Array.of(1), { fin: false });
  expect(await closed).toBe(1008);
});

test.each([
  ['a proxy that it was not told of', { 'x-forwarded-for': '203.0.113.9' }],
  ['one that says so in another way', { forwarded: 'for=203.0.113.9' }],
  ["a page of somebody's, in a browser of this machine", { origin: 'https://evil.example' }],
  ['a name that was made to lead to this machine', { host: 'evil.example:4680' }],
])('the machine of a relay is not who speaks through it: %s', async (_, headers) => {
  const relay = await freshRelay({ limits: { requests: { perMinute: 1, burst: 3 } } });
  const ask = async (path: string, more: Readonly<Record<string, string>>): Promise<string> => {
    const socket = await dial(relay.port);
    const lines = Object.entries({ host: `localhost:${relay.port}`, ...more }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const answer = headOf(socket);
    await write(socket, `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    return (await answer).split(' ')[1] ?? '';
  };
  expect(await ask('/metrics', {})).toBe('200');
  expect(await ask('/metrics', { origin: `http://127.0.0.1:${relay.port}` })).toBe('200');
  expect(await ask('/metrics', headers)).toBe('404');
  for (let i = 0; i < 2; i++) expect(await ask('/v1/info', headers)).toBe('200');
  expect(await ask('/v1/info', headers)).toBe('429');
  expect(await ask('/v1/info', {})).toBe('200');
});

test('a relay says once that a proxy stands in front of it that nobody named', async () => {
  const logger = lines();
  const relay = await freshRelay({ logger });
  const named = await freshRelay({ logger, behindProxy: true });
  for (const { url } of [relay, named, relay, named])
    await fetch(`${url}/v1/info`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  const said = logger.logged.filter((line) => line.includes('"warn"'));
  expect(said).toEqual(['{"level":"warn","event":"proxy","hint":"--behind-proxy"}']);
});
