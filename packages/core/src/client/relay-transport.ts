// The Transport of real networks: one WebSocket a relay for requests and pushed cells, HTTP where no WebSocket can be opened.
// Sockets, HTTP, time and chance come from the platform; every answer passes its codec and has to fit its question.
import { readUint32 } from '../bytes/index.ts';
import { decode, encode } from '../codec/index.ts';
import {
  relayErrorName,
  relayRequestFrame,
  relayResponseFrame,
  TransportError,
  type Clock,
  type Randomness,
  type RelayRequest,
  type RelayResponse,
  type Transport,
  type TransportEvent,
} from '../ports/index.ts';
import { fitsRequest, requestOverHttp, type Http, type HttpForm } from './relay-http.ts';

export interface Socket {
  send(data: Uint8Array): void;
  close(): void;
}
/** Never called before `openSocket` has returned; `closed` comes once, also when the socket never opened. */
export interface SocketEvents {
  opened(): void;
  message(data: Uint8Array): void;
  closed(): void;
}
export interface RelayTransportParts {
  readonly openSocket: (url: string, events: SocketEvents) => Socket;
  readonly http: Http;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** `cbor` or `json`: no WebSocket at all, and so no pushed cells. */
  readonly form?: 'websocket' | HttpForm;
}

export const REQUEST_LIMIT_MS = 10_000;
/** A socket that has not opened by now is given up, in time for the request to go over HTTP. */
const OPEN_LIMIT_MS = 4_000;
const MIN_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;
/** A socket nobody listens on closes when it is not used. */
const IDLE_MS = 60_000;
/** A silent connection is asked whether it still lives: a network that went away says nothing. */
const HEARTBEAT_MS = 30_000;

type Channels = Parameters<Transport['listen']>[1];
interface Pending {
  readonly request: RelayRequest;
  readonly resolve: (response: RelayResponse) => void;
  readonly reject: (error: TransportError) => void;
  readonly stopTimer: () => void;
}
interface Link {
  readonly relay: string;
  socket: Socket | undefined;
  state: 'closed' | 'opening' | 'open';
  number: number;
  readonly pending: Map<number, Pending>;
  /** Waiting for the socket to open, or for HTTP instead. */
  queue: Pending[];
  listening: boolean;
  online: boolean;
  failures: number;
  /** Until then no socket is tried, and requests go over HTTP. */
  socketAfter: number;
  stopRetry: () => void;
  stopIdle: () => void;
}

const ORIGIN = /^https?:\/\/[a-z0-9.[\]:-]+$/;
const unreachable = (relay: string): TransportError => new TransportError('unreachable', `${relay} cannot be reached`);
const nonsense = (relay: string): TransportError =>
  new TransportError('nonsense', `${relay} does not answer as a relay does`);
const doNothing = (): void => undefined;
/** A full channel leaves the others: what it does not bring is fetched. */
const hearsChannels = (response: RelayResponse): boolean =>
  response.type === 'done' || (response.type === 'error' && relayErrorName(response.code) === 'limited');

