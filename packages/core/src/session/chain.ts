// The symmetric chain of one direction: a step gives the next chain key and one message key (spec 05, "Chains").
// The chain key of a step is wiped as soon as the next one exists, so an old message key cannot be had from a new
// state.
import { concat, readUint32, uint32, utf8 } from '../bytes/index.ts';
import { Secret, type Crypto } from '../crypto/index.ts';

export const NONCE_BYTES = 24;
const HEADER_BYTES = 8;
const STEP = utf8('kith chain');
const ZEROS = new Uint8Array(4);

export interface ChainStep {
  readonly next: Secret;
  readonly messageKey: Secret;
}
/** Does not wipe the key it starts from. */
export const stepChain = (crypto: Crypto, key: Secret): ChainStep => {
  const both = crypto.hash(64, STEP, key.expose());
  const step = { next: new Secret(both.slice(0, 32)), messageKey: new Secret(both.slice(32)) };
  both.fill(0);
  return step;
};

export const headerOf = (counter: number): Uint8Array => concat(uint32(counter), ZEROS);

/** XOR with 8 bytes that only the header key gives: what hides a counter also shows it. */
export const maskHeader = (crypto: Crypto, headerKey: Secret, nonce: Uint8Array, header: Uint8Array): Uint8Array => {
  const mask = crypto.hash(HEADER_BYTES, nonce, headerKey.expose());
  for (let i = 0; i < HEADER_BYTES; i++) mask[i] = (mask[i] as number) ^ (header[i] as number);
  return mask;
};
/** Undefined when the four zeros are not there: the header is not of this chain. */
export const readHeader = (header: Uint8Array): number | undefined =>
  ((header[4] as number) | (header[5] as number) | (header[6] as number) | (header[7] as number)) === 0
    ? readUint32(header, 0)
    : undefined;

/** Fresh random bytes go into the key itself: a chain step used twice by a restored copy still never repeats a key. */
export const slotKey = (crypto: Crypto, messageKey: Secret, nonce: Uint8Array, header: Uint8Array): Secret =>
  new Secret(crypto.hash(32, concat(nonce, header), messageKey.expose()));
