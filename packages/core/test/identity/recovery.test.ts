import { describe, expect, test } from 'vitest';
import { equalBytes, toHex } from '../../src/bytes/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import {
  createRecoveryWords,
  FINAL_AFTER_MS,
  findRecoveryKey,
  halveRange,
  POOL_KEYS,
  poolKey,
  poolRange,
  readRecoveryWords,
  recoveryKey,
  recoveryPool,
  spreadRange,
  takeFromRange,
  WORDS,
  type RecoveryRange,
} from '../../src/identity/index.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { all, crypto, Device, family, judge, newKey, random, seen, stateOf } from './family.ts';

const sodium = await createLibsodium();
const WEEK = FINAL_AFTER_MS;
const seedOf = (text: string): Secret => {
  const read = readRecoveryWords(sodium, text);
  if (read.type !== 'seed') throw new Error(read.type);
  return read.seed;
};
const make = () => createRecoveryWords(sodium, new Secret(random.bytes(16)));

describe('recovery words', () => {
  test('twelve words of the list give their seed back, in any case and spacing, and by their first four letters', () => {
    const { words, seed } = make();
    expect(words).toHaveLength(12);
    for (const word of words) expect(WORDS).toContain(word);
    const same = (text: string) => equalBytes(seedOf(text).expose(), seed.expose());
    expect(same(words.join(' '))).toBe(true);
    expect(same(`  ${words.join('\n').toUpperCase()}\t`)).toBe(true);
    expect(same(words.map((word) => word.slice(0, 4)).join(' '))).toBe(true);
  });
  test('other words, fewer, or of no list are told apart; 15 of 16 wrong words are noticed', () => {
    const { words } = make();
    expect(readRecoveryWords(sodium, words.slice(1).join(' '))).toEqual({ type: 'wrong-count', count: 11 });
    expect(readRecoveryWords(sodium, words.with(4, 'kith').join(' '))).toEqual({ type: 'unknown-word', at: 4 });
    expect(readRecoveryWords(sodium, words.with(4, 'ab').join(' '))).toEqual({ type: 'unknown-word', at: 4 });
    expect(readRecoveryWords(sodium, '')).toEqual({ type: 'wrong-count', count: 0 });
    const passed = WORDS.filter((word) => readRecoveryWords(sodium, words.with(7, word).join(' ')).type === 'seed');
    expect(passed).toContain(words[7]);
    expect(passed.length).toBeGreaterThan(2048 / 32);
    expect(passed.length).toBeLessThan(2048 / 8);
  });
  test('1,024 keys by index; an inception that names one is found again by the words alone, another is not', () => {
    const { words, seed } = make();
    const pool = recoveryPool(sodium, seed);
    expect(pool.length).toBe(POOL_KEYS * 32);
    expect(new Set(Array.from({ length: POOL_KEYS }, (_, i) => toHex(pool.subarray(i * 32, i * 32 + 32)))).size).toBe(
      1024,
    );
    const [own] = spreadRange(poolRange(), 3).slice(-1);
    const taken = own && takeFromRange(own);
    const named = taken && poolKey(pool, 0, taken.index);
    if (named === undefined) throw new Error('no key');
    const again = findRecoveryKey(sodium, seedOf(words.join(' ')), [random.bytes(32), named]);
    expect(again && toHex(again.publicKey)).toBe(toHex(named));
    expect(again && sodium.verify(named, named, sodium.sign(again, named))).toBe(true);
    expect(findRecoveryKey(sodium, make().seed, [named])).toBeUndefined();
    const second = recoveryKey(sodium, seed, POOL_KEYS + 5).publicKey;
    expect(findRecoveryKey(crypto, seed, [second])).toBeUndefined();
    expect(toHex(findRecoveryKey(sodium, seed, [second], 2)?.publicKey ?? new Uint8Array())).toBe(toHex(second));
  });
  test('no two devices ever name one key: 1,000 random histories of drawing and giving', () => {
    for (let run = 0; run < 1000; run++) {
      const dice = seededRandomness(run);
      const ranges: RecoveryRange[] = [...spreadRange(poolRange(), 1 + dice.int(5))];
      const named = new Set<number>();
      let drawn = 0;
      for (let i = 0; i < 60; i++) {
        const at = dice.int(ranges.length);
        const range = ranges[at] as RecoveryRange;
        if (dice.int(4) === 0) {
          const { kept, given } = halveRange(range);
          ranges[at] = kept;
          ranges.push(given);
          continue;
        }
        const taken = takeFromRange(range);
        if (taken === undefined) continue;
        ranges[at] = taken.left;
        named.add(taken.index);
        drawn++;
      }
      expect(named.size).toBe(drawn);
      expect(Math.max(...named)).toBeLessThan(POOL_KEYS);
    }
    expect(takeFromRange({ from: 7, to: 7 })).toBeUndefined();
  });
});