export const createRelayTransport = ({
  openSocket,
  http,
  clock,
  randomness,
  form = 'websocket',
}: RelayTransportParts): Transport => {
  const allowed = new Set<string>();
  const links = new Map<string, Link>();
  const listeners: ((event: TransportEvent) => void)[] = [];
  let channels: Channels = [];
  let isClosed = false;

  const tell = (event: TransportEvent): void => {
    for (const listener of listeners) listener(event);
  };
  /** Between half and all of a doubling time, so that a relay that comes back is not met by everyone at once. */
  const backoff = (failures: number): number => {
    const longest = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(failures - 1, 16));
    return longest / 2 + (longest / 2) * (readUint32(randomness.bytes(4), 0) / 2 ** 32);
  };
  const linkOf = (relay: string): Link => {
    let link = links.get(relay);
    if (link === undefined) {
      link = {
        relay,
        socket: undefined,
        state: 'closed',
        number: 0,
        pending: new Map(),
        queue: [],
        listening: false,
        online: false,
        failures: 0,
        socketAfter: 0,
        stopRetry: doNothing,
        stopIdle: doNothing,
      };
      links.set(relay, link);
    }
    return link;
  };

  /** What is further away than the longest wait was noted by a clock that has been set back since. */
  const mayOpen = ({ socketAfter }: Link): boolean => {
    const left = socketAfter - clock.now();
    return left <= 0 || left > MAX_BACKOFF_MS;
  };

  const overHttp = (link: Link, pending: Pending): void => {
    requestOverHttp(http, link.relay, pending.request, form === 'json' ? 'json' : 'cbor', REQUEST_LIMIT_MS).then(
      pending.resolve,
      (error: unknown) => pending.reject(error instanceof TransportError ? error : unreachable(link.relay)),
    );
  };

  const transmit = (link: Link, pending: Pending): void => {
    link.number = (link.number % 0xffffffff) + 1;
    link.pending.set(link.number, pending);
    link.socket?.send(encode(relayRequestFrame, { number: link.number, body: pending.request }));
  };

  /** Ends a connection and all that waited for an answer on it. */
  const drop = (link: Link, error: TransportError): void => {
    const { socket } = link;
    link.socket = undefined;
    link.state = 'closed';
    link.stopIdle();
    const pending = [...link.pending.values()];
    const queued = link.queue.splice(0);
    link.pending.clear();
    socket?.close();
    if (link.online) {
      link.online = false;
      tell({ type: 'offline', relay: link.relay });
    }
    for (const waiting of pending) waiting.reject(error);
    if (isClosed) for (const waiting of queued) waiting.reject(error);
    else for (const waiting of queued) overHttp(link, waiting);
  };

  const failed = (link: Link, error: TransportError): void => {
    link.failures++;
    const wait = backoff(link.failures);
    link.socketAfter = clock.now() + wait;
    drop(link, error);
    link.stopRetry();
    if (!link.listening || isClosed) return;
    link.stopRetry = clock.after(wait, () => {
      link.socketAfter = 0;
      if (link.listening && link.state === 'closed') open(link);
    });
  };

  const watch = (link: Link): void => {
    link.stopIdle();
    link.stopIdle = clock.after(link.listening ? HEARTBEAT_MS : IDLE_MS, () => {
      if (link.state !== 'open') return;
      if (!link.listening && link.pending.size === 0) drop(link, unreachable(link.relay));
      // A heartbeat that is not answered ends the connection by its time limit; its failure needs no other handling.
      else ask(link, { type: 'info' }, doNothing, doNothing);
    });
  };

  const open = (link: Link): void => {
    link.state = 'opening';
    const isCurrent = (): boolean => link.socket === socket;
    const socket = openSocket(`${link.relay.replace(/^http/, 'ws')}/v1/live`, {
      opened: () => {
        if (!isCurrent()) return;
        stopOpening();
        link.state = 'open';
        link.socketAfter = 0;
        watch(link);
        if (link.listening) listenOn(link);
        for (const waiting of link.queue.splice(0)) transmit(link, waiting);
      },
      message: (data) => {
        if (isCurrent()) receive(link, data);
      },
      closed: () => {
        stopOpening();
        if (isCurrent()) failed(link, unreachable(link.relay));
      },
    });
    link.socket = socket;
    const stopOpening = clock.after(OPEN_LIMIT_MS, () => {
      if (isCurrent()) failed(link, unreachable(link.relay));
    });
  };

  const receive = (link: Link, data: Uint8Array): void => {
    const frame = decode(relayResponseFrame, data);
    watch(link);
    if (frame?.number === 0 && frame.body.type === 'pushed') {
      tell({ type: 'cell', relay: link.relay, cell: frame.body.cell });
      return;
    }
    const pending = frame === undefined ? undefined : link.pending.get(frame.number);
    // An answer to nothing is as much nonsense as one that does not decode.
    if (frame === undefined || pending === undefined || !fitsRequest(pending.request, frame.body)) {
      failed(link, nonsense(link.relay));
      return;
    }
    link.pending.delete(frame.number);
    pending.resolve(frame.body);
  };

  const ask = (
    link: Link,
    request: RelayRequest,
    resolve: (response: RelayResponse) => void,
    reject: (error: TransportError) => void,
  ): void => {
    const stopTimer = clock.after(REQUEST_LIMIT_MS, () => {
      // A relay that takes a request and does not answer is not worth keeping the connection.
      if ([...link.pending.values()].includes(pending)) failed(link, unreachable(link.relay));
      else pending.reject(unreachable(link.relay));
    });
    const pending: Pending = {
      request,
      stopTimer,
      resolve: (response) => {
        stopTimer();
        resolve(response);
      },
      reject: (error) => {
        stopTimer();
        reject(error);
      },
    };
    if (link.state === 'open') transmit(link, pending);
    else if (form !== 'websocket' || !mayOpen(link)) overHttp(link, pending);
    else {
      link.queue.push(pending);
      if (link.state === 'closed') open(link);
    }
  };

  const listenOn = (link: Link): void => {
    const asked = channels;
    ask(
      link,
      { type: 'listen', channels: [...channels] },
      (response) => {
        link.failures = 0;
        if (!link.listening || asked !== channels) return;
        // A relay that refuses pushes nothing, whatever it still answers.
        const online = hearsChannels(response);
        if (online === link.online) return;
        link.online = online;
        tell({ type: online ? 'online' : 'offline', relay: link.relay });
      },
      // The connection is gone, and `failed` has seen to the next one.
      doNothing,
    );
  };

  return {
    allow: (relays) => {
      for (const relay of relays) if (ORIGIN.test(relay)) allowed.add(relay);
    },
    request: (relay, request) =>
      new Promise((resolve, reject) => {
        if (!allowed.has(relay)) reject(new TransportError('not-allowed', `${relay} is not a chosen relay`));
        else if (isClosed) reject(unreachable(relay));
        else {
          const link = linkOf(relay);
          ask(
            link,
            request,
            (response) => {
              link.failures = 0;
              resolve(response);
            },
            reject,
          );
        }
      }),
    listen: (relays, newChannels) => {
      channels = newChannels;
      if (isClosed || form !== 'websocket') return;
      const wanted = new Set(relays.filter((relay) => allowed.has(relay)));
      for (const link of links.values()) {
        if (!link.listening || wanted.has(link.relay)) continue;
        link.listening = false;
        link.stopRetry();
        if (link.state === 'open') drop(link, unreachable(link.relay));
      }
      for (const relay of wanted) {
        const link = linkOf(relay);
        link.listening = true;
        if (link.state === 'open') listenOn(link);
        else if (link.state === 'closed' && mayOpen(link)) open(link);
        else if (link.state === 'closed') {
          link.stopRetry();
          link.stopRetry = clock.after(link.socketAfter - clock.now(), () => {
            if (link.listening && link.state === 'closed') open(link);
          });
        }
      }
    },
    onEvent: (listener) => void listeners.push(listener),
    close: () => {
      isClosed = true;
      listeners.length = 0;
      for (const link of links.values()) {
        link.stopRetry();
        drop(link, unreachable(link.relay));
      }
    },
  };
};
