import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { equalBytes, fromHex, toHex } from '../../src/bytes/index.ts';
import { decode, encode, type Codec, type Named } from '../../src/codec/index.ts';
import { decodeSelf } from '../../src/conversation/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import {
  absorbBody,
  addDeviceBody,
  certificateCodec,
  entryCodec,
  inceptionBody,
  openEntry,
  readRecoveryWords,
  recoveryBody,
  recoveryKey,
  recoveryRangeCodec,
  refuseBody,
  removeBody,
  signedCertificateCodec,
  signedEntryCodec,
  witnessBody,
} from '../../src/identity/index.ts';
import {
  contentHash,
  frontierCodec,
  headerCodec,
  logObjectCodec,
  publishCodec,
  sizeClassOf,
  type LogObject,
} from '../../src/log/index.ts';
import { openReplica, take } from './people.ts';
import { toJson, VECTORS, type identityVectors, type logVectors } from './spec-vectors.ts';

const crypto = await createLibsodium();
const spec = (name: string): string => readFileSync(new URL(`../../../../spec/${name}`, import.meta.url), 'utf8');
const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error('not hexadecimal');
  return bytes;
};
const lines = (named: readonly Named[]): readonly string[] =>
  named.flatMap(({ name, cddl, uses }) => [`${name} = ${cddl}`, ...lines(uses)]);
const of = (...codecs: readonly { readonly uses: readonly Named[] }[]): readonly string[] =>
  codecs.flatMap(({ uses }) => lines(uses));

test.each([
  [
    '03-identity-and-charter.md',
    of(
      signedEntryCodec,
      entryCodec,
      inceptionBody,
      addDeviceBody,
      removeBody,
      witnessBody,
      recoveryBody,
      refuseBody,
      absorbBody,
      recoveryRangeCodec,
      signedCertificateCodec,
      certificateCodec,
    ),
  ],
  ['04-log.md', of(headerCodec, logObjectCodec, frontierCodec, publishCodec)],
] as const)('the CDDL of %s is that of the codecs', (page, expected) => {
  const blocks = [...spec(page).matchAll(/```cddl\n(.*?)```/gs)].map(([, block]) => block ?? '').join('');
  expect(new Set(blocks.trim().split('\n'))).toEqual(new Set(expected));
});

test.each(Object.entries(VECTORS))('vectors/%s.json is what the code makes', (name, make) => {
  expect(toJson(make(crypto)) === spec(`vectors/${name}.json`)).toBe(true);
});

test('the vectors of identity hold', () => {
  const { entries, invalid } = JSON.parse(spec('vectors/identity.json')) as ReturnType<typeof identityVectors>;
  for (const { entry, hash, feed, kind } of entries) {
    const open = openEntry(crypto, hex(entry));
    expect([open?.act.type, open && toHex(open.hash), open && toHex(open.feed)]).toEqual([kind, hash, feed]);
  }
  for (const { entry } of invalid) expect(openEntry(crypto, hex(entry))).toBeUndefined();
});

test('the vectors of recovery words hold', () => {
  const { recoveryWords } = JSON.parse(spec('vectors/identity.json')) as ReturnType<typeof identityVectors>;
  const reading = readRecoveryWords(crypto, recoveryWords.words);
  if (reading.type !== 'seed') throw new Error(reading.type);
  expect(toHex(reading.seed.expose())).toBe(recoveryWords.seed);
  for (const { index, publicKey } of recoveryWords.keys)
    expect(toHex(recoveryKey(crypto, reading.seed, index).publicKey)).toBe(publicKey);
  for (const { words } of recoveryWords.invalid) expect(readRecoveryWords(crypto, words).type).not.toBe('seed');
});

