// What somebody does who knows the protocol and nothing else.
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { encode } from '@kith/core/codec';
import { relayRequestCodec } from '@kith/core/ports';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { atEnd, freshCell, freshFolder, freshRelay, hourPut, until } from './helpers.ts';
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
