// Keys that are made public by whichever device is there, and what a device finds that was away meanwhile.
import { equalBytes, toHex } from '@kith/core/bytes';
import { segmentSeedsOf } from '@kith/core/conversation';
import { conversationFromName } from '@kith/core/identity';
import { decodePeerState } from '@kith/core/sync';
import { openConversationLog, PUBLISH_KIND, TURN_KIND, type ConversationLog } from '@kith/core/log';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import type { MemoryStore } from '@kith/testkit/memory-store';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { decodeLocal } from '../../src/client/records.ts';
import { takeOver } from './hostile.ts';
import { pair, texts, world, type World } from './world.ts';

// Weeks of four engines.
const WEEKS = { timeout: 120_000 };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const idOf = (conversation: string) => {
  const id = conversationFromName(conversation);
  if (id === undefined) throw new Error('no conversation');
  return id;
};
/** The log of a conversation as it lies in the device's store. */
const logIn = (device: SimDevice, conversation: string): ConversationLog => {
  const id = idOf(conversation);
  const { root } = decodeLocal(device.store.get('conversation', id) ?? new Uint8Array(0));
  const parts = { store: device.store, crypto: createNullCrypto(), randomness: seededRandomness(1) };
  return openConversationLog({ ...parts, conversation: id, kind: 'pair', roots: [root] });
};
const kindsIn = (device: SimDevice, conversation: string, kind: number): number =>
  logIn(device, conversation)
    .page({ limit: 5_000 })
    .filter(({ contentKind }) => contentKind === kind).length;
/** Segments of the author of a line that hold lines, oldest first. */
const segmentOf = (device: SimDevice, conversation: string, text: string) => {
  const log = logIn(device, conversation);
  const place = log
    .page({ limit: 5_000 })
    .find(({ event }) => Buffer.from(log.content(event) ?? new Uint8Array(0)).includes(text))?.place;
  if (place === undefined) throw new Error(`nobody said ${text}`);
  return place;
};
const isPublished = (device: SimDevice, conversation: string, text: string): boolean => {
  const { feed, segment } = segmentOf(device, conversation, text);
  return logIn(device, conversation).isPublished(feed, segment);
};
const link = ({ clock }: World, host: SimDevice, joining: SimDevice): void => {
  joining.start();
  const count = host.call('device.list', {}).length + 1;
  joining.call('device.join', { link: host.call('device.link', {}).link, name: joining.name });
  if (!clock.runUntil(() => joining.call('device.list', {}).length === count, 60_000)) throw new Error('not in');
};
const twoAndTwo = (seed: number) => {
  const here = world(seed);
  const [a1, a2, b1, b2] = [here.device('a1'), here.device('a2'), here.device('b1'), here.device('b2')];
  const conversation = pair(here, a1, b1);
  link(here, a1, a2);
  link(here, b1, b2);
  const all = [a1, a2, b1, b2];
  const settled = (): boolean => all.every((one) => one.call('contact.list', {})[0]?.state === 'active');
  if (!here.clock.runUntil(settled, HOUR)) throw new Error('four devices did not settle');
  here.clock.advance(HOUR / 2);
  return { here, a1, a2, b1, b2, all, conversation };
};
const say = (device: SimDevice, conversation: string, text: string): void =>
  void device.call('send', { conversation, text });

