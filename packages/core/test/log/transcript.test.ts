// What anyone can tell of objects that are handed to them.
import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/bytes/index.ts';
import { eventIdOf } from '../../src/identity/index.ts';
import { examine, type LogObject } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { innocent, publishDue, weeks } from './devices.ts';
import { Hand } from './hand.ts';
import { DAY, everything, give, openReplica, pair, person, say, START, take } from './people.ts';

const crypto = createNullCrypto();
const reader = new TextDecoder();
const told = (objects: readonly LogObject[]) =>
  examine(crypto, objects).map(({ content, sealed, proven }) => [content && reader.decode(content), sealed, proven]);
const talk = () => {
  const [alice, bob] = pair(crypto, 71);
  say(alice, 'one');
  give(alice, bob);
  say(bob, 'two');
  say(bob, 'three');
  give(bob, alice);
  return { alice, bob, objects: everything(alice) };
};

test('every event, in the order of Lamport times, sealed and proven', () => {
  const { objects } = talk();
  expect(told(objects)).toEqual([
    ['one', true, true],
    ['two', true, true],
    ['three', true, true],
  ]);
  expect(told(objects.toReversed())).toEqual(told(objects));
  expect(told([...objects, ...objects])).toEqual(told(objects));
  const [first] = examine(crypto, objects);
  const event = objects.find((object) => object.type === 'event');
  expect(event && toHex(eventIdOf(crypto, event.header))).toBe(first && toHex(first.event));
  expect(examine(crypto, objects).map(({ header }) => header.lamport)).toEqual([1, 2, 3]);
});

test('without its seal, its certificate or the entry of its device an event is neither', () => {
  const { objects } = talk();
  for (const type of ['seal', 'certificate', 'entry'] as const)
    expect(
      told(objects.filter((object) => object.type !== type)).map(([, sealed, proven]) => [sealed, proven]),
    ).toEqual([
      [false, false],
      [false, false],
      [false, false],
    ]);
});

test('a seal covers what stands below it, as far as that is here', () => {
  const { objects } = talk();
  const without = (lost: string) =>
    objects.filter(
      (object) => object.type !== 'event' || (object.content && reader.decode(object.content.content)) !== lost,
    );
  expect(told(without('two'))).toEqual([
    ['one', true, true],
    ['three', true, true],
  ]);
  expect(told(without('three'))).toEqual([
    ['one', true, true],
    ['two', false, false],
  ]);
});

test('a seal with another signature, or of another segment, seals nothing', () => {
  const { objects } = talk();
  const bend = (change: object): readonly LogObject[] =>
    objects.map((object) => (object.type === 'seal' ? ({ ...object, ...change } as LogObject) : object));
  for (const change of [
    { signature: new Uint8Array(64) },
    { segment: new Uint8Array(8).fill(1) },
    { feed: new Uint8Array(8).fill(1) },
    { head: new Uint8Array(32).fill(1) },
  ])
    expect(told(bend(change)).map(([, sealed]) => sealed)).toEqual([false, false, false]);
});

test('a content that is not what its header says, or is not there, is none', () => {
  const { objects } = talk();
  const bend = (
    content: (before: { key: Uint8Array; content: Uint8Array }) => { key: Uint8Array; content: Uint8Array } | null,
  ) =>
    objects.map((object): LogObject =>
      object.type === 'event' && object.content !== null ? { ...object, content: content(object.content) } : object,
    );
  const contents = (some: readonly LogObject[]) => told(some).map(([content]) => content);
  expect(contents(bend(() => null))).toEqual([null, null, null]);
  expect(contents(bend(({ key }) => ({ key, content: utf8('six') })))).toEqual([null, null, null]);
  expect(contents(bend(({ key }) => ({ key, content: new Uint8Array(100) })))).toEqual([null, null, null]);
  expect(contents(bend(({ content }) => ({ key: new Uint8Array(32), content })))).toEqual([null, null, null]);
  expect(contents(bend((same) => same))).toEqual(['one', 'two', 'three']);
});

test('of two events with one Lamport time the smaller id comes first, whichever is handed over first', () => {
  const [alice, bob] = pair(crypto, 74);
  for (const who of [alice, bob]) for (const text of ['one', 'two']) say(who, text);
  const objects = [...everything(alice), ...everything(bob)];
  const ids = (some: readonly LogObject[]) =>
    examine(crypto, some).map(({ event, header }) => `${header.lamport} ${toHex(event)}`);
  expect(ids(objects)).toHaveLength(4);
  expect(ids(objects)).toEqual(ids(objects).toSorted());
  expect(ids(objects.toReversed())).toEqual(ids(objects));
});

test('a content of another size than its header says is none', () => {
  const [alice] = pair(crypto, 75);
  const hand = new Hand(crypto, alice);
  hand.certify();
  hand.next({ sizeClass: 3 }, 'longer, it says');
  hand.next({}, 'as it says');
  expect(told([...everything(alice), ...hand.objects]).map(([content]) => content)).toEqual([null, 'as it says']);
});

test('what does not read, and entries of strangers, are left out', () => {
  const { objects } = talk();
  const stranger = person(crypto, 99);
  const noise: readonly LogObject[] = [
    { type: 'event', header: new Uint8Array(9), content: null },
    { type: 'entry', entry: new Uint8Array(9) },
    { type: 'certificate', certificate: new Uint8Array(9) },
    { type: 'entry', entry: stranger.inception },
  ];
  expect(told([...noise, ...objects, ...noise])).toEqual(told(objects));
  expect(told(noise)).toEqual([]);
  expect(told([])).toEqual([]);
});

test('what a device that was added wrote is sealed by its own key', () => {
  const { alice, bob } = weeks(crypto, 72, 1);
  const all = everything(alice[0]);
  expect(told(all)).toHaveLength(12);
  expect(told(all).every(([, sealed, proven]) => sealed === true && proven === true)).toBe(true);
  expect(told(everything(bob[1])).map(([text]) => text)).toEqual(told(all).map(([text]) => text));
});

test('of a published day everything is sealed and nothing is proven', () => {
  const home = weeks(crypto, 73, 3);
  const later = START + 20 * DAY;
  for (const who of home.alice) publishDue(who, home.bob, later);
  for (const from of home.all) for (const to of home.all) if (from !== to) give(from, to);
  const objects = everything(home.alice[0]);
  const published = told(objects).filter(([, , proven]) => proven === false);
  expect(published.length).toBeGreaterThan(5);
  expect(told(objects).every(([, sealed]) => sealed === true)).toBe(true);
  expect(published.every(([text]) => String(text).startsWith('day'))).toBe(true);
  // A client that knows nothing takes as much of it as is sealed.
  const { replica } = innocent(home, 5, objects);
  expect(replica.log.page({ limit: 999 })).toHaveLength(told(objects).length);
  const bare = openReplica(crypto, 6);
  expect(take(bare, objects, 'own').shown).toEqual([]);
});
