// Several devices a side: what a judge with everything can tell from a real day and one made up, and who may publish.
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes/index.ts';
import { decode, encode } from '../../src/codec/index.ts';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import { createRemoval, eventIdOf, readCertificate, type FeedId } from '../../src/identity/index.ts';
import {
  decodeHeader,
  encodeHeader,
  judge,
  openConversationLog,
  openDays,
  PUBLISH_KIND,
  publishCodec,
  retell,
  TURN_KIND,
  type LogObject,
  type SegmentSeed,
} from '../../src/log/index.ts';
import { segmentRecord } from '../../src/log/records.ts';
import { everyoneToEveryone, households, innocent, publishDue, publishedIn, weeks } from './devices.ts';
import {
  CONVERSATION,
  DAY,
  everything,
  feedOf,
  give,
  openReplica,
  ROOT,
  say,
  START,
  take,
  texts,
  type Replica,
} from './people.ts';

const crypto = await createLibsodium();
const HOUR = 3_600_000;
const said = (text: string) => new TextEncoder().encode(text);
const eventsOf = (objects: readonly LogObject[], segments: ReadonlySet<string>): readonly string[] =>
  objects.flatMap((object) => {
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    if (object.type !== 'event' || header === undefined || !segments.has(toHex(header.segment))) return [];
    return [toHex(eventIdOf(crypto, object.header))];
  });

/** What can be told of a transcript without the words in it. Of everything, what a judge could hold against a forger. */
const outside = (objects: readonly LogObject[]): readonly string[] =>
  objects
    .map((object) => {
      switch (object.type) {
        case 'event': {
          const header = decodeHeader(object.header);
          if (header === undefined) return 'unreadable';
          const { feed, segment, seq, lamport, heads, end, charter, time, contentKind, extensions } = header;
          const head = heads.map((one) => `${toHex(one.feed)}${toHex(one.segment)}${one.seq}.${one.lamport}`);
          const ends = end === null ? '' : `${toHex(end.segment)}${end.count}`;
          const place = `${toHex(feed)} ${toHex(segment)} ${seq} ${lamport} ${time} ${contentKind}`;
          return `event ${place} ${head.join()} ${ends} ${toHex(charter.feed)}${charter.seq} ${extensions.length}`;
        }
        case 'seal':
          return `seal ${toHex(object.segment)} ${object.seq}`;
        case 'stub':
          return `stub ${toHex(object.segment)} ${object.count} ${object.lamport}`;
        case 'entry':
          return `entry ${toHex(object.entry)}`;
        case 'certificate':
          return `certificate ${toHex(object.certificate)}`;
      }
    })
    .toSorted();

