// Rows of what other persons' devices hold and were told, and of what waits to be posted to them.
import { concat, utf8 } from '../bytes/index.ts';
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
  readonly row: OutboxRow;
  readonly place: Place | undefined;
}

export const peerState = (context: Context, pair: Pair, feed: FeedId): PeerState => {
  const raw = context.store.get('peer', concat(pair.id, feed));
  return (raw === undefined ? undefined : decodePeerState(raw)) ?? newPeerState;
};
export const setPeerState = (context: Context, pair: Pair, feed: FeedId, state: PeerState): void =>
  context.store.put('peer', concat(pair.id, feed), encodePeerState(state));
export const frontierOf = (raw: Uint8Array | null): Frontier | undefined =>
  raw === null ? undefined : decode(frontierCodec, raw);

export const eventKey = (pair: Pair, place: Place): Uint8Array => concat(pair.id, EVENT, placeKey(place));
export const controlKey = (pair: Pair, name: string): Uint8Array => concat(pair.id, CONTROL, utf8(name));

const toWaiting = (key: Uint8Array, value: Uint8Array): Waiting | undefined => {
  const row = decodeOutboxRow(value);
  if (row === undefined) return undefined;
  return { key, row, place: key[16] === 0 ? placeFromKey(key, PREFIX_BYTES) : undefined };
};
/** Events first, then control messages. */
export const waitingOf = (context: Context, pair: Pair): readonly Waiting[] =>
  context.store
    .scan('outbox', { from: pair.id, to: afterPrefix(pair.id) })
    .map((row) => toWaiting(row.key, row.value))
    .filter((row) => row !== undefined);
export const waitingAt = (context: Context, key: Uint8Array): Waiting | undefined => {
  const raw = context.store.get('outbox', key);
  return raw === undefined ? undefined : toWaiting(key, raw);
};
export const putWaiting = (context: Context, key: Uint8Array, row: OutboxRow): void =>
  context.store.put('outbox', key, encodeOutboxRow(row));

/** Removes the rows of events that this frontier covers; tells how many. */
export const dropCovered = (context: Context, pair: Pair, theirs: Frontier): number => {
  const prefix = concat(pair.id, EVENT);
  let from = prefix;
  let dropped = 0;
  for (;;) {
    // Within a segment what is covered comes first, so the first row that is not ends the walk through it.
    const rows = context.store.scan('outbox', { from, to: afterPrefix(prefix), limit: 64 });
    if (rows.length === 0) return dropped;
    for (const { key } of rows) {
      const place = placeFromKey(key, PREFIX_BYTES);
      if (pair.log.covers(theirs, place)) {
        context.store.delete('outbox', key);
        dropped++;
        from = concat(key, Uint8Array.of(0));
      } else {
        from = concat(key.slice(0, PREFIX_BYTES + 16), new Uint8Array(5).fill(255));
        break;
      }
    }
  }
};
