// Contexts (spec 10, "Contexts"): under which name, and in which inbox, a person is met in a set of conversations. A
// projection of `self`, in rows of the table contact.
import { concat, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { decode, encode, type Infer } from '../codec/index.ts';
import type { ContextId, ConversationId } from '../identity/index.ts';
import type { Store } from '../ports/index.ts';
import { afterPrefix } from './keys.ts';
import { contextContent, contextProfileContent, type SelfContent } from './self-content.ts';
import { getStamped, putStamped, readStamped, type Stamp } from './stamped.ts';

const CONTEXT = utf8('context ');
const ASPECTS = { start: 0, profile: 1, removed: 2 } as const;
/** Of a conversation, beside what self-projection.ts keeps of it. */
const STANDS_IN = utf8(' stands in');
const CONVERSATION_BYTES = 16;
const contextKey = (context: Uint8Array, aspect: keyof typeof ASPECTS): Uint8Array =>
  concat(CONTEXT, context, Uint8Array.of(ASPECTS[aspect]));
const standsInKey = (conversation: Uint8Array): Uint8Array => concat(conversation, STANDS_IN);

export interface ContextFacts {
  readonly id: ContextId;
  readonly label: string;
  /** One of 8. */
  readonly hue: number;
  /** Where its inboxes lie. */
  readonly prefix: Uint8Array;
  /** What the people in it see; nothing of the profile outside shows through. */
  readonly name: string;
  readonly picture: Uint8Array | null;
}
type ContextContent = Extract<SelfContent, { type: `context${string}` }>;

export const projectContext = (store: Store, by: Stamp, content: ContextContent): boolean => {
  switch (content.type) {
    case 'context':
      return putStamped(store, 'contact', contextKey(content.context, 'start'), by, encode(contextContent, content));
    case 'contextProfile':
      return putStamped(
        store,
        'contact',
        contextKey(content.context, 'profile'),
        by,
        encode(contextProfileContent, content),
      );
    case 'contextRemoved':
      return putStamped(store, 'contact', contextKey(content.context, 'removed'), by, new Uint8Array(0));
    case 'contextOf':
      return putStamped(store, 'contact', standsInKey(content.conversation), by, content.context ?? new Uint8Array(0));
  }
};

/** Null: in none. It may be one of which nothing else is known yet. */
export const contextOf = (store: Store, conversation: ConversationId): ContextId | null => {
  const raw = getStamped(store, 'contact', standsInKey(conversation));
  return raw === undefined || raw.length === 0 ? null : (raw as ContextId);
};
/** Contexts that some conversation stands in, in hex. */
const inhabited = (store: Store): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const { key, value } of store.scan('contact')) {
    if (!equalBytes(key.slice(CONVERSATION_BYTES), STANDS_IN)) continue;
    found.add(toHex(readStamped(value) ?? new Uint8Array(0)));
  }
  return found;
};
export const contextFacts = (store: Store, id: ContextId): ContextFacts | undefined => {
  const raw = getStamped(store, 'contact', contextKey(id, 'start'));
  const start: Infer<typeof contextContent> | undefined = raw === undefined ? undefined : decode(contextContent, raw);
  if (start === undefined) return undefined;
  const told = getStamped(store, 'contact', contextKey(id, 'profile'));
  const profile = told === undefined ? undefined : decode(contextProfileContent, told);
  const picture = profile === undefined || profile.picture.length === 0 ? null : profile.picture;
  const { label, hue, prefix } = start;
  return { id, label, hue, prefix, name: profile?.name ?? '', picture };
};
/**
 * By label. A removed one is there as long as a conversation stands in it, whichever device put it there meanwhile: nobody in it
 * is to see another name because of that.
 */
export const contextsOf = (store: Store): readonly ContextFacts[] => {
  const ids = store
    .scan('contact', { from: CONTEXT, to: afterPrefix(CONTEXT) })
    .filter(({ key }) => key.at(-1) === ASPECTS.start)
    .map(({ key }) => key.slice(CONTEXT.length, -1) as ContextId);
  if (ids.length === 0) return [];
  const used = inhabited(store);
  return ids
    .filter((id) => used.has(toHex(id)) || store.get('contact', contextKey(id, 'removed')) === undefined)
    .flatMap((id) => contextFacts(store, id) ?? [])
    .toSorted((a, b) =>
      a.label === b.label ? compareNames(toHex(a.id), toHex(b.id)) : compareNames(a.label, b.label),
    );
};
const compareNames = (a: string, b: string): number => (a < b ? -1 : 1);
export const isInhabited = (store: Store, id: ContextId): boolean => inhabited(store).has(toHex(id));
