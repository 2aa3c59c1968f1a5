// The spare of a backup (docs/decisions/0007): one key for each conversation, from one seed that is kept here and goes into
// the file. It stands in every charter as a device that is sent nothing; whoever restores the backup lets a new device in with it.
import { equalBytes, utf8 } from '../bytes/index.ts';
import { derive, deriveBytes, Secret, type Crypto, type SigningKey } from '../crypto/index.ts';
import { createAddSpare, feedIdOf, signConsent, type ConversationId, type FeedId } from '../identity/index.ts';
import type { RelayInfo } from '../ports/index.ts';
import type { Context } from './context.ts';
import { inboxBits } from './courier.ts';
import type { Conversation, Pair } from './conversation.ts';
import type { Devices } from './devices.ts';
import type { Home } from './home.ts';
import type { Sender } from './sender.ts';

const SEED = utf8('s');

/** The key is the caller's to wipe. */
export const spareKey = (crypto: Crypto, seed: Secret, conversation: ConversationId): SigningKey => {
  const own = derive(crypto, seed, 'backup spare', conversation);
  const key = crypto.signingKey(own);
  own.wipe();
  return key;
};
/**
 * What a device calls whoever comes back from its backups, in what it tells it in `self`. It follows from what only the files hold: another
 * own device cannot say anything under a name of its own that would be believed.
 */
export const restoredName = (crypto: Crypto, seed: Secret, by: FeedId): FeedId =>
  deriveBytes(crypto, 8, seed, 'backup seen', by) as FeedId;
/** What the inceptions of a conversation are for. */
export const rootOf = (of: Conversation): Uint8Array => (of.kind === 'self' ? of.id : of.local.root);

export interface SparesHooks {
  info(relay: string): RelayInfo | undefined;
  /** Says when this device first saw entries of charters, for whoever comes back from its backups. */
  seen(as: FeedId): void;
}

export class Spares {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sender: Sender;
  readonly #devices: Devices;
  readonly #hooks: SparesHooks;
  constructor(context: Context, home: Home, sender: Sender, devices: Devices, hooks: SparesHooks) {
    this.#context = context;
    this.#home = home;
    this.#sender = sender;
    this.#devices = devices;
    this.#hooks = hooks;
  }

  /** To put into the file. */
  seed(): Uint8Array {
    const { store, randomness } = this.#context;
    const known = store.get('backup', SEED);
    // Removed, it lets nobody in any more: what is saved from then on has another one.
    if (known !== undefined && !this.#isRemoved(known)) return known;
    const seed = randomness.bytes(32);
    store.put('backup', SEED, seed);
    return seed;
  }

  #isRemoved(seed: Uint8Array): boolean {
    const { crypto } = this.#context;
    const { mine } = this.#home;
    const secret = new Secret(seed.slice());
    const key = spareKey(crypto, secret, mine.id);
    const feed = feedIdOf(crypto, key.publicKey);
    key.privateKey.wipe();
    secret.wipe();
    return mine.log
      .charter()
      .members.some(({ devices }) => devices.some((one) => one.state === 'removed' && equalBytes(one.feed, feed)));
  }

  /** Makes everything ready that a restored device needs, and answers the pairs that go into a backup. */
  ensure(): readonly Pair[] {
    const home = this.#home;
    this.#devices.prepare();
    if (home.mine.inboxes.length === 0 && home.relays.length > 0) {
      const info = home.relays.map((relay) => this.#hooks.info(relay)).find((one) => one !== undefined);
      home.renewInbox(home.mine, inboxBits(info));
    }
    const pairs = home.pairs().filter((pair) => pair.local.peerInception !== null && !home.isDeviceScoped(pair));
    for (const of of [home.mine, ...pairs]) this.#addTo(of);
    this.#tellSeen();
    return pairs;
  }
  #tellSeen(): void {
    const own = this.#home.mine.log.ownFeed();
    if (own === undefined || !this.#home.isIn(this.#home.mine)) return;
    const seed = new Secret(this.seed());
    this.#hooks.seen(restoredName(this.#context.crypto, seed, own));
    seed.wipe();
  }
  #addTo(of: Conversation): void {
    const { crypto } = this.#context;
    const own = of.log.device();
    const mayAdd = of.log
      .charter()
      .members.some(({ devices }) =>
        devices.some(({ feed, state }) => state === 'active' && own !== undefined && equalBytes(feed, own.feed)),
      );
    if (!mayAdd) return;
    const seed = new Secret(this.seed());
    const spare = spareKey(crypto, seed, of.id);
    const device = spare.publicKey;
    if (of.log.memberOf(feedIdOf(crypto, device)) === undefined) {
      const member = of.me;
      const consent = signConsent(crypto, spare, rootOf(of), member);
      const { place } = of.log.appendEntry(
        (key, at) => createAddSpare(crypto, key, at, { device, member, consent }),
        Math.max(1, this.#context.now()),
      );
      this.#sender.queue(of, place);
    }
    spare.privateKey.wipe();
    seed.wipe();
  }
}
