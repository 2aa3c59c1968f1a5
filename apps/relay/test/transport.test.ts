import type { HttpForm } from '@kith/core/client';
import { TransportError, type RelayRequest } from '@kith/core/ports';
import { createNodeTransport } from '@kith/platform-node';
import { transportContract, type ContractRelay } from '@kith/testkit/transport-contract';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { WebSocketServer } from 'ws';
import { expect, test } from 'vitest';
import { createWebTransport } from '../../../packages/platform-web/src/transport.ts';
import { startRelay } from '../src/index.ts';
import { atEnd, freshFolder, freshRelay, until } from './helpers.ts';

const contractRelay = async (): Promise<ContractRelay> => {
  const data = freshFolder();
  let running = await startRelay({ port: 0, host: '127.0.0.1', data });
  const { port, url } = running;
  return {
    origin: url,
    stop: () => running.close(),
    start: async () => {
      running = await startRelay({ port, host: '127.0.0.1', data });
    },
    close: () => running.close(),
  };
};
const FORMS: Readonly<Record<string, 'websocket' | HttpForm>> = {
  'S2.7 WebSocket': 'websocket',
  'S2.7 HTTP with CBOR': 'cbor',
  'S2.7 HTTP with JSON, cells as base64': 'json',
};
for (const [name, form] of Object.entries(FORMS)) {
  transportContract(name, {
    relay: contractRelay,
    transport: () => createNodeTransport({ form }),
    until,
    settle: (promise) => promise,
    now: () => Date.now(),
    isLive: form === 'websocket',
  });
}

// The browser's adapter uses nothing but WebSocket and fetch, and Node has both of its own.
for (const form of ['websocket', 'cbor'] as const) {
  transportContract(`the browser's adapter, ${form}`, {
    relay: contractRelay,
    transport: () => createWebTransport({ form }),
    until,
    settle: (promise) => promise,
    now: () => Date.now(),
    isLive: form === 'websocket',
  });
}

const info: RelayRequest = { type: 'info' };

test('where no WebSocket gets through, requests go over HTTP by themselves', async () => {
  const relay = await freshRelay();
  // A proxy that answers upgrades as some office networks do.
  const proxy = createServer((request, response) => {
    void fetch(`${relay.url}${request.url}`, { headers: { accept: String(request.headers.accept) } }).then(
      async (answer) => {
        response
          .writeHead(answer.status, { 'content-type': String(answer.headers.get('content-type')) })
          .end(Buffer.from(await answer.arrayBuffer()));
      },
    );
  });
  proxy.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  atEnd(() => proxy.close());
  const origin = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
  const transport = createNodeTransport();
  atEnd(() => transport.close());
  transport.allow([origin]);
  expect((await transport.request(origin, info)).type).toBe('info');
});

test.each([
  ['a text', (socket: { send(data: string | Uint8Array): void }) => socket.send('hello')],
  [
    'bytes that do not decode',
    (socket: { send(data: string | Uint8Array): void }) => socket.send(Uint8Array.of(1, 2, 3)),
  ],
  // [1, [4, []]]: `done` to request 1, which was for info.
  [
    'the answer to another question',
    (socket: { send(data: string | Uint8Array): void }) => socket.send(Uint8Array.of(0x82, 1, 0x82, 4, 0x80)),
  ],
])('a server that answers %s is told apart from a relay', async (_, answer) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  atEnd(() => server.close());
  server.on('connection', (socket) => socket.on('message', () => answer(socket)));
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const transport = createNodeTransport();
  atEnd(() => transport.close());
  transport.allow([origin]);
  await expect(transport.request(origin, info)).rejects.toMatchObject({ kind: 'nonsense' });
});

test("an answer over HTTP that is no relay's is nonsense, a redirect is not followed", async () => {
  let elsewhere = 0;
  const other = createServer((_, response) => {
    elsewhere++;
    response.end();
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  atEnd(() => other.close());
  const server = createServer((request, response) => {
    if (request.url === '/v1/info')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Welcome to our Wi-Fi');
    else response.writeHead(302, { location: `http://127.0.0.1:${(other.address() as { port: number }).port}/` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const transport = createNodeTransport({ form: 'cbor' });
  atEnd(() => transport.close());
  transport.allow([origin]);
  await expect(transport.request(origin, info)).rejects.toMatchObject({ kind: 'nonsense' });
  await expect(transport.request(origin, { type: 'offerGet', place: new Uint8Array(32) })).rejects.toBeInstanceOf(
    TransportError,
  );
  expect(elsewhere).toBe(0);
});

test('nothing is sent to a relay that was not allowed, not even a connection', async () => {
  let connections = 0;
  const server = createServer();
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  const { port } = server.address() as { port: number };
  const transport = createNodeTransport();
  atEnd(() => transport.close());
  transport.listen([`http://127.0.0.1:${port}`], []);
  await expect(transport.request(`http://127.0.0.1:${port}`, info)).rejects.toMatchObject({ kind: 'not-allowed' });
  // The positive control: a connection would have been seen.
  const control = connect(port, '127.0.0.1');
  await until(() => connections > 0);
  control.destroy();
  expect(connections).toBe(1);
});
