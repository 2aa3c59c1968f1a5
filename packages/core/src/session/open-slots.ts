import { Secret, type Crypto } from '../crypto/index.ts';
import { maskHeader, NONCE_BYTES, readHeader, slotKey, stepChain } from './chain.ts';
import { dropOldGenerations } from './generations.ts';
import { wipeSend } from './generation.ts';
import { remember, wasSeen } from './seen.ts';
import { blockId, blockWrite, seenWrite, SEEN_CHUNK, SEEN_MAX, stateWrite } from './session-rows.ts';
import { addSkipped, findSkipped, removeSkipped, type NewKey, type SkippedStep } from './skipped.ts';
import type { Generation, Opened, ReceiveChain, Session } from './types.ts';

/** Steps of a chain that one message may skip. More than that means the session is lost. */
export const MAX_STEPS = 65_536;
/** What a few lost cells skip costs little. */
const FREE_STEPS = 256;
const HEADER_END = NONCE_BYTES + 8;

/** Steps that messages may skip beyond those: they are made before a message authenticates, and anybody can change a counter on the way. */
export interface StepsLeft {
  steps: number;
}

type Tried =
  | (SkippedStep & {
      readonly type: 'opened';
      readonly bodyKey: Secret;
      readonly counter: number;
      readonly receive: ReceiveChain;
    })
  /** `used`: the counter was used before. `no`: not of this chain. */
  | { readonly type: 'used' | 'no' };

/**
 * Tries the slots of a recognised cell. Only `opened` takes the session over; every other result leaves it as it was.
 * `now`: milliseconds. A slot is opened at most once: the key that opened it is gone afterwards. `left`: what is spent is taken off.
 */
export const openSlots = (
  session: Session,
  crypto: Crypto,
  slots: readonly Uint8Array[],
  tag: Uint8Array,
  now: number,
  left: StepsLeft = { steps: Infinity },
): Opened => {
  let rewound = false;
  for (let place = session.generations.length - 1; place >= 0; place--) {
    const generation = session.generations[place] as Generation;
    for (const slot of slots) {
      const nonce = slot.subarray(0, NONCE_BYTES);
      const header = maskHeader(crypto, generation.receive.headerKey, nonce, slot.subarray(NONCE_BYTES, HEADER_END));
      const counter = readHeader(header);
      if (counter === undefined) continue;
      const tried = openSlot(session, crypto, generation, slot, nonce, header, counter, tag, left);
      if (tried.type === 'opened') return opened(session, place, tried, nonce, now);
      if (tried.type === 'used') {
        if (wasSeen(session, nonce)) return { type: 'duplicate' };
        rewound = true;
      }
    }
  }
  if (rewound) return { type: 'rewound' };
  // A repeated cell of a generation that is gone by now must not look like a lost session.
  return slots.some((slot) => wasSeen(session, slot)) ? { type: 'duplicate' } : { type: 'none' };
};

const openSlot = (
  session: Session,
  crypto: Crypto,
  generation: Generation,
  slot: Uint8Array,
  nonce: Uint8Array,
  header: Uint8Array,
  counter: number,
  tag: Uint8Array,
  left: StepsLeft,
): Tried => {
  const { receive } = generation;
  const tryKey = (messageKey: Secret): Secret | undefined => {
    const key = slotKey(crypto, messageKey, nonce, header);
    const bodyKey = crypto.open(key.expose(), nonce, slot.subarray(HEADER_END), tag);
    key.wipe();
    return bodyKey === undefined ? undefined : new Secret(bodyKey);
  };
  if (counter < receive.next) {
    const kept = findSkipped(session, generation.id, counter);
    if (kept === undefined) return { type: 'used' };
    const bodyKey = tryKey(kept);
    if (bodyKey === undefined) return { type: 'no' };
    kept.wipe();
    return { type: 'opened', bodyKey, counter, receive, ...removeSkipped(session, generation.id, counter) };
  }
  if (counter - receive.next >= MAX_STEPS) return { type: 'no' };
  const costs = Math.max(0, counter - receive.next - FREE_STEPS);
  if (costs > left.steps) return { type: 'no' };
  left.steps -= costs;
  const passed: NewKey[] = [];
  let step = stepChain(crypto, receive.key);
  for (let at = receive.next; at < counter; at++) {
    passed.push({ counter: at, key: step.messageKey });
    const following = stepChain(crypto, step.next);
    step.next.wipe();
    step = following;
  }
  const bodyKey = tryKey(step.messageKey);
  step.messageKey.wipe();
  if (bodyKey === undefined) {
    step.next.wipe();
    for (const { key } of passed) key.wipe();
    return { type: 'no' };
  }
  receive.key.wipe();
  const kept = addSkipped(session, generation.id, passed);
  return { type: 'opened', bodyKey, counter, ...kept, receive: { ...receive, key: step.next, next: counter + 1 } };
};

const opened = (
  session: Session,
  place: number,
  { bodyKey, counter, skipped, changed, receive }: Tried & { readonly type: 'opened' },
  nonce: Uint8Array,
  now: number,
): Opened => {
  const generations = session.generations.map((generation, at) => {
    if (at < place) return generation.send === null ? generation : wipeSend(generation);
    if (at > place) return generation;
    return {
      ...generation,
      receive,
      seenPeer: true,
      openedAt: generation.openedAt ?? now,
      opened: generation.opened + 1,
    };
  });
  const { id } = generations[place] as Generation;
  const chunk = Math.floor((session.seenCount % SEEN_MAX) / SEEN_CHUNK);
  const step = dropOldGenerations({ ...session, generations, skipped, ...remember(session, nonce) }, now);
  // The generation may be among those dropped right now: its keys are wiped, and `step.writes` deletes their rows.
  const blocks = changed.filter(
    ({ generation, block, keys }) => keys.length === 0 || step.session.skipped.has(blockId(generation, block)),
  );
  return {
    type: 'opened',
    session: step.session,
    writes: [stateWrite(step.session), seenWrite(step.session, chunk), ...blocks.map(blockWrite), ...step.writes],
    bodyKey,
    counter,
    generation: id,
  };
};
