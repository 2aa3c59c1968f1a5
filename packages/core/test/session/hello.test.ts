import { beforeEach, describe, expect, test } from 'vitest';
import { compareBytes, concat, utf8 } from '@kith/core/bytes';
import { Secret, type SigningKey } from '@kith/core/crypto';
import {
  decodeHelloState,
  emptyHelloState,
  encodeHelloState,
  HELLO_INTERVAL_MS,
  HELLO_LIFE_MS,
  helloId,
  stepHello,
  type HelloEffect,
  type HelloInput,
  type HelloState,
} from '@kith/core/session';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const crypto = createNullCrypto();
const randomness = seededRandomness(3);
const agreement = createNullAgreement(crypto, randomness);
const MINUTE = 60_000;

interface Device {
  readonly signer: SigningKey;
  readonly identity: Uint8Array;
  state: HelloState;
}
let now: number;
let smaller: Device;
let larger: Device;
beforeEach(() => {
  now = 1_800_000_000_000;
  const devices = [1, 2].map((i): Device => ({
    signer: crypto.signingKey(new Secret(randomness.bytes(32))),
    identity: Uint8Array.of(i),
    state: emptyHelloState(),
  }));
  [smaller, larger] = devices.toSorted((x, y) => compareBytes(x.signer.publicKey, y.signer.publicKey)) as [
    Device,
    Device,
  ];
});
/** Feeds and carries out the agreements; what is left are posts, generations and wakes. */
const feed = (device: Device, input: HelloInput): readonly HelloEffect[] => {
  const peer = device === smaller ? larger : smaller;
  const parties = {
    peerKey: peer.signer.publicKey,
    signer: device.signer,
    ownIdentity: device.identity,
    peerIdentity: peer.identity,
  };
  const step = stepHello(device.state, crypto, parties, input, now);
  device.state = decodeHelloState(encodeHelloState(step.state)) as HelloState;
  return step.effects.flatMap((effect) =>
    effect.type === 'agree'
      ? feed(device, { type: 'agreed', job: effect.job, result: agreement.run(effect.job.job) })
      : [effect],
  );
};
const only = <T extends HelloEffect['type']>(
  effects: readonly HelloEffect[],
  type: T,
): Extract<HelloEffect, { type: T }> => {
  const found = effects.filter((effect) => effect.type === type);
  expect(found).toHaveLength(1);
  return found[0] as Extract<HelloEffect, { type: T }>;
};
const count = (effects: readonly HelloEffect[], type: HelloEffect['type']): number =>
  effects.filter((effect) => effect.type === type).length;
const hello = (device: Device, reason: 'first' | 'lost' | 'renew' = 'first') => {
  const { keyPackage } = only(feed(device, { type: 'want', reason }), 'postHello');
  return { type: 'hello', keyPackage, heardAt: null } as const;
};
/** A hello that the device did not post itself: of a copy of it, or of who plays with it. */
const packageOf = ({ signer, identity }: Device) => {
  const prepared = agreement.run({ type: 'prepare', signer, identity });
  if (prepared.type !== 'prepared') throw new Error(prepared.type);
  return { type: 'hello', keyPackage: prepared.keyPackage, heardAt: null } as const;
};

