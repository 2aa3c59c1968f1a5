// Rows of device links, on both sides (spec 12). Their secrets go when they have served.
import { bool, bytes, decode, encode, named, nullable, text, tuple, uint, type Infer } from '../codec/index.ts';

const time = uint(2 ** 48 - 1);
/** How much of the past a new device gets. */
export const HISTORIES = ['all', '30d', 'none'] as const;
export const LINK_STATES = ['open', 'words', 'done', 'expired', 'refused'] as const;

const guestCodec = tuple({
  device: bytes(32),
  consent: bytes(64),
  inbox: bytes(1, 512),
  commitment: bytes(32),
  name: text(256),
  nonce: nullable(bytes(32)),
});
export const linkRecordCodec = named(
  'device-link',
  tuple({
    id: bytes(16),
    seed: bytes(32),
    secret: bytes(16),
    /** Empty for a link. */
    code: text(20),
    ownerSecret: bytes(32),
    relay: text(100),
    /** Empty for a short code. */
    link: text(200),
    madeAt: time,
    keyPackage: bytes(1, 4096),
    initSecret: bytes(1, 8192),
    history: uint(2),
    /** Both sides compare words before anything flows. */
    confirm: bool,
    nonce: bytes(32),
    state: uint(4),
    /** Somebody else tried to follow it too. */
    second: bool,
    guest: nullable(guestCodec),
  }),
);
export type LinkRecord = Infer<typeof linkRecordCodec>;
export const encodeLink = (value: LinkRecord): Uint8Array => encode(linkRecordCodec, value);
export const decodeLink = (data: Uint8Array): LinkRecord => certain(decode(linkRecordCodec, data));

export const joinRecordCodec = named(
  'device-join',
  tuple({
    relay: text(100),
    place: bytes(32),
    claimId: bytes(16),
    claim: bytes(4096, 16_384),
    /** Key in `self` of the device that made the link. */
    offering: bytes(32),
    nonce: bytes(32),
    peerNonce: nullable(bytes(32)),
    name: text(256),
    confirm: bool,
    confirmed: bool,
    put: bool,
  }),
);
export type JoinRecord = Infer<typeof joinRecordCodec>;
export const encodeJoin = (value: JoinRecord): Uint8Array => encode(joinRecordCodec, value);
export const decodeJoin = (data: Uint8Array): JoinRecord => certain(decode(joinRecordCodec, data));

const certain = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('a record of a device link is damaged');
  return value;
};
