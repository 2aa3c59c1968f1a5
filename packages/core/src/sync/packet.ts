// What a session carries (spec/09-sync.md): a version and a list of items. A reader skips items that it does not know,
// so that an older Kith keeps talking with a newer one.
import {
  bool,
  bytes,
  decode,
  encode,
  kinds,
  list,
  literal,
  named,
  text,
  tuple,
  uint,
  type KindOf,
} from '../codec/index.ts';
import { conversationIdCodec, feedIdCodec, segmentIdCodec } from '../identity/index.ts';
import { frontierCodec, logObjectCodec } from '../log/index.ts';
import { MAX_PACKET_BYTES } from '../mailbox/index.ts';

export const PACKET_VERSION = 1;
/** A packet to own devices speaks of many conversations. */
export const MAX_ITEMS = 1024;
const MAX_OBJECTS = 4096;
export const MAX_WANTED = 64;
const MAX_ENTRY_BYTES = 2048;
const MAX_RESENDS = 16;

const rangeCodec = named(
  'range',
  tuple({ feed: feedIdCodec, segment: segmentIdCodec, from: uint(0xffffffff), to: uint(0xffffffff) }),
);

export const items = kinds({
  /** Parts of the log. */
  objects: [1, named('item-objects', tuple({ objects: list(logObjectCodec, MAX_OBJECTS) }))],
  /** What the sender holds, and its clock, rounded down to the minute (milliseconds). */
  frontier: [2, named('item-frontier', tuple({ frontier: frontierCodec, date: uint(2 ** 48 - 1) }))],
  /** Parts of the log that the sender lacks and asks this device for. */
  want: [3, named('item-want', tuple({ from: feedIdCodec, ranges: list(rangeCodec, MAX_WANTED) }))],
  /** Where the sender's person can be reached from now on (spec 06). */
  inbox: [4, named('item-inbox', tuple({ record: bytes(1, 512) }))],
  /** The inviter's answer to a claim (spec 08). */
  answer: [5, named('item-answer', tuple({ inception: bytes(1, MAX_ENTRY_BYTES), nonce: bytes(32) }))],
  /** The acceptor's nonce; rides in every packet until `settled` comes. */
  reveal: [6, named('item-reveal', tuple({ nonce: bytes(32) }))],
  /** The inviter knows the acceptor's nonce. */
  settled: [7, named('item-settled', tuple({ inbox: uint() }))],
  /** Parts of split packets that did not come (spec 06). */
  resend: [
    8,
    named(
      'item-resend',
      tuple({ requests: list(tuple({ packet: bytes(8), missing: uint(0xffffffff) }), MAX_RESENDS) }),
    ),
  ],
  /** The person is typing. Never stored; sent live only. */
  typing: [9, named('item-typing', tuple({}))],
  /** How far the person has read, when they want it told. */
  read: [10, named('item-read', tuple({ frontier: frontierCodec }))],
  /** The acceptor's side of a claim: it fixes the nonce and inception before the inviter shows its own. */
  claim: [
    11,
    named('item-claim', tuple({ commitment: bytes(32), inception: bytes(1, MAX_ENTRY_BYTES), inbox: bytes(1, 512) })),
  ],
  /** In `self` only: what follows is about this conversation, up to the next of these. */
  about: [12, named('item-about', tuple({ conversation: conversationIdCodec }))],
  /** A device's side of joining another's `self` (spec 08): its key there, its consent, where it looks for the answer. */
  join: [
    13,
    named(
      'item-join',
      tuple({
        commitment: bytes(32),
        device: bytes(32),
        consent: bytes(64),
        inbox: bytes(1, 512),
        name: text(256),
      }),
    ),
  ],
  /** Both nonces behind the words that two screens show before a device is let in (spec 08). */
  linkNonce: [14, named('item-link-nonce', tuple({ nonce: bytes(32) }))],
  linkReveal: [15, named('item-link-reveal', tuple({ nonce: bytes(32) }))],
  /** To a device that its person has removed; `wipe`: nothing is to stay on it. */
  removed: [16, named('item-removed', tuple({ wipe: bool }))],
  /** To an own device: how many events of this conversation are still to come, of those it asked for. */
  left: [17, named('item-left', tuple({ events: uint() }))],
  /** To an own device: the objects beside it are the newest of the conversation; what is below them comes later (spec 04). */
  newest: [20, named('item-newest', tuple({}))],
  /** In the claim of an invitation to come back (spec 08): the entry that recovery words signed, and where to answer. */
  return: [19, named('item-return', tuple({ entry: bytes(1, MAX_ENTRY_BYTES), inbox: bytes(1, 512) }))],
  /** Beside `join`, from a device that has contacts: its own `self` may be taken in (spec 03, "Merging"). */
  merge: [
    18,
    named('item-merge', tuple({ root: bytes(16, 32), member: bytes(16), device: bytes(32), consent: bytes(64) })),
  ],
});
export type Item = KindOf<typeof items>;
export type ItemOf<T extends Item['type']> = Extract<Item, { readonly type: T }>;

export const packetCodec = named(
  'packet',
  tuple({
    version: literal(PACKET_VERSION),
    items: list(tuple({ kind: uint(255), body: bytes(0, MAX_PACKET_BYTES) }), MAX_ITEMS),
  }),
);

export const encodePacket = (content: readonly Item[]): Uint8Array =>
  encode(packetCodec, {
    version: PACKET_VERSION,
    items: content.map((item) => {
      const { kind, bytes: body } = items.encode(item);
      return { kind, body };
    }),
  });

/** Undefined when it is no packet of this version, or when an item of a known kind breaks its format. */
export const decodePacket = (data: Uint8Array): readonly Item[] | undefined => {
  if (data.length > MAX_PACKET_BYTES) return undefined;
  const packet = decode(packetCodec, data);
  if (packet === undefined) return undefined;
  const content: Item[] = [];
  for (const { kind, body } of packet.items) {
    if (!items.knows(kind)) continue;
    const item = items.decode(kind, body);
    if (item === undefined) return undefined;
    content.push(item);
  }
  return content;
};
