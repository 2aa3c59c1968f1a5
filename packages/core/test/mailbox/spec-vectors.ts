// Makes spec/vectors/{sessions,cells,invitations}.json. Everything follows from fixed seeds; each vector carries all
// inputs a second implementation needs. Run `node packages/core/test/mailbox/write-spec-vectors.ts` after a change of
// format.
import { concat, readUint32, toHex, utf8 } from '@kith/core/bytes';
import { encode, extensions } from '@kith/core/codec';
import { Secret, type Crypto } from '@kith/core/crypto';
import type { Randomness } from '@kith/core/ports';
import {
  addGeneration,
  createGeneration,
  emptySession,
  helloId,
  openSlots,
  sealBody,
  sealBox,
  sealSlot,
  type Session,
} from '@kith/core/session';
import {
  checkCode,
  claimId,
  commitment,
  conversationIdOf,
  createInboxRecord,
  deriveInvitationKeys,
  deriveOwnerToken,
  encodeInboxRecord,
  invitationKeyHash,
  makeTag,
  openInbox,
  readBody,
  returnOfferExtensions,
  safetyWords,
  sealCell,
  sealClaim,
  sealHelloCell,
  sealOffer,
  splitPacket,
  writeLink,
  type Invitation,
  type ReturnOffer,
} from '@kith/core/mailbox';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const NOW = 1_800_000_000_000;
const flip = (from: Uint8Array, at: number): Uint8Array => from.map((byte, i) => (i === at ? byte ^ 1 : byte));

/** Remembers what it gave last, so that a vector can state it. */
const noting = (from: Randomness): Randomness & { readonly last: () => Uint8Array } => {
  let last: Uint8Array = new Uint8Array(0);
  return { bytes: (length) => (last = from.bytes(length)).slice(), last: () => last };
};

export const sessionVectors = (crypto: Crypto) => {
  const randomness = noting(seededRandomness(501));
  const exporter = randomness.bytes(64);
  const make = (role: 'answerer' | 'joiner') => createGeneration(crypto, new Secret(exporter.slice()), role, NOW);
  const [a, b] = [make('answerer'), make('joiner')];
  const shown = {
    exporter: toHex(exporter),
    id: toHex(a.id),
    answererChain: toHex(a.send?.key.expose() ?? exporter),
    answererHeader: toHex(a.send?.headerKey.expose() ?? exporter),
    joinerChain: toHex(b.send?.key.expose() ?? exporter),
    joinerHeader: toHex(b.send?.headerKey.expose() ?? exporter),
  };
  let sender: Session = addGeneration(emptySession(), a, NOW).session;
  const slots = [0, 1, 2, 3, 4, 5].map((counter) => {
    const [tag, bodyKey] = [randomness.bytes(16), randomness.bytes(32)];
    const sealed = sealSlot(sender, crypto, randomness, bodyKey, tag);
    if (sealed === undefined) throw new Error('no generation');
    sender = sealed.session;
    return {
      counter,
      tag: toHex(tag),
      random: toHex(randomness.last()),
      bodyKey: toHex(bodyKey),
      slot: toHex(sealed.slot),
      bytes: sealed.slot,
      tagBytes: tag,
    };
  });
  const [first] = slots;
  if (first === undefined) throw new Error('no slots');
  let receiver: Session = addGeneration(emptySession(), b, NOW).session;
  const tried: { slot: string; tag: string; result: string; counter: number | null }[] = [];
  const tryOne = (slot: Uint8Array, tag: Uint8Array): void => {
    const opened = openSlots(receiver, crypto, [slot], tag, NOW);
    if (opened.type === 'opened') receiver = opened.session;
    tried.push({
      slot: toHex(slot),
      tag: toHex(tag),
      result: opened.type,
      counter: opened.type === 'opened' ? opened.counter : null,
    });
  };
  for (const at of [0, 3, 3, 1, 5, 0]) tryOne(slots[at]?.bytes ?? first.bytes, slots[at]?.tagBytes ?? first.tagBytes);
  tryOne(flip(slots[2]?.bytes ?? first.bytes, 79), slots[2]?.tagBytes ?? first.tagBytes);
  tryOne(slots[2]?.bytes ?? first.bytes, first.tagBytes);
  tryOne(slots[2]?.bytes ?? first.bytes, slots[2]?.tagBytes ?? first.tagBytes);
  tryOne(flip(first.bytes, 40), first.tagBytes);
  // A counter used before, with fresh random bytes: what a restored copy sends.
  const copy = addGeneration(emptySession(), make('answerer'), NOW).session;
  tryOne(sealSlot(copy, crypto, randomness, new Uint8Array(32), first.tagBytes)?.slot ?? first.bytes, first.tagBytes);
  const [key, tag, body] = [randomness.bytes(32), randomness.bytes(16), utf8('a body')];
  const sealed = sealBody(crypto, key, tag, body);
  const box = sealBox(
    addGeneration(emptySession(), make('answerer'), NOW).session,
    crypto,
    randomness,
    utf8('a packet'),
    tag,
  );
  return {
    about: 'spec/05-sessions.md. All bytes in hexadecimal. `opens` are tried in this order by one joiner.',
    generation: shown,
    slots: slots.map(({ counter, tag: of, random, bodyKey, slot }) => ({ counter, tag: of, random, bodyKey, slot })),
    opens: tried,
    bodies: [
      { key: toHex(key), tag: toHex(tag), sealed: toHex(sealed), body: toHex(body) },
      { key: toHex(key), tag: toHex(flip(tag, 0)), sealed: toHex(sealed), body: null },
      { key: toHex(flip(key, 31)), tag: toHex(tag), sealed: toHex(sealed), body: null },
      { key: toHex(key), tag: toHex(tag), sealed: toHex(flip(sealed, 0)), body: null },
      { key: toHex(key), tag: toHex(tag), sealed: toHex(flip(sealed, 40)), body: null },
      { key: toHex(key), tag: toHex(tag), sealed: toHex(sealed.subarray(0, 47)), body: null },
    ],
    box: { tag: toHex(tag), box: toHex(box?.box ?? key), packet: toHex(utf8('a packet')) },
    hello: { keyPackage: toHex(body), id: toHex(helloId(crypto, body)) },
  };
};

