// How a device is taken out everywhere (spec 03, "Removal"; spec 09, "A lost device"): entries with cuts in every charter,
// new inbox records, a last word to the device itself, and the witness that the other side of a pair writes.
import { equalBytes, fromHex, toHex } from '../bytes/index.ts';
import { consentsOf, type SelfContent } from '../conversation/index.ts';
import {
  CHARTER_SEGMENT,
  createRefusal,
  createRemoval,
  createWitness,
  feedIdOf,
  type Cut,
  type FeedId,
  type Member,
} from '../identity/index.ts';
import type { Ingested, LogObject } from '../log/index.ts';
import { MAX_INBOX_NUMBER, splitPacket } from '../mailbox/index.ts';
import { DAY_MS } from '../ports/index.ts';
import { encodePacket, type Item, type ItemOf } from '../sync/index.ts';
import type { SigningKey } from '../crypto/index.ts';
import type { Context } from './context.ts';
import type { Conversation, Outlet, Pair } from './conversation.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import { wipeKeys } from './recovery.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';
import { straysIn } from './strays.ts';

type Device = Member['devices'][number];

/** A device added so lately may be refused by any other of its person: nothing that it did counts (spec 03). */
export const REFUSE_WITHIN_MS = DAY_MS;
/** A removed device that still writes is told again, at most this often. */
const TELL_AGAIN_MS = 10 * 60_000;
/** Whoever took a device out of `self` takes it out of conversations as well, unless it does not know of them. */
const STAND_IN_MS = 10 * 60_000;
/** Witnesses of a device, and of its person: with 256 entries of a member there is room for other ones, also when all witness at once. */
const MAX_WITNESSES = 24;
const MAX_OF_PERSON = 128;
/** More than these that a device let in somewhere, and that are no device of its person, it let in with bad intent. */
const MAX_LET_IN = 4;
/** Each takes some of the room for charter entries. */
const MAX_REFUSED = 64;
const NONE = new Uint8Array(0);
const NEVER = Number.POSITIVE_INFINITY;

export interface RemovalHooks {
  bits(): number;
  charter(of: Conversation, ingested: Ingested): void;
  /** Something that a device said in `self` does not count any more: with it, the inboxes of these numbers. */
  cut(): readonly { readonly of: Conversation; readonly number: number }[];
  /** Of recovery words, by conversation. Throws when they are wrong. */
  keysOf(words: string): ReadonlyMap<Conversation, SigningKey>;
  /** This device was taken out of `self`; `wipe`: and its person wants nothing left on it. */
  removed(wipe: boolean): void;
}

