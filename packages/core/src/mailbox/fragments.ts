// A packet travels in 1, 2, 4, 8, 16 or 32 cells, each with a header of 20 bytes (spec 06). Which cells a relay sees
// is a class of sizes, not a size.
import { concat, readUint32, uint32 } from '../bytes/index.ts';
import { BODY_BYTES, MAX_CELLS, MAX_PACKET_BYTES, ROOM_BYTES, type Fragment } from './types.ts';

const FORMAT = 1;
export const PACKET_ID_BYTES = 8;
const HEADER_BYTES = 20;
const SPARE = new Uint8Array(HEADER_BYTES - 1 - PACKET_ID_BYTES - 2 - 4);
if (BODY_BYTES - HEADER_BYTES !== ROOM_BYTES) throw new Error('the header of a packet does not fit');

/** How many cells a packet of this many bytes takes; undefined when it is too long. */
export const cellCount = (length: number): number | undefined => {
  if (length > MAX_PACKET_BYTES) return undefined;
  let count = 1;
  while (count * ROOM_BYTES < length) count *= 2;
  return count;
};
/** The indexes that carry data; cells above them are filling. */
export const neededParts = (length: number): number => Math.max(1, Math.ceil(length / ROOM_BYTES));

const bodyOf = (packet: Uint8Array, index: number, count: number, data: Uint8Array): Uint8Array => {
  const body = new Uint8Array(BODY_BYTES);
  body.set(concat(Uint8Array.of(FORMAT), packet, Uint8Array.of(index, count), uint32(data.length), SPARE));
  body.set(data.subarray(index * ROOM_BYTES, (index + 1) * ROOM_BYTES), HEADER_BYTES);
  return body;
};

/** The bodies (3,392 bytes each) of a packet. `packet`: 8 random bytes. Undefined when over 107,904 bytes. */
export const splitPacket = (packet: Uint8Array, data: Uint8Array): readonly Uint8Array[] | undefined => {
  const count = cellCount(data.length);
  if (count === undefined) return undefined;
  return Array.from({ length: count }, (_, index) => bodyOf(packet, index, count, data));
};
/** One body again, for a resend; undefined for an index without data. */
export const splitPart = (packet: Uint8Array, data: Uint8Array, index: number): Uint8Array | undefined => {
  const count = cellCount(data.length);
  return count === undefined || index >= neededParts(data.length) ? undefined : bodyOf(packet, index, count, data);
};

/** Undefined when it is not a part of a packet. Spare bytes of the header are ignored; filling has to be zero. */
export const readBody = (body: Uint8Array): Fragment | undefined => {
  if (body.length !== BODY_BYTES || body[0] !== FORMAT) return undefined;
  const packet = body.subarray(1, 1 + PACKET_ID_BYTES);
  const index = body[9] as number;
  const count = body[10] as number;
  const length = readUint32(body, 11);
  if (count > MAX_CELLS || index >= count || cellCount(length) !== count) return undefined;
  const size = Math.min(Math.max(0, length - index * ROOM_BYTES), ROOM_BYTES);
  const data = body.subarray(HEADER_BYTES, HEADER_BYTES + size);
  // A call for each byte of the filling would cost more than the rest of opening a cell.
  for (let at = HEADER_BYTES + size; at < BODY_BYTES; at++) if (body[at] !== 0) return undefined;
  return { packet, index, count, length, data };
};