export const cellVectors = (crypto: Crypto) => {
  const randomness = noting(seededRandomness(601));
  const records = [0, 5, 8, 13, 24].map((bits) =>
    createInboxRecord(randomness, bits, ['https://kith.example'], bits, randomness.bytes(3)),
  );
  const [record] = records;
  if (record === undefined) throw new Error('no record');
  const inbox = openInbox(crypto, record);
  const tag = makeTag(crypto, inbox, randomness);
  const data = randomness.bytes(3372);
  const packet = randomness.bytes(8);
  const body = splitPacket(packet, data)?.[0] ?? data;
  const key = randomness.bytes(32);
  const slot = randomness.bytes(80);
  const cell = sealCell(crypto, randomness, tag, [slot], key, body);
  const feed = randomness.bytes(8);
  const hello = {
    type: 'hello',
    from: feed,
    to: randomness.bytes(8),
    keyPackage: randomness.bytes(200),
    entry: null,
  } as const;
  const helloCell = sealHelloCell(crypto, randomness, inbox, hello) ?? cell;
  const encoded = encodeInboxRecord(record);
  const heads = (splitPacket(packet, new Uint8Array(7000).fill(1)) ?? []).map((part) => toHex(part.subarray(0, 20)));
  const bad = (change: (of: Uint8Array) => void): string => {
    const changed = body.slice();
    change(changed);
    if (readBody(changed) !== undefined) throw new Error('this body should be refused');
    return toHex(changed);
  };
  return {
    about: 'spec/06-cells.md. All bytes in hexadecimal.',
    records: records.map((of) => ({
      bits: of.bits,
      prefix: toHex(of.prefix),
      secret: toHex(of.secret),
      record: toHex(encodeInboxRecord(of)),
    })),
    invalidRecords: [
      toHex(encoded.subarray(1)),
      toHex(concat(encoded, Uint8Array.of(0))),
      toHex(encodeInboxRecord({ ...record, bits: 5, prefix: Uint8Array.of(0xff) })),
      toHex(encodeInboxRecord({ ...record, bits: 9, prefix: Uint8Array.of(1) })),
    ],
    tags: records
      .map((of) => {
        const made = makeTag(crypto, openInbox(crypto, of), randomness);
        return { secret: toHex(of.secret), tag: toHex(made), recognised: true };
      })
      .concat(
        { secret: toHex(record.secret), tag: toHex(flip(tag, 15)), recognised: false },
        { secret: toHex(record.secret), tag: toHex(flip(tag, 0)), recognised: false },
      ),
    cell: {
      tag: toHex(tag),
      slot: toHex(slot),
      bodyKey: toHex(key),
      packet: toHex(packet),
      data: toHex(data),
      cell: toHex(cell),
    },
    headers: { packet: toHex(packet), length: 7000, headers: heads },
    invalidBodies: [
      bad((of) => of.set([2], 0)),
      bad((of) => of.set([1], 9)),
      bad((of) => of.set([2], 10)),
      bad((of) => of.set([255], 11)),
      bad((of) => of.set([0, 0, 0, 5], 11)),
    ],
    helloCell: {
      secret: toHex(record.secret),
      from: toHex(feed),
      to: toHex(hello.to),
      keyPackage: toHex(hello.keyPackage),
      cell: toHex(helloCell),
    },
  };
};

