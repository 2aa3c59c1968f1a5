// What the parts of the engine share: ports, effects on their way out, and answers still awaited. One input at a time:
// everything here runs inside the store transaction of the current input and never waits.
import type { Crypto } from '../crypto/index.ts';
import type { Clock, Logger, Randomness, RelayRequest, RelayResponse, Store } from '../ports/index.ts';
import type { AgreementJob, AgreementResult } from '../session/index.ts';
import type { KithError } from './errors.ts';
import type { Change } from './rpc.ts';

export type Effect =
  | { readonly type: 'request'; readonly id: number; readonly relay: string; readonly request: RelayRequest }
  | { readonly type: 'listen'; readonly relays: readonly string[]; readonly channels: readonly Channel[] }
  | { readonly type: 'agree'; readonly id: number; readonly job: AgreementJob }
  | { readonly type: 'result'; readonly call: number; readonly value: unknown }
  | { readonly type: 'rejected'; readonly call: number; readonly error: KithError }
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'scrub' };

export interface Channel {
  readonly bits: number;
  readonly prefix: Uint8Array;
}
/** Why a relay gave no answer. */
export type RequestFailure = 'unreachable' | 'nonsense';
export type Answer = RelayResponse | RequestFailure;

export interface EngineParts {
  readonly store: Store;
  readonly crypto: Crypto;
  readonly randomness: Randomness;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Context {
  readonly store: Store;
  readonly crypto: Crypto;
  readonly randomness: Randomness;
  readonly clock: Clock;
  readonly logger: Logger;
  #effects: Effect[] = [];
  #changes = new Map<string, Change>();
  #next: number;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #agreed = new Map<number, (result: AgreementResult) => void>();

  /** `next`: the first number for requests and jobs; an answer to an earlier one finds nobody. */
  constructor(parts: EngineParts, next = 1) {
    this.#next = next;
    this.store = parts.store;
    this.crypto = parts.crypto;
    this.randomness = parts.randomness;
    this.clock = parts.clock;
    this.logger = parts.logger;
  }
  get next(): number {
    return this.#next;
  }
  now(): number {
    return this.clock.now();
  }
  emit(effect: Effect): void {
    this.#effects.push(effect);
  }
  /** Told once per input, however often it is noted. */
  changed(change: Change): void {
    const key = `${change.type} ${'conversation' in change ? change.conversation : ''}`;
    const earlier = this.#changes.get(key);
    this.#changes.set(
      key,
      change.type === 'events' && earlier?.type === 'events'
        ? { ...change, events: [...earlier.events, ...change.events] }
        : change,
    );
  }
  request(relay: string, request: RelayRequest, then: (answer: Answer) => void): void {
    const id = this.#next++;
    this.#answers.set(id, then);
    this.emit({ type: 'request', id, relay, request });
  }
  agree(job: AgreementJob, then: (result: AgreementResult) => void): void {
    const id = this.#next++;
    this.#agreed.set(id, then);
    this.emit({ type: 'agree', id, job });
  }
  answered(id: number, answer: Answer): void {
    const then = this.#answers.get(id);
    this.#answers.delete(id);
    then?.(answer);
  }
  agreed(id: number, result: AgreementResult): void {
    const then = this.#agreed.get(id);
    this.#agreed.delete(id);
    then?.(result);
  }
  /** Nothing asked of a relay or of the key agreement is still open. */
  isQuiet(): boolean {
    return this.#answers.size === 0 && this.#agreed.size === 0;
  }
  /** What was deleted is to leave no bytes in the files: done by the driver after the transaction. */
  scrub(): void {
    this.emit({ type: 'scrub' });
  }
  /** Takes what the input caused; to be carried out only after its transaction. */
  take(): readonly Effect[] {
    const effects = this.#effects;
    for (const change of this.#changes.values()) effects.push({ type: 'change', change });
    this.#effects = [];
    this.#changes = new Map();
    return effects;
  }
}
