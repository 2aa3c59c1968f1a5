// The newest events of a conversation shown before what is below them came.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/bytes/index.ts';
import { createRemoval, type FeedId, type MemberId } from '../../src/identity/index.ts';
import type { Frontier, LogObject, PlaceRange } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness, type SeededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { households } from './devices.ts';
import { DAY, dump, everything, give, openReplica, pair, say, START, take, texts, type Replica } from './people.ts';
import { makeWorld, observe, shuffled, type World } from './world.ts';

const crypto = createNullCrypto();
const NOTHING: Frontier = { digest: new Uint8Array(16), base: 0, feeds: [] };

/** Who knows the members and has nothing. */
const fresh = (people: World['people'], seed = 999): Replica => {
  const replica = openReplica(crypto, seed);
  for (const who of people.slice(0, 2)) {
    const device = who.log.device();
    if (device !== undefined) replica.store.transaction(() => replica.log.admit(device.member));
  }
  return replica;
};
const lackedOf = (giver: Replica): readonly PlaceRange[] =>
  giver.store.transaction(() => giver.log.compare(NOTHING).theyLack);
const takes = (to: Replica, objects: readonly LogObject[], isNewest = false) =>
  to.store.transaction(() => to.log.ingest(objects, 'own', START, isNewest));
const frontier = (who: Replica): Frontier => who.store.transaction(() => who.log.frontier());
/** Entries, certificates, and then the newest: what a device that has just come is given first. */
const giveNewest = (giver: Replica, to: Replica, most: number) => {
  const lacking = lackedOf(giver);
  const { newest, rest } = giver.log.newestFirst(lacking, most);
  const entries = everything(giver).filter(({ type }) => type === 'entry');
  takes(to, [...entries, ...giver.log.certificates(lacking)]);
  const { objects } = giver.store.transaction(() => giver.log.read(newest, 1e9));
  return { newest, rest, objects, ingested: takes(to, objects, true) };
};
const writtenSince = (who: Replica, time: number): readonly LogObject[] => {
  const places = who.log.page({ limit: 1e6 }).filter((one) => one.time >= time);
  const ranges = places.map(({ place }) => ({ ...place, from: place.seq, to: place.seq + 1 }));
  const certificates = who.log.certificates(lackedOf(who));
  return [...certificates, ...who.store.transaction(() => who.log.read(ranges, 1e9).objects)];
};
const isText = (object: LogObject, text: string): boolean =>
  object.type === 'event' && new TextDecoder().decode(object.content?.content ?? new Uint8Array()) === text;
const random = (seed: number): SeededRandomness => seededRandomness(seed);

/** As few as show it: each of these tests is asked of many mutants. */
const DAYS = 5;
/** Worlds in which something is taken back. */
const FEW = [2, 5, 7, 8];
const longTalk = () => {
  const [alice, bob] = pair(crypto, 5);
  const said: string[] = [];
  for (let day = 0; day < DAYS; day++) {
    for (let i = 0; i < 5; i++) {
      const [who, other] = i % 2 === 0 ? [alice, bob] : [bob, alice];
      said.push(`${day}.${i}`);
      say(who, `${day}.${i}`, START + day * DAY);
      give(who, other);
    }
  }
  return { alice, bob, said };
};

