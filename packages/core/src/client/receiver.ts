// Takes cells from relays: finds the conversation that each is for, opens it, puts split packets together and acts on what
// they carry. Whatever is not recognised belongs to somebody else and is left alone. Long because each kind of item is acted on here.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import {
  afterPrefix,
  clearRead,
  decodeSelf,
  hideLine,
  marksOf,
  projectPair,
  projectPairs,
  recountMembers,
} from '../conversation/index.ts';
import { feedIdOf, openEntry, type FeedId } from '../identity/index.ts';
import { AGREEMENT_MS, DAY_MS, type FeedFrontier, type Frontier, type Ingested, type Place } from '../log/index.ts';
import {
  addFragment,
  commitment,
  decodeUnfinished,
  emptyReassembly,
  encodeUnfinished,
  missingParts,
  openHelloCell,
  readBody,
  recognises,
  withoutOld,
  type HelloPacket,
  type Inbox,
  type Reassembly,
  type ResendRequest,
} from '../mailbox/index.ts';
import { decodePacket, TELL_EVERY_MS, type Item } from '../sync/index.ts';
import type { Context } from './context.ts';
import { isOwnRoute, type Conversation, type Pair, type Route } from './conversation.ts';
import { withoutOldContents } from './history.ts';
import { countsInSelf, type Home } from './home.ts';
import { dropControls, dropCovered, frontierBytes, frontierOf, peerState, setPeerState } from './peers.ts';
import { ROLES } from './records.ts';
import type { Sender } from './sender.ts';
import { UNKNOWN_FEED, type Sessions } from './sessions.ts';
import { Aside, type Suspects } from './suspects.ts';

/** Unread lines that every packet may cost a look at. */
const MAX_LOOKED_AT = 256;

export interface ReceiverHooks {
  /** The pair knows its other side now. */
  met(pair: Pair): void;
  /** Newly shown events, already in the tables. */
  shown(pair: Pair, ingested: Ingested): void;
  /** From a device that waits to be let in; to one that does. */
  guest(feed: FeedId, inbox: Inbox, items: readonly Item[]): void;
  /** An own device that is out, and that nobody here ever talked with. */
  isToBeTold(feed: FeedId): boolean;
  /** From a device of the other side that others of its person dispute. */
  contested(of: Conversation, feed: FeedId, items: readonly Item[]): void;
  joining(items: readonly Item[]): void;
  /** So many events of what was asked of own devices are still to come. */
  left(of: Conversation, events: number): void;
  /** An own device says that this one was removed. */
  removed(wipe: boolean): void;
  /** What stands in a charter has changed. */
  charter(of: Conversation, ingested: Ingested): void;
  /** In `self`: what a cut accepts reaches further than was known. */
  cutsCame(): void;
  typing(pair: Pair): void;
  /** The other side is known to have more of our events. */
  covered(pair: Pair): void;
  /** Something that came was deleted already, or deletes. It may have been handed on before it was shown. */
  purged(pair: Pair): void;
}

/** The last event that a mark covers of a feed. */
const endOf = ({ feed, segment, count }: FeedFrontier): readonly Place[] =>
  segment === null || count === 0 ? [] : [{ feed, segment, seq: count - 1 }];

/**
 * Of each kind the last one counts, and all objects are taken together: nobody has this device do the same a thousand times for
 * one packet.
 */
const onceEach = (items: readonly Item[]): readonly Item[] => {
  const objects = items.flatMap((item) => (item.type === 'objects' ? item.objects : []));
  const last = new Map(items.map((item): [string, Item] => [item.type, item]));
  return Array.from(last.values(), (item) => (item.type === 'objects' ? { ...item, objects } : item));
};

export class Receiver {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #hooks: ReceiverHooks;
  readonly #suspects: Suspects;
  readonly #aside: Aside;
  readonly #reassembly = new Map<string, Reassembly>();
  /** What was written of those that have changed since. */
  readonly #unwritten = new Map<string, { readonly key: Uint8Array; readonly before: Reassembly }>();
  /** Devices whose last frontier showed something that was not here. */
  readonly #lacking = new Set<string>();
  /** Conversations in which a new segment was begun as somebody holds more of this device than it does itself. */
  readonly #anew = new Set<string>();
  /** By pair: the read marks that are known to say nothing more of what comes. */
  readonly #reached = new Map<string, string>();
  #sender: Sender | undefined;
  /** Asked with every cell; found anew when the home has changed. */
  #known: { readonly at: number; readonly readers: readonly Conversation[] } | undefined;
  /** The inbox that was hit last is tried first: cells come in runs. */
  #lastHit: { readonly name: string; readonly inbox: Inbox } | undefined;
  received = 0;

