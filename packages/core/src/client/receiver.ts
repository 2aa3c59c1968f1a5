// Takes cells from relays: finds the pair that each is for, opens it, puts split packets together and acts on what they
// carry. Whatever is not recognised belongs to somebody else and is left alone.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { encode } from '../codec/index.ts';
import { afterPrefix, projectPair } from '../conversation/index.ts';
import { feedIdOf, openEntry, type FeedId } from '../identity/index.ts';
import { AGREEMENT_MS, frontierCodec, type Frontier, type Ingested } from '../log/index.ts';
import {
  addFragment,
  commitment,
  decodeInboxRecord,
  decodeUnfinished,
  emptyReassembly,
  encodeUnfinished,
  missingParts,
  openHelloCell,
  readBody,
  recognises,
  withoutOld,
  type Inbox,
  type Reassembly,
  type ResendRequest,
} from '../mailbox/index.ts';
import { decodePacket, TELL_EVERY_MS, WANT_AFTER_MS, type Item } from '../sync/index.ts';
import type { Context } from './context.ts';
import type { Home, Pair } from './home.ts';
import { dropControls, dropCovered, frontierOf, peerState, setPeerState } from './peers.ts';
import { ROLES } from './records.ts';
import type { Sender } from './sender.ts';
import { UNKNOWN_FEED, type Sessions } from './sessions.ts';

export interface ReceiverHooks {
  /** The pair knows its other side now. */
  met(pair: Pair): void;
  /** Newly shown events, already in the tables. */
  shown(pair: Pair, ingested: Ingested): void;
  typing(pair: Pair): void;
}

export class Receiver {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #hooks: ReceiverHooks;
  readonly #reassembly = new Map<string, Reassembly>();
  /** Devices whose last frontier showed something that was not here. */
  readonly #lacking = new Set<string>();
  #sender: Sender | undefined;
  /** The inbox that was hit last is tried first: cells come in runs. */
  #lastHit: { readonly pair: string; readonly inbox: Inbox } | undefined;
  received = 0;