describe('S1.4 several devices a side', () => {
  test('S1.4 a judge with everything of two people with two devices each attributes nothing of published days, and all else', () => {
    const home = weeks(crypto, 71, 14);
    const objects = everything(home.alice[0]);
    const published = publishedIn(objects);
    expect(published.size).toBeGreaterThan(4 * 5);
    const old = eventsOf(objects, published);
    const pinned = judge(crypto, objects);
    expect(old.length).toBeGreaterThan(60);
    expect(old.filter((id) => pinned.has(id))).toEqual([]);
    const all = objects.filter(({ type }) => type === 'event').length;
    expect(pinned.size).toBe(all - old.length);
    // Every device's open days are among what is pinned: the judge looked at all four.
    const open = objects.flatMap((object) => {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      return header === undefined || published.has(toHex(header.segment)) ? [] : [toHex(header.feed)];
    });
    expect(new Set(open).size).toBe(4);
  });

  test('S1.4 planted: a hash that reaches from an open day into a published one pins it, whichever of four devices wrote it', () => {
    const home = weeks(crypto, 72, 12);
    const objects = everything(home.bob[1]);
    const published = publishedIn(objects);
    for (const who of home.all) {
      const feed = toHex(who.log.device()?.feed ?? new Uint8Array());
      const mine = objects.filter((object) => {
        const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
        return header !== undefined && toHex(header.feed) === feed;
      });
      const victims = eventsOf(mine, published);
      const victim = victims.at(-1);
      const last = mine.findLast(
        (object) =>
          object.type === 'event' &&
          eventsOf([object], published).length === 0 &&
          judge(crypto, objects).has(toHex(eventIdOf(crypto, object.header))),
      );
      if (victim === undefined || last?.type !== 'event') throw new Error('nothing open or nothing published');
      const header = decodeHeader(last.header);
      const content = last.content;
      if (header === undefined || content === null) throw new Error('not an event');
      // As if the writer had put the hash into what it said that day: whatever a signature stands over is searched.
      const planted = objects.map((object) =>
        object === last ? { ...last, content: { ...content, content: Buffer.from(victim, 'hex') } } : object,
      );
      expect(judge(crypto, planted).has(victim)).toBe(true);
      expect(judge(crypto, objects).has(victim)).toBe(false);
    }
  });

  test('S1.4 a published day told differently: the same outside, accepted by who knows nothing, and refused by live replicas', () => {
    const home = weeks(crypto, 73, 12);
    const objects = everything(home.alice[0]);
    const days = openDays(crypto, objects);
    expect(days.length).toBe(publishedIn(objects).size);
    // One day of Bob's second device, told with what any member has.
    const feed = toHex(home.bob[1].log.device()?.feed ?? new Uint8Array());
    const day = days.find(({ certificate }) => toHex(certificate.feed) === feed);
    if (day === undefined) throw new Error('nothing published');
    const lie = retell({ crypto, randomness: home.alice[0].random }, objects, day, (header) =>
      header.contentKind === PUBLISH_KIND ? undefined : said('never said'),
    );
    expect(outside(lie)).toEqual(outside(objects));
    const pinned = judge(crypto, lie);
    const forged = eventsOf(lie, new Set([toHex(day.certificate.segment)]));
    expect(forged.length).toBeGreaterThan(2);
    expect(forged.filter((id) => pinned.has(id))).toEqual([]);
    expect(pinned).toEqual(judge(crypto, objects));

    const real = innocent(home, 900, objects);
    const fooled = innocent(home, 900, lie);
    expect([...real.taken.refused, ...fooled.taken.refused]).toEqual([]);
    const marks = (who: ReturnType<typeof innocent>) =>
      who.replica.log.page({ limit: 9999 }).map((one) => [toHex(one.member), one.lamport, one.time, one.marks].join());
    // Ties in the order go by event ids, which differ: the same lines all the same.
    expect(marks(fooled).toSorted()).toEqual(marks(real).toSorted());
    expect(texts(fooled.replica).filter((text) => text === 'never said').length).toBe(
      forged.length -
        eventsOf(lie, new Set([toHex(day.certificate.segment)])).filter((id) => isPublish(lie, id)).length,
    );
    expect(texts(real.replica)).not.toContain('never said');

    // Who had the day while it could not be forged takes nothing of it, whoever hands it on from the other side.
    for (const who of home.bob) {
      const before = texts(who);
      for (const other of home.alice) {
        take(who, lie, feedOf(other));
        expect(texts(who)).toEqual(before);
      }
    }
  });

  test('S1.4 the author of a day cannot displace it either: its forgery is a branch, marked as by a copy', () => {
    const home = weeks(crypto, 74, 12);
    const [alice] = home.alice;
    const objects = everything(alice);
    const feed = toHex(home.bob[0].log.device()?.feed ?? new Uint8Array());
    const day = openDays(crypto, objects).find(({ certificate }) => toHex(certificate.feed) === feed);
    if (day === undefined) throw new Error('nothing published');
    const lie = retell({ crypto, randomness: alice.random }, objects, day, (header) =>
      header.contentKind === PUBLISH_KIND ? undefined : said('never said'),
    );
    const before = texts(alice);
    take(alice, lie, feedOf(home.bob[0]));
    const now = texts(alice);
    expect(before.every((text) => now.includes(text))).toBe(true);
    const marked = alice.log
      .page({ limit: 9999 })
      .filter(({ event }) => new TextDecoder().decode(alice.log.content(event)) === 'never said');
    const lines = alice.log.page({ limit: 9999 }).filter(({ place }) => toHex(place.feed) === feed);
    expect(marked.length).toBeGreaterThan(0);
    // Of the two lines one is marked; which one the ids decide, the same on every replica.
    const copies = lines.filter(({ marks }) => marks.includes('copy'));
    expect(copies.length).toBeGreaterThan(0);
  });

  test('S1.4 a day that is not published cannot be told differently', () => {
    const home = weeks(crypto, 75, 12);
    const objects = everything(home.alice[0]);
    const [old] = openDays(crypto, objects);
    const open = objects
      .flatMap((object) => (object.type === 'certificate' ? (readCertificate(object.certificate) ?? []) : []))
      .find(({ segment }) => !publishedIn(objects).has(toHex(segment)));
    if (old === undefined || open === undefined) throw new Error('nothing published, or all of it');
    expect(openDays(crypto, objects).some(({ certificate }) => certificate === open)).toBe(false);
    const lie = retell({ crypto, randomness: home.alice[0].random }, objects, { ...old, certificate: open }, () =>
      said('never said'),
    );
    const { replica, taken } = innocent(home, 901, lie);
    expect(taken.refused.get('signature')).toBeGreaterThan(0);
    expect(texts(replica)).not.toContain('never said');
  });
});
const isPublish = (objects: readonly LogObject[], id: string): boolean =>
  objects.some(
    (object) =>
      object.type === 'event' &&
      toHex(eventIdOf(crypto, object.header)) === id &&
      decodeHeader(object.header)?.contentKind === PUBLISH_KIND,
  );

