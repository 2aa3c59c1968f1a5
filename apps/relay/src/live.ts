// The WebSocket: every request may go over it, and cells of the channels listened to come back on it.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { decode, encode } from '@kith/core/codec';
import { CELL_BYTES, BLOCK_CELLS, relayRequestFrame, relayResponseFrame } from '@kith/core/ports';
import { WebSocketServer, type WebSocket } from 'ws';
import { addressOf, type Address } from './address.ts';
import { problem, type Problem } from './problem.ts';
import { endWith } from './server.ts';
import type { Service } from './service.ts';

/** A put of a whole block, with room for its heads. */
const MAX_FRAME_BYTES = BLOCK_CELLS * (CELL_BYTES + 16) + 64;
/** A reader this far behind misses pushes (the bucket has them), and is sent away when its answers pile up too. */
const SLOW_PUSH_BYTES = 1 << 20;
const SLOW_ANSWER_BYTES = 4 << 20;
/** Below the minute after which proxies cut idle connections. */
const PING_MS = 25_000;
const CLOSE_MALFORMED = 1002;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_TOO_SLOW = 1008;

export interface Live {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  push(connections: readonly number[], cell: Uint8Array): void;
  /** Says goodbye; `terminate` ends what has not gone by itself. */
  drain(): void;
  terminate(): void;
}

interface Connection {
  readonly socket: WebSocket;
  /** The TCP or TLS connection beneath. */
  readonly wire: Duplex;
  isAlive: boolean;
  isGathering: boolean;
}
/** What one turn brings for a connection leaves in one system call instead of one a frame. */
const send = (connection: Connection, frame: Uint8Array): void => {
  if (!connection.isGathering) {
    connection.isGathering = true;
    connection.wire.cork();
    process.nextTick(() => {
      connection.isGathering = false;
      connection.wire.uncork();
    });
  }
  connection.socket.send(frame);
};

const refuse = (socket: Duplex, { status, headers, body }: Problem): void => {
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) });
  endWith(
    socket,
    `HTTP/1.1 ${status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
};

export const createLive = (serviceOf: () => Service, behindProxy: boolean): Live => {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const sockets = new Map<number, Connection>();
  let numbers = 0;
  const pinging = setInterval(() => {
    for (const entry of sockets.values()) {
      if (!entry.isAlive) entry.socket.terminate();
      else {
        entry.isAlive = false;
        entry.socket.ping();
      }
    }
  }, PING_MS);
  pinging.unref();

  const accept = (socket: WebSocket, wire: Duplex, address: Address, leave: () => void): void => {
    const service = serviceOf();
    const number = ++numbers;
    const entry: Connection = { socket, wire, isAlive: true, isGathering: false };
    sockets.set(number, entry);
    socket.on('pong', () => {
      entry.isAlive = true;
    });
    // An error is followed by `close`, which does what there is to do.
    socket.on('error', () => service.metrics.count('socket_errors_total'));
    socket.on('close', () => {
      sockets.delete(number);
      service.rules.closed(number);
      leave();
    });
    socket.on('message', (data, isBinary) => {
      entry.isAlive = true;
      // As a plain Uint8Array: one shape of bytes everywhere lets the engine compile the codec's loops for it.
      const bytes = data instanceof Uint8Array ? new Uint8Array(data.buffer, data.byteOffset, data.length) : undefined;
      const frame = isBinary && bytes !== undefined ? decode(relayRequestFrame, bytes) : undefined;
      if (frame === undefined || frame.number === 0) {
        service.metrics.count('refused_total', ['code', 'malformed']);
        socket.close(CLOSE_MALFORMED, 'malformed');
        return;
      }
      service.ask(address, number, frame.body, (body) => {
        if (socket.readyState !== socket.OPEN) return;
        send(entry, encode(relayResponseFrame, { number: frame.number, body }));
        if (socket.bufferedAmount > SLOW_ANSWER_BYTES) {
          service.metrics.count('slow_readers_total');
          socket.close(CLOSE_TOO_SLOW, 'too slow');
          socket.terminate();
        }
      });
    });
  };

  return {
    upgrade: (request, socket, head) => {
      const service = serviceOf();
      const address = addressOf(request, behindProxy);
      const leave = service.gate.isMemoryFull(service.now()) ? undefined : service.gate.connect(address);
      if (leave === undefined) {
        service.metrics.count('refused_total', ['code', 'limited']);
        refuse(socket, problem('limited', 30_000));
        return;
      }
      // A handshake that fails gives its place back; one that succeeds does so when the connection closes. No listener of
      // an open connection may hold the request: that would be a third of what an idle connection costs.
      socket.once('close', leave);
      server.handleUpgrade(request, socket, head, (accepted) => {
        socket.off('close', leave);
        accept(accepted, socket, address, leave);
      });
    },
    push: (connections, cell) => {
      const service = serviceOf();
      const frame = encode(relayResponseFrame, { number: 0, body: { type: 'pushed', cell } });
      for (const number of connections) {
        const connection = sockets.get(number);
        if (connection === undefined || connection.socket.readyState !== connection.socket.OPEN) continue;
        if (connection.socket.bufferedAmount > SLOW_PUSH_BYTES) continue;
        if (!service.gate.push(frame.length, service.now())) return;
        send(connection, frame);
        service.metrics.count('pushed_total');
      }
    },
    drain: () => {
      clearInterval(pinging);
      for (const { socket } of sockets.values()) socket.close(CLOSE_GOING_AWAY, 'stopping');
    },
    terminate: () => {
      for (const { socket } of sockets.values()) socket.terminate();
    },
  };
};
