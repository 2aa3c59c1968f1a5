// The WebSocket: every request may go over it, and cells of the channels listened to come back on it.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { decode, encode } from '@kith/core/codec';
import { relayError } from '@kith/core/mailbox';
import { CELL_BYTES, BLOCK_CELLS, relayRequestFrame, relayResponseFrame, type RelayResponse } from '@kith/core/ports';
import { WebSocketServer, type WebSocket } from 'ws';
import { addressOf, type Address } from './address.ts';
import { problem, type Problem } from './problem.ts';
import { endWith } from './server.ts';
import { sizeOf, type Service } from './service.ts';

/** A put of a whole block, with room for its heads. */
const MAX_FRAME_BYTES = BLOCK_CELLS * (CELL_BYTES + 16) + 64;
/** A reader this far behind misses pushes (the bucket has them), and is sent away when its answers pile up too. */
const SLOW_PUSH_BYTES = 1 << 20;
const SLOW_ANSWER_BYTES = 4 << 20;
/** With less than this unread a reader is no slow one. */
const SLOW_BYTES = 64 << 10;
/** Below the minute after which proxies cut idle connections. */
export const PING_MS = 25_000;
/** Pieces that a frame may come in, by its sender's choice and by the network's: each costs hundreds of bytes. */
const MAX_FRAGMENTS = 256;
const MAX_CHUNKS = 1024;
/** Who has too much unread may have read it by then. */
const UNREAD_RETRY_MS = 1000;
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
  readonly address: Address;
  isAlive: boolean;
  isGathering: boolean;
  /** Bytes that had left when it was looked at last, if so much was waiting that it should be more by the next time. */
  left: number | undefined;
}
/** What one turn brings for a connection leaves in one system call instead of one a frame. */
const send = (connection: Connection, frame: Uint8Array, gone?: () => void): void => {
  if (!connection.isGathering) {
    connection.isGathering = true;
    connection.wire.cork();
    process.nextTick(() => {
      connection.isGathering = false;
      connection.wire.uncork();
    });
  }
  connection.socket.send(frame, gone);
};
/** Since the last look. Whoever waits for the rest reads on; who reads nothing, or next to nothing, keeps it in memory for good. */
const isStuck = (connection: Connection): boolean => {
  const { wire, socket, left } = connection;
  const waiting = socket.bufferedAmount;
  const now = (wire as Socket).bytesWritten - waiting;
  connection.left = waiting > SLOW_BYTES ? now : undefined;
  return left !== undefined && waiting > SLOW_BYTES && now - left < SLOW_BYTES;
};

const refuse = (socket: Duplex, { status, headers, body }: Problem): void => {
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) });
  endWith(
    socket,
    `HTTP/1.1 ${status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
};

export const createLive = (serviceOf: () => Service, behindProxy: boolean, pingMs: number): Live => {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
  });
  const sockets = new Map<number, Connection>();
  let numbers = 0;
  const pinging = setInterval(() => {
    for (const entry of sockets.values()) {
      if (!entry.isAlive || isStuck(entry)) entry.socket.terminate();
      else {
        entry.isAlive = false;
        entry.socket.ping();
      }
    }
  }, pingMs);
  pinging.unref();

  const accept = (socket: WebSocket, wire: Duplex, address: Address, leave: () => void): void => {
    const service = serviceOf();
    const number = ++numbers;
    const entry: Connection = { socket, wire, address, isAlive: true, isGathering: false, left: undefined };
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
      const reply = (body: RelayResponse): void => {
        if (socket.readyState !== socket.OPEN) return;
        const bytes = sizeOf(body);
        const gone = bytes > SLOW_BYTES ? service.gate.hold(address, bytes) : undefined;
        const isTooMuch = bytes > SLOW_BYTES && gone === undefined;
        if (isTooMuch) service.metrics.count('refused_total', ['code', 'limited']);
        const final = isTooMuch ? relayError('limited', UNREAD_RETRY_MS) : body;
        send(entry, encode(relayResponseFrame, { number: frame.number, body: final }), gone);
        if (socket.bufferedAmount > SLOW_ANSWER_BYTES) {
          service.metrics.count('slow_readers_total');
          socket.close(CLOSE_TOO_SLOW, 'too slow');
          socket.terminate();
        }
      };
      const refusal = service.refusal(address);
      if (refusal === undefined) service.ask(address, number, frame.body, reply);
      else reply(refusal);
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
        const waiting = connection.socket.bufferedAmount;
        if (waiting > SLOW_PUSH_BYTES) continue;
        const gone = waiting > SLOW_BYTES ? service.gate.hold(connection.address, frame.length) : undefined;
        if (waiting > SLOW_BYTES && gone === undefined) continue;
        if (!service.gate.push(frame.length, service.now())) {
          gone?.();
          return;
        }
        send(connection, frame, gone);
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
