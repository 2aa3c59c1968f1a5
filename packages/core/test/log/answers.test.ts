// What taking something answers: in order, whose, what waits and why what was refused.
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/codec/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import { createRecovery, createRemoval, type FeedId, type MemberId, type SegmentId } from '../../src/identity/index.ts';
import {
  decodeHeader,
  encodeHeader,
  FROM_ORDER,
  FROM_PLACE,
  LOG_TABLES,
  PUBLISH_KIND,
  publishCodec,
  type LogObject,
} from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { addDevice, households, publishDue } from './devices.ts';
import { Hand } from './hand.ts';
import { DAY, everything, feedOf, give, meet, openReplica, pair, person, say, START, take, texts } from './people.ts';

const crypto = createNullCrypto();
const scene = (seed = 901) => {
  const [alice, bob] = pair(crypto, seed);
  const third = openReplica(crypto, seed + 1);
  for (const who of [alice, bob]) meet(third, who);
  return { alice, bob, third, a: new Hand(crypto, alice), b: new Hand(crypto, bob) };
};

describe('taken', () => {
  test('what is shown is told in its order, of whichever devices, and whatever stood first in the packet', () => {
    const { alice, bob, third } = scene();
    for (let i = 0; i < 4; i++) {
      say(alice, `a${i}`);
      say(bob, `b${i}`);
      if (i === 1) give(alice, bob);
    }
    const objects = [...everything(bob), ...everything(alice)];
    const { shown, waiting, feeds } = take(third, objects.toReversed(), 'own');
    expect(shown).toEqual(third.log.page({ limit: 99 }));
    expect(shown).toHaveLength(8);
    expect(waiting).toBe(0);
    expect(new Set(feeds.map((feed) => feed.join()))).toEqual(new Set([feedOf(alice), feedOf(bob)].map(String)));
    expect(take(third, objects, 'own').feeds).toEqual([]);
    expect(take(third, [], 'own')).toMatchObject({
      shown: [],
      feeds: [],
      published: [],
      waiting: 0,
      charterChanged: false,
      cutsCame: false,
    });
  });
  test('whose entry, certificate, event or seal it was', () => {
    const { alice, third, a } = scene();
    a.certify();
    a.next();
    for (const object of a.objects) expect(take(third, [object], 'own').feeds).toEqual([a.feed]);
    const stranger = person(crypto, 77);
    const taken = take(third, [{ type: 'entry', entry: stranger.inception }], feedOf(alice));
    expect(taken.feeds).toEqual([feedOf(stranger)]);
    expect([taken.charterChanged, texts(third).length]).toEqual([true, 1]);
  });
  test('what waits is told once for each object, and comes in when what it waited for does', () => {
    const { third, a } = scene();
    a.certify();
    for (let i = 0; i < 3; i++) a.next();
    const [certificate, ...rest] = a.objects as [LogObject, ...LogObject[]];
    expect(take(third, rest, 'own').waiting).toBe(6);
    expect(take(third, rest, 'own').waiting).toBe(6);
    const waiting = () => third.store.scan('waiting').filter(({ key }) => key[16] === 0).length;
    expect(waiting()).toBe(6);
    expect(take(third, [certificate], 'own').shown).toHaveLength(3);
    expect(waiting()).toBe(0);
  });
});

