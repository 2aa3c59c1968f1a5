// Bounds, each from both sides: of clocks, of periods, of formats, of lists.
import { describe, expect, test } from 'vitest';
import { compareBytes, toHex, utf8 } from '../../src/bytes/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import {
  createInception,
  createWitness,
  entryPointAfter,
  eventIdOf,
  openEntry,
  readCertificate,
  type FeedId,
} from '../../src/identity/index.ts';
import {
  ABSENCE_MS,
  decodeHeader,
  encodeHeader,
  forge,
  judge,
  MAX_CONTENT_BYTES,
  mayPublish,
  noContentHash,
  openConversationLog,
  openDays,
  REGAIN_MS,
  retell,
  sizeClassOf,
  purgeableUntil,
  SOURCE_AGE_MS,
  type Header,
  type LogObject,
  type TimeEvidence,
} from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { Hand } from './hand.ts';
import { addDevice, everyoneToEveryone, publishDue, weeks } from './devices.ts';
import {
  CONVERSATION,
  DAY,
  everything,
  feedOf,
  give,
  meet,
  openReplica,
  pair,
  person,
  ROOT,
  say,
  START,
  take,
  texts,
  type Person,
} from './people.ts';

const crypto = createNullCrypto();

describe('shared time', () => {
  const now = START;
  const at = (heardAt: number, kind: 'relay' | 'person' = 'relay', off = 0) => ({ kind, heardAt, date: heardAt + off });
  const purge = (more: Partial<TimeEvidence>) =>
    purgeableUntil({
      now,
      startedAt: now - 3_600_000,
      lastRunAt: now - 7_200_000,
      steadySince: 0,
      sources: [at(now)],
      ...more,
    }) === now;

  test('a source is fresh for a day, from the moment it was heard', () => {
    expect([now, now + 1].map((heard) => purge({ sources: [at(heard)] }))).toEqual([true, false]);
    expect([SOURCE_AGE_MS, SOURCE_AGE_MS + 1].map((age) => purge({ sources: [at(now - age)] }))).toEqual([true, false]);
  });
  test('of two that were heard at once one that disagreed takes from the other what has passed since', () => {
    const heard = now - 3_600_000;
    const until = (...sources: TimeEvidence['sources']) =>
      purgeableUntil({ now, startedAt: heard - 1, lastRunAt: heard - 2, steadySince: 0, sources });
    expect(until(at(heard))).toBe(now);
    expect(until(at(heard), at(heard, 'relay', DAY))).toBe(heard);
    expect(until(at(heard + 1), at(heard, 'relay', DAY))).toBe(now);
  });
  test('an absence is more than 48 hours, or a clock that was set back', () => {
    const startedAt = now - 3_600_000;
    const since = (lastRunAt: number) => purge({ startedAt, lastRunAt });
    expect([ABSENCE_MS, ABSENCE_MS + 1].map((away) => since(startedAt - away))).toEqual([true, false]);
    expect([startedAt, startedAt + 1].map(since)).toEqual([true, false]);
  });
  test('a person that was heard since the start ends it, before it or later than now does not', () => {
    const startedAt = now - 3_600_000;
    const heard = (...sources: TimeEvidence['sources']) =>
      purge({ startedAt, lastRunAt: 0, sources: [at(now), ...sources] });
    expect([startedAt, startedAt - 1, now, now + 1].map((when) => heard(at(when, 'person')))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(heard(at(now, 'person', DAY))).toBe(false);
    expect(heard(at(now, 'person', DAY), at(now, 'person'))).toBe(true);
  });
  test('a day in which all agreed ends it; who disagreed begins it anew', () => {
    const long = (startedAt: number, ...sources: TimeEvidence['sources']) =>
      purge({ startedAt, lastRunAt: 0, sources: [at(now), ...sources] });
    const start = now - 2 * REGAIN_MS;
    expect(long(now - REGAIN_MS, at(now - REGAIN_MS))).toBe(true);
    expect(long(now - REGAIN_MS + 1, at(now - REGAIN_MS + 1))).toBe(false);
    expect(long(start, at(now - REGAIN_MS))).toBe(true);
    expect(long(start, at(now - REGAIN_MS), at(now - REGAIN_MS, 'relay', DAY))).toBe(true);
    expect(long(start, at(now - REGAIN_MS), at(now - REGAIN_MS + 1, 'relay', DAY))).toBe(false);
    expect(long(start, at(now - REGAIN_MS, 'relay', DAY))).toBe(false);
  });
  test('a publication is due from its time on, by both clocks', () => {
    const evidence = { now, startedAt: now - 1, lastRunAt: now - 2, steadySince: now - 1, sources: [] };
    expect([now, now + 1].map((due) => mayPublish(evidence, due, now + 9))).toEqual([true, false]);
    expect([now, now - 1].map((date) => mayPublish(evidence, now, date))).toEqual([true, false]);
  });
});

describe('formats', () => {
  const headerOf = (change: Partial<Header>): Uint8Array => {
    const feed = utf8('feedfeed') as FeedId;
    const plain: Header = {
      format: 1,
      kind: 1,
      conversation: CONVERSATION,
      feed,
      segment: utf8('segment.') as never,
      seq: 0,
      previous: new Uint8Array(32) as never,
      lamport: 1,
      time: 1,
      charter: { feed, seq: 0 },
      heads: [],
      end: null,
      contentKind: 16,
      sizeClass: 0,
      contentHash: noContentHash(),
      extensions: [],
    };
    return encodeHeader({ ...plain, ...change });
  };
  const longest = (value: number): Header['extensions'] =>
    Array.from({ length: 8 }, (_, id) => ({
      id: 60_000 + id,
      critical: false,
      value: new Uint8Array(id === 0 ? value : 256),
    }));
  test('a header of 3,072 bytes is one, and no longer one', () => {
    const heads = Array.from({ length: 8 }, () => ({
      feed: utf8('feedfeed') as FeedId,
      segment: utf8('segment.') as never,
      seq: 0xfffffffe,
      lamport: 2 ** 48 - 1,
    }));
    const full = headerOf({ heads, extensions: longest(256) });
    expect(full.length).toBeLessThanOrEqual(3072);
    expect(decodeHeader(full)).toBeDefined();
    expect(decodeHeader(new Uint8Array(3073))).toBeUndefined();
  });
  test('contents up to the longest have a class, and none beyond', () => {
    expect([0, 63, 64, 255, 256, 1023, 1024, MAX_CONTENT_BYTES].map(sizeClassOf)).toEqual([1, 1, 2, 2, 3, 3, 4, 6]);
    expect(() => sizeClassOf(MAX_CONTENT_BYTES + 1)).toThrow('longer than the largest');
    expect(noContentHash()).toEqual(new Uint8Array(32));
    expect(noContentHash()).not.toBe(noContentHash());
  });
  test('extensions of an event are kept and shown as newer when they are critical', () => {
    const [alice, bob] = pair(crypto, 3);
    say(alice, 'one');
    give(alice, bob);
    expect(bob.log.page({ limit: 1 })[0]?.newer).toBe(false);
  });
});

describe('turns and segments', () => {
  const kinds = (who: Person, ...contentKinds: readonly number[]) => {
    for (const contentKind of contentKinds)
      who.store.transaction(() => who.log.append({ contentKind, content: new Uint8Array(1), time: START }));
  };
  const waitOf = (who: Person): number => ((feedOf(who)[0] as number) / 256) * (DAY / 128);
  test('a turn is due in the next period, after a wait of the device’s own, where somebody wrote', () => {
    const who = person(crypto, 8);
    const wait = waitOf(who);
    expect(wait).toBeGreaterThan(0);
    expect(who.log.turn(START + 5, false)).toEqual({ due: false, at: START + DAY + wait });
    say(who, 'one');
    expect(who.log.turn(START + DAY - 1, true)).toEqual({ due: false, at: START + DAY + wait });
    expect(who.log.turn(START + DAY, false)).toEqual({ due: false, at: START + DAY + wait });
    expect(who.log.turn(START + DAY + wait - 1, false)).toEqual({ due: false, at: START + DAY + wait });
    expect(who.log.turn(START + DAY + wait, false)).toEqual({ due: true, at: START + 2 * DAY + wait });
    expect(openReplica(crypto, 4).log.turn(START, true)).toEqual({ due: false, at: START + DAY });
  });
  test('where only the log itself wrote, it is due when it is always to be', () => {
    const late = START + DAY + DAY / 2;
    const quiet = person(crypto, 9);
    kinds(quiet, ...Array.from({ length: 130 }, () => 2));
    expect([quiet.log.turn(late, false).due, quiet.log.turn(late, true).due]).toEqual([false, true]);
    const loud = person(crypto, 9);
    kinds(loud, ...Array.from({ length: 128 }, () => 2), 16);
    expect(loud.log.turn(late, false).due).toBe(true);
    const first = person(crypto, 9);
    kinds(first, 16, ...Array.from({ length: 70 }, () => 2));
    expect(first.log.turn(late, false).due).toBe(true);
  });
  test('what ended is told with its seed when somebody wrote in it, and of a self never', () => {
    const told = (kind: 'pair' | 'self', contentKind: number): number => {
      const ended: unknown[] = [];
      const who = person(crypto, 12);
      const log = openConversationLog({
        store: who.store,
        crypto,
        randomness: who.random,
        conversation: CONVERSATION,
        kind,
        roots: [ROOT],
        ended: (seed) => void ended.push(seed),
      });
      for (const time of [START, START + DAY])
        who.store.transaction(() => log.append({ contentKind, content: utf8('x'), time }));
      return ended.length;
    };
    expect([told('pair', 16), told('pair', 2), told('self', 16)]).toEqual([1, 0, 0]);
  });
  test('a period of another length, and a segment that is begun anew', () => {
    const who = person(crypto, 13);
    const log = openConversationLog({
      store: who.store,
      crypto,
      randomness: who.random,
      conversation: CONVERSATION,
      kind: 'pair',
      roots: [ROOT],
      periodMs: () => 3_600_000,
    });
    const write = (time: number) =>
      who.store.transaction(() => toHex(log.append({ contentKind: 16, content: utf8('x'), time }).place.segment));
    const [one, same, next] = [write(START), write(START + 3_599_999), write(START + 3_600_000)];
    expect([one === same, same === next]).toEqual([true, false]);
    who.store.transaction(() => log.startSegment());
    const [fresh, after] = [write(START + 3_600_001), write(START + 3_600_002)];
    expect([fresh === next, fresh === after]).toEqual([false, true]);
    const bare = person(crypto, 14);
    bare.store.transaction(() => bare.log.startSegment());
    expect(say(bare, 'first')).toHaveLength(32);
    // A first segment names none before it.
    const [certificate] = everything(bare).filter(({ type }) => type === 'certificate');
    expect(certificate).toBeDefined();
  });
});

describe('heads', () => {
  test('the newest of each other device, at most eight, the latest first, and each once', () => {
    const [alice, bob] = pair(crypto, 30);
    const more = Array.from({ length: 8 }, (_, i) => addDevice(bob, 400 + i));
    for (const who of more)
      for (const known of [alice, bob]) {
        const device = known.log.device();
        if (device !== undefined) who.store.transaction(() => who.log.admit(device.member));
      }
    everyoneToEveryone([alice, bob, ...more]);
    const speakers = [bob, ...more];
    for (const [i, who] of speakers.entries()) for (let n = 0; n <= i % 5; n++) say(who, `${i}.${n}`);
    for (const who of speakers) give(who, alice);
    const heads = alice.log.headsSeen();
    expect(heads).toHaveLength(8);
    expect(heads.map(({ lamport }) => lamport)).toEqual([5, 4, 4, 3, 3, 2, 2, 1]);
    for (const [i, head] of heads.entries()) {
      const before = heads[i - 1];
      if (before?.lamport === head.lamport) expect(compareBytes(before.feed, head.feed)).toBeLessThan(0);
      expect(alice.log.at(head)?.lamport).toBe(head.lamport);
    }
    const event = say(alice, 'names them');
    const [named] = everything(alice).flatMap((object) =>
      object.type === 'event' && toHex(eventIdOf(crypto, object.header)) === toHex(event)
        ? [decodeHeader(object.header)]
        : [],
    );
    expect(named?.heads.map(({ feed }) => toHex(feed))).toEqual(heads.map(({ feed }) => toHex(feed)).toSorted());
    expect(alice.log.find(event)?.lamport).toBe(6);
    expect(alice.log.headsSeen()).toHaveLength(1);
    say(alice, 'and the ninth');
    expect(alice.log.headsSeen()).toEqual([]);
    // Events of the log's own kinds name nobody.
    say(bob, 'once more');
    give(bob, alice);
    const own = alice.store.transaction(() => alice.log.append({ contentKind: 2, content: null, time: START }));
    expect(own.lamport).toBe(8);
    expect(alice.log.headsSeen()).toHaveLength(1);
  });
});

test("of more devices than a frontier lists those of one's own person are listed", () => {
  for (const seed of [38, 39, 40]) {
    const [alice, bob] = pair(crypto, seed);
    const second = addDevice(alice, seed + 10);
    for (let i = 0; i < 30; i++) addDevice(bob, 1000 * seed + i);
    for (const known of [alice, bob]) meet(second, known);
    for (const who of [alice, second]) take(who, [...everything(bob), ...everything(alice)], feedOf(bob));
    for (const who of [alice, second]) {
      const { feeds } = who.store.transaction(() => who.log.frontier());
      const listed = feeds.map(({ feed }) => toHex(feed));
      expect(listed).toHaveLength(16);
      expect(listed).toEqual(expect.arrayContaining([alice, second].map((one) => toHex(feedOf(one) as FeedId))));
    }
  }
});

describe('entries', () => {
  test('of one member, and of strangers, 256 are kept, and the next is refused; nobody takes the room of another one', () => {
    const [alice, bob] = pair(crypto, 35);
    const device = alice.log.device();
    let last = openEntry(crypto, alice.inception);
    const entries = Array.from({ length: 256 }, (_, i): LogObject => {
      if (device === undefined || last === undefined) throw new Error('no chain');
      const removal = new Uint8Array(32).fill(i, 1);
      const entry = createWitness(crypto, device.key, entryPointAfter(last), { removal });
      last = openEntry(crypto, entry);
      return { type: 'entry', entry };
    });
    // Her inception is held.
    const taken = take(bob, entries, feedOf(alice));
    expect([...taken.refused]).toEqual([['full', 1]]);
    expect(bob.store.scan('entry')).toHaveLength(257);
    const strangers = Array.from({ length: 257 }, (_, i): LogObject => {
      const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(i % 200, i < 200 ? 0 : 1)));
      const recoveryKey = new Uint8Array(32).fill(i);
      return {
        type: 'entry',
        entry: createInception(crypto, { key, root: ROOT, memberKind: 'human', recoveryKey, versions: [1] }),
      };
    });
    expect([...take(bob, strangers, feedOf(alice)).refused]).toEqual([['full', 1]]);
    // What a device of Bob's writes, a removal, say, is not to be kept back by her.
    const [own, first] = [bob.log.device(), openEntry(crypto, bob.inception)];
    if (own === undefined || first === undefined) throw new Error('no chain');
    const entry = createWitness(crypto, own.key, entryPointAfter(first), { removal: new Uint8Array(32) });
    expect([...take(bob, [{ type: 'entry', entry }], 'own').refused]).toEqual([]);
    // What is held already is not refused.
    expect([...take(bob, [{ type: 'entry', entry: alice.inception }], feedOf(alice)).refused]).toEqual([]);
  });
});

