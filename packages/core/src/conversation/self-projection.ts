// The tables contact, draft, setting and tombstone, and the read marks: what the events of `self` add up to. All of them
// can be dropped and made again from the log (`rebuildSelf`).
import { concat, utf8, utf8ToText } from '../bytes/index.ts';
import type { ConversationId, EventId } from '../identity/index.ts';
import type { Place, ShownEvent } from '../log/index.ts';
import type { Store } from '../ports/index.ts';
import { encode, decode, text, tuple, uint } from '../codec/index.ts';
import { placeKey } from './keys.ts';
import { VALIDITIES, type SelfContent } from './self-content.ts';
import { getStamped, putStamped, readStamped, stampedBy } from './stamped.ts';

const ASPECTS = { contact: 0, name: 1, validity: 2, block: 3, ended: 4, read: 5 } as const;
const contactKey = (conversation: Uint8Array, aspect: keyof typeof ASPECTS): Uint8Array =>
  concat(conversation, Uint8Array.of(ASPECTS[aspect]));
const settingKey = (key: string, conversation: Uint8Array | null): Uint8Array =>
  concat(conversation ?? new Uint8Array(16), utf8(key));
const PROFILE_NAME = utf8('profile.name');
const PROFILE_PICTURE = utf8('profile.picture');
const begun = tuple({ label: text(256), at: uint() });

export type Validity = (typeof VALIDITIES)[number];
export interface ContactFacts {
  readonly label: string;
  readonly at: number;
  readonly name: string;
  readonly validity: Validity;
  readonly blocked: boolean;
  readonly ended: boolean;
}

/** Takes one event of `self` into the tables. Tells whether anything is new. */
export const projectSelf = (store: Store, by: Pick<ShownEvent, 'lamport' | 'event'>, content: SelfContent): boolean => {
  switch (content.type) {
    case 'contact':
      return putStamped(store, 'contact', contactKey(content.conversation, 'contact'), by, encode(begun, content));
    case 'name':
      return putStamped(store, 'contact', contactKey(content.conversation, 'name'), by, utf8(content.name));
    case 'validity':
      return putStamped(
        store,
        'contact',
        contactKey(content.conversation, 'validity'),
        by,
        Uint8Array.of(content.validity),
      );
    case 'block':
      return putStamped(
        store,
        'contact',
        contactKey(content.conversation, 'block'),
        by,
        Uint8Array.of(content.blocked ? 1 : 0),
      );
    case 'ended':
      return putStamped(store, 'contact', contactKey(content.conversation, 'ended'), by, Uint8Array.of(1));
    case 'read':
      return putStamped(store, 'contact', contactKey(content.conversation, 'read'), by, content.frontier);
    case 'draft':
      return putStamped(store, 'draft', content.conversation, by, utf8(content.text));
    case 'setting':
      return putStamped(
        store,
        'setting',
        settingKey(content.key, content.conversation),
        by,
        // A leading byte tells "back to the default" from an empty value.
        content.value === null ? new Uint8Array(0) : concat(Uint8Array.of(1), utf8(content.value)),
      );
    case 'tombstone':
      return putStamped(
        store,
        'tombstone',
        concat(content.conversation, placeKey(content.place)),
        by,
        new Uint8Array(0),
      );
    case 'profile': {
      const named = putStamped(store, 'setting', PROFILE_NAME, by, utf8(content.name));
      return putStamped(store, 'setting', PROFILE_PICTURE, by, content.picture) || named;
    }
    case 'inbox':
      return putStamped(store, 'inbox', concat(utf8('o'), content.conversation), by, content.record);
  }
};

/** The event of `self` that this one takes the place of, where the old content says more than anyone needs to keep. */
export const supersededBy = (store: Store, content: SelfContent): EventId | undefined => {
  if (content.type === 'draft') return stampedBy(store, 'draft', content.conversation);
  return content.type === 'read' ? stampedBy(store, 'contact', contactKey(content.conversation, 'read')) : undefined;
};

const textOf = (value: Uint8Array | undefined): string => (value === undefined ? '' : (utf8ToText(value) ?? ''));

/** Undefined for a conversation that never was a contact. */
export const contactFacts = (store: Store, conversation: ConversationId): ContactFacts | undefined => {
  const aspect = (name: keyof typeof ASPECTS): Uint8Array | undefined =>
    getStamped(store, 'contact', contactKey(conversation, name));
  const start = aspect('contact');
  const facts = start === undefined ? undefined : decode(begun, start);
  if (facts === undefined) return undefined;
  return {
    ...facts,
    name: textOf(aspect('name')),
    validity: VALIDITIES[aspect('validity')?.[0] ?? 0] ?? 'unvalidated',
    blocked: aspect('block')?.[0] === 1,
    ended: aspect('ended') !== undefined,
  };
};
export const draftOf = (store: Store, conversation: ConversationId): string =>
  textOf(getStamped(store, 'draft', conversation));
/** The value set for this conversation, else for all; undefined when neither is set. */
export const settingOf = (store: Store, key: string, conversation: ConversationId | null): string | undefined => {
  const own = conversation === null ? undefined : getStamped(store, 'setting', settingKey(key, conversation));
  const value = own !== undefined && own.length > 0 ? own : getStamped(store, 'setting', settingKey(key, null));
  return value === undefined || value.length === 0 ? undefined : textOf(value.subarray(1));
};
/** Keys and values that differ from the defaults, for everything or for one conversation. */
export const settingsSet = (store: Store, conversation: ConversationId | null): ReadonlyMap<string, string> => {
  const from = conversation ?? new Uint8Array(16);
  const values = new Map<string, string>();
  for (const row of store.scan('setting', {
    from: settingKey('', conversation),
    to: concat(from, Uint8Array.of(255)),
  })) {
    const value = readStamped(row.value);
    const key = utf8ToText(row.key.subarray(16));
    if (value !== undefined && value.length > 0 && key !== undefined) values.set(key, textOf(value.subarray(1)));
  }
  return values;
};
export const isTombstoned = (store: Store, conversation: ConversationId, place: Place): boolean =>
  store.get('tombstone', concat(conversation, placeKey(place))) !== undefined;
export const readMark = (store: Store, conversation: ConversationId): Uint8Array | undefined =>
  getStamped(store, 'contact', contactKey(conversation, 'read'));
export const ownProfile = (store: Store): { readonly name: string; readonly picture: Uint8Array | null } => {
  const picture = getStamped(store, 'setting', PROFILE_PICTURE);
  return {
    name: textOf(getStamped(store, 'setting', PROFILE_NAME)),
    picture: picture === undefined || picture.length === 0 ? null : picture,
  };
};

/** Every table that is made here, for a rebuild. */
export const SELF_TABLES = ['contact', 'draft', 'setting', 'tombstone'] as const;
