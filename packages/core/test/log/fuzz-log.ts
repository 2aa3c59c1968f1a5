// Objects of a member whose client was changed: bent, and then signed, named and linked as they have to be, so that they get past
// the signatures to the rules. Two replicas that are given them in different orders have to come to the same.
import { concat, equalBytes, utf8 } from '../../src/bytes/index.ts';
import { decode, encode, type Codec } from '../../src/codec/index.ts';
import { Secret, type Crypto, type SigningKey } from '../../src/crypto/index.ts';
import {
  certificateCodec,
  createAddDevice,
  createCertificate,
  createInception,
  createRemoval,
  createWitness,
  memberIdOf,
  entryCodec,
  eventIdOf,
  feedIdOf,
  NO_HASH,
  readCertificate,
  segmentIdOf,
  signConsent,
  signedCertificateCodec,
  signedEntryCodec,
  type Certificate,
  type EventId,
  type FeedId,
  type MemberId,
  type SegmentId,
} from '../../src/identity/index.ts';
import {
  contentHash,
  createSeal,
  decodeHeader,
  encodeHeader,
  frontierCodec,
  headerCodec,
  logObjectCodec,
  noContentHash,
  PUBLISH_KIND,
  publishCodec,
  sizeClassOf,
  type Header,
  type KeyedContent,
  type LogObject,
} from '../../src/log/index.ts';
import { lamportOf } from '../../src/log/places.ts';
import type { Target } from '../../../testkit/src/fuzz/guided.ts';
import type { MemoryStore } from '../../../testkit/src/memory-store.ts';
import type { SeededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import {
  CONVERSATION,
  DAY,
  dump,
  everything,
  feedOf,
  give,
  openReplica,
  pair,
  ROOT,
  say,
  START,
  type Replica,
} from './people.ts';

const anything: Codec<unknown> = { cddl: 'any', uses: [], out: (value) => value, in: (raw) => raw };
const DAYS = START / DAY;

/** What is put right again after bending: a bit each. */
const RIGHT = { names: 1, previous: 2, lamport: 4, seq: 8, content: 16, signature: 32 } as const;
const ALL = 63;
const KINDS = ['object', 'entry', 'certificate', 'event', 'seal'] as const;
type Kind = (typeof KINDS)[number];
type Step = readonly [number, number, Uint8Array];

/** The keys of who writes: a device, a second one that it may add, and one for each segment. */
class Mallory {
  readonly key: SigningKey;
  readonly second: SigningKey;
  readonly feed: FeedId;
  readonly inception: Uint8Array;
  readonly #subkeys: readonly SigningKey[];
  readonly crypto: Crypto;
  constructor(crypto: Crypto) {
    this.crypto = crypto;
    const keyOf = (name: string): SigningKey => crypto.signingKey(new Secret(crypto.hash(32, utf8(name))));
    [this.key, this.second] = [keyOf('mallory'), keyOf('second')];
    this.#subkeys = Array.from({ length: 8 }, (_, i) => keyOf(`segment ${i}`));
    this.feed = feedIdOf(crypto, this.key.publicKey);
    const [root, memberKind, recoveryKey] = [ROOT, 'human' as const, new Uint8Array(32).fill(3)];
    this.inception = createInception(crypto, { key: this.key, root, memberKind, recoveryKey, versions: [1] });
  }
  get member(): MemberId {
    return memberIdOf(this.crypto, this.inception);
  }
  keyOf(feed: Uint8Array): SigningKey {
    return equalBytes(feed, feedIdOf(this.crypto, this.second.publicKey)) ? this.second : this.key;
  }
  subkey(number: number): SigningKey {
    return this.#subkeys[number & 7] as SigningKey;
  }
  seed(number: number): Uint8Array {
    return this.crypto.hash(32, utf8(`segment ${number & 7}`));
  }
}

/** Goes through steps, keeping what the next one builds on. */
class Writer {
  readonly objects: LogObject[] = [];
  readonly #mallory: Mallory;
  readonly #entries: Uint8Array[];
  #certificate: Certificate | undefined;
  #event: { readonly id: EventId; readonly header: Header } | undefined;
  constructor(mallory: Mallory) {
    this.#mallory = mallory;
    this.#entries = [mallory.inception];
  }
  step([kind, right, data]: Step): void {
    const has = (bit: number): boolean => (right & bit) !== 0;
    const object = this.#make(KINDS[kind % KINDS.length] as Kind, has, data);
    if (object !== undefined) this.objects.push(object);
  }
  #make(kind: Kind, has: (bit: number) => boolean, data: Uint8Array): LogObject | undefined {
    switch (kind) {
      case 'object':
        return decode(logObjectCodec, data);
      case 'entry':
        return this.#entry(has, data);
      case 'certificate':
        return this.#certify(has, data);
      case 'event':
        return this.#tell(has, data);
      case 'seal':
        return this.#seal(data);
    }
  }
  #entry(has: (bit: number) => boolean, data: Uint8Array): LogObject | undefined {
    const { crypto, key } = this.#mallory;
    const given = decode(entryCodec, data);
    const last = this.#entries.at(-1) as Uint8Array;
    const entry =
      given === undefined || !has(RIGHT.previous)
        ? data
        : encode(entryCodec, {
            ...given,
            ...(has(RIGHT.names) ? { root: ROOT, device: key.publicKey } : {}),
            seq: this.#entries.length,
            previous: crypto.hash(32, last),
          });
    const signature = crypto.sign(key, concat(utf8('kith charter entry\0'), entry));
    if (entry.length === 0 || entry.length > 4000) return undefined;
    const signed = encode(signedEntryCodec, { entry, signature });
    if (given !== undefined) this.#entries.push(signed);
    return { type: 'entry', entry: signed };
  }
  #certify(has: (bit: number) => boolean, data: Uint8Array): LogObject | undefined {
    const { crypto } = this.#mallory;
    const given = decode(certificateCodec, data);
    if (given === undefined) return undefined;
    const before = this.#certificate;
    const number = has(RIGHT.seq) ? (before === undefined ? 0 : before.number + 1) : given.number;
    const linked = has(RIGHT.previous) ? { number, previous: before?.segment ?? null } : {};
    const named = has(RIGHT.names)
      ? { conversation: CONVERSATION, subkey: this.#mallory.subkey(number).publicKey }
      : {};
    const feed = has(RIGHT.names) && !has(RIGHT.content) ? this.#mallory.feed : given.feed;
    const unnamed: Certificate = { ...given, ...linked, ...named, feed };
    const certificate = { ...unnamed, segment: segmentIdOf(crypto, unnamed) };
    const bytes = encode(certificateCodec, certificate);
    const signature = crypto.sign(this.#mallory.keyOf(certificate.feed), concat(utf8('kith certificate\0'), bytes));
    if (has(RIGHT.lamport)) {
      this.#certificate = certificate;
      this.#event = undefined;
    }
    return { type: 'certificate', certificate: encode(signedCertificateCodec, { certificate: bytes, signature }) };
  }
  /** `data`: header and content. */
  #tell(has: (bit: number) => boolean, data: Uint8Array): LogObject | undefined {
    const { crypto } = this.#mallory;
    const raw = decode(anything, data);
    const [bytes, said] = Array.isArray(raw) ? (raw as readonly unknown[]) : [];
    if (!(bytes instanceof Uint8Array)) return undefined;
    const given = decode(headerCodec, bytes);
    const content: KeyedContent | null =
      said instanceof Uint8Array && said.length < 60_000 ? { key: new Uint8Array(32).fill(5), content: said } : null;
    if (given === undefined)
      return bytes.length > 0 && bytes.length < 3000 ? { type: 'event', header: bytes, content } : undefined;
    const before = this.#event;
    const certificate = this.#certificate;
    const seq = has(RIGHT.seq) ? (before === undefined ? 0 : before.header.seq + 1) : given.seq;
    const header: Header = {
      ...given,
      seq,
      ...(has(RIGHT.names) && certificate !== undefined
        ? { conversation: CONVERSATION, feed: certificate.feed, segment: certificate.segment }
        : {}),
      ...(has(RIGHT.previous) ? { previous: seq === 0 ? NO_HASH : (before?.id ?? given.previous) } : {}),
      ...(has(RIGHT.lamport) ? { lamport: lamportOf(before?.header.lamport ?? 0, given.heads) } : {}),
      ...(has(RIGHT.content)
        ? {
            sizeClass: content === null ? 0 : sizeClassOf(content.content.length),
            contentHash: content === null ? noContentHash() : contentHash(crypto, content.key, content.content),
          }
        : {}),
    };
    const end = certificate?.previous ?? null;
    const ended = has(RIGHT.names)
      ? { end: seq === 0 && end !== null ? { segment: end, count: given.end?.count ?? 1 } : null }
      : {};
    const out = encodeHeader({ ...header, ...ended });
    const opened = decodeHeader(out);
    if (opened !== undefined && has(RIGHT.signature)) this.#event = { id: eventIdOf(crypto, out), header: opened };
    return { type: 'event', header: out, content };
  }
  #seal(data: Uint8Array): LogObject | undefined {
    const certificate = this.#certificate;
    const event = this.#event;
    if (certificate === undefined || event === undefined) return undefined;
    const [back = 0, other = 0] = data;
    const subkey = this.#mallory.subkey(certificate.number + (other > 200 ? 1 : 0));
    const seq = Math.max(0, event.header.seq - (back > 200 ? 1 : 0));
    const { feed, segment } = certificate;
    return {
      type: 'seal',
      ...createSeal(this.#mallory.crypto, subkey, CONVERSATION, { feed, segment, seq }, event.id),
    };
  }
}

