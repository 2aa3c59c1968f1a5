// The shapes of cells, inbox records, split packets (spec 06) and invitations (spec 08).
import type { Secret } from '../crypto/index.ts';

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
  | {
      readonly type: 'hello';
      readonly from: Uint8Array;
      readonly to: Uint8Array;
      readonly keyPackage: Uint8Array;
      readonly entry: Uint8Array | null;
    }
  | {
      readonly type: 'welcome';
      readonly from: Uint8Array;
      readonly to: Uint8Array;
      readonly hello: Uint8Array;
      readonly welcome: Uint8Array;
      readonly leaf: Uint8Array;
    };

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
/**
 * Asks the sender of a split packet for parts that did not come: a set bit i asks for index i. 0 says it is complete.
 */
export interface ResendRequest {
  readonly packet: Uint8Array;
  readonly missing: number;
}
