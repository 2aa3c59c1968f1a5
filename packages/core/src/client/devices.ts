// What a device does for the other devices of its person (spec 09, "Own devices"): it says in `self` what they need, makes
// its key where another own device is in, signs the entries that add them, and says hello where it is new.
import { equalBytes, toHex } from '../bytes/index.ts';
import { clearRead, consentsOf, deviceFactsOf, relationsOf, type SelfContent } from '../conversation/index.ts';
import {
  createAddDevice,
  feedIdOf,
  openEntry,
  signConsent,
  verifyConsent,
  type ConversationId,
  type FeedId,
} from '../identity/index.ts';
import type { Ingested } from '../log/index.ts';
import type { Context } from './context.ts';
import type { Conversation, Pair } from './conversation.ts';
import type { Home } from './home.ts';
import { REFUSE_WITHIN_MS } from './removal.ts';
import type { ContactDevice, DeviceView } from './rpc.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';
import { ownDevicesIn } from './strays.ts';

/** Whoever is new says hello first; who learns of a new device waits this long for it. */
const GREET_AFTER_MS = 60_000;
/** A consent that the device which linked it has not answered is answered by another after this. */
const STAND_IN_MS = 60 * 60_000;
/** A device has one, and another one where it came back from before it made that. */
const MAX_KEYS = 4;

export interface DevicesHooks {
  /** The pair knows its other side now. */
  met(pair: Pair): void;
  /** This device alone knew of it when it joined: it lets the others in. */
  isBroughtHere(pair: Pair): boolean;
}

