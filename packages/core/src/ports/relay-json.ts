// The relay's wire objects as JSON, for programs without CBOR (spec/07-relay.md, "HTTP"): the same fields by name,
// byte strings in base64 (RFC 4648 section 4). What comes in passes the same codec as CBOR does.
import { fromBase64url, toBase64url } from '../bytes/index.ts';
import { relayRequestCodec, relayResponseCodec, type RelayRequest, type RelayResponse } from './relay-wire.ts';

/** Fields that hold a byte string, or a list of them. */
const BYTE_FIELDS = new Set([
  'cell',
  'cells',
  'prefix',
  'place',
  'owner',
  'token',
  'sealed',
  'id',
  'ids',
  'key',
  'signature',
]);

const toBase64 = (data: Uint8Array): string => {
  const text = toBase64url(data).replaceAll('-', '+').replaceAll('_', '/');
  return text + '='.repeat((4 - (text.length % 4)) % 4);
};
/** Undefined for anything `toBase64` would not have written. */
const fromBase64 = (text: string): Uint8Array | undefined => {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) return undefined;
  return fromBase64url(
    text
      .replace(/={1,2}$/, '')
      .replaceAll('+', '-')
      .replaceAll('/', '_'),
  );
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

export const wireToJson = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map(wireToJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, wireToJson(field)]));
};

const revive = (value: unknown, name: string): unknown => {
  if (typeof value === 'string') return BYTE_FIELDS.has(name) ? fromBase64(value) : value;
  if (Array.isArray(value)) return value.map((entry) => revive(entry, name));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, revive(field, key)]));
};

/** A named-field value to the codec's own form and through its checks. */
const accept = <T>(
  codec: { readonly out: (value: T) => unknown; readonly in: (raw: unknown) => T | undefined },
  json: unknown,
): T | undefined => {
  let raw: unknown;
  try {
    raw = codec.out(revive(json, '') as T);
  } catch {
    // `out` expects the shape that `in` checks; a JSON value of another shape makes it throw, and is not of this format.
    return undefined;
  }
  return codec.in(raw);
};

/** `{"type":"put","cells":[{"cell":"<base64>","bucket":1,"live":true}]}` and so on; undefined when it is no request. */
export const jsonToRequest = (json: unknown): RelayRequest | undefined => accept(relayRequestCodec, json);
export const jsonToResponse = (json: unknown): RelayResponse | undefined => accept(relayResponseCodec, json);
