// Several devices of a person, on simulated ports.
import { expect, test } from 'vitest';
import { DEFAULT_RELAY_LIMITS } from '@kith/core/mailbox';
import { logOf, runSchedule } from '@kith/testkit/schedules';
import type { SimDevice } from '@kith/testkit/sim-device';
import { link } from './linked.ts';
import { codeOf, pair, texts, world } from './world.ts';

const online = (...devices: readonly SimDevice[]): void => {
  for (const device of devices) device.start();
};
test('S4.21 a second device joins by link, knows the contacts, and talks', () => {
  const here = world(4100);
  const [a1, b] = [here.device('a1'), here.device('b')];
  const conversation = pair(here, a1, b);
  a1.call('contact.rename', { conversation, name: 'Blair' });
  a1.call('send', { conversation, text: 'before' });
  here.clock.advance(60_000);
  const a2 = here.device('a2');
  link(here, a1, a2);
  expect(
    a2
      .call('device.list', {})
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['', 'a2']);
  expect(here.clock.runUntil(() => a2.call('contact.list', {})[0]?.name === 'Blair', 60_000)).toBe(true);
  expect(here.clock.runUntil(() => texts(a2, conversation).includes('before'), 120_000)).toBe(true);
  a2.call('send', { conversation, text: 'from the second' });
  expect(here.clock.runUntil(() => texts(b, conversation).includes('from the second'), 120_000)).toBe(true);
  b.call('send', { conversation, text: 'to both' });
  expect(here.clock.runUntil(() => [a1, a2].every((one) => texts(one, conversation).includes('to both')), 10_000)).toBe(
    true,
  );
  expect(texts(a1, conversation)).toEqual(texts(a2, conversation));
});

/** Alice and Blair with two devices each, all of them quiet. */
const twoAndTwo = (seed: number) => {
  const here = world(seed);
  const [a1, a2, b1, b2] = [here.device('a1'), here.device('a2'), here.device('b1'), here.device('b2')];
  const conversation = pair(here, a1, b1);
  link(here, a1, a2);
  link(here, b1, b2);
  const settled = here.clock.runUntil(
    () => [a1, a2, b1, b2].every((one) => one.call('contact.list', {})[0]?.state === 'active'),
    3_600_000,
  );
  if (!settled) throw new Error('four devices did not settle');
  here.clock.advance(30 * 60_000);
  return { here, a1, a2, b1, b2, conversation };
};

test('S4.24 any device of either side hands on what another lacks, and no relay keeps it', () => {
  const { here, a1, a2, b1, b2, conversation } = twoAndTwo(4240);
  const all = [a1, a2, b1, b2];
  const only = (...running: readonly SimDevice[]): void => {
    for (const device of all) if (!running.includes(device)) device.stop();
    here.relays[0]?.wipe();
    online(...running);
  };
  const has = (device: SimDevice): boolean => texts(device, conversation).includes('handed on');
  // (1) A1 online, Bob offline, Alice sends.
  only(a1);
  a1.call('send', { conversation, text: 'handed on' });
  here.clock.advance(60_000);
  // (2) B1 comes online: delivered from A1.
  only(a1, b1);
  expect(here.clock.runUntil(() => has(b1), 15 * 60_000)).toBe(true);
  // (3) B2 comes online: delivered from A1 or B1.
  only(a1, b1, b2);
  expect(here.clock.runUntil(() => has(b2), 15 * 60_000)).toBe(true);
  // (4) A1 goes offline, A2 comes online: A2 gets it from B1 or B2.
  only(b1, b2, a2);
  expect(here.clock.runUntil(() => has(a2), 15 * 60_000)).toBe(true);
  online(a1);
  here.clock.advance(10 * 60_000);
  for (const device of [a2, b1, b2]) expect(logOf(device, conversation)).toEqual(logOf(a1, conversation));
});

test.each(Array.from({ length: 6 }, (_, i) => 4220 + i))(
  'S4.22 S4.25 S4.3 A1, A2, B1, B2 and a late A3 on a random schedule end with equal logs (seed %i)',
  (seed) => {
    const { logs, texts: sent } = runSchedule(seed, 30);
    for (const [name, log] of logs) expect([name, log]).toEqual([name, logs.get('a1')]);
    expect((logs.get('a1')?.match(/"kind":"text"/g) ?? []).length).toBe(sent);
    expect(sent).toBeGreaterThan(40);
  },
  120_000,
);

test.each([
  ['all', ['long ago', 'last week', 'now']],
  ['30d', ['last week', 'now']],
  ['none', ['now']],
] as const)('S0.39 a device that is linked with history "%s" has these lines and no others', (history, expected) => {
  const here = world(3900);
  const [a1, b] = [here.device('a1'), here.device('b')];
  const conversation = pair(here, a1, b);
  const sleep = (days: number): void => {
    here.clock.advance(60_000);
    for (const device of [a1, b]) device.stop();
    here.clock.advance(days * 24 * 3_600_000);
    online(a1, b);
    here.clock.advance(60_000);
  };
  a1.call('send', { conversation, text: 'long ago' });
  sleep(40);
  b.call('send', { conversation, text: 'last week' });
  sleep(7);
  const a2 = here.device('a2');
  link(here, a1, a2, history);
  here.clock.advance(3_600_000);
  b.call('send', { conversation, text: 'now' });
  here.clock.advance(3_600_000);
  expect(texts(a2, conversation)).toEqual(expected);
  expect(texts(a1, conversation)).toEqual(['long ago', 'last week', 'now']);
  // What it does not have is in none of its tables, and comes from nobody.
  const held = a2.store.scan('content').map(({ value }) => Buffer.from(value).toString('latin1'));
  expect(held.some((value) => value.includes('long ago'))).toBe(history === 'all');
  expect(a2.call('search', { query: 'long' }).length).toBe(history === 'all' ? 1 : 0);
});