describe('refused', () => {
  const reasons = (objects: readonly LogObject[], to = scene().third): readonly (readonly [string, number])[] => [
    ...take(to, objects, 'own').refused,
  ];
  test('what another conversation says', () => {
    const { a, third } = scene();
    a.certify();
    a.next();
    const other = new Uint8Array(16).fill(8);
    const stranger = person(crypto, 905, { conversation: other as never });
    say(stranger, 'elsewhere');
    const [event, certificate] = ['event', 'certificate'].map((type) =>
      everything(stranger).find((one) => one.type === type),
    );
    expect(reasons([event as LogObject], third)).toEqual([['other-conversation', 1]]);
    expect(reasons([certificate as LogObject], third)).toEqual([['other-conversation', 1]]);
    expect(reasons([certificate as LogObject, event as LogObject], third)).toEqual([['other-conversation', 2]]);
  });
  test('an entry of another root, and of no known root', () => {
    const stranger = person(crypto, 906, { root: new Uint8Array(32).fill(1) });
    expect(reasons([{ type: 'entry', entry: stranger.inception }])).toEqual([['root', 1]]);
  });
  test('a first event that does not begin as its segment does', () => {
    const begins = (number: number, end: (before: SegmentId) => SegmentId | null, lamport = 1) => {
      const { a, third } = scene();
      const before = a.certify();
      a.next();
      const first = number === 0 ? [] : [a.certify()];
      const given = end(before);
      a.write({ end: given && { segment: given, count: 1 }, lamport, contentKind: 30 });
      const objects = [...a.certificates(), ...(first.length > 0 ? a.piece(0, 1, before) : []), ...a.objects.slice(-2)];
      return reasons(objects, third).map(([reason]) => reason);
    };
    expect(begins(0, () => null)).toEqual([]);
    expect(begins(0, (before) => before)).toEqual(['lamport']);
    expect(begins(1, (before) => before)).toEqual([]);
    expect(begins(1, () => null)).toEqual(['lamport']);
    expect(begins(1, () => new Uint8Array(8).fill(3) as SegmentId)).toEqual(['lamport']);
    expect(begins(1, (before) => before, 2)).toEqual(['lamport']);
    expect(begins(0, () => null, 0)).toEqual(['lamport']);
  });
  test('a content of another size than the header says, whatever its hash', () => {
    const { a, third } = scene();
    a.certify();
    a.next({ sizeClass: 2 }, 'short');
    expect(reasons(a.objects, third)).toEqual([['content', 1]]);
    expect(texts(third)).toEqual([]);
    const [event] = a.piece(0, 1);
    if (event?.type !== 'event') throw new Error('no event');
    expect(reasons([{ ...event, content: null }], third)).toEqual([]);
    expect(third.log.page({ limit: 1 })[0]?.contentState).toBe('missing');
  });
  test('seals and stubs of the charter', () => {
    const { a, third } = scene();
    a.certify();
    a.next();
    const seal = a.objects.at(-1);
    if (seal?.type !== 'seal') throw new Error('no seal');
    const { feed, head, signature } = seal;
    const segment = new Uint8Array(8) as SegmentId;
    expect(reasons([{ ...seal, segment }], third)).toEqual([['malformed', 1]]);
    expect(
      reasons(
        [{ type: 'stub', format: 1, kind: 1, feed, segment, count: 1, head, lamport: 1, seed: head, signature }],
        third,
      ),
    ).toEqual([['malformed', 1]]);
    const unknown = new Uint8Array(8).fill(9) as FeedId;
    const stub: LogObject = {
      type: 'stub',
      format: 1,
      kind: 1,
      feed,
      segment: seal.segment,
      count: 1,
      head,
      lamport: 1,
      seed: head,
      signature,
    };
    expect(
      take(
        third,
        [
          { ...stub, feed: unknown },
          { ...stub, segment: unknown as never },
          { ...seal, feed: unknown },
        ],
        'own',
      ).waiting,
    ).toBe(3);
  });
});

