// The home of one device: its self conversation, its other conversations, and what of them is kept at hand in memory.
// Everything in here can be dropped (`forget`) and read again from the store.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { decode, encode, list, text, tuple, uint } from '../codec/index.ts';
import {
  afterPrefix,
  contactFacts,
  decodeSelf,
  draftOf,
  ownProfile,
  PAIR_TABLES,
  parseDuration,
  projectPair,
  projectSelf,
  readMark,
  readStamped,
  selfContents,
  SELF_TABLES,
  settingDefault,
  settingOf,
  settingsSet,
  supersededBy,
  type ContactFacts,
  type PairView,
  type SelfContent,
} from '../conversation/index.ts';
import { Secret } from '../crypto/index.ts';
import {
  conversationFromName,
  conversationIdFrom,
  conversationName,
  createInception,
  type ConversationId,
  type EventId,
  type MemberId,
} from '../identity/index.ts';
import { frontierCodec, openConversationLog, type ConversationLog, type Frontier } from '../log/index.ts';
import {
  createInboxRecord,
  decodeInboxRecord,
  encodeInboxRecord,
  openInbox,
  wipeInbox,
  type Inbox,
  type InboxRecord,
} from '../mailbox/index.ts';
import type { PeerState } from '../sync/index.ts';
import type { Context } from './context.ts';
import { KithError } from './errors.ts';
import type { Waiting } from './peers.ts';
import { decodeLocal, encodeLocal, LOCAL_KINDS, ROLES, type LocalConversation } from './records.ts';

/** Formats of signed objects that this build reads, as inceptions say it. */
const VERSIONS = [1];
const SCHEMA = 1;
const META = { home: utf8('home'), relays: utf8('relays'), prefix: utf8('prefix') } as const;
const PREFIX_BYTES = 3;
const homeCodec = tuple({ schema: uint(), self: text(32), generation: uint(), lastRunAt: uint() });
const relaysCodec = list(text(100), 8);

/** A pair as the engine works with it. */
export interface Pair {
  readonly id: ConversationId;
  /** Its id for people and programs. */
  readonly name: string;
  local: LocalConversation;
  readonly log: ConversationLog;
  readonly view: PairView;
  /** Own inbox records that are read, newest first. */
  inboxes: readonly Inbox[];
  /** Kept until an event of `self` about this pair comes. */
  facts: ContactFacts | undefined;
  peerInbox: { readonly record: InboxRecord; readonly inbox: Inbox } | undefined;
  /** Feed in hex -> what peers.ts keeps of that device. */
  readonly peers: Map<string, PeerState>;
  /** What waits to be posted, once read. */
  waiting: Map<string, Waiting> | undefined;
}

