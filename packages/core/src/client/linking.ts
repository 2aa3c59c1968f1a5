// How a device joins the `self` of another (spec 08, "Device links"): a link or short code made here, or followed here.
// Once the new device stands in the charter of `self`, everything else comes by sync (devices.ts). Long because both
// sides of one handshake are read together.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { afterPrefix, type SelfContent } from '../conversation/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import {
  conversationIdFrom,
  createAbsorb,
  createAddDevice,
  feedIdOf,
  openEntry,
  signConsent,
  verifyAbsorbConsent,
  verifyConsent,
  type ConversationId,
  type FeedId,
  type MemberId,
} from '../identity/index.ts';
import {
  createInboxRecord,
  deriveInvitationKeys,
  deriveOwnerToken,
  drawLinkCode,
  encodeInboxRecord,
  decodeInboxRecord,
  invitationKeyHash,
  joinCommitment,
  joinId,
  linkCodeSecret,
  linkWords,
  NO_KEY_HASH,
  openClaim,
  openOffer,
  readLink,
  readLinkCode,
  readSelfOffer,
  sealOffer,
  selfOfferExtension,
  SELF_OFFER_EXTENSIONS,
  splitPacket,
  writeLink,
  type Claim,
  type Offer,
  type SelfOffer,
} from '../mailbox/index.ts';
import { DAY_MS, relayErrorName, type RelayInfo } from '../ports/index.ts';
import { createGeneration, SLOT_COUNT } from '../session/index.ts';
import { decodePacket, encodePacket, type Item, type ItemOf } from '../sync/index.ts';
import { Asking, joinJob, openJoined, sealAnswered } from './claims.ts';
import type { Answer, Context } from './context.ts';
import { inboxBits } from './courier.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import {
  decodeJoin,
  decodeLink,
  encodeJoin,
  encodeLink,
  HISTORIES,
  LINK_STATES,
  type JoinRecord,
  type LinkRecord,
} from './link-records.ts';
import { factsOf, mergeItem } from './merging.ts';
import { relayError, type Settle } from './pairing.ts';
import { giveRange } from './recovery-pool.ts';
import type { DeviceLink, Linking as LinkingView } from './rpc.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';

const LINK = utf8('d');
const JOIN = utf8('j');
/** What a device that waits to be let in brings. */
const MERGE = utf8('m');
/** A link may be followed this long, … */
const OFFERED_MS = 5 * 60_000;
/** … and what came in that time is taken this long, by a device that was off meanwhile. */
const KEPT_MS = DAY_MS;
/** A relay's clock may be a little behind. */
const RELAY_MS = 60_000;
const CLAIMS_EVERY_MS = 3_000;
const CLAIMS_CALM_MS = 60_000;
const AGAIN_MS = 3_000;
/** What both sides need for the words is said again so often: a relay may have lost it. */
const NONCE_EVERY_MS = 15_000;
const EMPTY_CLAIM_BYTES = 4_096;

export interface LinkingHooks {
  info(relay: string): RelayInfo | undefined;
  /** This one is about to take a device in: what that has to know from before. */
  takesIn(feed: FeedId): void;
  /** A device was taken in by this one. */
  added(feed: FeedId): void;
  /** This device is in: the `self` it joined is the home's. */
  /** `facts`: what the former one said of contacts. */
  adopted(facts: readonly SelfContent[]): void;
  history(): LinkingView['history'];
  /** Devices that were removed and may still write. */
  strangers(): readonly FeedId[];
  /** What one's other devices have to find in `self` is told before they read it. */
  prepare(): void;
}

