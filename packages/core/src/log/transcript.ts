// What anyone can tell of a conversation that is handed to them as objects: which events pass every check, and which of them
// are still proven to be of the device they name.
import { concat, equalBytes, toHex } from '../bytes/index.ts';
import type { Crypto } from '../crypto/index.ts';
import { eventIdOf, openCertificate, openEntry, type Certificate, type EventId } from '../identity/index.ts';
import { contentHash, sizeClassOf } from './content.ts';
import { judge } from './deniability.ts';
import { decodeHeader, type Header } from './header.ts';
import { verifySeal, type LogObject } from './objects.ts';

export interface Examined {
  readonly event: EventId;
  readonly header: Header;
  /** Null when it is not there, or not what the header says. */
  readonly content: Uint8Array | null;
  /** A seal of the certified subkey stands at it or above it: a client takes it. */
  readonly sealed: boolean;
  /** Nobody but its device can have made it, or somebody who had that device's keys. */
  readonly proven: boolean;
}

export const examine = (crypto: Crypto, objects: readonly LogObject[]): readonly Examined[] => {
  const proven = judge(crypto, objects);
  const events = new Map<
    string,
    { readonly event: EventId; readonly header: Header; readonly content: Uint8Array | null }
  >();
  for (const object of objects) {
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    if (object.type !== 'event' || header === undefined) continue;
    const event = eventIdOf(crypto, object.header);
    const { content } = object;
    const fits =
      content !== null &&
      sizeClassOf(content.content.length) === header.sizeClass &&
      equalBytes(contentHash(crypto, content.key, content.content), header.contentHash);
    events.set(toHex(event), { event, header, content: fits ? content.content : null });
  }
  const certificates = certificatesIn(crypto, objects);
  const sealed = new Set<string>();
  for (const object of objects) {
    if (object.type !== 'seal') continue;
    const certificate = certificates.get(toHex(concat(object.feed, object.segment)));
    if (certificate === undefined) continue;
    if (!verifySeal(crypto, certificate.subkey, certificate.conversation, object)) continue;
    for (let name = toHex(object.head); events.has(name) && !sealed.has(name);) {
      sealed.add(name);
      name = toHex(events.get(name)?.header.previous ?? new Uint8Array(0));
    }
  }
  return Array.from(events.entries(), ([name, one]) => ({
    ...one,
    sealed: sealed.has(name),
    proven: proven.has(name),
  })).toSorted((a, b) => a.header.lamport - b.header.lamport || (toHex(a.event) < toHex(b.event) ? -1 : 1));
};

const certificatesIn = (crypto: Crypto, objects: readonly LogObject[]): ReadonlyMap<string, Certificate> => {
  const keys = new Map<string, Uint8Array>();
  for (const object of objects) {
    const open = object.type === 'entry' ? openEntry(crypto, object.entry) : undefined;
    if (open === undefined) continue;
    keys.set(toHex(open.feed), open.entry.device);
    if (open.act.type === 'addDevice') keys.set(toHex(open.act.feed), open.act.device);
  }
  const certificates = new Map<string, Certificate>();
  for (const object of objects) {
    if (object.type !== 'certificate') continue;
    for (const key of keys.values()) {
      const certificate = openCertificate(crypto, object.certificate, key);
      if (certificate !== undefined)
        certificates.set(toHex(concat(certificate.feed, certificate.segment)), certificate);
    }
  }
  return certificates;
};
