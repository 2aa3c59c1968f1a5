// What somebody changed on the way and nobody sealed is held at a place, and must not keep away what belongs there.
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/bytes/index.ts';
import { eventIdOf, type EventId } from '../../src/identity/index.ts';
import {
  contentHash,
  decodeHeader,
  encodeHeader,
  sizeClassOf,
  type Frontier,
  type Header,
  type LogObject,
} from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { Hand } from './hand.ts';
import { everything, feedOf, give, meet, openReplica, pair, say, take, texts, type Replica } from './people.ts';

const crypto = createNullCrypto();
const LENGTH = 6;
const LINES = Array.from({ length: LENGTH }, (_, i) => `line ${i}`);
const EVIL = new Uint8Array(32).fill(7) as EventId;

const changes: Readonly<Record<string, (header: Header) => Header>> = {
  'another date': (header) => ({ ...header, time: header.time + 1 }),
  'another event before it': (header) => (header.seq === 0 ? header : { ...header, previous: EVIL }),
  'the place of the next one': (header) => (header.seq === 0 ? header : { ...header, seq: header.seq + 1 }),
  'a place above all others': (header) => (header.seq === 0 ? header : { ...header, seq: LENGTH + 3 }),
};

/** Alice wrote six lines within a day, and Bob's device has all of them. */
const world = () => {
  const [alice, bob] = pair(crypto, 71);
  const hand = new Hand(crypto, alice);
  hand.certify();
  for (const line of LINES) hand.next({}, line);
  take(bob, hand.objects, 'own');
  const other = openReplica(crypto, 72);
  for (const who of [alice, bob]) meet(other, who);
  return { alice, bob, hand, other };
};
const isSeal = ({ type }: LogObject): boolean => type === 'seal';
const changed = (objects: readonly LogObject[], change: (header: Header) => Header): readonly LogObject[] =>
  objects.map((object) => {
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    return object.type === 'event' && header !== undefined
      ? { ...object, header: encodeHeader(change(header)) }
      : object;
  });
const frontierOf = (who: Replica): Frontier => who.store.transaction(() => who.log.frontier());

describe.each(Object.entries(changes))('an event that was given %s on the way', (_, change) => {
  const places = Array.from({ length: LENGTH }, (_value, at) => at);
  test.each(places)('at %i keeps nothing away that whoever holds it hands on', (at) => {
    const { alice, bob, hand, other } = world();
    const objects = Array.from({ length: LENGTH }, (_value, seq) =>
      seq === at ? changed(hand.piece(seq, seq + 1), change) : hand.piece(seq, seq + 1),
    ).flat();
    // In one packet, under one seal at the last of them.
    const last = objects.findLast(isSeal);
    const packet = objects.filter((object) => !isSeal(object) || object === last);
    take(other, [...hand.certificates(), ...packet], feedOf(alice));
    for (let round = 0; round < 3; round++) give(bob, other);
    expect(texts(other)).toEqual(LINES);
    // And then nothing more is handed over.
    expect(bob.store.transaction(() => bob.log.compare(frontierOf(other)).theyLack)).toEqual([]);
  });
});

test('several of them, at each second place, keep nothing away either', () => {
  const { alice, bob, hand, other } = world();
  const objects = Array.from({ length: LENGTH }, (_value, seq) => {
    const piece = hand.piece(seq, seq + 1).filter((object) => !isSeal(object));
    return seq % 2 === 1 ? piece : changed(piece, (header) => ({ ...header, time: header.time + 1 }));
  }).flat();
  take(other, [...hand.certificates(), ...objects], feedOf(alice));
  for (let round = 0; round < 3; round++) give(bob, other);
  expect(texts(other)).toEqual(LINES);
});

