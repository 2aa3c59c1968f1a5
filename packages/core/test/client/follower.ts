// Who follows the link of a device with a client of their own: what the claim says is theirs to make up.
import { Secret, type SigningKey } from '@kith/core/crypto';
import { conversationIdFrom, signConsent, type MemberId } from '@kith/core/identity';
import {
  createInboxRecord,
  deriveInvitationKeys,
  encodeInboxRecord,
  joinCommitment,
  joinId,
  openOffer,
  readLink,
  readSelfOffer,
  SELF_OFFER_EXTENSIONS,
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
/** Puts a claim with these items. */
export const followLink = (here: World, text: string, make: (by: Follower) => readonly Item[]): void => {
  const crypto = createNullCrypto();
  const randomness = here.random.fork(`follower ${text}`);
  const transport = here.network.transport({ allowed: here.relays.map(({ origin }) => origin) });
  const ask = (relay: string, request: RelayRequest): RelayResponse => {
    const answers: (RelayResponse | Error)[] = [];
    transport.send(relay, request, (answer) => void answers.push(answer));
    here.clock.runUntil(() => answers.length > 0, 10_000);
    const [answer] = answers;
    if (answer === undefined || answer instanceof Error) throw new Error('the relay did not answer');
    return answer;
  };
  const invitation = readLink(text);
  if (invitation === undefined) throw new Error('no link');
  const { relay, keyHash } = invitation;
  const keys = deriveInvitationKeys(crypto, invitation);
  const answer = ask(relay, { type: 'offerGet', place: keys.place });
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
  ask(relay, { type: 'claimPut', place: keys.place, id, sealed: answered.sealed });
};