export class Home {
  readonly #context: Context;
  readonly #pairs = new Map<string, Pair>();
  #self: ConversationLog | undefined;
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
    return { created: home === undefined, restored: home !== undefined && home.generation !== generation - 1 };
  }
  /** Notes that the client is alive. */
  touch(): void {
    const value = {
      schema: SCHEMA,
      self: this.#selfId,
      generation: this.generation,
      lastRunAt: Math.max(0, this.#context.now()),
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
    const raw = this.#context.store.get('conversation', this.#selfConversation());
    return raw === undefined ? 0 : decodeLocal(raw).createdAt;
  }
  forget(): void {
    this.#self?.forget();
    for (const pair of this.#pairs.values()) {
      pair.log.forget();
      for (const inbox of pair.inboxes) wipeInbox(inbox);
      if (pair.peerInbox !== undefined) wipeInbox(pair.peerInbox.inbox);
    }
    this.#pairs.clear();
    this.#loaded = false;
    this.#self = undefined;
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
    const periodMs = (): number => parseDuration(this.setting('segment-period', null)) ?? 86_400_000;
    return openConversationLog({ store, crypto, randomness, conversation, kind, roots, periodMs });
  }
  get self(): ConversationLog {
    if (this.#self === undefined) {
      const id = this.#selfConversation();
      this.#self = this.#openLog(id, 'self', [id]);
    }
    return this.#self;
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
    const { kind, bytes } = selfContents.encode(content);
    // An old draft is a text that its writer thinks gone.
    const old = supersededBy(this.#context.store, content);
    if (old !== undefined) this.self.purge(old);
    const appended = this.self.append({ contentKind: kind, content: bytes, time: this.#context.now() });
    projectSelf(this.#context.store, appended, content);
    for (const pair of this.#pairs.values()) pair.facts = undefined;
    this.changes++;
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
        const mark = readMark(store, content.conversation);
        return mark !== undefined && equalBytes(mark, content.frontier);
      }
      case 'profile': {
        const { name, picture } = ownProfile(store);
        return name === content.name && equalBytes(picture ?? new Uint8Array(0), content.picture);
      }
      default:
        return false;
    }
  }
  /** Drops the tables that are made of `self` and makes them again from the log. */
  rebuildSelf(): void {
    const { store } = this.#context;
    for (const table of SELF_TABLES) for (const row of store.scan(table)) store.delete(table, row.key);
    // Backwards, page by page: the stamps make the order of projection of no account.
    let before: EventId | undefined;
    for (;;) {
      const page = this.self.page({ limit: 500, ...(before === undefined ? {} : { before }) });
      for (const event of page) {
        const raw = this.self.content(event.event);
        const content = raw === undefined ? undefined : decodeSelf(event.contentKind, raw);
        if (content !== undefined) projectSelf(store, event, content);
      }
      before = page[0]?.event;
      if (before === undefined) return;
    }
  }

  /** The same for what a pair shows. Unread lines stay unread: which were read lies in `self`, as a frontier. */
  rebuildPair(pair: Pair): void {
    const { store } = this.#context;
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
  /** As far as this person has read, on any device. */
  readFrontier(pair: Pair): Frontier | undefined {
    const raw = readMark(this.#context.store, pair.id);
    return raw === undefined ? undefined : decode(frontierCodec, raw);
  }
  facts(pair: Pair): ContactFacts {
    const none: ContactFacts = {
      label: '',
      at: pair.local.createdAt,
      name: '',
      validity: 'unvalidated',
      blocked: false,
      ended: false,
    };
    pair.facts ??= contactFacts(this.#context.store, pair.id) ?? none;
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
        const name = toHex(row.key);
        if (name !== this.#selfId && !this.#pairs.has(name)) this.#load(decodeLocal(row.value));
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
    const pair: Pair = {
      id,
      name: conversationName(id),
      local,
      log,
      view: { store, crypto, log, conversation: id, me: device.member },
      inboxes: [],
      facts: undefined,
      peerInbox: undefined,
      peers: new Map(),
      waiting: undefined,
    };
    this.#pairs.set(pair.name, pair);
    this.loadInboxes(pair);
    return pair;
  }
  loadInboxes(pair: Pair): void {
    const { store, crypto } = this.#context;
    for (const inbox of pair.inboxes) wipeInbox(inbox);
    this.changes++;
    const own = stampedValue(store.get('inbox', concat(utf8('o'), pair.id)));
    const record = own === undefined ? undefined : decodeInboxRecord(own);
    pair.inboxes = record === undefined ? [] : [openInbox(crypto, record)];
    const raw = store.get('inbox', concat(utf8('p'), pair.id));
    const theirs = raw === undefined ? undefined : decodeInboxRecord(raw);
    pair.peerInbox = theirs === undefined ? undefined : { record: theirs, inbox: openInbox(crypto, theirs) };
  }
  ownRecord(pair: Pair): Uint8Array {
    const record = stampedValue(this.#context.store.get('inbox', concat(utf8('o'), pair.id)));
    if (record === undefined) throw new KithError('damaged-home');
    return record;
  }
  setPeerRecord(pair: Pair, record: Uint8Array): void {
    this.#context.store.put('inbox', concat(utf8('p'), pair.id), record);
    this.loadInboxes(pair);
  }
  save(pair: Pair, change: Partial<LocalConversation>): void {
    pair.local = { ...pair.local, ...change };
    this.#context.store.put('conversation', pair.id, encodeLocal(pair.local));
  }

  /**
   * Makes this device's side of a pair: key, inception, inbox record. `root`: what inceptions of the pair are for, 32 bytes
   * (spec 03). `bits`: how much of the prefix the relay has in use.
   */
  prepare(root: Uint8Array, bits: number): Prepared {
    const { crypto, randomness } = this.#context;
    const key = crypto.signingKey(new Secret(randomness.bytes(32)));
    const recoveryKey = randomness.bytes(32);
    const inception = createInception(crypto, { key, root, memberKind: 'human', recoveryKey, versions: VERSIONS });
    const record = createInboxRecord(randomness, 1, this.relays.slice(0, 2), bits, this.#prefix());
    return { root, key, inception, nonce: randomness.bytes(32), inbox: encodeInboxRecord(record) };
  }
  /** All contacts of a context share a prefix, so that one bucket is read for them (spec 06). */
  #prefix(): Uint8Array {
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
    this.#openLog(id, 'pair', [prepared.root]).startDevice(prepared.key, prepared.inception);
    const local = emptyLocal(id, LOCAL_KINDS.pair, ROLES[role], now, prepared.inception, prepared.nonce);
    this.#context.store.put('conversation', id, encodeLocal({ ...local, root: prepared.root, invite }));
    this.tell({ type: 'contact', conversation: id, label, at: now, extensions: [] });
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
}

const stampedValue = (raw: Uint8Array | undefined): Uint8Array | undefined =>
  raw === undefined ? undefined : readStamped(raw);

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
