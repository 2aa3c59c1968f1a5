import { StoreError } from '@kith/core/ports';
import { expect, test } from 'vitest';
import { openMemoryStore, type MemoryStore } from '../src/memory-store.ts';
import { seededRandomness } from '../src/seeded-randomness.ts';
import { storeContract } from '../src/store-contract.ts';

storeContract('memory', {
  open: openMemoryStore,
  reopen: (store) => {
    const next = (store as MemoryStore).clone();
    store.close();
    return next;
  },
});

const key = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

test('a clone inside a transaction is what a crash leaves: the committed state', () => {
  const store = openMemoryStore();
  store.put('meta', key(1), key(1));
  store.put('meta', key(2), key(2));
  store.indexText(key(1), 'before');
  let crashed: MemoryStore | undefined;
  store.transaction(() => {
    store.put('meta', key(1), key(9));
    store.delete('meta', key(2));
    store.put('meta', key(3), key(9));
    store.indexText(key(1), 'after');
    crashed = store.clone();
  });
  expect(crashed?.scan('meta')).toEqual([
    { key: key(1), value: key(1) },
    { key: key(2), value: key(2) },
  ]);
  expect(crashed?.search('before', 9)).toHaveLength(1);
  expect(store.scan('meta')).toEqual([
    { key: key(1), value: key(9) },
    { key: key(3), value: key(9) },
  ]);
  crashed?.put('meta', key(4), key(4));
  expect(store.get('meta', key(4))).toBeUndefined();
});

test('a failing disk leaves the committed state, and the store works again afterwards', () => {
  const store = openMemoryStore();
  store.put('meta', key(1), key(1));
  store.failNext('full', 2);
  expect(() => store.transaction(() => store.put('meta', key(1), key(2)))).toThrow(StoreError);
  expect(() => store.put('meta', key(1), key(3))).toThrow(StoreError);
  expect(store.get('meta', key(1))).toEqual(key(1));
  store.transaction(() => store.put('meta', key(1), key(4)));
  expect(store.get('meta', key(1))).toEqual(key(4));
});

test('random work, half of it undone, agrees with a plain model', () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = seededRandomness(seed);
    const store = openMemoryStore();
    let model = new Map<number, number>();
    for (let round = 0; round < 60; round++) {
      const next = new Map(model);
      const fails = random.fraction() < 0.5;
      const work = (): void => {
        for (let i = random.int(8); i > 0; i--) {
          const place = random.int(20);
          if (random.fraction() < 0.3) {
            store.delete('meta', key(place));
            next.delete(place);
          } else {
            store.put('meta', key(place), key(round));
            next.set(place, round);
          }
        }
        if (fails) throw new Error('undo');
      };
      if (fails) expect(() => store.transaction(work)).toThrow('undo');
      else store.transaction(work);
      if (!fails) model = next;
      expect(store.scan('meta').map((row) => [row.key[0], row.value[0]])).toEqual(
        Array.from(model).toSorted((a, b) => a[0] - b[0]),
      );
    }
  }
});
