// How values of the engine travel as JSON: bytes as base64, times as RFC 3339, both told by the name of their field, so
// that the way back needs no guess.
import { toTime } from '../print/time.ts';

const BYTES = new Set(['picture', 'objects', 'batch', 'unfinished', 'backup', 'salt', 'under', 'header', 'part']);
const TIMES = new Set(['at', 'expires', 'sentAt', 'receivedAt', 'addedAt', 'waitingSince', 'waitUntil']);

const map = (value: unknown, each: (name: string, value: unknown) => unknown, name = ''): unknown => {
  if (Array.isArray(value)) return value.map((entry) => map(entry, each, name));
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, map(entry, each, key)]));
  }
  return each(name, value);
};

export const toWire = (value: unknown): unknown =>
  map(value, (name, entry) => {
    if (entry instanceof Uint8Array) return Buffer.from(entry).toString('base64');
    return TIMES.has(name) && typeof entry === 'number' ? toTime(entry) : entry;
  });

export const fromWire = (value: unknown): unknown =>
  map(value, (name, entry) => {
    if (typeof entry !== 'string') return entry;
    if (BYTES.has(name)) return new Uint8Array(Buffer.from(entry, 'base64'));
    return TIMES.has(name) ? Date.parse(entry) : entry;
  });

/** Undefined for anything but padded base64 as `toWire` writes it. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
};
