// Routes over HTTP. Each turns into one request of the wire vocabulary and goes the same way as over a WebSocket.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { fromHex, utf8ToText } from '@kith/core/bytes';
import { decode, encode } from '@kith/core/codec';
import {
  BLOCK_CELLS,
  BUCKETS,
  CELL_BYTES,
  jsonToRequest,
  relayRequestCodec,
  relayResponseCodec,
  wireToJson,
  type RelayInfo,
  type RelayRequest,
  type RelayResponse,
} from '@kith/core/ports';
import { wipedAt } from '@kith/core/mailbox';
import { addressOf, isForwarded, OTHERS, type Address } from './address.ts';
import { apiHeaders, preflightHeaders } from './headers.ts';
import { openApi } from './openapi.ts';
import { problem, problemOf, sendProblem } from './problem.ts';
import { sizeOf, type Service } from './service.ts';
import type { WebPages } from './web-pages.ts';

/** A put of a whole block in base64. */
const MAX_BODY_BYTES = 512 * 1024;
/** Answers that a connection may have waiting: nobody who reads them asks for more before. */
const MAX_UNREAD_ANSWERS = 4;
/** Who has too much unread, or on its way, may have taken it by then. */
const UNREAD_RETRY_MS = 1000;
const FIRST_BODY_BYTES = 16 * 1024;
const RENDEZVOUS = new Set<RelayRequest['type']>([
  'offerPut',
  'offerGet',
  'offerDelete',
  'claimPut',
  'claimsGet',
  'claimsDelete',
]);
const CBOR = 'application/cbor';
const JSON_TYPE = 'application/json';

export interface HttpParts {
  readonly service: Service;
  readonly pages: WebPages | undefined;
  readonly behindProxy: boolean;
  readonly isStopping: () => boolean;
  /** A proxy stands in front, and nobody said so. Told once. */
  readonly onUnnamedProxy: () => void;
  readonly gauges: () => Readonly<Record<string, number>>;
}

/** `GET /v1/info` as JSON: the fields of the wire object, those about limits and periods together. */
export const infoToJson = (info: RelayInfo): Record<string, unknown> => {
  const { cellsPerMinute, cellBurst, hourKept, dayKept, liveKept, offerKept, ...rest } = info;
  return {
    ...(wireToJson(rest) as Record<string, unknown>),
    limits: { cellsPerMinute, cellBurst },
    periods: { hourKept, dayKept, liveKept, offerKept },
  };
};

