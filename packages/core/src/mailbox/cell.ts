// A cell is for a person: 16 bytes tag, 8 slots of 80, then the body sealed once (spec 06). 4,096 bytes, whatever is
// inside.
import { readUint32 } from '../bytes/index.ts';
import { derive, type Crypto } from '../crypto/index.ts';
import { CELL_BYTES, type Randomness } from '../ports/index.ts';
import { BODY_KEY_BYTES, BODY_OVERHEAD, openBody, sealBody, SLOT_BYTES, SLOT_COUNT } from '../session/index.ts';
import { readHelloBody, writeHelloBody } from './hello-packet.ts';
import { makeTag } from './inbox.ts';
import { BODY_BYTES, TAG_BYTES, type HelloPacket, type Inbox } from './types.ts';

const ORDER_BYTES = 4 * SLOT_COUNT;
const SLOTS_END = TAG_BYTES + SLOT_COUNT * SLOT_BYTES;
if (SLOTS_END + BODY_OVERHEAD + BODY_BYTES !== CELL_BYTES) throw new Error('the parts of a cell do not add up');

export const cellTag = (cell: Uint8Array): Uint8Array => cell.subarray(0, TAG_BYTES);

/**
 * `slots`: 0 to 8 of 80 bytes; the rest is random, and the order is drawn, so that neither says how many devices there
 * are nor which is which. `bodyKey`: 32 random bytes for this cell alone. `body`: 3,392 bytes.
 */
export const sealCell = (
  crypto: Crypto,
  randomness: Randomness,
  tag: Uint8Array,
  slots: readonly Uint8Array[],
  bodyKey: Uint8Array,
  body: Uint8Array,
): Uint8Array => {
  if (slots.length > SLOT_COUNT || body.length !== BODY_BYTES) throw new Error('this is not one cell');
  const cell = new Uint8Array(CELL_BYTES);
  cell.set(tag);
  const random = randomness.bytes(SLOT_COUNT * SLOT_BYTES + ORDER_BYTES);
  cell.set(random.subarray(ORDER_BYTES), TAG_BYTES);
  const places = drawPlaces(random);
  for (const [i, slot] of slots.entries()) cell.set(slot, TAG_BYTES + (places[i] as number) * SLOT_BYTES);
  cell.set(sealBody(crypto, bodyKey, tag, body), SLOTS_END);
  return cell;
};

/** 0 to 7 in an order drawn by 8 random numbers of 32 bits; that two of them are equal is too rare to lean the draw. */
const drawPlaces = (random: Uint8Array): readonly number[] =>
  Array.from({ length: SLOT_COUNT }, (_, place) => ({ place, drawn: readUint32(random, 4 * place) }))
    .toSorted((a, b) => a.drawn - b.drawn)
    .map(({ place }) => place);

export const cellSlots = (cell: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: SLOT_COUNT }, (_, i) =>
    cell.subarray(TAG_BYTES + i * SLOT_BYTES, TAG_BYTES + (i + 1) * SLOT_BYTES),
  );

/** The body, 3,392 bytes; undefined when the key is not the committed one or the body does not authenticate. */
export const openCell = (crypto: Crypto, cell: Uint8Array, bodyKey: Uint8Array): Uint8Array | undefined =>
  cell.length === CELL_BYTES ? openBody(crypto, bodyKey, cellTag(cell), cell.subarray(SLOTS_END)) : undefined;

/**
 * A hello or Welcome as a whole cell: its body key follows from the receiver's inbox secret and the tag, as no session
 * exists yet. Undefined when the packet does not fit.
 */
export const sealHelloCell = (
  crypto: Crypto,
  randomness: Randomness,
  inbox: Inbox,
  packet: HelloPacket,
): Uint8Array | undefined => {
  const body = writeHelloBody(packet);
  if (body === undefined) return undefined;
  const tag = makeTag(crypto, inbox, randomness);
  const key = derive(crypto, inbox.helloKey, 'hello cell', tag);
  const cell = sealCell(crypto, randomness, tag, [], key.expose(), body);
  key.wipe();
  return cell;
};

/** From a cell that this (own) inbox recognises. Undefined when it is no hello and no Welcome. */
export const openHelloCell = (crypto: Crypto, inbox: Inbox, cell: Uint8Array): HelloPacket | undefined => {
  const key = derive(crypto, inbox.helloKey, 'hello cell', cellTag(cell));
  const body = openCell(crypto, cell, key.expose());
  key.wipe();
  return body === undefined ? undefined : readHelloBody(body);
};

export const drawBodyKey = (randomness: Randomness): Uint8Array => randomness.bytes(BODY_KEY_BYTES);
