import { expect, test } from 'vitest';
import { isReturnOffer, readReturnOffer, returnOfferExtensions, type ReturnOffer } from '../../src/mailbox/index.ts';

const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const offer: ReturnOffer = {
  conversation: fill(16, 1),
  root: fill(32, 2),
  role: 1,
  inbox: Number.MAX_SAFE_INTEGER,
  device: fill(32, 3),
  keys: [fill(32, 4), fill(32, 5), fill(32, 6)],
  theirInception: fill(217, 7),
  ourInception: fill(217, 8),
  theirNonce: fill(32, 9),
  ourNonce: fill(32, 10),
};

test('what an offer says of somebody who comes back is read as it was written, the longest too', () => {
  const extensions = returnOfferExtensions(offer) ?? [];
  expect(readReturnOffer(extensions)).toEqual(offer);
  expect(isReturnOffer(extensions)).toBe(true);
  expect(extensions.every(({ critical }) => critical)).toBe(true);
});

test('what does not fit is not written, and with a part missing or damaged nothing is read', () => {
  expect(returnOfferExtensions({ ...offer, theirInception: fill(257, 7) })).toBeUndefined();
  const extensions = returnOfferExtensions(offer) ?? [];
  for (const { id } of extensions) expect(readReturnOffer(extensions.filter((one) => one.id !== id))).toBeUndefined();
  for (const damaged of [2, 5])
    expect(
      readReturnOffer(extensions.map((one) => (one.id === damaged ? { ...one, value: one.value.slice(1) } : one))),
    ).toBeUndefined();
  expect(isReturnOffer([])).toBe(false);
});
