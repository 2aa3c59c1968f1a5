// Parameters of calls, read with care: a call may come from a socket or a program. What does not fit is `bad-option`.
import { conversationFromName, eventPrefixFromName, type ConversationId } from '../identity/index.ts';
import type { ShownEvent } from '../log/index.ts';
import { KithError } from './errors.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import type { Imports } from './imports.ts';

export class Params {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #home: Home;
  readonly #imports: Imports;
  constructor(values: unknown, home: Home, imports: Imports) {
    if (values !== undefined && (typeof values !== 'object' || values === null)) throw new KithError('bad-option');
    this.#values = { ...values };
    this.#home = home;
    this.#imports = imports;
  }
  #get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }
  has(name: string): boolean {
    return this.#get(name) !== undefined && this.#get(name) !== null;
  }
  isNull(name: string): boolean {
    return this.#get(name) === null;
  }
  text(name: string): string {
    const value = this.#get(name);
    if (typeof value !== 'string') throw new KithError('bad-option', { message: `"${name}" has to be a text.` });
    return value;
  }
  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }
  flag(name: string): boolean {
    const value = this.#get(name) ?? false;
    if (typeof value !== 'boolean') throw new KithError('bad-option', { message: `"${name}" is yes or no.` });
    return value;
  }
  /** A whole number from 0. */
  count(name: string, fallback: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#get(name) ?? fallback;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new KithError('bad-option', { message: `"${name}" has to be a whole number.` });
    }
    return Math.min(value, max);
  }
  bytes(name: string, length?: number): Uint8Array {
    const value = this.#get(name);
    if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length))
      throw new KithError('bad-option', { message: `"${name}" has to be bytes.` });
    return value;
  }
  choice<T extends string>(name: string, allowed: readonly T[]): T {
    const value = allowed.find((one) => one === this.#get(name));
    if (value === undefined)
      throw new KithError('bad-option', { message: `"${name}" is one of ${allowed.join(', ')}.` });
    return value;
  }
  pair(name = 'conversation'): Pair {
    const id = conversationFromName(this.text(name));
    const pair = id === undefined ? undefined : this.#home.pair(id);
    if (pair !== undefined) return pair;
    throw new KithError(this.imported(name) === undefined ? 'unknown-conversation' : 'read-only');
  }
  /** Undefined when it names no conversation that was read from a file. */
  imported(name = 'conversation'): ConversationId | undefined {
    if (!this.has(name)) return undefined;
    const id = conversationFromName(this.text(name));
    // Most often asked of a conversation that is at hand.
    return id !== undefined && this.#home.pair(id) === undefined && this.#imports.has(id) ? id : undefined;
  }
  event(pair: Pair, name = 'event'): ShownEvent {
    const prefix = eventPrefixFromName(this.text(name));
    const event = prefix === undefined ? undefined : pair.log.findPrefix(prefix);
    if (event === undefined) throw new KithError('unknown-event');
    return event;
  }
}
