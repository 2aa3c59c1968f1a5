// An encrypted backup file (spec/13-backup.md): a header, then parts of one size. A part is a secretstream under a key of
// its own, so that a file can be written on after a break; inside are records, each whole in one part, then zeros.
import { concat, equalBytes, readUint32, uint32, utf8 } from '../bytes/index.ts';
import {
  bytes,
  decode,
  encode,
  list,
  literal,
  named,
  nullable,
  text,
  tuple,
  uint,
  union,
  type Infer,
} from '../codec/index.ts';
import { importedLineCodec, MAX_IMPORT_LINES, MAX_IMPORTED_ID, MAX_NAME_BYTES } from '../conversation/index.ts';
import { derive, deriveBytes, type Crypto, type Secret } from '../crypto/index.ts';
import { conversationIdCodec, feedIdCodec, memberIdCodec } from '../identity/index.ts';
import { logObjectCodec } from '../log/index.ts';
import { MAX_FRONTIER_BYTES } from '../sync/index.ts';

export const BACKUP_VERSION = 1;
const MAGIC = utf8('kith backup\0');
/** Of one length whatever stands in it, so that parts begin at places that can be counted. */
export const BACKUP_HEADER_BYTES = 256;
const CHECK_BYTES = 16;
const LENGTH_AT = MAGIC.length + 1;
const FIELDS_AT = LENGTH_AT + 2;
const CHECK_AT = BACKUP_HEADER_BYTES - CHECK_BYTES;

const STREAM_HEADER_BYTES = 24;
const CHUNK_BYTES = 65_536;
const SEALED_CHUNK_BYTES = CHUNK_BYTES + 17;
/** A record is at most a text with what is around it; 16 chunks hold several, and lose little when a file breaks off. */
const CHUNKS = 16;
export const PART_PLAIN_BYTES = CHUNKS * CHUNK_BYTES;
export const BACKUP_PART_BYTES = STREAM_HEADER_BYTES + CHUNKS * SEALED_CHUNK_BYTES;

const MAX_TIME = 2 ** 48 - 1;
/** Dearer than this a header is not believed: it would stop the machine instead of opening the file. */
const MOST_OPERATIONS = 16;
const MOST_MEMORY = 2 ** 30;
const LEAST_MEMORY = 8192;

export const backupHeaderCodec = named(
  'backup-header',
  tuple({
    format: literal(1),
    backup: bytes(16),
    salt: bytes(16),
    operations: uint(MOST_OPERATIONS),
    memory: uint(MOST_MEMORY),
  }),
);
export type BackupHeader = Infer<typeof backupHeaderCodec>;

export const MAX_BACKUP_OBJECTS = 4_096;
export const backupRecordCodec = named(
  'backup-record',
  union({
    /** What it is of. `made`: milliseconds. */
    begin: [1, tuple({ made: uint(MAX_TIME), self: conversationIdCodec })],
    /** A log; its objects follow, in any number of records. `me`: whose backup it is; `members`: all that its birth let in. */
    log: [
      2,
      tuple({
        conversation: conversationIdCodec,
        kind: uint(1),
        root: bytes(16, 32),
        me: memberIdCodec,
        members: list(memberIdCodec, 256),
      }),
    ],
    objects: [3, tuple({ conversation: conversationIdCodec, objects: list(logObjectCodec, MAX_BACKUP_OBJECTS, 1) })],
    /** What a device of the other side is known to hold and to have read, as frontiers. */
    held: [
      4,
      tuple({
        conversation: conversationIdCodec,
        feed: feedIdCodec,
        frontier: nullable(bytes(1, MAX_FRONTIER_BYTES)),
        read: nullable(bytes(1, MAX_FRONTIER_BYTES)),
      }),
    ],
    /** Lines that were read from export files. */
    imported: [
      5,
      tuple({
        lines: list(
          tuple({
            source: text(MAX_IMPORTED_ID),
            name: text(MAX_NAME_BYTES),
            order: uint(MAX_TIME),
            position: uint(MAX_TIME),
            line: importedLineCodec,
          }),
          MAX_IMPORT_LINES,
        ),
      }),
    ],
    /** Of the keys that may let a new device in (docs/decisions/0007). */
    spare: [6, tuple({ seed: bytes(32) })],
    relays: [7, tuple({ relays: list(text(100), 8) })],
    /** The last one: a file without it is not whole. */
    end: [8, tuple({ records: uint() })],
  }),
);
export type BackupRecord = Infer<typeof backupRecordCodec>;

/** The first 240 bytes of a file. */
export const encodeHeader = (header: BackupHeader): Uint8Array => {
  const fields = encode(backupHeaderCodec, header);
  const length = Uint8Array.of(fields.length >> 8, fields.length & 255);
  const start = concat(MAGIC, Uint8Array.of(BACKUP_VERSION), length, fields);
  return concat(start, new Uint8Array(CHECK_AT - start.length));
};
export type ReadHeader =
  | { readonly type: 'header'; readonly header: BackupHeader }
  /** No backup of Kith at all, one of a newer Kith, or a damaged one. */
  | { readonly type: 'other' | 'newer' | 'damaged' };
