import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import {
  createCertificate,
  createWitness,
  eventIdOf,
  NO_HASH,
  openEntry,
  readCertificate,
  type EventId,
} from '../../src/identity/index.ts';
import {
  contentHash,
  createSeal,
  decodeHeader,
  encodeHeader,
  forge,
  judge,
  mayPublish,
  PUBLISH_KIND,
  publishCodec,
  sizeClassOf,
  type LogObject,
  purgeableUntil,
  type TimeEvidence,
} from '../../src/log/index.ts';
import { decode, encode } from '../../src/codec/index.ts';
import {
  DAY,
  everything,
  feedOf,
  give,
  meet,
  openReplica,
  pair,
  say,
  START,
  take,
  texts,
  type Person,
} from './people.ts';

const crypto = await createLibsodium();
const publishDue = (who: Person, other: Person, now: number): number =>
  who.store.transaction(() => {
    const counterparts = [other.log.frontier()];
    const due = who.log.duePublications({ now, counterparts, sharedTimeOk: () => true });
    for (const { content } of due) who.log.append({ contentKind: PUBLISH_KIND, content, time: now });
    return due.length;
  });
/** `days` days of five texts each; everything due is published. */
const month = (days: number) => {
  const [alice, bob] = pair(crypto, 3);
  for (let day = 0; day < days; day++) {
    const now = START + day * DAY;
    for (let i = 0; i < 5; i++) say(alice, `day ${day} text ${i}`, now + i * 60_000);
    say(bob, `answer ${day}`, now + 3_600_000);
    give(alice, bob);
    give(bob, alice);
    publishDue(alice, bob, now);
    publishDue(bob, alice, now);
  }
  give(alice, bob);
  give(bob, alice);
  return { alice, bob };
};
const publishedSegments = (objects: readonly LogObject[]): ReadonlySet<string> =>
  new Set(
    objects.flatMap((object) => {
      if (
        object.type !== 'event' ||
        decodeHeader(object.header)?.contentKind !== PUBLISH_KIND ||
        object.content === null
      )
        return [];
      const publish = decode(publishCodec, object.content.content);
      return publish === undefined ? [] : [toHex(publish.segment)];
    }),
  );
const eventsOf = (objects: readonly LogObject[], segments: ReadonlySet<string>): readonly string[] =>
  objects.flatMap((object) => {
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    if (object.type !== 'event' || header === undefined || !segments.has(toHex(header.segment))) return [];
    return [toHex(eventIdOf(crypto, object.header))];
  });