export class Devices {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #hooks: DevicesHooks;
  /** By conversation: when to say hello to devices that have not said it. */
  readonly #greetAt = new Map<string, number>();
  #standInAt = 0;
  /** By conversation: events that are still to come from own devices, and the most there were. */
  readonly #left = new Map<string, { readonly left: number; readonly of: number }>();

  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender, hooks: DevicesHooks) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#sender = sender;
    this.#hooks = hooks;
  }

  // ---- what own devices say in `self`

  heard(content: SelfContent): void {
    switch (content.type) {
      case 'relation':
        this.#joinIn(content);
        return;
      case 'consent':
        this.#enrol(content.conversation);
        return;
      case 'read': {
        const pair = this.#home.pair(content.conversation);
        if (pair !== undefined) clearRead(pair.view);
        this.#context.changed({ type: 'contacts' });
        return;
      }
      case 'draft':
        this.#context.changed({ type: 'drafts', conversation: toHex(content.conversation) });
        this.#context.changed({ type: 'contacts' });
        return;
      case 'setting':
        this.#context.changed({ type: 'settings' });
        this.#context.changed({ type: 'contacts' });
        return;
      case 'profile':
        this.#context.changed({ type: 'profile' });
        return;
      case 'device':
        this.#context.changed({ type: 'devices' });
        return;
      default:
        this.#context.changed({ type: 'contacts' });
    }
  }
  /** Before the first link, and whenever a pair learns more: what other devices have to know of it. */
  prepare(): void {
    for (const pair of this.#home.pairs()) this.share(pair);
  }
  share(pair: Pair): void {
    if (pair.local.peerInception === null || this.#home.isDeviceScoped(pair)) return;
    this.#home.tellRelation(pair);
    this.#home.tellPeerInbox(pair);
    this.#agree(pair);
  }
  #joinIn(relation: Extract<SelfContent, { type: 'relation' }>): void {
    const known = this.#home.pair(relation.conversation);
    if (known !== undefined) {
      const { peerInception, peerNonce, peerCommitment, settled } = known.local;
      this.#home.save(known, {
        peerInception: peerInception ?? relation.peerInception,
        peerNonce: peerNonce ?? relation.peerNonce,
        peerCommitment: peerCommitment ?? relation.peerCommitment,
        settled: settled || relation.settled,
      });
      this.#home.admitPeer(known);
      return;
    }
    const pair = this.#home.addFrom(relation);
    const device = pair?.log.device();
    if (pair === undefined || device === undefined) return;
    this.#agree(pair);
    this.#sender.tellSoon(pair.own, true);
    this.#context.changed({ type: 'contacts' });
  }
  /** Says which key is this device's in a conversation, and that it agrees to be one of its person's there. */
  #agree(pair: Pair): void {
    const device = pair.log.device();
    if (device === undefined) return;
    const { publicKey } = device.key;
    if (consentsOf(this.#context.store, pair.id).some((one) => equalBytes(one.device, publicKey))) return;
    const consent = signConsent(this.#context.crypto, device.key, pair.local.root, device.member);
    this.#home.tell({ type: 'consent', conversation: pair.id, device: publicKey, consent, extensions: [] });
  }
  /** Signs the entries of own devices that agreed to be in a conversation and are not in it, or not any more. */
  #enrol(id: ConversationId, standIn = false): void {
    const pair = this.#home.pair(id);
    const own = pair?.log.device();
    if (pair === undefined || own === undefined || !this.#isActive(pair, own.feed)) return;
    const { crypto } = this.#context;
    for (const { self, device, consent } of consentsOf(this.#context.store, id)) {
      const feed = feedIdOf(crypto, device);
      if (!this.#isActive(this.#home.mine, self)) continue;
      const lostTo = lostWith(pair, feed);
      if (lostTo === undefined && pair.log.memberOf(feed) !== undefined) continue;
      const isOurs = lostTo === undefined ? this.#isHost(self) : lostTo.some((by) => equalBytes(by, own.feed));
      if (!standIn && !isOurs && !this.#hooks.isBroughtHere(pair)) continue;
      const { member } = own;
      if (this.#keysOf(pair, self) >= MAX_KEYS) continue;
      // What own devices say is what they like to say: one may be stolen.
      if (!verifyConsent(crypto, pair.local.root, { device, member, consent })) continue;
      const entry = pair.log.appendEntry(
        (key, at) => createAddDevice(crypto, key, at, { device, member, consent }),
        Math.max(1, this.#context.now()),
      );
      // The other side has a session with a device that was in before: no hello will bring the entry.
      if (lostTo === undefined) this.#sender.added(pair, feed, entry);
      else this.#sender.entered(pair, entry);
      this.#greetLater(pair);
    }
  }
  /** Keys that a device of `self` said are its own and that were let in. */
  #keysOf(pair: Pair, self: FeedId): number {
    const { store, crypto } = this.#context;
    return consentsOf(store, pair.id).filter(
      (one) => equalBytes(one.self, self) && pair.log.memberOf(feedIdOf(crypto, one.device)) !== undefined,
    ).length;
  }
  /** Did this device let that one in? Then it brings it everywhere. */
  #isHost(self: FeedId): boolean {
    const own = this.#home.mine.log.device();
    return own !== undefined && this.#hostOf(self) === toHex(own.feed);
  }
  #hostOf(self: FeedId): string | null {
    const entry = this.#home.mine.log.addingEntry(self);
    const open = entry === undefined ? undefined : openEntry(this.#context.crypto, entry);
    return open === undefined ? null : toHex(open.feed);
  }
  #isActive(of: Conversation, feed: FeedId): boolean {
    return of.log
      .charter()
      .members.some(({ devices }) => devices.some((one) => one.state === 'active' && equalBytes(one.feed, feed)));
  }

  // ---- devices come and go

  /** This device has just become one of the `self` it joined. */
  adopted(): void {
    for (const relation of relationsOf(this.#context.store)) this.#joinIn({ type: 'relation', ...relation });
    this.#greet(this.#home.mine);
    for (const pair of this.#home.pairs()) this.#sender.tellSoon(pair.own, true);
    this.#sender.tellSoon(this.#sender.routeOfSelf(this.#home.mine), true);
    for (const type of ['contacts', 'profile', 'settings'] as const) this.#context.changed({ type });
  }
  /** A device was let in here: it gets all of `self`, as any event of one's own goes out. */
  added(): void {
    const { mine } = this.#home;
    this.#sender.offerAll(this.#sender.routeOfSelf(mine));
    this.#context.changed({ type: 'devices' });
  }
  charter(of: Conversation, ingested: Ingested): void {
    if (!ingested.charterChanged) return;
    const own = of.log.device();
    if (own === undefined || !this.#isActive(of, own.feed)) return;
    if (of.kind === 'pair') {
      const pair = of as Pair;
      this.#enrol(pair.id);
      if (pair.local.peerInception !== null) this.#hooks.met(pair);
    }
    if (of.log.addingEntry(own.feed) !== undefined) this.#greet(of);
    else this.#greetLater(of);
    this.#context.changed({ type: 'devices' });
  }
  #greet(of: Conversation): void {
    for (const feed of this.#sessions.feeds(of))
      if (!this.#sessions.canSendTo(of, feed)) this.#sessions.want(of, feed, 'first');
  }
  #greetLater(of: Conversation): void {
    const isMissing = this.#sessions.feeds(of).some((feed) => !this.#sessions.canSendTo(of, feed));
    if (isMissing && !this.#greetAt.has(of.name)) this.#greetAt.set(of.name, this.#context.now() + GREET_AFTER_MS);
  }
  tick(): number {
    const now = this.#context.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [name, at] of this.#greetAt) {
      if (at > now) {
        next = Math.min(next, at);
        continue;
      }
      this.#greetAt.delete(name);
      const { mine } = this.#home;
      const of = name === mine.name ? mine : this.#home.pairs().find((pair) => pair.name === name);
      if (of !== undefined) this.#greet(of);
    }
    if (this.#sessions.feeds(this.#home.mine).length > 0 && now >= this.#standInAt) {
      // At the start it is not known yet who else is there.
      if (this.#standInAt > 0) for (const pair of this.#home.pairs()) this.#enrol(pair.id, true);
      this.#home.tellPeerInboxes();
      this.#standInAt = now + STAND_IN_MS;
      next = Math.min(next, this.#standInAt);
    }
    return next;
  }

  left(of: Conversation, events: number): void {
    const most = Math.max(events, this.#left.get(of.name)?.of ?? 0);
    this.#left.set(of.name, { left: events, of: most });
    if ([...this.#left.values()].every(({ left }) => left === 0)) this.#left.clear();
    this.#context.changed({ type: 'devices' });
  }
  /** How far history has come from own devices, in events; null when nothing is under way. */
  history(): { readonly left: number; readonly of: number } | null {
    if (this.#left.size === 0) return null;
    const sum = { left: 0, of: 0 };
    for (const { left, of } of this.#left.values()) {
      sum.left += left;
      sum.of += of;
    }
    return sum;
  }
  /** The other side's, by this conversation's charter. */
  ofContact(pair: Pair): readonly ContactDevice[] {
    const member = pair.log.charter().members.find(({ id }) => !equalBytes(id, pair.me));
    return (member?.devices ?? [])
      .map(({ feed, state, added }) => ({
        device: toHex(feed),
        addedAt: added === null ? pair.local.createdAt : pair.log.addedAt(feed),
        removed: state === 'removed',
        disputed: state === 'contested',
        later: added !== null,
      }))
      .toSorted((a, b) => a.addedAt - b.addedAt || (a.device < b.device ? -1 : 1));
  }
  /** When this device became one of its person's. */
  startedAt(): number {
    const { mine } = this.#home;
    const own = mine.log.ownFeed();
    return own === undefined ? 0 : (deviceFactsOf(this.#context.store, own)?.at ?? this.#home.createdAt());
  }
  list(): readonly DeviceView[] {
    const { mine } = this.#home;
    const own = mine.log.ownFeed();
    const member = mine.log.charter().members.find(({ id }) => equalBytes(id, mine.me));
    const now = this.#context.now();
    return (member?.devices ?? [])
      .map(({ feed, state, spare }) => {
        const facts = deviceFactsOf(this.#context.store, feed);
        const thisDevice = own !== undefined && equalBytes(own, feed);
        const until = mine.log.addedAt(feed) + REFUSE_WITHIN_MS;
        return {
          device: toHex(feed),
          name: facts?.name ?? '',
          addedAt: facts?.at ?? (thisDevice ? this.#home.createdAt() : mine.log.addedAt(feed)),
          revoked: state !== 'active',
          thisDevice,
          addedBy: this.#hostOf(feed),
          refusableUntil: !thisDevice && state === 'active' && until > now ? until : null,
          backup: spare,
        };
      })
      .toSorted((a, b) => a.addedAt - b.addedAt || (a.device < b.device ? -1 : 1));
  }
}

/**
 * Nobody took this own device out, but whoever let it in is out, and its entry lies above the cut: by whom. Undefined for any
 * other device.
 */
const lostWith = (pair: Pair, feed: FeedId): readonly FeedId[] | undefined => {
  const device = ownDevicesIn(pair).find((one) => equalBytes(one.feed, feed));
  if (device?.state !== 'removed' || device.added === null) return undefined;
  const { removals } = pair.log.charter();
  const against = (target: FeedId): readonly FeedId[] =>
    removals.flatMap((one) => (one.verdict !== 'out' && equalBytes(one.device, target) ? [one.entry.feed] : []));
  return against(feed).length > 0 ? undefined : against(device.added.feed);
};
