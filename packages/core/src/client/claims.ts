// What an invitation, a device link and an invitation to come back have in common: a claim is sealed by who follows, joined and
// opened by who offered. And requests that are counted until they are answered, so that a sync knows when all is done.
import { Secret, type Crypto } from '../crypto/index.ts';
import { sealClaim, type Claim, type InvitationKeys } from '../mailbox/index.ts';
import {
  addGeneration,
  createGeneration,
  emptySession,
  openBox,
  sealBox,
  wipeSession,
  type AgreementJob,
  type AgreementResult,
} from '../session/index.ts';
import { decodePacket, encodePacket, type Item } from '../sync/index.ts';
import type { Answer, Context } from './context.ts';

export class Asking {
  readonly #context: Context;
  #open = 0;
  constructor(context: Context) {
    this.#context = context;
  }
  isIdle(): boolean {
    return this.#open === 0;
  }
  /** Whatever ends by calling `done`. */
  until(work: (done: () => void) => void): void {
    this.#open++;
    work(() => this.#open--);
  }
  request(relay: string, request: Parameters<Context['request']>[1], then: (answer: Answer) => void): void {
    this.until((done) =>
      this.#context.request(relay, request, (answer) => {
        done();
        then(answer);
      }),
    );
  }
  agree(job: AgreementJob, then: (result: AgreementResult) => void): void {
    this.until((done) =>
      this.#context.agree(job, (result) => {
        done();
        then(result);
      }),
    );
  }
}

/** What of an offer its maker keeps: the KeyPackage with its private half, and the seed of the invitation key. */
interface Offered {
  readonly keyPackage: Uint8Array;
  readonly initSecret: Uint8Array;
  readonly seed: Uint8Array;
}
export const joinJob = (crypto: Crypto, { keyPackage, initSecret, seed }: Offered, claim: Claim): AgreementJob => ({
  type: 'join',
  keyPackage,
  initSecret: new Secret(initSecret.slice()),
  signer: crypto.signingKey(new Secret(seed.slice())),
  welcome: claim.welcome,
  leaf: claim.leaf,
});
/** What a joined claim says; empty when its box does not open. `kept`: the exporter, for the session that may begin with it. */
export const openJoined = (
  { crypto }: Pick<Context, 'crypto'>,
  claim: Claim,
  id: Uint8Array,
  exporter: Secret,
  now: number,
): { readonly items: readonly Item[]; readonly kept: Uint8Array } => {
  const kept = exporter.expose().slice();
  const { session } = addGeneration(emptySession(), createGeneration(crypto, exporter, 'joiner', now), now);
  const opened = openBox(session, crypto, claim.box, id, now);
  const packet = opened.type === 'opened' && opened.packet !== undefined ? decodePacket(opened.packet) : undefined;
  wipeSession(opened.type === 'opened' ? opened.session : session);
  return { items: packet ?? [], kept };
};
/** The claim of who follows, and the session that it begins. Undefined when the items do not fit. */
export const sealAnswered = (
  { crypto, randomness }: Pick<Context, 'crypto' | 'randomness'>,
  keys: InvitationKeys,
  id: Uint8Array,
  { welcome, leaf, exporter }: Pick<Extract<AgreementResult, { type: 'answered' }>, 'welcome' | 'leaf' | 'exporter'>,
  items: readonly Item[],
  now: number,
): { readonly sealed: Uint8Array; readonly generation: ReturnType<typeof createGeneration> } | undefined => {
  const { session } = addGeneration(emptySession(), createGeneration(crypto, exporter, 'answerer', now), now);
  const box = sealBox(session, crypto, randomness, encodePacket(items), id);
  const generation = box?.session.generations[0];
  if (box === undefined || generation === undefined) return undefined;
  const sealed = sealClaim(crypto, randomness, keys, id, { welcome, leaf, box: box.box });
  return sealed === undefined ? undefined : { sealed, generation };
};
