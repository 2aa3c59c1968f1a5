import { equalBytes, toHex } from '../bytes/index.ts';
import {
  bool,
  bytes,
  decode,
  encode,
  list,
  literal,
  named,
  nullable,
  tuple,
  uint,
  type Infer,
} from '../codec/index.ts';
import type { Crypto } from '../crypto/index.ts';
import { CELL_BYTES, DAY_MS, type PlaceStore, type RelayErrorCode, type RelayRequest } from '../ports/index.ts';

/** An offer may expire at most this far ahead. */
export const OFFER_KEPT_MS = 366 * DAY_MS;
/** Claims kept at an offer for one: the first, and later ones for the inviter to see that somebody tried. */
export const MAX_SINGLE_CLAIMS = 8;
export const MAX_CLAIMS = 64;

/** What lies longer than this may take up that part of the room, so that nobody can fill all of it for long. */
const PARTS: readonly (readonly [ms: number, part: number])[] = [
  [31 * DAY_MS, 1 / 2],
  [DAY_MS, 3 / 4],
];

/** What a relay keeps of one place, on disk (spec/07-relay.md, "Rendezvous"). */
export const placeRecordCodec = named(
  'place-record',
  tuple({
    version: literal(1),
    owner: bytes(32),
    single: bool,
    offered: uint(2 ** 48 - 1),
    expires: uint(2 ** 48 - 1),
    /** Empty: the offer was revoked; the place stays taken until it would have expired. */
    sealed: bytes(0, 4 * CELL_BYTES),
    /** Of the first claim, also after its owner took it away. */
    first: nullable(bytes(16)),
    claims: list(tuple({ id: bytes(16), sealed: bytes(CELL_BYTES, 4 * CELL_BYTES) }), MAX_CLAIMS),
  }),
);
type PlaceRecord = Infer<typeof placeRecordCodec>;

type Request<T extends RelayRequest['type']> = Extract<RelayRequest, { type: T }>;
export type RendezvousRequest = Request<
  'offerPut' | 'offerGet' | 'offerDelete' | 'claimPut' | 'claimsGet' | 'claimsDelete'
>;
export type RendezvousAnswer =
  | { readonly type: 'done' }
  | { readonly type: 'offer'; readonly sealed: Uint8Array; readonly expires: number }
  | { readonly type: 'claims'; readonly claims: PlaceRecord['claims'] }
  | { readonly type: 'refused'; readonly code: RelayErrorCode };

const done: RendezvousAnswer = { type: 'done' };
const refused = (code: RelayErrorCode): RendezvousAnswer => ({ type: 'refused', code });
const isWholeUnits = (sealed: Uint8Array): boolean => sealed.length % CELL_BYTES === 0;

/** Offers and claims at places that only those who hold a link can name. */
export class Rendezvous {
  readonly #crypto: Crypto;
  readonly #store: PlaceStore;
  readonly #maxBytes: number;
  readonly #places = new Map<string, { readonly place: Uint8Array; record: PlaceRecord; size: number }>();
  #size = 0;
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(crypto: Crypto, store: PlaceStore, maxBytes: number) {
    this.#crypto = crypto;
    this.#store = store;
    this.#maxBytes = maxBytes;
    store.visit((place, data) => {
      const record = decode(placeRecordCodec, data);
      // A torn or foreign file is not an offer; it goes with its place.
      if (record === undefined) store.drop(place);
      else this.#remember(place, record, data.length);
    });
  }

