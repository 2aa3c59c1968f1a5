import {
  defaultCredentialTypes,
  encode,
  generateKeyPackageWithKey,
  keyPackageEncoder,
  makeCustomExtension,
} from 'ts-mls';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, type Crypto, type SigningKey } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { createInboxRecord, openInbox, sealHelloCell } from '@kith/core/mailbox';
import type { AgreementResult, PairKeyAgreement } from '@kith/core/session';
import { createMlsAgreement } from '@kith/core/session/mls';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { createMlsSuite, sha512, xwing, XWING_SUITE_ID } from '../../src/crypto/mls-suite.ts';

const randomness = seededRandomness(7);
let crypto: Crypto;
let agreement: PairKeyAgreement;
let a: SigningKey;
let b: SigningKey;
const identities = [Uint8Array.of(1, 2, 3), new Uint8Array(24).fill(4)] as const;

const as = <T extends AgreementResult['type']>(
  result: AgreementResult,
  type: T,
): Extract<AgreementResult, { type: T }> => {
  if (result.type !== type) throw new Error(`${result.type} instead of ${type}`);
  return result as Extract<AgreementResult, { type: T }>;
};
const prepare = async () =>
  as(await agreement.run({ type: 'prepare', signer: a, identity: identities[0] }), 'prepared');
const answer = (keyPackage: Uint8Array) =>
  agreement.run({ type: 'answer', signer: b, identity: identities[1], keyPackage });

beforeAll(async () => {
  crypto = await createLibsodium();
  agreement = await createMlsAgreement(randomness);
  a = crypto.signingKey(new Secret(randomness.bytes(32)));
  b = crypto.signingKey(new Secret(randomness.bytes(32)));
});

