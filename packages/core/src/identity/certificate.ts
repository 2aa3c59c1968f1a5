// The statement of a device that a subkey signs one of its segments. Kept for ever; names the segment before it, and no hash.
import { concat, equalBytes, utf8 } from '../bytes/index.ts';
import {
  bytes,
  decode,
  encode,
  extensions,
  literal,
  named,
  nullable,
  tuple,
  uint,
  type Infer,
} from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import { CHARTER_SEGMENT, conversationIdCodec, feedIdCodec, segmentIdCodec, type SegmentId } from './ids.ts';

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
/** Made of all else the certificate says, so that no two certificates speak of one segment and replicas cannot differ. */
export const segmentIdOf = (crypto: Crypto, { segment: _, ...rest }: Certificate): SegmentId =>
  crypto.hash(
    8,
    concat(utf8('kith segment\0'), encode(certificateCodec, { ...rest, segment: CHARTER_SEGMENT })),
  ) as SegmentId;
export const signedCertificateCodec = named(
  'signed-certificate',
  tuple({ certificate: bytes(1, 4096), signature: bytes(64) }),
);

const LABEL = utf8('kith certificate\0');

/** Signs it under the segment id that follows from the rest. */
export const createCertificate = (
  crypto: Crypto,
  key: SigningKey,
  rest: Omit<Certificate, 'format' | 'kind' | 'segment'>,
): { readonly bytes: Uint8Array; readonly certificate: Certificate } => {
  const unnamed: Certificate = {
    format: CERTIFICATE_FORMAT,
    kind: CERTIFICATE_KIND,
    ...rest,
    segment: CHARTER_SEGMENT,
  };
  const certificate = { ...unnamed, segment: segmentIdOf(crypto, unnamed) };
  const data = encode(certificateCodec, certificate);
  return {
    bytes: encode(signedCertificateCodec, { certificate: data, signature: crypto.sign(key, concat(LABEL, data)) }),
    certificate,
  };
};

/** Without the signature, to see whose key has to check it. Undefined when malformed. */
export const readCertificate = (data: Uint8Array): Certificate | undefined => {
  const signed = decode(signedCertificateCodec, data);
  return signed && decode(certificateCodec, signed.certificate);
};
/** Undefined when malformed, misnamed, or not signed by this device. */
export const openCertificate = (crypto: Crypto, data: Uint8Array, deviceKey: Uint8Array): Certificate | undefined => {
  const signed = decode(signedCertificateCodec, data);
  if (signed === undefined || !crypto.verify(deviceKey, concat(LABEL, signed.certificate), signed.signature))
    return undefined;
  const certificate = decode(certificateCodec, signed.certificate);
  if (certificate === undefined || !equalBytes(certificate.segment, segmentIdOf(crypto, certificate))) return undefined;
  return (certificate.number === 0) === (certificate.previous === null) ? certificate : undefined;
};
