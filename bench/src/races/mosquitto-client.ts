// MQTT 3.1.1 as far as the works need it: QoS 1, a session that outlives its connection.
import { createConnection, type Socket } from 'node:net';
import type { OpenClient } from './peer.ts';

const CONNECT = 0x10;
const PUBLISH_ONCE = 0x32;
const PUBACK = 0x40;
const SUBSCRIBE = 0x82;
const DISCONNECT = 0xe0;
const KEPT_SESSION = 0;
const SET = 'all';

const text = (value: string): Buffer => {
  const out = Buffer.alloc(2 + value.length);
  out.writeUInt16BE(value.length);
  out.write(value, 2, 'latin1');
  return out;
};
const packet = (type: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Uint8Array.of(type, ...length), body]);
};

/** Whole packets of a stream: first byte and body. */
const packets = (take: (type: number, body: Buffer) => void): ((data: Buffer) => void) => {
  let held: Buffer = Buffer.alloc(0);
  return (data) => {
    held = held.length === 0 ? data : Buffer.concat([held, data]);
    for (let at = 0; ;) {
      let length = 0;
      let start = at + 1;
      let byte = 128;
      for (let shift = 0; byte > 127 && start < held.length; shift += 7) {
        byte = held[start++] as number;
        length |= (byte & 127) << shift;
      }
      if (byte > 127 || start + length > held.length) {
        held = held.subarray(at);
        return;
      }
      take(held[at] as number, held.subarray(start, start + length));
      at = start + length;
    }
  };
};

export const openClient: OpenClient = async (spot, name, hear) => {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = createConnection({ host: '127.0.0.1', port: Number(spot['port']), noDelay: true }, () =>
      resolve(opening),
    );
    opening.once('error', reject);
  });
  socket.on('error', () => undefined);
  let number = 0;
  let untaken = 0;
  const waiting: (() => void)[] = [];
  let answered: () => void = () => undefined;
  const nextNumber = (): Buffer => {
    number = (number % 65_535) + 1;
    const out = Buffer.alloc(2);
    out.writeUInt16BE(number);
    return out;
  };
  socket.on(
    'data',
    packets((type, body) => {
      switch (type >> 4) {
        case 3: {
          const end = 2 + body.readUInt16BE(0);
          const isAcknowledged = (type & 6) !== 0;
          if (isAcknowledged) socket.write(packet(PUBACK, body.subarray(end, end + 2)));
          const payload = body.toString('latin1', end + (isAcknowledged ? 2 : 0));
          const space = payload.indexOf(' ');
          hear(payload.slice(0, space), payload.slice(space + 1));
          break;
        }
        case 4:
          untaken--;
          if (untaken === 0) for (const tell of waiting.splice(0)) tell();
          break;
        default:
          answered();
      }
    }),
  );
  const asked = (frame: Buffer): Promise<void> =>
    new Promise((resolve) => {
      answered = resolve;
      socket.write(frame);
    });
  const subscribe = (topic: string): Promise<void> =>
    asked(packet(SUBSCRIBE, nextNumber(), text(topic), Uint8Array.of(1)));
  const publish = (topic: string, line: string): void => {
    untaken++;
    socket.write(packet(PUBLISH_ONCE, text(topic), nextNumber(), Buffer.from(`${name} ${line}`, 'latin1')));
  };
  await asked(packet(CONNECT, text('MQTT'), Uint8Array.of(4, KEPT_SESSION, 0, 0), text(name)));
  await subscribe(`u/${name}`);
  return {
    send: (to, line) => publish(`u/${to}`, line),
    sendAll: (line) => publish(`g/${SET}`, line),
    gather: async (all) => {
      if (all.includes(name)) await subscribe(`g/${SET}`);
    },
    taken: () => new Promise((resolve) => (untaken === 0 ? resolve() : void waiting.push(resolve))),
    close: () =>
      new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.end(Uint8Array.of(DISCONNECT, 0));
      }),
  };
};
