// What was read from the engine, shared by all screens and read again when the engine says that it changed.
import type { Change, Kith, Method, Methods } from '@kith/core/client';
import { problemOf, type ProblemCode } from './problem.ts';

export type Query<T> =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'failed'; readonly problem: ProblemCode };

type Result<M extends Method> = Methods[M]['result'];

interface Entry {
  state: Query<unknown>;
  readonly method: Method;
  readonly load: () => void;
  readonly listeners: Set<() => void>;
}

/** Which readings a change makes old. Conversations are read by `LogWindow`, drafts by nobody while they are written. */
const affected: { readonly [T in Change['type']]: readonly Method[] } = {
  contacts: ['contact.list', 'context.list', 'contact.words', 'contact.merged', 'recovery.state'],
  conversation: ['contact.list', 'search'],
  events: [],
  status: ['status', 'relay.list'],
  requests: ['request.list'],
  invites: ['invite.list'],
  devices: ['device.list', 'device.strays', 'device.linking', 'contact.devices', 'recovery.state'],
  profile: ['profile.get'],
  contexts: ['context.list', 'invite.list'],
  settings: ['set'],
  lock: [],
  drafts: [],
};

const loading: Query<never> = { status: 'loading' };

export class Queries {
  readonly #kith: Kith;
  readonly #entries = new Map<string, Entry>();
  readonly #stop: () => void;

  constructor(kith: Kith) {
    this.#kith = kith;
    this.#stop = kith.onChange((change) => {
      if (change.type === 'lock') {
        this.#relock(change.locked);
        return;
      }
      const methods = affected[change.type];
      for (const [key, entry] of this.#entries) {
        if (!methods.includes(entry.method)) continue;
        if (entry.listeners.size > 0) entry.load();
        else this.#entries.delete(key);
      }
    });
  }

  close(): void {
    this.#stop();
  }

  /** What was read does not stay in memory while it is locked. Whoever listens goes on listening, and is read to anew. */
  #relock(locked: boolean): void {
    for (const [key, entry] of this.#entries) {
      if (entry.listeners.size === 0) {
        this.#entries.delete(key);
        continue;
      }
      if (locked) {
        entry.state = loading;
        for (const listener of entry.listeners) listener();
      }
      entry.load();
    }
  }

  read<M extends Method>(method: M, params: Methods[M]['params']): Query<Result<M>> {
    return this.#entry(method, params).state as Query<Result<M>>;
  }

  listen<M extends Method>(method: M, params: Methods[M]['params'], listener: () => void): () => void {
    const { listeners } = this.#entry(method, params);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  again<M extends Method>(method: M, params: Methods[M]['params']): void {
    this.#entry(method, params).load();
  }

  #entry<M extends Method>(method: M, params: Methods[M]['params']): Entry {
    const key = `${method} ${JSON.stringify(params)}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    // One reading at a time; however many changes come meanwhile lead to one more.
    let busy = false;
    let stale = false;
    const load = (): void => {
      if (busy) {
        stale = true;
        return;
      }
      busy = true;
      const settle = (state: Query<unknown>): void => {
        busy = false;
        entry.state = state;
        for (const listener of entry.listeners) listener();
        if (!stale) return;
        stale = false;
        load();
      };
      this.#kith.call(method, params).then(
        (value) => settle({ status: 'ready', value }),
        (error: unknown) => settle({ status: 'failed', problem: problemOf(error) }),
      );
    };
    const entry: Entry = { state: loading, method, load, listeners: new Set() };
    this.#entries.set(key, entry);
    load();
    return entry;
  }
}
