// What each method takes, checked before the engine sees it. The types make this table complete: a method or parameter
// of the engine that is missing here does not compile.
import type { Method, Methods } from '@kith/core/client';
import { fromBase64 } from './values.ts';

type Kind = 'text' | 'count' | 'flag' | 'bytes' | 'text or null' | readonly string[];
type KindOf<T> = string extends T
  ? 'text'
  : T extends string
    ? readonly string[]
    : T extends number
      ? 'count'
      : T extends boolean
        ? 'flag'
        : never;
interface Parameter<K extends Kind> {
  readonly kind: K;
  readonly needed: boolean;
}
type ParameterOf<T> = [T] extends [Uint8Array]
  ? Parameter<'bytes'>
  : null extends T
    ? Parameter<'bytes' | 'text or null'>
    : [T] extends [boolean]
      ? Parameter<'flag'>
      : Parameter<T extends string ? KindOf<T> : KindOf<T>>;
type Parameters<P> = { readonly [K in keyof P]-?: ParameterOf<Exclude<P[K], undefined>> };

const need = <const K extends Kind>(kind: K): Parameter<K> => ({ kind, needed: true });
const may = <const K extends Kind>(kind: K): Parameter<K> => ({ kind, needed: false });
const conversation = need('text');
const none = {};

export const METHODS: { readonly [M in Method]: Parameters<Methods[M]['params']> } = {
  status: none,
  'profile.get': none,
  'profile.set': { name: may('text'), picture: may('bytes') },
  'invite.create': {
    reusable: may('flag'),
    expiresMs: may('count'),
    label: may('text'),
    deviceOnly: may('flag'),
    context: may('text'),
  },
  'invite.preview': { link: need('text') },
  'invite.accept': { link: need('text'), name: may('text'), deviceOnly: may('flag'), context: may('text') },
  'invite.list': none,
  'invite.revoke': { invite: need('text') },
  'request.list': none,
  'request.answer': { request: need('text'), answer: need(['accept', 'decline', 'block']) },
  'context.list': none,
  'context.create': { label: need('text'), hue: may('count'), name: may('text') },
  'context.change': {
    context: need('text'),
    label: may('text'),
    hue: may('count'),
    name: may('text'),
    picture: may('bytes'),
  },
  'context.remove': { context: need('text') },
  'contact.list': none,
  'contact.context': { conversation, context: need('text or null') },
  'contact.rename': { conversation, name: need('text') },
  'contact.block': { conversation },
  'contact.unblock': { conversation },
  'contact.end': { conversation },
  'contact.devices': { conversation },
  'contact.words': { conversation },
  'contact.mark': { conversation, validity: need(['unvalidated', 'validated', 'compromised']) },
  'contact.merge': { conversation, with: need('text') },
  'contact.merged': none,
  'contact.checkCode': { conversation },
  'contact.checkScan': { conversation, code: need('text') },
  send: { conversation, text: need('text'), reply: may('text'), expiresMs: may('count') },
  edit: { conversation, event: need('text'), text: need('text') },
  react: { conversation, event: need('text'), emoji: need('text'), off: may('flag') },
  delete: { conversation, event: need('text'), forAll: may('flag') },
  read: { conversation, event: may('text') },
  log: {
    conversation,
    limit: may('count'),
    before: may('text'),
    after: may('text'),
    around: may('text'),
    oldest: may('flag'),
  },
  'log.verify': { conversation },
  transcript: { conversation, cursor: may('text') },
  star: { conversation, event: need('text'), off: may('flag') },
  'star.list': { conversation: may('text') },
  search: { query: need('text'), in: may('text'), limit: may('count') },
  'import.lines': { batch: need('bytes') },
  'import.remove': { conversation },
  'backup.plan': { unfinished: may('bytes') },
  'backup.begin': { backup: need('bytes'), salt: need('bytes'), under: need('bytes') },
  'backup.part': { index: need('count') },
  'backup.end': none,
  'restore.begin': { header: need('bytes'), under: need('bytes') },
  'restore.part': { index: need('count'), part: need('bytes') },
  'restore.finish': none,
  'restore.cancel': none,
  'draft.set': { conversation, text: need('text') },
  typing: { conversation },
  set: { key: may('text'), value: may('text'), in: may('text') },
  'relay.list': none,
  'relay.add': { url: need('text') },
  'relay.remove': { url: need('text') },
  sync: { forMs: may('count') },
  'device.list': none,
  'device.link': { history: may(['all', '30d', 'none']), confirm: may('flag'), code: may('flag') },
  'device.join': { link: need('text'), name: may('text'), merge: may('flag') },
  'device.linking': none,
  'device.confirm': { words: need('text') },
  'device.refuse': none,
  'device.revoke': { device: need('text'), refuse: may('flag'), wipe: may('flag'), words: may('text') },
  'device.strays': none,
  'device.removeStrays': { refuse: may('flag') },
  'device.name': { name: need('text') },
  'recovery.create': { words: may('text') },
  'recovery.confirm': { words: need('text') },
  'recovery.state': none,
  'recovery.refuse': none,
  'recovery.invite': { conversation },
  'recovery.use': { link: need('text'), words: need('text'), keep: may('flag') },
  'lock.state': none,
  'lock.touch': none,
  'lock.now': none,
  'lock.unlock': { passphrase: need('text') },
  'lock.set': { passphrase: may('text'), next: need('text or null') },
  'lock.duress': { passphrase: need('text'), next: need('text or null') },
  'events.since': { from: need('text or null') },
};

