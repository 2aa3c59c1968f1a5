import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { directAddress, Seats } from './address.ts';
import { RelayStartError } from './errors.ts';

/** Slow writers hold a socket at most this long; the head of a request first, then all of it. */
export const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
export const IDLE_MS = 65_000;

export interface Handlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly maxSockets: number;
  /** Of one address; this machine, where a proxy may stand, is not counted. */
  readonly maxSocketsPerAddress: number;
  readonly headersMs: number;
  readonly idleMs: number;
}

/** An error of a socket is followed by `close`, which does what there is to do. */
const ignore = (): void => undefined;

/** The last that a socket hears. Who does not read it, or does not go, must not keep the socket. */
export const endWith = (socket: Duplex, answer: string): void => {
  socket.end(answer, () => socket.destroy());
};

const build = (handlers: Handlers, seats: Seats): Server => {
  const { request, upgrade, maxSockets, maxSocketsPerAddress, headersMs, idleMs } = handlers;
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: Math.min(2000, headersMs),
      maxHeaderSize: 8192,
    },
    request,
  );
  server.maxConnections = maxSockets;
  // Of a socket on which nothing moves although an answer waits: Node limits only what comes. WebSockets have no such limit.
  server.timeout = idleMs;
  server.on('upgrade', (asked, socket, head) => {
    // Node has taken its own listener away, and an error that nobody hears ends the process.
    socket.on('error', ignore);
    upgrade(asked, socket, head);
  });
  server.on('connection', (socket) => {
    const address = directAddress(socket.remoteAddress);
    if (address.isLocal) return;
    const leave = seats.take(address, maxSocketsPerAddress);
    if (leave === undefined) socket.destroy();
    else socket.once('close', leave);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return;
    const status =
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : error.code === 'HPE_HEADER_OVERFLOW'
          ? '431 Request Header Fields Too Large'
          : '400 Bad Request';
    endWith(socket, `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  return server;
};

const listen = (server: Server, port: number, host: string, ipv6Only: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

/** Where a relay listens by default: this machine only, by both of its names. */
const LOOPBACK = ['127.0.0.1', '::1'];
/** A machine without IPv6 has no ::1; that is no reason not to start. */
const isAbsent = (error: unknown): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Listens on all of `hosts` at one port; the first one decides when the port is 0. */
export const listenAll = async (
  handlers: Handlers,
  hosts: readonly string[],
  wanted: number,
): Promise<{ readonly servers: readonly Server[]; readonly port: number }> => {
  const servers: Server[] = [];
  // Of all servers of one relay.
  const seats = new Seats();
  let port = wanted;
  for (const [i, host] of hosts.entries()) {
    const server = build(handlers, seats);
    try {
      // With an IPv4 socket beside it, `::` must not claim IPv4 as well.
      port = await listen(server, port, host, hosts.length > 1);
      servers.push(server);
    } catch (error) {
      if (i > 0 && isAbsent(error)) continue;
      for (const other of servers) other.close();
      // A free port of one address family may be taken in the other.
      if (wanted === 0 && i > 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE')
        return listenAll(handlers, hosts, 0);
      const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
      throw new RelayStartError(
        'port',
        why === 'EADDRINUSE'
          ? `Port ${port} is taken by another program.`
          : `Cannot listen on ${host}, port ${port} (${why}).`,
        'Choose another port with --port N (or KITH_PORT).',
      );
    }
  }
  return { servers, port };
};

export const hostsOf = (lan: boolean, host: string | undefined): readonly string[] =>
  host !== undefined ? [host] : lan ? ['0.0.0.0', '::'] : LOOPBACK;
