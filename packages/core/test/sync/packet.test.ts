import { concat } from '@kith/core/bytes';
import { decode, encode, tuple, uint, list, bytes, literal } from '@kith/core/codec';
import type { ConversationId } from '@kith/core/identity';
import type { Frontier } from '@kith/core/log';
import { MAX_PACKET_BYTES } from '@kith/core/mailbox';
import { decodePacket, encodePacket, items, MAX_ITEMS, packetCodec, type Item } from '@kith/core/sync';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { expect, test } from 'vitest';

const fill = (length: number, value = 7): never => new Uint8Array(length).fill(value) as never;
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
const everyItem: readonly Item[] = [
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
  { type: 'return', entry: fill(200), inbox: fill(90) },
  { type: 'merge', root: fill(32), member: fill(16), device: fill(32), consent: fill(64) },
];

test('every item comes back as it went, alone and all together', () => {
  for (const item of everyItem) expect(decodePacket(encodePacket([item]))).toEqual([item]);
  expect(decodePacket(encodePacket(everyItem))).toEqual(everyItem);
  expect(decodePacket(encodePacket([]))).toEqual([]);
  expect(items.cases.map(({ type }) => type)).toEqual(everyItem.map(({ type }) => type));
});

test('items of a newer Kith are skipped; broken ones of a known kind drop the packet', () => {
  const wire = tuple({ version: literal(1), items: list(tuple({ kind: uint(255), body: bytes(0, 100) }), MAX_ITEMS) });
  const typing = items.encode({ type: 'typing' });
  const newer = encode(wire, {
    version: 1,
    items: [
      { kind: 200, body: fill(5) },
      { kind: typing.kind, body: typing.bytes },
    ],
  });
  expect(decodePacket(newer)).toEqual([{ type: 'typing' }]);
  expect(decodePacket(encode(wire, { version: 1, items: [{ kind: 6, body: fill(5) }] }))).toBeUndefined();
});

test('fuzz: 10,000 inputs, whole and damaged, end in an answer and never in an exception', () => {
  const random = seededRandomness(11);
  const whole = encodePacket(everyItem);
  let accepted = 0;
  for (let i = 0; i < 10_000; i++) {
    const at = Math.floor(random.fraction() * whole.length);
    const damaged = whole.slice();
    const kind = i % 4;
    if (kind === 0) damaged[at] = (damaged[at] as number) ^ (1 << (i % 8));
    const input =
      kind === 0
        ? damaged
        : kind === 1
          ? whole.slice(0, at)
          : kind === 2
            ? concat(whole.slice(0, at), random.bytes(8), whole.slice(at))
            : random.bytes(at % 300);
    if (decodePacket(input) !== undefined) accepted++;
  }
  expect(accepted).toBeLessThan(5_000);
  expect(decodePacket(new Uint8Array(MAX_PACKET_BYTES + 1))).toBeUndefined();
  expect(decode(packetCodec, new Uint8Array(0))).toBeUndefined();
});
