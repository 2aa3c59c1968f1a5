// The shapes of the rules by which two devices come to a fresh session (spec 05, "Hello and Welcome").
import type { Secret, SigningKey } from '../crypto/index.ts';
import type { AgreementJob, AgreementResult } from './key-agreement.ts';
import type { Generation } from './types.ts';

/** After this a hello's init secret is wiped, and what was used may be forgotten. */
export const HELLO_LIFE_MS = 48 * 3_600_000;
/** At most one hello in this time, whatever the reason. */
export const HELLO_INTERVAL_MS = 3_600_000;

/** One's own hello that waits for its Welcome. */
export interface OwnHello {
  /** 16 bytes: hash of the KeyPackage. */
  readonly id: Uint8Array;
  readonly keyPackage: Uint8Array;
  /** Wiped when a Welcome was joined with it, or after 48 hours. */
  readonly initSecret: Secret;
  /** Milliseconds. */
  readonly madeAt: number;
}
/** A hello answered or a Welcome used, remembered 48 h so that replays change nothing. */
export interface UsedPacket {
  /** 16 bytes: hash of the hello's KeyPackage or of the Welcome. */
  readonly id: Uint8Array;
  readonly at: number;
}
export type HelloReason = 'first' | 'lost' | 'renew';
/** Of one own device towards one device of another person. */
export interface HelloState {
  readonly own: OwnHello | null;
  readonly used: readonly UsedPacket[];
  /** Why a session is wanted; null once there is one. */
  readonly wanted: HelloReason | null;
  /** When a hello was posted last (null: never), and how often since one was answered. */
  readonly postedAt: number | null;
  readonly attempts: number;
}

/** Who speaks: the keys decide whose crossing hello stands. Device keys are the 32 bytes of the charter. */
export interface HelloParties {
  readonly peerKey: Uint8Array;
  /** Of the own device key. */
  readonly signer: SigningKey;
  /** Identities in the MLS leaves (spec 05): conversation and feed. */
  readonly ownIdentity: Uint8Array;
  readonly peerIdentity: Uint8Array;
}

export type HelloInput =
  /** A session is needed, is lost, or is due for renewal. */
  | { readonly type: 'want'; readonly reason: HelloReason }
  /** A hello of the peer was read. `heardAt`: when the newest generation was made in which they were heard; null: in none. */
  | { readonly type: 'hello'; readonly keyPackage: Uint8Array; readonly heardAt: number | null }
  /** A Welcome of the peer was read. `hello`: id of the hello it answers. */
  | { readonly type: 'welcome'; readonly hello: Uint8Array; readonly welcome: Uint8Array; readonly leaf: Uint8Array }
  /** What the agreement made of a job. */
  | { readonly type: 'agreed'; readonly job: HelloJob; readonly result: AgreementResult }
  /** The peer was heard in the newest generation: nothing is wanted any more. */
  | { readonly type: 'heard' }
  /** Time went by: what is due, what is too old. */
  | { readonly type: 'tick' };

/**
 * A job for PairKeyAgreement. It is not stored: one that a crash loses is asked for again by the peer, or by `wanted`
 * and the next tick. `id`: of the hello or Welcome it is about, 16 bytes; empty for a new hello.
 */
export interface HelloJob {
  readonly id: Uint8Array;
  readonly job: AgreementJob;
}
export type HelloEffect =
  | { readonly type: 'agree'; readonly job: HelloJob }
  /**
   * Post this hello to the peer's person. `attempt` 0 is the first time; later ones carry the same KeyPackage, sealed
   * anew.
   */
  | { readonly type: 'postHello'; readonly keyPackage: Uint8Array; readonly attempt: number }
  | {
      readonly type: 'postWelcome';
      readonly hello: Uint8Array;
      readonly welcome: Uint8Array;
      readonly leaf: Uint8Array;
    }
  /**
   * Put it into the session by `addGeneration`. After joining (`seenPeer`) send something at once: only then does the
   * peer send in it.
   */
  | { readonly type: 'generation'; readonly generation: Generation }
  /** Tick again at this time (milliseconds). */
  | { readonly type: 'wake'; readonly at: number };

/** The state is to be stored whenever it is not the very one that went in, before the effects leave. */
export interface HelloStep {
  readonly state: HelloState;
  readonly effects: readonly HelloEffect[];
}