export const invitationVectors = (crypto: Crypto) => {
  const randomness = seededRandomness(801);
  const key = crypto.signingKey(new Secret(randomness.bytes(32)));
  const keyHash = invitationKeyHash(crypto, key.publicKey);
  const secret = randomness.bytes(16);
  const invitation = (relay: string, reusable: boolean, joins: Invitation['joins']): Invitation => ({
    relay,
    keyHash,
    secret: new Secret(secret.slice()),
    reusable,
    joins,
  });
  const keys = deriveInvitationKeys(crypto, invitation('https://kith.example', false, 'person'));
  const ownerSecret = randomness.bytes(32);
  const owner = deriveOwnerToken(crypto, new Secret(ownerSecret.slice()), keys.place);
  const links = (
    [
      ['https://kith.example', 'https://kith.example', false, 'person'],
      ['https://kith.example', 'https://kith.example', true, 'person'],
      ['http://localhost:4680', 'http://localhost:4680', false, 'person'],
      ['https://kith.example', null, false, 'person'],
      ['http://192.168.1.20:4680', null, true, 'person'],
      ['https://relay.example', 'https://kith.example', false, 'person'],
      ['https://kith.example', 'https://kith.example', false, 'device'],
      ['https://relay.example', null, false, 'device'],
    ] as const
  ).map(([relay, origin, reusable, joins]) => {
    const written = writeLink(invitation(relay, reusable, joins), origin);
    return {
      relay,
      origin,
      reusable,
      joins,
      keyHash: toHex(keyHash),
      secret: toHex(secret),
      link: written.type === 'link' ? written.link : written.reason,
    };
  });
  const link = links[0]?.link ?? '';
  const exchange = {
    inviterInception: randomness.bytes(300),
    acceptorInception: randomness.bytes(310),
    inviterNonce: randomness.bytes(32),
    acceptorNonce: randomness.bytes(32),
  };
  const id = claimId(crypto, exchange.acceptorInception);
  const offer = {
    invitationKey: key.publicKey,
    keyPackage: randomness.bytes(100),
    relays: ['https://kith.example'],
    reusable: false,
    expires: NOW,
    name: 'Åsa',
    extensions: [],
  };
  const claim = { welcome: randomness.bytes(50), leaf: randomness.bytes(60), box: randomness.bytes(140) };
  const sealedOffer = sealOffer(crypto, randomness, keys, offer, key) ?? secret;
  const sealedClaim = sealClaim(crypto, randomness, keys, id, claim) ?? secret;
  const returnOffers: readonly ReturnOffer[] = [1, 3].map((count) => ({
    conversation: randomness.bytes(16),
    root: randomness.bytes(32),
    role: count === 1 ? 1 : 2,
    inbox: count,
    device: randomness.bytes(32),
    keys: Array.from({ length: count }, () => randomness.bytes(32)),
    theirInception: randomness.bytes(200),
    ourInception: randomness.bytes(217),
    theirNonce: randomness.bytes(32),
    ourNonce: randomness.bytes(32),
  }));
  const whole = returnOffers.flatMap((back) => returnOfferExtensions(back) ?? []).slice(0, 4);
  const invalidReturnOffers = [
    ...whole.map(({ id }) => whole.filter((one) => one.id !== id)),
    // No key; a nonce that is cut.
    whole.map((one) =>
      one.id === 2 ? { ...one, value: concat(one.value.subarray(0, -35), Uint8Array.of(0x80)) } : one,
    ),
    whole.map((one) => (one.id === 5 ? { ...one, value: one.value.subarray(0, 63) } : one)),
  ];
  return {
    about: 'spec/08-invitations.md. All bytes in hexadecimal.',
    links,
    invalidLinks: [
      link.slice(0, -1),
      `${link}A`,
      link.replace('#A', '#B'),
      `${link}@kith.example`,
      link.replace('/i#', '/x#'),
      `kith:i#${link.split('#')[1] ?? ''}`,
      link.replace('https', 'ftp'),
    ],
    derived: {
      invitationKey: toHex(key.publicKey),
      keyHash: toHex(keyHash),
      secret: toHex(secret),
      place: toHex(keys.place),
      sealKey: toHex(keys.sealKey.expose()),
      ownerSecret: toHex(ownerSecret),
      ownerToken: toHex(owner.token.expose()),
      ownerHash: toHex(owner.hash),
      claimId: toHex(id),
      conversation: toHex(conversationIdOf(crypto, key.publicKey, null)),
      conversationOfReusable: toHex(conversationIdOf(crypto, key.publicKey, exchange.acceptorInception)),
    },
    offer: {
      ...offer,
      invitationKey: toHex(offer.invitationKey),
      keyPackage: toHex(offer.keyPackage),
      sealed: toHex(sealedOffer),
    },
    invalidOffers: [toHex(flip(sealedOffer, 0)), toHex(sealedOffer.subarray(0, 4095)), toHex(sealedClaim)],
    claim: {
      id: toHex(id),
      welcome: toHex(claim.welcome),
      leaf: toHex(claim.leaf),
      box: toHex(claim.box),
      sealed: toHex(sealedClaim),
    },
    exchange: {
      ...Object.fromEntries(Object.entries(exchange).map(([name, bytes]) => [name, toHex(bytes)])),
      commitment: toHex(commitment(crypto, exchange.acceptorNonce, exchange.acceptorInception)),
      words: safetyWords(crypto, exchange),
      codeOfInviter: checkCode(crypto, exchange, 'inviter'),
      codeOfAcceptor: checkCode(crypto, exchange, 'acceptor'),
    },
    returnOffers: returnOffers.map((back) => ({
      conversation: toHex(back.conversation),
      root: toHex(back.root),
      role: back.role,
      inbox: back.inbox,
      device: toHex(back.device),
      keys: back.keys.map(toHex),
      theirInception: toHex(back.theirInception),
      ourInception: toHex(back.ourInception),
      theirNonce: toHex(back.theirNonce),
      ourNonce: toHex(back.ourNonce),
      extensions: toHex(encode(extensions, returnOfferExtensions(back) ?? [])),
    })),
    /** Extensions of an offer that are read as no invitation to come back. */
    invalidReturnOffers: invalidReturnOffers.map((list) => toHex(encode(extensions, list))),
    lengths: {
      sealedOffer: sealedOffer.length,
      lengthInOffer: readUint32(
        crypto.open(
          keys.sealKey.expose(),
          sealedOffer.subarray(0, 24),
          sealedOffer.subarray(24),
          concat(utf8('kith offer\0'), keys.place),
        ) ?? secret,
        0,
      ),
    },
  };
};

export const VECTORS = { sessions: sessionVectors, cells: cellVectors, invitations: invitationVectors } as const;
export const toJson = (vectors: unknown): string => `${JSON.stringify(vectors, null, 1)}\n`;