  constructor(context: Context, home: Home, sessions: Sessions, suspects: Suspects, hooks: ReceiverHooks) {
    this.#context = context;
    this.#suspects = suspects;
    this.#aside = new Aside(context, suspects);
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
    for (const cell of cells) {
      if (this.#aside.holds(cell)) continue;
      this.#suspects.begin(cell);
      this.#cell(cell);
      this.#suspects.end();
    }
  }
  #readers(): readonly Conversation[] {
    const { changes } = this.#home;
    if (this.#known?.at !== changes) this.#known = { at: changes, readers: this.#findReaders() };
    return this.#known.readers;
  }
  #findReaders(): readonly Conversation[] {
    const { mine, joining } = this.#home;
    const pairs = this.#home.pairs().filter((pair) => !this.#home.facts(pair).blocked);
    return joining === undefined ? [mine, ...pairs] : [joining, mine, ...pairs];
  }
  #cell(cell: Uint8Array): void {
    const { crypto } = this.#context;
    const readers = this.#readers();
    const last = this.#lastHit;
    const again = last === undefined ? undefined : readers.find(({ name }) => name === last.name);
    if (last !== undefined && again?.inboxes.includes(last.inbox) && recognises(crypto, last.inbox, cell)) {
      this.#open(again, last.inbox, cell);
      return;
    }
    for (const of of readers) {
      for (const inbox of of.inboxes) {
        if (!recognises(crypto, inbox, cell)) continue;
        this.#lastHit = { name: of.name, inbox };
        this.#open(of, inbox, cell);
        return;
      }
    }
  }

  #open(of: Conversation, inbox: Inbox, cell: Uint8Array): void {
    if (of.kind === 'self' && this.#out.isOwnCell(cell)) return;
    const opened = this.#sessions.open(of, cell);
    switch (opened.type) {
      case 'duplicate':
        return;
      case 'rewound':
        // An old copy of a device that was taken out gets no session, but the word that it was.
        if (this.#isGuest(of, opened.feed)) this.#fromGuest(of, inbox, opened.feed, []);
        else this.#sessions.want(of, opened.feed, 'lost');
        return;
      case 'none': {
        const hello = openHelloCell(this.#context.crypto, inbox, cell);
        if (hello !== undefined) this.#hello(of, inbox, hello);
        else this.#lost(of);
        return;
      }
      case 'opened': {
        const isBeside = inbox !== of.inboxes[0] && inbox.number === of.inboxes[0]?.number;
        if (!isBeside && inbox.number > of.local.inboxTold) this.#home.save(of, { inboxTold: inbox.number });
        if (of.kind === 'self' && inbox === of.inboxes[0] && !this.#isGuest(of, opened.feed))
          this.#home.reach(of, opened.feed, null);
        const fragment = opened.body === undefined ? undefined : readBody(opened.body);
        if (fragment === undefined) return;
        const packet = this.#assemble(of, opened.feed, fragment);
        if (packet !== undefined) this.#packet(of, inbox, opened.feed, packet);
      }
    }
  }
  /** It may come from a device that is new here: the entry that added it comes with it. */
  #hello(of: Conversation, inbox: Inbox, hello: HelloPacket): void {
    const isToSelf = hello.type === 'hello' && of === this.#home.mine;
    const record = isToSelf ? this.#home.recordOf(of, inbox) : undefined;
    if (hello.type === 'hello' && hello.entry !== null) {
      const ingested = of.log.ingest([{ type: 'entry', entry: hello.entry }], 'own', Math.max(1, this.#context.now()));
      // What its device wrote may have come before it, by others, and has waited for it.
      if (ingested.charterChanged) this.judged(of, ingested);
    }
    if (hello.type === 'welcome' && of.kind === 'pair') this.#out.brought(of as Pair, hello.to as FeedId);
    const isOut = isToSelf && this.#hooks.isToBeTold(hello.from as FeedId);
    if (isOut) this.#home.reachWhere(of, hello.from as FeedId, record);
    this.#sessions.received(of, hello, isOut);
  }
  /** For this person, but no slot opens: a session with us is not theirs any more. Those without one come first. */
  #lost(of: Conversation): void {
    const feeds = this.#sessions.feeds(of);
    const without = feeds.filter((feed) => !this.#sessions.canSendTo(of, feed));
    for (const feed of without.length > 0 ? without : feeds) this.#sessions.want(of, feed, 'lost');
  }

  #assemble(
    of: Conversation,
    feed: FeedId,
    fragment: NonNullable<ReturnType<typeof readBody>>,
  ): Uint8Array | undefined {
    const before = this.#parts(of, feed);
    const step = addFragment(before, fragment, this.#context.now());
    if (step.state !== before) {
      this.#setParts(of, feed, before, step.state);
      if (step.packet === undefined) this.#out.wantSoonVia(of);
    }
    return step.packet;
  }
  #partsKey(of: Conversation, feed: FeedId): Uint8Array {
    return concat(utf8('r'), of.id, feed);
  }
  #parts(of: Conversation, feed: FeedId): Reassembly {
    const name = `${of.name} ${toHex(feed)}`;
    let state = this.#reassembly.get(name);
    if (state === undefined) {
      const key = this.#partsKey(of, feed);
      const unfinished = this.#context.store
        .scan('packet', { from: key, to: afterPrefix(key) })
        .map((row) => decodeUnfinished(row.value))
        .filter((entry) => entry !== undefined);
      state = { ...emptyReassembly(), unfinished: new Map(unfinished.map((entry) => [toHex(entry.packet), entry])) };
      this.#reassembly.set(name, state);
    }
    return state;
  }
  #setParts(of: Conversation, feed: FeedId, before: Reassembly, after: Reassembly): void {
    const name = `${of.name} ${toHex(feed)}`;
    this.#reassembly.set(name, after);
    if (!this.#unwritten.has(name)) this.#unwritten.set(name, { key: this.#partsKey(of, feed), before });
  }
  /** At the end of each transaction: most packets are whole by then, and leave nothing to be written. */
  writeParts(): void {
    for (const [name, { key, before }] of this.#unwritten) {
      const after = this.#reassembly.get(name) ?? before;
      for (const [id, entry] of before.unfinished) {
        if (!after.unfinished.has(id)) this.#context.store.delete('packet', concat(key, entry.packet));
      }
      for (const [id, entry] of after.unfinished) {
        if (before.unfinished.get(id) !== entry)
          this.#context.store.put('packet', concat(key, entry.packet), encodeUnfinished(entry));
      }
    }
    this.#unwritten.clear();
  }
  /** Parts may hold what was deleted since; what is still lacked is asked for again. */
  dropParts(of: Conversation): void {
    for (const { id, name } of [of, this.#home.mine]) {
      const key = concat(utf8('r'), id);
      for (const row of this.#context.store.scan('packet', { from: key, to: afterPrefix(key) }))
        this.#context.store.delete('packet', row.key);
      for (const known of this.#reassembly.keys())
        if (known.startsWith(`${name} `)) {
          this.#reassembly.delete(known);
          this.#unwritten.delete(known);
        }
    }
  }
  /** Parts of split packets that have been waited for so long. */
  missing(of: Conversation, quietMs: number): readonly ResendRequest[] {
    return this.#sessions.feeds(of).flatMap((feed) => {
      const before = this.#parts(of, feed);
      const state = withoutOld(before, this.#context.now());
      if (state !== before) {
        this.#setParts(of, feed, before, state);
      }
      return missingParts(state, this.#context.now(), quietMs);
    });
  }
  forget(): void {
    this.#reassembly.clear();
    this.#unwritten.clear();
    this.#lacking.clear();
    this.#anew.clear();
    this.#reached.clear();
    this.#lastHit = undefined;
    this.#known = undefined;
  }

  #packet(of: Conversation, inbox: Inbox, from: FeedId, data: Uint8Array): void {
    const items = decodePacket(data);
    if (items === undefined) {
      this.#context.logger.log('warn', 'packet-malformed');
      return;
    }
    this.received++;
    if (this.#isGuest(of, from)) this.#fromGuest(of, inbox, from, items);
    else if (of.kind === 'self') this.#fromOwn(of, from, items);
    else this.#fromOther(of as Pair, from, items);
  }
  #isGuest(of: Conversation, from: FeedId): boolean {
    return of !== this.#home.joining && of.guests.some((guest) => equalBytes(guest, from));
  }
  /** Of who is no device of its person yet, or no more, or disputed. */
  #fromGuest(of: Conversation, inbox: Inbox, from: FeedId, items: readonly Item[]): void {
    if (of === this.#home.mine) this.#hooks.guest(from, inbox, items);
    else if (of.kind === 'pair') this.#hooks.contested(of, from, items);
  }
  #fromOther(pair: Pair, from: FeedId, items: readonly Item[]): void {
    // Who the sender is comes first: the rest is judged by it.
    const answer = items.find((item) => item.type === 'answer');
    let feed = from;
    if (answer !== undefined) {
      const known = this.#answer(pair, from, answer);
      if (known === undefined) return;
      // Another device of theirs may say it, too.
      if (equalBytes(from, UNKNOWN_FEED)) feed = known;
    }
    if (equalBytes(feed, UNKNOWN_FEED)) return;
    this.#items(pair.theirs, feed, items);
  }
  /** Own devices speak of all conversations; of those that are not here yet nothing can be taken. */
  #fromOwn(self: Conversation, from: FeedId, items: readonly Item[]): void {
    let route: Route | undefined = this.#out.routeOfSelf(self);
    let section: Item[] = [];
    const end = (): void => {
      if (route !== undefined) this.#items(route, from, section);
      section = [];
    };
    for (const item of items) {
      if (item.type !== 'about') {
        section.push(item);
        continue;
      }
      end();
      const pair = this.#home.pair(item.conversation);
      route = pair === undefined || this.#home.isDeviceScoped(pair) ? undefined : pair.own;
    }
    end();
    if (self === this.#home.joining) this.#hooks.joining(items);
  }
  #items(route: Route, feed: FeedId, items: readonly Item[]): void {
    // Whoever writes to us in a session has no use for an earlier Welcome.
    if (route.about === route.via) dropControls(this.#context, route, 'welcome ');
    const peer = peerState(this.#context, route.about, feed);
    setPeerState(this.#context, route.about, feed, { ...peer, seenAt: Math.max(1, this.#context.now()) });
    // What they ask for is judged by the frontier that rides beside it.
    const isNewest = isOwnRoute(route) && route.about.kind === 'pair' && items.some(({ type }) => type === 'newest');
    const said = onceEach(items);
    for (const item of said) {
      if (item.type === 'objects') this.#objects(route, feed, item.objects, isNewest);
      else if (item.type !== 'want') this.#item(route, feed, item);
    }
    for (const item of said) if (item.type === 'want') this.#item(route, feed, item);
  }

  #item(route: Route, feed: FeedId, item: Item): void {
    switch (item.type) {
      case 'frontier':
        this.#frontier(route, feed, item);
        return;
      case 'want': {
        const own = route.via.log.ownFeed();
        if (own !== undefined && equalBytes(own, item.from)) this.#out.give(route, feed, item.ranges);
        return;
      }
      case 'resend':
        this.#out.resend(route, item.requests);
        return;
      case 'inbox':
        if (isOwnRoute(route)) this.#home.learnOwnInbox(route.via, feed, item.record);
        else this.#inbox(route.about as Pair, feed, item.record);
        return;
      case 'left':
        if (isOwnRoute(route)) this.#hooks.left(route.about, item.events);
        return;
      case 'removed':
        if (isOwnRoute(route)) this.#hooks.removed(item.wipe);
        return;
      default:
        if (!isOwnRoute(route)) this.#itemOfOther(route.about as Pair, feed, item);
    }
  }
  #itemOfOther(pair: Pair, feed: FeedId, item: Item): void {
    switch (item.type) {
      case 'reveal':
        this.#reveal(pair, item.nonce);
        return;
      case 'settled':
        if (pair.local.role === ROLES.acceptor && !pair.local.settled) {
          this.#home.save(pair, { settled: true });
          this.#home.tellRelation(pair);
          this.#out.dropControl(pair.theirs, 'reveal');
          this.#context.changed({ type: 'contacts' });
        }
        return;
      case 'typing':
        this.#hooks.typing(pair);
        return;
      case 'read': {
        const peer = peerState(this.#context, pair, feed);
        setPeerState(this.#context, pair, feed, { ...peer, read: frontierBytes(item.frontier) });
        this.#context.changed({ type: 'conversation', conversation: pair.name });
        return;
      }
      default:
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
      if (!equalBytes(pair.local.peerInception, item.inception)) return undefined;
      // Whoever knew the nonce was taken out before this one of their devices had heard of it.
      if (pair.local.role === ROLES.acceptor && pair.local.settled) this.#out.revealAgain(pair);
      return feed;
    }
    if (pair.local.role !== ROLES.acceptor || !equalBytes(from, UNKNOWN_FEED)) return undefined;
    this.#home.save(pair, { peerInception: item.inception, peerNonce: item.nonce });
    pair.log.ingest([{ type: 'entry', entry: item.inception }], feed, this.#context.now());
    pair.log.admit(entry.act.member);
    this.#sessions.rename(pair, feed);
    this.#hooks.met(pair);
    this.#out.queueControl(pair.theirs, 'reveal', null);
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
      this.#home.tellRelation(pair);
      this.#out.dropControl(pair.theirs, 'answer');
      this.#context.changed({ type: 'contacts' });
    }
    this.#out.settle(pair);
  }
  #inbox(pair: Pair, feed: FeedId, record: Uint8Array): void {
    if (!this.#home.learnOutlet(pair, record, feed)) return;
    this.#home.tellPeerInbox(pair);
    this.#out.tellSoon(pair.theirs, true);
  }

  #objects(
    route: Route,
    feed: FeedId,
    objects: Extract<Item, { type: 'objects' }>['objects'],
    isNewest: boolean,
  ): void {
    const { about } = route;
    const wanted = about.kind === 'pair' ? withoutOldContents(objects, this.#home.history()) : objects;
    const ingested = about.log.ingest(
      wanted,
      isOwnRoute(route) ? 'own' : feed,
      Math.max(1, this.#context.now()),
      isNewest,
    );

    for (const [reason, count] of ingested.refused)
      this.#context.logger.log('warn', 'objects-refused', { reason, count });
    if (about.kind === 'pair') this.#show(about as Pair, ingested);
    else if (about === this.#home.mine) this.#takeSelf(about, ingested);
    // Posted again although we hold it: they do not know that.
    const nothingNew = ingested.feeds.length === 0 && !ingested.charterChanged && ingested.waiting === 0;
    this.#out.grew(route, nothingNew, ingested.waiting > 0);
    if (ingested.waiting > 0) this.#out.wantSoon(route);
    if (ingested.charterChanged) this.#hooks.charter(about, ingested);
  }
  /** An own charter entry lets something in, or voids it. */
  entered(of: Conversation, ingested: Ingested): void {
    if (of.kind === 'pair') this.#show(of as Pair, ingested);
    else if (of === this.#home.mine) this.#takeSelf(of, ingested);
  }
  /** The charter or time decided something: what that lets in is taken as if it had come now. */
  judged(of: Conversation, ingested: Ingested): void {
    this.entered(of, ingested);
    this.#hooks.charter(of, ingested);
  }
  #show(pair: Pair, ingested: Ingested): void {
    const { shown, settled, withdrawn, completed } = ingested;
    let purged = false;
    // What it said of others is unsaid only by making all of it again. It happens where a copy of a device wrote.
    for (const event of withdrawn) hideLine(pair.view, event);
    if (withdrawn.length > 0) this.#home.rebuildPair(pair);
    if (projectPairs(pair.view, shown, settled)) purged = true;
    if (ingested.cutsChanged || ingested.cutsCame) {
      recountMembers(pair.view);
      this.#context.changed({ type: 'contacts' });
    }
    for (const event of completed) if (projectPair(pair.view, event).type === 'purged') purged = true;
    this.#clear(pair, ingested);
    if (purged) {
      this.#hooks.purged(pair);
      this.#context.scrub();
    }
    if ([shown, settled, withdrawn, completed].some(({ length }) => length > 0)) this.#hooks.shown(pair, ingested);
  }
  /**
   * It comes here late: another own device has read it already. How far a mark reaches is sure once its ends are held here;
   * until then each packet may say more, also one of which nothing is shown: a certificate leads back from an end that a cut
   * took away.
   */
  #clear(pair: Pair, ingested: Ingested): void {
    const marks = marksOf(pair.view);
    if (marks.length === 0) return;
    const name = marks.map(({ digest }) => toHex(digest)).join();
    if (!ingested.charterChanged && this.#reached.get(pair.name) === name) return;
    const ends = marks.map(({ feeds }) => feeds.flatMap(endOf));
    const isReached = marks.every((mark, i) => ends[i]?.every((end) => pair.log.covers(mark, end) && pair.log.at(end)));
    const range = { from: pair.id, to: afterPrefix(pair.id), limit: MAX_LOOKED_AT + 1 };
    const isLittle = this.#context.store.scan('unread', range).length <= MAX_LOOKED_AT;
    if (isReached || isLittle || ingested.charterChanged) clearRead(pair.view);
    if (isReached) this.#reached.set(pair.name, name);
  }
  #takeSelf(self: Conversation, ingested: Ingested): void {
    for (const event of [...ingested.shown, ...ingested.completed]) {
      const raw = event.contentState === 'held' ? self.log.content(event.event) : undefined;
      const content = raw === undefined || event.newer ? undefined : decodeSelf(event.contentKind, raw);
      if (content !== undefined && countsInSelf(event, content)) this.#home.take(event, content);
    }
    if (ingested.cutsCame) this.#hooks.cutsCame();
  }
  /**
   * Cells come out of order, and a frontier says only the minute it is of: an old one must not make us forget what a newer
   * one showed to be lacking.
   */
  #stillLacks(route: Route, feed: FeedId, known: Frontier | undefined): boolean {
    const name = `${route.name} ${toHex(feed)}`;
    if (known === undefined || !this.#lacking.has(name)) return false;
    if (route.about.log.compare(known).iLack.length > 0) return true;
    this.#lacking.delete(name);
    return false;
  }
  #frontier(route: Route, feed: FeedId, item: Extract<Item, { type: 'frontier' }>): void {
    const peer = peerState(this.#context, route.about, feed);
    const raw = frontierBytes(item.frontier);
    const before = frontierOf(peer.frontier);
    const now = Math.max(1, this.#context.now());
    const agreedAt = Math.abs(now - item.date) <= AGREEMENT_MS ? now : peer.agreedAt;
    const { iLack, theyLack } = route.about.log.compare(item.frontier);
    // A date that is still to come was of a clock that has been set back since, or a lie: it says nothing of what came later.
    const isToCome = peer.date > now + AGREEMENT_MS;
    const isOlder = item.date <= peer.date && !isToCome;
    if (iLack.length === 0 && isOlder && this.#stillLacks(route, feed, before)) return;
    if (iLack.length > 0) this.#lacking.add(`${route.name} ${toHex(feed)}`);
    setPeerState(this.#context, route.about, feed, {
      ...peer,
      frontier: raw,
      date: isToCome ? item.date : Math.max(peer.date, item.date),
      agreedAt,
    });
    // Also when it says what the last one said: more is known here now of what it covers.
    if (dropCovered(this.#context, route, item.frontier) > 0) {
      if (route.about.kind === 'pair' && !isOwnRoute(route)) this.#hooks.covered(route.about as Pair);
      this.#context.changed({ type: 'conversation', conversation: route.about.name });
    }
    if (iLack.length > 0) this.#out.wantSoon(route);
    const own = route.about.log.ownFeed();
    // They hold more of this device than it does itself: it runs from an old copy.
    // Whatever it writes from then on is in segments of this run, of which no copy knows: who says so again lies, or is slow.
    const isCopy = own !== undefined && iLack.some((range) => equalBytes(range.feed, own));
    if (isCopy && !this.#anew.has(route.about.name)) {
      this.#anew.add(route.about.name);
      route.about.log.startSegment();
    }
    // What they lack and once was posted they can only ask for when they know of it; what they were told may be lost, or
    // came while we were blocked. A new own device could take nothing before it knew the conversation.
    const isFirst = isOwnRoute(route) && before === undefined;
    if (theyLack.length > 0) this.#out.tellSoon(route, isFirst || Math.abs(now - peer.toldAt) >= TELL_EVERY_MS);
    // Who speaks after a day of silence may wait for a date to publish by.
    const isAfterSilence = before !== undefined && item.date - peer.date >= DAY_MS && now - peer.toldAt >= DAY_MS;
    if (isAfterSilence && !isOwnRoute(route)) this.#out.tellSoon(route, true);
  }
}
