// The peers of the race for a history: each a process that holds the same texts, and one that gets them.
import { setTimeout as wait } from 'node:timers/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import * as Automerge from '@automerge/automerge';
import { Repo, type AutomergeUrl } from '@automerge/automerge-repo';
import { WebSocketClientAdapter, WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import Hypercore from 'hypercore';
import { WebSocketServer } from 'ws';
import { answer } from './child.ts';
import { now } from './figures.ts';
import { turns, type Got, type Message } from './history-texts.ts';
import { bytesReceived, countBytes } from './wire.ts';

const SCREEN = 50;
const BLOCK_KEY = Buffer.alloc(32, 7);

interface Talk extends Record<string, unknown> {
  readonly messages: (Message & { readonly author: number })[];
}
const methods = {
  /** A core for each author. */
  async serveHypercore({
    folder,
    count,
    seed,
    encrypted,
  }: {
    readonly folder: string;
    readonly count: number;
    readonly seed: number;
    readonly encrypted: boolean;
  }): Promise<{ readonly port: number; readonly keys: readonly string[] }> {
    const cores = [0, 1].map(
      (author) => new Hypercore(`${folder}-${author}`, encrypted ? { encryptionKey: BLOCK_KEY } : {}),
    );
    for (const core of cores) await core.ready();
    for (const { author, messages } of turns(count, seed))
      await cores[author]?.append(messages.map((message) => Buffer.from(JSON.stringify(message))));
    const server = createServer({ noDelay: true }, (socket) => {
      const stream = Hypercore.createProtocolStream(false);
      for (const core of cores) core.replicate(stream);
      socket.on('error', () => undefined);
      stream.on('error', () => undefined);
      socket.pipe(stream).pipe(socket);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return {
      port: (server.address() as AddressInfo).port,
      keys: cores.map((core) => core.key.toString('hex')),
    };
  },
  async fetchHypercore({
    folder,
    port,
    keys,
    encrypted,
  }: {
    readonly folder: string;
    readonly port: number;
    readonly keys: readonly string[];
    readonly encrypted: boolean;
  }): Promise<Got> {
    const cores = keys.map(
      (key, i) =>
        new Hypercore(`${folder}-${i}`, Buffer.from(key, 'hex'), encrypted ? { encryptionKey: BLOCK_KEY } : {}),
    );
    for (const core of cores) await core.ready();
    const start = now();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const stream = Hypercore.createProtocolStream(true);
    stream.on('error', () => undefined);
    socket.pipe(stream).pipe(socket);
    for (const core of cores) core.replicate(stream);
    for (const core of cores) await core.update({ wait: true });
    const newest = cores.flatMap((core) =>
      Array.from({ length: SCREEN / cores.length }, (_, i) => core.get(core.length - 1 - i)),
    );
    await Promise.all(newest);
    const first = now() - start;
    const downloads = cores.map((core) => core.download({ start: 0, end: core.length }));
    for (const download of downloads) await download.done();
    const all = now() - start;
    const count = cores.reduce((sum, core) => sum + core.contiguousLength, 0);
    const received = socket.bytesRead;
    socket.destroy();
    return { all, first, received, count };
  },

  /** One document, a change for each turn: a change for each message takes minutes to write. */
  async serveAutomerge({
    count,
    seed,
  }: {
    readonly count: number;
    readonly seed: number;
  }): Promise<{ readonly port: number; readonly url: string }> {
    let talk = Automerge.from<Talk>({ messages: [] });
    for (const { author, messages } of turns(count, seed)) {
      // Text that is not edited together is stored as one value; the default is a list of its letters.
      const values = messages.map(({ at, text }) => ({
        at,
        author,
        text: new Automerge.ImmutableString(text) as unknown as string,
      }));
      talk = Automerge.change(talk, (draft) => void draft.messages.push(...values));
    }
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((resolve) => void sockets.once('listening', resolve));
    const repo = new Repo({ network: [new WebSocketServerAdapter(sockets as never)], sharePolicy: async () => true });
    const handle = repo.import<Talk>(Automerge.save(talk));
    return { port: (sockets.address() as AddressInfo).port, url: handle.url };
  },
  async fetchAutomerge({
    port,
    url,
    count,
  }: {
    readonly port: number;
    readonly url: string;
    readonly count: number;
  }): Promise<Got> {
    countBytes();
    const start = now();
    const repo = new Repo({ network: [new WebSocketClientAdapter(`ws://127.0.0.1:${port}`)] });
    const handle = await repo.find<Talk>(url as AutomergeUrl);
    const length = (): number => handle.doc().messages.length;
    let first: number | undefined;
    while (length() < count) {
      if (first === undefined && length() >= SCREEN) first = now() - start;
      await wait(5);
    }
    const all = now() - start;
    return { all, first: first ?? all, received: bytesReceived(), count: length() };
  },
};
export type HistoryPeer = typeof methods;
answer(methods);
