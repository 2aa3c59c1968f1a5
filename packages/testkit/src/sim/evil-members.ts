// Members with a modified client: what a device seals is changed before it is sealed, in real sessions with real keys. What such a
// client cannot do is sign for others; what it signed itself and then changed is not what it signed, unless it signs anew.
import { toHex, utf8 } from '@kith/core/bytes';
import { Secret, type Crypto, type SigningKey } from '@kith/core/crypto';
import { eventIdOf } from '@kith/core/identity';
import { createSeal, decodeHeader, encodeHeader, type Frontier, type Header, type LogObject } from '@kith/core/log';
import { BODY_BYTES, readBody, splitPacket } from '@kith/core/mailbox';
import { decodePacket, encodePacket, type Item } from '@kith/core/sync';
import type { SeededRandomness } from '../seeded-randomness.ts';

/**
 * `forge`: headers with another time, lamport, place or parents than was sealed. `replay`: objects of all others come again
 * with its own. `oversize`: contents that are longer than their header says, or another's. `frontier`: says that it holds
 * what it does not, or does not hold what it does. `beg`: asks for all of everything, and for packets that never were.
 * `garble`: a packet with bytes changed within. `mouth`: words put into the mouth of somebody else, as the next events of theirs,
 * with nothing missing but their seal.
 */
export const MEMBER_EVILS = ['forge', 'replay', 'oversize', 'frontier', 'beg', 'garble', 'mouth'] as const;
/**
 * With valid signatures, by whoever stole a device: two events at one place, told to some in one way and to others in
 * another, dated back, or in another's name.
 */
export const THIEF_EVIL = 'contradict';
export type MemberEvil = (typeof MEMBER_EVILS)[number] | typeof THIEF_EVIL;

const CHANCE = 0.7;
const KEPT = 60;
/** Of events that are made up in somebody's name: some stand where its next one will. */
const AHEAD = 3;
const PACKET_ID_BYTES = 8;
const MAX_WANTED = 64;
const EVENT_BYTES = 32;
/** Of an event's id, in names. */
const NAME_BYTES = 16;
/** Before conversation (16 bytes), feed and segment (8 each) in what a seal signs. */
const SEAL_LABEL = utf8('kith seal\0\x01\x01');
const SEGMENT_AT = SEAL_LABEL.length + 16;
const SEGMENT_TO = SEGMENT_AT + 16;

