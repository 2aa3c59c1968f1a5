import { describe, expect, test } from 'vitest';
import { Secret } from '@kith/core/crypto';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import {
  checkCode,
  claimId,
  commitment,
  compareCheckCode,
  conversationIdOf,
  deriveInvitationKeys,
  deriveOwnerToken,
  invitationKeyHash,
  openClaim,
  openOffer,
  readLink,
  safetyWords,
  sealClaim,
  sealOffer,
  WORDS,
  writeLink,
  type Exchange,
  type Invitation,
  type Offer,
} from '@kith/core/mailbox';

const crypto = createNullCrypto();
const randomness = seededRandomness(1);
const invitation = (relay: string, reusable = false): Invitation => ({
  relay,
  keyHash: randomness.bytes(32),
  secret: new Secret(randomness.bytes(16)),
  reusable,
  joins: 'person',
});
const plain = (read: Invitation | undefined) => read && { ...read, secret: read.secret.expose() };
const linkOf = (of: Invitation, origin: string | null): string => {
  const written = writeLink(of, origin);
  if (written.type !== 'link') throw new Error(written.reason);
  return written.link;
};

describe('links', () => {
  test.each([
    ['https://kith.example', 'https://kith.example'],
    ['http://localhost:4680', 'http://localhost:4680'],
    ['https://kith.example', null],
    ['http://192.168.1.20:4680', null],
    ['http://[fe80::1]:4680', null],
    ['https://relay.example:8443', 'https://kith.example'],
    ['http://10.0.0.1', 'https://kith.example'],
    [`https://${'a'.repeat(42)}`, `https://${'a'.repeat(42)}`],
  ])('a link for relay %s at %s comes back whole', (relay, origin) => {
    for (const reusable of [false, true]) {
      const of = invitation(relay, reusable);
      const link = linkOf(of, origin);
      expect(link.length).toBeLessThanOrEqual(120);
      expect(link.startsWith(origin === null ? 'kith:i#' : `${origin}/i#`)).toBe(true);
      expect(plain(readLink(link))).toEqual(plain(of));
      expect(plain(readLink(`\n  ${link}\t\n`))).toEqual(plain(of));
    }
  });

  test('an origin over 50 characters is refused; one of 50 gives 120 characters', () => {
    const origin = `https://${'a'.repeat(42)}`;
    expect(linkOf(invitation(origin), origin)).toHaveLength(120);
    expect(writeLink(invitation(`${origin}a`), `${origin}a`)).toEqual({ type: 'refused', reason: 'origin-too-long' });
    expect(writeLink(invitation(`https://b.${'a'.repeat(30)}`), origin)).toEqual({
      type: 'refused',
      reason: 'origin-too-long',
    });
    for (const bad of [
      'kith.example',
      'https://kith.example/',
      'https://Kith.example',
      'ftp://kith.example',
      'https://',
    ]) {
      expect(writeLink(invitation(bad), 'https://kith.example')).toEqual({ type: 'refused', reason: 'bad-url' });
    }
  });

  test('a link cut short, changed, or with anything around it is no link', () => {
    const link = linkOf(invitation('https://kith.example'), 'https://kith.example');
    for (let length = 0; length < link.length; length++) expect(readLink(link.slice(0, length))).toBeUndefined();
    const broken = [
      `x${link}`,
      `${link}x`,
      `${link}=`,
      `${link}@`,
      `${link}@kith.example`,
      link.replace('#', ''),
      link.replace('/i#', '/x#'),
      link.replace('https', 'ftp'),
      link.replace('#A', '#B'),
      link.replace('i#', 'i/#'),
      `kith:i#${link.split('#')[1] ?? ''}`,
      `${link}@relay.example/x`,
      `${link}@a b`,
      `${link}${'a'.repeat(200)}`,
    ];
    for (const text of broken) expect([text, readLink(text)]).toEqual([text, undefined]);
  });
});

