// The methods of rpc.ts, all in one place so that each is found where its name is looked for (hence the length). Each runs
// within the transaction of its call; those that need a relay settle later.
import { equalBytes, toHex, utf8, utf8Length, utf8ToText } from '../bytes/index.ts';
import { encode } from '../codec/index.ts';
import {
  CONTENT_KINDS,
  clearUnread,
  contents,
  conversationOfSearchId,
  isDeletable,
  isSetting,
  isStarred,
  namingOf,
  starredPlaces,
  isSettingValue,
  MAX_NAME_BYTES,
  isEmoji,
  isPicture,
  MAX_TEXT_BYTES,
  openHit,
  projectPair,
  searchHits,
  MAX_TIMER_SECONDS,
  MIN_TIMER_SECONDS,
  decodeContent,
  timerExtension,
  timerOf,
  CONVERSATION_SETTINGS,
  RESET,
  SETTINGS,
  settingDefault,
  settingsSet,
  VALIDITIES,
  type Content,
  type ContextFacts,
  type Timer,
} from '../conversation/index.ts';
import { Secret } from '../crypto/index.ts';
import { eventName } from '../identity/index.ts';
import { frontierCodec, type Ingested, type ShownEvent } from '../log/index.ts';
import { checkCode, compareCheckCode, isOrigin, safetyWords, type Exchange } from '../mailbox/index.ts';
import type { RelayInfo } from '../ports/index.ts';
import { Arrivals } from './arrivals.ts';
import { BackupReader, type Adopt } from './backup-reader.ts';
import { BackupWriter } from './backup-writer.ts';
import type { ComingBack } from './coming-back.ts';
import type { Context } from './context.ts';
import type { Contexts } from './contexts.ts';
import type { Courier } from './courier.ts';
import type { Devices } from './devices.ts';
import { KithError } from './errors.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import { Imports } from './imports.ts';
import type { FoundLine, Lines } from './lines.ts';
import { HISTORIES } from './link-records.ts';
import type { Linking } from './linking.ts';
import type { Merging } from './merging.ts';
import type { Pairing, Settle } from './pairing.ts';
import { Params } from './params.ts';
import { eventsWaiting } from './peers.ts';
import type { Receiver } from './receiver.ts';
import type { Recovery } from './recovery.ts';
import type { Removal } from './removal.ts';
import { ROLES } from './records.ts';
import type {
  Contact,
  ContactState,
  LockMethod,
  LogLine,
  Method,
  Methods,
  RelayStatus,
  Setting,
  Status,
} from './rpc.ts';
import type { Sender } from './sender.ts';
import type { Spares } from './spares.ts';
import { straysOf } from './strays.ts';
import type { Timers } from './timers.ts';
import { damageOf, transcriptPage } from './transcript.ts';

const MAX_NAME_CHARACTERS = 64;
const MAX_PAGE = 500;
const SYNC_MS = 30_000;
const TYPING_EVERY_MS = 3_000;

export interface CallsParts {
  readonly context: Context;
  readonly home: Home;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly courier: Courier;
  readonly pairing: Pairing;
  readonly devices: Devices;
  readonly linking: Linking;
  readonly removal: Removal;
  readonly recovery: Recovery;
  readonly merging: Merging;
  readonly contexts: Contexts;
  readonly back: ComingBack;
  readonly lines: Lines;
  readonly timers: Timers;
  readonly status: () => Status;
  readonly typing: Map<string, number>;
  readonly relays: () => readonly string[];
  readonly spares: Spares;
  readonly adopt: Adopt;
}
interface Syncing {
  readonly until: number;
  readonly before: number;
  readonly sent: number;
  readonly done: Settle<Methods['sync']['result']>;
  reached: boolean;
}
type Handler<M extends Method> = (
  params: Params,
  done: Settle<Methods[M]['result']>,
) => Methods[M]['result'] | undefined;
type EngineMethod = Exclude<Method, LockMethod>;
type Handlers = { readonly [M in EngineMethod]: Handler<M> };

