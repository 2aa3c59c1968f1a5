// An invitation to come back (spec 08, "Coming back"): its offer says which conversation, and by whose recovery words.
import { bytes, decode, encode, list, named, tuple, uint, type Extension, type Infer } from '../codec/index.ts';

const RETURN = 2;
const THEIR_INCEPTION = 3;
const OUR_INCEPTION = 4;
const NONCES = 5;
const NONCE = 32;
const MAX_VALUE = 256;
/** More recovery keys in effect than this a member hardly has; the newest are named. */
export const MAX_RETURN_KEYS = 3;

export const returnOfferCodec = named(
  'return-offer',
  tuple({
    conversation: bytes(16),
    root: bytes(16, 32),
    /** Of the one who comes back: 1 invited once, 2 accepted. */
    role: uint(2),
    /** Of their newest inbox record. */
    inbox: uint(),
    /** Public key of the device that offers. */
    device: bytes(32),
    keys: list(bytes(32), MAX_RETURN_KEYS, 1),
  }),
);
export interface ReturnOffer extends Infer<typeof returnOfferCodec> {
  /** Of the one who comes back, and of the one who offers: as the birth of the conversation had them. */
  readonly theirInception: Uint8Array;
  readonly ourInception: Uint8Array;
  readonly theirNonce: Uint8Array;
  readonly ourNonce: Uint8Array;
}

/** Undefined when it does not fit an offer. */
export const returnOfferExtensions = (offer: ReturnOffer): readonly Extension[] | undefined => {
  const { theirInception, ourInception, theirNonce, ourNonce, ...rest } = offer;
  const values: readonly (readonly [number, Uint8Array])[] = [
    [RETURN, encode(returnOfferCodec, rest)],
    [THEIR_INCEPTION, theirInception],
    [OUR_INCEPTION, ourInception],
    [NONCES, new Uint8Array([...theirNonce, ...ourNonce])],
  ];
  if (values.some(([, value]) => value.length > MAX_VALUE)) return undefined;
  return values.map(([id, value]) => ({ id, critical: true, value }));
};
export const RETURN_OFFER_EXTENSIONS: readonly number[] = [RETURN, THEIR_INCEPTION, OUR_INCEPTION, NONCES];
export const isReturnOffer = (extensions: readonly Extension[]): boolean => extensions.some(({ id }) => id === RETURN);
export const readReturnOffer = (extensions: readonly Extension[]): ReturnOffer | undefined => {
  const value = (wanted: number): Uint8Array | undefined => extensions.find(({ id }) => id === wanted)?.value;
  const raw = value(RETURN);
  const rest = raw === undefined ? undefined : decode(returnOfferCodec, raw);
  const [theirInception, ourInception, nonces] = [value(THEIR_INCEPTION), value(OUR_INCEPTION), value(NONCES)];
  if (rest === undefined || theirInception === undefined || ourInception === undefined) return undefined;
  if (nonces?.length !== 2 * NONCE) return undefined;
  return {
    ...rest,
    theirInception,
    ourInception,
    theirNonce: nonces.slice(0, NONCE),
    ourNonce: nonces.slice(NONCE),
  };
};
