// Two selves become one (spec 03, "Merging"): a device that has contacts joins the `self` of another and brings what its own
// said of them; and two conversations with one person are said, by its own person, to be one relationship.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { contactFacts, contextsOf, decodeSelf, toldByOf, whichOf, type SelfContent } from '../conversation/index.ts';
import {
  createAbsorb,
  mergedMembers,
  signAbsorbConsent,
  type EventId,
  type Merged,
  type MemberId,
  type Party,
} from '../identity/index.ts';
import type { ConversationLog } from '../log/index.ts';
import type { ItemOf } from '../sync/index.ts';
import type { Context } from './context.ts';
import type { Conversation, Pair } from './conversation.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import type { MergedContact } from './rpc.ts';
import type { Sender } from './sender.ts';
import { rootOf } from './spares.ts';

const BROUGHT = utf8('brought ');
const PAGE = 500;

/** Facts of contacts that another `self` has to hear; each name stands for all but the last of its events. Undefined: not told. */
const nameOf = (content: SelfContent): string | undefined => {
  switch (content.type) {
    case 'contact':
    case 'name':
    case 'validity':
    case 'block':
    case 'ended':
    case 'read':
    case 'draft':
    case 'relation':
    case 'inbox':
      return `${content.type} ${toHex(content.conversation)}`;
    case 'peerInbox':
      return `peerInbox ${toHex(content.conversation)} ${toHex(toldByOf(content.extensions) ?? new Uint8Array(0))}`;
    case 'setting':
      return content.conversation === null ? undefined : `setting ${toHex(content.conversation)} ${content.key}`;
    case 'tombstone':
    case 'star': {
      const { feed, segment, seq } = content.place;
      const which = toHex(whichOf(content.extensions) ?? new Uint8Array(0));
      return `${content.type} ${toHex(content.conversation)} ${toHex(feed)} ${toHex(segment)} ${seq} ${which}`;
    }
    case 'began':
      return `began ${toHex(content.conversation)} ${JSON.stringify(content.places.map(({ seq }) => seq))} ${content.at}`;
    case 'segmentSeed':
      return `seed ${toHex(content.feed)} ${toHex(content.segment)}`;
    case 'contextOf':
      return `context of ${toHex(content.conversation)}`;
    case 'context':
    case 'contextProfile':
    case 'contextRemoved':
      return `${content.type} ${toHex(content.context)}`;
    // Of the other `self` as such: its devices, name, settings and words.
    case 'profile':
    case 'device':
    case 'consent':
    case 'history':
    case 'wipe':
    case 'recoveryPool':
    case 'recoveryRange':
    case 'firstSeen':
      return undefined;
  }
};
/** What holds of each line, whoever else knows the contact already. */
const OF_LINES: ReadonlySet<SelfContent['type']> = new Set(['tombstone', 'star', 'began', 'segmentSeed']);