test('the vectors of the log hold: a replica that takes the objects shows the order and has the frontier', () => {
  const vectors = JSON.parse(spec('vectors/log.json')) as ReturnType<typeof logVectors>;
  const objects = vectors.objects.map(({ object }): LogObject => {
    const value = decode(logObjectCodec, hex(object));
    if (value === undefined) throw new Error('does not decode');
    expect(toHex(encode(logObjectCodec, value))).toBe(object);
    return value;
  });
  const replica = openReplica(crypto, 1);
  for (const object of objects) {
    const act = object.type === 'entry' ? openEntry(crypto, object.entry)?.act : undefined;
    if (act?.type === 'inception') replica.store.transaction(() => replica.log.admit(act.member));
  }
  take(replica, objects.toReversed(), 'own');
  expect(replica.log.page({ limit: 99 }).map(({ event }) => toHex(event))).toEqual(vectors.order);
  expect(
    toHex(
      encode(
        frontierCodec,
        replica.store.transaction(() => replica.log.frontier()),
      ),
    ),
  ).toBe(vectors.frontier);
  for (const { object } of vectors.invalid) expect(decode(logObjectCodec, hex(object))).toBeUndefined();
  for (const { length, key, sizeClass, hash } of vectors.contents) {
    expect(sizeClassOf(length)).toBe(sizeClass);
    expect(toHex(contentHash(crypto, hex(key), new Uint8Array(length).fill(65)))).toBe(hash);
  }
});

test('the vectors of a publication hold: its seed makes the certified subkey, and self carries the same', () => {
  const { publication } = JSON.parse(spec('vectors/log.json')) as ReturnType<typeof logVectors>;
  const publish = decode(publishCodec, hex(publication.publish));
  expect(publish && toHex(publish.seed)).toBe(publication.seed);
  expect(toHex(crypto.signingKey(new Secret(hex(publication.seed))).publicKey)).toBe(publication.subkey);
  const told = decodeSelf(publication.selfKind, hex(publication.segmentSeed));
  expect(told?.type === 'segmentSeed' && [toHex(told.seed), toHex(told.segment)]).toEqual([
    publication.seed,
    publish && toHex(publish.segment),
  ]);
  for (const one of publication.invalid) expect(decode(publishCodec, hex(one.publish))).toBeUndefined();
});

test('every format reads back its least and its fullest value', () => {
  const full = (length: number) => new Uint8Array(length).fill(255);
  const seq = 0xfffffffe;
  const extensions = Array.from({ length: 8 }, (_, id) => ({ id: 65528 + id, critical: true, value: full(256) }));
  const same = <T>(codec: Codec<T>, value: T): void => {
    const bytes = encode(codec, value);
    const back = decode(codec, bytes);
    expect(back !== undefined && equalBytes(encode(codec, back), bytes)).toBe(true);
  };
  // Ids of a fixed length come from decoders only; here they are as wide as they get.
  const id = <T extends Uint8Array>(length: number): T => full(length) as T;
  const head = { feed: id<never>(8), segment: id<never>(8), seq, lamport: 2 ** 48 - 1 };
  const header = {
    format: 1 as const,
    kind: 1 as const,
    conversation: id<never>(16),
    feed: id<never>(8),
    segment: id<never>(8),
    seq,
    previous: id<never>(32),
    lamport: 2 ** 48 - 1,
    time: seq,
    charter: { feed: id<never>(8), seq },
    heads: Array.from({ length: 8 }, () => head),
    end: { segment: id<never>(8), count: seq },
    contentKind: 65535,
    sizeClass: 6,
    contentHash: full(32),
    extensions,
  };
  same(headerCodec, header);
  expect(encode(headerCodec, header).length).toBeLessThanOrEqual(3072);
  same(headerCodec, {
    ...header,
    seq: 0,
    lamport: 0,
    time: 0,
    heads: [],
    end: null,
    contentKind: 0,
    sizeClass: 0,
    extensions: [],
  });
  same(frontierCodec, { digest: full(16), base: 0, feeds: [] });
  const aside = Array.from({ length: 8 }, () => ({
    segment: id<never>(8),
    count: seq,
    head: id<never>(32),
    past: full(8),
  }));
  const ranges = Array.from({ length: 4 }, () => ({ segment: id<never>(8), from: seq, to: seq }));
  const feed = {
    feed: id<never>(8),
    charterCount: seq,
    charterDigest: full(8),
    segment: id<never>(8),
    count: seq,
    head: id<never>(32),
    past: full(8),
    ranges,
    aside,
  };
  same(frontierCodec, { digest: full(16), base: 0, feeds: Array.from({ length: 16 }, () => feed) });
  const cut = { feed: id<never>(8), segment: id<never>(8), count: seq, charterCount: seq, charterHead: full(32) };
  same(removeBody, { feed: id<never>(8), member: null, cuts: Array.from({ length: 8 }, () => cut) });
  expect(
    encode(removeBody, { feed: id<never>(8), member: null, cuts: Array.from({ length: 8 }, () => cut) }).length,
  ).toBeLessThanOrEqual(1024);
});
