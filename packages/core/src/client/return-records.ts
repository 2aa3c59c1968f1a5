// Rows of invitations to come back, on both sides (spec 12). Their secrets go when they have served.
import { bool, bytes, decode, encode, named, nullable, text, tuple, uint, type Infer } from '../codec/index.ts';

const time = uint(2 ** 48 - 1);
export const returnLinkCodec = named(
  'return-link',
  tuple({
    id: bytes(16),
    conversation: bytes(16),
    seed: bytes(32),
    secret: bytes(16),
    ownerSecret: bytes(32),
    relay: text(100),
    link: text(200),
    madeAt: time,
    expires: time,
    keyPackage: bytes(1, 4096),
    initSecret: bytes(1, 8192),
  }),
);
export type ReturnLink = Infer<typeof returnLinkCodec>;
export const encodeReturnLink = (value: ReturnLink): Uint8Array => encode(returnLinkCodec, value);
export const decodeReturnLink = (data: Uint8Array): ReturnLink => certain(decode(returnLinkCodec, data));

export const returnCodec = named(
  'return-record',
  tuple({
    conversation: bytes(16),
    relay: text(100),
    place: bytes(32),
    claimId: bytes(16),
    claim: bytes(4096, 16_384),
    put: bool,
    expires: time,
    /** Seed of this conversation's recovery key, until it has removed the lost devices; null: they are kept. */
    key: nullable(bytes(32)),
  }),
);
export type Return = Infer<typeof returnCodec>;
export const encodeReturn = (value: Return): Uint8Array => encode(returnCodec, value);
export const decodeReturn = (data: Uint8Array): Return => certain(decode(returnCodec, data));

const certain = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('a record of a return is damaged');
  return value;
};