describe('retelling', () => {
  test('published days, oldest first, and each told otherwise is taken by who knows nothing', () => {
    const home = weeks(crypto, 44, 4);
    const [a1] = home.alice;
    for (const who of home.alice) publishDue(who, home.bob, START + 30 * DAY);
    everyoneToEveryone(home.all);
    const objects = everything(a1);
    const days = openDays(crypto, objects);
    expect(days.length).toBeGreaterThan(2);
    expect(days.map(({ day }) => day)).toEqual(days.map(({ day }) => day).toSorted((a, b) => a - b));
    expect(days[0]?.day).toBe(START);
    expect(new Set(days.map(({ day }) => day)).size).toBe(3);
    for (const { certificate, seed } of days)
      expect(toHex(crypto.signingKey(new Secret(seed.slice())).publicKey)).toBe(toHex(certificate.subkey));
    expect(
      openDays(
        crypto,
        objects.filter(({ type }) => type !== 'event'),
      ),
    ).toEqual([]);
    expect(
      openDays(
        crypto,
        objects.filter(({ type }) => type !== 'certificate'),
      ),
    ).toEqual([]);
    const [first] = days;
    if (first === undefined) throw new Error('nothing was published');
    const tools = { crypto, randomness: seededRandomness(4) };
    const third = (some: typeof objects) => {
      const replica = openReplica(crypto, 91);
      for (const who of [a1, home.bob[0]]) meet(replica, who);
      expect([...take(replica, some, 'own').refused]).toEqual([]);
      return texts(replica);
    };
    const before = third(objects);
    // What is left as it was stays as it was.
    expect(third(retell(tools, objects, first, () => undefined))).toEqual(before);
    const other = third(retell(tools, objects, first, () => utf8('never said')));
    expect(other).toHaveLength(before.length);
    expect(other.filter((text) => text === 'never said')).toHaveLength(3);
    expect(before.filter((text) => !other.includes(text))).toHaveLength(3);
    // With a copy's event beside it, the smaller id is the line that is told.
    expect(retell(tools, objects, first, () => undefined)).toHaveLength(objects.length);
  });
  test('of two events after one the smaller id is the line that is told, whichever is handed over first', () => {
    const [alice] = pair(crypto, 46);
    const hand = new Hand(crypto, alice);
    hand.certify();
    const start = hand.next({}, 'start');
    const beside = ['one', 'other'].map((text) => ({
      text,
      event: hand.write({ seq: 1, previous: start, lamport: 2 }, text),
    }));
    const [line] = beside.toSorted((a, b) => compareBytes(a.event, b.event));
    const [first] = hand.certificates();
    const certificate = first?.type === 'certificate' ? readCertificate(first.certificate) : undefined;
    if (certificate === undefined) throw new Error('not certified');
    const open = { certificate, seed: new Uint8Array(32).fill(40), day: START };
    for (const objects of [hand.objects, hand.objects.toReversed()]) {
      const said: string[] = [];
      retell({ crypto, randomness: seededRandomness(4) }, objects, open, (_, content) => {
        said.push(new TextDecoder().decode(content));
        return undefined;
      });
      expect(said).toEqual(['start', line?.text]);
    }
  });
  test('of segments of one day the first one comes first', () => {
    const [alice, bob] = pair(crypto, 47);
    for (const text of ['one', 'two', 'three', 'four']) {
      say(alice, text);
      alice.store.transaction(() => alice.log.startSegment());
    }
    give(alice, bob);
    expect(publishDue(alice, [bob], START + 30 * DAY)).toBe(3);
    const objects = everything(alice);
    for (const some of [objects, objects.toReversed()])
      expect(openDays(crypto, some).map(({ day, certificate }) => [day, certificate.number])).toEqual([
        [START, 0],
        [START, 1],
        [START, 2],
      ]);
  });
  test('a day made anew begins as the real one did, goes on by itself, and ends with a seal', () => {
    const home = weeks(crypto, 45, 4);
    const [a1] = home.alice;
    for (const who of home.alice) publishDue(who, home.bob, START + 30 * DAY);
    everyoneToEveryone(home.all);
    const objects = everything(a1);
    const headers = (some: typeof objects) =>
      some.flatMap((object) => (object.type === 'event' ? (decodeHeader(object.header) ?? []) : []));
    const day = openDays(crypto, objects).find(({ certificate }) => certificate.number === 1);
    const real = headers(objects).filter(({ segment }) => day && toHex(segment) === toHex(day.certificate.segment));
    const first = real.find(({ seq }) => seq === 0);
    if (day === undefined || first === undefined) throw new Error('no second day');
    expect([first.end === null, first.heads.length > 0]).toEqual([false, true]);
    const tools = { crypto, randomness: seededRandomness(4) };
    const events = ['never', 'ever', 'said'].map((text, i) => ({
      contentKind: 16,
      content: utf8(text),
      time: START + DAY + i * 60_000 + 59_999,
    }));
    const made = forge(tools, { ...day, first, events });
    expect(made.map(({ type }) => type)).toEqual(['event', 'event', 'event', 'seal']);
    const told = headers(made);
    expect(told.map(({ seq, time }) => [seq, time - (START + DAY) / 60_000])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(told.map(({ heads, end }) => [heads.length, end])).toEqual([
      [first.heads.length, first.end],
      [0, null],
      [0, null],
    ]);
    expect(told.map(({ lamport }) => lamport - first.lamport)).toEqual([0, 1, 2]);
    expect(forge(tools, { ...day, first, events: [] })).toEqual([]);
    // Who knows nothing takes it for the real one, which it stands for.
    const others = objects.filter((object) => {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      const segment = header?.segment ?? (object.type === 'seal' ? object.segment : undefined);
      return segment === undefined || toHex(segment) !== toHex(first.segment);
    });
    const replica = openReplica(crypto, 91);
    for (const who of [a1, home.bob[0]]) meet(replica, who);
    expect([...take(replica, [...others, ...made], 'own').refused]).toEqual([]);
    expect(texts(replica)).toEqual(expect.arrayContaining(['never', 'ever', 'said']));
    expect(texts(replica)).toHaveLength(texts(a1).length - real.length + 3);
    // A judge pins what stands in days that are not public, and nothing of this.
    const pinned = judge(crypto, [...objects, ...made]);
    const idsOf = (some: typeof objects) =>
      some.flatMap((object) => (object.type === 'event' ? [toHex(eventIdOf(crypto, object.header))] : []));
    expect(idsOf(made).filter((id) => pinned.has(id))).toEqual([]);
    expect(idsOf(objects).filter((id) => pinned.has(id)).length).toBeGreaterThan(5);
    // Neither a bad signature nor a content that is gone changes that.
    const bare = objects.map((object): LogObject => (object.type === 'event' ? { ...object, content: null } : object));
    expect(judge(crypto, bare).size).toBeGreaterThan(pinned.size);
    const unsigned = objects.map((object): LogObject =>
      object.type === 'seal' ? { ...object, signature: new Uint8Array(64) } : object,
    );
    expect(judge(crypto, unsigned).size).toBe(0);
    for (const type of ['seal', 'certificate', 'entry', 'event'] as const)
      expect(
        judge(
          crypto,
          objects.filter((object) => object.type !== type),
        ).size,
      ).toBe(0);
    const noise: readonly LogObject[] = [
      { type: 'event', header: new Uint8Array(9), content: null },
      { type: 'entry', entry: new Uint8Array(9) },
    ];
    expect(judge(crypto, [...noise, ...objects])).toEqual(judge(crypto, objects));
  });
});