/** Takes the first bytes of any file. */
export const readHeader = (start: Uint8Array): ReadHeader => {
  if (!equalBytes(start.subarray(0, MAGIC.length), MAGIC)) return { type: 'other' };
  if ((start[MAGIC.length] ?? 0) > BACKUP_VERSION) return { type: 'newer' };
  if (start.length < BACKUP_HEADER_BYTES) return { type: 'damaged' };
  const length = ((start[LENGTH_AT] as number) << 8) | (start[LENGTH_AT + 1] as number);
  const header = decode(backupHeaderCodec, start.subarray(FIELDS_AT, Math.min(FIELDS_AT + length, CHECK_AT)));
  if (header === undefined || header.operations < 1 || header.memory < LEAST_MEMORY) return { type: 'damaged' };
  return equalBytes(encodeHeader(header), start.subarray(0, CHECK_AT))
    ? { type: 'header', header }
    : { type: 'damaged' };
};

/** The key of a file: bound to all that its header says. `under`: what Argon2id made of the passphrase. */
export const fileKeyOf = (crypto: Crypto, under: Secret, header: BackupHeader): Secret =>
  derive(crypto, under, 'backup file', encodeHeader(header));
/** Ends the header, so that a wrong passphrase can be told from damage. */
export const checkOf = (crypto: Crypto, fileKey: Secret): Uint8Array =>
  deriveBytes(crypto, CHECK_BYTES, fileKey, 'backup check');
export const withCheck = (crypto: Crypto, fileKey: Secret, header: BackupHeader): Uint8Array =>
  concat(encodeHeader(header), checkOf(crypto, fileKey));
export const fitsHeader = (crypto: Crypto, fileKey: Secret, start: Uint8Array): boolean =>
  crypto.equal(checkOf(crypto, fileKey), start.subarray(CHECK_AT, BACKUP_HEADER_BYTES));

/** How many bytes of a part a record takes. */
export const sizeInPart = (record: Uint8Array): number => 4 + record.length;
/** `records`: encoded, together at most PART_PLAIN_BYTES with their lengths. `header`: 24 random bytes, never used before. */
export const sealPart = (
  crypto: Crypto,
  fileKey: Secret,
  index: number,
  records: readonly Uint8Array[],
  header: Uint8Array,
): Uint8Array => {
  const plain = new Uint8Array(PART_PLAIN_BYTES);
  let at = 0;
  for (const record of records) {
    plain.set(uint32(record.length), at);
    plain.set(record, at + 4);
    at += sizeInPart(record);
  }
  const key = derive(crypto, fileKey, 'backup part', uint32(index));
  const chunks = Array.from({ length: CHUNKS }, (_, i) => plain.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES));
  const sealed = crypto.sealStream(key.expose(), header, chunks);
  key.wipe();
  plain.fill(0);
  return concat(header, ...sealed);
};
/** Undefined when it is not this part of this file, whole and unchanged. Zero records: padding. */
export const openPart = (
  crypto: Crypto,
  fileKey: Secret,
  index: number,
  part: Uint8Array,
): readonly BackupRecord[] | undefined => {
  if (part.length !== BACKUP_PART_BYTES) return undefined;
  const key = derive(crypto, fileKey, 'backup part', uint32(index));
  const boxes = Array.from({ length: CHUNKS }, (_, i) => {
    const at = STREAM_HEADER_BYTES + i * SEALED_CHUNK_BYTES;
    return part.subarray(at, at + SEALED_CHUNK_BYTES);
  });
  const opened = crypto.openStream(key.expose(), part.subarray(0, STREAM_HEADER_BYTES), boxes);
  key.wipe();
  return opened === undefined ? undefined : readRecords(concat(...opened));
};
const readRecords = (plain: Uint8Array): readonly BackupRecord[] | undefined => {
  const records: BackupRecord[] = [];
  let at = 0;
  while (at + 4 <= plain.length) {
    const length = readUint32(plain, at);
    if (length === 0) break;
    if (at + 4 + length > plain.length) return undefined;
    const record = decode(backupRecordCodec, plain.subarray(at + 4, at + 4 + length));
    if (record === undefined) return undefined;
    records.push(record);
    at += 4 + length;
  }
  return plain.subarray(at).every((byte) => byte === 0) ? records : undefined;
};

/** Padmé: a length that tells at most its leading bits, at most 12 % more. */
export const paddedParts = (parts: number): number => {
  if (parts < 2) return parts;
  const exponent = Math.floor(Math.log2(parts));
  const hidden = exponent - (Math.floor(Math.log2(exponent || 1)) + 1);
  const step = 2 ** Math.max(0, hidden);
  return Math.ceil(parts / step) * step;
};
