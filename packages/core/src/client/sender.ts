// Posts what other persons have to get (spec/09-sync.md): events by the schedule, frontiers, answers, hellos, repair. What
// is posted twice is sealed anew, so the same bytes never lie in two places. Long because what may go out when is one
// set of rules over one set of rows.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { decode, encode, bytes, tuple, uint } from '../codec/index.ts';
import type { FeedId } from '../identity/index.ts';
import type { PlaceRange } from '../log/index.ts';
import {
  cellCount,
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
  MAX_WANTED,
  newRow,
  nextDue,
  refill,
  spend,
  spendDayCells,
  spendTell,
  TELL_EVERY_MS,
  tellAt,
  WANT_AFTER_MS,
  type Budget,
  type Item,
  type OutboxRow,
} from '../sync/index.ts';
import type { Context } from './context.ts';
import type { Courier, PutBucket } from './courier.ts';
import type { Home, Pair } from './home.ts';
import {
  controlKey,
  dropWaiting,
  eventKey,
  frontierOf,
  peerState,
  putWaiting,
  setPeerState,
  waitingAt,
  waitingOf,
  type Waiting,
} from './peers.ts';
import { ROLES } from './records.ts';
import type { Sessions } from './sessions.ts';

/** Room for the items that ride beside the log in a packet. */
const RIDERS_BYTES = 26_000;
const MAX_WANT_EVERY_MS = 3_600_000;
const SENT_LIFE_MS = 48 * 3_600_000;
const sentCodec = tuple({ conversation: bytes(16), at: uint(), data: bytes(1, MAX_PACKET_BYTES) });

/** When something of a pair is due. Milliseconds; absent: nothing. */
interface Due {
  tell?: number;
  want?: number;
  /** The relays were asked first; next time the peer is, whether they have answered or not. */
  looked?: boolean;
  outbox?: number;
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
  /** Pairs whose next packet says `settled`. */
  readonly #settle = new Set<string>();
  /** Own events of the current input. */
  readonly #fresh = new Map<string, Waiting[]>();
  /** What may be given to each pair that asks, in this run. */
  readonly #budgets = new Map<string, Budget>();
  readonly #missing: (pair: Pair) => readonly ResendRequest[];
  stopping = false;

