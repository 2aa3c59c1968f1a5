import { connect, type Socket } from 'node:net';
import { decode, encode } from '@kith/core/codec';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { isRelayInfoSigned } from '@kith/core/mailbox';
import {
  BUCKETS,
  CELL_BYTES,
  DAY_MS,
  HOUR_MS,
  relayRequestCodec,
  relayRequestFrame,
  relayResponseCodec,
  relayResponseFrame,
  type RelayRequest,
  type RelayResponse,
} from '@kith/core/ports';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startRelay, type RunningRelay } from '../src/index.ts';
import { atEnd, freshCell, freshRelay, hourPut, until } from './helpers.ts';

let relay: RunningRelay;
beforeAll(async () => {
  relay = await startRelay({ port: 0, host: '127.0.0.1', name: 'Test', publicUrl: 'https://kith.example' });
});
afterAll(() => relay.close());

const post = (path: string, body: Uint8Array | string, type = 'application/cbor', at = relay): Promise<Response> =>
  fetch(at.url + path, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : Uint8Array.from(body),
  });
const putBody = (...cells: readonly Uint8Array[]): Uint8Array =>
  encode(relayRequestCodec, { type: 'put', cells: cells.map(hourPut) });
const readAnswer = async (response: Response): Promise<RelayResponse | undefined> =>
  decode(relayResponseCodec, new Uint8Array(await response.arrayBuffer()));
const problemOf = async (
  response: Response,
): Promise<{ status: number; code: string; retryAfter: number; type: string; title: string }> => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as { status: number; code: string; retryAfter: number; type: string; title: string };
};
const hourNow = (): number => Math.floor(Date.now() / HOUR_MS);

