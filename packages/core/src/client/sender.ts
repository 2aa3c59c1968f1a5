// Posts what other persons have to get (spec/09-sync.md): events by the schedule, frontiers, answers, hellos, repair. What
// is posted twice is sealed anew, so the same bytes never lie in two places. Long because what may go out when is one
// set of rules over one set of rows.
import { concat, equalBytes, readUint48, toHex, uint48, utf8 } from '../bytes/index.ts';
import { decode, encode, bytes, tuple, uint } from '../codec/index.ts';
import { marksOf } from '../conversation/index.ts';
import { CHARTER_SEGMENT, type FeedId } from '../identity/index.ts';
import { DAY_MS, type Frontier, type Ingested, type LogObject, type Place, type PlaceRange } from '../log/index.ts';
import {
  cellCount,
  cellTag,
  MAX_CELLS,
  MAX_PACKET_BYTES,
  neededParts,
  readHelloBody,
  requestedParts,
  splitPacket,
  splitPart,
  writeHelloBody,
  type HelloPacket,
  type ResendRequest,
} from '../mailbox/index.ts';
import { HELLO_LIFE_MS } from '../session/index.ts';
import {
  DAY_POST_AFTER_MS,
  dayCellsLeft,
  dayOf,
  duePosting,
  encodePacket,
  fullBudget,
  isPosted,
  isSilent,
  MAX_ITEMS,
  MAX_WANTED,
  newRow,
  nextDue,
  OFFER_MS,
  refill,
  spend,
  spendDayCells,
  spendTell,
  TELL_EVERY_MS,
  tellAt,
  WANT_AFTER_MS,
  WISH_CELLS,
  type Budget,
  type Item,
  type OutboxRow,
} from '../sync/index.ts';
import type { Context } from './context.ts';
import type { Courier, PutBucket } from './courier.ts';
import { isOwnRoute, routeOf, type Conversation, type Outlet, type Pair, type Route } from './conversation.ts';
import { withoutOldContents } from './history.ts';
import type { Home } from './home.ts';
import {
  controlKey,
  dropControls,
  dropWaiting,
  eventKey,
  frontierOf,
  peerState,
  putWaiting,
  putWaitingAgain,
  setPeerState,
  waitingAs,
  waitingOf,
  type Waiting,
} from './peers.ts';
import { ROLES } from './records.ts';
import type { Sessions } from './sessions.ts';

/** Room for the items that ride beside the log in a packet. */
const RIDERS_BYTES = 26_000;
const MAX_WANT_EVERY_MS = 3_600_000;
/** So often in a row the rest of the same packets is asked for. */
const MAX_RESENDS = 5;
const SENT_LIFE_MS = 48 * 3_600_000;
/** Of the packets that went in the sessions of one conversation. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
const sentCodec = tuple({ conversation: bytes(16), at: uint(), data: bytes(1, MAX_PACKET_BYTES) });

/** When something of a route is due. Milliseconds; absent: nothing. */
interface Due {
  tell?: number;
  want?: number;
  /** Since when something is lacking while more of it comes in, and packets of it since the last word. */
  flowing?: number;
  taken?: number;
  /** The relays were asked first; next time the peer is, whether they have answered or not. */
  looked?: boolean;
  outbox?: number;
  /** The day whose buckets have no room for more of its events: they are not looked at again before it is over. */
  full?: number;
  hello?: number;
  /** What was asked for last, how often in a row, and when it may be asked for again. */
  asked?: { readonly what: string; readonly times: number; readonly again: number };
}

export class Sender {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #courier: Courier;
  readonly #due = new Map<string, Due>();
  /** Postings under way: outbox key, bucket and relay. */
  readonly #underWay = new Set<string>();
  readonly #selfRoutes = new WeakMap<Conversation, Route>();
  /** By relay: when it was believed to have lost everything. */
  readonly #wipedAt = new Map<string, number[]>();
  /** What own devices asked for and is on its way; where something was written last comes first. */
  readonly #giving = new Map<string, Giving>();
  /** By the same names: what was given to its end lately, and when. */
  readonly #gave = new Map<string, { readonly at: number; readonly ranges: readonly PlaceRange[] }>();
  /** Asked at every input; found anew when the home or a charter has changed. */
  #knownRoutes: { readonly at: number; readonly routes: readonly Route[] } | undefined;
  /** What goes to one's own devices at the end of this input: packets about many conversations share cells. */
  #sections: Section[] = [];
  /** Pairs whose next packet says `settled`. */
  readonly #settle = new Set<string>();
  readonly #reveal = new Set<string>();
  /** Own events of the current input. */
  readonly #fresh = new Map<string, Waiting[]>();
  /** By route: own entries that an added device brings to the other side. A new run posts what is still waiting. */
  readonly #keptBack = new Map<string, KeptBack>();
  /** Split packets of this run that are kept, by the conversation in whose sessions they went, oldest first. */
  readonly #kept = new Map<string, readonly { readonly id: Uint8Array; readonly bytes: number }[]>();
  /** What may be given to each pair that asks, in this run. */
  readonly #budgets = new Map<string, Budget>();
  readonly #missing: (via: Conversation, quietMs: number) => readonly ResendRequest[];
  readonly #taken: (of: Conversation, ingested: Ingested) => void;
  readonly #dropParts: (of: Conversation) => void;
  stopping = false;
  #hasReturned = false;
  /** What waits for others stays until one's own devices were heard, at most until then: they may have said "stop". */
  holdUntil = 0;

