// The shapes of sessions (spec 05). A session is the channel between one own device and one device of another person in
// one conversation. Values are linear: a transition takes its session over, wipes what the step makes old, and the
// caller goes on with the returned one. After a failed transaction the caller loads the session again from its rows.
import type { Secret } from '../crypto/index.ts';

export const SLOT_BYTES = 80;
export const SLOT_COUNT = 8;
export const BODY_KEY_BYTES = 32;

/** Who made the two-member group: `answerer` answered a KeyPackage, `joiner` made it and entered by the Welcome. */
export type Role = 'answerer' | 'joiner';

export interface SendChain {
  readonly key: Secret;
  readonly headerKey: Secret;
  /** Of the next message. */
  readonly counter: number;
}
export interface ReceiveChain {
  readonly key: Secret;
  readonly headerKey: Secret;
  /** One above the highest counter opened or skipped. */
  readonly next: number;
}

export interface Generation {
  /** 8 bytes, equal on both sides. */
  readonly id: Uint8Array;
  readonly role: Role;
  /** Milliseconds, by this machine's clock. */
  readonly madeAt: number;
  /** Null once a newer generation sends in its place. */
  readonly send: SendChain | null;
  readonly receive: ReceiveChain;
  /** The peer is known to hold this generation: it made it, or a slot of it was opened. */
  readonly seenPeer: boolean;
  /** When the first slot was opened in it, null before. */
  readonly openedAt: number | null;
  /** Messages opened in it, as far as they tell when to renew. */
  readonly opened: number;
}

/** Skipped message keys of 64 neighbouring counters of one generation. */
export interface SkippedBlock {
  readonly generation: Uint8Array;
  /** Counter divided by 64. */
  readonly block: number;
  readonly keys: readonly { readonly counter: number; readonly key: Secret }[];
}

export interface Session {
  /** Oldest first, at most 4. */
  readonly generations: readonly Generation[];
  readonly skipped: ReadonlyMap<string, SkippedBlock>;
  /** First 8 bytes of the last 4,096 opened slots, in chunks of 64. */
  readonly seen: readonly Uint8Array[];
  /** Slots opened ever: the place in `seen` is this modulo 4,096. */
  readonly seenCount: number;
}

/** A row to store; `key` is to be led by the session's own key. Null deletes. */
export interface SessionWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  /** The value is a copy of keys, to be wiped once it is stored. */
  readonly holdsKeys: boolean;
}
export interface SessionStep {
  readonly session: Session;
  readonly writes: readonly SessionWrite[];
}

/** One receiving device's key to a cell's body. */
export interface SealedSlot extends SessionStep {
  /** 80 bytes. */
  readonly slot: Uint8Array;
}

export type Opened =
  /** The body key is the caller's to wipe. `generation` is the id it came in. */
  | (SessionStep & {
      readonly type: 'opened';
      readonly bodyKey: Secret;
      readonly counter: number;
      readonly generation: Uint8Array;
    })
  /** The same slot was opened before: drop the cell. */
  | { readonly type: 'duplicate' }
  /**
   * A used counter with new bytes: someone of the two came from an old copy. The caller asks for a new session
   * (`lost`).
   */
  | { readonly type: 'rewound' }
  /** No slot is for this session. If no session opens a recognised cell, the session is lost. */
  | { readonly type: 'none' };
