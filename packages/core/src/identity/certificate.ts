// The statement of a device that a subkey signs one of its segments. Kept for ever; names the segment before it, and no hash.
import { concat, utf8 } from '../bytes/index.ts';
import { bytes, decode, encode, extensions, literal, named, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import { conversationIdCodec, feedIdCodec, segmentIdCodec } from './ids.ts';

export const CERTIFICATE_FORMAT = 1;
export const CERTIFICATE_KIND = 1;
export const certificateCodec = named(
  'certificate',
  tuple({
    format: literal(CERTIFICATE_FORMAT),
    kind: literal(CERTIFICATE_KIND),
    conversation: conversationIdCodec,
    feed: feedIdCodec,
    /** 0 for a first segment, else one more than that of `previous`. */
    number: uint(0xffffffff),
    segment: segmentIdCodec,
    previous: nullable(segmentIdCodec),
    subkey: bytes(32),
    /** The period it is made for: time since 1970 divided by the period, a day unless the log is told otherwise. */
    day: uint(0xffffffff),
    extensions,
  }),
);
export type Certificate = Infer<typeof certificateCodec>;
export const signedCertificateCodec = named('signed-certificate', tuple({ certificate: bytes(1, 4096), signature: bytes(64) }));

const LABEL = utf8('kith certificate\0');

export const createCertificate = (crypto: Crypto, key: SigningKey, certificate: Certificate): Uint8Array => {
  const data = encode(certificateCodec, certificate);
  return encode(signedCertificateCodec, { certificate: data, signature: crypto.sign(key, concat(LABEL, data)) });
};

/** Without the signature, to see whose key has to check it. Undefined when malformed. */
export const readCertificate = (data: Uint8Array): Certificate | undefined => {
  const signed = decode(signedCertificateCodec, data);
  return signed && decode(certificateCodec, signed.certificate);
};
/** Undefined when malformed or not signed by this device. */
export const openCertificate = (crypto: Crypto, data: Uint8Array, deviceKey: Uint8Array): Certificate | undefined => {
  const signed = decode(signedCertificateCodec, data);
  if (signed === undefined || !crypto.verify(deviceKey, concat(LABEL, signed.certificate), signed.signature)) return undefined;
  return decode(certificateCodec, signed.certificate);
};
