import { createRelayTransport, MAX_ANSWER_BYTES, type Http, type RelayTransportParts } from '@kith/core/client';
import type { Transport } from '@kith/core/ports';
import { WebSocket } from 'ws';
import { systemClock, systemRandomness } from './system.ts';

const openSocket: RelayTransportParts['openSocket'] = (url, events) => {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_ANSWER_BYTES, followRedirects: false });
  socket.on('open', () => events.opened());
  // A text message is none of ours: as no bytes at all it does not decode.
  socket.on('message', (data, isBinary) =>
    events.message(isBinary && data instanceof Uint8Array ? data : new Uint8Array()),
  );
  socket.on('close', () => events.closed());
  // `close` follows every error and says all there is to say.
  socket.on('error', () => undefined);
  return {
    send: (data) => socket.send(data),
    close: () => {
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else socket.close();
    },
  };
};

const http: Http = async ({ url, method, headers, body, limitMs }) => {
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: Uint8Array.from(body) }),
    redirect: 'error',
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
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error('an answer longer than any of a relay');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

export type NodeTransportOptions = Partial<Pick<RelayTransportParts, 'form' | 'clock' | 'randomness'>>;

/** To relays over WebSocket and HTTP. It contacts nobody before `allow`. */
export const createNodeTransport = (options: NodeTransportOptions = {}): Transport =>
  createRelayTransport({ openSocket, http, clock: systemClock, randomness: systemRandomness, ...options });
