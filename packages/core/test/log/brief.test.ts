import {
  encodeHeader,
  decodeHeader,
  noContentHash,
  readBrief,
  readPrevious,
  MAX_LAMPORT,
  type Header,
} from '@kith/core/log';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const bytes = (length: number): fc.Arbitrary<never> =>
  fc.uint8Array({ minLength: length, maxLength: length }) as fc.Arbitrary<never>;
const seq = fc.oneof(fc.nat(30), fc.nat(300), fc.nat(70_000), fc.nat(0xfffffffe));
const headers: fc.Arbitrary<Header> = fc
  .record({
    conversation: bytes(16),
    feed: bytes(8),
    segment: bytes(8),
    seq: seq.map((value) => value + 1).filter((value) => value < 0xfffffffe),
    previous: bytes(32),
    lamport: fc.oneof(seq, fc.integer({ min: 0, max: MAX_LAMPORT })),
    time: seq,
    charter: fc.record({ feed: bytes(8), seq }),
    heads: fc.array(fc.record({ feed: bytes(8), segment: bytes(8), seq, lamport: seq }), { maxLength: 8 }),
    contentKind: fc.nat(65_535),
    sizeClass: fc.nat(6),
    contentHash: bytes(32),
    extensions: fc.uniqueArray(
      fc.record({ id: fc.nat(65_535), critical: fc.boolean(), value: fc.uint8Array({ maxLength: 40 }) }),
      { maxLength: 3, selector: ({ id }) => id },
    ),
  })
  .map(({ contentHash, extensions, ...rest }) => ({
    ...rest,
    format: 1,
    kind: 1,
    end: null,
    contentHash: rest.sizeClass === 0 ? noContentHash() : contentHash,
    extensions: extensions.toSorted((a, b) => a.id - b.id),
  }));
const firsts = fc
  .record({ header: headers, end: fc.option(fc.record({ segment: bytes(8), count: seq })) })
  .map(({ header, end }): Header => ({ ...header, seq: 0, previous: new Uint8Array(32) as never, end }));

test('the fields a screen needs are those that the whole reading finds', () => {
  fc.assert(
    fc.property(fc.oneof(headers, firsts), (header) => {
      const data = encodeHeader(header);
      const whole = decodeHeader(data);
      if (whole === undefined) throw new Error('the header was to be a good one');
      const { previous, time, contentKind, sizeClass, contentHash, extensions } = whole;
      expect(readBrief(data)).toEqual({ time, contentKind, sizeClass, contentHash, extensions });
      expect(readPrevious(data)).toEqual(previous);
    }),
    { numRuns: 500 },
  );
});