describe('routes', () => {
  test('/healthz, /metrics and /openapi.json answer', async () => {
    expect(await (await fetch(`${relay.url}/healthz`)).json()).toEqual({ status: 'ok' });
    const metrics = await (await fetch(`${relay.url}/metrics`)).text();
    expect(metrics).toMatch(/^kith_relay_connections \d+$/m);
    const open = (await (await fetch(`${relay.url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(open.openapi).toBe('3.1.0');
    expect(Object.keys(open.paths)).toContain('/v1/cells');
  });

  test('/v1/info names version, name, roles, limits, periods, prefix bits and key, and the key signs the date', async () => {
    const response = await fetch(`${relay.url}/v1/info`);
    const info = (await response.json()) as Record<string, unknown>;
    expect(info).toMatchObject({
      version: 1,
      name: 'Test',
      publicUrl: 'https://kith.example',
      roles: ['live', 'mailbox', 'rendezvous'],
      bits: 0,
      liveBits: 10,
      limits: { cellsPerMinute: 12_000, cellBurst: 60_000 },
      periods: { hourKept: HOUR_MS, dayKept: DAY_MS, liveKept: 0 },
    });
    const wire = await readAnswer(await fetch(`${relay.url}/v1/info`, { headers: { accept: 'application/cbor' } }));
    if (wire?.type !== 'info') return expect.unreachable();
    const sodium = await createLibsodium();
    expect(isRelayInfoSigned(sodium, wire.info)).toBe(true);
    expect(isRelayInfoSigned(createNullCrypto(), wire.info)).toBe(false);
  });

  test('a whole block may be cached until it is wiped, a part of one not; both answer a known ETag with 304', async () => {
    const fresh = await freshRelay();
    const path = `/v1/buckets/hour/${hourNow()}/0/-/`;
    const cells = Array.from({ length: 65 }, () => freshCell());
    await post('/v1/cells', putBody(...cells.slice(0, 64)), undefined, fresh);
    await post('/v1/cells', putBody(cells[64] as Uint8Array), undefined, fresh);
    const whole = await fetch(`${fresh.url}${path}0`);
    expect(whole.headers.get('cache-control')).toMatch(/^public, max-age=\d+, immutable$/);
    const maxAge = Number(/max-age=(\d+)/.exec(whole.headers.get('cache-control') ?? '')?.[1]);
    expect(maxAge).toBeGreaterThan(3500);
    expect(maxAge).toBeLessThanOrEqual(7200);
    expect(Buffer.from(await whole.arrayBuffer()).equals(Buffer.concat(cells.slice(0, 64)))).toBe(true);
    const part = await fetch(`${fresh.url}${path}1`);
    expect([part.headers.get('cache-control'), part.headers.get('kith-total')]).toEqual(['no-cache', '65']);
    expect((await part.arrayBuffer()).byteLength).toBe(CELL_BYTES);
    for (const response of [whole, part]) {
      const etag = response.headers.get('etag') ?? '';
      const again = await fetch(response.url, { headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
    }
    await post('/v1/cells', putBody(freshCell()), undefined, fresh);
    expect((await fetch(part.url, { headers: { 'if-none-match': part.headers.get('etag') ?? '' } })).status).toBe(200);
    const range = await fetch(`${fresh.url}${path}0`, {
      headers: { range: `bytes=${2 * CELL_BYTES}-${3 * CELL_BYTES - 1}` },
    });
    expect([range.status, range.headers.get('content-range')]).toEqual([206, `bytes 8192-12287/${64 * CELL_BYTES}`]);
    expect(Buffer.from(await range.arrayBuffer()).equals(Buffer.from(cells[2] as Uint8Array))).toBe(true);
    expect((await fetch(`${fresh.url}${path}0`, { headers: { range: 'bytes=100-200' } })).status).toBe(416);
  });

  test('periods that are over or far ahead are 410, addresses that are none 404', async () => {
    for (const [path, status] of [
      [`hour/${hourNow() - 2}/0/-/0`, 410],
      [`hour/${hourNow() + 2}/0/-/0`, 410],
      [`hour/${hourNow()}/0/-/0`, 200],
      [`day/${Math.floor(Date.now() / DAY_MS) - 1}/0/-/0`, 200],
      [`hour/${hourNow()}/3/e0/0`, 404],
      [`hour/${hourNow()}/0/zz/0`, 404],
      [`year/1/0/-/0`, 404],
      [`hour/99999999999/0/-/0`, 404],
    ] as const) {
      expect([path, (await fetch(`${relay.url}/v1/buckets/${path}`)).status]).toEqual([path, status]);
    }
  });

  test('/v1/* answers any origin without credentials; nothing else does', async () => {
    const origin = { headers: { origin: 'https://other.example' } };
    for (const path of ['/v1/info', '/v1/buckets/nothing', '/v1/nothing']) {
      const response = await fetch(relay.url + path, origin);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    }
    const preflight = await fetch(`${relay.url}/v1/cells`, {
      method: 'OPTIONS',
      headers: { origin: 'https://other.example', 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, POST, OPTIONS',
    ]);
    expect((await fetch(`${relay.url}/healthz`, origin)).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('/metrics answers this machine only: a proxied request is from elsewhere', async () => {
    const proxied = await freshRelay({ behindProxy: true });
    const ask = (address?: string): Promise<Response> =>
      fetch(`${proxied.url}/metrics`, address === undefined ? {} : { headers: { 'x-forwarded-for': address } });
    expect((await ask('203.0.113.5')).status).toBe(404);
    expect((await ask()).status).toBe(404);
    expect((await fetch(`${relay.url}/metrics`)).status).toBe(200);
  });
});

describe('bad input', () => {
  const cases: readonly (readonly [string, Uint8Array | string, string, number, string])[] = [
    ['/v1/cells', '', 'application/cbor', 400, 'malformed'],
    ['/v1/cells', 'hello', 'application/cbor', 400, 'malformed'],
    ['/v1/cells', new Uint8Array(1000).fill(0x9f), 'application/cbor', 400, 'malformed'],
    ['/v1/cells', new Uint8Array(100_000).fill(0x81), 'application/cbor', 400, 'malformed'],
    ['/v1/cells', encode(relayRequestCodec, { type: 'info' }), 'application/cbor', 400, 'malformed'],
    [
      '/v1/cells',
      Uint8Array.of(...encode(relayRequestCodec, { type: 'info' }), 0),
      'application/cbor',
      400,
      'malformed',
    ],
    ['/v1/rendezvous', putBody(freshCell()), 'application/cbor', 400, 'malformed'],
    ['/v1/cells', putBody(freshCell()), 'text/plain', 415, 'media-type'],
    ['/v1/cells', '{"type":"put"}', 'application/json', 400, 'malformed'],
    [
      '/v1/cells',
      '{"type":"put","cells":[{"cell":"AAAA","bucket":1,"live":true}]}',
      'application/json',
      400,
      'malformed',
    ],
    ['/v1/cells', '{"type":"put","cells":null}', 'application/json', 400, 'malformed'],
    ['/v1/cells', '{"type":"__proto__"}', 'application/json', 400, 'malformed'],
    ['/v1/cells', '{"type":"toString","cells":[]}', 'application/json', 400, 'malformed'],
    ['/v1/cells', 'null', 'application/json', 400, 'malformed'],
    ['/v1/cells', '[[[[', 'application/json', 400, 'malformed'],
    ['/v1/cells', new Uint8Array(600 * 1024), 'application/cbor', 413, 'too-large'],
  ];
  test.each(cases)('%s with %.20s as %s is refused with a problem document', async (path, body, type, status, code) => {
    const response = await post(path, body, type);
    const document = await problemOf(response);
    expect([response.status, document.status, document.code]).toEqual([status, status, code]);
    expect(document.type).toBe(`urn:kith:relay:${code}`);
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
  });

  test('other methods and unknown addresses are problem documents too', async () => {
    expect((await problemOf(await fetch(`${relay.url}/v1/cells`))).code).toBe('method');
    expect((await problemOf(await post('/v1/info', ''))).code).toBe('method');
    expect((await problemOf(await fetch(`${relay.url}/v1/nothing`))).code).toBe('not-found');
    expect((await problemOf(await fetch(`${relay.url}/`))).code).toBe('not-found');
    expect((await problemOf(await fetch(`${relay.url}/../../etc/passwd`))).code).toBe('not-found');
  });

  test('HTTP that is none is refused and the relay lives', async () => {
    const raw = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(relay.port, '127.0.0.1', () => socket.write(text));
        let got = '';
        socket.on('data', (chunk) => (got += chunk.toString()));
        socket.on('close', () => resolve(got));
      });
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(9000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    expect(
      await raw('GET /elsewhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    ).toMatch(/^HTTP\/1.1 404 /);
    expect(await raw('GET /v1/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 /,
    );
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
  });

  test.each([
    ['a text', 'hello'],
    ['no bytes', new Uint8Array()],
    ['rubbish', new Uint8Array(5000).fill(0x9b)],
    ['deep nesting', new Uint8Array(100_000).fill(0x81)],
    ['request number 0', encode(relayRequestFrame, { number: 0, body: { type: 'info' } })],
    ['more than a frame may hold', new Uint8Array(400_000)],
  ])('a WebSocket that sends %s is closed', async (_, message) => {
    const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/v1/live`);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send(message);
    expect([1002, 1009]).toContain(await closed);
  });
});

describe('limits', () => {
  const taken = async (response: Response): Promise<number> => {
    const answer = response.status === 200 ? await readAnswer(response) : undefined;
    return answer?.type === 'put' ? answer.results.filter((result) => result === 0).length : 0;
  };

  test('S0.23 601 cells: 600 are taken, then 429 with Retry-After; a reconnect does not help, another address has its own', async () => {
    let now = Date.now();
    const limited = await freshRelay({ behindProxy: true, now: () => now });
    const put = (address: string, count: number): Promise<Response> =>
      fetch(`${limited.url}/v1/cells`, {
        method: 'POST',
        headers: {
          'content-type': 'application/cbor',
          connection: 'close',
          'x-forwarded-for': `198.51.100.1, ${address}`,
        },
        body: Uint8Array.from(putBody(...Array.from({ length: count }, () => freshCell()))),
      });
    let count = 0;
    for (let i = 0; i < 9; i++) count += await taken(await put('203.0.113.7', 64));
    count += await taken(await put('203.0.113.7', 25));
    expect(count).toBe(600);
    const refused = await put('203.0.113.7', 1);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await problemOf(refused)).toMatchObject({ code: 'limited', retryAfter: 500 });
    expect(await taken(await put('203.0.113.8', 1))).toBe(1);
    now += 500;
    expect(await taken(await put('203.0.113.7', 2))).toBe(1);
  });

  test('all addresses of one IPv6 /64 share a limit', async () => {
    const limited = await freshRelay({ behindProxy: true, limits: { cells: { perMinute: 1, burst: 1 } } });
    const put = (address: string): Promise<number> =>
      fetch(`${limited.url}/v1/cells`, {
        method: 'POST',
        headers: { 'content-type': 'application/cbor', 'x-forwarded-for': address },
        body: Uint8Array.from(putBody(freshCell())),
      }).then(({ status }) => status);
    expect(await put('2001:db8:1:2::1')).toBe(200);
    expect(await put('2001:db8:1:2:ffff::2')).toBe(429);
    expect(await put('2001:db8:1:3::1')).toBe(200);
    expect(await put('::ffff:203.0.113.9')).toBe(200);
    expect(await put('203.0.113.9')).toBe(429);
  });

  test('requests, bytes and memory have their caps: 429, 429 and 507, each with Retry-After', async () => {
    const few = await freshRelay({ limits: { requests: { perMinute: 1, burst: 3 }, loopbackFactor: 1 } });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${few.url}/v1/info`)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const thin = await freshRelay({ limits: { bytesOut: { perMinute: 1, burst: 200 }, loopbackFactor: 1 } });
    expect((await fetch(`${thin.url}/v1/info`)).status).toBe(200);
    const dry = await fetch(`${thin.url}/v1/info`);
    expect([dry.status, dry.headers.get('retry-after') !== null]).toEqual([429, true]);
    const small = await freshRelay({ limits: { memoryBytes: 1 } });
    const full = await post('/v1/cells', putBody(freshCell()), undefined, small);
    expect([full.status, full.headers.get('retry-after')]).toEqual([507, '30']);
    expect((await fetch(`${small.url}/v1/info`)).status).toBe(200);
  });

  test('connections have a cap for one address; one that ends makes room', async () => {
    const limited = await freshRelay({ limits: { connectionsPerAddress: 2, loopbackFactor: 1 } });
    const open = (): Promise<WebSocket | number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${limited.url.replace('http', 'ws')}/v1/live`);
        socket.once('open', () => resolve(socket));
        socket.once('unexpected-response', (request, response) => {
          resolve(response.statusCode ?? 0);
          request.destroy();
        });
        socket.on('error', () => undefined);
      });
    const first = await open();
    expect(await open()).toBeInstanceOf(WebSocket);
    expect(await open()).toBe(429);
    (first as WebSocket).close();
    await until(async () => (await open()) instanceof WebSocket);
  });

  test('a full store is 507 with Retry-After, and reading goes on', async () => {
    const full = await freshRelay({ limits: { cellBytes: CELL_BYTES } });
    expect((await post('/v1/cells', putBody(freshCell()), undefined, full)).status).toBe(200);
    const refused = await post('/v1/cells', putBody(freshCell()), undefined, full);
    expect(refused.status).toBe(507);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await fetch(`${full.url}/v1/buckets/hour/${hourNow()}/0/-/0`)).status).toBe(200);
  });
});