describe('who publishes, and when', () => {
  const oneDay = (seed: number) => {
    const home = households(crypto, seed);
    const [a1, a2] = home.alice;
    say(a1, 'written on the first device');
    everyoneToEveryone(home.all);
    const seeds: SegmentSeed[] = [];
    const log = openConversationLog({
      store: a1.store,
      crypto,
      randomness: a1.random,
      conversation: CONVERSATION,
      kind: 'pair',
      roots: [ROOT],
      ended: (one) => seeds.push(one),
    });
    return { home, seeds, first: { ...a1, log }, second: a2 };
  };

  test('S1.4 a seed is told once its segment has ended, never before; then any own device publishes it', () => {
    const { home, seeds, first, second } = oneDay(81);
    say(first, 'the same day');
    expect(seeds).toEqual([]);
    say(first, 'the next day', START + DAY);
    expect(seeds.length).toBe(1);
    everyoneToEveryone([first, ...home.all.slice(1)]);
    expect(publishDue(second, home.bob, START + 9 * DAY)).toBe(0);
    expect(publishDue(second, home.bob, START + 7 * DAY, seeds)).toBe(0);
    expect(publishDue(second, home.bob, START + 9 * DAY, seeds)).toBe(1);
    expect(publishDue(second, home.bob, START + 9 * DAY, seeds)).toBe(0);
    for (const who of home.bob) {
      give(second, who);
      expect(who.log.isPublished(feedOf(first) as never, seeds[0]?.segment as never)).toBe(true);
    }
    // What was known before counts as known: another device of its author's person published it.
    expect(home.bob[0].log.page({ limit: 99 }).flatMap(({ marks }) => marks)).toEqual([]);
  });

  test('S1.4 a seed that is not the one of the segment, or of a running segment, publishes nothing', () => {
    const { home, seeds, first, second } = oneDay(82);
    say(first, 'the next day', START + DAY);
    everyoneToEveryone([first, ...home.all.slice(1)]);
    const [seed] = seeds;
    if (seed === undefined) throw new Error('no seed');
    const other = { ...seed, seed: new Uint8Array(32).fill(1) };
    expect(publishDue(second, home.bob, START + 20 * DAY, [other])).toBe(0);
    const running = first.log.page({ limit: 99 }).at(-1)?.place.segment;
    if (running === undefined) throw new Error('nothing running');
    const raw = first.store.get('segment', concat(CONVERSATION, seed.feed, running));
    const real = raw === undefined ? null : (decode(segmentRecord, raw)?.seed ?? null);
    if (real === null) throw new Error('the running segment has no seed');
    const early = { ...seed, segment: running, seed: real };
    expect(publishDue(second, home.bob, START + 20 * DAY, [early])).toBe(0);
    // Nor does a device of the other person publish it, though it may have got hold of the seed.
    expect(publishDue(home.bob[0], home.alice, START + 20 * DAY, seeds)).toBe(0);
  });

  test('S1.4 S4.23 a removed device tells an ended day of another own device differently, with the seed from self, before it is published', () => {
    const { home, seeds, first, second } = oneDay(87);
    const [b1, b2] = home.bob;
    say(first, 'the next day', START + DAY);
    everyoneToEveryone([first, second, ...home.bob]);
    const all = everything(second);
    const [seed] = seeds;
    const certificate = all
      .flatMap((object) => (object.type === 'certificate' ? (readCertificate(object.certificate) ?? []) : []))
      .find(({ segment }) => seed !== undefined && toHex(segment) === toHex(seed.segment));
    if (seed === undefined || certificate === undefined) throw new Error('the day has not ended');
    const thief = feedOf(second);
    first.store.transaction(() =>
      first.log.appendEntry(
        (key, at) =>
          createRemoval(crypto, key, at, {
            feed: thief as FeedId,
            member: null,
            cuts: first.log.cutsHere(thief as FeedId),
          }),
        START + DAY,
      ),
    );
    everyoneToEveryone([first, ...home.bob]);
    const lie = retell({ crypto, randomness: second.random }, all, { certificate, seed: seed.seed, day: START }, () =>
      said('never said'),
    );
    const ofDay = (who: Replica) =>
      who.log
        .page({ limit: 99 })
        .filter(({ place, marks }) => toHex(place.segment) === toHex(seed.segment) || marks.includes('copy'))
        .map(({ event, marks }) => [new TextDecoder().decode(who.log.content(event)), marks.join()].join(': '))
        .toSorted();
    // Who had the day keeps it: what is signed with the stolen seed stands beside it, and one of the two is marked, by the ids.
    take(b1, lie, thief);
    // A device that never had it has no other, until it hears of the real one from anybody who does.
    const late = openReplica(crypto, 4243);
    for (const who of [first, b1]) {
      const device = who.log.device();
      if (device !== undefined) late.store.transaction(() => late.log.admit(device.member));
    }
    take(late, lie, thief);
    expect(ofDay(late)).toEqual(['never said: ']);
    expect(texts(b1)).toEqual(expect.arrayContaining(['written on the first device', 'never said', 'the next day']));
    expect(ofDay(b1).filter((line) => line.endsWith(': copy'))).toHaveLength(1);
    give(b2, late);
    expect(ofDay(late)).toEqual(ofDay(b1));
    expect(texts(late)).toContain('the next day');
    // Nothing that the removed device signs as itself comes with it.
    expect(texts(late)).toHaveLength(3);
  });

  test('S1.4 both devices publish the same segment: once is as good as twice, in any order', () => {
    const orders = [0, 1].map((swap) => {
      const { home, seeds, first, second } = oneDay(83);
      say(first, 'the next day', START + DAY);
      const all = [first, ...home.all.slice(1)];
      everyoneToEveryone(all);
      expect(publishDue(first, home.bob, START + 9 * DAY)).toBe(1);
      expect(publishDue(second, home.bob, START + 9 * DAY, seeds)).toBe(1);
      const [x, y] = swap === 0 ? [first, second] : [second, first];
      const [bob] = home.bob;
      give(x, bob);
      const before = texts(bob).filter((text) => text.startsWith('w') || text.startsWith('t'));
      expect([...give(y, bob).refused]).toEqual([]);
      expect(texts(bob).filter((text) => text.startsWith('w') || text.startsWith('t'))).toEqual(before);
      everyoneToEveryone(all);
      return bob.log.page({ limit: 99 }).map(({ event, marks }) => toHex(event) + marks.join());
    });
    expect(orders[0]?.length).toBe(orders[1]?.length);
  });

  test('S1.4 the other side publishes a stolen seed: the day is forgeable, and what only it brought stays marked', () => {
    const { home, seeds, first } = oneDay(84);
    const [b1] = home.bob;
    say(first, 'the next day', START + DAY);
    everyoneToEveryone([first, ...home.all.slice(1)]);
    const [seed] = seeds;
    if (seed === undefined) throw new Error('no seed');
    const late = openReplica(crypto, 4242);
    for (const who of [first, b1]) {
      const device = who.log.device();
      if (device !== undefined) late.store.transaction(() => late.log.admit(device.member));
    }
    // Alice's new device has the day from Bob only; then Bob says its key is public.
    late.store.transaction(() => late.log.ingest(everything(b1), feedOf(b1), 5));
    const own = home.alice[1].log.device();
    if (own === undefined) throw new Error('not started');
    b1.store.transaction(() =>
      b1.log.append({
        contentKind: PUBLISH_KIND,
        content: encode(publishCodec, { ...seed, extensions: [] }),
        time: START,
      }),
    );
    give(b1, late);
    const marks = late.log
      .page({ limit: 99 })
      .filter(({ place }) => toHex(place.segment) === toHex(seed.segment))
      .flatMap((one) => one.marks);
    expect(marks).toContain('counterpart');
  });

  test('S1.4 grace 0 and 48 hours', () => {
    for (const grace of [0, 48 * HOUR]) {
      const { home, first } = oneDay(85);
      say(first, 'the next day', START + DAY);
      everyoneToEveryone([first, ...home.all.slice(1)]);
      if (grace > 0) expect(publishDue(first, home.bob, START + DAY + grace - 60_000, [], grace)).toBe(0);
      expect(publishDue(first, home.bob, START + DAY + grace, [], grace)).toBe(1);
    }
  });
});

