// Rows of what other persons' devices hold and were told, and of what waits to be posted to them.
import { concat, toHex, utf8 } from '../bytes/index.ts';
import { afterPrefix, placeFromKey, placeKey } from '../conversation/index.ts';
import { decode } from '../codec/index.ts';
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
import type { Pair } from './home.ts';

const EVENT = Uint8Array.of(0);
const CONTROL = Uint8Array.of(1);
const PREFIX_BYTES = 17;

/** An outbox row with its key: an event (its place) or a control message (its name). */
export interface Waiting {
  readonly key: Uint8Array;
  /** The key, for maps. */
  readonly name: string;
  readonly row: OutboxRow;
  readonly place: Place | undefined;
}

// What is asked at every packet is kept beside the pair, and written at every change: the pair, and this with it, is read
// anew after a transaction that failed.
export const peerState = (context: Context, pair: Pair, feed: FeedId): PeerState => {
  const name = toHex(feed);
  let state = pair.peers.get(name);
  if (state === undefined) {
    const raw = context.store.get('peer', concat(pair.id, feed));
    state = (raw === undefined ? undefined : decodePeerState(raw)) ?? newPeerState;
    pair.peers.set(name, state);
  }
  return state;
};
export const setPeerState = (context: Context, pair: Pair, feed: FeedId, state: PeerState): void => {
  pair.peers.set(toHex(feed), state);
  context.store.put('peer', concat(pair.id, feed), encodePeerState(state));
};
/** The bytes of a kept state are the same object every time, so each frontier is decoded once. */
const decoded = new WeakMap<Uint8Array, Frontier>();
export const frontierOf = (raw: Uint8Array | null): Frontier | undefined => {
  if (raw === null) return undefined;
  const known = decoded.get(raw) ?? decode(frontierCodec, raw);
  if (known !== undefined) decoded.set(raw, known);
  return known;
};

export const eventKey = (pair: Pair, place: Place): Uint8Array => concat(pair.id, EVENT, placeKey(place));
export const controlKey = (pair: Pair, name: string): Uint8Array => concat(pair.id, CONTROL, utf8(name));

const toWaiting = (key: Uint8Array, row: OutboxRow): Waiting => ({
  key,
  name: toHex(key),
  row,
  place: key[16] === 0 ? placeFromKey(key, PREFIX_BYTES) : undefined,
});
const rowsOf = (context: Context, pair: Pair): Map<string, Waiting> => {
  if (pair.waiting !== undefined) return pair.waiting;
  const rows: Waiting[] = [];
  for (const { key, value } of context.store.scan('outbox', { from: pair.id, to: afterPrefix(pair.id) })) {
    const row = decodeOutboxRow(value);
    if (row !== undefined) rows.push(toWaiting(key, row));
  }
  rows.sort((a, b) => a.row.at - b.row.at);
  pair.waiting = new Map(rows.map((waiting) => [waiting.name, waiting]));
  return pair.waiting;
};
/** In the order in which they were made. */
export const waitingOf = (context: Context, pair: Pair): Iterable<Waiting> => rowsOf(context, pair).values();
export const waitingAt = (context: Context, pair: Pair, key: Uint8Array): Waiting | undefined =>
  rowsOf(context, pair).get(toHex(key));
export const putWaiting = (context: Context, pair: Pair, key: Uint8Array, row: OutboxRow): Waiting => {
  const waiting = toWaiting(key, row);
  rowsOf(context, pair).set(waiting.name, waiting);
  context.store.put('outbox', key, encodeOutboxRow(row));
  return waiting;
};
export const dropWaiting = (context: Context, pair: Pair, key: Uint8Array): void => {
  if (rowsOf(context, pair).delete(toHex(key))) context.store.delete('outbox', key);
};
export const eventsWaiting = (context: Context, pair: Pair): number => {
  let count = 0;
  for (const { place } of rowsOf(context, pair).values()) if (place !== undefined) count++;
  return count;
};
export const dropControls = (context: Context, pair: Pair, prefix: string): void => {
  const start = toHex(controlKey(pair, prefix));
  for (const { name, key } of rowsOf(context, pair).values())
    if (name.startsWith(start)) dropWaiting(context, pair, key);
};

/** Removes the rows of events that this frontier covers; tells how many. */
export const dropCovered = (context: Context, pair: Pair, theirs: Frontier): number => {
  let dropped = 0;
  // Within a segment what is covered comes first, so the first row that is not ends the walk through it.
  const open = new Set<string>();
  for (const { name, key, place } of rowsOf(context, pair).values()) {
    if (place === undefined) continue;
    const segment = name.slice(0, 2 * (PREFIX_BYTES + 16));
    if (open.has(segment)) continue;
    if (pair.log.covers(theirs, place)) {
      dropWaiting(context, pair, key);
      dropped++;
    } else open.add(segment);
  }
  return dropped;
};
