// A device with a changed client goes on from one place in more ways than count: what others say who had heard some of them counts.
import { expect, test } from 'vitest';
import { compareBytes, toHex } from '../../src/bytes/index.ts';
import { branchIdOf, createRemoval, eventIdOf, type EventId } from '../../src/identity/index.ts';
import { decodeHeader, type Head, type LogObject } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { households } from './devices.ts';
import { Hand } from './hand.ts';
import { everything, give, meet, openReplica, START, take, type Replica } from './people.ts';

const crypto = createNullCrypto();
const MAX_BRANCHES = 8;

/** `more`: what the other ways have that are not the one that Bob had heard, nor the line. */
const scene = (ways: number, more: (bob: Hand) => { readonly heads?: readonly Head[]; readonly lamport?: number }) => {
  const { alice, bob } = households(crypto, 611);
  const [a1, a2] = alice;
  const hand = new Hand(crypto, a2, a1);
  const segment = hand.certify();
  const [certificate] = hand.objects as [LogObject];
  const roots = Array.from({ length: 2 }, (_, i) => hand.write({ contentKind: 20 + i }));
  // The line is the one with the smallest event id, and what counts beside it has the smallest ids of branches.
  const [line, heard] = roots.toSorted(compareBytes) as [EventId, EventId];
  const idOf = (event: EventId): Uint8Array => branchIdOf(crypto, segment, event);
  const others: EventId[] = [];
  for (let kind = 30; others.length < ways; kind++) {
    const other = hand.write({ contentKind: kind, ...more(new Hand(crypto, bob[0])) });
    if (compareBytes(other, line) > 0 && compareBytes(idOf(other), idOf(heard)) < 0) others.push(other);
    else hand.objects.length -= 2;
  }
  const named = hand.write({ seq: 1, previous: heard, lamport: 2 });
  const objects = hand.objects;
  const of = (...events: readonly EventId[]): readonly LogObject[] => [
    certificate,
    ...objects.filter((object, i) => {
      const seal = object.type === 'event' ? objects[i + 1] : object;
      return seal?.type === 'seal' && events.some((event) => compareBytes(event, seal.head) === 0);
    }),
  ];
  const fresh = (seed: number): Replica => {
    const replica = openReplica(crypto, seed);
    for (const who of [a1, bob[0]]) meet(replica, who);
    give(a1, replica);
    return replica;
  };
  return { bob: bob[0], hand, segment, idOf, line, heard, named, others, of, fresh };
};
/** What a person says who has heard this of it last. */
const answer = ({ bob }: Pick<ReturnType<typeof scene>, 'bob'>, last: Head): EventId => {
  const { event } = bob.store.transaction(() =>
    bob.log.append({ contentKind: 16, content: new Uint8Array(3), time: START }),
  );
  const [header] = everything(bob).flatMap((object) =>
    object.type === 'event' && compareBytes(eventIdOf(crypto, object.header), event) === 0
      ? [decodeHeader(object.header)]
      : [],
  );
  const nameOf = ({ segment, seq }: Head): string => `${toHex(segment)} ${seq}`;
  expect(header?.heads.map(nameOf)).toContain(nameOf(last));
  return event;
};
const shows = (who: Replica, event: EventId): boolean => who.log.find(event) !== undefined;

test('who had heard one of more ways than count is heard, also by whoever is given only what counts', () => {
  const all = scene(MAX_BRANCHES, () => ({}));
  const { bob, line, heard, named, others, of, fresh } = all;
  take(bob, of(line, heard, named), 'own');
  const said = answer(all, all.hand.head());
  for (const isFirst of [true, false]) {
    const third = fresh(612);
    const handed = [of(line, ...others), everything(bob)];
    for (const objects of isFirst ? handed : handed.toReversed()) take(third, objects, 'own');
    // It was named, and counts here no more.
    expect(third.log.at({ feed: all.hand.feed, segment: all.segment, seq: 1 })).toBeUndefined();
    expect(shows(third, said)).toBe(true);
    const later = fresh(613);
    take(later, everything(third), 'own');
    expect([shows(later, named), shows(later, said)]).toEqual([false, true]);
  }
});

test('so is who had heard what comes on the day after it', () => {
  const all = scene(MAX_BRANCHES, () => ({}));
  const { bob, hand, segment, line, heard, named, others, of, fresh } = all;
  const before = hand.objects.length;
  const last = hand.head();
  hand.certify();
  const next = hand.write({ end: { segment, count: 2 }, heads: [last], lamport: 3 });
  const day = hand.objects.slice(before);
  take(bob, [...of(line, heard, named), ...day], 'own');
  const said = answer(all, hand.head());
  const third = fresh(612);
  for (const objects of [of(line, ...others), day, everything(bob)]) take(third, objects, 'own');
  expect([shows(third, next), shows(third, said)]).toEqual([true, true]);
});

