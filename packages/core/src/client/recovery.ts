// Recovery words (spec 03): made once and shown once; later keys for the conversations that began without; who is told to wait,
// who refuses; and the moment at which shared time makes removals final and later keys count.
import { equalBytes, toHex } from '../bytes/index.ts';
import { consentsOf, recoveryPoolsOf, type RecoveryPool, type SelfContent } from '../conversation/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import {
  createRecovery,
  createRecoveryWords,
  createRefusal,
  feedIdOf,
  findRecoveryKeys,
  MAX_POOLS,
  nextPool,
  openEntry,
  poolRange,
  readRecoveryWords,
  RECOVERY_ENTROPY_BYTES,
  recoveryKey,
  recoveryPool,
  spreadRange,
  type FeedId,
  type LaterRecovery,
  type Member,
} from '../identity/index.ts';
import type { Ingested } from '../log/index.ts';
import { HOUR_MS } from '../ports/index.ts';
import type { Context } from './context.ts';
import type { Conversation } from './conversation.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import { keysOf, ownRange, poolInUse, takePoolKey } from './recovery-pool.ts';
import type { RecoveryState } from './rpc.ts';
import type { Sender } from './sender.ts';

const SET_BYTES = 8;
const KEY_BYTES = 32;
const JUDGE_EVERY_MS = HOUR_MS;

export interface RecoveryHooks {
  /** The own clock agrees with others (spec 04, "Shared time"). */
  mayJudge(): boolean;
  /** What a judgement changed. */
  judged(of: Conversation, ingested: Ingested): void;
}

/** Throws a KithError that says which word is wrong. The seed is the caller's to wipe. */
export const readWords = ({ crypto }: Pick<Context, 'crypto'>, text: string): Secret => {
  const reading = readRecoveryWords(crypto, text);
  switch (reading.type) {
    case 'seed':
      return reading.seed;
    case 'unknown-word':
      throw new KithError('bad-words', { message: `Word ${reading.at + 1} is none of the words.` });
    case 'wrong-count':
      throw new KithError('bad-words', { message: `There are 12 recovery words; these are ${reading.count}.` });
    case 'wrong-check':
      throw new KithError('bad-words', { message: 'One of these words is not the one you wrote down.' });
  }
};
export const wipeKeys = (keys: Iterable<SigningKey>): void => {
  for (const { privateKey } of keys) privateKey.wipe();
};

export class Recovery {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sender: Sender;
  readonly #hooks: RecoveryHooks;
  #judgeAt = 0;
  #coverAt = 0;

  constructor(context: Context, home: Home, sender: Sender, hooks: RecoveryHooks) {
    this.#context = context;
    this.#home = home;
    this.#sender = sender;
    this.#hooks = hooks;
  }

  // ---- words