export const createHttp = (parts: HttpParts): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const { service } = parts;
  const unread = new WeakMap<Socket, number>();
  let isProxyTold = false;

  return (request, response) => {
    const { socket } = request;
    const waiting = (unread.get(socket) ?? 0) + 1;
    if (waiting > MAX_UNREAD_ANSWERS) {
      socket.destroy();
      return;
    }
    unread.set(socket, waiting);
    response.once('close', () => unread.set(socket, (unread.get(socket) ?? 1) - 1));
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    if (parts.isStopping()) response.setHeader('connection', 'close');
    const isApi = path.startsWith('/v1/');
    if (isApi) for (const [name, value] of Object.entries(apiHeaders)) response.setHeader(name, value);
    const address = addressOf(request, parts.behindProxy);
    if (!parts.behindProxy && !isProxyTold && address === OTHERS && isForwarded(request)) {
      isProxyTold = true;
      parts.onUnnamedProxy();
    }
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/healthz') {
      if (parts.isStopping()) sendProblem(response, problem('stopping', 5000));
      else sendText(response, 200, JSON_TYPE, '{"status":"ok"}');
      return;
    }
    // Before anything is read or looked for.
    const refusal = service.refusal(address);
    if (refusal?.type === 'error') {
      // What comes of its body is not waited for.
      if (!isReading) response.setHeader('connection', 'close');
      sendProblem(response, problemOf(refusal));
    } else if (isApi && request.method === 'OPTIONS') {
      response.writeHead(204, preflightHeaders).end();
    } else if (path === '/metrics') {
      // Live counts of a small relay would tell anyone who asks often when somebody writes.
      if (!address.isLocal) sendProblem(response, problem('not-found'));
      else sendText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', service.metrics.text(parts.gauges()));
    } else if (path === '/openapi.json') {
      response.setHeader('access-control-allow-origin', '*');
      sendText(response, 200, JSON_TYPE, JSON.stringify(openApi));
    } else if (!isApi) {
      if (parts.pages === undefined) sendProblem(response, problem('not-found'));
      else service.gate.answer(address, parts.pages.serve(request, response, path), service.now());
    } else if (path === '/v1/info') {
      if (!isReading) sendProblem(response, problem('method'));
      else ask(address, { type: 'info' }, response, (answer) => sendInfo(request, response, answer));
    } else if (path === '/v1/cells') {
      withBody(address, request, response, (type) => type === 'put');
    } else if (path === '/v1/rendezvous') {
      withBody(address, request, response, (type) => RENDEZVOUS.has(type));
    } else if (path.startsWith('/v1/buckets/')) {
      const fetch = readBucketPath(path);
      if (fetch === undefined) sendProblem(response, problem('not-found'));
      else if (!isReading) sendProblem(response, problem('method'));
      else ask(address, fetch, response, (answer) => sendCells(request, response, fetch, answer));
    } else sendProblem(response, problem('not-found'));
  };

  function ask(
    address: Address,
    asked: RelayRequest,
    response: ServerResponse,
    then: (answer: RelayResponse) => void,
  ): void {
    service.ask(address, null, asked, (answer) => {
      if (response.destroyed) return;
      if (answer.type === 'error') {
        sendProblem(response, problemOf(answer));
        return;
      }
      const gone = service.gate.hold(address, sizeOf(answer));
      if (gone === undefined) {
        sendProblem(response, problem('limited', UNREAD_RETRY_MS));
        return;
      }
      response.once('close', gone);
      then(answer);
    });
  }

  function withBody(
    address: Address,
    request: IncomingMessage,
    response: ServerResponse,
    takes: (type: RelayRequest['type']) => boolean,
  ): void {
    if (request.method !== 'POST') {
      sendProblem(response, problem('method'));
      return;
    }
    const refuse = (code: 'too-large' | 'limited'): void => {
      response.setHeader('connection', 'close');
      sendProblem(response, problem(code, code === 'limited' ? UNREAD_RETRY_MS : 0));
    };
    const told = request.headers['content-length'];
    const most = told === undefined ? MAX_BODY_BYTES : Number(told);
    if (most > MAX_BODY_BYTES) {
      refuse('too-large');
      return;
    }
    const gone = service.gate.hold(address, most);
    if (gone === undefined) {
      refuse('limited');
      return;
    }
    response.once('close', gone);
    const body = new GrowingBytes(most);
    request.on('data', (chunk: Uint8Array) => {
      if (body.add(chunk)) return;
      request.removeAllListeners('data').removeAllListeners('end');
      refuse('too-large');
    });
    request.on('end', () => answerBody(address, request, response, body.all(), takes));
  }

  function answerBody(
    address: Address,
    request: IncomingMessage,
    response: ServerResponse,
    body: Uint8Array,
    takes: (type: RelayRequest['type']) => boolean,
  ): void {
    const type = mediaType(request);
    if (type !== CBOR && type !== JSON_TYPE) {
      sendProblem(response, problem('media-type'));
      return;
    }
    const asked = type === CBOR ? decode(relayRequestCodec, body) : jsonToRequest(parseJson(body));
    if (asked === undefined || !takes(asked.type)) {
      service.metrics.count('refused_total', ['code', 'malformed']);
      sendProblem(response, problem('malformed'));
      return;
    }
    ask(address, asked, response, (answer) => {
      if (type === CBOR) sendBytes(response, CBOR, encode(relayResponseCodec, answer));
      else sendText(response, 200, JSON_TYPE, JSON.stringify(wireToJson(answer)));
    });
  }

  function sendInfo(request: IncomingMessage, response: ServerResponse, answer: RelayResponse): void {
    response.setHeader('cache-control', 'no-store');
    if (answer.type !== 'info') throw new Error('info answered by something else');
    if (accepts(request, CBOR)) sendBytes(response, CBOR, encode(relayResponseCodec, answer));
    else sendText(response, 200, JSON_TYPE, JSON.stringify(infoToJson(answer.info)));
  }

  function sendCells(request: IncomingMessage, response: ServerResponse, fetch: Fetch, answer: RelayResponse): void {
    if (answer.type !== 'cells') throw new Error('a fetch answered by something else');
    const form = accepts(request, CBOR) ? CBOR : accepts(request, JSON_TYPE) ? JSON_TYPE : 'application/octet-stream';
    const isWhole = answer.cells.length === BLOCK_CELLS;
    const { kind, period } = fetch.bucket;
    const left = Math.max(0, Math.floor((wipedAt(kind, period) - service.now()) / 1000));
    // A whole block never changes until it is wiped; of `total` caches would keep an old value, so only the raw form is kept.
    const isLasting = isWhole && form === 'application/octet-stream';
    const etag = `"${kind}-${period}-${fetch.block}-${answer.cells.length}${isLasting ? '' : `-${answer.total}-${form.length}`}"`;
    const headers: Record<string, string> = {
      etag: etag,
      'cache-control': isLasting ? `public, max-age=${left}, immutable` : 'no-cache',
      vary: 'accept',
      'accept-ranges': 'bytes',
    };
    if (!isLasting) headers['kith-total'] = String(answer.total);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
      return;
    }
    if (form === CBOR) sendBytes(response, CBOR, encode(relayResponseCodec, answer));
    else if (form === JSON_TYPE) sendText(response, 200, JSON_TYPE, JSON.stringify(wireToJson(answer)));
    else sendRange(request, response, Buffer.concat(answer.cells as Uint8Array[]));
  }
};