describe('S2.9 parents', () => {
  test('S2.9 two parents of an event swapped, on the way or on the disk: it is not shown, and the verifier names it', () => {
    const home = households(crypto, 98);
    const [a1, a2] = home.alice;
    const [b1] = home.bob;
    say(a2, 'one parent');
    say(b1, 'another parent');
    everyoneToEveryone(home.all);
    say(a1, 'names both');
    const wire = everything(a1);
    const swapIn = (data: Uint8Array): Uint8Array => {
      const header = decodeHeader(data);
      if (header === undefined || header.heads.length < 2) return data;
      const [first, second, ...rest] = header.heads;
      if (first === undefined || second === undefined) return data;
      return encodeHeader({ ...header, heads: [second, first, ...rest] });
    };
    const swapped = wire.map((object) =>
      object.type === 'event' ? { ...object, header: swapIn(object.header) } : object,
    );
    expect(swapped).not.toEqual(wire);
    const { replica } = innocent(home, 902, swapped);
    expect(texts(replica)).toContain('another parent');
    expect(texts(replica)).not.toContain('names both');

    const row = b1.store
      .scan('header')
      .find(({ value }) => toHex(swapIn(value.subarray(13))) !== toHex(value.subarray(13)));
    expect(row).toBeUndefined();
    give(a1, b1);
    expect(texts(b1)).toContain('names both');
    expect(b1.log.verify()).toEqual([]);
    const held = b1.store
      .scan('header')
      .find(({ value }) => toHex(swapIn(value.subarray(13))) !== toHex(value.subarray(13)));
    if (held === undefined) throw new Error('not stored');
    const value = Uint8Array.from([...held.value.subarray(0, 13), ...swapIn(held.value.subarray(13))]);
    b1.store.transaction(() => b1.store.put('header', held.key, value));
    b1.log.forget();
    expect(b1.log.verify().map(({ event, damage }) => [toHex(event), damage])).toEqual([
      [toHex(held.key.subarray(36, 68)), 'header'],
    ]);
    expect(texts(b1)).not.toContain('names both');
  });
});

