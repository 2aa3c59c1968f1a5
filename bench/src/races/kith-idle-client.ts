// A connection to a Kith relay that listens to a live channel, as that of a client to which nobody writes.
import { encode } from '@kith/core/codec';
import { relayRequestFrame } from '@kith/core/ports';
import { connect } from '../sockets.ts';
import type { OpenClient } from './peer.ts';

const LIVE_BITS = 10;

export const openClient: OpenClient = async (spot, name) => {
  const socket = await connect(`${(spot['relay'] as string).replace('http', 'ws')}/v1/live`);
  socket.on('error', () => undefined);
  const number = Number(name.slice(1)) % 2 ** LIVE_BITS;
  const prefix = Uint8Array.of(number >> 2, (number & 3) << 6);
  const listening = new Promise((resolve) => void socket.once('message', resolve));
  socket.send(
    encode(relayRequestFrame, { number: 1, body: { type: 'listen', channels: [{ bits: LIVE_BITS, prefix }] } }),
  );
  await listening;
  const nothing = async (): Promise<void> => undefined;
  return { send: () => undefined, taken: nothing, close: async () => socket.terminate() };
};