export class Removal {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #hooks: RemovalHooks;
  readonly #toldAt = new Map<string, number>();
  /** Of own devices that are out. */
  #cuts = '';
  /** 0: not looked yet. */
  #standInAt = 0;

  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender, hooks: RemovalHooks) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#sender = sender;
    this.#hooks = hooks;
  }

  /**
   * `refuse`: nothing it ever did counts; for a device added in the last 24 hours. `wipe`: it is asked to forget all. `words`: of
   * recovery; what they say beats whatever that device says, its removals of others included.
   */
  revoke(
    name: string,
    { refuse, wipe, words }: { readonly refuse: boolean; readonly wipe: boolean; readonly words: string | undefined },
  ): void {
    const { mine } = this.#home;
    const feed = fromHex(name) as FeedId | undefined;
    const own = mine.log.ownFeed();
    const device = mine.log
      .charter()
      .members.find(({ id }) => equalBytes(id, mine.me))
      ?.devices.find((one) => feed !== undefined && equalBytes(one.feed, feed));
    if (device === undefined) throw new KithError('unknown-device');
    if (own !== undefined && equalBytes(own, device.feed)) throw new KithError('own-device');
    const keys = words === undefined ? undefined : this.#hooks.keysOf(words);
    // With words once more: some conversation may still have it as disputed.
    if (device.state === 'removed' && keys === undefined) return;
    if (refuse && this.#context.now() - mine.log.addedAt(device.feed) > REFUSE_WITHIN_MS)
      throw new KithError('too-late-to-refuse');
    if (wipe) this.#home.tell({ type: 'wipe', device: device.feed, extensions: [] });
    // While it can still be reached: what it learns in `self` makes it stop.
    this.#remove(mine, device.feed, refuse, keys?.get(mine));
    const record = this.#home.knownRecord(mine);
    if (record !== undefined) this.#home.reach(mine, device.feed, record);
    this.#tell(device.feed, wipe);
    for (const pair of this.#home.pairs()) {
      for (const here of this.#feedsIn(pair, device)) this.#remove(pair, here, refuse, keys?.get(pair));
      this.#home.renewInbox(pair, this.#hooks.bits());
      this.#sender.tellSoon(pair.theirs, true);
    }
    this.#home.renewInbox(mine, this.#hooks.bits());
    if (keys !== undefined) wipeKeys(keys.values());
    // What it said counts no more here either: who takes a device out hears of it from nobody.
    this.#heardOfCuts();
    this.#context.changed({ type: 'devices' });
  }
  /**
   * Own devices in conversations that are none of `self` (strays.ts) go everywhere. `refuse`: of those added in the last 24 hours
   * nothing counts.
   */
  removeStrays(refuse: boolean): void {
    const now = this.#context.now();
    for (const pair of this.#home.pairs()) {
      const strays = straysIn({ context: this.#context, home: this.#home }, pair);
      for (const feed of strays)
        this.#remove(pair, feed, refuse && now - pair.log.addedAt(feed) <= REFUSE_WITHIN_MS, undefined);
      if (strays.length === 0) continue;
      this.#home.renewInbox(pair, this.#hooks.bits());
      this.#sender.tellSoon(pair.theirs, true);
    }
    this.#context.changed({ type: 'devices' });
  }
  /**
   * Own devices that are out of `self` and still in this conversation: whoever took them out did not know of it then (spec 09).
   * Of two devices that cut only what both hold counts, so the one that took them out does it, any other where that one is not
   * in, and after a while (`standIn`) whoever is there. The cut is at what had come by the time this device heard of it.
   */
  #follow(pair: Pair, standIn = false): void {
    const { mine } = this.#home;
    // Of two spares of one device nobody can say which is which: they go when their file is removed.
    const out = this.#outOfSelf().filter(({ spare }) => !spare);
    if (out.length === 0 || !this.#home.isIn(mine) || !this.#home.isIn(pair)) return;
    const own = mine.log.ownFeed();
    const isHere = (feed: FeedId): boolean =>
      this.#devices(pair).some((one) => one.state === 'active' && equalBytes(one.feed, feed));
    let isDone = false;
    for (const device of out) {
      const here = this.#feedsIn(pair, device).filter(isHere);
      if (here.length === 0) continue;
      const by = this.#removersOf(device.feed);
      const isOurs = standIn || by.some((feed) => own !== undefined && equalBytes(feed, own));
      if (!isOurs && by.some((feed) => this.#saidIn(pair, feed).some(isHere))) {
        this.#standInAt = Math.min(this.#standInAt, this.#context.now() + STAND_IN_MS);
        continue;
      }
      const heldBy = mine.log.removedAt(device.feed);
      for (const feed of here) this.#remove(pair, feed, this.#isRefused(device), undefined, heldBy);
      isDone = true;
    }
    if (!isDone) return;
    this.#home.renewInbox(pair, this.#hooks.bits());
    this.#sender.tellSoon(pair.theirs, true);
    this.#context.changed({ type: 'devices' });
  }
  /** Nothing that it did counts: taken out within a day, with a cut at zero (spec 03). */
  #isRefused({ feed, cuts }: Device): boolean {
    const { log } = this.#home.mine;
    const isLately = log.removedAt(feed) - log.addedAt(feed) <= REFUSE_WITHIN_MS;
    return isLately && cuts.some(({ segment, charterCount }) => segment === null && charterCount === 0);
  }
  /** Some of what was heard of a device may lie above its cut, and does not count any more. */
  #heardOfCuts(): void {
    const cuts = this.#outOfSelf()
      .map(
        ({ feed, cuts }) =>
          `${toHex(feed)} ${cuts.map(({ segment, count }) => `${toHex(segment ?? NONE)} ${count}`).join()}`,
      )
      .join();
    if (cuts === this.#cuts) return;
    this.#cuts = cuts;
    for (const pair of this.#home.pairs()) this.#follow(pair);
    this.#recount();
  }
  /** A cut in `self` names what was not here when it was heard of: what was taken for being above it may count after all. */
  cutsCame(): void {
    if (this.#outOfSelf().length > 0) this.#recount();
  }
  #recount(): void {
    // Others were told of them, by this device too, and of two records they take the one with the higher number.
    for (const { of, number } of this.#hooks.cut()) {
      if (number < MAX_INBOX_NUMBER) this.#home.renewInbox(of, this.#hooks.bits(), number);
      this.#sender.tellSoon(of.kind === 'pair' ? (of as Pair).theirs : this.#sender.routeOfSelf(of), true);
    }
    for (const pair of this.#home.pairs()) this.#chooseOutlet(pair);
  }
  /** Where the other side is reached may have been said by a device that is out by now, theirs or ours. */
  #chooseOutlet(pair: Pair): void {
    if (!this.#home.chooseOutlet(pair)) return;
    this.#home.tellPeerInbox(pair);
    this.#sender.tellSoon(pair.theirs, true);
  }
  /** Which device is whose stands in `self`, and may come after the conversation. */
  heard(content: SelfContent): void {
    const pair = content.type === 'consent' ? this.#home.pair(content.conversation) : undefined;
    if (pair !== undefined) this.#follow(pair);
  }
  /** Returns when to look again. */
  tick(): number {
    const now = this.#context.now();
    // At the start it is not known yet what others did meanwhile.
    if (this.#standInAt === 0) this.#standInAt = this.#outOfSelf().length === 0 ? NEVER : now + STAND_IN_MS;
    if (this.#standInAt <= now) {
      this.#standInAt = NEVER;
      for (const pair of this.#home.pairs()) this.#follow(pair, true);
    }
    return this.#standInAt;
  }
  #outOfSelf(): readonly Device[] {
    return this.#devices(this.#home.mine).filter(({ state }) => state === 'removed');
  }
  #removersOf(self: FeedId): readonly FeedId[] {
    return this.#home.mine.log
      .charter()
      .removals.flatMap(({ device, verdict, entry }) =>
        verdict === 'in' && equalBytes(device, self) ? [entry.feed] : [],
      );
  }
  /** What a device of `self` is in a conversation with somebody: all that it said it is. */
  #feedsIn(pair: Pair, { feed, spare, added }: Device): readonly FeedId[] {
    const known = this.#saidIn(pair, spare && added !== null ? added.feed : feed);
    // With the one that let in very many these are out as well.
    if (!spare) return known.toSorted((a, b) => this.#letInBy(pair, b).length - this.#letInBy(pair, a).length);
    // The spare of a backup says nothing of itself: it is what the same own device let in there.
    return this.#devices(pair).flatMap((one) =>
      one.spare && known.some((by) => one.added !== null && equalBytes(one.added.feed, by)) ? [one.feed] : [],
    );
  }
  #saidIn(pair: Pair, self: FeedId): readonly FeedId[] {
    const own = this.#home.mine.log.ownFeed();
    const there = pair.log.ownFeed();
    if (own !== undefined && equalBytes(own, self)) return there === undefined ? [] : [there];
    const consents = consentsOf(this.#context.store, pair.id);
    const inUse = this.#devices(this.#home.mine).filter(({ state }) => state === 'active');
    // A device that was stolen may say that the key of another one is its own: that one says so too.
    const isOthers = (device: Uint8Array): boolean =>
      consents.some(
        (one) =>
          equalBytes(one.device, device) &&
          !equalBytes(one.self, self) &&
          inUse.some(({ feed }) => equalBytes(feed, one.self)),
      );
    return consents
      .filter((one) => equalBytes(one.self, self) && !isOthers(one.device))
      .map(({ device }) => feedIdOf(this.#context.crypto, device))
      .filter((feed) => there === undefined || !equalBytes(feed, there));
  }
  #remove(of: Conversation, feed: FeedId, refuse: boolean, by: SigningKey | undefined, heldBy?: number): void {
    if (of.log.memberOf(feed) === undefined) return;
    const state = this.#devices(of).find((one) => equalBytes(one.feed, feed))?.state;
    if (state === 'removed' && by === undefined) return;
    const nothing: Cut = { feed, segment: null, count: 0, charterCount: 0, charterHead: null };
    // With words nothing counts that it said against others of its person.
    const before = by === undefined ? this.#firstOfMany(of, feed) : this.#firstRemovalBy(of, feed);
    const cuts = refuse ? [nothing] : of.log.cutsHere(feed, before, heldBy);
    const entry = of.log.appendEntry(
      (key, at) => createRemoval(this.#context.crypto, key, at, { feed, member: null, cuts }),
      Math.max(1, this.#context.now()),
      by,
    );
    this.#sender.entered(of, entry);
    this.#refuseWords(of, feed);
  }
  /** Words that it set and that wait would be in effect in time, removed as it is, and whoever has them would be back. */
  #refuseWords(of: Conversation, feed: FeedId): void {
    const member = of.log.charter().members.find(({ id }) => equalBytes(id, of.me));
    const waiting = (member?.recoveries ?? []).filter(
      ({ state, entry }) => state === 'waiting' && equalBytes(entry.feed, feed),
    );
    for (const { entry } of waiting.slice(0, MAX_REFUSED)) {
      const { place } = of.log.appendEntry(
        (key, at) => createRefusal(this.#context.crypto, key, at, { recovery: entry.hash }),
        Math.max(1, this.#context.now()),
      );
      this.#sender.queue(of, place);
    }
  }
  /**
   * Where a device let in many that are no other device's of its person, all that it said in the charter from the first of them on goes with
   * it: taken out one by one they would take all the room there is. Who else is out so of a pair is let in there again.
   */
  #firstOfMany(of: Conversation, feed: FeedId): number | undefined {
    const letIn = this.#letInBy(of, feed);
    return letIn.length <= MAX_LET_IN ? undefined : Math.min(...letIn.map(({ seq }) => seq));
  }
  #letInBy(of: Conversation, feed: FeedId): readonly { readonly seq: number }[] {
    if (of.kind !== 'pair') return [];
    const { store, crypto } = this.#context;
    const inUse = this.#devices(this.#home.mine).filter(({ state }) => state === 'active');
    const others = new Set(
      consentsOf(store, of.id).flatMap(({ self, device }) =>
        inUse.some((one) => equalBytes(one.feed, self)) && !equalBytes(feedIdOf(crypto, device), feed)
          ? [toHex(feedIdOf(crypto, device))]
          : [],
      ),
    );
    const own = of.log.ownFeed();
    return this.#devices(of).flatMap((one) => {
      const isOther = others.has(toHex(one.feed)) || (own !== undefined && equalBytes(one.feed, own));
      const isIts = one.added !== null && equalBytes(one.added.feed, feed) && one.state !== 'removed' && !one.spare;
      return isIts && !isOther ? [{ seq: one.added.seq }] : [];
    });
  }
  #firstRemovalBy(of: Conversation, feed: FeedId): number | undefined {
    const seqs = of.log.charter().removals.flatMap(({ entry }) => (equalBytes(entry.feed, feed) ? [entry.seq] : []));
    return seqs.length === 0 ? undefined : Math.min(...seqs);
  }
  /** The device itself: its own charter entry is the proof, which every device of its person may send it. */
  #tell(feed: FeedId, wipe: boolean): void {
    const { mine } = this.#home;
    const state = this.#devices(mine).find((one) => equalBytes(one.feed, feed))?.state;
    const items: Item[] = state === 'removed' ? [{ type: 'removed', wipe }] : [];
    this.#tellCharter(mine, feed, this.#home.reachedAt(mine, feed), items);
  }
  #tellCharter(of: Conversation, feed: FeedId, outlet: Outlet | undefined, more: readonly Item[] = []): void {
    if (outlet === undefined || !this.#sessions.canSendTo(of, feed)) return;
    const objects = of.log
      .frontier()
      .feeds.flatMap((one) => [{ feed: one.feed, segment: CHARTER_SEGMENT, from: 0, to: one.charterCount }]);
    const batch = of.log.read(objects, 16_000);
    const packet = encodePacket([{ type: 'objects', objects: batch.objects }, ...more]);
    this.#sender.putFor(of, [feed], outlet, splitPacket(this.#context.randomness.bytes(8), packet));
    this.#toldAt.set(`${of.name} ${toHex(feed)}`, this.#context.now());
  }
  #devices(of: Conversation): Member['devices'] {
    return of.log.charter().members.find(({ id }) => equalBytes(id, of.me))?.devices ?? [];
  }
  /** Own devices that were removed, or that remove each other: what they write opens, and is answered with how they stand. */
  strangers(): readonly FeedId[] {
    return this.#devices(this.#home.mine)
      .filter(({ state }) => state !== 'active')
      .map(({ feed }) => feed);
  }
  /**
   * A device that was let in by one that was out by then went with it, and nobody talks with it, who could tell it so: its hello is
   * answered with a session for that alone.
   */
  isToBeTold(feed: FeedId): boolean {
    const isOut = this.#outOfSelf().some((one) => equalBytes(one.feed, feed));
    return isOut && !this.#sessions.wasHeard(this.#home.mine, feed);
  }
  /** Of what it says only charter entries are taken, which stand for themselves: else no two that differ would ever know. */
  heardFrom(of: Conversation, feed: FeedId, items: readonly Item[]): void {
    const entries = items.flatMap((item) => (item.type === 'objects' ? item.objects.filter(isEntry) : []));
    if (entries.length > 0) {
      const ingested = of.log.ingest(entries, 'own', Math.max(1, this.#context.now()));
      if (ingested.charterChanged) this.#hooks.charter(of, ingested);
    }
    const now = this.#context.now();
    const told = this.#toldAt.get(`${of.name} ${toHex(feed)}`) ?? Number.NEGATIVE_INFINITY;
    const isContested = this.#contested(of).some((one) => equalBytes(one, feed));
    // Answered for ever, two that oppose each other would talk of nothing else for as long as they do.
    if (Math.abs(now - told) < TELL_AGAIN_MS || (isContested && knowsAll(of, items, entries.length))) return;
    if (of === this.#home.mine) return this.#tell(feed, this.#home.isToBeWiped(feed));
    const inbox = items.find((item): item is ItemOf<'inbox'> => item.type === 'inbox');
    const outlet = inbox === undefined ? of.outlets[0] : this.#home.outletOf(inbox.record);
    // A removed one is told by its own person's devices, and nothing by others.
    if (isContested) this.#tellCharter(of, feed, outlet);
  }
  #contested(of: Conversation): readonly FeedId[] {
    return of.log
      .charter()
      .members.flatMap(({ devices }) => devices.flatMap(({ feed, state }) => (state === 'contested' ? [feed] : [])))
      .filter((feed) => of.guests.some((guest) => equalBytes(guest, feed)));
  }

  /** After a charter has changed: a removal on the other side is witnessed; one of this device ends its part. */
  charter(of: Conversation): void {
    if (of.kind === 'pair') {
      this.#witness(of as Pair);
      this.#chooseOutlet(of as Pair);
      for (const feed of this.#contested(of)) this.heardFrom(of, feed, []);
      this.#follow(of as Pair);
    }
    const own = of.log.ownFeed();
    if (of !== this.#home.mine || own === undefined) return;
    const isOut = of.log
      .charter()
      .members.some(({ devices }) => devices.some(({ feed, state }) => state === 'removed' && equalBytes(feed, own)));
    if (isOut) this.#hooks.removed(this.#home.isToBeWiped(own));
    else this.#heardOfCuts();
  }
  /**
   * Of two removals that oppose each other only the first that came here is witnessed; and keys set by the other side. They decide
   * how many there are to witness, and what is written here takes the room that own removals need.
   */
  #witness(pair: Pair): void {
    const { crypto } = this.#context;
    const own = pair.log.device();
    if (own === undefined || !this.#home.isIn(pair)) return;
    const { members, removals } = pair.log.charter();
    const others = members.filter(({ id }) => !equalBytes(id, pair.me));
    const isTheirs = (feed: FeedId): boolean =>
      others.some(({ devices }) => devices.some((one) => equalBytes(one.feed, feed)));
    const seen = [
      ...removals.flatMap(({ entry, verdict, device }) => (verdict === 'in' && isTheirs(device) ? [entry] : [])),
      ...others.flatMap(({ recoveries }) =>
        recoveries.flatMap(({ entry, state }) => (state === 'waiting' ? [entry] : [])),
      ),
    ];
    const known = pair.log.witnessedBy(own.member);
    const isKnown = (hash: Uint8Array): boolean => known.some(({ removal }) => equalBytes(removal, hash));
    const byThisOne = known.filter(({ feed }) => equalBytes(feed, own.feed)).length;
    const room = Math.min(MAX_WITNESSES - byThisOne, MAX_OF_PERSON - known.length);
    const lacking = seen.filter(({ hash }) => !isKnown(hash));
    for (const { hash } of lacking.slice(0, Math.max(0, room))) {
      const { place } = pair.log.appendEntry(
        (key, at) => createWitness(crypto, key, at, { removal: hash }),
        Math.max(1, this.#context.now()),
      );
      this.#sender.queue(pair, place);
    }
    // Whoever is left may have heard of it by way of the device that is out, and has no reason to believe that any more.
    if (lacking.length > 0) {
      this.#home.tellWhereAgain(pair);
      this.#sender.tellSoon(pair.theirs, true);
    }
  }
}

/** By the frontier that rides in its packet, or, as of an answer like ours, by as many entries as there are. */
const knowsAll = (of: Conversation, items: readonly Item[], entries: number): boolean => {
  const told = items.find((item): item is ItemOf<'frontier'> => item.type === 'frontier');
  if (told !== undefined)
    return !of.log.compare(told.frontier).theyLack.some(({ segment }) => equalBytes(segment, CHARTER_SEGMENT));
  return entries > 0 && entries >= of.log.frontier().feeds.reduce((sum, { charterCount }) => sum + charterCount, 0);
};
const isEntry = ({ type }: LogObject): boolean => type === 'entry';