test('several of them that follow each other keep nothing away either', () => {
  const { alice, bob, hand, other } = world();
  let below: EventId | undefined;
  const lie = (header: Header): Header => {
    if (header.seq < 2 || header.seq > 3) return header;
    const forged = { ...header, time: header.time + 1, previous: below ?? header.previous };
    below = eventIdOf(crypto, encodeHeader(forged));
    return forged;
  };
  const events = hand.piece(0, LENGTH).filter((object) => !isSeal(object));
  take(other, [...hand.certificates(), ...changed(events, lie)], feedOf(alice));
  const listed = frontierOf(other).feeds.flatMap(({ ranges }) => ranges.map(({ from, to }) => [from, to]));
  // Where the lie ends nothing says which of the two is wrong; below that it looks as good as what is right.
  expect(listed).toEqual([
    [0, 3],
    [5, LENGTH],
  ]);
  for (let round = 0; round < 3; round++) give(bob, other);
  expect(texts(other)).toEqual(LINES);
});

test('what stands above the end without following it is not listed', () => {
  const { alice, hand, other } = world();
  const past = hand.piece(LENGTH - 1, LENGTH).filter((object) => !isSeal(object));
  const above = changed(past, (header) => ({ ...header, seq: LENGTH }));
  take(other, [...hand.objects, ...above], feedOf(alice));
  const feed = frontierOf(other).feeds.find((one) => one.feed.join() === hand.feed.join());
  expect([feed?.count, feed?.ranges]).toEqual([LENGTH, []]);
});

const isSameEvent = (one: LogObject, other: LogObject): boolean =>
  one.type === 'event' && other.type === 'event' && equalBytes(one.header, other.header);

/** Of this id's first byte, in the name of who wrote `header`, `above` places after it; nobody has sealed it. */
const madeUp = (header: Header, above: number, first: number) => {
  const content = new TextEncoder().encode('I never said that');
  const key = new Uint8Array(32).fill(3);
  const other: Header = {
    ...header,
    seq: header.seq + above,
    previous: above === 1 ? eventIdOf(crypto, encodeHeader(header)) : EVIL,
    lamport: header.lamport + above,
    end: null,
    sizeClass: sizeClassOf(content.length),
    contentHash: contentHash(crypto, key, content),
  };
  for (let time = header.time; ; time++) {
    const encoded = encodeHeader({ ...other, time });
    const event = eventIdOf(crypto, encoded);
    const object: LogObject = { type: 'event', header: encoded, content: { key, content } };
    if (event[0] === first) return { event, object };
  }
};

describe.each([
  ['at the next place', 1],
  ['further above', 3],
])('what somebody made up in the name of a device, %s', (_, above) => {
  // At one place the smaller id comes first, and the last one that is handed over is what gets a seal.
  test.each([0, 255])('with an id that begins with %i, is neither signed nor handed on by that device', (first) => {
    const [alice, bob] = pair(crypto, 73);
    say(bob, 'line 0');
    give(bob, alice);
    const said = everything(bob).find(({ type }) => type === 'event');
    const header = said?.type === 'event' ? decodeHeader(said.header) : undefined;
    if (header === undefined) throw new Error('nothing was said');
    const { event, object } = madeUp(header, above, first);
    take(bob, [object], feedOf(alice));
    const lines = [0, 1, 2, 3, 4].map((i) => `line ${i}`);
    const handed = lines.slice(1).flatMap((line) => {
      say(bob, line);
      // As after a restart: what it wrote is read from the disk again.
      bob.log.forget();
      const { theyLack } = bob.store.transaction(() => bob.log.compare(frontierOf(alice)));
      const { objects } = bob.store.transaction(() => bob.log.read(theyLack, 1e9));
      take(alice, objects, feedOf(bob));
      return objects;
    });
    expect(handed.filter((one) => one.type === 'seal' && equalBytes(one.head, event))).toEqual([]);
    expect([...handed, ...everything(bob)].filter((one) => isSameEvent(one, object))).toEqual([]);
    // Nor does it count for who made it up, and who hands it over once more.
    take(alice, [object], feedOf(alice));
    give(alice, bob);
    const other = openReplica(crypto, 74);
    for (const who of [alice, bob]) meet(other, who);
    give(alice, other);
    expect([alice, bob, other].map(texts)).toEqual([lines, lines, lines]);
  });
});
