// What a conversation shows is a function of what is held: whatever came first, and however often.
import { expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import {
  aboutLine,
  clearUnread,
  contents,
  eventsMeant,
  isDeletable,
  linePlaces,
  orderKey,
  unreadCount,
  PAIR_TABLES,
  projectPair,
  projectSelf,
  purgeLine,
  type Content,
  type PairView,
} from '../../src/conversation/index.ts';
import type { EventId } from '../../src/identity/index.ts';
import type { LogObject, Place } from '../../src/log/index.ts';
import type { Store } from '../../src/ports/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness, type SeededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { CONVERSATION, DAY, everything, give, openReplica, pair, START, take, type Person } from '../log/people.ts';
import { copyOf, shuffled } from '../log/world.ts';

const crypto = createNullCrypto();
interface Said {
  readonly by: Person;
  readonly place: Place;
  readonly kind: Content['type'];
}
interface Script {
  readonly people: readonly Person[];
  readonly objects: readonly LogObject[];
  /** Deleted for me: of either side, whatever it is. */
  readonly tombstones: readonly Place[];
  readonly words: readonly string[];
}

/** Two people who write, edit, react and delete, also what is not theirs, also twice, and lose things on the way. */
const write = (seed: number, steps: number, copyAt?: number): Script => {
  const random = seededRandomness(seed);
  const people: Person[] = [...pair(crypto, seed * 10 + 1)];
  const said: Said[] = [];
  const words: string[] = [];
  let now = START;
  const word = (): string => {
    words.push(`word${words.length}`);
    return words.at(-1) as string;
  };
  const contentOf = (): Content => {
    const dice = random.int(100);
    const target = said.length === 0 ? undefined : random.pick(said).place;
    if (target === undefined || dice < 40) return { type: 'text', text: word(), reply: target ?? null, extensions: [] };
    if (dice < 60) return { type: 'edit', target, text: word(), extensions: [] };
    if (dice < 80)
      return { type: 'reaction', target, emoji: random.pick(['👍', '🎉']), on: random.int(3) > 0, extensions: [] };
    if (dice < 92) return { type: 'delete', target, extensions: [] };
    return { type: 'profile', name: word(), picture: new Uint8Array(random.int(3)), extensions: [] };
  };
  for (let i = 0; i < steps; i++) {
    // From here on a copy of a device writes within the same segment.
    if (i === copyAt) people.push(copyOf(random.pick(people), seed));
    const by = random.pick(people);
    const dice = random.int(10);
    if (dice === 0) now += random.int(DAY);
    else if (dice < 3) give(by, people.find((other) => other !== by) as Person);
    else {
      const content = contentOf();
      const { kind, bytes } = contents.encode(content);
      const { place } = by.store.transaction(() => by.log.append({ contentKind: kind, content: bytes, time: now }));
      said.push({ by, place, kind: content.type });
    }
  }
  const tombstones = said.map(({ place }) => place).filter(() => random.int(8) === 0);
  return { people, objects: people.flatMap((who) => everything(who)), tombstones, words };
};

const dump = (store: Store): readonly string[] =>
  PAIR_TABLES.flatMap((table) => store.scan(table).map(({ key, value }) => `${table} ${toHex(key)} ${toHex(value)}`));

/** Everything that a person could see, and every byte that is kept of it. */
const shown = ({ people, objects, tombstones, words }: Script, random: SeededRandomness): unknown => {
  const replica = openReplica(crypto, 999);
  const { log, store } = replica;
  const [me] = people;
  for (const who of people) {
    const device = who.log.device();
    if (device !== undefined) store.transaction(() => log.admit(device.member));
  }
  const view: PairView = {
    store,
    crypto,
    log,
    conversation: CONVERSATION,
    me: me?.log.device()?.member as PairView['me'],
  };
  const steps = shuffled(random, [...objects, ...tombstones], 10);
  for (let at = 0; at < steps.length;) {
    const some = steps.slice(at, at + 1 + random.int(12));
    at += some.length;
    const ingested = take(
      replica,
      some.filter((step): step is LogObject => 'type' in step),
      'own',
    );
    store.transaction(() => {
      for (const event of [...ingested.shown, ...ingested.completed]) projectPair(view, event);
      for (const place of some.filter((step): step is Place => !('type' in step))) {
        const by = { lamport: 1, event: new Uint8Array(32) as EventId, place };
        projectSelf(store, by, { type: 'tombstone', conversation: CONVERSATION, place, extensions: [] });
        for (const target of eventsMeant(view, place, undefined).filter(isDeletable)) purgeLine(view, target);
      }
    });
  }
  const lines = linePlaces(store, CONVERSATION, { limit: 10_000 }).map(({ event }) => {
    const line = log.find(event);
    const content = log.content(event);
    return {
      event: toHex(event),
      content: content === undefined ? null : toHex(content),
      about: line === undefined ? null : aboutLine(view, line),
      isCopy: line?.marks.includes('copy') === true,
    };
  });
  const tables = dump(store);
  // Made again from the log alone, newest first as a rebuild does: the same.
  store.transaction(() => {
    for (const table of PAIR_TABLES) for (const { key } of store.scan(table)) store.delete(table, key);
    for (const event of log.page({ limit: 10_000 }).toReversed()) projectPair(view, event);
  });
  expect(dump(store)).toEqual(tables);
  const found = words.filter((word) => store.search(word, 1).length > 0);
  return { lines, tables, found };
};

test('read up to a line leaves unread what stands behind it at the same Lamport time', () => {
  const { store } = openReplica(crypto, 1);
  const event = (byte: number): EventId => new Uint8Array(32).fill(byte) as EventId;
  store.transaction(() => {
    for (const byte of [1, 2, 3]) store.put('unread', orderKey(CONVERSATION, 7, event(byte)), new Uint8Array(0));
  });
  const upTo = { lamport: 7, event: event(2) };
  expect(store.transaction(() => clearUnread(store, CONVERSATION, upTo))).toBe(1);
  expect(unreadCount(store, CONVERSATION)).toBe(1);
});

test('S4.4 the same events and tombstones show, keep and find the same, in whatever order they came', () => {
  let deleted = 0;
  let edited = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const script = write(seed, 40);
    const first = shown(script, seededRandomness(1)) as {
      lines: { about: { deleted: boolean; edited?: string } | null }[];
    };
    deleted += first.lines.filter(({ about }) => about?.deleted === true).length;
    edited += first.lines.filter(({ about }) => about?.edited !== undefined).length;
    for (let order = 2; order <= 5; order++)
      expect(shown(script, seededRandomness(order)), `seed ${seed} order ${order}`).toEqual(first);
  }
  expect(deleted).toBeGreaterThan(10);
  expect(edited).toBeGreaterThan(10);
});

