// A device that writes before the entry that adds it is known.
import { expect, test } from 'vitest';
import { Secret } from '../../src/crypto/index.ts';
import { createAddDevice, signConsent } from '../../src/identity/index.ts';
import type { LogObject, Place } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { DAY, give, openReplica, pair, ROOT, START, take, texts } from './people.ts';

const three = () => {
  const crypto = createNullCrypto();
  const [a1, b] = pair(crypto, 71);
  const device = a1.log.device();
  if (device === undefined) throw new Error('not started');
  const a2 = { ...openReplica(crypto, 72), inception: a1.inception };
  const key = crypto.signingKey(new Secret(a2.random.bytes(32)));
  const { publicKey } = key;
  const consent = signConsent(crypto, key, ROOT, device.member);
  a2.store.transaction(() => {
    a2.log.joinDevice(key, device.member, device.feed);
    for (const known of [a1, b]) {
      const { feed, member } = known.log.device() ?? device;
      a2.log.ingest([{ type: 'entry', entry: known.inception }], feed, START);
      a2.log.admit(member);
    }
  });
  const places: Place[] = [];
  /** What it writes, a segment a day. */
  const write = (days: number): readonly LogObject[] =>
    Array.from({ length: days }, (_, day) => {
      return a2.store.transaction(() => {
        const content = new TextEncoder().encode(`day ${day}`);
        const { place } = a2.log.append({ contentKind: 16, content, time: START + day * DAY });
        a2.log.sealHead();
        places.push(place);
        return a2.log.read([{ feed: place.feed, segment: place.segment, from: 0, to: 1 }], 1e9).objects;
      });
    }).flat();
  const enter = () =>
    a1.store.transaction(() =>
      a1.log.appendEntry(
        (signer, at) => createAddDevice(crypto, signer, at, { device: publicKey, member: device.member, consent }),
        START,
      ),
    );
  return { a1, a2, b, write, enter, places };
};

test('what it wrote is told as shown by the entry that lets it in', () => {
  const { a1, write, enter } = three();
  expect(take(a1, write(1), 'own').shown).toEqual([]);
  expect(enter().ingested.shown).toHaveLength(1);
  expect(texts(a1)).toEqual(['day 0']);
});

test('a content of it that was changed is refused, and not the entry that lets it in', () => {
  const { a1, write, enter } = three();
  const changed = write(2).map((object, i): LogObject => {
    if (i > 2 || object.type !== 'event' || object.content === null) return object;
    return { ...object, content: { ...object.content, content: new TextEncoder().encode('other') } };
  });
  take(a1, changed, 'own');
  expect(enter().ingested.refused.get('content')).toBe(1);
  expect(
    a1.log
      .charter()
      .members.map(({ devices }) => devices.length)
      .toSorted(),
  ).toEqual([1, 2]);
});

test('once it is in, what it says of its past is what others say of it', () => {
  const { a1, a2, b, write, enter, places } = three();
  const objects = write(3);
  take(a1, objects, 'own');
  enter();
  // It hears that they have it before it hears that it is in.
  const told = a1.store.transaction(() => a1.log.frontier());
  a2.store.transaction(() => places.map((place) => a2.log.covers(told, place)));
  for (const [from, to] of [
    [a1, a2],
    [a2, a1],
    [a1, b],
    [b, a2],
  ] as const)
    give(from, to);
  const [mine, hers] = [a1, a2].map((who) => who.store.transaction(() => who.log.frontier()));
  expect(texts(a2)).toEqual(['day 0', 'day 1', 'day 2']);
  expect(texts(b)).toEqual(texts(a2));
  expect(hers).toEqual(mine);
});
