// An own device that is gone and was never taken out: a lost telephone, a profile that was cleared. What is written meanwhile may
// not cost more the more of it waits for nobody.
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { link } from './linked.ts';
import { pair, texts, world, type World } from './world.ts';

vi.setConfig({ testTimeout: 60_000 });
const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const cellsOf = ({ network }: World, work: () => void): number => {
  let cells = 0;
  let isCounting = true;
  network.onRequest((_, request) => {
    if (isCounting && request.type === 'put') cells += request.cells.length;
  });
  work();
  isCounting = false;
  return cells;
};
const gone = (seed: number) => {
  const here = world(seed);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  here.clock.advance(HOUR);
  a2.crash();
  here.clock.advance(2 * HOUR);
  return { here, a1, a2, b, conversation };
};
const waiting = (device: SimDevice): number => device.store.scan('outbox').length;

test('each text costs as many cells when thousands wait for a device that is gone as when none does', () => {
  const { here, a1, conversation } = gone(7101);
  const say = (count: number): void => {
    for (let n = 0; n < count; n++) {
      a1.call('send', { conversation, text: `text ${n}` });
      here.clock.advance(2 * SECOND);
    }
  };
  // Until the day's buckets have no more room for that device.
  say(500);
  expect(waiting(a1)).toBeGreaterThan(400);
  // One to the other person, one to own devices, and what else there is now and then; three when each is also put into the day's bucket.
  expect(cellsOf(here, () => say(200))).toBeLessThan(200 * 2.5);
});

test('what waits for an own device waits for 30 days; one that comes later gets all of it by asking', () => {
  const { here, a1, a2, b, conversation } = gone(7102);
  for (let n = 0; n < 20; n++) a1.call('send', { conversation, text: `text ${n}` });
  here.clock.advance(29 * DAY);
  expect(waiting(a1)).toBeGreaterThanOrEqual(20);
  here.clock.advance(2 * DAY);
  expect(waiting(a1)).toBeLessThan(20);
  expect(texts(b, conversation)).toHaveLength(20);
  a2.start();
  expect(here.clock.runUntil(() => texts(a2, conversation).length === 20, 10 * 60 * SECOND)).toBe(true);
});

test('a device link that nobody followed is asked about for a day, and its keys go with it', () => {
  const here = world(7103);
  const [a1, b] = [here.device('a1'), here.device('b')];
  pair(here, a1, b);
  a1.call('device.link', {});
  const asked = (hours: number): number => {
    let count = 0;
    let isCounting = true;
    here.network.onRequest((_, request) => {
      if (isCounting && request.type === 'claimsGet') count++;
    });
    here.clock.advance(hours * HOUR);
    isCounting = false;
    return count;
  };
  expect(asked(1)).toBeGreaterThan(60);
  expect(a1.call('device.linking', {}).link?.state).toBe('expired');
  asked(24);
  // The invitation that both met by is looked at once an hour.
  expect(asked(24)).toBeLessThanOrEqual(25);
  expect(a1.call('device.linking', {}).link?.state).toBe('expired');
});