describe('hello and Welcome', () => {
  test('a hello, a Welcome, and both have the same generation', () => {
    const answered = feed(larger, hello(smaller));
    const joined = feed(smaller, { ...only(answered, 'postWelcome'), type: 'welcome' });
    const [one, two] = [only(answered, 'generation').generation, only(joined, 'generation').generation];
    expect(one.id).toEqual(two.id);
    expect([one.role, one.seenPeer, two.role, two.seenPeer]).toEqual(['answerer', false, 'joiner', true]);
    expect(smaller.state.own).toBeNull();
    expect(smaller.state.wanted).toBeNull();
  });

  test('crossing hellos: the one of the smaller device key stands', () => {
    const [fromSmaller, fromLarger] = [hello(smaller), hello(larger)];
    expect(feed(smaller, fromLarger)).toEqual([]);
    const answered = feed(larger, fromSmaller);
    expect(count(feed(smaller, { ...only(answered, 'postWelcome'), type: 'welcome' }), 'generation')).toBe(1);
  });

  test("one's own hello stands for an hour only: it may be lost", () => {
    hello(smaller);
    const fromLarger = hello(larger);
    now += HELLO_INTERVAL_MS;
    expect(count(feed(smaller, fromLarger), 'postWelcome')).toBe(1);
  });

  test('at most one hello an hour, whatever the reason; the same KeyPackage until it is answered or 48 hours old', () => {
    const first = hello(smaller);
    for (const reason of ['lost', 'first', 'renew'] as const) {
      expect(count(feed(smaller, { type: 'want', reason }), 'postHello')).toBe(0);
      now += 19 * MINUTE;
    }
    now += 3 * MINUTE;
    const again = only(feed(smaller, { type: 'tick' }), 'postHello');
    expect(again).toEqual({ type: 'postHello', keyPackage: first.keyPackage, attempt: 1 });
    let posts = 0;
    for (let minute = 0; minute < 46 * 60; minute++) {
      now += MINUTE;
      posts += count(feed(smaller, { type: 'tick' }), 'postHello');
    }
    expect(posts).toBeLessThan(6);
    now += 3 * HELLO_INTERVAL_MS;
    expect(feed(smaller, { type: 'tick' }).every(({ type }) => type !== 'postHello')).toBe(true);
    expect(smaller.state.own).toBeNull();
    now += HELLO_LIFE_MS;
    expect(only(feed(smaller, { type: 'tick' }), 'postHello').keyPackage).not.toEqual(first.keyPackage);
  });

  test('a hello that is read again is answered again only after ten minutes: its Welcome may be lost', () => {
    const first = hello(smaller);
    expect(count(feed(larger, first), 'postWelcome')).toBe(1);
    for (let i = 0; i < 5; i++) expect(feed(larger, first)).toEqual([]);
    now += HELLO_INTERVAL_MS;
    expect(count(feed(larger, first), 'postWelcome')).toBe(1);
  });

  test('ten minutes to the millisecond; what was answered is remembered once, for 48 hours', () => {
    const first = hello(smaller);
    feed(larger, first);
    now += 10 * MINUTE - 1;
    expect(feed(larger, first)).toEqual([]);
    now += 1;
    expect(count(feed(larger, first), 'postWelcome')).toBe(1);
    expect(larger.state.used).toEqual([{ id: helloId(crypto, first.keyPackage), at: now }]);
    now += HELLO_LIFE_MS - MINUTE;
    feed(larger, packageOf(smaller));
    expect(larger.state.used).toHaveLength(2);
    now += MINUTE;
    feed(larger, { type: 'tick' });
    expect(larger.state.used.map(({ at }) => at)).toEqual([now - MINUTE]);
  });

  test('once they are heard in what an answer brought, or in something newer, the same hello is answered again after an hour only', () => {
    const first = hello(smaller);
    feed(larger, first);
    const answeredAt = now;
    const again = (after: number, heardAt: number | null): number => {
      const { state } = larger;
      now = answeredAt + after;
      const answers = count(feed(larger, { ...first, heardAt }), 'postWelcome');
      larger.state = state;
      return answers;
    };
    for (const [heardAt, wait] of [
      [null, 10 * MINUTE],
      [answeredAt - 1, 10 * MINUTE],
      [answeredAt, HELLO_INTERVAL_MS],
      [answeredAt + 5, HELLO_INTERVAL_MS],
    ] as const) {
      expect([heardAt, again(wait - 1, heardAt), again(wait, heardAt)]).toEqual([heardAt, 0, 1]);
      // The same for a clock that was set back.
      expect([heardAt, again(1 - wait, heardAt), again(-wait, heardAt)]).toEqual([heardAt, 0, 1]);
    }
  });

  test('of what was used the newest 256 are remembered', () => {
    const hellos = Array.from({ length: 9 * 32 }, (_, i) => {
      if (i % 32 === 0) now += HELLO_INTERVAL_MS;
      const one = packageOf(smaller);
      expect(count(feed(larger, one), 'postWelcome')).toBe(1);
      return one;
    });
    expect(larger.state.used.map(({ id }) => id)).toEqual(
      hellos.slice(-256).map(({ keyPackage }) => helloId(crypto, keyPackage)),
    );
  });

  test('at most 32 new hellos of a device are answered in an hour, and old ones still', () => {
    const hellos = Array.from({ length: 34 }, () => packageOf(smaller));
    const answers = (): readonly number[] => hellos.map((one) => count(feed(larger, one), 'postWelcome'));
    expect(answers()).toEqual(hellos.map((_, i) => (i < 32 ? 1 : 0)));
    now += 10 * MINUTE;
    expect(answers()).toEqual(hellos.map((_, i) => (i < 32 ? 1 : 0)));
    now += HELLO_INTERVAL_MS - 1;
    expect(count(feed(larger, packageOf(smaller)), 'postWelcome')).toBe(0);
    now += 1;
    expect(count(feed(larger, packageOf(smaller)), 'postWelcome')).toBe(1);
  });

  test('a hello asked for twice before the first was made is one, and the init secret of the second is wiped', () => {
    const parties = {
      peerKey: larger.signer.publicKey,
      signer: smaller.signer,
      ownIdentity: smaller.identity,
      peerIdentity: larger.identity,
    };
    const asked = only(
      stepHello(smaller.state, crypto, parties, { type: 'want', reason: 'first' }, now).effects,
      'agree',
    );
    const [one, two] = [agreement.run(asked.job.job), agreement.run(asked.job.job)];
    if (one.type !== 'prepared' || two.type !== 'prepared') throw new Error('not prepared');
    const first = stepHello(smaller.state, crypto, parties, { type: 'agreed', job: asked.job, result: one }, now);
    expect(only(first.effects, 'postHello').keyPackage).toEqual(one.keyPackage);
    expect(first.state.used).toEqual([]);
    const second = stepHello(first.state, crypto, parties, { type: 'agreed', job: asked.job, result: two }, now);
    expect(second).toEqual({ state: first.state, effects: [] });
    expect([one.initSecret.length > 0, two.initSecret.length]).toEqual([true, 0]);
  });

  test('a Welcome is used once, and a replay of it later changes nothing', () => {
    const welcome = { ...only(feed(larger, hello(smaller)), 'postWelcome'), type: 'welcome' } as const;
    expect(count(feed(smaller, welcome), 'generation')).toBe(1);
    expect(feed(smaller, welcome)).toEqual([]);
    now += HELLO_INTERVAL_MS;
    hello(smaller, 'renew');
    expect(feed(smaller, welcome)).toEqual([]);
  });

  test('a Welcome that was refused is not tried again, and the hello still waits for another', () => {
    const own = hello(smaller);
    const stranger = crypto.signingKey(new Secret(randomness.bytes(32)));
    const forged = agreement.run({
      type: 'answer',
      signer: stranger,
      identity: larger.identity,
      keyPackage: own.keyPackage,
    });
    if (forged.type !== 'answered') throw new Error(forged.type);
    const { welcome, leaf } = forged;
    const input = { type: 'welcome', hello: helloId(crypto, own.keyPackage), welcome, leaf } as const;
    const parties = {
      peerKey: larger.signer.publicKey,
      signer: smaller.signer,
      ownIdentity: smaller.identity,
      peerIdentity: larger.identity,
    };
    expect(stepHello(smaller.state, crypto, parties, input, now).effects.map(({ type }) => type)).toEqual(['agree']);
    feed(smaller, input);
    expect(stepHello(smaller.state, crypto, parties, input, now).effects).toEqual([]);
    const answered = feed(larger, own);
    expect(count(feed(smaller, { ...only(answered, 'postWelcome'), type: 'welcome' }), 'generation')).toBe(1);
  });

  test('names are hashes of what they name, each under a label of its own', () => {
    const keyPackage = randomness.bytes(40);
    expect(helloId(crypto, keyPackage)).toEqual(crypto.hash(16, concat(utf8('kith hello\0'), keyPackage)));
    const { welcome, leaf, hello: id } = only(feed(larger, hello(smaller)), 'postWelcome');
    feed(smaller, { type: 'welcome', hello: id, welcome, leaf });
    expect(smaller.state.used[0]?.id).toEqual(crypto.hash(16, concat(utf8('kith welcome\0'), welcome)));
  });

  test('each post and each wish that comes too soon says when to come again', () => {
    const began = now;
    expect(only(feed(smaller, { type: 'want', reason: 'first' }), 'wake').at).toBe(began + HELLO_INTERVAL_MS);
    now += 10 * MINUTE;
    expect(feed(smaller, { type: 'tick' })).toEqual([{ type: 'wake', at: began + HELLO_INTERVAL_MS }]);
    now = began + HELLO_INTERVAL_MS;
    expect(only(feed(smaller, { type: 'tick' }), 'wake').at).toBe(now + HELLO_INTERVAL_MS);
    const again = now;
    now += HELLO_INTERVAL_MS;
    // The second time it waits twice as long.
    expect(feed(smaller, { type: 'tick' })).toEqual([{ type: 'wake', at: again + 2 * HELLO_INTERVAL_MS }]);
    expect(feed(larger, { type: 'tick' })).toEqual([]);
  });

  test('a Welcome for a hello older than 48 hours finds no init secret', () => {
    const welcome = { ...only(feed(larger, hello(smaller)), 'postWelcome'), type: 'welcome' } as const;
    now += HELLO_LIFE_MS;
    expect(feed(smaller, welcome)).toEqual([]);
    expect(smaller.state.own).toBeNull();
  });

  test("class 10: a hello or Welcome by another key or identity than the device's is refused", () => {
    const stranger = crypto.signingKey(new Secret(randomness.bytes(32)));
    const job = (signer: SigningKey, identity: Uint8Array) => {
      const prepared = agreement.run({ type: 'prepare', signer, identity });
      if (prepared.type !== 'prepared') throw new Error(prepared.type);
      return { type: 'hello', keyPackage: prepared.keyPackage, heardAt: null } as const;
    };
    expect(feed(larger, job(stranger, smaller.identity))).toEqual([]);
    expect(feed(larger, job(smaller.signer, Uint8Array.of(9)))).toEqual([]);
    expect(feed(larger, { type: 'hello', keyPackage: randomness.bytes(100), heardAt: null })).toEqual([]);
    expect(count(feed(larger, job(smaller.signer, smaller.identity)), 'postWelcome')).toBe(1);
    const own = hello(smaller);
    const forged = agreement.run({
      type: 'answer',
      signer: stranger,
      identity: larger.identity,
      keyPackage: own.keyPackage,
    });
    if (forged.type !== 'answered') throw new Error(forged.type);
    const { welcome, leaf } = forged;
    expect(feed(smaller, { type: 'welcome', hello: helloId(crypto, own.keyPackage), welcome, leaf })).toEqual([]);
    expect(smaller.state.own).not.toBeNull();
  });

  test('once the peer is heard in the newest generation nothing is posted any more', () => {
    hello(smaller);
    feed(smaller, { type: 'heard' });
    now += 10 * HELLO_INTERVAL_MS;
    expect(feed(smaller, { type: 'tick' })).toEqual([]);
  });

  test('a clock that was wrong by a year does not stop hellos for ever', () => {
    now += 365 * 24 * HELLO_INTERVAL_MS;
    hello(smaller);
    now -= 365 * 24 * HELLO_INTERVAL_MS;
    expect(count(feed(smaller, { type: 'tick' }), 'postHello')).toBe(1);
  });
});
