// A small world for properties: two people, days, exchanges, restored copies; and what observers make of its objects.
import type { Crypto } from '../../src/crypto/index.ts';
import type { LogObject } from '../../src/log/index.ts';
import { openConversationLog } from '../../src/log/index.ts';
import { seededRandomness, type SeededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import {
  CONVERSATION,
  DAY,
  everything,
  give,
  openReplica,
  pair,
  ROOT,
  say,
  START,
  take,
  type Person,
  type Replica,
} from './people.ts';

export interface World {
  readonly people: readonly Person[];
  readonly objects: readonly LogObject[];
}

/** A copy of a home that goes on by itself, as after restoring a backup. */
export const copyOf = (who: Person, seed: number): Person => {
  const store = who.store.clone();
  const random = seededRandomness(seed);
  const log = openConversationLog({
    store,
    crypto: who.crypto,
    randomness: random,
    conversation: CONVERSATION,
    kind: 'pair',
    roots: [ROOT],
  });
  return { ...who, store, random, log };
};

export const makeWorld = (crypto: Crypto, seed: number, steps: number, copies: number): World => {
  const random = seededRandomness(seed);
  const people: Person[] = [...pair(crypto, seed * 10 + 1)];
  let now = START;
  for (let i = 0; i < steps; i++) {
    const who = random.pick(people);
    const dice = random.int(100);
    if (dice < 60) say(who, `${i}`, now);
    else if (dice < 85) {
      const other = random.pick(people);
      if (other !== who) give(who, other);
    } else if (dice < 93) now += random.int(2 * DAY);
    else if (dice < 96) who.store.transaction(() => who.log.startSegment());
    else if (people.length < 2 + copies) people.push(copyOf(who, seed * 100 + i));
  }
  return { people, objects: people.flatMap((who) => everything(who)) };
};

export const shuffled = <T>(random: SeededRandomness, items: readonly T[], twice: number): readonly T[] => {
  const all = [...items, ...Array.from({ length: twice }, () => random.pick(items))];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
};

/** Somebody who knows both members and is handed objects in this order, in pieces. */
export const observe = (
  crypto: Crypto,
  world: World,
  objects: readonly LogObject[],
  random: SeededRandomness,
): Replica => {
  const replica = openReplica(crypto, 999);
  for (const who of world.people.slice(0, 2)) {
    const device = who.log.device();
    if (device !== undefined) replica.store.transaction(() => replica.log.admit(device.member));
  }
  for (let at = 0; at < objects.length;) {
    const size = 1 + random.int(20);
    take(replica, objects.slice(at, at + size), 'own');
    at += size;
  }
  return replica;
};
