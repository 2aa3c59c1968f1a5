// Runs the engine on a platform: one input after the other, each batch in one store transaction, effects carried out
// only after it is committed. Everything asynchronous of the client happens here and nowhere else.
import type { Crypto } from '../crypto/index.ts';
import {
  StoreError,
  TransportError,
  type Clock,
  type Logger,
  type Randomness,
  type Store,
  type Transport,
} from '../ports/index.ts';
import type { PairKeyAgreement } from '../session/index.ts';
import type { Answer, Effect } from './context.ts';
import { Engine, type Input } from './engine.ts';
import { KithError } from './errors.ts';
import { toKithError } from './failures.ts';
import type { Change, Kith, Method, Methods } from './rpc.ts';

/** Everything the engine needs from its platform. */
export interface Parts {
  readonly store: Store;
  readonly crypto: Crypto;
  readonly agreement: PairKeyAgreement;
  readonly randomness: Randomness;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Transport;
  /** Relays for a home that has none yet, first one preferred. */
  readonly relays: readonly string[];
  /** Used instead of the home's own as long as this engine runs; remembered only when the home has none. */
  readonly relaysForRun?: readonly string[] | undefined;
  /** A counter kept outside the database and raised at every start: a copied or restored home shows by it. */
  readonly generation: { read(): number; write(value: number): void };
  /** False: no connection unless a call needs one (short commands). Default true. */
  readonly online?: boolean;
  /** The first reads are answered before anything is posted or fetched: for screens. Default false. */
  readonly readsFirst?: boolean;
}
/** Opens the home in `parts.store` (making it at the first start) and runs the engine until `close`. */
export type StartKith = (parts: Parts) => Promise<Kith>;

/** Ending hands on what it can for at most this long; the rest is posted at the next start. */
const STOP_MS = 2_000;
/**
 * Calls that share a transaction: few enough that what they wrote is on its way while the next are worked on, and more when
 * very many wait, since texts of one conversation share a signature and cells.
 */
const FEW_CALLS = 16;
const CALLS_SHARE = 1 / 4;
const MANY_CALLS = 512;
/** Inputs at a time that come from a history, not from people; for so long more of them is waited for, and so many at most. */
const FLOOD = 12;
const FLOOD_MS = 10;
const ENOUGH = 128;
/** What a relay took is noted by then, for a person who looks whether it was sent. */
const ANSWER_MS = 20;
/** A disk that could not forget is asked again after so long, or with the next input. */
const SCRUB_AGAIN_MS = 10_000;
/** A relay is sent at most 4 puts at a time. */
const MAX_WAITING_PUTS = 2;

interface Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: KithError) => void;
}

class Host implements Kith {
  readonly #parts: Parts;
  readonly #engine: Engine;
  readonly #calls = new Map<number, Call>();
  readonly #listeners = new Set<(change: Change) => void>();
  #queue: Input[] = [];
  #draining = false;
  #isFlooded = false;
  /** Puts whose answers were not handled yet. */
  readonly #puts = new Set<number>();
  /** An answer waits for other inputs; ends that. */
  #waiting: (() => void) | undefined;
  #hasCallsOnly = false;
  /** While a flood gathers: begins at once. */
  #hurry: (() => void) | undefined;
  #nextCall = 1;
  #wake: { readonly at: number; readonly cancel: () => void } | undefined;
  #closed: Promise<void> | undefined;
  /** The store is closed: an answer that comes now is for nobody. */
  #isEnded = false;
  #whenQuiet: (() => void) | undefined;
  #isScrubDue = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#engine = new Engine(parts);
    parts.transport.onEvent((event) => this.#push(event));
  }

  /** Throws a KithError when the home cannot be opened. */
  start(): void {
    const generation = this.#parts.generation.read() + 1;
    this.#parts.generation.write(generation);
    const relays = this.#parts.relays;
    const { relaysForRun: forRun } = this.#parts;
    const { online = true, readsFirst = false } = this.#parts;
    const input: Input = { type: 'start', relays, forRun, generation, online, readsFirst };
    try {
      this.#carryOut(this.#parts.store.transaction(() => this.#engine.handle(input)));
    } catch (cause) {
      throw toKithError(cause);
    }
  }

