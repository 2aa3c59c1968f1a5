// Inbox records and tags (spec 06). A tag is recognised by its receiver alone, is used once, and carries no counter
// and no clock: nothing has to be stored or to agree for a cell to be found.
import { compareBytes, concat } from '../bytes/index.ts';
import { bytes, decode, encode, list, literal, named, text, tuple, uint } from '../codec/index.ts';
import { derive, Secret, type Crypto } from '../crypto/index.ts';
import type { Bucket, Randomness } from '../ports/index.ts';
import { isOrigin } from './invitation-link.ts';
import { TAG_BYTES, type Inbox, type InboxRecord } from './types.ts';

const FORMAT = 1 as const;
export const MAX_INBOX_NUMBER = 0xffffffff;
const MAX_RELAYS = 2;
const MAX_RELAY_BYTES = 100;
const MAX_PREFIX_BITS = 24;
const INBOX_SECRET_BYTES = 32;
const HALF = TAG_BYTES / 2;

/** Relays as they stand in records and offers. */
export const relaysCodec = named('relays', list(text(MAX_RELAY_BYTES), MAX_RELAYS));
export const inboxRecordCodec = named(
  'inbox-record',
  tuple({
    format: literal(FORMAT),
    number: uint(MAX_INBOX_NUMBER),
    relays: relaysCodec,
    bits: uint(MAX_PREFIX_BITS),
    prefix: bytes(0, 3),
    secret: bytes(INBOX_SECRET_BYTES),
  }),
);

/** The first `bits` bits of these bytes, spare bits zero. */
export const prefixOf = (from: Uint8Array, bits: number): Uint8Array => {
  const prefix = from.slice(0, Math.ceil(bits / 8));
  const spare = prefix.length * 8 - bits;
  if (spare > 0) prefix[prefix.length - 1] = (prefix[prefix.length - 1] as number) & (0xff << spare);
  return prefix;
};
const isPrefix = (prefix: Uint8Array, bits: number): boolean =>
  prefix.length === Math.ceil(bits / 8) && prefixOf(prefix, bits).every((byte, i) => byte === prefix[i]);

export const encodeInboxRecord = (record: InboxRecord): Uint8Array =>
  encode(inboxRecordCodec, { format: FORMAT, ...record });
/**
 * Undefined for anything `encodeInboxRecord` would not have written, whose prefix has spare bits set, or that names as a
 * relay what is no origin: a contact must not be able to make this client ask any other address.
 */
export const decodeInboxRecord = (data: Uint8Array): InboxRecord | undefined => {
  const read = decode(inboxRecordCodec, data);
  if (read === undefined || !isPrefix(read.prefix, read.bits) || !read.relays.every(isOrigin)) return undefined;
  const { format: _, ...record } = read;
  return record;
};
/**
 * Two devices of a person may make a record at the same time, under one number: of those the one with the larger bytes stands,
 * with everybody who hears of both. What does not read is never newer.
 */
export const isNewerRecord = (one: Uint8Array, other: Uint8Array): boolean => {
  const [read, known] = [decodeInboxRecord(one), decodeInboxRecord(other)];
  if (read === undefined || known === undefined) return read !== undefined;
  return read.number > known.number || (read.number === known.number && compareBytes(one, other) > 0);
};
/** A new record. `prefix`: where the context's inbox lies; its first `bits` bits count. */
export const createInboxRecord = (
  randomness: Randomness,
  number: number,
  relays: readonly string[],
  bits: number,
  prefix: Uint8Array,
): InboxRecord => ({
  number,
  relays,
  bits,
  prefix: prefixOf(prefix, bits),
  secret: randomness.bytes(INBOX_SECRET_BYTES),
});

export const openInbox = (crypto: Crypto, record: InboxRecord): Inbox => {
  const secret = new Secret(record.secret.slice());
  const { number, relays, bits, prefix } = record;
  const tag = derive(crypto, secret, 'tag');
  // SipHash takes 16 bytes.
  const tagKey = new Secret(tag.expose().slice(0, 16));
  const inbox = { number, relays, bits, prefix, tagKey, helloKey: derive(crypto, secret, 'hello') };
  tag.wipe();
  secret.wipe();
  return inbox;
};
export const wipeInbox = (inbox: Inbox): void => {
  inbox.tagKey.wipe();
  inbox.helloKey.wipe();
};

/** Prefix bits, then random ones, then what recognises them: 16 bytes. Drawn again when a relay holds it already. */
export const makeTag = (crypto: Crypto, inbox: Inbox, randomness: Randomness): Uint8Array => {
  const head = randomness.bytes(HALF);
  const whole = inbox.bits >> 3;
  head.set(inbox.prefix.subarray(0, whole));
  const rest = inbox.bits & 7;
  if (rest > 0) {
    const mask = 0xff >> rest;
    head[whole] = ((inbox.prefix[whole] as number) & ~mask) | ((head[whole] as number) & mask);
  }
  return concat(head, crypto.shortHash(inbox.tagKey.expose(), head));
};

/** `tag` may be a whole cell: its first 16 bytes count. This is no authentication; the slots are. */
export const recognises = (crypto: Crypto, inbox: Inbox, tag: Uint8Array): boolean => {
  if (tag.length < TAG_BYTES) return false;
  const check = crypto.shortHash(inbox.tagKey.expose(), tag.subarray(0, HALF));
  for (let i = 0; i < HALF; i++) if (check[i] !== tag[HALF + i]) return false;
  return true;
};

/** The bucket a cell with this tag (or starting with it) lies in. `kind` and `period` as in the relay's vocabulary. */
export const bucketOf = (tag: Uint8Array, kind: number, period: number, bits: number): Bucket => ({
  kind,
  period,
  bits,
  prefix: prefixOf(tag, bits),
});
