import { toKithError, type Kith, type Parts, type StartKith } from '@kith/core/client';
import type { LogLevel, SqlStoreOptions } from '@kith/core/ports';
import { openHome } from './home.ts';
import { stderrLogger, systemClock, systemRandomness } from './system.ts';

export interface NodeKithOptions extends SqlStoreOptions {
  /** The folder of the home. */
  readonly home: string;
  /** For a home that has no relay yet. */
  readonly relays: readonly string[];
  readonly logLevel?: LogLevel;
}
/** What the engine needs beside what this package makes. */
export type NodeKithParts = Pick<Parts, 'crypto' | 'agreement' | 'transport'> & { readonly startKith: StartKith };

/**
 * The engine on a home, in this process. Rejects with a KithError: `home-busy`, `damaged-home`, `newer-home`, `disk-full`,
 * `disk-failed`. `close` lets the home go, even when the engine fails to close.
 */
export const openNodeKith = async (options: NodeKithOptions, parts: NodeKithParts): Promise<Kith> => {
  const { startKith, ...given } = parts;
  try {
    const home = openHome(options.home, options);
    try {
      const kith = await startKith({
        ...given,
        store: home.store,
        generation: home.generation,
        clock: systemClock,
        randomness: systemRandomness,
        logger: stderrLogger(options.logLevel),
        relays: options.relays,
      });
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
    parts.transport.close();
    throw toKithError(error);
  }
};
