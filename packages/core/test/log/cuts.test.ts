import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/crypto/index.ts';
import { toHex } from '../../src/bytes/index.ts';
import {
  createAddDevice,
  createRemoval,
  createWitness,
  entryPointAfter,
  feedIdOf,
  FINAL_AFTER_MS,
  firstEntryPoint,
  openEntry,
  signConsent,
  signEntry,
  type FeedId,
  type OpenEntry,
} from '../../src/identity/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { everything, feedOf, give, meet, openReplica, pair, ROOT, say, START, take, texts, DAY } from './people.ts';
import type { LogObject } from '../../src/log/index.ts';

const crypto = createNullCrypto();
const entry = (open: OpenEntry): LogObject => ({ type: 'entry', entry: open.bytes });
const opened = (bytes: Uint8Array): OpenEntry => {
  const open = openEntry(crypto, bytes);
  if (open === undefined) throw new Error('does not open');
  return open;
};

/** Alice with a second device whose log is written here by hand through a replica of its own. */
const withSecond = () => {
  const [alice, bob] = pair(crypto, 61);
  const device = alice.log.device();
  if (device === undefined) throw new Error('not started');
  const key = crypto.signingKey(new Secret(alice.random.bytes(32)));
  const start = opened(alice.inception);
  const adding = opened(
    createAddDevice(crypto, device.key, entryPointAfter(start), {
      device: key.publicKey,
      member: device.member,
      consent: signConsent(crypto, key, ROOT, device.member),
    }),
  );
  // Stands in for device linking, which comes later: the second device's own record, with its key.
  const second = openReplica(crypto, 62);
  meet(second, alice);
  meet(second, bob);
  take(second, [entry(adding)], 'own');
  return { alice, bob, device, start, adding, key, second };
};