describe('a recovery key set later', () => {
  const setUp = () => {
    const people = family();
    const words = new Device();
    const set = people.a1.setWords(words.key.publicKey);
    const witness = people.b.witness(set);
    words.member = people.a1.member;
    return { ...people, words, set, witness };
  };
  const entries = ({ a1, a2, a3, b, words }: ReturnType<typeof setUp>) => all(a1, a2, a3, b, words);
  const stateOfWords = (entriesHeld: ReturnType<typeof all>, now: number, at = seen(entriesHeld)) =>
    judge(entriesHeld, { now, seenAt: at })
      .members.flatMap(({ recoveries }) => recoveries)
      .map(({ state }) => state);

  test('is listed while it waits, and holds 7 days after the counterpart has seen it: not before, not without', () => {
    const world = setUp();
    world.words.remove(world.a2, null);
    const held = entries(world);
    const at = seen(held, [world.witness, 1000]);
    expect(stateOfWords(held, 1000 + WEEK - 1, at)).toEqual(['waiting']);
    expect(stateOf(judge(held, { now: 1000 + WEEK - 1, seenAt: at }), world.a2)).toBe('active');
    expect(stateOfWords(held, 1000 + WEEK, at)).toEqual(['in effect']);
    expect(stateOf(judge(held, { now: 1000 + WEEK, seenAt: at }), world.a2)).toBe('removed');
    const charter = judge(held, { now: 1000, seenAt: at });
    const [told] = charter.members.flatMap(({ recoveries }) => recoveries);
    expect([told?.from, told && toHex(told.key)]).toEqual([1000 + WEEK, toHex(world.words.key.publicKey)]);
    const unseen = held.filter((open) => open !== world.witness);
    expect(stateOfWords(unseen, 9 * WEEK)).toEqual(['waiting']);
    expect(judge(held).members.flatMap(({ recoveries }) => recoveries)[0]?.from).toBeUndefined();
  });
  test('an own device cannot witness it, nor refuse it too late; any refuses it in time', () => {
    const world = setUp();
    const own = setUp();
    own.a2.witness(own.set);
    const held = entries(own).filter((open) => open !== own.witness);
    expect(stateOfWords(held, 9 * WEEK)).toEqual(['waiting']);
    const refusal = world.a2.refuse(world.set);
    expect(stateOfWords(entries(world), 9 * WEEK, seen(entries(world), [refusal, WEEK - 1]))).toEqual(['refused']);
    expect(stateOfWords(entries(world), 9 * WEEK, seen(entries(world), [refusal, WEEK]))).toEqual(['in effect']);
    const foreign = setUp();
    foreign.b.refuse(foreign.set);
    expect(stateOfWords(entries(foreign), WEEK)).toEqual(['in effect']);
  });
  test('alone in `self` it waits 7 days from when this device saw it', () => {
    const [a1, words] = [new Device(), new Device()];
    a1.begin();
    const set = a1.setWords(words.key.publicKey);
    expect(stateOfWords(all(a1), 500 + WEEK - 1, seen(all(a1), [set, 500]))).toEqual(['waiting']);
    expect(stateOfWords(all(a1), 500 + WEEK, seen(all(a1), [set, 500]))).toEqual(['in effect']);
  });
  test('once in effect it beats both sides, and the removal of who set it does not undo it', () => {
    const world = setUp();
    const thief = world.a2.remove(world.a1, null);
    const back = world.words.remove(world.a2, null);
    const home = world.words.add(world.a3);
    const held = entries(world);
    const at = seen(held, [thief, WEEK], [back, 2 * WEEK], [home, 2 * WEEK]);
    const charter = judge(held, { now: 3 * WEEK, seenAt: at });
    expect([world.a1, world.a2, world.a3].map((one) => stateOf(charter, one))).toEqual(['active', 'removed', 'active']);
    const added = charter.members
      .flatMap(({ devices }) => devices)
      .find(({ feed }) => equalBytes(feed, world.a3.feed))?.added;
    expect([added?.byWords, added && toHex(added.feed)]).toEqual([true, toHex(world.words.feed)]);
    // Removed in time, below the entry: the thief's device set it.
    const early = seen(held, [thief, WEEK - 1]);
    expect(stateOf(judge(held, { now: 3 * WEEK, seenAt: early }), world.a3)).toBe('unknown');
  });
  test('a member may have several, and each is equal to the first', () => {
    const world = setUp();
    const second = new Device();
    const again = world.a2.setWords(second.key.publicKey);
    world.b.witness(again);
    second.member = world.a1.member;
    second.remove(world.a1, null);
    const held = all(world.a1, world.a2, world.b, world.words, second);
    expect(stateOfWords(held, WEEK)).toEqual(['in effect', 'in effect']);
    expect(stateOf(judge(held, { now: WEEK, seenAt: seen(held) }), world.a1)).toBe('removed');
  });
});

test('a person without any device comes back by words as the same member', () => {
  const words = new Device(newKey());
  const [a1, fresh, b] = [new Device(), new Device(), new Device()] as const;
  const inception = a1.begin(words.key.publicKey);
  b.begin();
  words.member = a1.member;
  words.add(fresh);
  words.remove(a1, inception);
  const charter = judge(all(a1, b, words));
  expect([a1, fresh].map((one) => stateOf(charter, one))).toEqual(['removed', 'active']);
  expect(charter.members).toHaveLength(2);
  const member = charter.members.find(({ id }) => equalBytes(id, a1.member));
  expect(member?.devices.map(({ added }) => added?.byWords ?? null).toSorted()).toEqual([null, true].toSorted());
});