test(
  'S1.4 a device writes and is gone; another of its person publishes what it wrote, and the seeds are gone from self',
  WEEKS,
  () => {
    const { here, a1, a2, b1, conversation } = twoAndTwo(5100);
    const id = idOf(conversation);
    a1.call('set', { key: 'publication-grace', value: '1d' });
    say(a1, conversation, 'on the first day');
    here.clock.advance(DAY);
    say(a1, conversation, 'on the second day');
    here.clock.advance(2 * HOUR);
    const { feed, segment } = segmentOf(a2, conversation, 'on the first day');
    const known = segmentSeedsOf(a2.store, id);
    expect(known.map((seed) => toHex(seed.segment))).toContain(toHex(segment));
    // The running segment is its device's own affair.
    const running = segmentOf(a2, conversation, 'on the second day');
    expect(known.map((seed) => toHex(seed.segment))).not.toContain(toHex(running.segment));
    const seed = known.find((one) => toHex(one.segment) === toHex(segment))?.seed ?? new Uint8Array(32);
    a1.crash();
    for (let day = 0; day < 3; day++) {
      say(a2, conversation, `a2 ${day}`);
      say(b1, conversation, `b1 ${day}`);
      here.clock.advance(DAY);
    }
    expect(isPublished(b1, conversation, 'on the first day')).toBe(true);
    expect(isPublished(a2, conversation, 'on the first day')).toBe(true);
    expect(isPublished(b1, conversation, 'on the second day')).toBe(false);
    const published = logIn(b1, conversation)
      .page({ limit: 5_000 })
      .filter(({ contentKind }) => contentKind === PUBLISH_KIND);
    expect(published.length).toBeGreaterThan(2);
    expect(segmentSeedsOf(a2.store, id).some((one) => toHex(one.segment) === toHex(segment))).toBe(false);
    // What stands of the seed is the publication, and what is known of a published segment.
    const tables = (['content', 'contact', 'segment'] as const).flatMap((table) =>
      a2.store
        .scan(table)
        .filter(({ value }) => Buffer.from(value).includes(Buffer.from(seed)))
        .map(({ key }) => `${table} ${toHex(key.subarray(0, 16)) === toHex(id) ? 'pair' : 'self'}`),
    );
    expect(tables.toSorted()).toEqual(['content pair', 'segment pair']);
    // When it comes back it publishes nothing again.
    a1.start();
    here.clock.advance(DAY);
    expect(isPublished(a1, conversation, 'on the first day')).toBe(true);
    expect(toHex(feed)).toBe(toHex(segmentOf(a1, conversation, 'on the first day').feed));
  },
);

test(
  'a day that a device and an old copy of it both ended is published once, and what each said of its key is gone',
  WEEKS,
  () => {
    const { here, a1, a2, b1, conversation } = twoAndTwo(5150);
    const id = idOf(conversation);
    a1.call('set', { key: 'publication-grace', value: '1d' });
    say(a1, conversation, 'on the first day');
    here.clock.advance(HOUR);
    const copy = (a1.store as MemoryStore).clone();
    here.clock.advance(DAY);
    say(a1, conversation, 'on the second day');
    here.clock.advance(HOUR);
    const { segment } = segmentOf(a2, conversation, 'on the first day');
    const told = () => segmentSeedsOf(a2.store, id).filter((one) => toHex(one.segment) === toHex(segment));
    const seed = Buffer.from(told()[0]?.seed ?? new Uint8Array(32));
    // Of how many events of `self`, and in the tables that are made of them.
    const inSelf = (table: 'content' | 'contact'): number =>
      a2.store
        .scan(table)
        .filter(
          ({ key, value }) =>
            (table === 'contact' || !Buffer.from(key).subarray(0, 16).equals(id)) && Buffer.from(value).includes(seed),
        ).length;
    expect(inSelf('content')).toBe(1);
    a1.crash();
    a1.store = copy;
    a1.start();
    a1.connect(false);
    say(a1, conversation, 'by the copy');
    a1.connect(true);
    expect(here.clock.runUntil(() => inSelf('content') === 2, HOUR)).toBe(true);
    expect(told().length).toBe(1);
    a1.crash();
    for (let day = 0; day < 3; day++) {
      say(a2, conversation, `a2 ${day}`);
      say(b1, conversation, `b1 ${day}`);
      here.clock.advance(DAY);
    }
    expect(isPublished(b1, conversation, 'on the first day')).toBe(true);
    const publications = a2.store.scan('content').filter(({ value }) => Buffer.from(value).includes(seed));
    expect(publications.map(({ key }) => toHex(key.subarray(0, 16)))).toEqual([toHex(id)]);
    expect(inSelf('contact')).toBe(0);
    a2.rebuild();
    expect(inSelf('contact')).toBe(0);
  },
);