/** As an honest client would write: entries, two days, texts that name others, and the publication of the first. */
const honestSteps = (mallory: Mallory, heads: Header['heads']): readonly Step[] => {
  const { crypto, feed, second } = mallory;
  const step = (kind: Kind, data: Uint8Array, right = ALL): Step => [KINDS.indexOf(kind), right, data];
  const certificate = (number: number): Step => {
    const subkey = mallory.subkey(number).publicKey;
    const rest = {
      conversation: CONVERSATION,
      feed,
      number,
      previous: null,
      subkey,
      day: DAYS + number,
      extensions: [],
    };
    return step(
      'certificate',
      encode(certificateCodec, createCertificate(crypto, mallory.key, rest).certificate),
      ALL & ~RIGHT.content,
    );
  };
  const event = (content: Uint8Array, contentKind: number, named: Header['heads'] = []): Step => {
    const header: Header = {
      format: 1,
      kind: 1,
      conversation: CONVERSATION,
      feed,
      segment: new Uint8Array(8) as SegmentId,
      seq: 0,
      previous: NO_HASH,
      lamport: 1,
      time: Math.floor(START / 60_000),
      charter: { feed, seq: 0 },
      heads: named,
      end: null,
      contentKind,
      sizeClass: sizeClassOf(content.length),
      contentHash: new Uint8Array(32),
      extensions: [],
    };
    return step('event', encode(anything, [encodeHeader(header), content]));
  };
  const at = { root: ROOT, seq: 1, previous: new Uint8Array(32).fill(1) };
  const unsigned = (signed: Uint8Array): Uint8Array => decode(signedEntryCodec, signed)?.entry ?? signed;
  const consent = signConsent(crypto, second, ROOT, mallory.member);
  const added = createAddDevice(crypto, mallory.key, at, { device: second.publicKey, member: mallory.member, consent });
  const cut = { feed: feedIdOf(crypto, second.publicKey), segment: null, count: 0, charterCount: 0, charterHead: null };
  const removed = createRemoval(crypto, mallory.key, at, { feed: cut.feed, member: null, cuts: [cut] });
  const witnessed = createWitness(crypto, mallory.key, at, { removal: new Uint8Array(32).fill(4) });
  const seal = step('seal', new Uint8Array(2));
  const [first] = writtenBy(mallory, [certificate(0)]);
  const segment = first?.type === 'certificate' ? readCertificate(first.certificate)?.segment : undefined;
  if (segment === undefined) throw new Error('no first segment');
  const publish = encode(publishCodec, { feed, segment, seed: mallory.seed(0), extensions: [] });
  return [
    certificate(0),
    event(utf8('one'), 16, heads),
    event(utf8('two'), 16),
    seal,
    step('entry', unsigned(added)),
    certificate(1),
    event(utf8('three'), 16),
    event(publish, PUBLISH_KIND),
    seal,
    step('entry', unsigned(removed)),
    step('entry', unsigned(witnessed)),
  ];
};
const writtenBy = (mallory: Mallory, steps: readonly Step[]): readonly LogObject[] => {
  const writer = new Writer(mallory);
  for (const step of steps) writer.step(step);
  return writer.objects;
};
const stepsOf = (data: Uint8Array): readonly Step[] => {
  const raw = decode(anything, data);
  return (Array.isArray(raw) ? (raw as readonly unknown[]) : []).flatMap((step) => {
    const [kind, right, payload] = Array.isArray(step) ? (step as readonly unknown[]) : [];
    return typeof kind === 'number' && typeof right === 'number' && payload instanceof Uint8Array
      ? [[kind, right, payload] as const]
      : [];
  });
};

