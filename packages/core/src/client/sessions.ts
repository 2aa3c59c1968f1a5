// Sessions and hellos of all conversations: kept at hand, written at every step, so that no key of a committed cell is used again.
import { concat, toHex } from '../bytes/index.ts';
import { openEntry, type Charter, type FeedId, type MemberId } from '../identity/index.ts';
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
  dropLateGenerations,
  emptyHelloState,
  emptySession,
  encodeHelloState,
  hasSeenPeer,
  stepHello,
  loadSession,
  MAX_STEPS,
  openSlots,
  renewalDue,
  sendingGeneration,
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
  type StepsLeft,
} from '../session/index.ts';
import { afterPrefix } from '../conversation/index.ts';
import { compareBytes, equalBytes } from '../bytes/index.ts';
import { HOUR_MS } from '../ports/index.ts';
import type { Context } from './context.ts';
import type { Conversation, Outlet } from './conversation.ts';

/** Stands for the inviter's device until its answer tells which one it is. */
export const UNKNOWN_FEED = new Uint8Array(8) as FeedId;

const MAX_ANSWERING = 4;
/** Steps that cells of one device may have chains go ahead at once, and in an hour. */
const STEPS_AN_HOUR = 4 * MAX_STEPS;

export interface SessionHooks {
  /** A hello or Welcome has to be posted to this device's person. */
  post(of: Conversation, feed: FeedId, packet: HelloPacket, part?: number): void;
  /** A Welcome of this device was joined: the hello that it answers need not be posted again. */
  settled(of: Conversation, feed: FeedId): void;
  /** A generation was added: what waited for it can go. */
  ready(of: Conversation, feed: FeedId, generation: Generation, isFirst: boolean): void;
  wake(of: Conversation, at: number): void;
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

  /** By device: the steps that its cells may still skip, as it was at this time. */
  readonly #stepsLeft = new Map<string, StepsLeft & { at: number }>();
  /** Devices whose hello a further cell of theirs changes nothing of. */
  readonly #calm = new Set<string>();
  /** Devices with which a fresher session is wanted, and from when until when that has to wait. */
  readonly #renewing = new Map<string, { readonly since: number; readonly until: number }>();

  /** Asked many times with every cell. */
  readonly #feeds = new WeakMap<
    Conversation,
    {
      readonly charter: Charter;
      readonly own: FeedId | undefined;
      readonly me: MemberId;
      readonly feeds: readonly FeedId[];
    }
  >();

