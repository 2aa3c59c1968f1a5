// Who posts a hello when, who answers, what is remembered (spec 05, "Hello and Welcome"). Pure rules: the engine feeds
// inputs one at a time and carries out the effects. A broken session is replaced without the person noticing.
import { compareBytes, concat, equalBytes, utf8 } from '../bytes/index.ts';
import type { Crypto, Secret } from '../crypto/index.ts';
import { createGeneration } from './generation.ts';
import {
  HELLO_INTERVAL_MS,
  HELLO_LIFE_MS,
  type HelloEffect,
  type HelloInput,
  type HelloJob,
  type HelloParties,
  type HelloState,
  type HelloStep,
} from './hello-types.ts';
import type { AgreementResult } from './key-agreement.ts';

const HELLO_ID_BYTES = 16;
const DAY_MS = 24 * 3_600_000;
/** A hello that comes again after this was not reached by its Welcome: it is answered again. */
const ANSWER_AGAIN_MS = 10 * 60_000;
const MAX_USED = 256;
/** An honest device says hello once an hour; a restored or copied one now and then once more. */
const MAX_ANSWERED_AN_HOUR = 32;
const NONE: readonly HelloEffect[] = [];

export const emptyHelloState = (): HelloState => ({ own: null, used: [], wanted: null, postedAt: null, attempts: 0 });

/** 16 bytes: names a hello in its Welcome. */
export const helloId = (crypto: Crypto, keyPackage: Uint8Array): Uint8Array =>
  crypto.hash(HELLO_ID_BYTES, concat(utf8('kith hello\0'), keyPackage));
const welcomeId = (crypto: Crypto, welcome: Uint8Array): Uint8Array =>
  crypto.hash(HELLO_ID_BYTES, concat(utf8('kith welcome\0'), welcome));

export const stepHello = (
  before: HelloState,
  crypto: Crypto,
  parties: HelloParties,
  input: HelloInput,
  clock: number,
): HelloStep => {
  // Stored as a whole number, and a clock before 1970 tells nothing.
  const now = Math.max(0, Math.floor(clock));
  const state = forget(before, now);
  switch (input.type) {
    case 'want':
      return post({ ...state, wanted: state.wanted ?? input.reason }, parties, now);
    case 'tick':
      return state.wanted === null ? { state, effects: NONE } : post(state, parties, now);
    case 'heard':
      return { state: state.wanted === null ? state : { ...state, wanted: null, attempts: 0 }, effects: NONE };
    case 'hello':
      return hear(state, crypto, parties, input.keyPackage, input.heardAt, now);
    case 'welcome': {
      const id = welcomeId(crypto, input.welcome);
      if (state.own === null || !equalBytes(state.own.id, input.hello) || usedAt(state, id) !== undefined) {
        return { state, effects: NONE };
      }
      const { keyPackage, initSecret } = state.own;
      const { welcome, leaf } = input;
      const job = {
        type: 'join',
        keyPackage,
        initSecret: initSecret.copy(),
        signer: parties.signer,
        welcome,
        leaf,
      } as const;
      return { state, effects: [{ type: 'agree', job: { id, job } }] };
    }
    case 'agreed':
      if (input.job.job.type === 'join') input.job.job.initSecret.wipe();
      return agreed(state, crypto, parties, input.job, input.result, now);
  }
};

/** Posts the hello there is, or asks for a new one; never more often than the interval, which grows up to a day. */
const post = (state: HelloState, parties: HelloParties, now: number): HelloStep => {
  const wait = Math.min(DAY_MS, HELLO_INTERVAL_MS * 2 ** Math.max(0, Math.min(5, state.attempts - 1)));
  if (state.postedAt !== null && now >= state.postedAt && now - state.postedAt < wait) {
    return { state, effects: [{ type: 'wake', at: state.postedAt + wait }] };
  }
  if (state.own === null) {
    const job: HelloJob = {
      id: new Uint8Array(0),
      job: { type: 'prepare', signer: parties.signer, identity: parties.ownIdentity },
    };
    return { state, effects: [{ type: 'agree', job }] };
  }
  return posted(state, state.own.keyPackage, now);
};
const posted = (state: HelloState, keyPackage: Uint8Array, now: number): HelloStep => ({
  state: { ...state, postedAt: now, attempts: state.attempts + 1 },
  effects: [
    { type: 'postHello', keyPackage, attempt: state.attempts },
    { type: 'wake', at: now + HELLO_INTERVAL_MS },
  ],
});

