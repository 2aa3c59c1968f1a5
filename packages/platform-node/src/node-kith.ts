import { startKith, toKithError, type Kith, type Parts, type StartKith } from '@kith/core/client';
import type { LogLevel, SqlStoreOptions } from '@kith/core/ports';
import { openHome, type Home } from './home.ts';
import { stderrLogger, systemClock, systemRandomness } from './system.ts';

export interface NodeKithOptions extends SqlStoreOptions {
  /** The folder of the home. */
  readonly home: string;
  /** For a home that has no relay yet. */
  readonly relays: readonly string[];
  /** Instead of the home's own, for this run. */
  readonly relaysForRun?: readonly string[];
  /** False: no connection unless a call needs one. Default true. */
  readonly online?: boolean;
  readonly logLevel?: LogLevel;
}
type Composed = Pick<Parts, 'crypto' | 'agreement' | 'transport'>;
/** Tests may give parts of their own. */
export type NodeKithParts = Partial<Composed> & { readonly startKith?: StartKith };

/** Loaded only once the home is known to be free: who finds it busy needs none of it. */
const compose = async (given: Partial<Composed>): Promise<Composed> => {
  const [crypto, agreement, transport] = await Promise.all([
    given.crypto ?? import('@kith/core/crypto/libsodium').then(({ createLibsodium }) => createLibsodium()),
    given.agreement ??
      import('@kith/core/session/mls').then(({ createMlsAgreement }) => createMlsAgreement(systemRandomness)),
    given.transport ?? import('./transport.ts').then(({ createNodeTransport }) => createNodeTransport()),
  ]);
  return { crypto, agreement, transport };
};

const startOn = async (home: Home, options: NodeKithOptions, given: NodeKithParts): Promise<Kith> => {
  const composed = await compose(given);
  try {
    return await (given.startKith ?? startKith)({
      ...composed,
      store: home.store,
      generation: home.generation,
      clock: systemClock,
      randomness: systemRandomness,
      logger: stderrLogger(options.logLevel),
      relays: options.relays,
      relaysForRun: options.relaysForRun,
      online: options.online ?? true,
    });
  } catch (error) {
    composed.transport.close();
    throw error;
  }
};

/**
 * The engine on a home, in this process. Rejects with a KithError: `home-busy` (at once), `damaged-home`, `newer-home`,
 * `disk-full`, `disk-failed`. `close` lets the home go, even when the engine fails to close.
 */
export const openNodeKith = async (options: NodeKithOptions, parts: NodeKithParts = {}): Promise<Kith> => {
  try {
    const home = openHome(options.home, options);
    try {
      const kith = await startOn(home, options, parts);
      return {
        call: (method, params) => kith.call(method, params),
        onChange: (listener) => kith.onChange(listener),
        close: () => kith.close().finally(() => home.close()),
      };
    } catch (error) {
      home.close();
      throw error;
    }
  } catch (error) {
    throw toKithError(error);
  }
};