describe('S4.25 the newest is shown ahead of what is below it', () => {
  test('right away, in its order, and answered by name; nothing else counts it', () => {
    const { alice, bob, said } = longTalk();
    const device = fresh([alice, bob]);
    const { ingested, rest } = giveNewest(alice, device, 12);
    expect(texts(device)).toEqual(said.slice(-12));
    expect(ingested.shown).toHaveLength(12);
    const [first] = device.log.page({ limit: 100 });
    expect(device.log.aheadFrom()?.event).toEqual(first?.event);
    expect(first && device.log.at(first.place)).toBeUndefined();
    expect(first && device.log.seenAt(first.place)?.event).toEqual(first?.event);
    expect(device.log.verify()).toEqual([]);
    // Its frontier covers none of it, and says that it is held.
    const told = frontier(device);
    for (const { place } of device.log.page({ limit: 100 })) expect(alice.log.covers(told, place)).toBe(false);
    const newest = device.log.page({ limit: 100 }).map(({ place }) => place);
    const lacked = alice.log
      .compare(told)
      .theyLack.filter(({ segment, from, to }) =>
        newest.some((place) => from <= place.seq && place.seq < to && equalBytes(place.segment, segment)),
      );
    // Of each segment no more than its last event, for a seal that may be lost.
    expect(lacked.every(({ from, to }) => to - from === 1)).toBe(true);

    const { objects } = alice.store.transaction(() => alice.log.read(rest, 1e9));
    const { shown, settled } = takes(device, objects);
    expect(shown).toHaveLength(said.length - 12);
    expect(settled).toHaveLength(12);
    expect(texts(device)).toEqual(said);
    expect(device.log.aheadFrom()).toBeUndefined();
    expect(frontier(device)).toEqual(frontier(alice));
  });

  test('not by whoever is no own device, nor when nobody says that it is the newest', () => {
    const { alice, bob } = longTalk();
    const device = fresh([alice, bob]);
    const { newest } = alice.log.newestFirst(lackedOf(alice), 12);
    takes(device, [
      ...everything(alice).filter(({ type }) => type === 'entry'),
      ...alice.log.certificates(lackedOf(alice)),
    ]);
    const { objects } = alice.store.transaction(() => alice.log.read(newest, 1e9));
    takes(device, objects);
    const sender = bob.log.device()?.feed;
    device.store.transaction(() => device.log.ingest(objects, sender ?? 'own', START, true));
    expect(texts(device)).toEqual([]);
    takes(device, objects.slice(0, 1), true);
    expect(texts(device)).toEqual([]);
  });

  test('S2.10 nothing without its seal, without its certificate, or changed on the way', () => {
    const { alice, bob } = longTalk();
    const lacking = lackedOf(alice);
    const { newest } = alice.log.newestFirst(lacking, 12);
    const { objects } = alice.store.transaction(() => alice.log.read(newest, 1e9));
    const entries = everything(alice).filter(({ type }) => type === 'entry');
    const certificates = alice.log.certificates(lacking);
    const shows = (given: readonly LogObject[]): number => {
      const device = fresh([alice, bob]);
      takes(device, given, true);
      return texts(device).length;
    };
    expect(shows([...entries, ...certificates, ...objects])).toBe(12);
    expect(shows([...entries, ...certificates, ...objects.filter(({ type }) => type !== 'seal')])).toBe(0);
    expect(shows([...entries, ...objects])).toBe(0);
    expect(shows([...certificates, ...objects])).toBe(0);
    const forged = objects.map((object) =>
      object.type === 'seal' ? { ...object, signature: object.signature.map((byte) => byte ^ 1) } : object,
    );
    expect(shows([...entries, ...certificates, ...forged])).toBe(0);
  });

  test('an answer to it stands below it, here and where all is held', () => {
    const { alice, bob, said } = longTalk();
    const { rest, objects } = giveNewest(alice, bob, 12);
    expect(objects.length).toBeGreaterThan(12);
    const device = fresh([alice, bob]);
    giveNewest(alice, device, 12);
    const [newest] = device.log.page({ limit: 1 });
    // Whoever writes names the newest that is shown.
    expect(device.log.headsSeen().some(({ lamport }) => lamport === newest?.lamport)).toBe(true);
    takes(device, alice.store.transaction(() => alice.log.read(rest, 1e9)).objects);
    expect(texts(device)).toEqual(said);
  });

  test('what follows it is shown with it, whoever brings it', () => {
    const { alice, bob, said } = longTalk();
    const device = fresh([alice, bob]);
    giveNewest(alice, device, 12);
    say(bob, 'and now', START + (DAYS - 1) * DAY);
    const lacking = bob.store.transaction(() => bob.log.compare(frontier(alice)).theyLack);
    const { objects } = bob.store.transaction(() => bob.log.read(lacking, 1e9));
    device.store.transaction(() => device.log.ingest(objects, bob.log.device()?.feed ?? 'own', START));
    expect(texts(device)).toEqual([...said.slice(-12), 'and now']);
  });

  test('so is a new day, but nothing that names what is not here', () => {
    const { alice, bob, said } = longTalk();
    const device = fresh([alice, bob]);
    giveNewest(alice, device, 12);
    say(bob, 'the next morning', START + DAYS * DAY);
    const since = (from: Replica, to: Replica): readonly LogObject[] =>
      from.store.transaction(() => from.log.read(from.log.compare(frontier(to)).theyLack, 1e9).objects);
    const live = since(bob, alice);
    const fromBob = (objects: readonly LogObject[]) =>
      device.store.transaction(() => device.log.ingest(objects, bob.log.device()?.feed ?? 'own', START));
    fromBob(live);
    const shown = [...said.slice(-12), 'the next morning'];
    expect(texts(device)).toEqual(shown);
    // He hears of something that this device has not, and answers it.
    take(alice, live, bob.log.device()?.feed ?? 'own');
    say(alice, 'only he has this', START + DAYS * DAY);
    give(alice, bob);
    say(bob, 'an answer to it', START + DAYS * DAY);
    fromBob(since(bob, alice));
    expect(texts(device)).toEqual(shown);
    const [top] = device.log.page({ limit: 1 });
    expect(Math.max(...device.log.headsSeen().map(({ lamport }) => lamport))).toBe(top?.lamport);
    // With what it names it is shown, also before the rest.
    takes(device, writtenSince(alice, START + DAYS * DAY));
    expect(texts(device)).toEqual([...shown, 'only he has this', 'an answer to it']);
    takes(device, everything(alice));
    expect(texts(device)).toEqual([...said, 'the next morning', 'only he has this', 'an answer to it']);
    expect(device.log.aheadFrom()).toBeUndefined();
  });

  test('nor what stood there already when an own device said what is the newest', () => {
    const { alice, bob, said } = longTalk();
    say(alice, 'only he has this', START + (DAYS - 1) * DAY);
    give(alice, bob);
    say(bob, 'an answer to it', START + (DAYS - 1) * DAY);
    const device = fresh([alice, bob]);
    const lacking = lackedOf(bob);
    takes(device, [...everything(bob).filter(({ type }) => type === 'entry'), ...bob.log.certificates(lacking)]);
    // The last of his day, from himself; then the newest by a device that has not heard his answer.
    const feed = bob.log.device()?.feed ?? 'own';
    const last = lacking.filter((range) => feed !== 'own' && equalBytes(range.feed, feed)).at(-1) as PlaceRange;
    const answer = bob.store.transaction(() => bob.log.read([{ ...last, from: last.to - 1 }], 1e9).objects);
    device.store.transaction(() => device.log.ingest(answer, feed, START));
    const { newest } = alice.log.newestFirst(lackedOf(alice), 12);
    const hers = alice.store
      .transaction(() => alice.log.read(newest, 1e9))
      .objects.filter((object) => object.type !== 'event' || !isText(object, 'only he has this'));
    takes(device, hers, true);
    expect(texts(device)).not.toContain('an answer to it');
    expect(said).toContain(texts(device).at(-1));
  });

  test('S2.10 beyond the cut of a removed device nothing, whoever says that it is the newest', () => {
    const { alice, bob, all } = households(crypto, 31);
    const [a1, a2] = alice;
    const [b1] = bob;
    for (let i = 0; i < 4; i++) say(a2, `before ${i}`);
    for (const other of [a1, b1]) give(a2, other);
    const feed = a2.log.device()?.feed as FeedId;
    a1.store.transaction(() => {
      const cuts = a1.log.cutsHere(feed);
      a1.log.appendEntry((key, at) => createRemoval(crypto, key, at, { feed, member: null, cuts }), START);
    });
    for (let i = 0; i < 4; i++) say(a2, `beyond ${i}`);
    give(a2, b1);
    const { newest } = b1.log.newestFirst(lackedOf(b1), 6);
    const { objects } = b1.store.transaction(() => b1.log.read(newest, 1e9));
    const shows = (entries: readonly LogObject[]): readonly string[] => {
      const device = fresh(all);
      for (const who of [a1, b1])
        device.store.transaction(() => device.log.admit(who.log.device()?.member as MemberId));
      takes(device, [...entries.filter(({ type }) => type === 'entry'), ...b1.log.certificates(lackedOf(b1))]);
      takes(device, objects, true);
      return texts(device);
    };
    const expected = ['before 2', 'before 3'];
    expect(shows(everything(b1))).toEqual([...expected, ...[0, 1, 2, 3].map((i) => `beyond ${i}`)]);
    expect(shows(everything(a1))).toEqual(expected);
  });

  /** How many events were taken back. */
  const takenBack = (seed: number): number => {
    const world = makeWorld(crypto, seed, 80, 2);
    const straight = observe(crypto, world, world.objects, random(seed));
    const one = world.people[seed % 2] as Replica;
    const device = fresh(world.people);
    giveNewest(one, device, 8);
    const { withdrawn } = takes(device, shuffled(random(seed), world.objects, 20));
    expect(dump(device, ['event', 'header', 'content', 'order'])).toBe(
      dump(straight, ['event', 'header', 'content', 'order']),
    );
    return withdrawn.length;
  };
  test('a copy that wrote beside it takes it back, and then all stand as anywhere', () => {
    let withdrawn = 0;
    for (let seed = 1; seed <= 60; seed++) withdrawn += takenBack(seed);
    expect(withdrawn).toBeGreaterThan(0);
  });
  test.each(FEW)('what is taken back stands again with all else (world %i)', (seed) => {
    expect(takenBack(seed)).toBeGreaterThan(0);
  });

  /** Was anything shown ahead? */
  const comesTogether = (seed: number): boolean => {
    const world = makeWorld(crypto, seed, 60, 2);
    const dice = random(seed);
    const straight = observe(crypto, world, world.objects, dice);
    const device = fresh(world.people);
    const told: string[] = [];
    const note = ({ shown, settled, withdrawn }: ReturnType<typeof takes>): void => {
      for (const { event } of withdrawn) told.push(`- ${Buffer.from(event).toString('hex')}`);
      for (const { event } of shown) told.push(`+ ${Buffer.from(event).toString('hex')}`);
      for (const { event } of settled) told.push(`= ${Buffer.from(event).toString('hex')}`);
    };
    for (const giver of dice.int(2) === 0 ? world.people : [straight]) {
      const { ingested } = giveNewest(giver, device, 1 + dice.int(20));
      note(ingested);
    }
    const wasAhead = device.log.aheadFrom() !== undefined;
    const objects = shuffled(dice, world.objects, 20);
    for (let at = 0; at < objects.length;) {
      const next = at + 1 + dice.int(12);
      note(takes(device, objects.slice(at, next), dice.int(4) === 0));
      at = next;
    }
    expect(dump(device, ['event', 'header', 'content', 'order'])).toBe(
      dump(straight, ['event', 'header', 'content', 'order']),
    );
    expect(frontier(device)).toEqual(frontier(straight));
    expect(device.log.aheadFrom()).toBeUndefined();
    expect(device.log.verify()).toEqual([]);
    // Every event was told once as shown, or was taken back before it was told again.
    const standing = new Set<string>();
    for (const line of told) {
      const event = line.slice(2);
      if (line.startsWith('+')) expect(standing.has(event)).toBe(false);
      if (line.startsWith('+')) standing.add(event);
      else if (line.startsWith('-')) standing.delete(event);
      else expect(standing.has(event)).toBe(true);
    }
    expect(standing.size).toBe(device.log.page({ limit: 1e6 }).length);
    return wasAhead;
  };
  test('whatever was shown ahead, in the end it is as if it had come in any other order', () => {
    let ahead = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => void (ahead += comesTogether(seed) ? 1 : 0)),
      process.env.RUNS === undefined ? { numRuns: 60, seed: 1 } : { numRuns: Number(process.env.RUNS) },
    );
    expect(ahead).toBeGreaterThan(20);
  }, 120_000);
  test.each([11, 12, 13, 14, 15, 16])('the same of one world (%i)', (seed) => {
    expect(comesTogether(seed)).toBeTypeOf('boolean');
  });

  const eventsIn = (who: Replica, ranges: readonly PlaceRange[]) =>
    ranges.flatMap(({ from, to, ...of }) =>
      Array.from({ length: to - from }, (_, i) => who.log.at({ ...of, seq: from + i })).flatMap((event) => event ?? []),
    );
  test('what goes first is exactly the newest, and the rest is the rest', () => {
    const { alice, said } = longTalk();
    const lacking = lackedOf(alice);
    const total = said.length + lacking.filter(({ segment }) => segment.every((byte) => byte === 0)).length;
    for (const most of [0, 1, 2, 5, 11, total - 1]) {
      const { newest, rest } = alice.log.newestFirst(lacking, most);
      const [first, then] = [eventsIn(alice, newest), eventsIn(alice, rest)];
      expect([first.length, first.length + then.length]).toEqual([Math.min(most, said.length), said.length]);
      const lowest = Math.min(...first.map(({ lamport }) => lamport));
      for (const { lamport } of then) expect(lamport).toBeLessThan(lowest);
      expect([...newest, ...rest].every(({ from, to }) => from < to)).toBe(true);
    }
    for (const most of [total, total + 1])
      expect(alice.log.newestFirst(lacking, most)).toEqual({ newest: [], rest: lacking });
    // Of what is not asked for nothing goes.
    const some = lacking.slice(0, 2);
    expect(alice.log.newestFirst(some, 1)).toEqual({ newest: [], rest: some });
  });
  test('no more than fits a packet goes first, but one event always does', () => {
    const [alice] = pair(crypto, 6);
    for (let i = 0; i < 4; i++) say(alice, 'x'.repeat(i === 3 ? 60_000 : 20_000));
    const firsts = (most: number) => eventsIn(alice, alice.log.newestFirst(lackedOf(alice), most).newest).length;
    expect([firsts(1), firsts(3)]).toEqual([1, 1]);
    say(alice, 'short');
    expect(firsts(3)).toBe(1);
    const [bob] = pair(crypto, 7);
    for (let i = 0; i < 6; i++) say(bob, 'x'.repeat(10_000));
    expect([2, 3, 5].map((most) => eventsIn(bob, bob.log.newestFirst(lackedOf(bob), most).newest).length)).toEqual([
      2, 3, 3,
    ]);
  });
  test('who waits for what is below it hands nothing on as the newest', () => {
    const { alice, bob } = longTalk();
    const device = fresh([alice, bob]);
    giveNewest(alice, device, 6);
    const lacking = lackedOf(alice);
    expect(device.log.newestFirst(lacking, 3)).toEqual({ newest: [], rest: lacking });
  });
  test('pieces of one segment are one run, without a hole', () => {
    const [alice, bob] = pair(crypto, 8);
    for (let i = 0; i < 12; i++) say(alice, `${i}`);
    const device = fresh([alice, bob]);
    const lacking = lackedOf(alice);
    takes(device, [...everything(alice).filter(({ type }) => type === 'entry'), ...alice.log.certificates(lacking)]);
    const [range] = lacking.slice(-1);
    const piece = (from: number, to: number) =>
      takes(
        device,
        alice.store.transaction(() => alice.log.read([{ ...(range as PlaceRange), from, to }], 1e9)).objects,
        true,
      );
    const runs = () => frontier(device).feeds.flatMap(({ ranges }) => ranges.map(({ from, to }) => [from, to]));
    expect(piece(9, 12).shown).toHaveLength(3);
    expect(runs()).toEqual([[9, 12]]);
    // Below a hole.
    expect(piece(3, 5).shown).toEqual([]);
    expect(texts(device)).toEqual(['9', '10', '11']);
    expect(piece(5, 9).shown.length).toBeGreaterThanOrEqual(4);
    expect(texts(device)).toEqual(['3', '4', '5', '6', '7', '8', '9', '10', '11']);
    expect(runs()).toEqual([[3, 12]]);
    expect(device.log.aheadFrom()?.event).toEqual(device.log.page({ limit: 99 })[0]?.event);
    const places = device.log.page({ limit: 99 }).map(({ place }) => place);
    for (const seq of [2, 12]) expect(device.log.seenAt({ ...(places[0] as (typeof places)[0]), seq })).toBeUndefined();
    for (const place of places) expect(device.log.seenAt(place)?.place).toEqual(place);
    expect(piece(3, 12).shown).toEqual([]);
    expect(device.log.headsSeen().map(({ seq }) => seq)).toEqual([11]);
    expect(piece(0, 3).shown).toHaveLength(3);
    expect(device.log.aheadFrom()).toBeUndefined();
    expect(texts(device)).toHaveLength(12);
  });
});
