// spec/13-backup.md and its vectors.
import { readFileSync } from 'node:fs';
import { fromHex, toHex, utf8 } from '@kith/core/bytes';
import { decode, encode, type Named } from '@kith/core/codec';
import { Secret } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { expect, test } from 'vitest';
import {
  backupHeaderCodec,
  backupRecordCodec,
  fileKeyOf,
  fitsHeader,
  openPart,
  readHeader,
  sealPart,
} from '../../src/client/backup-format.ts';
import { backupVectors, toJson } from './backup-vectors.ts';

const spec = (name: string): string => readFileSync(new URL(`../../../../spec/${name}`, import.meta.url), 'utf8');
const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const lines = (named: readonly Named[]): readonly string[] =>
  named.flatMap(({ name, cddl, uses }) => [`${name} = ${cddl}`, ...lines(uses)]);
const vectors = JSON.parse(spec('vectors/backup.json')) as ReturnType<typeof backupVectors>;

test('the CDDL of 13-backup.md is that of the codecs', () => {
  const blocks = [...spec('13-backup.md').matchAll(/```cddl\n(.*?)```/gs)].map(([, block]) => block ?? '').join('');
  const codecs = [backupHeaderCodec, backupRecordCodec];
  expect(new Set(blocks.trim().split('\n'))).toEqual(new Set(codecs.flatMap(({ uses }) => lines(uses))));
});

test('vectors/backup.json is what the code makes', async () => {
  expect(toJson(backupVectors(await createLibsodium())) === spec('vectors/backup.json')).toBe(true);
});

test('the vectors of backups hold, read from the file alone', async () => {
  const crypto = await createLibsodium();
  const read = readHeader(hex(vectors.header));
  if (read.type !== 'header') throw new Error(read.type);
  const { salt, operations, memory } = read.header;
  const under = crypto.passphraseKey(utf8(vectors.passphrase.normalize('NFC')), salt, operations, memory);
  expect(toHex(under.expose())).toBe(vectors.under);
  const fileKey = fileKeyOf(crypto, under, read.header);
  expect(toHex(fileKey.expose())).toBe(vectors.fileKey);
  expect(fitsHeader(crypto, fileKey, hex(vectors.header))).toBe(true);
  expect(fitsHeader(crypto, new Secret(new Uint8Array(32)), hex(vectors.header))).toBe(false);
  const records = vectors.records.map(hex);
  const part = sealPart(crypto, fileKey, 0, records, hex(vectors.streamHeader));
  expect(part).toHaveLength(vectors.parts[0]?.length ?? 0);
  expect(toHex(crypto.hash(32, part))).toBe(vectors.parts[0]?.blake2b32);
  expect(openPart(crypto, fileKey, 0, part)?.map((record) => toHex(encode(backupRecordCodec, record)))).toEqual(
    vectors.records,
  );
  expect(openPart(crypto, fileKey, 1, part)).toBeUndefined();
  expect(openPart(crypto, fileKey, 0, part.subarray(1))).toBeUndefined();
  for (const { verdict, header } of vectors.invalidHeaders) expect(readHeader(hex(header)).type).toBe(verdict);
  for (const { record } of vectors.invalidRecords) {
    expect(decode(backupRecordCodec, hex(record))).toBeUndefined();
    const bad = sealPart(crypto, fileKey, 0, [hex(record)], hex(vectors.streamHeader));
    expect(openPart(crypto, fileKey, 0, bad)).toBeUndefined();
  }
});
