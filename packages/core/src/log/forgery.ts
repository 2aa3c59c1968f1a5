// A published day told differently, from nothing but what any member can show. What stands outside the day stays as it was:
// how many events it has, their Lamport times, the places they name. Nobody can tell it from the real one (spec 04,
// "Publication").
import { equalBytes, toHex } from '../bytes/index.ts';
import { decode } from '../codec/index.ts';
import { Secret, type Crypto } from '../crypto/index.ts';
import { eventIdOf, NO_HASH, readCertificate, type Certificate, type EventId } from '../identity/index.ts';
import type { Randomness } from '../ports/index.ts';
import { contentHash, sizeClassOf } from './content.ts';
import { decodeHeader, encodeHeader, PUBLISH_KIND, type Header } from './header.ts';
import { createSeal, subkeyOf, type LogObject } from './objects.ts';
import { publishCodec } from './publication.ts';
import { DAY_MS } from './shared-time.ts';

/** A segment that anyone can write. */
export interface OpenDay {
  readonly certificate: Certificate;
  readonly seed: Uint8Array;
  /** Milliseconds: the start of the day (UTC) on which it was opened. */
  readonly day: number;
}

/** Segments whose private half stands among these objects, oldest first. */
export const openDays = (crypto: Crypto, objects: readonly LogObject[]): readonly OpenDay[] => {
  const seeds = new Map<string, Uint8Array>();
  const note = (seed: Uint8Array): void => void seeds.set(toHex(subkeyOf(crypto, seed)), seed);
  for (const object of objects) {
    if (object.type === 'stub') note(object.seed);
    if (object.type !== 'event' || object.content === null) continue;
    if (decodeHeader(object.header)?.contentKind !== PUBLISH_KIND) continue;
    const publish = decode(publishCodec, object.content.content);
    if (publish !== undefined) note(publish.seed);
  }
  return objects
    .flatMap((object): OpenDay[] => {
      const certificate = object.type === 'certificate' ? readCertificate(object.certificate) : undefined;
      const seed = certificate && seeds.get(toHex(certificate.subkey));
      return certificate === undefined || seed === undefined
        ? []
        : [{ certificate, seed, day: certificate.day * DAY_MS }];
    })
    .toSorted((a, b) => a.certificate.day - b.certificate.day || a.certificate.number - b.certificate.number);
};

/** What an event is to say instead; undefined: what it said. */
export type Retell = (header: Header, content: Uint8Array) => Uint8Array | undefined;

/** The same objects with another day in them. Of a day in which a copied device wrote as well, only the line is kept. */
export const retell = (
  tools: { readonly crypto: Crypto; readonly randomness: Randomness },
  objects: readonly LogObject[],
  { certificate, seed }: OpenDay,
  say: Retell,
): readonly LogObject[] => {
  const { crypto, randomness } = tools;
  const { conversation, feed, segment } = certificate;
  const secret = new Secret(seed.slice());
  const key = crypto.signingKey(secret);
  secret.wipe();
  const ids = new Map<string, EventId>();
  let previous: EventId = NO_HASH;
  const told = lineOf(crypto, objects, certificate).map(({ object, header, event }): LogObject => {
    const before = object.content;
    const content = before === null ? undefined : say(header, before.content);
    const fresh = content === undefined ? undefined : { key: randomness.bytes(32), content };
    const data = encodeHeader({
      ...header,
      previous,
      ...(fresh === undefined
        ? {}
        : {
            sizeClass: sizeClassOf(fresh.content.length),
            contentHash: contentHash(crypto, fresh.key, fresh.content),
          }),
    });
    previous = eventIdOf(crypto, data);
    ids.set(toHex(event), previous);
    return { type: 'event', header: data, content: fresh ?? before };
  });
  const rest = objects.flatMap((object): LogObject[] => {
    if (object.type === 'event') {
      const header = decodeHeader(object.header);
      return header !== undefined && equalBytes(header.segment, segment) ? [] : [object];
    }
    if (object.type !== 'seal' || !equalBytes(object.segment, segment)) return [object];
    const head = ids.get(toHex(object.head));
    if (head === undefined) return [];
    return [{ type: 'seal', ...createSeal(crypto, key, conversation, { feed, segment, seq: object.seq }, head) }];
  });
  key.privateKey.wipe();
  return [...rest, ...told];
};

interface Told {
  readonly object: Extract<LogObject, { type: 'event' }>;
  readonly header: Header;
  readonly event: EventId;
}
const lineOf = (crypto: Crypto, objects: readonly LogObject[], { segment }: Certificate): readonly Told[] => {
  const after = new Map<string, Told>();
  for (const object of objects) {
    if (object.type !== 'event') continue;
    const header = decodeHeader(object.header);
    if (header === undefined || !equalBytes(header.segment, segment)) continue;
    const name = toHex(header.previous);
    const event = eventIdOf(crypto, object.header);
    const other = after.get(name);
    if (other === undefined || toHex(event) < toHex(other.event)) after.set(name, { object, header, event });
  }
  const line: Told[] = [];
  for (let next = after.get(toHex(NO_HASH)); next !== undefined; next = after.get(toHex(next.event))) line.push(next);
  return line;
};
