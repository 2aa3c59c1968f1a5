// Rows of what other devices hold and were told of a conversation, and of what waits to be posted to them.
import { concat, toHex, utf8 } from '../bytes/index.ts';
import { afterPrefix, placeFromKey, placeKey } from '../conversation/index.ts';
import { decode, encode } from '../codec/index.ts';
import type { FeedId } from '../identity/index.ts';
import { frontierCodec, type Frontier, type Place } from '../log/index.ts';
import {
  decodeOutboxRow,
  decodePeerState,
  encodeOutboxRow,
  encodePeerState,
  newPeerState,
  type OutboxRow,
  type PeerState,
} from '../sync/index.ts';
import type { Context } from './context.ts';
import { isOwnRoute, type Conversation, type Route } from './conversation.ts';

/** Kinds of rows; what waits for one's own devices is kept apart. */
const EVENT = 0;
const CONTROL = 1;
const OWN = 2;
const PREFIX_BYTES = 17;

/** An outbox row with its key: an event (its place) or a control message (its name). */
export interface Waiting {
  readonly key: Uint8Array;
  /** The key, for maps. */
  readonly name: string;
  readonly row: OutboxRow;
  readonly place: Place | undefined;
}

// What is asked at every packet is kept beside the conversation, and written at every change: it, and this with it, is read
// anew after a transaction that failed.
export const peerState = (context: Context, of: Conversation, feed: FeedId): PeerState => {
  const name = toHex(feed);
  let state = of.peers.get(name);
  if (state === undefined) {
    const raw = context.store.get('peer', concat(of.id, feed));
    state = (raw === undefined ? undefined : decodePeerState(raw)) ?? newPeerState;
    of.peers.set(name, state);
  }
  return state;
};
export const setPeerState = (context: Context, of: Conversation, feed: FeedId, state: PeerState): void => {
  of.peers.set(toHex(feed), state);
  context.store.put('peer', concat(of.id, feed), encodePeerState(state));
};
/** The bytes of a kept state are the same object every time, so each frontier is decoded once. */
const decoded = new WeakMap<Uint8Array, Frontier>();
export const frontierOf = (raw: Uint8Array | null): Frontier | undefined => {
  if (raw === null) return undefined;
  const known = decoded.get(raw) ?? decode(frontierCodec, raw);
  if (known !== undefined) decoded.set(raw, known);
  return known;
};

/** For a state that is kept: what was decoded with a packet is not decoded again. */
export const frontierBytes = (frontier: Frontier): Uint8Array => {
  const raw = encode(frontierCodec, frontier);
  decoded.set(raw, frontier);
  return raw;
};

const KINDS = [EVENT, CONTROL, EVENT + OWN, CONTROL + OWN].map((kind) => Uint8Array.of(kind));
const kindOf = (route: Route, kind: number): Uint8Array =>
  KINDS[kind + (isOwnRoute(route) && route.about !== route.via ? OWN : 0)] as Uint8Array;
export const eventKey = (route: Route, place: Place): Uint8Array =>
  concat(route.about.id, kindOf(route, EVENT), placeKey(place));
export const controlKey = (route: Route, name: string): Uint8Array =>
  concat(route.about.id, kindOf(route, CONTROL), utf8(name));

const toWaiting = (key: Uint8Array, row: OutboxRow): Waiting => ({
  key,
  name: toHex(key),
  row,
  place: ((key[16] as number) & CONTROL) === 0 ? placeFromKey(key, PREFIX_BYTES) : undefined,
});
const rowsOf = (context: Context, route: Route): Map<string, Waiting> => {
  if (route.waiting !== undefined) return route.waiting;
  const rows: Waiting[] = [];
  const from = concat(route.about.id, kindOf(route, EVENT));
  const to = afterPrefix(concat(route.about.id, kindOf(route, CONTROL)));
  for (const { key, value } of context.store.scan('outbox', { from, to })) {
    const row = decodeOutboxRow(value);
    if (row !== undefined) rows.push(toWaiting(key, row));
  }
  rows.sort((a, b) => a.row.at - b.row.at);
  route.waiting = new Map(rows.map((waiting) => [waiting.name, waiting]));
  return route.waiting;
};
/** In the order in which they were made. */
export const waitingOf = (context: Context, route: Route): Iterable<Waiting> => rowsOf(context, route).values();
export const waitingAt = (context: Context, route: Route, key: Uint8Array): Waiting | undefined => {
  const rows = rowsOf(context, route);
  // Asked of every line of a page, and mostly nothing waits.
  return rows.size === 0 ? undefined : rows.get(toHex(key));
};
export const putWaiting = (context: Context, route: Route, key: Uint8Array, row: OutboxRow): Waiting => {
  const waiting = toWaiting(key, row);
  rowsOf(context, route).set(waiting.name, waiting);
  context.store.put('outbox', key, encodeOutboxRow(row));
  return waiting;
};
/** It is known by now: its name is not made anew from its key. */
export const waitingAs = (context: Context, route: Route, { name }: Waiting): Waiting | undefined =>
  rowsOf(context, route).get(name);
/** With another row than it had. */
export const putWaitingAgain = (context: Context, route: Route, waiting: Waiting, row: OutboxRow): void => {
  rowsOf(context, route).set(waiting.name, { ...waiting, row });
  context.store.put('outbox', waiting.key, encodeOutboxRow(row));
};
export const dropWaiting = (context: Context, route: Route, key: Uint8Array): void => {
  if (rowsOf(context, route).delete(toHex(key))) context.store.delete('outbox', key);
};
export const eventsWaiting = (context: Context, route: Route): number => {
  let count = 0;
  for (const { place } of rowsOf(context, route).values()) if (place !== undefined) count++;
  return count;
};
export const dropControls = (context: Context, route: Route, prefix: string): void => {
  const start = toHex(controlKey(route, prefix));
  for (const { name, key } of rowsOf(context, route).values())
    if (name.startsWith(start)) dropWaiting(context, route, key);
};

/** Removes the rows of events that this frontier covers; tells how many. */
export const dropCovered = (context: Context, route: Route, theirs: Frontier): number => {
  let dropped = 0;
  // Within a segment what is covered comes first, so the first row that is not ends the walk through it.
  const open = new Set<string>();
  for (const { name, key, place } of rowsOf(context, route).values()) {
    if (place === undefined) continue;
    const segment = name.slice(0, 2 * (PREFIX_BYTES + 16));
    if (open.has(segment)) continue;
    if (route.about.log.covers(theirs, place)) {
      dropWaiting(context, route, key);
      dropped++;
    } else open.add(segment);
  }
  return dropped;
};
