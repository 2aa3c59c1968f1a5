// Watches what must never be used twice, in all devices of a world: (key, nonce) pairs, tags, posted bytes.
import type { Crypto } from '@kith/core/crypto';
import type { RelayRequest } from '@kith/core/ports';
import { byteString } from '../byte-string.ts';
import type { MemoryNetwork, MemoryTransport } from '../memory-network.ts';

const TAG_BYTES = 16;
const SLOTS_END = 16 + 8 * 80;
const COMMITMENT_BYTES = 32;

/** Keys with nonces, tags, and beginnings of bodies. */
export type Seen = readonly [ReadonlySet<string>, ReadonlySet<string>, ReadonlySet<string>];
export interface Watch {
  /** What was used twice, in words; empty is well. */
  readonly repeats: readonly string[];
  readonly sealed: () => number;
  readonly posted: () => number;
  /** What was used, here and before. */
  all(): Seen;
  crypto(inner: Crypto): Crypto;
  network(inner: MemoryNetwork): MemoryNetwork;
}
/** `before`: what was used in the world that this one follows on. */
export const createWatch = (asked: (relay: string, request: RelayRequest) => void, before?: Seen): Watch => {
  const repeats: string[] = [];
  const nonces = new Set<string>();
  const tags = new Set<string>();
  const bodies = new Set<string>();
  const note = (seen: Set<string>, earlier: ReadonlySet<string> | undefined, what: string, key: string): void => {
    if (seen.has(key) || earlier?.has(key) === true) repeats.push(what);
    seen.add(key);
  };
  const transport = (inner: MemoryTransport): MemoryTransport => ({
    ...inner,
    send: (relay, request, callback) => {
      asked(relay, request);
      if (request.type === 'put') {
        for (const { cell } of request.cells) {
          note(tags, before?.[1], 'a tag was used twice', byteString(cell, TAG_BYTES));
          note(
            bodies,
            before?.[2],
            'a cell body was posted twice',
            byteString(cell.subarray(SLOTS_END, SLOTS_END + COMMITMENT_BYTES)),
          );
        }
      }
      inner.send(relay, request, callback);
    },
  });
  return {
    repeats,
    all: () => [nonces, tags, bodies].map((own, i) => new Set([...(before?.[i] ?? []), ...own])) as unknown as Seen,
    sealed: () => nonces.size,
    posted: () => tags.size,
    crypto: (inner) => ({
      ...inner,
      seal: (key, nonce, plaintext, associated) => {
        note(nonces, before?.[0], 'a key was used with a nonce twice', byteString(key) + byteString(nonce));
        return inner.seal(key, nonce, plaintext, associated);
      },
    }),
    network: (inner) => ({ ...inner, transport: (options) => transport(inner.transport(options)) }),
  };
};
