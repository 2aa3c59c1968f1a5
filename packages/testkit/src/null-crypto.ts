// Stand-ins for the primitives and for key agreement: fast, synchronous, deterministic, and WITHOUT ANY SECURITY. For
// simulations only. They keep the meaning: a wrong key, nonce, associated data or a changed byte does not open, a
// signature fits one key and one message, a Welcome opens only with the init secret of its KeyPackage.
import { concat, equalBytes, readUint32, utf8 } from '@kith/core/bytes';
import { bytes, decode, encode, tuple } from '@kith/core/codec';
import { Secret, type Crypto, type SigningKey } from '@kith/core/crypto';
import type { Randomness } from '@kith/core/ports';
import { EXPORTER_BYTES, type AgreementJob, type AgreementResult } from '@kith/core/session';

/** In whatever is made of these two stand-ins one of these words stands: a release is searched for them. */
export const NULL_MARKS = ['null crypto', 'null leaf'] as const;

/**
 * `length` bytes that depend on the purpose and on all parts. Four 32-bit lanes keep accidental collisions out of
 * reach of any simulation. Each part's length goes in first: neighbouring parts cannot slide into each other.
 */
const mix = (length: number, purpose: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  let a = 0x9e3779b9 ^ purpose;
  let b = 0x85ebca6b;
  let c = 0xc2b2ae35;
  let d = 0x27d4eb2f;
  for (const part of parts) {
    const size = part.length;
    a = Math.imul(a ^ size, 0x85ebca77) ^ (b >>> 15);
    let at = 0;
    if (size >= LONG) {
      // As below, a word at a time.
      const words = new DataView(part.buffer, part.byteOffset, size);
      for (; at + 4 <= size; at += 4) {
        const word = words.getInt32(at, true);
        a = Math.imul(a ^ word, 0x85ebca77) ^ (b >>> 15);
        b = Math.imul(b + word, 0xc2b2ae3d) ^ (c >>> 13);
        c = Math.imul(c ^ word, 0x27d4eb2f) ^ (d >>> 16);
        d = Math.imul(d + word, 0x165667b1) ^ (a >>> 14);
      }
    }
    for (; at + 4 <= size; at += 4) {
      const word =
        (part[at] as number) |
        ((part[at + 1] as number) << 8) |
        ((part[at + 2] as number) << 16) |
        ((part[at + 3] as number) << 24);
      a = Math.imul(a ^ word, 0x85ebca77) ^ (b >>> 15);
      b = Math.imul(b + word, 0xc2b2ae3d) ^ (c >>> 13);
      c = Math.imul(c ^ word, 0x27d4eb2f) ^ (d >>> 16);
      d = Math.imul(d + word, 0x165667b1) ^ (a >>> 14);
    }
    for (; at < size; at++) {
      a = Math.imul(a ^ (part[at] as number), 0x85ebca77) ^ (b >>> 15);
      b = Math.imul(b + (part[at] as number), 0xc2b2ae3d) ^ (a >>> 13);
    }
  }
  const out = new Uint8Array((length + 15) & ~15);
  for (let at = 0; at < length; at += 16) {
    for (let round = at; round < at + 4; round++) {
      a = Math.imul(a ^ round, 0x85ebca77) ^ (b >>> 15);
      b = Math.imul(b + a, 0xc2b2ae3d) ^ (c >>> 13);
      c = Math.imul(c ^ b, 0x27d4eb2f) ^ (d >>> 16);
      d = Math.imul(d + c, 0x165667b1) ^ (a >>> 14);
    }
    for (let i = 0; i < 4; i++) {
      out[at + i] = a >>> (8 * i);
      out[at + 4 + i] = b >>> (8 * i);
      out[at + 8 + i] = c >>> (8 * i);
      out[at + 12 + i] = d >>> (8 * i);
    }
  }
  return out.length === length ? out : out.slice(0, length);
};

const HASH = 1;
const SHORT = 2;
const PUBLIC = 3;
const SIGN = 4;
const STREAM = 5;
const MAC = 6;
const PASSPHRASE = 7;
const EXPORT = 8;
const NONE = new Uint8Array(0);
const MAC_BYTES = 16;

/** From here on a view that reads four bytes at once is worth making. */
const LONG = 128;

/** Hides nothing from anyone; it only keeps plaintext and box from being equal bytes. `more`: zeros after it, or bytes that are left out. */
const masked = (key: Uint8Array, nonce: Uint8Array, data: Uint8Array, more = 0): Uint8Array => {
  const mask = mix(16, STREAM, key, nonce);
  const out = new Uint8Array(data.length + more);
  const length = Math.min(data.length, out.length);
  let i = 0;
  if (length >= LONG) {
    const word = readUint32(mask, 0);
    const from = new DataView(data.buffer, data.byteOffset, length);
    const to = new DataView(out.buffer);
    for (; i + 4 <= length; i += 4) to.setInt32(i, from.getInt32(i) ^ word);
  }
  for (; i < length; i++) out[i] = (data[i] as number) ^ (mask[i & 3] as number);
  return out;
};
const length = (part: Uint8Array, wanted: number): void => {
  if (part.length !== wanted) throw new Error(`${NULL_MARKS[0]}: key or nonce of a wrong length`);
};

