// Whoever holds the link of an invitation and means ill: claims that are none, and very many that are.
import { Secret } from '@kith/core/crypto';
import { createInception } from '@kith/core/identity';
import {
  claimId,
  commitment,
  createInboxRecord,
  DEFAULT_RELAY_LIMITS,
  deriveInvitationKeys,
  encodeInboxRecord,
  openOffer,
  readLink,
  sealClaim,
  type Offer,
} from '@kith/core/mailbox';
import { RELAY_ERRORS } from '@kith/core/ports';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { expect, test } from 'vitest';
import { sealAnswered } from '../../src/client/claims.ts';
import { codeOf, world, type World } from './world.ts';

const UNIT = 4096;
const generous = (here: World): void => {
  const rate = { perMinute: 1e9, burst: 1e9 };
  const limits = { ...DEFAULT_RELAY_LIMITS, cells: rate, units: rate, requests: rate };
  here.network.relay(here.relays[0]?.origin ?? '', { limits });
};
interface Stranger {
  /** Who asks as the protocol says, as somebody new each time. */
  ask(): void;
  /** What does not open. */
  junk(units?: number): void;
  /** What opens and cannot be joined. */
  dud(): void;
}
const stranger = (here: World, link: string): Stranger => {
  const crypto = createNullCrypto();
  const randomness = here.random.fork('stranger');
  const invitation = readLink(link);
  const origin = here.relays[0]?.origin ?? '';
  if (invitation === undefined) throw new Error('no link');
  const keys = deriveInvitationKeys(crypto, invitation);
  const transport = here.network.transport({ allowed: [origin] });
  let offer: Offer | undefined;
  transport.send(origin, { type: 'offerGet', place: keys.place }, (answer) => {
    if (!(answer instanceof Error) && answer.type === 'offer')
      offer = openOffer(crypto, keys, invitation.keyHash, answer.sealed);
  });
  here.clock.runUntil(() => offer !== undefined, 10_000);
  const agreement = createNullAgreement(crypto, randomness);
  const put = (id: Uint8Array, sealed: Uint8Array): void =>
    transport.send(origin, { type: 'claimPut', place: keys.place, id, sealed }, () => undefined);
  return {
    ask: () => {
      const key = crypto.signingKey(new Secret(randomness.bytes(32)));
      const recoveryKey = randomness.bytes(32);
      const root = invitation.keyHash;
      const inception = createInception(crypto, { key, root, memberKind: 'human', recoveryKey, versions: [1] });
      const id = claimId(crypto, inception);
      const { keyPackage } = offer ?? { keyPackage: new Uint8Array(0) };
      const result = agreement.run({ type: 'answer', signer: key, identity: id, keyPackage });
      if (result instanceof Promise || result.type !== 'answered') throw new Error('no answer to the offer');
      const inbox = encodeInboxRecord(createInboxRecord(randomness, 1, [origin], 10, randomness.bytes(3)));
      const said = { commitment: commitment(crypto, randomness.bytes(32), inception), inception, inbox };
      const items = [{ type: 'claim', ...said }] as const;
      const claim = sealAnswered({ crypto, randomness }, keys, id, result, items, here.clock.now());
      if (claim !== undefined) put(id, claim.sealed);
    },
    junk: (units = 1) => put(randomness.bytes(16), randomness.bytes(units * UNIT)),
    dud: () => {
      const id = randomness.bytes(16);
      const claim = { welcome: randomness.bytes(64), leaf: randomness.bytes(64), box: randomness.bytes(200) };
      const sealed = sealClaim(crypto, randomness, keys, id, claim);
      if (sealed !== undefined) put(id, sealed);
    },
  };
};

