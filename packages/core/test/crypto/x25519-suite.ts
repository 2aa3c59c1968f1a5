// The suite of the published MLS vectors (X25519, ChaCha20-Poly1305, SHA-256, Ed25519) over the code that Kith's own
// suite runs on: only the KEM and the hash are other ones. DHKEM as in RFC 9180, section 4.1.
import sodium from 'libsodium-wrappers-sumo';
import { concat, utf8 } from '@kith/core/bytes';
import { hkdfExpand, hkdfExtract, type Hashes, type Kem } from '../../src/crypto/hpke.ts';
import { createMlsSuite } from '../../src/crypto/mls-suite.ts';

export const sha256: Hashes = {
  size: 32,
  kdfId: 1,
  digest: (data) => sodium.crypto_hash_sha256(data),
  mac: (key, ...data) => {
    const state = sodium.crypto_auth_hmacsha256_init(key);
    for (const part of data) sodium.crypto_auth_hmacsha256_update(state, part);
    return sodium.crypto_auth_hmacsha256_final(state);
  },
};

const SUITE = concat(utf8('HPKE-v1KEM'), Uint8Array.of(0, 0x20));
const extract = (label: string, material: Uint8Array): Uint8Array =>
  hkdfExtract(sha256, new Uint8Array(0), concat(SUITE, utf8(label), material));
const expand = (key: Uint8Array, label: string, info: Uint8Array): Uint8Array =>
  hkdfExpand(sha256, key, concat(Uint8Array.of(0, 32), SUITE, utf8(label), info), 32) as Uint8Array;
const shared = (dh: Uint8Array, context: Uint8Array): Uint8Array =>
  expand(extract('eae_prk', dh), 'shared_secret', context);
const pair = (privateKey: Uint8Array) => ({ privateKey, publicKey: sodium.crypto_scalarmult_base(privateKey) });

const x25519: Kem = {
  id: 0x20,
  seedBytes: 32,
  drawBytes: 32,
  keyPair: pair,
  deriveKeyPair: (material) => pair(expand(extract('dkp_prk', material), 'sk', new Uint8Array(0))),
  encapsulate: (publicKey, drawn) => {
    const own = pair(drawn);
    const dh = sodium.crypto_scalarmult(drawn, publicKey);
    return { shared: shared(dh, concat(own.publicKey, publicKey)), sealed: own.publicKey };
  },
  decapsulate: (sealed, privateKey) =>
    shared(sodium.crypto_scalarmult(privateKey, sealed), concat(sealed, sodium.crypto_scalarmult_base(privateKey))),
};

export const X25519_SUITE_ID = 3;
export const createX25519Suite = (randomBytes: (length: number) => Uint8Array) =>
  createMlsSuite(X25519_SUITE_ID, x25519, sha256, randomBytes);
