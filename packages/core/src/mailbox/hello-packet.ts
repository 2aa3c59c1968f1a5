// What stands in cells outside of sessions: a hello with a KeyPackage, or the Welcome that answers it. The body is the
// CBOR of one of these behind two bytes of length, filled with zeros.
import { bytes, decode, encode, literal, named, nullable, tuple, union } from '../codec/index.ts';
import { BODY_BYTES, type HelloPacket } from './types.ts';

const FORMAT = 1 as const;
const MAX_AGREEMENT_BYTES = BODY_BYTES;
const feed = bytes(8);
const agreement = bytes(1, MAX_AGREEMENT_BYTES);

export const helloPacketCodec = named(
  'hello-packet',
  tuple({
    format: literal(FORMAT),
    packet: union({
      /** `to`: the device that is to answer; `entry`: the one that added the sender, which the receiver may not have. */
      hello: [
        1,
        named('hello', tuple({ from: feed, to: feed, keyPackage: agreement, entry: nullable(bytes(1, 1024)) })),
      ],
      /** `to`: the device whose hello it answers; `hello`: that hello's id. */
      welcome: [
        2,
        named('welcome', tuple({ from: feed, to: feed, hello: bytes(16), welcome: agreement, leaf: agreement })),
      ],
    }),
  }),
);

/** Undefined when it does not fit one cell. */
export const writeHelloBody = (packet: HelloPacket): Uint8Array | undefined => {
  const data = encode(helloPacketCodec, { format: FORMAT, packet });
  if (data.length > BODY_BYTES - 2) return undefined;
  const body = new Uint8Array(BODY_BYTES);
  body.set([data.length >> 8, data.length & 255]);
  body.set(data, 2);
  return body;
};

export const readHelloBody = (body: Uint8Array): HelloPacket | undefined => {
  const length = ((body[0] as number) << 8) | (body[1] as number);
  if (body.length !== BODY_BYTES || length > BODY_BYTES - 2) return undefined;
  return decode(helloPacketCodec, body.subarray(2, 2 + length))?.packet;
};
