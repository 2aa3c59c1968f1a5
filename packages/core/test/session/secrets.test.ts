import { expect, test, vi } from 'vitest';
import {
  addGeneration,
  createGeneration,
  decodeHelloState,
  emptyHelloState,
  emptySession,
  encodeHelloState,
  openBox,
  openSlots,
  sealBox,
  sealSlot,
  stepHello,
  wipeHelloState,
  wipeSession,
  type HelloInput,
  type HelloState,
  type PairKeyAgreement,
  type Session,
} from '@kith/core/session';
import { createInboxRecord, openHelloCell, openInbox, sealHelloCell, wipeInbox } from '@kith/core/mailbox';
import { Secret, type Crypto } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { createMlsAgreement } from '@kith/core/session/mls';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const { made } = vi.hoisted(() => ({ made: [] as { readonly length: number; readonly bytes: Uint8Array }[] }));
// Every Secret that is made anywhere in core goes through here.
vi.mock('../../src/crypto/secret.ts', async (original) => {
  const module = await original<typeof import('../../src/crypto/secret.ts')>();
  class Spied extends module.Secret {
    readonly bytes: Uint8Array;
    constructor(bytes: Uint8Array) {
      super(bytes);
      this.bytes = bytes;
      made.push(this);
    }
    override copy(): Spied {
      return new Spied(this.expose().slice());
    }
  }
  return { Secret: Spied };
});

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const tag = new Uint8Array(16);
const randomness = seededRandomness(1);

/** Two devices agree by hello and Welcome, talk, lose messages, renew, and end. */
const live = async (crypto: Crypto, agreement: PairKeyAgreement): Promise<void> => {
  const signers = [
    crypto.signingKey(new Secret(randomness.bytes(32))),
    crypto.signingKey(new Secret(randomness.bytes(32))),
  ] as const;
  const identities = [Uint8Array.of(1), Uint8Array.of(2)] as const;
  made.length = 0;
  const sessions: [Session, Session] = [emptySession(), emptySession()];
  const hellos: [HelloState, HelloState] = [emptyHelloState(), emptyHelloState()];
  let now = NOW;
  const feed = async (at: 0 | 1, input: HelloInput): Promise<void> => {
    const other = at === 0 ? 1 : 0;
    const parties = {
      peerKey: signers[other].publicKey,
      signer: signers[at],
      ownIdentity: identities[at],
      peerIdentity: identities[other],
    };
    const step = stepHello(hellos[at], crypto, parties, input, now);
    hellos[at] = step.state;
    for (const effect of step.effects) {
      if (effect.type === 'agree')
        await feed(at, { type: 'agreed', job: effect.job, result: await agreement.run(effect.job.job) });
      if (effect.type === 'postHello')
        await feed(other, { type: 'hello', keyPackage: effect.keyPackage, heardAt: null });
      if (effect.type === 'postWelcome') await feed(other, { ...effect, type: 'welcome' });
      if (effect.type === 'generation') sessions[at] = addGeneration(sessions[at], effect.generation, now).session;
    }
  };
  const say = (from: 0 | 1, lose = false): void => {
    const to = from === 0 ? 1 : 0;
    const sealed = sealSlot(sessions[from], crypto, randomness, new Uint8Array(32), tag);
    if (sealed === undefined) throw new Error('no generation');
    sessions[from] = sealed.session;
    if (lose) return;
    const opened = openSlots(sessions[to], crypto, [randomness.bytes(80), sealed.slot], tag, now);
    if (opened.type !== 'opened') throw new Error(opened.type);
    sessions[to] = opened.session;
    opened.bodyKey.wipe();
  };
  for (let renewal = 0; renewal < 7; renewal++) {
    await feed(0, { type: 'want', reason: renewal === 0 ? 'first' : 'renew' });
    for (let i = 0; i < 20; i++) say(i % 2 === 0 ? 0 : 1, i % 5 === 0);
    now += 30 * HOUR;
  }
  expect(sessions[0].generations.length).toBeGreaterThan(1);
  expect(sessions[1].skipped.size).toBeGreaterThan(0);
  // A hello that is never answered, and a box as in a claim.
  hellos[0] = stepHello(
    hellos[0],
    crypto,
    { peerKey: signers[1].publicKey, signer: signers[0], ownIdentity: identities[0], peerIdentity: identities[1] },
    { type: 'tick' },
    now,
  ).state;
  const box = sealBox(sessions[0], crypto, randomness, Uint8Array.of(1, 2, 3), tag);
  if (box === undefined) throw new Error('no generation');
  const opened = openBox(sessions[1], crypto, box.box, tag, now);
  if (opened.type !== 'opened') throw new Error('the box does not open');
  expect(opened.packet).toEqual(Uint8Array.of(1, 2, 3));
  wipeSession(box.session);
  wipeSession(opened.session);
  for (const state of hellos) wipeHelloState(state);
};

test.each(['null', 'libsodium and MLS'])(
  "with %s every secret of a session's life is wiped at its end, bytes and all",
  async (name) => {
    const crypto = name === 'null' ? createNullCrypto() : await createLibsodium();
    await live(
      crypto,
      name === 'null' ? createNullAgreement(crypto, randomness) : await createMlsAgreement(randomness),
    );
    expect(made.length).toBeGreaterThan(100);
    expect(made.filter(({ length }) => length > 0)).toEqual([]);
    expect(made.filter(({ bytes }) => bytes.some((byte) => byte !== 0))).toEqual([]);
  },
);

test('cells and hello states leave no secret behind', () => {
  const crypto = createNullCrypto();
  made.length = 0;
  const inbox = openInbox(crypto, createInboxRecord(randomness, 1, [], 0, new Uint8Array(0)));
  const cell = sealHelloCell(crypto, randomness, inbox, {
    type: 'hello',
    from: randomness.bytes(8),
    to: randomness.bytes(8),
    keyPackage: randomness.bytes(100),
    entry: null,
  });
  expect(openHelloCell(crypto, inbox, cell as Uint8Array)?.type).toBe('hello');
  wipeInbox(inbox);
  const own = {
    id: randomness.bytes(16),
    keyPackage: randomness.bytes(50),
    initSecret: new Secret(randomness.bytes(32)),
    madeAt: NOW,
  };
  const state = { ...emptyHelloState(), own };
  const loaded = decodeHelloState(encodeHelloState(state)) as HelloState;
  const parties = {
    peerKey: randomness.bytes(32),
    signer: crypto.signingKey(new Secret(randomness.bytes(32))),
    ownIdentity: tag,
    peerIdentity: tag,
  };
  parties.signer.privateKey.wipe();
  expect(stepHello(loaded, crypto, parties, { type: 'tick' }, NOW + 49 * HOUR).state.own).toBeNull();
  wipeHelloState(state);
  // All but the seed of the signer, which is this test's own.
  expect(made.filter(({ length }) => length > 0)).toHaveLength(1);
});

test('a secret does not print', () => {
  const secret = new Secret(Uint8Array.of(1, 2, 3));
  const generation = createGeneration(createNullCrypto(), new Secret(new Uint8Array(64)), 'joiner', NOW);
  for (const shown of [String(secret), JSON.stringify({ secret }), JSON.stringify(generation)]) {
    expect(shown).not.toMatch(/1,2,3|AQID|010203/);
  }
});
