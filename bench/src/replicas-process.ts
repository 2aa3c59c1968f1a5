// More peers of the races for a history: each a process that holds the same texts, and one that gets them. Yjs, and floors.
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { Secret, type Crypto } from '@kith/core/crypto';
import { withNativeCrypto } from '@kith/platform-node/native-crypto';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import * as Y from 'yjs';
import { answer } from './child.ts';
import { now } from './figures.ts';
import { turns, type Got, type Message } from './history-texts.ts';
import { connect as connectWs } from './sockets.ts';

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const LENGTH_BYTES = 4;
const NOTHING_BEFORE = new Uint8Array(HASH_BYTES);
const SEED_OF_KEY = 7;

interface Told extends Message {
  readonly author: number;
}
interface Source {
  readonly count: number;
  readonly seed: number;
}
function* texts({ count, seed }: Source): Generator<Told> {
  for (const { author, messages } of turns(count, seed)) for (const message of messages) yield { author, ...message };
}
const jsonOf = (message: Told): Buffer => Buffer.from(JSON.stringify(message));
const read = (bytes: Buffer): Told => JSON.parse(bytes.toString()) as Told;

/** Frames are a length of four bytes and so many bytes. */
const framed = (...parts: readonly Uint8Array[]): Buffer => {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([length, ...parts]);
};
const frames = (take: (frame: Buffer) => void): ((data: Buffer) => void) => {
  let held: Buffer[] = [];
  let size = 0;
  let needed = LENGTH_BYTES;
  return (data) => {
    held.push(data);
    size += data.length;
    if (size < needed) return;
    let all = Buffer.concat(held);
    for (;;) {
      needed = all.length < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + all.readUInt32BE();
      if (all.length < needed) break;
      take(all.subarray(LENGTH_BYTES, needed));
      all = all.subarray(needed);
    }
    held = [all];
    size = all.length;
  };
};
/** Hands everything over to whoever connects. */
const hand = async (all: Buffer): Promise<{ readonly port: number }> => {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.write(all);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port };
};
const from = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
};
const sodium = async (): Promise<Crypto> => withNativeCrypto(await createLibsodium());

const methods = {
  /** One array, one insertion for each turn: what comes out is the same as with one for each message, which takes minutes. */
  serveYjs({ count, seed }: Source): Promise<{ readonly port: number }> {
    const doc = new Y.Doc();
    const log = doc.getArray<Told>('log');
    for (const { author, messages } of turns(count, seed)) log.push(messages.map((one) => ({ author, ...one })));
    return hand(framed(Y.encodeStateAsUpdate(doc)));
  },
  /** Over when all entries can be read and the state is in a file. */
  async fetchYjs({ port, file }: { readonly port: number; readonly file: string }): Promise<Got> {
    const start = now();
    const socket = await from(port);
    const state = await new Promise<Buffer>((resolve) => void socket.on('data', frames(resolve)));
    const doc = new Y.Doc();
    Y.applyUpdate(doc, state);
    const count = doc
      .getArray<Told>('log')
      .toArray()
      .filter(({ text }) => text !== '').length;
    writeFileSync(file, state);
    const all = now() - start;
    const received = socket.bytesRead;
    socket.destroy();
    return { all, first: all, received, count };
  },

  /** A chain of hashes, each signed. */
  async serveSigned(source: Source): Promise<{ readonly port: number; readonly key: Uint8Array }> {
    const crypto = await sodium();
    const key = crypto.signingKey(new Secret(new Uint8Array(HASH_BYTES).fill(SEED_OF_KEY)));
    let before: Uint8Array = NOTHING_BEFORE;
    const all: Buffer[] = [];
    for (const message of texts(source)) {
      const bytes = jsonOf(message);
      before = crypto.hash(HASH_BYTES, Buffer.concat([before, bytes]));
      all.push(framed(crypto.sign(key, before), bytes));
    }
    return { ...(await hand(Buffer.concat(all))), key: key.publicKey };
  },
  async fetchSigned({
    port,
    key,
    count,
  }: {
    readonly port: number;
    readonly key: Uint8Array;
    readonly count: number;
  }): Promise<Got> {
    const crypto = await sodium();
    const start = now();
    const socket = await from(port);
    const held: Told[] = [];
    let before: Uint8Array = NOTHING_BEFORE;
    await new Promise<void>((resolve, reject) => {
      const take = (frame: Buffer): void => {
        const bytes = frame.subarray(SIGNATURE_BYTES);
        before = crypto.hash(HASH_BYTES, Buffer.concat([before, bytes]));
        if (!crypto.verify(key, before, frame.subarray(0, SIGNATURE_BYTES))) reject(new Error('it does not verify'));
        held.push(read(bytes));
        if (held.length === count) resolve();
      };
      socket.on('data', frames(take));
    });
    const all = now() - start;
    const received = socket.bytesRead;
    socket.destroy();
    return { all, first: all, received, count: held.length };
  },

  /** A bare `ws` server, a frame for each message. */
  async serveBare(source: Source): Promise<{ readonly port: number }> {
    const all = Array.from(texts(source), jsonOf);
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => {
      socket.once('message', () => {
        for (const message of all) socket.send(message);
      });
    });
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port };
  },
  async fetchBare({ port, count }: { readonly port: number; readonly count: number }): Promise<Got> {
    const start = now();
    const socket = await connectWs(`ws://127.0.0.1:${port}`);
    const held: Told[] = [];
    let received = 0;
    await new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        received += data.length;
        held.push(read(data));
        if (held.length === count) resolve();
      });
      socket.send('all of it');
    });
    const all = now() - start;
    socket.terminate();
    return { all, first: all, received, count: held.length };
  },
};
export type Replicas = typeof methods;
answer(methods);