test('a stolen device that tells a wrong key keeps no day of another one from being published', WEEKS, () => {
  const { here, a1, a2, b1, conversation } = twoAndTwo(5160);
  const a3 = here.device('a3');
  link(here, a1, a3);
  a1.call('set', { key: 'publication-grace', value: '1d' });
  say(a1, conversation, 'on the first day');
  here.clock.advance(DAY);
  say(a1, conversation, 'on the second day');
  here.clock.advance(2 * HOUR);
  a1.crash();
  const id = idOf(conversation);
  const { feed, segment } = segmentOf(a3, conversation, 'on the first day');
  const thief = takeOver(here, a2, conversation);
  const wrong = new Uint8Array(32).fill(7);
  thief.tell({ type: 'segmentSeed', conversation: id, feed, segment, seed: wrong, extensions: [] });
  a2.start();
  const told = (): boolean => segmentSeedsOf(a3.store, id).some(({ seed }) => equalBytes(seed, wrong));
  expect(here.clock.runUntil(told, HOUR)).toBe(true);
  a2.crash();
  for (let day = 0; day < 2; day++) {
    say(a3, conversation, `a3 ${day}`);
    say(b1, conversation, `b1 ${day}`);
    here.clock.advance(DAY);
  }
  expect(isPublished(b1, conversation, 'on the first day')).toBe(true);
  expect(told()).toBe(false);
});

test('S1.4 both devices may publish at once: it does no harm', WEEKS, () => {
  const { here, a1, a2, b1, all, conversation } = twoAndTwo(5200);
  for (const one of [a1, b1]) one.call('set', { key: 'publication-grace', value: '48h' });
  for (let day = 0; day < 3; day++) {
    say(a1, conversation, `a1 ${day}`);
    say(a2, conversation, `a2 ${day}`);
    say(b1, conversation, `b1 ${day}`);
    here.clock.advance(DAY);
  }
  here.clock.advance(DAY);
  for (const one of all)
    for (const text of ['a1 0', 'a2 0', 'b1 0']) expect(isPublished(one, conversation, text)).toBe(true);
  expect(new Set(all.map((one) => texts(one, conversation).join())).size).toBe(1);
  expect(all.flatMap((one) => one.failures)).toEqual([]);
  for (const one of all)
    expect(one.call('log', { conversation, limit: 500 }).filter(({ mark }) => mark !== null)).toEqual([]);
});

test('S4.9 a device that was off until 30 days after publication, alone on its side, gets everything', WEEKS, () => {
  const { here, a1, a2, b1, b2, conversation } = twoAndTwo(5300);
  b2.stop();
  for (let day = 0; day < 3; day++) {
    say(a1, conversation, `a1 ${day}`);
    say(a2, conversation, `a2 ${day}`);
    say(b1, conversation, `b1 ${day}`);
    here.clock.advance(DAY);
  }
  here.clock.advance(8 * DAY);
  for (const text of ['a1 2', 'a2 2', 'b1 2']) expect(isPublished(a1, conversation, text)).toBe(true);
  a2.stop();
  for (const one of [a1, b1]) say(one, conversation, `${one.name} later`);
  here.clock.advance(HOUR);
  const everything = texts(a1, conversation);
  expect(everything.length).toBe(3 * 3 + 2);
  for (const one of [a1, b1]) one.stop();
  here.clock.advance(31 * DAY);
  a1.start();
  // Its own other device is gone for ever, and no relay has anything left.
  here.relays[0]?.wipe();
  b2.start();
  const done = here.clock.runUntil(() => texts(b2, conversation).length === everything.length, 6 * HOUR);
  expect(texts(b2, conversation)).toEqual(everything);
  expect(done).toBe(true);
  const lines = b2.call('log', { conversation, limit: 500 });
  // Theirs come from themselves. What Blair's lost device wrote comes from Alice, who could have made it up by now.
  const marked = lines.filter(({ mark }) => mark === 'counterpart').map(({ text }) => text);
  expect(marked).toContain('b1 0');
  expect(marked.every((text) => text?.startsWith('b1') === true)).toBe(true);
  expect(logIn(b2, conversation).verify()).toEqual([]);
});

