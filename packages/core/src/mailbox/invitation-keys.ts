// What follows from the secret in a link, from the inviter's own secret, and from the keys of both sides (spec 08).
import { concat, utf8 } from '../bytes/index.ts';
import { derive, deriveBytes, type Crypto, type Secret } from '../crypto/index.ts';
import type { Invitation, InvitationKeys, OwnerToken } from './invitation-types.ts';

const PLACE_BYTES = 32;
const ID_BYTES = 16;

/** 32 bytes that stand in the link for the invitation key. */
export const invitationKeyHash = (crypto: Crypto, invitationKey: Uint8Array): Uint8Array =>
  crypto.hash(32, concat(utf8('kith invitation key\0'), invitationKey));

/** Where offer and claims lie and under which key: both from the link's secret, so that the relay can read neither. */
export const deriveInvitationKeys = (
  crypto: Crypto,
  { secret, keyHash }: Pick<Invitation, 'secret' | 'keyHash'>,
): InvitationKeys => ({
  place: deriveBytes(crypto, PLACE_BYTES, secret, 'invitation place', keyHash),
  sealKey: derive(crypto, secret, 'invitation seal', keyHash),
});

/**
 * From a secret that the link does not carry: whoever has the link can neither read the claims nor take the offer
 * back.
 */
export const deriveOwnerToken = (crypto: Crypto, ownerSecret: Secret, place: Uint8Array): OwnerToken => {
  const token = derive(crypto, ownerSecret, 'invitation owner', place);
  return { token, hash: crypto.hash(32, token.expose()) };
};

/** 16 bytes of the acceptor's inception: putting the same claim again changes nothing. */
export const claimId = (crypto: Crypto, acceptorInception: Uint8Array): Uint8Array =>
  crypto.hash(ID_BYTES, concat(utf8('kith claim\0'), acceptorInception));

/** 16 bytes that both sides know before the first answer. `acceptorInception`: null for a one-time invitation. */
export const conversationIdOf = (
  crypto: Crypto,
  invitationKey: Uint8Array,
  acceptorInception: Uint8Array | null,
): Uint8Array =>
  crypto.hash(ID_BYTES, concat(utf8('kith conversation\0'), invitationKey, acceptorInception ?? new Uint8Array(0)));
