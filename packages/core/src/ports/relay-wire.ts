// What a client and a relay say to each other: the vocabulary of the Transport port, and on the wire of spec/07-relay.md.
// Over WebSocket a message is one of these in CBOR, with a request number; over HTTP each has a route of its own.
import { bool, bytes, list, literal, named, nullable, text, tuple, uint, union, type Infer } from '../codec/index.ts';

export const RELAY_WIRE_VERSION = 1;
export const CELL_BYTES = 4096;
/** Readers fetch aligned blocks of this many cells, so that how far they are says little about who they are. */
export const BLOCK_CELLS = 64;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const MAX_TIME = 2 ** 48 - 1;

const time = uint(MAX_TIME);
export const cellCodec = named('cell', bytes(CELL_BYTES));

/** Which buckets a put serves. A cell with neither is live only, when `live` is set. */
export const BUCKETS = { none: 0, hour: 1, day: 2 } as const;
const bucketKind = uint(2);
/** A bucket: the cells of one period whose tags start with `prefix` (the first `bits` bits; spare bits zero). */
export const bucketCodec = named(
  'bucket',
  tuple({ kind: bucketKind, period: uint(0xffffffff), bits: uint(24), prefix: bytes(0, 3) }),
);
export type Bucket = Infer<typeof bucketCodec>;

/** That a connection listens to. */
export const MAX_CHANNELS = 32;
/** A place of the rendezvous: derived from the invitation's secret, 32 bytes. */
const place = bytes(32);
/** Sealed bytes in whole units of 4,096. */
const units = bytes(CELL_BYTES, 4 * CELL_BYTES);
/** Who may replace, read the claims of, and delete an offer: BLAKE2b-32 of the token is told at the first put. */
const ownerToken = bytes(32);
const ownerHash = bytes(32);
const claimId = bytes(16);

/** What a relay signs in its info: a dated statement that clients may compare and use as a source of shared time. */
export const relayDateCodec = named(
  'relay-date',
  tuple({ label: text(32), key: bytes(32), date: time, bits: uint(24), liveBits: uint(24) }),
);
export const RELAY_DATE_LABEL = 'kith relay date';

export const relayInfoCodec = named(
  'relay-info',
  tuple({
    version: literal(RELAY_WIRE_VERSION),
    name: text(64),
    /** What links to this relay start with: an origin, or empty when it was not told (then: the address it was reached at). */
    publicUrl: text(100),
    /** Names of the roles that are switched on: live, mailbox, rendezvous, web. */
    roles: list(text(16), 8),
    /** The relay's clock in milliseconds. */
    date: time,
    /** Prefix bits of mailbox buckets and of live channels, for the day of `date`. */
    bits: uint(24),
    liveBits: uint(24),
    /** How long after its end a bucket is kept, and the longest stay in a live channel, in milliseconds. */
    hourKept: time,
    dayKept: time,
    liveKept: time,
    /** The longest time ahead at which an offer may expire, in milliseconds. */
    offerKept: time,
    /** Cells a minute for the address that asks, and the burst it may save up. */
    cellsPerMinute: uint(),
    cellBurst: uint(),
    /** Ed25519 key of the relay, and its signature over `relayDateCodec` (spec 07). */
    key: bytes(32),
    signature: bytes(64),
  }),
);
export type RelayInfo = Infer<typeof relayInfoCodec>;

const put = tuple({ cell: cellCodec, bucket: bucketKind, live: bool });

export const relayRequestCodec = named(
  'relay-request',
  union({
    info: [1, tuple({})],
    /** Answered by `put` with one result a cell. */
    put: [2, tuple({ cells: list(put, BLOCK_CELLS, 1) })],
    /** Cells of one aligned block, in the order of arrival. Answered by `cells`. */
    fetch: [3, tuple({ bucket: bucketCodec, block: uint(0xffffff) })],
    /**
     * From now on cells of these channels are pushed on this connection (WebSocket only); `bits` is the relay's `liveBits`.
     * Replaces earlier channels. `limited` when a channel has its 32 connections already; those with room are listened to.
     */
    listen: [4, tuple({ channels: list(tuple({ bits: uint(24), prefix: bytes(0, 3) }), MAX_CHANNELS) })],
    /**
     * Puts or, with the owner's token, replaces an offer. `single`: meant for one claim. Milliseconds: until `offered` it is
     * handed out (when that is before `expires`: and only until its first claim), until `expires` its claims are kept.
     */
    offerPut: [
      5,
      tuple({
        place,
        owner: ownerHash,
        token: nullable(ownerToken),
        single: bool,
        offered: time,
        expires: time,
        sealed: units,
      }),
    ],
    offerGet: [6, tuple({ place })],
    offerDelete: [7, tuple({ place, token: ownerToken })],
    /** The same id again changes nothing. A second id at a `single` offer is kept (up to 8) but answered `taken`. */
    claimPut: [8, tuple({ place, id: claimId, sealed: units })],
    claimsGet: [9, tuple({ place, token: ownerToken })],
    /** Owner: the claims are read and may go. */
    claimsDelete: [10, tuple({ place, token: ownerToken, ids: list(claimId, 64) })],
  }),
);
export type RelayRequest = Infer<typeof relayRequestCodec>;

/** What a relay says of one cell: taken; its tag is held already (another cell must be made); over the limit, not taken. */
export const PUT_RESULTS = { taken: 0, tagHeld: 1, refused: 2 } as const;

/** Stable codes of a relay's refusals; over HTTP they are problem documents with the status in brackets. */
export const RELAY_ERRORS = [
  'malformed', // [400]
  'not-found', // [404]
  'gone', // [410] an offer that expired or was revoked
  'not-owner', // [403]
  'taken', // [409] a one-time offer has a claim already; the claim is kept for its owner to see
  'limited', // [429]
  'full', // [507]
  'role-off', // [404]
  'period', // [410] a bucket that is wiped or lies in the future; an expiry that has passed or is too far
  'version', // [400]
  'internal', // [500]
] as const;
export type RelayErrorCode = (typeof RELAY_ERRORS)[number];

export const relayResponseCodec = named(
  'relay-response',
  union({
    info: [1, tuple({ info: relayInfoCodec })],
    put: [2, tuple({ results: list(uint(2), BLOCK_CELLS) })],
    /** `total`: cells of the whole bucket by now. */
    cells: [3, tuple({ cells: list(cellCodec, BLOCK_CELLS), total: uint() })],
    done: [4, tuple({})],
    offer: [5, tuple({ sealed: units, expires: time })],
    claims: [6, tuple({ claims: list(tuple({ id: claimId, sealed: units }), 64) })],
    error: [7, tuple({ code: uint(RELAY_ERRORS.length - 1), retryAfter: time })],
    /** Unasked: a cell of a channel listened to. Request number 0. */
    pushed: [8, tuple({ cell: cellCodec })],
  }),
);
export type RelayResponse = Infer<typeof relayResponseCodec>;

/** One WebSocket message, both ways; `number` ties an answer to its request, 0 is a push. */
export const relayRequestFrame = named(
  'relay-request-frame',
  tuple({ number: uint(0xffffffff), body: relayRequestCodec }),
);
export const relayResponseFrame = named(
  'relay-response-frame',
  tuple({ number: uint(0xffffffff), body: relayResponseCodec }),
);

/** The `code` of an error response, as a name. */
export const relayErrorName = (code: number): RelayErrorCode => RELAY_ERRORS[code] ?? 'internal';
