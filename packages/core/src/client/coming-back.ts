// How a person without any device or backup comes back (spec 08, "Coming back"): a contact's new invitation names the
// conversation, recovery words sign a fresh device into it, and the history comes from the contact.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { afterPrefix } from '../conversation/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import {
  CHARTER_SEGMENT,
  conversationIdFrom,
  createAddDevice,
  createRemoval,
  feedIdOf,
  findRecoveryKeys,
  firstEntryPoint,
  MAX_POOLS,
  openEntry,
  signConsent,
  type Member,
} from '../identity/index.ts';
import type { Ingested } from '../log/index.ts';
import {
  createInboxRecord,
  decodeInboxRecord,
  deriveInvitationKeys,
  deriveOwnerToken,
  encodeInboxRecord,
  invitationKeyHash,
  joinId,
  MAX_RETURN_KEYS,
  openClaim,
  openOffer,
  readLink,
  readReturnOffer,
  RETURN_OFFER_EXTENSIONS,
  returnOfferExtensions,
  sealOffer,
  writeLink,
  type Claim,
  type Invitation,
  type ReturnOffer,
} from '../mailbox/index.ts';
import { DAY_MS, type RelayInfo } from '../ports/index.ts';
import { createGeneration } from '../session/index.ts';
import type { ItemOf } from '../sync/index.ts';
import { Asking, joinJob, openJoined, sealAnswered } from './claims.ts';
import type { Context } from './context.ts';
import type { Conversation, Pair } from './conversation.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import { relayError, type Settle } from './pairing.ts';
import { frontierOf, peerState } from './peers.ts';
import { readWords } from './recovery.ts';
import {
  decodeReturn,
  decodeReturnLink,
  encodeReturn,
  encodeReturnLink,
  type Return,
  type ReturnLink,
} from './return-records.ts';
import { ROLES } from './records.ts';
import type { Sender } from './sender.ts';
import type { Sessions } from './sessions.ts';

const LINK = utf8('v');
const RETURN = utf8('w');
const LIFE_MS = 7 * DAY_MS;
const CLAIMS_EVERY_MS = 3_000;
const CLAIMS_CALM_MS = 60_000;
const BUSY_FOR_MS = 10 * 60_000;
const AGAIN_MS = 60_000;

export interface ComingBackHooks {
  bits(): number;
  charter(of: Conversation, ingested: Ingested): void;
}

