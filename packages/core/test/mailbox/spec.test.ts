import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { equalBytes, fromHex, toHex } from '@kith/core/bytes';
import { decode, extensions, type Named } from '@kith/core/codec';
import { Secret } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import {
  claimCodec,
  decodeInboxRecord,
  deriveInvitationKeys,
  helloPacketCodec,
  inboxRecordCodec,
  offerCodec,
  returnOfferCodec,
  selfOfferCodec,
  openClaim,
  openHelloCell,
  openInbox,
  openOffer,
  readBody,
  readLink,
  readReturnOffer,
  recognises,
  resendRequestCodec,
} from '@kith/core/mailbox';
import { openBody } from '@kith/core/session';
import { cellVectors, invitationVectors, sessionVectors, toJson, VECTORS } from './spec-vectors.ts';

const spec = (name: string): string => readFileSync(new URL(`../../../../spec/${name}`, import.meta.url), 'utf8');
const lines = (named: readonly Named[]): readonly string[] =>
  named.flatMap(({ name, cddl, uses }) => [`${name} = ${cddl}`, ...lines(uses)]);
const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

test.each([
  ['06-cells.md', [inboxRecordCodec, resendRequestCodec, helloPacketCodec]],
  ['08-invitations.md', [offerCodec, claimCodec, selfOfferCodec, returnOfferCodec]],
] as const)('the CDDL of %s is that of the codecs', (page, codecs) => {
  const blocks = [...spec(page).matchAll(/```cddl\n(.*?)```/gs)].map(([, block]) => block ?? '').join('');
  expect(new Set(blocks.trim().split('\n'))).toEqual(new Set(codecs.flatMap(({ uses }) => lines(uses))));
});

test.each(Object.entries(VECTORS))('vectors/%s.json is what the code makes', async (name, make) => {
  expect(toJson(make(await createLibsodium())) === spec(`vectors/${name}.json`)).toBe(true);
});

test('the vectors of sessions hold', async () => {
  const crypto = await createLibsodium();
  const { bodies, opens } = JSON.parse(spec('vectors/sessions.json')) as ReturnType<typeof sessionVectors>;
  for (const { key, tag, sealed, body } of bodies) {
    const opened = openBody(crypto, hex(key), hex(tag), hex(sealed));
    expect(opened === undefined ? null : toHex(opened)).toBe(body);
  }
  expect(opens.map(({ result, counter }) => [result, counter])).toEqual([
    ['opened', 0],
    ['opened', 3],
    ['duplicate', null],
    ['opened', 1],
    ['opened', 5],
    ['duplicate', null],
    ['none', null],
    ['none', null],
    ['opened', 2],
    ['duplicate', null],
    ['rewound', null],
  ]);
});

test('the vectors of cells hold', async () => {
  const crypto = await createLibsodium();
  const { records, invalidRecords, tags, invalidBodies, helloCell } = JSON.parse(
    spec('vectors/cells.json'),
  ) as ReturnType<typeof cellVectors>;
  const inboxOf = (secret: string) =>
    openInbox(crypto, { number: 0, relays: [], bits: 0, prefix: new Uint8Array(0), secret: hex(secret) });
  for (const { record, secret } of records)
    expect(toHex(decodeInboxRecord(hex(record))?.secret ?? hex(''))).toBe(secret);
  for (const record of invalidRecords) expect(decodeInboxRecord(hex(record))).toBeUndefined();
  for (const { secret, tag, recognised } of tags)
    expect(recognises(crypto, inboxOf(secret), hex(tag))).toBe(recognised);
  for (const body of invalidBodies) expect(readBody(hex(body))).toBeUndefined();
  expect(openHelloCell(crypto, inboxOf(helloCell.secret), hex(helloCell.cell))).toEqual({
    type: 'hello',
    from: hex(helloCell.from),
    to: hex(helloCell.to),
    keyPackage: hex(helloCell.keyPackage),
    entry: null,
  });
});

test('the vectors of invitations hold', async () => {
  const crypto = await createLibsodium();
  const { links, invalidLinks, derived, offer, invalidOffers, claim, returnOffers, invalidReturnOffers } = JSON.parse(
    spec('vectors/invitations.json'),
  ) as ReturnType<typeof invitationVectors>;
  for (const { link, relay, reusable, joins, secret } of links) {
    const read = readLink(link);
    const said = [read?.relay, read?.reusable, read?.joins, toHex(read?.secret.expose() ?? hex(''))];
    expect(said).toEqual([relay, reusable, joins, secret]);
  }
  for (const link of invalidLinks) expect([link, readLink(link)]).toEqual([link, undefined]);
  const keys = deriveInvitationKeys(crypto, { secret: new Secret(hex(derived.secret)), keyHash: hex(derived.keyHash) });
  expect(toHex(keys.place)).toBe(derived.place);
  expect(openOffer(crypto, keys, hex(derived.keyHash), hex(offer.sealed))?.name).toBe(offer.name);
  for (const { extensions: raw, theirInception, keys: named } of returnOffers) {
    const read = readReturnOffer(decode(extensions, hex(raw)) ?? []);
    expect([read?.theirInception, ...(read?.keys ?? [])].map((one) => toHex(one ?? hex('')))).toEqual([
      theirInception,
      ...named,
    ]);
  }
  expect(invalidReturnOffers.length).toBeGreaterThan(5);
  for (const raw of invalidReturnOffers) {
    const list = decode(extensions, hex(raw));
    expect(list).toBeDefined();
    expect(readReturnOffer(list ?? [])).toBeUndefined();
  }
  for (const sealed of invalidOffers)
    expect(openOffer(crypto, keys, hex(derived.keyHash), hex(sealed))).toBeUndefined();
  expect(equalBytes(openClaim(crypto, keys, hex(claim.id), hex(claim.sealed))?.box ?? hex(''), hex(claim.box))).toBe(
    true,
  );
});