  handle(request: RendezvousRequest, now: number): RendezvousAnswer {
    this.expire(now);
    const kept = this.#places.get(toHex(request.place))?.record;
    const held = kept === undefined ? undefined : this.#withdrawn(request.place, kept, now);
    if (request.type === 'offerPut') return this.#offerPut(request, held, now);
    if (held === undefined) return refused('not-found');
    switch (request.type) {
      case 'offerGet':
        return held.sealed.length === 0
          ? refused('gone')
          : { type: 'offer', sealed: held.sealed, expires: held.expires };
      case 'offerDelete':
        if (!this.#owns(held, request.token)) return refused('not-owner');
        return this.#keep(request.place, { ...held, sealed: new Uint8Array(), claims: [] }, done, now);
      case 'claimPut':
        return this.#claimPut(request, held, now);
      case 'claimsGet':
        return this.#owns(held, request.token) ? { type: 'claims', claims: held.claims } : refused('not-owner');
      case 'claimsDelete': {
        if (!this.#owns(held, request.token)) return refused('not-owner');
        const claims = held.claims.filter(({ id }) => !request.ids.some((gone) => equalBytes(gone, id)));
        return claims.length === held.claims.length ? done : this.#keep(request.place, { ...held, claims }, done, now);
      }
    }
  }

  /** What is handed out for minutes only is not kept for longer, nor once it has served. */
  #withdrawn(place: Uint8Array, record: PlaceRecord, now: number): PlaceRecord {
    const isOver = now >= record.offered || record.first !== null;
    if (record.offered >= record.expires || !isOver || record.sealed.length === 0) return record;
    const withdrawn = { ...record, sealed: new Uint8Array() };
    this.#keep(place, withdrawn, done, now);
    return withdrawn;
  }
  #offerPut(request: Request<'offerPut'>, held: PlaceRecord | undefined, now: number): RendezvousAnswer {
    const { place, owner, token, single, offered, expires, sealed } = request;
    if (!isWholeUnits(sealed)) return refused('malformed');
    if (offered <= now || offered > expires || expires > now + OFFER_KEPT_MS) return refused('period');
    if (held === undefined) {
      return this.#keep(
        place,
        { version: 1, owner, single, offered, expires, sealed, first: null, claims: [] },
        done,
        now,
      );
    }
    const isRepeat = equalBytes(held.owner, owner) && equalBytes(held.sealed, sealed) && held.expires === expires;
    if (isRepeat && held.single === single) return done;
    if (token === null || !this.#owns(held, token)) return refused('not-owner');
    return this.#keep(place, { ...held, owner, single, offered, expires, sealed }, done, now);
  }

  #claimPut({ place, id, sealed }: Request<'claimPut'>, held: PlaceRecord, now: number): RendezvousAnswer {
    if (!isWholeUnits(sealed)) return refused('malformed');
    // Withdrawn after its first claim: who comes later is told that it is taken, and its owner that somebody came.
    const served = held.offered < held.expires && held.first !== null;
    if (held.sealed.length === 0 && !served) return refused('gone');
    const isFirst = held.first === null || equalBytes(held.first, id);
    const answer = held.single && !isFirst ? refused('taken') : done;
    // Also the first one's repeat after its owner took it away: it was read.
    if (held.claims.some((claim) => equalBytes(claim.id, id)) || (held.first !== null && isFirst)) return answer;
    if (held.claims.length >= (held.single ? MAX_SINGLE_CLAIMS : MAX_CLAIMS))
      return held.single ? answer : refused('full');
    return this.#keep(
      place,
      { ...held, first: held.first ?? id, claims: [...held.claims, { id, sealed }] },
      answer,
      now,
    );
  }

  #owns(record: PlaceRecord, token: Uint8Array): boolean {
    return this.#crypto.equal(this.#crypto.hash(32, token), record.owner);
  }

  #keep(place: Uint8Array, record: PlaceRecord, answer: RendezvousAnswer, now: number): RendezvousAnswer {
    const data = encode(placeRecordCodec, record);
    const grows = data.length - (this.#places.get(toHex(place))?.size ?? 0);
    const part = PARTS.find(([ms]) => record.expires > now + ms)?.[1] ?? 1;
    if (grows > 0 && this.#size + grows > this.#maxBytes * part) return refused('full');
    const kept = this.#store.put(place, data);
    if (kept !== 'kept') return refused(kept === 'full' ? 'full' : 'internal');
    this.#remember(place, record, data.length);
    return answer;
  }
  #remember(place: Uint8Array, record: PlaceRecord, size: number): void {
    const key = toHex(place);
    this.#size += size - (this.#places.get(key)?.size ?? 0);
    this.#places.set(key, { place, record, size });
    this.#nextExpiry = Math.min(this.#nextExpiry, record.expires);
  }

  /** Forgets what has expired; cheap when nothing has. */
  expire(now: number): void {
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const [key, { place, record, size }] of this.#places) {
      if (record.expires > now) this.#nextExpiry = Math.min(this.#nextExpiry, record.expires);
      else {
        this.#store.drop(place);
        this.#places.delete(key);
        this.#size -= size;
      }
    }
  }
  count(): number {
    return this.#places.size;
  }
  size(): number {
    return this.#size;
  }
}
