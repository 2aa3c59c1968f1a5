// The rules by which two devices come to a fresh session (spec 05, "Hello and Welcome"): inputs, effects, limits.
import type { Secret, SigningKey } from '../crypto/index.ts';
import type { AgreementJob, AgreementResult } from './key-agreement.ts';
import type { Generation } from './types.ts';

export const HELLO_LIFE_MS = 48 * 3_600_000;
/** At most one hello in this time, whatever the reason. */
export const HELLO_INTERVAL_MS = 3_600_000;

/** One's own hello that waits for Welcomes. */
export interface OwnHello {
  /** 16 bytes: hash of the KeyPackage. */
  readonly id: Uint8Array;
  readonly keyPackage: Uint8Array;
  readonly initSecret: Secret;
  /** Milliseconds: when it was made, and when it was posted last. */
  readonly madeAt: number;
  readonly postedAt: number;
  /** A Welcome was joined with it. It stays joinable for others until it is 48 h old. */
  readonly answered: boolean;
}
/** A hello answered or a Welcome used, remembered 48 h so that replays change nothing. */
export interface UsedPacket {
  /** 16 bytes: hash of the hello's KeyPackage or of the Welcome. */
  readonly id: Uint8Array;
  readonly at: number;
}
/** Of one own device towards one device of another person. */
export interface HelloState {
  readonly own: OwnHello | null;
  readonly used: readonly UsedPacket[];
  /** When the last hello was made; null: never. */
  readonly lastHelloAt: number | null;
  /** A hello that is wanted but may not be posted before the interval is over. */
  readonly due: 'first' | 'lost' | 'renew' | null;
}

/** Who speaks: the keys decide whose crossing hello stands. Device keys are the 32 bytes of the charter. */
export interface HelloParties {
  readonly ownKey: Uint8Array;
  readonly peerKey: Uint8Array;
  readonly signer: SigningKey;
  /** Identities in the MLS leaves (spec 05): conversation and feed. */
  readonly ownIdentity: Uint8Array;
  readonly peerIdentity: Uint8Array;
}

export type HelloInput =
  /** A session is needed, is lost, or is due for renewal. */
  | { readonly type: 'want'; readonly reason: 'first' | 'lost' | 'renew' }
  /** A hello of the peer was read. */
  | { readonly type: 'hello'; readonly keyPackage: Uint8Array }
  /** A Welcome of the peer was read. `hello`: id of the hello it answers. */
  | { readonly type: 'welcome'; readonly hello: Uint8Array; readonly welcome: Uint8Array; readonly leaf: Uint8Array }
  /** What the agreement made of the job with this id. */
  | { readonly type: 'agreed'; readonly job: HelloJob; readonly result: AgreementResult }
  /** Time went by: what is due, what is too old. */
  | { readonly type: 'tick' };

/** A job for PairKeyAgreement. It is not stored: one that a crash loses is asked for again by the peer or by `want`. */
export interface HelloJob {
  /** 16 bytes: of the hello or Welcome it is about; empty for a new hello. */
  readonly id: Uint8Array;
  readonly job: AgreementJob;
}
export type HelloEffect =
  | { readonly type: 'agree'; readonly job: HelloJob }
  /** Post this hello to the peer's person (again: the same KeyPackage, sealed anew). */
  | { readonly type: 'postHello'; readonly keyPackage: Uint8Array }
  | { readonly type: 'postWelcome'; readonly hello: Uint8Array; readonly welcome: Uint8Array; readonly leaf: Uint8Array }
  /** Put it into the session by `addGeneration`. */
  | { readonly type: 'generation'; readonly generation: Generation }
  /** Tick again at this time (milliseconds). */
  | { readonly type: 'wake'; readonly at: number };

export interface HelloStep {
  readonly state: HelloState;
  readonly effects: readonly HelloEffect[];
}