  constructor(
    context: Context,
    home: Home,
    sessions: Sessions,
    courier: Courier,
    missing: (via: Conversation, quietMs: number) => readonly ResendRequest[],
    taken: (of: Conversation, ingested: Ingested) => void,
    dropParts: (of: Conversation) => void,
  ) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#courier = courier;
    this.#missing = missing;
    this.#taken = taken;
    this.#dropParts = dropParts;
  }

  #dueOf(route: Route): Due {
    let due = this.#due.get(route.name);
    if (due === undefined) this.#due.set(route.name, (due = {}));
    return due;
  }
  /** May anything leave on it? */
  #isOpen(route: Route): boolean {
    if (route.via.outlets.length === 0) return false;
    if (isOwnRoute(route)) return this.#sessions.feeds(route.via).length > 0;
    const facts = this.#home.facts(route.about as Pair);
    return this.#home.isIn(route.about) && !facts.blocked && facts.validity !== 'compromised';
  }
  #isHeld(route: Route): boolean {
    if (isOwnRoute(route) || this.stopping || this.#context.now() >= this.holdUntil) return false;
    return this.#sessions.feeds(this.#home.mine).length > 0;
  }
  /** Ways that are in use: to others, and to one's own devices when there are any. */
  #routes(): readonly Route[] {
    const { changes } = this.#home;
    if (this.#knownRoutes?.at !== changes) this.#knownRoutes = { at: changes, routes: this.#findRoutes() };
    return this.#knownRoutes.routes;
  }
  #findRoutes(): readonly Route[] {
    const pairs = this.#home.pairs();
    const routes = pairs.map(({ theirs }) => theirs);
    const { mine, joining } = this.#home;
    if (joining !== undefined) routes.push(this.routeOfSelf(joining));
    if (this.#sessions.feeds(mine).length > 0)
      routes.push(this.routeOfSelf(mine), ...pairs.filter((pair) => this.#isShared(pair)).map(({ own }) => own));
    return routes;
  }
  #isShared(pair: Pair): boolean {
    return !this.#home.isDeviceScoped(pair);
  }
  routeOfSelf(self: Conversation): Route {
    let route = this.#selfRoutes.get(self);
    if (route === undefined) this.#selfRoutes.set(self, (route = routeOf(self, self)));
    return route;
  }
  /** The packets of its sessions themselves. */
  #routeVia(of: Conversation): Route {
    return of.kind === 'self' ? this.routeOfSelf(of) : (of as Pair).theirs;
  }
  /** Where packets about a conversation go: to the other side, and to own devices. */
  routesOf(of: Conversation): readonly Route[] {
    if (of.kind === 'self') return this.#sessions.feeds(of).length > 0 ? [this.routeOfSelf(of)] : [];
    const pair = of as Pair;
    const shared = this.#sessions.feeds(this.#home.mine).length > 0 && this.#isShared(pair);
    return shared ? [pair.theirs, pair.own] : [pair.theirs];
  }
  /** All routes whose packets travel in these sessions. */
  #through(via: Conversation): readonly Route[] {
    return via.kind === 'pair' ? [(via as Pair).theirs] : this.#routes().filter((route) => route.via === via);
  }

  /** An own event or charter entry was written: it waits until they have it, and goes at once when it can. */
  queue(of: Conversation, place: Place): void {
    for (const route of this.routesOf(of)) this.#enqueue(route, place);
  }
  /** An own charter entry was written: what others wrote may count from now on, or count no more. */
  entered(of: Conversation, { place, ingested }: { readonly place: Place; readonly ingested: Ingested }): void {
    this.#taken(of, ingested);
    this.queue(of, place);
  }
  /** The same of an entry that adds an own device, which is about to bring it to the other side in its hello. */
  added(pair: Pair, device: FeedId, { place, ingested }: { readonly place: Place; readonly ingested: Ingested }): void {
    this.#taken(pair, ingested);
    for (const route of this.routesOf(pair)) {
      if (isOwnRoute(route)) this.#enqueue(route, place);
      else this.#keepBack(route, place, device);
    }
  }
  #keepBack(route: Route, place: Place, device: FeedId): void {
    const now = this.#context.now();
    const waiting = putWaiting(this.#context, route, eventKey(route, place), newRow(now));
    const { until, rows } = this.#keptBack.get(route.name) ?? { until: now + BROUGHT_WITHIN_MS, rows: [] };
    this.#keptBack.set(route.name, { until, rows: [...rows, { waiting, device }] });
    this.#schedule(route, until);
  }
  /** Until when it waits for being brought; undefined: it does not. */
  #keptBackUntil(route: Route, { name }: Waiting): number | undefined {
    const kept = this.#keptBack.get(route.name);
    if (kept === undefined) return undefined;
    if (!this.stopping && this.#context.now() < kept.until)
      return kept.rows.some(({ waiting }) => waiting.name === name) ? kept.until : undefined;
    this.#keptBack.delete(route.name);
    return undefined;
  }
  /**
   * The other side has answered a hello of this own device, so it has the entry that came in it. Should somebody who knows
   * the inbox say so in vain: the next frontier of the other side shows that it lacks the entry, and it is told.
   */
  brought(pair: Pair, device: FeedId): void {
    const route = pair.theirs;
    const kept = this.#keptBack.get(route.name);
    if (kept === undefined) return;
    const left = kept.rows.filter((row) => !equalBytes(row.device, device));
    for (const { waiting } of kept.rows) {
      if (!left.some((row) => row.waiting === waiting)) dropWaiting(this.#context, route, waiting.key);
    }
    if (left.length > 0) {
      this.#keptBack.set(route.name, { ...kept, rows: left });
      return;
    }
    this.#keptBack.delete(route.name);
    // Where nothing else was lacking it is as if they had been told.
    const { digest } = pair.log.frontier();
    for (const feed of this.#sessions.feeds(pair)) {
      const peer = peerState(this.#context, pair, feed);
      const theirs = frontierOf(peer.frontier);
      const lacking = theirs === undefined ? [] : pair.log.compare(theirs).theyLack;
      const isAll = kept.rows.every(({ waiting: { place } }) => place !== undefined && inRanges(lacking, place));
      const count = lacking.reduce((sum, { from, to }) => sum + to - from, 0);
      if (theirs !== undefined && isAll && count === kept.rows.length)
        setPeerState(this.#context, pair, feed, { ...peer, told: digest, toldDay: digest });
    }
  }
  #enqueue(route: Route, place: Place): void {
    const waiting = putWaiting(this.#context, route, eventKey(route, place), newRow(this.#context.now()));
    // What is written now builds on what was kept back.
    const kept = this.#keptBack.get(route.name)?.rows.map((row) => row.waiting) ?? [];
    this.#keptBack.delete(route.name);
    const fresh = this.#fresh.get(route.name);
    if (fresh === undefined) this.#fresh.set(route.name, [...kept, waiting]);
    else fresh.push(...kept, waiting);
  }
  /** Events of this very moment go without a look at everything that waits: a burst stays linear. */
  #postFresh(route: Route): void {
    const fresh = this.#fresh.get(route.name);
    this.#fresh.delete(route.name);
    if (fresh !== undefined && this.#isHeld(route)) return this.#schedule(route, this.holdUntil);
    if (fresh === undefined || !this.#isOpen(route) || !this.#sessions.canSend(route.via)) return;
    const relays = this.#peerRelays(route);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    if (open === 0) this.#schedule(route, Math.min(...relays.map((relay) => this.#courier.retryAt(relay))));
    else this.#postGroup(route, 'hour', open, fresh);
    for (const { row } of fresh) this.#schedule(route, nextDue(row, this.#context.now()));
  }
  /** A control message: replaces an earlier one of the same name. */
  queueControl(route: Route, name: string, body: Uint8Array | null, once = false): void {
    putWaiting(this.#context, route, controlKey(route, name), newRow(this.#context.now(), body, once));
    this.#schedule(route, this.#context.now());
  }
  dropControl(route: Route, name: string): void {
    dropWaiting(this.#context, route, controlKey(route, name));
  }
  #schedule(route: Route, at: number): void {
    const due = this.#dueOf(route);
    due.outbox = Math.min(due.outbox ?? Number.POSITIVE_INFINITY, at);
  }
  /**
   * There is a new session: what waited for it goes. `tells`: what is held here is said at once. Where two devices meet for the
   * first time the one that joins says it; the one that answered says something only when that differs from what is here. Later
   * both do.
   */
  ready(via: Conversation, feed: FeedId, tells: boolean): void {
    for (const route of this.#through(via)) {
      this.flush(route);
      if (tells || isOwnRoute(route)) this.tellSoon(route, true);
      else {
        const peer = peerState(this.#context, route.about, feed);
        setPeerState(this.#context, route.about, feed, { ...peer, told: NOTHING });
      }
    }
  }
  /** The acceptor's nonce, to who does not know it although it was settled. */
  revealAgain(pair: Pair): void {
    this.#reveal.add(pair.name);
    this.tellSoon(pair.theirs, true);
  }
  settle(pair: Pair): void {
    this.#settle.add(pair.name);
    this.tellSoon(pair.theirs, true);
  }
  wakeHello(of: Conversation, at: number): void {
    const due = this.#dueOf(this.#routeVia(of));
    due.hello = Math.min(due.hello ?? Number.POSITIVE_INFINITY, at);
  }

  /** Something of theirs came: they are to learn what we hold. `again`: they seem not to know what they were told. */
  tellSoon(route: Route, again = false): void {
    const now = this.#context.now();
    const mine = route.about.log.frontier();
    for (const feed of this.#sessions.feeds(route.via)) {
      const peer = peerState(this.#context, route.about, feed);
      if (again) setPeerState(this.#context, route.about, feed, { ...peer, told: NOTHING });
      if (!again && equalBytes(peer.told, mine.digest)) continue;
      const due = this.#dueOf(route);
      due.tell = Math.min(due.tell ?? Number.POSITIVE_INFINITY, tellAt(peer, now));
    }
  }
  /**
   * A relay lost what was left there: what nobody has acknowledged is posted to it again, and what we hold is told again.
   * One that says so all the time does not make this device pour out cells.
   */
  wiped(relay: string): void {
    const now = this.#context.now();
    const lately = (this.#wipedAt.get(relay) ?? []).filter((at) => Math.abs(now - at) < WIPES_WITHIN_MS);
    this.#wipedAt.set(relay, lately);
    if (lately.length >= MAX_WIPES) return;
    lately.push(now);
    for (const route of this.#routes()) {
      const place = this.#peerRelays(route).indexOf(relay);
      if (place < 0) continue;
      for (const { key, row } of waitingOf(this.#context, route))
        putWaiting(this.#context, route, key, { ...row, hour: row.hour & ~(1 << place), day: 0 });
      this.#schedule(route, this.#context.now());
      this.tellSoon(route, true);
    }
  }
  /**
   * Once in a run, when what waited at the relays was read: whoever was away says what it holds, and learns what it lacks.
   * Others may have told it in buckets that are gone by now. Of many, those heard last.
   */
  returned(): void {
    if (this.#hasReturned) return;
    this.#hasReturned = true;
    this.holdUntil = 0;
    this.#wantHalves();
    const now = this.#context.now();
    const away = this.#routes()
      .filter((route) => isOwnRoute(route) || this.#sessions.canSend(route.via))
      .map((route) => ({ route, at: this.#heardAt(route) }))
      .toSorted((a, b) => b.at - a.at)
      .slice(0, MAX_RETURNED);
    for (const { route } of away) {
      const feeds = this.#sessions.feeds(route.via);
      const told = feeds.map((feed) => peerState(this.#context, route.about, feed).toldAt);
      const isAway = told.some((at) => Math.abs(now - at) >= AWAY_MS);
      // What was to be told when the last run ended is so still.
      this.tellSoon(route, isAway);
    }
  }
  /** Of packets that came in an earlier run half of one may be here: the rest is asked for, or, in vain, the half is dropped. */
  #wantHalves(): void {
    const halves = new Set(
      this.#context.store
        .scan('packet', { from: utf8('r'), to: utf8('s') })
        .map(({ key }) => toHex(key.slice(1, 1 + ID_BYTES))),
    );
    if (halves.size === 0) return;
    for (const route of this.#routes())
      if (route.about === route.via && halves.has(toHex(route.via.id))) this.wantSoon(route);
  }
  /**
   * Days of a conversation in which nobody writes wait for a date of the other side, which answers who speaks after a day of
   * silence. Asked once a day, and less often the longer nobody answers (spec 04, "Publication").
   */
  askDate(route: Route): void {
    const now = this.#context.now();
    const peers = this.#sessions.feeds(route.via).map((feed) => peerState(this.#context, route.about, feed));
    const heardAt = Math.max(0, ...peers.map(({ seenAt }) => seenAt));
    const every = Math.max(DAY_MS, (now - heardAt) / ASK_SHARE);
    if (peers.every(({ toldAt }) => Math.abs(now - toldAt) >= every)) this.tellSoon(route, true);
  }
  #heardAt(route: Route): number {
    return Math.max(
      0,
      ...this.#sessions.feeds(route.via).map((feed) => peerState(this.#context, route.about, feed).seenAt),
    );
  }
  /** Something of a conversation came on this route, or (`again`) came once more. */
  grew(by: Route, again: boolean, isWaiting: boolean): void {
    if (!again) {
      // Own devices give one conversation after the other: the others have their turn yet.
      for (const route of isOwnRoute(by) ? this.#through(by.via) : [by]) this.#flows(route);
      // Behind a gap there is no room for more.
      if (isOwnRoute(by) && by.about !== by.via && !isWaiting) this.#goOn(by);
    }
    for (const route of this.routesOf(by.about)) this.tellSoon(route, again && route === by);
  }
  /** Part of a packet came; the others may be on their way. */
  wantSoonVia(via: Conversation): void {
    for (const route of this.#through(via)) {
      if (route.about !== via) continue;
      this.wantSoon(route);
      this.#flows(route);
    }
  }
  wantSoon(route: Route): void {
    const due = this.#dueOf(route);
    const now = this.#context.now();
    if (isOwnRoute(route) && this.#isNew(route.about)) {
      // A device that has just come has nothing on its way before it asks.
      due.looked = true;
      due.want = due.asked === undefined ? now : Math.min(due.want ?? Number.POSITIVE_INFINITY, due.asked.again);
    } else due.want = Math.min(due.want ?? Number.POSITIVE_INFINITY, now + WANT_AFTER_MS);
  }
  /** Of no other device anything is here from its beginning on. */
  #isNew({ log }: Conversation): boolean {
    const own = log.ownFeed();
    const isOwn = (feed: FeedId): boolean => own !== undefined && equalBytes(feed, own);
    return log.frontier().feeds.every(({ feed, segment }) => segment === null || isOwn(feed));
  }
  /** Of a long history: says in time that there is room for more. */
  #goOn(route: Route): void {
    const due = this.#dueOf(route);
    due.taken = (due.taken ?? 0) + 1;
    if (due.taken < GIVEN_PACKETS / 2 || !this.#sessions.canSend(route.via)) return;
    due.taken = 0;
    const lacking = this.#lackedFrom(route);
    const asking = lacking[Math.max(0, (due.asked?.times ?? 1) - 1) % Math.max(1, lacking.length)];
    if (asking !== undefined)
      this.#post(route, [{ type: 'want', from: asking.feed, ranges: asking.ranges.slice(0, 1) }], 'hour', ALL, []);
  }
  /** What is asked for while it comes in would come twice. Not for ever: what was lost on the way is asked for as well. */
  #flows(route: Route): void {
    const due = this.#dueOf(route);
    if (due.want === undefined || due.looked === true) return;
    const now = this.#context.now();
    due.flowing = Math.min(due.flowing ?? now, now);
    due.want = Math.max(
      due.want,
      Math.min(now + WANT_AFTER_MS, due.flowing + (isOwnRoute(route) ? MAX_FLOW_MS : MAX_TALK_MS)),
    );
  }

  /** What is due by now, or (after a fetch, at a person's wish) everything that only waits for company. */
  tick(everything = false): number {
    const now = this.#context.now();
    let next = Number.POSITIVE_INFINITY;
    for (const route of this.#routes()) {
      const due = this.#dueOf(route);
      if (due.hello !== undefined && due.hello <= now) {
        delete due.hello;
        this.#sessions.tick(route.via);
      }
      this.#postFresh(route);
      if (due.outbox === undefined || due.outbox <= now || everything || this.stopping) this.flush(route);
      if (due.want !== undefined && everything) this.#want(route);
      else if (due.want !== undefined && due.want <= now) this.#lookFirst(route);
      if (due.tell !== undefined && (due.tell <= now || everything)) this.#tell(route, 'hour');
      for (const at of [due.hello, due.outbox, due.want, due.tell]) next = Math.min(next, at ?? next);
    }
    this.#postSections();
    return Math.min(next, this.#giveOn());
  }

  /** Posts what the schedule asks for now. */
  flush(route: Route): void {
    const due = this.#dueOf(route);
    due.outbox = this.#isHeld(route) ? this.holdUntil : Number.POSITIVE_INFINITY;
    if (!this.#isOpen(route) || this.#isHeld(route)) return;
    const now = this.#context.now();
    const today = dayOf(now);
    const relays = this.#peerRelays(route);
    const groups = new Map<string, { readonly bucket: PutBucket; readonly relays: number; readonly rows: Waiting[] }>();
    for (const waiting of waitingOf(this.#context, route)) {
      const keptBack = this.#keptBackUntil(route, waiting);
      if (keptBack !== undefined) {
        this.#schedule(route, keptBack);
        continue;
      }
      const posting = duePosting(waiting.row, now, relays.length, this.stopping);
      if (posting === undefined) {
        // One by one they would each be looked for among all, and posted in a cell each.
        this.#schedule(route, Math.max(nextDue(waiting.row, now), now + LOOK_EVERY_MS));
        continue;
      }
      if (posting.bucket === 'day' && due.full === today && waiting.place !== undefined) {
        this.#schedule(route, (today + 1) * DAY_MS);
        continue;
      }
      // From here on the answer of a relay says when to look again, so that nothing due turns the wheel meanwhile.
      const mask = posting.bucket === 'hour' ? posting.relays : (1 << relays.length) - 1;
      const open = this.#openRelays(relays, mask, waiting.name, posting.bucket);
      if (open === 0) {
        const closed = relays.filter((relay, i) => (mask & (1 << i)) !== 0 && !this.#courier.isOpen(relay));
        for (const relay of closed) this.#schedule(route, this.#courier.retryAt(relay));
        continue;
      }
      const group = `${posting.bucket} ${open}`;
      const known = groups.get(group);
      if (known === undefined) groups.set(group, { bucket: posting.bucket, relays: open, rows: [waiting] });
      else known.rows.push(waiting);
    }
    for (const group of groups.values()) this.#postGroup(route, group.bucket, group.relays, group.rows);
    if (this.stopping || (this.#isSilent(route) && !this.#keptBack.has(route.name))) this.#tellDay(route);
  }
  /** Nothing was told for so long that the hour bucket may have been missed. */
  #isSilent(route: Route): boolean {
    const now = this.#context.now();
    return this.#sessions.feeds(route.via).every((feed) => isSilent(peerState(this.#context, route.about, feed), now));
  }
  #peerRelays(route: Route): readonly string[] {
    return route.via.outlets[0]?.record.relays ?? [];
  }
  #openRelays(relays: readonly string[], mask: number, key: string, bucket: string): number {
    let open = 0;
    for (const [i, relay] of relays.entries()) {
      if ((mask & (1 << i)) === 0 || this.#underWay.has(`${key} ${bucket} ${i}`)) continue;
      if (this.#courier.isOpen(relay)) open |= 1 << i;
    }
    return open;
  }

  #postGroup(route: Route, bucket: PutBucket, mask: number, rows: readonly Waiting[]): void {
    const controls = rows.filter(({ place }) => place === undefined);
    for (const control of controls) this.#postControl(route, bucket, mask, control);
    const events = rows.filter(({ place }) => place !== undefined);
    if (events.length === 0 || !this.#sessions.canSend(route.via)) return;
    // Oldest first: an event is shown once everything below it in its feed is there. What does not fit the day's cells is
    // pulled by whoever returns.
    let left = toRanges(events);
    const byPlace = new Map(events.map((waiting) => [waiting.name, waiting]));
    while (left.length > 0) {
      route.about.log.sealHead();
      const batch = route.about.log.read(left, this.#room(route));
      if (batch.objects.length === 0) return;
      const posted = [...byPlace.values()].filter(({ place }) => place !== undefined && !inRanges(batch.left, place));
      for (const { name } of posted) byPlace.delete(name);
      if (bucket === 'day' && !this.#spend(route, cellsFor(batch.bytes))) {
        const today = dayOf(this.#context.now());
        this.#dueOf(route).full = today;
        this.#schedule(route, (today + 1) * DAY_MS);
        this.#tellDay(route);
        return;
      }
      this.#post(route, [{ type: 'objects', objects: batch.objects }], bucket, mask, posted);
      left = batch.left;
    }
  }
  /** Bytes of the log that a packet has room for. Own devices get long ones, in which every cell is to be filled. */
  #room(route: Route): number {
    if (!isOwnRoute(route)) return MAX_PACKET_BYTES - RIDERS_BYTES;
    return MAX_PACKET_BYTES - encodePacket([aboutItem(route), ...this.#riders(route)]).length - SPARE_BYTES;
  }
  #spend(route: Route, cells: number): boolean {
    const now = this.#context.now();
    for (const feed of this.#sessions.feeds(route.via)) {
      const peer = peerState(this.#context, route.about, feed);
      if (dayCellsLeft(peer, now) < cells) return false;
      setPeerState(this.#context, route.about, feed, spendDayCells(peer, now, cells));
    }
    return true;
  }
  #postControl(route: Route, bucket: PutBucket, mask: number, control: Waiting): void {
    const { row } = control;
    if (row.body === null) {
      // An answer, or a reveal: the riders say it.
      if (this.#sessions.canSend(route.via)) this.#post(route, [], bucket, mask, [control]);
      return;
    }
    if (this.#context.now() - row.at > HELLO_LIFE_MS) {
      dropWaiting(this.#context, route, control.key);
      return;
    }
    const packet = readHelloBody(row.body);
    if (packet === undefined) return;
    this.#put(route, (outlet) => [this.#sessions.sealHello(route.via, packet, outlet)], bucket, mask, [control]);
  }
  /** A hello or Welcome to one device. `part`: of several cells of one hello. */
  hello(of: Conversation, feed: FeedId, packet: HelloPacket, part = 0): void {
    if (of === this.#home.mine && !this.#sessions.feeds(of).some((known) => equalBytes(known, feed))) {
      // Out, and about to be told so: it looks where it wrote.
      const outlet = this.#home.reachedAt(of, feed);
      if (outlet !== undefined) this.#putAt(of, outlet, () => [this.#sessions.sealHello(of, packet, outlet)]);
      return;
    }
    const body = writeHelloBody(packet);
    if (body === undefined) return;
    const route = this.#routeVia(of);
    const name =
      packet.type === 'hello' ? `${helloName(feed)}${part === 0 ? '' : ` ${part}`}` : `welcome ${toHex(packet.hello)}`;
    this.queueControl(route, name, body);
    this.flush(route);
  }
  /** Its day bucket would bring it to be answered again, each time for a session that nobody uses. */
  helloSettled(of: Conversation, feed: FeedId): void {
    dropControls(this.#context, this.#routeVia(of), helloName(feed));
  }

  /** What every packet carries beside its purpose. */
  #riders(route: Route): readonly Item[] {
    const date = Math.max(0, this.#context.now());
    const frontier: Item = { type: 'frontier', frontier: route.about.log.frontier(), date: date - (date % 60_000) };
    if (!isOwnRoute(route)) return this.#ridersFor(route.about as Pair, frontier);
    // A device that has just joined looks elsewhere until it knows where its person's inbox is.
    const tells = route.about === route.via && route.about !== this.#home.joining;
    const record = tells ? this.#home.knownRecord(route.about) : undefined;
    return record === undefined ? [frontier] : [{ type: 'inbox', record }, frontier];
  }
  #ridersFor(pair: Pair, frontier: Item): readonly Item[] {
    const { local } = pair;
    const riders: Item[] = [];
    if (local.role === ROLES.inviter && !local.settled)
      riders.push({ type: 'answer', inception: local.inception, nonce: local.nonce });
    if (local.role === ROLES.acceptor && (this.#reveal.delete(pair.name) || !local.settled))
      riders.push({ type: 'reveal', nonce: local.nonce });
    if (this.#settle.delete(pair.name)) riders.push({ type: 'settled', inbox: 0 });
    if (pair.inboxes[0] !== undefined && local.inboxTold < pair.inboxes[0].number) {
      riders.push({ type: 'inbox', record: this.#home.ownRecord(pair) });
    }
    riders.push(frontier);
    const read = this.#home.isOn('read-receipts', pair.id) ? marksOf(pair.view)[0] : undefined;
    if (read !== undefined) riders.push({ type: 'read', frontier: read });
    return riders;
  }

  #post(route: Route, content: readonly Item[], bucket: PutBucket, mask: number, rows: readonly Waiting[]): void {
    if (isOwnRoute(route) && route.about !== route.via) {
      this.#sections.push({ route, content, bucket, rows });
      return;
    }
    const items = [...content, ...this.#riders(route)];
    this.#packet([{ route, content, bucket, rows }], items, mask);
  }
  /** What is to go to one's own devices about their conversations, several of them in a packet. */
  #postSections(): void {
    const sections = this.#sections;
    if (sections.length === 0) return;
    this.#sections = [];
    for (const bucket of ['hour', 'day'] as const) {
      let taken: Section[] = [];
      let items: Item[] = [];
      let size = 0;
      const flush = (): void => {
        const [first] = taken;
        if (first !== undefined)
          this.#packet(taken, items, this.#openRelays(this.#peerRelays(first.route), ALL, '', bucket));
        [taken, items, size] = [[], [], 0];
      };
      for (const section of sections.filter((one) => one.bucket === bucket)) {
        const more: Item[] = [aboutItem(section.route), ...section.content, ...this.#riders(section.route)];
        const bytes = encodePacket(more).length;
        if (size + bytes > MAX_PACKET_BYTES || items.length + more.length > MAX_ITEMS) flush();
        taken.push(section);
        items.push(...more);
        size += bytes;
      }
      flush();
    }
  }
  #packet(sections: readonly Section[], items: readonly Item[], mask: number): void {
    const first = sections[0];
    if (first === undefined || mask === 0) return;
    const { route, bucket } = first;
    const data = encodePacket(items);
    const id = this.#context.randomness.bytes(8);
    const bodies = splitPacket(id, data);
    if (bodies === undefined) throw new Error('a packet larger than 32 cells was made');
    // What own devices asked for they ask for again, by place.
    const isGiven = isOwnRoute(route) && sections.every(({ rows }) => rows.length === 0);
    const isKept = neededParts(data.length) > 1 && !isGiven;
    if (isKept) this.#keep(route, id, data);
    for (const { route: one } of sections) this.#told(one, one.about.log.frontier().digest, bucket);
    let isTaken = false;
    let unanswered = this.#peerRelays(route).filter((_, i) => (mask & (1 << i)) !== 0).length;
    this.#put(
      route,
      (outlet) => bodies.map((body) => this.#sessions.seal(route.via, body, outlet)),
      bucket,
      mask,
      sections.flatMap(({ rows }) => rows),
      (taken) => {
        isTaken ||= taken;
        unanswered--;
        if (!taken) for (const { route: one } of sections) this.#told(one, new Uint8Array(0), bucket);
        if (unanswered > 0 || isTaken) return;
        // All of it is posted again, in another packet: without a relay each try would leave one for two days.
        if (isKept) this.#dropKept(route.via, id);
        // A word without rows is said again by itself.
        if (bucket !== 'day') for (const { route: one } of sections) this.tellSoon(one);
      },
      sections.map((section) => section.route),
    );
  }
  #told(route: Route, digest: Uint8Array, bucket: PutBucket): void {
    const now = Math.max(0, this.#context.now());
    for (const feed of this.#sessions.feeds(route.via)) {
      const peer = peerState(this.#context, route.about, feed);
      // Who is there reads day buckets only now and then: what is to be told at once is still to be told.
      setPeerState(this.#context, route.about, feed, {
        ...peer,
        ...(bucket === 'day' ? { toldDay: digest } : { told: digest }),
        toldAt: digest.length === 0 ? peer.toldAt : now,
      });
    }
    if (digest.length > 0 && bucket !== 'day') delete this.#dueOf(route).tell;
  }

  /** Seals anew for each relay; the rows note which relay took all of it. */
  #put(
    route: Route,
    seal: (outlet: Outlet | undefined) => readonly (Uint8Array | undefined)[],
    bucket: PutBucket,
    mask: number,
    rows: readonly Waiting[],
    answered?: (taken: boolean) => void,
    routes: readonly Route[] = [route],
  ): void {
    this.#putElsewhere(route.via, seal, bucket);
    for (const [i, relay] of this.#peerRelays(route).entries()) {
      if ((mask & (1 << i)) === 0) continue;
      const cells = this.#noteOwn(route.via, seal(route.via.outlets[0]));
      if (cells.length === 0) return;
      const marks = rows.map(({ name }) => `${name} ${bucket} ${i}`);
      for (const mark of marks) this.#underWay.add(mark);
      this.#courier.put(relay, cells, bucket, bucket !== 'day', (taken) => {
        for (const mark of marks) this.#underWay.delete(mark);
        for (const one of routes) {
          if (taken) this.#note(one, rows, bucket, i);
          else this.#schedule(one, this.#courier.retryAt(relay));
        }
        answered?.(taken);
      });
    }
  }
  /** Own devices that do not know the newest inbox record yet. What is lost on this way they ask for. */
  #putElsewhere(
    via: Conversation,
    seal: (outlet: Outlet) => readonly (Uint8Array | undefined)[],
    bucket: PutBucket,
  ): void {
    for (const outlet of via.outlets.slice(1)) {
      for (const relay of outlet.record.relays) {
        const cells = this.#noteOwn(via, seal(outlet));
        if (cells.length > 0) this.#courier.put(relay, cells, bucket, bucket !== 'day', () => undefined);
      }
    }
  }
  /** A cell to one's own devices lies where this one looks too, and is not for it. */
  #noteOwn(via: Conversation, sealed: readonly (Uint8Array | undefined)[]): readonly Uint8Array[] {
    const cells = sealed.filter((cell) => cell !== undefined);
    if (via.kind === 'self') {
      for (const cell of cells)
        this.#context.store.put('packet', ownCellKey(cell), uint48(Math.max(0, this.#context.now())));
    }
    return cells;
  }
  /** To devices that are not in the charter, where they said that they look. */
  putFor(
    via: Conversation,
    feeds: readonly FeedId[],
    at: Outlet | Uint8Array,
    bodies: readonly Uint8Array[] | undefined,
  ): void {
    const outlet = at instanceof Uint8Array ? this.#home.outletOf(at) : at;
    if (outlet === undefined || bodies === undefined) return;
    this.#putAt(via, outlet, () => bodies.map((body) => this.#sessions.seal(via, body, outlet, feeds)));
  }
  #putAt(via: Conversation, outlet: Outlet, seal: () => readonly (Uint8Array | undefined)[]): void {
    for (const relay of outlet.record.relays) {
      for (const bucket of ['hour', 'day'] as const) {
        const cells = this.#noteOwn(via, seal());
        if (cells.length > 0) this.#courier.put(relay, cells, bucket, bucket === 'hour', () => undefined);
      }
    }
  }
  /** Everything held of a conversation waits for those on this route, as if it were written now. */
  offerAll(route: Route): void {
    for (const range of route.about.log.compare(NO_FRONTIER).theyLack) {
      for (let seq = range.from; seq < range.to; seq++)
        this.#enqueue(route, { feed: range.feed, segment: range.segment, seq });
    }
  }
  /** Tells whether this device posted it. */
  isOwnCell(cell: Uint8Array): boolean {
    return this.#context.store.get('packet', ownCellKey(cell)) !== undefined;
  }
  #note(route: Route, rows: readonly Waiting[], bucket: PutBucket, relay: number): void {
    let news = false;
    for (const waiting of rows) {
      // Rows of other conversations in the same packet are another route's.
      const now = waitingAs(this.#context, route, waiting);
      if (now === undefined) continue;
      const row: OutboxRow =
        bucket === 'day'
          ? { ...now.row, day: dayOf(this.#context.now()) }
          : { ...now.row, hour: now.row.hour | (1 << relay) };
      news ||= !isPosted(now.row);
      putWaitingAgain(this.#context, route, now, row);
      this.#schedule(route, nextDue(row, this.#context.now()));
    }
    if (news) this.#context.changed({ type: 'conversation', conversation: route.about.name });
  }

  /** A frontier alone. */
  #tell(route: Route, bucket: PutBucket): void {
    delete this.#dueOf(route).tell;
    if (!this.#isOpen(route) || !this.#sessions.canSend(route.via)) return;
    const mine = route.about.log.frontier();
    const news = this.#sessions
      .feeds(route.via)
      .some((feed) => !equalBytes(peerState(this.#context, route.about, feed).told, mine.digest));
    if (!news) return;
    const relays = this.#peerRelays(route);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', bucket);
    if (open === 0) {
      this.#dueOf(route).tell = Math.min(...relays.map((relay) => this.#courier.retryAt(relay)));
      return;
    }
    const now = Math.max(0, this.#context.now());
    for (const feed of this.#sessions.feeds(route.via))
      setPeerState(this.#context, route.about, feed, spendTell(peerState(this.#context, route.about, feed), now));
    this.#post(route, [], bucket, open, []);
    this.#schedule(route, this.#context.now() + DAY_POST_AFTER_MS);
  }
  /** Before the client ends, and as the knock: the frontier into the day bucket, once for each state of it. */
  #tellDay(route: Route): void {
    // What costs least comes first: at a start this is asked of every contact.
    const relays = this.#peerRelays(route);
    const mask = this.#openRelays(relays, (1 << relays.length) - 1, 'tell', 'day');
    if (mask === 0 || !this.#sessions.canSend(route.via)) return;
    const mine = route.about.log.frontier();
    const news = this.#sessions.feeds(route.via).some((feed) => {
      const peer = peerState(this.#context, route.about, feed);
      return peer.seenAt > 0 && !equalBytes(peer.toldDay, mine.digest);
    });
    if (news) this.#post(route, [], 'day', mask, []);
  }

  /** What a live channel left out lies at our relays all the same. Whatever is lacking when they are read is asked for. */
  #lookFirst(route: Route): void {
    // What was on its way has come: nobody is asked, and no bucket is read.
    if (!this.#isLacking(route)) return this.#want(route);
    const relays = new Set(route.via.inboxes.flatMap((inbox) => inbox.relays));
    const open = [...relays].filter((relay) => this.#courier.isOpen(relay));
    const due = this.#dueOf(route);
    if (open.length === 0 || this.stopping || due.looked === true) this.#want(route);
    else {
      due.looked = true;
      due.want = Math.max(this.#context.now() + WANT_AFTER_MS, due.asked?.again ?? 0);
      for (const relay of open) this.#courier.fetch(relay);
    }
  }
  /** Asks for what their frontier shows and we lack, and for parts of split packets that did not come. */
  #want(route: Route): void {
    delete this.#dueOf(route).want;
    delete this.#dueOf(route).looked;
    delete this.#dueOf(route).flowing;
    if (!this.#isOpen(route) || !this.#sessions.canSend(route.via)) return;
    const now = this.#context.now();
    const content: Item[] = [];
    const lacking = this.#lackedFrom(route);
    // One holder is asked; when it does not answer, the next.
    const asking = lacking[(this.#dueOf(route).asked?.times ?? 0) % Math.max(1, lacking.length)];
    if (asking !== undefined) {
      const { feed, ranges } = asking;
      content.push({ type: 'want', from: feed, ranges });
      const peer = peerState(this.#context, route.about, feed);
      setPeerState(this.#context, route.about, feed, { ...peer, wantAt: Math.max(0, now) });
    }
    const requests = route.about === route.via ? this.#missing(route.via, WANT_AFTER_MS).slice(0, 16) : [];
    const resend: readonly Item[] = requests.length > 0 ? [{ type: 'resend', requests }] : [];
    content.push(...resend);
    const due = this.#dueOf(route);
    if (content.length === 0) {
      delete due.asked;
      // A part has only just come: the others may be on their way, and are asked for when they are not.
      if (route.about === route.via && this.#missing(route.via, 0).length > 0) due.want = now + WANT_AFTER_MS;
      return;
    }
    // The answer may be lost, or its author away: the same is asked for again, each time after twice as long.
    // Of two holders, neither of whom has it, each would else be a new question to the other one's, for ever.
    const what = [...lacking.map((one): Item => ({ type: 'want', from: NOBODY, ranges: one.ranges })), ...resend]
      .map((item) => toHex(encodePacket([item])))
      .toSorted()
      .join();
    const times = due.asked?.what === what ? due.asked.times : 0;
    if (times > 0 && due.asked !== undefined && now < due.asked.again && !this.stopping) {
      due.want = due.asked.again;
      return;
    }
    // Whoever wrote it has it no more, perhaps because it was deleted: then the half that is here is not to stay either.
    // What is lacked of it is asked for by place.
    if (asking === undefined && times >= MAX_RESENDS) {
      delete due.asked;
      this.#dropParts(route.via);
      return;
    }
    const again = now + Math.min(MAX_WANT_EVERY_MS, TELL_EVERY_MS * 2 ** times);
    due.asked = { what, times: times + 1, again };
    due.want = again;
    const relays = this.#peerRelays(route);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    if (open !== 0) this.#post(route, content, this.stopping ? 'day' : 'hour', open, []);
  }
  #isLacking(route: Route): boolean {
    const isWhole = route.about !== route.via || this.#missing(route.via, WANT_AFTER_MS).length === 0;
    return !isWhole || this.#lackedFrom(route).length > 0;
  }
  /** Who holds what is lacking here, as far as they told: those heard of last first. */
  #lackedFrom(route: Route): readonly { readonly feed: FeedId; readonly ranges: readonly PlaceRange[] }[] {
    return this.#sessions
      .feeds(route.via)
      .map((feed) => ({ feed, peer: peerState(this.#context, route.about, feed) }))
      .toSorted((a, b) => b.peer.seenAt - a.peer.seenAt)
      .flatMap(({ feed, peer }) => {
        const theirs = frontierOf(peer.frontier);
        const ranges = theirs === undefined ? [] : route.about.log.compare(theirs).iLack.slice(0, MAX_WANTED);
        return ranges.length === 0 ? [] : [{ feed, ranges }];
      });
  }
  /** Answers a `want`. */
  give(route: Route, feed: FeedId, ranges: readonly PlaceRange[]): void {
    if (!this.#isOpen(route) || !this.#sessions.canSend(route.via)) return;
    const relays = this.#peerRelays(route);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    if (open === 0 || (!isOwnRoute(route) && !this.#mayGive(route))) return;
    route.about.log.sealHead();
    // They cannot name what lies between segments that they know and ours; by their frontier we can.
    const theirs = frontierOf(peerState(this.#context, route.about, feed).frontier);
    const lacking = theirs === undefined ? [] : route.about.log.compare(theirs).theyLack;
    const named = new Set(lacking.map((range) => toHex(concat(range.feed, range.segment))));
    let left: readonly PlaceRange[] = [
      ...lacking,
      ...ranges.filter((range) => !named.has(toHex(concat(range.feed, range.segment)))),
    ];
    if (isOwnRoute(route)) {
      const name = `${route.name} ${toHex(feed)}`;
      const known = this.#giving.get(name);
      const at = this.#context.now();
      left = route.about.log.oldestFirst(this.#notOnTheWay(name, at, left));
      if (known === undefined && left.length === 0) return;
      // Asked again while it is on its way: there is room for more of it. Long after it stopped: some of it was lost.
      const isLost = known?.packets === 0 && at - known.at >= LOST_AFTER_MS;
      const before = isLost ? undefined : known;
      const { certificates, newest, rest, all } = before ?? { ...this.#givenParts(route, left), all: left };
      this.#giving.set(name, { route, feed, certificates, newest, rest, all, at, packets: GIVEN_PACKETS });
      if (before === undefined) this.#sortGiving();
      return;
    }
    let cells = 0;
    for (let packets = 0; left.length > 0 && packets < 16; packets++) {
      if (!this.#mayGive(route)) break;
      const batch = route.about.log.read(left, MAX_PACKET_BYTES - RIDERS_BYTES);
      if (batch.objects.length === 0) break;
      const more = cellsFor(batch.bytes);
      this.#given(route, more);
      cells += more;
      this.#post(route, [{ type: 'objects', objects: batch.objects }], 'hour', open, []);
      left = batch.left;
    }
    this.#given(route, Math.max(0, WISH_CELLS - cells));
  }
  /** In this order: certificates, what a person looks at first, and the rest. */
  #givenParts(
    { about: { log, kind } }: Route,
    ranges: readonly PlaceRange[],
  ): Pick<Giving, 'certificates' | 'newest' | 'rest'> {
    const certificates = log.certificates(ranges);
    const { newest, rest } = log.newestFirst(ranges, NEWEST_EVENTS);
    if (kind !== 'pair' || newest.length === 0) return { certificates, newest: [], rest: ranges };
    const isEntries = ({ segment }: PlaceRange): boolean => equalBytes(segment, CHARTER_SEGMENT);
    return {
      certificates,
      newest: [...rest.filter(isEntries), ...newest],
      rest: rest.filter((range) => !isEntries(range)),
    };
  }
  /** Who asked before the end of a history had come does not get that end twice. */
  #notOnTheWay(name: string, at: number, ranges: readonly PlaceRange[]): readonly PlaceRange[] {
    const gave = this.#gave.get(name);
    if (gave === undefined) return ranges;
    if (Math.abs(at - gave.at) >= LOST_AFTER_MS) {
      this.#gave.delete(name);
      return ranges;
    }
    const segmentOf = ({ feed, segment }: PlaceRange): string => toHex(concat(feed, segment));
    const known = new Map(gave.ranges.map((range) => [segmentOf(range), range]));
    return ranges.filter((range) => {
      const given = known.get(segmentOf(range));
      return given === undefined || range.from < given.from || range.to > given.to;
    });
  }
  /** Where something was written last comes first: that is what a person looks at. */
  #sortGiving(): void {
    const newest = ({ route }: Giving): number =>
      route.about.kind === 'self' ? Number.POSITIVE_INFINITY : (route.about.log.page({ limit: 1 })[0]?.time ?? 0);
    const sorted = Array.from(this.#giving, ([name, giving]) => [name, giving, newest(giving)] as const).toSorted(
      (a, b) => b[2] - a[2],
    );
    this.#giving.clear();
    for (const [name, giving] of sorted) this.#giving.set(name, giving);
  }
  /**
   * An own device gets all that it lacks by asking once, no faster than it takes it: a live channel leaves out what its
   * reader has no room for. Who says nothing more may be reading a mailbox, which has room. Tells when to look again.
   */
  #giveOn(): number {
    const now = this.#context.now();
    let next = Number.POSITIVE_INFINITY;
    const full = new Set<string>();
    for (const [name, giving] of this.#giving) {
      const { route, feed, certificates, newest, rest, at, packets } = giving;
      const device = toHex(feed);
      const seen = Math.max(at, peerState(this.#context, route.about, feed).seenAt);
      const [relay] = this.#peerRelays(route);
      if (relay === undefined || now - seen > GIVEN_FOR_MS || !this.#sessions.canSend(route.via)) {
        this.#giving.delete(name);
        continue;
      }
      // The others wait for it: what is newest to the person was asked for first.
      if (full.has(device)) continue;
      if (packets === 0 && now < at + GIVE_MORE_AFTER_MS) {
        full.add(device);
        next = Math.min(next, at + GIVE_MORE_AFTER_MS);
        continue;
      }
      if (!this.#courier.isOpen(relay) || this.#courier.backlog(relay) > MAX_BACKLOG) break;
      const more = packets === 0 ? { at: now, packets: GIVEN_PACKETS - 1 } : { packets: packets - 1 };
      if (certificates.length > (newest.length > 0 ? 0 : 1)) {
        this.#post(route, [{ type: 'objects', objects: certificates.slice(0, GIVEN_CERTIFICATES) }], 'hour', ALL, []);
        this.#giving.set(name, { ...giving, ...more, certificates: certificates.slice(GIVEN_CERTIFICATES) });
        next = now;
        continue;
      }
      const isNewest = newest.length > 0;
      const batch = route.about.log.read(isNewest ? newest : rest, this.#room(route));
      if (batch.objects.length === 0 && !isNewest) {
        this.#giving.delete(name);
        continue;
      }
      const left = isNewest
        ? { newest: batch.objects.length === 0 ? [] : batch.left, rest }
        : { newest, rest: batch.left };
      const objects = withoutOldContents(batch.objects, this.#home.historyOf(feed));
      const events = [...left.newest, ...left.rest].reduce((sum, { from, to }) => sum + to - from, 0);
      this.#post(
        route,
        [{ type: 'objects', objects }, ...(isNewest ? [{ type: 'newest' } as const] : []), { type: 'left', events }],
        'hour',
        ALL,
        [],
      );
      // Short ones share cells.
      if (batch.bytes > MAX_PACKET_BYTES / 4) this.#postSections();
      if (left.newest.length + left.rest.length === 0) {
        this.#giving.delete(name);
        this.#gave.set(name, { at: now, ranges: giving.all });
      } else this.#giving.set(name, { ...giving, ...more, ...left });
      next = now;
    }
    this.#postSections();
    return next;
  }
  #mayGive(route: Route): boolean {
    const now = this.#context.now();
    const budget = refill(this.#budgets.get(route.name) ?? fullBudget(now), now);
    this.#budgets.set(route.name, budget);
    return budget.left > 0;
  }
  #given(route: Route, cells: number): void {
    this.#budgets.set(route.name, spend(this.#budgets.get(route.name) ?? fullBudget(this.#context.now()), cells));
  }
  typing(route: Route): void {
    if (!this.#isOpen(route) || !this.#sessions.canSend(route.via)) return;
    const body = splitPacket(this.#context.randomness.bytes(8), encodePacket([{ type: 'typing' }]))?.[0];
    const relay = this.#peerRelays(route)[0];
    const cell = body === undefined ? undefined : this.#sessions.seal(route.via, body);
    if (cell !== undefined && relay !== undefined) this.#courier.put(relay, [cell], 'none', true, () => undefined);
  }

  /**
   * Split packets are kept until they are 48 h old, so that single parts can be sealed again. Not all of them: a contact may ask for
   * the same again and again, and what is not kept is asked for by place.
   */
  #keep({ via }: Route, id: Uint8Array, data: Uint8Array): void {
    const value = encode(sentCodec, { conversation: via.id, at: Math.max(0, this.#context.now()), data });
    this.#context.store.put('packet', sentKey(id), value);
    const kept = [...(this.#kept.get(via.name) ?? []), { id, bytes: data.length }];
    this.#kept.set(via.name, kept);
    let total = kept.reduce((sum, { bytes: size }) => sum + size, 0);
    for (const oldest of kept) {
      if (total <= MAX_KEPT_BYTES) return;
      total -= oldest.bytes;
      this.#dropKept(via, oldest.id);
    }
  }
  #dropKept(via: Conversation, id: Uint8Array): void {
    this.#context.store.delete('packet', sentKey(id));
    this.#kept.set(
      via.name,
      (this.#kept.get(via.name) ?? []).filter((one) => one.id !== id),
    );
  }
  /** Something was deleted: no part of it is kept for sending it again. What they lack they ask for by place. */
  dropPackets(of: Conversation): void {
    this.#dropParts(of);
    for (const { name } of [of, this.#home.mine]) this.#kept.delete(name);
    for (const row of this.#context.store.scan('packet', { from: utf8('s'), to: utf8('t') })) {
      const sent = decode(sentCodec, row.value);
      if (sent === undefined || [of.id, this.#home.mine.id].some((id) => equalBytes(sent.conversation, id)))
        this.#context.store.delete('packet', row.key);
    }
  }
  /** Reads all of them whole: once an hour is enough. */
  forgetOldPackets(): void {
    const now = this.#context.now();
    this.#dropForNobody();
    for (const row of this.#context.store.scan('packet', { from: OWN_CELL, to: utf8('p') })) {
      if (Math.abs(now - readUint48(row.value, 0)) > SENT_LIFE_MS) this.#context.store.delete('packet', row.key);
    }
    const from = utf8('s');
    for (const row of this.#context.store.scan('packet', { from, to: utf8('t') })) {
      const sent = decode(sentCodec, row.value);
      if (sent === undefined || Math.abs(now - sent.at) > SENT_LIFE_MS) this.#context.store.delete('packet', row.key);
    }
  }
  /**
   * Events that wait for own devices when there are none any more, or for so long that they are posted no more: one that comes
   * asks for all of it by place.
   */
  #dropForNobody(): void {
    const { mine } = this.#home;
    const now = this.#context.now();
    const isAlone = this.#sessions.feeds(mine).length === 0;
    for (const route of [this.routeOfSelf(mine), ...this.#home.pairs().map(({ own }) => own)])
      for (const { key, place, row } of waitingOf(this.#context, route))
        if (place !== undefined && (isAlone || now - row.at >= OFFER_MS)) dropWaiting(this.#context, route, key);
  }
  resend(route: Route, requests: readonly ResendRequest[]): void {
    if (!this.#isOpen(route)) return;
    const relays = this.#peerRelays(route);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    for (const request of requests) {
      const raw = this.#context.store.get('packet', sentKey(request.packet));
      const sent = raw === undefined ? undefined : decode(sentCodec, raw);
      if (sent === undefined || !equalBytes(sent.conversation, route.via.id) || open === 0 || !this.#mayGive(route))
        continue;
      const bodies = requestedParts(request)
        .map((index) => splitPart(request.packet, sent.data, index))
        .filter((body) => body !== undefined);
      this.#given(route, bodies.length);
      if (bodies.length > 0)
        this.#put(
          route,
          (outlet) => bodies.map((body) => this.#sessions.seal(route.via, body, outlet)),
          'hour',
          open,
          [],
        );
    }
  }
}

const sentKey = (packet: Uint8Array): Uint8Array => concat(utf8('s'), packet);

interface Giving {
  readonly route: Route;
  readonly feed: FeedId;
  /** Those that go before everything else. */
  readonly certificates: readonly LogObject[];
  /** What is shown ahead of the rest, and the charter that it needs. */
  readonly newest: readonly PlaceRange[];
  readonly rest: readonly PlaceRange[];
  /** All of it, as it was at the beginning. */
  readonly all: readonly PlaceRange[];
  /** When they said last that they have room, and for how many packets more. */
  readonly at: number;
  readonly packets: number;
}
/** Packets on their way to an own device; of 32 cells, as many bytes as a relay holds back for a slow reader. */
const GIVEN_PACKETS = 8;
/** Without a word for so long as many again are put into the mailbox. */
const GIVE_MORE_AFTER_MS = 10_000;
/** Events of a conversation that go before what is below them: a screen of 50 lines, and what stands between them. */
const NEWEST_EVENTS = 80;
/** Certificates in a packet: of 200 to 300 bytes each. */
const GIVEN_CERTIFICATES = 250;
const LOST_AFTER_MS = 8_000;
/** What waits is looked through for what has become due by time alone at most so often. */
const LOOK_EVERY_MS = 60_000;
/** Around the items of a packet. */
const SPARE_BYTES = 128;
/** Cells that wait for a relay at most before more is read for an own device. */
const MAX_BACKLOG = 512;
/** For so long nothing is asked for because something comes in: a history of own devices, */
const MAX_FLOW_MS = 10 * 60_000;
/** or what somebody goes on to write, of which nothing is shown that stands above a gap. */
const MAX_TALK_MS = 20_000;
/** After this long without a word of it nothing more is put there for it. */
const GIVEN_FOR_MS = 5 * 60_000;
interface KeptBack {
  readonly until: number;
  readonly rows: readonly { readonly waiting: Waiting; readonly device: FeedId }[];
}
interface Section {
  readonly route: Route;
  readonly content: readonly Item[];
  readonly bucket: PutBucket;
  readonly rows: readonly Waiting[];
}
/** So often in an hour a relay is believed that it lost everything. */
const MAX_WIPES = 4;
const WIPES_WITHIN_MS = 3_600_000;
/** Frontiers that a return costs at most, and how long it has to have been. */
const MAX_RETURNED = 64;
const AWAY_MS = 10 * 60_000;
/** A date is asked for again after an eighth of the silence: every day for 8 days, every fourth after a month. */
const ASK_SHARE = 8;
/** With hundreds of contacts a slow device takes minutes until it has said hello to the last. */
const BROUGHT_WITHIN_MS = 5 * 60_000;
/** Bits of all relays that an inbox record may name. */
const ALL = 3;
const NOTHING = new Uint8Array(0);
/** Of a conversation. */
const ID_BYTES = 16;
const helloName = (feed: FeedId): string => `hello ${toHex(feed)}`;
const NOBODY = new Uint8Array(8) as FeedId;
const NO_FRONTIER: Frontier = { digest: new Uint8Array(16), base: 0, feeds: [] };
const OWN_CELL = utf8('o');
const ownCellKey = (cell: Uint8Array): Uint8Array => concat(OWN_CELL, cellTag(cell));

const aboutItem = (route: Route): Item => ({ type: 'about', conversation: route.about.id });
/** Cells of a packet with this much of the log, and what rides beside it. */
const cellsFor = (bytes: number): number => cellCount(bytes + 1024) ?? MAX_CELLS;
const inRanges = (
  ranges: readonly PlaceRange[],
  place: { readonly feed: Uint8Array; readonly segment: Uint8Array; readonly seq: number },
): boolean =>
  ranges.some(
    (range) =>
      range.from <= place.seq &&
      place.seq < range.to &&
      equalBytes(range.segment, place.segment) &&
      equalBytes(range.feed, place.feed),
  );

/** Neighbouring places of a segment become one range. */
const toRanges = (rows: readonly Waiting[]): readonly PlaceRange[] => {
  const ranges: { feed: PlaceRange['feed']; segment: PlaceRange['segment']; from: number; to: number }[] = [];
  for (const { place } of rows) {
    if (place === undefined) continue;
    const last = ranges.at(-1);
    const same = last !== undefined && equalBytes(last.segment, place.segment) && equalBytes(last.feed, place.feed);
    if (same && last.to === place.seq) last.to++;
    else ranges.push({ feed: place.feed, segment: place.segment, from: place.seq, to: place.seq + 1 });
  }
  return ranges;
};
