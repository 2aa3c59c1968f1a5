// What a wish costs whoever holds what is asked for.
import { expect, test, vi } from 'vitest';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import type { EventId } from '../../src/identity/index.ts';
import type { LogObject } from '../../src/log/index.ts';
import { MAX_PACKET_BYTES } from '../../src/mailbox/index.ts';
import { encodePacket } from '../../src/sync/index.ts';
import { Hand } from './hand.ts';
import { feedOf, meet, openReplica, pair, take, type Replica } from './people.ts';

const crypto = createNullCrypto();

const rowsRead = ({ store }: Replica, work: () => unknown): number => {
  const spies = [vi.spyOn(store, 'get'), vi.spyOn(store, 'scan')];
  work();
  const rows = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  for (const spy of spies) spy.mockRestore();
  return rows;
};

/** As a packet brings them: one seal, at the last event. */
const underOne = (objects: readonly LogObject[]): readonly LogObject[] =>
  objects.filter((object, i) => object.type !== 'seal' || i === objects.length - 1);

test('class 29: of a segment in which two events stand at one place many small ranges cost no more than one', () => {
  const [alice, bob] = pair(crypto, 61);
  const [hand, other] = [new Hand(crypto, bob), new Hand(crypto, bob)];
  hand.certify();
  other.certify();
  for (let i = 0; i < 400; i++) hand.next();
  for (let i = 0; i < 400; i++) other.next({ time: 29_000_000 });
  take(alice, underOne(hand.objects), feedOf(bob));
  take(alice, underOne(other.objects.slice(1)), feedOf(bob));
  const read = (count: number, to: number) =>
    alice.store.transaction(() => {
      const range = { feed: hand.feed, segment: hand.segment, from: 0, to };
      return alice.log.read(
        Array.from({ length: count }, () => range),
        1e6,
      ).objects;
    });
  expect(read(1, 400).filter(({ type }) => type === 'event')).toHaveLength(400);
  expect(read(64, 1).filter(({ type }) => type === 'event')).toHaveLength(64);
  const once = rowsRead(alice, () => read(1, 1));
  expect(rowsRead(alice, () => read(64, 1))).toBeLessThan(once + 400);
  expect(rowsRead(alice, () => read(64, 0))).toBeLessThan(200);
  // Rising and falling ranges of both chains bring what one range of each does.
  const lines = [
    hand.segment,
    ...alice.log.frontier().feeds.flatMap(({ aside }) => aside.map(({ segment }) => segment)),
  ];
  expect(lines).toHaveLength(2);
  const pieces = lines.flatMap((segment) =>
    [300, 0, 200, 100].map((from) => ({ feed: hand.feed, segment, from, to: from + 100 })),
  );
  const whole = lines.map((segment) => ({ feed: hand.feed, segment, from: 0, to: 400 }));
  const events = (ranges: typeof whole): readonly string[] =>
    alice.store
      .transaction(() => alice.log.read(ranges, 1e7).objects)
      .flatMap((object) => (object.type === 'event' ? [Buffer.from(object.header).toString('hex')] : []))
      .toSorted();
  expect(events(pieces)).toHaveLength(800);
  expect(events(pieces)).toEqual(events(whole));
});

test('class 29: a page of a segment in which two events stand at one place, and what is said of its first events, costs no walk down all of it', () => {
  const LENGTH = 1_000;
  const [alice, bob] = pair(crypto, 62);
  const [hand, other] = [new Hand(crypto, bob), new Hand(crypto, bob)];
  hand.certify();
  other.certify();
  for (let i = 0; i < LENGTH; i++) hand.next();
  other.write({ time: 29_000_000 });
  const forked = other.next({ time: 29_000_000 });
  take(alice, underOne(hand.objects), feedOf(bob));
  take(alice, underOne(other.objects.slice(1)), feedOf(bob));
  const place = { feed: hand.feed, segment: hand.segment, seq: 1 };
  const first = alice.log.allAt(place)[0];
  const last = alice.log.page({ limit: 1 })[0];
  if (first === undefined || last === undefined) throw new Error('nothing is shown');
  expect(rowsRead(alice, () => alice.log.allAt(place))).toBeLessThan(30);
  expect(rowsRead(alice, () => alice.log.page({ after: first.event, limit: 50 }))).toBeLessThan(400);
  expect(rowsRead(alice, () => alice.log.below(last.event, 1))).toBeLessThan(30);
  // What is above grows: all of it is told as it was.
  for (let i = 0; i < 5; i++) {
    const from = hand.objects.length;
    const event = hand.next();
    take(alice, hand.objects.slice(from), feedOf(bob));
    expect(alice.log.find(event)?.place).toEqual({ ...place, seq: LENGTH + i });
    expect(alice.log.below(event, 1)).toEqual(alice.log.at(place)?.event);
  }
  const branch = alice.log.find(forked);
  const beside = branch === undefined ? undefined : alice.log.below(branch.event, 0);
  expect(beside).toBeDefined();
  expect(beside).not.toEqual(alice.log.below(last.event, 0));
  expect([branch, last].map((one) => one?.marks.includes('copy')).toSorted()).toEqual([false, true]);
  const again = alice.log.page({ limit: 10_000 });
  alice.log.forget();
  expect(alice.log.page({ limit: 10_000 })).toEqual(again);
  expect(alice.log.below(last.event, 1)).toBeDefined();
});

test('class 29: a segment that goes on in very many ways from its end fits the packets in which it is handed on', () => {
  const [alice, bob] = pair(crypto, 64);
  const hand = new Hand(crypto, bob);
  hand.certify();
  let previous: EventId = hand.next({}, 'begin');
  for (let i = 0; i < 600; i++) previous = hand.next({}, 'x'.repeat(300));
  const { lamport, seq } = hand.head();
  take(
    alice,
    hand.objects.filter(({ type }) => type !== 'seal'),
    feedOf(bob),
  );
  const from = hand.objects.length;
  for (let i = 0; i < 255; i++) hand.write({ seq: seq + 1, previous, lamport: lamport + 1, time: 29_000_000 + i });
  take(alice, hand.objects.slice(from), feedOf(bob));
  const other = openReplica(crypto, 65);
  for (const who of [alice, bob]) meet(other, who);
  const read = () => {
    const theirs = other.store.transaction(() => other.log.frontier());
    return alice.store.transaction(() => alice.log.read(alice.log.compare(theirs).theyLack, MAX_PACKET_BYTES - 200))
      .objects;
  };
  for (let i = 0; i < 6; i++) {
    const objects = read();
    expect(encodePacket([{ type: 'objects', objects }]).length).toBeLessThan(MAX_PACKET_BYTES);
    take(other, objects, 'own');
  }
  expect(other.log.page({ limit: 10_000 }).length).toBeGreaterThan(600);
  expect(read()).toEqual([]);
});
