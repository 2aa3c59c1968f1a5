// What was just read or written is at hand: what a log asks of the store for what it does most.
import { expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import type { LogObject } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { openMemoryStore, type MemoryStore } from '../../../testkit/src/memory-store.ts';
import { Hand } from './hand.ts';
import { DAY, everything, feedOf, give, meet, openReplica, pair, person, say, START, take, texts } from './people.ts';

const crypto = createNullCrypto();
/** A store that counts what it is asked for. */
const counted = () => {
  let counts: Record<string, number> = {};
  const store = new Proxy(openMemoryStore(), {
    get(of, name) {
      const found: unknown = Reflect.get(of, name);
      if (typeof found !== 'function' || !['get', 'scan', 'put', 'delete'].includes(String(name))) return found;
      return (table: string, ...rest: unknown[]): unknown => {
        const what = `${String(name)} ${table}`;
        counts[what] = (counts[what] ?? 0) + 1;
        return Reflect.apply(found, of, [table, ...rest]);
      };
    },
  }) as MemoryStore;
  return {
    store,
    since: () => {
      const sofar = counts;
      counts = {};
      return sofar;
    },
  };
};
/** What every event costs that is taken. */
const taken = (events: number) => ({
  'put header': events,
  'put event': events,
  'put content': events,
  'put order': events,
});

test('taking a packet of a running segment reads nothing of it back, however many events it has', () => {
  const [alice, carol] = pair(crypto, 701);
  const { store, since } = counted();
  const bob = openReplica(crypto, 702, { store });
  for (const who of [alice, carol]) meet(bob, who);
  for (const events of [1, 1, 1, 20, 1]) {
    for (let i = 0; i < events; i++) say(alice, `text ${i}`);
    since();
    expect(give(alice, bob).shown).toHaveLength(events);
    const asked = since();
    if (texts(bob).length < 3) continue;
    // What is shown ahead is looked for once.
    expect(asked).toEqual({
      ...taken(events),
      'get segment': 1,
      'scan waiting': 1,
      // One that waits, one that was checked, and the one before it goes.
      'put seal': 2,
      'delete seal': 1,
      // The segment, and the feed.
      'put segment': 2,
    });
  }
  const page = bob.log.page({ limit: 99 });
  since();
  for (const { event } of page.slice(-21)) expect(bob.log.content(event)).toBeDefined();
  expect(since()).toEqual({});
  expect(bob.log.find(page.at(-1)?.event as (typeof page)[0]['event'])).toEqual(page.at(-1));
  expect(since()).toEqual({ 'get order': 1 });
  expect(bob.log.find(page[0]?.event as (typeof page)[0]['event'])).toEqual(page[0]);
  expect(since()).toMatchObject({ 'get event': 1, 'get header': 1, 'get order': 1 });
  // A new day reads no row either.
  say(alice, 'a day later', START + DAY);
  since();
  give(alice, bob);
  const asked = since();
  expect([asked['get header'], asked['scan header'], asked['get content'], asked['get seal']]).toEqual(Array(4));
  expect([asked['put certificate'], asked['put header']]).toEqual([1, 1]);
  take(bob, [], feedOf(alice));
  expect(since()).toEqual({ 'get segment': 1 });
});

test('a frontier that nothing changed is told again, a comparison with it asks for nothing, and after a rollback all is read', () => {
  const [alice, carol] = pair(crypto, 703);
  const { store, since } = counted();
  const bob = openReplica(crypto, 704, { store });
  for (const who of [alice, carol]) meet(bob, who);
  for (let day = 0; day < 3; day++) say(alice, `${day}`, START + day * DAY);
  give(alice, bob);
  const told = bob.store.transaction(() => bob.log.frontier());
  since();
  expect(bob.store.transaction(() => bob.log.frontier())).toBe(told);
  expect(bob.store.transaction(() => bob.log.compare(told))).toEqual({ theyLack: [], iLack: [] });
  expect(since()).toEqual({});
  bob.log.forget();
  expect(bob.store.transaction(() => bob.log.frontier())).toEqual(told);
  expect(since()).toMatchObject({ 'scan entry': 1 });
  bob.log.forget();
  expect(texts(bob)).toEqual(['0', '1', '2']);
  since();
  bob.store.transaction(() => bob.log.frontier());
  expect(since()['put segment']).toBeUndefined();
});

test('what one writes costs its rows, its seal and its segment, and goes out without being read', () => {
  const who = person(crypto, 705);
  const { store, since } = counted();
  const writer = openReplica(crypto, 706, { store });
  const device = who.log.device();
  if (device === undefined) throw new Error('not started');
  writer.store.transaction(() => writer.log.startDevice(device.key, who.inception));
  const seal = () => writer.store.transaction(() => writer.log.sealHead());
  const send = () => {
    const place = writer.log.page({ limit: 1 })[0]?.place;
    if (place === undefined) throw new Error('nothing was written');
    since();
    return writer.store.transaction(() => writer.log.read([{ ...place, from: place.seq, to: place.seq + 1 }], 1e9));
  };
  for (const text of ['one', 'two']) {
    say(writer, text);
    seal();
    send();
  }
  since();
  for (let i = 0; i < 3; i++) {
    const event = say(writer, `text ${i}`);
    expect(since()).toEqual({ ...taken(1), 'put segment': 1 });
    seal();
    expect(since()).toEqual({ 'put seal': 1, 'delete seal': 1, 'put segment': 1 });
    seal();
    expect(since()).toEqual({});
    expect(send().objects.map(({ type }) => type)).toEqual(['event', 'seal']);
    expect(since()).toEqual({});
    expect(writer.log.content(event)).toEqual(new TextEncoder().encode(`text ${i}`));
    expect(since()).toEqual({});
  }
  // The last 32 at least are at hand, and those before 64 are not.
  for (let i = 0; i < 70; i++) say(writer, `more ${i}`);
  const page = writer.log.page({ limit: 99 });
  expect(page).toHaveLength(75);
  since();
  const reads = page.map(({ event }) => {
    expect(writer.log.content(event)).toBeDefined();
    return (since()['get content'] ?? 0) > 0;
  });
  expect(reads.slice(0, 75 - 64).every(Boolean)).toBe(true);
  expect(reads.slice(-32).some(Boolean)).toBe(false);
  writer.log.forget();
  expect(texts(writer).slice(-2)).toEqual(['more 68', 'more 69']);
});

test('of a transaction that was rolled back nothing is left at hand', () => {
  const [alice, carol] = pair(crypto, 710);
  const bob = openReplica(crypto, 711);
  for (const who of [alice, carol]) meet(bob, who);
  say(alice, 'before');
  give(alice, bob);
  const told = bob.store.transaction(() => bob.log.frontier());
  for (let day = 0; day < 3; day++) say(alice, `${day}`, START + day * DAY);
  const { objects } = alice.store.transaction(() => alice.log.read(alice.log.compare(told).theyLack, 1e9));
  const fail = () =>
    bob.store.transaction(() => {
      bob.log.ingest(objects, 'own', START);
      expect(bob.log.page({ limit: 9 })).toHaveLength(4);
      bob.log.frontier();
      throw new Error('rolled back');
    });
  for (let i = 0; i < 2; i++) {
    expect(fail).toThrow('rolled back');
    bob.log.forget();
    expect(bob.store.transaction(() => bob.log.frontier())).toEqual(told);
    expect(texts(bob)).toEqual(['before']);
  }
  const { shown } = take(bob, objects, 'own');
  expect(shown).toHaveLength(3);
  expect(bob.store.transaction(() => bob.log.frontier())).toEqual(alice.store.transaction(() => alice.log.frontier()));
  const again = openReplica(crypto, 712, { store: bob.store });
  expect(again.store.transaction(() => again.log.frontier())).toEqual(bob.store.transaction(() => bob.log.frontier()));
});

test('nor a seal that was rolled back: its event does not count before the seal comes again', () => {
  const [alice, carol] = pair(crypto, 713);
  const bob = openReplica(crypto, 714);
  for (const who of [alice, carol]) meet(bob, who);
  say(alice, 'once sealed');
  const objects = everything(alice);
  const seals = objects.filter(({ type }) => type === 'seal');
  const rest = objects.filter(({ type }) => type !== 'seal');
  take(
    bob,
    objects.filter(({ type }) => type === 'certificate'),
    feedOf(alice),
  );
  const fail = () =>
    bob.store.transaction(() => {
      bob.log.ingest(seals, feedOf(alice), START);
      throw new Error('rolled back');
    });
  expect(fail).toThrow('rolled back');
  bob.log.forget();
  expect(take(bob, rest, feedOf(alice)).shown).toEqual([]);
  expect(take(bob, seals, feedOf(alice)).shown).toHaveLength(1);
});

test('nor a segment beside others: what comes instead has nothing beside it', () => {
  const [alice, carol] = pair(crypto, 715);
  const side = (seed: number): readonly LogObject[] => {
    const hand = new Hand(crypto, alice);
    hand.certify();
    hand.next();
    const before = hand.segment;
    hand.certify({ seed });
    hand.write({ end: { segment: before, count: 1 } });
    return hand.objects;
  };
  const [one, two] = [side(80), side(81)];
  const fresh = () => {
    const replica = openReplica(crypto, 716);
    for (const who of [alice, carol]) meet(replica, who);
    return replica;
  };
  for (const [gone, kept] of [
    [one, two],
    [two, one],
  ] as const) {
    const [bob, other] = [fresh(), fresh()];
    const fail = () =>
      bob.store.transaction(() => {
        bob.log.ingest(gone, feedOf(alice), START);
        bob.log.frontier();
        throw new Error('rolled back');
      });
    expect(fail).toThrow('rolled back');
    bob.log.forget();
    for (const who of [bob, other]) {
      take(who, kept, feedOf(alice));
      who.store.transaction(() => who.log.frontier());
    }
    const rows = (who: typeof bob) => who.store.scan('segment').map(({ key, value }) => [toHex(key), toHex(value)]);
    expect(rows(bob)).toEqual(rows(other));
  }
});

test('the feed and the key of this device are told without its private key, which is copied for who asks for it', () => {
  const { log } = openReplica(crypto, 709);
  expect([log.ownFeed(), log.ownKey(), log.device()]).toEqual([undefined, undefined, undefined]);
  const alice = person(crypto, 710);
  const device = alice.log.device();
  expect(device).toBeDefined();
  expect([alice.log.ownFeed(), alice.log.ownKey()]).toEqual([device?.feed, device?.key.publicKey]);
  device?.key.privateKey.wipe();
  expect(
    alice.log
      .device()
      ?.key.privateKey.expose()
      .some((byte) => byte !== 0),
  ).toBe(true);
});
