// Anyone's tools over published segments: making history that passes every check, and a judge who is given everything.
import { toHex } from '../bytes/index.ts';
import { decode } from '../codec/index.ts';
import { Secret, type Crypto } from '../crypto/index.ts';
import { eventIdOf, NO_HASH, openCertificate, openEntry, type Certificate, type EventId } from '../identity/index.ts';
import type { Randomness } from '../ports/index.ts';
import { contentHash, sizeClassOf } from './content.ts';
import { decodeHeader, encodeHeader, PUBLISH_KIND, type Header } from './header.ts';
import { createSeal, subkeyOf, verifySeal, type LogObject, type Seal } from './objects.ts';
import { lamportOf } from './places.ts';
import { publishCodec } from './publication.ts';
import { MINUTE_MS } from './shared-time.ts';

export interface Forgery {
  readonly certificate: Certificate;
  /** The published private half of its subkey. */
  readonly seed: Uint8Array;
  /** A real first event of the segment: what it names outside the segment is taken over. */
  readonly first: Header;
  readonly events: readonly { readonly contentKind: number; readonly content: Uint8Array; readonly time: number }[];
}

/** Another content for a published segment, with a seal that verifies like the real one. */
export const forge = (
  tools: { readonly crypto: Crypto; readonly randomness: Randomness },
  { certificate, seed, first, events }: Forgery,
): readonly LogObject[] => {
  const { crypto, randomness } = tools;
  const secret = new Secret(seed.slice());
  const subkey = crypto.signingKey(secret);
  secret.wipe();
  const { conversation, feed, segment } = certificate;
  const objects: LogObject[] = [];
  let previous: EventId = NO_HASH;
  let lamport = 0;
  for (const [seq, { contentKind, content, time }] of events.entries()) {
    const key = randomness.bytes(32);
    const heads = seq === 0 ? first.heads : [];
    lamport = lamportOf(lamport, heads);
    const header = encodeHeader({
      ...first,
      seq,
      previous,
      lamport,
      heads,
      time: Math.floor(time / MINUTE_MS),
      end: seq === 0 ? first.end : null,
      contentKind,
      sizeClass: sizeClassOf(content.length),
      contentHash: contentHash(crypto, key, content),
    });
    previous = eventIdOf(crypto, header);
    objects.push({ type: 'event', header, content: { key, content } });
  }
  if (events.length > 0)
    objects.push({
      type: 'seal',
      ...createSeal(crypto, subkey, conversation, { feed, segment, seq: events.length - 1 }, previous),
    });
  subkey.privateKey.wipe();
  return objects;
};

interface Evidence {
  readonly header: Header;
  readonly bytes: readonly Uint8Array[];
}

/**
 * Event ids (hex) that objects pin on the device they name: those a signature of a key that is not public stands over, and
 * from there on whatever a hash inside signed or pinned bytes reaches. Assumes nothing about where in them it stands.
 */
export const judge = (crypto: Crypto, objects: readonly LogObject[]): ReadonlySet<string> => {
  const events = new Map<string, Evidence>();
  const devices = new Map<string, Uint8Array>();
  const signed: Uint8Array[] = [];
  for (const object of objects) {
    if (object.type === 'entry') {
      const open = openEntry(crypto, object.entry);
      if (open === undefined) continue;
      devices.set(toHex(open.feed), open.entry.device);
      // A device that another one added may never have signed an entry itself.
      if (open.act.type === 'addDevice') devices.set(toHex(open.act.feed), open.act.device);
      signed.push(object.entry);
    } else if (object.type === 'event') {
      const header = decodeHeader(object.header);
      if (header === undefined) continue;
      const bytes = object.content === null ? [object.header] : [object.header, object.content.content];
      events.set(toHex(eventIdOf(crypto, object.header)), { header, bytes });
    }
  }
  const subkeys = new Map<string, Certificate>();
  for (const object of objects) {
    if (object.type !== 'certificate') continue;
    for (const key of devices.values()) {
      const certificate = openCertificate(crypto, object.certificate, key);
      if (certificate === undefined) continue;
      subkeys.set(toHex(certificate.segment), certificate);
      signed.push(object.certificate);
    }
  }
  const isPublic = publicSubkeys(crypto, objects);
  const todo: Uint8Array[] = [...signed];
  for (const object of objects) {
    if (object.type !== 'seal') continue;
    const certificate = subkeys.get(toHex(object.segment));
    if (certificate === undefined || isPublic.has(toHex(certificate.subkey))) continue;
    const seal: Seal = object;
    if (verifySeal(crypto, certificate.subkey, certificate.conversation, seal)) todo.push(seal.head);
  }
  const pinned = new Set<string>();
  const starts = new Map(Array.from(events.keys(), (id) => [id.slice(0, 8), true] as const));
  for (let bytes = todo.pop(); bytes !== undefined; bytes = todo.pop()) {
    const hex = toHex(bytes);
    for (let at = 0; at + 64 <= hex.length; at += 2) {
      if (!starts.has(hex.slice(at, at + 8))) continue;
      const id = hex.slice(at, at + 64);
      const found = events.get(id);
      if (found === undefined || pinned.has(id)) continue;
      pinned.add(id);
      todo.push(...found.bytes);
    }
  }
  return pinned;
};

const publicSubkeys = (crypto: Crypto, objects: readonly LogObject[]): ReadonlySet<string> => {
  const keys = new Set<string>();
  for (const object of objects) {
    if (object.type !== 'event' || object.content === null) continue;
    const header = decodeHeader(object.header);
    if (header?.contentKind !== PUBLISH_KIND) continue;
    const publish = decode(publishCodec, object.content.content);
    if (publish !== undefined) keys.add(toHex(subkeyOf(crypto, publish.seed)));
  }
  return keys;
};