export interface EvilMembers {
  crypto(inner: Crypto, device: number): Crypto;
  /** Told the name of each event that it signed besides what it holds itself. */
  onLie: ((event: string) => void) | undefined;
  /** From now on; undefined: honest again. */
  turn(device: number, evil: MemberEvil | undefined): void;
}
export const createEvilMembers = (random: SeededRandomness, did: (evil: MemberEvil) => void): EvilMembers => {
  const evils = new Map<number, MemberEvil>();
  /** What it has seen in packets, its own and those of others. */
  const seen: LogObject[] = [];
  const ownFeeds = new Set<string>();
  /** By feed and segment: subkeys that its own client signed with. */
  const subkeys = new Map<string, SigningKey>();
  const noteKey = (key: SigningKey, message: Uint8Array): void => {
    if (!SEAL_LABEL.every((byte, i) => message[i] === byte)) return;
    const name = toHex(message.subarray(SEGMENT_AT, SEGMENT_TO));
    const kept = new Secret(key.privateKey.expose().slice());
    if (!subkeys.has(name)) subkeys.set(name, { publicKey: key.publicKey.slice(), privateKey: kept });
  };
  const contradicted = (crypto: Crypto, object: LogObject): readonly LogObject[] => {
    const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
    const key = header && subkeys.get(toHex(header.feed) + toHex(header.segment));
    if (object.type !== 'event' || header === undefined || key === undefined) return [object];
    const others = seen.flatMap((one) => {
      const of = one.type === 'event' ? decodeHeader(one.header) : undefined;
      return of === undefined || toHex(of.feed) === toHex(header.feed) ? [] : [of];
    });
    const luck = random.int(3);
    const before = 1 + random.int(100_000);
    const name = luck === 2 && others.length > 0 ? random.pick(others) : header;
    const other: Header = {
      ...header,
      feed: name.feed,
      segment: name.segment,
      time: luck === 0 ? header.time + 1 : Math.max(0, header.time - before),
    };
    const encoded = encodeHeader(other);
    const { feed, segment, seq } = other;
    const event = eventIdOf(crypto, encoded);
    members.onLie?.(toHex(event.subarray(0, NAME_BYTES)));
    const seal = createSeal(crypto, key, header.conversation, { feed, segment, seq }, event);
    const lie: readonly LogObject[] = [
      { ...object, header: encoded },
      { type: 'seal', ...seal },
    ];
    return random.fraction() < 0.5 ? lie : [...lie, object];
  };
  const eventsIn = (objects: readonly LogObject[]) =>
    objects.flatMap((one) => {
      const header = one.type === 'event' ? decodeHeader(one.header) : undefined;
      return one.type !== 'event' || header === undefined ? [] : [{ ...one, of: header }];
    });
  /** Of each conversation: the next events of the segment in which somebody else wrote last, with contents of others. */
  const madeUp = (crypto: Crypto, items: readonly Item[]): readonly LogObject[] => {
    const own = eventsIn(items.flatMap((item) => (item.type === 'objects' ? item.objects : [])));
    for (const { of } of own) ownFeeds.add(toHex(of.feed));
    const all = eventsIn(seen);
    const newest = new Map<string, (typeof all)[number]>();
    for (const one of all) {
      const conversation = toHex(one.of.conversation);
      if (!ownFeeds.has(toHex(one.of.feed)) && one.of.lamport > (newest.get(conversation)?.of.lamport ?? 0))
        newest.set(conversation, one);
    }
    return Array.from(newest.values()).flatMap((last) => nextOf(crypto, last, all));
  };
  const nextOf = (
    crypto: Crypto,
    before: ReturnType<typeof eventsIn>[number],
    all: ReturnType<typeof eventsIn>,
  ): readonly LogObject[] => {
    const words = all.filter(({ content, of }) => content !== null && toHex(of.feed) !== toHex(before.of.feed));
    let last = before;
    return Array.from({ length: Math.min(words.length, 1 + random.int(AHEAD)) }, () => {
      const said = random.pick(words);
      const { feed, segment, conversation, seq, lamport, time, heads } = last.of;
      const of: Header = {
        ...said.of,
        feed,
        segment,
        conversation,
        seq: seq + 1,
        previous: eventIdOf(crypto, last.header),
        lamport: lamport + 1,
        time: time + random.int(2),
        heads,
        end: null,
      };
      last = { ...said, header: encodeHeader(of), of };
      return { type: 'event', header: last.header, content: said.content };
    });
  };
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
  const changed = (crypto: Crypto, evil: MemberEvil, items: readonly Item[]): readonly Item[] => {
    switch (evil) {
      case 'contradict':
        return items.map((item) =>
          item.type === 'objects'
            ? { ...item, objects: item.objects.flatMap((object) => contradicted(crypto, object)) }
            : item,
        );
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
      case 'mouth': {
        const objects = madeUp(crypto, items);
        // Who remembers nothing of the others asks them.
        return objects.length === 0 ? [...items, ...begging(items)] : [...items, { type: 'objects', objects }];
      }
      case 'garble':
        return items;
    }
  };
  /**
   * Whoever says that it is reached where it does not look is reached by nobody, for good: what others have for it waits, and
   * nobody but the liar can tell. That harms nobody else, so it is not asked of anyone to mend it.
   */
  const saysOtherInbox = (items: readonly Item[], packet: Uint8Array): boolean => {
    const inboxesOf = (of: readonly Item[]): readonly string[] =>
      of.flatMap((item) => (item.type === 'inbox' ? [toHex(item.record)] : []));
    const own = inboxesOf(items);
    return inboxesOf(decodePacket(packet) ?? []).some((said) => !own.includes(said));
  };
  /** One cell's packet, changed; the body as it is when it is part of a longer one, or when the change does not fit. */
  const bodyOf = (crypto: Crypto, evil: MemberEvil, body: Uint8Array): Uint8Array => {
    const fragment = readBody(body);
    if (fragment === undefined || fragment.count !== 1 || random.fraction() >= CHANCE) return body;
    const items = decodePacket(fragment.data);
    if (items === undefined) return body;
    note(items);
    const packet = encodePacket(changed(crypto, evil, items));
    if (evil === 'garble') packet[random.int(packet.length)] = random.int(256);
    if (evil === 'garble' && saysOtherInbox(items, packet)) return body;
    if (packet.length === fragment.data.length && packet.every((byte, i) => byte === fragment.data[i])) return body;
    const [other, more] = splitPacket(fragment.packet, packet) ?? [];
    if (other === undefined || more !== undefined) return body;
    did(evil);
    return other;
  };
  const members: EvilMembers = {
    onLie: undefined,
    crypto: (inner, device) => ({
      ...inner,
      sign: (key, message) => {
        if (evils.get(device) === THIEF_EVIL) noteKey(key, message);
        return inner.sign(key, message);
      },
      seal: (key, nonce, plaintext, associated) => {
        const evil = evils.get(device);
        const isBody = evil !== undefined && plaintext.length === BODY_BYTES;
        return inner.seal(key, nonce, isBody ? bodyOf(inner, evil, plaintext) : plaintext, associated);
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
  return members;
};
