// A session that is due for a fresher one, while the next hello has to wait for its hour.
import { toHex, utf8 } from '@kith/core/bytes';
import { decodeHelloState, loadSession, sendingGeneration } from '@kith/core/session';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { pair, texts, world } from './world.ts';

const HOUR = 3_600_000;
// An hour of two engines.
const SLOW = { timeout: 120_000 };

test('a renewal that waits costs nothing with each further cell, and comes when its hour is over', SLOW, () => {
  const here = world(2);
  const [a, b] = [here.device('a'), here.device('b')];
  const conversation = pair(here, a, b);
  let number = 0;
  const chat = (count: number): void => {
    for (const end = number + count; number < end; number++) {
      const [from, to] = number % 2 === 0 ? [a, b] : [b, a];
      const text = `text ${number}`;
      from.call('send', { conversation, text });
      if (!here.clock.runUntil(() => texts(to, conversation, 2).includes(text), 5_000))
        throw new Error(`lost: ${text}`);
    }
  };
  const hellos = (): readonly string[] => a.store.scan('hello').map(({ value }) => toHex(value));
  // Fifty answered texts make the next one due, and the hello of the birth was just now.
  chat(240);
  const before = hellos();
  expect(a.store.scan('hello').map(({ value }) => decodeHelloState(value)?.wanted)).toEqual(['renew']);
  let written = 0;
  const { put } = a.store;
  a.store.put = (table, key, value) => {
    if (table === 'hello') written++;
    put.call(a.store, table, key, value);
  };
  chat(10);
  expect(written).toBe(0);
  expect(hellos()).toEqual(before);

  here.clock.runUntil(() => false, HOUR + 60_000);
  chat(4);
  expect(written).toBeGreaterThan(0);
  expect(hellos()).not.toEqual(before);
});

test.each([1, 2, 3])(
  'a session is renewed each day on which two talk, also after hellos that came again (seed %i)',
  SLOW,
  (seed) => {
    const here = world(seed);
    const [a, b] = [here.device('a'), here.device('b')];
    const conversation = pair(here, a, b);
    let number = 0;
    /** What is sent in now, on both sides; it has the same name there. */
    const inUse = (of: SimDevice): string => {
      const rows = of.store.scan('session');
      const length = Math.min(...rows.map(({ key }) => key.length)) - 1;
      const session = loadSession(rows.map(({ key, value }) => ({ key: key.slice(length), value })));
      const used = session === undefined ? undefined : sendingGeneration(session);
      if (used === undefined) throw new Error('no session');
      return toHex(used.id);
    };
    const used = new Set<string>();
    for (let day = 0; day < 6; day++) {
      for (let i = 0; i < 8; i++) {
        const [from, to] = number % 2 === 0 ? [a, b] : [b, a];
        const text = `text ${number++}`;
        from.call('send', { conversation, text });
        if (!here.clock.runUntil(() => texts(to, conversation, 2).includes(text), 5_000))
          throw new Error(`lost: ${text}`);
      }
      expect(inUse(a)).toBe(inUse(b));
      used.add(inUse(a));
      here.clock.runUntil(() => false, 24 * HOUR);
    }
    // The device with the larger key waits for a day and a half; hellos that cross cost a day.
    expect(used.size).toBeGreaterThanOrEqual(4);
  },
);

test('a hello that was answered is posted no more', SLOW, () => {
  const here = world(7);
  const [a, b] = [here.device('a'), here.device('b')];
  pair(here, a, b);
  const waiting = (of: SimDevice): number =>
    of.store.scan('outbox').filter(({ key }) => toHex(key).includes(toHex(utf8('hello ')))).length;
  expect(here.clock.runUntil(() => waiting(a) + waiting(b) === 0, 60_000)).toBe(true);
});