describe('S1.4 what was published proves nothing', () => {
  test('S1.4 a judge who is given everything attributes 0 messages of published segments, and all of the others', () => {
    const { alice } = month(20);
    const objects = everything(alice);
    const published = publishedSegments(objects);
    expect(published.size).toBeGreaterThan(20);
    const pinned = judge(crypto, objects);
    const old = eventsOf(objects, published);
    expect(old.length).toBeGreaterThan(60);
    expect(old.filter((id) => pinned.has(id)).length).toBe(0);
    const all = objects.filter(({ type }) => type === 'event').length;
    expect(pinned.size).toBe(all - old.length);
  });

  test('S1.4 a clock that was behind, and is set right, publishes nothing early: the other one dated something before the end', () => {
    const [alice, bob] = pair(crypto, 3);
    const today = START + 400 * DAY;
    say(bob, 'today', today);
    give(bob, alice);
    say(alice, 'written by a clock a year behind', START);
    say(alice, 'and a day later by it', START + DAY);
    give(alice, bob);
    expect(publishDue(alice, bob, today + DAY)).toBe(0);
    expect(publishDue(alice, bob, today + 7 * DAY - 1)).toBe(0);
    expect(publishDue(alice, bob, today + 7 * DAY)).toBe(1);
  });

  test('S1.4 planted: the id of an event in an entry, or in a certificate, pins it as a seal does', () => {
    const [alice, bob] = pair(crypto, 26);
    const [one, two] = [say(alice, 'one'), say(alice, 'two')];
    const unsealed = everything(alice).filter(({ type }) => type !== 'seal');
    const device = alice.log.device();
    if (device === undefined) throw new Error('not started');
    expect(judge(crypto, unsealed).size).toBe(0);
    const { entry } = bob.store.transaction(() =>
      bob.log.appendEntry((key, at) => createWitness(crypto, key, at, { removal: one }), START),
    );
    const told = [...unsealed, { type: 'entry', entry: bob.inception } as const, { type: 'entry', entry } as const];
    expect([...judge(crypto, told)]).toEqual([toHex(one)]);
    const { bytes } = createCertificate(crypto, device.key, {
      conversation: alice.conversation,
      feed: device.feed,
      number: 0,
      previous: null,
      subkey: new Uint8Array(32).fill(4),
      day: 20_000,
      extensions: [{ id: 60_000, critical: false, value: two }],
    });
    // What stands below is pinned with it.
    const both = judge(crypto, [...unsealed, { type: 'certificate', certificate: bytes }]);
    expect([...both].toSorted()).toEqual([one, two].map(toHex).toSorted());
  });

  test('S1.4 planted: one hash that reaches across segments, and the judge attributes all of them', () => {
    // Twenty days written by hand; the first event of a day carries the last event's id of the day before.
    const attributed = (planted: boolean): number => {
      const { alice } = month(1);
      const device = alice.log.device();
      if (device === undefined) throw new Error('not started');
      const objects: LogObject[] = [{ type: 'entry', entry: alice.inception }];
      const open = openEntry(crypto, alice.inception);
      let before: { id: EventId; segment: ReturnType<typeof readCertificate> } | undefined;
      let lamport = 0;
      const seeds: Uint8Array[] = [];
      for (let day = 0; day < 20; day++) {
        const seed = alice.random.bytes(32);
        seeds.push(seed);
        const subkey = crypto.signingKey(new Secret(seed.slice()));
        const { bytes, certificate } = createCertificate(crypto, device.key, {
          conversation: alice.conversation,
          feed: device.feed,
          number: day,
          previous: before?.segment?.segment ?? null,
          subkey: subkey.publicKey,
          day,
          extensions: [],
        });
        objects.push({ type: 'certificate', certificate: bytes });
        let previous: EventId = NO_HASH;
        for (let seq = 0; seq < 5; seq++) {
          const publishing = day > 2 && seq === 0;
          const content = publishing
            ? publishContent(objects, seeds[day - 3] as Uint8Array, day - 3)
            : new TextEncoder().encode(`${day} ${seq}`);
          const key = alice.random.bytes(32);
          lamport += 1;
          const header = encodeHeader({
            format: 1,
            kind: 1,
            conversation: alice.conversation,
            feed: device.feed,
            segment: certificate.segment,
            seq,
            previous,
            lamport,
            time: 1,
            charter: { feed: device.feed, seq: 0 },
            heads: [],
            end: seq === 0 && before?.segment ? { segment: before.segment.segment, count: 5 } : null,
            contentKind: publishing ? PUBLISH_KIND : 16,
            sizeClass: sizeClassOf(content.length),
            contentHash: contentHash(crypto, key, content),
            extensions:
              planted && seq === 0 && before !== undefined ? [{ id: 9, critical: false, value: before.id }] : [],
          });
          previous = eventIdOf(crypto, header);
          objects.push({ type: 'event', header, content: { key, content } });
        }
        objects.push({
          type: 'seal',
          ...createSeal(
            crypto,
            subkey,
            alice.conversation,
            { feed: device.feed, segment: certificate.segment, seq: 4 },
            previous,
          ),
        });
        before = { id: previous, segment: certificate };
      }
      expect(open).toBeDefined();
      const old = eventsOf(objects, publishedSegments(objects));
      expect(old.length).toBe(17 * 5);
      const pinned = judge(crypto, objects);
      return old.filter((id) => pinned.has(id)).length;
    };
    expect(attributed(false)).toBe(0);
    expect(attributed(true)).toBe(17 * 5);
  });

  test('S1.4 anyone forges a published day; a live replica refuses it, and a day that is not published cannot be forged', () => {
    const { alice, bob } = month(12);
    const objects = everything(alice);
    const published = publishedSegments(objects);
    const own = feedOf(alice);
    const ofAlice = objects
      .flatMap((object) => (object.type === 'certificate' ? [readCertificate(object.certificate)] : []))
      .flatMap((one) => (one !== undefined && own !== 'own' && toHex(one.feed) === toHex(own) ? [one] : []));
    const certificate = ofAlice.find(({ segment }) => published.has(toHex(segment)));
    const live = ofAlice.at(-1);
    if (certificate === undefined || live === undefined) throw new Error('nothing published');
    const seed = objects
      .flatMap((object) =>
        object.type === 'event' && object.content !== null ? [decode(publishCodec, object.content.content)] : [],
      )
      .find((publish) => publish !== undefined && toHex(publish.segment) === toHex(certificate.segment))?.seed;
    const firstOf = (segment: Uint8Array) =>
      objects
        .flatMap((object) => (object.type === 'event' ? [decodeHeader(object.header)] : []))
        .find((header) => header?.seq === 0 && toHex(header.segment) === toHex(segment));
    const first = firstOf(certificate.segment);
    const firstLive = firstOf(live.segment);
    if (seed === undefined || first === undefined || firstLive === undefined) throw new Error('no seed');
    const events = [0, 1, 2, 3, 4].map((i) => ({
      contentKind: 16,
      content: new TextEncoder().encode(`never said ${i}`),
      time: START,
    }));
    const made = forge({ crypto, randomness: bob.random }, { certificate, seed, first, events });

    // Somebody who knows nothing else takes the forged day as readily as the real one.
    const innocent = openReplica(crypto, 31);
    for (const who of [alice, bob]) meet(innocent, who);
    const others = objects.filter(
      (object) =>
        object.type !== 'event' ||
        toHex(decodeHeader(object.header)?.segment ?? certificate.segment) !== toHex(certificate.segment),
    );
    take(
      innocent,
      [
        ...others.filter((object) => object.type !== 'seal' || toHex(object.segment) !== toHex(certificate.segment)),
        ...made,
      ],
      'own',
    );
    expect(texts(innocent)).toContain('never said 0');
    expect(judge(crypto, made).size).toBe(0);

    // Alice knows her day: a forgery that comes from the other side does not show.
    const before = texts(alice);
    take(alice, made, feedOf(bob));
    expect(texts(alice)).toEqual(before);
    // Nor does Bob's replica, which had it live, when a third copy of Bob's hands it on as its own person's.
    const longer = forge(
      { crypto, randomness: bob.random },
      { certificate, seed, first, events: [...events, ...events] },
    );
    take(alice, longer, feedOf(bob));
    expect(texts(alice)).toEqual(before);

    const early = forge({ crypto, randomness: bob.random }, { certificate: live, seed, first: firstLive, events });
    const taken = take(innocent, early, 'own');
    expect(taken.shown).toEqual([]);
  });

  test('history had back from the other side is marked, and published days only', () => {
    const { alice, bob } = month(12);
    const again = openReplica(crypto, 44);
    const device = alice.log.device();
    if (device === undefined) throw new Error('not started');
    meet(again, bob);
    again.store.transaction(() => again.log.startDevice(device.key, alice.inception));
    take(again, everything(bob), feedOf(bob));
    expect(texts(again)).toEqual(texts(alice));
    const own = again.log.page({ limit: 999 }).filter(({ member }) => toHex(member) === toHex(device.member));
    const marked = own.filter(({ marks }) => marks.includes('counterpart'));
    expect(marked.length).toBeGreaterThan(10);
    expect(marked.length).toBeLessThan(own.length);
    const theirs = again.log.page({ limit: 999 }).filter(({ member }) => toHex(member) !== toHex(device.member));
    expect(theirs.some(({ marks }) => marks.length > 0)).toBe(false);
  });

  test('nothing is published before the counterpart covers the end, the grace is over and shared time allows', () => {
    const [alice, bob] = pair(crypto, 8);
    say(alice, 'first');
    say(alice, 'next day', START + DAY);
    const question = { now: START + 9 * DAY, sharedTimeOk: () => true };
    const ask = (more: object = {}) =>
      alice.store.transaction(
        () => alice.log.duePublications({ ...question, counterparts: [frontier], ...more }).length,
      );
    let frontier = bob.store.transaction(() => bob.log.frontier());
    expect(ask()).toBe(0);
    give(alice, bob);
    frontier = bob.store.transaction(() => bob.log.frontier());
    expect(ask()).toBe(1);
    expect(ask({ now: START + 7 * DAY })).toBe(0);
    expect(ask({ now: START + 7 * DAY, graceMs: 0 })).toBe(1);
    expect(ask({ sharedTimeOk: () => false })).toBe(0);
    publishDue(alice, bob, START + 9 * DAY);
    expect(ask()).toBe(0);
  });

  test('a published segment whose contents are purged keeps a stub; others accept it and go on', () => {
    const { alice, bob } = month(12);
    const count = texts(alice).length;
    const oldest = alice.log
      .page({ limit: 999 })
      .filter(({ member }) => toHex(member) === toHex(alice.log.device()?.member ?? new Uint8Array()))
      .slice(0, 5);
    for (const { event } of oldest) alice.store.transaction(() => alice.log.purge(event));
    expect(texts(alice).length).toBe(count - 5);
    expect(alice.store.scan('content').length).toBe(count - 5);
    const late = openReplica(crypto, 55);
    for (const who of [alice, bob]) meet(late, who);
    const taken = take(late, everything(alice), feedOf(alice));
    expect([...taken.refused]).toEqual([]);
    expect(texts(late).length).toBe(count - 5);
    give(bob, alice);
    // What was purged does not come back.
    expect(texts(alice).length).toBe(count - 5);
  });
});

