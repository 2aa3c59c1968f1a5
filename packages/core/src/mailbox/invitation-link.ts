// The link of an invitation, or to join one's own devices (spec 08): short enough to be pasted, all secrets in the fragment, which no server sees.
import { concat, fromBase64url, toBase64url } from '../bytes/index.ts';
import { Secret } from '../crypto/index.ts';
import {
  MAX_LINK_CHARACTERS,
  MAX_ORIGIN_CHARACTERS,
  type Invitation,
  type WriteLinkResult,
} from './invitation-types.ts';

const VERSION = 1;
const REUSABLE = 1;
/** The relay that stands after the fragment's bytes is reached by plain http: only on one's own computer or network. */
const PLAIN_HTTP = 2;
const KNOWN_FLAGS = REUSABLE | PLAIN_HTTP;
const HASH_BYTES = 32;
const SECRET_BYTES = 16;
const FRAGMENT_BYTES = 2 + HASH_BYTES + SECRET_BYTES;
const FRAGMENT_CHARACTERS = Math.ceil((FRAGMENT_BYTES * 4) / 3);
/** What a link is for stands before its fragment. */
const LETTERS = { person: 'i', device: 'd' } as const;

const HOST = '(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:]+\\])(?::[0-9]{1,5})?';
const ORIGIN_PATTERN = new RegExp(`^https?://${HOST}$`);
const HOST_PATTERN = new RegExp(`^${HOST}$`);

/** `https://host` or `http://host`, lower case, with a port where it is not the usual one, and nothing after it. */
export const isOrigin = (text: string): boolean => ORIGIN_PATTERN.test(text);

/** `linkOrigin`: origin of the web app in the link, or null for the `kith:` form. */
export const writeLink = (invitation: Invitation, linkOrigin: string | null): WriteLinkResult => {
  const { relay } = invitation;
  if (!isOrigin(relay) || (linkOrigin !== null && !isOrigin(linkOrigin))) return { type: 'refused', reason: 'bad-url' };
  if ((linkOrigin ?? relay).length > MAX_ORIGIN_CHARACTERS) return { type: 'refused', reason: 'origin-too-long' };
  const named = relay !== linkOrigin;
  const flags = (invitation.reusable ? REUSABLE : 0) | (named && relay.startsWith('http:') ? PLAIN_HTTP : 0);
  const fragment = concat(Uint8Array.of(VERSION, flags), invitation.keyHash, invitation.secret.expose());
  const host = named ? `@${relay.slice(relay.indexOf('//') + 2)}` : '';
  const letter = LETTERS[invitation.joins];
  const link = `${linkOrigin === null ? 'kith:' : `${linkOrigin}/`}${letter}#${toBase64url(fragment)}${host}`;
  return link.length > MAX_LINK_CHARACTERS ? { type: 'refused', reason: 'origin-too-long' } : { type: 'link', link };
};

/** Undefined for anything that is not a whole link. Whitespace around it does not count. */
export const readLink = (text: string): Invitation | undefined => {
  const link = text.trim();
  if (link.length > MAX_LINK_CHARACTERS) return undefined;
  const hash = link.indexOf('#');
  const before = /^(?:kith:|(.*)\/)([id])$/.exec(link.slice(0, Math.max(0, hash)));
  const origin = before?.[1];
  if (before === null || (origin !== undefined && !isOrigin(origin))) return undefined;
  const fragment = fromBase64url(link.slice(hash + 1, hash + 1 + FRAGMENT_CHARACTERS));
  const rest = link.slice(hash + 1 + FRAGMENT_CHARACTERS);
  if (fragment?.length !== FRAGMENT_BYTES || fragment[0] !== VERSION) return undefined;
  const flags = fragment[1] as number;
  if ((flags & ~KNOWN_FLAGS) !== 0) return undefined;
  const relay = relayOf(origin, rest, (flags & PLAIN_HTTP) !== 0);
  if (relay === undefined) return undefined;
  return {
    relay,
    keyHash: fragment.slice(2, 2 + HASH_BYTES),
    secret: new Secret(fragment.slice(2 + HASH_BYTES)),
    reusable: (flags & REUSABLE) !== 0,
    joins: before[2] === LETTERS.device ? 'device' : 'person',
  };
};

const relayOf = (origin: string | undefined, rest: string, plain: boolean): string | undefined => {
  if (rest === '') return plain ? undefined : origin;
  const host = rest.slice(1);
  if (!rest.startsWith('@') || !HOST_PATTERN.test(host)) return undefined;
  const relay = `${plain ? 'http' : 'https'}://${host}`;
  return relay === origin ? undefined : relay;
};
