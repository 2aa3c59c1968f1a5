// Oracles over what a device could show to anyone: the objects of its log, as a transcript hands them out.
import { transcriptCodec } from '@kith/core/client';
import { decode } from '@kith/core/codec';
import { conversationFromName, eventIdOf, openEntry, type EventId } from '@kith/core/identity';
import {
  decodeHeader,
  judge,
  openConversationLog,
  openDays,
  PUBLISH_GRACE_MS,
  PUBLISH_KIND,
  publishCodec,
  type LogObject,
} from '@kith/core/log';
import { openMemoryStore, type MemoryStore } from '../memory-store.ts';
import { seededRandomness } from '../seeded-randomness.ts';
import type { SimDevice } from '../sim-device.ts';
import type { Life, PairState } from './run.ts';

/** One world in so many, and more of those that publish: reading whole logs takes longer than living through a small world. */
const ONE_IN = 10;
const ONE_IN_HASTY = 2;
const SEEDS_APART = 7;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

/** Keys of the order end with it. */
const eventOf = (key: string): EventId => new Uint8Array(Buffer.from(key.slice(-64), 'hex')) as EventId;

const objectsOf = (life: Life, who: number, conversation: string): readonly LogObject[] => {
  const known = read.get(life);
  if (known?.name === `${who} ${conversation}`) return known.objects;
  const objects: LogObject[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { readonly objects: Uint8Array; readonly cursor: string | null } = (
      life.world.devices[who] as SimDevice
    ).call('transcript', cursor === '' ? { conversation } : { conversation, cursor });
    objects.push(...(decode(transcriptCodec, page.objects) ?? []));
    ({ cursor } = page);
  }
  read.set(life, { name: `${who} ${conversation}`, objects });
  return objects;
};
/** What was read last: several ask for it. */
const read = new WeakMap<Life, { readonly name: string; readonly objects: readonly LogObject[] }>();

/** The pairs that are looked at, with the first device of each. */
const looked = (
  life: Life,
): readonly { readonly pair: PairState; readonly who: number; readonly conversation: string }[] =>
  life.world.plan.seed % (life.world.plan.hasty ? ONE_IN_HASTY : ONE_IN) !== 0
    ? []
    : life.pairs.flatMap((pair) => {
        const who = life.world.plan.devices.findIndex(
          (person, at) => (person === pair.inviter || person === pair.acceptor) && life.states[at] === 'in',
        );
        return pair.met && pair.conversation !== undefined && who >= 0
          ? [{ pair, who, conversation: pair.conversation }]
          : [];
      });

/** What is shown depends on what is held and not on how it came: another log, given all of it in another order, shows the same. */
export const sameFromAnyOrder = (life: Life): readonly string[] =>
  looked(life).flatMap(({ pair, who, conversation }) => {
    const device = life.world.devices[who] as SimDevice;
    const { crypto } = life.world;
    const objects = objectsOf(life, who, conversation);
    // What was seen before a removal stays; what only the other side vouches for is shown or not by who gave it.
    if (pair.late.size > 0 || pair.unsure.size > 0 || openDays(crypto, objects).length > 0) return [];
    const id = conversationFromName(conversation);
    if (id === undefined) return [`${conversation} is no conversation`];
    const random = seededRandomness(life.world.plan.seed + SEEDS_APART);
    const openings = objects.flatMap((object) => {
      const open = object.type === 'entry' ? openEntry(crypto, object.entry) : undefined;
      return open?.act.type === 'inception' ? [{ root: open.entry.root, member: open.act.member }] : [];
    });
    const store = openMemoryStore();
    const roots = openings.map(({ root }) => root);
    const log = openConversationLog({ store, crypto, randomness: random, conversation: id, kind: 'pair', roots });
    for (const { member } of openings) log.admit(member);
    const left = objects.slice();
    for (let i = left.length - 1; i > 0; i--) {
      const j = random.int(i + 1);
      [left[i], left[j]] = [left[j] as LogObject, left[i] as LogObject];
    }
    while (left.length > 0) log.ingest(left.splice(0, 1 + random.int(40)), 'own', life.world.clock.now());
    const standing = (from: MemoryStore): ReadonlySet<string> =>
      new Set(from.scan('order').flatMap(({ key }) => (hex(key).startsWith(conversation) ? [hex(key)] : [])));
    const [ours, anew] = [standing(life.world.disks[who] as MemoryStore), standing(store)];
    life.tally.count('oracle: any order', ours.size);
    const more = [...ours].filter((key) => !anew.has(key));
    // What was seen before a removal stays, also what is no text: a device that is taken out may have ended its day unheard.
    const copyOf = (): MemoryStore => (life.world.disks[who] as MemoryStore).clone();
    const own =
      more.length === 0
        ? undefined
        : openConversationLog({ store: copyOf(), crypto, randomness: random, conversation: id, kind: 'pair', roots });
    const isVoid = (key: string): boolean => own?.find(eventOf(key))?.marks.includes('removed') === true;
    const wrong = more.filter((key) => !isVoid(key)).length + [...anew].filter((key) => !ours.has(key)).length;
    return wrong === 0
      ? []
      : [`${device.name} shows ${ours.size} events; given in another order ${anew.size}, ${wrong} not the same`];
  });

