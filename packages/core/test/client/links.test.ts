// Links of devices in the hands of others: seen, photographed, followed by a changed client, left half-way.
import { fromHex, toHex, utf8 } from '@kith/core/bytes';
import { signAbsorbConsent, type MemberId } from '@kith/core/identity';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import { SimDevice } from '@kith/testkit/sim-device';
import { expect, test, vi } from 'vitest';
import { decodeJoin, encodeJoin } from '../../src/client/link-records.ts';
import { followLink, offerLink, type Follower } from './follower.ts';
import type { Lies } from './liar.ts';
import { link } from './linked.ts';
import { codeOf, pair, texts, world } from './world.ts';

vi.setConfig({ testTimeout: 60_000 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const stateOf = (of: SimDevice): string | undefined => of.call('device.linking', {}).link?.state;
const wordsOf = (of: SimDevice): string => of.call('device.linking', {}).link?.words?.join(' ') ?? '';
/** Where this person is reached, in all conversations. */
const reached = (of: SimDevice): readonly string[] =>
  of.store.scan('inbox', { from: utf8('o'), to: utf8('p') }).map(({ value }) => toHex(value));
const count = (of: SimDevice): number => of.call('device.list', {}).length;

test.each([
  ['with a consent that is none', ({ join }: Follower) => [{ ...join, consent: new Uint8Array(64).fill(1) }], 1],
  [
    'and brings the person that the link is of',
    ({ join, key, self }: Follower) => {
      const member = self.member as MemberId;
      const other = { root: new Uint8Array(16).fill(3), member };
      const consent = signAbsorbConsent(createNullCrypto(), key, { root: self.self, member }, other);
      return [join, { type: 'merge' as const, ...other, device: key.publicKey, consent }];
    },
    2,
  ],
])('who follows a link %s breaks nothing at the device that made it', (_, items, listed) => {
  const here = world(8100);
  const [a, b, a2] = [here.device('a'), here.device('b'), here.device('a2')];
  pair(here, a, b);
  let asked = 0;
  here.network.onRequest((__, { type }) => void (asked += type === 'claimsGet' ? 1 : 0));
  followLink(here, a.call('device.link', {}).link, items);
  here.clock.advance(4_000);
  expect(a.failures).toEqual([]);
  here.clock.advance(MINUTE);
  expect(asked).toBeLessThan(60);
  expect(count(a)).toBe(listed);
  link(here, a, a2);
  expect(count(a)).toBe(listed + 1);
});

test('a link that somebody followed half-way does not keep the next one from being confirmed', () => {
  for (const seed of [8110, 8111, 8112, 8113]) {
    const here = world(seed);
    const [a, b, a2] = [here.device('a'), here.device('b'), here.device('a2')];
    pair(here, a, b);
    followLink(here, a.call('device.link', { confirm: true }).link, ({ join }) => [join]);
    here.clock.advance(MINUTE);
    expect(stateOf(a)).toBe('words');
    const before = reached(a);
    const { link: next } = a.call('device.link', { confirm: true });
    // Whoever followed the other one knows where devices of this person are reached.
    expect(reached(a).filter((record) => !before.includes(record))).toHaveLength(1);
    a2.start();
    a2.call('device.join', { link: next, name: 'a2' });
    here.clock.advance(MINUTE);
    a.call('device.confirm', { words: wordsOf(a) });
    a2.call('device.confirm', { words: a2.call('device.linking', {}).joining?.words?.join(' ') ?? '' });
    here.clock.advance(MINUTE);
    expect([count(a), count(a2)]).toEqual([2, 2]);
  }
});

test('who follows a link and says nothing more is a guest for a day, and knows no inbox that is used after it', () => {
  const here = world(8120);
  const [a, b] = [here.device('a'), here.device('b')];
  pair(here, a, b);
  followLink(here, a.call('device.link', { confirm: true }).link, ({ join }) => [join]);
  here.clock.advance(MINUTE);
  const before = reached(a);
  here.clock.advance(2 * DAY);
  expect(stateOf(a)).toBe('expired');
  expect(reached(a).filter((record) => !before.includes(record))).toHaveLength(1);
});

test('who reveals another nonce than it committed to is refused, and knows no inbox that is used after it', () => {
  const here = world(8130);
  const [a, b, c] = [here.device('a'), here.device('b'), here.device('c')];
  pair(here, a, b);
  c.start();
  c.call('device.join', { link: a.call('device.link', { confirm: true }).link, name: 'c' });
  c.crash();
  const key = utf8('j');
  const join = decodeJoin(c.store.get('invite', key) ?? new Uint8Array(0));
  c.store.transaction(() => c.store.put('invite', key, encodeJoin({ ...join, nonce: new Uint8Array(32) })));
  here.clock.advance(MINUTE);
  const before = reached(a);
  c.start();
  here.clock.advance(MINUTE);
  expect(stateOf(a)).toBe('refused');
  expect(reached(a).filter((record) => !before.includes(record))).toHaveLength(1);
});

test.each(['of the device that made it', 'of the one that follows it'])(
  'the words of a link come although a relay loses the nonce %s',
  (whose) => {
    const lies: Lies = {};
    const here = world(8140, 1, lies);
    const [a, b, c] = [here.device('a'), here.device('b'), here.device('c')];
    pair(here, a, b);
    here.clock.advance(MINUTE);
    c.start();
    c.call('device.join', { link: a.call('device.link', { confirm: true }).link, name: 'c' });
    const isHeard = (): boolean => c.call('device.linking', {}).joining?.words !== null;
    const hide: Lies = {
      push: () => [],
      answer: (_, __, answer) => (answer.type === 'cells' ? { ...answer, cells: [] } : answer),
    };
    if (whose === 'of the device that made it') {
      Object.assign(lies, hide);
      expect(here.clock.runUntil(() => stateOf(a) === 'words', MINUTE)).toBe(true);
    } else {
      expect(here.clock.runUntil(isHeard, MINUTE)).toBe(true);
      Object.assign(lies, hide);
    }
    here.clock.advance(1_000);
    here.relays[0]?.wipe();
    Object.assign(lies, { push: undefined, answer: undefined });
    expect(here.clock.runUntil(() => wordsOf(a) !== '' && isHeard(), MINUTE)).toBe(true);
    expect(wordsOf(a)).toBe(c.call('device.linking', {}).joining?.words?.join(' '));
  },
);

test('a relay that shows a claim long after the time of the link lets nobody in', () => {
  const lies: Lies = {};
  const here = world(8150, 1, lies);
  const [a, b] = [here.device('a'), here.device('b')];
  pair(here, a, b);
  followLink(here, a.call('device.link', {}).link, ({ join }) => [join]);
  lies.answer = (_, __, answer) => (answer.type === 'claims' ? { ...answer, claims: [] } : answer);
  here.clock.advance(HOUR);
  expect(stateOf(a)).toBe('expired');
  Object.assign(lies, { answer: undefined });
  here.clock.advance(HOUR);
  expect(count(a)).toBe(1);
});

const SOMEBODY = {
  member: new Uint8Array(16).fill(2),
  inception: new Uint8Array(8),
  device: new Uint8Array(32).fill(4),
};
test('a link that names a conversation with a contact as the `self` to be joined takes nothing of it', () => {
  const here = world(8160);
  const [a, b] = [here.device('a'), here.device('b')];
  const conversation = pair(here, a, b);
  here.clock.advance(MINUTE);
  const self = fromHex(conversation) ?? new Uint8Array(0);
  const forged = offerLink(here, { self, ...SOMEBODY }, ['https://relay1.test']);
  expect(codeOf(() => a.call('device.join', { link: forged, name: 'a', merge: true }))).toBe('bad-link');
  a.call('device.refuse', {});
  a.crash();
  a.start();
  b.call('send', { conversation, text: 'are you there' });
  here.clock.advance(MINUTE);
  expect(texts(a, conversation)).toEqual(['are you there']);
});

test('a link whose offer names what is no relay leaves a new home as it was', () => {
  const here = world(8170);
  const crypto = createNullCrypto();
  const fresh = new SimDevice({
    name: 'fresh',
    clock: here.clock,
    network: here.network,
    crypto,
    randomness: here.random.fork('fresh'),
    agreement: createNullAgreement(crypto, here.random.fork('fresh agreement')),
    relays: [],
  });
  fresh.start();
  const self = new Uint8Array(16).fill(1);
  const forged = offerLink(here, { self, ...SOMEBODY }, ['no relay at all']);
  expect(codeOf(() => fresh.call('device.join', { link: forged, name: 'fresh' }))).toBe('bad-link');
  expect(fresh.call('status', {}).relays).toEqual([]);
});
