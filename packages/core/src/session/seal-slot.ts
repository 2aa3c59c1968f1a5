import { concat } from '../bytes/index.ts';
import type { Crypto } from '../crypto/index.ts';
import type { Randomness } from '../ports/index.ts';
import { headerOf, maskHeader, NONCE_BYTES, slotKey, stepChain } from './chain.ts';
import { stateWrite } from './session-rows.ts';
import type { Generation, SealedSlot, Session } from './types.ts';

const LAST_COUNTER = 2 ** 32 - 1;

const usable = (generation: Generation): boolean => generation.send !== null && generation.send.counter < LAST_COUNTER;
/**
 * The newest generation in which the peer was seen: a Welcome may be lost, and what is sealed in its generation with
 * it. Before the peer was seen in any, the newest.
 */
const sendingPlace = ({ generations }: Session): number => {
  const seen = generations.findLastIndex((generation) => generation.seenPeer && usable(generation));
  return seen >= 0 ? seen : generations.findLastIndex(usable);
};

/** The generation that is sent in. */
export const sendingGeneration = (session: Session): Generation | undefined =>
  session.generations[sendingPlace(session)];
/** Is there a generation to send in? */
export const canSend = (session: Session): boolean => sendingPlace(session) >= 0;
/** Has the peer been seen in some generation? Until then what is sent may be lost together with the Welcome. */
export const hasSeenPeer = (session: Session): boolean => session.generations.some(({ seenPeer }) => seenPeer);

/**
 * Seals a body key (32 bytes) for this device: 24 random bytes, 8 header bytes, the key and its MAC. `tag`: the 16
 * bytes of the cell, so that a slot belongs to one cell. Undefined when there is no generation to send in. The writes
 * must be committed before the cell leaves.
 */
export const sealSlot = (
  session: Session,
  crypto: Crypto,
  randomness: Randomness,
  bodyKey: Uint8Array,
  tag: Uint8Array,
): SealedSlot | undefined => {
  const place = sendingPlace(session);
  const generation = session.generations[place];
  if (generation === undefined || generation.send === null) return undefined;
  const { key, headerKey, counter } = generation.send;
  const nonce = randomness.bytes(NONCE_BYTES);
  const header = headerOf(counter);
  const step = stepChain(crypto, key);
  const sealKey = slotKey(crypto, step.messageKey, nonce, header);
  const sealed = crypto.seal(sealKey.expose(), nonce, bodyKey, tag);
  sealKey.wipe();
  step.messageKey.wipe();
  key.wipe();
  const slot = concat(nonce, maskHeader(crypto, headerKey, nonce, header), sealed);
  const generations = session.generations.with(place, {
    ...generation,
    send: { key: step.next, headerKey, counter: counter + 1 },
  });
  const next = { ...session, generations };
  return { session: next, writes: [stateWrite(next)], slot };
};
