// A request over HTTP (spec/07-relay.md, "HTTP"), for networks that let no WebSocket through.
import { toHex, utf8, utf8ToText } from '../bytes/index.ts';
import { decode, encode } from '../codec/index.ts';
import {
  BUCKETS,
  jsonToResponse,
  RELAY_ERRORS,
  relayRequestCodec,
  relayResponseCodec,
  TransportError,
  wireToJson,
  type RelayErrorCode,
  type RelayRequest,
  type RelayResponse,
} from '../ports/index.ts';

export type HttpForm = 'cbor' | 'json';
export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly limitMs: number;
}
export interface HttpAnswer {
  readonly status: number;
  /** The header `content-type` as it came. */
  readonly type: string | null;
  readonly body: Uint8Array;
}
/** Follows no redirect, sends no credentials, reads at most `MAX_ANSWER_BYTES`; rejects when there is no whole answer in time. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;
/** 64 claims of 16 KiB in base64. */
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

const ANSWERS: Readonly<Record<RelayRequest['type'], RelayResponse['type']>> = {
  info: 'info',
  put: 'put',
  fetch: 'cells',
  listen: 'done',
  offerPut: 'done',
  offerGet: 'offer',
  offerDelete: 'done',
  claimPut: 'done',
  claimsGet: 'claims',
  claimsDelete: 'done',
};
/** An answer of the right kind, or a refusal. */
export const fitsRequest = (request: RelayRequest, response: RelayResponse): boolean => {
  if (response.type === 'error') return true;
  if (response.type !== ANSWERS[request.type]) return false;
  return request.type !== 'put' || (response.type === 'put' && response.results.length === request.cells.length);
};

const TYPES: Readonly<Record<HttpForm, string>> = { cbor: 'application/cbor', json: 'application/json' };

const toHttp = (relay: string, request: RelayRequest, form: HttpForm, limitMs: number): HttpRequest => {
  const accept = TYPES[form];
  if (request.type === 'info') return { url: `${relay}/v1/info`, method: 'GET', headers: { accept }, limitMs };
  if (request.type === 'fetch') {
    const { kind, period, bits, prefix } = request.bucket;
    const bucket = `${kind === BUCKETS.hour ? 'hour' : 'day'}/${period}/${bits}/${prefix.length === 0 ? '-' : toHex(prefix)}`;
    return { url: `${relay}/v1/buckets/${bucket}/${request.block}`, method: 'GET', headers: { accept }, limitMs };
  }
  return {
    url: `${relay}/v1/${request.type === 'put' ? 'cells' : 'rendezvous'}`,
    method: 'POST',
    headers: { accept, 'content-type': accept },
    body: form === 'cbor' ? encode(relayRequestCodec, request) : utf8(JSON.stringify(wireToJson(request))),
    limitMs,
  };
};

const parseJson = (body: Uint8Array): unknown => {
  const text = utf8ToText(body);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: nonsense, as the caller will find.
    return undefined;
  }
};
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** `/v1/info` groups limits and periods; the wire object has them in one row. */
const flatten = (json: unknown): unknown => {
  if (!isObject(json) || !isObject(json['limits']) || !isObject(json['periods'])) return undefined;
  return { type: 'info', info: { ...json, ...json['limits'], ...json['periods'] } };
};

/** Without parameters, in lower case. */
const mediaType = (header: string | null): string => (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

const readAnswer = (request: RelayRequest, answer: HttpAnswer): RelayResponse | undefined => {
  const { status, body } = answer;
  const type = mediaType(answer.type);
  if (status === 200 && type === TYPES.cbor) return decode(relayResponseCodec, body);
  if (status === 200 && type === TYPES.json) {
    const json = parseJson(body);
    return jsonToResponse(request.type === 'info' ? flatten(json) : json);
  }
  if (type !== 'application/problem+json') return undefined;
  const problem = parseJson(body);
  if (!isObject(problem)) return undefined;
  const code = RELAY_ERRORS.indexOf(problem['code'] as RelayErrorCode);
  return jsonToResponse({ type: 'error', code, retryAfter: problem['retryAfter'] });
};

export const requestOverHttp = async (
  http: Http,
  relay: string,
  request: RelayRequest,
  form: HttpForm,
  limitMs: number,
): Promise<RelayResponse> => {
  // Nothing can be pushed over HTTP.
  if (request.type === 'listen') throw new TransportError('unreachable', `${relay} has no live connection`);
  const answer = await http(toHttp(relay, request, form, limitMs));
  const response = readAnswer(request, answer);
  if (response !== undefined && fitsRequest(request, response)) return response;
  // A reverse proxy whose relay is down, or the relay about to stop, says so without being one.
  if (answer.status >= 502 && answer.status <= 504)
    throw new TransportError('unreachable', `${relay} cannot be reached (${answer.status})`);
  throw new TransportError('nonsense', `${relay} does not answer as a relay does (${answer.status})`);
};