  constructor(context: Context, hooks: SessionHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }
  forget(): void {
    for (const session of this.#sessions.values()) wipeSession(session);
    this.#sessions.clear();
    this.#calm.clear();
    this.#renewing.clear();
  }

  /** Devices that are sealed to: those of the other person, or in `self` the other ones of one's own. */
  feeds(of: Conversation): readonly FeedId[] {
    const charter = of.log.charter();
    const own = of.log.ownFeed();
    const known = this.#feeds.get(of);
    // A charter is another object once anything in it has changed.
    if (known?.charter === charter && known.own === own && known.me === of.me) return known.feeds;
    const feeds: FeedId[] = [];
    for (const member of charter.members) {
      if (equalBytes(member.id, of.me) !== (of.kind === 'self')) continue;
      for (const { feed, state, spare } of member.devices)
        if (state === 'active' && !spare && (own === undefined || !equalBytes(feed, own))) feeds.push(feed);
    }
    // A cell has so many slots. Who brings more devices than that is reached at those that were there first: a stolen one that
    // lets in others puts none of its person's in their place.
    const first =
      feeds.length <= SLOT_COUNT
        ? feeds
        : feeds
            .map((feed) => ({ feed, at: of.log.addedAt(feed) }))
            .toSorted((a, b) => a.at - b.at)
            .slice(0, SLOT_COUNT)
            .map(({ feed }) => feed);
    const found = { charter, own, me: of.me, feeds: first };
    this.#feeds.set(of, found);
    return found.feeds;
  }
  #key(of: Conversation, feed: FeedId): Uint8Array {
    return concat(of.id, feed);
  }
  #session(of: Conversation, feed: FeedId): Session {
    const key = this.#key(of, feed);
    const name = toHex(key);
    let session = this.#sessions.get(name);
    if (session === undefined) {
      const rows = this.#context.store.scan('session', { from: key, to: afterPrefix(key) });
      session =
        rows.length === 0
          ? emptySession()
          : loadSession(rows.map((row) => ({ key: row.key.slice(key.length), value: row.value })));
      for (const { value } of rows) value.fill(0);
      // A session that cannot be read is a lost session: the next hello makes another.
      session ??= emptySession();
      this.#sessions.set(name, session);
    }
    return session;
  }
  #step(of: Conversation, feed: FeedId, step: SessionStep): void {
    const key = this.#key(of, feed);
    this.#sessions.set(toHex(key), step.session);
    for (const write of step.writes) {
      const row = concat(key, write.key);
      if (write.value === null) this.#context.store.delete('session', row);
      else {
        this.#context.store.put('session', row, write.value);
        if (write.holdsKeys) write.value.fill(0);
      }
    }
  }

  add(of: Conversation, feed: FeedId, generation: Generation): void {
    this.#step(of, feed, addGeneration(this.#session(of, feed), generation, this.#context.now()));
  }
  /** The device behind the birth session is known now. */
  rename(of: Conversation, feed: FeedId): void {
    const from = this.#key(of, UNKNOWN_FEED);
    for (const row of this.#context.store.scan('session', { from, to: afterPrefix(from) })) {
      this.#context.store.put('session', concat(this.#key(of, feed), row.key.slice(from.length)), row.value);
      row.value.fill(0);
      this.#context.store.delete('session', row.key);
    }
    const session = this.#sessions.get(toHex(from));
    this.#sessions.delete(toHex(from));
    if (session !== undefined) this.#sessions.set(toHex(this.#key(of, feed)), session);
  }
  canSend(of: Conversation): boolean {
    return this.feeds(of).some((feed) => this.canSendTo(of, feed));
  }
  canSendTo(of: Conversation, feed: FeedId): boolean {
    return canSend(this.#session(of, feed));
  }
  /** Did it ever write here in a session? */
  wasHeard(of: Conversation, feed: FeedId): boolean {
    return hasSeenPeer(this.#session(of, feed));
  }

  /** One cell for those at an outlet: a slot for each of their devices with a session. Undefined when there is none. */
  seal(
    of: Conversation,
    body: Uint8Array,
    outlet: Outlet | undefined = of.outlets[0],
    feeds: readonly FeedId[] = this.feeds(of),
  ): Uint8Array | undefined {
    const { crypto, randomness } = this.#context;
    if (outlet === undefined) return undefined;
    const tag = makeTag(crypto, outlet.inbox, randomness);
    const bodyKey = drawBodyKey(randomness);
    const slots: Uint8Array[] = [];
    for (const feed of feeds) {
      const sealed = sealSlot(this.#session(of, feed), crypto, randomness, bodyKey, tag);
      if (sealed === undefined) continue;
      this.#step(of, feed, sealed);
      slots.push(sealed.slot);
    }
    const cell = slots.length === 0 ? undefined : sealCell(crypto, randomness, tag, slots, bodyKey, body);
    bodyKey.fill(0);
    return cell;
  }
  sealHello(of: Conversation, packet: HelloPacket, outlet: Outlet | undefined = of.outlets[0]): Uint8Array | undefined {
    const { crypto, randomness } = this.#context;
    return outlet === undefined ? undefined : sealHelloCell(crypto, randomness, outlet.inbox, packet);
  }

  /** Tries the sessions of a conversation on a cell that one of its inboxes recognises. */
  open(of: Conversation, cell: Uint8Array): OpenedCell {
    const { crypto } = this.#context;
    const slots = cellSlots(cell);
    const tag = cellTag(cell);
    const feeds = this.feeds(of);
    const tried = [...feeds, ...of.guests];
    for (const feed of tried.length === 0 ? [UNKNOWN_FEED] : tried) {
      const opened = openSlots(this.#session(of, feed), crypto, slots, tag, this.#context.now(), this.#steps(of, feed));
      if (opened.type === 'duplicate') return { type: 'duplicate' };
      if (opened.type === 'rewound') return { type: 'rewound', feed };
      if (opened.type === 'none') continue;
      this.#step(of, feed, opened);
      const body = openCell(crypto, cell, opened.bodyKey.expose());
      opened.bodyKey.wipe();
      const newest = opened.session.generations.at(-1);
      this.#heard(of, feed, newest !== undefined && equalBytes(newest.id, opened.generation));
      return { type: 'opened', feed, body };
    }
    return { type: 'none' };
  }
  #steps(of: Conversation, feed: FeedId): StepsLeft {
    const now = this.#context.now();
    const name = toHex(this.#key(of, feed));
    let left = this.#stepsLeft.get(name);
    if (left === undefined) this.#stepsLeft.set(name, (left = { steps: STEPS_AN_HOUR, at: now }));
    left.steps = Math.min(STEPS_AN_HOUR, left.steps + (Math.max(0, now - left.at) / HOUR_MS) * STEPS_AN_HOUR);
    left.at = now;
    return left;
  }
  /**
   * A cell of theirs was opened: nothing is wanted any more, except a session that is fresher than this one. While that has to
   * wait for its hour every further cell would say the same.
   */
  #heard(of: Conversation, feed: FeedId, isNewest: boolean): void {
    const now = this.#context.now();
    const name = toHex(this.#key(of, feed));
    const isDue = this.#isRenewalDue(of, feed, now);
    const waits = this.#renewing.get(name);
    if (isNewest && isDue && waits !== undefined && waits.since <= now && now < waits.until) return;
    if (isNewest) this.#hello(of, feed, { type: 'heard' });
    if (!isDue) return;
    const until = this.#hello(of, feed, { type: 'want', reason: 'renew' });
    if (isNewest && until !== undefined) this.#renewing.set(name, { since: now, until });
  }
  #isRenewalDue(of: Conversation, feed: FeedId, now: number): boolean {
    const ownKey = of.log.ownKey();
    const peerKey = this.#peerKey(of, feed);
    if (ownKey === undefined || peerKey === undefined) return false;
    return renewalDue(this.#session(of, feed), compareBytes(ownKey, peerKey) < 0, now);
  }

  /** By the clock: a new generation in each period, and the old ones go half a period after it is in use. */
  rotate(of: Conversation, periodMs: number): void {
    const now = this.#context.now();
    const period = (time: number): number => Math.floor(time / periodMs);
    for (const feed of this.feeds(of)) {
      const before = this.#session(of, feed);
      const step = dropLateGenerations(before, now, periodMs / 2);
      if (step.session !== before) this.#step(of, feed, step);
      const used = sendingGeneration(step.session);
      if (used !== undefined && period(used.madeAt) !== period(now)) this.want(of, feed, 'renew');
    }
  }

  want(of: Conversation, feed: FeedId, reason: 'first' | 'lost' | 'renew'): void {
    this.#hello(of, feed, { type: 'want', reason });
  }
  /** `isOut`: of a device that has to be told that it was taken out, and of no other use. */
  received(of: Conversation, packet: HelloPacket, isOut = false): void {
    const feed = isOut ? (packet.from as FeedId) : this.feeds(of).find((known) => equalBytes(known, packet.from));
    if (feed === undefined) return;
    const answering = this.#answering.get(toHex(this.#key(of, feed))) ?? 0;
    if (packet.type === 'hello' && answering >= MAX_ANSWERING) return;
    if (!equalBytes(packet.to, of.log.ownFeed() ?? UNKNOWN_FEED)) return;
    if (packet.type === 'hello') {
      const heardAt = this.#session(of, feed).generations.findLast(({ seenPeer }) => seenPeer)?.madeAt ?? null;
      this.#hello(of, feed, { type: 'hello', keyPackage: packet.keyPackage, heardAt });
    } else {
      this.#hello(of, feed, { type: 'welcome', hello: packet.hello, welcome: packet.welcome, leaf: packet.leaf });
    }
  }
  tick(of: Conversation): void {
    for (const feed of this.feeds(of)) this.#hello(of, feed, { type: 'tick' });
  }

  #peerKey(of: Conversation, feed: FeedId): Uint8Array | undefined {
    for (const member of of.log.charter().members) {
      for (const device of member.devices) if (equalBytes(device.feed, feed)) return device.publicKey;
    }
    return undefined;
  }
  /** Answers until when it does nothing but wait. */
  #hello(of: Conversation, feed: FeedId, input: HelloInput): number | undefined {
    const key = this.#key(of, feed);
    const name = toHex(key);
    if (input.type === 'heard' && this.#calm.has(name)) return undefined;
    const own = of.log.device();
    const peerKey = this.#peerKey(of, feed);
    if (own === undefined || peerKey === undefined) return undefined;
    const { store, crypto } = this.#context;
    this.#calm.delete(name);
    this.#renewing.delete(name);
    const raw = store.get('hello', key);
    const state = (raw === undefined ? undefined : decodeHelloState(raw)) ?? emptyHelloState();
    const parties = {
      ownKey: own.key.publicKey,
      peerKey,
      signer: own.key,
      ownIdentity: concat(of.id, own.feed),
      peerIdentity: concat(of.id, feed),
    };
    const step = stepHello(state, crypto, parties, input, this.#context.now());
    const written = encodeHelloState(step.state);
    const isNew = raw === undefined || !equalBytes(raw, written);
    if (isNew) store.put('hello', key, written);
    else if (input.type === 'heard') this.#calm.add(name);
    raw?.fill(0);
    written.fill(0);
    // It is read from its row at every step; the init secret in it is not to stay in memory between them.
    wipeHelloState(step.state);
    // Not when the peer was heard: that may have been in what is lost, as in a home put back from a copy.
    const isJoined = step.effects.some((effect) => effect.type === 'generation' && effect.generation.role === 'joiner');
    if (isJoined) this.#hooks.settled(of, feed);
    for (const effect of step.effects) this.#carryOut(of, feed, own.feed, effect);
    const [effect] = step.effects;
    return step.effects.length === 1 && effect?.type === 'wake' ? effect.at : undefined;
  }
  /**
   * The entry that added this device: the other side may not have it yet. A spare cannot hand on the entry that added it
   * itself, so it goes along, in a hello of its own: one cell holds one entry beside a KeyPackage.
   */
  #introductions(of: Conversation): readonly (Uint8Array | null)[] {
    const own = of.log.ownFeed();
    const entry = own === undefined ? undefined : of.log.addingEntry(own);
    if (entry === undefined) return [null];
    const by = openEntry(this.#context.crypto, entry)?.feed;
    if (by === undefined) return [entry];
    const { members } = of.log.charter();
    const isSpare = members.some(({ devices }) => devices.some(({ feed, spare }) => spare && equalBytes(feed, by)));
    const adding = isSpare ? of.log.addingEntry(by) : undefined;
    return adding === undefined ? [entry] : [entry, adding];
  }
  #answers(of: Conversation, feed: FeedId, { job }: HelloJob, more: 1 | -1): void {
    if (job.type !== 'answer') return;
    const name = toHex(this.#key(of, feed));
    const now = (this.#answering.get(name) ?? 0) + more;
    if (now > 0) this.#answering.set(name, now);
    else this.#answering.delete(name);
  }
  #carryOut(of: Conversation, feed: FeedId, own: FeedId, effect: HelloEffect): void {
    switch (effect.type) {
      case 'agree':
        this.#answers(of, feed, effect.job, 1);
        this.#context.agree(effect.job.job, (result) => {
          this.#answers(of, feed, effect.job, -1);
          this.#hello(of, feed, { type: 'agreed', job: effect.job, result });
        });
        break;
      case 'postHello':
        for (const [i, entry] of this.#introductions(of).entries()) {
          const { keyPackage } = effect;
          this.#hooks.post(of, feed, { type: 'hello', from: own, to: feed, keyPackage, entry }, i);
        }
        break;
      case 'postWelcome': {
        const { hello, welcome, leaf } = effect;
        this.#hooks.post(of, feed, { type: 'welcome', from: own, to: feed, hello, welcome, leaf });
        break;
      }
      case 'generation': {
        const isFirst = this.#session(of, feed).generations.length === 0;
        this.add(of, feed, effect.generation);
        this.#hooks.ready(of, feed, effect.generation, isFirst);
        break;
      }
      case 'wake':
        this.#hooks.wake(of, effect.at);
        break;
    }
  }
}
