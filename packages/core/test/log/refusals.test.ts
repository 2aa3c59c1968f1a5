// Each reason for which an object is refused, with the object that is right in all else beside it.
import { expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { createCertificate, readCertificate } from '../../src/identity/index.ts';
import { PUBLISH_KIND, type LogObject, type Stub } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { DAY, everything, feedOf, give, meet, openReplica, pair, say, START, take, texts } from './people.ts';

const crypto = createNullCrypto();
const LAMPORT_STEP = 2 ** 24;
const flip = <T extends Uint8Array>(bytes: T): T => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) as T;
const days = (count: number) => {
  const [alice, bob] = pair(crypto, 3);
  for (let day = 0; day < count; day++) {
    const now = START + day * DAY;
    say(alice, `one of ${day}`, now);
    say(alice, `two of ${day}`, now);
    give(alice, bob);
    alice.store.transaction(() => {
      const due = alice.log.duePublications({ now, counterparts: [bob.log.frontier()], sharedTimeOk: () => true });
      for (const { content } of due) alice.log.append({ contentKind: PUBLISH_KIND, content, time: now });
    });
    give(alice, bob);
  }
  return { alice, bob };
};

test('what does not decode is malformed, whatever it says it is', () => {
  const { alice, bob } = days(1);
  const taken = take(
    bob,
    [
      { type: 'entry', entry: Uint8Array.of(1) },
      { type: 'certificate', certificate: Uint8Array.of(1) },
      { type: 'event', header: Uint8Array.of(1), content: null },
    ],
    feedOf(alice),
  );
  expect([...taken.refused]).toEqual([['malformed', 3]]);
});

test('a certificate counts on from the segment it names, and is of a known kind', () => {
  const { alice, bob } = days(2);
  const device = alice.log.device();
  const real = everything(alice)
    .flatMap((object) => (object.type === 'certificate' ? [readCertificate(object.certificate)] : []))
    .find((one) => one?.previous !== null && one?.feed.join() === device?.feed.join());
  if (real === undefined || device === undefined) throw new Error('no second day');
  const handed = (other: Partial<typeof real>) => {
    const { format: _f, kind: _k, segment: _s, ...rest } = { ...real, ...other };
    const { bytes } = createCertificate(crypto, device.key, rest);
    return [...take(bob, [{ type: 'certificate', certificate: bytes }], feedOf(alice)).refused];
  };
  const certificate = [['certificate', 1]];
  expect(handed({ number: real.number + 1 })).toEqual(certificate);
  const extension = { id: 9, critical: true, value: new Uint8Array(1) };
  expect(handed({ extensions: [extension] })).toEqual(certificate);
  expect(handed({ extensions: [{ ...extension, critical: false }] })).toEqual([]);
});

test('a stub is taken with the true seed and a good seal of its end only', () => {
  const { alice, bob } = days(10);
  for (const { event } of alice.log.page({ limit: 999 }).slice(0, 2))
    alice.store.transaction(() => alice.log.purge(event));
  const objects = everything(alice);
  const stub = objects.find((object) => object.type === 'stub');
  if (stub?.type !== 'stub') throw new Error('nothing was purged whole');
  const observer = openReplica(crypto, 55);
  for (const who of [alice, bob]) meet(observer, who);
  const others = objects.filter((object): boolean => object !== stub);
  take(observer, others, feedOf(bob));
  const before = texts(observer);
  const wrong: readonly Partial<Stub>[] = [
    { count: 0 },
    { count: stub.count + 1 },
    { head: flip(stub.head) },
    { seed: flip(stub.seed) },
    { signature: flip(stub.signature) },
    { lamport: stub.count - 1 },
    { lamport: LAMPORT_STEP },
  ];
  for (const [i, other] of wrong.entries()) {
    const taken = take(observer, [{ ...stub, ...other } satisfies LogObject], feedOf(bob));
    expect([i, ...taken.refused]).toEqual([i, ['stub', 1]]);
    expect(taken.shown).toEqual([]);
  }
  expect(texts(observer)).toEqual(before);
  const taken = take(observer, [stub], feedOf(bob));
  expect([...taken.refused]).toEqual([]);
  expect(texts(observer)).toEqual(texts(alice));
  const again = take(observer, [{ ...stub, signature: flip(stub.signature) }], feedOf(bob));
  expect([...again.refused, ...again.shown]).toEqual([]);
  expect(observer.log.page({ limit: 999 }).map(({ event }) => toHex(event))).toEqual(
    alice.log.page({ limit: 999 }).map(({ event }) => toHex(event)),
  );
});
