// Stands between clients and a relay and writes down all that passes: what somebody on the line sees, TLS taken off.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { Unmasking } from './unmasking.ts';

export interface RecordingProxy {
  readonly url: string;
  readonly port: number;
  /** Where it passes things on to; set before the first connection. */
  target: number;
  /** Everything up to now; messages of clients with their WebSocket mask taken off. */
  up(): Buffer;
  down(): Buffer;
  /** Each connection up to now, in the order in which they were opened; masks as they were. */
  connections(): readonly Recorded[];
}
export interface Recorded {
  readonly up: Buffer;
  readonly down: Buffer;
}

export const recordingProxy = async (): Promise<RecordingProxy> => {
  const up: Buffer[] = [];
  const down: Buffer[] = [];
  const each: { readonly up: Buffer[]; readonly down: Buffer[] }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const relay = connect(proxy.target, '127.0.0.1');
    const unmasking = new Unmasking();
    const own: (typeof each)[number] = { up: [], down: [] };
    each.push(own);
    for (const socket of [client, relay]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        relay.destroy();
      });
    }
    client.on('data', (data: Buffer) => {
      own.up.push(data);
      up.push(unmasking.take(data));
      relay.write(data);
    });
    relay.on('data', (data: Buffer) => {
      own.down.push(data);
      down.push(data);
      client.write(data);
    });
    client.on('end', () => relay.end());
    relay.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const proxy: RecordingProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    target: 0,
    up: () => Buffer.concat(up),
    down: () => Buffer.concat(down),
    connections: () => each.map((one) => ({ up: Buffer.concat(one.up), down: Buffer.concat(one.down) })),
  };
  return proxy;
};