describe('asked', () => {
  test('events are found by what the store linked to their place in the order, and to their place alone', () => {
    const { alice, bob } = scene();
    const event = say(alice, 'one');
    give(alice, bob);
    const [row] = bob.store.scan('order');
    if (row === undefined) throw new Error('nothing is shown');
    const follow = (links: typeof FROM_ORDER) =>
      links.reduce<(Uint8Array | undefined)[]>((found, { table, key }) => {
        const piece = (one: (typeof key)[number]): Uint8Array => {
          const from = 'from' in one ? one.from : 0;
          const whole = one.of === 'key' ? row.key : one.of === 'value' ? row.value : found[one.of];
          return (whole ?? new Uint8Array()).subarray(from, 'to' in one ? one.to : undefined);
        };
        const at = key.map(piece).reduce((all, part) => new Uint8Array([...all, ...part]), new Uint8Array());
        return [...found, bob.store.get(table, at)];
      }, []);
    const linked = follow(FROM_ORDER);
    expect(linked).toHaveLength(3);
    expect(follow(FROM_PLACE)).toEqual(linked.slice(1));
    expect(bob.log.openLinked(event, linked)).toEqual(bob.log.open(event));
    expect(bob.log.openLinked(event, [undefined, linked[1]])).toBeUndefined();
    expect(bob.log.openLinked(event, [linked[0], undefined])).toBeUndefined();
    const bare = bob.log.openLinked(event, linked.slice(0, 2));
    expect([bare?.content, bare?.shown.contentState]).toEqual([undefined, 'missing']);
  });
  test('a log keeps all it holds in the tables that are its own, and uses each', () => {
    const { alice, bob, third } = scene();
    say(alice, 'one');
    take(third, everything(alice).slice(-1), 'own');
    give(bob, third);
    say(bob, 'two');
    take(
      third,
      everything(bob).filter(({ type }) => type !== 'certificate'),
      'own',
    );
    take(third, everything(alice), 'own');
    expect(LOG_TABLES.toSorted().filter((table) => third.store.scan(table).length > 0)).toEqual([
      'certificate',
      'content',
      'entry',
      'event',
      'header',
      'order',
      'seal',
      'segment',
      'waiting',
    ]);
  });
  test('what a disputed device wrote is marked, and what others wrote is not', () => {
    const { alice, bob } = households(crypto, 911);
    const [a1, a2] = alice;
    say(a1, 'one');
    say(a2, 'two');
    say(bob[0], 'three');
    const remove = (who: typeof a1, feed: FeedId) =>
      who.store.transaction(() =>
        who.log.appendEntry(
          (key, at) =>
            createRemoval(crypto, key, at, {
              feed,
              member: null,
              cuts: [{ feed, segment: null, count: 0, charterCount: 9, charterHead: null }],
            }),
          START,
        ),
      );
    for (const who of alice) give(who, bob[0]);
    remove(a1, feedOf(a2) as FeedId);
    remove(a2, feedOf(a1) as FeedId);
    for (const who of alice) give(who, bob[0]);
    const marks = new Map(bob[0].log.page({ limit: 9 }).map(({ place, marks: of }) => [place.feed.join(), of]));
    for (const who of alice) expect(marks.get(String(feedOf(who)))).toContain('contested');
    expect(marks.get(String(feedOf(bob[0])))).toEqual([]);
  });
  test('a recovery key alone makes time matter, and an entry that is seen again at the same time does not', () => {
    const { alice, bob } = scene();
    expect(alice.log.firstSeen()).toEqual([]);
    const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(6)));
    const { member } = alice.log.device() as { member: MemberId };
    alice.store.transaction(() =>
      alice.log.appendEntry(
        (signer, at) => createRecovery(crypto, signer, at, { member, recoveryKey: key.publicKey }),
        START,
      ),
    );
    give(alice, bob);
    expect(bob.log.firstSeen()).toHaveLength(3);
    const times = bob.log.firstSeen();
    expect(bob.store.transaction(() => bob.log.seenEarlier(times)).charterChanged).toBe(false);
    expect(bob.log.firstSeen()).toEqual(times);
  });
});

