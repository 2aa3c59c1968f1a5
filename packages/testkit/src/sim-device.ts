// One device of a simulated person: the real engine over simulated ports, driven without a promise. What `startKith` does
// on a platform happens here on the simulated clock: inputs in turn, each in a transaction, effects after it.
import {
  Engine,
  toKithError,
  type KithError,
  type Change,
  type Effect,
  type Input,
  type Method,
  type Methods,
} from '@kith/core/client';
import type { Crypto } from '@kith/core/crypto';
import type { Logger, RelayResponse, Store, TransportError } from '@kith/core/ports';
import { silent, StoreError } from '@kith/core/ports';
import type { AgreementResult, PairKeyAgreement } from '@kith/core/session';
import type { MemoryNetwork, MemoryTransport } from './memory-network.ts';
import { openMemoryStore } from './memory-store.ts';
import { PowerCut } from './power-cut.ts';
import type { SeededRandomness } from './seeded-randomness.ts';
import type { SimClock } from './sim-clock.ts';

/** An answer that may come later. */
export interface Asked<T> {
  readonly done: boolean;
  readonly value: T | undefined;
  readonly error: KithError | undefined;
}
export interface SimDeviceParts {
  readonly name: string;
  readonly clock: SimClock;
  readonly network: MemoryNetwork;
  readonly crypto: Crypto;
  readonly randomness: SeededRandomness;
  /** Must answer inline: nothing in a simulated world is a promise. */
  readonly agreement: PairKeyAgreement;
  readonly relays: readonly string[];
  readonly store?: Store;
  readonly logger?: Logger;
  /** How often it ran before. */
  readonly runs?: number;
  /** How far its clock is off at first. */
  readonly offset?: number;
  /** What comes in from outside within so many milliseconds shares a transaction, as on a machine that is busy. Default 0. */
  readonly lag?: number;
}

export class SimDevice {
  readonly name: string;
  readonly #parts: SimDeviceParts;
  store: Store;
  #generation: number;
  #online = false;
  /** Inputs of one moment are collected here. */
  #moment: Input[] | undefined;
  /** What came in, and calls off the time when it is taken. */
  #queue: Input[] = [];
  #waiting: (() => void) | undefined;
  #engine: Engine | undefined;
  #transport: MemoryTransport | undefined;
  #machine: ReturnType<SimClock['machine']> | undefined;
  #wake: (() => void) | undefined;
  #calls = new Map<number, { done: boolean; value: unknown; error: KithError | undefined }>();
  #next = 1;
  /** Inputs that failed for another reason than a refusal: every one is a bug. */
  readonly failures: unknown[] = [];
  onChange: ((change: Change) => void) | undefined;
  /** It has ended already when this is called. */
  onPowerCut: (() => void) | undefined;
  /** Raised when this device's clock is wrong. */
  offset = 0;

  constructor(parts: SimDeviceParts) {
    this.name = parts.name;
    this.#parts = parts;
    this.store = parts.store ?? openMemoryStore();
    this.#generation = parts.runs ?? 0;
    this.offset = parts.offset ?? 0;
  }
  get runs(): number {
    return this.#generation;
  }
  get running(): boolean {
    return this.#engine !== undefined;
  }
  /** Runs, and not as a short command. */
  get online(): boolean {
    return this.running && this.#online;
  }