/** A judge who is given everything and the private halves that were published pins nothing down of a published day. */
export const notAttributable = (life: Life): readonly string[] =>
  looked(life).flatMap(({ who, conversation }) => {
    const { crypto } = life.world;
    const objects = objectsOf(life, who, conversation);
    const open = new Set(openDays(crypto, objects).map(({ certificate }) => hex(certificate.segment)));
    if (open.size === 0) return [];
    const pinned = judge(crypto, objects);
    return objects.flatMap((object) => {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      if (object.type !== 'event' || header === undefined || !open.has(hex(header.segment))) return [];
      life.tally.count('oracle: attributable');
      const event = hex(eventIdOf(crypto, object.header));
      return pinned.has(event) ? [`${event.slice(0, 16)} of a published segment can be shown to be its author's`] : [];
    });
  });

/** When a device said so by its own clock, at the latest. */
const trueTime = (life: Life, who: number, said: number): number => {
  const changes = [{ from: 0, offset: 0 }, ...(life.clocks.get(who) ?? [])];
  const times = changes.flatMap(({ from, offset }, i) => {
    const at = said - offset;
    return at + MINUTE >= from && at <= (changes[i + 1]?.from ?? Number.POSITIVE_INFINITY) ? [at] : [];
  });
  return Math.max(...times, Number.NEGATIVE_INFINITY);
};

/** A wrong clock of whoever publishes, or of a relay, publishes no day before its time. */
export const notTooEarly = (life: Life): readonly string[] =>
  looked(life).flatMap(({ pair, who, conversation }) => {
    const objects = objectsOf(life, who, conversation);
    const { crypto, plan } = life.world;
    const headers = objects.flatMap((object) => {
      const header = object.type === 'event' ? decodeHeader(object.header) : undefined;
      return object.type === 'event' && header !== undefined ? [{ object, header }] : [];
    });
    // Which device a feed is: by what it promised.
    const promised = new Map(pair.promised.map(({ event, by }) => [event, by]));
    const writers = new Map<string, number>();
    for (const { object, header } of headers) {
      const by = promised.get(hex(eventIdOf(crypto, object.header).subarray(0, 16)));
      if (by !== undefined) writers.set(hex(header.feed), by);
    }
    const isRight = (one: number): boolean => !life.clocks.has(one);
    const grace = plan.hasty ? DAY : PUBLISH_GRACE_MS;
    return headers.flatMap(({ object, header }) => {
      if (header.contentKind !== PUBLISH_KIND || object.content === null) return [];
      // What a thief signs besides may have any date.
      if (pair.unsure.has(hex(eventIdOf(crypto, object.header).subarray(0, 16)))) return [];
      const publish = decode(publishCodec, object.content.content);
      const publisher = writers.get(hex(header.feed));
      const author = publish && writers.get(hex(publish.feed));
      // After an old copy two may follow on one.
      const ends = headers.flatMap(({ header: { end, time } }) =>
        publish && end && hex(end.segment) === hex(publish.segment) ? [time] : [],
      );
      if (publisher === undefined || author === undefined || ends.length === 0 || !isRight(author)) return [];
      const person = plan.devices[author];
      // The rule rests on the other side: with all of its clocks wrong nobody is left to tell.
      if (!plan.devices.every((whose, one) => whose === person || isRight(one))) return [];
      life.tally.count('oracle: publication');
      const at = trueTime(life, publisher, header.time * MINUTE);
      const due = Math.min(...ends) * MINUTE + grace;
      return at >= due - 10 * MINUTE
        ? []
        : [`a day was published ${Math.round((due - at) / MINUTE)} minutes before its time`];
    });
  });