  /** New words, which mean nothing yet: nobody knows that the paper holds them before `confirm`. Nothing is kept. */
  draw(): { readonly words: readonly string[] } {
    this.#own();
    const entropy = new Secret(this.#context.randomness.bytes(RECOVERY_ENTROPY_BYTES));
    const { words, seed } = createRecoveryWords(this.#context.crypto, entropy);
    entropy.wipe();
    seed.wipe();
    return { words };
  }
  /** They are on paper: they take the place of any made before. Words that are in use already stay as they are. */
  confirm(words: string): RecoveryState {
    const seed = readWords(this.#context, words);
    if (this.#isSeedOf(seed, this.#pool())) seed.wipe();
    else this.#put(seed, this.#unnamedPool(seed), Math.max(0, Math.floor(this.#context.now())));
    return this.state();
  }
  /** The words there are, entered for further keys. */
  further(words: string): void {
    const known = this.#pool();
    const seed = readWords(this.#context, words);
    if (known === undefined || !this.#isSeedOf(seed, known)) {
      seed.wipe();
      throw new KithError('wrong-words');
    }
    this.#put(seed, known.pool + 1, known.at);
  }
  #own(): FeedId {
    const own = this.#home.mine.log.device();
    if (own === undefined || !this.#home.isIn(this.#home.mine)) throw new KithError('revoked-device');
    return own.feed;
  }
  /** Wipes the seed. `at`: when its words were made. */
  #put(seed: Secret, pool: number, at: number): void {
    const { crypto, randomness } = this.#context;
    if (pool >= MAX_POOLS) {
      seed.wipe();
      throw new KithError('bad-words', { message: 'These words were entered very often: make new ones.' });
    }
    const keys = recoveryPool(crypto, seed, pool);
    seed.wipe();
    const own = this.#own();
    const set = randomness.bytes(SET_BYTES);
    this.#home.tell({ type: 'recoveryPool', set, pool, at, keys, extensions: [] });
    const others = this.#devices()
      .filter(({ feed, state, spare }) => state === 'active' && !spare && !equalBytes(feed, own))
      .map(({ feed }) => feed);
    for (const [i, range] of spreadRange(poolRange(pool), others.length + 1).entries())
      this.#home.tell({ type: 'recoveryRange', device: others[i - 1] ?? own, set, range, extensions: [] });
    this.#setEverywhere();
    this.#context.changed({ type: 'devices' });
  }
  /** Of words that were in use before the first pool after those of which a key is named somewhere: none is named twice. */
  #unnamedPool(seed: Secret): number {
    const named = Array.from(this.#conversations()).flatMap((of) => {
      const member = this.#member(of);
      return member === undefined ? [] : [member.recoveryKey, ...member.recoveries.map(({ key }) => key)];
    });
    return nextPool(this.#context.crypto, seed, named);
  }
  /** The newest that an own device told which is not out: it may wait to be in use. */
  #pool(): RecoveryPool | undefined {
    const out = this.#devices().flatMap(({ feed, state }) => (state === 'removed' ? [toHex(feed)] : []));
    const isOut = ({ author }: RecoveryPool): boolean => author !== null && out.includes(toHex(author));
    return (
      recoveryPoolsOf(this.#context.store).findLast((pool) => !isOut(pool)) ?? poolInUse(this.#context, this.#home)
    );
  }
  #isSeedOf(seed: Secret, pool: RecoveryPool | undefined): boolean {
    if (pool === undefined) return false;
    const { publicKey, privateKey } = recoveryKey(this.#context.crypto, seed, poolRange(pool.pool).from);
    privateKey.wipe();
    return equalBytes(publicKey, pool.keys.subarray(0, KEY_BYTES));
  }
  #devices(of: Conversation = this.#home.mine): Member['devices'] {
    return this.#member(of)?.devices ?? [];
  }
  #member(of: Conversation): Member | undefined {
    return of.log.charter().members.find(({ id }) => equalBytes(id, of.me));
  }
  *#conversations(): Iterable<Conversation> {
    yield this.#home.mine;
    yield* this.#home.pairs();
  }
  /** Names a key in every conversation that has none of these words, as far as this device may. */
  #setEverywhere(): void {
    const pool = poolInUse(this.#context, this.#home);
    if (pool !== undefined) for (const of of this.#conversations()) this.#setIn(of, keysOf(pool));
  }
  #setIn(of: Conversation, keys: ReadonlySet<string>): void {
    const { crypto } = this.#context;
    const member = this.#member(of);
    const own = of.log.device();
    if (member === undefined || own === undefined) return;
    const isActive = member.devices.some(({ feed, state }) => state === 'active' && equalBytes(feed, own.feed));
    const isNamed = [member.recoveryKey, ...member.recoveries.map(({ key }) => key)].some((key) =>
      keys.has(toHex(key)),
    );
    if (!isActive || isNamed) return;
    const recovery = takePoolKey(this.#context, this.#home);
    if (recovery === undefined) return;
    const { place } = of.log.appendEntry(
      (key, at) => createRecovery(crypto, key, at, { member: own.member, recoveryKey: recovery }),
      Math.max(1, this.#context.now()),
    );
    this.#sender.queue(of, place);
  }

  /** A thief with a device may have set words of its own: whatever still waits is refused, everywhere. */
  refuse(): RecoveryState {
    const { crypto } = this.#context;
    for (const of of this.#conversations()) {
      for (const { entry } of this.#waitingIn(of)) {
        const { place } = of.log.appendEntry(
          (key, at) => createRefusal(crypto, key, at, { recovery: entry.hash }),
          Math.max(1, this.#context.now()),
        );
        this.#sender.queue(of, place);
      }
    }
    this.#context.changed({ type: 'devices' });
    return this.state();
  }
  #waitingIn(of: Conversation): readonly LaterRecovery[] {
    return this.#home.isIn(of) ? (this.#member(of)?.recoveries ?? []).filter(({ state }) => state === 'waiting') : [];
  }

  state(): RecoveryState {
    const own = this.#home.mine.log.device();
    const range = ownRange(this.#context, this.#home);
    // What another device has told of, as a thief's does, is not this person's before it is in use; unless there is nothing else.
    const inUse = poolInUse(this.#context, this.#home);
    const pool = inUse ?? this.#pool();
    const keys = pool === undefined ? new Set<string>() : keysOf(pool);
    const waiting: RecoveryState['waiting'][number][] = [];
    const contested: RecoveryState['contested'][number][] = [];
    let ready = 0;
    let without = 0;
    for (const of of this.#conversations()) {
      const member = this.#member(of);
      if (member === undefined || !this.#home.isIn(of)) continue;
      const conversation = of.kind === 'self' ? null : of.name;
      const held = [
        member.recoveryKey,
        ...member.recoveries.flatMap((one) => (one.state === 'in effect' ? [one.key] : [])),
      ];
      if (held.some((key) => keys.has(toHex(key)))) ready++;
      else without++;
      for (const { entry, from, key } of this.#waitingIn(of))
        waiting.push({
          conversation,
          device: this.#nameOf(of, entry.feed),
          thisDevice: own !== undefined && equalBytes(entry.feed, of.log.ownFeed() ?? own.feed),
          ours: inUse !== undefined && keys.has(toHex(key)),
          from: from ?? null,
        });
      for (const { feed, state } of member.devices)
        if (state === 'contested') contested.push({ conversation, device: this.#nameOf(of, feed) });
    }
    return {
      made: pool !== undefined,
      madeAt: pool?.at ?? null,
      keysLeft: range === undefined ? 0 : range.left.to - range.left.from,
      ready,
      without,
      waiting,
      contested,
    };
  }
  /** The public id of a device: its feed in `self`. Its feed in the conversation when that is not known. */
  #nameOf(of: Conversation, feed: FeedId): string {
    const { crypto, store } = this.#context;
    const own = of.log.device();
    if (of.kind === 'self') return toHex(feed);
    if (own !== undefined && equalBytes(own.feed, feed)) return this.#home.deviceName;
    const consent = consentsOf(store, of.id).find(({ device }) => equalBytes(feedIdOf(crypto, device), feed));
    return toHex(consent?.self ?? feed);
  }

  // ---- what words are good for

  /**
   * The keys of these words that count in the conversations of this home, by conversation. Throws `wrong-words` when there are
   * none. The caller wipes them.
   */
  keysOf(words: string): ReadonlyMap<Conversation, SigningKey> {
    const seed = readWords(this.#context, words);
    const named = new Map<Conversation, readonly Uint8Array[]>();
    for (const of of this.#conversations()) {
      const member = this.#member(of);
      if (member === undefined) continue;
      const later = member.recoveries.flatMap(({ state, key }) => (state === 'in effect' ? [key] : []));
      named.set(of, [member.recoveryKey, ...later]);
    }
    // Of very many, as somebody may say who means ill, each would have a thousand keys made.
    const known = recoveryPoolsOf(this.#context.store).filter(({ pool }) => pool < MAX_POOLS);
    const pools = Math.max(0, ...known.map(({ pool }) => pool)) + 1;
    const found = findRecoveryKeys(this.#context.crypto, seed, [...named.values()].flat(), pools);
    seed.wipe();
    if (found.size === 0) throw new KithError('wrong-words');
    const keys = new Map<Conversation, SigningKey>();
    for (const [of, names] of named) {
      const key = names.map((name) => found.get(toHex(name))).find((one) => one !== undefined);
      if (key !== undefined) keys.set(of, key);
    }
    return keys;
  }

  // ---- time

  /** Words made on another device: this one names keys where only it can. */
  heard(content: SelfContent): void {
    if (content.type === 'recoveryPool' || content.type === 'recoveryRange') {
      // Who made them names keys everywhere; what it left out is seen when that had time to come.
      this.#coverAt = this.#context.now() + JUDGE_EVERY_MS;
      this.#context.changed({ type: 'devices' });
    }
  }
  /** What is due by shared time is judged, and conversations that began without a key are given one. */
  tick(): number {
    const now = this.#context.now();
    if (now < this.#judgeAt && this.#judgeAt - now <= JUDGE_EVERY_MS) return this.#judgeAt;
    this.#judgeAt = now + JUDGE_EVERY_MS;
    if (this.#hooks.mayJudge())
      for (const of of this.#conversations()) {
        const ingested = of.log.judge(Math.floor(now));
        if (ingested.charterChanged) this.#hooks.judged(of, ingested);
      }
    if (now >= this.#coverAt) this.#cover();
    return this.#judgeAt;
  }
  /** Conversations that this device began before it knew of the words. */
  #cover(): void {
    const pool = poolInUse(this.#context, this.#home);
    if (pool === undefined) return;
    const keys = keysOf(pool);
    for (const pair of this.#home.pairs()) {
      const inception = openEntry(this.#context.crypto, pair.local.inception);
      const own = pair.log.device();
      if (inception !== undefined && own !== undefined && equalBytes(inception.feed, own.feed)) this.#setIn(pair, keys);
    }
  }
}
