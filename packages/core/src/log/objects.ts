// What packets carry of a log. Headers, entries and certificates stay the bytes that were hashed or signed.
import { concat, uint32, utf8 } from '../bytes/index.ts';
import { bytes, literal, named, nullable, tuple, uint, union, type Infer } from '../codec/index.ts';
import { Secret, type Crypto, type SigningKey } from '../crypto/index.ts';
import {
  eventIdCodec,
  feedIdCodec,
  segmentIdCodec,
  type ConversationId,
  type EventId,
  type FeedId,
  type SegmentId,
  MAX_SEQ,
} from '../identity/index.ts';
import { MAX_CONTENT_BYTES } from './content.ts';
import { MAX_HEADER_BYTES, MAX_LAMPORT } from './header.ts';

export const contentCodec = named('content', tuple({ key: bytes(32), content: bytes(0, MAX_CONTENT_BYTES) }));
export type KeyedContent = Infer<typeof contentCodec>;
export const sealCodec = named(
  'seal',
  tuple({
    format: literal(1),
    kind: literal(1),
    feed: feedIdCodec,
    segment: segmentIdCodec,
    seq: uint(MAX_SEQ),
    head: eventIdCodec,
    signature: bytes(64),
  }),
);
export type Seal = Infer<typeof sealCodec>;
/** What is left of a published segment whose contents are gone: its end with a seal of it, and the public seed. */
export const stubCodec = named(
  'stub',
  tuple({
    format: literal(1),
    kind: literal(1),
    feed: feedIdCodec,
    segment: segmentIdCodec,
    count: uint(MAX_SEQ),
    head: eventIdCodec,
    lamport: uint(MAX_LAMPORT),
    seed: bytes(32),
    signature: bytes(64),
  }),
);
export type Stub = Infer<typeof stubCodec>;

export const logObjectCodec = named(
  'log-object',
  union({
    entry: [1, tuple({ entry: bytes(1, 4096) })],
    certificate: [2, tuple({ certificate: bytes(1, 4096) })],
    event: [3, tuple({ header: bytes(1, MAX_HEADER_BYTES), content: nullable(contentCodec) })],
    seal: [4, sealCodec],
    stub: [5, stubCodec],
  }),
);
export type LogObject = Infer<typeof logObjectCodec>;

const SEAL_LABEL = utf8('kith seal\0');
/** All of it bound: a seal of one conversation, device or segment says nothing elsewhere. */
const sealMessage = (
  conversation: ConversationId,
  feed: FeedId,
  segment: SegmentId,
  seq: number,
  head: EventId,
): Uint8Array => concat(SEAL_LABEL, Uint8Array.of(1, 1), conversation, feed, segment, uint32(seq), head);

export const createSeal = (
  crypto: Crypto,
  subkey: SigningKey,
  conversation: ConversationId,
  at: { readonly feed: FeedId; readonly segment: SegmentId; readonly seq: number },
  head: EventId,
): Seal => ({
  format: 1,
  kind: 1,
  feed: at.feed,
  segment: at.segment,
  seq: at.seq,
  head,
  signature: crypto.sign(subkey, sealMessage(conversation, at.feed, at.segment, at.seq, head)),
});
export const verifySeal = (crypto: Crypto, subkey: Uint8Array, conversation: ConversationId, seal: Seal): boolean =>
  crypto.verify(subkey, sealMessage(conversation, seal.feed, seal.segment, seal.seq, seal.head), seal.signature);
/** The public half of a subkey whose seed is told; what it is made with is wiped. */
export const subkeyOf = (crypto: Crypto, seed: Uint8Array): Uint8Array => {
  const secret = new Secret(seed.slice());
  const { publicKey, privateKey } = crypto.signingKey(secret);
  for (const one of [secret, privateKey]) one.wipe();
  return publicKey;
};
