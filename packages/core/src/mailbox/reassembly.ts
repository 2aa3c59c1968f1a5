// Puts split packets together again, within bounds: at most 4 MiB unfinished of one peer, and nothing older than 48
// hours. A packet once finished is remembered for as long, so that late parts do not begin it anew.
import { concat, toHex } from '../bytes/index.ts';
import { bytes, decode, encode, list, literal, named, nullable, tuple, uint } from '../codec/index.ts';
import { neededParts, PACKET_ID_BYTES } from './fragments.ts';
import { MAX_CELLS, MAX_PACKET_BYTES, ROOM_BYTES, type Fragment, type ResendRequest } from './types.ts';

export const MAX_UNFINISHED_BYTES = 4 * 1024 * 1024;
export const PACKET_LIFE_MS = 48 * 3_600_000;
const MAX_ENTRIES = 4096;
const FORMAT = 1 as const;

export interface Unfinished {
  readonly packet: Uint8Array;
  readonly length: number;
  /** Milliseconds: when the first and the last part came. */
  readonly since: number;
  readonly touched: number;
  /** By index; null is missing. */
  readonly parts: readonly (Uint8Array | null)[];
}
/** Of one peer device. `finished`: ids of packets that were split and are complete. */
export interface Reassembly {
  readonly unfinished: ReadonlyMap<string, Unfinished>;
  readonly finished: ReadonlyMap<string, number>;
}
export const emptyReassembly = (): Reassembly => ({ unfinished: new Map(), finished: new Map() });

export interface ReassemblyStep {
  readonly state: Reassembly;
  /** The packet, when this part completed it. */
  readonly packet: Uint8Array | undefined;
}

/** Takes one part in. `now`: milliseconds. Parts that do not fit what is known of their packet are dropped. */
export const addFragment = (before: Reassembly, fragment: Fragment, now: number): ReassemblyStep => {
  if (neededParts(fragment.length) === 1) {
    return { state: before, packet: fragment.index === 0 ? fragment.data.slice() : undefined };
  }
  const state = withoutOld(before, now);
  const id = toHex(fragment.packet);
  const dropped: ReassemblyStep = { state, packet: undefined };
  if (state.finished.has(id) || fragment.index >= neededParts(fragment.length)) return dropped;
  const known = state.unfinished.get(id) ?? {
    packet: fragment.packet.slice(),
    length: fragment.length,
    since: now,
    touched: now,
    parts: Array.from({ length: neededParts(fragment.length) }, () => null),
  };
  if (known.length !== fragment.length || known.parts[fragment.index] !== null) return dropped;
  const grown = { ...known, touched: now, parts: known.parts.with(fragment.index, fragment.data.slice()) };
  const unfinished = new Map(state.unfinished);
  unfinished.delete(id);
  if (grown.parts.includes(null)) {
    unfinished.set(id, grown);
    return { state: withinBound({ ...state, unfinished }), packet: undefined };
  }
  const finished = new Map(state.finished).set(id, now);
  const parts = grown.parts.filter((part) => part !== null);
  return { state: withinBound({ unfinished, finished }), packet: concat(...parts) };
};

/** What to ask the peer for: parts of packets that got nothing for `quietMs`. */
export const missingParts = (state: Reassembly, now: number, quietMs: number): readonly ResendRequest[] =>
  Array.from(state.unfinished.values())
    .filter((entry) => now - entry.touched >= quietMs && now - entry.since < PACKET_LIFE_MS)
    .map(({ packet, parts }) => ({
      packet,
      missing: parts.reduce((mask, part, i) => (part === null ? mask + 2 ** i : mask), 0),
    }));
/** The indexes a request asks for. */
export const requestedParts = (request: ResendRequest): readonly number[] =>
  Array.from({ length: MAX_CELLS }, (_, i) => i).filter((i) => Math.floor(request.missing / 2 ** i) % 2 === 1);

export const withoutOld = (state: Reassembly, now: number): Reassembly => {
  const old = (since: number): boolean => now - since >= PACKET_LIFE_MS;
  // Every part of every packet asks, and thousands may be remembered: the first of them was finished first.
  const [first] = state.finished.values();
  const hasOld = first !== undefined && old(first);
  if (!hasOld && !Array.from(state.unfinished.values()).some((entry) => old(entry.since))) return state;
  const unfinished = [...state.unfinished].filter(([, entry]) => !old(entry.since));
  const finished = [...state.finished].filter(([, at]) => !old(at));
  return { unfinished: new Map(unfinished), finished: new Map(finished) };
};

const held = (entry: Unfinished): number => entry.parts.filter((part) => part !== null).length * ROOM_BYTES;
/** Over the bound the packets that waited longest for a part go first: Map keeps the order of the last touch. */
const withinBound = (state: Reassembly): Reassembly => {
  const unfinished = new Map(state.unfinished);
  let total = 0;
  for (const entry of unfinished.values()) total += held(entry);
  for (const [id, entry] of unfinished) {
    if (total <= MAX_UNFINISHED_BYTES && unfinished.size <= MAX_ENTRIES) break;
    total -= held(entry);
    unfinished.delete(id);
  }
  const finished =
    state.finished.size > MAX_ENTRIES ? new Map([...state.finished].slice(-MAX_ENTRIES)) : state.finished;
  return { unfinished, finished };
};

const time = uint(2 ** 48 - 1);
const packetId = bytes(PACKET_ID_BYTES);
const unfinishedCodec = tuple({
  format: literal(FORMAT),
  packet: packetId,
  length: uint(MAX_PACKET_BYTES),
  since: time,
  touched: time,
  parts: list(nullable(bytes(1, ROOM_BYTES)), MAX_CELLS),
});
export const resendRequestCodec = named('resend-request', tuple({ packet: packetId, missing: uint(0xffffffff) }));

/** One row for each unfinished packet: rewriting it costs at most its own size. */
export const encodeUnfinished = (entry: Unfinished): Uint8Array =>
  encode(unfinishedCodec, {
    format: FORMAT,
    ...entry,
    since: Math.max(0, Math.floor(entry.since)),
    touched: Math.max(0, Math.floor(entry.touched)),
  });
export const decodeUnfinished = (data: Uint8Array): Unfinished | undefined => {
  const read = decode(unfinishedCodec, data);
  if (read === undefined || read.parts.length !== neededParts(read.length)) return undefined;
  const { format: _, ...entry } = read;
  return entry;
};
