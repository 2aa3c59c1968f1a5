// The shapes of cells, inbox records, split packets (spec 06) and invitations (spec 08).
import type { Crypto, Secret } from '../crypto/index.ts';
import type { Bucket, Randomness } from '../ports/index.ts';

export const TAG_BYTES = 16;
/** Plaintext of a cell's body. */
export const BODY_BYTES = 3392;
/** What one cell carries of a packet. */
export const ROOM_BYTES = 3372;
export const MAX_CELLS = 32;
export const MAX_PACKET_BYTES = MAX_CELLS * ROOM_BYTES;

/** What a person gives one conversation so that it can reach them. `secret`: 32 bytes. */
export interface InboxRecord {
  /** Rises with each new record of this person in this conversation. */
  readonly number: number;
  /** Origins, at most 2, first one preferred. */
  readonly relays: readonly string[];
  /** Prefix bits in use, 0 to 24, and the prefix (spare bits zero). */
  readonly bits: number;
  readonly prefix: Uint8Array;
  readonly secret: Uint8Array;
}
/** An inbox record ready for use: keys derived, in the care of a Secret. */
export interface Inbox {
  readonly number: number;
  readonly relays: readonly string[];
  readonly bits: number;
  readonly prefix: Uint8Array;
  readonly tagKey: Secret;
  readonly helloKey: Secret;
}

/** What stands in the cells outside of sessions. `from`: feed of the sending device, 8 bytes. */
export type HelloPacket =
  | { readonly type: 'hello'; readonly from: Uint8Array; readonly keyPackage: Uint8Array; readonly entry: Uint8Array | null }
  | { readonly type: 'welcome'; readonly from: Uint8Array; readonly to: Uint8Array; readonly hello: Uint8Array; readonly welcome: Uint8Array; readonly leaf: Uint8Array };

/** One cell's part of a packet. */
export interface Fragment {
  /** 8 random bytes, the same in all parts. */
  readonly packet: Uint8Array;
  readonly index: number;
  /** 1, 2, 4, 8, 16 or 32. */
  readonly count: number;
  /** Of the whole packet, in bytes. */
  readonly length: number;
  readonly data: Uint8Array;
}
/** Asks the sender of a split packet for parts that did not come. A set bit i asks for index i. */
export interface ResendRequest {
  readonly packet: Uint8Array;
  readonly missing: number;
}

export type OpenInbox = (crypto: Crypto, record: InboxRecord) => Inbox;
export type MakeTag = (crypto: Crypto, inbox: Inbox, randomness: Randomness) => Uint8Array;
/** `tag` may be a whole cell: the first 16 bytes count. */
export type Recognises = (crypto: Crypto, inbox: Inbox, tag: Uint8Array) => boolean;
export type BucketOf = (tag: Uint8Array, kind: number, period: number, bits: number) => Bucket;
/** `slots`: 0 to 8 of 80 bytes; the rest is filled, the order is drawn. `body`: 3,392 bytes. */
export type SealCell = (crypto: Crypto, randomness: Randomness, tag: Uint8Array, slots: readonly Uint8Array[], bodyKey: Uint8Array, body: Uint8Array) => Uint8Array;
export type CellSlots = (cell: Uint8Array) => readonly Uint8Array[];
/** Undefined when the key is not the committed one or the body does not authenticate. */
export type OpenCell = (crypto: Crypto, cell: Uint8Array, bodyKey: Uint8Array) => Uint8Array | undefined;
/** A hello or Welcome as a whole cell to an inbox; undefined when it does not fit one. */
export type SealHelloCell = (crypto: Crypto, randomness: Randomness, inbox: Inbox, packet: HelloPacket) => Uint8Array | undefined;
/** Of an own inbox. Undefined when the cell is none of these. */
export type OpenHelloCell = (crypto: Crypto, inbox: Inbox, cell: Uint8Array) => HelloPacket | undefined;
/** Bodies of 3,392 bytes, 1 to 32 (a power of two). `packet`: 8 random bytes. Undefined when over 107,904 bytes. */
export type SplitPacket = (packet: Uint8Array, data: Uint8Array) => readonly Uint8Array[] | undefined;
export type ReadBody = (body: Uint8Array) => Fragment | undefined;
