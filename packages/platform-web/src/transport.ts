import { createRelayTransport, MAX_ANSWER_BYTES, type Http, type RelayTransportParts } from '@kith/core/client';
import type { Transport } from '@kith/core/ports';
import { webClock, webRandomness } from './web-system.ts';

const openSocket: RelayTransportParts['openSocket'] = (url, events) => {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => events.opened());
  socket.addEventListener('message', ({ data }) => {
    // A text message is none of ours: as no bytes at all it does not decode.
    events.message(
      data instanceof ArrayBuffer && data.byteLength <= MAX_ANSWER_BYTES ? new Uint8Array(data) : new Uint8Array(),
    );
  });
  // `close` follows every error and says all there is to say.
  socket.addEventListener('close', () => events.closed());
  return {
    send: (data) => socket.send(Uint8Array.from(data)),
    close: () => socket.close(),
  };
};

/**
 * Shared by all requests to relays of this origin's tabs. Who holds it for themselves, or waits for that, has none begin: each
 * starts the service worker, which is to end when another release takes over.
 */
export const REQUESTS_LOCK = 'kith requests';

const http: Http = (request) => navigator.locks.request(REQUESTS_LOCK, { mode: 'shared' }, () => ask(request));

const ask: Http = async ({ url, method, headers, body, limitMs }) => {
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: Uint8Array.from(body) }),
    redirect: 'error',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    signal: AbortSignal.timeout(limitMs),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: await readAll(response),
  };
};

const readAll = async (response: Response): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    if (length > MAX_ANSWER_BYTES) throw new Error('an answer longer than any of a relay');
    chunks.push(part.value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
};

export type WebTransportOptions = Partial<Pick<RelayTransportParts, 'form' | 'clock' | 'randomness'>>;

/** To relays over WebSocket and HTTP. It contacts nobody before `allow`. */
export const createWebTransport = (options: WebTransportOptions = {}): Transport =>
  createRelayTransport({ openSocket, http, clock: webClock, randomness: webRandomness, ...options });
