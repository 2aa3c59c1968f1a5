// How two people come together (spec 08): invitations made and accepted, claims, answers, requests. Long because both
// sides of one handshake are read together.
import { concat, equalBytes, fromHex, toHex, utf8 } from '../bytes/index.ts';
import { afterPrefix, type ContextFacts } from '../conversation/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import { conversationIdFrom, type ConversationId, feedIdOf, openEntry, type FeedId } from '../identity/index.ts';
import {
  claimId,
  commitment,
  conversationIdOf,
  decodeInboxRecord,
  deriveInvitationKeys,
  deriveOwnerToken,
  invitationKeyHash,
  isReturnOffer,
  RETURN_OFFER_EXTENSIONS,
  openClaim,
  openOffer,
  readLink,
  sealOffer,
  writeLink,
  type Claim,
  type Invitation,
  type Offer,
} from '../mailbox/index.ts';
import { relayErrorName, type RelayInfo } from '../ports/index.ts';
import { createGeneration } from '../session/index.ts';
import type { Item, ItemOf } from '../sync/index.ts';
import { Asking, joinJob, openJoined, sealAnswered } from './claims.ts';
import type { Answer, Context } from './context.ts';
import { KithError } from './errors.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import {
  decodeAccepted,
  decodeInvite,
  decodeRequest,
  encodeAccepted,
  encodeInvite,
  encodeRequest,
  INVITE_STATES,
  REQUEST_STATES,
  type AcceptedInvite,
  type OwnInvite,
  type RequestRecord,
} from './records.ts';
import type { ContactState, Invite, InvitePreview } from './rpc.ts';
import type { Sender } from './sender.ts';
import { UNKNOWN_FEED, type Sessions } from './sessions.ts';

const DEFAULT_LIFE_MS = 7 * 86_400_000;
const MAX_LIFE_MS = 366 * 86_400_000;
const DAY_MS = 86_400_000;
const OWN = utf8('o');
const ACCEPTED = utf8('a');
const MAX_CLAIMS_KEPT = 256;
/** Of one invitation. Further ones wait at the relay, which has room for 64: then it says that it is full. */
const MAX_OPEN_REQUESTS = 256;
const FULL_EVERY_MS = 60 * 60_000;
/** Claims are looked for on a relay this often while an invitation is open. */
const CLAIMS_EVERY_MS = 3_000;
/** … and less often once it has been open for a while. */
const CLAIMS_CALM_MS = 60_000;
const BUSY_FOR_MS = 10 * 60_000;
/**
 * … and of a used one, until it would have expired, to learn of others who hold the link: after an eighth of its age more, at
 * most so late. Who meets a hundred people at once is not to ask a relay for each of them every few seconds.
 */
const USED_SHARE = 1 / 8;
const USED_EVERY_MS = 60 * 60_000;
/**
 * A claim that nobody answered is put again at each start, after a minute, and then each time after twice as long, at most so late: the
 * relay may have been wiped, while the two stand beside each other.
 */
const CLAIM_AGAIN_MS = 60_000;
const CLAIM_LATEST_MS = 60 * 60_000;

/** When a claim was put last, how often in a row, and whether the relay, as when it has no room, refused it. */
interface Tried {
  readonly at: number;
  readonly times: number;
  readonly refused: boolean;
}
const NEVER_TRIED: Tried = { at: Number.NEGATIVE_INFINITY, times: 0, refused: false };
/** What a relay does not answer costs nothing; what it refuses all the time is as long as a claim each time. */
const claimDue = ({ at, times, refused }: Tried, isPut: boolean): number => {
  const first = isPut ? CLAIM_AGAIN_MS : CLAIMS_EVERY_MS;
  return at + (isPut || refused ? Math.min(CLAIM_LATEST_MS, first * 2 ** (times - 1)) : first);
};

export type Settle<T> = (outcome: T | KithError) => void;
/** Turns a relay's refusal, or its silence, into what a person is told. */
export const relayError = (answer: Answer): KithError => {
  if (answer === 'nonsense') return new KithError('relay-nonsense');
  if (typeof answer === 'string' || answer.type !== 'error') return new KithError('no-relay');
  switch (relayErrorName(answer.code)) {
    case 'not-found':
    case 'gone':
      return new KithError('invite-expired');
    case 'taken':
      return new KithError('invite-used');
    case 'full':
    case 'limited':
      return new KithError('relay-full');
    default:
      return new KithError('relay-nonsense');
  }
};

/** What is at hand of a request; its secrets are not. */
type OpenRequest = Pick<RequestRecord, 'id' | 'invite' | 'at'>;
const toOpen = ({ id, invite, at }: RequestRecord): OpenRequest => ({ id, invite, at });

interface Accepted {
  readonly conversation: string;
  readonly state: ContactState;
}
interface PairingHooks {
  /** What this relay last said of itself. */
  info(relay: string): RelayInfo | undefined;
  met(pair: Pair): void;
}