describe('S0.27 periods', () => {
  const withPeriod = (period: { ms: number }, seed = 91) => {
    const home = households(crypto, seed);
    const [a1] = home.alice;
    const log = openConversationLog({
      store: a1.store,
      crypto,
      randomness: a1.random,
      conversation: CONVERSATION,
      kind: 'pair',
      roots: [ROOT],
      periodMs: () => period.ms,
    });
    return { home, alice: { ...a1, log } };
  };
  const segmentsOf = (who: ReturnType<typeof withPeriod>['alice']): number =>
    new Set(who.log.page({ limit: 999 }).map(({ place }) => toHex(place.segment))).size;

  test('S0.27 an hour instead of a day works for a running log at once, and back', () => {
    const period = { ms: DAY };
    const { alice } = withPeriod(period);
    for (let hour = 0; hour < 4; hour++) say(alice, `${hour}`, START + hour * HOUR);
    expect(segmentsOf(alice)).toBe(1);
    period.ms = HOUR;
    say(alice, 'shorter', START + 4 * HOUR);
    say(alice, 'same hour', START + 4.5 * HOUR);
    say(alice, 'next hour', START + 5 * HOUR);
    expect(segmentsOf(alice)).toBe(3);
    period.ms = DAY;
    say(alice, 'longer', START + 6 * HOUR);
    expect(segmentsOf(alice)).toBe(3);
    // A certificate tells the day, whatever the period.
    const days = everything(alice).flatMap((object) =>
      object.type === 'certificate' ? (readCertificate(object.certificate)?.day ?? []) : [],
    );
    expect(new Set(days)).toEqual(new Set([START / DAY]));
  });

  test('S0.27 a silent day ends by a turn, and one turn is enough', () => {
    const { alice } = withPeriod({ ms: DAY });
    const turn = (now: number): boolean => {
      const { due, at } = alice.store.transaction(() => alice.log.turn(now, false));
      expect(at).toBeGreaterThan(now);
      if (due) alice.store.transaction(() => alice.log.append({ contentKind: TURN_KIND, content: null, time: now }));
      return due;
    };
    expect(turn(START)).toBe(false);
    say(alice, 'only this', START);
    expect(turn(START + DAY - 1)).toBe(false);
    expect(turn(START + DAY + DAY / 64)).toBe(true);
    expect(segmentsOf(alice)).toBe(2);
    for (let day = 2; day < 9; day++) expect(turn(START + day * DAY + DAY / 64)).toBe(false);
    expect(alice.store.transaction(() => alice.log.turn(START + 9 * DAY + DAY / 64, true)).due).toBe(true);
  });

  test('S1.4 turns and publications, which may stay signed for ever, do not tell what others had written by then', () => {
    const home = weeks(crypto, 97, 10);
    const own = everything(home.alice[0]).flatMap((object) => {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      return header === undefined ? [] : [header];
    });
    const published = own.filter(({ contentKind }) => contentKind === PUBLISH_KIND);
    expect(published.length).toBeGreaterThan(4);
    for (const { feed, heads } of published)
      expect(heads.filter((head) => toHex(head.feed) !== toHex(feed))).toEqual([]);
    const named = own.filter(({ feed, heads }) => heads.some((head) => toHex(head.feed) !== toHex(feed)));
    expect(named.length).toBeGreaterThan(4);
  });

  test('S0.27 turns of many devices do not come at one moment, and all come within a 128th of a period', () => {
    const times = new Set<number>();
    for (let seed = 1; seed <= 12; seed++) {
      const { alice } = withPeriod({ ms: DAY }, 200 + seed);
      say(alice, 'x', START);
      const { at } = alice.store.transaction(() => alice.log.turn(START + HOUR, false));
      expect(at).toBeGreaterThanOrEqual(START + DAY);
      expect(at).toBeLessThan(START + DAY + DAY / 128);
      times.add(at);
    }
    expect(times.size).toBeGreaterThan(6);
  });
});

