// What only this device knows of a conversation and of its invitations: keys and the state of pairing. Not events, and
// never sent; the database they lie in is encrypted.
import { bool, bytes, decode, encode, list, named, nullable, text, tuple, uint, type Infer } from '../codec/index.ts';

const time = uint(2 ** 48 - 1);
const MAX_ENTRY_BYTES = 2048;

export const LOCAL_KINDS = { self: 0, pair: 1 } as const;
/** Who invited whom; self has neither. */
export const ROLES = { none: 0, inviter: 1, acceptor: 2 } as const;

export const localConversationCodec = named(
  'local-conversation',
  tuple({
    id: bytes(16),
    kind: uint(1),
    role: uint(2),
    /** What its inceptions are for (spec 03, "Roots"). */
    root: bytes(16, 32),
    createdAt: time,
    inception: bytes(1, MAX_ENTRY_BYTES),
    /** Of the committed exchange behind the safety words. */
    nonce: bytes(32),
    peerInception: nullable(bytes(1, MAX_ENTRY_BYTES)),
    peerNonce: nullable(bytes(32)),
    peerCommitment: nullable(bytes(32)),
    /** Inviter: the acceptor's first packet came. Acceptor: the inviter knows our nonce. */
    settled: bool,
    /** Invitation that it came from: 16 bytes. */
    invite: nullable(bytes(16)),
    /** The latest of our inbox records that the peer is known to hold. */
    inboxTold: uint(),
  }),
);
export type LocalConversation = Infer<typeof localConversationCodec>;
export const encodeLocal = (value: LocalConversation): Uint8Array => encode(localConversationCodec, value);
export const decodeLocal = (data: Uint8Array): LocalConversation => mustDecode(localConversationCodec, data);

/** A KeyPackage of an offer and its private half. */
const offerKeyCodec = tuple({ keyPackage: bytes(1, 4096), initSecret: bytes(1, 8192), madeAt: time });
export type OfferKey = Infer<typeof offerKeyCodec>;

export const ownInviteCodec = named(
  'own-invite',
  tuple({
    id: bytes(16),
    seed: bytes(32),
    secret: bytes(16),
    ownerSecret: bytes(32),
    reusable: bool,
    relay: text(100),
    link: text(200),
    label: text(256),
    createdAt: time,
    expires: time,
    /** Newest first; a reusable one keeps those of earlier days as long as claims to them may come. */
    keys: list(offerKeyCodec, 40),
    conversation: nullable(bytes(16)),
    uses: uint(),
    state: uint(3),
    contested: bool,
    /** Ids of claims already dealt with. */
    claims: list(bytes(16), 1024),
  }),
);
export type OwnInvite = Infer<typeof ownInviteCodec>;
export const INVITE_STATES = ['open', 'used', 'expired', 'revoked'] as const;
export const encodeInvite = (value: OwnInvite): Uint8Array => encode(ownInviteCodec, value);
export const decodeInvite = (data: Uint8Array): OwnInvite => mustDecode(ownInviteCodec, data);

/** An invitation of someone else that this home accepted: the claim is put again until the relay has it. */
export const acceptedInviteCodec = named(
  'accepted-invite',
  tuple({
    conversation: bytes(16),
    /** BLAKE2b-32 of the invitation key, as in the link. */
    keyHash: bytes(32),
    relay: text(100),
    place: bytes(32),
    claimId: bytes(16),
    claim: bytes(4096, 16_384),
    expires: time,
    put: bool,
  }),
);
export type AcceptedInvite = Infer<typeof acceptedInviteCodec>;
export const encodeAccepted = (value: AcceptedInvite): Uint8Array => encode(acceptedInviteCodec, value);
export const decodeAccepted = (data: Uint8Array): AcceptedInvite => mustDecode(acceptedInviteCodec, data);

/** Someone used a reusable invitation and waits for an answer. Nothing in it is shown before that. */
export const requestCodec = named(
  'request',
  tuple({
    id: bytes(16),
    invite: bytes(16),
    at: time,
    inception: bytes(1, MAX_ENTRY_BYTES),
    commitment: bytes(32),
    inbox: bytes(1, 512),
    exporter: bytes(64),
    state: uint(3),
  }),
);
export type RequestRecord = Infer<typeof requestCodec>;
export const REQUEST_STATES = ['open', 'accepted', 'declined', 'blocked'] as const;
export const encodeRequest = (value: RequestRecord): Uint8Array => encode(requestCodec, value);
export const decodeRequest = (data: Uint8Array): RequestRecord => mustDecode(requestCodec, data);

/** Rows of this database were written by this code: anything else in them is damage, which the engine reports as such. */
const mustDecode = <T>(codec: Parameters<typeof decode<T>>[0], data: Uint8Array): T => {
  const value = decode(codec, data);
  if (value === undefined) throw new Error('a record of the home is damaged');
  return value;
};
