import { expect, test } from 'vitest';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import { encode } from '../../src/codec/index.ts';
import { eventName, eventPrefixFromName } from '../../src/identity/index.ts';
import { logObjectCodec } from '../../src/log/index.ts';
import { DAY, everything, feedOf, give, meet, openReplica, pair, say, START, take, texts } from './people.ts';

const crypto = await createLibsodium();

test('two people write to each other and hold the same', () => {
  const [alice, bob] = pair(crypto);
  say(alice, 'hello');
  say(alice, 'are you there');
  const got = give(alice, bob);
  expect([...got.refused]).toEqual([]);
  expect(got.shown.length).toBe(2);
  say(bob, 'yes', START + 60_000);
  give(bob, alice);
  expect(texts(alice)).toEqual(['hello', 'are you there', 'yes']);
  expect(texts(bob)).toEqual(texts(alice));
  const [a, b] = [alice, bob].map((who) => who.store.transaction(() => who.log.frontier()));
  expect(a).toEqual(b);
  say(alice, 'next day', START + DAY);
  say(bob, 'also', START + DAY);
  give(alice, bob);
  give(bob, alice);
  expect(texts(bob)).toEqual(texts(alice));
  expect(everything(alice).length).toBe(everything(bob).length);
});

test('a rolled-back transaction leaves no trace once the log forgets', () => {
  const [alice, bob] = pair(crypto);
  say(alice, 'one');
  give(alice, bob);
  const before = bob.store.transaction(() => bob.log.frontier());
  say(alice, 'two', START + DAY);
  const objects = everything(alice);
  expect(() =>
    bob.store.transaction(() => {
      bob.log.ingest(objects, feedOf(alice), START);
      bob.log.append({ contentKind: 16, content: new Uint8Array(3), time: START });
      throw new Error('the disk is full');
    }),
  ).toThrow('full');
  bob.log.forget();
  expect(bob.store.transaction(() => bob.log.frontier())).toEqual(before);
  give(alice, bob);
  say(bob, 'three', START + DAY);
  give(bob, alice);
  expect(texts(alice)).toEqual(['one', 'two', 'three']);
  expect(texts(bob)).toEqual(texts(alice));
  expect(bob.log.verify()).toEqual([]);
});

test('a thousand events cost one signature check, and a batch is cut where it was told to', () => {
  const [alice, bob] = pair(crypto);
  for (let i = 0; i < 1000; i++) say(alice, `${i}`);
  let checks = 0;
  const counting = {
    ...crypto,
    verify: (...all: Parameters<typeof crypto.verify>) => (checks++, crypto.verify(...all)),
  };
  const watcher = openReplica(counting, 3);
  meet(watcher, alice);
  const objects = everything(alice);
  watcher.log.charter();
  checks = 0;
  take(
    watcher,
    objects.filter(({ type }) => type !== 'entry'),
    feedOf(alice),
  );
  // The certificate and the seal.
  expect(checks).toBe(2);
  expect(texts(watcher).length).toBe(1000);

  let packets = 0;
  for (
    let left = alice.store.transaction(() => alice.log.compare(bob.log.frontier()).theyLack);
    left.length > 0;
    packets++
  ) {
    const batch = alice.store.transaction(() => alice.log.read(left, 3300));
    expect(batch.bytes).toBeLessThanOrEqual(3300);
    const size = batch.objects.reduce((sum, object) => sum + encode(logObjectCodec, object).length, 0);
    expect(size).toBeLessThanOrEqual(batch.bytes);
    const got = take(bob, batch.objects, feedOf(alice));
    // Each packet counts by itself: it ends in a seal of its own.
    expect(got.shown.length).toBe(batch.objects.filter(({ type }) => type === 'event').length);
    left = batch.left;
  }
  expect(packets).toBeGreaterThan(20);
  expect(texts(bob)).toEqual(texts(alice));
});

test('pages, places and names lead to the same events', () => {
  const [alice] = pair(crypto);
  for (let i = 0; i < 10; i++) say(alice, `${i}`);
  const all = alice.log.page({ limit: 99 });
  const [third, seventh] = [all[2], all[6]];
  if (third === undefined || seventh === undefined) throw new Error('too few');
  expect(alice.log.page({ before: third.event, limit: 9 })).toEqual(all.slice(0, 2));
  expect(alice.log.page({ before: seventh.event, limit: 2 })).toEqual(all.slice(4, 6));
  expect(alice.log.page({ after: seventh.event, limit: 2 })).toEqual(all.slice(7, 9));
  expect(alice.log.find(third.event)).toEqual(third);
  expect(alice.log.at(third.place)).toEqual(third);
  const prefix = eventPrefixFromName(eventName(third.event));
  expect(prefix && alice.log.findPrefix(prefix)).toEqual(third);
  expect(alice.log.findPrefix(new Uint8Array(16))).toBeUndefined();
  alice.store.transaction(() => alice.log.purge(third.event));
  expect(alice.log.content(third.event)).toBeUndefined();
  expect(alice.log.find(third.event)?.contentState).toBe('purged');
});
