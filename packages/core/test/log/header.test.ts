// What a header alone has to keep: fields that contradict each other make no event, whoever sealed it.
import { expect, test } from 'vitest';
import { utf8 } from '../../src/bytes/index.ts';
import {
  decodeHeader,
  encodeHeader,
  MAX_HEADER_BYTES,
  noContentHash,
  readBrief,
  type Header,
} from '../../src/log/index.ts';

const bytes = (length: number, fill = 1): never => new Uint8Array(length).fill(fill) as never;
const NONE = bytes(32, 0);
const header = (other: Partial<Header> = {}): Header => ({
  format: 1,
  kind: 1,
  conversation: bytes(16),
  feed: bytes(8),
  segment: bytes(8, 2),
  seq: 1,
  previous: bytes(32, 3),
  lamport: 5,
  time: 29_000_000,
  charter: { feed: bytes(8), seq: 0 },
  heads: [],
  end: null,
  contentKind: 16,
  sizeClass: 1,
  contentHash: bytes(32, 4),
  extensions: [],
  ...other,
});
const read = (other: Partial<Header>): Header | undefined => decodeHeader(encodeHeader(header(other)));
const end = { segment: bytes(8, 5), count: 3 };

test('the first of a segment has nothing before it and may name the end of another; all others the reverse', () => {
  expect(read({})).toEqual(header());
  expect(read({ seq: 0, previous: NONE })).toEqual(header({ seq: 0, previous: NONE }));
  expect(read({ seq: 0, previous: NONE, end })).toEqual(header({ seq: 0, previous: NONE, end }));
  expect(read({ seq: 0 })).toBeUndefined();
  expect(read({ previous: NONE })).toBeUndefined();
  expect(read({ end })).toBeUndefined();
  expect(read({ seq: 0, end })).toBeUndefined();
});
test('no content has the hash of none, and no other', () => {
  expect(read({ sizeClass: 0, contentHash: noContentHash() as never })).toBeDefined();
  expect(read({ sizeClass: 0 })).toBeUndefined();
  expect(read({ contentHash: noContentHash() as never })).toBeUndefined();
});
test('a header as long as may be is read, and none that is longer', () => {
  const heads = Array.from({ length: 8 }, (_, i) => ({
    feed: bytes(8, i),
    segment: bytes(8),
    seq: 2 ** 31,
    lamport: 2 ** 40,
  }));
  const extensions = Array.from({ length: 8 }, (_, i) => ({ id: 60_000 + i, critical: false, value: bytes(256) }));
  const longest = encodeHeader(header({ heads, extensions }));
  expect(longest.length).toBeLessThanOrEqual(MAX_HEADER_BYTES);
  expect(decodeHeader(longest)).toBeDefined();
  expect(decodeHeader(new Uint8Array(MAX_HEADER_BYTES + 1).fill(0x80))).toBeUndefined();
});
test('the fields of a screen, with lengths and numbers of every width', () => {
  for (const [i, time] of [0, 23, 24, 255, 256, 65_535, 65_536, 0xffffffff].entries()) {
    const extensions = i % 2 === 0 ? [] : [{ id: 7, critical: false, value: utf8('x') }];
    const heads = Array.from({ length: i }, () => ({
      feed: bytes(8),
      segment: bytes(8),
      seq: Math.floor(time / 2),
      lamport: time * 7,
    }));
    for (const of of [
      header({ time, heads, extensions, contentKind: time & 0xffff }),
      header({ seq: 0, previous: NONE, end, time }),
    ]) {
      const { contentKind, sizeClass, contentHash, extensions: own } = of;
      expect(readBrief(encodeHeader(of))).toEqual({ time, contentKind, sizeClass, contentHash, extensions: own });
    }
  }
});