export class ComingBack {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #hooks: ComingBackHooks;
  readonly #asking: Asking;
  #claimsAt = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  readonly #taking = new Set<string>();
  /** Asked for at every input; read anew when one has changed. */
  #knownLinks: readonly ReturnLink[] | undefined;
  #knownReturns: readonly Return[] | undefined;

  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender, hooks: ComingBackHooks) {
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

  // ---- the contact

  /** An invitation for the other person of this conversation, who has lost every device. */
  invite(pair: Pair, done: Settle<{ readonly link: string; readonly expires: number }>): void {
    const relay = this.#home.relays[0];
    const offered = this.#offerOf(pair);
    if (relay === undefined) throw new KithError('no-relay');
    const { crypto, randomness } = this.#context;
    this.#asking.request(relay, { type: 'info' }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'info') return done(relayError(answer));
      const seed = randomness.bytes(32);
      const secret = randomness.bytes(16);
      const key = crypto.signingKey(new Secret(seed.slice()));
      const keyHash = invitationKeyHash(crypto, key.publicKey);
      const origin = answer.info.publicUrl === '' ? relay : answer.info.publicUrl;
      const written = writeLink(
        { relay: origin, keyHash, secret: new Secret(secret.slice()), reusable: false, joins: 'person' },
        origin,
      );
      if (written.type === 'refused') return done(new KithError('origin-too-long'));
      this.#context.agree({ type: 'prepare', signer: key, identity: keyHash }, (result) => {
        if (result.type !== 'prepared') return done(new KithError('internal'));
        const madeAt = Math.max(0, this.#context.now());
        const record: ReturnLink = {
          id: randomness.bytes(16),
          conversation: pair.id,
          seed,
          secret,
          ownerSecret: randomness.bytes(32),
          relay,
          link: written.link,
          madeAt,
          expires: madeAt + LIFE_MS,
          keyPackage: result.keyPackage,
          initSecret: result.initSecret.expose().slice(),
        };
        result.initSecret.wipe();
        this.#publish(record, key, offered, done);
      });
    });
  }
  #offerOf(pair: Pair): ReturnOffer {
    const { peerInception, peerNonce, inception, nonce, role, root } = pair.local;
    const device = pair.log.device();
    const member = this.#theirs(pair);
    if (peerInception === null || peerNonce === null || device === undefined || member === undefined)
      throw new KithError('not-both');
    const later = member.recoveries.flatMap(({ state, key }) => (state === 'in effect' ? [key] : []));
    return {
      conversation: pair.id,
      root,
      role: role === ROLES.inviter ? ROLES.acceptor : ROLES.inviter,
      inbox: pair.outlets[0]?.record.number ?? 0,
      device: device.key.publicKey,
      keys: [member.recoveryKey, ...later].slice(-MAX_RETURN_KEYS),
      theirInception: peerInception,
      ourInception: inception,
      theirNonce: peerNonce,
      ourNonce: nonce,
    };
  }
  #theirs(pair: Pair): Member | undefined {
    return pair.log.charter().members.find(({ id }) => !equalBytes(id, pair.me));
  }
  #publish(
    record: ReturnLink,
    key: SigningKey,
    offered: ReturnOffer,
    done: Settle<{ readonly link: string; readonly expires: number }>,
  ): void {
    const { crypto, randomness } = this.#context;
    const extensions = returnOfferExtensions(offered);
    const keys = this.#keysOf(record);
    const offer = extensions && {
      invitationKey: key.publicKey,
      keyPackage: record.keyPackage,
      relays: this.#home.relays.slice(0, 2),
      reusable: false,
      expires: record.expires,
      name: this.#home.profileIn({ id: conversationIdFrom(record.conversation) })?.name ?? '',
      extensions,
    };
    const sealed = offer && sealOffer(crypto, randomness, keys, offer, key);
    if (sealed === undefined) return done(new KithError('internal'));
    const { hash } = deriveOwnerToken(crypto, new Secret(record.ownerSecret.slice()), keys.place);
    const put = {
      type: 'offerPut',
      place: keys.place,
      owner: hash,
      token: null,
      // Whoever claims without the words is nobody, and must not keep out the one who has them.
      single: false,
      offered: record.expires,
      expires: record.expires,
      sealed,
    } as const;
    this.#asking.request(record.relay, put, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'done') return done(relayError(answer));
      for (const other of this.#links()) if (equalBytes(other.conversation, record.conversation)) this.#drop(other);
      this.#knownLinks = undefined;
      this.#context.store.put('invite', concat(LINK, record.id), encodeReturnLink(record));
      done({ link: record.link, expires: record.expires });
    });
  }
  #keysOf({ secret, seed }: Pick<ReturnLink, 'secret' | 'seed'>): ReturnType<typeof deriveInvitationKeys> {
    const { crypto } = this.#context;
    const keyHash = invitationKeyHash(crypto, crypto.signingKey(new Secret(seed.slice())).publicKey);
    return deriveInvitationKeys(crypto, { secret: new Secret(secret.slice()), keyHash });
  }
  #links(): readonly ReturnLink[] {
    this.#knownLinks ??= this.#context.store
      .scan('invite', { from: LINK, to: afterPrefix(LINK) })
      .map(({ value }) => decodeReturnLink(value));
    return this.#knownLinks;
  }
  #drop(record: ReturnLink): void {
    this.#knownLinks = undefined;
    this.#context.store.delete('invite', concat(LINK, record.id));
  }
  #takeBack(record: ReturnLink): void {
    const { place } = this.#keysOf(record);
    const { token } = deriveOwnerToken(this.#context.crypto, new Secret(record.ownerSecret.slice()), place);
    this.#asking.request(record.relay, { type: 'offerDelete', place, token: token.expose() }, () => undefined);
  }
  #fetchClaims(record: ReturnLink): void {
    const { place } = this.#keysOf(record);
    const { token } = deriveOwnerToken(this.#context.crypto, new Secret(record.ownerSecret.slice()), place);
    this.#asking.request(record.relay, { type: 'claimsGet', place, token: token.expose() }, (answer) => {
      if (typeof answer === 'object' && answer.type === 'claims')
        for (const { id, sealed } of answer.claims) this.#claim(record, id, sealed);
      if (record.expires <= this.#context.now()) this.#drop(record);
    });
  }
  #claim(record: ReturnLink, id: Uint8Array, sealed: Uint8Array): void {
    const { crypto } = this.#context;
    const name = `${toHex(record.id)} ${toHex(id)}`;
    const claim = this.#taking.has(name) ? undefined : openClaim(crypto, this.#keysOf(record), id, sealed);
    if (claim === undefined) return;
    this.#taking.add(name);
    this.#asking.agree(joinJob(crypto, record, claim), (result) => {
      if (result.type === 'joined') this.#joined(record, id, claim, result.exporter, result.peerKey);
    });
  }
  /** Only the words open this door: the entry of the claim has to make its device one of the other person's. */
  #joined(record: ReturnLink, id: Uint8Array, claim: Claim, exporter: Secret, peerKey: Uint8Array): void {
    const { crypto } = this.#context;
    const now = this.#context.now();
    const pair = this.#home.pair(conversationIdFrom(record.conversation));
    const { items, kept } = openJoined(this.#context, claim, id, exporter, now);
    const item = items.find((one): one is ItemOf<'return'> => one.type === 'return');
    const entry = item && openEntry(crypto, item.entry);
    if (pair === undefined || item === undefined || entry?.act.type !== 'addDevice') return;
    const { act } = entry;
    const theirs = this.#theirs(pair);
    const isTheirs =
      theirs !== undefined &&
      equalBytes(act.member, theirs.id) &&
      equalBytes(act.device, peerKey) &&
      equalBytes(joinId(crypto, act.device), id) &&
      [theirs.recoveryKey, ...theirs.recoveries.flatMap(({ state, key }) => (state === 'in effect' ? [key] : []))].some(
        (key) => equalBytes(key, entry.entry.device),
      );
    if (!isTheirs || decodeInboxRecord(item.inbox) === undefined) return;
    const ingested = pair.log.ingest([{ type: 'entry', entry: item.entry }], 'own', Math.max(1, now));
    const device = this.#theirs(pair)?.devices.find(({ feed }) => equalBytes(feed, act.feed));
    if (device?.state !== 'active') return;
    this.#drop(record);
    this.#takeBack(record);
    this.#sessions.add(pair, act.feed, createGeneration(crypto, new Secret(kept), 'joiner', now));
    this.#home.setPeerRecord(pair, item.inbox, act.feed);
    // The lost devices, and whoever has them, know the old one; the new device learns this one from the next packet.
    this.#home.renewInbox(pair, this.#hooks.bits());
    this.#sender.queue(pair, { feed: entry.feed, segment: CHARTER_SEGMENT, seq: entry.entry.seq });
    this.#hooks.charter(pair, ingested);
    this.#sender.tellSoon(pair.theirs, true);
    this.#context.changed({ type: 'contacts' });
  }

  // ---- the one who comes back

  /** `keep`: the devices there were stay; else they are removed by the words, as soon as the history is here. */
  use(
    link: string,
    words: string,
    keep: boolean,
    done: Settle<{ readonly conversation: string; readonly state: 'waiting' }>,
  ): void {
    const invitation = readLink(link);
    if (invitation?.joins !== 'person') throw new KithError('bad-link');
    const seed = readWords(this.#context, words);
    const { crypto } = this.#context;
    const keys = deriveInvitationKeys(crypto, invitation);
    this.#asking.request(invitation.relay, { type: 'offerGet', place: keys.place }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'offer') return done(relayError(answer));
      const offer = openOffer(crypto, keys, invitation.keyHash, answer.sealed, RETURN_OFFER_EXTENSIONS);
      const back = offer && readReturnOffer(offer.extensions);
      if (offer === undefined || back === undefined) return done(new KithError('invite-invalid'));
      const found = findRecoveryKeys(crypto, seed, back.keys, MAX_POOLS);
      seed.wipe();
      const [recovery] = found.values();
      if (recovery === undefined) return done(new KithError('wrong-words'));
      if (this.#home.pair(conversationIdFrom(back.conversation)) !== undefined)
        return done({ conversation: toHex(back.conversation), state: 'waiting' });
      if (this.#home.relays.length === 0)
        this.#home.setRelays([...new Set([invitation.relay, ...offer.relays])].slice(0, 2));
      this.#asking.request(invitation.relay, { type: 'info' }, (told) => {
        if (typeof told !== 'object' || told.type !== 'info') return done(relayError(told));
        if (offer.expires <= told.info.date - DAY_MS) return done(new KithError('invite-expired'));
        this.#claimOffer({ invitation, offer, back, recovery, keep, info: told.info }, done);
      });
    });
  }
  #claimOffer(
    by: {
      readonly invitation: Invitation;
      readonly offer: { readonly keyPackage: Uint8Array; readonly invitationKey: Uint8Array; readonly expires: number };
      readonly back: ReturnOffer;
      readonly recovery: SigningKey;
      readonly keep: boolean;
      readonly info: RelayInfo;
    },
    done: Settle<{ readonly conversation: string; readonly state: 'waiting' }>,
  ): void {
    const { crypto, randomness } = this.#context;
    const { back, offer, recovery } = by;
    const mine = openEntry(crypto, back.theirInception);
    const theirs = openEntry(crypto, back.ourInception);
    const isSound =
      mine?.act.type === 'inception' &&
      theirs?.act.type === 'inception' &&
      [mine, theirs].every(({ entry }) => equalBytes(entry.root, back.root));
    if (!isSound || mine.act.type !== 'inception') return done(new KithError('invite-invalid'));
    const { member } = mine.act;
    const named = equalBytes(mine.act.recoveryKey, recovery.publicKey);
    const key = crypto.signingKey(new Secret(randomness.bytes(32)));
    const id = joinId(crypto, key.publicKey);
    this.#context.agree({ type: 'answer', signer: key, identity: id, keyPackage: offer.keyPackage }, (result) => {
      if (result.type !== 'answered' || !equalBytes(result.peerKey, offer.invitationKey))
        return done(new KithError('invite-invalid'));
      const now = Math.max(1, this.#context.now());
      const consent = signConsent(crypto, key, back.root, member);
      const entry = createAddDevice(crypto, recovery, firstEntryPoint(back.root), {
        device: key.publicKey,
        member,
        consent,
      });
      const bits = Math.max(by.info.bits, by.info.liveBits);
      const record = createInboxRecord(
        randomness,
        back.inbox + 1,
        this.#home.relays.slice(0, 2),
        bits,
        randomness.bytes(3),
      );
      const inbox = encodeInboxRecord(record);
      const keys = deriveInvitationKeys(crypto, by.invitation);
      const answered = sealAnswered(this.#context, keys, id, result, [{ type: 'return', entry, inbox }], now);
      if (answered === undefined) return done(new KithError('internal'));
      const { sealed, generation } = answered;
      const pair = this.#home.addFrom(
        {
          conversation: conversationIdFrom(back.conversation),
          root: back.root,
          role: back.role,
          at: now,
          inception: back.theirInception,
          nonce: back.theirNonce,
          peerInception: back.ourInception,
          peerNonce: back.ourNonce,
          peerCommitment: null,
          settled: true,
          extensions: [],
        },
        key,
      );
      if (pair === undefined) return done(new KithError('invite-invalid'));
      this.#home.tell({ type: 'contact', conversation: pair.id, label: '', at: now, extensions: [] });
      this.#home.tell({ type: 'inbox', conversation: pair.id, record: inbox, extensions: [] });
      if (!named) pair.log.proveWords(member, recovery.publicKey);
      pair.log.ingest([{ type: 'entry', entry }], 'own', now);
      this.#sessions.add(pair, feedIdOf(crypto, back.device), generation);
      const claim: Return = {
        conversation: pair.id,
        relay: by.invitation.relay,
        place: keys.place,
        claimId: id,
        claim: sealed,
        put: false,
        expires: offer.expires,
        key: by.keep ? null : recovery.privateKey.expose().slice(0, 32),
      };
      recovery.privateKey.wipe();
      this.#save(claim);
      this.#context.changed({ type: 'contacts' });
      this.#putClaim(claim, done);
    });
  }
  #save(record: Return): void {
    this.#knownReturns = undefined;
    this.#context.store.put('invite', concat(RETURN, record.conversation), encodeReturn(record));
  }
  #returns(): readonly Return[] {
    this.#knownReturns ??= this.#context.store
      .scan('invite', { from: RETURN, to: afterPrefix(RETURN) })
      .map(({ value }) => decodeReturn(value));
    return this.#knownReturns;
  }
  #putClaim(record: Return, done?: Settle<{ readonly conversation: string; readonly state: 'waiting' }>): void {
    this.#triedAt = this.#context.now();
    const { relay, place, claimId: id, claim } = record;
    this.#asking.request(relay, { type: 'claimPut', place, id, sealed: claim }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'done') return done?.(relayError(answer));
      this.#save({ ...record, put: true });
      done?.({ conversation: toHex(record.conversation), state: 'waiting' });
    });
  }
  /** What the contact holds is here: the devices that are lost go, by the words, which nobody who found one can undo. */
  #removeLost(record: Return): void {
    const pair = this.#home.pair(conversationIdFrom(record.conversation));
    const own = pair?.log.device();
    if (pair === undefined || own === undefined) return;
    const frontiers = this.#sessions
      .feeds(pair)
      .flatMap((feed) => frontierOf(peerState(this.#context, pair, feed).frontier) ?? []);
    if (frontiers.length === 0 || !frontiers.every((theirs) => pair.log.compare(theirs).iLack.length === 0)) return;
    const { crypto } = this.#context;
    const key = record.key === null ? undefined : crypto.signingKey(new Secret(record.key.slice()));
    const { members, removals } = pair.log.charter();
    for (const { feed, state } of members.find(({ id }) => equalBytes(id, pair.me))?.devices ?? []) {
      if (key === undefined || state === 'removed' || equalBytes(feed, own.feed)) continue;
      const said = removals.flatMap(({ entry }) => (equalBytes(entry.feed, feed) ? [entry.seq] : []));
      const cuts = pair.log.cutsHere(feed, Math.min(...said));
      const { place } = pair.log.appendEntry(
        (by, at) => createRemoval(crypto, by, at, { feed, member: null, cuts }),
        Math.max(1, this.#context.now()),
        key,
      );
      this.#sender.queue(pair, place);
    }
    key?.privateKey.wipe();
    this.#knownReturns = undefined;
    this.#context.store.delete('invite', concat(RETURN, record.conversation));
  }

  /** `force`: at a person's wish. */
  tick(force = false): number {
    const now = this.#context.now();
    let next = Number.POSITIVE_INFINITY;
    for (const record of this.#returns()) {
      if (record.put) this.#removeLost(record);
      else if (force || now >= this.#triedAt + AGAIN_MS) this.#putClaim(record);
      next = now + AGAIN_MS;
    }
    const links = this.#links();
    if (links.length === 0) return next;
    if (force || now >= this.#claimsAt) {
      for (const record of links) this.#fetchClaims(record);
      const isBusy = links.some(({ madeAt }) => now - madeAt < BUSY_FOR_MS);
      this.#claimsAt = now + (isBusy ? CLAIMS_EVERY_MS : CLAIMS_CALM_MS);
    }
    return Math.min(next, this.#claimsAt);
  }
}