describe('cuts', () => {
  test('waiting objects of a device that is not in the charter yet come in with its entry, in any order', () => {
    const { alice, bob } = withSecond();
    say(alice, 'hello');
    const objects = everything(alice);
    const observer = openReplica(crypto, 63);
    meet(observer, bob);
    const first = take(
      observer,
      objects.filter(({ type }) => type !== 'entry'),
      feedOf(alice),
    );
    expect(first.shown).toEqual([]);
    expect(first.waiting).toBeGreaterThan(2);
    meet(observer, alice);
    expect(texts(observer)).toEqual(['hello']);
    expect(observer.store.scan('waiting').filter(({ key }) => key[16] === 0).length).toBe(0);
  });

  test('what lies beyond a removal is void for who had not seen it, and marked for who had', () => {
    const { alice, bob, second } = withSecond();
    say(bob, 'kept');
    give(bob, alice);
    say(bob, 'beyond');
    give(bob, second);
    // Bob's second device removes his first.
    const bobDevice = bob.log.device();
    if (bobDevice === undefined) throw new Error('not started');
    const bobStart = opened(bob.inception);
    const otherKey = crypto.signingKey(new Secret(bob.random.bytes(32)));
    const add = opened(
      createAddDevice(crypto, bobDevice.key, entryPointAfter(bobStart), {
        device: otherKey.publicKey,
        member: bobDevice.member,
        consent: signConsent(crypto, otherKey, ROOT, bobDevice.member),
      }),
    );
    const page = bob.log.page({ limit: 9 });
    const last = page[0];
    if (last === undefined) throw new Error('nothing said');
    const cut = { feed: bobDevice.feed, segment: last.place.segment, count: 1, charterCount: 2, charterHead: add.hash };
    const removal = opened(
      createRemoval(
        crypto,
        otherKey,
        { root: ROOT, seq: 0, previous: new Uint8Array(32) },
        { feed: bobDevice.feed, member: null, cuts: [cut] },
      ),
    );
    for (const who of [alice, second]) take(who, [entry(add), entry(removal)], 'own');
    give(bob, alice);
    expect(texts(alice)).toEqual(['kept']);
    expect(texts(second)).toEqual(['kept', 'beyond']);
    expect(second.log.page({ limit: 9 }).map(({ marks }) => marks)).toEqual([[], ['removed']]);
    const covered = alice.store.transaction(() =>
      alice.log.frontier().feeds.find(({ feed }) => feed.every((byte, i) => byte === bobDevice.feed[i])),
    );
    expect(covered?.count).toBe(1);
    // A segment certified after the cut is void as well.
    say(bob, 'a day later', START + DAY);
    give(bob, alice);
    expect(texts(alice)).toEqual(['kept']);
  });

  test('what leads up to a cut is shown, also when the segment that the cut names comes last', () => {
    const { alice, bob } = withSecond();
    say(bob, 'one');
    say(bob, 'two');
    const early = everything(bob);
    say(bob, 'a day later', START + DAY);
    const late = everything(bob);
    const bobDevice = bob.log.device();
    const last = bob.log.page({ limit: 9 }).at(-1);
    if (bobDevice === undefined || last === undefined) throw new Error('nothing said');
    const otherKey = crypto.signingKey(new Secret(bob.random.bytes(32)));
    const add = opened(
      createAddDevice(crypto, bobDevice.key, entryPointAfter(opened(bob.inception)), {
        device: otherKey.publicKey,
        member: bobDevice.member,
        consent: signConsent(crypto, otherKey, ROOT, bobDevice.member),
      }),
    );
    const cut = { feed: bobDevice.feed, segment: last.place.segment, count: 1, charterCount: 2, charterHead: add.hash };
    const removal = opened(
      createRemoval(crypto, otherKey, firstEntryPoint(ROOT), { feed: bobDevice.feed, member: null, cuts: [cut] }),
    );
    take(alice, [entry(add), entry(removal)], 'own');
    for (const some of [early, late]) take(alice, some, feedOf(bob));
    expect(texts(alice)).toEqual(['one', 'two', 'a day later']);
  });

  test('a removal turned round after a week is final for the charter at that time', () => {
    const { alice, bob, device, adding, key } = withSecond();
    const cut = (feed: FeedId, head: OpenEntry | null) => ({
      feed,
      segment: null,
      count: 0,
      charterCount: 0,
      charterHead: head?.hash ?? null,
    });
    const second = feedIdOf(crypto, key.publicKey);
    const removal = opened(
      createRemoval(crypto, device.key, entryPointAfter(adding), {
        feed: second,
        member: null,
        cuts: [cut(second, null)],
      }),
    );
    const counter = opened(
      createRemoval(crypto, key, firstEntryPoint(ROOT), {
        feed: device.feed,
        member: null,
        cuts: [cut(device.feed, adding)],
      }),
    );
    const bobDevice = bob.log.device();
    if (bobDevice === undefined) throw new Error('not started');
    const witness = opened(
      createWitness(crypto, bobDevice.key, entryPointAfter(opened(bob.inception)), { removal: removal.hash }),
    );
    take(bob, [entry(adding), entry(removal), entry(witness)], feedOf(alice), START);
    take(bob, [entry(counter)], feedOf(alice), START + FINAL_AFTER_MS);
    const states = (now?: number) =>
      bob.log
        .charter(now)
        .members.flatMap(({ devices }) => devices)
        .filter(({ feed }) => toHex(feed) === toHex(second))
        .map(({ state }) => state);
    expect(states()).toEqual(['contested']);
    expect(states(START + FINAL_AFTER_MS - 1)).toEqual(['contested']);
    expect(states(START + FINAL_AFTER_MS)).toEqual(['removed']);
  });

  test('an entry of an unknown kind freezes authority, and messages still flow', () => {
    const { alice, bob, device, start } = withSecond();
    const unknown = opened(signEntry(crypto, device.key, entryPointAfter(start), 99, Uint8Array.of(1)));
    take(bob, [entry(unknown)], feedOf(alice));
    expect(bob.log.charter().frozen).toBe(true);
    say(alice, 'still here');
    give(alice, bob);
    expect(texts(bob)).toEqual(['still here']);
  });

  test('a sender fills its own share of waiting objects and no more', () => {
    const { alice, bob } = withSecond();
    const stranger = pair(crypto, 90)[0];
    say(stranger, 'who am I');
    const [event] = everything(stranger).filter(({ type }) => type === 'event');
    if (event?.type !== 'event' || event.content === null) throw new Error('no event');
    const { header } = event;
    const flood = Array.from({ length: 4200 }, (_, i): LogObject => ({
      type: 'event',
      header,
      content: { key: new Uint8Array(32).fill(i & 255), content: new TextEncoder().encode(`${i}`) },
    }));
    const taken = take(bob, flood, feedOf(alice));
    expect(taken.waiting).toBe(4096);
    expect(taken.refused.get('full')).toBe(4200 - 4096);
    say(alice, 'hello');
    give(alice, bob);
    expect(texts(bob)).toEqual(['hello']);
  });
});
