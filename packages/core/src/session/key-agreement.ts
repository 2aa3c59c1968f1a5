// The port behind which two devices agree on fresh secrets. The engine emits a job and takes its result as an input, so
// that nothing in here waits; the null form answers inline. Packets are opaque: MLS today (spec 05), anything later.
import type { Secret, SigningKey } from '../crypto/index.ts';

/** Bytes of exporter secret that a generation is made from. */
export const EXPORTER_BYTES = 64;

export type AgreementJob =
  /** Make a KeyPackage whose leaf is signed by this key. */
  | { readonly type: 'prepare'; readonly signer: SigningKey; readonly identity: Uint8Array }
  /** Make a two-member group with the maker of this KeyPackage. `signer` is one's own leaf key. */
  | {
      readonly type: 'answer';
      readonly signer: SigningKey;
      readonly identity: Uint8Array;
      readonly keyPackage: Uint8Array;
    }
  /** Enter the group of a Welcome made for one's own KeyPackage. `leaf` is the answerer's leaf node. */
  | {
      readonly type: 'join';
      readonly keyPackage: Uint8Array;
      readonly initSecret: Secret;
      readonly signer: SigningKey;
      readonly welcome: Uint8Array;
      readonly leaf: Uint8Array;
    };

export type AgreementResult =
  | { readonly type: 'prepared'; readonly keyPackage: Uint8Array; readonly initSecret: Secret }
  /**
   * `peerKey`, `peerIdentity`: of the other leaf, whose signature was checked. The caller checks that they belong to
   * whom it means.
   */
  | {
      readonly type: 'answered';
      readonly welcome: Uint8Array;
      readonly leaf: Uint8Array;
      readonly exporter: Secret;
      readonly peerKey: Uint8Array;
      readonly peerIdentity: Uint8Array;
    }
  | {
      readonly type: 'joined';
      readonly exporter: Secret;
      readonly peerKey: Uint8Array;
      readonly peerIdentity: Uint8Array;
    }
  /** Malformed, of another suite, a bad signature: never an exception. */
  | { readonly type: 'refused'; readonly reason: string };

export interface PairKeyAgreement {
  readonly name: string;
  run(job: AgreementJob): AgreementResult | Promise<AgreementResult>;
}
