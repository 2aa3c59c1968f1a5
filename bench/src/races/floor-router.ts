// The floor of the works: a `ws` server that hands messages from name to name, and nothing else. What is for somebody who is
// away waits in memory. It encrypts nothing, keeps nothing through an end, checks nobody. A frame is an operation, the length of
// a name, the name, the text.
import { WebSocketServer, type WebSocket } from 'ws';
import { FLOOR, frameOf } from './floor-frames.ts';

const EMPTY = Buffer.alloc(0);
const here = new Map<string, WebSocket>();
const waiting = new Map<string, Buffer[]>();
const sets = new Map<string, Set<WebSocket>>();

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 });
server.on('connection', (socket) => {
  let own = '';
  socket.on('message', (data: Buffer) => {
    const name = data.toString('latin1', 2, 2 + (data[1] as number));
    const text = data.subarray(2 + (data[1] as number));
    switch (data[0]) {
      case FLOOR.hello: {
        own = name;
        here.set(name, socket);
        socket.send(frameOf(FLOOR.hello, name, EMPTY));
        const held = waiting.get(name) ?? [];
        waiting.delete(name);
        for (const frame of held) socket.send(frame);
        break;
      }
      case FLOOR.text: {
        const frame = frameOf(FLOOR.text, own, text);
        const to = here.get(name);
        if (to !== undefined) {
          to.send(frame);
          break;
        }
        const held = waiting.get(name);
        if (held === undefined) waiting.set(name, [frame]);
        else held.push(frame);
        socket.send(frameOf(FLOOR.taken, name, EMPTY));
        break;
      }
      case FLOOR.join: {
        const set = sets.get(name) ?? new Set();
        sets.set(name, set.add(socket));
        socket.send(frameOf(FLOOR.join, name, EMPTY));
        break;
      }
      case FLOOR.all: {
        const frame = frameOf(FLOOR.text, own, text);
        for (const to of sets.get(name) ?? []) if (to !== socket) to.send(frame);
        break;
      }
      default:
        socket.terminate();
    }
  });
  socket.on('close', () => {
    if (here.get(own) === socket) here.delete(own);
    for (const set of sets.values()) set.delete(socket);
  });
  // A client that goes away is no event here.
  socket.on('error', () => undefined);
});
server.on('listening', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    process.stdout.write(`listening at ws://127.0.0.1:${address.port}\n`);
});
