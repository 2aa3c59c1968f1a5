// Sessions and hellos of all pairs: kept at hand, written at every step, so that no key of a committed cell is used again.
import { concat, toHex } from '../bytes/index.ts';
import type { FeedId } from '../identity/index.ts';
import {
  cellSlots,
  cellTag,
  drawBodyKey,
  makeTag,
  openCell,
  sealCell,
  sealHelloCell,
  type HelloPacket,
} from '../mailbox/index.ts';
import {
  addGeneration,
  canSend,
  decodeHelloState,
  emptyHelloState,
  emptySession,
  encodeHelloState,
  stepHello,
  loadSession,
  openSlots,
  renewalDue,
  sealSlot,
  SLOT_COUNT,
  wipeHelloState,
  wipeSession,
  type Generation,
  type HelloEffect,
  type HelloInput,
  type HelloJob,
  type Session,
  type SessionStep,
} from '../session/index.ts';
import { afterPrefix } from '../conversation/index.ts';
import { compareBytes, equalBytes } from '../bytes/index.ts';
import type { Context } from './context.ts';
import type { Pair } from './home.ts';

/** Stands for the inviter's device until its answer tells which one it is. */
export const UNKNOWN_FEED = new Uint8Array(8) as FeedId;

const MAX_ANSWERING = 4;

export interface SessionHooks {
  /** A hello or Welcome has to be posted to this device's person. */
  post(pair: Pair, feed: FeedId, packet: HelloPacket): void;
  /** A generation was added: what waited for it can go. */
  ready(pair: Pair, feed: FeedId, generation: Generation): void;
  wake(pair: Pair, at: number): void;
}

export type OpenedCell =
  | { readonly type: 'opened'; readonly feed: FeedId; readonly body: Uint8Array | undefined }
  | { readonly type: 'duplicate' }
  | { readonly type: 'rewound'; readonly feed: FeedId }
  | { readonly type: 'none' };

export class Sessions {
  readonly #context: Context;
  readonly #hooks: SessionHooks;
  readonly #sessions = new Map<string, Session>();
  /** Answers being made, by device: what is counted only when it is done must not pile up before. */
  readonly #answering = new Map<string, number>();

