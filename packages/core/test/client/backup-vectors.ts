// The vectors of spec/vectors/backup.json: a file made of fixed values, with everything on the way.
import { toHex, utf8 } from '@kith/core/bytes';
import { encode } from '@kith/core/codec';
import type { Crypto } from '@kith/core/crypto';
import { derive, Secret } from '@kith/core/crypto';
import type { ConversationId, MemberId } from '@kith/core/identity';
import {
  backupRecordCodec,
  encodeHeader,
  fileKeyOf,
  sealPart,
  withCheck,
  type BackupHeader,
  type BackupRecord,
} from '../../src/client/backup-format.ts';
import { spareKey } from '../../src/client/spares.ts';

const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const conversation = fill(16, 0x11) as ConversationId;
const SEED = fill(32, 0x44);
const RECORDS: readonly BackupRecord[] = [
  { type: 'begin', made: 1_793_000_000_000, self: conversation },
  {
    type: 'log',
    conversation,
    kind: 0,
    root: conversation,
    me: fill(16, 0x22) as MemberId,
    members: [fill(16, 0x22) as MemberId],
  },
  { type: 'objects', conversation, objects: [{ type: 'entry', entry: utf8('not looked into here') }] },
  { type: 'spare', seed: SEED },
  { type: 'relays', relays: ['https://relay.example'] },
  { type: 'end', records: 6 },
];
const HEADER: BackupHeader = { format: 1, backup: fill(16, 0x01), salt: fill(16, 0x02), operations: 1, memory: 8_192 };
const PASSPHRASE = 'Pässword für später';

const changed = (bytes: Uint8Array, at: number, byte: number): Uint8Array =>
  bytes.map((old, i) => (i === at ? byte : old));

export const backupVectors = (crypto: Crypto) => {
  const under = (): Secret => crypto.passphraseKey(utf8(PASSPHRASE), HEADER.salt, HEADER.operations, HEADER.memory);
  const fileKey = fileKeyOf(crypto, under(), HEADER);
  const header = withCheck(crypto, fileKey, HEADER);
  const records = RECORDS.map((record) => encode(backupRecordCodec, record));
  const streamHeader = fill(24, 0x03);
  const part = sealPart(crypto, fileKey, 0, records, streamHeader);
  const padding = sealPart(crypto, fileKey, 1, [], streamHeader);
  return {
    passphrase: PASSPHRASE,
    under: toHex(under().expose()),
    fileKey: toHex(fileKey.expose()),
    header: toHex(header),
    partKeys: [0, 1].map((i) => toHex(derive(crypto, fileKey, 'backup part', Uint8Array.of(0, 0, 0, i)).expose())),
    records: records.map(toHex),
    streamHeader: toHex(streamHeader),
    parts: [part, padding].map((one) => ({
      length: one.length,
      begins: toHex(one.subarray(0, 96)),
      blake2b32: toHex(crypto.hash(32, one)),
    })),
    spare: {
      seed: toHex(SEED),
      conversation: toHex(conversation),
      publicKey: toHex(spareKey(crypto, new Secret(SEED.slice()), conversation).publicKey),
    },
    invalidHeaders: [
      { why: 'not a backup', verdict: 'other', header: toHex(changed(header, 0, 0x4b)) },
      { why: 'a later version', verdict: 'newer', header: toHex(changed(header, 12, 2)) },
      { why: 'a length that does not fit its fields', verdict: 'damaged', header: toHex(changed(header, 14, 5)) },
      { why: 'something in the padding', verdict: 'damaged', header: toHex(changed(header, 200, 1)) },
      { why: 'cut off', verdict: 'damaged', header: toHex(header.subarray(0, 255)) },
      {
        why: 'no operations',
        verdict: 'damaged',
        header: toHex(withCheckOf(header, { ...HEADER, operations: 0 })),
      },
      {
        why: 'too little memory',
        verdict: 'damaged',
        header: toHex(withCheckOf(header, { ...HEADER, memory: 8_191 })),
      },
    ],
    invalidRecords: [
      { why: 'an unknown kind', record: '820980' },
      { why: 'no kind', record: '80' },
      { why: 'a seed that is too short', record: '820681581f' + '44'.repeat(31) },
      { why: 'objects of nothing', record: '82038250' + '11'.repeat(16) + '80' },
      { why: 'a length that is longer than it has to be', record: '8208811806' },
    ],
  };
};
const withCheckOf = (header: Uint8Array, fields: BackupHeader): Uint8Array => {
  const next = header.slice();
  next.set(encodeHeader(fields));
  return next;
};
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
