// What this device knows of one other person's copy of a conversation, and what it told them (spec/09-sync.md).
import { bytes, decode, encode, named, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import { DAY_CELLS, DAY_POST_AFTER_MS, dayOf } from './outbox.ts';

/** A frontier alone is sent this long after the first reason for it … */
export const TELL_AFTER_MS = 200;
/** … and then at most this often while online, */
export const TELL_EVERY_MS = 30_000;
/** with this many ahead of it, so that in a talk back and forth "delivered" comes at once (decision 0003). */
export const TELL_BURST = 6;
/** A gap is asked for after this long: what is on its way may still come. */
export const WANT_AFTER_MS = 5_000;

const MAX_TIME = 2 ** 48 - 1;
const time = uint(MAX_TIME);
export const MAX_FRONTIER_BYTES = 32_768;

export const peerStateCodec = named(
  'peer-state',
  tuple({
    /** Their last frontier. */
    frontier: nullable(bytes(1, MAX_FRONTIER_BYTES)),
    /** How far they have read, when they say so. */
    read: nullable(bytes(1, MAX_FRONTIER_BYTES)),
    /** Digest of our frontier that they were sent last, and of the one in a day bucket; 16 bytes. */
    told: bytes(0, 16),
    toldDay: bytes(0, 16),
    toldAt: time,
    /** Up to when frontiers alone are accounted for, one in 30 s. */
    aloneUntil: time,
    /** When they were last asked for what we lack. */
    wantAt: time,
    /** When anything of theirs was opened last; 0: never. */
    seenAt: time,
    /** The newest date of theirs, by their clock, or the last while that is still to come; 0: none. What comes by way of a mailbox is old, not wrong. */
    date: time,
    /** When a date of theirs last agreed with the own clock (10 minutes); 0: never. */
    agreedAt: time,
    /** Cells put into day buckets for them, and on which day. */
    day: uint(0xffffffff),
    dayCells: uint(),
  }),
);
export type PeerState = Infer<typeof peerStateCodec>;

const NOTHING = new Uint8Array(0);
export const newPeerState: PeerState = {
  frontier: null,
  read: null,
  told: NOTHING,
  toldDay: NOTHING,
  toldAt: 0,
  aloneUntil: 0,
  wantAt: 0,
  seenAt: 0,
  date: 0,
  agreedAt: 0,
  day: 0,
  dayCells: 0,
};
export const encodePeerState = (state: PeerState): Uint8Array => encode(peerStateCodec, state);
export const decodePeerState = (data: Uint8Array): PeerState | undefined => decode(peerStateCodec, data);

/** When a frontier alone may be sent, at the earliest. */
export const tellAt = (state: PeerState, now: number): number =>
  Math.max(now + TELL_AFTER_MS, accountedFor(state, now) - TELL_BURST * TELL_EVERY_MS);
export const spendTell = (state: PeerState, now: number): PeerState => ({
  ...state,
  aloneUntil: Math.max(now, accountedFor(state, now)) + TELL_EVERY_MS,
});
/** Never further ahead than a spent burst: what a clock that ran ahead has written does not silence a device. */
const accountedFor = (state: PeerState, now: number): number =>
  Math.min(state.aloneUntil, now + (TELL_BURST + 1) * TELL_EVERY_MS);
/** Nothing was told for so long that the hour bucket may have been missed. */
export const isSilent = (state: PeerState, now: number): boolean =>
  state.toldAt > now || now - state.toldAt >= DAY_POST_AFTER_MS;

/** Cells that may still go into day buckets for this person today. */
export const dayCellsLeft = (state: PeerState, now: number): number =>
  state.day === dayOf(now) ? Math.max(0, DAY_CELLS - state.dayCells) : DAY_CELLS;
export const spendDayCells = (state: PeerState, now: number, cells: number): PeerState => {
  const day = dayOf(now);
  return { ...state, day, dayCells: (state.day === day ? state.dayCells : 0) + cells };
};
