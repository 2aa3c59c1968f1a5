// The vectors of spec page 09: a packet of each kind of item, and packets that are dropped whole.
import { toHex } from '../../src/bytes/index.ts';
import { encode } from '../../src/codec/index.ts';
import type { ConversationId } from '../../src/identity/index.ts';
import type { Frontier } from '../../src/log/index.ts';
import { encodePacket, items, packetCodec, PACKET_VERSION, type Item } from '../../src/sync/index.ts';

export const fill = (length: number, value = 7): never => new Uint8Array(length).fill(value) as never;
const frontier: Frontier = {
  digest: fill(16),
  base: 0,
  feeds: [
    {
      feed: fill(8),
      charterCount: 1,
      charterDigest: fill(8),
      segment: fill(8),
      count: 3,
      head: fill(32),
      ranges: [{ segment: fill(8), from: 5, to: 9 }],
      past: fill(8),
      aside: [],
    },
  ],
};
/** One of each kind. */
export const everyItem: readonly Item[] = [
  {
    type: 'objects',
    objects: [
      { type: 'event', header: fill(100), content: { key: fill(32), content: fill(10) } },
      { type: 'entry', entry: fill(40) },
    ],
  },
  { type: 'frontier', frontier, date: 1_767_225_600_000 },
  { type: 'want', from: fill(8), ranges: [{ feed: fill(8), segment: fill(8), from: 0, to: 4 }] },
  { type: 'inbox', record: fill(60) },
  { type: 'answer', inception: fill(200), nonce: fill(32) },
  { type: 'reveal', nonce: fill(32) },
  { type: 'settled', inbox: 0 },
  { type: 'resend', requests: [{ packet: fill(8), missing: 5 }] },
  { type: 'typing' },
  { type: 'read', frontier },
  { type: 'claim', commitment: fill(32), inception: fill(200), inbox: fill(60) },
  { type: 'about', conversation: fill(16) as ConversationId },
  { type: 'join', commitment: fill(32), device: fill(32), consent: fill(64), inbox: fill(60), name: 'laptop' },
  { type: 'linkNonce', nonce: fill(32) },
  { type: 'linkReveal', nonce: fill(32) },
  { type: 'removed', wipe: true },
  { type: 'left', events: 100_000 },
  { type: 'newest' },
  { type: 'return', entry: fill(200), inbox: fill(90) },
  { type: 'merge', root: fill(32), member: fill(16), device: fill(32), consent: fill(64) },
];

const packetOf = (kind: number, body: Uint8Array): string =>
  toHex(encode(packetCodec, { version: PACKET_VERSION, items: [{ kind, body }] }));
/** The item, with its body changed. */
const broken = (item: Item, change: (body: Uint8Array) => Uint8Array): string => {
  const { kind, bytes } = items.encode(item);
  return packetOf(kind, change(bytes));
};
const RETURN: Item = { type: 'return', entry: fill(1), inbox: fill(90) };
const MERGE: Item = { type: 'merge', root: fill(32), member: fill(16), device: fill(32), consent: fill(64) };

export const syncVectors = () => ({
  about: 'spec/09-sync.md. Packets in hexadecimal, with the kind of their one item.',
  valid: everyItem.map((item) => ({
    name: item.type,
    kind: items.encode(item).kind,
    packet: toHex(encodePacket([item])),
  })),
  invalid: [
    {
      name: 'return without an entry',
      packet: broken(RETURN, (body) => Uint8Array.from([body[0] ?? 0, 0x40, ...body.subarray(3)])),
    },
    { name: 'return with a byte too many', packet: broken(RETURN, (body) => Uint8Array.from([...body, 0])) },
    { name: 'return that breaks off', packet: broken(RETURN, (body) => body.subarray(0, -1)) },
    {
      name: 'merge without a consent',
      packet: broken(MERGE, (body) => Uint8Array.from([0x83, ...body.subarray(1, -66)])),
    },
    { name: 'merge that breaks off', packet: broken(MERGE, (body) => body.subarray(0, -1)) },
    { name: 'merge in the place of return', packet: packetOf(items.encode(RETURN).kind, items.encode(MERGE).bytes) },
    { name: 'return in the place of merge', packet: packetOf(items.encode(MERGE).kind, items.encode(RETURN).bytes) },
    { name: 'another version', packet: toHex(encodePacket([RETURN])).replace('8201', '8202') },
  ],
});
export const toJson = (): string => `${JSON.stringify(syncVectors(), null, 1)}\n`;