describe('a two-member MLS group', () => {
  test("both sides come to one exporter of 64 bytes and know the other's key and identity", async () => {
    const { keyPackage, initSecret } = await prepare();
    const answered = as(await answer(keyPackage), 'answered');
    const { welcome, leaf } = answered;
    const joined = as(
      await agreement.run({ type: 'join', signer: a, keyPackage, initSecret, welcome, leaf }),
      'joined',
    );
    expect(joined.exporter.expose()).toEqual(answered.exporter.expose());
    expect(joined.exporter.length).toBe(64);
    expect([joined.peerKey, joined.peerIdentity]).toEqual([b.publicKey, identities[1]]);
    expect([answered.peerKey, answered.peerIdentity]).toEqual([a.publicKey, identities[0]]);
    const again = as(await answer(keyPackage), 'answered');
    expect(again.exporter.expose()).not.toEqual(answered.exporter.expose());
  });

  test('hello and Welcome fit one cell each, beside a charter entry of 450 bytes and the leaf', async () => {
    const { keyPackage } = await prepare();
    const { welcome, leaf } = as(await answer(keyPackage), 'answered');
    const inbox = openInbox(crypto, createInboxRecord(randomness, 1, [], 0, new Uint8Array(0)));
    const from = randomness.bytes(8);
    const hello = { type: 'hello', from, to: from, keyPackage, entry: randomness.bytes(450) } as const;
    const answerCell = { type: 'welcome', from, to: from, hello: randomness.bytes(16), welcome, leaf } as const;
    expect(keyPackage.length).toBeLessThan(2700);
    expect(sealHelloCell(crypto, randomness, inbox, hello)).toHaveLength(4096);
    expect(sealHelloCell(crypto, randomness, inbox, answerCell)).toHaveLength(4096);
  });

  test('the same seed gives the same packets: no randomness and no clock of its own', async () => {
    const runs = [1, 2].map(async () => {
      const seeded = await createMlsAgreement(seededRandomness(99));
      const prepared = as(await seeded.run({ type: 'prepare', signer: a, identity: identities[0] }), 'prepared');
      const answered = as(
        await seeded.run({ type: 'answer', signer: b, identity: identities[1], keyPackage: prepared.keyPackage }),
        'answered',
      );
      return [prepared.keyPackage, answered.welcome, answered.leaf, answered.exporter.expose()];
    });
    const [one, two] = await Promise.all(runs);
    expect(one).toEqual(two);
  });

  test('anything malformed is refused, never an exception', async () => {
    const { keyPackage, initSecret } = await prepare();
    const { welcome, leaf } = as(await answer(keyPackage), 'answered');
    const join = { type: 'join', signer: a, keyPackage, initSecret, welcome, leaf } as const;
    const broken = (from: Uint8Array): Uint8Array => {
      const kind = randomness.int(4);
      if (kind === 0) return randomness.bytes(randomness.int(from.length));
      if (kind === 1) return from.slice(0, randomness.int(from.length));
      if (kind === 2) return Uint8Array.from([...from, ...randomness.bytes(1 + randomness.int(20))]);
      const at = randomness.int(from.length);
      return from.map((byte, i) => (i === at ? byte ^ (1 << randomness.int(8)) : byte));
    };
    for (let i = 0; i < 300; i++) {
      expect((await answer(broken(keyPackage))).type).toBe('refused');
      expect((await agreement.run({ ...join, welcome: broken(welcome) })).type).toBe('refused');
      expect((await agreement.run({ ...join, leaf: broken(leaf) })).type).toBe('refused');
    }
    // Version, wire format and suite of the Welcome, bit by bit.
    for (let bit = 0; bit < 48; bit++) {
      const head = welcome.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect([bit, (await agreement.run({ ...join, welcome: head })).type]).toEqual([bit, 'refused']);
    }
    const wrong = new Secret(randomness.bytes(32));
    expect((await agreement.run({ ...join, initSecret: wrong })).type).toBe('refused');
    expect((await agreement.run({ ...join, keyPackage: (await prepare()).keyPackage })).type).toBe('refused');
    const other = as(await answer((await prepare()).keyPackage), 'answered');
    expect((await agreement.run({ ...join, leaf: other.leaf })).type).toBe('refused');
    expect((await agreement.run({ ...join, welcome: other.welcome })).type).toBe('refused');
    expect((await agreement.run(join)).type).toBe('joined');
  });

  test('a KeyPackage of any other form is refused though its signatures are good: one form is no mark of its maker', async () => {
    const cipherSuite = await createMlsSuite(XWING_SUITE_ID, xwing, sha512, (length) => randomness.bytes(length));
    type Parts = Parameters<typeof generateKeyPackageWithKey>[0];
    const basic = defaultCredentialTypes.basic;
    const capabilities = {
      versions: [1],
      ciphersuites: [XWING_SUITE_ID],
      extensions: [],
      proposals: [],
      credentials: [basic],
    } as unknown as NonNullable<Parts['capabilities']>;
    const make = async (other: Partial<Parts>): Promise<Uint8Array> => {
      const { publicPackage } = await generateKeyPackageWithKey({
        credential: { credentialType: basic, identity: identities[0] },
        capabilities,
        lifetime: { notBefore: 0n, notAfter: 2n ** 64n - 1n },
        extensions: [],
        signatureKeyPair: { signKey: a.privateKey.expose(), publicKey: a.publicKey },
        cipherSuite,
        ...other,
      });
      return encode(keyPackageEncoder, publicPackage);
    };
    expect((await answer(await make({}))).type).toBe('answered');
    const longest = { credentialType: basic, identity: new Uint8Array(64) } as const;
    expect((await answer(await make({ credential: longest }))).type).toBe('answered');
    const odd = makeCustomExtension({ extensionType: 0xff01, extensionData: Uint8Array.of(1) });
    const others: readonly Partial<Parts>[] = [
      { lifetime: { notBefore: 1n, notAfter: 2n ** 64n - 1n } },
      { lifetime: { notBefore: 0n, notAfter: 2n ** 64n - 2n } },
      { capabilities: { ...capabilities, versions: [] } },
      { capabilities: { ...capabilities, ciphersuites: [...capabilities.ciphersuites, 1] } },
      { capabilities: { ...capabilities, extensions: [0xff01] } },
      { capabilities: { ...capabilities, proposals: [0x0a0a] } },
      { capabilities: { ...capabilities, credentials: [basic, basic] } },
      { credential: { credentialType: basic, identity: new Uint8Array(65) } },
      { extensions: [odd] },
      { leafNodeExtensions: [odd] },
    ] as readonly Partial<Parts>[];
    for (const [i, other] of others.entries())
      expect([i, await answer(await make(other))]).toEqual([i, { type: 'refused', reason: 'malformed' }]);
    const good = await make({});
    for (const [at, value] of [
      [1, 2],
      [3, 1],
    ] as const)
      expect(await answer(good.with(at, value))).toEqual({ type: 'refused', reason: 'malformed' });
  });

  test("one's own key on both sides is refused, and a wiped secret is a bug", async () => {
    const { keyPackage, initSecret } = await prepare();
    expect((await agreement.run({ type: 'answer', signer: a, identity: identities[0], keyPackage })).type).toBe(
      'refused',
    );
    const { welcome, leaf } = as(await answer(keyPackage), 'answered');
    const wiped = crypto.signingKey(new Secret(randomness.bytes(32)));
    wiped.privateKey.wipe();
    await expect(agreement.run({ type: 'answer', signer: wiped, identity: identities[1], keyPackage })).rejects.toThrow(
      'wiped',
    );
    initSecret.wipe();
    await expect(agreement.run({ type: 'join', signer: a, keyPackage, initSecret, welcome, leaf })).rejects.toThrow(
      'wiped',
    );
  });
});