export const createNullCrypto = (): Crypto => ({
  name: 'null',
  hash: (size, data, key) => mix(size, HASH, key ?? NONE, data),
  shortHash: (key, data) => mix(8, SHORT, key, data),
  signingKey: (seed): SigningKey => {
    const publicKey = mix(32, PUBLIC, seed.expose());
    return { publicKey, privateKey: new Secret(concat(seed.expose(), publicKey)) };
  },
  sign: (key, message) => mix(64, SIGN, key.privateKey.expose().subarray(32), message),
  verify: (publicKey, message, signature) => equalBytes(mix(64, SIGN, publicKey, message), signature),
  seal: (key, nonce, plaintext, associated) => {
    length(key, 32);
    length(nonce, 24);
    const box = masked(key, nonce, plaintext, MAC_BYTES);
    const at = plaintext.length;
    box.set(mix(MAC_BYTES, MAC, key, nonce, associated, plaintext), at);
    return box;
  },
  open: (key, nonce, box, associated) => {
    length(key, 32);
    length(nonce, 24);
    if (box.length < MAC_BYTES) return undefined;
    const at = box.length - MAC_BYTES;
    const plaintext = masked(key, nonce, box, -MAC_BYTES);
    const mac = mix(MAC_BYTES, MAC, key, nonce, associated, plaintext);
    for (let i = 0; i < MAC_BYTES; i++) if (mac[i] !== box[at + i]) return undefined;
    return plaintext;
  },
  sealStream: (key, header, pieces) => {
    length(key, 32);
    length(header, 24);
    return pieces.map((piece, i) => {
      const tag = Uint8Array.of(i, i >> 8, i === pieces.length - 1 ? 1 : 0);
      return concat(tag.subarray(2), masked(key, header, piece), mix(MAC_BYTES, MAC, key, header, tag, piece));
    });
  },
  openStream: (key, header, boxes) => {
    length(key, 32);
    length(header, 24);
    const pieces = boxes.map((box, i) => {
      const tag = Uint8Array.of(i, i >> 8, i === boxes.length - 1 ? 1 : 0);
      const piece = masked(key, header, box.subarray(1, -MAC_BYTES));
      const mac = box.length > MAC_BYTES ? mix(MAC_BYTES, MAC, key, header, tag, piece) : NONE;
      return equalBytes(mac, box.subarray(-MAC_BYTES)) && box[0] === tag[2] ? piece : undefined;
    });
    return pieces.every((piece) => piece !== undefined) ? pieces : undefined;
  },
  equal: equalBytes,
  passphraseKey: (passphrase, salt) => new Secret(mix(32, PASSPHRASE, passphrase, salt)),
});

const leafCodec = tuple({ key: bytes(32), identity: bytes(0, 64), signature: bytes(64) });
const keyPackageCodec = tuple({ init: bytes(32), leaf: leafCodec });
const welcomeCodec = tuple({ box: bytes(32 + MAC_BYTES), signature: bytes(64) });
const REFUSED: AgreementResult = { type: 'refused', reason: 'malformed' };

/** A PairKeyAgreement that answers inline, so that simulated worlds run without a single promise. */
export interface NullAgreement {
  readonly name: 'null';
  run(job: AgreementJob): AgreementResult;
}

export const createNullAgreement = (crypto: Crypto, randomness: Randomness): NullAgreement => {
  const leafText = (init: Uint8Array, identity: Uint8Array): Uint8Array => concat(utf8(NULL_MARKS[1]), init, identity);
  const makeLeaf = (signer: SigningKey, init: Uint8Array, identity: Uint8Array) => ({
    key: signer.publicKey,
    identity,
    signature: crypto.sign(signer, leafText(init, identity)),
  });
  const nonce = new Uint8Array(24);
  const exporterOf = (shared: Uint8Array, keyPackage: Uint8Array, leaf: Uint8Array): Secret =>
    new Secret(mix(EXPORTER_BYTES, EXPORT, shared, keyPackage, leaf));
  return {
    name: 'null',
    run: (job) => {
      switch (job.type) {
        case 'prepare': {
          const initSecret = new Secret(randomness.bytes(32));
          const init = mix(32, PUBLIC, initSecret.expose());
          const keyPackage = encode(keyPackageCodec, { init, leaf: makeLeaf(job.signer, init, job.identity) });
          return { type: 'prepared', keyPackage, initSecret };
        }
        case 'answer': {
          const peer = decode(keyPackageCodec, job.keyPackage);
          if (peer === undefined) return REFUSED;
          if (!crypto.verify(peer.leaf.key, leafText(peer.init, peer.leaf.identity), peer.leaf.signature))
            return REFUSED;
          const shared = randomness.bytes(32);
          const leaf = encode(leafCodec, makeLeaf(job.signer, NONE, job.identity));
          const box = crypto.seal(peer.init, nonce, shared, job.keyPackage);
          const welcome = encode(welcomeCodec, {
            box,
            signature: crypto.sign(job.signer, concat(box, job.keyPackage)),
          });
          const exporter = exporterOf(shared, job.keyPackage, leaf);
          return {
            type: 'answered',
            welcome,
            leaf,
            exporter,
            peerKey: peer.leaf.key,
            peerIdentity: peer.leaf.identity,
          };
        }
        case 'join': {
          const own = decode(keyPackageCodec, job.keyPackage);
          const leaf = decode(leafCodec, job.leaf);
          const welcome = decode(welcomeCodec, job.welcome);
          if (own === undefined || leaf === undefined || welcome === undefined) return REFUSED;
          if (!equalBytes(mix(32, PUBLIC, job.initSecret.expose()), own.init)) return REFUSED;
          if (!crypto.verify(leaf.key, leafText(NONE, leaf.identity), leaf.signature)) return REFUSED;
          if (!crypto.verify(leaf.key, concat(welcome.box, job.keyPackage), welcome.signature)) return REFUSED;
          const shared = crypto.open(own.init, nonce, welcome.box, job.keyPackage);
          if (shared === undefined) return REFUSED;
          const exporter = exporterOf(shared, job.keyPackage, job.leaf);
          return { type: 'joined', exporter, peerKey: leaf.key, peerIdentity: leaf.identity };
        }
      }
    },
  };
};
