import type { Crypto } from '../crypto/index.ts';
import type { Clock, Logger, Randomness, Store, Transport } from '../ports/index.ts';
import type { PairKeyAgreement } from '../session/index.ts';
import type { Kith } from './rpc.ts';

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
  /** A counter kept outside the database and raised at every start: a copied or restored home shows by it. */
  readonly generation: { read(): number; write(value: number): void };
}

/** Opens the home in `parts.store` (making it at the first start) and runs the engine until `close`. */
export type StartKith = (parts: Parts) => Promise<Kith>;
