// How many bytes came over the connections of this process.
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const sockets = new Set<Socket>();
let ended = { received: 0, sent: 0 };
let isCounting = false;

/** Connections opened from now on are counted. */
export const countBytes = (): void => {
  if (isCounting) return;
  isCounting = true;
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { readonly socket: Socket };
    sockets.add(socket);
    socket.once('close', () => {
      ended = { received: ended.received + socket.bytesRead, sent: ended.sent + socket.bytesWritten };
      sockets.delete(socket);
    });
  });
};
const sum = (of: (socket: Socket) => number): number => [...sockets].reduce((total, socket) => total + of(socket), 0);
export const bytesReceived = (): number => ended.received + sum((socket) => socket.bytesRead);
export const bytesSent = (): number => ended.sent + sum((socket) => socket.bytesWritten);