export class Calls {
  readonly #parts: CallsParts;
  readonly #open = new Set<number>();
  #syncing: readonly Syncing[] = [];
  #sent = 0;
  #typedAt = 0;
  readonly #arrivals: Arrivals;
  readonly #imports: Imports;
  readonly #backups: BackupWriter;
  readonly #restore: BackupReader;
  readonly #handlers: Handlers;

  constructor(parts: CallsParts) {
    this.#parts = parts;
    this.#arrivals = new Arrivals(parts.context, parts.home, parts.lines);
    this.#imports = new Imports(parts.context);
    this.#backups = new BackupWriter(parts.context, parts.home, parts.spares);
    this.#restore = new BackupReader(parts.context, parts.adopt);
    parts.home.onBeginning(() => this.#restore.giveUp());
    this.#handlers = this.#methods();
  }
  open(): readonly number[] {
    return [...this.#open];
  }
  get #context(): Context {
    return this.#parts.context;
  }

  call(call: number, method: string, params: unknown): void {
    this.#open.add(call);
    const done = (outcome: unknown): void => {
      if (!this.#open.delete(call)) return;
      if (outcome instanceof KithError) this.#context.emit({ type: 'rejected', call, error: outcome });
      else this.#context.emit({ type: 'result', call, value: outcome });
    };
    try {
      const handler = Object.hasOwn(this.#handlers, method)
        ? (this.#handlers[method as EngineMethod] as Handler<EngineMethod>)
        : undefined;
      if (handler === undefined) throw new KithError('bad-option', { message: `There is no method "${method}".` });
      const result = handler(new Params(params, this.#parts.home, this.#imports), done);
      if (result !== undefined) done(result);
    } catch (cause) {
      // A refusal is an answer. Anything else is a bug or a failing disk, and undoes the transaction.
      if (!(cause instanceof KithError)) throw cause;
      done(cause);
    }
  }

  #methods(): Handlers {
    const { home, pairing, lines, sender, context, courier, devices, linking, removal, recovery, merging, back } =
      this.#parts;
    const { contexts } = this.#parts;
    return {
      status: () => this.#parts.status(),
      'profile.get': () => home.profile(),
      'profile.set': (params) => this.#setProfile(params),
      'invite.create': (params, done) => {
        const label = params.optionalText('label') ?? '';
        checkName(label);
        pairing.create(
          {
            reusable: params.flag('reusable'),
            deviceOnly: params.flag('deviceOnly'),
            context: this.#contextParam(params),
            label,
            ...(params.has('expiresMs') ? { expiresMs: params.count('expiresMs', 0) } : {}),
          },
          done,
        );
        return undefined;
      },
      'invite.preview': (params, done) => {
        pairing.preview(params.text('link'), done);
        return undefined;
      },
      'invite.accept': (params, done) => {
        const name = params.optionalText('name');
        if (name !== undefined) checkName(name);
        const context = this.#contextParam(params);
        pairing.accept(
          params.text('link'),
          { deviceOnly: params.flag('deviceOnly'), context },
          (pair) => lines.stateOf(pair),
          (outcome) => {
            if (name !== undefined && !(outcome instanceof KithError)) {
              if (context === null) this.#setName(name);
              else contexts.change(contexts.named(toHex(context.id)), { name });
            }
            done(outcome);
          },
        );
        return undefined;
      },
      'invite.list': () => pairing.list(),
      'invite.revoke': (params) => pairing.revoke(params.text('invite')),
      'request.list': () => pairing.requests(),
      'request.answer': (params) =>
        pairing.answer(params.text('request'), params.choice('answer', ['accept', 'decline', 'block'] as const)),
      'context.list': () => contexts.list(),
      'context.create': (params) => contexts.create({ label: nameParam(params, 'label') ?? '', ...hueAndName(params) }),
      'context.change': (params) => {
        const label = nameParam(params, 'label');
        return contexts.change(contexts.named(params.text('context')), {
          ...(label === undefined ? {} : { label }),
          ...hueAndName(params),
          ...(params.has('picture') || params.isNull('picture') ? { picture: pictureParam(params) } : {}),
        });
      },
      'context.remove': (params) => contexts.remove(contexts.named(params.text('context'))),
      'contact.context': (params) => {
        const pair = params.pair();
        contexts.put(pair, this.#contextParam(params));
        return this.#contactChanged(pair);
      },
      'contact.list': () =>
        home
          .pairs()
          .filter((pair) => !(home.facts(pair).ended && pair.local.peerInception === null))
          .map((pair) => this.#contact(pair))
          .concat(this.#imports.contacts())
          .toSorted(byRank),
      'contact.rename': (params) => {
        const pair = params.pair();
        const name = params.text('name');
        checkName(name);
        home.tell({ type: 'name', conversation: pair.id, name, extensions: [] });
        return this.#contactChanged(pair);
      },
      'contact.block': (params) => this.#block(params.pair(), true),
      'contact.unblock': (params) => this.#block(params.pair(), false),
      'contact.end': (params) => {
        const pair = params.pair();
        if (lines.stateOf(pair) === 'active') this.#append(pair, { type: 'end', extensions: [] });
        if (!home.facts(pair).ended) home.tell({ type: 'ended', conversation: pair.id, extensions: [] });
        return this.#contactChanged(pair);
      },
      'contact.devices': (params) => devices.ofContact(params.pair()),
      'contact.words': (params) => ({ words: safetyWords(context.crypto, this.#exchange(params.pair())) }),
      'contact.mark': (params) => {
        const pair = params.pair();
        const validity = params.choice('validity', VALIDITIES);
        // "Stop" is about a person: it holds in every conversation that is with the same one. Any other mark was earned in this one.
        for (const one of validity === 'compromised' ? merging.sameAs(pair) : [pair])
          home.tell({ type: 'validity', conversation: one.id, validity: VALIDITIES.indexOf(validity), extensions: [] });
        this.#contactChanged(pair);
        if (validity !== 'compromised') sender.flush(pair.theirs);
        return { conversation: pair.name, validity };
      },
      'contact.merge': (params) => merging.merge(params.pair(), params.pair('with')),
      'contact.merged': () => merging.merged(),
      'contact.checkCode': (params) => {
        const pair = params.pair();
        const code = checkCode(
          context.crypto,
          this.#exchange(pair),
          pair.local.role === ROLES.inviter ? 'inviter' : 'acceptor',
        );
        return { code };
      },
      'contact.checkScan': (params) => {
        const pair = params.pair();
        const shownBy = pair.local.role === ROLES.inviter ? 'acceptor' : 'inviter';
        const outcome = compareCheckCode(context.crypto, this.#exchange(pair), shownBy, params.text('code'));
        if (outcome === 'unreadable') throw new KithError('bad-code');
        return { match: outcome === 'equal' };
      },
      send: (params) => {
        const pair = this.#sendable(params.pair());
        const text = params.text('text');
        checkText(text);
        const reply = params.has('reply') ? params.event(pair, 'reply').place : null;
        const timer = this.#timer(pair, params);
        const result = this.#append(pair, { type: 'text', text, reply, extensions: extensionsOf(timer) });
        home.tellOnce({ type: 'draft', conversation: pair.id, text: '', extensions: [] });
        return result;
      },
      edit: (params) => {
        const pair = this.#sendable(params.pair());
        const target = this.#own(pair, params.event(pair));
        const text = params.text('text');
        checkText(text);
        const { place, extensions } = namingOf(pair.view, target);
        return this.#append(pair, {
          type: 'edit',
          target: place,
          text,
          extensions: [...extensionsOf(this.#timerOfText(pair, target)), ...extensions],
        });
      },
      react: (params) => {
        const pair = this.#sendable(params.pair());
        const target = params.event(pair);
        const emoji = params.text('emoji');
        if (!isEmoji(emoji)) throw new KithError('bad-emoji');
        const { place, extensions } = namingOf(pair.view, target);
        const on = !params.flag('off');
        return this.#append(pair, { type: 'reaction', target: place, emoji, on, extensions });
      },
      delete: (params) => {
        const imported = params.imported();
        if (imported !== undefined) return this.#imports.delete(imported, params.text('event'));
        const pair = params.pair();
        const event = params.event(pair);
        if (!isDeletable(event)) throw new KithError('unknown-event');
        const { place, extensions } = namingOf(pair.view, event);
        if (params.flag('forAll')) {
          this.#own(this.#sendable(pair), event);
          this.#append(pair, { type: 'delete', target: place, extensions });
        } else home.tell({ type: 'tombstone', conversation: pair.id, place, extensions });
        sender.dropPackets(pair);
        context.scrub();
        return { event: eventName(event.event), deleted: true };
      },
      read: (params) => {
        if (params.imported() !== undefined) return { conversation: params.text('conversation'), unread: 0 };
        const pair = params.pair();
        const upTo = params.has('event') ? params.event(pair) : undefined;
        this.#parts.timers.read(pair, upTo);
        const unread = clearUnread(context.store, pair.id, upTo);
        if (unread === 0) {
          const frontier = encode(frontierCodec, pair.log.readFrontier());
          if (
            home.tellOnce({ type: 'read', conversation: pair.id, frontier, extensions: [] }) &&
            home.isOn('read-receipts', pair.id)
          ) {
            sender.tellSoon(pair.theirs, true);
          }
        }
        this.#contactChanged(pair);
        return { conversation: pair.name, unread };
      },
      log: (params) => this.#log(params),
      'log.verify': (params) => damageOf(params.pair().log),
      transcript: (params) => transcriptPage(params.pair().log, params.optionalText('cursor')),
      search: (params) => this.#search(params),
      'import.lines': (params) => this.#imports.take(params.bytes('batch')),
      'backup.plan': (params) => this.#backups.plan(params.has('unfinished') ? params.bytes('unfinished') : undefined),
      'backup.begin': (params) =>
        this.#backups.begin(
          { backup: params.bytes('backup', 16), salt: params.bytes('salt', 16) },
          new Secret(params.bytes('under', 32)),
        ),
      'backup.part': (params) => this.#backups.part(params.count('index', 0)),
      'backup.end': () => {
        this.#backups.end();
        return {};
      },
      'restore.begin': (params) => {
        this.#freshOnly();
        const begun = this.#restore.begin(params.bytes('header'), new Secret(params.bytes('under', 32)));
        // A link that was followed and not answered: it may be of the same person, and what it drops is what was restored.
        linking.leave();
        return begun;
      },
      'restore.part': (params) => this.#restore.part(params.count('index', 0), params.bytes('part')),
      'restore.finish': () => {
        this.#freshOnly();
        return this.#restore.finish();
      },
      'restore.cancel': () => {
        this.#restore.cancel();
        return {};
      },
      'import.remove': (params) => {
        const imported = params.imported();
        if (imported === undefined) throw new KithError('unknown-conversation');
        this.#imports.remove(imported);
        return {};
      },
      star: (params) => {
        const pair = params.pair();
        const event = params.event(pair);
        const on = !params.flag('off');
        if (isStarred(context.store, pair.id, event.place) !== on)
          home.tell({ type: 'star', conversation: pair.id, place: event.place, on, extensions: [] });
        return { event: eventName(event.event), starred: on };
      },
      'star.list': (params) => this.#starred(params.has('conversation') ? params.pair() : undefined),
      'draft.set': (params) => {
        const pair = params.pair();
        const text = params.text('text');
        checkText(text);
        if (home.tellOnce({ type: 'draft', conversation: pair.id, text, extensions: [] })) {
          context.changed({ type: 'drafts', conversation: pair.name });
        }
        return { conversation: pair.name, text };
      },
      typing: (params) => {
        const pair = params.pair();
        const now = context.now();
        const isHeard = lines.stateOf(pair) === 'active' && home.facts(pair).validity !== 'compromised';
        if (isHeard && home.isOn('typing', pair.id) && now - this.#typedAt >= TYPING_EVERY_MS) {
          this.#typedAt = now;
          sender.typing(pair.theirs);
        }
        return {};
      },
      set: (params) => this.#set(params),
      'relay.list': (_, done) => this.#relayList(done),
      'relay.add': (params, done) => {
        const url = params.text('url').replace(/\/+$/, '');
        if (!isOrigin(url)) throw new KithError('bad-url');
        if (!home.remembered.includes(url)) home.setRelays([...home.remembered, url].slice(-8));
        return this.#relayList(done);
      },
      'relay.remove': (params, done) => {
        const url = params.text('url').replace(/\/+$/, '');
        home.setRelays(home.remembered.filter((relay) => relay !== url));
        return this.#relayList(done);
      },
      sync: (params, done) => {
        const forMs = params.count('forMs', SYNC_MS);
        const before = this.#parts.receiver.received;
        const syncing: Syncing = { until: context.now() + forMs, before, sent: this.#sent, done, reached: false };
        this.#syncing = [...this.#syncing, syncing];
        for (const relay of this.#parts.relays()) {
          courier.forgive(relay);
          courier.fetch(relay);
        }
        pairing.tick(true);
        linking.tick(true);
        this.#parts.back.tick(true);
        sender.tick(true);
        return undefined;
      },
      'device.list': () => devices.list(),
      'device.link': (params, done) => {
        const history = params.has('history') ? params.choice('history', HISTORIES) : 'all';
        linking.create({ history, confirm: params.flag('confirm'), code: params.flag('code') }, done);
        return undefined;
      },
      'device.join': (params, done) => {
        const name = params.optionalText('name') ?? '';
        checkName(name);
        linking.join(params.text('link'), name, done, params.flag('merge'));
        return undefined;
      },
      'device.linking': () => linking.view(),
      'device.confirm': (params) => linking.confirm(params.text('words')),
      'device.refuse': () => {
        linking.refuse();
        return linking.view();
      },
      'device.revoke': (params) => {
        removal.revoke(params.text('device'), {
          refuse: params.flag('refuse'),
          wipe: params.flag('wipe'),
          words: params.optionalText('words'),
        });
        return devices.list();
      },
      'device.strays': () => straysOf({ context, home }),
      'device.removeStrays': (params) => {
        removal.removeStrays(params.flag('refuse'));
        return straysOf({ context, home });
      },
      'device.name': (params) => {
        const name = params.text('name');
        checkName(name);
        home.tell({ type: 'device', name, at: devices.startedAt(), extensions: [] });
        return devices.list();
      },
      'recovery.create': (params) => {
        const words = params.optionalText('words');
        if (words === undefined) return recovery.draw();
        recovery.further(words);
        return { words: [] };
      },
      'recovery.confirm': (params) => recovery.confirm(params.text('words')),
      'recovery.state': () => recovery.state(),
      'recovery.invite': (params, done) => {
        back.invite(this.#sendable(params.pair()), done);
        return undefined;
      },
      'recovery.use': (params, done) => {
        back.use(params.text('link'), params.text('words'), params.flag('keep'), done);
        return undefined;
      },
      'recovery.refuse': () => recovery.refuse(),
      'events.since': (params) => this.#arrivals.since(params.optionalText('from'), MAX_PAGE),
    };
  }

  #freshOnly(): void {
    if (this.#parts.home.pairs().length === 0) return;
    throw new KithError('home-in-use', { hint: 'Restore into a new home: `kith --home DIR import FILE`.' });
  }

  // ---- events

  /** Writes an event of the conversation, shows it here, and sends it on its way. */
  #append(pair: Pair, content: Content): { readonly event: string; readonly state: 'waiting' } {
    const { kind, bytes } = contents.encode(content);
    const appended = pair.log.append({ contentKind: kind, content: bytes, time: this.#context.now() });
    this.#sent++;
    // First it waits: the timer of what nobody has yet does not run.
    this.#parts.sender.queue(pair, appended.place);
    const shown = pair.log.find(appended.event);
    if (shown !== undefined) {
      const projected = projectPair(pair.view, shown, content);
      const about = projected.type === 'line' ? projected.about : undefined;
      this.#arrivals.note(pair, [shown], about && { content, about });
    }
    this.#changedIn(pair);
    return { event: eventName(appended.event), state: 'waiting' };
  }
  /** Of a text to be sent: as asked for, else as this conversation has it. */
  #timer(pair: Pair, params: Params): Timer | null {
    const { timer } = this.#parts.home.preferences(pair);
    if (!params.has('expiresMs')) return timer;
    if (params.count('expiresMs', 0) === 0) return null;
    const seconds = Math.ceil(params.count('expiresMs', 0) / 1000);
    if (seconds < MIN_TIMER_SECONDS || seconds > MAX_TIMER_SECONDS)
      throw new KithError('bad-option', { message: 'A message can go after 30 seconds to 366 days.' });
    return { from: this.#parts.home.timerFrom(pair), seconds };
  }
  #timerOfText(pair: Pair, event: ShownEvent): Timer | null {
    const raw = pair.log.content(event.event);
    const content = raw === undefined ? undefined : decodeContent(event.contentKind, raw);
    return content === undefined ? null : (timerOf(content) ?? null);
  }
  tellProfile(pair: Pair): void {
    const profile = this.#parts.home.profileIn(pair);
    if (profile === undefined) return;
    const { name, picture } = profile;
    this.#append(pair, { type: 'profile', name, picture: picture ?? new Uint8Array(0), extensions: [] });
  }
  /** Events of others, already in the tables. */
  shown(pair: Pair, ingested: Ingested): void {
    // A line whose content came after it is one from then on; a deleted one has no words to tell.
    const known = new Set(ingested.shown.map(({ event }) => eventName(event)));
    const late = ingested.completed.filter(
      ({ event }) => !known.has(eventName(event)) && pair.log.find(event)?.contentState === 'held',
    );
    this.#arrivals.note(pair, [...ingested.shown, ...late]);
    if (ingested.shown.some(({ contentKind }) => contentKind === CONTENT_KINDS.text))
      this.#parts.typing.delete(pair.name);
    this.#changedIn(pair);
  }
  #changedIn(pair: Pair): void {
    this.#context.changed({ type: 'conversation', conversation: pair.name });
    this.#context.changed({ type: 'contacts' });
  }
  #sendable(pair: Pair): Pair {
    const { home, lines } = this.#parts;
    const facts = home.facts(pair);
    if (facts.validity === 'compromised') throw new KithError('compromised');
    const state = lines.stateOf(pair);
    if (!home.isIn(pair)) throw new KithError('revoked-device');
    if (state === 'blocked') throw new KithError('blocked');
    if (state === 'ended') throw new KithError('ended');
    return pair;
  }
  #own(pair: Pair, event: ShownEvent): ShownEvent {
    if (!equalBytes(event.member, pair.view.me) || event.contentKind !== CONTENT_KINDS.text)
      throw new KithError('not-yours');
    return event;
  }
  #log(params: Params): readonly LogLine[] {
    const limit = params.count('limit', 50, MAX_PAGE);
    const oldest = params.flag('oldest');
    const imported = params.imported();
    if (imported !== undefined) {
      const [before, after, around] = (['before', 'after', 'around'] as const).map((name) => params.optionalText(name));
      return this.#imports.log(imported, { limit, before, after, around, oldest });
    }
    const pair = params.pair();
    const { lines } = this.#parts;
    if (limit === 0) return [];
    if (oldest) return lines.lines(pair, { oldest, limit });
    if (params.has('around')) {
      const middle = params.event(pair, 'around');
      const before = lines.lines(pair, { before: middle, limit: Math.floor(limit / 2) || 1 });
      return [
        ...before,
        lines.lineOf(pair, middle),
        ...lines.lines(pair, { after: middle, limit: Math.ceil(limit / 2) }),
      ];
    }
    if (params.has('after')) return lines.lines(pair, { after: params.event(pair, 'after'), limit });
    return lines.lines(pair, params.has('before') ? { before: params.event(pair, 'before'), limit } : { limit });
  }
  #search(params: Params): readonly LogLine[] {
    const limit = params.count('limit', 50, MAX_PAGE);
    const imported = params.imported('in');
    const within = params.has('in') && imported === undefined ? params.pair('in').id : imported;
    const { context, home, lines } = this.#parts;
    const found = searchHits(context.store, params.text('query'), limit, within).flatMap(
      (hit): readonly (LogLine | FoundLine)[] => {
        const pair = home.pair(conversationOfSearchId(hit.id));
        if (pair !== undefined) return openHit(pair.view, hit).map((line) => ({ pair, line }));
        const line = this.#imports.hit(hit.id);
        return line === undefined ? [] : [line];
      },
    );
    return lines.linesFor(found);
  }

  #starred(within: Pair | undefined): readonly LogLine[] {
    const places = starredPlaces(this.#context.store, within?.id ?? null).flatMap(({ conversation, place }) => {
      const pair = this.#parts.home.pair(conversation);
      const event = pair?.log.seenAt(place)?.event;
      return pair === undefined || event === undefined ? [] : [{ pair, event }];
    });
    return this.#parts.lines
      .linesOf(places, places.length)
      .filter(({ deleted }) => !deleted)
      .toSorted((a, b) => b.sentAt - a.sentAt);
  }

  // ---- people

  #contact(pair: Pair): Methods['contact.rename']['result'] {
    return this.#parts.lines.contact(pair, (this.#parts.typing.get(pair.name) ?? 0) > this.#context.now());
  }
  #contactChanged(pair: Pair): Methods['contact.rename']['result'] {
    this.#context.changed({ type: 'contacts' });
    return this.#contact(pair);
  }
  #block(pair: Pair, blocked: boolean): Methods['contact.block']['result'] {
    if (this.#parts.home.facts(pair).blocked !== blocked) {
      this.#parts.home.tell({ type: 'block', conversation: pair.id, blocked, extensions: [] });
      if (!blocked) {
        this.#parts.sender.flush(pair.theirs);
        // What they wrote meanwhile was not looked for: our frontier shows them that it is lacking.
        this.#parts.sender.tellSoon(pair.theirs, true);
      }
    }
    return this.#contactChanged(pair);
  }
  #exchange(pair: Pair): Exchange {
    const { role, inception, nonce, peerInception, peerNonce } = pair.local;
    if (peerInception === null || peerNonce === null) throw new KithError('words-not-ready');
    return role === ROLES.inviter
      ? { inviterInception: inception, inviterNonce: nonce, acceptorInception: peerInception, acceptorNonce: peerNonce }
      : {
          inviterInception: peerInception,
          inviterNonce: peerNonce,
          acceptorInception: inception,
          acceptorNonce: nonce,
        };
  }
  #setProfile(params: Params): Methods['profile.get']['result'] {
    const { home } = this.#parts;
    const name = params.optionalText('name') ?? home.profile().name;
    checkName(name);
    const isGiven = params.has('picture') || params.isNull('picture');
    const picture = isGiven ? pictureParam(params) : home.profile().picture;
    this.#tellProfile(name, picture);
    return home.profile();
  }
  #contextParam(params: Params): ContextFacts | null {
    return params.has('context') ? this.#parts.contexts.named(params.text('context')) : null;
  }
  #setName(name: string): void {
    this.#tellProfile(name, this.#parts.home.profile().picture);
  }
  #tellProfile(name: string, picture: Uint8Array | null): void {
    const { home, lines } = this.#parts;
    if (!home.tellOnce({ type: 'profile', name, picture: picture ?? new Uint8Array(0), extensions: [] })) return;
    for (const pair of home.pairs())
      if (home.contextOf(pair) === null && isThere(lines.stateOf(pair))) this.tellProfile(pair);
    this.#context.changed({ type: 'profile' });
  }

  // ---- settings and relays

  #set(params: Params): readonly Setting[] {
    const { home } = this.#parts;
    const conversation = params.has('in') ? params.pair('in').id : null;
    const key = params.optionalText('key');
    const value = params.optionalText('value');
    if (key !== undefined && !isSetting(key)) throw new KithError('bad-setting');
    if (key !== undefined && value !== undefined) {
      if (value !== RESET && !isSettingValue(key, value, conversation !== null)) throw new KithError('bad-setting');
      home.tellOnce({ type: 'setting', key, conversation, value: value === RESET ? null : value, extensions: [] });
    }
    const known = { ...SETTINGS, ...(conversation === null ? {} : CONVERSATION_SETTINGS) };
    const keys =
      key === undefined
        ? [...new Set([...Object.keys(known), ...settingsSet(this.#context.store, conversation).keys()])]
        : [key];
    return keys.map((one) => ({ key: one, value: home.setting(one, conversation), default: settingDefault(one) }));
  }
  #relayList(done: Settle<readonly RelayStatus[]>): readonly RelayStatus[] | undefined {
    const { home } = this.#parts;
    const relays = [...new Set([...home.remembered, ...home.relays])];
    if (relays.length === 0) return [];
    const found = new Map<string, RelayStatus>();
    for (const url of relays) {
      const started = this.#context.now();
      this.#context.request(url, { type: 'info' }, (answer) => {
        const info: RelayInfo | undefined =
          typeof answer === 'object' && answer.type === 'info' ? answer.info : undefined;
        const latencyMs = info === undefined ? null : this.#context.now() - started;
        found.set(url, { url, reachable: info !== undefined, latencyMs, roles: info?.roles ?? [], load: null });
        if (found.size === relays.length) done(relays.map((relay) => found.get(relay) as RelayStatus));
      });
    }
    return undefined;
  }

  // ---- sync

  pending(): number {
    return this.#parts.home.pairs().reduce((sum, pair) => sum + eventsWaiting(this.#context, pair.theirs), 0);
  }
  /** Some relay has been read to the end. */
  fetched(): void {
    for (const syncing of this.#syncing) syncing.reached = true;
  }
  /** A round is over when nothing is under way any more: then either it caused answers, which go out, or it is done. */
  tick(): number {
    const now = this.#context.now();
    const { courier, pairing, linking, sender, receiver } = this.#parts;
    if (this.#syncing.length > 0) {
      const idle =
        courier.isIdle() &&
        pairing.isIdle() &&
        linking.isIdle() &&
        this.#parts.back.isIdle() &&
        this.#context.isQuiet();
      if (idle) sender.tick(true);
      const over = idle && courier.isIdle() && this.#context.isQuiet();
      for (const syncing of this.#syncing) {
        if (!over && now < syncing.until) continue;
        const reachable =
          syncing.reached || this.#parts.relays().some((relay) => courier.status(relay).reachable === true);
        if (!reachable) syncing.done(new KithError('no-relay'));
        else
          syncing.done({
            sent: this.#sent - syncing.sent,
            received: receiver.received - syncing.before,
            pending: this.pending(),
          });
        this.#syncing = this.#syncing.filter((other) => other !== syncing);
      }
    }
    let next = Math.min(Number.POSITIVE_INFINITY, ...this.#syncing.map(({ until }) => until));
    for (const [name, until] of this.#parts.typing) {
      if (until <= now) {
        this.#parts.typing.delete(name);
        this.#context.changed({ type: 'contacts' });
      } else next = Math.min(next, until);
    }
    return next;
  }
}

/** Pinned ones first, archived ones last; among equals the newest first. */
const rankOf = ({ pinned, archived }: Contact): number => (archived ? 2 : pinned ? 0 : 1);
const byRank = (a: Contact, b: Contact): number =>
  rankOf(a) - rankOf(b) || b.at - a.at || (a.conversation < b.conversation ? -1 : 1);
const extensionsOf = (timer: Timer | null): Content['extensions'] => (timer === null ? [] : [timerExtension(timer)]);
const checkText = (text: string): void => {
  if (!text.isWellFormed() || (3 * text.length > MAX_TEXT_BYTES && utf8Length(text) > MAX_TEXT_BYTES))
    throw new KithError('bad-text');
};
const checkName = (name: string): void => {
  const fits =
    name.isWellFormed() && Array.from(name).length <= MAX_NAME_CHARACTERS && utf8(name).length <= MAX_NAME_BYTES;
  if (!fits || utf8ToText(utf8(name)) === undefined) throw new KithError('bad-name');
};
const nameParam = (params: Params, of: string): string | undefined => {
  const name = params.optionalText(of);
  if (name !== undefined) checkName(name);
  return name;
};
const hueAndName = (params: Params): { readonly hue?: number; readonly name?: string } => {
  const name = nameParam(params, 'name');
  return {
    ...(params.has('hue') ? { hue: params.count('hue', 0) } : {}),
    ...(name === undefined ? {} : { name }),
  };
};
const pictureParam = (params: Params): Uint8Array | null => {
  const picture = params.has('picture') ? params.bytes('picture') : null;
  if (picture !== null && !isPicture(picture)) throw new KithError('bad-picture');
  return picture;
};
/** There is somebody to tell, or will be. */
export const isThere = (state: ContactState): boolean => state === 'active' || state === 'requested';
