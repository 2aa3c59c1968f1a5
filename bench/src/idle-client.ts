// A share of the idle connections, in a process of its own.
import { encode } from '@kith/core/codec';
import { relayRequestFrame } from '@kith/core/ports';
import type { WebSocket } from 'ws';
import { answer } from './child.ts';
import { connect } from './sockets.ts';

/** At most so many handshakes at a time. */
const AT_ONCE = 50;
const LIVE_BITS = 10;

const sockets: WebSocket[] = [];

/** A live channel of this number, told to the relay; over when it has answered. */
const listenTo = (socket: WebSocket, channel: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const number = channel % 2 ** LIVE_BITS;
    socket.once('message', () => resolve());
    socket.once('close', () => reject(new Error('closed')));
    const prefix = Uint8Array.of(number >> 2, (number & 3) << 6);
    socket.send(
      encode(relayRequestFrame, { number: 1, body: { type: 'listen', channels: [{ bits: LIVE_BITS, prefix }] } }),
    );
  });

const methods = {
  async open({
    url,
    count,
    from,
    listens,
  }: {
    readonly url: string;
    readonly count: number;
    readonly from: number;
    readonly listens: boolean;
  }): Promise<number> {
    for (let done = 0; done < count; done += AT_ONCE) {
      const opened = await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, count - done) }, async (_, i) => {
          const socket = await connect(url);
          socket.on('error', () => undefined);
          if (listens) await listenTo(socket, from + done + i);
          return socket;
        }),
      );
      sockets.push(...opened);
    }
    return sockets.filter(({ readyState, OPEN }) => readyState === OPEN).length;
  },
  alive: (): number => sockets.filter(({ readyState, OPEN }) => readyState === OPEN).length,
};
export type IdleClient = typeof methods;
answer(methods);
