import { bytes, decode, encode, list, literal, nullable, tuple, uint } from '../codec/index.ts';
import type { HelloReason, HelloState } from './hello-types.ts';
import { secretCodec } from './secret-codec.ts';

const FORMAT = 1 as const;
const time = uint(2 ** 48 - 1);
const REASONS: readonly (HelloReason | null)[] = [null, 'first', 'lost', 'renew'];

const helloStateCodec = tuple({
  format: literal(FORMAT),
  own: nullable(tuple({ id: bytes(16), keyPackage: bytes(1, 4096), initSecret: secretCodec(1, 128), madeAt: time })),
  used: list(tuple({ id: bytes(16), at: time }), 256),
  wanted: uint(REASONS.length - 1),
  postedAt: nullable(time),
  attempts: uint(),
});

/** For the encrypted database; exposes the init secret. */
export const encodeHelloState = (state: HelloState): Uint8Array =>
  encode(helloStateCodec, { format: FORMAT, ...state, wanted: REASONS.indexOf(state.wanted) });
export const decodeHelloState = (data: Uint8Array): HelloState | undefined => {
  const read = decode(helloStateCodec, data);
  if (read === undefined) return undefined;
  const { format: _, wanted, ...rest } = read;
  return { ...rest, wanted: REASONS[wanted] ?? null };
};
