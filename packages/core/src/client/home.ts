// The home of one device: its self conversation, its other conversations, and what of them is kept at hand in memory.
// Everything in here can be dropped (`forget`) and read again from the store. Long because whatever changes `self` changes
// what is at hand of it, and both are kept equal in one place.
import { compareBytes, concat, equalBytes, toHex, uint32, utf8 } from '../bytes/index.ts';
import { bool, bytes, decode, encode, list, text, tuple, uint } from '../codec/index.ts';
import {
  afterPrefix,
  contactFacts,
  contextFacts,
  contextOf,
  decodeSelf,
  draftOf,
  historyFrom,
  isToBeWiped,
  ownProfile,
  forgetPeerInboxes,
  peerInboxesOf,
  dropInbox,
  PAIR_TABLES,
  projectPair,
  projectSelf,
  readMarks,
  readStamped,
  relationContent,
  relationOf,
  segmentPeriod,
  selfContents,
  SELF_TABLES,
  settingDefault,
  settingOf,
  settingsSet,
  supersededBy,
  type ContactFacts,
  type ContextFacts,
  preferencesOf,
  unscheduleAll,
  type PeerInbox,
  type Preferences,
  toldBy,
  toldByOf,
  type Relation,
  type SelfContent,
  type SelfEvent,
} from '../conversation/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import {
  conversationFromName,
  conversationIdFrom,
  conversationName,
  contextIdFrom,
  createInception,
  openEntry,
  type ContextId,
  type ConversationId,
  type EventId,
  type FeedId,
  type MemberId,
} from '../identity/index.ts';
import {
  LOG_TABLES,
  openConversationLog,
  type ConversationLog,
  type Place,
  type SegmentSeed,
  type ShownEvent,
} from '../log/index.ts';
import {
  createInboxRecord,
  decodeInboxRecord,
  encodeInboxRecord,
  isNewerRecord,
  openInbox,
  wipeInbox,
  type Inbox,
} from '../mailbox/index.ts';
import { DAY_MS, HOUR_MS, TABLES } from '../ports/index.ts';
import { rightTime } from './behind.ts';
import type { Context } from './context.ts';
import { routeOf, type Conversation, type Outlet, type Pair } from './conversation.ts';
import { KithError } from './errors.ts';
import { eventKey, waitingAt } from './peers.ts';
import { spendRange, takeRecoveryKey } from './recovery-pool.ts';
import { decodeLocal, encodeLocal, LOCAL_KINDS, ROLES, type LocalConversation } from './records.ts';

/** Formats of signed objects that this build reads, as inceptions say it. */
const VERSIONS = [1];
const SCHEMA = 1;
const META = {
  home: utf8('home'),
  relays: utf8('relays'),
  prefix: utf8('prefix'),
  joining: utf8('joining'),
  alone: utf8('alone'),
  left: utf8('left '),
  removed: utf8('removed'),
  host: utf8('let-in-by'),
  nameAtHost: utf8('let-in-as'),
} as const;
/** Of a conversation, or of an invitation that starts some: kept on this device alone. */
const scopeKey = (id: Uint8Array): Uint8Array => concat(utf8('alone '), id);
const inviteContextKey = (invite: Uint8Array): Uint8Array => concat(utf8('context '), invite);
const PREFIX_BYTES = 3;
const homeCodec = tuple({ schema: uint(), self: text(32), generation: uint(), lastRunAt: uint() });
const relaysCodec = list(text(100), 8);
/** When this device learnt that its person had taken it out. */
const removedCodec = tuple({ at: uint(), wiped: bool });

/** How long an own inbox record is read after a newer one was made. */
const OLD_INBOX_MS = 7 * 86_400_000;
/** Of a conversation, those with the highest numbers: a device that makes very many does not have all of them read. */
const MAX_OLDER = 16;
const oldInboxCodec = tuple({ until: uint(), record: bytes(1, 512) });

/** What a part of the engine does about an event of `self`, whichever device wrote it. */
export type SelfListener = (content: SelfContent, by: SelfEvent) => void;