/** What a `self` says of contacts, oldest first. */
export const factsOf = (self: ConversationLog): readonly SelfContent[] => {
  const found = new Map<string, SelfContent>();
  let before: EventId | undefined;
  do {
    const page = self.page({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    for (const event of page.toReversed()) {
      const raw = self.content(event.event);
      const content = raw === undefined ? undefined : decodeSelf(event.contentKind, raw);
      const name = content && nameOf(content);
      if (content !== undefined && name !== undefined && !found.has(name)) found.set(name, content);
    }
    before = page[0]?.event;
  } while (before !== undefined);
  return Array.from(found.values()).toReversed();
};

/** A device of another `self` agrees that ours takes it in. */
export const mergeItem = (
  { crypto }: Pick<Context, 'crypto'>,
  own: Conversation,
  by: Party,
): ItemOf<'merge'> | undefined => {
  const device = own.log.device();
  if (device === undefined) return undefined;
  const other = { root: rootOf(own), member: own.me };
  const consent = signAbsorbConsent(crypto, device.key, by, other);
  return { type: 'merge', root: other.root, member: own.me, device: device.key.publicKey, consent };
};

export class Merging {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sender: Sender;
  readonly #tellProfile: (pair: Pair) => void;

  constructor(context: Context, home: Home, sender: Sender, tellProfile: (pair: Pair) => void) {
    this.#context = context;
    this.#home = home;
    this.#sender = sender;
    this.#tellProfile = tellProfile;
  }

  /** On the device that was taken in, once the other `self` is its own: what its former one knew of its contacts. */
  bring(facts: readonly SelfContent[]): void {
    const { store } = this.#context;
    const known = new Set(contextsOf(store).map(({ id }) => toHex(id)));
    for (const content of facts) {
      // Contexts come along unless they are known: then what holds of them was said where they are.
      if (content.type === 'context' || content.type === 'contextProfile' || content.type === 'contextRemoved') {
        if (!known.has(toHex(content.context))) this.#home.tell(content);
        continue;
      }
      if (!('conversation' in content) || content.conversation === null) continue;
      const pair = this.#home.pair(content.conversation);
      if (pair === undefined || this.#home.isDeviceScoped(pair)) continue;
      const isNew = !this.#isBrought(pair) && contactFacts(store, pair.id) === undefined;
      if (isNew) store.put('meta', concat(BROUGHT, pair.id), new Uint8Array(0));
      if (this.#isBrought(pair) || OF_LINES.has(content.type)) this.#home.tellOnce(content);
    }
    const { name, picture } = this.#home.profile();
    if (name !== '' || picture !== null) this.#tellName();
  }
  /** Nobody else vouches for the others of its new person there. */
  isBroughtHere(pair: Pick<Pair, 'id'>): boolean {
    return this.#isBrought(pair);
  }
  #isBrought({ id }: Pick<Pair, 'id'>): boolean {
    return this.#context.store.get('meta', concat(BROUGHT, id)) !== undefined;
  }
  /** Contacts that were brought are told the name of the one account. */
  heard(content: SelfContent): void {
    if (content.type === 'profile') this.#tellName();
  }
  #tellName(): void {
    for (const pair of this.#home.pairs())
      if (this.#isBrought(pair) && pair.local.peerInception !== null) this.#tellProfile(pair);
  }

  // ---- two conversations, one person

  /** Says so to the other side of both, which shows one account from then on. */
  merge(one: Pair, other: Pair): readonly MergedContact[] {
    if (one === other) throw new KithError('bad-option', { message: 'These are one conversation already.' });
    for (const pair of [one, other])
      if (!this.#home.isIn(pair) || pair.local.peerInception === null) throw new KithError('not-both');
    const isOne = this.merged().some(({ conversations }) =>
      [one, other].every(({ name }) => conversations.includes(name)),
    );
    if (!isOne) {
      this.#absorb(one, other);
      this.#absorb(other, one);
    }
    this.#context.changed({ type: 'contacts' });
    return this.merged();
  }
  #absorb(by: Pair, other: Pair): void {
    const { crypto } = this.#context;
    const consent = mergeItem(this.#context, other, { root: rootOf(by), member: by.me });
    if (consent === undefined) return;
    const { place } = by.log.appendEntry(
      (key, at) =>
        createAbsorb(crypto, key, at, {
          member: by.me,
          otherRoot: consent.root,
          other: consent.member as MemberId,
          device: consent.device,
          consent: consent.consent,
        }),
      Math.max(1, this.#context.now()),
    );
    this.#sender.queue(by, place);
  }
  /** This one, and others with the same person. */
  sameAs(pair: Pair): readonly Pair[] {
    const group = this.merged().find(({ conversations }) => conversations.includes(pair.name));
    return this.#home.pairs().filter((one) => one === pair || group?.conversations.includes(one.name) === true);
  }
  /** Conversations that either side says are with one person. */
  merged(): readonly MergedContact[] {
    const pairs = this.#home.pairs();
    const charters = pairs.map((pair) => ({ pair, root: rootOf(pair), charter: pair.log.charter() }));
    if (!charters.some(({ charter }) => charter.members.some(({ absorbed }) => absorbed.length > 0))) return [];
    const conversationOf = (party: Party): string[] =>
      charters
        .filter(
          ({ root, charter }) =>
            equalBytes(root, party.root) && charter.members.some(({ id }) => equalBytes(id, party.member)),
        )
        .map(({ pair }) => pair.name);
    return joined(
      mergedMembers(charters).map(({ head, parties }: Merged) => ({
        head: conversationOf(head)[0] ?? '',
        conversations: parties.flatMap(conversationOf),
      })),
    );
  }
}

/** Both sides may say it of the same conversations. */
const joined = (groups: readonly MergedContact[]): readonly MergedContact[] => {
  const all: { head: string; conversations: readonly string[] }[] = [];
  for (const group of groups) {
    const known = all.find(({ conversations }) => conversations.some((one) => group.conversations.includes(one)));
    if (known === undefined) all.push(group);
    else known.conversations = [...new Set([...known.conversations, ...group.conversations])];
  }
  return all;
};