/** So many inputs go into one replica; then another is given all of it in another order. */
const TOGETHER = 12;
const MOST_ROWS = 20_000;

export const logTargets = (crypto: Crypto, randomness: SeededRandomness): readonly Target[] => {
  const mallory = new Mallory(crypto);
  const [alice, bob] = pair(crypto, 5);
  say(alice, 'one');
  give(alice, bob);
  say(bob, 'two', START + DAY);
  give(bob, alice);
  bob.store.transaction(() => {
    bob.log.ingest([{ type: 'entry', entry: mallory.inception }], mallory.feed, 1);
    bob.log.admit(mallory.member);
  });
  const held = everything(alice);
  const copy = (): Replica => openReplica(crypto, 77, { store: bob.store.clone() });
  const ingest = (to: Replica, objects: readonly LogObject[], isNewest: boolean): void => {
    const from = isNewest ? 'own' : mallory.feed;
    to.store.transaction(() => to.log.ingest(objects, from, START + 2 * DAY, isNewest));
  };
  const rowsOf = (store: MemoryStore): number =>
    (['header', 'order', 'event', 'content', 'waiting', 'seal', 'certificate'] as const).reduce(
      (sum, table) => sum + store.scan(table).length,
      0,
    );

  let replica = copy();
  let given: (readonly LogObject[])[] = [];
  let scripts: string[] = [];
  /** Everything that asks: what a peer, a screen and a check of the disk want to know. */
  const ask = (one: Replica): void => {
    one.store.transaction(() => one.log.frontier());
    one.log.page({ limit: 20 });
    one.log.charter();
  };
  const settleUp = (): void => {
    if (rowsOf(replica.store) > MOST_ROWS) throw new Error(`${rowsOf(replica.store)} rows are held`);
    // What nobody sealed is kept for a while, and not shown.
    const damaged = replica.log.verify().find(({ event }) => replica.log.find(event) !== undefined);
    if (damaged !== undefined) throw new Error(`verify names ${damaged.damage} of what is shown`);
    const other = copy();
    const all = given.flat();
    for (let i = all.length - 1; i > 0; i--) {
      const j = randomness.int(i + 1);
      [all[i], all[j]] = [all[j] as LogObject, all[i] as LogObject];
    }
    for (const object of all) ingest(other, [object], false);
    for (const objects of given) ingest(other, objects, false);
    // A published day without contents goes when both are so, and stays where it came later: it says nothing.
    if ([replica, other].some((who) => everything(who).some(({ type }) => type === 'stub'))) return;
    const [one, two] = [dump(replica, ['order']), dump(other, ['order'])];
    if (one !== two) throw new Error('two replicas that hold the same show something else');
    const mine = other.store.transaction(() => other.log.frontier());
    const differences = replica.store.transaction(() => replica.log.compare(mine));
    if (differences.theyLack.length + differences.iLack.length > 0)
      throw new Error('two replicas that hold the same ask each other for more');
  };
  const honest = honestSteps(mallory, bob.log.headsSeen());
  const signed: Target = {
    name: 'objects of a member with a changed client',
    seeds: honest.map((_, i) => encode(anything, honest.slice(0, i + 1))),
    worth: 12,
    slowMs: 1_000,
    run: (data) => {
      const objects = writtenBy(mallory, stepsOf(data).slice(0, 40));
      if (objects.length === 0) return undefined;
      given.push(objects);
      scripts.push(Buffer.from(data).toString('hex'));
      ingest(replica, objects, false);
      ask(replica);
      if (given.length < TOGETHER) return objects;
      try {
        settleUp();
      } catch (error) {
        // It took all of them.
        throw new Error(`${String(error)} after ${scripts.join(' ')}`, { cause: error });
      } finally {
        replica = copy();
        given = [];
        scripts = [];
      }
      return objects;
    },
  };

  let plain = copy();
  let count = 0;
  const unsigned: Target = {
    name: 'objects as they come',
    seeds: held.map((object) => encode(logObjectCodec, object)),
    worth: 6,
    slowMs: 500,
    run: (data) => {
      const object = decode(logObjectCodec, data);
      if (++count % 500 === 0) plain = copy();
      if (object === undefined) return undefined;
      ingest(plain, [object], data.length % 3 === 0);
      ask(plain);
      return object;
    },
  };
  const frontier = encode(
    frontierCodec,
    alice.store.transaction(() => alice.log.frontier()),
  );
  const frontiers: Target = {
    name: 'what another replica says it holds',
    seeds: [frontier],
    worth: 4,
    slowMs: 500,
    run: (data) => {
      const theirs = decode(frontierCodec, data);
      if (theirs === undefined) return undefined;
      return bob.store.transaction(() => {
        const { theyLack } = bob.log.compare(theirs);
        bob.log.read(theyLack, 5_000);
        bob.log.newestFirst(theyLack, 5);
        bob.log.oldestFirst(theyLack);
        bob.log.certificates(theyLack);
        bob.log.covers(theirs, { feed: feedOf(bob) as FeedId, segment: new Uint8Array(8) as SegmentId, seq: 0 });
        return theirs;
      });
    },
  };
  const headers = held.flatMap((object) => (object.type === 'event' ? [object.header] : []));
  return [signed, unsigned, frontiers, { name: 'the header of an event', seeds: headers, run: decodeHeader }];
};
