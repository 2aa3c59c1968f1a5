// Last writer wins, where "last" is the order of the log (Lamport time, then event id), so that a projection does not
// depend on the order in which events arrived.
import { compareBytes } from '../bytes/index.ts';
import { bytes, decode, encode, named, tuple, uint } from '../codec/index.ts';
import type { EventId } from '../identity/index.ts';
import type { ShownEvent } from '../log/index.ts';
import type { Store, Table } from '../ports/index.ts';

/** The event that says something: the later one counts. */
export type Stamp = Pick<ShownEvent, 'lamport' | 'event'>;

const stampedCodec = named('stamped', tuple({ lamport: uint(), event: bytes(32), value: bytes(0, 131_072) }));

/** Keeps the value unless one of a later event stands there. Tells whether it was kept. */
export const putStamped = (store: Store, table: Table, key: Uint8Array, by: Stamp, value: Uint8Array): boolean => {
  const order = orderAt(store, table, key, by);
  return (order === undefined || order < 0) && put(store, table, key, by, value);
};
/** For what is said once: keeps the value unless one of an earlier event stands there. */
export const putFirst = (store: Store, table: Table, key: Uint8Array, by: Stamp, value: Uint8Array): boolean => {
  const order = orderAt(store, table, key, by);
  return (order === undefined || order > 0) && put(store, table, key, by, value);
};
/** For what says by itself which is newer, whoever wrote it when. */
export const putNewer = (
  store: Store,
  table: Table,
  key: Uint8Array,
  by: Stamp,
  value: Uint8Array,
  isNewer: (one: Uint8Array, other: Uint8Array) => boolean,
): boolean => {
  const known = getStamped(store, table, key);
  return (known === undefined || isNewer(value, known)) && put(store, table, key, by, value);
};
const put = (store: Store, table: Table, key: Uint8Array, by: Stamp, value: Uint8Array): true => {
  store.put(table, key, encode(stampedCodec, { lamport: by.lamport, event: by.event, value }));
  return true;
};
/** Of the row that stands there against this event; undefined: none. */
const orderAt = (store: Store, table: Table, key: Uint8Array, by: Stamp): number | undefined => {
  const raw = store.get(table, key);
  const known = raw === undefined ? undefined : decode(stampedCodec, raw);
  return known && (known.lamport - by.lamport || compareBytes(known.event, by.event));
};
/** The event that made this row. */
export const stampedBy = (store: Store, table: Table, key: Uint8Array): EventId | undefined => {
  const raw = store.get(table, key);
  const stamped = raw === undefined ? undefined : decode(stampedCodec, raw);
  return stamped === undefined ? undefined : (stamped.event as EventId);
};
/** The values of several rows, that of the latest event first. */
export const newestFirst = (rows: readonly Uint8Array[]): readonly Uint8Array[] =>
  rows
    .flatMap((raw) => decode(stampedCodec, raw) ?? [])
    .toSorted((a, b) => b.lamport - a.lamport || compareBytes(b.event, a.event))
    .map(({ value }) => value);
/** Its value, and by which event it was said. */
export const readStamp = (
  raw: Uint8Array,
): { readonly lamport: number; readonly event: Uint8Array; readonly value: Uint8Array } | undefined =>
  decode(stampedCodec, raw);
export const readStamped = (raw: Uint8Array): Uint8Array | undefined => decode(stampedCodec, raw)?.value;
export const getStamped = (store: Store, table: Table, key: Uint8Array): Uint8Array | undefined => {
  const raw = store.get(table, key);
  return raw === undefined ? undefined : readStamped(raw);
};
