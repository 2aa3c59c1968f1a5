import { openSqlStore, type Link, type Range, type Store, type Table } from '@kith/core/ports';
import { openMemoryStore } from '@kith/testkit';
import Database from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeSql } from '../src/node-sql.ts';

const TABLES: readonly Table[] = ['due', 'header', 'event'];
const LINKS: readonly Link[] = [
  { table: 'event', key: [{ of: 'value' }] },
  { table: 'header', key: [{ of: 0 }, { of: 'key', to: 1 }] },
  { table: 'due', key: [{ of: 'key', to: 1 }], begins: true },
];
/** With more than this in it a transaction goes past the journal, which is carried over before. */
const LARGE = 70_000;

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 2 });
const table = fc.constantFrom(...TABLES);
const value = fc.oneof(
  { weight: 40, arbitrary: fc.uint8Array({ maxLength: 2, max: 2 }) },
  fc.constant('large' as const),
);
const words = fc.array(fc.constantFrom('an', 'ant', 'bee', '蜂蜜'), { maxLength: 3 }).map((some) => some.join(' '));
const range: fc.Arbitrary<Range> = fc.record(
  { from: key, to: key, reverse: fc.boolean(), limit: fc.integer({ min: 0, max: 3 }) },
  { requiredKeys: [] },
);
const bytesOf = (what: Uint8Array | 'large'): Uint8Array => (what === 'large' ? new Uint8Array(LARGE).fill(1) : what);

const putting = fc.tuple(table, key, value).map(
  ([t, k, v]) =>
    (store: Store): unknown =>
      store.put(t, k, bytesOf(v)),
);
const deleting = fc.tuple(table, key).map(
  ([t, k]) =>
    (store: Store): unknown =>
      store.delete(t, k),
);
/** Each does something to a store and tells what it answers. */
const step: fc.Arbitrary<(store: Store) => unknown> = fc.oneof(
  { weight: 8, arbitrary: putting },
  { weight: 3, arbitrary: deleting },
  fc.tuple(table, key).map(
    ([t, k]) =>
      (store: Store) =>
        store.get(t, k),
  ),
  fc.tuple(table, range).map(
    ([t, r]) =>
      (store: Store) =>
        store.scan(t, r),
  ),
  fc.tuple(table, range).map(
    ([t, r]) =>
      (store: Store) =>
        store.scanLinked(t, r, LINKS),
  ),
  fc.tuple(key, words, key).map(
    ([k, text, lead]) =>
      (store: Store) =>
        store.indexText(k, text, lead),
  ),
  fc.tuple(key).map(
    ([k]) =>
      (store: Store) =>
        store.unindexText(k),
  ),
  fc.constant((store: Store) => store.clearTexts()),
  fc.tuple(words, fc.integer({ min: 1, max: 4 })).map(
    ([query, limit]) =>
      (store: Store) =>
        store.search(query, limit),
  ),
  fc.tuple(words, key).map(
    ([query, prefix]) =>
      (store: Store) =>
        store.searchLinked(query, 3, prefix.subarray(1), LINKS),
  ),
);
const turn = fc.record({
  steps: fc.array(step, { maxLength: 10, size: 'max' }),
  fails: fc.boolean(),
  after: fc.constantFrom('nothing', 'opened anew', 'scrubbed', 'closed'),
});
const answers = (store: Store, steps: readonly ((store: Store) => unknown)[], fails: boolean): readonly unknown[] => {
  const given: unknown[] = [];
  try {
    store.transaction(() => {
      for (const one of steps) given.push(one(store));
      if (fails) throw new Error('undone');
    });
  } catch {
    given.push('undone');
  }
  return given;
};
/** Large values by their length alone, which is compared in no time. */
const told = (what: unknown): string =>
  JSON.stringify(what, (_, one: unknown) =>
    one instanceof Uint8Array ? (one.length > 99 ? one.length : Buffer.from(one).toString('hex')) : one,
  );
const everything = (store: Store): readonly unknown[] => [
  ...TABLES.flatMap((name) => [
    store.scan(name),
    store.scan(name, { limit: 2 }),
    store.scan(name, { limit: 2, reverse: true }),
    store.scanLinked(name, { limit: 2 }, LINKS),
  ]),
  ...['an', 'ant', 'bee', '蜂蜜'].map((query) => store.search(query, 99)),
];

test('what stands in the journal is read as what stands in its table: undone, carried over, scrubbed, left by a killed process', () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 8, size: 'max' }), (turns) => {
      const database = new Database(':memory:');
      const open = (): Store => openSqlStore(() => ({ ...nodeSql(database), close: () => undefined }));
      let store = open();
      const model = openMemoryStore();
      for (const { steps, fails, after } of turns) {
        expect(told(answers(store, steps, fails))).toBe(told(answers(model, steps, fails)));
        if (after === 'scrubbed') store.scrub();
        if (after === 'closed') store.close();
        // Without having been closed: as a process that was killed leaves it.
        if (after === 'closed' || after === 'opened anew') store = open();
        expect(told(everything(store))).toBe(told(everything(model)));
      }
      database.close();
    }),
    { numRuns: 60 },
  );
});

test('more transactions than the journal has slots for lose nothing, and what is scrubbed is in no slot', () => {
  const database = new Database(':memory:');
  const open = (): Store => openSqlStore(() => nodeSql(database));
  const store = open();
  const keyOf = (i: number): Uint8Array => Uint8Array.of(i >> 8, i & 255);
  for (let i = 0; i < 500; i++)
    store.transaction(() => {
      store.put('header', keyOf(i), new Uint8Array(i % 7 === 0 ? 9_000 : 20).fill(i));
      store.put('header', keyOf(999), keyOf(i));
    });
  const rows = (): unknown => nodeSql(database).all('SELECT count(*) FROM journal')[0]?.[0];
  const again = open();
  expect(again.scan('header')).toHaveLength(501);
  expect(again.get('header', keyOf(999))).toEqual(keyOf(499));
  expect(rows()).toBeGreaterThan(1);
  again.scrub();
  expect(rows()).toBe(1);
  expect(open().get('header', keyOf(999))).toEqual(keyOf(499));
});
