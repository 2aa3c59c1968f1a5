// The shapes of invitations (spec 08).
import type { Extension } from '../codec/index.ts';
import type { Crypto, Secret, SigningKey } from '../crypto/index.ts';
import type { Randomness } from '../ports/index.ts';

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
/** What the safety words are made of, once both sides have revealed. Inceptions are the signed bytes. */
export interface Exchange {
  readonly inviterInception: Uint8Array;
  readonly acceptorInception: Uint8Array;
  /** 32 bytes each. */
  readonly inviterNonce: Uint8Array;
  readonly acceptorNonce: Uint8Array;
}

/** `linkOrigin`: origin of the web app in the link, or null for the `kith:` form. */
export type WriteLink = (invitation: Invitation, linkOrigin: string | null) => WriteLinkResult;
/** Undefined for anything that is not a whole link. Whitespace around it does not count. */
export type ReadLink = (text: string) => Invitation | undefined;
export type DeriveInvitationKeys = (crypto: Crypto, invitation: Invitation) => InvitationKeys;
export type DeriveOwnerToken = (crypto: Crypto, ownerSecret: Secret, place: Uint8Array) => OwnerToken;
/** Sealed in units of 4,096; undefined when it does not fit 4 units. */
export type SealOffer = (crypto: Crypto, randomness: Randomness, keys: InvitationKeys, offer: Offer, key: SigningKey) => Uint8Array | undefined;
/** Undefined when it does not open, or was not made by the key whose hash the link carries. */
export type OpenOffer = (crypto: Crypto, keys: InvitationKeys, keyHash: Uint8Array, sealed: Uint8Array) => Offer | undefined;
export type SealClaim = (crypto: Crypto, randomness: Randomness, keys: InvitationKeys, id: Uint8Array, claim: Claim) => Uint8Array | undefined;
export type OpenClaim = (crypto: Crypto, keys: InvitationKeys, id: Uint8Array, sealed: Uint8Array) => Claim | undefined;
/** 16 bytes of the acceptor's inception, so that repeating a claim changes nothing. */
export type ClaimId = (crypto: Crypto, acceptorInception: Uint8Array) => Uint8Array;
/** 16 bytes: of the invitation key, for a reusable one of the acceptor's inception too. */
export type ConversationIdOf = (crypto: Crypto, invitationKey: Uint8Array, reusable: boolean, acceptorInception: Uint8Array) => Uint8Array;
/** 32 bytes that the acceptor sends before it reveals its nonce. */
export type Commitment = (crypto: Crypto, acceptorNonce: Uint8Array, acceptorInception: Uint8Array) => Uint8Array;
/** Six lower-case words, equal on both sides. */
export type SafetyWords = (crypto: Crypto, exchange: Exchange) => readonly string[];
/** `kith:c#…` to show as a QR code by this side. */
export type CheckCode = (crypto: Crypto, exchange: Exchange, shownBy: 'inviter' | 'acceptor') => string;
/** Did the other side show the code of this exchange? `unreadable`: not a check code at all. */
export type CheckScanned = (crypto: Crypto, exchange: Exchange, shownBy: 'inviter' | 'acceptor', text: string) => 'equal' | 'different' | 'unreadable';