describe('written', () => {
  test('an event names each of the others once, and its own line not at all', () => {
    const { alice, bob, third } = scene();
    const second = addDevice(bob, 950);
    for (const who of [alice, bob])
      second.store.transaction(() => second.log.admit((who.log.device() as { member: MemberId }).member));
    give(bob, alice);
    give(alice, second);
    give(bob, second);
    const headersOf = () =>
      everything(alice).flatMap((object) => {
        const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
        return header !== undefined && header.feed.join() === String(feedOf(alice)) ? [header] : [];
      });
    const named = () =>
      headersOf()
        .at(-1)
        ?.heads.map(({ feed, seq }) => [feed.join(), seq]);
    const [b, b2, a] = [bob, second, alice].map((who) => String(feedOf(who)));
    say(bob, 'b0');
    give(bob, alice);
    say(alice, 'a0');
    expect(named()).toEqual([[b, 0]]);
    say(alice, 'a1');
    expect(named()).toEqual([]);
    say(second, 's0');
    give(second, alice);
    say(alice, 'a2');
    expect(named()).toEqual([[b2, 0]]);
    say(bob, 'b1');
    say(second, 's1');
    for (const who of [bob, second]) give(who, alice);
    say(alice, 'a3');
    expect(named()?.toSorted()).toEqual(
      [
        [b, 1],
        [b2, 1],
      ].toSorted(),
    );
    say(alice, 'a4');
    expect(named()).toEqual([]);
    // The first of a new segment names the end of the one before, and again nothing that was named.
    say(alice, 'a5', START + DAY);
    expect(named()).toEqual([[a, 4]]);
    say(bob, 'b2', START + DAY);
    give(bob, alice);
    say(alice, 'a6', START + 2 * DAY);
    expect(named()?.toSorted()).toEqual(
      [
        [a, 0],
        [b, 0],
      ].toSorted(),
    );
    // All of it holds where it is taken.
    give(alice, third);
    for (const who of [bob, second]) give(who, third);
    expect(third.log.page({ limit: 99 }).filter(({ place }) => place.feed.join() === a)).toHaveLength(7);
  });
  test('of eight others and the end of a segment before, eight are named', () => {
    const { alice, bob } = scene();
    const more = Array.from({ length: 7 }, (_, i) => addDevice(bob, 960 + i));
    for (const who of more)
      for (const known of [alice, bob])
        who.store.transaction(() => who.log.admit((known.log.device() as { member: MemberId }).member));
    const all = [alice, bob, ...more];
    for (const from of all) for (const to of all) if (from !== to) give(from, to);
    say(alice, 'before');
    for (const who of [bob, ...more]) {
      say(who, 'x');
      give(who, alice);
    }
    expect(alice.log.headsSeen()).toHaveLength(8);
    const event = say(alice, 'after', START + DAY);
    const header = everything(alice).flatMap((object) => {
      const one = object.type === 'event' ? decodeHeader(object.header) : undefined;
      return one !== undefined && crypto.hash(32, encodeHeader(one)).join() === event.join() ? [one] : [];
    })[0];
    expect(header?.heads).toHaveLength(8);
    expect(header?.heads.some(({ feed }) => feed.join() === String(feedOf(alice)))).toBe(true);
    expect(alice.log.headsSeen()).toHaveLength(1);
  });
  test('one’s own publication counts at once, and what it publishes goes when its contents are gone', () => {
    const { alice, bob } = scene();
    const events = ['one', 'two'].map((text) => say(alice, text));
    say(alice, 'next', START + DAY);
    give(alice, bob);
    expect(publishDue(alice, [bob], START + 6 * DAY)).toBe(0);
    expect(publishDue(alice, [], START + 30 * DAY)).toBe(0);
    // Of two who could have it, it is enough that one does.
    const carol = person(crypto, 990);
    expect(publishDue(alice, [carol, bob], START + 30 * DAY)).toBe(1);
    const place = alice.log.find(events[0] as (typeof events)[0])?.place;
    expect(place && alice.log.isPublished(place.feed, place.segment)).toBe(true);
    for (const event of events) alice.store.transaction(() => alice.log.purge(event));
    expect(events.map((event) => alice.log.find(event))).toEqual([undefined, undefined]);
    expect(publishDue(alice, [bob], START + 60 * DAY)).toBe(1);
    // An event that only looks like one publishes nothing.
    const content = encode(publishCodec, {
      feed: feedOf(alice) as FeedId,
      segment: place?.segment ?? (new Uint8Array(8) as SegmentId),
      seed: new Uint8Array(32),
      extensions: [],
    });
    alice.store.transaction(() => alice.log.append({ contentKind: PUBLISH_KIND, content, time: START + 61 * DAY }));
    expect(alice.log.verify().filter(({ damage }) => damage !== 'unsealed')).toEqual([]);
  });
});