  constructor(context: Context, hooks: SessionHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }
  forget(): void {
    for (const session of this.#sessions.values()) wipeSession(session);
    this.#sessions.clear();
  }

  /** Devices of the other person that are sealed to. */
  feeds(pair: Pair): readonly FeedId[] {
    const feeds: FeedId[] = [];
    for (const member of pair.log.charter().members) {
      if (equalBytes(member.id, pair.view.me)) continue;
      for (const device of member.devices) if (device.state === 'active') feeds.push(device.feed);
    }
    // A cell has so many slots. Who brings more devices than that is reached at the first of them.
    return feeds.slice(0, SLOT_COUNT);
  }
  #key(pair: Pair, feed: FeedId): Uint8Array {
    return concat(pair.id, feed);
  }
  #session(pair: Pair, feed: FeedId): Session {
    const key = this.#key(pair, feed);
    const name = toHex(key);
    let session = this.#sessions.get(name);
    if (session === undefined) {
      const rows = this.#context.store.scan('session', { from: key, to: afterPrefix(key) });
      session =
        rows.length === 0
          ? emptySession()
          : loadSession(rows.map((row) => ({ key: row.key.slice(key.length), value: row.value })));
      // A session that cannot be read is a lost session: the next hello makes another.
      session ??= emptySession();
      this.#sessions.set(name, session);
    }
    return session;
  }
  #step(pair: Pair, feed: FeedId, step: SessionStep): void {
    const key = this.#key(pair, feed);
    this.#sessions.set(toHex(key), step.session);
    for (const write of step.writes) {
      const row = concat(key, write.key);
      if (write.value === null) this.#context.store.delete('session', row);
      else this.#context.store.put('session', row, write.value);
    }
  }

  add(pair: Pair, feed: FeedId, generation: Generation): void {
    this.#step(pair, feed, addGeneration(this.#session(pair, feed), generation, this.#context.now()));
  }
  /** The device behind the birth session is known now. */
  rename(pair: Pair, feed: FeedId): void {
    const from = this.#key(pair, UNKNOWN_FEED);
    for (const row of this.#context.store.scan('session', { from, to: afterPrefix(from) })) {
      this.#context.store.put('session', concat(this.#key(pair, feed), row.key.slice(from.length)), row.value);
      this.#context.store.delete('session', row.key);
    }
    const session = this.#sessions.get(toHex(from));
    this.#sessions.delete(toHex(from));
    if (session !== undefined) this.#sessions.set(toHex(this.#key(pair, feed)), session);
  }
  canSend(pair: Pair): boolean {
    return this.feeds(pair).some((feed) => canSend(this.#session(pair, feed)));
  }

  /** One cell for the other person: a slot for each of its devices with a session. Undefined when there is none. */
  seal(pair: Pair, body: Uint8Array): Uint8Array | undefined {
    const { crypto, randomness } = this.#context;
    if (pair.peerInbox === undefined) return undefined;
    const tag = makeTag(crypto, pair.peerInbox.inbox, randomness);
    const bodyKey = drawBodyKey(randomness);
    const slots: Uint8Array[] = [];
    for (const feed of this.feeds(pair)) {
      const sealed = sealSlot(this.#session(pair, feed), crypto, randomness, bodyKey, tag);
      if (sealed === undefined) continue;
      this.#step(pair, feed, sealed);
      slots.push(sealed.slot);
    }
    const cell = slots.length === 0 ? undefined : sealCell(crypto, randomness, tag, slots, bodyKey, body);
    bodyKey.fill(0);
    return cell;
  }
  sealHello(pair: Pair, packet: HelloPacket): Uint8Array | undefined {
    return pair.peerInbox === undefined
      ? undefined
      : sealHelloCell(this.#context.crypto, this.#context.randomness, pair.peerInbox.inbox, packet);
  }

  /** Tries the sessions of a pair on a cell that one of its inboxes recognises. */
  open(pair: Pair, cell: Uint8Array): OpenedCell {
    const { crypto } = this.#context;
    const slots = cellSlots(cell);
    const tag = cellTag(cell);
    const feeds = this.feeds(pair);
    for (const feed of feeds.length === 0 ? [UNKNOWN_FEED] : feeds) {
      const opened = openSlots(this.#session(pair, feed), crypto, slots, tag, this.#context.now());
      if (opened.type === 'duplicate') return { type: 'duplicate' };
      if (opened.type === 'rewound') return { type: 'rewound', feed };
      if (opened.type === 'none') continue;
      this.#step(pair, feed, opened);
      const body = openCell(crypto, cell, opened.bodyKey.expose());
      opened.bodyKey.wipe();
      const newest = opened.session.generations.at(-1);
      if (newest !== undefined && equalBytes(newest.id, opened.generation)) this.#hello(pair, feed, { type: 'heard' });
      this.renew(pair, feed);
      return { type: 'opened', feed, body };
    }
    return { type: 'none' };
  }
  renew(pair: Pair, feed: FeedId): void {
    const own = pair.log.device();
    const peerKey = this.#peerKey(pair, feed);
    if (own === undefined || peerKey === undefined) return;
    const smaller = compareBytes(own.key.publicKey, peerKey) < 0;
    if (renewalDue(this.#session(pair, feed), smaller, this.#context.now())) this.want(pair, feed, 'renew');
  }

  want(pair: Pair, feed: FeedId, reason: 'first' | 'lost' | 'renew'): void {
    this.#hello(pair, feed, { type: 'want', reason });
  }
  received(pair: Pair, packet: HelloPacket): void {
    const feed = this.feeds(pair).find((known) => equalBytes(known, packet.from));
    if (feed === undefined) return;
    const answering = this.#answering.get(toHex(this.#key(pair, feed))) ?? 0;
    if (packet.type === 'hello' && answering >= MAX_ANSWERING) return;
    if (packet.type === 'hello') this.#hello(pair, feed, { type: 'hello', keyPackage: packet.keyPackage });
    else if (equalBytes(packet.to, pair.log.device()?.feed ?? UNKNOWN_FEED)) {
      this.#hello(pair, feed, { type: 'welcome', hello: packet.hello, welcome: packet.welcome, leaf: packet.leaf });
    }
  }
  tick(pair: Pair): void {
    for (const feed of this.feeds(pair)) this.#hello(pair, feed, { type: 'tick' });
  }

  #peerKey(pair: Pair, feed: FeedId): Uint8Array | undefined {
    for (const member of pair.log.charter().members) {
      for (const device of member.devices) if (equalBytes(device.feed, feed)) return device.publicKey;
    }
    return undefined;
  }
  #hello(pair: Pair, feed: FeedId, input: HelloInput): void {
    const own = pair.log.device();
    const peerKey = this.#peerKey(pair, feed);
    if (own === undefined || peerKey === undefined) return;
    const { store, crypto } = this.#context;
    const key = this.#key(pair, feed);
    const raw = store.get('hello', key);
    const state = (raw === undefined ? undefined : decodeHelloState(raw)) ?? emptyHelloState();
    const parties = {
      ownKey: own.key.publicKey,
      peerKey,
      signer: own.key,
      ownIdentity: concat(pair.id, own.feed),
      peerIdentity: concat(pair.id, feed),
    };
    const step = stepHello(state, crypto, parties, input, this.#context.now());
    store.put('hello', key, encodeHelloState(step.state));
    // It is read from its row at every step; the init secret in it is not to stay in memory between them.
    wipeHelloState(step.state);
    for (const effect of step.effects) this.#carryOut(pair, feed, own.feed, effect);
  }
  #answers(pair: Pair, feed: FeedId, { job }: HelloJob, more: 1 | -1): void {
    if (job.type !== 'answer') return;
    const name = toHex(this.#key(pair, feed));
    const now = (this.#answering.get(name) ?? 0) + more;
    if (now > 0) this.#answering.set(name, now);
    else this.#answering.delete(name);
  }
  #carryOut(pair: Pair, feed: FeedId, own: FeedId, effect: HelloEffect): void {
    switch (effect.type) {
      case 'agree':
        this.#answers(pair, feed, effect.job, 1);
        this.#context.agree(effect.job.job, (result) => {
          this.#answers(pair, feed, effect.job, -1);
          this.#hello(pair, feed, { type: 'agreed', job: effect.job, result });
        });
        break;
      case 'postHello':
        this.#hooks.post(pair, feed, { type: 'hello', from: own, keyPackage: effect.keyPackage, entry: null });
        break;
      case 'postWelcome': {
        const { hello, welcome, leaf } = effect;
        this.#hooks.post(pair, feed, { type: 'welcome', from: own, to: feed, hello, welcome, leaf });
        break;
      }
      case 'generation':
        this.add(pair, feed, effect.generation);
        this.#hooks.ready(pair, feed, effect.generation);
        break;
      case 'wake':
        this.#hooks.wake(pair, effect.at);
        break;
    }
  }
}
