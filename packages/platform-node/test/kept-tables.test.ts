import { compareBytes } from '@kith/core/bytes';
import { openSqlStore, type Range, type Store, type Table } from '@kith/core/ports';
import { openMemoryStore } from '@kith/testkit';
import Database from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeSql } from '../src/node-sql.ts';

/** One that is kept in memory while it is small, and one that never is. */
const TABLES: readonly Table[] = ['due', 'header'];

type Step =
  | { readonly type: 'put'; readonly table: Table; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly table: Table; readonly key: Uint8Array }
  | { readonly type: 'get'; readonly table: Table; readonly key: Uint8Array }
  | { readonly type: 'scan'; readonly table: Table; readonly range: Range };

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 3 });
const table = fc.constantFrom(...TABLES);
const range: fc.Arbitrary<Range> = fc.record(
  { from: key, to: key, reverse: fc.boolean(), limit: fc.integer({ min: 0, max: 4 }) },
  { requiredKeys: [] },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), table, key, value: fc.uint8Array({ maxLength: 3 }) }),
  fc.record({ type: fc.constant('delete' as const), table, key }),
  fc.record({ type: fc.constant('get' as const), table, key }),
  fc.record({ type: fc.constant('scan' as const), table, range }),
);
const transaction = fc.record({ steps: fc.array(step, { maxLength: 8 }), fails: fc.boolean(), isOne: fc.boolean() });

const take = (store: Store, one: Step): unknown => {
  switch (one.type) {
    case 'put':
      store.put(one.table, one.key, one.value);
      return undefined;
    case 'delete':
      store.delete(one.table, one.key);
      return undefined;
    case 'get':
      return store.get(one.table, one.key);
    case 'scan':
      return store.scan(one.table, one.range);
  }
};

test('tables kept in memory answer as statements would, through failed transactions and when opened anew', () => {
  fc.assert(
    fc.property(fc.array(transaction, { maxLength: 8 }), (transactions) => {
      const database = new Database(':memory:');
      // What stands in the database is what the next opening finds.
      const open = (): Store => openSqlStore(() => nodeSql(database));
      let kept = open();
      const model = openMemoryStore();
      for (const { steps, fails, isOne } of transactions) {
        const answers = (store: Store): readonly unknown[] => {
          const given: unknown[] = [];
          const work = (): void => {
            for (const one of steps) given.push(take(store, one));
            if (fails && isOne) throw new Error('undone');
          };
          try {
            if (isOne) store.transaction(work);
            else work();
          } catch {
            given.push('undone');
          }
          return given;
        };
        expect(answers(kept)).toEqual(answers(model));
        for (const name of TABLES) expect(kept.scan(name)).toEqual(model.scan(name));
        kept = open();
        for (const name of TABLES) expect(kept.scan(name)).toEqual(model.scan(name));
      }
      database.close();
    }),
    { numRuns: 100 },
  );
});

test('a kept table that grows beyond its bounds goes on as statements, with every row', () => {
  const database = new Database(':memory:');
  const store = openSqlStore(() => nodeSql(database));
  const keys = Array.from({ length: 1500 }, (_, i) => Uint8Array.of(i & 255, i >> 8));
  store.transaction(() => {
    for (const one of keys) store.put('due', one, one);
    store.delete('due', keys[3] as Uint8Array);
  });
  const rows = store.scan('due').map((row) => row.key);
  expect(rows).toEqual(keys.filter((_, i) => i !== 3).toSorted(compareBytes));
  store.close();
});

test('what a caller does to bytes it was given changes nothing that is kept', () => {
  const store = openSqlStore(() => nodeSql(new Database(':memory:')));
  const key = Uint8Array.of(1);
  const value = Uint8Array.of(2);
  store.transaction(() => store.put('due', key, value));
  key.fill(9);
  value.fill(9);
  store.get('due', Uint8Array.of(1))?.fill(9);
  for (const row of store.scan('due')) row.value.fill(9);
  expect(store.scan('due')).toEqual([{ key: Uint8Array.of(1), value: Uint8Array.of(2) }]);
  store.close();
});
