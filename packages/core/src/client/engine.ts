// The engine of one home: inputs in, effects out, one at a time, each within one store transaction. It runs unchanged in
// the browser, in Node and in the simulator. Long because it joins all parts of the client, which know nothing of each other.
import { equalBytes } from '../bytes/index.ts';
import type { Ingested } from '../log/index.ts';
import { MAX_CHANNELS, type RelayInfo } from '../ports/index.ts';
import type { AgreementResult } from '../session/index.ts';
import { Calls, isThere } from './calls.ts';
import { ComingBack } from './coming-back.ts';
import { Contexts } from './contexts.ts';
import { Context, type Answer, type Channel, type Effect, type EngineParts } from './context.ts';
import { Courier, inboxBits } from './courier.ts';
import { Devices } from './devices.ts';
import type { Conversation, Pair } from './conversation.ts';
import { FirstSeen } from './first-seen.ts';
import { Home } from './home.ts';
import { Lines } from './lines.ts';
import { Linking } from './linking.ts';
import { Merging } from './merging.ts';
import { Pairing } from './pairing.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import { Recovery } from './recovery.ts';
import { Removal } from './removal.ts';
import { METHOD_KINDS } from './remote.ts';
import type { Status } from './rpc.ts';
import { adoptBackup } from './restore.ts';
import { Sender } from './sender.ts';
import { Sessions } from './sessions.ts';
import { Spares } from './spares.ts';
import { MAX_TRIES, Suspects } from './suspects.ts';
import { Timers } from './timers.ts';

export type Input =
  | {
      readonly type: 'start';
      readonly relays: readonly string[];
      readonly forRun?: readonly string[] | undefined;
      readonly generation: number;
      readonly online: boolean;
      /** A screen waits: the first reads are answered before what is due for hundreds of contacts is done. */
      readonly readsFirst?: boolean;
    }
  | { readonly type: 'call'; readonly call: number; readonly method: string; readonly params: unknown }
  | { readonly type: 'response'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'agreed'; readonly id: number; readonly result: AgreementResult }
  | { readonly type: 'cell'; readonly relay: string; readonly cell: Uint8Array }
  | { readonly type: 'online'; readonly relay: string }
  | { readonly type: 'offline'; readonly relay: string }
  | { readonly type: 'tick' }
  /** Hands on what it can; nothing may follow but answers. */
  | { readonly type: 'stop' };

const TOUCH_MS = 60_000;
/** What is looked through as a whole to see how old it is. */
const FORGET_MS = 3_600_000;
/** With `readsFirst`: what is due waits until nothing was read for this long, or at most so long when nothing is. */
const READ_PAUSE_MS = 100;
const FIRST_READ_MS = 1_000;
const TYPING_MS = 6_000;
/** A relay that does not answer by then keeps nobody from writing over another. */
const HEAR_OWN_FIRST_MS = 10_000;

/** Everything in memory; made anew after a failed transaction. */
interface Parts {
  readonly context: Context;
  readonly home: Home;
  readonly sessions: Sessions;
  readonly courier: Courier;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly pairing: Pairing;
  readonly devices: Devices;
  readonly removal: Removal;
  readonly recovery: Recovery;
  readonly back: ComingBack;
  readonly linking: Linking;
  readonly contexts: Contexts;
  readonly lines: Lines;
  readonly calls: Calls;
  readonly publisher: Publisher;
  readonly timers: Timers;
  readonly typing: Map<string, number>;
}

export class Engine {
  readonly #engineParts: EngineParts;
  #parts: Parts;
  #online = false;
  #readsFirst = false;
  #created = false;
  #generation = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #listening = '';
  #listeningAt = -1;
  #touchedAt = 0;
  #forgotAt = 0;
  #handledAt = Number.NEGATIVE_INFINITY;
  #relaysAt = -1;
  readonly #suspects = new Suspects();
  /** What each relay was last heard to ask of live channels. */
  readonly #liveBits = new Map<string, number>();
  /** Relays with an inbox that they do not serve live. */
  #unheard: ReadonlySet<string> = new Set();
  /** Relays with a live connection: they do not say so again. */
  readonly #up = new Set<string>();
  #relays: readonly string[] = [];
  /** This input told that this device was removed. */
  #removed: { readonly wipe: boolean } | undefined;

  constructor(parts: EngineParts) {
    this.#engineParts = parts;
    this.#parts = this.#make(1);
  }

