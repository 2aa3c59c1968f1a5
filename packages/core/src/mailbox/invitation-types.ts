// The shapes of invitations (spec 08).
import type { Extension } from '../codec/index.ts';
import type { Secret } from '../crypto/index.ts';

export const MAX_LINK_CHARACTERS = 120;
export const MAX_ORIGIN_CHARACTERS = 50;

/** What a link says. */
export interface Invitation {
  /** Origin of the relay that holds the offer. */
  readonly relay: string;
  /** BLAKE2b-32 of the invitation key. */
  readonly keyHash: Uint8Array;
  /** 16 bytes. */
  readonly secret: Secret;
  readonly reusable: boolean;
  /** A relationship with a person, or a device of one's own. */
  readonly joins: 'person' | 'device';
}
export type WriteLinkResult =
  | { readonly type: 'link'; readonly link: string }
  | { readonly type: 'refused'; readonly reason: 'origin-too-long' | 'bad-url' };

/** Where offer and claims lie, and under which key. */
export interface InvitationKeys {
  /** 32 bytes, told to the relay. */
  readonly place: Uint8Array;
  readonly sealKey: Secret;
}
/** From a secret of the inviter that the link does not carry. */
export interface OwnerToken {
  /** 32 bytes, told to the relay when the offer is replaced or deleted or its claims are read. */
  readonly token: Secret;
  /** BLAKE2b-32 of the token, told at the first put. */
  readonly hash: Uint8Array;
}

export interface Offer {
  readonly invitationKey: Uint8Array;
  /** Its leaf is signed by the invitation key. */
  readonly keyPackage: Uint8Array;
  readonly relays: readonly string[];
  readonly reusable: boolean;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** Of the inviter, at most 64 characters, may be empty. */
  readonly name: string;
  readonly extensions: readonly Extension[];
}
export interface Claim {
  readonly welcome: Uint8Array;
  readonly leaf: Uint8Array;
  /** The first packet, sealed under generation 0 (`sealBox`). */
  readonly box: Uint8Array;
}
/** What the offer of a device link says of the `self` that is joined. */
export interface SelfOffer {
  /** 16 bytes: its id, which is the root of its charter. */
  readonly self: Uint8Array;
  /** 16 bytes; the new device becomes one of this member. */
  readonly member: Uint8Array;
  /** Feed of the member's inception, 8 bytes. */
  readonly inception: Uint8Array;
  /** Public key of the device that offers, 32 bytes. */
  readonly device: Uint8Array;
}
/** What the safety words are made of, once both sides have revealed. Inceptions are the signed bytes. */
export interface Exchange {
  readonly inviterInception: Uint8Array;
  readonly acceptorInception: Uint8Array;
  /** 32 bytes each. */
  readonly inviterNonce: Uint8Array;
  readonly acceptorNonce: Uint8Array;
}
