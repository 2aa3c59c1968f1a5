// Writes in the name of a device, whatever it is told to.
import { Secret, type Crypto, type SigningKey } from '../../src/crypto/index.ts';
import {
  createCertificate,
  eventIdOf,
  NO_HASH,
  type EventId,
  type FeedId,
  type SegmentId,
} from '../../src/identity/index.ts';
import {
  contentHash,
  createSeal,
  encodeHeader,
  noContentHash,
  sizeClassOf,
  type Head,
  type Header,
  type LogObject,
} from '../../src/log/index.ts';
import { CONVERSATION, DAY, START, type Person } from './people.ts';

export class Hand {
  readonly objects: LogObject[] = [];
  readonly feed: FeedId;
  readonly #crypto: Crypto;
  readonly #written: { readonly segment: SegmentId; readonly seq: number; readonly objects: readonly LogObject[] }[] =
    [];
  readonly #key: SigningKey;
  readonly #inception: FeedId;
  #segment: SegmentId | null = null;
  #number = -1;
  #subkey: SigningKey;
  #last: { readonly seq: number; readonly event: EventId; readonly lamport: number } | undefined;
  /** `first`: the device with the inception of this person. */
  constructor(crypto: Crypto, who: Person, first = who) {
    const [device, inception] = [who.log.device(), first.log.device()];
    if (device === undefined || inception === undefined) throw new Error('not started');
    this.#inception = inception.feed;
    this.#crypto = crypto;
    this.feed = device.feed;
    this.#key = device.key;
    this.#subkey = device.key;
  }
  /** A new segment after this one, or after another. */
  certify(
    after: { readonly previous?: SegmentId | null; readonly number?: number; readonly seed?: number } = {},
  ): SegmentId {
    this.#number = after.number ?? this.#number + 1;
    this.#last = undefined;
    this.#subkey = this.#crypto.signingKey(new Secret(new Uint8Array(32).fill(after.seed ?? 40 + this.#number)));
    const { bytes, certificate } = createCertificate(this.#crypto, this.#key, {
      conversation: CONVERSATION,
      feed: this.feed,
      number: this.#number,
      previous: after.previous === undefined ? this.#segment : after.previous,
      subkey: this.#subkey.publicKey,
      day: START / DAY + this.#number,
      extensions: [],
    });
    this.objects.push({ type: 'certificate', certificate: bytes });
    return (this.#segment = certificate.segment);
  }
  get segment(): SegmentId {
    if (this.#segment === null) throw new Error('nothing is certified');
    return this.#segment;
  }
  /** An event and its seal; the first of a segment when nothing else is said. */
  write(change: Partial<Header> = {}, text?: string | Uint8Array): EventId {
    const key = new Uint8Array(32).fill(3);
    const content = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    const header: Header = {
      format: 1,
      kind: 1,
      conversation: CONVERSATION,
      feed: this.feed,
      segment: this.segment,
      seq: 0,
      previous: NO_HASH,
      lamport: 1,
      time: START / 60_000,
      charter: { feed: this.#inception, seq: 0 },
      heads: [],
      end: null,
      contentKind: 16,
      sizeClass: content === undefined ? 0 : sizeClassOf(content.length),
      contentHash: content === undefined ? noContentHash() : contentHash(this.#crypto, key, content),
      extensions: [],
      ...change,
    };
    const data = encodeHeader(header);
    const event = eventIdOf(this.#crypto, data);
    const at = { feed: this.feed, segment: this.segment, seq: header.seq };
    const objects: readonly LogObject[] = [
      { type: 'event', header: data, content: content === undefined ? null : { key, content } },
      { type: 'seal', ...createSeal(this.#crypto, this.#subkey, CONVERSATION, at, event) },
    ];
    this.objects.push(...objects);
    this.#written.push({ segment: this.segment, seq: header.seq, objects });
    this.#last = { seq: header.seq, event, lamport: header.lamport };
    return event;
  }
  /** The one after what was written last, in this segment. */
  next(change: Partial<Header> = {}, text?: string | Uint8Array): EventId {
    const last = this.#last;
    if (last === undefined) return this.write(change, text);
    const heads = change.heads ?? [];
    const lamport = 1 + Math.max(last.lamport, ...heads.map((head) => head.lamport));
    return this.write({ seq: last.seq + 1, previous: last.event, lamport, ...change }, text);
  }
  /** What was written last, as others name it. */
  head(): Head {
    if (this.#last === undefined) throw new Error('nothing was written');
    return { feed: this.feed, segment: this.segment, seq: this.#last.seq, lamport: this.#last.lamport };
  }
  /** Events of a segment from one place up to another, each with its seal. */
  piece(from: number, to: number, segment = this.segment): readonly LogObject[] {
    return this.#written
      .filter((one) => one.segment === segment && one.seq >= from && one.seq < to)
      .flatMap(({ objects }) => objects);
  }
  certificates(): readonly LogObject[] {
    return this.objects.filter(({ type }) => type === 'certificate');
  }
}