test('so is who had heard what a removal accepted before another chain was the line', () => {
  const { alice, bob } = households(crypto, 611);
  const [a1, a2] = alice;
  const hand = new Hand(crypto, a2, a1);
  const segment = hand.certify();
  const first = hand.write({ contentKind: 20 });
  hand.next();
  const last = hand.head();
  take(bob[0], hand.objects, 'own');
  const said = answer({ bob: bob[0] }, last);
  const { length } = hand.objects;
  for (let contentKind = 30; ; contentKind++) {
    hand.objects.length = length;
    if (compareBytes(hand.write({ contentKind }), first) < 0) break;
  }
  const smaller = hand.objects.slice(length);
  const cut = { feed: hand.feed, segment, count: 2, charterCount: 0, charterHead: null };
  const { entry } = a1.store.transaction(() =>
    a1.log.appendEntry(
      (key, at) => createRemoval(crypto, key, at, { feed: hand.feed, member: null, cuts: [cut] }),
      START,
    ),
  );
  const removal: LogObject = { type: 'entry', entry };
  const [certificate] = hand.objects as [LogObject];
  for (const isFirst of [true, false]) {
    const third = openReplica(crypto, 612);
    for (const who of [a1, bob[0]]) meet(third, who);
    give(a1, third);
    take(third, [certificate, ...smaller], 'own');
    if (isFirst) take(third, [removal], 'own');
    take(bob[0], [...smaller, removal], 'own');
    give(bob[0], third);
    // Of both chains one lies within the cut, and nobody hands over the other one any more.
    expect([third.log.at(last), shows(third, said)]).toEqual([undefined, true]);
  }
});

test('so is who had heard one of more segments beside each other than a frontier lists', () => {
  const { alice, bob } = households(crypto, 611);
  const [a1, a2] = alice;
  const hand = new Hand(crypto, a2, a1);
  const heads = Array.from({ length: 3 * MAX_BRANCHES }, (_, i) => {
    hand.certify({ previous: null, number: 0, seed: 100 + i });
    hand.write({ contentKind: 20 + i });
    return hand.head();
  });
  // Lines are listed by their last segments, those with the smallest ids.
  const last = heads.reduce((a, b) => (compareBytes(a.segment, b.segment) < 0 ? b : a));
  take(bob[0], hand.objects, 'own');
  const longer = new Hand(crypto, a2, a1);
  longer.certify({ previous: last.segment, number: 1 });
  longer.write({ end: { segment: last.segment, count: 1 }, heads: [last], lamport: 2 });
  take(bob[0], longer.objects, 'own');
  const said = answer({ bob: bob[0] }, longer.head());
  const third = openReplica(crypto, 612);
  for (const who of [a1, bob[0]]) meet(third, who);
  give(a1, third);
  give(bob[0], third);
  expect([third.log.at(longer.head()), shows(third, said)]).toEqual([undefined, true]);
});

test('of ways that leave another one as many count as there is room for, whatever that one is called', () => {
  const { hand, heard, line, idOf, of, fresh } = scene(0, () => ({}));
  const leaving: EventId[] = [];
  for (let kind = 30; leaving.length <= MAX_BRANCHES; kind++) {
    const one = hand.write({ seq: 1, previous: heard, lamport: 2, contentKind: kind });
    if (compareBytes(idOf(one), idOf(heard)) < 0) leaving.push(one);
  }
  const replica = fresh(612);
  take(replica, of(line, heard, ...leaving), 'own');
  const [first, ...others] = leaving.toSorted(compareBytes) as [EventId, ...EventId[]];
  const rising = others.toSorted((a, b) => compareBytes(idOf(a), idOf(b)));
  expect([line, heard, first, ...rising].map((event) => shows(replica, event))).toEqual(
    Array.from({ length: MAX_BRANCHES + 3 }, (_, i) => i < MAX_BRANCHES + 2),
  );
});

test('ways that wait for what is nowhere leave room for those that count', () => {
  const all = scene(MAX_BRANCHES + 2, (bob) => ({
    heads: [{ feed: bob.feed, segment: new Uint8Array(8).fill(9) as Head['segment'], seq: 1000, lamport: 5 }],
    lamport: 6,
  }));
  const { bob, line, heard, named, others, of, fresh } = all;
  take(bob, of(line, heard, named), 'own');
  const said = answer(all, all.hand.head());
  const third = fresh(612);
  for (const objects of [of(line, ...others), of(line, heard, named), everything(bob)]) take(third, objects, 'own');
  expect([shows(third, named), shows(third, said)]).toEqual([true, true]);
  expect(others.some((other) => shows(third, other))).toBe(false);
});
