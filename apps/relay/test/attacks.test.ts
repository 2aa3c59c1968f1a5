// What somebody does who knows the protocol and nothing else.
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atEnd, freshFolder, until } from './helpers.ts';
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