test('of many seals before their events the highest are kept, so that a long gap costs no second asking', () => {
  const home = households(crypto, 95);
  const [a1] = home.alice;
  const [b1] = home.bob;
  const seals: LogObject[] = [];
  const events: LogObject[] = [];
  for (let i = 0; i < 100; i++) {
    say(a1, `${i}`, START + 1000);
    const frontier = b1.store.transaction(() => b1.log.frontier());
    const { objects } = a1.store.transaction(() => a1.log.read(a1.log.compare(frontier).theyLack, 1e9));
    seals.push(...objects.filter(({ type }) => type === 'seal'));
    if (i === 99) events.push(...objects.filter(({ type }) => type !== 'seal'));
  }
  expect(seals.length).toBe(100);
  const first = events.filter(({ type }) => type === 'certificate');
  take(b1, first, feedOf(a1));
  // Somebody adds rubbish to it.
  const rubbish = seals.slice(0, 70).map((seal): LogObject => {
    if (seal.type !== 'seal') throw new Error('not a seal');
    return { ...seal, seq: seal.seq + 1000, signature: new Uint8Array(64).fill(3) };
  });
  take(b1, rubbish, feedOf(a1));
  const taken = seals.map((seal) => take(b1, [seal], feedOf(a1)));
  expect(taken.at(-1)?.refused.get('full')).toBeUndefined();
  const kept = b1.store.scan('seal').map(({ key }) => toHex(key));
  expect(kept.length).toBe(64);
  // Neither rubbish nor what is lower than all that wait takes the place of one of them.
  expect(take(b1, rubbish, feedOf(a1)).refused.get('full')).toBe(70);
  expect(take(b1, seals.slice(0, 1), feedOf(a1)).refused.get('full')).toBe(1);
  expect(b1.store.scan('seal').map(({ key }) => toHex(key))).toEqual(kept);
  take(b1, events, feedOf(a1));
  expect(texts(b1).length).toBe(100);
});