export class Home {
  readonly #context: Context;
  readonly #pairs = new Map<string, Pair>();
  readonly #preferences = new Map<string, Preferences>();
  /** By pair: when it was told lately where its other side is reached; and of which the newest was not. */
  readonly #toldInboxes = new Map<string, readonly number[]>();
  readonly #untoldInboxes = new Set<string>();
  #mine: Conversation | undefined;
  #joining: Conversation | undefined;
  /** It was looked for, as every cell asks. */
  #isNotJoining = false;
  #left: ReadonlySet<string> | undefined;
  #history: { readonly at: number; readonly from: number } | undefined;
  #aloneLog: ConversationLog | undefined;
  readonly #listeners: SelfListener[] = [];
  #queue: ((self: Conversation, place: Place) => void) | undefined;
  #beginning: (() => void) | undefined;
  #relays: readonly string[] = [];
  #forRun: readonly string[] = [];
  #selfId = '';
  generation = 0;
  /** Rises with everything that may change which inboxes are read at which relays. */
  changes = 0;
  #loaded = false;
  /** When the run before this one was last seen alive, own clock; 0 at the first. */
  lastRunAt = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Makes the home at the first start. `restored`: an older copy of it, by the counter outside the database. */
  open(
    relays: readonly string[],
    generation: number,
    forRun: readonly string[] = [],
  ): { readonly created: boolean; readonly restored: boolean } {
    const { store } = this.#context;
    const raw = store.get('meta', META.home);
    const home = raw === undefined ? undefined : decode(homeCodec, raw);
    if (raw !== undefined && home === undefined) throw new KithError('damaged-home');
    if (home !== undefined && home.schema > SCHEMA) throw new KithError('newer-home');
    this.#selfId = home?.self ?? this.#createSelf();
    this.lastRunAt = home?.lastRunAt ?? 0;
    this.generation = generation;
    const known = this.#readRelays();
    const given = forRun.length > 0 ? forRun : relays;
    if (known.length === 0 && given.length > 0) this.setRelays(given);
    else this.#forRun = forRun;
    this.touch();
    const restored = home !== undefined && home.generation !== generation - 1;
    if (restored) spendRange(this.#context, this);
    return { created: home === undefined, restored };
  }
  /** Notes that the client is alive. */
  touch(): void {
    const value = {
      schema: SCHEMA,
      self: this.#selfId,
      generation: this.generation,
      lastRunAt: Math.max(0, Math.floor(this.#context.now())),
    };
    this.#context.store.put('meta', META.home, encode(homeCodec, value));
  }
  /** After `forget`: nothing is made or counted. */
  resume(generation: number): void {
    const raw = this.#context.store.get('meta', META.home);
    const home = raw === undefined ? undefined : decode(homeCodec, raw);
    this.#selfId = home?.self ?? '';
    this.generation = generation;
    this.lastRunAt = home?.lastRunAt ?? 0;
  }
  createdAt(): number {
    return this.mine.local.createdAt;
  }
  forget(): void {
    for (const one of this.conversations()) {
      one.log.forget();
      for (const inbox of one.inboxes) wipeInbox(inbox);
      for (const { inbox } of one.outlets) wipeInbox(inbox);
    }
    this.#aloneLog?.forget();
    this.#aloneLog = undefined;
    this.#pairs.clear();
    this.#preferences.clear();
    this.#loaded = false;
    this.#mine = undefined;
    this.#joining = undefined;
    this.#isNotJoining = false;
    this.#left = undefined;
    this.#relays = [];
  }

  #createSelf(): string {
    const { crypto, randomness, store } = this.#context;
    const root = randomness.bytes(16);
    const id = conversationIdFrom(root);
    const key = crypto.signingKey(new Secret(randomness.bytes(32)));
    const recoveryKey = randomness.bytes(32);
    const inception = createInception(crypto, { key, root, memberKind: 'human', recoveryKey, versions: VERSIONS });
    this.#openLog(id, 'self', [root]).startDevice(key, inception);
    const local = emptyLocal(id, LOCAL_KINDS.self, ROLES.none, this.#context.now(), inception, randomness.bytes(32));
    store.put('conversation', id, encodeLocal(local));
    return conversationName(id);
  }
  #openLog(conversation: ConversationId, kind: 'self' | 'pair', roots: readonly Uint8Array[]): ConversationLog {
    const { store, crypto, randomness } = this.#context;
    const periodMs = (): number => segmentPeriod(this.setting('segment-period', null));
    const ended = (seed: SegmentSeed): void => {
      if (this.isDeviceScoped({ id: conversation })) return;
      this.tell({ type: 'segmentSeed', conversation, ...seed, extensions: [] });
    };
    return openConversationLog({ store, crypto, randomness, conversation, kind, roots, periodMs, ended });
  }
  /** The log of `self`. */
  get self(): ConversationLog {
    return this.mine.log;
  }
  /** The conversation of one's own devices. */
  get mine(): Conversation {
    this.#mine ??= this.#loadSelf(this.#selfConversation());
    return this.#mine;
  }
  /** The `self` of another device that this one asked to join and is not in yet. */
  get joining(): Conversation | undefined {
    if (this.#joining !== undefined || this.#isNotJoining) return this.#joining;
    const id = this.#context.store.get('meta', META.joining);
    if (id === undefined) this.#isNotJoining = true;
    else this.#joining = this.#loadSelf(conversationIdFrom(id));
    return this.#joining;
  }
  #loadSelf(id: ConversationId): Conversation {
    const log = this.#openLog(id, 'self', [id]);
    const device = log.device();
    const raw = this.#context.store.get('conversation', id);
    if (device === undefined || raw === undefined) throw new KithError('damaged-home');
    const self: Conversation = {
      kind: 'self',
      id,
      name: conversationName(id),
      me: device.member,
      local: decodeLocal(raw),
      log,
      inboxes: [],
      outlets: [],
      guests: [],
      peers: new Map(),
    };
    this.loadInboxes(self);
    return self;
  }
  /** All that is kept at hand. */
  *conversations(): Iterable<Conversation> {
    yield* this.#pairs.values();
    if (this.#mine !== undefined) yield this.#mine;
    if (this.#joining !== undefined) yield this.#joining;
  }

  /** Begins to read the `self` of another device. `record`: where its answer is looked for; null: none will come. */
  join(
    id: ConversationId,
    key: SigningKey,
    member: MemberId,
    inception: FeedId,
    record: Uint8Array | null,
  ): Conversation {
    const { store, randomness } = this.#context;
    this.#beginning?.();
    this.leaveJoining();
    const log = this.#openLog(id, 'self', [id]);
    log.joinDevice(key, member, inception);
    log.admit(member);
    const local = emptyLocal(id, LOCAL_KINDS.self, ROLES.none, this.#context.now(), NOT_OURS, randomness.bytes(32));
    store.put('conversation', id, encodeLocal(local));
    if (record !== null) store.put('inbox', oldInboxKey(id, 0), encode(oldInboxCodec, { until: MAX_TIME, record }));
    store.put('meta', META.joining, id);
    this.#isNotJoining = false;
    const { joining } = this;
    if (joining === undefined) throw new Error('a conversation just joined is there');
    return joining;
  }
  leaveJoining(): void {
    const { store } = this.#context;
    const id = store.get('meta', META.joining);
    store.delete('meta', META.joining);
    this.#joining = undefined;
    if (id !== undefined) this.#drop(id);
    this.changes++;
  }
  /** The joined `self` is this home's from now on; the empty one that it began with is gone. */
  adopt(): void {
    const { store } = this.#context;
    const id = store.get('meta', META.joining);
    if (id === undefined) throw new Error('nothing to adopt');
    this.#drop(this.#selfConversation());
    this.#selfId = conversationName(conversationIdFrom(id));
    store.delete('meta', META.joining);
    const old = decode(oldInboxCodec, store.get('inbox', oldInboxKey(id, 0)) ?? new Uint8Array(0));
    if (old !== undefined) {
      const until = Math.max(0, Math.floor(this.#context.now())) + OLD_INBOX_MS;
      store.put('inbox', oldInboxKey(id, 0), encode(oldInboxCodec, { until, record: old.record }));
    }
    // Of one that had contacts: they are those of the other `self` now, and what the former one said of them is told anew.
    for (const pair of this.pairs()) {
      pair.log.forget();
      store.delete('inbox', ownInboxKey(pair.id));
      forgetPeerInboxes(store, pair.id);
    }
    this.#pairs.clear();
    this.#preferences.clear();
    this.#loaded = false;
    this.#mine = undefined;
    this.#joining = undefined;
    this.touch();
    this.rebuildSelf();
    this.loadInboxes(this.mine);
    this.changes++;
  }
  /** False for a device that its person took out of a conversation: it says nothing in it any more. */
  isIn(of: Conversation): boolean {
    if (this.#leftBehind().has(of.name)) return false;
    const own = of.log.ownFeed();
    return !of.log
      .charter()
      .members.some(({ devices }) =>
        devices.some(({ feed, state }) => state === 'removed' && own !== undefined && equalBytes(feed, own)),
      );
  }
  /** From when on an own device (its feed in `self`) has lines, in milliseconds; 0: all of the past. */
  historyOf(feed: FeedId): number {
    const { log } = this.mine;
    const host = this.#hostOf(feed);
    // Nobody else has a say in it, and nobody says it of days to come: it would take nothing that is written in them.
    const latest = log.addedAt(feed) + DAY_MS;
    return host === undefined ? 0 : Math.min(latest, historyFrom(this.#context.store, feed, host));
  }
  /** Who let it in; of this device by what it saw itself, as in a charter any device may say that it did. */
  #hostOf(feed: FeedId): FeedId | undefined {
    const { log } = this.mine;
    const own = log.ownFeed();
    if (own !== undefined && equalBytes(own, feed)) return this.host();
    const entry = log.addingEntry(feed);
    return entry === undefined ? undefined : openEntry(this.#context.crypto, entry)?.feed;
  }
  /** Whose link this device followed, or whose backup it was restored from: what it says of first-seen times is believed. */
  host(): FeedId | undefined {
    return this.#context.store.get('meta', META.host) as FeedId | undefined;
  }
  /** What this device is called in what that one says, where it is not called by its own feed. */
  nameAtHost(): FeedId | undefined {
    return this.#context.store.get('meta', META.nameAtHost) as FeedId | undefined;
  }
  setHost(host: FeedId, as?: FeedId): void {
    this.#context.store.put('meta', META.host, host);
    if (as !== undefined) this.#context.store.put('meta', META.nameAtHost, as);
  }
  /** The same of this device. */
  history(): number {
    if (this.#history === undefined || this.#history.at !== this.changes) {
      const own = this.mine.log.ownFeed();
      this.#history = { at: this.changes, from: own === undefined ? 0 : this.historyOf(own) };
    }
    return this.#history.from;
  }
  isToBeWiped(feed: FeedId): boolean {
    return isToBeWiped(this.#context.store, feed);
  }
  /** Of a device that its person took out: a `self` of its own again. What it holds stays, to be read. */
  leave(): void {
    const names = this.pairs().map((pair) => [pair.id, this.facts(pair)] as const);
    const { name, picture } = this.profile();
    this.#drop(this.#selfConversation());
    this.#mine = undefined;
    this.#selfId = this.#createSelf();
    this.touch();
    for (const table of SELF_TABLES)
      for (const row of this.#context.store.scan(table)) this.#context.store.delete(table, row.key);
    this.tell({ type: 'profile', name, picture: picture ?? new Uint8Array(0), extensions: [] });
    for (const [conversation, facts] of names) {
      this.tell({ type: 'contact', conversation, label: facts.label, at: facts.at, extensions: [] });
      if (facts.name !== '') this.tell({ type: 'name', conversation, name: facts.name, extensions: [] });
      this.tell({ type: 'ended', conversation, extensions: [] });
      this.#context.store.put('meta', concat(META.left, conversation), new Uint8Array(0));
    }
    this.#left = undefined;
    this.#noteRemoval(false);
    this.changes++;
  }
  #noteRemoval(wiped: boolean): void {
    const at = Math.max(0, Math.floor(this.#context.now()));
    this.#context.store.put('meta', META.removed, encode(removedCodec, { at, wiped }));
  }
  removed(): { readonly at: number; readonly wiped: boolean } | null {
    return decode(removedCodec, this.#context.store.get('meta', META.removed) ?? new Uint8Array(0)) ?? null;
  }
  /** Conversations of a person that this device was one of. */
  #leftBehind(): ReadonlySet<string> {
    const { left } = META;
    this.#left ??= new Set(
      this.#context.store
        .scan('meta', { from: left, to: afterPrefix(left) })
        .map(({ key }) => toHex(key.slice(left.length))),
    );
    return this.#left;
  }
  /** Forgets everything, and begins as a fresh home. */
  wipe(): void {
    const { store } = this.#context;
    for (const table of TABLES) for (const row of store.scan(table)) store.delete(table, row.key);
    store.clearTexts();
    this.forget();
    this.#selfId = this.#createSelf();
    this.touch();
    this.#noteRemoval(true);
    this.changes++;
  }
  #drop(id: Uint8Array): void {
    const { store } = this.#context;
    for (const table of CONVERSATION_TABLES)
      for (const row of store.scan(table, { from: id, to: afterPrefix(id) })) store.delete(table, row.key);
  }
  #selfConversation(): ConversationId {
    const id = conversationFromName(this.#selfId);
    if (id === undefined) throw new KithError('damaged-home');
    return id;
  }
  /** The public id of this device: its feed in the self conversation, which no other conversation shows. */
  get deviceName(): string {
    const device = this.self.device();
    return device === undefined ? '' : toHex(device.feed);
  }

  /** Writes an event of `self` and takes it into the tables. */
  tell(content: SelfContent): void {
    const { kind, bytes: body } = selfContents.encode(content);
    const log = this.#logFor(content);
    const appended = log.append({ contentKind: kind, content: body, time: this.#context.now() });
    this.take(appended, content);
    if (log === this.self) this.#queue?.(this.mine, appended.place);
  }
  /** What concerns a conversation of this device alone is told to nobody: it stands in a log that never leaves it. */
  #logFor(content: SelfContent): ConversationLog {
    const about = 'conversation' in content ? content.conversation : null;
    return about !== null && this.isDeviceScoped({ id: about }) ? this.#alone() : this.self;
  }
  #alone(): ConversationLog {
    const log = this.#openAlone();
    if (log !== undefined) return log;
    const { crypto, randomness, store } = this.#context;
    const id = conversationIdFrom(randomness.bytes(16));
    const key = crypto.signingKey(new Secret(randomness.bytes(32)));
    const recoveryKey = randomness.bytes(32);
    const inception = createInception(crypto, { key, root: id, memberKind: 'human', recoveryKey, versions: VERSIONS });
    store.put('meta', META.alone, id);
    store.put('meta', scopeKey(id), new Uint8Array(0));
    this.#aloneLog = this.#openLog(id, 'self', [id]);
    this.#aloneLog.startDevice(key, inception);
    return this.#aloneLog;
  }
  #openAlone(): ConversationLog | undefined {
    const id = this.#context.store.get('meta', META.alone);
    if (id !== undefined) this.#aloneLog ??= this.#openLog(conversationIdFrom(id), 'self', [id]);
    return this.#aloneLog;
  }
  /** Where own events of `self` go; and what else acts on events of `self`. */
  onSelf(queue: (self: Conversation, place: Place) => void, ...listeners: readonly SelfListener[]): void {
    this.#queue = queue;
    this.#listeners.push(...listeners);
  }
  /** Called before a conversation begins in this home, or it joins another `self`. */
  onBeginning(listener: () => void): void {
    this.#beginning = listener;
  }
  /** Takes an event of `self` into the tables, whichever device wrote it, and has it acted on. */
  take(by: SelfEvent, content: SelfContent): void {
    const { store } = this.#context;
    // An old draft is a text that its writer thinks gone.
    const old = supersededBy(store, by, content);
    const before =
      content.type === 'inbox' ? stampedValue(store.get('inbox', ownInboxKey(content.conversation))) : undefined;
    const isNew = projectSelf(store, by, content);
    if (isNew && old !== undefined) this.#logFor(content).purge(old);
    // It comes after the one that took its place.
    if (!isNew && old !== undefined && !equalBytes(old, by.event)) {
      this.#logFor(content).purge(by.event);
      this.#context.scrub();
    }
    for (const pair of this.#pairs.values()) pair.facts = undefined;
    this.#preferences.clear();
    this.changes++;
    // One of two that were made at the same time: others may have been told of it.
    const isBeside = content.type === 'inbox' && before !== undefined && isNewerRecord(before, content.record);
    if (isBeside) this.#keepReading(content.conversation, content.record);
    if (!isNew) return;
    if (content.type === 'inbox') this.#keepReading(content.conversation, before);
    const pair = content.type === 'peerInbox' ? this.pair(content.conversation) : undefined;
    if (pair !== undefined) this.chooseOutlet(pair);
    for (const listener of this.#listeners) listener(content, by);
  }
  /** What was posted to the record before it is still fetched for a week. */
  #keepReading(conversation: ConversationId, record: Uint8Array | undefined): void {
    const { store } = this.#context;
    const number = record === undefined ? undefined : decodeInboxRecord(record)?.number;
    if (record !== undefined && number !== undefined) {
      const until = Math.max(0, Math.floor(this.#context.now())) + OLD_INBOX_MS;
      store.put('inbox', oldInboxKey(conversation, number), encode(oldInboxCodec, { until, record }));
    }
    const known = this.#known(conversation);
    if (known === undefined) return;
    // Own devices that have not heard of the new one are still reached where they look.
    if (known.kind === 'self' && record !== undefined)
      for (const feed of this.#ownFeeds(known))
        if (store.get('inbox', reachedKey(known.id, feed)) === undefined)
          store.put('inbox', reachedKey(known.id, feed), record);
    this.loadInboxes(known);
    // Who posts to another one of that number has not been told of this one.
    const newest = known.inboxes[0]?.number ?? 0;
    if (number === newest && known.local.inboxTold >= newest) this.save(known, { inboxTold: Math.max(0, newest - 1) });
  }
  /** What a device of the other side says here of where its person is reached. Tells whether that changes. */
  learnOutlet(pair: Pair, record: Uint8Array, by: FeedId): boolean {
    const { store } = this.#context;
    const key = concat(toldKey(pair.id), by);
    const known = store.get('inbox', key);
    const said = decodeInboxRecord(record);
    if (said === undefined) return false;
    const isNews = known === undefined || isNewerRecord(record, known);
    if (isNews) store.put('inbox', key, record);
    // Said again after one of one's own devices said something newer, and was taken out: it counts no more from then on.
    if (this.#toldOf(pair).some(({ trust, record: other }) => trust === 'doubted' && isNewerRecord(other, record)))
      this.tell({ type: 'peerInbox', conversation: pair.id, record, extensions: toldBy(by) });
    return isNews && this.chooseOutlet(pair);
  }
  /**
   * The newest record that one of their devices said which is not out: whatever number it gave its own, those that are left may
   * never have heard of that one. What an own device said of it that is out may be right or made up: cells go there too, until
   * the other side has said where it is.
   */
  chooseOutlet(pair: Pair): boolean {
    const told = this.#toldOf(pair);
    const newestOf = (trust: Told['trust']): Uint8Array | undefined =>
      told
        .filter((one) => one.trust === trust)
        .map(({ record }) => record)
        .reduce<Uint8Array | undefined>(
          (best, record) => (best === undefined || isNewerRecord(record, best) ? record : best),
          undefined,
        );
    const [counting, doubted] = [newestOf('counts'), newestOf('doubted')];
    const first = counting ?? doubted ?? newestOf('out');
    if (first === undefined) return false;
    const beside = doubted !== undefined && isNewerRecord(doubted, first) ? doubted : undefined;
    const changed = [this.#putRecord(outletKey(pair.id), first), this.#putRecord(besideKey(pair.id), beside)].includes(
      true,
    );
    if (changed) this.loadInboxes(pair);
    return changed;
  }
  #putRecord(key: Uint8Array, record: Uint8Array | undefined): boolean {
    const { store } = this.#context;
    const known = store.get('inbox', key);
    if (equalBytes(known ?? NO_ID, record ?? NO_ID)) return false;
    if (record === undefined) store.delete('inbox', key);
    else store.put('inbox', key, record);
    return true;
  }
  #toldOf(pair: Pair): readonly Told[] {
    const { store } = this.#context;
    const from = toldKey(pair.id);
    const devices = pair.log.charter().members.flatMap((member) => member.devices);
    const isOut = (by: FeedId | null): boolean =>
      by !== null && devices.some(({ feed, state }) => state === 'removed' && equalBytes(feed, by));
    const here = store.scan('inbox', { from, to: afterPrefix(from) }).map(({ key, value }): Told => {
      const by = key.slice(from.length) as FeedId;
      return { record: value, by, trust: isOut(by) ? 'out' : 'counts' };
    });
    const said = peerInboxesOf(store, pair.id);
    const removed = this.mine.log
      .charter()
      .members.flatMap((member) => member.devices.flatMap(({ feed, state }) => (state === 'removed' ? [feed] : [])));
    const isLost = (author: FeedId | null): boolean =>
      author !== null && removed.some((feed) => equalBytes(feed, author));
    /** What an own device says that is not out it says knowing all that stands before it. */
    const isOver = (one: PeerInbox): boolean =>
      said.some(
        (later) =>
          !isLost(later.author) &&
          (later.lamport > one.lamport || (later.lamport === one.lamport && compareBytes(later.event, one.event) > 0)),
      );
    const heard = said.flatMap((one): readonly Told[] => {
      const { record, by, author } = one;
      if (!isLost(author)) return [{ record, by, trust: isOut(by) ? 'out' : 'counts' }];
      return isOver(one) ? [] : [{ record, by, trust: isOut(by) ? 'out' : 'doubted' }];
    });
    const inUse = store.get('inbox', outletKey(pair.id));
    // Of a home from before it was noted who said it.
    const before: readonly Told[] =
      inUse === undefined || here.length + said.length > 0 ? [] : [{ record: inUse, by: null, trust: 'counts' }];
    return [...here, ...heard, ...before];
  }
  #known(conversation: ConversationId): Conversation | undefined {
    return conversationName(conversation) === this.#selfId
      ? this.mine
      : this.#pairs.get(conversationName(conversation));
  }
  #ownFeeds(self: Conversation): readonly FeedId[] {
    const own = self.log.ownFeed();
    return self.log
      .charter()
      .members.flatMap((member) => (equalBytes(member.id, self.me) ? member.devices : []))
      .filter(({ feed, state }) => state === 'active' && (own === undefined || !equalBytes(feed, own)))
      .map(({ feed }) => feed);
  }
  /** Where an own device that does not know the newest inbox is reached, or one that was removed. */
  reachedAt(self: Conversation, feed: FeedId): Outlet | undefined {
    const record = this.#context.store.get('inbox', reachedKey(self.id, feed));
    return record === undefined ? undefined : this.outletOf(record);
  }
  /** An own device reads another inbox than the newest, or (null) the newest from now on. */
  reach(self: Conversation, feed: FeedId, record: Uint8Array | null): void {
    const { store } = this.#context;
    if (record !== null) store.put('inbox', reachedKey(self.id, feed), record);
    else if (store.get('inbox', reachedKey(self.id, feed)) === undefined) return;
    else store.delete('inbox', reachedKey(self.id, feed));
    this.loadInboxes(self);
  }
  /** The record of an inbox that is read. */
  recordOf(self: Conversation, { tagKey }: Inbox): Uint8Array | undefined {
    const newest = this.knownRecord(self);
    return [...(newest === undefined ? [] : [newest]), ...this.#olderRecords(self)].find((raw) => {
      const inbox = this.outletOf(raw)?.inbox;
      const isIt = inbox !== undefined && this.#context.crypto.equal(inbox.tagKey.expose(), tagKey.expose());
      if (inbox !== undefined) wipeInbox(inbox);
      return isIt;
    });
  }
  /** A device that is out is reached where it wrote: it hears of no newer inbox. */
  reachWhere(self: Conversation, feed: FeedId, record: Uint8Array | undefined): void {
    const known = this.#context.store.get('inbox', reachedKey(self.id, feed));
    if (record !== undefined && (known === undefined || !equalBytes(known, record))) this.reach(self, feed, record);
  }
  /** From when timers of texts written there count. */
  timerFrom(pair: Pick<Pair, 'id'>): 'reading' | 'sending' {
    return this.setting('timer-from', pair.id) === 'sending' ? 'sending' : 'reading';
  }
  /** How this person wants a conversation treated. */
  preferences(pair: Pick<Pair, 'id' | 'name'>): Preferences {
    const known = this.#preferences.get(pair.name) ?? preferencesOf(this.#context.store, pair.id);
    this.#preferences.set(pair.name, known);
    return known;
  }
  /** As `tell`, unless it would change nothing: `self` does not grow by repetition. Tells whether it was written. */
  tellOnce(content: SelfContent): boolean {
    if (this.#isKnown(content)) return false;
    this.tell(content);
    return true;
  }
  #isKnown(content: SelfContent): boolean {
    const { store } = this.#context;
    switch (content.type) {
      case 'draft':
        return draftOf(store, content.conversation) === content.text;
      case 'setting':
        return content.value !== null && settingsSet(store, content.conversation).get(content.key) === content.value;
      case 'read': {
        return readMarks(store, content.conversation).some((mark) => equalBytes(mark, content.frontier));
      }
      case 'relation': {
        const known = relationOf(store, content.conversation);
        return known !== undefined && equalBytes(encode(relationContent, known), encode(relationContent, content));
      }
      case 'peerInbox': {
        const by = toldByOf(content.extensions);
        const isSaid = (other: FeedId | null): boolean => equalBytes(other ?? NO_ID, by ?? NO_ID);
        return peerInboxesOf(store, content.conversation).some(
          (one) => isSaid(one.by) && equalBytes(one.record, content.record),
        );
      }
      case 'profile': {
        const { name, picture } = ownProfile(store);
        return name === content.name && equalBytes(picture ?? new Uint8Array(0), content.picture);
      }
      default:
        return false;
    }
  }
  /**
   * Drops the tables that are made of `self` and makes them again from the log. Tells of which conversations an inbox counts no more,
   * and its number.
   */
  rebuildSelf(): readonly { readonly of: Conversation; readonly number: number }[] {
    const { store } = this.#context;
    for (const table of SELF_TABLES) for (const row of store.scan(table)) store.delete(table, row.key);
    const dropped: Dropped[] = [];
    for (const log of [this.self, this.#openAlone()]) if (log !== undefined) dropped.push(...this.#projectAll(log));
    for (const pair of this.#pairs.values()) pair.facts = undefined;
    this.#preferences.clear();
    this.changes++;
    return dropped.flatMap(({ conversation, record, number }) => {
      // Others were told of it.
      this.#keepReading(conversation, record);
      const of = conversationName(conversation) === this.#selfId ? this.mine : this.pair(conversation);
      return of === undefined ? [] : [{ of, number }];
    });
  }
  /** As `rebuildSelf`, where something that was said does not count any more: what is unread follows from the marks that are left. */
  recount(): ReturnType<Home['rebuildSelf']> {
    const marks = (pair: Pair): readonly string[] => readMarks(this.#context.store, pair.id).map(toHex);
    const before = this.pairs().map((pair) => [pair, marks(pair)] as const);
    const dropped = this.rebuildSelf();
    for (const [pair, known] of before) {
      const left = new Set(marks(pair));
      if (known.some((mark) => !left.has(mark))) this.rebuildPair(pair);
    }
    return dropped;
  }
  /** Answers inbox records of one's own that a device said which is out by now. */
  #projectAll(log: ConversationLog): readonly Dropped[] {
    const { store } = this.#context;
    const dropped: Dropped[] = [];
    // Of these the newest stands in rows that are not dropped: first those have to go that do not count.
    const inboxes: (readonly [SelfEvent, SelfContent])[] = [];
    // Backwards, page by page: the stamps make the order of projection of no account.
    let before: EventId | undefined;
    for (;;) {
      const page = log.page({ limit: 500, ...(before === undefined ? {} : { before }) });
      for (const event of page) {
        const raw = log.content(event.event);
        const content = raw === undefined ? undefined : decodeSelf(event.contentKind, raw);
        if (content === undefined) continue;
        const counts = countsInSelf(event, content);
        if (content.type === 'inbox' || content.type === 'peerInbox') {
          if (counts) inboxes.push([event, content]);
          else if (dropInbox(store, event, content) && content.type === 'inbox')
            dropped.push({ ...content, number: numberOf(event, content) ?? 0 });
        } else if (counts) projectSelf(store, event, content);
      }
      before = page[0]?.event;
      if (before === undefined) break;
    }
    for (const [event, content] of inboxes) projectSelf(store, event, content);
    return dropped;
  }

  /** The same for what a pair shows. Unread lines stay unread: which were read lies in `self`, as a frontier. */
  rebuildPair(pair: Pair): void {
    const { store } = this.#context;
    unscheduleAll(store, pair.id);
    for (const table of PAIR_TABLES) {
      for (const row of store.scan(table, { from: pair.id, to: afterPrefix(pair.id) })) store.delete(table, row.key);
    }
    let before: EventId | undefined;
    for (;;) {
      const page = pair.log.page({ limit: 500, ...(before === undefined ? {} : { before }) });
      for (const event of page) projectPair(pair.view, event);
      before = page[0]?.event;
      if (before === undefined) return;
    }
  }

  setting(key: string, conversation: ConversationId | null): string {
    return settingOf(this.#context.store, key, conversation) ?? settingDefault(key);
  }
  isOn(key: string, conversation: ConversationId | null): boolean {
    return this.setting(key, conversation) === 'on';
  }
  profile(): { readonly name: string; readonly picture: Uint8Array | null } {
    return ownProfile(this.#context.store);
  }
  /** The context a conversation stands in, or null; undefined: of which nothing is known here yet. */
  contextOf({ id }: Pick<Pair, 'id'>): ContextFacts | null | undefined {
    const context = contextOf(this.#context.store, id);
    return context === null ? null : contextFacts(this.#context.store, context);
  }
  /** What the other side of a conversation is to see of this person; undefined: nothing before it is known what. */
  profileIn(pair: Pick<Pair, 'id'>): { readonly name: string; readonly picture: Uint8Array | null } | undefined {
    const context = this.contextOf(pair);
    return context === null ? this.profile() : context;
  }
  /** Where the conversations of an invitation will stand. */
  inviteInto(invite: Uint8Array, context: ContextId): void {
    this.#context.store.put('meta', inviteContextKey(invite), context);
  }
  invitesInto(invite: Uint8Array): ContextFacts | null | undefined {
    const context = this.#context.store.get('meta', inviteContextKey(invite));
    return context === undefined ? null : contextFacts(this.#context.store, contextIdFrom(context));
  }
  facts(pair: Pair): ContactFacts {
    pair.facts ??= contactFacts(this.#context.store, pair.id) ?? {
      label: '',
      at: pair.local.createdAt,
      name: '',
      validity: 'unvalidated',
      blocked: false,
      ended: false,
    };
    return pair.facts;
  }

  /** Those in use: named for this run, else the remembered ones. */
  get relays(): readonly string[] {
    return this.#forRun.length > 0 ? this.#forRun : this.remembered;
  }
  get remembered(): readonly string[] {
    if (this.#relays.length === 0) this.#relays = this.#readRelays();
    return this.#relays;
  }
  #readRelays(): readonly string[] {
    const raw = this.#context.store.get('meta', META.relays);
    return (raw === undefined ? undefined : decode(relaysCodec, raw)) ?? [];
  }
  setRelays(relays: readonly string[]): void {
    this.#relays = relays;
    this.changes++;
    this.#context.store.put('meta', META.relays, encode(relaysCodec, relays));
  }

  /** All pairs, also ended and blocked ones. */
  pairs(): readonly Pair[] {
    if (!this.#loaded) {
      for (const row of this.#context.store.scan('conversation')) {
        const local = decodeLocal(row.value);
        if (local.kind === LOCAL_KINDS.pair && !this.#pairs.has(toHex(row.key))) this.#load(local);
      }
      this.#loaded = true;
    }
    return [...this.#pairs.values()];
  }
  pair(id: ConversationId): Pair | undefined {
    const known = this.#pairs.get(conversationName(id));
    if (known !== undefined) return known;
    const raw = this.#context.store.get('conversation', id);
    const local = raw === undefined ? undefined : decodeLocal(raw);
    return local?.kind === LOCAL_KINDS.pair ? this.#load(local) : undefined;
  }
  #load(local: LocalConversation): Pair {
    const { store, crypto } = this.#context;
    const id = conversationIdFrom(local.id);
    const log = this.#openLog(id, 'pair', [local.root]);
    const device = log.device();
    if (device === undefined) throw new KithError('damaged-home');
    const conversation: Conversation = {
      kind: 'pair',
      id,
      name: conversationName(id),
      me: device.member,
      local,
      log,
      inboxes: [],
      outlets: [],
      // Heard for what they have to say about their removal.
      get guests() {
        return disputedOf(log, device.member);
      },
      peers: new Map(),
    };
    const pair: Pair = Object.assign(conversation, {
      kind: 'pair' as const,
      view: {
        store,
        crypto,
        log,
        conversation: id,
        me: device.member,
        historyFrom: () => this.history(),
        lifespan: () => this.preferences(pair).lifespan,
        rightTime: (at: number) => rightTime(store, at),
        isWaiting: (place: Place) => waitingAt(this.#context, pair.theirs, eventKey(pair.theirs, place)) !== undefined,
      },
      facts: undefined,
      theirs: routeOf(conversation, conversation),
      own: routeOf(conversation, this.mine),
    });
    this.#pairs.set(pair.name, pair);
    this.loadInboxes(pair);
    return pair;
  }
  loadInboxes(of: Conversation): void {
    const { store } = this.#context;
    for (const inbox of of.inboxes) wipeInbox(inbox);
    for (const { inbox } of of.outlets) wipeInbox(inbox);
    this.changes++;
    const own = stampedValue(store.get('inbox', ownInboxKey(of.id)));
    const older = this.#olderRecords(of);
    const joined = own === undefined && of.kind === 'self' ? store.get('inbox', outletKey(of.id)) : undefined;
    const newest = own ?? joined;
    // Whoever was let in reads where it was told that its person is, before it hears so in `self`: the others post to it nowhere
    // else once it has posted there itself.
    const isIn = !equalBytes(of.id, store.get('meta', META.joining) ?? NO_ID);
    const read = isIn ? newest : own;
    of.inboxes = this.#open(read === undefined ? older : [read, ...older]).map(({ inbox }) => inbox);
    if (of.kind === 'pair') {
      const theirs = [outletKey(of.id), besideKey(of.id)].flatMap((key) => store.get('inbox', key) ?? []);
      of.outlets = this.#open(theirs);
      return;
    }
    const reached = this.#ownFeeds(of).flatMap((feed) => store.get('inbox', reachedKey(of.id, feed)) ?? []);
    const distinct = new Map(
      [...(newest === undefined ? [] : [newest]), ...reached].map((raw) => [toHex(raw), raw] as const),
    );
    of.outlets = this.#open([...distinct.values()]);
  }
  /** Read for a while yet. */
  #olderRecords({ id }: Conversation): readonly Uint8Array[] {
    const { store } = this.#context;
    const now = this.#context.now();
    const from = concat(utf8('x'), id);
    const older = store.scan('inbox', { from, to: afterPrefix(from), reverse: true }).flatMap((row) => {
      const old = decode(oldInboxCodec, row.value);
      if (old !== undefined && old.until > now) return [old.record];
      store.delete('inbox', row.key);
      return [];
    });
    // Each is tried on every cell, and heard at its relays.
    return older.slice(0, MAX_OLDER);
  }
  outletOf(record: Uint8Array): Outlet | undefined {
    return this.#open([record])[0];
  }
  #open(records: readonly Uint8Array[]): readonly Outlet[] {
    return records.flatMap((raw) => {
      const record = decodeInboxRecord(raw);
      return record === undefined ? [] : [{ record, inbox: openInbox(this.#context.crypto, record) }];
    });
  }
  /** A device that was just let in has not heard yet where its person's inbox is. */
  knownRecord(of: Conversation): Uint8Array | undefined {
    return stampedValue(this.#context.store.get('inbox', ownInboxKey(of.id)));
  }
  ownRecord(of: Conversation): Uint8Array {
    const record = this.knownRecord(of);
    if (record === undefined) throw new KithError('damaged-home');
    return record;
  }
  /**
   * What a device of the `self` that is being joined says: here its devices are reached. An own device that came back from an old
   * copy says an old one: there it looks until it has heard of the newest.
   */
  learnOwnInbox(heard: Conversation, feed: FeedId, record: Uint8Array): void {
    // The packet that says it may have let this device in: then that `self` is the home's by now.
    const self = this.#known(heard.id) ?? heard;
    const said = decodeInboxRecord(record);
    if (said === undefined) return;
    const known = this.knownRecord(self);
    const isOld = said.number < (self.inboxes[0]?.number ?? 0) || (known !== undefined && isNewerRecord(known, record));
    if (self === this.#mine && isOld) this.reach(self, feed, record);
    if (self !== this.#joining && known !== undefined) return;
    const key = outletKey(self.id);
    const before = this.#context.store.get('inbox', key);
    if (before !== undefined && equalBytes(before, record)) return;
    this.#context.store.put('inbox', key, record);
    this.loadInboxes(self);
  }
  /** Kept on this device alone: never in sync with one's others, and in no backup. */
  isDeviceScoped({ id }: Pick<Pair, 'id'>): boolean {
    return this.#context.store.get('meta', scopeKey(id)) !== undefined;
  }
  /** Before it is born, and for good: what others were told could not be taken back. An invitation has a scope as well. */
  keepHere(id: Uint8Array): void {
    this.#context.store.put('meta', scopeKey(id), new Uint8Array(0));
  }
  /** A record of one's own for this conversation, numbered after the last, and `above`. `bits`: as for `prepare`. */
  renewInbox(of: Conversation, bits: number, above = 0): void {
    const number = Math.max(of.inboxes[0]?.number ?? 0, above) + 1;
    const prefix = this.#prefix(this.contextOf(of) ?? null);
    const record = createInboxRecord(this.#context.randomness, number, this.relays.slice(0, 2), bits, prefix);
    this.tell({ type: 'inbox', conversation: of.id, record: encodeInboxRecord(record), extensions: [] });
  }
  setPeerRecord(pair: Pair, record: Uint8Array, by: FeedId): void {
    this.learnOutlet(pair, record, by);
    this.tellPeerInbox(pair);
  }
  /** A contact may say as often as it likes that it moved: of very many only some are written, and what is newest a while later. */
  tellPeerInbox(pair: Pair): void {
    const now = this.#context.now();
    const lately = (this.#toldInboxes.get(pair.name) ?? []).filter((at) => Math.abs(now - at) < HOUR_MS);
    if (lately.length < MAX_TOLD_INBOXES) {
      this.#untoldInboxes.delete(pair.name);
      if (this.#tellPeerInbox(pair)) lately.push(now);
    } else this.#untoldInboxes.add(pair.name);
    this.#toldInboxes.set(pair.name, lately);
  }
  /** Those that were not told when they came. */
  tellPeerInboxes(): void {
    for (const pair of this.pairs()) if (this.#untoldInboxes.has(pair.name)) this.tellPeerInbox(pair);
  }
  #tellPeerInbox(pair: Pair): boolean {
    const record = this.#context.store.get('inbox', outletKey(pair.id));
    const told = this.#toldOf(pair).filter((one) => record !== undefined && equalBytes(one.record, record));
    // What only a device said that is out is not said again by one that is not.
    const known = told.find(({ trust }) => trust === 'counts') ?? told.find(({ trust }) => trust === 'out');
    if (record === undefined || known === undefined) return false;
    const { by } = known;
    return this.tellOnce({
      type: 'peerInbox',
      conversation: pair.id,
      record,
      extensions: by === null ? [] : toldBy(by),
    });
  }
  /** The next packets say where this person is reached, until a cell comes there. */
  tellWhereAgain(pair: Pair): void {
    const newest = pair.inboxes[0]?.number ?? 0;
    if (pair.local.inboxTold >= newest) this.save(pair, { inboxTold: Math.max(0, newest - 1) });
  }
  save(of: Conversation, change: Partial<LocalConversation>): void {
    of.local = { ...of.local, ...change };
    this.#context.store.put('conversation', of.id, encodeLocal(of.local));
  }
  /** Tells one's other devices what the birth of this pair fixed, as far as it is known. */
  tellRelation(pair: Pair): void {
    const { role, root, createdAt, inception, nonce, peerInception, peerNonce, peerCommitment, settled } = pair.local;
    const relation = { root, role, at: createdAt, inception, nonce, peerInception, peerNonce, peerCommitment, settled };
    this.tellOnce({ type: 'relation', conversation: pair.id, ...relation, extensions: [] });
  }
  /** A pair that another own device is in, or was in: this one makes its key for it, or has made it. */
  addFrom({ conversation: id, at, extensions: _, ...relation }: Relation, key?: SigningKey): Pair | undefined {
    const { crypto, randomness, store } = this.#context;
    const inception = openEntry(crypto, relation.inception);
    const known = this.pair(id);
    if (known !== undefined || inception?.act.type !== 'inception' || this.isOwn(id)) return known;
    this.#beginning?.();
    const log = this.#openLog(id, 'pair', [relation.root]);
    const own = key ?? crypto.signingKey(new Secret(randomness.bytes(32)));
    log.joinDevice(own, inception.act.member, inception.feed);
    log.ingest([{ type: 'entry', entry: relation.inception }], 'own', this.#context.now());
    log.admit(inception.act.member);
    const empty = emptyLocal(id, LOCAL_KINDS.pair, relation.role, at, relation.inception, relation.nonce);
    store.put('conversation', id, encodeLocal({ ...empty, ...relation }));
    const pair = this.pair(id);
    if (pair !== undefined) this.admitPeer(pair);
    if (pair !== undefined) this.chooseOutlet(pair);
    return pair;
  }
  /** No conversation with anybody: nothing that others say makes it one, or its keys would be lost. */
  isOwn(id: Uint8Array): boolean {
    const { store } = this.#context;
    return store.get('conversation', id) !== undefined || equalBytes(store.get('meta', META.alone) ?? NO_ID, id);
  }
  /** The other member, as the birth of the pair named it. */
  admitPeer(pair: Pair): void {
    const { peerInception } = pair.local;
    const entry = peerInception === null ? undefined : openEntry(this.#context.crypto, peerInception);
    if (peerInception === null || entry?.act.type !== 'inception') return;
    pair.log.ingest([{ type: 'entry', entry: peerInception }], 'own', this.#context.now());
    pair.log.admit(entry.act.member);
  }

  /**
   * Makes this device's side of a pair: key, inception, inbox record. `root`: what inceptions of the pair are for, 32 bytes
   * (spec 03). `bits`: how much of the prefix the relay has in use. `context`: where it will stand.
   */
  prepare(root: Uint8Array, bits: number, context: ContextFacts | null): Prepared {
    const { crypto, randomness } = this.#context;
    const key = crypto.signingKey(new Secret(randomness.bytes(32)));
    const recoveryKey = takeRecoveryKey(this.#context, this);
    const inception = createInception(crypto, { key, root, memberKind: 'human', recoveryKey, versions: VERSIONS });
    const record = createInboxRecord(randomness, 1, this.relays.slice(0, 2), bits, this.#prefix(context));
    const inbox = encodeInboxRecord(record);
    return { root, key, inception, nonce: randomness.bytes(32), inbox, context };
  }
  /** All contacts of a context share a prefix, so that one bucket is read for them (spec 06). */
  #prefix(context: ContextFacts | null): Uint8Array {
    if (context !== null) return context.prefix;
    const known = this.#context.store.get('meta', META.prefix);
    if (known !== undefined) return known;
    const prefix = this.#context.randomness.bytes(PREFIX_BYTES);
    this.#context.store.put('meta', META.prefix, prefix);
    return prefix;
  }
  add(
    id: ConversationId,
    prepared: Prepared,
    role: 'inviter' | 'acceptor',
    label: string,
    invite: Uint8Array | null,
  ): Pair {
    const now = this.#context.now();
    this.#beginning?.();
    this.#openLog(id, 'pair', [prepared.root]).startDevice(prepared.key, prepared.inception);
    const local = emptyLocal(id, LOCAL_KINDS.pair, ROLES[role], now, prepared.inception, prepared.nonce);
    this.#context.store.put('conversation', id, encodeLocal({ ...local, root: prepared.root, invite }));
    this.tell({ type: 'contact', conversation: id, label, at: now, extensions: [] });
    const { context } = prepared;
    if (context !== null) this.tell({ type: 'contextOf', conversation: id, context: context.id, extensions: [] });
    this.tell({ type: 'inbox', conversation: id, record: prepared.inbox, extensions: [] });
    const pair = this.pair(id);
    if (pair === undefined) throw new Error('a pair just made is there');
    return pair;
  }
  /** The other person, once known. */
  peer(pair: Pair): MemberId | undefined {
    return pair.log.charter().members.find((member) => !equalBytes(member.id, pair.view.me))?.id;
  }
}

export interface Prepared {
  readonly root: Uint8Array;
  readonly key: Parameters<ConversationLog['startDevice']>[0];
  readonly inception: Uint8Array;
  readonly nonce: Uint8Array;
  readonly inbox: Uint8Array;
  readonly context: ContextFacts | null;
}

/** Devices of the other side that were removed, or removed each other. */
const disputedOf = (log: ConversationLog, me: MemberId): readonly FeedId[] =>
  log
    .charter()
    .members.flatMap(({ id, devices }) => (equalBytes(id, me) ? [] : devices))
    .flatMap(({ feed, state }) => (state === 'active' ? [] : [feed]));

const stampedValue = (raw: Uint8Array | undefined): Uint8Array | undefined =>
  raw === undefined ? undefined : readStamped(raw);

/** Stands where an inception would: the `self` it joins has one, by another device. */
const NOT_OURS = Uint8Array.of(0);
const MAX_TIME = 2 ** 48 - 1;
/** Of each contact in an hour. */
const MAX_TOLD_INBOXES = 4;
/** Tables whose keys begin with a conversation, for a `self` that is given up. */
const CONVERSATION_TABLES = ['conversation', ...LOG_TABLES, 'session', 'hello', 'outbox', 'peer'] as const;
const NO_ID = new Uint8Array(0);
/** An inbox of one's own that counts no more; the next one has a number above its. */
interface Dropped {
  readonly conversation: ConversationId;
  readonly record: Uint8Array;
  readonly number: number;
}
/** A record of where the other side is reached, and how far it is to be believed. */
interface Told {
  readonly record: Uint8Array;
  /** Which of their devices said it; null: nobody knows. */
  readonly by: FeedId | null;
  /** `doubted`: by way of an own device that is out. `out`: their device is. */
  readonly trust: 'counts' | 'doubted' | 'out';
}
const outletKey = (conversation: Uint8Array): Uint8Array => concat(utf8('p'), conversation);
/** Where cells go as well. */
const besideKey = (conversation: Uint8Array): Uint8Array => concat(utf8('e'), conversation);
const ownInboxKey = (conversation: Uint8Array): Uint8Array => concat(utf8('o'), conversation);
/**
 * What a device said that its person had taken out by then counts nowhere, or own devices that heard it before they knew would go
 * on to differ from the others. Which device of a conversation it is tells only whom to take out there.
 */
export const countsInSelf = (event: Pick<ShownEvent, 'marks' | 'lamport'>, content: SelfContent): boolean =>
  content.type === 'consent' || (!event.marks.includes('removed') && numberOf(event, content) !== undefined);
/**
 * Of an inbox record the number, 0 of anything else. Undefined where it is so high that nobody came to it by making one inbox after
 * the other: above the last number there is no other one, and where its person is reached would be said for good.
 */
const numberOf = ({ lamport }: Pick<ShownEvent, 'lamport'>, content: SelfContent): number | undefined => {
  const number = content.type === 'inbox' ? decodeInboxRecord(content.record)?.number : 0;
  return number === undefined || number > lamport + MAX_AHEAD ? undefined : number;
};
/** Inboxes that came into being before there was a `self` to say so. */
const MAX_AHEAD = 65_536;
/** Where the other side is reached, by which of its devices said it. */
const toldKey = (conversation: Uint8Array): Uint8Array => concat(utf8('t'), conversation);
const oldInboxKey = (conversation: Uint8Array, number: number): Uint8Array =>
  concat(utf8('x'), conversation, uint32(number));
const reachedKey = (self: Uint8Array, feed: FeedId): Uint8Array => concat(utf8('d'), self, feed);

const emptyLocal = (
  id: ConversationId,
  kind: 0 | 1,
  role: number,
  createdAt: number,
  inception: Uint8Array,
  nonce: Uint8Array,
): LocalConversation => ({
  id,
  kind,
  role,
  root: id,
  createdAt: Math.max(0, createdAt),
  inception,
  nonce,
  peerInception: null,
  peerNonce: null,
  peerCommitment: null,
  settled: false,
  invite: null,
  inboxTold: 0,
});