type Fetch = Extract<RelayRequest, { type: 'fetch' }>;
/** `/v1/buckets/hour/491234/0/-/0`: kind, period, bits, prefix in hexadecimal (`-` when empty), block. */
const readBucketPath = (path: string): Fetch | undefined => {
  const found = /^\/v1\/buckets\/(hour|day)\/(\d{1,10})\/(\d{1,2})\/(-|[0-9a-f]{2,6})\/(\d{1,8})$/.exec(path);
  if (found === null) return undefined;
  const [, kind, period, bits, prefix = '-', block] = found;
  const asked = {
    type: 'fetch',
    bucket: {
      kind: kind === 'hour' ? BUCKETS.hour : BUCKETS.day,
      period: Number(period),
      bits: Number(bits),
      prefix: prefix === '-' ? new Uint8Array() : (fromHex(prefix) ?? new Uint8Array()),
    },
    block: Number(block),
  } as const;
  return decode(relayRequestCodec, encode(relayRequestCodec, asked)) === undefined ? undefined : asked;
};

const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
const accepts = (request: IncomingMessage, type: string): boolean =>
  (request.headers.accept ?? '').toLowerCase().includes(type);
const parseJson = (body: Uint8Array): unknown => {
  const text = utf8ToText(body);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: no request.
    return undefined;
  }
};

const sendBytes = (response: ServerResponse, type: string, body: Uint8Array): void => {
  response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body);
};
const sendText = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
};
/** One range of whole cells (RFC 9110, section 14); anything else gets all. */
const sendRange = (request: IncomingMessage, response: ServerResponse, body: Uint8Array): void => {
  const found = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = Number(found?.[1] ?? 0);
  const to =
    found?.[2] === undefined || found[2] === '' ? body.length - 1 : Math.min(Number(found[2]), body.length - 1);
  if (found === null) {
    sendBytes(response, 'application/octet-stream', body);
    return;
  }
  if (from > to || from % CELL_BYTES !== 0) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}`, 'content-length': 0 }).end();
    return;
  }
  const part = body.subarray(from, to + 1);
  response
    .writeHead(206, {
      'content-type': 'application/octet-stream',
      'content-length': part.length,
      'content-range': `bytes ${from}-${to}/${body.length}`,
    })
    .end(part);
};

/** One piece of memory, whatever the size of the pieces that come: a byte that is a piece of its own costs hundreds. */
class GrowingBytes {
  readonly #most: number;
  #bytes: Uint8Array;
  #length = 0;

  constructor(most: number) {
    this.#most = most;
    this.#bytes = new Uint8Array(Math.min(most, FIRST_BODY_BYTES));
  }
  /** False: it would be more than there may be. */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#most) return false;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#most, Math.max(length, 2 * this.#bytes.length)));
      larger.set(this.all());
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
    return true;
  }
  all(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
