// Who follows the link of a device with a client of their own: what the claim says is theirs to make up.
import { Secret, type SigningKey } from '@kith/core/crypto';
import { conversationIdFrom, signConsent, type MemberId } from '@kith/core/identity';
import {
  createInboxRecord,
  deriveInvitationKeys,
  encodeInboxRecord,
  invitationKeyHash,
  joinCommitment,
  joinId,
  openOffer,
  readLink,
  readSelfOffer,
  sealOffer,
  SELF_OFFER_EXTENSIONS,
  selfOfferExtension,
  writeLink,
  type SelfOffer,
} from '@kith/core/mailbox';
import type { RelayRequest, RelayResponse } from '@kith/core/ports';
import type { Item, ItemOf } from '@kith/core/sync';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { sealAnswered } from '../../src/client/claims.ts';
import type { World } from './world.ts';

export interface Follower {
  readonly key: SigningKey;
  readonly self: SelfOffer;
  /** What an honest device would say. */
  readonly join: ItemOf<'join'>;
}
const askAt = (here: World, relay: string, request: RelayRequest): RelayResponse => {
  const transport = here.network.transport({ allowed: here.relays.map(({ origin }) => origin) });
  const answers: (RelayResponse | Error)[] = [];
  transport.send(relay, request, (answer) => void answers.push(answer));
  here.clock.runUntil(() => answers.length > 0, 10_000);
  const [answer] = answers;
  if (answer === undefined || answer instanceof Error) throw new Error('the relay did not answer');
  return answer;
};
/** A link of a device that there is not, with an offer of one's own making. */
export const offerLink = (here: World, self: SelfOffer, relays: readonly string[]): string => {
  const crypto = createNullCrypto();
  const randomness = here.random.fork('offering');
  const [relay] = here.relays.map(({ origin }) => origin);
  const key = crypto.signingKey(new Secret(randomness.bytes(32)));
  const keyHash = invitationKeyHash(crypto, key.publicKey);
  const secret = randomness.bytes(16);
  const link = { relay: relay ?? '', keyHash, secret: new Secret(secret.slice()), reusable: false } as const;
  const written = writeLink({ ...link, joins: 'device' }, relay ?? '');
  const agreement = createNullAgreement(crypto, randomness);
  const prepared = agreement.run({ type: 'prepare', signer: key, identity: keyHash });
  if (written.type !== 'link' || prepared instanceof Promise || prepared.type !== 'prepared')
    throw new Error('no link');
  const keys = deriveInvitationKeys(crypto, { secret: new Secret(secret), keyHash });
  const now = here.clock.now();
  const offer = {
    invitationKey: key.publicKey,
    keyPackage: prepared.keyPackage,
    relays,
    reusable: false,
    expires: now + 300_000,
    name: '',
    extensions: [selfOfferExtension(self)],
  };
  const sealed = sealOffer(crypto, randomness, keys, offer, key);
  if (sealed === undefined) throw new Error('no offer');
  askAt(here, relay ?? '', {
    type: 'offerPut',
    place: keys.place,
    owner: new Uint8Array(32),
    token: null,
    single: true,
    offered: now + 300_000,
    expires: now + 86_400_000,
    sealed,
  });
  return written.link;
};
/** Puts a claim with these items. */
export const followLink = (here: World, text: string, make: (by: Follower) => readonly Item[]): void => {
  const crypto = createNullCrypto();
  const randomness = here.random.fork(`follower ${text}`);
  const invitation = readLink(text);
  if (invitation === undefined) throw new Error('no link');
  const { relay, keyHash } = invitation;
  const keys = deriveInvitationKeys(crypto, invitation);
  const answer = askAt(here, relay, { type: 'offerGet', place: keys.place });
  const offer =
    answer.type === 'offer' ? openOffer(crypto, keys, keyHash, answer.sealed, SELF_OFFER_EXTENSIONS) : undefined;
  const self = offer && readSelfOffer(offer.extensions);
  if (offer === undefined || self === undefined) throw new Error('no offer');
  const key = crypto.signingKey(new Secret(randomness.bytes(32)));
  const id = joinId(crypto, key.publicKey);
  const agreement = createNullAgreement(crypto, randomness);
  const result = agreement.run({ type: 'answer', signer: key, identity: id, keyPackage: offer.keyPackage });
  if (result instanceof Promise || result.type !== 'answered') throw new Error('no answer to the KeyPackage');
  const record = createInboxRecord(randomness, 1, [relay], 10, randomness.bytes(3));
  const join: Follower['join'] = {
    type: 'join',
    commitment: joinCommitment(crypto, randomness.bytes(32), key.publicKey),
    device: key.publicKey,
    consent: signConsent(crypto, key, conversationIdFrom(self.self), self.member as MemberId),
    inbox: encodeInboxRecord(record),
    name: 'follower',
  };
  const items = make({ key, self, join });
  const answered = sealAnswered({ crypto, randomness }, keys, id, result, items, here.clock.now());
  if (answered === undefined) throw new Error('nothing sealed');
  askAt(here, relay, { type: 'claimPut', place: keys.place, id, sealed: answered.sealed });
};
