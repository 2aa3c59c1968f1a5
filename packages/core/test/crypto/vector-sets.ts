// Published vectors, each read by one function: set in, one verdict a vector out. Runs the same in Node and Chromium.
import sodium from 'libsodium-wrappers-sumo';
import { equalBytes, fromHex } from '@kith/core/bytes';
import type { Crypto } from '@kith/core/crypto';
import { hkdfExpand, hkdfExtract, openChaCha, sealChaCha } from '../../src/crypto/hpke.ts';
import { sha512, xwing } from '../../src/crypto/mls-suite.ts';

interface Vector {
  readonly tcId: number;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: string | number | readonly string[];
}
interface Group {
  readonly tests: readonly Vector[];
  readonly publicKey?: { readonly pk: string };
  readonly tagSize?: number;
}
export interface VectorSet {
  readonly testGroups: readonly Group[];
}
export interface XwingVector {
  readonly seed: string;
  readonly eseed: string;
  readonly ss: string;
  readonly sk: string;
  readonly pk: string;
  readonly ct: string;
}

const hex = (field: unknown): Uint8Array => {
  const read = typeof field === 'string' ? fromHex(field) : undefined;
  if (read === undefined) throw new Error('a vector that is not hexadecimal');
  return read;
};
/** True when the work gives true; a primitive that throws on bad input refuses it. */
const accepts = (work: () => boolean): boolean => {
  try {
    return work();
  } catch {
    return false;
  }
};

type Check = (crypto: Crypto, vector: Vector, group: Group) => boolean;
const aead =
  (
    seal: (...parts: [Crypto, ...Uint8Array[]]) => Uint8Array,
    open: (...parts: [Crypto, ...Uint8Array[]]) => Uint8Array | undefined,
  ): Check =>
  (crypto, vector) => {
    const [key, iv, aad, msg] = [hex(vector.key), hex(vector.iv), hex(vector.aad), hex(vector.msg)];
    const box = Uint8Array.from([...hex(vector.ct), ...hex(vector.tag)]);
    const opened = open(crypto, key, iv, aad, box);
    if (opened === undefined) return false;
    return equalBytes(opened, msg) && equalBytes(seal(crypto, key, iv, aad, msg), box);
  };

/** By file name; true means that our provider accepts the vector and gives the value it states. */
export const CHECKS: Readonly<Record<string, Check>> = {
  ed25519_test: (crypto, vector, group) => crypto.verify(hex(group.publicKey?.pk), hex(vector.msg), hex(vector.sig)),
  xchacha20_poly1305_test: aead(
    (crypto, key, iv, aad, msg) =>
      crypto.seal(key as Uint8Array, iv as Uint8Array, msg as Uint8Array, aad as Uint8Array),
    (crypto, key, iv, aad, box) =>
      crypto.open(key as Uint8Array, iv as Uint8Array, box as Uint8Array, aad as Uint8Array),
  ),
  chacha20_poly1305_test: aead(
    (_, key, iv, aad, msg) => sealChaCha(key as Uint8Array, iv as Uint8Array, aad as Uint8Array, msg as Uint8Array),
    (_, key, iv, aad, box) => openChaCha(key as Uint8Array, iv as Uint8Array, aad as Uint8Array, box as Uint8Array),
  ),
  hmac_sha512_test: (_, vector, group) =>
    equalBytes(sha512.mac(hex(vector.key), hex(vector.msg)).subarray(0, (group.tagSize ?? 512) / 8), hex(vector.tag)),
  hkdf_sha512_test: (_, vector) => {
    const key = hkdfExtract(sha512, hex(vector.salt), hex(vector.ikm));
    const out = hkdfExpand(sha512, key, hex(vector.info), Number(vector.size));
    return out !== undefined && equalBytes(out, hex(vector.okm));
  },
  x25519_test: (_, vector) =>
    equalBytes(sodium.crypto_scalarmult(hex(vector.private), hex(vector.public)), hex(vector.shared)),
  mlkem_768_test: (_, vector) => {
    const { privateKey, publicKey } = sodium.crypto_kem_mlkem768_seed_keypair(hex(vector.seed));
    const shared = sodium.crypto_kem_mlkem768_dec(hex(vector.c), privateKey);
    return equalBytes(publicKey, hex(vector.ek)) && equalBytes(shared, hex(vector.K));
  },
  mlkem_768_encaps_test: (_, vector) => {
    const { ciphertext, sharedSecret } = sodium.crypto_kem_mlkem768_enc_deterministic(hex(vector.ek), hex(vector.m));
    return equalBytes(ciphertext, hex(vector.c)) && equalBytes(sharedSecret, hex(vector.K));
  },
  mlkem_768_keygen_seed_test: (_, vector) => {
    const { privateKey, publicKey } = sodium.crypto_kem_mlkem768_seed_keypair(hex(vector.seed));
    return equalBytes(publicKey, hex(vector.ek)) && equalBytes(privateKey, hex(vector.dk));
  },
};

export interface Verdicts {
  readonly count: number;
  /** Vectors on which the set and we disagree. */
  readonly disagreements: readonly number[];
  /** What we say of each vector, one character each: `+` accepted, `-` refused. */
  readonly said: string;
}
export const judge = (crypto: Crypto, name: string, set: VectorSet): Verdicts => {
  const check = CHECKS[name];
  if (check === undefined) throw new Error(`no check for ${name}`);
  const disagreements: number[] = [];
  let said = '';
  for (const group of set.testGroups) {
    for (const vector of group.tests) {
      const accepted = accepts(() => check(crypto, vector, group));
      said += accepted ? '+' : '-';
      // A set without results for its vectors holds valid ones only.
      const expected = vector.result ?? 'valid';
      if (expected !== 'acceptable' && accepted !== (expected === 'valid')) disagreements.push(vector.tcId);
    }
  }
  return { count: said.length, disagreements, said };
};

export const judgeXwing = (vector: XwingVector): boolean => {
  const { publicKey, privateKey } = xwing.keyPair(hex(vector.seed));
  const sealed = xwing.encapsulate(publicKey, hex(vector.eseed));
  return (
    equalBytes(publicKey, hex(vector.pk)) &&
    equalBytes(privateKey, hex(vector.sk)) &&
    sealed !== undefined &&
    equalBytes(sealed.sealed, hex(vector.ct)) &&
    equalBytes(sealed.shared, hex(vector.ss)) &&
    equalBytes(xwing.decapsulate(hex(vector.ct), privateKey) ?? new Uint8Array(0), hex(vector.ss))
  );
};