test('S1.4 whoever says nothing more still ends the day: a turn, once, and the day is published', () => {
  const here = world(5400);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  say(alice, conversation, 'only this');
  here.clock.advance(DAY + HOUR);
  expect(kindsIn(bob, conversation, TURN_KIND)).toBeGreaterThan(0);
  const turns = kindsIn(bob, conversation, TURN_KIND);
  for (let day = 0; day < 10; day++) here.clock.advance(DAY);
  expect(kindsIn(bob, conversation, TURN_KIND)).toBe(turns);
  const published = kindsIn(bob, conversation, PUBLISH_KIND);
  here.clock.advance(30 * DAY);
  // Publications are not published in turn: it ends some day.
  expect(kindsIn(bob, conversation, PUBLISH_KIND)).toBe(published);
  expect(isPublished(bob, conversation, 'only this')).toBe(true);
  expect(bob.call('log', { conversation }).map(({ kind }) => kind)).toEqual(['text']);
});

/** When a device told what it holds, from now on. */
const tellings = (of: SimDevice): readonly number[] => {
  const told: number[] = [];
  const { put } = of.store;
  of.store.put = (table, key, value) => {
    const at = table === 'peer' ? decodePeerState(value)?.toldAt : undefined;
    if (at !== undefined && at > 0 && at !== told.at(-1)) told.push(at);
    put.call(of.store, table, key, value);
  };
  return told;
};

test(
  'S1.4 where nobody writes, days wait for a date of the other side: it is asked for, and answers once',
  WEEKS,
  () => {
    const here = world(5600);
    const [alice, bob] = [here.device('alice'), here.device('bob')];
    const conversation = pair(here, alice, bob);
    say(alice, conversation, 'only this');
    here.clock.advance(4 * DAY);
    const [asked, answered] = [tellings(alice), tellings(bob)];
    here.clock.advance(6 * DAY);
    expect(isPublished(alice, conversation, 'only this')).toBe(true);
    // The question, and what acknowledges the publication and what opens a session for it.
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(6);
    expect(answered.length).toBeGreaterThan(0);
    expect(answered.length).toBeLessThan(6);
    const [before, after] = [asked.length, answered.length];
    here.clock.advance(30 * DAY);
    // Nothing is left to ask for.
    expect([asked.length - before, answered.length - after]).toEqual([0, 0]);
  },
);

test('S1.4 whoever does not answer is asked for a date less and less often', WEEKS, () => {
  const here = world(5700);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  say(alice, conversation, 'only this');
  here.clock.advance(2 * DAY);
  bob.stop();
  const asked = tellings(alice);
  here.clock.advance(8 * DAY);
  const early = asked.length;
  expect(early).toBeGreaterThan(0);
  here.clock.advance(40 * DAY);
  expect(asked.length - early).toBeGreaterThan(4);
  expect(asked.length - early).toBeLessThan(20);
  expect(isPublished(alice, conversation, 'only this')).toBe(false);
  bob.start();
  expect(here.clock.runUntil(() => isPublished(alice, conversation, 'only this'), DAY)).toBe(true);
});

test('S0.27 a shorter period is kept to the hour where people talk, and not where nobody did for a week', () => {
  const here = world(5500);
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  say(alice, conversation, 'hello');
  alice.call('set', { key: 'segment-period', value: '1h' });
  here.clock.advance(6 * HOUR);
  const segments = (): number => alice.store.scan('certificate', { from: idOf(conversation) }).length;
  expect(kindsIn(alice, conversation, TURN_KIND)).toBeGreaterThanOrEqual(5);
  bob.stop();
  here.clock.advance(8 * DAY);
  const asleep = segments();
  expect(asleep).toBeGreaterThan(6 * 24);
  here.clock.advance(DAY);
  expect(segments()).toBe(asleep);
  expect([...alice.failures, ...bob.failures]).toEqual([]);
  for (const value of ['59m', '31d', '0', 'soon']) {
    let code = '';
    try {
      alice.call('set', { key: 'segment-period', value });
    } catch (cause) {
      code = String((cause as { code?: string }).code);
    }
    expect([value, code]).toEqual([value, 'bad-setting']);
  }
});
