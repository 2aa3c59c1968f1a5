// The same Kith at a distance: screens in other tabs, commands in other processes. Isomorphic; whoever has a way to pass
// plain values (structured clone in browsers, framed JSON on a socket) makes a Pipe of it.
import { ERRORS, KithError, type ErrorCode } from './errors.ts';
import { toKithError } from './failures.ts';
import type { Change, Kith, Method, Methods } from './rpc.ts';

/** Passes values both ways, in order, each at most once. */
export interface Pipe {
  send(value: unknown): void;
  /** One listener; what arrived before it was set is given to it then. */
  onMessage(listener: (value: unknown) => void): void;
  /** Called once when the other side is gone or `close` was called; at once when that is so already. */
  onClose(listener: () => void): void;
  close(): void;
}

/** What a method does to the home. A `read` may be asked again when its answer was lost; a `write` may have been done. */
export const METHOD_KINDS = {
  status: 'read',
  'profile.get': 'read',
  'profile.set': 'write',
  'invite.create': 'write',
  'invite.preview': 'read',
  'invite.accept': 'write',
  'invite.list': 'read',
  'invite.revoke': 'write',
  'request.list': 'read',
  'request.answer': 'write',
  'context.list': 'read',
  'context.create': 'write',
  'context.change': 'write',
  'context.remove': 'write',
  'contact.list': 'read',
  'contact.context': 'write',
  'contact.rename': 'write',
  'contact.block': 'write',
  'contact.unblock': 'write',
  'contact.end': 'write',
  'contact.devices': 'read',
  'contact.words': 'read',
  'contact.mark': 'write',
  'contact.merge': 'write',
  'contact.merged': 'read',
  'contact.checkCode': 'read',
  'contact.checkScan': 'read',
  send: 'write',
  edit: 'write',
  react: 'write',
  delete: 'write',
  read: 'write',
  log: 'read',
  'log.verify': 'read',
  transcript: 'read',
  search: 'read',
  'import.lines': 'read',
  'import.remove': 'write',
  'backup.plan': 'read',
  'backup.begin': 'read',
  'backup.part': 'read',
  'backup.end': 'read',
  'restore.begin': 'read',
  'restore.part': 'read',
  'restore.finish': 'write',
  'restore.cancel': 'read',
  star: 'write',
  'star.list': 'read',
  'draft.set': 'write',
  typing: 'write',
  set: 'write',
  'relay.list': 'read',
  'relay.add': 'write',
  'relay.remove': 'write',
  sync: 'read',
  'device.list': 'read',
  'device.link': 'write',
  'device.join': 'write',
  'device.linking': 'read',
  'device.confirm': 'write',
  'device.refuse': 'write',
  'device.revoke': 'write',
  'device.strays': 'read',
  'device.removeStrays': 'write',
  'device.name': 'write',
  'recovery.create': 'write',
  'recovery.confirm': 'write',
  'recovery.state': 'read',
  'recovery.refuse': 'write',
  'recovery.invite': 'write',
  'recovery.use': 'write',
  'lock.state': 'read',
  'lock.touch': 'read',
  'lock.now': 'write',
  'lock.unlock': 'write',
  'lock.set': 'write',
  'lock.duress': 'write',
  'events.since': 'read',
} as const satisfies Readonly<Record<Method, 'read' | 'write'>>;

type ToServer =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly params: object }
  | { readonly type: 'listen' }
  | { readonly type: 'unlisten' };
type ToClient =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly type: 'error';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    }
  | { readonly type: 'change'; readonly change: Change };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isMethod = (name: string): name is Method => Object.hasOwn(METHOD_KINDS, name);
const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

const readRequest = (value: unknown): ToServer | undefined => {
  if (!isRecord(value)) return undefined;
  if (value.type === 'listen' || value.type === 'unlisten') return { type: value.type };
  const { type, id, method, params } = value;
  if (type !== 'call' || !isId(id) || typeof method !== 'string' || !isRecord(params)) return undefined;
  return { type, id, method, params };
};
const readReply = (value: unknown): ToClient | undefined => {
  if (!isRecord(value)) return undefined;
  const { type, id, code, message, hint } = value;
  if (type === 'change' && isRecord(value.change) && typeof value.change.type === 'string') {
    // From one's own engine: its kind was checked, the rest is as the engine wrote it.
    return { type, change: value.change as unknown as Change };
  }
  if (type === 'result' && isId(id)) return { type, id, result: value.result };
  if (type !== 'error' || !isId(id)) return undefined;
  if (typeof code !== 'string' || typeof message !== 'string' || typeof hint !== 'string') return undefined;
  return { type, id, code, message, hint };
};

/** Answers calls that come through the pipe until it closes, or until the returned function is called. */
export const serveKith = (kith: Kith, pipe: Pipe): (() => void) => {
  let stopListening: (() => void) | undefined;
  let stopped = false;
  const send = (reply: ToClient): void => {
    if (!stopped) pipe.send(reply);
  };
  const answer = async (id: number, method: string, params: object): Promise<void> => {
    try {
      if (!isMethod(method)) throw new KithError('bad-option', { message: 'There is no such method.' });
      send({ type: 'result', id, result: await kith.call(method, params as Methods[Method]['params']) });
    } catch (error) {
      const { code, message, hint } = toKithError(error);
      send({ type: 'error', id, code, message, hint });
    }
  };
  const stop = (): void => {
    stopped = true;
    stopListening?.();
    stopListening = undefined;
  };
  pipe.onClose(stop);
  pipe.onMessage((value) => {
    const request = readRequest(value);
    if (request === undefined || stopped) return;
    switch (request.type) {
      case 'call':
        void answer(request.id, request.method, request.params);
        return;
      case 'listen':
        stopListening ??= kith.onChange((change) => send({ type: 'change', change }));
        return;
      case 'unlisten':
        stopListening?.();
        stopListening = undefined;
    }
  });
  return () => {
    stop();
    pipe.close();
  };
};

interface Waiting {
  resolve(result: unknown): void;
  reject(error: KithError): void;
}

/**
 * The Kith that is served at the other end. When the pipe closes, calls without an answer, and later ones, reject with
 * `interrupted`: they may have been done. `close` closes the pipe, not the engine behind it.
 */
export const connectKith = (pipe: Pipe): Kith => {
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(change: Change) => void>();
  let lastId = 0;
  let closed = false;
  pipe.onClose(() => {
    closed = true;
    for (const { reject } of waiting.values()) reject(new KithError('interrupted'));
    waiting.clear();
  });
  pipe.onMessage((value) => {
    const reply = readReply(value);
    if (reply === undefined) return;
    if (reply.type === 'change') {
      for (const listener of listeners) listener(reply.change);
      return;
    }
    const call = waiting.get(reply.id);
    if (call === undefined) return;
    waiting.delete(reply.id);
    if (reply.type === 'result') call.resolve(reply.result);
    else if (isErrorCode(reply.code))
      call.reject(new KithError(reply.code, { message: reply.message, hint: reply.hint }));
    else call.reject(new KithError('internal', { message: reply.message, hint: reply.hint }));
  });
  const send = (request: ToServer): void => pipe.send(request);
  return {
    call: <M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new KithError('interrupted'));
          return;
        }
        lastId += 1;
        waiting.set(lastId, { resolve: resolve as (result: unknown) => void, reject });
        send({ type: 'call', id: lastId, method, params });
      }),
    onChange(listener) {
      if (listeners.size === 0 && !closed) send({ type: 'listen' });
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0 && !closed) send({ type: 'unlisten' });
      };
    },
    close() {
      pipe.close();
      return Promise.resolve();
    },
  };
};
