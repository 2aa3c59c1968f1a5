// Known bugs, planted around the ports of simulated devices: a simulator that does not notice them proves nothing. The
// code that people run knows nothing of them.
import type { Store, Table } from '@kith/core/ports';
import type { MemoryNetwork } from '../memory-network.ts';
import type { MemoryStore } from '../memory-store.ts';
import { seededRandomness, type SeededRandomness } from '../seeded-randomness.ts';
import type { Wraps } from './world.ts';

export interface Plant {
  readonly words: string;
  /** Made anew for each world: a bug may keep state. */
  wraps(seed: number): Wraps;
}

const onWrite = (store: MemoryStore, put: (table: Table, key: Uint8Array, value: Uint8Array) => boolean): Store => ({
  ...store,
  put: (table, key, value) => {
    if (put(table, key, value)) store.put(table, key, value);
  },
});
/** True for one in `n`, from the seed. */
const sometimes = (seed: number, n: number): (() => boolean) => {
  const random = seededRandomness(seed).fork('plant');
  return () => random.int(n) === 0;
};

export const PLANTS: Readonly<Record<string, Plant>> = {
  'repeat-randomness': {
    words: 'After a restart a device draws the same random bytes as before.',
    wraps: () => {
      const streams = new Map<number, { origin: SeededRandomness; now: SeededRandomness }>();
      return {
        randomness: (random, device) => {
          streams.set(device, { origin: random, now: random.fork('run') });
          return { ...random, bytes: (length) => (streams.get(device)?.now ?? random).bytes(length) };
        },
        start: (device) => {
          const stream = streams.get(device);
          if (stream !== undefined) stream.now = stream.origin.fork('run');
        },
      };
    },
  },
  'post-twice': {
    words: 'Cells that a relay may not have taken are posted again as the same bytes.',
    wraps: () => ({
      network: (network: MemoryNetwork): MemoryNetwork => ({
        ...network,
        transport: (options) => {
          const inner = network.transport(options);
          return {
            ...inner,
            send: (relay, request, callback) =>
              inner.send(relay, request, (answer) => {
                if (answer instanceof Error && request.type === 'put') inner.send(relay, request, callback);
                else callback(answer);
              }),
          };
        },
      }),
    }),
  },
  'forget-content': {
    words: 'One content in thirty that comes in is not stored.',
    wraps: (seed) => {
      const forget = sometimes(seed, 30);
      return { store: (store) => onWrite(store, (table) => table !== 'content' || !forget()) };
    },
  },
  'count-before-fsync': {
    words: 'A call answers before its transaction is on the disk: a crash loses the last one.',
    wraps: () => {
      const before = new Map<number, { store: MemoryStore; copy: MemoryStore }>();
      return {
        store: (store, device) => ({
          ...store,
          transaction: (work) => {
            before.set(device, { store, copy: store.clone() });
            return store.transaction(work);
          },
        }),
        lost: (device) => before.get(device)?.copy,
      };
    },
  },
  'drop-dedup': {
    words: 'What is held already is not recognised: one look in five finds nothing.',
    wraps: (seed) => {
      const miss = sometimes(seed, 5);
      return {
        store: (store) => ({
          ...store,
          get: (table, key) => (table === 'event' && miss() ? undefined : store.get(table, key)),
        }),
      };
    },
  },
  'keep-deleted': {
    words: 'Deleted contents stay on the disk.',
    wraps: () => ({
      store: (store) => ({
        ...store,
        delete: (table, key) => {
          if (table !== 'content') store.delete(table, key);
        },
      }),
    }),
  },
  'forget-projection': {
    words: 'One row in ten of what self says of contacts is not written.',
    wraps: (seed) => {
      const forget = sometimes(seed, 10);
      return { store: (store) => onWrite(store, (table) => (table !== 'contact' && table !== 'draft') || !forget()) };
    },
  },
  'order-of-arrival': {
    words: 'Lines stand in the order in which they came here.',
    wraps: () => {
      let count = 0;
      return {
        store: (store) =>
          ({
            ...store,
            put: (table, key, value) => {
              if (table !== 'message') return store.put(table, key, value);
              const moved = key.slice();
              new DataView(moved.buffer).setUint32(18, ++count);
              return store.put(table, moved, value);
            },
          }) satisfies Store,
      };
    },
  },
  'repeat-keys': {
    words: 'Drawn keys come in equal pairs.',
    wraps: () => ({
      randomness: (random) => {
        let last: Uint8Array | undefined;
        return {
          ...random,
          bytes: (length) => {
            if (length !== 32) return random.bytes(length);
            const out = last ?? random.bytes(32);
            last = last === undefined ? out.slice() : undefined;
            return out;
          },
        };
      },
    }),
  },
};
