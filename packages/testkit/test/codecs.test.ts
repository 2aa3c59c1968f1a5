// Over all codecs there are: what CDDL allows is taken, what is taken comes back the same, and no bytes do harm.
import { describe, expect, test } from 'vitest';
import { equalBytes } from '@kith/core/bytes';
import { decode, encode } from '@kith/core/codec';
import { sampler, type Size } from '@kith/testkit/cddl-sample';
import { codecsIn, rulesOf } from '@kith/testkit/codec-registry';
import { fuzzDecoder } from '@kith/testkit/fuzz';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const INPUTS = 10_000;
/** Larger seeds only copy bytes: near misses are made of smaller ones. */
const LARGEST_SEED = 16_384;
const codecs = codecsIn(import.meta.glob<Record<string, unknown>>('../../core/src/**/*.ts', { eager: true }));
const rules = rulesOf(codecs);
const randomness = seededRandomness(20);

/** Formats whose rules go beyond their CDDL (sorted, or of a length that depends on another field) refuse some samples. */
const samples = (cddl: string, size: Size, count: number, read: (raw: unknown) => unknown): unknown[] => {
  const make = sampler(cddl, rules, randomness, size);
  return Array.from({ length: count }, () => read(make())).filter((value) => value !== undefined);
};

test('the codecs were found', () => {
  expect(codecs.length).toBeGreaterThan(50);
  expect(rules.has('extensions')).toBe(true);
});

describe.each(codecs.map(({ where, codec }) => [where, codec] as const))('%s', (where, codec) => {
  const seeds = [
    ...samples(codec.cddl, 'least', 3, codec.in),
    ...samples(codec.cddl, 'full', 3, codec.in),
    ...samples(codec.cddl, 'any', 150, codec.in),
  ].map((value) => encode(codec, value));

  test('takes what its CDDL says, and writes it back byte for byte', () => {
    expect(seeds.length).toBeGreaterThan(20);
    for (const bytes of seeds) {
      const value = decode(codec, bytes);
      expect(value).toBeDefined();
      expect(equalBytes(encode(codec, value), bytes)).toBe(true);
    }
  });

  test(`S4.1 ${INPUTS} inputs: no exception, none slow, and what is taken is its one encoding`, () => {
    const small = seeds.filter(({ length }) => length <= LARGEST_SEED);
    const strictly = (data: Uint8Array): unknown => {
      const value: unknown = decode(codec, data);
      if (value !== undefined && !equalBytes(encode(codec, value), data)) throw new Error('it has another encoding');
      return value;
    };
    const report = fuzzDecoder(where, strictly, small, INPUTS, randomness);
    expect(report.faults).toEqual([]);
    expect(report.taken).toBeGreaterThanOrEqual(small.length);
    expect(small.length).toBeGreaterThan(0);
    expect(report.taken).toBeLessThan(INPUTS);
  });
});

/** What comes from outside by itself, in a slot of its own: no kind or field around it says what it is. */
const STANDALONE = [
  'client/backup-format#backupHeaderCodec',
  'client/backup-format#backupRecordCodec',
  'client/lock-guard#guardCodec',
  'client/lock-record#keyRecordCodec',
  'identity/certificate#signedCertificateCodec',
  'identity/entry#signedEntryCodec',
  'log/frontier#frontierCodec',
  'log/header#headerCodec',
  'log/objects#logObjectCodec',
  'log/objects#sealCodec',
  'log/objects#stubCodec',
  'mailbox/hello-packet#helloPacketCodec',
  'mailbox/inbox#inboxRecordCodec',
  'mailbox/invitation-units#claimCodec',
  'mailbox/invitation-units#offerCodec',
  'mailbox/relay-rules-rendezvous#placeRecordCodec',
  'ports/relay-wire#relayInfoCodec',
  'ports/relay-wire#relayRequestCodec',
  'ports/relay-wire#relayRequestFrame',
  'ports/relay-wire#relayResponseCodec',
  'ports/relay-wire#relayResponseFrame',
  'sync/packet#packetCodec',
];
/** Of one shape, and told apart by something else; both ways. */
const ALIKE = new Map([
  // A body and a signature each. The bodies differ, and so do the labels of the signatures (core/test/identity/slots.test.ts).
  ['identity/certificate#signedCertificateCodec', 'identity/entry#signedEntryCodec'],
  // A packet or a record of a backup stands in a box whose key says what it is; a request is no secret and does nothing by itself.
  ['sync/packet#packetCodec', 'ports/relay-wire#relayRequestCodec'],
  ['client/backup-format#backupRecordCodec', 'ports/relay-wire#relayRequestCodec'],
]);

test('class 4 every format that stands by itself, fed to the parser of every other one, is refused', () => {
  const standalone = codecs.filter(({ where }) => STANDALONE.includes(where));
  expect(standalone.map(({ where }) => where).toSorted()).toEqual(STANDALONE.toSorted());
  const taken = new Set<string>();
  for (const { where, codec } of standalone) {
    const objects = samples(codec.cddl, 'any', 100, codec.in).map((value) => encode(codec, value));
    expect(objects.length).toBeGreaterThan(20);
    for (const other of standalone)
      if (other.where !== where && objects.some((object) => decode(other.codec, object) !== undefined))
        taken.add(`${where} as ${other.where}`);
  }
  const expected = [...ALIKE].flatMap(([one, other]) => [`${one} as ${other}`, `${other} as ${one}`]);
  expect([...taken].filter((pair) => !expected.includes(pair))).toEqual([]);
});
