// Members with a modified client: what a device seals is changed before it is sealed, in real sessions with real keys. What such a
// client cannot do is sign for others; what it signed itself and then changed is not what it signed.
import type { Crypto } from '@kith/core/crypto';
import { decodeHeader, encodeHeader, type Frontier, type Header, type LogObject } from '@kith/core/log';
import { BODY_BYTES, readBody, splitPacket } from '@kith/core/mailbox';
import { decodePacket, encodePacket, type Item } from '@kith/core/sync';
import type { SeededRandomness } from '../seeded-randomness.ts';

/**
 * `forge`: headers with another time, lamport, place or parents than was sealed. `replay`: objects of all others come again
 * with its own. `oversize`: contents that are longer than their header says, or another's. `frontier`: says that it holds
 * what it does not, or does not hold what it does. `beg`: asks for all of everything, and for packets that never were.
 * `garble`: a packet with bytes changed within.
 */
export const MEMBER_EVILS = ['forge', 'replay', 'oversize', 'frontier', 'beg', 'garble'] as const;
export type MemberEvil = (typeof MEMBER_EVILS)[number];

const CHANCE = 0.7;
const KEPT = 60;
const PACKET_ID_BYTES = 8;
const MAX_WANTED = 64;
const EVENT_BYTES = 32;

export interface EvilMembers {
  crypto(inner: Crypto, device: number): Crypto;
  /** From now on; undefined: honest again. */
  turn(device: number, evil: MemberEvil | undefined): void;
}
export const createEvilMembers = (random: SeededRandomness, did: (evil: MemberEvil) => void): EvilMembers => {
  const evils = new Map<number, MemberEvil>();
  /** What it has seen in packets, its own and those of others. */
  const seen: LogObject[] = [];
  const note = (items: readonly Item[]): void => {
    for (const item of items) {
      if (item.type !== 'objects') continue;
      for (const object of item.objects) {
        if (seen.length < KEPT) seen.push(object);
        else seen[random.int(KEPT)] = object;
      }
    }
  };
  const otherHeader = (header: Header): Header => {
    const before = 1 + random.int(100_000);
    switch (random.int(5)) {
      case 0:
        return { ...header, time: Math.max(0, header.time - before) };
      case 1:
        return { ...header, time: header.time + before };
      case 2:
        return { ...header, lamport: random.pick([1, header.lamport + before, 2 ** 47]) };
      case 3:
        return { ...header, heads: [] };
      default:
        return { ...header, seq: header.seq + 1, previous: random.bytes(EVENT_BYTES) as Header['previous'], end: null };
    }
  };
  const forged = (object: LogObject): LogObject => {
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    return object.type === 'event' && header !== undefined
      ? { ...object, header: encodeHeader(otherHeader(header)) }
      : object;
  };
  const oversized = (object: LogObject): LogObject => {
    if (object.type !== 'event' || object.content === null) return object;
    const other = random.pick(seen.length > 0 ? seen : [object]);
    const content =
      random.fraction() < 0.5 && other.type === 'event' && other.content !== null
        ? other.content.content
        : random.bytes(object.content.content.length + 1 + random.int(900));
    return { ...object, content: { ...object.content, content } };
  };
  const lyingFrontier = (frontier: Frontier): Frontier => ({
    ...frontier,
    digest: random.bytes(16),
    feeds: frontier.feeds.map((feed) => {
      const luck = random.int(3);
      if (luck === 0) return { ...feed, count: feed.count + 1 + random.int(40) };
      if (luck === 1) return { ...feed, count: Math.floor(feed.count / 2), past: random.bytes(8) };
      return { ...feed, charterCount: feed.charterCount + 1, charterDigest: random.bytes(8) };
    }),
  });
  const begging = (items: readonly Item[]): readonly Item[] => {
    const feeds = items.flatMap((item) => (item.type === 'frontier' ? item.frontier.feeds : []));
    const ranges = feeds.flatMap(({ feed, segment }) =>
      segment === null ? [] : [{ feed, segment, from: 0, to: random.pick([40, 2 ** 31]) }],
    );
    const of = feeds.map(({ feed }): Item => ({ type: 'want', from: feed, ranges: ranges.slice(0, MAX_WANTED) }));
    const requests = [{ packet: random.bytes(PACKET_ID_BYTES), missing: random.int(2 ** 30) }];
    return [...of, { type: 'resend', requests }];
  };
  const changed = (evil: MemberEvil, items: readonly Item[]): readonly Item[] => {
    switch (evil) {
      case 'forge':
      case 'oversize': {
        const change = evil === 'forge' ? forged : oversized;
        return items.map((item) => (item.type === 'objects' ? { ...item, objects: item.objects.map(change) } : item));
      }
      case 'replay':
        return seen.length === 0
          ? items
          : [
              ...items,
              { type: 'objects', objects: Array.from({ length: 1 + random.int(8) }, () => random.pick(seen)) },
            ];
      case 'frontier':
        return items.map((item) =>
          item.type === 'frontier' ? { ...item, frontier: lyingFrontier(item.frontier) } : item,
        );
      case 'beg':
        return [...items, ...begging(items)];
      case 'garble':
        return items;
    }
  };
  /** One cell's packet, changed; the body as it is when it is part of a longer one, or when the change does not fit. */
  const bodyOf = (evil: MemberEvil, body: Uint8Array): Uint8Array => {
    const fragment = readBody(body);
    if (fragment === undefined || fragment.count !== 1 || random.fraction() >= CHANCE) return body;
    const items = decodePacket(fragment.data);
    if (items === undefined) return body;
    note(items);
    const packet = encodePacket(changed(evil, items));
    if (evil === 'garble') packet[random.int(packet.length)] = random.int(256);
    if (packet.length === fragment.data.length && packet.every((byte, i) => byte === fragment.data[i])) return body;
    const [other, more] = splitPacket(fragment.packet, packet) ?? [];
    if (other === undefined || more !== undefined) return body;
    did(evil);
    return other;
  };
  return {
    crypto: (inner, device) => ({
      ...inner,
      seal: (key, nonce, plaintext, associated) => {
        const evil = evils.get(device);
        const isBody = evil !== undefined && plaintext.length === BODY_BYTES;
        return inner.seal(key, nonce, isBody ? bodyOf(evil, plaintext) : plaintext, associated);
      },
      open: (key, nonce, box, associated) => {
        const opened = inner.open(key, nonce, box, associated);
        const fragment = evils.has(device) && opened?.length === BODY_BYTES ? readBody(opened) : undefined;
        if (fragment?.count === 1) note(decodePacket(fragment.data) ?? []);
        return opened;
      },
    }),
    turn: (device, evil) => void (evil === undefined ? evils.delete(device) : evils.set(device, evil)),
  };
};