/** Answers of these are the same however often they are asked; asking again after a lost answer changes nothing more. */
const CHANGING_EACH_TIME: ReadonlySet<Method> = new Set([
  'invite.create',
  'context.create',
  'device.link',
  'device.confirm',
  'recovery.create',
  'recovery.invite',
  'send',
  'edit',
  'lock.unlock',
  'lock.set',
  'lock.duress',
]);
export const isRepeatable = (method: Method): boolean => !CHANGING_EACH_TIME.has(method);

export const isMethod = (name: unknown): name is Method => typeof name === 'string' && Object.hasOwn(METHODS, name);

const takes = (kind: Kind, value: unknown): { readonly value: unknown } | undefined => {
  const same = (fits: boolean) => (fits ? { value } : undefined);
  if (typeof kind === 'object') return same(typeof value === 'string' && kind.includes(value));
  switch (kind) {
    case 'text':
      return same(typeof value === 'string' && value.isWellFormed());
    case 'text or null':
      return same(value === null || (typeof value === 'string' && value.isWellFormed()));
    case 'count':
      return same(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);
    case 'flag':
      return same(typeof value === 'boolean');
    case 'bytes': {
      if (value === null) return { value };
      const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
      return bytes === undefined ? undefined : { value: bytes };
    }
  }
};

/** The parameters as the engine takes them, or what is wrong with them. */
export const takeParams = <M extends Method>(
  method: M,
  given: unknown,
): { readonly params: Methods[M]['params'] } | { readonly wrong: string } => {
  const object = given ?? {};
  if (typeof object !== 'object' || Array.isArray(object)) return { wrong: 'params is an object' };
  const table: Readonly<Record<string, Parameter<Kind>>> = METHODS[method];
  const strange = Object.keys(object).find((name) => !Object.hasOwn(table, name));
  if (strange !== undefined) return { wrong: `there is no parameter ${strange.slice(0, 40)}` };
  const params: Record<string, unknown> = {};
  for (const [name, { kind, needed }] of Object.entries(table)) {
    const value: unknown = (object as Record<string, unknown>)[name];
    if (value === undefined) {
      if (needed) return { wrong: `${name} is missing` };
      continue;
    }
    const taken = takes(kind, value);
    if (taken === undefined)
      return { wrong: `${name} is not ${typeof kind === 'string' ? `a ${kind}` : `one of ${kind.join(', ')}`}` };
    params[name] = taken.value;
  }
  // Every name and kind was held against the table that is typed after these parameters.
  return { params: params as Methods[M]['params'] };
};