  constructor(context: Context, home: Home, sessions: Sessions, hooks: ReceiverHooks) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#hooks = hooks;
  }
  /** Sender and receiver need each other. */
  answerWith(sender: Sender): void {
    this.#sender = sender;
  }
  get #out(): Sender {
    if (this.#sender === undefined) throw new Error('a receiver without a sender');
    return this.#sender;
  }

  cells(cells: readonly Uint8Array[]): void {
    const pairs = this.#home.pairs().filter((pair) => !this.#home.facts(pair).blocked);
    for (const cell of cells) this.#cell(pairs, cell);
  }
  #cell(pairs: readonly Pair[], cell: Uint8Array): void {
    const { crypto } = this.#context;
    const last = this.#lastHit;
    const again = last === undefined ? undefined : pairs.find(({ name }) => name === last.pair);
    if (last !== undefined && again?.inboxes.includes(last.inbox) && recognises(crypto, last.inbox, cell)) {
      this.#open(again, last.inbox, cell);
      return;
    }
    for (const pair of pairs) {
      for (const inbox of pair.inboxes) {
        if (!recognises(crypto, inbox, cell)) continue;
        this.#lastHit = { pair: pair.name, inbox };
        this.#open(pair, inbox, cell);
        return;
      }
    }
  }

  #open(pair: Pair, inbox: Inbox, cell: Uint8Array): void {
    const opened = this.#sessions.open(pair, cell);
    switch (opened.type) {
      case 'duplicate':
        return;
      case 'rewound':
        this.#sessions.want(pair, opened.feed, 'lost');
        return;
      case 'none': {
        const hello = openHelloCell(this.#context.crypto, inbox, cell);
        if (hello !== undefined) this.#sessions.received(pair, hello);
        // For this person, but no slot opens: their session with us is not ours any more.
        else for (const feed of this.#sessions.feeds(pair)) this.#sessions.want(pair, feed, 'lost');
        return;
      }
      case 'opened': {
        if (inbox.number > pair.local.inboxTold) this.#home.save(pair, { inboxTold: inbox.number });
        const fragment = opened.body === undefined ? undefined : readBody(opened.body);
        if (fragment === undefined) return;
        const packet = this.#assemble(pair, opened.feed, fragment);
        if (packet !== undefined) this.#packet(pair, opened.feed, packet);
      }
    }
  }

  #assemble(pair: Pair, feed: FeedId, fragment: NonNullable<ReturnType<typeof readBody>>): Uint8Array | undefined {
    const before = this.#parts(pair, feed);
    const step = addFragment(before, fragment, this.#context.now());
    if (step.state !== before) {
      this.#reassembly.set(`${pair.name} ${toHex(feed)}`, step.state);
      this.#writeParts(pair, feed, before, step.state);
      if (step.packet === undefined) this.#out.wantSoon(pair);
    }
    return step.packet;
  }
  #partsKey(pair: Pair, feed: FeedId): Uint8Array {
    return concat(utf8('r'), pair.id, feed);
  }
  #parts(pair: Pair, feed: FeedId): Reassembly {
    const name = `${pair.name} ${toHex(feed)}`;
    let state = this.#reassembly.get(name);
    if (state === undefined) {
      const key = this.#partsKey(pair, feed);
      const unfinished = this.#context.store
        .scan('packet', { from: key, to: afterPrefix(key) })
        .map((row) => decodeUnfinished(row.value))
        .filter((entry) => entry !== undefined);
      state = { ...emptyReassembly(), unfinished: new Map(unfinished.map((entry) => [toHex(entry.packet), entry])) };
      this.#reassembly.set(name, state);
    }
    return state;
  }
  #writeParts(pair: Pair, feed: FeedId, before: Reassembly, after: Reassembly): void {
    const key = this.#partsKey(pair, feed);
    for (const [id, entry] of before.unfinished) {
      if (!after.unfinished.has(id)) this.#context.store.delete('packet', concat(key, entry.packet));
    }
    for (const [id, entry] of after.unfinished) {
      if (before.unfinished.get(id) !== entry)
        this.#context.store.put('packet', concat(key, entry.packet), encodeUnfinished(entry));
    }
  }
  /** Parts of split packets that have been waited for long enough. */
  missing(pair: Pair): readonly ResendRequest[] {
    return this.#sessions.feeds(pair).flatMap((feed) => {
      const before = this.#parts(pair, feed);
      const state = withoutOld(before, this.#context.now());
      if (state !== before) {
        this.#reassembly.set(`${pair.name} ${toHex(feed)}`, state);
        this.#writeParts(pair, feed, before, state);
      }
      return missingParts(state, this.#context.now(), WANT_AFTER_MS);
    });
  }
  forget(): void {
    this.#reassembly.clear();
    this.#lacking.clear();
    this.#lastHit = undefined;
  }

  #packet(pair: Pair, from: FeedId, data: Uint8Array): void {
    const items = decodePacket(data);
    if (items === undefined) {
      this.#context.logger.log('warn', 'packet-malformed');
      return;
    }
    this.received++;
    // Who the sender is comes first: the rest is judged by it.
    const answer = items.find((item) => item.type === 'answer');
    let feed = from;
    if (answer !== undefined) {
      const known = this.#answer(pair, from, answer);
      if (known === undefined) return;
      feed = known;
    }
    if (equalBytes(feed, UNKNOWN_FEED)) return;
    // Whoever writes to us in a session has no use for an earlier Welcome.
    dropControls(this.#context, pair, 'welcome ');
    const peer = peerState(this.#context, pair, feed);
    setPeerState(this.#context, pair, feed, { ...peer, seenAt: Math.max(1, this.#context.now()) });
    // What they ask for is judged by the frontier that rides beside it.
    for (const item of items) if (item.type !== 'want') this.#item(pair, feed, item);
    for (const item of items) if (item.type === 'want') this.#item(pair, feed, item);
  }

  #item(pair: Pair, feed: FeedId, item: Item): void {
    switch (item.type) {
      case 'objects':
        this.#objects(pair, feed, item.objects);
        return;
      case 'frontier':
        this.#frontier(pair, feed, item);
        return;
      case 'want':
        this.#out.give(pair, feed, item.ranges);
        return;
      case 'inbox':
        this.#inbox(pair, item.record);
        return;
      case 'reveal':
        this.#reveal(pair, item.nonce);
        return;
      case 'settled':
        if (pair.local.role === ROLES.acceptor && !pair.local.settled) {
          this.#home.save(pair, { settled: true });
          this.#out.dropControl(pair, 'reveal');
          this.#context.changed({ type: 'contacts' });
        }
        return;
      case 'resend':
        this.#out.resend(pair, item.requests);
        return;
      case 'typing':
        this.#hooks.typing(pair);
        return;
      case 'read': {
        const peer = peerState(this.#context, pair, feed);
        setPeerState(this.#context, pair, feed, { ...peer, read: encode(frontierCodec, item.frontier) });
        this.#context.changed({ type: 'conversation', conversation: pair.name });
        return;
      }
      case 'answer':
      case 'claim':
        return;
    }
  }

  /** The inviter shows itself. Only the first answer counts; its device key has to be the one of its inception. */
  #answer(pair: Pair, from: FeedId, item: Extract<Item, { type: 'answer' }>): FeedId | undefined {
    const { crypto } = this.#context;
    const entry = openEntry(crypto, item.inception);
    if (entry?.act.type !== 'inception' || !equalBytes(entry.entry.root, pair.local.root)) return undefined;
    // One's own inception in a mirror: nobody would be on the other side.
    if (equalBytes(item.inception, pair.local.inception)) return undefined;
    const feed = feedIdOf(crypto, entry.entry.device);
    if (pair.local.peerInception !== null) {
      return equalBytes(pair.local.peerInception, item.inception) ? feed : undefined;
    }
    if (pair.local.role !== ROLES.acceptor || !equalBytes(from, UNKNOWN_FEED)) return undefined;
    this.#home.save(pair, { peerInception: item.inception, peerNonce: item.nonce });
    pair.log.ingest([{ type: 'entry', entry: item.inception }], feed, this.#context.now());
    pair.log.admit(entry.act.member);
    this.#sessions.rename(pair, feed);
    this.#hooks.met(pair);
    this.#out.queueControl(pair, 'reveal', null);
    this.#sessions.want(pair, feed, 'first');
    return feed;
  }
  #reveal(pair: Pair, nonce: Uint8Array): void {
    const { local } = pair;
    if (local.role !== ROLES.inviter || local.peerInception === null || local.peerCommitment === null) return;
    if (!local.settled) {
      const expected = commitment(this.#context.crypto, nonce, local.peerInception);
      if (!this.#context.crypto.equal(expected, local.peerCommitment)) {
        this.#context.logger.log('warn', 'reveal-mismatch');
        return;
      }
      this.#home.save(pair, { settled: true, peerNonce: nonce });
      this.#out.dropControl(pair, 'answer');
      this.#context.changed({ type: 'contacts' });
    }
    this.#out.settle(pair);
  }
  #inbox(pair: Pair, record: Uint8Array): void {
    const read = decodeInboxRecord(record);
    if (read === undefined || read.number <= (pair.peerInbox?.record.number ?? 0)) return;
    this.#home.setPeerRecord(pair, record);
    this.#out.tellSoon(pair, true);
  }

  #objects(pair: Pair, feed: FeedId, objects: Extract<Item, { type: 'objects' }>['objects']): void {
    const ingested = pair.log.ingest(objects, feed, Math.max(1, this.#context.now()));
    for (const [reason, count] of ingested.refused)
      this.#context.logger.log('warn', 'objects-refused', { reason, count });
    let purged = false;
    for (const event of [...ingested.shown, ...ingested.completed]) {
      if (projectPair(pair.view, event).type === 'purged') purged = true;
    }
    if (purged) this.#context.scrub();
    if (ingested.shown.length > 0 || ingested.completed.length > 0) this.#hooks.shown(pair, ingested);
    // Posted again although we hold it: they do not know that.
    const nothingNew = ingested.feeds.length === 0 && !ingested.charterChanged && ingested.waiting === 0;
    this.#out.tellSoon(pair, nothingNew);
    if (ingested.waiting > 0) this.#out.wantSoon(pair);
  }
  /**
   * Cells come out of order, and a frontier says only the minute it is of: an old one must not make us forget what a newer
   * one showed to be lacking.
   */
  #stillLacks(pair: Pair, feed: FeedId, known: Frontier | undefined): boolean {
    const name = `${pair.name} ${toHex(feed)}`;
    if (known === undefined || !this.#lacking.has(name)) return false;
    if (pair.log.compare(known).iLack.length > 0) return true;
    this.#lacking.delete(name);
    return false;
  }
  #frontier(pair: Pair, feed: FeedId, item: Extract<Item, { type: 'frontier' }>): void {
    const peer = peerState(this.#context, pair, feed);
    const raw = encode(frontierCodec, item.frontier);
    const before = frontierOf(peer.frontier);
    const now = Math.max(1, this.#context.now());
    const agreedAt = Math.abs(now - item.date) <= AGREEMENT_MS ? now : peer.agreedAt;
    const { iLack, theyLack } = pair.log.compare(item.frontier);
    if (iLack.length === 0 && item.date <= peer.date && this.#stillLacks(pair, feed, before)) return;
    if (iLack.length > 0) this.#lacking.add(`${pair.name} ${toHex(feed)}`);
    setPeerState(this.#context, pair, feed, { ...peer, frontier: raw, date: Math.max(peer.date, item.date), agreedAt });
    if (before === undefined || !equalBytes(before.digest, item.frontier.digest)) {
      if (dropCovered(this.#context, pair, item.frontier) > 0) {
        this.#context.changed({ type: 'conversation', conversation: pair.name });
      }
    }
    if (iLack.length > 0) this.#out.wantSoon(pair);
    const own = pair.log.device();
    // They hold more of this device than it does itself: it runs from an old copy.
    if (own !== undefined && iLack.some((range) => equalBytes(range.feed, own.feed))) pair.log.startSegment();
    // What they lack and once was posted they can only ask for when they know of it; what they were told may be lost, or
    // came while we were blocked.
    if (theyLack.length > 0) this.#out.tellSoon(pair, Math.abs(now - peer.toldAt) >= TELL_EVERY_MS);
  }
}
