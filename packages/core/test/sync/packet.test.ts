import { readFileSync } from 'node:fs';
import { concat, fromHex, toHex } from '@kith/core/bytes';
import { decode, encode, tuple, uint, list, bytes, literal } from '@kith/core/codec';
import { MAX_PACKET_BYTES } from '@kith/core/mailbox';
import { decodePacket, encodePacket, items, MAX_ITEMS, packetCodec, type Item } from '@kith/core/sync';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { expect, test } from 'vitest';
import { everyItem, fill, syncVectors, toJson } from './spec-vectors.ts';

const file = readFileSync(new URL('../../../../spec/vectors/sync.json', import.meta.url), 'utf8');
const vectors = JSON.parse(file) as ReturnType<typeof syncVectors>;
const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error('not hexadecimal');
  return bytes;
};

test('the vectors of page 09 are those that the code makes', () => expect(file).toBe(toJson()));
test.each(vectors.valid.map((one) => [one.name, one] as const))('a packet of %s', (name, { packet, kind }) => {
  const read = decodePacket(hex(packet)) ?? [];
  expect(read.map(({ type }) => type)).toEqual([name]);
  expect(items.encode(read[0] as Item).kind).toBe(kind);
  expect(toHex(encodePacket(read))).toBe(packet);
});
test.each(vectors.invalid.map((one) => [one.name, one] as const))('dropped whole: %s', (_, { packet }) => {
  expect(decodePacket(hex(packet))).toBeUndefined();
});

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
