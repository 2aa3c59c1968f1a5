// A client of the floor.
import { connect } from '../sockets.ts';
import { FLOOR, frameOf } from './floor-frames.ts';
import type { OpenClient } from './peer.ts';

const EMPTY = Buffer.alloc(0);
const SET = 'all';

export const openClient: OpenClient = async (spot, name, hear) => {
  const socket = await connect(spot['url'] as string);
  let untaken = 0;
  const waiting: (() => void)[] = [];
  let answered: () => void = () => undefined;
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    const end = 2 + (data[1] as number);
    if (data[0] === FLOOR.text) hear(data.toString('latin1', 2, end), data.toString('latin1', end));
    else if (data[0] === FLOOR.taken) {
      untaken--;
      if (untaken === 0) for (const tell of waiting.splice(0)) tell();
    } else answered();
  });
  const asked = (frame: Buffer): Promise<void> =>
    new Promise((resolve) => {
      answered = resolve;
      socket.send(frame);
    });
  await asked(frameOf(FLOOR.hello, name, EMPTY));
  return {
    send(to, text) {
      untaken++;
      socket.send(frameOf(FLOOR.text, to, Buffer.from(text, 'latin1')));
    },
    sendAll: (text) => socket.send(frameOf(FLOOR.all, SET, Buffer.from(text, 'latin1'))),
    gather: () => asked(frameOf(FLOOR.join, SET, EMPTY)),
    taken: () => new Promise((resolve) => (untaken === 0 ? resolve() : void waiting.push(resolve))),
    close: () =>
      new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.close();
      }),
  };
};