test('S0.39 S0.41 a device that lost everything has all of it again, from its own person or from the other side', () => {
  const { here, a1, a2, b1, b2, conversation } = twoAndTwo(4100);
  for (let i = 0; i < 20; i++) a1.call('send', { conversation, text: `line ${i}` });
  here.clock.advance(3_600_000);
  const whole = logOf(a1, conversation);
  // A1 is wiped; a fresh home takes its place, and only the other side is there to hand things on.
  a1.stop();
  const a3 = here.device('a3');
  link(here, a2, a3);
  here.clock.runUntil(() => a3.call('contact.list', {})[0]?.state === 'active', 3_600_000);
  here.clock.advance(60_000);
  a2.stop();
  expect(here.clock.runUntil(() => logOf(a3, conversation).length === whole.length, 3_600_000)).toBe(true);
  expect(logOf(a3, conversation)).toEqual(whole);
  for (const device of [b1, b2]) expect(logOf(device, conversation)).toEqual(whole);
});

test('history comes with its progress', () => {
  const here = world(3950);
  const generous = { perMinute: 1e9, burst: 1e9 };
  here.network.relay(here.relays[0]?.origin ?? '', { limits: { ...DEFAULT_RELAY_LIMITS, cells: generous } });
  const [a1, b] = [here.device('a1'), here.device('b')];
  const conversation = pair(here, a1, b);
  for (let i = 0; i < 20; i++) b.call('send', { conversation, text: `${i} ${'x'.repeat(60_000)}` });
  expect(here.clock.runUntil(() => a1.store.scan('message').length >= 20, 600_000)).toBe(true);
  b.stop();
  const a2 = here.device('a2');
  link(here, a1, a2);
  const seen = new Set<number>();
  const isWhole = here.clock.runUntil(() => {
    const { history } = a2.call('device.linking', {});
    if (history !== null) seen.add(history.left);
    return a2.store.scan('message').length >= 20;
  }, 600_000);
  expect(isWhole).toBe(true);
  here.clock.advance(60_000);
  expect(a2.call('device.linking', {}).history).toBeNull();
  expect(seen.size).toBeGreaterThan(5);
  expect([...seen]).toEqual([...seen].toSorted((x, y) => y - x));
});

test('S4.21 the other side lists a new device of a contact, whoever vouches for it', () => {
  const here = world(4211);
  const [a1, b] = [here.device('a1'), here.device('b')];
  const conversation = pair(here, a1, b);
  expect(b.call('contact.devices', { conversation }).map(({ later }) => later)).toEqual([false]);
  link(here, a1, here.device('a2'));
  const isListed = (): boolean => b.call('contact.devices', { conversation }).length === 2;
  expect(here.clock.runUntil(isListed, 10 * 60_000)).toBe(true);
  expect(b.call('contact.devices', { conversation }).map(({ later, removed }) => [later, removed])).toEqual([
    [false, false],
    [true, false],
  ]);
});

test('a contact learns of a new device by its hello, and nothing else goes there and back for it', () => {
  let cells = 0;
  const here = world(4101, 1, {
    answer: (_, request, answer) => {
      if (request.type === 'put') cells += request.cells.length;
      return answer;
    },
  });
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  here.clock.advance(120_000);
  cells = 0;
  link(here, a1, a2);
  const devices = (): number => b.call('contact.devices', { conversation }).length;
  expect(here.clock.runUntil(() => devices() === 2, 30_000)).toBe(true);
  here.clock.advance(1_000);
  // Of the one that let it in: the entry, which the hello has brought, waits no more.
  expect(a1.store.scan('outbox')).toEqual([]);
  // Of these the hello, the Welcome and the word of the one that joined go between the two persons.
  expect(cells).toBeLessThanOrEqual(11);
});

test('a contact learns of a new device that says nothing from the one that let it in', () => {
  const here = world(4102);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  here.clock.advance(120_000);
  a2.start();
  const { link: text } = a1.call('device.link', {});
  a2.call('device.join', { link: text, name: 'a2' });
  const devices = (of: SimDevice): number => of.call('contact.devices', { conversation }).length;
  const isIn = (): boolean => a1.store.scan('outbox').length > 0 && a2.call('contact.list', {}).length === 1;
  expect(here.clock.runUntil(() => isIn() && a1.call('device.list', {}).length === 2, 60_000)).toBe(true);
  a2.crash();
  here.clock.advance(30_000);
  expect(devices(b)).toBe(1);
  expect(here.clock.runUntil(() => devices(b) === 2, 600_000)).toBe(true);
});

test('S4.21 a person has eight devices at most: a ninth is refused in words, and there is room once one is removed', () => {
  const here = world(4899);
  const first = here.device('d1');
  first.start();
  for (let n = 2; n <= 8; n++) link(here, first, here.device(`d${n}`));
  expect(codeOf(() => first.call('device.link', {}))).toBe('too-many-devices');
  const last = first.call('device.list', {}).find(({ thisDevice }) => !thisDevice);
  first.call('device.revoke', { device: last?.device ?? '' });
  const ninth = here.device('d9');
  ninth.start();
  const { link: free } = first.call('device.link', {});
  ninth.call('device.join', { link: free, name: 'd9' });
  expect(here.clock.runUntil(() => first.call('device.list', {}).some(({ name }) => name === 'd9'), 600_000)).toBe(
    true,
  );
});