export class Pairing {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  readonly #sender: Sender;
  readonly #hooks: PairingHooks;
  #claimsAt = 0;
  readonly #asking: Asking;
  readonly #joining = new Set<string>();
  readonly #putting = new Set<string>();
  readonly #renewing = new Set<string>();
  /** Who waits for an invitation that is being accepted, by its key hash in hex. */
  readonly #accepting = new Map<string, Settle<Accepted>[]>();
  /** By the conversation of each claim, in this run. */
  readonly #tried = new Map<string, Tried>();
  /** By the name of an invitation that is used, or has no room for more: when its claims were looked at. */
  readonly #lookedAt = new Map<string, number>();
  #ownInvites: Map<string, OwnInvite> | undefined;
  #acceptedInvites: Map<string, AcceptedInvite> | undefined;
  /** Requests that wait for an answer. */
  #open: readonly OpenRequest[] | undefined;

  constructor(context: Context, home: Home, sessions: Sessions, sender: Sender, hooks: PairingHooks) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
    this.#sender = sender;
    this.#hooks = hooks;
    this.#asking = new Asking(context);
  }

  /** What is at hand of the store is read anew: this device was taken out, and forgot what it had. */
  forget(): void {
    this.#ownInvites = undefined;
    this.#acceptedInvites = undefined;
    this.#open = undefined;
  }

  // ---- own invitations

  create(
    params: {
      readonly reusable?: boolean;
      readonly expiresMs?: number;
      readonly label?: string;
      readonly deviceOnly?: boolean;
      readonly context: ContextFacts | null;
    },
    done: Settle<Invite>,
  ): void {
    const relay = this.#home.relays[0];
    const life = params.expiresMs ?? DEFAULT_LIFE_MS;
    if (relay === undefined) return done(new KithError('no-relay'));
    if (!(life > 0 && life <= MAX_LIFE_MS))
      return done(new KithError('bad-option', { message: 'An invitation lives between a moment and a year.' }));
    // The relay's public URL is what the link starts with, so its info comes first.
    this.#context.request(relay, { type: 'info' }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'info') return done(relayError(answer));
      const { randomness, crypto } = this.#context;
      const seed = randomness.bytes(32);
      const key = crypto.signingKey(new Secret(seed.slice()));
      const keyHash = invitationKeyHash(crypto, key.publicKey);
      const reusable = params.reusable ?? false;
      const origin = answer.info.publicUrl === '' ? relay : answer.info.publicUrl;
      const secret = randomness.bytes(16);
      const written = writeLink(
        { relay: origin, keyHash, secret: new Secret(secret), reusable, joins: 'person' },
        origin,
      );
      if (written.type === 'refused')
        return done(new KithError(written.reason === 'origin-too-long' ? 'origin-too-long' : 'bad-url'));
      const now = this.#context.now();
      const invite: OwnInvite = {
        id: randomness.bytes(16),
        seed,
        secret,
        ownerSecret: randomness.bytes(32),
        reusable,
        relay,
        link: written.link,
        label: params.label ?? '',
        createdAt: now,
        expires: now + life,
        keys: [],
        conversation: null,
        uses: 0,
        state: 0,
        contested: false,
        claims: [],
      };
      if (params.context !== null) this.#home.inviteInto(invite.id, params.context.id);
      this.#publish(invite, (outcome) => {
        if (outcome instanceof KithError) return done(outcome);
        if (params.deviceOnly === true) this.#home.keepHere(outcome.id);
        const made = reusable ? outcome : this.#openPair(outcome, keyHash, bitsOf(answer.info));
        this.#save(made);
        this.#context.changed({ type: 'invites' });
        this.#context.changed({ type: 'contacts' });
        done(this.#view(made));
      });
    });
  }
  /** Makes a KeyPackage and puts the offer with it; the first time, and daily for a reusable one. */
  #publish(invite: OwnInvite, done: Settle<OwnInvite>): void {
    const { crypto, randomness } = this.#context;
    const key = crypto.signingKey(new Secret(invite.seed.slice()));
    const keyHash = invitationKeyHash(crypto, key.publicKey);
    this.#context.agree({ type: 'prepare', signer: key, identity: keyHash }, (result) => {
      if (result.type !== 'prepared') return done(new KithError('internal'));
      const keys = this.#keysOf(invite);
      const owner = deriveOwnerToken(crypto, new Secret(invite.ownerSecret.slice()), keys.place);
      const offer: Offer = {
        invitationKey: key.publicKey,
        keyPackage: result.keyPackage,
        relays: this.#home.relays.slice(0, 2),
        reusable: invite.reusable,
        expires: invite.expires,
        name: this.#nameIn(invite),
        extensions: [],
      };
      const sealed = sealOffer(crypto, randomness, keys, offer, key);
      if (sealed === undefined) return done(new KithError('internal'));
      const initSecret = result.initSecret.expose().slice();
      result.initSecret.wipe();
      const again = invite.keys.length > 0;
      const next: OwnInvite = {
        ...invite,
        keys: [
          { keyPackage: result.keyPackage, initSecret, madeAt: Math.max(0, this.#context.now()) },
          ...invite.keys,
        ].slice(0, 40),
      };
      const token = again ? owner.token.expose() : null;
      // Before anyone can use it: a claim for a key that a crash forgot could never be joined.
      if (again) this.#save({ ...this.#find(toHex(invite.id)), keys: next.keys });
      this.#context.request(
        invite.relay,
        {
          type: 'offerPut',
          place: keys.place,
          owner: owner.hash,
          token,
          single: !invite.reusable,
          offered: invite.expires,
          expires: invite.expires,
          sealed,
        },
        (answer) => done(typeof answer === 'object' && answer.type === 'done' ? next : relayError(answer)),
      );
    });
  }
  #keysOf(invite: Pick<OwnInvite, 'secret' | 'seed'>): ReturnType<typeof deriveInvitationKeys> {
    const { crypto } = this.#context;
    const keyHash = invitationKeyHash(crypto, this.#keyOf(invite).publicKey);
    return deriveInvitationKeys(crypto, { secret: new Secret(invite.secret.slice()), keyHash });
  }
  #keyOf(invite: Pick<OwnInvite, 'seed'>): SigningKey {
    return this.#context.crypto.signingKey(new Secret(invite.seed.slice()));
  }
  /** A one-time invitation is its maker's consent: its conversation is there from the start. */
  #openPair(invite: OwnInvite, root: Uint8Array, bits: number): OwnInvite {
    const id = conversationIdFrom(conversationIdOf(this.#context.crypto, this.#keyOf(invite).publicKey, null));
    this.#inherit(invite, id);
    const context = this.#home.invitesInto(invite.id) ?? null;
    this.#home.add(id, this.#home.prepare(root, bits, context), 'inviter', invite.label, invite.id);
    return { ...invite, conversation: id };
  }
  /** Where the conversation of an invitation stands by now, or those of a reusable one will. */
  #contextOf(invite: OwnInvite): ContextFacts | null | undefined {
    const { conversation: id } = invite;
    return id === null ? this.#home.invitesInto(invite.id) : this.#home.contextOf({ id: conversationIdFrom(id) });
  }
  /** Whoever opens it sees this name, and none of another context. */
  #nameIn(invite: OwnInvite): string {
    const context = this.#contextOf(invite);
    return context === null ? this.#home.profile().name : (context?.name ?? '');
  }
  /** Contexts that open invitations lead to. */
  invited(): readonly ContextFacts[] {
    return this.invites()
      .filter((invite) => INVITE_STATES[invite.state] === 'open' && invite.expires > this.#context.now())
      .flatMap((invite) => this.#contextOf(invite) ?? []);
  }
  /** The conversation of an open invitation stands elsewhere: its offer says who is there. */
  moved(pair: Pair): void {
    const invite = this.invites().find(
      ({ conversation, state }) =>
        INVITE_STATES[state] === 'open' && conversation !== null && equalBytes(conversation, pair.id),
    );
    if (invite !== undefined) this.#renew(invite);
  }
  /** A conversation is kept where its invitation says. */
  #inherit(invite: OwnInvite, conversation: ConversationId): void {
    if (this.#home.isDeviceScoped({ id: conversationIdFrom(invite.id) })) this.#home.keepHere(conversation);
  }
  #save(invite: OwnInvite): void {
    this.#ownById().set(toHex(invite.id), invite);
    this.#context.store.put('invite', concat(OWN, invite.id), encodeInvite(invite));
  }
  invites(): readonly OwnInvite[] {
    return [...this.#ownById().values()];
  }
  /** Kept, as they are asked at every input; written at every change. */
  #ownById(): Map<string, OwnInvite> {
    const rows = (): [string, OwnInvite][] =>
      this.#context.store
        .scan('invite', { from: OWN, to: afterPrefix(OWN) })
        .map((row) => [toHex(row.key.slice(1)), decodeInvite(row.value)]);
    this.#ownInvites ??= new Map(rows());
    return this.#ownInvites;
  }
  #accepted(): Map<string, AcceptedInvite> {
    const rows = (): [string, AcceptedInvite][] =>
      this.#context.store
        .scan('invite', { from: ACCEPTED, to: afterPrefix(ACCEPTED) })
        .map((row) => [toHex(row.key.slice(1)), decodeAccepted(row.value)]);
    this.#acceptedInvites ??= new Map(rows());
    return this.#acceptedInvites;
  }
  #saveAccepted(accepted: AcceptedInvite): void {
    this.#accepted().set(toHex(accepted.conversation), accepted);
    this.#context.store.put('invite', concat(ACCEPTED, accepted.conversation), encodeAccepted(accepted));
  }
  /** The inviter has not shown itself yet: a relay may have lost the claim. */
  #isUnanswered(accepted: AcceptedInvite): boolean {
    const pair = this.#home.pair(conversationIdFrom(accepted.conversation));
    return pair !== undefined && pair.local.peerInception === null && !this.#home.facts(pair).ended;
  }
  #view(invite: OwnInvite): Invite {
    const origin = invite.link.slice(0, invite.link.indexOf('/i#'));
    const expired = INVITE_STATES[invite.state] === 'open' && invite.expires <= this.#context.now();
    return {
      invite: toHex(invite.id),
      link: invite.link,
      conversation: invite.conversation === null ? null : toHex(invite.conversation),
      expires: invite.expires,
      reusable: invite.reusable,
      label: invite.label,
      context: contextName(this.#contextOf(invite)),
      uses: invite.uses,
      state: expired ? 'expired' : (INVITE_STATES[invite.state] ?? 'expired'),
      localOnly: isLocal(origin),
      contested: invite.contested,
    };
  }
  list(): readonly Invite[] {
    return this.invites()
      .toSorted((a, b) => a.createdAt - b.createdAt)
      .map((invite) => this.#view(invite));
  }
  #find(name: string): OwnInvite {
    const invite = this.#ownById().get(name);
    if (invite === undefined) throw new KithError('unknown-invite');
    return invite;
  }
  revoke(name: string): Invite {
    const invite = this.#find(name);
    if (INVITE_STATES[invite.state] !== 'open') return this.#view(invite);
    const ended = this.#end(invite, 'revoked');
    const keys = this.#keysOf(invite);
    const { token } = deriveOwnerToken(this.#context.crypto, new Secret(invite.ownerSecret.slice()), keys.place);
    this.#context.request(
      invite.relay,
      { type: 'offerDelete', place: keys.place, token: token.expose() },
      () => undefined,
    );
    return this.#view(ended);
  }
  /** The keys of an invitation die with it; so does a conversation that nobody came to. */
  #end(invite: OwnInvite, state: 'used' | 'expired' | 'revoked'): OwnInvite {
    const ended: OwnInvite = { ...invite, state: INVITE_STATES.indexOf(state), keys: [] };
    this.#save(ended);
    const pair = invite.conversation === null ? undefined : this.#home.pair(conversationIdFrom(invite.conversation));
    if (state !== 'used' && pair?.local.peerInception === null) {
      this.#home.tell({ type: 'ended', conversation: pair.id, extensions: [] });
      this.#context.changed({ type: 'contacts' });
    }
    this.#context.changed({ type: 'invites' });
    return ended;
  }

  /** Looks for claims of open invitations; renews and ends what is due. `now`: at a person's wish. */
  tick(force = false): number {
    const now = this.#context.now();
    let next = Number.POSITIVE_INFINITY;
    for (const accepted of this.#accepted().values()) {
      if (!this.#isUnanswered(accepted)) continue;
      const due = claimDue(this.#tried.get(toHex(accepted.conversation)) ?? NEVER_TRIED, accepted.put);
      if (force || due <= now) this.#putClaim(accepted);
      else next = Math.min(next, due);
    }
    for (const invite of this.invites()) {
      if (!this.#isWatched(invite, now)) continue;
      const name = toHex(invite.id);
      // By the age it had then: by that of now it would be due ever later while it is waited for.
      const after = (at: number): number =>
        at + Math.min(USED_EVERY_MS, Math.max(CLAIMS_EVERY_MS, (at - invite.createdAt) * USED_SHARE));
      const due = after(this.#lookedAt.get(name) ?? Number.NEGATIVE_INFINITY);
      if (force || due <= now) {
        this.#lookedAt.set(name, now);
        this.#fetchClaims(invite, () => undefined);
        next = Math.min(next, after(now));
      } else next = Math.min(next, due);
    }
    const open = this.invites().filter((invite) => INVITE_STATES[invite.state] === 'open');
    if (open.length === 0) return next;
    if (!force && now < this.#claimsAt) return Math.min(next, this.#claimsAt);
    for (const invite of open) if (force || this.#hasRoom(invite, now)) this.#fetchClaims(invite, () => undefined);
    const busy = open.some((invite) => now - invite.createdAt < BUSY_FOR_MS);
    this.#claimsAt = now + (busy ? CLAIMS_EVERY_MS : CLAIMS_CALM_MS);
    return Math.min(next, this.#claimsAt);
  }
  isIdle(): boolean {
    return this.#asking.isIdle();
  }
  /** A further claim of a used one shows that somebody else holds its link: who came may not be who was meant. */
  #isWatched(invite: OwnInvite, now: number): boolean {
    return !invite.reusable && INVITE_STATES[invite.state] === 'used' && !invite.contested && now < invite.expires;
  }

  #fetchClaims(invite: OwnInvite, done: () => void): void {
    const keys = this.#keysOf(invite);
    const { token } = deriveOwnerToken(this.#context.crypto, new Secret(invite.ownerSecret.slice()), keys.place);
    this.#asking.request(invite.relay, { type: 'claimsGet', place: keys.place, token: token.expose() }, (answer) => {
      const now = this.#context.now();
      if (typeof answer === 'object' && answer.type === 'claims') {
        for (const { id, sealed } of answer.claims) this.#claim(toHex(invite.id), id, sealed);
        if (INVITE_STATES[invite.state] === 'open') this.#makeRoom(invite, answer.claims);
      }
      // The relay was asked once after the end: nothing that came in time is lost.
      const answered = typeof answer === 'object';
      const current = this.#find(toHex(invite.id));
      if (INVITE_STATES[current.state] !== 'open') return done();
      if (answered && current.expires <= now) this.#end(current, 'expired');
      else if (typeof answer === 'object' && answer.type === 'error' && relayErrorName(answer.code) === 'not-found')
        this.#renew(current);
      else if (current.reusable && now - (current.keys[0]?.madeAt ?? 0) > DAY_MS) this.#renew(current);
      done();
    });
  }
  /**
   * A relay keeps 64 claims of an offer, and hands out all of them each time: those dealt with go, so that a reusable invitation never
   * fills up, and nobody has the same megabyte fetched for days.
   */
  #makeRoom(invite: OwnInvite, claims: readonly { readonly id: Uint8Array }[]): void {
    const dealt = this.#find(toHex(invite.id)).claims;
    const ids = claims.map(({ id }) => id).filter((id) => dealt.some((known) => equalBytes(known, id)));
    if (ids.length === 0) return;
    const { place } = this.#keysOf(invite);
    const { token } = deriveOwnerToken(this.#context.crypto, new Secret(invite.ownerSecret.slice()), place);
    this.#asking.request(invite.relay, { type: 'claimsDelete', place, token: token.expose(), ids }, () => undefined);
  }
  /** A new KeyPackage each day, and the offer again where a relay has lost it. */
  #renew(invite: OwnInvite): void {
    const name = toHex(invite.id);
    // One at a time: the relay keeps the last offer that arrives, whichever that is.
    if (this.#renewing.has(name)) return;
    this.#renewing.add(name);
    this.#asking.until((done) =>
      this.#publish(invite, () => {
        done();
        this.#renewing.delete(name);
      }),
    );
  }

  #claim(name: string, id: Uint8Array, sealed: Uint8Array): void {
    const invite = this.#find(name);
    if (invite.claims.some((known) => equalBytes(known, id))) return;
    const joining = `${name} ${toHex(id)}`;
    if (this.#joining.has(joining)) return;
    const claim = openClaim(this.#context.crypto, this.#keysOf(invite), id, sealed);
    if (INVITE_STATES[invite.state] !== 'open' || claim === undefined) {
      const isOpen = INVITE_STATES[invite.state] === 'open';
      if (isOpen || this.#isWatched(invite, this.#context.now())) this.#contest(invite);
      this.#dealtWith(name, id);
      return;
    }
    // It stays at the relay until there is room.
    if (invite.reusable && this.#openRequests(invite) + this.#joining.size >= MAX_OPEN_REQUESTS) return;
    this.#joining.add(joining);
    this.#join(name, id, claim, invite.keys);
  }
  /**
   * A second one came with the same link: its maker is told. Also of what does not open or join: a relay keeps eight claims, and who
   * fills them with anything would else not be seen.
   */
  #contest(invite: OwnInvite): void {
    if (invite.reusable || invite.contested) return;
    this.#save({ ...invite, contested: true });
    this.#context.changed({ type: 'invites' });
  }
  /** Not before the join has ended: a claim that a crash interrupts is joined at the next start. */
  #dealtWith(name: string, id: Uint8Array): void {
    this.#joining.delete(`${name} ${toHex(id)}`);
    const invite = this.#find(name);
    this.#save({ ...invite, claims: [...invite.claims, id].slice(-MAX_CLAIMS_KEPT) });
  }
  /** The claim was made for one of the KeyPackages of the offer; which one, only trying tells. */
  #join(name: string, id: Uint8Array, claim: Claim, keys: OwnInvite['keys']): void {
    const [first, ...more] = keys;
    if (first === undefined) {
      this.#contest(this.#find(name));
      this.#dealtWith(name, id);
      return;
    }
    const { seed } = this.#find(name);
    this.#asking.agree(joinJob(this.#context.crypto, { ...first, seed }, claim), (result) => {
      if (result.type === 'joined') {
        this.#dealtWith(name, id);
        this.#joined(name, id, claim, result.exporter, result.peerKey);
      } else this.#join(name, id, claim, more);
    });
  }
  #joined(name: string, id: Uint8Array, claim: Claim, exporter: Secret, peerKey: Uint8Array): void {
    const invite = this.#find(name);
    const now = this.#context.now();
    const { items, kept } = openJoined(this.#context, claim, id, exporter, now);
    const item = items.find((one): one is ItemOf<'claim'> => one.type === 'claim');
    if (item === undefined || !this.#isClaimOf(item, id, peerKey, invite)) return;
    const request: RequestRecord = {
      id,
      invite: invite.id,
      at: now,
      inception: item.inception,
      commitment: item.commitment,
      inbox: item.inbox,
      exporter: kept,
      state: 0,
    };
    if (!invite.reusable) {
      if (INVITE_STATES[invite.state] !== 'open' || invite.conversation === null) {
        this.#contest(invite);
        return;
      }
      const pair = this.#home.pair(conversationIdFrom(invite.conversation));
      if (pair === undefined) return;
      this.#end({ ...invite, uses: 1 }, 'used');
      this.#meet(pair, request);
      return;
    }
    // A relay may show a claim again that so many others have pushed out of memory: what was answered stays answered.
    if (this.#context.store.get('request', id) !== undefined) return;
    this.#save({ ...invite, uses: invite.uses + 1 });
    this.#context.store.put('request', id, encodeRequest(request));
    if (this.#open !== undefined) this.#open = [...this.#open, toOpen(request)];
    this.#context.changed({ type: 'requests' });
  }
  /** What waits for an answer leaves room for more of an invitation; else its claims are looked at now and then. */
  #hasRoom(invite: OwnInvite, now: number): boolean {
    if (!invite.reusable || this.#openRequests(invite) < MAX_OPEN_REQUESTS) return true;
    const name = toHex(invite.id);
    const since = this.#lookedAt.get(name) ?? Number.NEGATIVE_INFINITY;
    if (Math.abs(now - since) < FULL_EVERY_MS) return false;
    this.#lookedAt.set(name, now);
    return true;
  }
  #openRequests({ id }: OwnInvite): number {
    return this.#openOnes().filter(({ invite }) => equalBytes(invite, id)).length;
  }
  #isClaimOf(item: ItemOf<'claim'>, id: Uint8Array, peerKey: Uint8Array, invite: OwnInvite): boolean {
    const { crypto } = this.#context;
    const entry = openEntry(crypto, item.inception);
    return (
      entry?.act.type === 'inception' &&
      equalBytes(claimId(crypto, item.inception), id) &&
      equalBytes(entry.entry.device, peerKey) &&
      equalBytes(entry.entry.root, invitationKeyHash(crypto, this.#keyOf(invite).publicKey)) &&
      decodeInboxRecord(item.inbox) !== undefined
    );
  }
  /** The inviter knows who came, and answers in their inbox. */
  #meet(pair: Pair, request: RequestRecord): void {
    const { crypto } = this.#context;
    const entry = openEntry(crypto, request.inception);
    if (entry?.act.type !== 'inception') return;
    const feed = feedIdOf(crypto, entry.entry.device);
    this.#home.save(pair, { peerInception: request.inception, peerCommitment: request.commitment });
    pair.log.ingest([{ type: 'entry', entry: request.inception }], feed, Math.max(1, this.#context.now()));
    pair.log.admit(entry.act.member);
    this.#home.setPeerRecord(pair, request.inbox, feed);
    this.#sessions.add(
      pair,
      feed,
      createGeneration(crypto, new Secret(request.exporter.slice()), 'joiner', this.#context.now()),
    );
    this.#hooks.met(pair);
    this.#sender.queueControl(pair.theirs, 'answer', null);
  }

  // ---- requests, from reusable invitations

  requests(): readonly { readonly request: string; readonly via: string; readonly at: number }[] {
    return this.#openOnes().map((request) => ({
      request: toHex(request.id),
      via: this.#ownById().get(toHex(request.invite))?.label ?? '',
      at: request.at,
    }));
  }
  /** Kept, as each claim asks how many there are. Oldest first. */
  #openOnes(): readonly OpenRequest[] {
    this.#open ??= this.#context.store
      .scan('request')
      .map((row) => decodeRequest(row.value))
      .filter((request) => REQUEST_STATES[request.state] === 'open')
      .map(toOpen)
      .toSorted((a, b) => a.at - b.at);
    return this.#open;
  }
  answer(
    name: string,
    answer: 'accept' | 'decline' | 'block',
  ): { readonly conversation: string; readonly state: ContactState } {
    const id = fromHex(name);
    const raw = id === undefined ? undefined : this.#context.store.get('request', id);
    if (raw === undefined) throw new KithError('unknown-request');
    const request = decodeRequest(raw);
    const inviteRow = this.#context.store.get('invite', concat(OWN, request.invite));
    if (inviteRow === undefined) throw new KithError('unknown-request');
    const invite = decodeInvite(inviteRow);
    const { crypto } = this.#context;
    const conversation = conversationIdFrom(conversationIdOf(crypto, this.#keyOf(invite).publicKey, request.inception));
    if (REQUEST_STATES[request.state] === 'open') {
      const state = answer === 'accept' ? 'accepted' : answer === 'decline' ? 'declined' : 'blocked';
      this.#context.store.put(
        'request',
        request.id,
        encodeRequest({ ...request, state: REQUEST_STATES.indexOf(state), exporter: new Uint8Array(64) }),
      );
      this.#open = this.#open?.filter(({ id: other }) => !equalBytes(other, request.id));
      if (answer === 'accept') {
        const root = invitationKeyHash(crypto, this.#keyOf(invite).publicKey);
        const prepared = this.#home.prepare(root, this.#bits(), this.#home.invitesInto(invite.id) ?? null);
        this.#inherit(invite, conversation);
        this.#meet(this.#home.add(conversation, prepared, 'inviter', invite.label, invite.id), request);
      }
      this.#context.changed({ type: 'requests' });
    }
    return {
      conversation: toHex(conversation),
      state: answer === 'accept' ? 'active' : answer === 'block' ? 'blocked' : 'ended',
    };
  }

  // ---- invitations of others

  #readLink(text: string): Invitation {
    const invitation = readLink(text);
    if (invitation?.joins !== 'person') throw new KithError('bad-link');
    return invitation;
  }
  #own(invitation: Invitation): OwnInvite | undefined {
    return this.invites().find((invite) =>
      equalBytes(invitationKeyHash(this.#context.crypto, this.#keyOf(invite).publicKey), invitation.keyHash),
    );
  }
  #acceptedOf(keyHash: Uint8Array): AcceptedInvite | undefined {
    return [...this.#accepted().values()].find((accepted) => equalBytes(accepted.keyHash, keyHash));
  }
  #offer(invitation: Invitation, done: Settle<Offer>): void {
    const { crypto } = this.#context;
    const keys = deriveInvitationKeys(crypto, invitation);
    this.#context.request(invitation.relay, { type: 'offerGet', place: keys.place }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'offer') return done(relayError(answer));
      const offer = openOffer(crypto, keys, invitation.keyHash, answer.sealed, RETURN_OFFER_EXTENSIONS);
      if (offer !== undefined && isReturnOffer(offer.extensions)) return done(new KithError('words-needed'));
      if (offer === undefined) return done(new KithError('invite-invalid'));
      done(offer.expires <= this.#context.now() - DAY_MS ? new KithError('invite-expired') : offer);
    });
  }
  preview(link: string, done: Settle<InvitePreview>): void {
    const invitation = this.#readLink(link);
    const own = this.#own(invitation);
    if (own !== undefined) {
      const conversation = own.conversation === null ? null : toHex(own.conversation);
      return done({
        state: 'own',
        name: this.#nameIn(own),
        reusable: own.reusable,
        expires: own.expires,
        conversation,
      });
    }
    const accepted = this.#acceptedOf(invitation.keyHash);
    if (accepted !== undefined) {
      const conversation = toHex(accepted.conversation);
      return done({
        state: 'accepted',
        name: '',
        reusable: invitation.reusable,
        expires: accepted.expires,
        conversation,
      });
    }
    this.#offer(invitation, (offer) => {
      if (offer instanceof KithError) return done(offer);
      done({ state: 'open', name: offer.name, reusable: offer.reusable, expires: offer.expires, conversation: null });
    });
  }
  accept(
    link: string,
    { deviceOnly, context }: { readonly deviceOnly: boolean; readonly context: ContextFacts | null },
    stateOf: (pair: Pair) => ContactState,
    asked: Settle<Accepted>,
  ): void {
    const invitation = this.#readLink(link);
    if (this.#own(invitation) !== undefined) throw new KithError('own-invite');
    // Two clicks, or two tabs: one claim, and the same answer for both.
    const name = toHex(invitation.keyHash);
    const others = this.#accepting.get(name);
    if (others !== undefined) return void others.push(asked);
    const waiting = [asked];
    this.#accepting.set(name, waiting);
    const done: Settle<Accepted> = (outcome) => {
      this.#accepting.delete(name);
      for (const settle of waiting) settle(outcome);
    };
    const settle = (conversation: Uint8Array): void => {
      const pair = this.#home.pair(conversationIdFrom(conversation));
      if (pair === undefined) return done(new KithError('internal'));
      done({ conversation: pair.name, state: stateOf(pair) });
    };
    const accepted = this.#acceptedOf(invitation.keyHash);
    if (accepted !== undefined) {
      // The relay may have taken the claim and its answer been lost: whoever was answered has met.
      if (accepted.put || !this.#isUnanswered(accepted)) return settle(accepted.conversation);
      return this.#putClaim(accepted, (error) => (error === undefined ? settle(accepted.conversation) : done(error)));
    }
    this.#offer(invitation, (offer) => {
      if (offer instanceof KithError) return done(offer);
      if (this.#home.relays.length === 0)
        this.#home.setRelays([...new Set([invitation.relay, ...offer.relays])].slice(0, 2));
      this.#withInfo((failed) => {
        if (failed !== undefined) return done(failed);
        this.#claimOffer(invitation, offer, { deviceOnly, context }, (outcome) => {
          if (outcome instanceof KithError) return done(outcome);
          this.#putClaim(outcome, (error) => (error === undefined ? settle(outcome.conversation) : done(error)));
        });
      });
    });
  }
  /** The own inbox takes as many prefix bits as its relay has in use, so the relay is asked before one is made. */
  #withInfo(then: (failed: KithError | undefined) => void): void {
    const relay = this.#home.relays[0];
    if (relay === undefined) return then(new KithError('no-relay'));
    if (this.#hooks.info(relay) !== undefined) return then(undefined);
    this.#context.request(relay, { type: 'info' }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'info') return then(relayError(answer));
      this.#heardBits = bitsOf(answer.info);
      then(undefined);
    });
  }
  #heardBits = 0;
  #bits(): number {
    const relay = this.#home.relays[0];
    const info = relay === undefined ? undefined : this.#hooks.info(relay);
    return info === undefined ? this.#heardBits : bitsOf(info);
  }
  /** Makes this side of the pair and its claim. Nothing is kept before the group with the inviter is there. */
  #claimOffer(
    invitation: Invitation,
    offer: Offer,
    { deviceOnly, context }: { readonly deviceOnly: boolean; readonly context: ContextFacts | null },
    done: Settle<AcceptedInvite>,
  ): void {
    const { crypto } = this.#context;
    const prepared = this.#home.prepare(invitation.keyHash, this.#bits(), context);
    const id = claimId(crypto, prepared.inception);
    this.#context.agree(
      { type: 'answer', signer: prepared.key, identity: id, keyPackage: offer.keyPackage },
      (result) => {
        if (result.type !== 'answered' || !equalBytes(result.peerKey, offer.invitationKey))
          return done(new KithError('invite-invalid'));
        const items: readonly Item[] = [
          {
            type: 'claim',
            commitment: commitment(crypto, prepared.nonce, prepared.inception),
            inception: prepared.inception,
            inbox: prepared.inbox,
          },
        ];
        const keys = deriveInvitationKeys(crypto, invitation);
        const claim = sealAnswered(this.#context, keys, id, result, items, this.#context.now());
        if (claim === undefined) return done(new KithError('internal'));
        const conversation = conversationIdFrom(
          conversationIdOf(crypto, offer.invitationKey, offer.reusable ? prepared.inception : null),
        );
        if (deviceOnly) this.#home.keepHere(conversation);
        const pair = this.#home.add(conversation, prepared, 'acceptor', offer.name, null);
        this.#sessions.add(pair, UNKNOWN_FEED as FeedId, claim.generation);
        const accepted: AcceptedInvite = {
          conversation,
          keyHash: invitation.keyHash,
          relay: invitation.relay,
          place: keys.place,
          claimId: id,
          claim: claim.sealed,
          expires: offer.expires,
          put: false,
        };
        this.#saveAccepted(accepted);
        this.#hooks.met(pair);
        this.#context.changed({ type: 'contacts' });
        done(accepted);
      },
    );
  }
  #putClaim(accepted: AcceptedInvite, done?: (error: KithError | undefined) => void): void {
    const { place, claimId: id, claim } = accepted;
    const putting = toHex(accepted.conversation);
    if (done === undefined && this.#putting.has(putting)) return;
    this.#putting.add(putting);
    const before = this.#tried.get(putting) ?? NEVER_TRIED;
    const tried = { at: this.#context.now(), times: before.times + 1, refused: before.refused };
    this.#tried.set(putting, tried);
    this.#asking.request(accepted.relay, { type: 'claimPut', place, id, sealed: claim }, (answer) => {
      this.#putting.delete(putting);
      const refused = typeof answer === 'object' && answer.type === 'error' ? relayErrorName(answer.code) : undefined;
      const isSame = accepted.put || (before.refused && refused !== undefined);
      this.#tried.set(putting, { ...tried, times: isSame ? tried.times : 1, refused: refused !== undefined });
      if (typeof answer === 'object' && answer.type === 'done') {
        if (!accepted.put) this.#saveAccepted({ ...accepted, put: true });
        done?.(undefined);
        return;
      }
      // A relay that lost the offer gets it again from the inviter, as long as it has not expired.
      const isOver = refused === 'not-found' && accepted.expires <= this.#context.now();
      if (refused === 'taken' || refused === 'gone' || isOver) {
        // Nobody will answer: the conversation that was opened for it ends.
        this.#saveAccepted({ ...accepted, put: true });
        this.#home.tell({ type: 'ended', conversation: conversationIdFrom(accepted.conversation), extensions: [] });
        this.#context.changed({ type: 'contacts' });
      }
      done?.(relayError(answer));
    });
  }
}

const contextName = (context: ContextFacts | null | undefined): string | null =>
  context === null || context === undefined ? null : toHex(context.id);
const bitsOf = (info: RelayInfo): number => Math.max(info.bits, info.liveBits);
const isLocal = (origin: string): boolean => /^https?:\/\/(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?$/.test(origin);