const publishContent = (objects: readonly LogObject[], seed: Uint8Array, number: number): Uint8Array => {
  const certificate = objects
    .flatMap((object) => (object.type === 'certificate' ? [readCertificate(object.certificate)] : []))
    .find((one) => one?.number === number);
  if (certificate === undefined) throw new Error('no such segment');
  return encode(publishCodec, { feed: certificate.feed, segment: certificate.segment, seed, extensions: [] });
};

describe('shared time', () => {
  const now = START + 100 * DAY;
  const evidence = (more: Partial<TimeEvidence>): TimeEvidence => ({
    now,
    startedAt: now - 3_600_000,
    lastRunAt: now - 7_200_000,
    steadySince: now - 3_600_000,
    sources: [],
    ...more,
  });
  const mayPurge = (given: TimeEvidence): boolean => purgeableUntil(given) === now;
  const relay = (offset: number, age = 60_000) => ({
    kind: 'relay' as const,
    date: now - age + offset,
    heardAt: now - age,
  });
  const friend = (offset: number, age = 60_000) => ({ ...relay(offset, age), kind: 'person' as const });

  test('a purge needs a fresh source that agrees; one a year off, stale or missing does not do', () => {
    expect(mayPurge(evidence({ sources: [relay(0)] }))).toBe(true);
    expect(mayPurge(evidence({ sources: [] }))).toBe(false);
    expect(mayPurge(evidence({ sources: [relay(365 * DAY)] }))).toBe(false);
    expect(mayPurge(evidence({ sources: [relay(0, 25 * 3_600_000)] }))).toBe(false);
    expect(mayPurge(evidence({ sources: [relay(10 * 60_000)] }))).toBe(true);
    expect(purgeableUntil(evidence({ sources: [relay(-10 * 60_000)] }))).toBe(now - 10 * 60_000);
    expect(mayPurge(evidence({ sources: [relay(10 * 60_000 + 1)] }))).toBe(false);
  });
  test('a publication needs a date of the counterpart after the due time, never a clock or a relay alone', () => {
    const due = now - DAY;
    expect(mayPublish(evidence({ sources: [relay(0)] }), due, undefined)).toBe(false);
    expect(mayPublish(evidence({}), due, due - 1)).toBe(false);
    expect(mayPublish(evidence({}), due, due)).toBe(true);
    expect(mayPublish(evidence({}), now + 1, now + 2)).toBe(false);
  });
  test('after 48 hours away both wait for a day of agreement or a person; a lie does not last', () => {
    const away = { lastRunAt: now - 60 * DAY };
    expect(mayPurge(evidence({ ...away, sources: [relay(0)] }))).toBe(false);
    expect(mayPurge(evidence({ ...away, sources: [friend(0)] }))).toBe(true);
    const day = { ...away, startedAt: now - 30 * 3_600_000 };
    expect(mayPurge(evidence({ ...day, sources: [relay(0, 25 * 3_600_000), relay(0)] }))).toBe(true);
    expect(
      mayPurge(evidence({ ...day, sources: [relay(0, 25 * 3_600_000), relay(DAY, 20 * 3_600_000), relay(0)] })),
    ).toBe(false);
    expect(mayPurge(evidence({ sources: [relay(365 * DAY, 3_600_000), relay(0)] }))).toBe(true);
  });
  test('of a source from before a jump of the clock, or before somebody disagreed, the date counts and no time since', () => {
    const hour = 3_600_000;
    const until = (more: Partial<TimeEvidence>): number => purgeableUntil(evidence(more)) - now;
    const long = { startedAt: now - 30 * hour, lastRunAt: now - 31 * hour, steadySince: now - 30 * hour };
    for (const source of [relay(0, 2 * hour), friend(0, 2 * hour)]) {
      expect(until({ ...long, sources: [source] })).toBe(0);
      expect(until({ ...long, steadySince: now - 2 * hour, sources: [source] })).toBe(0);
      expect(until({ ...long, steadySince: now - 2 * hour + 1, sources: [source] })).toBe(-2 * hour);
      expect(until({ ...long, sources: [source, relay(-23 * hour, hour)] })).toBe(-2 * hour);
      expect(until({ ...long, sources: [source, relay(-23 * hour, 3 * hour)] })).toBe(0);
      expect(until({ ...long, steadySince: now, sources: [source, relay(0, 0)] })).toBe(0);
    }
  });
});