describe('slow and rude clients', () => {
  test('a head that does not end is cut off in time, and others are served meanwhile', async () => {
    const patient = await freshRelay({ headersMs: 500 });
    const slow: Socket = connect(patient.port, '127.0.0.1');
    atEnd(() => slow.destroy());
    slow.on('error', () => undefined);
    const closed = new Promise((resolve) => slow.once('close', resolve));
    const drip = setInterval(() => slow.write('x'), 50);
    atEnd(() => clearInterval(drip));
    slow.write('GET / HTTP/1.1\r\nx-');
    expect((await fetch(`${patient.url}/healthz`)).status).toBe(200);
    await closed;
  });

  test('a reader that never reads is sent away, and the relay keeps little for it', { timeout: 20_000 }, async () => {
    const fresh = await freshRelay();
    const cells = Array.from({ length: 64 }, () => freshCell());
    await post('/v1/cells', putBody(...cells), undefined, fresh);
    const socket = new WebSocket(`${fresh.url.replace('http', 'ws')}/v1/live`);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const raw = (socket as unknown as { _socket: Socket })._socket;
    raw.pause();
    const ask: RelayRequest = {
      type: 'fetch',
      bucket: { kind: BUCKETS.hour, period: hourNow(), bits: 0, prefix: new Uint8Array() },
      block: 0,
    };
    for (let number = 1; number <= 200; number++) socket.send(encode(relayRequestFrame, { number, body: ask }));
    await until(async () => /slow_readers_total 1$/m.test(await (await fetch(`${fresh.url}/metrics`)).text()));
    raw.resume();
    await closed;
  });
});

test('answers over the WebSocket carry the number of their request', async () => {
  const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/v1/live`);
  atEnd(() => socket.terminate());
  await new Promise((resolve) => socket.once('open', resolve));
  const numbers: number[] = [];
  socket.on('message', (data) => numbers.push(decode(relayResponseFrame, data as Buffer)?.number ?? -1));
  for (const number of [7, 4_294_967_295, 1])
    socket.send(encode(relayRequestFrame, { number, body: { type: 'info' } }));
  await until(() => numbers.length === 3);
  expect(numbers).toEqual([7, 4_294_967_295, 1]);
});
