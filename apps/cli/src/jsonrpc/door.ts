import type { Kith } from '@kith/core/client';
import { toJsonLine } from '../print/json.ts';
import { isId, isObject, RPC_ERRORS, toRpcError, type RpcError, type RpcId } from './messages.ts';
import { isMethod, takeParams } from './methods.ts';
import { toWire } from './values.ts';

/** Changes whenever an older program could misunderstand a newer one on the same home. */
export const SOCKET_VERSION = 1;

const MOST_BATCH = 100;

/** One program's way to the engine: lines in, lines out. */
export class Door {
  readonly #kith: Kith;
  readonly #send: (line: string) => void;
  readonly #running = new Map<Promise<void>, string>();
  #stopListening: (() => void) | undefined;
  #closing = false;

  constructor(kith: Kith, send: (line: string) => void) {
    this.#kith = kith;
    this.#send = send;
  }

  /** Takes one line; null is one that could not be read. Answers when it is done, so in any order. */
  take(line: string | null): void {
    if (this.#closing || line?.trim() === '') return;
    let message: unknown;
    try {
      message = line === null ? undefined : JSON.parse(line);
    } catch {
      // JSON.parse has no other way to say no; undefined is no JSON value.
      message = undefined;
    }
    if (message === undefined)
      this.#answer(failure(null, { code: RPC_ERRORS.parse, message: 'This line is no JSON, or too long.' }));
    else if (Array.isArray(message)) this.#takeBatch(message);
    else this.#run(message, (answer) => this.#answer(answer));
  }

  /** From now on (or no more) tells every change as a notification `change`. */
  listen(on: boolean): void {
    this.#stopListening?.();
    this.#stopListening = on
      ? this.#kith.onChange((change) => this.#answer({ jsonrpc: '2.0', method: 'change', params: toWire(change) }))
      : undefined;
  }

  /** Waits for what was taken. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.keys());
  }

  /**
   * Takes nothing more and says so, then waits for what was taken. A long `sync` is not waited for: who asked for it
   * sees the connection end after `bye` and does it itself.
   */
  async close(): Promise<void> {
    this.listen(false);
    this.#answer({ jsonrpc: '2.0', method: 'bye' });
    this.#closing = true;
    await Promise.all([...this.#running].filter(([, method]) => method !== 'sync').map(([done]) => done));
  }

  #takeBatch(batch: readonly unknown[]): void {
    if (batch.length === 0 || batch.length > MOST_BATCH) {
      this.#answer(failure(null, { code: RPC_ERRORS.request, message: `A batch holds 1 to ${MOST_BATCH} calls.` }));
      return;
    }
    const answers: object[] = [];
    let left = batch.length;
    const settled = (answer: object | undefined): void => {
      if (answer !== undefined) answers.push(answer);
      left--;
      if (left === 0 && answers.length > 0) this.#answer(answers);
    };
    for (const message of batch) this.#run(message, settled);
  }

  /** `reply` is called once: with the answer, or with nothing for a notification. */
  #run(message: unknown, reply: (answer: object | undefined) => void): void {
    if (
      !isObject(message) ||
      message['jsonrpc'] !== '2.0' ||
      typeof message['method'] !== 'string' ||
      !isId(message['id'] ?? null)
    ) {
      const id = isObject(message) && isId(message['id']) ? message['id'] : null;
      reply(failure(id, { code: RPC_ERRORS.request, message: 'This is no JSON-RPC 2.0 call.' }));
      return;
    }
    const id = Object.hasOwn(message, 'id') ? (message['id'] as RpcId) : undefined;
    const done: Promise<void> = this.#call(message['method'], message['params']).then((outcome) => {
      this.#running.delete(done);
      if (id === undefined) reply(undefined);
      else reply('result' in outcome ? { jsonrpc: '2.0', id, result: outcome.result } : failure(id, outcome.error));
    });
    this.#running.set(done, message['method']);
  }

  async #call(method: string, params: unknown): Promise<{ readonly result: unknown } | { readonly error: RpcError }> {
    if (method === 'hello') return { result: { kith: 'socket', version: SOCKET_VERSION } };
    if (method === 'changes') {
      const on = isObject(params) ? params['on'] : undefined;
      if (typeof on !== 'boolean') return { error: { code: RPC_ERRORS.params, message: 'on is not a flag' } };
      this.listen(on);
      return { result: { on } };
    }
    if (!isMethod(method))
      return { error: { code: RPC_ERRORS.method, message: `There is no method ${method.slice(0, 40)}.` } };
    const taken = takeParams(method, params);
    if ('wrong' in taken) return { error: { code: RPC_ERRORS.params, message: taken.wrong } };
    try {
      return { result: toWire(await this.#kith.call(method, taken.params)) };
    } catch (error) {
      return { error: toRpcError(error) };
    }
  }

  #answer(message: object | undefined): void {
    if (message !== undefined && !(this.#closing && 'method' in message)) this.#send(`${toJsonLine(message)}\n`);
  }
}

const failure = (id: RpcId, error: RpcError): object => ({ jsonrpc: '2.0', id, error });
