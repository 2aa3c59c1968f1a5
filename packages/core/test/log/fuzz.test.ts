import { expect, test } from 'vitest';
import { decode, encode } from '../../src/codec/index.ts';
import { openEntry, readCertificate } from '../../src/identity/index.ts';
import { decodeHeader, frontierCodec, logObjectCodec, publishCodec, type LogObject } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { DAY, dump, everything, feedOf, give, pair, say, START, take, texts } from './people.ts';

const crypto = createNullCrypto();
const RUNS = Number(process.env.RUNS ?? 10_000);
const random = seededRandomness(77);
const mutate = (bytes: Uint8Array): Uint8Array => {
  const out = random.int(4) === 0 ? bytes.slice(0, random.int(bytes.length + 1)) : bytes.slice();
  for (let i = random.int(4); i >= 0 && out.length > 0; i--) out[random.int(out.length)] = random.int(256);
  return out;
};
const sample = () => {
  const [alice, bob] = pair(crypto, 5);
  say(alice, 'one');
  give(alice, bob);
  say(bob, 'two', START + DAY);
  give(bob, alice);
  return { alice, bob, objects: everything(alice) };
};

test(
  'decoders answer any bytes without an exception and fast',
  () => {
    const { alice, objects } = sample();
    const seeds = [
      ...objects.map((object) => encode(logObjectCodec, object)),
      encode(
        frontierCodec,
        alice.store.transaction(() => alice.log.frontier()),
      ),
    ];
    for (const object of objects) {
      if (object.type === 'entry') seeds.push(object.entry);
      if (object.type === 'certificate') seeds.push(object.certificate);
      if (object.type === 'event') seeds.push(object.header);
    }
    let slow = 0;
    for (let i = 0; i < RUNS; i++) {
      const input = i % 10 === 0 ? random.bytes(random.int(300)) : mutate(random.pick(seeds));
      const start = performance.now();
      decode(logObjectCodec, input);
      decode(frontierCodec, input);
      decode(publishCodec, input);
      openEntry(crypto, input);
      readCertificate(input);
      decodeHeader(input);
      slow = performance.now() - start > 50 ? slow + 1 : 0;
      expect(slow).toBeLessThan(3);
    }
  },
  RUNS + 20_000,
);

test(
  'no mutated object harms a replica that holds the real ones, nor does any frontier',
  () => {
    const { alice, bob, objects } = sample();
    give(alice, bob);
    const shown = [dump(bob, ['order']), texts(bob)];
    const bytes = objects.map((object) => encode(logObjectCodec, object));
    const frontier = encode(
      frontierCodec,
      alice.store.transaction(() => alice.log.frontier()),
    );
    let read = 0;
    for (let i = 0; i < RUNS / 5; i++) {
      const inner = random.pick(objects);
      const bent: LogObject | undefined =
        random.int(2) === 0
          ? decode(logObjectCodec, mutate(random.pick(bytes)))
          : inner.type === 'event'
            ? { ...inner, header: mutate(inner.header) }
            : inner.type === 'certificate'
              ? { ...inner, certificate: mutate(inner.certificate) }
              : inner.type === 'seal'
                ? { ...inner, seq: random.int(5), head: random.bytes(32) as typeof inner.head }
                : undefined;
      if (bent !== undefined) {
        read += 1;
        take(bob, [bent], feedOf(alice));
      }
      const theirs = decode(frontierCodec, mutate(frontier));
      if (theirs !== undefined) bob.store.transaction(() => bob.log.read(bob.log.compare(theirs).theyLack, 5000));
    }
    expect(read).toBeGreaterThan(RUNS / 20);
    // What was bent is stored at most: nothing seals it.
    expect([dump(bob, ['order']), texts(bob)]).toEqual(shown);
  },
  RUNS + 20_000,
);