test.each([
  ['nothing', 'after', (one: Stranger) => one.ask()],
  ['seven that do not open', 'after', (one: Stranger) => one.junk()],
  ['seven that do not open', 'before', (one: Stranger) => one.junk()],
  ['seven that cannot be joined', 'before', (one: Stranger) => one.dud()],
] as const)('who claims an invitation meant for somebody else, with %s %s it, is told of', (what, when, more) => {
  const here = world(8101);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  alice.start();
  bob.start();
  const { link } = alice.call('invite.create', {});
  const mallory = stranger(here, link);
  const fill = (): void => {
    for (let i = 0; i < 7 && what !== 'nothing'; i++) more(mallory);
  };
  if (when === 'before') fill();
  mallory.ask();
  if (when === 'after') fill();
  expect(here.clock.runUntil(() => alice.call('contact.list', {})[0]?.state === 'active', 60_000)).toBe(true);
  expect(codeOf(() => bob.call('invite.accept', { link }))).toBe('invite-used');
  // The relay keeps eight claims: the eighth of hers leaves no room for his.
  const isTold = (): boolean => alice.call('invite.list', {})[0]?.contested === true;
  expect(here.clock.runUntil(isTold, 2 * 3_600_000)).toBe(true);
  expect(alice.failures).toEqual([]);
});

/** Somebody at a relay that counts the bytes of claims that are fetched from it. */
const counting = (seed: number) => {
  let bytes = 0;
  const here = world(seed, 1, {
    answer: (_, request, answer) => {
      if (request.type === 'claimsGet' && answer.type === 'claims')
        for (const { sealed } of answer.claims) bytes += sealed.length;
      return answer;
    },
  });
  generous(here);
  const alice = here.device('alice');
  alice.start();
  return { here, alice, fetched: () => bytes };
};

test('class 30: claims that are none are fetched once, not all day', () => {
  const { here, alice, fetched } = counting(8102);
  const { link } = alice.call('invite.create', {});
  const mallory = stranger(here, link);
  for (let i = 0; i < 8; i++) mallory.junk(4);
  here.clock.advance(24 * 3_600_000);
  expect(fetched()).toBeGreaterThan(7 * 4 * UNIT);
  expect(fetched()).toBeLessThan(4 * 8 * 4 * UNIT);
  expect(alice.failures).toEqual([]);
});

test('class 29: of very many requests 256 wait here and 64 at the relay; who answers some gets the next', () => {
  const { here, alice, fetched } = counting(8103);
  const { link } = alice.call('invite.create', { reusable: true });
  const mallory = stranger(here, link);
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 50; i++) mallory.ask();
    here.clock.advance(2 * 60_000);
  }
  const open = alice.call('request.list', {});
  expect(open).toHaveLength(256);
  // What waits there is not read again and again.
  const before = fetched();
  here.clock.advance(12 * 3_600_000);
  expect(fetched() - before).toBeLessThan(14 * 64 * 2 * UNIT);
  for (const { request } of open.slice(0, 100)) alice.call('request.answer', { request, answer: 'decline' });
  expect(here.clock.runUntil(() => alice.call('request.list', {}).length === 156 + 64, 5 * 60_000)).toBe(true);
  alice.crash();
  alice.start();
  expect(alice.call('request.list', {})).toHaveLength(156 + 64);
  expect(alice.failures).toEqual([]);
});

test('class 29: whoever follows a link at which others have left no room asks ever less often, and is let in once there is room', () => {
  let puts = 0;
  let full = true;
  const here = world(8104, 1, {
    answer: (_, request, answer) => {
      if (request.type !== 'claimPut') return answer;
      puts++;
      return full ? { type: 'error', code: RELAY_ERRORS.indexOf('full'), retryAfter: 0 } : answer;
    },
  });
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  alice.start();
  bob.start();
  const { link } = alice.call('invite.create', { reusable: true });
  expect(codeOf(() => bob.call('invite.accept', { link }))).toBe('relay-full');
  here.relays[0]?.wipe();
  here.clock.advance(24 * 3_600_000);
  expect(puts).toBeGreaterThan(20);
  expect(puts).toBeLessThan(60);
  full = false;
  expect(here.clock.runUntil(() => alice.call('request.list', {}).length === 1, 2 * 3_600_000)).toBe(true);
});