test('S4.4 the same where a copy of a device went on within a segment, so that places name several', () => {
  let copied = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const script = write(seed, 40, 12);
    const first = shown(script, seededRandomness(1)) as { lines: { isCopy: boolean }[] };
    copied += first.lines.filter(({ isCopy }) => isCopy).length;
    for (let order = 2; order <= 5; order++)
      expect(shown(script, seededRandomness(order)), `seed ${seed} order ${order}`).toEqual(first);
  }
  expect(copied).toBeGreaterThan(10);
});

test('class 29: of very many reactions of one author to a line the same 64 count, in whatever order they came', () => {
  const people = pair(crypto, 7301);
  const [alice, bob] = people;
  const say = (by: Person, content: Content): Place => {
    const { kind, bytes } = contents.encode(content);
    return by.store.transaction(() => by.log.append({ contentKind: kind, content: bytes, time: START }).place);
  };
  const target = say(alice, { type: 'text', text: 'look', reply: null, extensions: [] });
  give(alice, bob);
  const react = (by: Person, emoji: string, on: boolean): void =>
    void say(by, { type: 'reaction', target, emoji, on, extensions: [] });
  for (let i = 0; i < 150; i++) react(bob, `:${i}:`, true);
  for (let i = 0; i < 150; i += 3) react(bob, `:${i}:`, false);
  react(alice, '👍', true);
  const script = { people, objects: people.flatMap((who) => everything(who)), tombstones: [], words: [] };
  const [first, ...others] = [1, 2, 3, 4].map((order) => shown(script, seededRandomness(order)));
  for (const other of others) expect(other).toEqual(first);
  const { lines } = first as { lines: { about: { reactions: { emoji: string }[] } | null }[] };
  const emoji = lines.flatMap(({ about }) => about?.reactions.map((one) => one.emoji) ?? []);
  expect(emoji).toContain('👍');
  expect(emoji.length).toBeGreaterThan(30);
  expect(emoji.length).toBeLessThan(66);
});
