import type { ServerResponse } from 'node:http';
import { relayErrorName, type RelayErrorCode, type RelayResponse } from '@kith/core/ports';

/** What HTTP itself refuses, beside the refusals of the relay. */
export type HttpErrorCode = RelayErrorCode | 'method' | 'too-large' | 'media-type' | 'stopping' | 'too-slow';

const PROBLEMS: Readonly<Record<HttpErrorCode, readonly [number, string]>> = {
  malformed: [400, 'The request is not of the documented form.'],
  version: [400, 'This version of the protocol is not spoken here.'],
  'not-owner': [403, "The token is not the owner's."],
  'not-found': [404, 'There is nothing here.'],
  'role-off': [404, 'This relay does not serve that role.'],
  method: [405, 'This address does not take that method.'],
  'too-slow': [408, 'The request did not arrive in time.'],
  taken: [409, 'This invitation has a claim already.'],
  gone: [410, 'This invitation was taken back.'],
  period: [410, 'This period is over or has not begun.'],
  'too-large': [413, 'The request is too large.'],
  'media-type': [415, 'Send application/cbor or application/json.'],
  limited: [429, 'Over the limit for this address.'],
  internal: [500, 'The relay could not do this.'],
  stopping: [503, 'The relay is about to stop.'],
  full: [507, 'The relay has no room at the moment.'],
};

export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A problem document (RFC 9457). `retryAfter` in milliseconds, 0 for none. */
export const problem = (code: HttpErrorCode, retryAfter = 0): Problem => {
  const [status, title] = PROBLEMS[code];
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  const seconds = Math.max(1, Math.ceil(retryAfter / 1000));
  if (retryAfter > 0 || status === 429 || status === 503 || status === 507) headers['retry-after'] = String(seconds);
  return { status, headers, body: JSON.stringify({ type: `urn:kith:relay:${code}`, title, status, code, retryAfter }) };
};

export const problemOf = (response: Extract<RelayResponse, { type: 'error' }>): Problem =>
  problem(relayErrorName(response.code), response.retryAfter);

export const sendProblem = (response: ServerResponse, { status, headers, body }: Problem): void => {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
};