  call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(new KithError('home-busy'));
        return;
      }
      const call = this.#nextCall++;
      this.#calls.set(call, { resolve: resolve as (value: unknown) => void, reject });
      this.#push({ type: 'call', call, method, params });
    });
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  async #stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(STOP_MS, resolve);
      this.#whenQuiet = () => {
        cancel();
        resolve();
      };
      this.#push({ type: 'stop' });
    });
    this.#whenQuiet = undefined;
    this.#wake?.cancel();
    this.#parts.transport.close();
    for (const call of this.#calls.values()) call.reject(new KithError('home-busy'));
    this.#calls.clear();
    this.#isEnded = true;
    if (this.#isScrubDue) this.#scrub();
    this.#engine.forget();
    this.#parts.store.close();
  }

  #push(input: Input): void {
    if (this.#isEnded) return;
    this.#queue.push(input);
    if (this.#draining) {
      if (input.type === 'call' || this.#queue.length === ENOUGH) this.#hurry?.();
      return;
    }
    if (this.#mayWait(input)) {
      this.#waiting ??= this.#parts.clock.after(ANSWER_MS, () => this.#drain());
      return;
    }
    this.#draining = true;
    // Inputs of the same moment share a transaction: one commit for a burst of cells or of sends. In a flood of cells more
    // is waited for: what a transaction costs by itself is then shared by a thousand messages instead of a hundred.
    if (this.#isFlooded) {
      const cancel = this.#parts.clock.after(FLOOD_MS, () => this.#drain());
      this.#hurry = () => {
        cancel();
        this.#hurry = undefined;
        this.#parts.clock.after(0, () => this.#drain());
      };
    } else void Promise.resolve().then(() => this.#drain());
  }

  /**
   * That a relay took cells is noted with whatever comes next: a transaction of its own would cost as much as the message.
   * Not while others that were put before it hold up the rest.
   */
  #mayWait(input: Input): boolean {
    if (input.type !== 'response' || typeof input.answer === 'string' || input.answer.type !== 'put') return false;
    return this.#puts.size <= MAX_WAITING_PUTS && this.#closed === undefined;
  }

  #drain(): void {
    this.#waiting?.();
    this.#waiting = undefined;
    const inputs = this.#next();
    this.#draining = this.#queue.length > 0;
    this.#hurry = undefined;
    const others = inputs.reduce((sum, { type }) => sum + (type === 'call' ? 0 : 1), 0);
    this.#isFlooded = others >= FLOOD || (this.#isFlooded && this.#hasCallsOnly);
    if (this.#draining) this.#parts.clock.after(0, () => this.#drain());
    if (inputs.length === 0 || this.#isEnded) return;
    for (const input of inputs) if (input.type === 'response') this.#puts.delete(input.id);
    let effects: readonly Effect[] = [];
    try {
      effects = this.#parts.store.transaction(() => this.#engine.handle(...inputs));
    } catch (cause) {
      this.#recover(inputs, cause);
      return;
    }
    if (this.#isScrubDue) this.#scrub();
    this.#carryOut(effects);
  }

  /** What a person asks for does not wait behind a history; nor does that wait for ever. */
  #next(): readonly Input[] {
    const calls = this.#isFlooded && !this.#hasCallsOnly ? this.#queue.filter(({ type }) => type === 'call') : [];
    this.#hasCallsOnly = calls.length > 0;
    if (!this.#hasCallsOnly) return this.#queue.splice(0, this.#share());
    this.#queue = this.#queue.filter(({ type }) => type !== 'call');
    return calls;
  }
  /** How many of those that wait are next. */
  #share(): number {
    const waiting = this.#queue.reduce((sum, { type }) => sum + (type === 'call' ? 1 : 0), 0);
    let calls = Math.min(MANY_CALLS, Math.max(FEW_CALLS, Math.ceil(waiting * CALLS_SHARE)));
    let others = ENOUGH;
    const end = this.#queue.findIndex(({ type }) => (type === 'call' ? --calls < 0 : --others < 0));
    return end < 0 ? this.#queue.length : end;
  }

  /** The transaction is undone; what the engine held in memory goes with it, and the calls concerned are told. */
  #recover(inputs: readonly Input[], cause: unknown): void {
    this.#parts.logger.log('error', 'input-failed', {
      why: cause instanceof Error ? `${cause.name}: ${cause.message}` : 'unknown',
      inputs: inputs.map((input) => input.type).join(' '),
      where: cause instanceof Error ? (cause.stack?.split('\n')[1]?.trim() ?? '') : '',
    });
    const error = toKithError(cause);
    const open = this.#engine.failed(cause);
    const concerned = new Set([...open, ...inputs.flatMap((input) => (input.type === 'call' ? [input.call] : []))]);
    for (const call of concerned) this.#settle(call, (waiting) => waiting.reject(error));
    this.#plan();
  }

  #settle(call: number, how: (waiting: Call) => void): void {
    const waiting = this.#calls.get(call);
    this.#calls.delete(call);
    if (waiting !== undefined) how(waiting);
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'request':
          this.#request(effect);
          break;
        case 'listen':
          this.#parts.transport.allow(effect.relays);
          this.#parts.transport.listen(effect.relays, effect.channels);
          break;
        case 'agree':
          this.#agree(effect);
          break;
        case 'result':
          this.#settle(effect.call, (waiting) => waiting.resolve(effect.value));
          break;
        case 'rejected':
          this.#settle(effect.call, (waiting) => waiting.reject(effect.error));
          break;
        case 'scrub':
          this.#scrub();
          break;
        case 'change':
          for (const listener of this.#listeners) listener(effect.change);
          break;
      }
    }
    this.#plan();
    if (this.#whenQuiet !== undefined && this.#queue.length === 0 && this.#engine.isQuiet()) this.#whenQuiet();
  }

  /** What was done is done, and is told: a disk that fails at this is asked again, until it has forgotten what was deleted. */
  #scrub(): void {
    try {
      this.#parts.store.scrub();
      this.#isScrubDue = false;
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      this.#isScrubDue = true;
      this.#parts.logger.log('error', 'scrub-failed', { why: cause.message });
    }
  }

  #request(effect: Extract<Effect, { type: 'request' }>): void {
    const done = (answer: Answer): void => this.#push({ type: 'response', id: effect.id, answer });
    if (effect.request.type === 'put') this.#puts.add(effect.id);
    this.#parts.transport.allow([effect.relay]);
    this.#parts.transport.request(effect.relay, effect.request).then(done, (cause: unknown) => {
      done(cause instanceof TransportError && cause.kind === 'nonsense' ? 'nonsense' : 'unreachable');
    });
  }

  #agree(effect: Extract<Effect, { type: 'agree' }>): void {
    Promise.resolve(this.#parts.agreement.run(effect.job)).then(
      (result) => this.#push({ type: 'agreed', id: effect.id, result }),
      (cause: unknown) => {
        this.#parts.logger.log('error', 'agreement-failed', {
          why: cause instanceof Error ? cause.message : 'unknown',
        });
        this.#push({ type: 'agreed', id: effect.id, result: { type: 'refused', reason: 'internal' } });
      },
    );
  }

  #plan(): void {
    const soon = this.#isScrubDue ? this.#parts.clock.now() + SCRUB_AGAIN_MS : Number.POSITIVE_INFINITY;
    const at = Math.min(this.#engine.wakeAt(), soon);
    if (this.#wake?.at === at) return;
    this.#wake?.cancel();
    this.#wake = undefined;
    if (!Number.isFinite(at) || this.#closed !== undefined) return;
    // Timers of platforms overflow beyond 2^31 ms; an early tick does no harm.
    const wait = Math.min(Math.max(0, at - this.#parts.clock.now()), 3_600_000);
    const cancel = this.#parts.clock.after(wait, () => {
      this.#wake = undefined;
      this.#push({ type: 'tick' });
    });
    this.#wake = { at, cancel };
  }
}

export const startKith: StartKith = (parts) =>
  new Promise((resolve) => {
    const host = new Host(parts);
    host.start();
    resolve(host);
  });