  /** Begins a run of the client; `online: false` is a short command. */
  start(online = true): void {
    if (this.#engine !== undefined) return;
    const { clock, network, crypto, randomness, relays, logger } = this.#parts;
    const machine = clock.machine(this.offset);
    this.#machine = machine;
    const transport = network.transport();
    this.#transport = transport;
    this.#engine = new Engine({
      store: this.store,
      crypto,
      randomness,
      clock: machine,
      logger: logger ?? silent,
    });
    transport.onEvent((event) => this.#hear(event));
    this.#generation++;
    this.#online = online;
    this.#handle({ type: 'start', relays, generation: this.#generation, online });
  }
  /** Ends well: hands on what it can, then goes. */
  stop(): void {
    if (this.#engine === undefined) return;
    this.#handle({ type: 'stop' });
    const { clock } = this.#parts;
    clock.runUntil(() => this.#queue.length === 0 && (this.#engine?.isQuiet() ?? true), 5_000);
    this.crash();
  }
  /** Ends at once; what was committed stays. */
  crash(): void {
    this.#machine?.stop();
    this.#wake?.();
    this.#wake = undefined;
    this.#waiting?.();
    this.#waiting = undefined;
    this.#queue = [];
    this.#transport?.close();
    this.#engine?.forget();
    this.#engine = undefined;
    this.#transport = undefined;
  }
  /** Sets the clock while the client runs, or for its next start. */
  setClock(offset: number): void {
    this.#machine?.shift(offset - this.offset);
    this.offset = offset;
    this.#plan();
  }
  connect(on: boolean): void {
    this.#transport?.connect(on);
  }

  /** Makes every table that is made of logs again. */
  rebuild(): void {
    const engine = this.#engine;
    if (engine !== undefined) this.store.transaction(() => engine.rebuild());
  }
  ask<M extends Method>(method: M, params: Methods[M]['params']): Asked<Methods[M]['result']> {
    const call = this.#next++;
    const asked = { done: false, value: undefined, error: undefined };
    this.#calls.set(call, asked);
    this.#handle({ type: 'call', call, method, params });
    return asked;
  }
  /** Runs the world until the answer is there; throws the KithError it ends with. */
  call<M extends Method>(method: M, params: Methods[M]['params'], limitMs = 60_000): Methods[M]['result'] {
    const asked = this.ask(method, params);
    if (!asked.done) this.#parts.clock.runUntil(() => asked.done, limitMs);
    if (asked.error !== undefined) throw asked.error;
    if (!asked.done) throw new Error(`${this.name}: ${method} did not end within ${limitMs} ms`);
    return asked.value as Methods[M]['result'];
  }

  /** What is asked within `work` happens in one moment; answers are there after it. */
  together(work: () => void): void {
    const moment: Input[] = [];
    this.#moment = moment;
    try {
      work();
    } finally {
      this.#moment = undefined;
    }
    if (moment.length > 0) this.#drain(...moment);
  }
  #handle(input: Input): void {
    if (this.#moment !== undefined) this.#moment.push(input);
    else if (this.#queue.length === 0) this.#take([input]);
    else this.#drain(input);
  }
  /** From the network: what a busy machine finds when it gets to it. */
  #hear(input: Input): void {
    const { lag = 0 } = this.#parts;
    if (lag === 0) this.#handle(input);
    else {
      this.#queue.push(input);
      this.#waiting ??= this.#machine?.after(lag, () => this.#drain());
    }
  }
  #drain(...more: readonly Input[]): void {
    this.#waiting?.();
    this.#waiting = undefined;
    this.#take([...this.#queue.splice(0), ...more]);
  }
  #take(inputs: readonly Input[]): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    let effects: readonly Effect[];
    try {
      effects = this.store.transaction(() => engine.handle(...inputs));
    } catch (cause) {
      if (cause instanceof PowerCut) {
        this.crash();
        this.onPowerCut?.();
        return;
      }
      if (!(cause instanceof StoreError)) this.failures.push(cause);
      const error = toKithError(cause);
      const open = engine.failed(cause);
      const own = inputs.flatMap((input) => (input.type === 'call' ? [input.call] : []));
      for (const call of [...open, ...own]) this.#settle(call, undefined, error);
      this.#plan();
      return;
    }
    for (const effect of effects) this.#carryOut(effect);
    this.#plan();
  }
  #settle(call: number, value: unknown, error: KithError | undefined): void {
    const asked = this.#calls.get(call);
    this.#calls.delete(call);
    if (asked !== undefined) Object.assign(asked, { done: true, value, error });
  }
  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'request': {
        const transport = this.#transport;
        transport?.allow([effect.relay]);
        transport?.send(effect.relay, effect.request, (answer: RelayResponse | TransportError) => {
          if (this.#transport !== transport) return;
          const failed = answer instanceof Error ? (answer.kind === 'nonsense' ? 'nonsense' : 'unreachable') : answer;
          this.#hear({ type: 'response', id: effect.id, answer: failed });
        });
        return;
      }
      case 'listen':
        this.#transport?.allow(effect.relays);
        this.#transport?.listen(effect.relays, effect.channels);
        return;
      case 'agree': {
        const result = this.#parts.agreement.run(effect.job);
        if (result instanceof Promise) throw new Error('a simulated agreement answers inline');
        this.#handle({ type: 'agreed', id: effect.id, result: result as AgreementResult });
        return;
      }
      case 'result':
        this.#settle(effect.call, effect.value, undefined);
        return;
      case 'rejected':
        this.#settle(effect.call, undefined, effect.error);
        return;
      case 'change':
        this.onChange?.(effect.change);
        return;
      case 'scrub':
        this.store.scrub();
    }
  }
  #plan(): void {
    this.#wake?.();
    this.#wake = undefined;
    const at = this.#engine?.wakeAt() ?? Number.POSITIVE_INFINITY;
    const machine = this.#machine;
    if (!Number.isFinite(at) || machine === undefined) return;
    this.#wake = machine.after(Math.max(1, Math.ceil(at - machine.now())), () => this.#handle({ type: 'tick' }));
  }
}
