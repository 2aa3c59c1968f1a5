// The engine of another process, behind its socket.
import type { Change, Kith, Method, Methods } from '@kith/core/client';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { toJsonLine } from '../print/json.ts';
import { LineSplitter } from './lines.ts';
import { fromRpcError, isObject } from './messages.ts';
import { fromWire, toWire } from './values.ts';

/** The owner of the home went away. `undone`: it said good-bye first, so what was not answered was not begun either. */
export class ConnectionLost extends Error {
  readonly undone: boolean;
  constructor(undone: boolean) {
    super('the owner of this home ended');
    this.undone = undone;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Undefined when nobody listens there. */
export const connectSocket = (path: string): Promise<Remote | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(new Remote(socket)));
    socket.once('error', () => resolve(undefined));
  });

export class Remote implements Kith {
  /** Resolves when the connection has ended, for whatever reason. */
  readonly lost: Promise<void>;
  readonly #socket: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(change: Change) => void>();
  #last = 0;
  #bye = false;
  #ended = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    const lines = new LineSplitter((line) => this.#take(line), Number.POSITIVE_INFINITY);
    socket.on('data', (chunk: Uint8Array) => lines.push(chunk));
    // 'close' follows every error and is where the waiting learn of it.
    socket.on('error', () => undefined);
    this.lost = new Promise((resolve) => {
      socket.on('close', () => {
        this.#ended = true;
        for (const { reject } of this.#waiting.values()) reject(new ConnectionLost(this.#bye));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Any method of the other side, those of the socket itself included. */
  ask(method: string, params: unknown): Promise<unknown> {
    if (this.#ended || this.#bye) return Promise.reject(new ConnectionLost(true));
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${toJsonLine({ jsonrpc: '2.0', id, method, params: toWire(params) })}\n`);
    });
  }

  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    // The other end is this program's own code on the same home, held to the same version by `hello`.
    return fromWire(await this.ask(method, params)) as Methods[M]['result'];
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    // A lost connection is told by `lost`.
    if (this.#listeners.size === 1) this.ask('changes', { on: true }).catch(() => undefined);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#socket.destroy();
    return this.lost;
  }

  #take(line: string | null): void {
    let message: unknown;
    try {
      message = line === null ? undefined : JSON.parse(line);
    } catch {
      // What listens there is no Kith of this version: it goes as any owner does that went away.
      this.#socket.destroy();
    }
    if (!isObject(message)) return;
    if (message['method'] === 'bye') {
      this.#bye = true;
      this.#leaveWhenDone();
      return;
    }
    if (message['method'] === 'change') {
      const change = fromWire(message['params']) as Change;
      for (const listener of this.#listeners) listener(change);
      return;
    }
    const waiting = typeof message['id'] === 'number' ? this.#waiting.get(message['id']) : undefined;
    if (waiting === undefined) return;
    this.#waiting.delete(message['id'] as number);
    if ('error' in message) waiting.reject(fromRpcError(message['error']));
    else waiting.resolve(message['result']);
    this.#leaveWhenDone();
  }

  #leaveWhenDone(): void {
    if (this.#bye && this.#waiting.size === 0) this.#socket.destroy();
  }
}
