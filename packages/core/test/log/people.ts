// Devices for tests of the log: a store each, a null or a real crypto, and one way to hand objects over.
import { concat } from '../../src/bytes/index.ts';
import { Secret, type Crypto } from '../../src/crypto/index.ts';
import { createInception, conversationIdFrom, type ConversationId, type EventId } from '../../src/identity/index.ts';
import {
  openConversationLog,
  type ConversationKind,
  type ConversationLog,
  type Ingested,
  type LogObject,
  type Sender,
} from '../../src/log/index.ts';
import { openMemoryStore, type MemoryStore } from '../../../testkit/src/memory-store.ts';
import { seededRandomness, type SeededRandomness } from '../../../testkit/src/seeded-randomness.ts';

export const DAY = 86_400_000;
export const START = 20_000 * DAY;
export const CONVERSATION = conversationIdFrom(new Uint8Array(16).fill(7));
export const ROOT = new Uint8Array(32).fill(9);

export interface Replica {
  readonly log: ConversationLog;
  readonly store: MemoryStore;
  readonly random: SeededRandomness;
  readonly crypto: Crypto;
  readonly conversation: ConversationId;
}
export interface Person extends Replica {
  readonly inception: Uint8Array;
}

export const openReplica = (
  crypto: Crypto,
  seed: number,
  {
    conversation = CONVERSATION,
    kind = 'pair' as ConversationKind,
    store = openMemoryStore(),
    root = ROOT as Uint8Array,
  } = {},
): Replica => {
  const random = seededRandomness(seed);
  const log = openConversationLog({ store, crypto, randomness: random, conversation, kind, roots: [root] });
  return { log, store, random, crypto, conversation };
};

export const person = (
  crypto: Crypto,
  seed: number,
  options: { conversation?: ConversationId; root?: Uint8Array; kind?: ConversationKind } = {},
): Person => {
  const replica = openReplica(crypto, seed, options);
  const key = crypto.signingKey(new Secret(replica.random.bytes(32)));
  const inception = createInception(crypto, {
    key,
    root: options.root ?? ROOT,
    memberKind: 'human',
    recoveryKey: replica.random.bytes(32),
    versions: [1],
  });
  replica.store.transaction(() => replica.log.startDevice(key, inception));
  return { ...replica, inception };
};

/** Two people who know each other's inception. */
export const pair = (crypto: Crypto, seed = 1): readonly [Person, Person] => {
  const alice = person(crypto, seed);
  const bob = person(crypto, seed + 1000);
  meet(alice, bob);
  meet(bob, alice);
  return [alice, bob];
};
export const meet = (one: Replica, other: Person): void =>
  one.store.transaction(() => {
    const device = other.log.device();
    if (device === undefined) throw new Error('not started');
    one.log.ingest([{ type: 'entry', entry: other.inception }], device.feed, 1);
    one.log.admit(device.member);
  });

export const say = (who: Replica, text: string, time = START, contentKind = 16): EventId =>
  who.store.transaction(() => who.log.append({ contentKind, content: new TextEncoder().encode(text), time }).event);

export const feedOf = (who: Replica): Sender => {
  const device = who.log.device();
  if (device === undefined) throw new Error('not started');
  return device.feed;
};

export const take = (to: Replica, objects: readonly LogObject[], from: Sender, at = START): Ingested =>
  to.store.transaction(() => to.log.ingest(objects, from, at));

/** What `from` holds and `to` lacks, by their frontiers. */
export const give = (from: Replica, to: Replica, maxBytes = 1e9): Ingested => {
  const theirs = to.store.transaction(() => to.log.frontier());
  const { objects } = from.store.transaction(() => from.log.read(from.log.compare(theirs).theyLack, maxBytes));
  return take(to, objects, feedOf(from));
};

/** Everything `who` can hand over. */
export const everything = (who: Replica): readonly LogObject[] =>
  who.store.transaction(() => {
    const nothing = { digest: new Uint8Array(16), base: 0 as const, feeds: [] };
    return who.log.read(who.log.compare(nothing).theyLack, 1e9).objects;
  });

const reader = new TextDecoder();
export const texts = (who: Replica): readonly string[] =>
  who.log.page({ limit: 100_000 }).map(({ event }) => reader.decode(who.log.content(event) ?? new Uint8Array()));

/** Rows of some tables, to compare replicas byte for byte. */
export const dump = (who: Replica, tables: readonly ('header' | 'order' | 'event' | 'content')[]): string =>
  tables
    .map((table) =>
      who.store
        .scan(table)
        // Bytes 0-6 of a header row say how and when it came.
        .map(({ key, value }) =>
          Buffer.from(concat(key, table === 'header' ? value.subarray(7) : value)).toString('hex'),
        )
        .join('\n'),
    )
    .join('\n--\n');
