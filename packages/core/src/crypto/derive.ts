import { concat, utf8 } from '../bytes/index.ts';
import type { Crypto } from './crypto.ts';
import { Secret } from './secret.ts';

/** Key derivation: BLAKE2b keyed by the secret over the label and the context, 32 bytes (spec 05, "Derivation"). */
export const derive = (crypto: Crypto, key: Secret, label: string, ...context: readonly Uint8Array[]): Secret =>
  new Secret(deriveBytes(crypto, 32, key, label, ...context));

/**
 * As `derive`, for values that are no secrets: places, ids. The label is followed by a zero byte, so no label is
 * another's prefix.
 */
export const deriveBytes = (
  crypto: Crypto,
  length: number,
  key: Secret,
  label: string,
  ...context: readonly Uint8Array[]
): Uint8Array => crypto.hash(length, concat(utf8(`kith ${label}`), Uint8Array.of(0), ...context), key.expose());