export class Linking {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #hooks: LinkingHooks;
  readonly #asking: Asking;
  #claimsAt = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  #nonceAt = Number.NEGATIVE_INFINITY;
  readonly #taking = new Set<string>();
  /** Asked at every input: read anew after each change of them, and when the home or a charter has changed. */
  #known: Known | undefined;
  /** The home's count of changes when the guests were looked up last; undefined: a link has changed since. */
  #guestsAt: number | undefined;

  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender, hooks: LinkingHooks) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#sender = sender;
    this.#hooks = hooks;
    this.#asking = new Asking(context);
  }
  isIdle(): boolean {
    return this.#asking.isIdle();
  }
  #changed(): void {
    this.#context.changed({ type: 'devices' });
  }

  // ---- a link of this device

  create(
    params: { readonly history: (typeof HISTORIES)[number]; readonly confirm: boolean; readonly code: boolean },
    done: Settle<DeviceLink>,
  ): void {
    const relay = this.#home.relays[0];
    if (relay === undefined) return done(new KithError('no-relay'));
    if (this.#isFull()) return done(new KithError('too-many-devices'));
    this.#asking.request(relay, { type: 'info' }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'info') return done(relayError(answer));
      const { randomness, crypto } = this.#context;
      const key = crypto.signingKey(new Secret(randomness.bytes(32)));
      const keyHash = invitationKeyHash(crypto, key.publicKey);
      const code = params.code ? drawLinkCode(randomness) : '';
      const secret = params.code ? linkCodeSecret(crypto, code).expose().slice() : randomness.bytes(16);
      const origin = answer.info.publicUrl === '' ? relay : answer.info.publicUrl;
      const written = writeLink(
        { relay: origin, keyHash, secret: new Secret(secret.slice()), reusable: false, joins: 'device' },
        origin,
      );
      if (written.type === 'refused')
        return done(new KithError(written.reason === 'origin-too-long' ? 'origin-too-long' : 'bad-url'));
      this.#readyInbox(answer.info);
      this.#hooks.prepare();
      const now = this.#context.now();
      const place = deriveInvitationKeys(crypto, {
        secret: new Secret(secret.slice()),
        keyHash: params.code ? NO_KEY_HASH : keyHash,
      }).place;
      this.#context.agree({ type: 'prepare', signer: key, identity: keyHash }, (result) => {
        if (result.type !== 'prepared') return done(new KithError('internal'));
        const record: LinkRecord = {
          id: randomness.bytes(16),
          seed: key.privateKey.expose().slice(0, 32),
          secret,
          code,
          ownerSecret: randomness.bytes(32),
          relay,
          link: params.code ? '' : written.link,
          madeAt: now,
          keyPackage: result.keyPackage,
          initSecret: result.initSecret.expose().slice(),
          history: HISTORIES.indexOf(params.history),
          confirm: params.confirm || params.code,
          nonce: randomness.bytes(32),
          state: 0,
          second: false,
          guest: null,
        };
        result.initSecret.wipe();
        this.#publish(record, place, key, done);
      });
    });
  }
  /** What one's devices write to each other has to have a place. */
  #readyInbox(info: RelayInfo): void {
    if (this.#home.mine.inboxes.length === 0) this.#home.renewInbox(this.#home.mine, inboxBits(info));
  }
  #publish(record: LinkRecord, place: Uint8Array, key: SigningKey, done: Settle<DeviceLink>): void {
    const { crypto, randomness } = this.#context;
    const { mine } = this.#home;
    const device = mine.log.device();
    const inception = openEntry(crypto, this.#ownInception());
    if (device === undefined || inception === undefined) return done(new KithError('internal'));
    const offer: Offer = {
      invitationKey: key.publicKey,
      keyPackage: record.keyPackage,
      relays: this.#home.relays.slice(0, 2),
      reusable: false,
      expires: record.madeAt + OFFERED_MS,
      name: '',
      extensions: [
        selfOfferExtension({
          self: mine.id,
          member: device.member,
          inception: inception.feed,
          device: device.key.publicKey,
        }),
      ],
    };
    const sealed = sealOffer(crypto, randomness, this.#keysOf(record), offer, key);
    if (sealed === undefined) return done(new KithError('internal'));
    const { hash } = deriveOwnerToken(crypto, new Secret(record.ownerSecret.slice()), place);
    const put = {
      type: 'offerPut',
      place,
      owner: hash,
      token: null,
      single: true,
      offered: record.madeAt + OFFERED_MS,
      expires: record.madeAt + KEPT_MS,
      sealed,
    } as const;
    this.#asking.request(record.relay, put, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'done') return done(relayError(answer));
      for (const other of this.#links()) if (isUnderWay(other)) this.#giveUp(other, 'expired');
      this.#save(record);
      this.#changed();
      done(this.#linkView(record));
    });
  }
  /** The entry by which the member of `self` began: another device's, when this one was linked. */
  #ownInception(): Uint8Array {
    return this.#home.mine.log.inceptionOf(this.#home.mine.me) ?? new Uint8Array(0);
  }
  #keysOf({ secret, code, seed }: LinkRecord): ReturnType<typeof deriveInvitationKeys> {
    const { crypto } = this.#context;
    const keyHash =
      code === '' ? invitationKeyHash(crypto, crypto.signingKey(new Secret(seed.slice())).publicKey) : NO_KEY_HASH;
    return deriveInvitationKeys(crypto, { secret: new Secret(secret.slice()), keyHash });
  }
  #records(): Known {
    const { store } = this.#context;
    const { changes } = this.#home;
    if (this.#known?.at === changes) return this.#known;
    const join = store.get('invite', JOIN);
    this.#known = {
      at: changes,
      links: store.scan('invite', { from: LINK, to: afterPrefix(LINK) }).map((row) => decodeLink(row.value)),
      join: join === undefined ? undefined : decodeJoin(join),
    };
    return this.#known;
  }
  #forgetRecords(): void {
    this.#known = undefined;
    this.#guestsAt = undefined;
  }
  #links(): readonly LinkRecord[] {
    return this.#records().links;
  }
  #save(record: LinkRecord): void {
    this.#forgetRecords();
    this.#context.store.put('invite', concat(LINK, record.id), encodeLink(record));
  }
  #find(id: Uint8Array): LinkRecord | undefined {
    return this.#links().find((record) => equalBytes(record.id, id));
  }
  #end(record: LinkRecord, state: 'done' | 'expired' | 'refused'): void {
    const over = { state: LINK_STATES.indexOf(state), initSecret: Uint8Array.of(0), guest: null };
    this.#save({ ...record, ...over });
    this.#changed();
  }
  /** Nothing comes of it. Whoever follows it was told where one's devices are reached. */
  #giveUp(record: LinkRecord, state: 'expired' | 'refused'): void {
    this.#end(record, state);
    if (record.guest === null) return;
    this.#home.renewInbox(this.#home.mine, inboxBits(this.#hooks.info(record.relay)));
    this.#readGuests();
  }
  #linkView(record: LinkRecord): DeviceLink {
    const { guest } = record;
    const device = this.#home.mine.log.device();
    const words =
      guest === null || guest.nonce === null || device === undefined
        ? null
        : linkWords(
            this.#context.crypto,
            { offering: device.key.publicKey, joining: guest.device },
            { offering: record.nonce, joining: guest.nonce },
          );
    const isOver = LINK_STATES[record.state] === 'open' && record.madeAt + OFFERED_MS <= this.#context.now();
    return {
      link: record.link,
      code: record.code === '' ? null : record.code,
      expires: record.madeAt + OFFERED_MS,
      state: isOver ? 'expired' : (LINK_STATES[record.state] ?? 'expired'),
      words,
      second: record.second,
      name: guest?.name ?? '',
    };
  }

  #fetchClaims(record: LinkRecord): void {
    const { place } = this.#keysOf(record);
    const { token } = deriveOwnerToken(this.#context.crypto, new Secret(record.ownerSecret.slice()), place);
    this.#asking.request(record.relay, { type: 'claimsGet', place, token: token.expose() }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'claims') return;
      const now = this.#find(record.id);
      if (now === undefined) return;
      if (answer.claims.length > 1 && !now.second) {
        this.#save({ ...now, second: true });
        this.#changed();
      }
      for (const { id, sealed } of answer.claims) this.#claim(now, id, sealed);
      // Nobody follows it any more, and a relay that shows a claim later lies about when it came.
      const isOver = record.madeAt + OFFERED_MS + RELAY_MS <= this.#context.now();
      const isTaking = [...this.#taking].some((name) => name.startsWith(toHex(record.id)));
      if (isOver && !isTaking && LINK_STATES[now.state] === 'open') this.#end(now, 'expired');
    });
  }
  #claim(record: LinkRecord, id: Uint8Array, sealed: Uint8Array): void {
    const name = `${toHex(record.id)} ${toHex(id)}`;
    if (LINK_STATES[record.state] !== 'open' || this.#taking.has(name)) return;
    const claim = openClaim(this.#context.crypto, this.#keysOf(record), id, sealed);
    if (claim === undefined) return;
    this.#taking.add(name);
    this.#asking.agree(joinJob(this.#context.crypto, record, claim), (result) => {
      this.#taking.delete(name);
      if (result.type === 'joined') this.#joined(record.id, id, claim, result.exporter, result.peerKey);
    });
  }
  #joined(link: Uint8Array, id: Uint8Array, claim: Claim, exporter: Secret, peerKey: Uint8Array): void {
    const { crypto } = this.#context;
    const now = this.#context.now();
    const record = this.#find(link);
    if (record === undefined || LINK_STATES[record.state] !== 'open') return;
    const { items, kept } = openJoined(this.#context, claim, id, exporter, now);
    const item = items.find((one): one is ItemOf<'join'> => one.type === 'join');
    const { mine } = this.#home;
    const isJoin =
      item !== undefined &&
      equalBytes(joinId(crypto, item.device), id) &&
      equalBytes(item.device, peerKey) &&
      // Whoever has the link says what they like: an entry with a consent that is none would be refused here, at every try.
      verifyConsent(crypto, mine.id, { device: item.device, member: mine.me, consent: item.consent }) &&
      decodeInboxRecord(item.inbox) !== undefined;
    if (!isJoin) return;
    const feed = feedIdOf(crypto, item.device);
    this.#sessions.add(mine, feed, createGeneration(crypto, new Secret(kept), 'joiner', now));
    const { device, consent, inbox, commitment, name } = item;
    const waiting = { ...record, state: 1, guest: { device, consent, inbox, commitment, name, nonce: null } };
    this.#save(waiting);
    const merge = items.find((one): one is ItemOf<'merge'> => one.type === 'merge');
    if (merge !== undefined) this.#context.store.put('invite', concat(MERGE, feed), encodePacket([merge]));
    this.#readGuests();
    if (record.confirm) this.#sayNonce(waiting);
    else this.#takeIn(waiting);
    this.#changed();
  }
  #sayNonce(record: LinkRecord): void {
    this.#nonceAt = this.#context.now();
    const known = this.#home.knownRecord(this.#home.mine);
    const where: readonly Item[] = known === undefined ? [] : [{ type: 'inbox', record: known }];
    this.#sendTo(record, [{ type: 'linkNonce', nonce: record.nonce }, ...where]);
  }
  /** Sessions of devices that wait to be let in: they are listened to, and told nothing. */
  #readGuests(): void {
    const { crypto } = this.#context;
    this.#guestsAt = this.#home.changes;
    const waiting = this.#links().flatMap(({ guest, state }) =>
      guest !== null && LINK_STATES[state] === 'words' ? [feedIdOf(crypto, guest.device)] : [],
    );
    this.#home.mine.guests = [...waiting, ...this.#hooks.strangers()];
    const { joining } = this.#home;
    const join = this.#join();
    if (joining !== undefined && join !== undefined) joining.guests = [feedIdOf(crypto, join.offering)];
  }
  /** A packet to a device that is no device of this person yet, where it said that it looks. */
  #sendTo({ guest }: LinkRecord, items: readonly Item[]): void {
    if (guest === null) return;
    const { mine } = this.#home;
    const feed = feedIdOf(this.#context.crypto, guest.device);
    this.#sender.putFor(mine, [feed], guest.inbox, splitPacket(this.#context.randomness.bytes(8), encodePacket(items)));
  }
  /** What a device says that waits to be let in: only its nonce matters. */
  guest(feed: FeedId, items: readonly Item[]): void {
    const { crypto } = this.#context;
    const reveal = items.find((item): item is ItemOf<'linkReveal'> => item.type === 'linkReveal');
    const record = this.#links().find(
      ({ guest }) => guest !== null && equalBytes(feedIdOf(crypto, guest.device), feed),
    );
    if (reveal === undefined || record?.guest == null || record.guest.nonce !== null) return;
    const expected = joinCommitment(crypto, reveal.nonce, record.guest.device);
    if (!crypto.equal(expected, record.guest.commitment)) return this.#giveUp(record, 'refused');
    this.#save({ ...record, guest: { ...record.guest, nonce: reveal.nonce } });
    this.#changed();
  }
  /** A cell has so many slots: nobody would ever seal to one device more. */
  #isFull(): boolean {
    const { mine } = this.#home;
    const member = mine.log.charter().members.find(({ id }) => equalBytes(id, mine.me));
    return (member?.devices ?? []).filter(({ state, spare }) => state === 'active' && !spare).length >= SLOT_COUNT;
  }
  #takeIn(record: LinkRecord): void {
    const { guest } = record;
    const { mine } = this.#home;
    if (guest === null) return;
    if (this.#isFull()) return this.#giveUp(record, 'refused');
    const { crypto } = this.#context;
    const feed = feedIdOf(crypto, guest.device);
    const history = HISTORIES[record.history];
    if (history !== 'all') {
      const from = Math.max(0, Math.floor(this.#context.now()) - (history === '30d' ? 30 * DAY_MS : 0));
      this.#home.tell({ type: 'history', device: feed, from, extensions: [] });
    }
    const given = giveRange(this.#context, this.#home);
    if (given !== undefined) this.#home.tell({ type: 'recoveryRange', device: feed, ...given, extensions: [] });
    this.#hooks.takesIn(feed);
    const { place } = mine.log.appendEntry(
      (key, at) => createAddDevice(crypto, key, at, { device: guest.device, member: mine.me, consent: guest.consent }),
      this.#context.now(),
    );
    this.#absorb(feed);
    this.#end(record, 'done');
    this.#readGuests();
    this.#home.reach(mine, feed, guest.inbox);
    this.#home.loadInboxes(mine);
    this.#sender.queue(mine, place);
    this.#hooks.added(feed);
  }
  /** It had a `self` of its own, which is a part of ours from now on. */
  #absorb(feed: FeedId): void {
    const { store, crypto } = this.#context;
    const { mine } = this.#home;
    const raw = store.get('invite', concat(MERGE, feed));
    const item = raw === undefined ? undefined : decodePacket(raw)?.[0];
    store.delete('invite', concat(MERGE, feed));
    if (item?.type !== 'merge') return;
    const { root, member, device, consent } = item;
    const by = { root: mine.id, member: mine.me };
    // Nobody takes in itself.
    const isGood =
      !equalBytes(member, mine.me) && verifyAbsorbConsent(crypto, by, { root, member }, { device, consent });
    if (!isGood) return;
    const { place } = mine.log.appendEntry(
      (key, at) =>
        createAbsorb(crypto, key, at, {
          member: mine.me,
          otherRoot: root,
          other: member as MemberId,
          device,
          consent,
        }),
      Math.max(1, this.#context.now()),
    );
    this.#sender.queue(mine, place);
  }
  /** How much of the past a device that this one took in was to get, and from when on; undefined: all. */
  confirm(words: string): { readonly device: string } {
    const given = words.trim().toLowerCase().split(/\s+/).join(' ');
    const waiting = this.#links().find(({ state, guest }) => LINK_STATES[state] === 'words' && guest !== null);
    const join = this.#join();
    const shown = waiting === undefined ? this.#joinView()?.words : this.#linkView(waiting).words;
    if (shown == null) throw new KithError('words-not-ready');
    if (shown.join(' ') !== given) throw new KithError('words-differ');
    if (waiting !== undefined) {
      const device = toHex(feedIdOf(this.#context.crypto, waiting.guest?.device ?? new Uint8Array(32)));
      this.#takeIn(waiting);
      return { device };
    }
    if (join !== undefined) this.#saveJoin({ ...join, confirmed: true });
    this.arrived();
    return { device: toHex(this.#home.joining?.log.ownFeed() ?? this.#home.mine.log.ownFeed() ?? NOBODY) };
  }
  /** Nobody follows it any more. Should the relay not hear it: the offer dies with its time. */
  #withdraw(record: LinkRecord): void {
    const { place } = this.#keysOf(record);
    const { token } = deriveOwnerToken(this.#context.crypto, new Secret(record.ownerSecret.slice()), place);
    this.#asking.request(record.relay, { type: 'offerDelete', place, token: token.expose() }, () => undefined);
  }
  /** The words differ, or nobody meant it: nothing of it stays. */
  refuse(): void {
    for (const record of this.#links().filter(isUnderWay)) {
      this.#withdraw(record);
      this.#giveUp(record, 'refused');
    }
    this.leave();
    this.#readGuests();
    this.#changed();
  }

  // ---- a link of another device

  join(
    text: string,
    name: string,
    done: Settle<{ readonly device: string; readonly state: 'waiting' | 'linked' }>,
    merge = false,
  ): void {
    const invitation = readLink(text);
    const code = invitation === undefined ? readLinkCode(text) : undefined;
    const relay = invitation?.relay ?? this.#home.relays[0];
    if (invitation === undefined && code === undefined) throw new KithError('bad-link');
    if (invitation !== undefined && invitation.joins !== 'device') throw new KithError('bad-link');
    if (relay === undefined) throw new KithError('no-relay');
    const isInUse = this.#home.pairs().length > 0 || this.#sessions.feeds(this.#home.mine).length > 0;
    if (isInUse && !merge) throw new KithError('home-in-use');
    const { crypto } = this.#context;
    const secret = invitation?.secret ?? linkCodeSecret(crypto, code ?? '');
    const keys = deriveInvitationKeys(crypto, { secret, keyHash: invitation?.keyHash ?? NO_KEY_HASH });
    const known = this.#join();
    if (known !== undefined && equalBytes(known.place, keys.place)) return this.#putClaim(known, done);
    this.#asking.request(relay, { type: 'offerGet', place: keys.place }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'offer') {
        const error = linkError(answer);
        return error.code === 'link-expired' ? this.#knock(relay, keys.place, done) : done(error);
      }
      const offer = openOffer(crypto, keys, invitation?.keyHash ?? null, answer.sealed, SELF_OFFER_EXTENSIONS);
      const self = offer && readSelfOffer(offer.extensions);
      if (offer === undefined || self === undefined) return done(new KithError('bad-link'));
      if (this.#home.relays.length === 0) this.#home.setRelays([...new Set([relay, ...offer.relays])].slice(0, 2));
      this.#asking.request(relay, { type: 'info' }, (told) => {
        if (typeof told !== 'object' || told.type !== 'info') return done(relayError(told));
        // By the relay's clock: that of a new device may be a year off.
        if (offer.expires <= told.info.date - DAY_MS) return done(new KithError('link-expired'));
        if (equalBytes(self.self, this.#home.mine.id))
          return done(new KithError('home-in-use', { message: 'This device is one of that person already.' }));
        const isJoining = this.#home.joining !== undefined && equalBytes(self.self, this.#home.joining.id);
        if (!isJoining && this.#home.isOwn(self.self)) return done(new KithError('bad-link'));
        this.#claimOffer(offer, self, { relay, keys, name, confirm: code !== undefined, info: told.info }, done);
      });
    });
  }
  /** The offer is gone: by its time, or by its use. Then its owner learns from an empty claim that somebody came too late. */
  #knock(relay: string, place: Uint8Array, done: (error: KithError) => void): void {
    const { randomness } = this.#context;
    const sealed = randomness.bytes(EMPTY_CLAIM_BYTES);
    this.#asking.request(relay, { type: 'claimPut', place, id: randomness.bytes(16), sealed }, (answer) =>
      done(linkError(answer)),
    );
  }
  #claimOffer(
    offer: Offer,
    self: SelfOffer,
    by: {
      readonly relay: string;
      readonly keys: ReturnType<typeof deriveInvitationKeys>;
      readonly name: string;
      readonly confirm: boolean;
      readonly info: RelayInfo;
    },
    done: Settle<{ readonly device: string; readonly state: 'waiting' | 'linked' }>,
  ): void {
    const { crypto, randomness } = this.#context;
    const key = crypto.signingKey(new Secret(randomness.bytes(32)));
    const id = joinId(crypto, key.publicKey);
    this.#context.agree({ type: 'answer', signer: key, identity: id, keyPackage: offer.keyPackage }, (result) => {
      if (result.type !== 'answered' || !equalBytes(result.peerKey, offer.invitationKey))
        return done(new KithError('bad-link'));
      const now = this.#context.now();
      const bits = inboxBits(by.info);
      const inbox = encodeInboxRecord(
        createInboxRecord(randomness, 1, this.#home.relays.slice(0, 2), bits, randomness.bytes(3)),
      );
      const nonce = randomness.bytes(32);
      const merge =
        this.#home.pairs().length === 0
          ? undefined
          : mergeItem(this.#context, this.#home.mine, { root: self.self, member: self.member });
      const items: readonly Item[] = [
        {
          type: 'join',
          commitment: joinCommitment(crypto, nonce, key.publicKey),
          device: key.publicKey,
          consent: signConsent(crypto, key, self.self, self.member),
          inbox,
          name: by.name,
        },
        ...(merge === undefined ? [] : [merge]),
      ];
      const answered = sealAnswered(this.#context, by.keys, id, result, items, now);
      if (answered === undefined) return done(new KithError('internal'));
      const { sealed, generation } = answered;
      const joining = this.#home.join(
        conversationIdFrom(self.self) as ConversationId,
        key,
        self.member as MemberId,
        self.inception as FeedId,
        inbox,
      );
      this.#sessions.add(joining, feedIdOf(crypto, self.device), generation);
      const record: JoinRecord = {
        relay: by.relay,
        place: by.keys.place,
        claimId: id,
        claim: sealed,
        offering: self.device,
        nonce,
        peerNonce: null,
        name: by.name,
        confirm: by.confirm,
        confirmed: false,
        put: false,
      };
      this.#saveJoin(record);
      this.#readGuests();
      this.#changed();
      this.#putClaim(record, done);
    });
  }
  #join(): JoinRecord | undefined {
    return this.#records().join;
  }
  #saveJoin(record: JoinRecord): void {
    this.#forgetRecords();
    this.#context.store.put('invite', JOIN, encodeJoin(record));
  }
  /** Gives up a link that this device followed. */
  leave(): void {
    if (this.#join() !== undefined) this.#leave();
  }
  #leave(): void {
    this.#forgetRecords();
    this.#context.store.delete('invite', JOIN);
    this.#home.leaveJoining();
    this.#changed();
  }
  #putClaim(
    record: JoinRecord,
    done?: Settle<{ readonly device: string; readonly state: 'waiting' | 'linked' }>,
  ): void {
    this.#triedAt = this.#context.now();
    const { relay, place, claimId: id, claim } = record;
    this.#asking.request(relay, { type: 'claimPut', place, id, sealed: claim }, (answer) => {
      const current = this.#join();
      if (typeof answer === 'object' && answer.type === 'done') {
        if (current !== undefined) this.#saveJoin({ ...current, put: true });
        done?.({ device: toHex(this.#home.joining?.log.ownFeed() ?? NOBODY), state: 'waiting' });
        return;
      }
      const error = linkError(answer);
      if (error.code === 'link-used' || error.code === 'link-expired') this.#leave();
      done?.(error);
    });
  }
  /** What came for the `self` that is being joined: a nonce of the other side, or what makes this device one of it. */
  heard(items: readonly Item[]): void {
    const record = this.#join();
    const told = items.find((item): item is ItemOf<'linkNonce'> => item.type === 'linkNonce');
    const { joining } = this.#home;
    if (told === undefined || record === undefined || joining === undefined) return;
    // Said again, since what answers it was lost; another one than the first counts no more.
    if (record.peerNonce !== null && !equalBytes(record.peerNonce, told.nonce)) return;
    this.#saveJoin({ ...record, confirm: true, peerNonce: told.nonce });
    const outlet = joining.outlets[0];
    if (outlet !== undefined) {
      const packet = encodePacket([{ type: 'linkReveal', nonce: record.nonce }]);
      const parts = splitPacket(this.#context.randomness.bytes(8), packet);
      this.#sender.putFor(joining, [feedIdOf(this.#context.crypto, record.offering)], outlet, parts);
    }
    this.#changed();
  }
  /** The charter of the joined `self` may list this device now. */
  arrived(): void {
    const record = this.#join();
    const { joining } = this.#home;
    const own = joining?.log.device();
    if (record === undefined || joining === undefined || own === undefined) return;
    if (record.confirm && !record.confirmed) return;
    const isIn = joining.log
      .charter()
      .members.some(({ devices }) =>
        devices.some(({ feed, state }) => state === 'active' && equalBytes(feed, own.feed)),
      );
    if (!isIn) return;
    this.#forgetRecords();
    this.#context.store.delete('invite', JOIN);
    this.#home.setHost(feedIdOf(this.#context.crypto, record.offering));
    const facts = this.#home.pairs().length === 0 ? [] : factsOf(this.#home.self);
    this.#home.adopt();
    this.#home.tell({ type: 'device', name: record.name, at: Math.max(0, this.#context.now()), extensions: [] });
    this.#hooks.adopted(facts);
    this.#changed();
  }
  #joinView(): LinkingView['joining'] {
    const record = this.#join();
    const own = this.#home.joining?.log.device();
    if (record === undefined || own === undefined) return null;
    const words =
      record.peerNonce === null
        ? null
        : linkWords(
            this.#context.crypto,
            { offering: record.offering, joining: own.key.publicKey },
            { offering: record.peerNonce, joining: record.nonce },
          );
    return { state: words === null || record.confirmed ? 'waiting' : 'words', words };
  }
  view(): LinkingView {
    const links = this.#links().toSorted((a, b) => b.madeAt - a.madeAt);
    const newest = links[0];
    return {
      link: newest === undefined ? null : this.#linkView(newest),
      joining: this.#joinView(),
      history: this.#hooks.history(),
      removed: this.#home.removed(),
    };
  }

  /** Looks for who followed a link of this device, and puts its own claim. `force`: at a person's wish. */
  tick(force = false): number {
    const now = this.#context.now();
    const join = this.#join();
    if (this.#guestsAt !== this.#home.changes) this.#readGuests();
    let next = Number.POSITIVE_INFINITY;
    // A relay that has forgotten the place by then says nothing of claims.
    for (const record of this.#links())
      if (isUnderWay(record) && record.madeAt + KEPT_MS <= now) this.#giveUp(record, 'expired');
    const silent = this.#links().filter(
      ({ state, guest, madeAt }) =>
        LINK_STATES[state] === 'words' && guest?.nonce === null && madeAt + 2 * OFFERED_MS > now,
    );
    if (silent.length > 0) {
      if (now >= this.#nonceAt + NONCE_EVERY_MS) for (const record of silent) this.#sayNonce(record);
      next = this.#nonceAt + NONCE_EVERY_MS;
    }
    if (join !== undefined && !join.put) {
      if (force || now >= this.#triedAt + AGAIN_MS) this.#putClaim(join);
      next = Math.min(next, now + AGAIN_MS);
    }
    const open = this.#links().filter(
      ({ state, madeAt }) => LINK_STATES[state] === 'open' || madeAt + 2 * OFFERED_MS > now,
    );
    if (open.length === 0) return next;
    if (force || now >= this.#claimsAt) {
      for (const record of open) this.#fetchClaims(record);
      const isBusy = open.some(({ madeAt }) => now - madeAt < 2 * OFFERED_MS);
      this.#claimsAt = now + (isBusy ? CLAIMS_EVERY_MS : CLAIMS_CALM_MS);
    }
    return Math.min(next, this.#claimsAt);
  }
}

interface Known {
  readonly at: number;
  readonly links: readonly LinkRecord[];
  readonly join: JoinRecord | undefined;
}
/** Somebody may come of it yet. */
const isUnderWay = ({ state }: LinkRecord): boolean => state <= LINK_STATES.indexOf('words');
const NOBODY = new Uint8Array(8) as FeedId;
const linkError = (answer: Answer): KithError => {
  const code = typeof answer === 'object' && answer.type === 'error' ? relayErrorName(answer.code) : undefined;
  if (code === 'taken') return new KithError('link-used');
  return code === 'gone' || code === 'not-found' ? new KithError('link-expired') : relayError(answer);
};
