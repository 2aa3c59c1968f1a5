import {
  startKith,
  startLockable,
  toKithError,
  type Cost,
  type Kith,
  type Parts,
  type StartKith,
} from '@kith/core/client';
import type { Crypto, Secret } from '@kith/core/crypto';
import type { Clock, LogLevel, SqlStoreOptions } from '@kith/core/ports';
import { holdHome, type HeldHome } from './home.ts';
import { derivePassphraseKey } from './passphrase.ts';
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
type Given = Pick<Parts, 'crypto' | 'agreement' | 'transport'>;
type Composed = Given & Pick<Parts, 'randomness'>;
/** Tests may give parts of their own. */
export type NodeKithParts = Partial<Given> & {
  readonly startKith?: StartKith;
  /** Of the door: for waits and idleness. */
  readonly clock?: Clock;
  readonly passphraseCost?: Omit<Cost, 'salt'>;
};

const loadCrypto = async (): Promise<Crypto> => {
  const [{ createLibsodium }, { withNativeCrypto }] = await Promise.all([
    import('@kith/core/crypto/libsodium'),
    import('./native-crypto.ts'),
  ]);
  return withNativeCrypto(await createLibsodium());
};

/** Loaded only once the home is known to be free: who finds it busy needs none of it. */
const compose = async (given: Partial<Given>): Promise<Composed> => {
  const [crypto, randomness, agreement, transport] = await Promise.all([
    given.crypto ?? loadCrypto(),
    import('./native-crypto.ts').then(({ withNativeRandomness }) => withNativeRandomness(systemRandomness)),
    given.agreement ??
      import('@kith/core/session/mls').then(({ createMlsAgreement }) => createMlsAgreement(systemRandomness)),
    given.transport ?? import('./transport.ts').then(({ createNodeTransport }) => createNodeTransport()),
  ]);
  return { crypto, randomness, agreement, transport };
};

/** Opens the database of a held home and runs the engine on it. */
const startOn = async (home: HeldHome, key: Secret, options: NodeKithOptions, given: NodeKithParts): Promise<Kith> => {
  const store = home.openStore(key, options);
  try {
    const composed = await compose(given);
    try {
      const kith = await (given.startKith ?? startKith)({
        ...composed,
        store,
        generation: home.generation,
        clock: systemClock,
        logger: stderrLogger(options.logLevel),
        relays: options.relays,
        relaysForRun: options.relaysForRun,
        online: options.online ?? true,
      });
      return {
        call: (method, params) => kith.call(method, params),
        onChange: (listener) => kith.onChange(listener),
        close: () => kith.close().finally(() => store.close()),
      };
    } catch (error) {
      composed.transport.close();
      throw error;
    }
  } catch (error) {
    store.close();
    throw error;
  }
};

/**
 * The engine on a home, in this process; a home with a passphrase starts locked. Rejects with a KithError: `home-busy` (at
 * once), `damaged-home`, `newer-home`, `disk-full`, `disk-failed`. `close` lets the home go, even when the engine fails to
 * close.
 */
export const openNodeKith = async (options: NodeKithOptions, parts: NodeKithParts = {}): Promise<Kith> => {
  try {
    const home = holdHome(options.home);
    try {
      const kith = await startLockable({
        place: home.place,
        clock: parts.clock ?? systemClock,
        randomness: systemRandomness,
        crypto: async () => parts.crypto ?? (await import('@kith/core/crypto/libsodium')).createLibsodium(),
        derive: derivePassphraseKey,
        open: (key) => startOn(home, key, options, parts),
        ...(parts.passphraseCost === undefined ? {} : { cost: parts.passphraseCost }),
      });
      return {
        call: (method, params) => kith.call(method, params),
        onChange: (listener) => kith.onChange(listener),
        close: () => kith.close().finally(() => home.release()),
      };
    } catch (error) {
      home.release();
      throw error;
    }
  } catch (error) {
    throw toKithError(error);
  }
};