describe('offers and claims', () => {
  const key = crypto.signingKey(new Secret(randomness.bytes(32)));
  const keyHash = invitationKeyHash(crypto, key.publicKey);
  const of: Invitation = { ...invitation('https://kith.example'), keyHash };
  const keys = deriveInvitationKeys(crypto, of);
  const offer: Offer = {
    invitationKey: key.publicKey,
    keyPackage: randomness.bytes(2700),
    relays: ['https://kith.example', 'https://other.example'],
    reusable: true,
    expires: 1_900_000_000_000,
    name: 'Ä'.repeat(64),
    extensions: [],
  };

  test('an offer opens for who has the link, and was made by the key the link names', () => {
    const sealed = sealOffer(crypto, randomness, keys, offer, key) as Uint8Array;
    expect(sealed).toHaveLength(4096);
    expect(openOffer(crypto, keys, keyHash, sealed)).toEqual(offer);
    const other = deriveInvitationKeys(crypto, { ...of, secret: new Secret(randomness.bytes(16)) });
    expect(openOffer(crypto, other, keyHash, sealed)).toBeUndefined();
    expect(openOffer(crypto, keys, randomness.bytes(32), sealed)).toBeUndefined();
    for (let at = 0; at < 4096; at += 31) {
      const changed = sealed.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(openOffer(crypto, keys, keyHash, changed)).toBeUndefined();
    }
  });

  test('class 9: someone with the link cannot put another offer in its place', () => {
    const thief = crypto.signingKey(new Secret(randomness.bytes(32)));
    const forged = sealOffer(
      crypto,
      randomness,
      keys,
      { ...offer, invitationKey: thief.publicKey },
      thief,
    ) as Uint8Array;
    expect(openOffer(crypto, keys, keyHash, forged)).toBeUndefined();
    expect(openOffer(crypto, keys, invitationKeyHash(crypto, thief.publicKey), forged)).toBeDefined();
    const liar = { publicKey: key.publicKey, privateKey: new Secret(randomness.bytes(64)) };
    const unsigned = sealOffer(crypto, randomness, keys, offer, liar) as Uint8Array;
    expect(openOffer(crypto, keys, keyHash, unsigned)).toBeUndefined();
  });

  test("the inviter's name has at most 64 characters, and may be empty", () => {
    const empty = { ...offer, name: '' };
    expect(openOffer(crypto, keys, keyHash, sealOffer(crypto, randomness, keys, empty, key) as Uint8Array)).toEqual(
      empty,
    );
    const emoji = { ...offer, name: '🦊'.repeat(64) };
    expect(openOffer(crypto, keys, keyHash, sealOffer(crypto, randomness, keys, emoji, key) as Uint8Array)).toEqual(
      emoji,
    );
    expect(() => sealOffer(crypto, randomness, keys, { ...offer, name: 'a'.repeat(65) }, key)).toThrow('not an offer');
  });

  test('a claim opens at its own id, and fits one unit', () => {
    const id = claimId(crypto, randomness.bytes(450));
    const claim = { welcome: randomness.bytes(1600), leaf: randomness.bytes(1373), box: randomness.bytes(900) };
    const sealed = sealClaim(crypto, randomness, keys, id, claim) as Uint8Array;
    expect(sealed).toHaveLength(4096);
    expect(openClaim(crypto, keys, id, sealed)).toEqual(claim);
    expect(openClaim(crypto, keys, randomness.bytes(16), sealed)).toBeUndefined();
    expect(openOffer(crypto, keys, keyHash, sealed)).toBeUndefined();
    const long = { ...claim, box: randomness.bytes(9000) };
    expect(sealClaim(crypto, randomness, keys, id, long)).toHaveLength(3 * 4096);
  });

  test('the owner token does not follow from the link', () => {
    const a = deriveOwnerToken(crypto, new Secret(randomness.bytes(32)), keys.place);
    const b = deriveOwnerToken(crypto, new Secret(randomness.bytes(32)), keys.place);
    expect(a.token.expose()).not.toEqual(b.token.expose());
    expect(a.hash).toEqual(crypto.hash(32, a.token.expose()));
    expect(keys.place).not.toEqual(keys.sealKey.expose());
  });

  test('a reusable invitation gives each acceptor a conversation of its own', () => {
    const [a, b] = [randomness.bytes(400), randomness.bytes(400)];
    const ids = [null, a, b].map((inception) => conversationIdOf(crypto, key.publicKey, inception).join());
    expect(new Set(ids).size).toBe(3);
  });
});

describe('safety words', () => {
  const exchange = (): Exchange => ({
    inviterInception: randomness.bytes(400),
    acceptorInception: randomness.bytes(420),
    inviterNonce: randomness.bytes(32),
    acceptorNonce: randomness.bytes(32),
  });

  test('class 25: six words of a list of 2,048: 66 bits over all four parts', () => {
    expect(WORDS).toHaveLength(2048);
    expect(new Set(WORDS.map((word) => word.slice(0, 4))).size).toBe(2048);
    const one = exchange();
    const words = safetyWords(crypto, one);
    expect(words).toHaveLength(6);
    for (const word of words) expect(WORDS).toContain(word);
    expect(safetyWords(crypto, one)).toEqual(words);
    for (const part of Object.keys(one) as (keyof Exchange)[]) {
      const other = { ...one, [part]: Uint8Array.from(one[part], (byte, i) => (i === 0 ? byte ^ 1 : byte)) };
      expect(safetyWords(crypto, other)).not.toEqual(words);
    }
    // Every bit of each word varies.
    const places = Array.from({ length: 6 }, () => new Set<number>());
    for (let i = 0; i < 2000; i++)
      for (const [at, word] of safetyWords(crypto, exchange()).entries()) places[at]?.add(WORDS.indexOf(word));
    for (const place of places) expect(place.size).toBeGreaterThan(1200);
  });

  test('class 25: the commitment binds nonce and inception', () => {
    const { acceptorNonce, acceptorInception } = exchange();
    const committed = commitment(crypto, acceptorNonce, acceptorInception);
    expect(commitment(crypto, acceptorNonce, randomness.bytes(420))).not.toEqual(committed);
    expect(commitment(crypto, randomness.bytes(32), acceptorInception)).not.toEqual(committed);
  });

  test('class 25: a check code scanned from the other screen proves the same exchange; a mirror proves nothing', () => {
    const one = exchange();
    for (const side of ['inviter', 'acceptor'] as const) {
      const other = side === 'inviter' ? 'acceptor' : 'inviter';
      const code = checkCode(crypto, one, side);
      expect(code).toMatch(/^kith:c#[A-Za-z0-9_-]{46}$/);
      expect(compareCheckCode(crypto, one, side, ` ${code}\n`)).toBe('equal');
      expect(compareCheckCode(crypto, one, other, code)).toBe('unreadable');
      expect(compareCheckCode(crypto, exchange(), side, code)).toBe('different');
      for (const text of [
        '',
        'kith:c#',
        code.slice(0, -1),
        `${code}A`,
        'https://kith.example',
        code.replace('c#', 'i#'),
      ]) {
        expect(compareCheckCode(crypto, one, side, text)).toBe('unreadable');
      }
    }
  });
});
