// How a device is taken out everywhere (spec 03, "Removal"; spec 09, "A lost device"): entries with cuts in every charter,
// new inbox records, a last word to the device itself, and the witness that the other side of a pair writes.
import { equalBytes, fromHex, toHex } from '../bytes/index.ts';
import { consentsOf } from '../conversation/index.ts';
import { createRemoval, createWitness, feedIdOf, type Cut, type FeedId } from '../identity/index.ts';
import { CHARTER_SEGMENT } from '../identity/index.ts';
import { splitPacket } from '../mailbox/index.ts';
import { DAY_MS } from '../ports/index.ts';
import { encodePacket } from '../sync/index.ts';
import type { Context } from './context.ts';
import type { Conversation, Pair } from './conversation.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';

/** A device added so lately may be refused by any other of its person: nothing that it did counts (spec 03). */
export const REFUSE_WITHIN_MS = DAY_MS;
/** A removed device that still writes is told again, at most this often. */
const TELL_AGAIN_MS = 10 * 60_000;

export interface RemovalHooks {
  bits(): number;
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

  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender, hooks: RemovalHooks) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#sender = sender;
    this.#hooks = hooks;
  }

  /** `refuse`: nothing it ever did counts; for a device added in the last 24 hours. `wipe`: it is asked to forget all. */
  revoke(name: string, { refuse, wipe }: { readonly refuse: boolean; readonly wipe: boolean }): void {
    const { mine } = this.#home;
    const feed = fromHex(name) as FeedId | undefined;
    const own = mine.log.device()?.feed;
    const device = mine.log
      .charter()
      .members.find(({ id }) => equalBytes(id, mine.me))
      ?.devices.find((one) => feed !== undefined && equalBytes(one.feed, feed));
    if (device === undefined) throw new KithError('unknown-device');
    if (own !== undefined && equalBytes(own, device.feed)) throw new KithError('own-device');
    if (device.state === 'removed') return;
    if (refuse && this.#context.now() - mine.log.addedAt(device.feed) > REFUSE_WITHIN_MS)
      throw new KithError('too-late-to-refuse');
    if (wipe) this.#home.tell({ type: 'wipe', device: device.feed, extensions: [] });
    // While it can still be reached: what it learns in `self` makes it stop.
    this.#remove(mine, device.feed, refuse);
    this.#home.reach(mine, device.feed, this.#home.ownRecord(mine));
    this.#tell(device.feed, wipe);
    for (const pair of this.#home.pairs()) {
      const theirs = consentsOf(this.#context.store, pair.id).find(({ self }) => equalBytes(self, device.feed));
      if (theirs !== undefined) this.#remove(pair, feedIdOf(this.#context.crypto, theirs.device), refuse);
      this.#home.renewInbox(pair, this.#hooks.bits());
      this.#sender.tellSoon(pair.theirs, true);
    }
    this.#home.renewInbox(mine, this.#hooks.bits());
    this.#context.changed({ type: 'devices' });
  }
  #remove(of: Conversation, feed: FeedId, refuse: boolean): void {
    if (of.log.memberOf(feed) === undefined) return;
    const nothing: Cut = { feed, segment: null, count: 0, charterCount: 0, charterHead: null };
    const cut = refuse ? nothing : of.log.cutHere(feed);
    const { place } = of.log.appendEntry(
      (key, at) => createRemoval(this.#context.crypto, key, at, { feed, member: null, cuts: [cut] }),
      Math.max(1, this.#context.now()),
    );
    this.#sender.queue(of, place);
  }
  /** The device itself: its own charter entry is the proof, which every device of its person may send it. */
  #tell(feed: FeedId, wipe: boolean): void {
    const { mine } = this.#home;
    const outlet = this.#home.reachedAt(mine, feed);
    if (outlet === undefined || !this.#sessions.canSendTo(mine, feed)) return;
    const objects = mine.log
      .frontier()
      .feeds.flatMap((one) => [{ feed: one.feed, segment: CHARTER_SEGMENT, from: 0, to: one.charterCount }]);
    const batch = mine.log.read(objects, 16_000);
    const packet = encodePacket([
      { type: 'objects', objects: batch.objects },
      { type: 'removed', wipe },
    ]);
    this.#sender.putFor(mine, [feed], outlet, splitPacket(this.#context.randomness.bytes(8), packet));
    this.#toldAt.set(toHex(feed), this.#context.now());
  }
  /** Devices of one's own that were removed: what they write opens, is not taken, and is answered with the last word. */
  strangers(): readonly FeedId[] {
    const { mine } = this.#home;
    const member = mine.log.charter().members.find(({ id }) => equalBytes(id, mine.me));
    return (member?.devices ?? []).filter(({ state }) => state === 'removed').map(({ feed }) => feed);
  }
  heardFrom(feed: FeedId): void {
    const now = this.#context.now();
    const told = this.#toldAt.get(toHex(feed)) ?? Number.NEGATIVE_INFINITY;
    if (Math.abs(now - told) >= TELL_AGAIN_MS) this.#tell(feed, this.#home.isToBeWiped(feed));
  }

  /** After a charter has changed: a removal on the other side is witnessed; one of this device ends its part. */
  charter(of: Conversation): void {
    if (of.kind === 'pair') this.#witness(of as Pair);
    const own = of.log.device()?.feed;
    if (of !== this.#home.mine || own === undefined) return;
    const isOut = of.log
      .charter()
      .members.some(({ devices }) => devices.some(({ feed, state }) => state === 'removed' && equalBytes(feed, own)));
    if (isOut) this.#hooks.removed(this.#home.isToBeWiped(own));
  }
  /** Of two removals that oppose each other only the first that came here is witnessed. */
  #witness(pair: Pair): void {
    const { crypto } = this.#context;
    const own = pair.log.device();
    if (own === undefined) return;
    const mine = pair.log.charter().members.find(({ id }) => equalBytes(id, pair.me));
    const isMine = (feed: FeedId): boolean => mine?.devices.some((one) => equalBytes(one.feed, feed)) ?? false;
    for (const { entry, verdict } of pair.log.charter().removals) {
      if (isMine(entry.feed) || verdict !== 'in' || pair.log.isWitnessed(entry.hash, own.member)) continue;
      const { place } = pair.log.appendEntry(
        (key, at) => createWitness(crypto, key, at, entry.hash),
        Math.max(1, this.#context.now()),
      );
      this.#sender.queue(pair, place);
    }
  }
}