  constructor(
    context: Context,
    home: Home,
    sessions: Sessions,
    courier: Courier,
    missing: (pair: Pair) => readonly ResendRequest[],
  ) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#courier = courier;
    this.#missing = missing;
  }

  #dueOf(pair: Pair): Due {
    let due = this.#due.get(pair.name);
    if (due === undefined) this.#due.set(pair.name, (due = {}));
    return due;
  }
  /** May anything leave for this person? */
  #isOpen(pair: Pair): boolean {
    const facts = this.#home.facts(pair);
    return !facts.blocked && facts.validity !== 'compromised' && pair.peerInbox !== undefined;
  }

  /** An own event was written: it waits until they have it, and goes at once when it can. */
  queue(pair: Pair, place: Parameters<typeof eventKey>[1]): void {
    const waiting = putWaiting(this.#context, pair, eventKey(pair, place), newRow(this.#context.now()));
    const fresh = this.#fresh.get(pair.name);
    if (fresh === undefined) this.#fresh.set(pair.name, [waiting]);
    else fresh.push(waiting);
  }
  /** Events of this very moment go without a look at everything that waits: a burst stays linear. */
  #postFresh(pair: Pair): void {
    const fresh = this.#fresh.get(pair.name);
    this.#fresh.delete(pair.name);
    if (fresh === undefined || !this.#isOpen(pair) || !this.#sessions.canSend(pair)) return;
    const relays = this.#peerRelays(pair);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    if (open === 0) this.#schedule(pair, Math.min(...relays.map((relay) => this.#courier.retryAt(relay))));
    else this.#postGroup(pair, 'hour', open, fresh);
    for (const { row } of fresh) this.#schedule(pair, nextDue(row, this.#context.now()));
  }
  /** A control message: replaces an earlier one of the same name. */
  queueControl(pair: Pair, name: string, body: Uint8Array | null, once = false): void {
    putWaiting(this.#context, pair, controlKey(pair, name), newRow(this.#context.now(), body, once));
    this.#schedule(pair, this.#context.now());
  }
  dropControl(pair: Pair, name: string): void {
    dropWaiting(this.#context, pair, controlKey(pair, name));
  }
  #schedule(pair: Pair, at: number): void {
    const due = this.#dueOf(pair);
    due.outbox = Math.min(due.outbox ?? Number.POSITIVE_INFINITY, at);
  }
  settle(pair: Pair): void {
    this.#settle.add(pair.name);
    this.tellSoon(pair, true);
  }
  wakeHello(pair: Pair, at: number): void {
    const due = this.#dueOf(pair);
    due.hello = Math.min(due.hello ?? Number.POSITIVE_INFINITY, at);
  }

  /** Something of theirs came: they are to learn what we hold. `again`: they seem not to know what they were told. */
  tellSoon(pair: Pair, again = false): void {
    const now = this.#context.now();
    const mine = pair.log.frontier();
    for (const feed of this.#sessions.feeds(pair)) {
      const peer = peerState(this.#context, pair, feed);
      if (again) setPeerState(this.#context, pair, feed, { ...peer, told: new Uint8Array(0) });
      if (!again && equalBytes(peer.told, mine.digest)) continue;
      const due = this.#dueOf(pair);
      due.tell = Math.min(due.tell ?? Number.POSITIVE_INFINITY, tellAt(peer, now));
    }
  }
  wantSoon(pair: Pair): void {
    const due = this.#dueOf(pair);
    due.want = Math.min(due.want ?? Number.POSITIVE_INFINITY, this.#context.now() + WANT_AFTER_MS);
  }

  /** What is due by now, or (after a fetch, at a person's wish) everything that only waits for company. */
  tick(everything = false): number {
    const now = this.#context.now();
    let next = Number.POSITIVE_INFINITY;
    for (const pair of this.#home.pairs()) {
      const due = this.#dueOf(pair);
      if (due.hello !== undefined && due.hello <= now) {
        delete due.hello;
        this.#sessions.tick(pair);
      }
      this.#postFresh(pair);
      if (due.outbox === undefined || due.outbox <= now || everything || this.stopping) this.flush(pair);
      if (due.want !== undefined && everything) this.#want(pair);
      else if (due.want !== undefined && due.want <= now) this.#lookFirst(pair);
      if (due.tell !== undefined && (due.tell <= now || everything)) this.#tell(pair, 'hour');
      for (const at of [due.hello, due.outbox, due.want, due.tell]) next = Math.min(next, at ?? next);
    }
    return next;
  }

  /** Posts what the schedule asks for now. */
  flush(pair: Pair): void {
    const due = this.#dueOf(pair);
    due.outbox = Number.POSITIVE_INFINITY;
    if (!this.#isOpen(pair)) return;
    const now = this.#context.now();
    const relays = this.#peerRelays(pair);
    const groups = new Map<string, { readonly bucket: PutBucket; readonly relays: number; readonly rows: Waiting[] }>();
    for (const waiting of waitingOf(this.#context, pair)) {
      const posting = duePosting(waiting.row, now, relays.length, this.stopping);
      if (posting === undefined) {
        this.#schedule(pair, nextDue(waiting.row, now));
        continue;
      }
      // From here on the answer of a relay says when to look again, so that nothing due turns the wheel meanwhile.
      const mask = posting.bucket === 'hour' ? posting.relays : (1 << relays.length) - 1;
      const open = this.#openRelays(relays, mask, waiting.name, posting.bucket);
      if (open === 0) {
        const closed = relays.filter((relay, i) => (mask & (1 << i)) !== 0 && !this.#courier.isOpen(relay));
        for (const relay of closed) this.#schedule(pair, this.#courier.retryAt(relay));
        continue;
      }
      const group = `${posting.bucket} ${open}`;
      const known = groups.get(group);
      if (known === undefined) groups.set(group, { bucket: posting.bucket, relays: open, rows: [waiting] });
      else known.rows.push(waiting);
    }
    for (const group of groups.values()) this.#postGroup(pair, group.bucket, group.relays, group.rows);
    if (this.stopping || this.#isSilent(pair)) this.#tellDay(pair);
  }
  /** Nothing was told for so long that the hour bucket may have been missed. */
  #isSilent(pair: Pair): boolean {
    const now = this.#context.now();
    return this.#sessions.feeds(pair).every((feed) => isSilent(peerState(this.#context, pair, feed), now));
  }
  #peerRelays(pair: Pair): readonly string[] {
    return pair.peerInbox?.record.relays ?? [];
  }
  #openRelays(relays: readonly string[], mask: number, key: string, bucket: string): number {
    let open = 0;
    for (const [i, relay] of relays.entries()) {
      if ((mask & (1 << i)) === 0 || this.#underWay.has(`${key} ${bucket} ${i}`)) continue;
      if (this.#courier.isOpen(relay)) open |= 1 << i;
    }
    return open;
  }

  #postGroup(pair: Pair, bucket: PutBucket, mask: number, rows: readonly Waiting[]): void {
    const controls = rows.filter(({ place }) => place === undefined);
    for (const control of controls) this.#postControl(pair, bucket, mask, control);
    const events = rows.filter(({ place }) => place !== undefined);
    if (events.length === 0 || !this.#sessions.canSend(pair)) return;
    // Oldest first: an event is shown once everything below it in its feed is there. What does not fit the day's cells is
    // pulled by whoever returns.
    let left = toRanges(events);
    const byPlace = new Map(events.map((waiting) => [waiting.name, waiting]));
    while (left.length > 0) {
      pair.log.sealHead();
      const batch = pair.log.read(left, MAX_PACKET_BYTES - RIDERS_BYTES);
      if (batch.objects.length === 0) return;
      const posted = [...byPlace.values()].filter(({ place }) => place !== undefined && !inRanges(batch.left, place));
      for (const { name } of posted) byPlace.delete(name);
      if (bucket === 'day' && !this.#spend(pair, cellsFor(batch.bytes))) {
        this.#tellDay(pair);
        return;
      }
      this.#post(pair, [{ type: 'objects', objects: batch.objects }], bucket, mask, posted);
      left = batch.left;
    }
  }
  #spend(pair: Pair, cells: number): boolean {
    const now = this.#context.now();
    for (const feed of this.#sessions.feeds(pair)) {
      const peer = peerState(this.#context, pair, feed);
      if (dayCellsLeft(peer, now) < cells) return false;
      setPeerState(this.#context, pair, feed, spendDayCells(peer, now, cells));
    }
    return true;
  }
  #postControl(pair: Pair, bucket: PutBucket, mask: number, control: Waiting): void {
    const { row } = control;
    if (row.body === null) {
      // An answer, or a reveal: the riders say it.
      if (this.#sessions.canSend(pair)) this.#post(pair, [], bucket, mask, [control]);
      return;
    }
    if (this.#context.now() - row.at > HELLO_LIFE_MS) {
      dropWaiting(this.#context, pair, control.key);
      return;
    }
    const packet = readHelloBody(row.body);
    if (packet === undefined) return;
    this.#put(pair, () => [this.#sessions.sealHello(pair, packet)], bucket, mask, [control]);
  }
  /** A hello or Welcome to one device. */
  hello(pair: Pair, feed: FeedId, packet: HelloPacket): void {
    const body = writeHelloBody(packet);
    if (body === undefined) return;
    const name = packet.type === 'hello' ? `hello ${toHex(feed)}` : `welcome ${toHex(packet.hello)}`;
    this.queueControl(pair, name, body);
    this.flush(pair);
  }

  /** What every packet carries beside its purpose. */
  #riders(pair: Pair): readonly Item[] {
    const { local } = pair;
    const riders: Item[] = [];
    if (local.role === ROLES.inviter && !local.settled)
      riders.push({ type: 'answer', inception: local.inception, nonce: local.nonce });
    if (local.role === ROLES.acceptor && !local.settled) riders.push({ type: 'reveal', nonce: local.nonce });
    if (this.#settle.delete(pair.name)) riders.push({ type: 'settled', inbox: 0 });
    if (pair.inboxes[0] !== undefined && local.inboxTold < pair.inboxes[0].number) {
      riders.push({ type: 'inbox', record: this.#home.ownRecord(pair) });
    }
    const date = Math.max(0, this.#context.now());
    riders.push({ type: 'frontier', frontier: pair.log.frontier(), date: date - (date % 60_000) });
    const read = this.#home.isOn('read-receipts', pair.id) ? this.#home.readFrontier(pair) : undefined;
    if (read !== undefined) riders.push({ type: 'read', frontier: read });
    return riders;
  }

  #post(pair: Pair, content: readonly Item[], bucket: PutBucket, mask: number, rows: readonly Waiting[]): void {
    const riders = this.#riders(pair);
    const digest = riders.find((item) => item.type === 'frontier')?.frontier.digest ?? new Uint8Array(0);
    const data = encodePacket([...content, ...riders]);
    const id = this.#context.randomness.bytes(8);
    const bodies = splitPacket(id, data);
    if (bodies === undefined) throw new Error('a packet larger than 32 cells was made');
    if (neededParts(data.length) > 1) this.#keep(pair, id, data);
    this.#told(pair, digest, bucket);
    this.#put(
      pair,
      () => bodies.map((body) => this.#sessions.seal(pair, body)),
      bucket,
      mask,
      rows,
      () => this.#told(pair, new Uint8Array(0), bucket),
    );
  }
  #told(pair: Pair, digest: Uint8Array, bucket: PutBucket): void {
    const now = Math.max(0, this.#context.now());
    for (const feed of this.#sessions.feeds(pair)) {
      const peer = peerState(this.#context, pair, feed);
      const toldDay = bucket === 'day' ? digest : peer.toldDay;
      setPeerState(this.#context, pair, feed, {
        ...peer,
        told: digest,
        toldDay,
        toldAt: digest.length === 0 ? peer.toldAt : now,
      });
    }
    if (digest.length > 0) delete this.#dueOf(pair).tell;
  }

  /** Seals anew for each relay; the rows note which relay took all of it. */
  #put(
    pair: Pair,
    seal: () => readonly (Uint8Array | undefined)[],
    bucket: PutBucket,
    mask: number,
    rows: readonly Waiting[],
    failed?: () => void,
  ): void {
    for (const [i, relay] of this.#peerRelays(pair).entries()) {
      if ((mask & (1 << i)) === 0) continue;
      const cells = seal().filter((cell) => cell !== undefined);
      if (cells.length === 0) return;
      const marks = rows.map(({ name }) => `${name} ${bucket} ${i}`);
      for (const mark of marks) this.#underWay.add(mark);
      this.#courier.put(relay, cells, bucket, bucket !== 'day', (taken) => {
        for (const mark of marks) this.#underWay.delete(mark);
        if (taken) this.#note(pair, rows, bucket, i);
        else {
          failed?.();
          this.#schedule(pair, this.#courier.retryAt(relay));
        }
      });
    }
  }
  #note(pair: Pair, rows: readonly Waiting[], bucket: PutBucket, relay: number): void {
    let news = false;
    for (const { key } of rows) {
      const now = waitingAt(this.#context, pair, key);
      if (now === undefined) continue;
      const row: OutboxRow =
        bucket === 'day'
          ? { ...now.row, day: dayOf(this.#context.now()) }
          : { ...now.row, hour: now.row.hour | (1 << relay) };
      news ||= !isPosted(now.row);
      putWaiting(this.#context, pair, key, row);
      this.#schedule(pair, nextDue(row, this.#context.now()));
    }
    if (news) this.#context.changed({ type: 'conversation', conversation: pair.name });
  }

  /** A frontier alone. */
  #tell(pair: Pair, bucket: PutBucket): void {
    delete this.#dueOf(pair).tell;
    if (!this.#isOpen(pair) || !this.#sessions.canSend(pair)) return;
    const mine = pair.log.frontier();
    const news = this.#sessions
      .feeds(pair)
      .some((feed) => !equalBytes(peerState(this.#context, pair, feed).told, mine.digest));
    if (!news) return;
    const relays = this.#peerRelays(pair);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', bucket);
    if (open === 0) {
      this.#dueOf(pair).tell = Math.min(...relays.map((relay) => this.#courier.retryAt(relay)));
      return;
    }
    const now = Math.max(0, this.#context.now());
    for (const feed of this.#sessions.feeds(pair))
      setPeerState(this.#context, pair, feed, spendTell(peerState(this.#context, pair, feed), now));
    this.#post(pair, [], bucket, open, []);
    this.#schedule(pair, this.#context.now() + DAY_POST_AFTER_MS);
  }
  /** Before the client ends, and as the knock: the frontier into the day bucket, once for each state of it. */
  #tellDay(pair: Pair): void {
    // What costs least comes first: at a start this is asked of every contact.
    const relays = this.#peerRelays(pair);
    const mask = this.#openRelays(relays, (1 << relays.length) - 1, 'tell', 'day');
    if (mask === 0 || !this.#sessions.canSend(pair)) return;
    const mine = pair.log.frontier();
    const news = this.#sessions.feeds(pair).some((feed) => {
      const peer = peerState(this.#context, pair, feed);
      return peer.seenAt > 0 && !equalBytes(peer.toldDay, mine.digest);
    });
    if (news) this.#post(pair, [], 'day', mask, []);
  }

  /** What a live channel left out lies at our relays all the same. Whatever is lacking when they are read is asked for. */
  #lookFirst(pair: Pair): void {
    const relays = new Set(pair.inboxes.flatMap((inbox) => inbox.relays));
    const open = [...relays].filter((relay) => this.#courier.isOpen(relay));
    const due = this.#dueOf(pair);
    if (open.length === 0 || this.stopping || due.looked === true) this.#want(pair);
    else {
      due.looked = true;
      due.want = Math.max(this.#context.now() + WANT_AFTER_MS, due.asked?.again ?? 0);
      for (const relay of open) this.#courier.fetch(relay);
    }
  }
  /** Asks for what their frontier shows and we lack, and for parts of split packets that did not come. */
  #want(pair: Pair): void {
    delete this.#dueOf(pair).want;
    delete this.#dueOf(pair).looked;
    if (!this.#isOpen(pair) || !this.#sessions.canSend(pair)) return;
    const now = this.#context.now();
    const content: Item[] = [];
    for (const feed of this.#sessions.feeds(pair)) {
      const peer = peerState(this.#context, pair, feed);
      const theirs = frontierOf(peer.frontier);
      const lacking = theirs === undefined ? [] : pair.log.compare(theirs).iLack.slice(0, MAX_WANTED);
      if (lacking.length > 0) {
        content.push({ type: 'want', ranges: lacking });
        setPeerState(this.#context, pair, feed, { ...peer, wantAt: Math.max(0, now) });
      }
    }
    const requests = this.#missing(pair).slice(0, 16);
    if (requests.length > 0) content.push({ type: 'resend', requests });
    const due = this.#dueOf(pair);
    if (content.length === 0) {
      delete due.asked;
      return;
    }
    // The answer may be lost, or its author away: the same is asked for again, each time after twice as long.
    const what = toHex(encodePacket(content));
    const times = due.asked?.what === what ? due.asked.times : 0;
    if (times > 0 && due.asked !== undefined && now < due.asked.again && !this.stopping) {
      due.want = due.asked.again;
      return;
    }
    const again = now + Math.min(MAX_WANT_EVERY_MS, TELL_EVERY_MS * 2 ** times);
    due.asked = { what, times: times + 1, again };
    due.want = again;
    const relays = this.#peerRelays(pair);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    if (open !== 0) this.#post(pair, content, this.stopping ? 'day' : 'hour', open, []);
  }
  /** Answers a `want`. */
  give(pair: Pair, feed: FeedId, ranges: readonly PlaceRange[]): void {
    if (!this.#isOpen(pair) || !this.#sessions.canSend(pair)) return;
    const relays = this.#peerRelays(pair);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    if (open === 0) return;
    pair.log.sealHead();
    // They cannot name what lies between segments that they know and ours; by their frontier we can.
    const theirs = frontierOf(peerState(this.#context, pair, feed).frontier);
    const lacking = theirs === undefined ? [] : pair.log.compare(theirs).theyLack;
    const named = new Set(lacking.map((range) => toHex(concat(range.feed, range.segment))));
    let left: readonly PlaceRange[] = [
      ...lacking,
      ...ranges.filter((range) => !named.has(toHex(concat(range.feed, range.segment)))),
    ];
    for (let packets = 0; left.length > 0 && packets < 16; packets++) {
      if (!this.#mayGive(pair)) return;
      const batch = pair.log.read(left, MAX_PACKET_BYTES - RIDERS_BYTES);
      if (batch.objects.length === 0) return;
      this.#given(pair, cellsFor(batch.bytes));
      this.#post(pair, [{ type: 'objects', objects: batch.objects }], 'hour', open, []);
      left = batch.left;
    }
  }
  #mayGive(pair: Pair): boolean {
    const now = this.#context.now();
    const budget = refill(this.#budgets.get(pair.name) ?? fullBudget(now), now);
    this.#budgets.set(pair.name, budget);
    return budget.left > 0;
  }
  #given(pair: Pair, cells: number): void {
    this.#budgets.set(pair.name, spend(this.#budgets.get(pair.name) ?? fullBudget(this.#context.now()), cells));
  }
  typing(pair: Pair): void {
    if (!this.#isOpen(pair) || !this.#sessions.canSend(pair)) return;
    const body = splitPacket(this.#context.randomness.bytes(8), encodePacket([{ type: 'typing' }]))?.[0];
    const relay = this.#peerRelays(pair)[0];
    const cell = body === undefined ? undefined : this.#sessions.seal(pair, body);
    if (cell !== undefined && relay !== undefined) this.#courier.put(relay, [cell], 'none', true, () => undefined);
  }

  /** Split packets are kept until they are 48 h old, so that single parts can be sealed again. */
  #keep(pair: Pair, id: Uint8Array, data: Uint8Array): void {
    const value = encode(sentCodec, { conversation: pair.id, at: Math.max(0, this.#context.now()), data });
    this.#context.store.put('packet', concat(utf8('s'), id), value);
  }
  /** Something was deleted: no part of it is kept for sending it again. What they lack they ask for by place. */
  dropPackets(pair: Pair): void {
    for (const row of this.#context.store.scan('packet', { from: utf8('s'), to: utf8('t') })) {
      const sent = decode(sentCodec, row.value);
      if (sent === undefined || equalBytes(sent.conversation, pair.id)) this.#context.store.delete('packet', row.key);
    }
  }
  forgetOldPackets(): void {
    const from = utf8('s');
    for (const row of this.#context.store.scan('packet', { from, to: utf8('t') })) {
      const sent = decode(sentCodec, row.value);
      if (sent === undefined || this.#context.now() - sent.at > SENT_LIFE_MS)
        this.#context.store.delete('packet', row.key);
    }
  }
  resend(pair: Pair, requests: readonly ResendRequest[]): void {
    if (!this.#isOpen(pair)) return;
    const relays = this.#peerRelays(pair);
    const open = this.#openRelays(relays, (1 << relays.length) - 1, '', 'hour');
    for (const request of requests) {
      const raw = this.#context.store.get('packet', concat(utf8('s'), request.packet));
      const sent = raw === undefined ? undefined : decode(sentCodec, raw);
      if (sent === undefined || !equalBytes(sent.conversation, pair.id) || open === 0 || !this.#mayGive(pair)) continue;
      const bodies = requestedParts(request)
        .map((index) => splitPart(request.packet, sent.data, index))
        .filter((body) => body !== undefined);
      this.#given(pair, bodies.length);
      if (bodies.length > 0)
        this.#put(pair, () => bodies.map((body) => this.#sessions.seal(pair, body)), 'hour', open, []);
    }
  }
}

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
