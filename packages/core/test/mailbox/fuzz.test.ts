import { describe, expect, test } from 'vitest';
import { concat } from '@kith/core/bytes';
import { Secret } from '@kith/core/crypto';
import {
  addGeneration,
  createGeneration,
  decodeHelloState,
  emptyHelloState,
  emptySession,
  encodeHelloState,
  loadSession,
  openBox,
  openSlots,
  sealSlot,
  sessionRows,
} from '@kith/core/session';
import {
  BODY_BYTES,
  cellSlots,
  compareCheckCode,
  createInboxRecord,
  decodeInboxRecord,
  decodeUnfinished,
  deriveInvitationKeys,
  encodeInboxRecord,
  encodeUnfinished,
  makeTag,
  openCell,
  openClaim,
  openHelloCell,
  openInbox,
  openOffer,
  readBody,
  readLink,
  recognises,
  sealCell,
  splitPacket,
  writeLink,
} from '@kith/core/mailbox';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const INPUTS = 10_000;
const crypto = createNullCrypto();
const randomness = seededRandomness(12);
const NOW = 1_800_000_000_000;

const inbox = openInbox(crypto, createInboxRecord(randomness, 1, [], 0, new Uint8Array(0)));
const keys = deriveInvitationKeys(crypto, { secret: new Secret(new Uint8Array(16)), keyHash: new Uint8Array(32) });
const generation = createGeneration(crypto, new Secret(randomness.bytes(64)), 'joiner', NOW);
const session = addGeneration(emptySession(), generation, NOW).session;
const key = randomness.bytes(32);
const tag = makeTag(crypto, inbox, randomness);
const body = splitPacket(randomness.bytes(8), randomness.bytes(200))?.[0] as Uint8Array;
const cell = sealCell(crypto, randomness, tag, [], key, body);
const exchange = { inviterInception: key, acceptorInception: key, inviterNonce: key, acceptorNonce: key };
const text = (data: Uint8Array): string => String.fromCharCode(...data);
const link = writeLink(
  {
    relay: 'https://kith.example',
    keyHash: new Uint8Array(32),
    secret: new Secret(new Uint8Array(16)),
    reusable: true,
    joins: 'person',
  },
  'https://kith.example',
);
const stored = sessionRows(session)[0]?.value as Uint8Array;
const sealedBy = addGeneration(
  emptySession(),
  createGeneration(crypto, new Secret(randomness.bytes(64)), 'answerer', NOW),
  NOW,
).session;
const slot = sealSlot(sealedBy, crypto, randomness, key, tag)?.slot as Uint8Array;
const unfinished = encodeUnfinished({
  packet: new Uint8Array(8),
  length: 4000,
  since: NOW,
  touched: NOW,
  parts: [new Uint8Array(3372), null],
});

/** Each decoder with something it takes, so that inputs can be near misses as well as noise. */
const decoders: readonly (readonly [string, Uint8Array, (data: Uint8Array) => unknown])[] = [
  [
    'inbox record',
    encodeInboxRecord(createInboxRecord(randomness, 3, ['https://a.example'], 11, randomness.bytes(2))),
    decodeInboxRecord,
  ],
  ['body of a cell', body, readBody],
  [
    'body of a cell, length kept',
    body,
    (data) => readBody(concat(data, new Uint8Array(BODY_BYTES)).subarray(0, BODY_BYTES)),
  ],
  ['cell', cell, (data) => openCell(crypto, data, key)],
  ['hello cell', cell, (data) => openHelloCell(crypto, inbox, data)],
  ['tag', tag, (data) => recognises(crypto, inbox, data) || undefined],
  ['unfinished packet', unfinished, decodeUnfinished],
  ['offer', randomness.bytes(4096), (data) => openOffer(crypto, keys, key, data)],
  ['claim', randomness.bytes(4096), (data) => openClaim(crypto, keys, tag, data)],
  [
    'box',
    concat(slot, randomness.bytes(300)),
    (data) => (openBox(session, crypto, data, tag, NOW).type === 'none' ? undefined : data),
  ],
  ['session row', stored, (data) => loadSession([{ key: Uint8Array.of(115), value: data }])],
  [
    'skipped row',
    stored,
    (data) =>
      loadSession([
        { key: Uint8Array.of(115), value: stored },
        { key: data, value: data },
      ]),
  ],
  ['hello state', encodeHelloState(emptyHelloState()), decodeHelloState],
  [
    'link',
    Uint8Array.from(link.type === 'link' ? link.link : '', (char) => char.charCodeAt(0)),
    (data) => readLink(text(data)),
  ],
  [
    'check code',
    randomness.bytes(53),
    (data) => (compareCheckCode(crypto, exchange, 'inviter', `kith:c#${text(data)}`) === 'equal' ? data : undefined),
  ],
];

const broken = (from: Uint8Array): Uint8Array => {
  switch (randomness.int(5)) {
    case 0:
      return randomness.bytes(randomness.int(300));
    case 1:
      return from.slice(0, randomness.int(from.length));
    case 2:
      return concat(from, randomness.bytes(1 + randomness.int(10)));
    case 3: {
      const at = randomness.int(from.length);
      return concat(from.subarray(0, at), randomness.bytes(randomness.int(4)), from.subarray(at + randomness.int(4)));
    }
    default: {
      const out = from.slice();
      for (let i = 0; i <= randomness.int(3); i++) out[randomness.int(out.length)] = randomness.int(256);
      return out;
    }
  }
};

describe('any bytes at any decoder', () => {
  test.each(decoders)(`%s: ${INPUTS} inputs, no exception`, (_, good, decoder) => {
    let refused = 0;
    for (let i = 0; i < INPUTS; i++) if (decoder(broken(good)) === undefined) refused++;
    expect(refused).toBeGreaterThan(INPUTS / 4);
  });

  test(`slots: ${INPUTS} cells of noise open nothing and change nothing`, () => {
    for (let i = 0; i < INPUTS; i++) {
      const noise =
        i % 2 === 0
          ? concat(tag, randomness.bytes(640))
          : concat(tag, ...Array.from({ length: 8 }, () => broken(slot).subarray(0, 80)), new Uint8Array(640)).subarray(
              0,
              656,
            );
      expect(openSlots(session, crypto, cellSlots(noise), tag, NOW).type).toBe('none');
    }
  });
});