  #make(next: number): Parts {
    const context = new Context(this.#engineParts, next);
    const home = new Home(context);
    const typing = new Map<string, number>();
    const courier: Courier = new Courier(context, {
      channels: (relay) => this.#channels(relay),
      hearsAll: (relay) => !this.#unheard.has(relay),
      cells: (_, cells) => receiver.cells(cells),
      wiped: (relay) => sender.wiped(relay),
      fetched: () => this.#afterFetch(),
      connection: () => context.changed({ type: 'status', status: this.#status() }),
      info: (relay, info) => {
        if (this.#liveBits.get(relay) !== info.liveBits) this.#listeningAt = -1;
        this.#liveBits.set(relay, info.liveBits);
        publisher.heard(info.date);
        timers.heardTime();
      },
    });
    const sessions: Sessions = new Sessions(context, {
      post: (of, feed, packet, part) => sender.hello(of, feed, packet, part),
      settled: (of, feed) => sender.helloSettled(of, feed),
      ready: (of, feed, { seenPeer }, isFirst) => sender.ready(of, feed, seenPeer || !isFirst),
      wake: (of, at) => sender.wakeHello(of, at),
    });
    const charterChanged = (of: Conversation, ingested: Ingested): void => {
      home.changes++;
      firstSeen.charter(of);
      devices.charter(of, ingested);
      removal.charter(of);
      if (of === home.joining) linking.arrived();
    };
    const receiver: Receiver = new Receiver(context, home, sessions, this.#suspects, {
      met: (pair) => this.#met(pair),
      shown: (pair, ingested) => {
        // What comes when its time is over already is never shown.
        timers.tick();
        calls.shown(pair, ingested);
      },
      covered: (pair) => timers.delivered(pair),
      purged: (pair) => sender.dropPackets(pair),
      charter: (of, ingested) => charterChanged(of, ingested),
      cutsCame: () => removal.cutsCame(),
      guest: (feed, inbox, items) => {
        if (removal.strangers().some((one) => equalBytes(one, feed))) {
          home.reachWhere(home.mine, feed, home.recordOf(home.mine, inbox));
          removal.heardFrom(home.mine, feed, items);
        } else linking.guest(feed, items);
      },
      isToBeTold: (feed) => removal.isToBeTold(feed),
      contested: (of, feed, items) => removal.heardFrom(of, feed, items),
      removed: (wipe) => this.#removedFrom(wipe),
      joining: (items) => linking.heard(items),
      left: (of, events) => devices.left(of, events),
      typing: (pair) => {
        typing.set(pair.name, context.now() + TYPING_MS);
        context.changed({ type: 'contacts' });
      },
    });
    const sender: Sender = new Sender(
      context,
      home,
      sessions,
      courier,
      (of, quietMs) => receiver.missing(of, quietMs),
      (of, ingested) => receiver.entered(of, ingested),
      (of) => receiver.dropParts(of),
    );
    receiver.answerWith(sender);
    const pairing: Pairing = new Pairing(context, home, sessions, sender, {
      info: (relay): RelayInfo | undefined => courier.status(relay).info,
      met: (pair) => this.#met(pair),
    });
    const devices: Devices = new Devices(context, home, sessions, sender, {
      met: (pair) => devices.share(pair),
      isBroughtHere: (pair) => merging.isBroughtHere(pair),
    });
    const removal: Removal = new Removal(context, home, sessions, sender, {
      bits: () => inboxBits(home.relays[0] === undefined ? undefined : courier.status(home.relays[0]).info),
      removed: (wipe) => this.#removedFrom(wipe),
      charter: (of, ingested) => receiver.judged(of, ingested),
      cut: () => {
        const dropped = home.recount();
        devices.prepare();
        for (const type of ['contacts', 'profile', 'settings', 'devices', 'contexts'] as const)
          context.changed({ type });
        return dropped;
      },
      keysOf: (words) => recovery.keysOf(words),
    });
    const recovery: Recovery = new Recovery(context, home, sender, {
      mayJudge: () => publisher.isClockRight(),
      judged: (of, ingested) => receiver.judged(of, ingested),
    });
    const firstSeen: FirstSeen = new FirstSeen(context, home, (of, ingested) => receiver.judged(of, ingested));
    const merging: Merging = new Merging(context, home, sender, (pair) => calls.tellProfile(pair));
    const contexts: Contexts = new Contexts(context, home, {
      bits: () => inboxBits(home.relays[0] === undefined ? undefined : courier.status(home.relays[0]).info),
      tellProfile: (pair) => calls.tellProfile(pair),
      isThere: (pair) => isThere(lines.stateOf(pair)),
      invited: () => pairing.invited(),
      moved: (pair) => pairing.moved(pair),
    });
    const back: ComingBack = new ComingBack(context, home, sessions, sender, {
      bits: () => inboxBits(home.relays[0] === undefined ? undefined : courier.status(home.relays[0]).info),
      charter: (of, ingested) => receiver.judged(of, ingested),
    });
    const forget = (): void => {
      receiver.writeParts();
      sessions.forget();
      receiver.forget();
    };
    const linking: Linking = new Linking(context, home, sessions, sender, {
      info: (relay) => courier.status(relay).info,
      takesIn: (feed) => firstSeen.tell(feed),
      added: () => devices.added(),
      adopted: (facts) => {
        forget();
        merging.bring(facts);
        devices.adopted();
        devices.prepare();
      },
      prepare: () => devices.prepare(),
      strangers: () => removal.strangers(),
      history: () => devices.history(),
    });
    home.onSelf(
      (self, place) => sender.queue(self, place),
      (content) => devices.heard(content),
      (content) => removal.heard(content),
      (content) => timers.heard(content),
      (content) => recovery.heard(content),
      (content) => merging.heard(content),
      (content) => contexts.heard(content),
      (content) => firstSeen.heard(content),
    );
    const lines = new Lines(context, home, sessions);
    const publisher: Publisher = new Publisher(context, home, sessions, sender, () => timers.clockCorrected());
    const timers: Timers = new Timers(context, home, {
      purgeableUntil: () => publisher.purgeableUntil(),
      gone: (pair) => sender.dropPackets(pair),
    });
    const calls: Calls = new Calls({
      context,
      home,
      sender,
      receiver,
      courier,
      pairing,
      devices,
      linking,
      removal,
      recovery,
      merging,
      contexts,
      back,
      lines,
      timers,
      status: () => this.#status(),
      typing,
      relays: () => this.#allRelays(),
      spares: new Spares(context, home, sender, devices, {
        info: (relay) => courier.status(relay).info,
        seen: (as) => firstSeen.tell(as),
      }),
      adopt: (restored) => {
        const back = adoptBackup({ context, home, sender, devices, firstSeen, forget }, restored);
        courier.lookAgain();
        return back;
      },
    });
    return {
      context,
      home,
      sessions,
      courier,
      sender,
      receiver,
      pairing,
      devices,
      removal,
      recovery,
      back,
      linking,
      contexts,
      lines,
      calls,
      publisher,
      timers,
      typing,
    };
  }

  /**
   * One or several of the same moment, within a transaction; the effects are to be carried out after it. What is due is looked
   * at once, and what changes with every cell is written once. Throws only for bugs and a failing store.
   */
  handle(...inputs: readonly Input[]): readonly Effect[] {
    this.#lookAtClock();
    const { context, publisher, receiver, timers } = this.#parts;
    publisher.lookAtClock();
    if (inputs[0]?.type !== 'start') timers.tick();
    for (const input of inputs) this.#take(input);
    const isStart = inputs.some(({ type }) => type === 'start');
    this.#readsFirst &&= isStart || inputs.every(isRead);
    if (this.#readsFirst) this.#wakeAt = context.now() + (isStart ? FIRST_READ_MS : READ_PAUSE_MS);
    else this.#settle(inputs.some(({ type }) => type === 'stop'));
    receiver.writeParts();
    return context.take();
  }
  /** What waits in memory waits for times of a clock that was set back since: it is looked at anew, as after a start. */
  #lookAtClock(): void {
    const now = this.#parts.context.now();
    if (now < this.#handledAt - SET_BACK_MS) {
      // Whoever waits for an answer gets it first.
      if (this.#parts.calls.open().length > 0) return;
      this.forget();
      this.#touchedAt = now;
    }
    this.#handledAt = now;
  }
  #take(input: Input): void {
    const { context, calls, courier, receiver, sender } = this.#parts;
    switch (input.type) {
      case 'start':
        this.#start(input);
        break;
      case 'call':
        calls.call(input.call, input.method, input.params);
        break;
      case 'response':
        context.answered(input.id, input.answer);
        break;
      case 'agreed':
        context.agreed(input.id, input.result);
        break;
      case 'cell':
        receiver.cells([input.cell]);
        break;
      case 'online':
        this.#up.add(input.relay);
        courier.online(input.relay);
        break;
      case 'offline':
        this.#up.delete(input.relay);
        courier.offline(input.relay);
        break;
      case 'tick':
        break;
      case 'stop':
        sender.stopping = true;
        this.#online = false;
        sender.tick(true);
        break;
    }
  }

  #start(input: Extract<Input, { type: 'start' }>): void {
    const { home, sessions } = this.#parts;
    this.#generation = input.generation;
    this.#online = input.online;
    this.#readsFirst = input.readsFirst ?? false;
    const { created, restored } = home.open(input.relays, input.generation, input.forRun);
    this.#created = created;
    if (input.online) this.#parts.sender.holdUntil = this.#parts.context.now() + HEAR_OWN_FIRST_MS;
    if (!restored) return;
    // A copy of this home may have run: no key of it is trusted to be unused, and its feeds may have gone on elsewhere.
    for (const pair of home.pairs()) {
      pair.log.startSegment();
      for (const feed of sessions.feeds(pair)) sessions.want(pair, feed, 'lost');
    }
    home.self.startSegment();
  }

  /** Its person has taken this device out: it goes by its own charter, and by its word alone only when that agrees. */
  #removedFrom(wipe: boolean): void {
    this.#removed = { wipe: wipe || (this.#removed?.wipe ?? false) };
  }
  #leaveSelf(): void {
    const { home, context, sessions, receiver, pairing } = this.#parts;
    const removed = this.#removed;
    this.#removed = undefined;
    if (removed === undefined || home.isIn(home.mine)) return;
    sessions.forget();
    receiver.forget();
    if (removed.wipe) home.wipe();
    else home.leave();
    pairing.forget();
    context.scrub();
    for (const type of ['contacts', 'profile', 'settings', 'devices', 'invites', 'requests'] as const)
      context.changed({ type });
  }
  /** After every input: what is due, what to listen to, when to wake. */
  #settle(stopping: boolean): void {
    const {
      context,
      home,
      sender,
      courier,
      pairing,
      linking,
      devices,
      removal,
      recovery,
      back,
      calls,
      publisher,
      timers,
    } = this.#parts;
    const now = context.now();
    if (this.#removed !== undefined) this.#leaveSelf();
    const posting = sender.tick();
    this.#wakeAt = Math.min(calls.tick(), timers.tick());
    if (!this.#online || stopping) return;
    const relays = this.#allRelays();
    if (this.#listeningAt !== home.changes) {
      this.#listeningAt = home.changes;
      const [channels, unheard] = this.#liveChannels(relays);
      this.#unheard = unheard;
      const listening = JSON.stringify([relays, channels.map(({ bits, prefix }) => [bits, ...prefix])]);
      if (listening !== this.#listening) context.emit({ type: 'listen', relays, channels });
      this.#listening = listening;
    }
    const fetching = courier.tick(relays);
    const claims = Math.min(
      pairing.tick(),
      linking.tick(),
      devices.tick(),
      removal.tick(),
      recovery.tick(),
      back.tick(),
    );
    const publishing = publisher.tick();
    if (now - this.#touchedAt > TOUCH_MS) {
      // At a start there is enough to do.
      const isStart = this.#touchedAt === 0;
      this.#touchedAt = now;
      home.touch();
      if (!isStart && Math.abs(now - this.#forgotAt) > FORGET_MS) {
        this.#forgotAt = now;
        sender.forgetOldPackets();
      }
    }
    this.#wakeAt = Math.min(this.#wakeAt, posting, fetching, claims, publishing, now + 10 * TOUCH_MS);
  }

  #allRelays(): readonly string[] {
    const { home } = this.#parts;
    if (this.#relaysAt !== home.changes) {
      const relays = new Set(home.relays);
      for (const { inboxes } of this.#readers())
        for (const { relays: at } of inboxes) for (const relay of at) relays.add(relay);
      this.#relays = [...relays];
      this.#relaysAt = home.changes;
    }
    return this.#relays;
  }
  /** Whose inboxes are read. */
  #readers(): readonly Conversation[] {
    const { home } = this.#parts;
    const pairs = home.pairs().filter((pair) => !home.facts(pair).blocked);
    return home.joining === undefined ? [home.mine, ...pairs] : [home.joining, home.mine, ...pairs];
  }
  #channels(relay: string): readonly Channel[] {
    const readers = this.#readers();
    // Those in use come first.
    const inboxes = [
      ...readers.flatMap((one) => one.inboxes.slice(0, 1)),
      ...readers.flatMap((one) => one.inboxes.slice(1)),
    ];
    return unique(
      inboxes.flatMap((inbox) => (inbox.relays.includes(relay) ? [{ bits: inbox.bits, prefix: inbox.prefix }] : [])),
    );
  }

  /** One channel that is too short, or one too many, would have all of them refused: it is read by fetching alone. */
  #liveChannels(relays: readonly string[]): readonly [readonly Channel[], ReadonlySet<string>] {
    const unheard = new Set<string>();
    const channels = relays.flatMap((relay) => {
      const all = this.#channels(relay);
      const heard = all.filter(({ bits }) => bits >= (this.#liveBits.get(relay) ?? 0));
      if (heard.length < all.length) unheard.add(relay);
      return heard;
    });
    const all = unique(channels);
    if (all.length > MAX_CHANNELS) for (const relay of relays) unheard.add(relay);
    return [all.slice(0, MAX_CHANNELS), unheard];
  }

  /** All that relays hold for us is read: what only waited for more to come goes out now. */
  #afterFetch(): void {
    this.#parts.contexts.settle();
    this.#parts.sender.returned();
    this.#parts.sender.tick(true);
    this.#parts.calls.fetched();
  }
  #met(pair: Pair): void {
    const { context, home, calls, devices } = this.#parts;
    devices.share(pair);
    const profile = home.profileIn(pair);
    if (profile !== undefined && (profile.name !== '' || profile.picture !== null)) calls.tellProfile(pair);
    context.changed({ type: 'contacts' });
  }

  #status(): Status {
    const { home, courier, calls } = this.#parts;
    const states = home.relays.map((relay) => courier.status(relay).reachable);
    return {
      device: home.deviceName,
      created: this.#created,
      version: VERSION,
      relays: home.relays,
      connection: states.includes(true)
        ? 'online'
        : states.includes(undefined) && this.#online
          ? 'connecting'
          : 'offline',
      pending: calls.pending(),
    };
  }

  /** Makes every table that is made of logs again. Within a transaction. */
  rebuild(): void {
    const { home } = this.#parts;
    home.rebuildSelf();
    for (const pair of home.pairs()) home.rebuildPair(pair);
  }

  wakeAt(): number {
    return this.#wakeAt;
  }
  isQuiet(): boolean {
    return this.#parts.context.isQuiet() && this.#parts.courier.isIdle();
  }
  /** After a failed transaction. Returns the calls left open. */
  failed(cause: unknown): readonly number[] {
    if (this.#suspects.blame(cause)) this.#engineParts.logger.log('error', 'cell-kept-aside', { tries: MAX_TRIES });
    return this.forget();
  }
  /** After a failed transaction, and at the end: secrets are wiped, memory is read anew. Returns the calls left open. */
  forget(): readonly number[] {
    const open = this.#parts.calls.open();
    const { stopping } = this.#parts.sender;
    this.#parts.sessions.forget();
    this.#parts.home.forget();
    this.#parts.receiver.forget();
    // What is still on its way was asked by parts that are gone.
    this.#parts = this.#make(this.#parts.context.next);
    this.#parts.home.resume(this.#generation);
    this.#parts.sender.stopping = stopping;
    for (const relay of this.#up) this.#parts.courier.stillOnline(relay);
    this.#listening = '';
    this.#listeningAt = -1;
    this.#relaysAt = -1;
    this.#wakeAt = this.#parts.context.now() + 1_000;
    return open;
  }
}

export const VERSION = '0.1.0';
/** Clocks are corrected by less all the time. */
const SET_BACK_MS = 60_000;
const READS: ReadonlySet<string> = new Set(
  Object.entries(METHOD_KINDS).flatMap(([method, kind]) => (kind === 'read' ? [method] : [])),
);
const isRead = (input: Input): boolean => input.type === 'call' && READS.has(input.method);
const unique = (channels: readonly Channel[]): readonly Channel[] => {
  const seen = new Map(channels.map((channel) => [`${channel.bits} ${channel.prefix.join()}`, channel]));
  return [...seen.values()];
};
