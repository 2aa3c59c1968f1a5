import { KithError, type Change, type Kith, type Method, type Methods } from '@kith/core/client';
import { ConnectionLost } from '../jsonrpc/remote.ts';
import { isRepeatable } from '../jsonrpc/methods.ts';
import { obtainHome, type Held, type Wish } from './obtain.ts';

/**
 * An engine that outlives its owner: when the process that served it ends, this one takes the home over (or finds the
 * next owner) and asks again what may be asked twice.
 */
export class Steady implements Kith {
  readonly #wish: Wish;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #onRole: (owner: boolean) => void;
  #held: Promise<Held>;
  #closed = false;

  private constructor(wish: Wish, held: Held, onRole: (owner: boolean) => void) {
    this.#wish = wish;
    this.#onRole = onRole;
    this.#held = Promise.resolve(held);
    this.#settle(held);
  }

  /** `onRole` is told at first, and after every take-over, whether this process owns the home. */
  static async open(wish: Wish, onRole: (owner: boolean) => void = () => undefined): Promise<Steady> {
    return new Steady(wish, await obtainHome(wish), onRole);
  }

  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    for (;;) {
      const held = await this.#held;
      try {
        return await held.kith.call(method, params);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (this.#closed || !(error.undone || isRepeatable(method))) {
          throw new KithError('home-busy', {
            message:
              'The program that held this home ended before it answered, so it is not known whether this was done.',
            hint: 'Look with `kith log`, then try again.',
          });
        }
        // When the connection has ended, #settle has put the next owner into #held.
        await held.lost;
      }
    }
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1)
      void this.#held.then(
        (held) => this.#listen(held),
        () => undefined,
      );
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#held).close();
  }

  #settle(held: Held): void {
    this.#onRole(held.owner);
    void held.lost.then(() => {
      if (this.#closed) return;
      this.#held = this.#replace();
      // Whoever calls next gets the rejection; nobody may be calling now.
      this.#held.catch(() => undefined);
    });
  }

  async #replace(): Promise<Held> {
    const held = await obtainHome(this.#wish);
    this.#settle(held);
    if (this.#listeners.size > 0) {
      this.#listen(held);
      // What happened between the two owners was told to nobody: listeners look again.
      this.#tell({ type: 'events', events: [], cursor: null });
    }
    return held;
  }

  #listen(held: Held): void {
    held.kith.onChange((change) => this.#tell(change));
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}