/**
 * Answers, unless it was answered just now, or it crosses one's own: then the hello of the smaller device key stands.
 * One's own stands for an hour only, as it may be lost.
 */
const hear = (
  state: HelloState,
  crypto: Crypto,
  parties: HelloParties,
  keyPackage: Uint8Array,
  heardAt: number | null,
  now: number,
): HelloStep => {
  const id = helloId(crypto, keyPackage);
  const answeredAt = usedAt(state, id);
  if (answeredAt !== undefined) {
    // They write in what it brought or in something newer: most likely a copy that lay somewhere, or was kept.
    const again = heardAt !== null && heardAt >= answeredAt ? HELLO_INTERVAL_MS : ANSWER_AGAIN_MS;
    if (Math.abs(now - answeredAt) < again) return { state, effects: NONE };
  }
  const lately = state.used.filter(({ at }) => Math.abs(now - at) < HELLO_INTERVAL_MS).length;
  if (answeredAt === undefined && lately >= MAX_ANSWERED_AN_HOUR) return { state, effects: NONE };
  const ownIsFresh =
    state.own !== null && state.postedAt !== null && Math.abs(now - state.postedAt) < HELLO_INTERVAL_MS;
  if (ownIsFresh && compareBytes(parties.signer.publicKey, parties.peerKey) < 0) return { state, effects: NONE };
  const job = { type: 'answer', signer: parties.signer, identity: parties.ownIdentity, keyPackage } as const;
  return { state, effects: [{ type: 'agree', job: { id, job } }] };
};

const agreed = (
  state: HelloState,
  crypto: Crypto,
  parties: HelloParties,
  { id }: HelloJob,
  result: AgreementResult,
  now: number,
): HelloStep => {
  const done = result.type === 'prepared' ? state : { ...state, used: use(state, id, now) };
  switch (result.type) {
    case 'prepared':
      if (state.own !== null) {
        // Asked for twice before the first was there.
        result.initSecret.wipe();
        return { state, effects: NONE };
      }
      return posted(
        {
          ...state,
          own: {
            id: helloId(crypto, result.keyPackage),
            keyPackage: result.keyPackage,
            initSecret: result.initSecret,
            madeAt: now,
          },
        },
        result.keyPackage,
        now,
      );
    case 'answered': {
      if (!isPeer(parties, result)) return refuse(done, result.exporter);
      const generation = createGeneration(crypto, result.exporter, 'answerer', now);
      const { welcome, leaf } = result;
      return {
        state: done,
        effects: [
          { type: 'generation', generation },
          { type: 'postWelcome', hello: id, welcome, leaf },
        ],
      };
    }
    case 'joined': {
      if (!isPeer(parties, result)) return refuse(done, result.exporter);
      state.own?.initSecret.wipe();
      const generation = createGeneration(crypto, result.exporter, 'joiner', now);
      return {
        state: { ...done, own: null, wanted: null, attempts: 0 },
        effects: [{ type: 'generation', generation }],
      };
    }
    case 'refused':
      return { state: done, effects: NONE };
  }
};
const isPeer = (
  parties: HelloParties,
  { peerKey, peerIdentity }: { peerKey: Uint8Array; peerIdentity: Uint8Array },
): boolean => equalBytes(peerKey, parties.peerKey) && equalBytes(peerIdentity, parties.peerIdentity);
const refuse = (state: HelloState, exporter: Secret): HelloStep => {
  exporter.wipe();
  return { state, effects: NONE };
};

const usedAt = (state: HelloState, id: Uint8Array): number | undefined =>
  state.used.find((entry) => equalBytes(entry.id, id))?.at;
const use = (state: HelloState, id: Uint8Array, at: number): HelloState['used'] =>
  [...state.used.filter((entry) => !equalBytes(entry.id, id)), { id, at }].slice(-MAX_USED);

/** What is 48 hours old goes, and what a wrong clock has put as far into the future. */
const forget = (state: HelloState, now: number): HelloState => {
  const isOld = (at: number): boolean => Math.abs(now - at) >= HELLO_LIFE_MS;
  const used = state.used.some(({ at }) => isOld(at)) ? state.used.filter(({ at }) => !isOld(at)) : state.used;
  if (state.own === null || !isOld(state.own.madeAt)) return used === state.used ? state : { ...state, used };
  state.own.initSecret.wipe();
  return { ...state, used, own: null };
};

export const wipeHelloState = (state: HelloState): void => state.own?.initSecret.wipe();
